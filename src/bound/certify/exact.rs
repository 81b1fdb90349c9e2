//! From a floating-point strategy to an exactly valid rational one (F2, dyadic repair), and its exact value.

use super::{CertifyError, cayley};
use crate::check::limits::{Limits, Meter};
use crate::check::psd::{Gauss, psd};
use crate::game::{Game, Rational};
use crate::quantum::hermitian::{EighScratch, eigh};
use crate::quantum::{C64, DensityMatrix, Povm};
use crate::strategy::QuantumStrategy;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{FromPrimitive, One, Zero};
use std::cmp::Ordering;

/// A square matrix of Gaussian integers, row by row.
pub type IntegerMatrix = Vec<Vec<Gauss>>;

/// A measurement that is valid in exact arithmetic: `M_a = elements[a] / den`, every element PSD by an exact test, their
/// sum the identity entry by entry.
#[derive(Debug, Clone, PartialEq)]
pub struct ExactPovm {
    /// The denominator, positive.
    pub den: BigInt,
    /// Numerators of the elements.
    pub elements: Vec<IntegerMatrix>,
}

impl ExactPovm {
    /// The same over the least denominator.
    pub(super) fn reduced(mut self) -> Self {
        let entries = self.elements.iter().flatten().flatten();
        let gcd = entries.fold(self.den.clone(), |g, z| g.gcd(&z.re).gcd(&z.im));
        if !gcd.is_one() && !gcd.is_zero() {
            self.den /= &gcd;
            for z in self.elements.iter_mut().flatten().flatten() {
                z.re /= &gcd;
                z.im /= &gcd;
            }
        }
        self
    }
}

/// A strategy that is valid in exact arithmetic.
///
/// `rho = sum_k |b_k><b_k| / N` with `N = sum_k <b_k|b_k>`: PSD with unit trace by construction.
#[derive(Debug, Clone, PartialEq)]
pub struct ExactStrategy {
    /// Local dimensions.
    pub dims: Vec<usize>,
    /// The rows `b_k`, amplitudes over the joint basis, first player slowest.
    pub state: Vec<Vec<Gauss>>,
    /// `povms[player][question]`.
    pub povms: Vec<Vec<ExactPovm>>,
}

impl ExactStrategy {
    /// Rounds a strategy to denominators `2^bits` and repairs it until it is exactly valid.
    ///
    /// Each POVM is shrunk toward `I/m` by `t = 0, 2^-bits, 2^(1-bits), ..` until all rounded elements, the derived
    /// last one included, are PSD. The value changes by `O(2^-bits)`.
    ///
    /// # Errors
    /// [`CertifyError::Rounding`] if `bits` is not 4..=50, or a POVM resists (it is far from valid).
    pub fn round(strategy: &QuantumStrategy, bits: u32) -> Result<Self, CertifyError> {
        Self::with(strategy, bits, |povm| repair(povm, bits))
    }

    /// Rounds a strategy to one whose measurements are exactly projective, by Cayley's parametrisation over `2^-bits`.
    ///
    /// Measurements that are not projective are replaced by nearby ones that are, which may change the value; it is
    /// computed exactly anyway. Near an optimum the value changes by `O(4^-bits)`; numbers have about twice the local dimension
    /// times `bits` bits.
    ///
    /// # Errors
    /// [`CertifyError::Rounding`] if `bits` is not 4..=50.
    pub fn round_projective(strategy: &QuantumStrategy, bits: u32) -> Result<Self, CertifyError> {
        Self::with(strategy, bits, |povm| cayley::projective(povm, bits))
    }

    fn with(
        strategy: &QuantumStrategy,
        bits: u32,
        exact: impl Fn(&Povm) -> Option<ExactPovm>,
    ) -> Result<Self, CertifyError> {
        if !(4..=50).contains(&bits) {
            return Err(CertifyError::Rounding(format!("{bits} bits given, wanted 4 to 50")));
        }
        let mut povms = Vec::new();
        for (i, player) in strategy.povms().iter().enumerate() {
            let mut measurements = Vec::new();
            for (x, povm) in player.iter().enumerate() {
                let repaired = exact(povm).ok_or_else(|| {
                    CertifyError::Rounding(format!(
                        "the measurement of player {i} for question {x} cannot be made exactly valid"
                    ))
                })?;
                measurements.push(repaired);
            }
            povms.push(measurements);
        }
        Ok(ExactStrategy { dims: strategy.dims().to_vec(), state: state_rows(strategy.rho(), bits), povms })
    }

    /// `N = sum_k <b_k|b_k>`.
    pub(super) fn norm(&self) -> BigInt {
        self.state.iter().flatten().map(Gauss::norm_sqr).sum()
    }

    /// Exact value in a game: `sum c(x,a) sum_k <b_k| ⊗_i M_i(a_i|x_i) |b_k> / (N prod den)`, contracted one
    /// player at a time.
    pub fn value(&self, game: &Game) -> Rational {
        let s = game.scenario();
        let mut total = Rational::zero();
        let terms = game.terms();
        for row in terms.chunk_by(|a, b| a.question == b.question) {
            let x = s.question(row[0].question);
            let mut weights = vec![Rational::zero(); s.joint_answers()];
            for t in row {
                weights[t.answer] = t.weight.clone();
            }
            let each = self.state.iter();
            let row: Rational = each.map(|b| self.contract(&x, 0, b, b, &weights)).sum();
            let dens = self.povms.iter().zip(&x).map(|(player, &x)| &player[x].den);
            total += row / Rational::from(dens.product::<BigInt>());
        }
        total / Rational::from(self.norm())
    }

    /// Exact value of the same measurements on the maximally mixed state: `sum c(x,a) prod_i tr M_i(a_i|x_i) / d_i`.
    pub fn white_noise_value(&self, game: &Game) -> Rational {
        let s = game.scenario();
        let probability = |player: usize, x: usize, a: usize| -> Rational {
            let (povm, d) = (&self.povms[player][x], self.dims[player]);
            let trace: BigInt = (0..d).map(|k| &povm.elements[a][k][k].re).sum();
            Rational::new(trace, &povm.den * BigInt::from(d))
        };
        let term = |t: &crate::game::Term| -> Rational {
            let (x, a) = (s.question(t.question), s.answer(t.answer));
            let chances = (0..self.dims.len()).map(|i| probability(i, x[i], a[i]));
            &t.weight * chances.product::<Rational>()
        };
        game.terms().iter().map(term).sum()
    }

    /// `sum_a weights[a] <b| ⊗_{i >= player} M_i(a_i|x_i) |ket>` with the earlier players already applied.
    fn contract(&self, x: &[usize], player: usize, b: &[Gauss], ket: &[Gauss], weights: &[Rational]) -> Rational {
        if player == self.dims.len() {
            let inner: BigInt = b.iter().zip(ket).map(|(b, k)| &b.re * &k.re + &b.im * &k.im).sum();
            return &weights[0] * Rational::from(inner);
        }
        let elements = &self.povms[player][x[player]].elements;
        let rest = weights.len() / elements.len();
        let mut total = Rational::zero();
        for (m, weights) in elements.iter().zip(weights.chunks_exact(rest)) {
            if weights.iter().all(Zero::is_zero) {
                continue;
            }
            let applied = self.apply(player, m, ket);
            total += self.contract(x, player + 1, b, &applied, weights);
        }
        total
    }

    /// `(1 ⊗ M ⊗ 1) |ket>` with `M` on one player's part.
    pub(super) fn apply(&self, player: usize, m: &IntegerMatrix, ket: &[Gauss]) -> Vec<Gauss> {
        let d = self.dims[player];
        let stride: usize = self.dims[player + 1..].iter().product();
        let mut out = vec![Gauss::default(); ket.len()];
        for (at, z) in ket.iter().enumerate() {
            if z.is_zero() {
                continue;
            }
            let column = (at / stride) % d;
            let base = at - column * stride;
            for (r, row) in m.iter().enumerate() {
                let (entry, out) = (&row[column], &mut out[base + r * stride]);
                out.re += &entry.re * &z.re - &entry.im * &z.im;
                out.im += &entry.re * &z.im + &entry.im * &z.re;
            }
        }
        out
    }
}

/// Rows `sqrt(lambda_k) |v_k>` of the eigen-decomposition of rho, rounded to multiples of `2^-bits`.
fn state_rows(rho: &DensityMatrix, bits: u32) -> Vec<Vec<Gauss>> {
    let d = rho.matrix().dim();
    let mut values = vec![0.0f64; d];
    let mut vectors = vec![C64::new(0.0, 0.0); d * d];
    eigh(d, rho.matrix().as_slice(), &mut values, &mut vectors, &mut EighScratch::new(d));
    let scale = (2f64).powi(bits as i32);
    let mut rows: Vec<Vec<Gauss>> = Vec::new();
    for k in (0..d).rev() {
        let amplitude = values[k].max(0.0).sqrt() * scale;
        let row: Vec<Gauss> = (0..d).map(|r| gauss(vectors[r * d + k] * amplitude)).collect();
        // a vanishing eigenvalue rounds to a zero row, which says nothing
        if !row.iter().all(Gauss::is_zero) {
            rows.push(row);
        }
    }
    rows
}

fn repair(povm: &Povm, bits: u32) -> Option<ExactPovm> {
    let mut shrink = 0.0;
    for attempt in 0..=bits {
        if let Some(elements) = try_round(povm, bits, shrink) {
            return Some(ExactPovm { den: BigInt::one() << bits, elements });
        }
        shrink = (2f64).powi(attempt as i32 - bits as i32);
    }
    None
}

/// Elements `(1-t) M_a + t I/m` over `2^bits`, the last one derived; `None` unless all are exactly PSD.
fn try_round(povm: &Povm, bits: u32, t: f64) -> Option<Vec<IntegerMatrix>> {
    let (d, m) = (povm.dim(), povm.outcomes());
    let scale = (2f64).powi(bits as i32);
    let mut rest: IntegerMatrix = vec![vec![Gauss::default(); d]; d];
    for (r, row) in rest.iter_mut().enumerate() {
        row[r].re = BigInt::one() << bits;
    }
    let mut elements = Vec::with_capacity(m);
    for a in 0..m - 1 {
        // one triangle decides: the other is its conjugate, the diagonal is real
        let rounded = |r: usize, c: usize| {
            let mixed = if r == c { t / m as f64 } else { 0.0 };
            gauss((povm.element(a)[(r, c)] * (1.0 - t) + mixed) * scale)
        };
        let entry = |r: usize, c: usize| match r.cmp(&c) {
            Ordering::Less => rounded(r, c),
            Ordering::Equal => Gauss { im: BigInt::zero(), ..rounded(r, r) },
            Ordering::Greater => rounded(c, r).conj(),
        };
        let element: IntegerMatrix = (0..d).map(|r| (0..d).map(|c| entry(r, c)).collect()).collect();
        for (rest, row) in rest.iter_mut().zip(&element) {
            for (rest, z) in rest.iter_mut().zip(row) {
                rest.re -= &z.re;
                rest.im -= &z.im;
            }
        }
        elements.push(element);
    }
    elements.push(rest);
    let valid = |element: &IntegerMatrix| {
        let meter = Meter::new(&Limits::default());
        psd(element, &meter) == Ok(true)
    };
    elements.iter().all(valid).then_some(elements)
}

fn gauss(z: C64) -> Gauss {
    let integer = |v: f64| BigInt::from_f64(v.round()).unwrap_or_default();
    Gauss { re: integer(z.re), im: integer(z.im) }
}
