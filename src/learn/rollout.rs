//! Experience: what [`LANES`] environments and a joint policy did for some steps.

use super::joint::ReadyPolicy;
use super::simd::LANES;
use super::{JointPolicy, LearnError, PolicyWork};
use crate::env::vector::{Block, Steps};
use crate::env::{End, EnvRng};
use rand::RngExt;

/// Probabilities below this count as this in logarithms and ratios.
pub(super) const FLOOR: f64 = 1e-12;

/// The experience of one block of environments; slices are `[step][feature][LANES]`.
#[derive(Debug)]
pub struct Rollout {
    /// Environments in use; the lanes above are idle.
    pub(super) active: usize,
    pub(super) observations: Vec<f32>,
    /// Critic's states, one more than steps.
    pub(super) states: Vec<f32>,
    /// Joint advice `x_t`.
    pub(super) advice: Vec<[u32; LANES]>,
    /// Actions per agent, `[step][agent]`.
    pub(super) actions: Vec<[u32; LANES]>,
    /// `q(x_t|o_t)` of what was drawn, at least [`FLOOR`].
    pub(super) drawn_q: Vec<[f64; LANES]>,
    /// `pi_i(a_i|x_i, o_i)` of what was drawn, `[step][agent]`; empty for trivial actors.
    pub(super) drawn_pi: Vec<[f64; LANES]>,
    /// The whole `q(.|o)`, `[step][joint advice]`, where all actions are used; else empty.
    pub(super) q: Vec<[f64; LANES]>,
    /// The whole `pi_i(.|., o_i)` of network actors there, per agent `[step][advice][action]`.
    pub(super) pi: Vec<Vec<[f64; LANES]>>,
    pub(super) rewards: Vec<[f64; LANES]>,
    pub(super) costs: Vec<[f64; LANES]>,
    pub(super) ends: Vec<[End; LANES]>,
    /// Critic's states at truncations: step, lane, state.
    pub(super) finals: Vec<(usize, usize, Vec<f32>)>,
    /// Return and cost of the episodes that ended, and their number.
    pub(super) episodes: (f64, f64, u64),
    /// Every agent's part of a joint advice value.
    own: Vec<Vec<u32>>,
    running: Vec<(f64, f64)>,
    steps: Steps,
    joint: Vec<u32>,
    stream: EnvRng,
    started: bool,
}

/// What `Rollout` must carry from one update to the next.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Carried {
    pub observations: Vec<f64>,
    pub running: Vec<(f64, f64)>,
    pub stream: EnvRng,
    pub state: Vec<f32>,
}

impl Rollout {
    /// Room for `length` steps of a block; `stream` draws advice and actions.
    pub(super) fn new(
        envs: &Block,
        policy: &JointPolicy,
        length: usize,
        all_actions: bool,
        stream: EnvRng,
    ) -> Result<Self, LearnError> {
        let spec = envs.spec();
        let agents = spec.agents.len();
        let pi = if policy.is_trivial() { 0 } else { agents };
        Ok(Rollout {
            active: envs.len(),
            observations: vec![0.0; length * spec.observations() * LANES],
            states: vec![0.0; (length + 1) * spec.critic_state * LANES],
            advice: vec![[0; LANES]; length],
            actions: vec![[0; LANES]; length * agents],
            drawn_q: vec![[1.0; LANES]; length],
            drawn_pi: vec![[1.0; LANES]; length * pi],
            own: {
                let (sizes, joint) = (policy.advice(), policy.joint_advice());
                let of = |i| (0..joint).map(move |x| JointPolicy::part(sizes, x, i) as u32);
                (0..agents).map(|i| of(i).collect()).collect()
            },
            q: vec![[0.0; LANES]; if all_actions { length * policy.joint_advice() } else { 0 }],
            pi: vec![Vec::new(); if all_actions && pi > 0 { agents } else { 0 }],
            rewards: vec![[0.0; LANES]; length],
            costs: vec![[0.0; LANES]; length],
            ends: vec![[End::Running; LANES]; length],
            finals: Vec::new(),
            episodes: (0.0, 0.0, 0),
            running: vec![(0.0, 0.0); envs.len()],
            steps: envs.buffers(),
            joint: vec![0; envs.len() * agents],
            stream,
            started: false,
        })
    }

    /// Number of steps.
    pub(super) fn len(&self) -> usize {
        self.rewards.len()
    }

    /// Observations of step `t`.
    pub(super) fn seen(&self, t: usize) -> &[f32] {
        let width = self.observations.len() / self.len();
        &self.observations[t * width..(t + 1) * width]
    }

    /// `q(.|o)` of step `t`.
    pub(super) fn q_of(&self, t: usize) -> &[[f64; LANES]] {
        let joint = self.q.len() / self.len();
        &self.q[t * joint..(t + 1) * joint]
    }

    /// The advice that agent `i` heard at step `t`.
    pub(super) fn own_advice(&self, t: usize, i: usize) -> [u32; LANES] {
        self.advice[t].map(|x| self.own[i][x as usize])
    }

    /// Critic's states before step `t`.
    pub(super) fn state(&self, t: usize) -> &[f32] {
        let width = self.states.len() / (self.len() + 1);
        &self.states[t * width..(t + 1) * width]
    }

    /// Plays `len` steps: `x ~ q(.|o)`, `a_i ~ pi_i(.|x_i, o_i)`. Advice is part of the trajectory (Appendix E).
    pub(super) fn play(
        &mut self,
        envs: &mut Block,
        policy: &JointPolicy,
        ready: &ReadyPolicy,
        work: &mut PolicyWork,
    ) -> Result<(), LearnError> {
        if self.started {
            let last = self.len() * (self.states.len() / (self.len() + 1));
            self.states.copy_within(last.., 0);
        } else {
            envs.reset(&mut self.steps)?;
            self.record_state(0);
            self.started = true;
        }
        self.finals.clear();
        self.pi.iter_mut().for_each(Vec::clear);
        self.episodes = (0.0, 0.0, 0);
        let length = self.len();
        let (seen, agents) = (self.observations.len() / length, policy.actors().len());
        for t in 0..length {
            let rows = &mut self.observations[t * seen..(t + 1) * seen];
            lanes_of(&self.steps.observations, self.active, rows);
            policy.coordinate(ready, rows, work)?;
            if !self.q.is_empty() {
                let joint = work.q.len();
                self.q[t * joint..(t + 1) * joint].copy_from_slice(&work.q);
            }
            let (x, drawn) = (&mut self.advice[t], &mut self.drawn_q[t]);
            sample(&work.q, self.active, &mut self.stream, x, drawn);
            for i in 0..agents {
                let own = self.advice[t].map(|x| self.own[i][x as usize]);
                let actions = &mut self.actions[t * agents + i];
                if policy.is_trivial() {
                    *actions = own;
                } else {
                    match self.pi.get_mut(i) {
                        None => policy.act(i, ready, rows, &own, work),
                        Some(all) => {
                            policy.tabulate(i, ready, rows, work, all);
                            choose(all, policy.advice()[i], &own, &mut work.pi[i]);
                        }
                    }
                    let drawn = &mut self.drawn_pi[t * agents + i];
                    sample(&work.pi[i], self.active, &mut self.stream, actions, drawn);
                }
                for (joint, a) in self.joint.chunks_exact_mut(agents).zip(actions.iter()) {
                    joint[i] = *a;
                }
            }
            envs.step(&self.joint, &mut self.steps)?;
            self.record_outcome(t);
            self.record_state(t + 1);
        }
        Ok(())
    }

    fn record_state(&mut self, t: usize) {
        let width = self.states.len() / (self.len() + 1);
        let rows = &mut self.states[t * width..(t + 1) * width];
        lanes_of(self.steps.critic.as_slice(), self.active, rows);
    }

    fn record_outcome(&mut self, t: usize) {
        for l in 0..self.active {
            let (reward, cost, end) = (self.steps.rewards[l], self.steps.costs[l], self.steps.ends[l]);
            self.rewards[t][l] = reward;
            self.costs[t][l] = cost;
            self.ends[t][l] = end;
            let running = &mut self.running[l];
            running.0 += reward;
            running.1 += cost;
            if end != End::Running {
                let (r, c) = std::mem::take(running);
                self.episodes.0 += r;
                self.episodes.1 += c;
                self.episodes.2 += 1;
            }
            if end == End::Truncated {
                let state = self.steps.final_critic.row(l);
                self.finals.push((t, l, state.iter().map(|x| *x as f32).collect()));
            }
        }
    }

    /// What must survive to the next update.
    pub(super) fn carried(&self) -> Carried {
        Carried {
            observations: self.steps.observations.clone(),
            running: self.running.clone(),
            stream: self.stream.clone(),
            state: self.state(self.len()).to_vec(),
        }
    }

    /// Restores it; `false` if it does not fit.
    pub(super) fn carry(&mut self, carried: Carried) -> bool {
        let width = self.states.len() / (self.len() + 1);
        let fits = carried.observations.len() == self.steps.observations.len()
            && carried.running.len() == self.running.len()
            && carried.state.len() == width;
        if fits {
            let last = self.len() * width;
            self.states[last..].copy_from_slice(&carried.state);
            self.steps.observations = carried.observations;
            self.running = carried.running;
            self.stream = carried.stream;
            self.started = true;
        }
        fits
    }
}

/// `[env][feature]` in double precision to `[feature][LANES]` in single.
fn lanes_of(from: &[f64], count: usize, rows: &mut [f32]) {
    let width = rows.len() / LANES;
    for (l, env) in from.chunks_exact(width.max(1)).enumerate().take(count) {
        for (f, x) in env.iter().enumerate() {
            rows[f * LANES + l] = *x as f32;
        }
    }
}

/// Of the last table of `all`, `[advice][action]`, the rows of the advice that every lane heard.
fn choose(all: &[[f64; LANES]], advice: usize, own: &[u32; LANES], p: &mut [[f64; LANES]]) {
    let actions = p.len();
    let table = &all[all.len() - advice * actions..];
    for (a, p) in p.iter_mut().enumerate() {
        for (l, p) in p.iter_mut().enumerate() {
            *p = table[own[l] as usize * actions + a][l];
        }
    }
}

/// Draws from the columns of `p` and writes the probability of what was drawn, at least [`FLOOR`]; idle lanes are left alone.
fn sample(
    p: &[[f64; LANES]],
    active: usize,
    rng: &mut EnvRng,
    drawn: &mut [u32; LANES],
    probability: &mut [f64; LANES],
) {
    for l in 0..active {
        let u: f64 = rng.random();
        let mut sum = 0.0;
        let mut chosen = None;
        // the columns sum to 1 but for rounding: the last value that can be is taken where u lies beyond
        for (k, row) in p.iter().enumerate() {
            if row[l] > 0.0 {
                sum += row[l];
                chosen = Some(k);
                if u < sum {
                    break;
                }
            }
        }
        let k = chosen.unwrap_or(0);
        drawn[l] = k as u32;
        probability[l] = p[k][l].max(FLOOR);
    }
}
