//! Dimension two in closed form, for well-conditioned logits: the hot path of training.
//!
//! A Hermitian 2 x 2 matrix is `x_0 I + x . sigma` with four real numbers (Pauli coordinates);
//! `exp`, `S^{-1/2}` and the products of Algorithm 1 are short real formulas in them.

use super::C64;
use super::frame::sticky_max;
use super::item::Item;
use crate::simd::widest;

/// Largest condition number of `S` for which the closed form keeps full accuracy.
const MAX_CONDITION: f64 = 32.0;

/// Largest distance of the eigenvalues of the logits for the closed form.
const MAX_SPREAD: f64 = 64.0;

/// Pauli coordinates.
type Four = [f64; 4];

/// What the adjoint needs of one outcome.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Qubit {
    /// Vector part of `H_j`.
    h: [f64; 3],
    /// `R_j` in the shifted frame.
    rho: Four,
    /// `exp(a) sinh(r)/r`, with which `rho = (.., first h)`.
    first: f64,
    /// `exp(a) (cosh(r) - sinh(r)/r)/r^2`.
    second: f64,
}

#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Jordan product `(AB + BA)/2`.
#[inline(always)]
fn jordan(a: &Four, b: &Four) -> Four {
    [
        a[0] * b[0] + dot(&a[1..], &b[1..]),
        a[0] * b[1] + b[0] * a[1],
        a[0] * b[2] + b[0] * a[2],
        a[0] * b[3] + b[0] * a[3],
    ]
}

/// `T R T`.
#[inline(always)]
fn sandwich(t: &Four, r: &Four) -> Four {
    let tt = dot(&t[1..], &t[1..]);
    let tr = dot(&t[1..], &r[1..]);
    let along = 2.0 * (tr + t[0] * r[0]);
    let rest = t[0] * t[0] - tt;
    [
        (t[0] * t[0] + tt) * r[0] + 2.0 * t[0] * tr,
        rest * r[1] + along * t[1],
        rest * r[2] + along * t[2],
        rest * r[3] + along * t[3],
    ]
}

/// Pauli coordinates of the Hermitian part.
#[inline(always)]
fn coordinates(z: &[C64]) -> Four {
    [0.5 * (z[0].re + z[3].re), 0.5 * (z[1].re + z[2].re), 0.5 * (z[2].im - z[1].im), 0.5 * (z[0].re - z[3].re)]
}

#[inline(always)]
fn store(x: &Four, out: &mut [C64]) {
    out[0] = C64::new(x[0] + x[3], 0.0);
    out[1] = C64::new(x[1], -x[2]);
    out[2] = C64::new(x[1], x[2]);
    out[3] = C64::new(x[0] - x[3], 0.0);
}

impl Item {
    /// Forward pass; `false` when the logits are not for this path.
    pub fn qubit_forward(&mut self, size: f64) -> bool {
        widest(
            #[inline(always)]
            || self.forward_closed(size),
        )
    }

    #[inline(always)]
    fn forward_closed(&mut self, size: f64) -> bool {
        if size > 1e100 {
            return false;
        }
        let m = self.m;
        let share = 0.5 / m as f64;
        let mut centre = 0.0;
        for z in self.z.chunks_exact(4) {
            centre += (z[0].re + z[3].re) * share;
        }
        let (mut top, mut bottom) = (f64::NEG_INFINITY, f64::INFINITY);
        for (z, q) in self.z.chunks_exact(4).zip(&mut self.qubit) {
            // The shift comes off each diagonal entry, where it is exact to the last bit.
            let (x, y) = (z[0].re - centre, z[3].re - centre);
            let h = [0.5 * (z[1].re + z[2].re), 0.5 * (z[2].im - z[1].im), 0.5 * (x - y)];
            let a = 0.5 * (x + y);
            let r = dot(&h, &h).sqrt();
            top = top.max(a + r);
            bottom = bottom.min(a - r);
            q.h = h;
            q.first = a;
            q.second = r;
        }
        self.spread = top - bottom;
        if self.spread > MAX_SPREAD {
            return false;
        }
        self.top = top + centre;
        let mut s = [0.0; 4];
        for q in &mut self.qubit {
            let (a, r) = (q.first - top, q.second);
            let (high, low) = ((a + r).exp(), (a - r).exp());
            let mean = 0.5 * (high + low);
            let (first, second);
            if r < 0.25 {
                let x = r * r;
                let lift = a.exp();
                first = lift * (1.0 + x / 6.0 * (1.0 + x / 20.0 * (1.0 + x / 42.0 * (1.0 + x / 72.0))));
                second =
                    lift * (1.0 / 3.0 + x * (1.0 / 30.0 + x * (1.0 / 840.0 + x * (1.0 / 45_360.0 + x / 3_991_680.0))));
            } else {
                let inverse = 1.0 / r;
                first = 0.5 * (high - low) * inverse;
                second = (mean - first) * inverse * inverse;
            }
            q.first = first;
            q.second = second;
            q.rho = [mean, first * q.h[0], first * q.h[1], first * q.h[2]];
            for (sum, x) in s.iter_mut().zip(&q.rho) {
                *sum += x;
            }
        }
        let length = dot(&s[1..], &s[1..]).sqrt();
        let (high, low) = (s[0] + length, s[0] - length);
        if high > MAX_CONDITION * low {
            return false;
        }
        // T has the eigenvalues 1/sqrt(high), 1/sqrt(low) in the frame of S.
        let (th, tl) = (1.0 / high.sqrt(), 1.0 / low.sqrt());
        let along = if length > 0.0 { 0.5 * (th - tl) / length } else { 0.0 };
        let t = [0.5 * (th + tl), along * s[1], along * s[2], along * s[3]];
        self.t = t;
        self.tau = tl;
        let mut sum = [-1.0, 0.0, 0.0, 0.0];
        for (q, out) in self.qubit.iter().zip(self.p.chunks_exact_mut(4)) {
            let p = sandwich(&t, &q.rho);
            for (sum, x) in sum.iter_mut().zip(&p) {
                *sum += x;
            }
            store(&p, out);
        }
        // The sum is the identity up to the rounding of T; one Newton step takes that out.
        for out in self.p.chunks_exact_mut(4) {
            let mut p = coordinates(out);
            let fix = jordan(&sum, &p);
            for (x, f) in p.iter_mut().zip(&fix) {
                *x -= f;
            }
            store(&p, out);
        }
        true
    }

    /// Gradient in closed form; returns its largest component.
    pub fn qubit_backward(&self, cotangent: &[C64], grad: &mut [C64]) -> f64 {
        widest(
            #[inline(always)]
            || self.backward_closed(cotangent, grad),
        )
    }

    #[inline(always)]
    fn backward_closed(&self, cotangent: &[C64], grad: &mut [C64]) -> f64 {
        let t = &self.t;
        // K = sum_j (R_j T G_j + G_j T R_j), what tr(dT K) sees.
        let mut k = [0.0; 4];
        let mut middle = [0.0; 4];
        for (q, g) in self.qubit.iter().zip(cotangent.chunks_exact(4)) {
            let g = coordinates(g);
            let tg = jordan(t, &g);
            let tr = jordan(t, &q.rho);
            let (x, y, z) = (jordan(&q.rho, &tg), jordan(&g, &tr), jordan(&q.rho, &g));
            for i in 0..4 {
                k[i] += x[i] + y[i];
                middle[i] += z[i];
            }
        }
        let middle = jordan(t, &middle);
        for i in 0..4 {
            k[i] = 2.0 * (k[i] - middle[i]);
        }
        // Y T + T Y = K, then d tr(..)/dS = - T^2 Y T^2 = T N T with N = - T Y T.
        let det = t[0] * t[0] - dot(&t[1..], &t[1..]);
        let y0 = (t[0] * k[0] - dot(&t[1..], &k[1..])) / (2.0 * det);
        let inverse = 1.0 / t[0];
        let y = [
            y0,
            (0.5 * k[1] - y0 * t[1]) * inverse,
            (0.5 * k[2] - y0 * t[2]) * inverse,
            (0.5 * k[3] - y0 * t[3]) * inverse,
        ];
        let n = sandwich(t, &y);
        let mut top = 0.0_f64;
        for ((q, g), out) in self.qubit.iter().zip(cotangent.chunks_exact(4)).zip(grad.chunks_exact_mut(4)) {
            let mut g = coordinates(g);
            for (x, n) in g.iter_mut().zip(&n) {
                *x -= n;
            }
            let gamma = sandwich(t, &g);
            top = sticky_max(top, exp_adjoint(q, &gamma, out));
        }
        top
    }

    pub fn qubit_conditioning_loss(&self) -> f64 {
        let lift = self.top.exp();
        let s = self.qubit_s();
        let vector = dot(&s[1..], &s[1..]) * lift * lift;
        let sum = 2.0 * ((s[0] * lift - 1.0).powi(2) + vector);
        if sum.is_nan() { f64::INFINITY } else { sum }
    }

    pub fn qubit_conditioning_gradient(&self, weight: f64, cap: f64, out: &mut [C64]) {
        let lift = self.top.min(cap).exp();
        let s = self.qubit_s();
        let factor = 2.0 * weight * lift;
        let gamma = [(s[0] * lift - 1.0) * factor, s[1] * lift * factor, s[2] * lift * factor, s[3] * lift * factor];
        for (q, out) in self.qubit.iter().zip(out.chunks_exact_mut(4)) {
            exp_adjoint(q, &gamma, out);
        }
    }

    fn qubit_s(&self) -> Four {
        let mut s = [0.0; 4];
        for q in &self.qubit {
            for (sum, x) in s.iter_mut().zip(&q.rho) {
                *sum += x;
            }
        }
        s
    }
}

/// From the cotangent of `R_j` to that of `H_j`; returns the largest component.
#[inline(always)]
fn exp_adjoint(q: &Qubit, gamma: &Four, out: &mut [C64]) -> f64 {
    let along = q.first * gamma[0] + q.second * dot(&gamma[1..], &q.h);
    let h = [
        dot(&gamma[1..], &q.rho[1..]) + gamma[0] * q.rho[0],
        q.first * gamma[1] + along * q.h[0],
        q.first * gamma[2] + along * q.h[1],
        q.first * gamma[3] + along * q.h[2],
    ];
    store(&h, out);
    sticky_max(sticky_max(h[0].abs() + h[3].abs(), h[1].abs()), h[2].abs())
}
