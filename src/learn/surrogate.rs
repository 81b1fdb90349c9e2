//! The clipped surrogate objective of the modified MAPPO (Eq. 8-9, 28-29) on one block of samples.

#![expect(
    clippy::needless_range_loop,
    reason = "lanes of several arrays advance together"
)]

use super::coordinator::Conditioning;
use super::critic::Estimates;
use super::joint::ReadyPolicy;
use super::rollout::{FLOOR, Rollout};
use super::simd::LANES;
use super::{Actor, JointPolicy, LearnError, PolicyWork};

/// Coefficients of the objective.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surrogate {
    /// Clip range of every ratio.
    pub clip: f64,
    /// Weight of the entropy of `q(.|o)`.
    pub entropy: f64,
    /// Weight of the entropy of every `pi_i(.|x_i, o_i)`.
    pub actor_entropy: f64,
    /// Weight of `L_cond` (Appendix I).
    pub conditioning: f64,
    /// Advantages are used as `(A - shift) * scale`.
    pub shift: f64,
    /// See `shift`.
    pub scale: f64,
}

/// Sums over samples, for the log.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub samples: f64,
    pub objective: f64,
    /// `(r - 1) - log r` of the coordinator and all actors.
    pub kl: f64,
    pub clipped: f64,
    pub entropy: f64,
}

impl Tally {
    pub fn add(&mut self, other: &Tally) {
        self.samples += other.samples;
        self.objective += other.objective;
        self.kl += other.kl;
        self.clipped += other.clipped;
        self.entropy += other.entropy;
    }
}

/// `min(r A, clip(r) A)` and whether it moves with `r`.
#[inline(always)]
fn clipped(ratio: f64, advantage: f64, clip: f64) -> (f64, bool) {
    let held = ratio.clamp(1.0 - clip, 1.0 + clip);
    if ratio * advantage <= held * advantage {
        (ratio * advantage, true)
    } else {
        (held * advantage, false)
    }
}

impl Surrogate {
    /// Adds the gradient of `weight` times the objective of step `t` to the work's gradient; every sample weighs the same.
    ///
    /// `L_coord = min(r_q A, clip(r_q) A)` with the one joint ratio `r_q = q(x|o) / q_old(x|o)` (Eq. 9, 29), plus, for actors
    /// with parameters, `L_act = sum_i min(r_i A, clip(r_i) A)` with `r_i = pi_i(a_i|x_i,o_i) / pi_i,old` (Eq. 8, 28). Advice is
    /// conditioned on: no gradient flows through its sampling.
    #[expect(
        clippy::too_many_arguments,
        reason = "what a surrogate needs, side by side"
    )]
    pub fn sampled(
        &self,
        policy: &JointPolicy,
        ready: &ReadyPolicy,
        rollout: &Rollout,
        estimates: &Estimates,
        t: usize,
        weight: f64,
        work: &mut PolicyWork,
    ) -> Result<Tally, LearnError> {
        let (rows, active) = (rollout.seen(t), rollout.active);
        let agents = policy.actors().len();
        let mut advantage = estimates.combined[t];
        advantage
            .iter_mut()
            .for_each(|a| *a = (*a - self.shift) * self.scale);
        let mut tally = Tally {
            samples: active as f64,
            ..Tally::default()
        };

        // coordinator: Eq. 9
        policy.coordinate(ready, rows, work)?;
        work.d_q.iter_mut().for_each(|row| row.fill(0.0));
        for l in 0..active {
            let x = rollout.advice[t][l] as usize;
            let old = rollout.log_q[t][l];
            let log_q = work.q[x][l].max(FLOOR).ln();
            let d = self.term(log_q - old, advantage[l], &mut tally);
            work.d_q[x][l] = weight * d * (-old).exp();
        }
        tally.entropy += self.coordinator(policy, ready, active, weight, work)?;
        if policy.is_trivial() {
            return Ok(tally);
        }

        // actors: Eq. 8
        let advice = policy.coordinator().advice();
        for i in 0..agents {
            let own = rollout.advice[t].map(|x| JointPolicy::part(&advice, x as usize, i) as u32);
            policy.act(i, ready, rows, &own, work);
            work.d_pi[i].iter_mut().for_each(|row| row.fill(0.0));
            for l in 0..active {
                let a = rollout.actions[t * agents + i][l] as usize;
                let old = rollout.log_pi[t * agents + i][l];
                let log_pi = work.pi[i][a][l].max(FLOOR).ln();
                let d = self.term(log_pi - old, advantage[l], &mut tally);
                work.d_pi[i][a][l] = weight * d * (-old).exp();
            }
            entropy(
                &work.pi[i],
                &mut work.d_pi[i],
                active,
                weight * self.actor_entropy,
            );
            backward_actor(policy, ready, i, work);
        }
        Ok(tally)
    }

    /// The coordinator's entropy, whose derivative joins that of the ratios, and the way back from both; returns the entropy.
    fn coordinator(
        &self,
        policy: &JointPolicy,
        ready: &ReadyPolicy,
        active: usize,
        weight: f64,
        work: &mut PolicyWork,
    ) -> Result<f64, LearnError> {
        let entropy = entropy(&work.q, &mut work.d_q, active, weight * self.entropy);
        let conditioning = Conditioning {
            weight: weight * self.conditioning,
            active,
        };
        backward_coordinator(policy, ready, work, conditioning)?;
        Ok(entropy)
    }

    /// One clipped term from the logarithm of its ratio: its derivative with respect to the ratio.
    #[inline(always)]
    fn term(&self, log_ratio: f64, advantage: f64, tally: &mut Tally) -> f64 {
        let ratio = log_ratio.exp();
        let (value, moves) = clipped(ratio, advantage, self.clip);
        tally.objective += value;
        tally.kl += (ratio - 1.0) - log_ratio;
        tally.clipped += f64::from(u8::from((ratio - 1.0).abs() > self.clip));
        if moves { advantage } else { 0.0 }
    }

    /// As [`Surrogate::sampled`], with the expectation over advice and actions given state and observations taken exactly:
    /// every `x` counts with weight `q_old(x|o)` and the advantage `sum_a prod_i pi_i,old(a_i|x_i,o_i) A(s,a)`, every `(x_i, a_i)` of an
    /// actor with its own. The advantages per joint action come from the critic's fit to experience.
    #[expect(
        clippy::too_many_arguments,
        reason = "what a surrogate needs, side by side"
    )]
    pub fn all_actions(
        &self,
        policy: &JointPolicy,
        ready: &ReadyPolicy,
        rollout: &Rollout,
        estimates: &Estimates,
        t: usize,
        weight: f64,
        work: &mut PolicyWork,
    ) -> Result<Tally, LearnError> {
        let (rows, active) = (rollout.seen(t), rollout.active);
        let (joint_advice, joint_actions) = (policy.joint_advice(), policy.joint_actions());
        let q_old = &rollout.q[t * joint_advice..(t + 1) * joint_advice];
        let table = &estimates.table[t * joint_actions * LANES..(t + 1) * joint_actions * LANES];
        let mut tally = Tally {
            samples: active as f64,
            ..Tally::default()
        };
        let advice = policy.coordinator().advice();
        let actions: Vec<usize> = policy.actors().iter().map(Actor::actions).collect();
        let pi_old: Vec<&[[f64; LANES]]> = (rollout.pi.iter().enumerate())
            .map(|(i, all)| {
                let n = advice[i] * actions[i];
                &all[t * n..(t + 1) * n]
            })
            .collect();

        policy.coordinate(ready, rows, work)?;
        work.d_q.iter_mut().for_each(|row| row.fill(0.0));
        let mut of_advice = vec![0.0; joint_advice];
        for l in 0..active {
            let value = |a: usize| f64::from(table[a * LANES + l]);
            for (x, v) in of_advice.iter_mut().enumerate() {
                *v = if pi_old.is_empty() {
                    value(x)
                } else {
                    (0..joint_actions)
                        .map(|a| weight_of(&pi_old, &advice, &actions, x, a, None, l) * value(a))
                        .sum()
                };
            }
            let mean: f64 = q_old.iter().zip(&of_advice).map(|(q, v)| q[l] * v).sum();
            for (x, v) in of_advice.iter().enumerate() {
                let old = q_old[x][l];
                if old <= FLOOR {
                    continue;
                }
                let advantage = (v - mean) * self.scale;
                let ratio = work.q[x][l] / old;
                let (value, moves) = clipped(ratio, advantage, self.clip);
                tally.objective += old * value;
                tally.kl += old * ((ratio - 1.0) - ratio.max(FLOOR).ln());
                tally.clipped += old * f64::from(u8::from((ratio - 1.0).abs() > self.clip));
                if moves {
                    work.d_q[x][l] = weight * advantage; // d (q_old r A) / dq
                }
            }
        }
        tally.entropy += self.coordinator(policy, ready, active, weight, work)?;

        for i in 0..pi_old.len() {
            for x_i in 0..advice[i] {
                policy.act(i, ready, rows, &[x_i as u32; LANES], work);
                work.d_pi[i].iter_mut().for_each(|row| row.fill(0.0));
                let old = &pi_old[i][x_i * actions[i]..(x_i + 1) * actions[i]];
                let mut of_action = vec![0.0; actions[i]];
                for l in 0..active {
                    of_action.fill(0.0);
                    let own = |x: &usize| JointPolicy::part(&advice, *x, i) == x_i;
                    for x in (0..joint_advice).filter(own) {
                        let q = q_old[x][l];
                        if q > 0.0 {
                            for a in 0..joint_actions {
                                let others =
                                    weight_of(&pi_old, &advice, &actions, x, a, Some(i), l);
                                of_action[JointPolicy::part(&actions, a, i)] +=
                                    q * others * f64::from(table[a * LANES + l]);
                            }
                        }
                    }
                    let mean: f64 = old.iter().zip(&of_action).map(|(p, v)| p[l] * v).sum();
                    for (a, v) in of_action.iter().enumerate() {
                        let advantage = (v - mean) * self.scale;
                        let ratio = work.pi[i][a][l] / old[a][l].max(FLOOR);
                        let (value, moves) = clipped(ratio, advantage, self.clip);
                        tally.objective += old[a][l] * value;
                        if moves {
                            work.d_pi[i][a][l] = weight * advantage;
                        }
                    }
                }
                let share = weight * self.actor_entropy / advice[i] as f64;
                entropy(&work.pi[i], &mut work.d_pi[i], active, share);
                backward_actor(policy, ready, i, work);
            }
        }
        Ok(tally)
    }
}

/// `prod_j pi_j(a_j|x_j)` over all agents but `without`.
#[inline(always)]
fn weight_of(
    pi: &[&[[f64; LANES]]],
    advice: &[usize],
    actions: &[usize],
    x: usize,
    a: usize,
    without: Option<usize>,
    l: usize,
) -> f64 {
    let factor = |(j, table): (usize, &&[[f64; LANES]])| {
        let (x_j, a_j) = (
            JointPolicy::part(advice, x, j),
            JointPolicy::part(actions, a, j),
        );
        table[x_j * actions[j] + a_j][l]
    };
    let others = pi.iter().enumerate().filter(|(j, _)| Some(*j) != without);
    others.map(factor).product()
}

/// The exact entropy of the columns of `p`, summed over lanes; adds `weight` times its derivative to `d_p`.
fn entropy(p: &[[f64; LANES]], d_p: &mut [[f64; LANES]], active: usize, weight: f64) -> f64 {
    let mut sum = 0.0;
    for (p, d) in p.iter().zip(d_p) {
        for l in 0..active {
            if p[l] > FLOOR {
                let log = p[l].ln();
                sum -= p[l] * log;
                d[l] -= weight * (log + 1.0);
            }
        }
    }
    sum
}

fn backward_coordinator(
    policy: &JointPolicy,
    ready: &ReadyPolicy,
    work: &mut PolicyWork,
    conditioning: Conditioning,
) -> Result<(), LearnError> {
    policy.coordinator().backward(
        &ready.coordinator,
        &mut work.coordinator,
        &work.q,
        &work.d_q,
        conditioning,
    )
}

fn backward_actor(policy: &JointPolicy, ready: &ReadyPolicy, i: usize, work: &mut PolicyWork) {
    policy.actors()[i].backward(
        &ready.actors[i],
        &mut work.actors[i],
        &work.pi[i],
        &work.d_pi[i],
    );
}
