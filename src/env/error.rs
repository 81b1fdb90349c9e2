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
    /// Something this environment cannot do.
    #[error("{0}")]
    Unsupported(String),
}
