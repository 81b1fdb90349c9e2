//! QuantumSoftmax in dimension two, many samples side by side.
//!
//! A Hermitian 2 x 2 matrix is `p_0 I + p . sigma`. Formulas as in [`crate::quantum::softmax`]; lanes whose `S` is badly
//! conditioned go through that module, one by one.

#![expect(clippy::needless_range_loop, reason = "lanes of several arrays advance together")]

use crate::learn::simd::{LANES, exp, widest};
use crate::quantum::{C64, QuantumSoftmax, SoftmaxError};

/// One number per lane.
pub(super) type Row = [f64; LANES];

/// A Hermitian 2 x 2 matrix per lane, in Pauli coordinates.
pub(super) type Four = [Row; 4];

pub(super) const ZERO: Four = [[0.0; LANES]; 4];

/// Condition number of `S` up to which the closed form is used here.
const MAX_CONDITION: f64 = 1e4;

/// Distance of the eigenvalues of the logits up to which it is used.
const MAX_SPREAD: f64 = 64.0;

/// QuantumSoftmax of `m` outcomes on [`LANES`] qubits.
#[derive(Debug)]
pub(super) struct QubitSoftmax {
    outcomes: Vec<Outcome>,
    t: Four,
    s: Four,
    top: Row,
    /// Lanes that the closed form does not serve.
    hard: Vec<usize>,
    exact: QuantumSoftmax,
}

#[derive(Debug, Clone)]
struct Outcome {
    h: Four,
    rho: Four,
    first: Row,
    second: Row,
}

impl Outcome {
    /// The eigenvalues of `exp(H - top)` of a lane, `r` the length of its vector part.
    #[inline(always)]
    fn ends(&self, l: usize, r: f64, top: f64) -> [f64; 2] {
        let a = self.h[0][l] - top;
        [exp(a + r), exp(a - r)]
    }
}

/// Length below which the quotients of `exp` go by series.
const NEAR: f64 = 0.25;

/// `sinh(r)/r` and `(cosh(r) - sinh(r)/r)/r^2` times `lift`, `x = r^2`.
#[inline(always)]
fn series(x: f64, lift: f64) -> [f64; 2] {
    [
        lift * (1.0 + x / 6.0 * (1.0 + x / 20.0 * (1.0 + x / 42.0 * (1.0 + x / 72.0)))),
        lift * (1.0 / 3.0 + x * (1.0 / 30.0 + x * (1.0 / 840.0 + x * (1.0 / 45_360.0 + x / 3_991_680.0)))),
    ]
}

/// `(AB + BA)/2` of one lane.
#[inline(always)]
fn jordan(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [
        a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3],
        a[0] * b[1] + b[0] * a[1],
        a[0] * b[2] + b[0] * a[2],
        a[0] * b[3] + b[0] * a[3],
    ]
}

/// `T R T` of one lane.
#[inline(always)]
fn sandwich(t: [f64; 4], r: [f64; 4]) -> [f64; 4] {
    let tt = t[1] * t[1] + t[2] * t[2] + t[3] * t[3];
    let tr = t[1] * r[1] + t[2] * r[2] + t[3] * r[3];
    let along = 2.0 * (tr + t[0] * r[0]);
    let rest = t[0] * t[0] - tt;
    [
        (t[0] * t[0] + tt) * r[0] + 2.0 * t[0] * tr,
        rest * r[1] + along * t[1],
        rest * r[2] + along * t[2],
        rest * r[3] + along * t[3],
    ]
}

#[inline(always)]
fn lane(x: &Four, l: usize) -> [f64; 4] {
    [x[0][l], x[1][l], x[2][l], x[3][l]]
}

#[inline(always)]
fn put(x: &mut Four, l: usize, v: [f64; 4]) {
    for i in 0..4 {
        x[i][l] = v[i];
    }
}

impl QubitSoftmax {
    pub fn new(m: usize) -> Result<Self, SoftmaxError> {
        let outcome = Outcome { h: ZERO, rho: ZERO, first: [0.0; LANES], second: [0.0; LANES] };
        Ok(QubitSoftmax {
            outcomes: vec![outcome; m],
            t: ZERO,
            s: ZERO,
            top: [0.0; LANES],
            hard: Vec::with_capacity(LANES),
            exact: QuantumSoftmax::new(m, 2)?,
        })
    }

    /// The logits of outcome `j`, to be written before [`QubitSoftmax::forward`].
    pub fn logits(&mut self, j: usize) -> &mut Four {
        &mut self.outcomes[j].h
    }

    /// Algorithm 1.
    pub fn forward(&mut self, p: &mut [Four]) -> Result<(), SoftmaxError> {
        let hard = widest(
            #[inline(always)]
            || self.forward_lanes(p),
        );
        self.hard.clear();
        for l in (0..LANES).filter(|l| hard[*l]) {
            // a block may ask about one observation in every lane
            let same = |k: &usize| (self.outcomes.iter()).all(|q| lane(&q.h, *k) == lane(&q.h, l));
            if let Some(k) = self.hard.last().copied().filter(same) {
                p.iter_mut().for_each(|p| put(p, l, lane(p, k)));
                self.hard.push(l);
                continue;
            }
            self.hard.push(l);
            let logits: Vec<C64> = self.matrices(l);
            let mut povm = vec![C64::ZERO; logits.len()];
            self.exact.forward(&logits, &mut povm)?;
            for (p, m) in p.iter_mut().zip(povm.chunks_exact(4)) {
                put(p, l, coordinates(m));
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn forward_lanes(&mut self, p: &mut [Four]) -> [bool; LANES] {
        let (mut top, mut bottom) = ([f64::NEG_INFINITY; LANES], [f64::INFINITY; LANES]);
        for q in &mut self.outcomes {
            for l in 0..LANES {
                let [a, x, y, z] = lane(&q.h, l);
                let r = (x * x + y * y + z * z).sqrt();
                q.second[l] = r;
                top[l] = if a + r > top[l] { a + r } else { top[l] };
                bottom[l] = if a - r < bottom[l] { a - r } else { bottom[l] };
            }
        }
        self.s = ZERO;
        for q in &mut self.outcomes {
            let r = q.second;
            for l in 0..LANES {
                let [high, low] = q.ends(l, r[l], top[l]);
                let mean = 0.5 * (high + low);
                let inverse = 1.0 / r[l];
                // sinh(r)/r and (cosh(r) - sinh(r)/r)/r^2
                let first = 0.5 * (high - low) * inverse;
                q.rho[0][l] = mean;
                q.first[l] = first;
                q.second[l] = (mean - first) * inverse * inverse;
            }
            for some in (0..LANES).step_by(8) {
                // by series near zero, where few lanes are
                let near = (some..some + 8).fold(false, |near, l| near | (r[l] < NEAR));
                if near {
                    for l in some..some + 8 {
                        let [high, low] = q.ends(l, r[l], top[l]);
                        let [first, second] = series(r[l] * r[l], (high * low).sqrt());
                        let near = r[l] < NEAR;
                        q.first[l] = if near { first } else { q.first[l] };
                        q.second[l] = if near { second } else { q.second[l] };
                    }
                }
            }
            for l in 0..LANES {
                for i in 1..4 {
                    q.rho[i][l] = q.first[l] * q.h[i][l];
                }
                for i in 0..4 {
                    self.s[i][l] += q.rho[i][l];
                }
            }
        }
        let mut hard = [false; LANES];
        for l in 0..LANES {
            let [s0, s1, s2, s3] = lane(&self.s, l);
            let length = (s1 * s1 + s2 * s2 + s3 * s3).sqrt();
            let (high, low) = (s0 + length, s0 - length);
            // written so that NaN is hard
            hard[l] = !(high <= MAX_CONDITION * low && top[l] - bottom[l] <= MAX_SPREAD);
            let (th, tl) = (1.0 / high.sqrt(), 1.0 / low.sqrt());
            let along = if length > 0.0 { 0.5 * (th - tl) / length } else { 0.0 };
            put(&mut self.t, l, [0.5 * (th + tl), along * s1, along * s2, along * s3]);
        }
        let mut sum = ZERO;
        for (q, p) in self.outcomes.iter().zip(p.iter_mut()) {
            for l in 0..LANES {
                put(p, l, sandwich(lane(&self.t, l), lane(&q.rho, l)));
                for i in 0..4 {
                    sum[i][l] += p[i][l];
                }
            }
        }
        // the sum is the identity up to the rounding of T; one Newton step takes that out
        for p in p.iter_mut() {
            for l in 0..LANES {
                let mut s = lane(&sum, l);
                s[0] -= 1.0;
                let fix = jordan(s, lane(p, l));
                for i in 0..4 {
                    p[i][l] -= fix[i];
                }
            }
        }
        self.top = top;
        hard
    }

    /// Derivatives with respect to the logits' coordinates, from those `d_p` with respect to the elements'; `conditioning`
    /// times the derivative of `tr((S-I)^2)` is taken off.
    pub fn backward(&mut self, d_p: &[Four], conditioning: f64, d_h: &mut [Four]) -> Result<(), SoftmaxError> {
        widest(
            #[inline(always)]
            || self.backward_lanes(d_p, conditioning, d_h),
        );
        // the last lane first: its forward pass is the one that `exact` still knows
        for (before, at) in (0..self.hard.len()).rev().enumerate() {
            let l = self.hard[at];
            let logits = self.matrices(l);
            let mut grad = logits.clone();
            if before > 0 {
                let mut povm = logits.clone();
                self.exact.forward(&logits, &mut povm)?;
            }
            // dL = sum_i d_i dp_i = Re tr(G dP) with G = d . sigma / 2
            let cotangent: Vec<C64> = d_p.iter().flat_map(|d| matrix(lane(d, l).map(|x| 0.5 * x))).collect();
            self.exact.backward_saturating(&cotangent, &mut grad)?;
            if conditioning != 0.0 {
                self.exact.add_conditioning_gradient(-conditioning, &mut grad)?;
            }
            for (d, g) in d_h.iter_mut().zip(grad.chunks_exact(4)) {
                put(d, l, coordinates(g).map(|x| 2.0 * x));
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn backward_lanes(&self, d_p: &[Four], conditioning: f64, d_h: &mut [Four]) {
        let (mut k, mut middle) = (ZERO, ZERO);
        for (q, g) in self.outcomes.iter().zip(d_p) {
            for l in 0..LANES {
                let (t, g, rho) = (lane(&self.t, l), lane(g, l), lane(&q.rho, l));
                let (tg, tr) = (jordan(t, g), jordan(t, rho));
                let (x, y, z) = (jordan(rho, tg), jordan(g, tr), jordan(rho, g));
                for i in 0..4 {
                    k[i][l] += x[i] + y[i];
                    middle[i][l] += z[i];
                }
            }
        }
        let mut n = ZERO;
        for l in 0..LANES {
            let t = lane(&self.t, l);
            let fix = jordan(t, lane(&middle, l));
            let k = lane(&k, l);
            let k = [2.0 * (k[0] - fix[0]), 2.0 * (k[1] - fix[1]), 2.0 * (k[2] - fix[2]), 2.0 * (k[3] - fix[3])];
            let det = t[0] * t[0] - (t[1] * t[1] + t[2] * t[2] + t[3] * t[3]);
            let y0 = (t[0] * k[0] - (t[1] * k[1] + t[2] * k[2] + t[3] * k[3])) / (2.0 * det);
            let inverse = 1.0 / t[0];
            let y = [
                y0,
                (0.5 * k[1] - y0 * t[1]) * inverse,
                (0.5 * k[2] - y0 * t[2]) * inverse,
                (0.5 * k[3] - y0 * t[3]) * inverse,
            ];
            put(&mut n, l, sandwich(t, y));
        }
        let mut cond = ZERO;
        if conditioning != 0.0 {
            for l in 0..LANES {
                let lift = exp(self.top[l]);
                for i in 0..4 {
                    let identity = if i == 0 { 1.0 } else { 0.0 };
                    cond[i][l] = 4.0 * conditioning * lift * (self.s[i][l] * lift - identity);
                }
            }
        }
        for ((q, g), out) in self.outcomes.iter().zip(d_p).zip(d_h) {
            for l in 0..LANES {
                let (mut g, n) = (lane(g, l), lane(&n, l));
                for i in 0..4 {
                    g[i] -= n[i];
                }
                let mut gamma = sandwich(lane(&self.t, l), g);
                for i in 0..4 {
                    gamma[i] -= cond[i][l];
                }
                // through exp
                let (h, rho) = (lane(&q.h, l), lane(&q.rho, l));
                let inner = gamma[1] * h[1] + gamma[2] * h[2] + gamma[3] * h[3];
                let along = q.first[l] * gamma[0] + q.second[l] * inner;
                let trace = gamma[1] * rho[1] + gamma[2] * rho[2] + gamma[3] * rho[3] + gamma[0] * rho[0];
                out[0][l] = trace;
                for i in 1..4 {
                    out[i][l] = q.first[l] * gamma[i] + along * h[i];
                }
            }
        }
    }

    /// The logits of a lane as matrices.
    fn matrices(&self, l: usize) -> Vec<C64> {
        self.outcomes.iter().flat_map(|q| matrix(lane(&q.h, l))).collect()
    }
}

pub(super) fn matrix([a, x, y, z]: [f64; 4]) -> [C64; 4] {
    [C64::new(a + z, 0.0), C64::new(x, -y), C64::new(x, y), C64::new(a - z, 0.0)]
}

fn coordinates(m: &[C64]) -> [f64; 4] {
    [0.5 * (m[0].re + m[3].re), 0.5 * (m[1].re + m[2].re), 0.5 * (m[2].im - m[1].im), 0.5 * (m[0].re - m[3].re)]
}
