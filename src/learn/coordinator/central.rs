//! The central coordinator: any `q(x|o)` of all observations, the class C of full communication.

use super::{Observations, softmax, softmax_adjoint};
use crate::learn::simd::{LANES, widest};
use crate::learn::{Mlp, MlpWork};

/// A network on everything that everyone sees, with a softmax over joint advice.
#[derive(Debug, Clone)]
pub struct Central {
    network: Mlp,
    advice: Vec<usize>,
}

impl Central {
    /// `advice[i]` values for agent `i`, from `observations` numbers in all.
    pub fn new(observations: usize, hidden: &[usize], advice: Vec<usize>) -> Self {
        Central { network: Mlp::new(observations, hidden, advice.iter().product()), advice }
    }

    pub(super) fn network(&self) -> &Mlp {
        &self.network
    }

    pub(super) fn advice(&self) -> &[usize] {
        &self.advice
    }

    pub(super) fn forward(
        &self,
        ready: &[f32],
        observations: Observations<'_>,
        work: &mut MlpWork,
        q: &mut [[f64; LANES]],
    ) {
        let logits = self.network.forward(ready, observations.all(), work);
        widest(
            #[inline(always)]
            || softmax(logits, q),
        );
    }

    pub(super) fn backward(
        &self,
        ready: &[f32],
        work: &mut MlpWork,
        d_logits: &mut [f32],
        q: &[[f64; LANES]],
        d_q: &[[f64; LANES]],
        gradient: &mut [f32],
    ) {
        widest(
            #[inline(always)]
            || softmax_adjoint(q, d_q, d_logits),
        );
        self.network.backward(ready, d_logits, work, gradient);
    }
}
