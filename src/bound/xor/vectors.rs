//! Unit vectors whose inner products are the correlations, and their ascent.

use super::Options;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

/// Unit vectors of both players, one after the other.
pub(super) struct Vectors<'a> {
    pub(super) weights: &'a [f64],
    pub(super) rank: usize,
    pub(super) u: Vec<f64>,
    pub(super) v: Vec<f64>,
}

impl<'a> Vectors<'a> {
    pub(super) fn random(weights: &'a [f64], questions: &[usize], rank: usize, seed: u64) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut sample = |count: usize| -> Vec<f64> {
            let mut all: Vec<f64> = (0..count * rank).map(|_| StandardNormal.sample(&mut rng)).collect();
            all.chunks_exact_mut(rank).for_each(|w| {
                normalise(w);
            });
            all
        };
        let u = sample(questions[0]);
        let v = sample(questions[1]);
        Vectors { weights, rank, u, v }
    }

    pub(super) fn value(&self) -> f64 {
        let width = self.v.len() / self.rank;
        let rows = self.u.chunks_exact(self.rank).zip(self.weights.chunks_exact(width));
        rows.map(|(u, row)| {
            let terms = row.iter().zip(self.v.chunks_exact(self.rank));
            terms.map(|(g, v)| g * dot(u, v)).sum::<f64>()
        })
        .sum()
    }

    /// `sum_y G_xy v_y`.
    pub(super) fn pull_on_u(&self, x: usize, weights: &[f64], sum: &mut [f64]) {
        sum.fill(0.0);
        let width = self.v.len() / self.rank;
        let row = &weights[x * width..][..width];
        for (v, g) in self.v.chunks_exact(self.rank).zip(row) {
            add(sum, v, *g);
        }
    }

    /// `sum_x G_xy u_x`.
    pub(super) fn pull_on_v(&self, y: usize, weights: &[f64], sum: &mut [f64]) {
        sum.fill(0.0);
        let width = self.v.len() / self.rank;
        for (x, u) in self.u.chunks_exact(self.rank).enumerate() {
            add(sum, u, weights[x * width + y]);
        }
    }

    /// Each player's vectors in turn become the best for the other's: `u_x ~ sum_y G_xy v_y`.
    pub(super) fn ascend(&mut self, options: &Options) {
        let (rank, height) = (self.rank, self.u.len() / self.rank);
        let width = self.v.len() / rank;
        let mut sum = vec![0.0; rank];
        let mut before = f64::NEG_INFINITY;
        let mut still = 0;
        for _ in 0..options.max_iterations {
            for x in 0..height {
                self.pull_on_u(x, self.weights, &mut sum);
                if normalise(&mut sum) > 0.0 {
                    self.u[x * rank..][..rank].copy_from_slice(&sum);
                }
            }
            let mut value = 0.0;
            for y in 0..width {
                self.pull_on_v(y, self.weights, &mut sum);
                let length = normalise(&mut sum);
                value += length;
                if length > 0.0 {
                    self.v[y * rank..][..rank].copy_from_slice(&sum);
                }
            }
            // the vectors are off by the root of what the value is off
            still = if value - before <= 1e-16 * value.abs() { still + 1 } else { 0 };
            if still > 20 {
                break;
            }
            before = value;
        }
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

pub(super) fn add(sum: &mut [f64], v: &[f64], weight: f64) {
    sum.iter_mut().zip(v).for_each(|(s, x)| *s += weight * x);
}

/// Scales to length one and returns the length; leaves a zero vector.
pub(super) fn normalise(v: &mut [f64]) -> f64 {
    let length = dot(v, v).sqrt();
    if length > 0.0 {
        v.iter_mut().for_each(|x| *x /= length);
    }
    length
}
