//! Coordinators of Eq. 7: the distribution `q(x|o)` from which the agents' advice is drawn.
//!
//! What a coordinator may not see, its functions are not handed: a measurement gets one agent's observations, shared
//! randomness none at all.

mod central;
mod entangled;
mod general;
mod measurement;
mod pauli;
mod qubits;
mod shared;

pub use central::Central;
pub use entangled::{Entangled, EntangledWork};
pub use measurement::{Family, Measurement};
pub use shared::SharedRandomness;

use super::simd::LANES;
use super::{LearnError, MlpWork};
use rand::Rng;

/// Most joint advice values, and most joint actions, that are enumerated.
pub const MAX_JOINT: usize = 4096;

/// The observations of all agents, `[agent][feature][LANES]`.
#[derive(Debug, Clone, Copy)]
pub struct Observations<'a> {
    rows: &'a [f32],
    /// Where each agent's features begin, and the end.
    offsets: &'a [usize],
}

/// The observations of one agent, `[feature][LANES]`.
#[derive(Debug, Clone, Copy)]
pub struct Own<'a>(pub(super) &'a [f32]);

impl<'a> Observations<'a> {
    /// Observations laid out as `offsets` says, in features.
    pub fn new(rows: &'a [f32], offsets: &'a [usize]) -> Self {
        Observations { rows, offsets }
    }

    /// What agent `i` sees.
    pub fn of(&self, agent: usize) -> Own<'a> {
        Own(&self.rows[self.offsets[agent] * LANES..self.offsets[agent + 1] * LANES])
    }

    pub(super) fn all(&self) -> &'a [f32] {
        self.rows
    }
}

/// The loss `L_cond` of Appendix I in a reverse pass.
#[derive(Debug, Clone, Copy)]
pub struct Conditioning {
    /// Its weight per sample; its derivative is taken off.
    pub weight: f64,
    /// Lanes in use; the others have no part in it.
    pub active: usize,
}

/// Parameters made ready for many blocks.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    /// The networks' parameters in the form that passes take.
    pub(super) theta: Vec<f32>,
    /// The shared state: its entries as (re, im) pairs, or its Pauli correlations.
    pub(super) state: Vec<f64>,
    /// `rho` and its factor where the state is learned.
    pub(super) rho: Vec<crate::quantum::C64>,
    pub(super) factor: Vec<crate::quantum::C64>,
}

/// A distribution over joint advice.
#[derive(Debug, Clone)]
pub enum Coordinator {
    /// No advice: every agent gets the value 0.
    None {
        /// Number of agents.
        agents: usize,
    },
    /// The same random value for all, blind to observations.
    SharedRandomness(SharedRandomness),
    /// Outcomes of local measurements on a shared state.
    Entangled(Entangled),
    /// Any distribution given everything: needs communication.
    Central(Central),
}

/// Scratch of one block, and the gradient that blocks add to.
#[derive(Debug)]
pub struct CoordinatorWork {
    /// Gradient with respect to the networks' parameters.
    pub(super) gradient: Vec<f32>,
    /// Gradient with respect to the state as prepared.
    pub(super) d_state: Vec<f64>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    None,
    Shared,
    Entangled(Box<EntangledWork>),
    Central(MlpWork, Vec<f32>),
}

impl Coordinator {
    /// Number of advice values per agent.
    pub fn advice(&self) -> Vec<usize> {
        match self {
            Coordinator::None { agents } => vec![1; *agents],
            Coordinator::SharedRandomness(c) => vec![c.values(); c.agents()],
            Coordinator::Entangled(c) => c.outcomes(),
            Coordinator::Central(c) => c.advice().to_vec(),
        }
    }

    /// Number of parameters.
    pub fn parameters(&self) -> usize {
        match self {
            Coordinator::None { .. } => 0,
            Coordinator::SharedRandomness(c) => c.values(),
            Coordinator::Entangled(c) => c.parameters(),
            Coordinator::Central(c) => c.network().parameters(),
        }
    }

    /// Draws initial parameters; `scale` is the gain of the heads.
    pub fn initialise(&self, scale: f64, rng: &mut impl Rng, theta: &mut [f64]) {
        match self {
            Coordinator::None { .. } => {}
            Coordinator::SharedRandomness(_) => theta.fill(0.0),
            Coordinator::Entangled(c) => c.initialise(scale, rng, theta),
            Coordinator::Central(c) => c.network().initialise(scale, rng, theta),
        }
    }

    /// Makes parameters ready.
    ///
    /// # Errors
    /// [`LearnError`] if the state cannot be had from its factor.
    pub fn prepare(&self, theta: &[f64], ready: &mut Prepared) -> Result<(), LearnError> {
        ready.theta.clear();
        match self {
            Coordinator::None { .. } => {}
            Coordinator::SharedRandomness(_) => {
                ready.theta.extend(theta.iter().map(|t| *t as f32));
            }
            Coordinator::Central(c) => c.network().ready(theta, &mut ready.theta),
            Coordinator::Entangled(c) => c.prepare(theta, ready)?,
        }
        Ok(())
    }

    /// Room for one block.
    ///
    /// # Errors
    /// [`LearnError`] if the sizes do not fit memory.
    pub fn work(&self) -> Result<CoordinatorWork, LearnError> {
        let (kind, d_state) = match self {
            Coordinator::None { .. } => (Kind::None, 0),
            Coordinator::SharedRandomness(_) => (Kind::Shared, 0),
            Coordinator::Entangled(c) => (Kind::Entangled(Box::new(c.work()?)), c.state_len()),
            Coordinator::Central(c) => {
                let logits = vec![0.0; c.network().outputs() * LANES];
                (Kind::Central(c.network().work(), logits), 0)
            }
        };
        Ok(CoordinatorWork { gradient: vec![0.0; self.parameters()], d_state: vec![0.0; d_state], kind })
    }

    /// Writes `q(x|o)`, `[joint advice][lane]`, first agent slowest.
    ///
    /// # Errors
    /// [`LearnError`] if parameters are not finite.
    pub fn forward(
        &self,
        ready: &Prepared,
        observations: Observations<'_>,
        work: &mut CoordinatorWork,
        q: &mut [[f64; LANES]],
    ) -> Result<(), LearnError> {
        match (self, &mut work.kind) {
            (Coordinator::SharedRandomness(c), Kind::Shared) => c.forward(&ready.theta, q),
            (Coordinator::Entangled(c), Kind::Entangled(work)) => {
                c.forward(ready, observations, work, q)?;
            }
            (Coordinator::Central(c), Kind::Central(work, _)) => {
                c.forward(&ready.theta, observations, work, q);
            }
            _ => q.fill([1.0; LANES]),
        }
        Ok(())
    }

    /// Adds the derivative of a scalar whose derivative with respect to the `q` of the last forward pass is `d_q`; takes off that of
    /// `L_cond` (Appendix I) where there are POVMs.
    ///
    /// # Errors
    /// [`LearnError`] if a cotangent is not finite.
    pub fn backward(
        &self,
        ready: &Prepared,
        work: &mut CoordinatorWork,
        q: &[[f64; LANES]],
        d_q: &[[f64; LANES]],
        conditioning: Conditioning,
    ) -> Result<(), LearnError> {
        let gradient = &mut work.gradient;
        match (self, &mut work.kind) {
            (Coordinator::SharedRandomness(c), Kind::Shared) => c.backward(q, d_q, gradient),
            (Coordinator::Entangled(c), Kind::Entangled(inner)) => {
                c.backward(ready, inner, d_q, conditioning, gradient, &mut work.d_state)?;
            }
            (Coordinator::Central(c), Kind::Central(inner, logits)) => {
                c.backward(&ready.theta, inner, logits, q, d_q, gradient);
            }
            _ => {}
        }
        Ok(())
    }

    /// Adds the gradient gathered in `work` to `gradient` and clears it.
    ///
    /// # Errors
    /// [`LearnError`] if the factor of the state is degenerate.
    pub fn collect(
        &self,
        ready: &Prepared,
        work: &mut CoordinatorWork,
        gradient: &mut [f64],
    ) -> Result<(), LearnError> {
        for (g, w) in gradient.iter_mut().zip(&mut work.gradient) {
            *g += f64::from(std::mem::take(w));
        }
        if let Coordinator::Entangled(c) = self {
            c.collect_state(ready, &mut work.d_state, gradient)?;
        }
        Ok(())
    }
}

/// `softmax` over the rows, in place of logits in single precision.
#[inline(always)]
pub(super) fn softmax(logits: &[f32], p: &mut [[f64; LANES]]) {
    let mut top = [f64::NEG_INFINITY; LANES];
    for (row, p) in logits.chunks_exact(LANES).zip(p.iter_mut()) {
        for l in 0..LANES {
            p[l] = f64::from(row[l]);
            top[l] = if p[l] > top[l] { p[l] } else { top[l] };
        }
    }
    let mut sum = [0.0; LANES];
    for p in p.iter_mut() {
        for l in 0..LANES {
            p[l] = super::simd::exp(p[l] - top[l]);
            sum[l] += p[l];
        }
    }
    for p in p.iter_mut() {
        for l in 0..LANES {
            p[l] /= sum[l];
        }
    }
}

/// Reverse pass of [`softmax`]: `dz_k = p_k (d_k - sum_j p_j d_j)`.
#[inline(always)]
pub(super) fn softmax_adjoint(p: &[[f64; LANES]], d_p: &[[f64; LANES]], d_logits: &mut [f32]) {
    let mut mean = [0.0; LANES];
    for (p, d) in p.iter().zip(d_p) {
        for l in 0..LANES {
            mean[l] += p[l] * d[l];
        }
    }
    for ((p, d), out) in p.iter().zip(d_p).zip(d_logits.chunks_exact_mut(LANES)) {
        for l in 0..LANES {
            out[l] = (p[l] * (d[l] - mean[l])) as f32;
        }
    }
}
