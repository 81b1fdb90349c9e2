//! The record of a `learn` run: the JSON document of the command, `report.json` of the run folder.

use serde::{Deserialize, Serialize};

/// What a `learn` command found. The command writes it, pages read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LearnRecord {
    /// Name of the game.
    pub game: String,
    /// `paper` or `best`.
    pub preset: String,
    /// One entry a seed.
    pub runs: Vec<RunRecord>,
    /// Percent of the maximal advantage, worst run; `null` where there is none to reach.
    pub worst: Option<f64>,
    /// Median run.
    pub median: Option<f64>,
    /// Interquartile mean of the runs.
    pub iqm: Option<f64>,
    /// The same of the values.
    pub win_probability: SummaryRecord,
    /// Classical optimum.
    pub classical: f64,
    /// The same in exact numbers.
    pub classical_exact: String,
    /// Best upper bound known on the quantum value, of any state and measurements.
    pub quantum_upper: Option<f64>,
    /// Its closed form, where known.
    pub quantum_upper_text: Option<String>,
    /// Runs whose proved value does not exceed the classical optimum.
    pub at_or_below_classical: usize,
    /// Proved value of the best run minus the classical optimum.
    pub margin: Option<f64>,
    /// The same in exact numbers.
    pub margin_exact: String,
    /// Whether the margin is positive.
    pub advantage: bool,
    /// Limits of the physical realisation; absent in records from before there were any.
    #[serde(default)]
    pub limits: Option<LimitsRecord>,
    /// What each number rests on.
    pub evidence: EvidenceRecord,
    /// Wall-clock time of the command.
    pub seconds: f64,
    /// Path of the certificate of the best run.
    pub certificate: String,
    /// The command that checks it, from within the folder.
    #[serde(default)]
    pub check: Option<String>,
    /// The run folder.
    pub out: String,
}

/// One seed of a [`LearnRecord`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The seed.
    pub seed: u64,
    /// Value of the strategy kept.
    pub win_probability: f64,
    /// What is proved of it, exact.
    pub win_probability_proved: String,
    /// Value after the last update.
    pub final_win_probability: f64,
    /// Percent of the maximal advantage.
    pub advantage_percent: Option<f64>,
    /// Whether the proved value exceeds the classical optimum.
    pub advantage_proved: bool,
    /// With white noise on top of its state the strategy is proved to beat every classical one at any visibility above this
    /// (exact, rounded up to 12 decimals); `null` without an advantage.
    #[serde(default)]
    pub critical_visibility: Option<f64>,
    /// Step of the strategy kept.
    pub kept_step: usize,
    /// Updates done.
    pub steps: usize,
    /// Updates skipped because their gradient was not finite.
    pub skipped_steps: usize,
    /// Plays of the run.
    pub plays: u64,
    /// Wall-clock time of the run.
    pub seconds: f64,
}

/// Worst, median and interquartile mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SummaryRecord {
    /// Smallest.
    pub worst: Option<f64>,
    /// Median.
    pub median: Option<f64>,
    /// Interquartile mean.
    pub iqm: Option<f64>,
}

/// Imperfect states and restricted measurements of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LimitsRecord {
    /// The shared state as the command was told.
    pub state: String,
    /// Weight of the state in its mixture with white noise.
    pub visibility: f64,
    /// Probability of decay of each part.
    pub damping: f64,
    /// `any`, `real`, `projective` or `listed`.
    pub measurements: String,
}

impl LimitsRecord {
    /// What is limited, in words; `None` if nothing is.
    pub fn words(&self) -> Option<String> {
        let mut words = Vec::new();
        if self.state != "learned" {
            words.push(format!("given state {}", self.state));
        }
        if self.damping != 0.0 {
            words.push(format!("amplitude damping {}", self.damping));
        }
        if self.visibility != 1.0 {
            words.push(format!("visibility {}", self.visibility));
        }
        if self.measurements != "any" {
            words.push(format!("{} measurements", self.measurements));
        }
        (!words.is_empty()).then(|| words.join(", "))
    }
}

/// What the numbers of a [`LearnRecord`] rest on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvidenceRecord {
    /// `numerical`, or `sampled` where the game is known from plays only.
    pub win_probability: String,
    /// Always `exact`.
    pub win_probability_proved: String,
    /// `exact` or `certified upper bound`.
    pub classical: String,
    /// `literature`.
    pub quantum_upper: String,
    /// `exact`, or how the game's table became known.
    pub game: String,
}
