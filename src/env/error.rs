//! Errors of environments.

/// What can go wrong with an environment.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EnvError {
    /// An action out of range.
    #[error("agent {agent}: action {given} given, wanted below {actions}")]
    Action {
        /// The agent.
        agent: usize,
        /// The action given.
        given: u32,
        /// Its number of actions.
        actions: usize,
    },
    /// A parameter that makes no sense.
    #[error("{name}: {given} given, wanted {wanted}")]
    Parameter {
        /// The parameter.
        name: String,
        /// What was given.
        given: String,
        /// What was wanted.
        wanted: String,
    },
    /// Slices or tables of the wrong size.
    #[error("{what}: {given} numbers given, wanted {wanted}")]
    Shape {
        /// Which slice.
        what: String,
        /// Its length.
        given: usize,
        /// The wanted length.
        wanted: usize,
    },
    /// A file that cannot be read or makes no sense.
    #[error("{place}: {why}")]
    File {
        /// File and line.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// An environment process that died, stalled, or answered out of shape.
    #[error("environment '{command}': {why}")]
    Process {
        /// The command.
        command: String,
        /// What is wrong, quoting its line.
        why: String,
    },
    /// A step after an end, or before the first reset.
    #[error("{0}: a step was taken before a reset")]
    NotReset(String),
    /// A reward, cost or observation that is no finite number.
    #[error("{what} is {value}, wanted a finite number")]
    NotFinite {
        /// Which number.
        what: String,
        /// Its value.
        value: f64,
    },
    /// Words that are no saved state of this environment.
    #[error("saved state of '{environment}': {why}")]
    State {
        /// The environment.
        environment: String,
        /// What is wrong.
        why: String,
    },
    /// An error of one of several environments.
    #[error("environment {index}: {error}")]
    At {
        /// Which one.
        index: usize,
        /// What went wrong there.
        error: Box<EnvError>,
    },
    /// A game or referee that failed.
    #[error(transparent)]
    Game(#[from] crate::game::GameError),
    /// Something this environment cannot do.
    #[error("{0}")]
    Unsupported(String),
}
