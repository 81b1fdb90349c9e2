//! Exact values of finite problems.

use super::super::EnvError;
use super::Tables;

/// Most joint observation histories, or policies, that are gone through.
const MAX_WORK: usize = 1 << 22;

/// The best decentralised policy of a short horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimum {
    /// Its value, the expected sum of rewards with weights `discount^t`.
    pub value: f64,
    /// Deterministic policy of every agent: the action for each of its observation histories, histories by length and then
    /// as numbers with the first observation as the highest digit.
    pub policies: Vec<Vec<u32>>,
}

impl Tables {
    /// The expected sum of rewards over `horizon` steps, with weights `discount^t`, of any joint policy: `policy(h, p)`
    /// writes the probabilities of joint actions for the joint observations `h` so far. Exact up to rounding, for every
    /// class of policies; the work is the number of joint histories.
    ///
    /// # Errors
    /// [`EnvError::Parameter`] for more than `2^22` joint histories.
    pub fn value(&self, horizon: u32, mut policy: impl FnMut(&[usize], &mut [f64])) -> Result<f64, EnvError> {
        bounded("joint histories", self.joint_observations(), horizon)?;
        let mut history = Vec::new();
        Ok(self.value_from(horizon, &self.start, &mut history, &mut policy))
    }

    fn value_from(
        &self,
        left: u32,
        weights: &[f64],
        history: &mut Vec<usize>,
        policy: &mut impl FnMut(&[usize], &mut [f64]),
    ) -> f64 {
        if left == 0 {
            return 0.0;
        }
        let mut p = vec![0.0; self.joint_actions()];
        policy(history, &mut p);
        let mut total = 0.0;
        for (a, p) in p.iter().enumerate().filter(|(_, p)| **p != 0.0) {
            total += p * self.pay(a, weights);
            if left == 1 {
                continue;
            }
            for o in 0..self.joint_observations() {
                if let Some(next) = self.next(a, o, weights) {
                    history.push(o);
                    total += p * self.discount * self.value_from(left - 1, &next, history, policy);
                    history.pop();
                }
            }
        }
        total
    }

    /// `sum_s w(s) R(s,a)`.
    fn pay(&self, a: usize, weights: &[f64]) -> f64 {
        let n = self.states.len();
        let rewards = &self.reward[a * n..][..n];
        weights.iter().zip(rewards).map(|(w, r)| w * r).sum()
    }

    /// Unnormalised weights of the next states with joint observation `o`, unless they are all zero.
    fn next(&self, a: usize, o: usize, weights: &[f64]) -> Option<Vec<f64>> {
        let (n, m) = (self.states.len(), self.joint_observations());
        let mut next = vec![0.0; n];
        for (s, w) in weights.iter().enumerate().filter(|(_, w)| **w != 0.0) {
            for (t, p) in self.transition[(a * n + s) * n..][..n].iter().enumerate() {
                next[t] += w * p;
            }
        }
        for (t, w) in next.iter_mut().enumerate() {
            *w *= self.observe[(a * n + t) * m + o];
        }
        next.iter().any(|w| *w != 0.0).then_some(next)
    }

    /// The best of all decentralised policies over a short horizon, exact up to rounding: every deterministic policy of all
    /// agents but the last, and the best reply of the last to each by dynamic programming. Shared randomness does no
    /// better (Proposition 1).
    ///
    /// # Errors
    /// [`EnvError::Parameter`] if that is more than `2^22` policies or histories.
    pub fn optimum(&self, horizon: u32) -> Result<Optimum, EnvError> {
        let too_many = |given: String| EnvError::Parameter {
            name: "exact optimum".into(),
            given,
            wanted: format!("at most {MAX_WORK} policies of the other agents"),
        };
        bounded("joint histories", self.joint_observations(), horizon)?;
        let last = self.actions.len() - 1;
        let slots: Vec<usize> = self.observations.iter().map(|o| (0..horizon).map(|t| o.len().pow(t)).sum()).collect();
        let mut count = 1_usize;
        for (actions, slots) in self.actions[..last].iter().zip(&slots) {
            for _ in 0..*slots {
                count = count.saturating_mul(actions.len());
            }
        }
        if count > MAX_WORK {
            return Err(too_many(format!("horizon {horizon} with {count} or more")));
        }
        let mut others: Vec<Vec<u32>> = slots[..last].iter().map(|n| vec![0; *n]).collect();
        let mut best = Optimum { value: f64::NEG_INFINITY, policies: Vec::new() };
        loop {
            let mut reply = vec![0; slots[last]];
            let start = self.start.iter().enumerate().map(|(s, w)| (s, vec![0; last], *w));
            let value = self.reply(horizon, 0, 0, &start.collect::<Vec<_>>(), &others, &mut reply);
            if value > best.value {
                let mut policies = others.clone();
                policies.push(reply);
                best = Optimum { value, policies };
            }
            if !self.advance(&mut others) {
                return Ok(best);
            }
        }
    }

    /// The next tuple of policies in counting order.
    fn advance(&self, policies: &mut [Vec<u32>]) -> bool {
        for (policy, actions) in policies.iter_mut().zip(&self.actions) {
            for action in policy {
                *action += 1;
                if (*action as usize) < actions.len() {
                    return true;
                }
                *action = 0;
            }
        }
        false
    }

    /// Best value of the last agent from its history `own` after `t` steps, against fixed policies of the others. A particle
    /// is a state, the histories of the others as slot numbers, and an unnormalised weight.
    fn reply(
        &self,
        horizon: u32,
        t: u32,
        own: usize,
        particles: &[(usize, Vec<usize>, f64)],
        others: &[Vec<u32>],
        out: &mut [u32],
    ) -> f64 {
        let last = self.actions.len() - 1;
        let (n, m) = (self.states.len(), self.joint_observations());
        let mine = self.observations[last].len();
        let mut best = (f64::NEG_INFINITY, 0, Vec::new());
        for action in 0..self.actions[last].len() {
            let mut value = 0.0;
            let mut next: Vec<Vec<(usize, Vec<usize>, f64)>> = vec![Vec::new(); mine];
            for (s, slots, w) in particles {
                let mut a = 0;
                for i in 0..last {
                    a = a * self.actions[i].len() + others[i][slots[i]] as usize;
                }
                a = a * self.actions[last].len() + action;
                value += w * self.reward[a * n + s];
                if t + 1 == horizon {
                    continue;
                }
                for to in 0..n {
                    let p = w * self.transition[(a * n + s) * n + to];
                    for o in 0..m {
                        let q = p * self.observe[(a * n + to) * m + o];
                        if q == 0.0 {
                            continue;
                        }
                        let mut digits = vec![0; last];
                        let mut rest = o / mine;
                        for i in (0..last).rev() {
                            let k = self.observations[i].len();
                            digits[i] = slot_after(slots[i], t, k, rest % k);
                            rest /= k;
                        }
                        next[o % mine].push((to, digits, q));
                    }
                }
            }
            let mut replies = out.to_vec();
            if t + 1 < horizon {
                for (o, particles) in next.iter().enumerate() {
                    let slot = slot_after(own, t, mine, o);
                    value += self.discount * self.reply(horizon, t + 1, slot, particles, others, &mut replies);
                }
            }
            if value > best.0 {
                best = (value, action as u32, replies);
            }
        }
        out.copy_from_slice(&best.2);
        out[own] = best.1;
        best.0
    }

    /// The discounted value of a memoryless joint policy over an endless horizon: `policy[o][a]`, with row 0 for the start
    /// and row `1 + o` for joint observation `o`. Iterates the linear equations until steps fall below `1e-14` of the
    /// largest reward and returns the value and the last step over `1 - discount`, a bound on its error.
    ///
    /// # Errors
    /// [`EnvError::Parameter`] for a discount of 1, [`EnvError::Shape`] for a table of another size.
    pub fn memoryless_value(&self, policy: &[f64]) -> Result<(f64, f64), EnvError> {
        let (n, m, k) = (self.states.len(), self.joint_observations(), self.joint_actions());
        if self.discount >= 1.0 {
            return Err(EnvError::Parameter {
                name: "discount".into(),
                given: self.discount.to_string(),
                wanted: "below 1 for an endless horizon".into(),
            });
        }
        if policy.len() != (m + 1) * k {
            return Err(EnvError::Shape {
                what: "memoryless joint policy".into(),
                given: policy.len(),
                wanted: (m + 1) * k,
            });
        }
        let largest = self.reward.iter().fold(1e-300_f64, |x, r| x.max(r.abs()));
        let mut value = vec![0.0; (m + 1) * n];
        let mut step = f64::INFINITY;
        let mut rounds = 0;
        while step > 1e-14 * largest && rounds < 1_000_000 {
            // mean of the next values over observations, for each action and next state
            let mut ahead = vec![0.0; k * n];
            for a in 0..k {
                for t in 0..n {
                    let row = &self.observe[(a * n + t) * m..][..m];
                    let mean = row.iter().enumerate().map(|(o, p)| p * value[(1 + o) * n + t]);
                    ahead[a * n + t] = mean.sum();
                }
            }
            let mut action = vec![0.0; k * n];
            for a in 0..k {
                for s in 0..n {
                    let row = &self.transition[(a * n + s) * n..][..n];
                    let mean: f64 = row.iter().zip(&ahead[a * n..]).map(|(p, v)| p * v).sum();
                    action[a * n + s] = self.reward[a * n + s] + self.discount * mean;
                }
            }
            step = 0.0;
            for o in 0..=m {
                for s in 0..n {
                    let new: f64 = (0..k).map(|a| policy[o * k + a] * action[a * n + s]).sum();
                    step = step.max((new - value[o * n + s]).abs());
                    value[o * n + s] = new;
                }
            }
            rounds += 1;
        }
        let start = self.start.iter().zip(&value).map(|(p, v)| p * v).sum();
        Ok((start, step / (1.0 - self.discount)))
    }
}

/// Slots are histories by length: those of length `t` start at `(k^t - 1)/(k - 1)`.
fn slot_after(slot: usize, t: u32, k: usize, o: usize) -> usize {
    let before: usize = (0..t).map(|j| k.pow(j)).sum();
    before + k.pow(t) + (slot - before) * k + o
}

fn bounded(what: &str, base: usize, horizon: u32) -> Result<(), EnvError> {
    let count = (0..horizon).try_fold(1_usize, |p, _| p.checked_mul(base));
    if count.is_some_and(|c| c <= MAX_WORK) && horizon <= 64 {
        return Ok(());
    }
    Err(EnvError::Parameter {
        name: what.into(),
        given: format!("{base}^{horizon}"),
        wanted: format!("at most {MAX_WORK}"),
    })
}
