//! What can go wrong while learning.

use crate::game::GameError;
use crate::quantum::{BornError, DensityError, MatrixError, PovmError, SoftmaxError};
use crate::strategy::StrategyError;

/// Errors of the `learn` module.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LearnError {
    /// A setting that cannot be.
    #[error("{0}")]
    Config(String),
    /// The referee failed.
    #[error(transparent)]
    Game(#[from] GameError),
    /// The parameters left the domain of QuantumSoftmax.
    #[error(transparent)]
    Softmax(#[from] SoftmaxError),
    /// The Born rule was refused.
    #[error(transparent)]
    Born(#[from] BornError),
    /// The learned numbers are not a measurement.
    #[error(transparent)]
    Povm(#[from] PovmError),
    /// The learned numbers are not a state.
    #[error(transparent)]
    Density(#[from] DensityError),
    /// The learned numbers are not a matrix.
    #[error(transparent)]
    Matrix(#[from] MatrixError),
    /// The learned numbers are not a strategy of the scenario.
    #[error(transparent)]
    Strategy(#[from] StrategyError),
    /// The environment failed.
    #[error(transparent)]
    Env(#[from] crate::env::EnvError),
    /// A saved run that does not fit these settings.
    #[error("the saved run has no fitting '{0}': wanted one of the same environment and settings")]
    Saved(String),
    /// A saved policy where a whole run is wanted.
    #[error("holds the policy alone, since its environment could not be saved: it can be evaluated, not resumed")]
    PolicyOnly,
    /// The referee sent a payoff that is not a finite number.
    #[error("payoff {payoff} for question {question:?} and answer {answer:?}: wanted a finite number")]
    Payoff {
        /// The payoff.
        payoff: f64,
        /// The joint question.
        question: Vec<usize>,
        /// The joint answer.
        answer: Vec<usize>,
    },
}
