//! XOR games: the exact quantum value as a semidefinite program, and strategies that reach it.
//!
//! Two players, two answers each, payoffs that depend on the parity of the answers only: the value of a
//! strategy is `constant + sum_xy G_xy E_xy` with `E_xy` the expectation of the product of the outcomes, and
//! the quantum correlations are exactly `E_xy = u_x . v_y` for unit vectors (Tsirelson 1987; Cleve, Høyer,
//! Toner, Watrous 2004).

mod dual;
mod observables;
mod vectors;

use super::npa::polynomial::balanced;
use super::{Bound, BoundError, Bracket, Side};
use crate::game::{Game, Rational, to_f64};
use crate::strategy::{PolicyClass, QuantumStrategy};
use num_traits::Zero;
use std::time::Instant;
use vectors::Vectors;

/// Starts per rank when looking for vectors in few dimensions.
const STARTS: u64 = 4;

/// Questions of both players together; the dual bound decomposes a matrix of this size.
const MAX_QUESTIONS: usize = 1024;

/// A game in correlation form: `value = constant + sum_xy G_xy E_xy`.
#[derive(Debug, Clone, PartialEq)]
pub struct Correlation {
    /// Value of fair independent coins.
    pub constant: Rational,
    /// `G_xy`, one row per question of the first player.
    pub matrix: Vec<Vec<Rational>>,
}

/// How to solve.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Wanted difference of upper and lower bound.
    pub tolerance: f64,
    /// Largest number of sweeps of one ascent.
    pub max_iterations: usize,
    /// Largest local dimension of the explicit strategy; `2^floor(rank/2)` is needed.
    pub max_dimension: usize,
    /// Seed of the starting vectors.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { tolerance: 1e-9, max_iterations: 20_000, max_dimension: 16, seed: 0 }
    }
}

/// The quantum value of an XOR game from both sides.
#[derive(Debug, Clone)]
pub struct XorBound {
    /// Value of the vectors found.
    pub lower: f64,
    /// Proved upper bound, rounding included.
    pub upper: f64,
    /// Unit vectors `u_x` and `v_y`.
    pub vectors: [Vec<Vec<f64>>; 2],
    /// Dimension of the vectors.
    pub rank: usize,
    /// Observables on a maximally entangled state with `E_xy = u_x . v_y`, if small enough.
    pub strategy: Option<QuantumStrategy>,
    /// Wall-clock time, in seconds.
    pub seconds: f64,
}

impl XorBound {
    /// Both bounds in the common form.
    ///
    /// # Errors
    /// [`BoundError::Crossed`] never, unless rounding exceeded its bound.
    pub fn bracket(&self) -> Result<Bracket, BoundError> {
        let (class, method) = (PolicyClass::Quantum, "Tsirelson vectors");
        let bound = |side, value, slack| Bound::numerical(class, side, value, slack, method, self.seconds);
        Bracket::new(bound(Side::Lower, self.lower, 1e-13), bound(Side::Upper, self.upper, 0.0))
    }
}

/// The correlation form of a game, exactly; `None` if it is no XOR game.
///
/// ```
/// use bellwether::{bound::xor, game::catalog};
/// let chsh = xor::correlation(&catalog::lookup("chsh")?.game).unwrap();
/// assert_eq!(chsh.constant.to_string(), "1/2");
/// assert_eq!(chsh.matrix[1][1].to_string(), "-1/8");
/// assert!(xor::correlation(&catalog::lookup("tetra")?.game).is_none());
/// # Ok::<(), bellwether::game::GameError>(())
/// ```
pub fn correlation(game: &Game) -> Option<Correlation> {
    let s = game.scenario();
    if s.players() != 2 || s.answers() != [2, 2] {
        return None;
    }
    let mut constant = Rational::zero();
    let mut matrix = vec![vec![Rational::zero(); s.questions()[1]]; s.questions()[0]];
    for (letters, c) in balanced(game) {
        match letters.as_slice() {
            [] => constant = c,
            [a, b] => {
                if a.answer == 0 && b.answer == 0 {
                    matrix[a.question][b.question] = c;
                }
            }
            _ => return None,
        }
    }
    Some(Correlation { constant, matrix })
}

/// Solves Tsirelson's semidefinite program of an XOR game.
///
/// Lower bound: coordinate ascent over vectors in the fewest dimensions that reach the optimum (Burer and
/// Monteiro 2003). Upper bound: the dual `sum lambda`, `diag(lambda) - Q >= 0`, with what is missing from
/// positive charged and rounding bounded. Explicit strategies by anticommuting observables.
///
/// # Errors
/// [`BoundError::Unsuitable`] if the game is no XOR game, [`BoundError::TooLarge`] beyond 1024 questions.
///
/// ```
/// use bellwether::{bound::xor, game::catalog};
/// let found = xor::solve(&catalog::lookup("chsh")?.game, &xor::Options::default())?;
/// assert!(found.upper - found.lower < 1e-9 && found.rank == 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn solve(game: &Game, options: &Options) -> Result<XorBound, BoundError> {
    let begun = Instant::now();
    let Some(form) = correlation(game) else {
        return Err(BoundError::Unsuitable {
            method: "XOR",
            why: "the payoffs do not depend on the parity of two binary answers alone".into(),
        });
    };
    let questions = game.scenario().questions();
    let total = questions[0] + questions[1];
    if total > MAX_QUESTIONS {
        return Err(BoundError::TooLarge {
            method: "XOR",
            given: format!("{total} questions"),
            limit: format!("{MAX_QUESTIONS}"),
        });
    }
    let weights: Vec<f64> = form.matrix.iter().flatten().map(to_f64).collect();
    let constant = to_f64(&form.constant);
    // enough dimensions for the optimum to have no local maxima that matter
    let full = (1.0 + (2.0 * total as f64).sqrt()).ceil() as usize;
    let full = full.min(questions[0]).min(questions[1]).max(1);
    let mut best = Vectors::random(&weights, questions, full, options.seed);
    best.ascend(options);
    let mut upper = best.upper(&weights);
    for start in 1..STARTS {
        if upper - best.value() <= options.tolerance {
            break;
        }
        let mut other = Vectors::random(&weights, questions, full, options.seed ^ start << 32);
        other.ascend(options);
        upper = upper.min(other.upper(&weights));
        if other.value() > best.value() {
            best = other;
        }
    }
    // the fewest dimensions that do as well
    let good = best.value() - 0.1 * options.tolerance;
    'ranks: for rank in 1..full {
        for start in 0..STARTS {
            let mut fewer = Vectors::random(&weights, questions, rank, options.seed ^ start << 16);
            fewer.ascend(options);
            if fewer.value() >= good {
                best = fewer;
                break 'ranks;
            }
        }
    }
    upper = upper.min(best.upper(&weights));
    let local = 1usize.checked_shl((best.rank / 2) as u32).unwrap_or(usize::MAX);
    let strategy = match local <= options.max_dimension.min(32) {
        true => Some(best.strategy(local)?),
        false => None,
    };
    let split = |v: &[f64]| v.chunks_exact(best.rank).map(<[f64]>::to_vec).collect();
    Ok(XorBound {
        lower: constant + best.value(),
        upper: (constant.next_up() + upper).next_up(),
        vectors: [split(&best.u), split(&best.v)],
        rank: best.rank,
        strategy,
        seconds: begun.elapsed().as_secs_f64(),
    })
}
