//! Playing: rollouts of all blocks of environments.

use super::Mappo;
use crate::learn::LearnError;
use crate::learn::joint::ReadyPolicy;
use crate::learn::simd::LANES;
use rayon::prelude::*;

impl Mappo {
    /// Plays `num_steps` steps in every environment without learning; mean reward and cost per step.
    ///
    /// # Errors
    /// As [`Mappo::update`].
    pub fn sample(&mut self) -> Result<(f64, Option<f64>), LearnError> {
        let mut ready = ReadyPolicy::default();
        self.policy.prepare(&self.theta, &mut ready)?;
        self.play(&ready)?;
        Ok((self.mean(0), self.spec.has_cost.then(|| self.mean(1))))
    }

    /// Plays `rounds` times `num_steps` steps in every environment without learning; each one's mean reward and cost per
    /// step. Environments are independent of each other, so the spread of these tells the error of their mean.
    ///
    /// # Errors
    /// As [`Mappo::update`].
    pub fn sample_each(&mut self, rounds: usize) -> Result<Vec<(f64, Option<f64>)>, LearnError> {
        let mut ready = ReadyPolicy::default();
        self.policy.prepare(&self.theta, &mut ready)?;
        let mut means = vec![(0.0, 0.0); self.envs.len()];
        let weight = 1.0 / (rounds * self.config.num_steps) as f64;
        for _ in 0..rounds {
            self.play(&ready)?;
            let mut each = means.iter_mut();
            for rollout in &self.rollouts {
                for (l, (reward, cost)) in each.by_ref().take(rollout.active).enumerate() {
                    let sum = |x: &[[f64; LANES]]| x.iter().map(|row| row[l]).sum::<f64>();
                    *reward += weight * sum(&rollout.rewards);
                    *cost += weight * sum(&rollout.costs);
                }
            }
        }
        let cost = |c| self.spec.has_cost.then_some(c);
        Ok(means.into_iter().map(|(r, c)| (r, cost(c))).collect())
    }

    pub(super) fn play(&mut self, ready: &ReadyPolicy) -> Result<(), LearnError> {
        let (policy, pools) = (&self.policy, &self.pools);
        self.envs
            .blocks_mut()
            .par_iter_mut()
            .zip(&mut self.rollouts)
            .with_max_len(1)
            .try_for_each(|(envs, rollout)| pools.with_policy(policy, |work| rollout.play(envs, policy, ready, work)))
    }
}
