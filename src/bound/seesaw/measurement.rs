//! The best measurement for given effective operators: maximise `sum_a tr(R_a M_a)` over POVMs.

use crate::quantum::C64;
use crate::quantum::hermitian::{EighScratch, eigh};

/// Workspace for one dimension and number of outcomes, allocated once.
pub(super) struct Improver {
    d: usize,
    outcomes: usize,
    scratch: EighScratch,
    values: Vec<f64>,
    vectors: Vec<C64>,
    /// Scratch matrices.
    a: Vec<C64>,
    b: Vec<C64>,
    c: Vec<C64>,
    root: Vec<C64>,
    trial: Vec<C64>,
    vector: Vec<C64>,
    image: Vec<C64>,
}

impl Improver {
    pub(super) fn new(d: usize, outcomes: usize) -> Self {
        let square = || vec![C64::ZERO; d * d];
        Improver {
            d,
            outcomes,
            scratch: EighScratch::new(d),
            values: vec![0.0; d],
            vectors: square(),
            a: square(),
            b: square(),
            c: square(),
            root: square(),
            trial: vec![C64::ZERO; outcomes * d * d],
            vector: vec![C64::ZERO; d],
            image: vec![C64::ZERO; d],
        }
    }

    /// Improves a measurement; never makes it worse.
    ///
    /// Two outcomes: the optimum itself, the projector on the positive part of `R_0 - R_1`. More: `fixed_point`
    /// rounds of the iteration of Ježek, Řeháček and Fiurášek (quant-ph/0201109), then the exact optimum for
    /// every pair of outcomes, and along the worst violated optimality condition `sum_b R_b M_b >= R_a`.
    pub(super) fn improve(&mut self, r: &[C64], m: &mut [C64], fixed_point: usize) {
        match self.outcomes {
            0 | 1 => {}
            2 => self.two_outcomes(r, m),
            _ => {
                for _ in 0..fixed_point {
                    self.fixed_point(r, m);
                }
                for a in 1..self.outcomes {
                    for b in 0..a {
                        self.pair(r, m, a, b);
                    }
                }
                self.escape(r, m);
            }
        }
    }

    fn two_outcomes(&mut self, r: &[C64], m: &mut [C64]) {
        let s = self.d * self.d;
        for k in 0..s {
            self.a[k] = r[k] - r[s + k];
        }
        self.positive_projector();
        let (first, second) = m.split_at_mut(s);
        first.copy_from_slice(&self.b);
        for (k, out) in second.iter_mut().enumerate() {
            let one = f64::from(u8::from(k % (self.d + 1) == 0));
            *out = C64::from(one) - self.b[k];
        }
    }

    /// `b` becomes the projector on the positive part of `a`.
    fn positive_projector(&mut self) {
        let d = self.d;
        eigh(d, &self.a, &mut self.values, &mut self.vectors, &mut self.scratch);
        self.spectral(|value| f64::from(u8::from(value > 0.0)));
    }

    /// `b = V f(values) V^H`.
    fn spectral(&mut self, f: impl Fn(f64) -> f64) {
        let d = self.d;
        self.b.fill(C64::ZERO);
        for k in 0..d {
            let weight = f(self.values[k]);
            if weight == 0.0 {
                continue;
            }
            for r in 0..d {
                let left = self.vectors[r * d + k] * weight;
                for c in 0..d {
                    self.b[r * d + c] += left * self.vectors[c * d + k].conj();
                }
            }
        }
    }

    /// The optimum with only outcomes `i` and `j` free: with `S = M_i + M_j`, the projector on the positive
    /// part of `S^1/2 (R_i - R_j) S^1/2`, between two factors `S^1/2`.
    fn pair(&mut self, r: &[C64], m: &mut [C64], i: usize, j: usize) {
        let d = self.d;
        let s = d * d;
        let (ri, rj) = (&r[i * s..][..s], &r[j * s..][..s]);
        for k in 0..s {
            self.a[k] = m[i * s + k] + m[j * s + k];
        }
        eigh(d, &self.a, &mut self.values, &mut self.vectors, &mut self.scratch);
        self.spectral(|value| value.max(0.0).sqrt());
        self.root.copy_from_slice(&self.b);
        self.c.copy_from_slice(&self.a);
        let before: f64 = (0..s).map(|k| ((ri[k] - rj[k]).conj() * m[i * s + k]).re).sum();
        for k in 0..s {
            self.b[k] = ri[k] - rj[k];
        }
        sandwich(d, &self.root, &self.b, &mut self.a, &mut self.trial[..s]);
        self.positive_projector();
        sandwich(d, &self.root, &self.b, &mut self.a, &mut self.trial[..s]);
        let after: f64 = (0..s).map(|k| ((ri[k] - rj[k]).conj() * self.a[k]).re).sum();
        if after >= before {
            for k in 0..s {
                m[i * s + k] = self.a[k];
                m[j * s + k] = self.c[k] - self.a[k];
            }
        }
    }

    /// `M_a <- T^-1/2 R_a M_a R_a T^-1/2`, `T = sum R_a M_a R_a`, with the `R_a` shifted to be positive.
    fn fixed_point(&mut self, r: &[C64], m: &mut [C64]) {
        let d = self.d;
        let s = d * d;
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for r in r.chunks_exact(s) {
            eigh(d, r, &mut self.values, &mut self.vectors, &mut self.scratch);
            low = low.min(self.values[0]);
            high = high.max(self.values[d - 1]);
        }
        let range = high - low;
        if range <= 0.0 || !range.is_finite() {
            return;
        }
        self.root.fill(C64::ZERO);
        for outcome in 0..self.outcomes {
            self.b.copy_from_slice(&r[outcome * s..][..s]);
            for k in 0..d {
                self.b[k * d + k] += 1e-3 * range - low;
            }
            let out = &mut self.trial[outcome * s..][..s];
            sandwich(d, &self.b, &m[outcome * s..][..s], &mut self.a, &mut self.c);
            out.copy_from_slice(&self.a);
            self.root.iter_mut().zip(&self.a).for_each(|(t, x)| *t += x);
        }
        self.a.copy_from_slice(&self.root);
        eigh(d, &self.a, &mut self.values, &mut self.vectors, &mut self.scratch);
        if self.values[0] <= 1e-12 * self.values[d - 1] {
            return;
        }
        self.spectral(|value| 1.0 / value.sqrt());
        self.root.copy_from_slice(&self.b);
        for outcome in 0..self.outcomes {
            self.b.copy_from_slice(&self.trial[outcome * s..][..s]);
            sandwich(d, &self.root, &self.b, &mut self.a, &mut self.c);
            m[outcome * s..][..s].copy_from_slice(&self.a);
        }
    }

    /// With `Y = sum_b R_b M_b`, an eigenvector `v` of `R_a - Y` to a positive value improves: outcome `b`
    /// becomes `(1 - t V) M_b (1 - t V)`, `V = vv^H`, and `a` gains `(2t - t^2) V`. The best `t` is known.
    fn escape(&mut self, r: &[C64], m: &mut [C64]) {
        let d = self.d;
        let s = d * d;
        self.root.fill(C64::ZERO);
        for outcome in 0..self.outcomes {
            multiply(d, &r[outcome * s..][..s], &m[outcome * s..][..s], &mut self.a);
            self.root.iter_mut().zip(&self.a).for_each(|(y, x)| *y += x);
        }
        let mut worst = (1e-12, 0);
        for outcome in 0..self.outcomes {
            for row in 0..d {
                for col in 0..d {
                    let y = (self.root[row * d + col] + self.root[col * d + row].conj()) * 0.5;
                    self.a[row * d + col] = r[outcome * s + row * d + col] - y;
                }
            }
            eigh(d, &self.a, &mut self.values, &mut self.vectors, &mut self.scratch);
            if self.values[d - 1] > worst.0 {
                worst = (self.values[d - 1], outcome);
                for k in 0..d {
                    self.vector[k] = self.vectors[k * d + d - 1];
                }
            }
        }
        let (gain, chosen) = worst;
        if gain <= 1e-12 {
            return;
        }
        let mut second = -self.expectation(&r[chosen * s..][..s]);
        for outcome in 0..self.outcomes {
            second += self.expectation(&r[outcome * s..][..s]) * self.expectation(&m[outcome * s..][..s]);
        }
        // f(t) = f(0) + 2 gain t + second t^2
        let t = if second < 0.0 { (-gain / second).min(1.0) } else { 1.0 };
        for outcome in 0..self.outcomes {
            let block = &mut m[outcome * s..][..s];
            let mean = {
                apply(d, block, &self.vector, &mut self.image);
                inner(&self.vector, &self.image)
            };
            let own = if outcome == chosen { 2.0 * t - t * t } else { 0.0 };
            for row in 0..d {
                for col in 0..d {
                    let (v, w) = (self.vector[row], self.vector[col]);
                    let (x, y) = (self.image[row], self.image[col]);
                    block[row * d + col] += v * w.conj() * (t * t * mean + own) - (v * y.conj() + x * w.conj()) * t;
                }
            }
        }
    }

    fn expectation(&mut self, matrix: &[C64]) -> f64 {
        apply(self.d, matrix, &self.vector, &mut self.image);
        inner(&self.vector, &self.image)
    }

    /// Removes the drift of rounding: `M_a <- T^-1/2 M_a^+ T^-1/2` with `T` their sum.
    pub(super) fn repair(&mut self, m: &mut [C64]) {
        let d = self.d;
        let s = d * d;
        self.root.fill(C64::ZERO);
        for block in m.chunks_exact_mut(s) {
            for row in 0..d {
                for col in 0..=row {
                    let mean = (block[row * d + col] + block[col * d + row].conj()) * 0.5;
                    block[row * d + col] = mean;
                    block[col * d + row] = mean.conj();
                }
            }
            eigh(d, block, &mut self.values, &mut self.vectors, &mut self.scratch);
            self.spectral(|value| value.max(0.0));
            block.copy_from_slice(&self.b);
            self.root.iter_mut().zip(&self.b).for_each(|(t, x)| *t += x);
        }
        self.a.copy_from_slice(&self.root);
        eigh(d, &self.a, &mut self.values, &mut self.vectors, &mut self.scratch);
        self.spectral(|value| 1.0 / value.max(1e-300).sqrt());
        self.root.copy_from_slice(&self.b);
        for block in m.chunks_exact_mut(s) {
            self.b.copy_from_slice(block);
            sandwich(d, &self.root, &self.b, &mut self.a, &mut self.c);
            block.copy_from_slice(&self.a);
        }
    }
}

fn multiply(d: usize, x: &[C64], y: &[C64], out: &mut [C64]) {
    out.fill(C64::ZERO);
    for r in 0..d {
        for k in 0..d {
            let left = x[r * d + k];
            for c in 0..d {
                out[r * d + c] += left * y[k * d + c];
            }
        }
    }
}

/// `out = x y x` for Hermitian `x` and `y`, exactly Hermitian; `work` is overwritten.
fn sandwich(d: usize, x: &[C64], y: &[C64], out: &mut [C64], work: &mut [C64]) {
    multiply(d, x, y, work);
    multiply(d, work, x, out);
    for r in 0..d {
        for c in 0..=r {
            let mean = (out[r * d + c] + out[c * d + r].conj()) * 0.5;
            out[r * d + c] = mean;
            out[c * d + r] = mean.conj();
        }
    }
}

fn apply(d: usize, matrix: &[C64], v: &[C64], out: &mut [C64]) {
    for (r, o) in out.iter_mut().enumerate() {
        *o = (0..d).map(|c| matrix[r * d + c] * v[c]).sum();
    }
}

fn inner(v: &[C64], w: &[C64]) -> f64 {
    v.iter().zip(w).map(|(a, b)| (a.conj() * b).re).sum()
}
