//! Small complex matrices of several items side by side: the arithmetic of `frame` and of the Jacobi kernels,
//! operation by operation, so that every lane has the bits it would have alone.
//!
//! Everything is inlined into one function that is compiled for the widest vectors of the machine. Operations are
//! separate, never fused: the bits are the same whatever the processor offers.

use crate::quantum::C64;
use crate::quantum::hermitian::{MAX_SWEEPS, NEGLIGIBLE, TINY_SQUARE};

/// Items side by side.
pub(super) const LANES: usize = 4;

/// A real number of every lane.
pub(super) type Real = [f64; LANES];

/// A yes or no of every lane.
pub(super) type Mask = [bool; LANES];

/// A complex number of every lane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Complex {
    pub re: Real,
    pub im: Real,
}

/// A matrix of every lane, by rows.
pub(super) type Square<const D: usize> = [[Complex; D]; D];

#[inline(always)]
pub(super) fn each(f: impl Fn(usize) -> f64) -> Real {
    let mut out = [0.0; LANES];
    for (l, x) in out.iter_mut().enumerate() {
        *x = f(l);
    }
    out
}

#[inline(always)]
pub(super) fn select(mask: &Mask, yes: &Real, no: &Real) -> Real {
    each(|l| if mask[l] { yes[l] } else { no[l] })
}

impl Complex {
    pub const ZERO: Self = Complex { re: [0.0; LANES], im: [0.0; LANES] };

    #[inline(always)]
    pub fn of(re: impl Fn(usize) -> f64, im: impl Fn(usize) -> f64) -> Self {
        Complex { re: each(re), im: each(im) }
    }

    #[inline(always)]
    pub fn real(re: Real) -> Self {
        Complex { re, im: [0.0; LANES] }
    }

    #[inline(always)]
    pub fn plus(&self, o: &Self) -> Self {
        Self::of(|l| self.re[l] + o.re[l], |l| self.im[l] + o.im[l])
    }

    #[inline(always)]
    pub fn minus(&self, o: &Self) -> Self {
        Self::of(|l| self.re[l] - o.re[l], |l| self.im[l] - o.im[l])
    }

    #[inline(always)]
    pub fn times(&self, o: &Self) -> Self {
        Self::of(|l| self.re[l] * o.re[l] - self.im[l] * o.im[l], |l| self.re[l] * o.im[l] + self.im[l] * o.re[l])
    }

    #[inline(always)]
    pub fn scaled(&self, by: &Real) -> Self {
        Self::of(|l| self.re[l] * by[l], |l| self.im[l] * by[l])
    }

    #[inline(always)]
    pub fn over(&self, by: &Real) -> Self {
        Self::of(|l| self.re[l] / by[l], |l| self.im[l] / by[l])
    }

    #[inline(always)]
    pub fn conj(&self) -> Self {
        Self::of(|l| self.re[l], |l| -self.im[l])
    }

    #[inline(always)]
    pub fn negated(&self) -> Self {
        Self::of(|l| -self.re[l], |l| -self.im[l])
    }

    #[inline(always)]
    pub fn norm_sqr(&self) -> Real {
        each(|l| self.re[l] * self.re[l] + self.im[l] * self.im[l])
    }

    #[inline(always)]
    pub fn select(mask: &Mask, yes: &Self, no: &Self) -> Self {
        Complex { re: select(mask, &yes.re, &no.re), im: select(mask, &yes.im, &no.im) }
    }

    #[inline(always)]
    pub fn lane(&self, l: usize) -> C64 {
        C64::new(self.re[l], self.im[l])
    }

    #[inline(always)]
    pub fn set(&mut self, l: usize, z: C64) {
        self.re[l] = z.re;
        self.im[l] = z.im;
    }
}

/// `A^H B`.
#[inline(always)]
pub(super) fn adjoint_times<const D: usize>(a: &Square<D>, b: &Square<D>) -> Square<D> {
    let mut out = [[Complex::ZERO; D]; D];
    for r in 0..D {
        for i in 0..D {
            let x = a[r][i].conj();
            for c in 0..D {
                out[i][c] = out[i][c].plus(&x.times(&b[r][c]));
            }
        }
    }
    out
}

/// `A B`.
#[inline(always)]
pub(super) fn times<const D: usize>(a: &Square<D>, b: &Square<D>) -> Square<D> {
    let mut out = [[Complex::ZERO; D]; D];
    for r in 0..D {
        for k in 0..D {
            for c in 0..D {
                out[r][c] = out[r][c].plus(&a[r][k].times(&b[k][c]));
            }
        }
    }
    out
}

/// `A B^H`.
#[inline(always)]
pub(super) fn times_adjoint<const D: usize>(a: &Square<D>, b: &Square<D>) -> Square<D> {
    let mut out = [[Complex::ZERO; D]; D];
    for r in 0..D {
        for c in 0..D {
            let mut sum = Complex::ZERO;
            for k in 0..D {
                sum = sum.plus(&a[r][k].times(&b[c][k].conj()));
            }
            out[r][c] = sum;
        }
    }
    out
}

/// Eigenvalues in ascending order and eigenvectors as columns of Hermitian matrices with entries between 1e-70 and
/// 1e70 or zero: the cyclic Jacobi method of `hermitian`.
#[inline(always)]
pub(super) fn eigh<const D: usize>(mut a: Square<D>, v: &mut Square<D>) -> [Real; D] {
    for (r, row) in v.iter_mut().enumerate() {
        for (c, x) in row.iter_mut().enumerate() {
            *x = Complex::real([if r == c { 1.0 } else { 0.0 }; LANES]);
        }
    }
    for _ in 0..MAX_SWEEPS {
        let mut rotated = false;
        for p in 0..D {
            for q in p + 1..D {
                rotated |= rotate(p, q, &mut a, v);
            }
        }
        if !rotated {
            break;
        }
    }
    let mut values = [[0.0; LANES]; D];
    for k in 0..D {
        values[k] = a[k][k].re;
    }
    sort(&mut values, v);
    values
}

/// One rotation, in the lanes that need it; whether any did.
#[inline(always)]
fn rotate<const D: usize>(p: usize, q: usize, a: &mut Square<D>, v: &mut Square<D>) -> bool {
    let (app, aqq, b) = (a[p][p].re, a[q][q].re, a[p][q]);
    let square = b.norm_sqr();
    let mut keep = [true; LANES];
    for l in 0..LANES {
        // Not a short-circuit: that would be a branch in every lane.
        keep[l] = (square[l] <= (NEGLIGIBLE * app[l]).abs() * (NEGLIGIBLE * aqq[l]).abs()) | (square[l] == 0.0);
    }
    if keep.iter().all(|k| *k) {
        return false;
    }
    let delta = each(|l| 0.5 * (app[l] - aqq[l]));
    let mut off = each(|l| square[l].sqrt());
    let mut radius = each(|l| (delta[l] * delta[l] + square[l]).sqrt());
    for l in 0..LANES {
        if square[l] < TINY_SQUARE && !keep[l] {
            off[l] = b.re[l].hypot(b.im[l]);
            radius[l] = delta[l].hypot(off[l]);
        }
    }
    let t = each(|l| off[l].copysign(delta[l]) / (delta[l].abs() + radius[l]));
    let cos = each(|l| 1.0 / (1.0 + t[l] * t[l]).sqrt());
    let sin = b.over(&off).scaled(&each(|l| t[l] * cos[l]));
    let conj = sin.conj();
    for k in 0..D {
        if k != p && k != q {
            let (x, y) = turn(&keep, &cos, &sin, &conj, &a[k][p], &a[k][q]);
            a[k][p] = x;
            a[k][q] = y;
            a[p][k] = x.conj();
            a[q][k] = y.conj();
        }
        let (x, y) = turn(&keep, &cos, &sin, &conj, &v[k][p], &v[k][q]);
        v[k][p] = x;
        v[k][q] = y;
    }
    let zero = [0.0; LANES];
    let high = each(|l| app[l] + t[l] * off[l]);
    let low = each(|l| aqq[l] - t[l] * off[l]);
    a[p][p] = Complex::real(select(&keep, &app, &high));
    a[q][q] = Complex::real(select(&keep, &aqq, &low));
    a[p][q] = Complex::select(&keep, &b, &Complex::real(zero));
    a[q][p] = a[p][q].conj();
    true
}

/// `x cos + y sin*, y cos - x sin`, or `x, y` where they are kept.
#[inline(always)]
pub(super) fn turn(
    keep: &Mask,
    cos: &Real,
    sin: &Complex,
    conj: &Complex,
    x: &Complex,
    y: &Complex,
) -> (Complex, Complex) {
    let one = x.scaled(cos).plus(&y.times(conj));
    let other = y.scaled(cos).minus(&x.times(sin));
    (Complex::select(keep, x, &one), Complex::select(keep, y, &other))
}

/// Ascending order of values and columns, equal ones as they are.
#[inline(always)]
fn sort<const D: usize>(values: &mut [Real; D], v: &mut Square<D>) {
    // the order of `total_cmp`
    let key = |x: f64| {
        let bits = x.to_bits() as i64;
        bits ^ (((bits >> 63) as u64) >> 1) as i64
    };
    for end in (1..D).rev() {
        for k in 0..end {
            let (x, y) = (values[k], values[k + 1]);
            let mut keep = [true; LANES];
            for l in 0..LANES {
                keep[l] = key(x[l]) <= key(y[l]);
            }
            values[k] = select(&keep, &x, &y);
            values[k + 1] = select(&keep, &y, &x);
            for row in v.iter_mut() {
                let (x, y) = (row[k], row[k + 1]);
                row[k] = Complex::select(&keep, &x, &y);
                row[k + 1] = Complex::select(&keep, &y, &x);
            }
        }
    }
}
