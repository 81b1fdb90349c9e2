//! Sequential problems: decentralised partially observed Markov decision processes with a shared reward and a cost.
//!
//! At every step `t` agent `i` sees its own observation `o_i`, acts `a_i`, and all share one reward and one cost. The
//! critic's state is a type of its own, [`CriticState`]: code that chooses actions takes observations and cannot read it.

pub mod contract;
mod error;
pub(crate) mod exec;
mod history;
mod one_shot;
pub mod queueing;
mod registry;
mod rendezvous;
mod sequence;
mod stream;
pub mod tabular;
pub mod trading;
pub mod vector;

pub use error::EnvError;
pub use exec::ExecEnvironment;
pub use history::{History, MAX_HISTORY};
pub use one_shot::OneShot;
pub use registry::{lookup, sequential};
pub use rendezvous::Rendezvous;
pub use sequence::GameSequence;
pub use stream::{stream, stream_from_words, stream_words};
pub use tabular::{Tables, Tabular};

/// The random stream handed to environments: the algorithm is part of the contract, so that a seed gives the same bits
/// on every machine.
pub type EnvRng = rand_xoshiro::Xoshiro256PlusPlus;

/// What one agent sees and may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentSpec {
    /// A name for reports.
    pub name: String,
    /// Numbers in its observation.
    pub observation: usize,
    /// Number of actions, `0..actions`.
    pub actions: usize,
}

/// The shape of an environment; agents may differ.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvSpec {
    /// A name for reports and run folders.
    pub name: String,
    /// The agents, in the order of observations and actions.
    pub agents: Vec<AgentSpec>,
    /// Numbers in the critic's state.
    pub critic_state: usize,
    /// Whether the cost means anything (a constrained problem).
    pub has_cost: bool,
    /// The longest episode, if there is a longest one.
    pub horizon: Option<u32>,
}

impl EnvSpec {
    /// Numbers in all observations together: the length of the observation buffer of one environment.
    pub fn observations(&self) -> usize {
        self.agents.iter().map(|a| a.observation).sum()
    }
}

/// Whether an episode goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum End {
    /// It goes on.
    #[default]
    Running,
    /// It ended by its own rules: the future is worth nothing.
    Terminated,
    /// It was cut off: the future is worth what the critic says of the final state.
    Truncated,
}

/// What a step returns besides observations.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Outcome {
    /// The reward all agents share.
    pub reward: f64,
    /// The cost, larger is worse; 0 where the problem has none.
    pub cost: f64,
    /// Whether the episode goes on.
    pub end: End,
}

/// The state that only a critic may read; policies take plain observation slices and cannot reach it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CriticState(Vec<f64>);

impl CriticState {
    /// A zero state of `len` numbers.
    pub fn zeros(len: usize) -> Self {
        CriticState(vec![0.0; len])
    }

    /// The numbers, to be read by a critic.
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }

    /// The numbers, to be written by an environment.
    pub fn as_mut_slice(&mut self) -> &mut [f64] {
        &mut self.0
    }
}

/// A sequential problem for `n` agents who may not talk.
///
/// Buffers belong to the caller: `observations` holds [`EnvSpec::observations`] numbers, agent after agent. Random
/// numbers come only from the stream passed in. [`Environment::step`] after an end is an error until
/// [`Environment::reset`]; environments never reset themselves (the vectoriser does, and keeps the final state).
pub trait Environment: Send {
    /// Its shape, constant for life.
    fn spec(&self) -> &EnvSpec;

    /// Starts an episode and writes the first observations.
    ///
    /// # Errors
    /// [`EnvError`] if the environment fails (a process, a file).
    fn reset(&mut self, rng: &mut EnvRng, observations: &mut [f64]) -> Result<(), EnvError>;

    /// Takes one action per agent and writes the next observations.
    ///
    /// # Errors
    /// [`EnvError::Action`] for an action out of range, and what the environment itself reports.
    fn step(&mut self, actions: &[u32], rng: &mut EnvRng, observations: &mut [f64]) -> Result<Outcome, EnvError>;

    /// Writes the critic's view of the present state ([`EnvSpec::critic_state`] numbers).
    fn critic_state(&self, state: &mut CriticState);

    /// A fresh copy with the same parameters, for vectorised stepping; the copy must be reset before use.
    ///
    /// # Errors
    /// [`EnvError`] if no copy can be had (a process that does not start).
    fn fork(&self) -> Result<Box<dyn Environment>, EnvError>;

    /// The present state as words, such that [`Environment::load`] continues bit for bit.
    ///
    /// # Errors
    /// [`EnvError::Unsupported`] if this environment cannot be saved.
    fn save(&self) -> Result<Vec<u64>, EnvError>;

    /// Restores a state written by [`Environment::save`].
    ///
    /// # Errors
    /// [`EnvError`] if the words do not describe a state of this environment.
    fn load(&mut self, words: &[u64]) -> Result<(), EnvError>;
}

/// Refuses joint actions of the wrong length or out of range; for implementers.
///
/// # Errors
/// [`EnvError::Shape`] or [`EnvError::Action`].
#[inline]
pub fn check_actions(spec: &EnvSpec, actions: &[u32]) -> Result<(), EnvError> {
    if actions.len() != spec.agents.len() {
        return Err(EnvError::Shape {
            what: format!("joint action of '{}'", spec.name),
            given: actions.len(),
            wanted: spec.agents.len(),
        });
    }
    for (agent, (given, its)) in actions.iter().zip(&spec.agents).enumerate() {
        if *given as usize >= its.actions {
            return Err(EnvError::Action { agent, given: *given, actions: its.actions });
        }
    }
    Ok(())
}

/// Refuses a step with a buffer or a joint action that does not fit, or outside an episode; for implementers.
///
/// # Errors
/// As [`check_observations`] and [`check_actions`], then [`EnvError::NotReset`] where no episode is running.
pub fn check_step(spec: &EnvSpec, running: bool, actions: &[u32], observations: &[f64]) -> Result<(), EnvError> {
    check_observations(spec, observations)?;
    check_actions(spec, actions)?;
    if running {
        return Ok(());
    }
    Err(EnvError::NotReset(spec.name.clone()))
}

/// Refuses an observation buffer of the wrong length; for implementers.
///
/// # Errors
/// [`EnvError::Shape`].
pub fn check_observations(spec: &EnvSpec, observations: &[f64]) -> Result<(), EnvError> {
    let wanted = spec.observations();
    if observations.len() == wanted {
        return Ok(());
    }
    Err(EnvError::Shape { what: format!("observation buffer of '{}'", spec.name), given: observations.len(), wanted })
}
