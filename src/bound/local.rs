//! Shared randomness: the exact optimum of a game over deterministic strategies (Proposition 1).
//!
//! The class SR is the convex hull of the deterministic strategies and the value is linear, so the
//! optimum `max_{p in SR} sum_{x,a} c(x,a) p(a|x)` is attained by one of them. All arithmetic is in
//! integers over one common denominator; the answer is a rational and the strategy that attains it.

mod control;
mod correlator;
mod heuristic;
mod messages;
mod problem;
mod search;
mod share;
mod solve;
mod tensor;
mod word;

pub(crate) use problem::advance;
pub use share::{Share, join, share};

use super::{Bound, BoundError, Bracket, Side};
use crate::game::{Game, Rational, Scenario};
use crate::strategy::{Deterministic, PolicyClass};
use num_bigint::BigInt;
use problem::Part;
use solve::{Solved, solve};
use std::fmt;
use std::time::{Duration, Instant};

/// How the optimum is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Method {
    /// What suits the game.
    #[default]
    Auto,
    /// Every strategy of all players but one.
    Enumeration,
    /// Branch and bound with the plain bound.
    BranchAndBound,
    /// Two players with two answers each: signs, with nested exact bounds.
    Correlators,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Method::Auto => "auto",
            Method::Enumeration => "enumeration",
            Method::BranchAndBound => "branch and bound",
            Method::Correlators => "correlators",
        })
    }
}

/// How to run a search. [`Options::default`] is one that suits nearly everyone.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Threads; 0 for one per core. The result does not depend on it.
    pub threads: usize,
    /// Give up proving after this time and return a bracket.
    pub time_limit: Option<Duration>,
    /// Called with the fraction of the work done, from 0 to 1.
    pub progress: Option<&'a (dyn Fn(f64) + Sync)>,
    /// The method.
    pub method: Method,
    /// Whether to solve independent parts of the game separately.
    pub split: bool,
    /// Seed of the restarts of alternating best responses.
    pub seed: u64,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options { threads: 0, time_limit: None, progress: None, method: Method::Auto, split: true, seed: 0 }
    }
}

impl fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("threads", &self.threads)
            .field("time_limit", &self.time_limit)
            .field("method", &self.method)
            .field("split", &self.split)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

/// The shared-randomness optimum, or what is known of it when time ran out.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalOptimum {
    /// Value of `strategy`, exactly.
    pub lower: Rational,
    /// Proved upper bound; equal to `lower` when the search finished.
    pub upper: Rational,
    /// A strategy of value `lower`; for a finished search the same for every number of threads.
    pub strategy: Deterministic,
    /// Nodes visited (leaves included); may vary with the number of threads.
    pub nodes: u64,
    /// Wall-clock time in seconds.
    pub seconds: f64,
    /// What was done, in words.
    pub method: String,
}

impl LocalOptimum {
    /// Whether the optimum is proved.
    pub fn is_exact(&self) -> bool {
        self.lower == self.upper
    }

    /// The bracket on the class SR.
    ///
    /// # Errors
    /// None in practice: `lower <= upper` holds for every optimum this module returns.
    pub fn bracket(&self) -> Result<Bracket, BoundError> {
        let sr = PolicyClass::SharedRandomness;
        if self.is_exact() {
            return Bracket::point(Bound::exact(sr, self.lower.clone(), &self.method, self.seconds));
        }
        let side = |side, value: &Rational| Bound::certified(sr, side, value.clone(), &self.method, self.seconds);
        Bracket::new(side(Side::Lower, &self.lower), side(Side::Upper, &self.upper))
    }
}

/// The optimum in integers, before the common denominator.
pub(crate) struct IntegerOptimum {
    pub lower: i64,
    pub upper: i64,
    pub strategy: Deterministic,
    pub nodes: u64,
    pub method: String,
    /// The task of the part dealt out that found the strategy, if it was not known before the search.
    pub task: Option<usize>,
}

/// The largest value of a game over shared randomness, exactly.
///
/// ```
/// use bellwether::bound::local::{self, Options};
/// use bellwether::game::{Game, Rational, Scenario};
/// let s = Scenario::new(vec![2, 2], vec![2, 2])?;
/// let quarter = Rational::new(1.into(), 4.into());
/// let chsh = Game::win_lose("chsh", s, |_| quarter.clone(), |x, a| a[0] ^ a[1] == x[0] & x[1])?;
/// let best = local::maximum(&chsh, &Options::default())?;
/// assert_eq!(best.lower, Rational::new(3.into(), 4.into()));
/// assert_eq!(best.strategy.value(&chsh), best.lower);
/// # Ok::<(), bellwether::bound::BoundError>(())
/// ```
///
/// Exact: `lower` is the value of `strategy`, `upper` is proved by exhaustion in integers.
///
/// # Errors
/// [`BoundError::Game`] if the payoffs over a common denominator exceed 64-bit integers;
/// [`BoundError::Unsuitable`] if the method asked for does not apply; [`BoundError::Threads`].
pub fn maximum(game: &Game, options: &Options) -> Result<LocalOptimum, BoundError> {
    let start = Instant::now();
    let form = game.integer_form()?;
    let found = maximum_dense(game.scenario(), &form.dense, options)?;
    let over = |v: i64| Rational::new(BigInt::from(v), form.denominator.clone());
    Ok(LocalOptimum {
        lower: over(found.lower),
        upper: over(found.upper),
        strategy: found.strategy,
        nodes: found.nodes,
        seconds: start.elapsed().as_secs_f64(),
        method: found.method,
    })
}

/// The smallest value of a game over shared randomness, exactly; `strategy` attains `upper`.
///
/// # Errors
/// As [`maximum`].
pub fn minimum(game: &Game, options: &Options) -> Result<LocalOptimum, BoundError> {
    let start = Instant::now();
    let form = game.integer_form()?;
    let negated: Vec<i64> = form.dense.iter().map(|c| -c).collect();
    let found = maximum_dense(game.scenario(), &negated, options)?;
    let over = |v: i64| Rational::new(BigInt::from(-v), form.denominator.clone());
    Ok(LocalOptimum {
        lower: over(found.upper),
        upper: over(found.lower),
        strategy: found.strategy,
        nodes: found.nodes,
        seconds: start.elapsed().as_secs_f64(),
        method: found.method,
    })
}

/// [`maximum`] of integer coefficients, dense in the scenario's index order.
///
/// The caller guarantees room: one coefficient per joint question sums to at most `i64::MAX / 4`.
pub(crate) fn maximum_dense(
    scenario: &Scenario,
    dense: &[i64],
    options: &Options,
) -> Result<IntegerOptimum, BoundError> {
    maximum_shared(scenario, dense, options, None)
}

/// [`maximum_dense`], of the largest independent part only the `k`-th of `n` shares if `share` is `(k, n)`.
fn maximum_shared(
    scenario: &Scenario,
    dense: &[i64],
    options: &Options,
    share: Option<(usize, usize)>,
) -> Result<IntegerOptimum, BoundError> {
    let deadline = options.time_limit.map(|limit| Instant::now() + limit);
    let (parts, constant) =
        if options.split { problem::split(scenario, dense) } else { (vec![problem::whole(scenario, dense)], 0) };
    let mut choices: Vec<Vec<usize>> = scenario.questions().iter().map(|&q| vec![0; q]).collect();
    let (mut lower, mut upper, mut nodes) = (constant, constant, 0);
    let mut method = Method::Enumeration;
    let mut solved: Vec<(Part, Solved)> = Vec::with_capacity(parts.len());
    let many = parts.len();
    let largest = (0..many).rev().max_by(|&i, &j| {
        let cells = |p: usize| parts[p].problem.c.len();
        cells(i).cmp(&cells(j))
    });
    let mut task = None;
    for (index, part) in parts.into_iter().enumerate() {
        // equal parts (the two halves of the cube) are solved once
        let own = share.filter(|_| Some(index) == largest);
        let twin = solved.iter().find(|(other, _)| share.is_none() && other.problem == part.problem);
        let found = match twin {
            Some((_, found)) => Solved { nodes: 0, ..found.clone() },
            None => {
                let report = |f: f64| {
                    if let Some(progress) = options.progress {
                        progress((index as f64 + f) / many as f64);
                    }
                };
                solve(&part.problem, options, own, deadline, &report)?
            }
        };
        lower += found.value;
        upper = upper.saturating_add(found.upper);
        nodes += found.nodes;
        method = found.method;
        if own.is_some() {
            task = found.task;
        }
        for (i, player) in found.choices.iter().enumerate() {
            for (x, &a) in player.iter().enumerate() {
                choices[i][part.labels[i][x]] = a;
            }
        }
        solved.push((part, found));
    }
    if let Some(progress) = options.progress {
        progress(1.0);
    }
    let mut method = method.to_string();
    if solved.len() > 1 {
        method = format!("{method}, {} independent parts", solved.len());
    }
    if lower < upper {
        method.push_str(", out of time");
    }
    Ok(IntegerOptimum { lower, upper, strategy: Deterministic::new(scenario, choices)?, nodes, method, task })
}

/// Strategies that alternating best responses end in, from `count` random starts, with their values.
pub(crate) fn good_strategies(
    scenario: &Scenario,
    dense: &[i64],
    count: u64,
    seed: u64,
) -> Result<Vec<(i64, Deterministic)>, BoundError> {
    let problem = problem::whole(scenario, dense).problem;
    let mut list = Vec::new();
    for (value, choices) in heuristic::several(&problem, count, seed) {
        list.push((value, Deterministic::new(scenario, choices)?));
    }
    Ok(list)
}
