//! Exact test whether a Hermitian matrix of Gaussian integers is positive semidefinite (F3).

use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

use super::limits::{Meter, big};
use super::num::max_bits;
use super::reject::Result;

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
        let (re, im) = (self.re.clone(), -&self.im);
        Self { re, im }
    }

    /// The product.
    pub(crate) fn times(&self, b: &Self) -> Self {
        let re = &self.re * &b.re - &self.im * &b.im;
        let im = &self.re * &b.im + &self.im * &b.re;
        Self { re, im }
    }

    /// `self += a`.
    pub(crate) fn add(&mut self, a: &Self) {
        self.re += &a.re;
        self.im += &a.im;
    }
}

/// The longest part of some Gaussian integers, in bits.
pub(crate) fn gauss_bits<'a>(numbers: impl IntoIterator<Item = &'a Gauss>) -> u64 {
    max_bits(numbers.into_iter().flat_map(|z| [&z.re, &z.im]))
}

/// Whether the rows form a square Hermitian matrix.
pub fn is_hermitian(a: &[Vec<Gauss>]) -> bool {
    let n = a.len();
    a.iter().all(|row| row.len() == n) && (0..n).all(|i| (i..n).all(|j| a[i][j] == a[j][i].conj()))
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
pub fn psd(a: &[Vec<Gauss>], meter: &mut Meter) -> Result<bool> {
    if !is_hermitian(a) {
        return Ok(false);
    }
    // Entries reach n b bits; a product of numbers that are not real is four products of integers.
    let words = big(a.len()) * gauss_bits(a.iter().flatten()) / 64;
    let real = a.iter().flatten().all(|z| z.im.is_zero());
    let each = (&words * &words / 32 + 16) * if real { 1 } else { 4 };
    meter.charge("a positivity test", big(a.len()).pow(3) * each)?;
    Ok(eliminate(a.to_vec()))
}

/// F3 on a Hermitian matrix; only entries on and below the diagonal are read.
fn eliminate(mut m: Vec<Vec<Gauss>>) -> bool {
    let mut rest: Vec<usize> = (0..m.len()).collect();
    let mut last = BigInt::one();
    loop {
        if rest.iter().any(|&i| m[i][i].re.is_negative()) {
            return false;
        }
        let Some(at) = rest.iter().position(|&i| m[i][i].re.is_positive()) else {
            // No positive diagonal entry: positive semidefinite only if nothing is left.
            let zero = |i: usize| rest.iter().all(|&j| j > i || m[i][j].is_zero());
            return rest.iter().all(|&i| zero(i));
        };
        let k = rest.remove(at);
        let p = m[k][k].re.clone();
        // Column k of the whole matrix: A_ik = conj(A_ki) above the diagonal.
        let entry = |&i: &usize| {
            if i > k { m[i][k].clone() } else { m[k][i].conj() }
        };
        let column: Vec<Gauss> = rest.iter().map(entry).collect();
        for (&i, a_ik) in rest.iter().zip(&column) {
            for (&j, a_jk) in rest.iter().zip(&column).take_while(|&(&j, _)| j <= i) {
                let product = a_ik.times(&a_jk.conj());
                let re = (&p * &m[i][j].re - product.re) / &last;
                let im = (&p * &m[i][j].im - product.im) / &last;
                m[i][j] = Gauss { re, im };
            }
        }
        last = p;
    }
}
