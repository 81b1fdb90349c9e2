//! XOR games: the exact quantum value as a semidefinite program, and strategies that reach it.
//!
//! Two players, two answers each, payoffs that depend on the parity of the answers only: the value of a
//! strategy is `constant + sum_xy G_xy E_xy` with `E_xy` the expectation of the product of the outcomes, and
//! the quantum correlations are exactly `E_xy = u_x . v_y` for unit vectors (Tsirelson 1987; Cleve, Høyer,
//! Toner, Watrous 2004).

use super::npa::polynomial::balanced;
use super::{Bound, BoundError, Bracket, Side};
use crate::game::{Game, Rational, to_f64};
use crate::quantum::hermitian::{EighScratch, eigh};
use crate::quantum::{C64, DensityMatrix, Matrix, Povm};
use crate::strategy::{PolicyClass, QuantumStrategy, StrategyError};
use num_traits::Zero;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use std::time::Instant;

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
        Options {
            tolerance: 1e-9,
            max_iterations: 20_000,
            max_dimension: 16,
            seed: 0,
        }
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
        let bound =
            |side, value, slack| Bound::numerical(class, side, value, slack, method, self.seconds);
        Bracket::new(
            bound(Side::Lower, self.lower, 1e-13),
            bound(Side::Upper, self.upper, 0.0),
        )
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
    let local = 1usize
        .checked_shl((best.rank / 2) as u32)
        .unwrap_or(usize::MAX);
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

/// Unit vectors of both players, one after the other.
struct Vectors<'a> {
    weights: &'a [f64],
    rank: usize,
    u: Vec<f64>,
    v: Vec<f64>,
}

impl<'a> Vectors<'a> {
    fn random(weights: &'a [f64], questions: &[usize], rank: usize, seed: u64) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut sample = |count: usize| -> Vec<f64> {
            let mut all: Vec<f64> = (0..count * rank)
                .map(|_| StandardNormal.sample(&mut rng))
                .collect();
            all.chunks_exact_mut(rank).for_each(|w| {
                normalise(w);
            });
            all
        };
        let u = sample(questions[0]);
        let v = sample(questions[1]);
        Vectors {
            weights,
            rank,
            u,
            v,
        }
    }

    fn value(&self) -> f64 {
        let width = self.v.len() / self.rank;
        let rows = self
            .u
            .chunks_exact(self.rank)
            .zip(self.weights.chunks_exact(width));
        rows.map(|(u, row)| {
            let terms = row.iter().zip(self.v.chunks_exact(self.rank));
            terms.map(|(g, v)| g * dot(u, v)).sum::<f64>()
        })
        .sum()
    }

    /// Each player's vectors in turn become the best for the other's: `u_x ~ sum_y G_xy v_y`.
    fn ascend(&mut self, options: &Options) {
        let (rank, height) = (self.rank, self.u.len() / self.rank);
        let width = self.v.len() / rank;
        let mut sum = vec![0.0; rank];
        let mut before = f64::NEG_INFINITY;
        let mut still = 0;
        for _ in 0..options.max_iterations {
            for x in 0..height {
                sum.fill(0.0);
                for y in 0..width {
                    add(
                        &mut sum,
                        &self.v[y * rank..][..rank],
                        self.weights[x * width + y],
                    );
                }
                if normalise(&mut sum) > 0.0 {
                    self.u[x * rank..][..rank].copy_from_slice(&sum);
                }
            }
            let mut value = 0.0;
            for y in 0..width {
                sum.fill(0.0);
                for x in 0..height {
                    add(
                        &mut sum,
                        &self.u[x * rank..][..rank],
                        self.weights[x * width + y],
                    );
                }
                let length = normalise(&mut sum);
                value += length;
                if length > 0.0 {
                    self.v[y * rank..][..rank].copy_from_slice(&sum);
                }
            }
            // the vectors are off by the root of what the value is off
            still = if value - before <= 1e-16 * value.abs() {
                still + 1
            } else {
                0
            };
            if still > 20 {
                break;
            }
            before = value;
        }
    }

    /// Dual bound: `<Q, X> = sum lambda - <L^T L, X> - <E, X>` with `|X_ij| <= 1`, for any `lambda` and `L`.
    fn upper(&self, weights: &[f64]) -> f64 {
        let (rank, height) = (self.rank, self.u.len() / self.rank);
        let width = self.v.len() / rank;
        let n = height + width;
        let mut lambda = vec![0.0; n];
        let mut sum = vec![0.0; rank];
        for x in 0..height {
            sum.fill(0.0);
            for y in 0..width {
                add(
                    &mut sum,
                    &self.v[y * rank..][..rank],
                    weights[x * width + y],
                );
            }
            lambda[x] = 0.5 * dot(&sum, &sum).sqrt();
        }
        for y in 0..width {
            sum.fill(0.0);
            for x in 0..height {
                add(
                    &mut sum,
                    &self.u[x * rank..][..rank],
                    weights[x * width + y],
                );
            }
            lambda[height + y] = 0.5 * dot(&sum, &sum).sqrt();
        }
        // diag(lambda) - Q, Q with G/2 in both corners
        let mut slack = vec![C64::ZERO; n * n];
        for (k, l) in lambda.iter().enumerate() {
            slack[k * n + k] = (*l).into();
        }
        for x in 0..height {
            for y in 0..width {
                let entry = C64::from(-0.5 * weights[x * width + y]);
                slack[x * n + height + y] = entry;
                slack[(height + y) * n + x] = entry;
            }
        }
        let (mut values, mut vectors) = (vec![0.0; n], vec![C64::ZERO; n * n]);
        eigh(
            n,
            &slack,
            &mut values,
            &mut vectors,
            &mut EighScratch::new(n),
        );
        let shift = (-values[0]).max(0.0);
        let mut gram = vec![0.0; n * n];
        for (k, value) in values.iter().enumerate() {
            let size = (value + shift).max(0.0).sqrt();
            for part in [|z: C64| z.re, |z: C64| z.im] {
                let row: Vec<f64> = (0..n).map(|i| size * part(vectors[i * n + k])).collect();
                for (i, a) in row.iter().enumerate() {
                    let target = gram[i * n..(i + 1) * n].iter_mut();
                    target.zip(&row).for_each(|(g, b)| *g += a * b);
                }
            }
        }
        let norms: f64 = (0..n).map(|i| gram[i * n + i].max(0.0).sqrt()).sum();
        let magnitude: f64 = weights.iter().map(|g| g.abs()).sum();
        let mut missing = 0.0;
        for i in 0..n {
            for j in 0..n {
                let own = if i == j { shift } else { 0.0 };
                missing += (slack[i * n + j].re + own - gram[i * n + j]).abs();
            }
        }
        let total: f64 = lambda.iter().map(|l| l + shift).sum();
        // 2n products per entry of L^T L, n^2 entries summed, weights rounded from rationals
        let unit = f64::EPSILON;
        let rounding = unit * (2.0 * n as f64 + 8.0) * norms * norms
            + unit * (n as f64 + 8.0) * (total.abs() + magnitude)
            + unit * (n * n) as f64 * missing;
        (total + missing + 1.001 * rounding).next_up()
    }

    /// Observables `A_x = sum_i u_xi gamma_i` and `B_y = (sum_i v_yi gamma_i)^T` on a maximally entangled
    /// state: `<A_x (x) B_y> = tr(A_x B_y^T)/d = u_x . v_y` for anticommuting `gamma_i` with square 1.
    fn strategy(&self, d: usize) -> Result<QuantumStrategy, BoundError> {
        let gammas = clifford(self.rank, d);
        let player = |vectors: &[f64], transpose: bool| -> Result<Vec<Povm>, StrategyError> {
            let povm = |w: &[f64]| -> Result<Povm, StrategyError> {
                let observable = Matrix::from_fn(d, |r, c| {
                    let (r, c) = if transpose { (c, r) } else { (r, c) };
                    w.iter().zip(&gammas).map(|(w, g)| g[(r, c)] * *w).sum()
                });
                let half = Matrix::identity(d).scale(0.5);
                let plus = half.add(&observable.scale(0.5));
                let minus = half.add(&observable.scale(-0.5));
                Ok(Povm::new(vec![plus, minus])?)
            };
            vectors.chunks_exact(self.rank).map(povm).collect()
        };
        let rho = DensityMatrix::maximally_entangled(d).map_err(StrategyError::from)?;
        let povms = vec![player(&self.u, false)?, player(&self.v, true)?];
        Ok(QuantumStrategy::new(rho, povms)?)
    }
}

/// `rank` anticommuting Hermitian matrices of dimension `d = 2^floor(rank/2)` with square 1 (Jordan and Wigner):
/// `Z..Z X 1..1`, `Z..Z Y 1..1` and, for an odd rank, `Z..Z`.
fn clifford(rank: usize, d: usize) -> Vec<Matrix> {
    let (zero, one, i) = (C64::ZERO, C64::ONE, C64::I);
    let x = Matrix::from_fn(2, |r, c| if r == c { zero } else { one });
    let y = Matrix::from_fn(2, |r, c| match (r, c) {
        (0, 1) => -i,
        (1, 0) => i,
        _ => zero,
    });
    let z = Matrix::from_fn(2, |r, c| match (r, c) {
        (0, 0) => one,
        (1, 1) => -one,
        _ => zero,
    });
    let modes = d.trailing_zeros() as usize;
    let string = |place: usize, at: &Matrix| {
        (0..modes).fold(Matrix::identity(1), |product, k| match k.cmp(&place) {
            std::cmp::Ordering::Less => product.kron(&z),
            std::cmp::Ordering::Equal => product.kron(at),
            std::cmp::Ordering::Greater => product.kron(&Matrix::identity(2)),
        })
    };
    (0..rank)
        .map(|k| string(k / 2, if k % 2 == 0 { &x } else { &y }))
        .collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn add(sum: &mut [f64], v: &[f64], weight: f64) {
    sum.iter_mut().zip(v).for_each(|(s, x)| *s += weight * x);
}

/// Scales to length one and returns the length; leaves a zero vector.
fn normalise(v: &mut [f64]) -> f64 {
    let length = dot(v, v).sqrt();
    if length > 0.0 {
        v.iter_mut().for_each(|x| *x /= length);
    }
    length
}
