//! What an update reports.

use super::{Mappo, pass};
use crate::learn::Critic;
use crate::learn::surrogate::Tally;
use serde::Serialize;

/// What one update did; *sampled* figures of the rollout it learned from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UpdateMetrics {
    /// Number of the update, from 1.
    pub update: u64,
    /// Environment steps so far.
    pub env_steps: u64,
    /// Mean reward per step.
    pub reward: f64,
    /// Mean cost per step, where there is a cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// The multiplier that this update used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiplier: Option<f64>,
    /// Mean return of the episodes that ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub episodic_return: Option<f64>,
    /// Mean cost of the episodes that ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub episodic_cost: Option<f64>,
    /// Mean exact entropy of `q(.|o)`.
    pub entropy: f64,
    /// Mean clipped surrogate.
    pub policy_loss: f64,
    /// Mean loss of the network critic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_loss: Option<f64>,
    /// Mean of `(r-1) - log r`.
    pub approx_kl: f64,
    /// Share of ratios outside the clip range.
    pub clipfrac: f64,
    /// Share of the variance of returns that the value explains.
    pub explained_variance: Option<f64>,
    /// Learning rate of the policy.
    pub learning_rate: f64,
    /// Steps that were skipped because a gradient was not finite.
    pub skipped: u64,
}

impl Mappo {
    pub(super) fn metrics(&self, left: f64, multiplier: Option<f64>, tally: &Tally, value_loss: f64) -> UpdateMetrics {
        let episodes = self
            .rollouts
            .iter()
            .fold((0.0, 0.0, 0), |sum, r| (sum.0 + r.episodes.0, sum.1 + r.episodes.1, sum.2 + r.episodes.2));
        let ended = |total: f64| (episodes.2 > 0).then(|| total / episodes.2 as f64);
        UpdateMetrics {
            update: self.update,
            env_steps: self.env_steps(),
            reward: self.mean(0),
            cost: self.spec.has_cost.then(|| self.mean(1)),
            multiplier,
            episodic_return: ended(episodes.0),
            episodic_cost: ended(episodes.1).filter(|_| self.spec.has_cost),
            entropy: tally.entropy / tally.samples,
            policy_loss: -tally.objective / tally.samples,
            value_loss: matches!(self.critic, Critic::Network(_)).then_some(value_loss),
            approx_kl: tally.kl / tally.samples,
            clipfrac: tally.clipped / tally.samples,
            explained_variance: pass::explained_variance(&self.rollouts, &self.estimates),
            learning_rate: left * self.config.learning_rate,
            skipped: self.skipped,
        }
    }
}
