//! How to compute an upper bound.

use std::time::Duration;

/// Most parameters the interior point method is given: its normal equations are dense.
pub(super) const MAX_PARAMETERS: usize = 5000;

/// Flops of one interior point step above which the splitting method is quicker to a useful bound.
const MAX_STEP_COST: f64 = 6e10;

/// Flops a second that a step is taken to run at, and the number of steps that must fit into a time limit, for a method whose
/// first steps prove nothing to be chosen.
const STEP_SPEED: f64 = 5e9;
const STEPS_IN_TIME: f64 = 10.0;

/// Flops of one interior point step below which the matrix is not brought to blocks: it would take longer.
pub(super) const MIN_BLOCK_COST: f64 = 2e7;

/// Which solver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// Interior point where its normal equations fit, else splitting.
    #[default]
    Auto,
    /// `sdp::interior`.
    Interior,
    /// `sdp::splitting`.
    Splitting,
}

/// Where a computation is, for progress displays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Number of the component, from 0, and how many there are.
    pub component: (usize, usize),
    /// Steps of the solver.
    pub iteration: usize,
    /// Its residual.
    pub residual: f64,
}

/// How to compute a bound.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Wanted distance of the proved bound from the level's value.
    pub tolerance: f64,
    /// Largest number of solver steps per component.
    pub max_iterations: usize,
    /// Largest time, checked between steps.
    pub time_limit: Option<Duration>,
    /// Whether to look for symmetries of the game.
    pub symmetry: bool,
    /// Whether the matrix is brought to diagonal blocks where symmetry allows it and a step becomes cheaper.
    pub blocks: bool,
    /// Whether parts of the game without common questions are bounded one by one.
    pub split: bool,
    /// The solver.
    pub method: Method,
    /// A value the optimum is known to reach, such as that of a strategy: a bound within `tolerance` of it
    /// needs no higher level.
    pub target: Option<f64>,
    /// Largest moment matrix.
    pub max_size: usize,
    /// Called after every step.
    pub progress: Option<&'a dyn Fn(Progress)>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            tolerance: 1e-8,
            max_iterations: 20_000,
            time_limit: None,
            symmetry: true,
            blocks: true,
            split: true,
            method: Method::Auto,
            target: None,
            max_size: 1500,
            progress: None,
        }
    }
}

impl Options<'_> {
    /// The dearest interior point step that is still worth while.
    pub(super) fn max_step_cost(&self) -> f64 {
        let limit = self.time_limit.map_or(f64::INFINITY, |t| t.as_secs_f64());
        MAX_STEP_COST.min(limit * STEP_SPEED / STEPS_IN_TIME)
    }
}
