//! The general path in double precision: eigenvectors of the logits, polar form of the
//! normalisation, divided differences in the adjoint.

use super::item::{Item, Path, Scratch};
use super::{C64, SoftmaxError};
use crate::quantum::hermitian::eigh;

/// Sweeps of one-sided Jacobi; two or three suffice.
pub(super) const MAX_SWEEPS: usize = 30;

/// Columns with a cosine below this are orthogonal to rounding.
pub(super) const ORTHOGONAL: f64 = 4e-16;

/// Above this, differences of huge logits would overflow and everything is scaled down.
const HUGE: f64 = 1e300;

/// Below this, logits are zero to rounding, and taken so: the measurement is uniform to the last bit.
pub(super) const TINY: f64 = 1e-18;

/// The larger number, or NaN once there was one.
#[inline]
pub(super) fn sticky_max(a: f64, b: f64) -> f64 {
    if b > a || b.is_nan() { b } else { a }
}

/// `out = A^H B`, all `d x d`.
#[inline]
pub(super) fn adjoint_times(d: usize, a: &[C64], b: &[C64], out: &mut [C64]) {
    // The same loops with a size the compiler knows.
    match d {
        2 => adjoint_times_any(2, a, b, out),
        3 => adjoint_times_any(3, a, b, out),
        4 => adjoint_times_any(4, a, b, out),
        _ => adjoint_times_any(d, a, b, out),
    }
}

#[inline(always)]
fn adjoint_times_any(d: usize, a: &[C64], b: &[C64], out: &mut [C64]) {
    out.fill(C64::ZERO);
    for (row_a, row_b) in a.chunks_exact(d).zip(b.chunks_exact(d)) {
        for (x, target) in row_a.iter().zip(out.chunks_exact_mut(d)) {
            let x = x.conj();
            for (o, y) in target.iter_mut().zip(row_b) {
                *o += x * y;
            }
        }
    }
}

/// `out = A B`, `A` of any number of rows.
#[inline]
pub(super) fn times(d: usize, a: &[C64], b: &[C64], out: &mut [C64]) {
    // The same loops with a size the compiler knows.
    match d {
        2 => times_any(2, a, b, out),
        3 => times_any(3, a, b, out),
        4 => times_any(4, a, b, out),
        _ => times_any(d, a, b, out),
    }
}

#[inline(always)]
fn times_any(d: usize, a: &[C64], b: &[C64], out: &mut [C64]) {
    for (row, target) in a.chunks_exact(d).zip(out.chunks_exact_mut(d)) {
        target.fill(C64::ZERO);
        for (x, row_b) in row.iter().zip(b.chunks_exact(d)) {
            for (o, y) in target.iter_mut().zip(row_b) {
                *o += x * y;
            }
        }
    }
}

/// `out = A B^H`, `A` of any number of rows.
#[inline]
pub(super) fn times_adjoint(d: usize, a: &[C64], b: &[C64], out: &mut [C64]) {
    // The same loops with a size the compiler knows.
    match d {
        2 => times_adjoint_any(2, a, b, out),
        3 => times_adjoint_any(3, a, b, out),
        4 => times_adjoint_any(4, a, b, out),
        _ => times_adjoint_any(d, a, b, out),
    }
}

#[inline(always)]
fn times_adjoint_any(d: usize, a: &[C64], b: &[C64], out: &mut [C64]) {
    for (row, target) in a.chunks_exact(d).zip(out.chunks_exact_mut(d)) {
        for (o, row_b) in target.iter_mut().zip(b.chunks_exact(d)) {
            let mut sum = C64::ZERO;
            for (x, y) in row.iter().zip(row_b) {
                sum += x * y.conj();
            }
            *o = sum;
        }
    }
}

/// Divided difference of `exp` at two shifted eigenvalues with `x = exp(a)`, `y = exp(b)`:
/// `exp((a+b)/2) sinhc((a-b)/2)`, without a quotient of small numbers.
#[inline]
pub(super) fn divided_difference(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let gap = a - b;
    if gap.abs() < 0.5 {
        let h = 0.25 * gap * gap;
        let sinhc = 1.0 + h / 6.0 * (1.0 + h / 20.0 * (1.0 + h / 42.0 * (1.0 + h / 72.0 * (1.0 + h / 110.0))));
        (x * y).sqrt() * sinhc
    } else {
        (x - y) / gap
    }
}

impl Item {
    /// Eigen-decomposes the logits, and builds `S^{-1/2}` and the measurement from the polar form.
    /// Returns whether every singular value was resolved.
    pub fn frame_forward(&mut self, size: f64, scratch: &mut Scratch) -> bool {
        let (m, d) = (self.m, self.d);
        let scale = if size > HUGE { 2.0_f64.powi(-40) } else { 1.0 };
        // Any multiple of the identity may be taken off; taken off before the eigenproblem it
        // keeps the low bits of logits that share a large shift.
        let keep = if size < TINY { 0.0 } else { scale };
        let share = keep / (m * d) as f64;
        let centre: f64 = (0..m * d).map(|r| self.z[(r / d) * d * d + (r % d) * (d + 1)].re * share).sum();
        let mut top = f64::NEG_INFINITY;
        for j in 0..m {
            let block = j * d * d..(j + 1) * d * d;
            let z = &self.z[block.clone()];
            for r in 0..d {
                for c in 0..r {
                    let (x, y) = (z[r * d + c] * keep, z[c * d + r] * keep);
                    // Halves first only where the sum would overflow.
                    scratch.a[r * d + c] = if size > 1e300 { x * 0.5 + y.conj() * 0.5 } else { (x + y.conj()) * 0.5 };
                }
                scratch.a[r * d + r] = (z[r * d + r].re * keep - centre).into();
            }
            let lam = &mut self.lam[j * d..(j + 1) * d];
            eigh(d, &scratch.a, lam, &mut self.u[block], &mut scratch.eigh);
            top = top.max(lam[d - 1]);
        }
        self.top = (top + centre) / scale;
        self.spread = 0.0;
        for (lam, weight) in self.lam.iter_mut().zip(&mut self.weight) {
            // Kept finite, so that the order of what vanishes is still an order.
            *lam = ((*lam - top) / scale).max(-f64::MAX);
            self.spread = self.spread.max(-*lam);
            *weight = lam.exp();
        }
        self.normalise(scratch)
    }

    /// `S = sum_j R_j`, its singular frame, `f = U^H S^{-1/2}` and `P_j = sum_r weight_r f_r^H f_r`.
    fn normalise(&mut self, scratch: &mut Scratch) -> bool {
        let (m, d) = (self.m, self.d);
        self.s.fill(C64::ZERO);
        for j in 0..m {
            let u = &self.u[j * d * d..(j + 1) * d * d];
            let weight = &self.weight[j * d..(j + 1) * d];
            for (row, target) in scratch.a.chunks_exact_mut(d).zip(u.chunks_exact(d)) {
                for ((x, u), w) in row.iter_mut().zip(target).zip(weight) {
                    *x = u * w;
                }
            }
            times_adjoint(d, &scratch.a, u, &mut scratch.b);
            for (s, x) in self.s.iter_mut().zip(&scratch.b) {
                *s += x;
            }
        }
        for r in 0..d {
            self.s[r * d + r].im = 0.0;
            for c in 0..r {
                self.s[c * d + r] = self.s[r * d + c].conj();
            }
        }
        eigh(d, &self.s, &mut scratch.values, &mut self.v, &mut scratch.eigh);
        for j in 0..m {
            let block = j * d * d..(j + 1) * d * d;
            adjoint_times(d, &self.u[block.clone()], &self.v, &mut scratch.rows[block]);
        }
        // The eigenvectors of S are those of the weighted rows; where S is ill-conditioned its
        // small ones are noise, and one-sided Jacobi on the rows restores them.
        let (low, high) = (scratch.values[0], scratch.values[d - 1]);
        if low < 0.25 * high {
            self.orthogonalise(&mut scratch.rows);
        }
        let mut least = f64::INFINITY;
        self.sigma.fill(0.0);
        for (row, w) in scratch.rows.chunks_exact(d).zip(&self.weight) {
            for (sum, x) in self.sigma.iter_mut().zip(row) {
                *sum += w * x.norm_sqr();
            }
        }
        for sigma in &mut self.sigma {
            least = least.min(*sigma);
            *sigma = sigma.sqrt();
        }
        self.tau = 1.0 / least.sqrt();
        if least < 1e-280 {
            self.tau = f64::INFINITY;
            return false;
        }
        for row in scratch.rows.chunks_exact_mut(d) {
            for (x, sigma) in row.iter_mut().zip(&self.sigma) {
                *x /= sigma;
            }
        }
        times_adjoint(d, &scratch.rows, &self.v, &mut self.f);
        self.p.fill(C64::ZERO);
        for j in 0..m {
            let p = &mut self.p[j * d * d..(j + 1) * d * d];
            for k in 0..d {
                let row = &self.f[(j * d + k) * d..][..d];
                add_outer(d, self.weight[j * d + k], row, p);
            }
            mirror(d, p);
        }
        true
    }

    /// One-sided Jacobi: rotates the columns of the rows (and of `v`) until their weighted inner
    /// products vanish relative to their lengths.
    fn orthogonalise(&mut self, rows: &mut [C64]) {
        match self.d {
            2 => self.orthogonalise_any(2, rows),
            3 => self.orthogonalise_any(3, rows),
            4 => self.orthogonalise_any(4, rows),
            d => self.orthogonalise_any(d, rows),
        }
    }

    #[inline(always)]
    fn orthogonalise_any(&mut self, d: usize, rows: &mut [C64]) {
        for _ in 0..MAX_SWEEPS {
            let mut rotated = false;
            for p in 0..d {
                for q in p + 1..d {
                    let (mut a, mut b, mut c) = (0.0, 0.0, C64::ZERO);
                    for (row, &w) in rows.chunks_exact(d).zip(&self.weight) {
                        a += w * row[p].norm_sqr();
                        b += w * row[q].norm_sqr();
                        c += row[p].conj() * row[q] * w;
                    }
                    let off = c.norm();
                    if off <= ORTHOGONAL * (a * b).sqrt() || off == 0.0 {
                        continue;
                    }
                    rotated = true;
                    let delta = 0.5 * (a - b);
                    let t = off.copysign(delta) / (delta.abs() + (delta * delta + off * off).sqrt().max(off));
                    let cos = 1.0 / (1.0 + t * t).sqrt();
                    let sin = c / off * (t * cos);
                    for row in rows.chunks_exact_mut(d).chain(self.v.chunks_exact_mut(d)) {
                        let (x, y) = (row[p], row[q]);
                        row[p] = x * cos + y * sin.conj();
                        row[q] = y * cos - x * sin;
                    }
                }
            }
            if !rotated {
                break;
            }
        }
    }

    /// Gradient in double precision; returns its largest component.
    pub fn frame_backward(&mut self, cotangent: &[C64], grad: &mut [C64], scratch: &mut Scratch) -> f64 {
        let (m, d) = (self.m, self.d);
        let square = d * d;
        // M = 2 sum_j P_j G_j, with G_j the Hermitian part of the cotangent.
        scratch.a.fill(C64::ZERO);
        for j in 0..m {
            let g = &cotangent[j * square..(j + 1) * square];
            for k in 0..d {
                for c in 0..d {
                    scratch.b[k * d + c] = g[k * d + c] + g[c * d + k].conj();
                }
            }
            times(d, &self.p[j * square..(j + 1) * square], &scratch.b, &mut scratch.c);
            for (sum, x) in scratch.a.iter_mut().zip(&scratch.c) {
                *sum += x;
            }
        }
        // Into the eigenbasis of S, where dS^{-1/2} has the bounded coefficients
        // -sigma_b / (sigma_a + sigma_b); the Hermitian part of what tr(D N) sees.
        times(d, &scratch.a, &self.v, &mut scratch.b);
        adjoint_times(d, &self.v, &scratch.b, &mut scratch.a);
        for a in 0..d {
            for b in 0..=a {
                let kappa = self.sigma[b] / (self.sigma[a] + self.sigma[b]);
                let (ba, ab) = (scratch.a[b * d + a], scratch.a[a * d + b]);
                let n = -(ba * kappa + ab.conj() * (1.0 - kappa)) * 0.5;
                scratch.a[b * d + a] = n;
                scratch.a[a * d + b] = n.conj();
            }
        }
        times_adjoint(d, &scratch.a, &self.v, &mut scratch.b);
        times(d, &self.v, &scratch.b, &mut scratch.a);
        let mut top = 0.0_f64;
        for j in 0..m {
            let block = j * square..(j + 1) * square;
            let g = &cotangent[block.clone()];
            for k in 0..d {
                for c in 0..d {
                    scratch.b[k * d + c] = scratch.a[k * d + c] + (g[k * d + c] + g[c * d + k].conj()) * 0.5;
                }
            }
            let f = &self.f[block.clone()];
            times(d, f, &scratch.b, &mut scratch.c);
            times_adjoint(d, &scratch.c, f, &mut scratch.b);
            let one = self.exp_adjoint(j, &mut scratch.b, &mut scratch.c, &mut grad[block]);
            top = sticky_max(top, one);
        }
        top
    }

    /// Daleckii-Krein: from `B = U^H Gamma U` for the cotangent `Gamma` of `R_j` to that of
    /// `H_j`, `U (E o B) U^H`; overwrites `b` and `c`. Returns the largest component.
    fn exp_adjoint(&self, j: usize, b: &mut [C64], c: &mut [C64], out: &mut [C64]) -> f64 {
        let d = self.d;
        let (lam, weight) = (&self.lam[j * d..], &self.weight[j * d..]);
        for k in 0..d {
            for l in 0..d {
                b[k * d + l] *= divided_difference(lam[k], lam[l], weight[k], weight[l]);
            }
        }
        let u = &self.u[j * d * d..(j + 1) * d * d];
        times_adjoint(d, b, u, c);
        times(d, u, c, out);
        let mut top = 0.0_f64;
        for r in 0..d {
            for k in 0..=r {
                let z = (out[r * d + k] + out[k * d + r].conj()) * 0.5;
                out[r * d + k] = z;
                out[k * d + r] = z.conj();
                top = top.max(z.re.abs()).max(z.im.abs());
                if !z.is_finite() {
                    return f64::NAN;
                }
            }
        }
        top
    }

    /// `tr((S - I)^H (S - I))` of the unshifted `S`.
    pub fn conditioning_loss(&self) -> f64 {
        if self.path == Path::None {
            return 0.0;
        }
        if self.path == Path::Qubit {
            return self.qubit_conditioning_loss();
        }
        conditioning_loss(self.d, self.top, self.s.iter().copied())
    }

    /// Adds `weight` times the gradient of the conditioning loss, taken at the logits shifted down by a multiple
    /// of the identity until no eigenvalue exceeds `cap`.
    pub fn add_conditioning_gradient(
        &mut self,
        weight: f64,
        cap: f64,
        grad: &mut [C64],
        scratch: &mut Scratch,
    ) -> Result<(), SoftmaxError> {
        let (m, d) = (self.m, self.d);
        match self.path {
            Path::None => return Err(SoftmaxError::NoForward),
            Path::Qubit => self.qubit_conditioning_gradient(weight, cap, &mut scratch.rows),
            _ => {
                let lift = self.top.min(cap).exp();
                for (at, (x, s)) in scratch.a.iter_mut().zip(&self.s).enumerate() {
                    let one = if at % (d + 1) == 0 { 1.0 } else { 0.0 };
                    *x = (s * lift - one) * (2.0 * weight * lift);
                }
                for j in 0..m {
                    let block = j * d * d..(j + 1) * d * d;
                    times(d, &scratch.a, &self.u[block.clone()], &mut scratch.c);
                    adjoint_times(d, &self.u[block.clone()], &scratch.c, &mut scratch.b);
                    self.exp_adjoint(j, &mut scratch.b, &mut scratch.c, &mut scratch.rows[block]);
                }
            }
        }
        if scratch.rows.iter().any(|z| !z.is_finite()) {
            return Err(SoftmaxError::ConditioningOverflow { item: 0, largest_eigenvalue: self.top });
        }
        for (g, x) in grad.iter_mut().zip(&scratch.rows) {
            *g += x;
        }
        Ok(())
    }
}

/// `tr((S - I)^H (S - I))` from the entries of `S` whose largest weight is one.
pub(super) fn conditioning_loss(d: usize, top: f64, s: impl Iterator<Item = C64>) -> f64 {
    let lift = top.exp();
    let mut sum = 0.0;
    for (at, z) in s.enumerate() {
        let one = if at % (d + 1) == 0 { 1.0 } else { 0.0 };
        sum += (z.re * lift - one).powi(2) + (z.im * lift).powi(2);
    }
    // An infinite lift times a zero entry is not a number; the loss is infinite.
    if sum.is_nan() { f64::INFINITY } else { sum }
}

/// Adds `weight f^H f` to the lower triangle of `p`.
pub(super) fn add_outer(d: usize, weight: f64, row: &[C64], p: &mut [C64]) {
    for r in 0..d {
        let x = row[r].conj() * weight;
        for (o, y) in p[r * d..].iter_mut().zip(&row[..=r]) {
            *o += x * y;
        }
    }
}

/// Copies the lower triangle to the upper one and makes the diagonal real.
pub(super) fn mirror(d: usize, p: &mut [C64]) {
    for r in 0..d {
        p[r * d + r].im = 0.0;
        for c in 0..r {
            p[c * d + r] = p[r * d + c].conj();
        }
    }
}
