//! States and measurements named on the command line, by word or by file.

use super::super::super::output::CliError;
use super::bad;
use crate::learn::{Measurements, SharedState};
use crate::quantum::DensityMatrix;
use crate::strategy::read_strategy;
use std::path::Path;

/// What `--state` says.
pub enum State {
    Learned,
    /// White noise of this visibility on a maximally entangled state.
    MaximallyEntangled(f64),
    File(DensityMatrix),
}

impl State {
    pub fn read(text: &str) -> Result<Self, CliError> {
        let (word, visibility) = text.split_once(':').unwrap_or((text, "1"));
        match word {
            "learned" if text == word => Ok(State::Learned),
            "maximally-entangled" => match visibility.parse() {
                Ok(v) if (0.0..=1.0).contains(&v) => Ok(State::MaximallyEntangled(v)),
                _ => Err(bad("--state", text, "`maximally-entangled:V` with 0 <= V <= 1")),
            },
            _ if is_file(text) => Ok(State::File(read_strategy(Path::new(text))?.rho().clone())),
            _ => Err(bad(
                "--state",
                text,
                "`learned`, `maximally-entangled`, `maximally-entangled:V` with 0 <= V <= 1, or a strategy file (.json, .npz)",
            )),
        }
    }

    /// The dimensions it has by itself.
    pub fn dims(&self) -> Option<Vec<usize>> {
        match self {
            State::File(rho) => Some(rho.dims().to_vec()),
            _ => None,
        }
    }

    pub fn shared(self, dims: &[usize]) -> Result<SharedState, CliError> {
        Ok(match self {
            State::Learned => SharedState::Learned,
            State::File(rho) => SharedState::Fixed(rho),
            State::MaximallyEntangled(visibility) => {
                if dims.windows(2).any(|d| d[0] != d[1]) {
                    let given = format!("maximally-entangled for dimensions {dims:?}");
                    let wanted = "equal local dimensions for this state (see --dim)";
                    return Err(bad("--state", &given, wanted));
                }
                let d = dims.first().copied().unwrap_or(1);
                let rho = DensityMatrix::maximally_entangled_n(dims.len(), d)?;
                SharedState::Fixed(rho.with_white_noise(visibility)?)
            }
        })
    }
}

/// What `--measurements` says.
pub struct Listed {
    dims: Option<Vec<usize>>,
    measurements: Measurements,
}

impl Listed {
    pub fn read(text: &str) -> Result<Self, CliError> {
        let plain = |measurements| Listed { dims: None, measurements };
        Ok(match text {
            "any" => plain(Measurements::Any),
            "real" => plain(Measurements::Real),
            "projective" => plain(Measurements::Projective),
            _ if is_file(text) => {
                let strategy = read_strategy(Path::new(text))?;
                Listed {
                    dims: Some(strategy.dims().to_vec()),
                    measurements: Measurements::Listed(strategy.povms().to_vec()),
                }
            }
            _ => {
                let wanted =
                    "`any`, `real`, `projective`, or a strategy file (.json, .npz) whose measurements are the list";
                return Err(bad("--measurements", text, wanted));
            }
        })
    }

    pub fn dims(&self) -> Option<Vec<usize>> {
        self.dims.clone()
    }

    pub fn measurements(self) -> Measurements {
        self.measurements
    }
}

fn is_file(text: &str) -> bool {
    text.ends_with(".json") || text.ends_with(".npz")
}
