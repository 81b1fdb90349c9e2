//! Memory: the last observations and actions of each agent as its observation.

use super::{
    AgentSpec, CriticState, EnvError, EnvRng, EnvSpec, Environment, Outcome, check_actions, check_observations,
};

/// Longest memory.
pub const MAX_HISTORY: usize = 1000;

/// An environment whose agents remember: agent `i` observes `o_t`, then for `j = 1..=k` its own last action before
/// `o_{t-j+1}`, one-hot, and `o_{t-j}`; zeros before the start. This is the observation-action history `h_i` cut to
/// length `k` (Section 3).
///
/// ```
/// use bellwether::env::{Environment, History, queueing::{Queueing, QueueParameters}, stream};
/// let mut env = History::new(Box::new(Queueing::new(QueueParameters::default())?), 1)?;
/// let (mut rng, mut seen) = (stream(0, 0), [0.0; 8]);
/// env.reset(&mut rng, &mut seen)?;
/// let first = seen[0];
/// env.step(&[1, 0], &mut rng, &mut seen)?;
/// assert_eq!(seen[1..4], [0.0, 1.0, first]); // its action and its job before
/// # Ok::<(), bellwether::env::EnvError>(())
/// ```
pub struct History {
    inner: Box<dyn Environment>,
    spec: EnvSpec,
    length: usize,
    /// Observations of all agents with their memories, as last written.
    memory: Vec<f64>,
    fresh: Vec<f64>,
}

impl History {
    /// `inner` with a memory of `length` steps.
    ///
    /// # Errors
    /// [`EnvError::Parameter`] for a length beyond [`MAX_HISTORY`].
    pub fn new(inner: Box<dyn Environment>, length: usize) -> Result<Self, EnvError> {
        if length > MAX_HISTORY {
            return Err(EnvError::Parameter {
                name: "history".into(),
                given: length.to_string(),
                wanted: format!("at most {MAX_HISTORY} steps"),
            });
        }
        let mut spec = inner.spec().clone();
        let fresh = vec![0.0; spec.observations()];
        for agent in &mut spec.agents {
            agent.observation += length * (agent.observation + agent.actions);
        }
        Ok(History { memory: vec![0.0; spec.observations()], inner, spec, length, fresh })
    }

    /// Puts the fresh observations in front; with actions, what was there moves back.
    fn push(&mut self, actions: Option<&[u32]>) {
        let mut memory = &mut self.memory[..];
        let mut fresh = &self.fresh[..];
        let agents = self.inner.spec().agents.iter().zip(&self.spec.agents);
        for (i, (agent, whole)) in agents.enumerate() {
            let &AgentSpec { observation: o, actions: a, .. } = agent;
            let (own, more) = memory.split_at_mut(whole.observation);
            match actions {
                None => own.fill(0.0),
                Some(actions) if self.length > 0 => {
                    own.copy_within(..whole.observation - o - a, o + a);
                    own[o..o + a].fill(0.0);
                    own[o + actions[i] as usize] = 1.0;
                }
                Some(_) => {}
            }
            let (now, rest) = fresh.split_at(o);
            own[..o].copy_from_slice(now);
            (memory, fresh) = (more, rest);
        }
    }
}

impl Environment for History {
    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn reset(&mut self, rng: &mut EnvRng, observations: &mut [f64]) -> Result<(), EnvError> {
        check_observations(&self.spec, observations)?;
        self.inner.reset(rng, &mut self.fresh)?;
        self.push(None);
        observations.copy_from_slice(&self.memory);
        Ok(())
    }

    fn step(&mut self, actions: &[u32], rng: &mut EnvRng, observations: &mut [f64]) -> Result<Outcome, EnvError> {
        check_observations(&self.spec, observations)?;
        check_actions(&self.spec, actions)?;
        let outcome = self.inner.step(actions, rng, &mut self.fresh)?;
        self.push(Some(actions));
        observations.copy_from_slice(&self.memory);
        Ok(outcome)
    }

    fn critic_state(&self, state: &mut CriticState) {
        self.inner.critic_state(state);
    }

    fn fork(&self) -> Result<Box<dyn Environment>, EnvError> {
        Ok(Box::new(History::new(self.inner.fork()?, self.length)?))
    }

    fn save(&self) -> Result<Vec<u64>, EnvError> {
        let mut words: Vec<u64> = self.memory.iter().map(|x| x.to_bits()).collect();
        words.extend(self.inner.save()?);
        Ok(words)
    }

    fn load(&mut self, words: &[u64]) -> Result<(), EnvError> {
        let n = self.memory.len();
        let fits = words.len() >= n && words[..n].iter().all(|w| f64::from_bits(*w).is_finite());
        if !fits {
            return Err(EnvError::State {
                environment: self.spec.name.clone(),
                why: "no memory of this length".into(),
            });
        }
        let (memory, inner) = words.split_at(n);
        self.inner.load(inner)?;
        for (x, word) in self.memory.iter_mut().zip(memory) {
            *x = f64::from_bits(*word);
        }
        Ok(())
    }
}
