//! Settings of the learners of single-round games.

use super::{LearnError, Measurements, Restrictions, SharedState};
use crate::game::Scenario;
use serde::{Deserialize, Serialize};

/// The two published recipes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// REINFORCE exactly as Eq. 17-20 and Appendix D.5.
    Paper,
    /// The same black-box access used better: see [`crate::learn::anneal()`].
    Best,
}

impl Preset {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Preset::Paper => "paper",
            Preset::Best => "best",
        }
    }
}

/// Settings of one training run.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Which learner runs.
    pub preset: Preset,
    /// Optimisation steps (paper: 5000).
    pub steps: usize,
    /// Plays per step (paper: 512).
    pub batch: usize,
    /// Adam's learning rate (paper: 3e-2).
    pub learning_rate: f64,
    /// Entropy coefficient alpha (paper: 0.2); the start value where the preset anneals it.
    pub entropy: f64,
    /// Local dimension per player.
    pub dims: Vec<usize>,
    /// Hidden widths of the logit networks; empty is a table.
    pub hidden: Vec<usize>,
    /// Deviation of the initial logits (default: [`lecun_deviation`]).
    pub init_scale: f64,
    /// Weight of the conditioning loss of Appendix I.
    pub conditioning: f64,
    /// Learned or given shared state.
    pub state: SharedState,
    /// Imperfect states and restricted measurements (Appendix F); none by default.
    pub restrictions: Restrictions,
}

/// Largest batch: bounds what one step allocates.
pub const MAX_BATCH: usize = 1 << 22;

impl Config {
    /// The preset's settings for a scenario.
    pub fn new(preset: Preset, scenario: &Scenario) -> Self {
        Config {
            preset,
            steps: 5000,
            batch: 512,
            learning_rate: 3e-2,
            entropy: 0.2,
            dims: default_dims(scenario),
            hidden: Vec::new(),
            init_scale: lecun_deviation(scenario),
            conditioning: 0.0,
            state: SharedState::Learned,
            restrictions: Restrictions::default(),
        }
    }

    /// Fails on settings that cannot be used, naming the first.
    ///
    /// # Errors
    /// [`LearnError::Config`].
    pub fn check(&self) -> Result<(), LearnError> {
        let bad = |what: &str, given: String, wanted: &str| {
            Err(LearnError::Config(format!("{what}: {given} given, wanted {wanted}")))
        };
        if self.steps == 0 {
            return bad("steps", "0".into(), "at least 1");
        }
        if self.batch == 0 || self.batch > MAX_BATCH {
            return bad("batch", self.batch.to_string(), "1 to 4194304");
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return bad("learning rate", self.learning_rate.to_string(), "a positive number");
        }
        for (what, v) in
            [("entropy", self.entropy), ("init scale", self.init_scale), ("conditioning", self.conditioning)]
        {
            if !(v >= 0.0 && v.is_finite()) {
                return bad(what, v.to_string(), "a number of at least 0");
            }
        }
        self.restrictions.noise.check()?;
        let measurements = &self.restrictions.measurements;
        let softmax = matches!(measurements, Measurements::Any | Measurements::Real);
        if self.conditioning != 0.0 && !softmax {
            return bad(
                "conditioning",
                format!("{} with {} measurements", self.conditioning, measurements.name()),
                "0: only measurements by QuantumSoftmax have this loss",
            );
        }
        if self.hidden.len() > 8 || self.hidden.iter().any(|&w| !(1..=4096).contains(&w)) {
            return bad("hidden", format!("{:?}", self.hidden), "at most 8 widths of 1 to 4096");
        }
        Ok(())
    }
}

/// Default local dimensions: one level per answer (3 for the rendezvous games, see
/// `docs/learning.md`), lowered together until the joint dimension is at most 64.
pub fn default_dims(scenario: &Scenario) -> Vec<usize> {
    let mut cap = scenario.answers().iter().copied().max().unwrap_or(1);
    loop {
        let dims: Vec<usize> = scenario.answers().iter().map(|&k| k.min(cap)).collect();
        let joint = dims.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
        if cap <= 2 || joint.is_some_and(|n| n <= 64) {
            return dims;
        }
        cap -= 1;
    }
}

/// Deviation of LeCun's normal initialisation, `1/sqrt(fan_in)`, of a linear layer on one-hot questions: the default of
/// Flax's `Dense`. The paper does not state its initialisation; this one gives its figures on all four games.
pub fn lecun_deviation(scenario: &Scenario) -> f64 {
    let fan_in = scenario.questions().iter().copied().max().unwrap_or(1);
    1.0 / (fan_in as f64).sqrt()
}
