//! Shared randomness: the exact optimum of a game over deterministic strategies (Proposition 1).
//!
//! The class SR is the convex hull of the deterministic strategies and the value is linear, so the
//! optimum `max_{p in SR} sum_{x,a} c(x,a) p(a|x)` is attained by one of them. All arithmetic is in
//! integers over one common denominator; the answer is a rational and the strategy that attains it.

mod correlator;
mod heuristic;
mod problem;
mod search;
mod tensor;
mod word;

pub(crate) use problem::advance;

use super::{Bound, BoundError, Bracket, Side};
use crate::game::{Game, Rational, Scenario};
use crate::strategy::{Deterministic, PolicyClass};
use num_bigint::BigInt;
use problem::{Part, Problem};
use search::{Found, Search};
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tensor::Tensor;
use word::Word;

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
        Options {
            threads: 0,
            time_limit: None,
            progress: None,
            method: Method::Auto,
            split: true,
            seed: 0,
        }
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
            return Bracket::point(Bound::exact(
                sr,
                self.lower.clone(),
                &self.method,
                self.seconds,
            ));
        }
        let side = |side, value: &Rational| {
            Bound::certified(sr, side, value.clone(), &self.method, self.seconds)
        };
        Bracket::new(
            side(Side::Lower, &self.lower),
            side(Side::Upper, &self.upper),
        )
    }
}

/// The optimum in integers, before the common denominator.
pub(crate) struct IntegerOptimum {
    pub lower: i64,
    pub upper: i64,
    pub strategy: Deterministic,
    pub nodes: u64,
    pub method: String,
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
    let deadline = options.time_limit.map(|limit| Instant::now() + limit);
    let (parts, constant) = if options.split {
        problem::split(scenario, dense)
    } else {
        (vec![problem::whole(scenario, dense)], 0)
    };
    let mut choices: Vec<Vec<usize>> = scenario.questions().iter().map(|&q| vec![0; q]).collect();
    let (mut lower, mut upper, mut nodes) = (constant, constant, 0);
    let mut method = Method::Enumeration;
    let mut solved: Vec<(Part, Solved)> = Vec::with_capacity(parts.len());
    let many = parts.len();
    for (index, part) in parts.into_iter().enumerate() {
        // equal parts (the two halves of the cube) are solved once
        let twin = solved
            .iter()
            .find(|(other, _)| other.problem == part.problem);
        let found = match twin {
            Some((_, found)) => Solved {
                nodes: 0,
                ..found.clone()
            },
            None => {
                let report = |f: f64| {
                    if let Some(progress) = options.progress {
                        progress((index as f64 + f) / many as f64);
                    }
                };
                solve(&part.problem, options, deadline, &report)?
            }
        };
        lower += found.value;
        upper = upper.saturating_add(found.upper);
        nodes += found.nodes;
        method = found.method;
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
    Ok(IntegerOptimum {
        lower,
        upper,
        strategy: Deterministic::new(scenario, choices)?,
        nodes,
        method,
    })
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

/// The optimum of one part.
#[derive(Clone)]
struct Solved {
    value: i64,
    upper: i64,
    choices: Vec<Vec<usize>>,
    nodes: u64,
    method: Method,
}

/// What threads share: the incumbent, finds, and the clock.
struct Control<'a> {
    /// Value known before the search, in tensor units; only better leaves matter.
    incumbent: i64,
    found: AtomicI64,
    deadline: Option<Instant>,
    stop: AtomicBool,
    report: &'a (dyn Fn(f64) + Sync),
}

impl Control<'_> {
    fn publish(&self, value: i64) {
        self.found.fetch_max(value, Ordering::Relaxed);
    }

    fn published(&self) -> i64 {
        self.found.load(Ordering::Relaxed)
    }

    /// The same clock for another search.
    fn sub(&self, incumbent: i64) -> Control<'_> {
        Control {
            incumbent,
            found: AtomicI64::new(FLOOR),
            deadline: self.deadline,
            stop: AtomicBool::new(self.stop.load(Ordering::Relaxed)),
            report: &|_| (),
        }
    }

    fn stopped(&self) -> bool {
        self.deadline.is_some() && self.stop.load(Ordering::Relaxed)
    }

    fn out_of_time(&self) -> bool {
        if self.deadline.is_some_and(|end| Instant::now() >= end) {
            self.stop.store(true, Ordering::Relaxed);
        }
        self.stopped()
    }
}

/// A start below every leaf, with room to subtract.
const FLOOR: i64 = -(i64::MAX / 2);

/// Below this many leaves enumeration is over before a bound pays.
const FEW_LEAVES: f64 = 256.0;

fn solve(
    problem: &Problem,
    options: &Options,
    deadline: Option<Instant>,
    report: &(dyn Fn(f64) + Sync),
) -> Result<Solved, BoundError> {
    let order = problem.order();
    let bits: f64 = order[..order.len() - 1]
        .iter()
        .map(|&i| problem.bits(i))
        .sum();
    let form = correlator::Form::new(problem);
    let method = match options.method {
        Method::Auto if bits <= FEW_LEAVES.log2() => Method::Enumeration,
        Method::Auto if form.is_some() => Method::Correlators,
        Method::Auto => Method::BranchAndBound,
        chosen => chosen,
    };
    if method == Method::Correlators {
        let form = form.ok_or_else(|| BoundError::Unsuitable {
            method: "correlators",
            why: "it wants two players with two answers each and payoffs with two bits to spare"
                .into(),
        })?;
        return solve_signs(problem, &form, options, deadline, report);
    }
    let tensor = Tensor::new(problem);
    // enumeration proves by itself; a search needs something to beat
    let known = (method != Method::Enumeration || deadline.is_some()).then(|| {
        let restarts = (bits as usize).clamp(4, 100);
        heuristic::search(problem, restarts, options.seed)
    });
    let control = Control {
        incumbent: known.as_ref().map_or(FLOOR, |(v, _)| v * tensor.scale),
        found: AtomicI64::new(FLOOR),
        deadline,
        stop: AtomicBool::new(false),
        report,
    };
    let prune = method != Method::Enumeration;
    let room = tensor.room();
    let found = if room <= i16::ROOM {
        run::<i16>(&tensor, prune, bits, options.threads, &control)?
    } else if room <= i32::ROOM {
        run::<i32>(&tensor, prune, bits, options.threads, &control)?
    } else {
        run::<i64>(&tensor, prune, bits, options.threads, &control)?
    };
    let (value, choices) = match (found.best, known) {
        (Some((_, places)), _) => complete(problem, &tensor, &places),
        (None, Some(known)) => known,
        // nothing found and nothing known: every leaf was cut by the clock
        (None, None) => heuristic::search(problem, 1, options.seed),
    };
    let upper = match found.left {
        // the algebraic bound if nothing better is known
        Some(left) => value
            .max(left.div_euclid(tensor.scale))
            .min(algebraic(problem).max(value)),
        None => value,
    };
    Ok(Solved {
        value,
        upper,
        choices,
        nodes: found.nodes,
        method,
    })
}

/// [`solve`] in signs.
fn solve_signs(
    problem: &Problem,
    form: &correlator::Form,
    options: &Options,
    deadline: Option<Instant>,
    report: &(dyn Fn(f64) + Sync),
) -> Result<Solved, BoundError> {
    let known = heuristic::search(problem, 4 * form.questions.len(), options.seed);
    let control = Control {
        incumbent: form.inner(known.0),
        found: AtomicI64::new(FLOOR),
        deadline,
        stop: AtomicBool::new(false),
        report,
    };
    let found = form.run(options.threads, &control)?;
    let (value, choices) = match found.best {
        Some((_, signs)) => {
            let mut choices = known.1;
            for (&q, &a) in form.questions.iter().zip(signs.iter().flatten()) {
                choices[form.player][q] = a;
            }
            let value = heuristic::best_response(problem, &mut choices, 1 - form.player);
            (value, choices)
        }
        None => known,
    };
    let upper = found.left.map_or(value, |left| {
        value
            .max(form.outer(left))
            .min(algebraic(problem).max(value))
    });
    Ok(Solved {
        value,
        upper,
        choices,
        nodes: found.nodes,
        method: Method::Correlators,
    })
}

/// `sum_x max_a c(x,a)`, which no strategy can beat.
fn algebraic(problem: &Problem) -> i64 {
    let rows = problem.c.chunks_exact(problem.joint_answers());
    rows.map(|row| row.iter().copied().max().unwrap_or(0)).sum()
}

/// From answers per place and depth to answers per player and question, the responder's included.
fn complete(problem: &Problem, tensor: &Tensor, places: &[Vec<usize>]) -> (i64, Vec<Vec<usize>>) {
    let mut choices: Vec<Vec<usize>> = problem.questions.iter().map(|&q| vec![0; q]).collect();
    for (place, answers) in places.iter().enumerate() {
        for (d, &a) in answers.iter().enumerate() {
            choices[tensor.order[place]][tensor.questions[place][d]] = a;
        }
    }
    let responder = tensor.order[tensor.order.len() - 1];
    let value = heuristic::best_response(problem, &mut choices, responder);
    (value, choices)
}

/// Searches all prefixes, by several threads if that pays, and merges what they found in prefix order.
fn run<T: Word>(
    tensor: &Tensor,
    prune: bool,
    bits: f64,
    threads: usize,
    control: &Control,
) -> Result<Found, BoundError> {
    let work = bits + ((tensor.rest(0) + 16) as f64).log2();
    // threads cost some 50 microseconds to wake: below a few million additions they do not pay
    if threads == 1 || work < 22.0 || tensor.order.len() == 1 {
        return Ok(Search::<T>::new(tensor, prune, &[], control).run(&[]));
    }
    let (nq, na) = (tensor.questions[0].len(), tensor.answers[0]);
    let mut depth = 0;
    while depth < nq && na > 1 && na.pow(depth as u32) < 256 {
        depth += 1;
    }
    in_tasks(threads, na, depth, control, || {
        let mut search = Search::<T>::new(tensor, prune, &[], control);
        move |prefix: &[usize]| search.run(prefix)
    })
}

/// Searches all prefixes of `depth` answers below `na` with one searcher per thread, and merges what they
/// found in prefix order. The tasks are fixed, so the answer does not depend on the number of threads.
fn in_tasks<F: FnMut(&[usize]) -> Found>(
    threads: usize,
    na: usize,
    depth: usize,
    control: &Control,
    make: impl Fn() -> F + Sync,
) -> Result<Found, BoundError> {
    let tasks = na.pow(depth as u32);
    let results: Mutex<Vec<(usize, Found)>> = Mutex::new(Vec::with_capacity(tasks));
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let work = || {
        let mut search = make();
        let mut prefix = vec![0; depth];
        loop {
            let task = next.fetch_add(1, Ordering::Relaxed);
            if task >= tasks {
                return;
            }
            let mut rest = task;
            for digit in prefix.iter_mut().rev() {
                *digit = rest % na;
                rest /= na;
            }
            let found = search(&prefix);
            if let Ok(mut results) = results.lock() {
                results.push((task, found));
            }
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            (control.report)(done as f64 / tasks as f64);
        }
    };
    in_threads(threads, &work)?;
    let mut results = results.into_inner().unwrap_or_default();
    results.sort_by_key(|(task, _)| *task);
    let mut merged = Found::default();
    for (_, found) in results {
        merged.nodes += found.nodes;
        merged.left = merged.left.max(found.left);
        if let Some((value, places)) = found.best
            && merged.best.as_ref().is_none_or(|(best, _)| value > *best)
        {
            merged.best = Some((value, places));
        }
    }
    Ok(merged)
}

/// Runs `work` once on each of `threads` threads (0: all of rayon's).
fn in_threads(threads: usize, work: &(dyn Fn() + Sync)) -> Result<(), BoundError> {
    if threads == 0 {
        rayon::broadcast(|_| work());
        return Ok(());
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|e| BoundError::Threads {
        threads,
        why: e.to_string(),
    })?;
    pool.broadcast(|_| work());
    Ok(())
}
