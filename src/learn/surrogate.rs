//! The clipped surrogate objective of the modified MAPPO (Eq. 8-9, 28-29) on one block of samples.

mod old;
mod terms;

use super::coordinator::Conditioning;
use super::critic::Estimates;
use super::joint::ReadyPolicy;
use super::rollout::{FLOOR, Rollout};
use super::simd::{LANES, widest};
use super::{JointPolicy, LearnError, PolicyWork};
use old::Old;
use terms::{Row, Sums, entropy};

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

impl Surrogate {
    /// Adds the gradient of `weight` times the objective of step `t` to the work's gradient; every sample weighs the same.
    ///
    /// `L_coord = min(r_q A, clip(r_q) A)` with the one joint ratio `r_q = q(x|o) / q_old(x|o)` (Eq. 9, 29), plus, for actors
    /// with parameters, `L_act = sum_i min(r_i A, clip(r_i) A)` with `r_i = pi_i(a_i|x_i,o_i) / pi_i,old` (Eq. 8, 28). Advice is
    /// conditioned on: no gradient flows through its sampling.
    #[expect(clippy::too_many_arguments, reason = "what a surrogate needs, side by side")]
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
        advantage.iter_mut().for_each(|a| *a = (*a - self.shift) * self.scale);
        let mut tally = Tally { samples: active as f64, ..Tally::default() };

        // coordinator: Eq. 9
        policy.coordinate(ready, rows, work)?;
        let (drawn, old) = (&rollout.advice[t], &rollout.drawn_q[t]);
        let (p, d_p) = (&work.q, &mut work.d_q);
        self.ratios(p, drawn, old, &advantage, weight, active, d_p, &mut tally);
        tally.entropy += self.coordinator(policy, ready, active, weight, work)?;
        if policy.is_trivial() {
            return Ok(tally);
        }

        // actors: Eq. 8
        for i in 0..agents {
            let own = rollout.own_advice(t, i);
            policy.act(i, ready, rows, &own, work);
            let (drawn, old) = (&rollout.actions[t * agents + i], &rollout.drawn_pi[t * agents + i]);
            let (p, d_p) = (&work.pi[i], &mut work.d_pi[i]);
            self.ratios(p, drawn, old, &advantage, weight, active, d_p, &mut tally);
            entropy(p, d_p, active, weight * self.actor_entropy);
            backward_actor(policy, ready, i, work);
        }
        Ok(tally)
    }

    /// `weight min(r A, clip(r) A)` of what was drawn from the columns of `p`, `r = p/old`: writes its derivative.
    #[expect(clippy::too_many_arguments, reason = "what a clipped ratio needs, side by side")]
    fn ratios(
        &self,
        p: &[Row],
        drawn: &[u32; LANES],
        old: &Row,
        advantage: &Row,
        weight: f64,
        active: usize,
        d_p: &mut [Row],
        tally: &mut Tally,
    ) {
        let mut ratio = [1.0; LANES];
        for l in 0..active {
            ratio[l] = p[drawn[l] as usize][l].max(FLOOR) / old[l];
        }
        let (mut sums, mut d) = (Sums::ZERO, [0.0; LANES]);
        widest(
            #[inline(always)]
            || {
                let ones = [1.0; LANES];
                let (sum, slopes) = Sums::ZERO.terms::<true>(ones, ratio, *advantage, self.clip);
                sums = sum;
                for l in 0..LANES {
                    d[l] = weight * slopes[l] / old[l];
                }
            },
        );
        sums.add_to(tally, active);
        d_p.fill([0.0; LANES]);
        for l in 0..active {
            d_p[drawn[l] as usize][l] = d[l];
        }
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
        let conditioning = Conditioning { weight: weight * self.conditioning, active };
        backward_coordinator(policy, ready, work, conditioning)?;
        Ok(entropy)
    }

    /// As [`Surrogate::sampled`], with the expectation over advice and actions given state and observations taken exactly:
    /// every `x` counts with weight `q_old(x|o)` and the advantage `sum_a prod_i pi_i,old(a_i|x_i,o_i) A(s,a)`, every `(x_i, a_i)` of an
    /// actor with its own. The advantages per joint action come from the critic's fit to experience.
    #[expect(clippy::too_many_arguments, reason = "what a surrogate needs, side by side")]
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
        let old = Old {
            advice: policy.advice(),
            actions: policy.actions(),
            q: rollout.q_of(t),
            pi: &rollout.pi,
            table: estimates.table_of(t),
            t,
        };
        let mut tally = Tally { samples: active as f64, ..Tally::default() };

        policy.coordinate(ready, rows, work)?;
        old.of_advice(&mut work.of);
        let (q, d_q) = (&work.q, &mut work.d_q);
        let mut sums = Sums::ZERO;
        self.expected::<false>(old.q, &work.of, q, weight, active, d_q, &mut sums);
        sums.add_to(&mut tally, active);
        tally.entropy += self.coordinator(policy, ready, active, weight, work)?;

        for i in 0..old.pi.len() {
            for x_i in 0..old.advice[i] {
                policy.act(i, ready, rows, &[x_i as u32; LANES], work);
                old.of_action(i, x_i, &mut work.of);
                let (pi, d_pi) = (&work.pi[i], &mut work.d_pi[i]);
                let mut sums = Sums::ZERO;
                let pi_old = old.pi(i, x_i);
                self.expected::<true>(pi_old, &work.of, pi, weight, active, d_pi, &mut sums);
                // only the coordinator's ratios count in the statistics
                tally.objective += sums.objective[..active].iter().sum::<f64>();
                let share = weight * self.actor_entropy / old.advice[i] as f64;
                entropy(pi, d_pi, active, share);
                backward_actor(policy, ready, i, work);
            }
        }
        Ok(tally)
    }

    /// `weight sum_k old_k min(r_k A_k, clip(r_k) A_k)` with `r = p/old` and `A_k = v_k - sum_j old_j v_j`: writes its derivative.
    /// Values of probability [`FLOOR`] or less count only if they are `RARE`.
    #[expect(clippy::too_many_arguments, reason = "what an expectation needs, side by side")]
    fn expected<const RARE: bool>(
        &self,
        old: &[Row],
        v: &[Row],
        p: &[Row],
        weight: f64,
        active: usize,
        d_p: &mut [Row],
        sums: &mut Sums,
    ) {
        widest(
            #[inline(always)]
            || {
                let mut mean = [-0.0; LANES];
                for (old, v) in old.iter().zip(v) {
                    for l in 0..LANES {
                        mean[l] += old[l] * v[l];
                    }
                }
                let mut total = *sums;
                for (((old, v), p), d_p) in old.iter().zip(v).zip(p).zip(d_p.iter_mut()) {
                    let (old, v, p) = (*old, *v, *p);
                    let (mut advantage, mut ratio) = ([0.0; LANES], [0.0; LANES]);
                    for l in 0..LANES {
                        advantage[l] = (v[l] - mean[l]) * self.scale;
                        ratio[l] = p[l] / old[l].max(FLOOR);
                    }
                    let (sum, slopes) = total.terms::<RARE>(old, ratio, advantage, self.clip);
                    total = sum;
                    for l in 0..LANES {
                        d_p[l] = weight * slopes[l]; // d (old r A) / dp
                    }
                }
                *sums = total;
            },
        );
        for row in d_p {
            row[active..].fill(0.0);
        }
    }
}

fn backward_coordinator(
    policy: &JointPolicy,
    ready: &ReadyPolicy,
    work: &mut PolicyWork,
    conditioning: Conditioning,
) -> Result<(), LearnError> {
    policy.coordinator().backward(&ready.coordinator, &mut work.coordinator, &work.q, &work.d_q, conditioning)
}

fn backward_actor(policy: &JointPolicy, ready: &ReadyPolicy, i: usize, work: &mut PolicyWork) {
    policy.actors()[i].backward(&ready.actors[i], &mut work.actors[i], &work.pi[i], &work.d_pi[i]);
}
