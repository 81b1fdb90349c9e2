//! Centralised critics: the value `V(s)` and the cost value `V_c(s)` of states that no policy can read.

mod features;
mod linear;
mod network;
mod quadratic;

pub use network::NetworkCritic;
pub use quadratic::QuadraticCritic;

use super::rollout::Rollout;
use super::simd::LANES;
use super::{Horizon, MlpWork};
use serde::{Deserialize, Serialize};

/// Which critic learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CriticKind {
    /// A network with one head per value, regressed on the returns.
    #[default]
    Network,
    /// Piecewise quadratic in the critic's state, by least-squares temporal differences.
    Quadratic,
}

/// A critic with one head for the reward and, if there is a cost, one for it.
#[derive(Debug, Clone)]
pub enum Critic {
    /// See [`NetworkCritic`].
    Network(NetworkCritic),
    /// See [`QuadraticCritic`].
    Quadratic(QuadraticCritic),
}

/// Values and advantages of one rollout, per head `[step][lane]`.
#[derive(Debug, Clone)]
pub(super) struct Estimates {
    pub values: Vec<Vec<[f64; LANES]>>,
    pub next: Vec<Vec<[f64; LANES]>>,
    pub advantages: Vec<Vec<[f64; LANES]>>,
    /// What is taken off the returns of each head in the average-reward form, whose values are defined up to a constant.
    pub shift: Vec<f64>,
    /// What the policy is moved by: `(A - lambda A_c)/(1 + lambda)`.
    pub combined: Vec<[f64; LANES]>,
    /// The same per joint action, `[step][joint action][LANES]`; empty for sampled actions.
    pub table: Vec<f32>,
}

impl Estimates {
    pub fn new(heads: usize, steps: usize, table: usize) -> Self {
        let rows = || vec![vec![[0.0; LANES]; steps]; heads];
        Estimates {
            values: rows(),
            next: rows(),
            advantages: rows(),
            shift: vec![0.0; heads],
            combined: vec![[0.0; LANES]; steps],
            table: vec![0.0; steps * table * LANES],
        }
    }

    /// Advantages of the joint actions at step `t`, `[joint action][LANES]`.
    pub fn table_of(&self, t: usize) -> &[f32] {
        let width = self.table.len() / self.combined.len();
        &self.table[t * width..(t + 1) * width]
    }

    /// Target of a value: advantage plus value.
    pub fn returns(&self, head: usize, t: usize, l: usize) -> f64 {
        self.advantages[head][t][l] + self.values[head][t][l] - self.shift[head]
    }

    /// Rewards of a head.
    pub fn signal(rollout: &Rollout, head: usize) -> &[[f64; LANES]] {
        if head == 0 { &rollout.rewards } else { &rollout.costs }
    }

    /// Values of all states of a rollout: of the state each step led to, the final one where it was truncated.
    pub fn evaluate(&mut self, critic: &Critic, rollout: &Rollout, work: &mut CriticWork) {
        let (heads, steps) = (self.values.len(), rollout.len());
        let mut out = vec![[0.0; LANES]; heads];
        for t in 0..=steps {
            critic.values(rollout.state(t), work, &mut out);
            for (h, row) in out.iter().enumerate() {
                if t < steps {
                    self.values[h][t] = *row;
                }
                if t > 0 {
                    self.next[h][t - 1] = *row;
                }
            }
        }
        for (t, l, state) in &rollout.finals {
            let block: Vec<f32> = state.iter().flat_map(|x| [*x; LANES]).collect();
            critic.values(&block, work, &mut out);
            for (h, row) in out.iter().enumerate() {
                self.next[h][*t][*l] = row[0];
            }
        }
    }

    /// Advantages of all heads.
    pub fn advance(&mut self, rollout: &Rollout, horizons: &[Horizon]) {
        for (h, horizon) in horizons.iter().enumerate() {
            super::gae::advantages(
                *horizon,
                Self::signal(rollout, h),
                &self.values[h],
                &self.next[h],
                &rollout.ends,
                &mut self.advantages[h],
            );
        }
    }
}

/// Scratch of a critic on a block.
#[derive(Debug)]
pub(super) struct CriticWork {
    pub network: Option<MlpWork>,
    pub input: Vec<f32>,
    pub d_outputs: Vec<f32>,
    pub gradient: Vec<f32>,
    /// Features of the quadratic critic.
    pub features: Vec<[f32; LANES]>,
}

impl Critic {
    pub(super) fn work(&self) -> CriticWork {
        match self {
            Critic::Network(c) => c.work(),
            Critic::Quadratic(_) => CriticWork {
                network: None,
                input: Vec::new(),
                d_outputs: Vec::new(),
                gradient: Vec::new(),
                features: Vec::new(),
            },
        }
    }

    /// Values of a block of states `[feature][LANES]`, one row per head.
    pub(super) fn values(&self, states: &[f32], work: &mut CriticWork, out: &mut [[f64; LANES]]) {
        match self {
            Critic::Network(c) => c.values(states, work, out),
            Critic::Quadratic(c) => c.values(states, &mut work.features, out),
        }
    }

    /// The state as bits.
    pub(super) fn words(&self) -> Vec<u64> {
        match self {
            Critic::Network(c) => c.words(),
            Critic::Quadratic(c) => c.words(),
        }
    }

    /// Restores it; `false` if it does not fit.
    pub(super) fn restore(&mut self, words: &[u64]) -> bool {
        match self {
            Critic::Network(c) => c.restore(words),
            Critic::Quadratic(c) => c.restore(words),
        }
    }
}
