//! The proved upper bound of Tsirelson's program.

use super::vectors::{Vectors, dot};
use crate::quantum::C64;
use crate::quantum::hermitian::{EighScratch, eigh};

impl Vectors<'_> {
    /// Dual bound: `<Q, X> = sum lambda - <L^T L, X> - <E, X>` with `|X_ij| <= 1`, for any `lambda` and `L`.
    pub(super) fn upper(&self, weights: &[f64]) -> f64 {
        let (rank, height) = (self.rank, self.u.len() / self.rank);
        let width = self.v.len() / rank;
        let n = height + width;
        let mut lambda = vec![0.0; n];
        let mut sum = vec![0.0; rank];
        for (x, l) in lambda[..height].iter_mut().enumerate() {
            self.pull_on_u(x, weights, &mut sum);
            *l = 0.5 * dot(&sum, &sum).sqrt();
        }
        for (y, l) in lambda[height..].iter_mut().enumerate() {
            self.pull_on_v(y, weights, &mut sum);
            *l = 0.5 * dot(&sum, &sum).sqrt();
        }
        // diag(lambda) - Q, Q with G/2 in both corners
        let mut slack = vec![C64::ZERO; n * n];
        for (k, l) in lambda.iter().enumerate() {
            slack[k * n + k] = (*l).into();
        }
        for x in 0..height {
            for y in 0..width {
                let entry = C64::from(-0.5 * weights[x * width + y]);
                slack[x * n + height + y] = entry;
                slack[(height + y) * n + x] = entry;
            }
        }
        let (mut values, mut vectors) = (vec![0.0; n], vec![C64::ZERO; n * n]);
        eigh(n, &slack, &mut values, &mut vectors, &mut EighScratch::new(n));
        let shift = (-values[0]).max(0.0);
        let mut gram = vec![0.0; n * n];
        for (k, value) in values.iter().enumerate() {
            let size = (value + shift).max(0.0).sqrt();
            for part in [|z: C64| z.re, |z: C64| z.im] {
                let row: Vec<f64> = (0..n).map(|i| size * part(vectors[i * n + k])).collect();
                for (i, a) in row.iter().enumerate() {
                    let target = gram[i * n..(i + 1) * n].iter_mut();
                    target.zip(&row).for_each(|(g, b)| *g += a * b);
                }
            }
        }
        let norms: f64 = (0..n).map(|i| gram[i * n + i].max(0.0).sqrt()).sum();
        let magnitude: f64 = weights.iter().map(|g| g.abs()).sum();
        let mut missing = 0.0;
        for i in 0..n {
            for j in 0..n {
                let own = if i == j { shift } else { 0.0 };
                missing += (slack[i * n + j].re + own - gram[i * n + j]).abs();
            }
        }
        let total: f64 = lambda.iter().map(|l| l + shift).sum();
        // 2n products per entry of L^T L, n^2 entries summed, weights rounded from rationals
        let unit = f64::EPSILON;
        let rounding = unit * (2.0 * n as f64 + 8.0) * norms * norms
            + unit * (n as f64 + 8.0) * (total.abs() + magnitude)
            + unit * (n * n) as f64 * missing;
        (total + missing + 1.001 * rounding).next_up()
    }
}
