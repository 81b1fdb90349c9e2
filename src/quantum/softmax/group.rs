//! The general path in double precision for several items side by side; the steps are those of `frame`.

#![expect(clippy::needless_range_loop, reason = "rows, columns and lanes are indexed as in the formulae")]

use super::C64;
use super::frame::{MAX_SWEEPS, ORTHOGONAL, TINY, conditioning_loss};
use super::item::{Item, Path, Regime};
use super::lanes::{Complex, LANES, Mask, Real, Square, adjoint_times, each, eigh, times_adjoint, turn};

/// Sizes of logits that the kernels take without scaling; others go one by one.
const SIZES: std::ops::RangeInclusive<f64> = TINY..=1e60;

/// Factors and measurements of up to [`LANES`] items of dimension `D`.
#[derive(Debug)]
pub(super) struct Group<const D: usize> {
    /// Lanes whose measurement stands here; the others are in their items.
    pub solved: Mask,
    pub(super) z: Vec<Square<D>>,
    pub(super) p: Vec<Square<D>>,
    pub(super) top: Real,
    pub(super) spread: Real,
    pub(super) tau: Real,
    pub(super) lam: Vec<[Real; D]>,
    pub(super) weight: Vec<[Real; D]>,
    pub(super) u: Vec<Square<D>>,
    pub(super) f: Vec<Square<D>>,
    pub(super) s: Square<D>,
    pub(super) v: Square<D>,
    pub(super) sigma: [Real; D],
}

impl<const D: usize> Group<D> {
    pub fn new(m: usize) -> Self {
        let square = [[Complex::ZERO; D]; D];
        Group {
            solved: [false; LANES],
            z: vec![square; m],
            p: vec![square; m],
            top: [0.0; LANES],
            spread: [0.0; LANES],
            tau: [0.0; LANES],
            lam: vec![[[0.0; LANES]; D]; m],
            weight: vec![[[0.0; LANES]; D]; m],
            u: vec![square; m],
            f: vec![square; m],
            s: square,
            v: square,
            sigma: [[0.0; LANES]; D],
        }
    }

    /// Largest error estimate that is let pass here is `target`; `sizes` are those of the items' logits.
    pub fn forward(&mut self, logits: &[C64], sizes: &[f64], target: f64) {
        self.solved = [false; LANES];
        for (solved, size) in self.solved.iter_mut().zip(sizes) {
            *solved = SIZES.contains(size);
        }
        read(logits, &self.solved, &mut self.z);
        pulp::Arch::new().dispatch(Decompose(self));
        // no vectors here: the exponential is a call
        for (lam, weight) in self.lam.iter().zip(&mut self.weight) {
            for (lam, weight) in lam.iter().zip(weight) {
                for (lam, weight) in lam.iter().zip(weight) {
                    *weight = lam.exp();
                }
            }
        }
        let least = pulp::Arch::new().dispatch(Normalise(self));
        for l in 0..LANES {
            self.tau[l] = 1.0 / least[l].sqrt();
            let estimate = f64::EPSILON * self.tau[l] * (1.0 + self.spread[l]);
            self.solved[l] &= least[l] >= 1e-280 && estimate <= target;
        }
    }

    /// Eigenvalues and eigenvectors of the logits.
    #[inline(always)]
    fn decompose(&mut self) {
        let share = 1.0 / (self.z.len() * D) as f64;
        let mut centre = [-0.0; LANES];
        for z in &self.z {
            for (k, row) in z.iter().enumerate() {
                centre = each(|l| centre[l] + row[k].re[l] * share);
            }
        }
        let mut top = [f64::NEG_INFINITY; LANES];
        let half = [0.5; LANES];
        for ((z, u), lam) in self.z.iter().zip(&mut self.u).zip(&mut self.lam) {
            let mut a = [[Complex::ZERO; D]; D];
            for r in 0..D {
                for c in 0..r {
                    a[r][c] = z[r][c].plus(&z[c][r].conj()).scaled(&half);
                    a[c][r] = a[r][c].conj();
                }
                a[r][r] = Complex::real(each(|l| z[r][r].re[l] - centre[l]));
            }
            let largest = size(&a);
            for l in 0..LANES {
                self.solved[l] &= largest[l] == 0.0 || largest[l] >= 1e-70;
            }
            *lam = eigh(a, u);
            top = each(|l| top[l].max(lam[D - 1][l]));
        }
        self.top = each(|l| top[l] + centre[l]);
        self.spread = [0.0; LANES];
        for lam in self.lam.iter_mut().flatten() {
            *lam = each(|l| lam[l] - top[l]);
            self.spread = each(|l| self.spread[l].max(-lam[l]));
        }
    }

    /// `S = sum_j R_j`, its singular frame, `f = U^H S^{-1/2}` and `P_j = sum_r weight_r f_r^H f_r`; returns the least
    /// eigenvalue of `S`.
    #[inline(always)]
    fn normalise(&mut self) -> Real {
        let mut s = [[Complex::ZERO; D]; D];
        for (u, weight) in self.u.iter().zip(&self.weight) {
            let mut a = [[Complex::ZERO; D]; D];
            for r in 0..D {
                for k in 0..D {
                    a[r][k] = u[r][k].scaled(&weight[k]);
                }
            }
            let b = times_adjoint(&a, u);
            for r in 0..D {
                for c in 0..=r {
                    s[r][c] = s[r][c].plus(&b[r][c]);
                }
            }
        }
        for r in 0..D {
            s[r][r].im = [0.0; LANES];
            for c in 0..r {
                s[c][r] = s[r][c].conj();
            }
        }
        self.s = s;
        let values = eigh(s, &mut self.v);
        // `f` holds the rows until they are done
        for (u, rows) in self.u.iter().zip(&mut self.f) {
            *rows = adjoint_times(u, &self.v);
        }
        let mut keep = [true; LANES];
        for l in 0..LANES {
            keep[l] = values[0][l] >= 0.25 * values[D - 1][l];
        }
        if !keep.iter().all(|k| *k) {
            self.orthogonalise(&keep);
        }
        let mut sigma = [[0.0; LANES]; D];
        for (rows, weight) in self.f.iter().zip(&self.weight) {
            for (row, w) in rows.iter().zip(weight) {
                for (sum, x) in sigma.iter_mut().zip(row) {
                    let square = x.norm_sqr();
                    *sum = each(|l| sum[l] + w[l] * square[l]);
                }
            }
        }
        let mut least = [f64::INFINITY; LANES];
        for sigma in &mut sigma {
            least = each(|l| least[l].min(sigma[l]));
            *sigma = each(|l| sigma[l].sqrt());
        }
        self.sigma = sigma;
        let factors = self.f.iter_mut().zip(&self.weight);
        for ((f, weight), p) in factors.zip(&mut self.p) {
            let mut rows = *f;
            for row in &mut rows {
                for (x, sigma) in row.iter_mut().zip(&sigma) {
                    *x = x.over(sigma);
                }
            }
            *f = times_adjoint(&rows, &self.v);
            let mut sum = [[Complex::ZERO; D]; D];
            for (row, w) in f.iter().zip(weight) {
                for r in 0..D {
                    let x = row[r].conj().scaled(w);
                    for c in 0..=r {
                        sum[r][c] = sum[r][c].plus(&x.times(&row[c]));
                    }
                }
            }
            for r in 0..D {
                sum[r][r].im = [0.0; LANES];
                for c in 0..r {
                    sum[c][r] = sum[r][c].conj();
                }
            }
            *p = sum;
        }
        least
    }

    /// One-sided Jacobi on the columns of the rows, in the lanes that are not kept.
    #[inline(always)]
    fn orthogonalise(&mut self, kept: &Mask) {
        for _ in 0..MAX_SWEEPS {
            let mut rotated = false;
            for p in 0..D {
                for q in p + 1..D {
                    rotated |= self.rotate(kept, p, q);
                }
            }
            if !rotated {
                break;
            }
        }
    }

    #[inline(always)]
    fn rotate(&mut self, kept: &Mask, p: usize, q: usize) -> bool {
        let (mut a, mut b) = ([0.0; LANES], [0.0; LANES]);
        let mut c = Complex::ZERO;
        for (rows, weight) in self.f.iter().zip(&self.weight) {
            for (row, w) in rows.iter().zip(weight) {
                let (x, y) = (row[p].norm_sqr(), row[q].norm_sqr());
                a = each(|l| a[l] + w[l] * x[l]);
                b = each(|l| b[l] + w[l] * y[l]);
                c = c.plus(&row[p].conj().times(&row[q]).scaled(w));
            }
        }
        let (mut keep, mut off) = (*kept, [0.0; LANES]);
        for l in 0..LANES {
            if !keep[l] {
                off[l] = c.re[l].hypot(c.im[l]);
                keep[l] = off[l] <= ORTHOGONAL * (a[l] * b[l]).sqrt() || off[l] == 0.0;
            }
        }
        if keep.iter().all(|k| *k) {
            return false;
        }
        let delta = each(|l| 0.5 * (a[l] - b[l]));
        let t = each(|l| {
            let root = (delta[l] * delta[l] + off[l] * off[l]).sqrt();
            off[l].copysign(delta[l]) / (delta[l].abs() + root.max(off[l]))
        });
        let cos = each(|l| 1.0 / (1.0 + t[l] * t[l]).sqrt());
        let sin = c.over(&off).scaled(&each(|l| t[l] * cos[l]));
        let conj = sin.conj();
        for row in self.f.iter_mut().flatten().chain(&mut self.v) {
            let (x, y) = turn(&keep, &cos, &sin, &conj, &row[p], &row[q]);
            row[p] = x;
            row[q] = y;
        }
        true
    }

    /// The measurement of a lane.
    pub fn write_povm(&self, l: usize, out: &mut [C64]) {
        write(&self.p, l, out);
    }

    /// What the condition number of a lane's item is made of.
    pub fn write_condition(&self, l: usize, item: &mut Item) {
        item.tau = self.tau[l];
        let sigma = item.sigma.iter_mut().zip(&self.sigma);
        sigma.for_each(|(x, s)| *x = s[l]);
    }

    /// Largest error of a gradient of a lane, for cotangents of size one; see `item`.
    pub fn magnified(&self, l: usize) -> f64 {
        f64::EPSILON * self.tau[l] * (1.0 + self.tau[l]) * (1.0 + self.spread[l])
    }

    /// The conditioning loss of a lane.
    pub fn conditioning_loss(&self, l: usize) -> f64 {
        conditioning_loss(D, self.top[l], self.s.iter().flatten().map(|x| x.lane(l)))
    }

    /// Hands a solved lane to its item, as if that had done the work.
    pub fn hand_over(&mut self, l: usize, item: &mut Item) {
        self.solved[l] = false;
        item.path = Path::Frame;
        item.regime = Regime::Double;
        (item.top, item.spread, item.tau) = (self.top[l], self.spread[l], self.tau[l]);
        write(&self.z, l, &mut item.z);
        write(&self.p, l, &mut item.p);
        write(&self.u, l, &mut item.u);
        write(&self.f, l, &mut item.f);
        write(std::slice::from_ref(&self.s), l, &mut item.s);
        write(std::slice::from_ref(&self.v), l, &mut item.v);
        let reals = |from: &[[Real; D]], into: &mut [f64]| {
            let numbers = from.iter().flatten();
            into.iter_mut().zip(numbers).for_each(|(x, n)| *x = n[l]);
        };
        reals(&self.lam, &mut item.lam);
        reals(&self.weight, &mut item.weight);
        reals(&[self.sigma], &mut item.sigma);
    }
}

// Steps that are compiled for the widest vectors. Not closures: those that borrow are called through a function of
// their own, which is not inlined.

struct Decompose<'a, const D: usize>(&'a mut Group<D>);

impl<const D: usize> pulp::WithSimd for Decompose<'_, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        self.0.decompose();
    }
}

struct Normalise<'a, const D: usize>(&'a mut Group<D>);

impl<const D: usize> pulp::WithSimd for Normalise<'_, D> {
    type Output = Real;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> Real {
        self.0.normalise()
    }
}

/// Largest component of the lower triangle.
#[inline(always)]
fn size<const D: usize>(a: &Square<D>) -> Real {
    let mut top = [0.0_f64; LANES];
    for r in 0..D {
        for z in &a[r][..=r] {
            top = each(|l| top[l].max(z.re[l].abs()).max(z.im[l].abs()));
        }
    }
    top
}

/// Item after item into lanes; lanes not asked for are zero.
pub(super) fn read<const D: usize>(from: &[C64], wanted: &Mask, into: &mut [Square<D>]) {
    let stride = into.len() * D * D;
    for (l, wanted) in wanted.iter().enumerate() {
        let entries = into.iter_mut().flatten().flatten();
        if *wanted {
            let item = &from[l * stride..(l + 1) * stride];
            entries.zip(item).for_each(|(x, z)| x.set(l, *z));
        } else {
            entries.for_each(|x| x.set(l, C64::ZERO));
        }
    }
}

pub(super) fn write<const D: usize>(from: &[Square<D>], l: usize, out: &mut [C64]) {
    let entries = from.iter().flatten().flatten();
    out.iter_mut().zip(entries).for_each(|(z, x)| *z = x.lane(l));
}
