//! Shared randomness: `q(x|o) = q(x~) delta_{x,x~}` (Section 4.2.2), blind to observations by type.

use super::softmax;
use crate::learn::simd::LANES;

/// One random value, the same for all agents; no function here takes observations.
#[derive(Debug, Clone)]
pub struct SharedRandomness {
    values: usize,
    agents: usize,
}

impl SharedRandomness {
    /// `values` values for `agents` agents.
    pub fn new(values: usize, agents: usize) -> Self {
        SharedRandomness { values, agents }
    }

    pub(super) fn values(&self) -> usize {
        self.values
    }

    pub(super) fn agents(&self) -> usize {
        self.agents
    }

    /// Joint advice in which everyone gets the value `v`.
    fn joint(&self, v: usize) -> usize {
        (0..self.agents).fold(0, |index, _| index * self.values + v)
    }

    /// `softmax(theta)` of one lane, the same for all.
    pub(in crate::learn) fn distribution(&self, theta: &[f32]) -> Vec<f64> {
        let logits: Vec<f32> = theta.iter().flat_map(|t| [*t; LANES]).collect();
        let mut p = vec![[0.0; LANES]; self.values];
        softmax(&logits, &mut p);
        p.iter().map(|row| row[0]).collect()
    }

    pub(super) fn forward(&self, theta: &[f32], q: &mut [[f64; LANES]]) {
        q.fill([0.0; LANES]);
        for (v, p) in self.distribution(theta).into_iter().enumerate() {
            q[self.joint(v)] = [p; LANES];
        }
    }

    pub(super) fn backward(&self, q: &[[f64; LANES]], d_q: &[[f64; LANES]], gradient: &mut [f32]) {
        let p = |v: usize| q[self.joint(v)][0];
        let d = |v: usize| d_q[self.joint(v)].iter().sum::<f64>();
        let mean: f64 = (0..self.values).map(|v| p(v) * d(v)).sum();
        for (v, g) in gradient.iter_mut().enumerate() {
            *g += (p(v) * (d(v) - mean)) as f32;
        }
    }
}
