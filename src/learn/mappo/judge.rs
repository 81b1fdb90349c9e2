//! What experience was worth: values, advantages, and the multiplier that weighs cost against reward.

use super::{Estimator, Mappo, pass};
use crate::learn::simd::LANES;
use crate::learn::{Critic, Horizon};
use rayon::prelude::*;

impl Mappo {
    /// Values and advantages; the quadratic critic learns before it judges, the network in the passes.
    pub(super) fn judge(&mut self) {
        let heads = self.estimates[0].values.len();
        let rollouts = &self.rollouts;
        match &mut self.critic {
            Critic::Quadratic(critic) => {
                critic.begin(rollouts);
                let each = rollouts.par_iter().with_max_len(1);
                let sums: Vec<_> = each.map(|r| critic.gather(r)).collect();
                critic.solve(&sums);
            }
            Critic::Network(critic) => critic.follow_states(&pass::state_moments(rollouts)),
        }
        let horizons: Vec<Horizon> = (0..heads).map(|h| self.horizon(h)).collect();
        let (critic, pools) = (&self.critic, &self.pools);
        let each = self.estimates.par_iter_mut().zip(rollouts).with_max_len(1);
        each.for_each(|(estimates, rollout)| {
            pools.with_critic(critic, |work| estimates.evaluate(critic, rollout, work));
            estimates.advance(rollout, &horizons);
        });
        match &mut self.critic {
            Critic::Network(critic) => {
                for h in 0..heads {
                    let centred = self.config.average_reward;
                    let (mean, square) = pass::centre_returns(h, centred, rollouts, &mut self.estimates);
                    critic.follow_returns(h, mean, square);
                }
            }
            Critic::Quadratic(critic) if self.config.estimator == Estimator::AllActions => {
                let actions: Vec<usize> = self.policy.actors().iter().map(|a| a.actions()).collect();
                let each = rollouts.par_iter().zip(&self.estimates).with_max_len(1);
                let sums: Vec<_> = each.map(|(r, e)| critic.gather_actions(r, &actions, &e.advantages)).collect();
                critic.solve_actions(&sums);
            }
            Critic::Quadratic(_) => {}
        }
    }

    fn horizon(&self, head: usize) -> Horizon {
        let lambda = [self.config.gae_lambda, self.config.cost_gae_lambda][head];
        let mean = match &self.critic {
            _ if !self.config.average_reward => 0.0,
            Critic::Quadratic(critic) => critic.mean(head),
            Critic::Network(_) => self.mean(head),
        };
        Horizon { gamma: self.config.gammas(&self.spec)[head], lambda, mean }
    }

    /// Mean reward (head 0) or cost (head 1) per step of the rollout.
    pub(super) fn mean(&self, head: usize) -> f64 {
        pass::mean_signal(&self.rollouts, head)
    }

    /// The multiplier that the measured cost calls for; none without a limit. In the average-reward form the cost measured
    /// is the mean of `c + V_c(s') - V_c(s)`: that of the steady state to which the present policy leads.
    pub(super) fn constrain(&mut self) -> Option<f64> {
        let cost = match (self.spec.has_cost, self.config.average_reward) {
            (false, _) => 0.0,
            (true, false) => self.mean(1),
            (true, true) => self.mean(1) + pass::mean_drift(&self.rollouts, &self.estimates, 1),
        };
        self.lagrangian.as_mut().map(|l| l.update(cost))
    }

    pub(super) fn combine(&mut self, multiplier: f64) {
        let weights = [1.0 / (1.0 + multiplier), -multiplier / (1.0 + multiplier)];
        let critic = &self.critic;
        let each = self.estimates.par_iter_mut().zip(&self.rollouts).with_max_len(1);
        each.for_each(|(e, rollout)| {
            for (t, combined) in e.combined.iter_mut().enumerate() {
                *combined = [0.0; LANES];
                for (advantages, w) in e.advantages.iter().zip(weights) {
                    for (c, a) in combined.iter_mut().zip(&advantages[t]) {
                        *c += w * a;
                    }
                }
            }
            if let (Critic::Quadratic(critic), false) = (critic, e.table.is_empty()) {
                let heads = e.advantages.len();
                critic.tabulate(rollout, &weights[..heads], &mut e.table);
            }
        });
    }
}
