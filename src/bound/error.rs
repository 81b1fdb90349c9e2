//! What can go wrong when bounding.

use super::lp::LpError;
use crate::game::GameError;
use crate::strategy::StrategyError;

/// Errors of the `bound` module; each message names the place, what was given and what was wanted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BoundError {
    /// A lower bound above an upper bound.
    #[error("bracket: lower bound {lower} is above upper bound {upper}")]
    Crossed {
        /// The lower bound, printed.
        lower: String,
        /// The upper bound, printed.
        upper: String,
    },
    /// Two bounds that cannot bracket one value.
    #[error("bracket: {0}")]
    Bracket(String),
    /// A behaviour that signals where a non-signalling one is wanted.
    #[error("the behaviour signals: marginals differ by {defect}, wanted at most {tolerance}")]
    Signalling {
        /// Largest violation of Eq. 5.
        defect: f64,
        /// The violation allowed.
        tolerance: f64,
    },
    /// A problem beyond what a method can do.
    #[error("{method}: {given} given, at most {limit} possible")]
    TooLarge {
        /// The method.
        method: &'static str,
        /// The size asked for.
        given: String,
        /// The limit.
        limit: String,
    },
    /// A method that does not apply to this game.
    #[error("{method} does not apply: {why}")]
    Unsuitable {
        /// The method.
        method: &'static str,
        /// Why not.
        why: String,
    },
    /// A search that ended without a decision.
    #[error("{what} did not converge: residual {residual:e} after {rounds} rounds")]
    NotConverged {
        /// What was computed.
        what: &'static str,
        /// How far from a solution it ended.
        residual: f64,
        /// Rounds done.
        rounds: usize,
    },
    /// Rayon could not start threads.
    #[error("cannot start {threads} threads: {why}")]
    Threads {
        /// The number asked for.
        threads: usize,
        /// The reason given.
        why: String,
    },
    /// A linear program failed.
    #[error(transparent)]
    Lp(#[from] LpError),
    /// A game or behaviour is wrong.
    #[error(transparent)]
    Game(#[from] GameError),
    /// A strategy is wrong.
    #[error(transparent)]
    Strategy(#[from] StrategyError),
}
