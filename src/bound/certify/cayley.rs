//! Exactly projective measurements (F2, Cayley's parametrisation).
//!
//! `A = (I-U)(I+U)^-1` is skew-Hermitian exactly when `U` is unitary. Round `A` to fractions, keep it skew, and
//! `U' = (I-A)(I+A)^-1` is unitary in exact arithmetic: its columns make projectors that sum to the identity. A change of order
//! `2^-bits` in the bases of an optimal strategy costs its value only the square of that.

use super::exact::{ExactPovm, IntegerMatrix};
use crate::check::psd::Gauss;
use crate::quantum::hermitian::{EighScratch, eigh};
use crate::quantum::{C64, Povm};
use faer::Mat;
use faer::linalg::solvers::Solve;
use num_bigint::BigInt;
use num_traits::{FromPrimitive, One, Signed, Zero};

/// The projective measurement nearest in spirit to a POVM, exact, with numbers of about `d * bits` bits; `None` only for
/// matrices that are not finite.
///
/// The common eigenbasis of the elements if they commute, else that of `sum_a a M_a`; each vector goes to the outcome it makes
/// likeliest.
pub(super) fn projective(povm: &Povm, bits: u32) -> Option<ExactPovm> {
    let d = povm.dim();
    let (columns, outcomes) = eigenbasis(povm);
    let a = skew(&columns)?;
    let scale = (2f64).powi(bits as i32);
    let integer = |v: f64| BigInt::from_f64((v * scale).round());
    // A as integers over 2^bits, exactly skew
    let mut rounded: IntegerMatrix = vec![vec![Gauss::default(); d]; d];
    for r in 0..d {
        rounded[r][r].im = integer(a[(r, r)].im)?;
        for s in 0..r {
            let (re, im) = (integer(a[(r, s)].re)?, integer(a[(r, s)].im)?);
            rounded[s][r] = Gauss { re: -&re, im: im.clone() };
            rounded[r][s] = Gauss { re, im };
        }
    }
    let unit = BigInt::one() << bits;
    let mut plus = rounded.clone();
    let mut minus = rounded;
    minus.iter_mut().flatten().for_each(|z| *z = -&*z);
    for r in 0..d {
        plus[r][r].re += &unit;
        minus[r][r].re += &unit;
    }
    // U' = (2^k - A)(2^k + A)^-1 = minus adj(plus) / det(plus)
    let det = determinant(plus.clone());
    let u = product(&minus, &adjugate(&plus));
    let mut elements = vec![vec![vec![Gauss::default(); d]; d]; povm.outcomes()];
    for (c, &outcome) in outcomes.iter().enumerate() {
        for (r, row) in elements[outcome].iter_mut().enumerate() {
            for (s, entry) in row.iter_mut().enumerate() {
                *entry += &u[r][c] * u[s][c].conj();
            }
        }
    }
    Some(ExactPovm { den: det.norm_sqr(), elements }.reduced())
}

/// Orthonormal columns and the outcome of each.
fn eigenbasis(povm: &Povm) -> (Vec<Vec<C64>>, Vec<usize>) {
    let d = povm.dim();
    let mut sum = vec![C64::ZERO; d * d];
    for (a, m) in povm.elements().iter().enumerate() {
        for (sum, m) in sum.iter_mut().zip(m.as_slice()) {
            *sum += m * a as f64;
        }
    }
    let (mut values, mut vectors) = (vec![0.0; d], vec![C64::ZERO; d * d]);
    eigh(d, &sum, &mut values, &mut vectors, &mut EighScratch::new(d));
    let column = |k: usize| -> Vec<C64> { (0..d).map(|r| vectors[r * d + k]).collect() };
    let columns: Vec<Vec<C64>> = (0..d).map(column).collect();
    let outcome = |v: &Vec<C64>| {
        let chance = |a: usize| {
            let m = povm.element(a);
            let entries = (0..d).flat_map(|r| (0..d).map(move |s| (r, s)));
            entries.map(|(r, s)| (v[r].conj() * m[(r, s)] * v[s]).re).sum::<f64>()
        };
        (0..povm.outcomes()).max_by(|&a, &b| chance(a).total_cmp(&chance(b))).unwrap_or(0)
    };
    let outcomes = columns.iter().map(outcome).collect();
    (columns, outcomes)
}

/// `(I-U)(I+U)^-1` after turning the phases of the columns until `I+U` is far from singular.
fn skew(columns: &[Vec<C64>]) -> Option<Mat<C64>> {
    let d = columns.len();
    let mut u = Mat::from_fn(d, d, |r, c| columns[c][r]);
    let size = |u: &Mat<C64>| {
        let shifted = Mat::from_fn(d, d, |r, c| u[(r, c)] + f64::from(u8::from(r == c)));
        shifted.determinant().norm()
    };
    // with signs alone some choice is good; quarter turns find one by coordinate ascent
    for _ in 0..3 {
        for c in 0..d {
            let mut best = (0.0, C64::ONE);
            for phase in [C64::ONE, C64::I, -C64::ONE, -C64::I] {
                let mut turned = u.clone();
                (0..d).for_each(|r| turned[(r, c)] *= phase);
                let size = size(&turned);
                if size > best.0 * 1.0001 {
                    best = (size, phase);
                }
            }
            (0..d).for_each(|r| u[(r, c)] *= best.1);
        }
    }
    let identity = Mat::<C64>::identity(d, d);
    // A (I+U) = I-U, transposed to a left solve
    let lu = (&identity + &u).transpose().partial_piv_lu();
    let a = lu.solve((&identity - &u).transpose().to_owned());
    let a = a.transpose().to_owned();
    (0..d).all(|r| (0..d).all(|s| a[(r, s)].re.is_finite() && a[(r, s)].im.is_finite())).then_some(a)
}

fn product(a: &IntegerMatrix, b: &IntegerMatrix) -> IntegerMatrix {
    let d = a.len();
    let entry = |r: usize, s: usize| (0..d).map(|k| &a[r][k] * &b[k][s]).sum();
    (0..d).map(|r| (0..d).map(|s| entry(r, s)).collect()).collect()
}

/// Fraction-free elimination over the Gaussian integers; every division is exact.
fn determinant(mut m: IntegerMatrix) -> Gauss {
    let d = m.len();
    let mut last = Gauss::one();
    let mut negative = false;
    for k in 0..d {
        let Some(pivot) = (k..d).find(|&r| !m[r][k].is_zero()) else {
            return Gauss::default();
        };
        negative ^= pivot != k;
        m.swap(k, pivot);
        for r in k + 1..d {
            for s in k + 1..d {
                let top = &m[r][s] * &m[k][k] - &m[r][k] * &m[k][s];
                m[r][s] = divide(&top, &last);
            }
        }
        last = m[k][k].clone();
    }
    if negative { -last } else { last }
}

fn divide(a: &Gauss, b: &Gauss) -> Gauss {
    let norm = b.norm_sqr();
    debug_assert!(norm.is_positive());
    let top = a * b.conj();
    Gauss { re: top.re / &norm, im: top.im / &norm }
}

fn adjugate(m: &IntegerMatrix) -> IntegerMatrix {
    let d = m.len();
    let minor = |row: usize, column: usize| -> IntegerMatrix {
        let rows = m.iter().enumerate().filter(|(r, _)| *r != row);
        let cut = |line: &Vec<Gauss>| {
            let entries = line.iter().enumerate().filter(|(s, _)| *s != column);
            entries.map(|(_, z)| z.clone()).collect()
        };
        rows.map(|(_, line)| cut(line)).collect()
    };
    let entry = |r: usize, s: usize| {
        let det = determinant(minor(s, r));
        if (r + s).is_multiple_of(2) { det } else { -det }
    };
    (0..d).map(|r| (0..d).map(|s| entry(r, s)).collect()).collect()
}
