//! Copies of an environment that are stepped one after another on one thread.

use super::super::{CriticState, End, EnvError, EnvRng, EnvSpec, Environment, stream, stream_from_words, stream_words};
use super::CriticStates;
use std::ops::Range;

/// What the last step of a block wrote; owned by the caller and reused.
#[derive(Debug, Clone)]
pub struct Steps {
    /// Present observations `[env][agent][feature]`, after restarts.
    pub observations: Vec<f64>,
    /// Rewards `[env]`.
    pub rewards: Vec<f64>,
    /// Costs `[env]`.
    pub costs: Vec<f64>,
    /// How the step left the episode `[env]`.
    pub ends: Vec<End>,
    /// Present critic's states, after restarts.
    pub critic: CriticStates,
    /// Last observations of the episodes that ended in this step; other rows are stale.
    pub final_observations: Vec<f64>,
    /// Last critic's states of the episodes that ended in this step; other rows are stale.
    pub final_critic: CriticStates,
}

impl Steps {
    fn new(spec: &EnvSpec, count: usize) -> Self {
        Steps {
            observations: vec![0.0; count * spec.observations()],
            rewards: vec![0.0; count],
            costs: vec![0.0; count],
            ends: vec![End::Running; count],
            critic: CriticStates::zeros(count, spec.critic_state),
            final_observations: vec![0.0; count * spec.observations()],
            final_critic: CriticStates::zeros(count, spec.critic_state),
        }
    }

    /// The environments whose episode ended in the last step.
    pub fn finished(&self) -> impl Iterator<Item = usize> + '_ {
        let ended = |(e, end): (usize, &End)| (*end != End::Running).then_some(e);
        self.ends.iter().enumerate().filter_map(ended)
    }
}

/// Copies `first..` of an environment, each with its own random stream.
pub struct Block {
    spec: EnvSpec,
    first: usize,
    envs: Vec<Box<dyn Environment>>,
    rngs: Vec<EnvRng>,
    critic: CriticState,
}

impl Block {
    pub(super) fn new(prototype: &dyn Environment, range: Range<usize>, seed: u64) -> Result<Self, EnvError> {
        let spec = prototype.spec().clone();
        let fork = |index| prototype.fork().map_err(|e| at(index, e));
        Ok(Block {
            critic: CriticState::zeros(spec.critic_state),
            first: range.start,
            envs: range.clone().map(fork).collect::<Result<_, _>>()?,
            rngs: range.map(|e| stream(seed, e as u64)).collect(),
            spec,
        })
    }

    /// Number of copies.
    pub fn len(&self) -> usize {
        self.envs.len()
    }

    /// Whether there are none, which cannot be.
    pub fn is_empty(&self) -> bool {
        self.envs.is_empty()
    }

    /// The shape of one copy.
    pub fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    /// Buffers of the right size.
    pub fn buffers(&self) -> Steps {
        Steps::new(&self.spec, self.len())
    }

    fn fits(&self, steps: &Steps) -> Result<(), EnvError> {
        let wanted = self.len() * self.spec.observations();
        if steps.observations.len() == wanted && steps.rewards.len() == self.len() {
            return Ok(());
        }
        Err(EnvError::Shape { what: "buffers of a block".into(), given: steps.observations.len(), wanted })
    }

    /// Starts an episode in every copy.
    ///
    /// # Errors
    /// [`EnvError::At`] naming the copy that failed, [`EnvError::Shape`] for buffers of another block.
    pub fn reset(&mut self, steps: &mut Steps) -> Result<(), EnvError> {
        self.fits(steps)?;
        let rows = steps.observations.chunks_exact_mut(self.spec.observations().max(1));
        for (e, ((env, rng), row)) in self.envs.iter_mut().zip(&mut self.rngs).zip(rows).enumerate() {
            env.reset(rng, row).map_err(|error| at(self.first + e, error))?;
            env.critic_state(&mut self.critic);
            steps.critic.write(e, self.critic.as_slice());
        }
        steps.rewards.fill(0.0);
        steps.costs.fill(0.0);
        steps.ends.fill(End::Running);
        Ok(())
    }

    /// One step of every copy, `actions[env][agent]`; ended episodes are restarted, see [`Steps`].
    ///
    /// # Errors
    /// [`EnvError::At`] naming the copy that failed, among them [`EnvError::NotFinite`] for a reward or cost that is
    /// no number; [`EnvError::Shape`] for slices of the wrong length.
    pub fn step(&mut self, actions: &[u32], steps: &mut Steps) -> Result<(), EnvError> {
        self.fits(steps)?;
        let agents = self.spec.agents.len();
        if actions.len() != self.len() * agents {
            return Err(EnvError::Shape {
                what: "joint actions of a block".into(),
                given: actions.len(),
                wanted: self.len() * agents,
            });
        }
        let width = self.spec.observations();
        for (e, (env, rng)) in self.envs.iter_mut().zip(&mut self.rngs).enumerate() {
            let fail = |error| at(self.first + e, error);
            let row = &mut steps.observations[e * width..][..width];
            let joint = &actions[e * agents..][..agents];
            let outcome = env.step(joint, rng, row).map_err(fail)?;
            if !(outcome.reward.is_finite() && outcome.cost.is_finite()) {
                return Err(fail(not_finite(outcome.reward, outcome.cost)));
            }
            steps.rewards[e] = outcome.reward;
            steps.costs[e] = outcome.cost;
            steps.ends[e] = outcome.end;
            env.critic_state(&mut self.critic);
            if outcome.end != End::Running {
                steps.final_observations[e * width..][..width].copy_from_slice(row);
                steps.final_critic.write(e, self.critic.as_slice());
                env.reset(rng, row).map_err(fail)?;
                env.critic_state(&mut self.critic);
            }
            steps.critic.write(e, self.critic.as_slice());
        }
        Ok(())
    }

    /// The state of every copy: four words of its stream, then its own.
    ///
    /// # Errors
    /// [`EnvError::Unsupported`] if the environment cannot be saved.
    pub fn save(&self) -> Result<Vec<Vec<u64>>, EnvError> {
        let mut all = Vec::with_capacity(self.len());
        for (env, rng) in self.envs.iter().zip(&self.rngs) {
            let mut words = stream_words(rng)?.to_vec();
            words.extend(env.save()?);
            all.push(words);
        }
        Ok(all)
    }

    /// Restores what [`Block::save`] told.
    ///
    /// # Errors
    /// [`EnvError`] if the words do not fit.
    pub fn load(&mut self, saved: &[Vec<u64>]) -> Result<(), EnvError> {
        if saved.len() != self.len() {
            return Err(EnvError::Shape {
                what: "saved environments of a block".into(),
                given: saved.len(),
                wanted: self.len(),
            });
        }
        for (e, words) in saved.iter().enumerate() {
            let Some((head, own)) = words.split_first_chunk::<4>() else {
                return Err(at(
                    self.first + e,
                    EnvError::State {
                        environment: self.spec.name.clone(),
                        why: format!("{} words, wanted at least 4", words.len()),
                    },
                ));
            };
            self.envs[e].load(own).map_err(|error| at(self.first + e, error))?;
            self.rngs[e] = stream_from_words(*head);
        }
        Ok(())
    }
}

fn at(index: usize, error: EnvError) -> EnvError {
    EnvError::At { index, error: Box::new(error) }
}

fn not_finite(reward: f64, cost: f64) -> EnvError {
    let (what, value) = if reward.is_finite() { ("the cost", cost) } else { ("the reward", reward) };
    EnvError::NotFinite { what: what.into(), value }
}
