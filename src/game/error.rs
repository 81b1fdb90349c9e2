//! What can be wrong with games, behaviours and referees.

/// Errors of the `game` module; each message names the place, what was given and what was wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GameError {
    /// A scenario that cannot be.
    #[error("scenario: {0}")]
    Scenario(String),
    /// A table that is not a behaviour.
    #[error("behaviour: {0}")]
    Behaviour(String),
    /// A game that cannot be.
    #[error("game '{name}': {why}")]
    Game {
        /// Name of the game.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// A name that is not in the catalogue.
    #[error("unknown game '{name}'{hint}")]
    Unknown {
        /// The name given.
        name: String,
        /// The nearest names, or how to list them.
        hint: String,
    },
    /// A file that cannot be read or does not hold what it should.
    #[error("{path}: {why}")]
    File {
        /// The path given.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// A referee process that died, stalled, or said something it should not.
    #[error("referee '{command}': {why}")]
    Referee {
        /// The command of the referee.
        command: String,
        /// What is wrong, with the line it wrote.
        why: String,
    },
}
