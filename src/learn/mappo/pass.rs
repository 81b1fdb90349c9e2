//! Passes over experience: gradients and statistics, summed in an order that threads cannot change.

use crate::learn::critic::{CriticWork, Estimates};
use crate::learn::joint::ReadyPolicy;
use crate::learn::rollout::Rollout;
use crate::learn::simd::LANES;
use crate::learn::surrogate::{Surrogate, Tally};
use crate::learn::{Critic, Estimator, JointPolicy, LearnError, PolicyWork};
use rayon::prelude::*;
use std::sync::Mutex;

/// Scratch that threads take and give back.
#[derive(Default)]
pub(super) struct Pools {
    policy: Mutex<Vec<PolicyWork>>,
    critic: Mutex<Vec<CriticWork>>,
}

impl Pools {
    pub fn with_policy<R>(
        &self,
        policy: &JointPolicy,
        f: impl FnOnce(&mut PolicyWork) -> Result<R, LearnError>,
    ) -> Result<R, LearnError> {
        let mut work = match take(&self.policy) {
            Some(work) => work,
            None => policy.work()?,
        };
        let result = f(&mut work)?; // scratch of a failed block is dropped
        give(&self.policy, work);
        Ok(result)
    }

    pub fn with_critic<R>(&self, critic: &Critic, f: impl FnOnce(&mut CriticWork) -> R) -> R {
        let mut work = take(&self.critic).unwrap_or_else(|| critic.work());
        let result = f(&mut work);
        give(&self.critic, work);
        result
    }
}

fn take<T>(pool: &Mutex<Vec<T>>) -> Option<T> {
    pool.lock().ok().and_then(|mut pool| pool.pop())
}

fn give<T>(pool: &Mutex<Vec<T>>, work: T) {
    if let Ok(mut pool) = pool.lock() {
        pool.push(work);
    }
}

/// What a pass over a minibatch found.
pub(super) struct Pass {
    pub gradient: Vec<f64>,
    pub critic_gradient: Vec<f64>,
    pub tally: Tally,
    pub value_loss: f64,
}

/// Parts of a minibatch whose gradients are summed one after another.
const SHARDS: usize = 32;

/// Least blocks of a part.
const SHARD: usize = 8;

/// What a pass reads; none of it changes meanwhile.
pub(super) struct Experience<'a> {
    pub estimator: Estimator,
    /// Clip of the value loss.
    pub value_clip: Option<f64>,
    pub policy: &'a JointPolicy,
    pub critic: &'a Critic,
    pub rollouts: &'a [Rollout],
    pub estimates: &'a [Estimates],
    pub pools: &'a Pools,
}

impl Experience<'_> {
    /// The gradients of policy and critic on a minibatch.
    pub(super) fn pass(
        &self,
        ready: &ReadyPolicy,
        surrogate: &Surrogate,
        minibatch: &[(u32, u32)],
    ) -> Result<Pass, LearnError> {
        let samples: usize = minibatch.iter().map(|(r, _)| self.rollouts[*r as usize].active).sum();
        let weight = 1.0 / samples as f64;
        let size = minibatch.len().div_ceil(SHARDS).max(SHARD);
        let shards: Vec<Pass> = minibatch
            .par_chunks(size)
            .with_max_len(1) // what is left of one thread's share, the other can take
            .map(|shard| self.shard(ready, surrogate, shard, weight))
            .collect::<Result<_, _>>()?;
        let mut shards = shards.into_iter();
        let mut total = shards.next().unwrap_or_else(|| Pass {
            gradient: vec![0.0; self.policy.parameters()],
            critic_gradient: Vec::new(),
            tally: Tally::default(),
            value_loss: 0.0,
        });
        for shard in shards {
            let add = |sum: &mut [f64], part: &[f64]| {
                sum.iter_mut().zip(part).for_each(|(s, p)| *s += p);
            };
            add(&mut total.gradient, &shard.gradient);
            add(&mut total.critic_gradient, &shard.critic_gradient);
            total.tally.add(&shard.tally);
            total.value_loss += shard.value_loss;
        }
        Ok(total)
    }

    fn shard(
        &self,
        ready: &ReadyPolicy,
        surrogate: &Surrogate,
        shard: &[(u32, u32)],
        weight: f64,
    ) -> Result<Pass, LearnError> {
        let mut tally = Tally::default();
        let gradient = self.pools.with_policy(self.policy, |work| {
            for &(r, t) in shard {
                let (rollout, estimates) = (&self.rollouts[r as usize], &self.estimates[r as usize]);
                let (policy, t) = (self.policy, t as usize);
                let part = match self.estimator {
                    Estimator::Sampled => surrogate.sampled(policy, ready, rollout, estimates, t, weight, work),
                    Estimator::AllActions => surrogate.all_actions(policy, ready, rollout, estimates, t, weight, work),
                }?;
                tally.add(&part);
            }
            self.collect(ready, work)
        })?;
        let (mut critic_gradient, mut value_loss) = (Vec::new(), 0.0);
        if let Critic::Network(critic) = self.critic {
            critic_gradient = self.pools.with_critic(self.critic, |work| {
                for &(r, t) in shard {
                    let (rollout, e) = (&self.rollouts[r as usize], &self.estimates[r as usize]);
                    let t = t as usize;
                    let heads = 0..e.values.len();
                    let old: Vec<_> = heads.clone().map(|h| e.values[h][t]).collect();
                    let targets: Vec<[f64; LANES]> =
                        heads.map(|h| std::array::from_fn(|l| e.returns(h, t, l))).collect();
                    let (states, active) = (rollout.state(t), rollout.active);
                    value_loss += critic.regress(states, &targets, &old, weight, active, self.value_clip, work);
                }
                let collected = work.gradient.iter_mut();
                collected.map(|g| f64::from(std::mem::take(g))).collect()
            });
        }
        Ok(Pass { gradient, critic_gradient, tally, value_loss })
    }

    /// The gradient gathered in `work`, which is cleared.
    fn collect(&self, ready: &ReadyPolicy, work: &mut PolicyWork) -> Result<Vec<f64>, LearnError> {
        let mut gradient = vec![0.0; self.policy.parameters()];
        let coordinator = self.policy.coordinator();
        let (mine, mut rest) = gradient.split_at_mut(coordinator.parameters());
        coordinator.collect(&ready.coordinator, &mut work.coordinator, mine)?;
        for actor in &mut work.actors {
            let (mine, tail) = rest.split_at_mut(actor.gradient.len());
            for (g, w) in mine.iter_mut().zip(&mut actor.gradient) {
                *g = f64::from(std::mem::take(w));
            }
            rest = tail;
        }
        Ok(gradient)
    }
}

/// Sums over all samples of a function of (rollout, step, lane): block by block on threads, added in order.
fn sums<const N: usize>(rollouts: &[Rollout], f: impl Fn(usize, usize, usize) -> [f64; N] + Sync) -> ([f64; N], f64) {
    let parts: Vec<[f64; N]> = (rollouts.par_iter().enumerate())
        .map(|(r, rollout)| {
            let mut sum = [0.0; N];
            for t in 0..rollout.len() {
                for l in 0..rollout.active {
                    let x = f(r, t, l);
                    (0..N).for_each(|k| sum[k] += x[k]);
                }
            }
            sum
        })
        .collect();
    let mut total = [0.0; N];
    for part in parts {
        (0..N).for_each(|k| total[k] += part[k]);
    }
    let count: usize = rollouts.iter().map(|r| r.active * r.len()).sum();
    (total, count as f64)
}

/// Mean reward (head 0) or cost (head 1) per step.
pub(super) fn mean_signal(rollouts: &[Rollout], head: usize) -> f64 {
    let ([sum], n) = sums(rollouts, |r, t, l| [Estimates::signal(&rollouts[r], head)[t][l]]);
    sum / n
}

/// Mean of `V(s') - V(s)` of a head.
pub(super) fn mean_drift(rollouts: &[Rollout], estimates: &[Estimates], head: usize) -> f64 {
    let ([sum], n) = sums(rollouts, |r, t, l| {
        let e = &estimates[r];
        [e.next[head][t][l] - e.values[head][t][l]]
    });
    sum / n
}

/// Mean and mean square of every number of the critic's state.
pub(super) fn state_moments(rollouts: &[Rollout]) -> Vec<(f64, f64)> {
    let width = rollouts[0].state(0).len() / LANES;
    (0..width)
        .map(|s| {
            let ([x, xx], n) = sums(rollouts, |r, t, l| {
                let x = f64::from(rollouts[r].state(t)[s * LANES + l]);
                [x, x * x]
            });
            (x / n, xx / n)
        })
        .collect()
}

/// Mean and mean square of the returns of a head, which in the average-reward form are first shifted to mean 0.
pub(super) fn centre_returns(h: usize, centred: bool, rollouts: &[Rollout], estimates: &mut [Estimates]) -> (f64, f64) {
    estimates.iter_mut().for_each(|e| e.shift[h] = 0.0);
    let ([x, xx], n) = sums(rollouts, |r, t, l| {
        let x = estimates[r].returns(h, t, l);
        [x, x * x]
    });
    let (mean, square) = (x / n, xx / n);
    if !centred {
        return (mean, square);
    }
    for e in estimates {
        e.shift[h] = mean;
    }
    (0.0, square - mean * mean)
}

/// Mean and standard deviation of the combined advantages of a minibatch.
pub(super) fn advantage_moments(rollouts: &[Rollout], estimates: &[Estimates], minibatch: &[(u32, u32)]) -> (f64, f64) {
    let (mut n, mut x, mut xx) = (0.0, 0.0, 0.0);
    for &(r, t) in minibatch {
        for a in &estimates[r as usize].combined[t as usize][..rollouts[r as usize].active] {
            n += 1.0;
            x += a;
            xx += a * a;
        }
    }
    let mean = x / n;
    (mean, (xx / n - mean * mean).max(0.0).sqrt())
}

/// `1 - Var(returns - values) / Var(returns)` of the reward.
pub(super) fn explained_variance(rollouts: &[Rollout], estimates: &[Estimates]) -> Option<f64> {
    let ([a, aa, y, yy], n) = sums(rollouts, |r, t, l| {
        let a = estimates[r].advantages[0][t][l];
        let y = a + estimates[r].values[0][t][l];
        [a, a * a, y, y * y]
    });
    let variance = |x: f64, xx: f64| xx / n - (x / n) * (x / n);
    let explained = 1.0 - variance(a, aa) / variance(y, yy);
    Some(explained).filter(|e| e.is_finite())
}
