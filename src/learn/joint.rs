//! Joint policies in the advice form `pi(a|o) = sum_x q(x|o) prod_i pi_i(a_i|x_i, o_i)` (Eq. 7).

use super::actor::ActorWork;
use super::simd::LANES;
use super::{Actor, Coordinator, CoordinatorWork, LearnError, MAX_JOINT, Observations, Prepared};
use crate::env::EnvSpec;
use rand::Rng;

/// Most parameters of a policy: with moments, gradients and their parts half a gigabyte.
const MAX_PARAMETERS: usize = 1 << 24;

/// A coordinator with one actor per agent; parameters are the coordinator's, then the actors'.
#[derive(Debug, Clone)]
pub struct JointPolicy {
    coordinator: Coordinator,
    actors: Vec<Actor>,
    /// Advice values and actions of every agent.
    advice: Vec<usize>,
    actions: Vec<usize>,
    /// Where each agent's observations begin, and the end.
    offsets: Vec<usize>,
}

/// Parameters made ready for many blocks.
#[derive(Debug, Clone, Default)]
pub struct ReadyPolicy {
    pub(super) coordinator: Prepared,
    pub(super) actors: Vec<Vec<f32>>,
}

/// Scratch of one block.
#[derive(Debug)]
pub struct PolicyWork {
    pub(super) coordinator: CoordinatorWork,
    pub(super) actors: Vec<ActorWork>,
    /// `q(x|o)` of the last forward pass, `[joint advice][lane]`.
    pub(super) q: Vec<[f64; LANES]>,
    pub(super) d_q: Vec<[f64; LANES]>,
    /// `pi_i(.|x_i, o_i)` per agent, `[action][lane]`.
    pub(super) pi: Vec<Vec<[f64; LANES]>>,
    pub(super) d_pi: Vec<Vec<[f64; LANES]>>,
    /// Values by joint advice or by an agent's own actions.
    pub(super) of: Vec<[f64; LANES]>,
}

impl JointPolicy {
    /// A policy for the agents of an environment.
    ///
    /// # Errors
    /// [`LearnError::Config`] if coordinator and actors do not fit, or there are more than [`MAX_JOINT`] joint advice values
    /// or joint actions, or more than 2^24 parameters.
    pub fn new(spec: &EnvSpec, coordinator: Coordinator, actors: Vec<Actor>) -> Result<Self, LearnError> {
        let advice = coordinator.advice();
        let given: Vec<usize> = actors.iter().map(Actor::advice).collect();
        if given != advice || actors.len() != spec.agents.len() {
            return Err(LearnError::Config(format!(
                "actors hear {given:?} advice values, wanted {advice:?} for {} agents",
                spec.agents.len()
            )));
        }
        let joint =
            |sizes: &[usize]| sizes.iter().try_fold(1usize, |n, m| n.checked_mul(*m).filter(|n| *n <= MAX_JOINT));
        let actions: Vec<usize> = actors.iter().map(Actor::actions).collect();
        if joint(&advice).is_none() || joint(&actions).is_none() {
            return Err(LearnError::Config(format!(
                "advice {advice:?} given for {} agents, wanted at most {MAX_JOINT} joint advice values and joint actions",
                actors.len()
            )));
        }
        let mut offsets = vec![0];
        for agent in &spec.agents {
            offsets.push(offsets[offsets.len() - 1] + agent.observation);
        }
        let policy = JointPolicy { coordinator, actors, advice, actions, offsets };
        if policy.parameters() > MAX_PARAMETERS {
            return Err(LearnError::Config(format!(
                "networks and measurements of {} parameters in all given, wanted at most {MAX_PARAMETERS}",
                policy.parameters()
            )));
        }
        Ok(policy)
    }

    /// The coordinator.
    pub fn coordinator(&self) -> &Coordinator {
        &self.coordinator
    }

    /// The actors.
    pub fn actors(&self) -> &[Actor] {
        &self.actors
    }

    /// Advice values of every agent.
    pub(super) fn advice(&self) -> &[usize] {
        &self.advice
    }

    /// Actions of every agent.
    pub(super) fn actions(&self) -> &[usize] {
        &self.actions
    }

    /// Whether all actors just pass on their advice.
    pub fn is_trivial(&self) -> bool {
        self.actors.iter().all(Actor::is_trivial)
    }

    /// Number of joint advice values.
    pub fn joint_advice(&self) -> usize {
        self.advice.iter().product()
    }

    /// Number of joint actions.
    pub fn joint_actions(&self) -> usize {
        self.actions.iter().product()
    }

    /// Number of parameters.
    pub fn parameters(&self) -> usize {
        let actors = self.actors.iter().map(Actor::parameters);
        self.coordinator.parameters() + actors.sum::<usize>()
    }

    /// Initial parameters; `coordinator` and `actor` are the gains of their heads.
    pub fn initialise(&self, coordinator: f64, actor: f64, rng: &mut impl Rng) -> Vec<f64> {
        let mut theta = vec![0.0; self.parameters()];
        let (mine, mut rest) = theta.split_at_mut(self.coordinator.parameters());
        self.coordinator.initialise(coordinator, rng, mine);
        for a in &self.actors {
            let (mine, tail) = rest.split_at_mut(a.parameters());
            a.initialise(actor, rng, mine);
            rest = tail;
        }
        theta
    }

    /// Makes parameters ready for blocks.
    ///
    /// # Errors
    /// [`LearnError`] if they are not those of a policy.
    pub fn prepare(&self, theta: &[f64], ready: &mut ReadyPolicy) -> Result<(), LearnError> {
        let (mine, mut rest) = theta.split_at(self.coordinator.parameters());
        self.coordinator.prepare(mine, &mut ready.coordinator)?;
        ready.actors.resize(self.actors.len(), Vec::new());
        for (a, single) in self.actors.iter().zip(&mut ready.actors) {
            let (mine, tail) = rest.split_at(a.parameters());
            single.clear();
            a.ready(mine, single);
            rest = tail;
        }
        Ok(())
    }

    /// Room for one block.
    ///
    /// # Errors
    /// [`LearnError`] if the sizes do not fit memory.
    pub fn work(&self) -> Result<PolicyWork, LearnError> {
        let pi: Vec<_> = self.actors.iter().map(|a| vec![[0.0; LANES]; a.actions()]).collect();
        let q = vec![[0.0; LANES]; self.joint_advice()];
        let most = self.actions.iter().copied().fold(q.len(), usize::max);
        Ok(PolicyWork {
            of: vec![[0.0; LANES]; most],
            coordinator: self.coordinator.work()?,
            actors: self.actors.iter().map(Actor::work).collect(),
            d_q: q.clone(),
            q,
            d_pi: pi.clone(),
            pi,
        })
    }

    /// Numbers in the observations of all agents together.
    pub fn width(&self) -> usize {
        self.offsets[self.offsets.len() - 1]
    }

    /// Where an agent's features begin.
    pub(super) fn start(&self, agent: usize) -> usize {
        self.offsets[agent]
    }

    /// Observations of a block, `[feature][LANES]`, by agent.
    pub(super) fn observations<'a>(&'a self, rows: &'a [f32]) -> Observations<'a> {
        Observations::new(rows, &self.offsets)
    }

    /// The coordinator's forward pass into `work.q`.
    pub(super) fn coordinate(
        &self,
        ready: &ReadyPolicy,
        rows: &[f32],
        work: &mut PolicyWork,
    ) -> Result<(), LearnError> {
        let observations = self.observations(rows);
        self.coordinator.forward(&ready.coordinator, observations, &mut work.coordinator, &mut work.q)
    }

    /// The forward pass of actor `i` for the advice of every lane, into `work.pi[i]`.
    pub(super) fn act(&self, i: usize, ready: &ReadyPolicy, rows: &[f32], advice: &[u32], work: &mut PolicyWork) {
        let own = self.observations(rows).of(i);
        self.actors[i].forward(&ready.actors[i], advice, own, &mut work.actors[i], &mut work.pi[i]);
    }

    /// Advice of agent `i` in a joint advice value; the same for joint actions of `sizes`.
    pub(super) fn part(sizes: &[usize], joint: usize, i: usize) -> usize {
        joint / sizes[i + 1..].iter().product::<usize>() % sizes[i]
    }

    /// `pi(a|o)` of a block, `[joint action][lane]`, first agent slowest: Eq. 7 summed over all advice.
    ///
    /// # Errors
    /// [`LearnError`] if parameters are not finite.
    pub fn probabilities(
        &self,
        ready: &ReadyPolicy,
        rows: &[f32],
        work: &mut PolicyWork,
        p: &mut [[f64; LANES]],
    ) -> Result<(), LearnError> {
        self.coordinate(ready, rows, work)?;
        if self.is_trivial() {
            p.copy_from_slice(&work.q);
            return Ok(());
        }
        let tables = self.tables(ready, rows, work);
        let (advice, actions) = (self.advice(), self.actions());
        for (a, out) in p.iter_mut().enumerate() {
            *out = [0.0; LANES];
            for (x, q) in work.q.iter().enumerate() {
                let mut term = *q;
                for (i, table) in tables.iter().enumerate() {
                    let at = Self::part(advice, x, i) * actions[i] + Self::part(actions, a, i);
                    term.iter_mut().zip(&table[at]).for_each(|(t, p)| *t *= p);
                }
                out.iter_mut().zip(&term).for_each(|(o, t)| *o += t);
            }
        }
        Ok(())
    }

    /// `pi_i(a_i|x_i, o_i)` for every advice value, per agent `[advice][action][lane]`.
    fn tables(&self, ready: &ReadyPolicy, rows: &[f32], work: &mut PolicyWork) -> Vec<Vec<[f64; LANES]>> {
        let mut tables = vec![Vec::new(); self.actors.len()];
        for (i, table) in tables.iter_mut().enumerate() {
            self.tabulate(i, ready, rows, work, table);
        }
        tables
    }

    /// Appends `pi_i(a_i|x_i, o_i)` of agent `i` for every advice value, `[advice][action][lane]`.
    pub(super) fn tabulate(
        &self,
        i: usize,
        ready: &ReadyPolicy,
        rows: &[f32],
        work: &mut PolicyWork,
        table: &mut Vec<[f64; LANES]>,
    ) {
        for x in 0..self.actors[i].advice() {
            self.act(i, ready, rows, &[x as u32; LANES], work);
            table.extend_from_slice(&work.pi[i]);
        }
    }
}
