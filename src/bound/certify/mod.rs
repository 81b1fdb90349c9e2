//! Floats to proofs: emits `qcert` certificates and has them checked.
//!
//! | file | what |
//! |---|---|
//! | [`exact`](ExactStrategy) | strategies rounded until they are valid in exact arithmetic, and their exact values |
//! | `cayley` | the same, exactly projective |
//! | [`rational`](recognise) | the strategy in small fractions that a float one stands for |
//! | [`tight`](tight_blocks) | squares that prove a rational strategy optimal, with nothing left over |
//! | `behaviour` | behaviours in exact numbers |
//! | [`data`] | finite data |
//! | `draft` | proofs, one after the other, each with the number its witness shows |
//! | `text` | how they are written |

mod behaviour;
mod cayley;
pub mod data;
mod draft;
mod exact;
mod rational;
mod text;
mod tight;

pub use draft::Draft;
pub use exact::{ExactPovm, ExactStrategy, IntegerMatrix};
pub use rational::recognise;
pub use tight::{GramBlock, component_questions, tight_blocks};

use super::BoundError;
use super::npa::SosBlock;
use crate::check::{self, Limits, Proved};
use crate::game::file::{file_error, identity, read_bounded, write_atomic};
use crate::game::{Game, GameError, Rational};
use crate::strategy::{Deterministic, QuantumStrategy, StrategyError};
use num_bigint::BigInt;
use num_traits::Signed;
use std::path::Path;

/// Denominators of emitted certificates are `2^DEFAULT_BITS`: a loss of about 1e-12.
pub const DEFAULT_BITS: u32 = 40;

/// Decimal places that a claimed value is rounded to, downward.
const DECIMALS: u32 = 12;

/// Why a proof cannot be had.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CertifyError {
    /// The strategy cannot be made exactly valid.
    #[error("{0}")]
    Rounding(String),
    /// The game or a file is bad.
    #[error(transparent)]
    Game(#[from] GameError),
    /// The strategy is bad.
    #[error(transparent)]
    Strategy(#[from] StrategyError),
    /// The classical optimum could not be had.
    #[error(transparent)]
    Bound(#[from] BoundError),
    /// The checker did not accept what was written: a defect of this program, or a game beyond its limits.
    #[error("the checker did not accept the certificate: {0}")]
    Rejected(check::Reject),
}

/// A claim about a game with its evidence, not yet checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Certificate {
    /// The `qcert` text.
    pub text: String,
    /// Claimed lower bound on the quantum value: the strategy's exact value rounded down.
    pub value: Rational,
    /// Claimed upper bound on the classical value.
    pub classical: Rational,
    /// `value - classical`; positive exactly when the certificate concludes `advantage`.
    pub margin: Rational,
    /// Claimed upper bound on the quantum value, where squares were given; the certificate then concludes
    /// `eps_optimal` with the difference to `value`.
    pub upper: Option<Rational>,
    /// Exact value of the strategy's measurements on the maximally mixed state.
    pub white_noise: Rational,
}

impl Certificate {
    /// Whether the certificate concludes that the strategy beats every classical one.
    pub fn advantage(&self) -> bool {
        self.margin.is_positive()
    }

    /// The critical visibility `(C - N)/(Q - N)`: mixed with white noise, `v rho + (1 - v) I/D`, the strategy beats the
    /// classical value `C` for every `v` above it, for its value is `v Q + (1 - v) N` exactly. `None` without an advantage.
    ///
    /// Exact for the claimed value `Q`, which is rounded down: the strategy's own critical visibility is not above it.
    pub fn critical_visibility(&self) -> Option<Rational> {
        self.advantage().then(|| (&self.classical - &self.white_noise) / (&self.value - &self.white_noise))
    }
}

/// Turns a strategy and a classical bound into a certificate for a game.
///
/// The strategy is rounded to denominators `2^bits` and repaired (F2); its value is computed exactly and claimed
/// rounded down to 12 decimals. `classical` must be a proven upper bound on the shared-randomness value; `attained`
/// is a deterministic strategy to show beside it. If the value is larger, the conclusion `advantage` follows (F9).
/// `squares` are those of an NPA bound, or none: rounded to the same denominators they prove an upper bound on the quantum
/// value whatever the solver did (F5), and the conclusion `eps_optimal` says how far the strategy may be from it.
///
/// Exact: nothing in the certificate is a float. Source: `docs/certificates.md`. [`Draft`] makes other certificates.
///
/// # Errors
/// [`CertifyError`] if the strategy plays another scenario or cannot be made valid.
pub fn certify(
    game: &Game,
    strategy: &QuantumStrategy,
    classical: &Rational,
    attained: &Deterministic,
    squares: &[SosBlock],
    bits: u32,
) -> Result<Certificate, CertifyError> {
    game.same_scenario(strategy.scenario())?;
    let mut draft = Draft::new(game);
    draft.classical(classical, attained, &[]);
    let exact = ExactStrategy::round(strategy, bits)?;
    let value = draft.strategy("strategy", &exact);
    let upper = match squares {
        [] => None,
        squares => Some(draft.squares(squares, bits)?),
    };
    draft.conclude("strategy");
    Ok(Certificate {
        text: draft.text(),
        margin: &value - classical,
        value,
        classical: classical.clone(),
        upper,
        white_noise: exact.white_noise_value(game),
    })
}

/// Writes the text of a certificate and runs the checker on the *written file*, for this very game.
///
/// # Errors
/// [`CertifyError::Rejected`] if the checker refuses it, [`CertifyError::Game`] if it cannot be written.
pub fn write_and_check(game: &Game, text: &str, path: &Path) -> Result<Vec<Proved>, CertifyError> {
    write_atomic(path, text.as_bytes())?;
    let bytes = read_bounded(path)?;
    let proved = check::check(&bytes, &Limits::default()).map_err(|why| {
        // nobody must find a file that proves nothing
        let _ = std::fs::remove_file(path);
        CertifyError::Rejected(why)
    })?;
    let wanted = identity(game)?;
    if let Some(other) = proved.iter().find(|p| p.game_sha256() != wanted) {
        let why = format!("holds a proof for game {}, wanted {wanted}", other.game_sha256());
        return Err(file_error(path, why).into());
    }
    Ok(proved)
}

/// The largest multiple of `10^-12` that is not above `v`.
pub fn round_down(v: &Rational) -> Rational {
    let scale = BigInt::from(10).pow(DECIMALS);
    Rational::new((v * Rational::from(scale.clone())).floor().to_integer(), scale)
}

/// The number itself if it is short enough to be read, otherwise [`round_down`].
pub fn readable_down(v: &Rational) -> Rational {
    match v.denom().bits() <= 32 {
        true => v.clone(),
        false => round_down(v),
    }
}

/// The number itself if it is short enough to be read, otherwise the least multiple of `10^-12` not below it.
pub fn readable_up(v: &Rational) -> Rational {
    -readable_down(&-v.clone())
}
