//! Local actors of Eq. 7: `pi_i(a_i|x_i, o_i)` from advice and own observations.

use super::coordinator::{Own, softmax, softmax_adjoint};
use super::simd::{LANES, widest};
use super::{LearnError, Mlp, MlpWork};
use rand::Rng;

/// One agent's actor.
#[derive(Debug, Clone)]
pub struct Actor {
    advice: usize,
    actions: usize,
    observation: usize,
    network: Option<Mlp>,
}

/// Scratch of one actor on a block, and the gradient that blocks add to.
#[derive(Debug)]
pub(super) struct ActorWork {
    network: Option<MlpWork>,
    input: Vec<f32>,
    d_logits: Vec<f32>,
    pub gradient: Vec<f32>,
}

impl Actor {
    /// The trivial actor `a_i = x_i` of the paper's queue experiment.
    ///
    /// # Errors
    /// [`LearnError::Config`] if advice and actions differ in number.
    pub fn trivial(advice: usize, actions: usize, observation: usize) -> Result<Self, LearnError> {
        if advice != actions {
            return Err(LearnError::Config(format!(
                "actors: trivial given with {advice} advice values for {actions} actions, wanted as many, or actors = \"network\""
            )));
        }
        Ok(Actor { advice, actions, observation, network: None })
    }

    /// A network on (advice one-hot, observation) with a softmax over actions.
    pub fn network(advice: usize, actions: usize, observation: usize, hidden: &[usize]) -> Self {
        Actor { advice, actions, observation, network: Some(Mlp::new(advice + observation, hidden, actions)) }
    }

    /// Whether the action is the advice.
    pub fn is_trivial(&self) -> bool {
        self.network.is_none()
    }

    /// Number of actions.
    pub fn actions(&self) -> usize {
        self.actions
    }

    /// Number of advice values.
    pub fn advice(&self) -> usize {
        self.advice
    }

    /// Number of parameters.
    pub fn parameters(&self) -> usize {
        self.network.as_ref().map_or(0, Mlp::parameters)
    }

    pub(super) fn initialise(&self, scale: f64, rng: &mut impl Rng, theta: &mut [f64]) {
        if let Some(network) = &self.network {
            network.initialise(scale, rng, theta);
        }
    }

    /// Appends the parameters in the form that passes take.
    pub(super) fn ready(&self, theta: &[f64], ready: &mut Vec<f32>) {
        if let Some(network) = &self.network {
            network.ready(theta, ready);
        }
    }

    pub(super) fn work(&self) -> ActorWork {
        ActorWork {
            network: self.network.as_ref().map(Mlp::work),
            input: vec![0.0; (self.advice + self.observation) * LANES],
            d_logits: vec![0.0; self.actions * LANES],
            gradient: vec![0.0; self.parameters()],
        }
    }

    /// Writes `pi_i(.|x_i, o_i)`, `[action][lane]`, for the advice `x_i` of every lane.
    pub(super) fn forward(
        &self,
        ready: &[f32],
        advice: &[u32],
        own: Own<'_>,
        work: &mut ActorWork,
        p: &mut [[f64; LANES]],
    ) {
        let (Some(network), Some(inner)) = (&self.network, &mut work.network) else {
            for (a, row) in p.iter_mut().enumerate() {
                for (p, x) in row.iter_mut().zip(advice) {
                    *p = f64::from(u8::from(*x as usize == a));
                }
            }
            return;
        };
        let (hot, rest) = work.input.split_at_mut(self.advice * LANES);
        for (x, row) in hot.chunks_exact_mut(LANES).enumerate() {
            for (h, given) in row.iter_mut().zip(advice) {
                *h = f32::from(u8::from(*given as usize == x));
            }
        }
        rest.copy_from_slice(own.0);
        let logits = network.forward(ready, &work.input, inner);
        widest(
            #[inline(always)]
            || softmax(logits, p),
        );
    }

    /// Adds the derivative of a scalar whose derivative with respect to the `p` of the last forward pass is `d_p`.
    pub(super) fn backward(&self, ready: &[f32], work: &mut ActorWork, p: &[[f64; LANES]], d_p: &[[f64; LANES]]) {
        if let (Some(network), Some(inner)) = (&self.network, &mut work.network) {
            widest(
                #[inline(always)]
                || softmax_adjoint(p, d_p, &mut work.d_logits),
            );
            network.backward(ready, &work.d_logits, inner, &mut work.gradient);
        }
    }
}
