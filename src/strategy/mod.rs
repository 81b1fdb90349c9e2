//! Strategies: how a game is played, by class.

mod class;
mod classical;
pub mod coordinator;
mod deterministic;
mod file;
mod quantum;

pub use class::PolicyClass;
pub use classical::{Factorised, SharedRandomness};
pub use coordinator::{Coordinated, Coordinator};
pub use deterministic::Deterministic;
pub(crate) use file::parse_strategy;
pub use file::{read_strategy, strategy_to_json, strategy_to_npz};
pub use quantum::QuantumStrategy;

use crate::game::GameError;
use crate::quantum::{BornError, DensityError, PovmError};

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
    /// A measurement that is none.
    #[error(transparent)]
    Povm(#[from] PovmError),
    /// A state that is none.
    #[error(transparent)]
    Density(#[from] DensityError),
    /// A contraction that is refused.
    #[error(transparent)]
    Born(#[from] BornError),
}
