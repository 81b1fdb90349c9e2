//! The non-signalling optimum (Eq. 5), proved on both sides in exact arithmetic.
//!
//! A linear program in floating point proposes; its dual prices and its optimal point are rounded to
//! fractions, and both bounds are evaluated in rationals. Upper side, "messages" (any rationals `m`):
//! `NS <= sum_i sum_{x_i} max_{a_i} sum_{x_-i} m_i(x,a_i) + sum_x max_a [c(x,a) - sum_i m_i(x,a_i)]`,
//! because for a non-signalling `p` the sums of `m_i` see the marginal `p_i(a_i|x_i)` only. For one and two
//! players this is the exact dual. For more, single-player messages can be weaker; a second program then
//! prices the positivity of every probability: for any rationals `y >= 0`, `c·p <= (c + y)·p`, and where the right side
//! is constant on all non-signalling tables it is a bound (what is left of it on a coordinate is charged in full).
//! Lower side: Collins-Gisin coordinates as fractions give a behaviour that satisfies Eq. 5 exactly.

mod problem;

use super::collins_gisin::CollinsGisin;
use super::lp::{LinearProgram, LpError, LpSolution, Solver};
use super::{Bound, BoundError, Bracket, Side};
use crate::game::{Game, Rational};
use crate::strategy::PolicyClass;
use num_bigint::BigInt;
use num_traits::One;
use problem::{Problem, Rounding, exact_behaviour};
use std::time::{Duration, Instant};

/// One message `m_i(x, a_i)` of the upper bound, zero ones left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The player `i`.
    pub player: usize,
    /// The joint question `x`.
    pub question: Vec<usize>,
    /// His answer `a_i`.
    pub answer: usize,
    /// The message, in units of the game's value.
    pub value: Rational,
}

/// The non-signalling optimum with its proofs.
#[derive(Debug, Clone, PartialEq)]
pub struct NsOptimum {
    /// Exact value of `behaviour`.
    pub lower: Rational,
    /// Best proved upper bound.
    pub upper: Rational,
    /// An exactly non-signalling behaviour, dense in the scenario's index order.
    pub behaviour: Vec<Rational>,
    /// Messages that prove `messages_upper`, sorted by player, question, answer.
    pub messages: Vec<Message>,
    /// The upper bound the messages prove: equal to `upper` for up to two players.
    pub messages_upper: Rational,
    /// Wall-clock time in seconds.
    pub seconds: f64,
    /// Whether the linear programs were solved; `false` when time ran out.
    pub finished: bool,
}

impl NsOptimum {
    /// The bracket on the class NS: one exact number if both proofs meet, otherwise two certified ones.
    ///
    /// # Errors
    /// [`BoundError::Crossed`] would mean that a proof is wrong.
    pub fn bracket(&self) -> Result<Bracket, BoundError> {
        let ns = PolicyClass::NonSignalling;
        let method = match self.finished {
            true => "linear program, rounded and proved",
            false => "no linear program: out of time",
        };
        if self.lower == self.upper {
            return Bracket::point(Bound::exact(ns, self.lower.clone(), method, self.seconds));
        }
        let side = |s, v: &Rational| Bound::certified(ns, s, v.clone(), method, self.seconds);
        Bracket::new(side(Side::Lower, &self.lower), side(Side::Upper, &self.upper))
    }
}

/// How prices and coordinates are rounded: small fractions may be the exact optimum, dyadic ones always are near it.
const ROUNDINGS: [Rounding; 3] = [Rounding::Fractions(24), Rounding::Fractions(1000), Rounding::Dyadic];

/// Above this many entries of a dense tableau the interior point takes over.
const DENSE: usize = 1 << 21;

/// The largest value of a game over non-signalling behaviours.
///
/// ```
/// use bellwether::bound::no_signalling;
/// use bellwether::game::{Game, Rational, Scenario};
/// let s = Scenario::new(vec![2, 2], vec![2, 2])?;
/// let quarter = Rational::new(1.into(), 4.into());
/// let chsh = Game::win_lose("chsh", s, |_| quarter.clone(), |x, a| a[0] ^ a[1] == x[0] & x[1])?;
/// assert_eq!(no_signalling::maximum(&chsh)?.bracket()?.to_string(), "NS = 1 (exact)");
/// # Ok::<(), bellwether::bound::BoundError>(())
/// ```
///
/// # Errors
/// [`BoundError::Game`] if the payoffs exceed 64-bit integers; [`BoundError::Lp`] if no solver converges.
pub fn maximum(game: &Game) -> Result<NsOptimum, BoundError> {
    maximum_until(game, None)
}

/// [`maximum`], or what is proved without a linear program once the time is up: white noise below, the best payoff
/// of every joint question above.
///
/// # Errors
/// As [`maximum`].
pub fn maximum_within(game: &Game, time_limit: Duration) -> Result<NsOptimum, BoundError> {
    let start = Instant::now();
    match maximum_until(game, Some(start + time_limit)) {
        Err(BoundError::Lp(LpError::NotConverged { .. })) if start.elapsed() >= time_limit => {}
        other => return other,
    }
    let form = game.integer_form()?;
    let problem = Problem::new(game.scenario(), &form.dense);
    let k = BigInt::from(game.scenario().joint_answers());
    let behaviour = vec![Rational::new(BigInt::one(), k); game.scenario().cells()];
    let over = |v: Rational| v / Rational::from_integer(form.denominator.clone());
    let upper = over(problem.algebraic());
    Ok(NsOptimum {
        lower: over(problem.value(&behaviour)),
        upper: upper.clone(),
        behaviour,
        messages: Vec::new(),
        messages_upper: upper,
        seconds: start.elapsed().as_secs_f64(),
        finished: false,
    })
}

fn maximum_until(game: &Game, deadline: Option<Instant>) -> Result<NsOptimum, BoundError> {
    let start = Instant::now();
    let form = game.integer_form()?;
    let problem = Problem::new(game.scenario(), &form.dense);
    let (mut lp, rows) = problem.message_program();
    lp.stop_at(deadline);
    let solution = solve(&lp)?;
    let mut best: Option<(Rational, Vec<Rational>)> = None;
    for rounding in ROUNDINGS {
        let Some(m) = rounding.all(&solution.dual[..rows]) else {
            continue;
        };
        let upper = problem.message_bound(&m);
        if best.as_ref().is_none_or(|(b, _)| upper < *b) {
            best = Some((upper, m));
        }
    }
    let (messages_upper, m) = best.unwrap_or((problem.algebraic(), Vec::new()));
    let mut upper = messages_upper.clone();
    let table = if problem.scenario.players() <= 2 {
        problem.table_of(&solution.primal)
    } else {
        let cg = CollinsGisin::new(&problem.scenario);
        let (cells, coordinates) = (cg.cells(), cg.len());
        let mut lp = problem.cell_program(&cells, coordinates);
        lp.stop_at(deadline);
        let solution = solve(&lp)?;
        for y in ROUNDINGS.iter().filter_map(|r| r.all(&solution.primal)) {
            upper = upper.min(problem.cell_bound(&cells, coordinates, &y));
        }
        problem.table_of_coordinates(&cells, &solution.dual)
    };
    let mut lower: Option<(Rational, Vec<Rational>)> = None;
    for rounding in ROUNDINGS {
        let Some(behaviour) = exact_behaviour(&problem.scenario, &table, rounding) else {
            continue;
        };
        let value = problem.value(&behaviour);
        if lower.as_ref().is_none_or(|(l, _)| value > *l) {
            lower = Some((value, behaviour));
        }
    }
    let (lower, behaviour) = lower.unwrap_or((problem.algebraic(), Vec::new()));
    let over = |v: Rational| v / Rational::from_integer(form.denominator.clone());
    let mut messages = problem.messages(&m);
    messages.iter_mut().for_each(|m| m.value = over(m.value.clone()));
    Ok(NsOptimum {
        lower: over(lower),
        upper: over(upper),
        behaviour,
        messages,
        messages_upper: over(messages_upper),
        seconds: start.elapsed().as_secs_f64(),
        finished: true,
    })
}

/// Vertices where the tableau fits, interior point otherwise or when the simplex fails.
fn solve(lp: &LinearProgram) -> Result<LpSolution, BoundError> {
    if lp.rows() * (lp.variables() + 2 * lp.rows()) <= DENSE {
        match lp.maximise(Solver::Simplex) {
            Err(LpError::NotConverged { .. }) => {}
            other => return Ok(other?),
        }
    }
    Ok(lp.maximise(Solver::InteriorPoint)?)
}
