//! Strategies: how a game is played, by class.

mod class;
mod deterministic;

pub use class::PolicyClass;
pub use deterministic::Deterministic;

use crate::game::GameError;

/// What can be wrong with strategies.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StrategyError {
    /// Sizes or indices that do not fit the scenario.
    #[error("strategy: {0}")]
    Shape(String),
    /// A table or file of the `game` module.
    #[error(transparent)]
    Game(#[from] GameError),
}
