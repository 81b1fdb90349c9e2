//! Exact test whether a Hermitian matrix of Gaussian integers is positive semidefinite (F3).

use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

use super::limits::{Meter, wide};
use super::num::max_bits;
use super::reject::Reject;

/// A Gaussian integer re + i im.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gauss {
    /// Real part.
    pub re: BigInt,
    /// Imaginary part.
    pub im: BigInt,
}

impl Gauss {
    /// Whether both parts are 0.
    pub fn is_zero(&self) -> bool {
        self.re.is_zero() && self.im.is_zero()
    }

    /// The complex conjugate.
    pub fn conj(&self) -> Self {
        Self {
            re: self.re.clone(),
            im: -&self.im,
        }
    }

    /// `self += a * b`.
    pub(crate) fn add_product(&mut self, a: &Self, b: &Self) {
        self.re += &a.re * &b.re - &a.im * &b.im;
        self.im += &a.re * &b.im + &a.im * &b.re;
    }

    /// `self += a * conj(b)`.
    pub(crate) fn add_product_conj(&mut self, a: &Self, b: &Self) {
        self.re += &a.re * &b.re + &a.im * &b.im;
        self.im += &a.im * &b.re - &a.re * &b.im;
    }
}

/// The longest part of some Gaussian integers, in bits.
pub(crate) fn gauss_bits<'a>(numbers: impl IntoIterator<Item = &'a Gauss>) -> u64 {
    max_bits(numbers.into_iter().flat_map(|z| [&z.re, &z.im]))
}

/// Whether the rows form a square Hermitian matrix.
pub fn is_hermitian(a: &[Vec<Gauss>]) -> bool {
    a.iter().all(|row| row.len() == a.len())
        && (0..a.len()).all(|i| (i..a.len()).all(|j| a[i][j] == a[j][i].conj()))
}

/// Whether `a` (rows of Gaussian integers) is Hermitian and positive semidefinite; exact.
///
/// Pivoted symmetric fraction-free elimination (F3): with a positive diagonal entry p as pivot k,
/// A_ij <- (p A_ij - A_ik A_kj) / p_prev, where the division is exact (Bareiss) because every
/// intermediate entry is a minor of `a`. Each step keeps the inertia of the rest.
///
/// Errors: only `RESOURCE`, before any work.
///
/// ```
/// use bellwether::check::{Limits, limits::Meter, psd::{Gauss, psd}};
/// let z = |re: i32, im: i32| Gauss { re: re.into(), im: im.into() };
/// let mut meter = Meter::new(&Limits::default());
/// let rank_one = vec![vec![z(1, 0), z(0, 2)], vec![z(0, -2), z(4, 0)]];
/// assert!(psd(&rank_one, &mut meter)?);
/// let one_unit_less = vec![vec![z(1, 0), z(0, 2)], vec![z(0, -2), z(3, 0)]];
/// assert!(!psd(&one_unit_less, &mut meter)?);
/// # Ok::<(), bellwether::check::Reject>(())
/// ```
pub fn psd(a: &[Vec<Gauss>], meter: &mut Meter) -> Result<bool, Reject> {
    if !is_hermitian(a) {
        return Ok(false);
    }
    let cost = cost(a.len(), gauss_bits(a.iter().flatten()));
    let is_real = a.iter().flatten().all(|z| z.im.is_zero());
    // A product of Gaussian integers is four products of integers.
    let factor = if is_real { 1 } else { 4 };
    meter.charge("a positivity test", cost.saturating_mul(factor))?;
    if is_real {
        let real = a
            .iter()
            .map(|row| row.iter().map(|z| z.re.clone()).collect());
        return Ok(eliminate(real.collect()));
    }
    Ok(eliminate(a.to_vec()))
}

/// The few operations of the elimination, for integers and for Gaussian integers.
trait Entry: Clone {
    fn real(&self) -> &BigInt;
    fn is_null(&self) -> bool;
    fn conjugate(&self) -> Self;
    /// (p self - u conj(v)) / last
    fn step(&self, p: &BigInt, u: &Self, v: &Self, last: &BigInt) -> Self;
}

impl Entry for BigInt {
    fn real(&self) -> &BigInt {
        self
    }
    fn is_null(&self) -> bool {
        self.is_zero()
    }
    fn conjugate(&self) -> Self {
        self.clone()
    }
    fn step(&self, p: &BigInt, u: &Self, v: &Self, last: &BigInt) -> Self {
        (p * self - u * v) / last
    }
}

impl Entry for Gauss {
    fn real(&self) -> &BigInt {
        &self.re
    }
    fn is_null(&self) -> bool {
        self.is_zero()
    }
    fn conjugate(&self) -> Self {
        self.conj()
    }
    fn step(&self, p: &BigInt, u: &Self, v: &Self, last: &BigInt) -> Self {
        let mut product = Self::default();
        product.add_product_conj(u, v);
        Self {
            re: (p * &self.re - product.re) / last,
            im: (p * &self.im - product.im) / last,
        }
    }
}

/// F3 on a Hermitian matrix; only entries on and below the diagonal are read.
fn eliminate<T: Entry>(mut m: Vec<Vec<T>>) -> bool {
    let mut rest: Vec<usize> = (0..m.len()).collect();
    let mut last = BigInt::one();
    loop {
        if rest.iter().any(|&i| m[i][i].real().is_negative()) {
            return false;
        }
        let Some(at) = rest.iter().position(|&i| m[i][i].real().is_positive()) else {
            // No positive diagonal entry: positive semidefinite only if nothing is left.
            let below = |i: usize| rest.iter().all(|&j| j > i || m[i][j].is_null());
            return rest.iter().all(|&i| below(i));
        };
        let k = rest.remove(at);
        let p = m[k][k].real().clone();
        // Column k of the whole matrix: A_ik = conj(A_ki) above the diagonal.
        let entry = |&i: &usize| {
            if i > k {
                m[i][k].clone()
            } else {
                m[k][i].conjugate()
            }
        };
        let column: Vec<T> = rest.iter().map(entry).collect();
        for (u, (&i, a_ik)) in rest.iter().zip(&column).enumerate() {
            for (&j, a_jk) in rest.iter().zip(&column).take(u.saturating_add(1)) {
                m[i][j] = m[i][j].step(&p, a_ik, a_jk, &last);
            }
        }
        last = p;
    }
}

/// n^3 (16 + (n b / 64)^2 / 32): entries reach n b bits.
fn cost(n: usize, bits: u64) -> u128 {
    let n = wide(n);
    let words = n.saturating_mul(u128::from(bits)) / 64;
    let each = (words.saturating_mul(words) / 32).saturating_add(16);
    n.saturating_mul(n).saturating_mul(n).saturating_mul(each)
}
