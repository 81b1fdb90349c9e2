//! Beyond every precision: the limit in which eigenvalues of different size are infinitely far
//! apart. The rows that dominate take their share of the space, the next ones share what is left.

use super::C64;
use super::frame::{add_outer, mirror, times, times_adjoint};
use super::item::{Item, Scratch};
use crate::quantum::hermitian::{EighScratch, eigh};

/// Parts of a row below this are rounding of the directions already taken.
const ABSENT: f64 = 1e-9;

/// Eigenvalues below this fraction of the largest wait for the next stage.
const LATER: f64 = 1e-10;

impl Item {
    /// Writes a valid measurement whatever the logits; uses `lam` and `u` of the frame.
    pub fn limit_forward(&mut self, scratch: &mut Scratch) {
        let (m, d) = (self.m, self.d);
        self.p.fill(C64::ZERO);
        // Columns of `basis` span what is left; this path allocates, it is never the hot one.
        let mut basis: Vec<C64> = (0..d * d).map(|at| if at % (d + 1) == 0 { C64::ONE } else { C64::ZERO }).collect();
        let mut left = d;
        while left > 0 {
            // Rows u_r^H B and the largest logarithm of their weight.
            let mut rows = vec![C64::ZERO; m * d * left];
            let mut best = f64::NEG_INFINITY;
            let mut present = vec![false; m * d];
            for r in 0..m * d {
                let (j, k) = (r / d, r % d);
                let row = &mut rows[r * left..(r + 1) * left];
                for i in 0..d {
                    let x = self.u[j * d * d + i * d + k].conj();
                    for (o, b) in row.iter_mut().zip(&basis[i * left..(i + 1) * left]) {
                        *o += x * b;
                    }
                }
                let norm: f64 = row.iter().map(C64::norm_sqr).sum();
                if norm > ABSENT * ABSENT {
                    present[r] = true;
                    best = best.max(self.lam[r] + norm.ln());
                }
            }
            let weight = |r: usize| {
                if present[r] { (self.lam[r] - best).exp() } else { 0.0 }
            };
            let mut gram = vec![C64::ZERO; left * left];
            for r in 0..m * d {
                add_outer(left, weight(r), &rows[r * left..(r + 1) * left], &mut gram);
            }
            let mut solver = EighScratch::new(left);
            let mut values = vec![0.0; left];
            let mut vectors = vec![C64::ZERO; left * left];
            eigh(left, &gram, &mut values, &mut vectors, &mut solver);
            let waiting = values.iter().take_while(|&&v| v <= LATER * values[left - 1]).count();
            let taken = left - waiting;
            // Rows of the polar factor on the directions taken now, normalised a second time
            // because the weights of a stage span ten decades.
            let mut polar = vec![C64::ZERO; m * d * taken];
            for r in 0..m * d {
                let w = weight(r).sqrt();
                for (t, o) in polar[r * taken..(r + 1) * taken].iter_mut().enumerate() {
                    let column = waiting + t;
                    let sum: C64 = (0..left).map(|i| rows[r * left + i] * vectors[i * left + column]).sum();
                    *o = sum * (w / values[column].sqrt());
                }
            }
            for _ in 0..2 {
                orthonormalise(taken, &mut polar);
            }
            let mut turned = vec![C64::ZERO; d * left];
            for i in 0..d {
                for c in 0..left {
                    turned[i * left + c] = (0..left).map(|k| basis[i * left + k] * vectors[k * left + c]).sum();
                }
            }
            for r in 0..m * d {
                let row = &mut scratch.a[..d];
                for (i, o) in row.iter_mut().enumerate() {
                    *o = (0..taken).map(|t| polar[r * taken + t] * turned[i * left + waiting + t].conj()).sum();
                }
                let j = r / d;
                add_outer(d, 1.0, row, &mut self.p[j * d * d..(j + 1) * d * d]);
            }
            basis = (0..d * waiting).map(|at| turned[at / waiting * left + at % waiting]).collect();
            left = waiting;
        }
        for p in self.p.chunks_exact_mut(d * d) {
            mirror(d, p);
        }
    }

    /// Gradient of the ordinary softmax carried over to the eigenframes: `U [w o U^H A U] U^H`
    /// with `A = P_j (G_j - sum_k P_k G_k)` made Hermitian and `w <= 1`; always finite, at most
    /// `2 m d` times the largest cotangent entry, and the true gradient for scalar logits.
    pub fn limit_backward(&mut self, cotangent: &[C64], grad: &mut [C64], scratch: &mut Scratch) {
        let (m, d) = (self.m, self.d);
        let top = cotangent.iter().fold(0.0_f64, |a, z| a.max(z.re.abs()).max(z.im.abs()));
        // Near the end of the range the sums below would overflow.
        let (down, up) = if top > 1e150 { (2.0_f64.powi(-600), 2.0_f64.powi(600)) } else { (1.0, 1.0) };
        let square = d * d;
        let hermitian = |j: usize, out: &mut [C64]| {
            let g = &cotangent[j * square..(j + 1) * square];
            for k in 0..d {
                for c in 0..d {
                    out[k * d + c] = g[k * d + c] * (0.5 * down) + g[c * d + k].conj() * (0.5 * down);
                }
            }
        };
        scratch.a.fill(C64::ZERO);
        for j in 0..m {
            hermitian(j, &mut scratch.b);
            let p = &self.p[j * square..(j + 1) * square];
            times(d, p, &scratch.b, &mut scratch.c);
            for (sum, x) in scratch.a.iter_mut().zip(&scratch.c) {
                *sum += x;
            }
        }
        for j in 0..m {
            let block = j * square..(j + 1) * square;
            hermitian(j, &mut scratch.b);
            for (x, mean) in scratch.b.iter_mut().zip(&scratch.a) {
                *x -= mean;
            }
            times(d, &self.p[block.clone()], &scratch.b, &mut scratch.c);
            for k in 0..d {
                for c in 0..d {
                    scratch.b[k * d + c] = (scratch.c[k * d + c] + scratch.c[c * d + k].conj()) * 0.5;
                }
            }
            let u = &self.u[block.clone()];
            times(d, &scratch.b, u, &mut scratch.c);
            super::frame::adjoint_times(d, u, &scratch.c, &mut scratch.b);
            for k in 0..d {
                for l in 0..d {
                    let gap = (self.lam[j * d + k] - self.lam[j * d + l]).abs();
                    // tanh(x)/x: the weight of a pair against its mean weight.
                    let damp = if gap < 1e-4 {
                        1.0
                    } else if gap.is_finite() {
                        (0.5 * gap).tanh() / (0.5 * gap)
                    } else {
                        0.0
                    };
                    scratch.b[k * d + l] *= damp;
                }
            }
            times_adjoint(d, &scratch.b, u, &mut scratch.c);
            let out = &mut grad[block];
            times(d, u, &scratch.c, out);
            for x in out.iter_mut() {
                let z = *x * up;
                *x = C64::new(z.re.clamp(-f64::MAX, f64::MAX), z.im.clamp(-f64::MAX, f64::MAX));
            }
        }
    }
}

/// `Q <- Q (Q^H Q)^{-1/2}` for rows that are already nearly orthonormal columns.
fn orthonormalise(k: usize, rows: &mut [C64]) {
    let mut gram = vec![C64::ZERO; k * k];
    for row in rows.chunks_exact(k) {
        add_outer(k, 1.0, row, &mut gram);
    }
    let (mut values, mut vectors) = (vec![0.0; k], vec![C64::ZERO; k * k]);
    eigh(k, &gram, &mut values, &mut vectors, &mut EighScratch::new(k));
    let mut half = vec![C64::ZERO; k * k];
    for r in 0..k {
        for c in 0..k {
            half[r * k + c] = (0..k).map(|i| vectors[r * k + i] * vectors[c * k + i].conj() / values[i].sqrt()).sum();
        }
    }
    let old = rows.to_vec();
    times(k, &old, &half, rows);
}
