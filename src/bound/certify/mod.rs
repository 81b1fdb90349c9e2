//! Floats to proofs: emits `qcert` certificates and has them checked.

mod exact;

pub use exact::{ExactStrategy, IntegerMatrix};

use super::BoundError;
use crate::check::num::format_rational;
use crate::check::psd::Gauss;
use crate::check::{self, Limits, Proved};
use crate::game::file::{file_error, game_to_json, identity, read_bounded, write_atomic};
use crate::game::{Game, GameError, Rational, to_f64};
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
}

impl Certificate {
    /// Whether the certificate concludes that the strategy beats every classical one.
    pub fn advantage(&self) -> bool {
        self.margin.is_positive()
    }
}

/// Turns a strategy and a classical bound into a certificate for a game.
///
/// The strategy is rounded to denominators `2^bits` and repaired (F2); its value is computed exactly and claimed
/// rounded down to 12 decimals. `classical` must be a proven upper bound on the shared-randomness value; `attained`
/// is a deterministic strategy to show beside it. If the value is larger, the conclusion `advantage` follows (F9).
///
/// Exact: nothing in the certificate is a float. Source: `docs/certificates.md`.
///
/// # Errors
/// [`CertifyError`] if the strategy plays another scenario or cannot be made valid.
pub fn certify(
    game: &Game,
    strategy: &QuantumStrategy,
    classical: &Rational,
    attained: &Deterministic,
    bits: u32,
) -> Result<Certificate, CertifyError> {
    game.same_scenario(strategy.scenario())?;
    let exact = ExactStrategy::round(strategy, bits)?;
    let value = round_down(&exact.value(game));
    let margin = &value - classical;
    let proofs = [
        format!(
            "{{\"id\":\"classical\",\"type\":\"classical_upper\",\"value\":\"{}\"}}",
            format_rational(classical)
        ),
        format!(
            "{{\"id\":\"deterministic\",\"type\":\"classical_lower\",\"value\":\"{}\",\"strategy\":{:?}}}",
            format_rational(&attained.value(game)),
            attained.choices()
        ),
        quantum_lower("strategy", &value, &exact),
    ];
    let conclusion = if margin.is_positive() {
        format!(
            "{{\"type\":\"advantage\",\"lower\":\"strategy\",\"upper\":\"classical\",\"value\":\"{}\"}}",
            format_rational(&margin)
        )
    } else {
        String::new()
    };
    Ok(Certificate {
        text: format!(
            "{{\"format\":\"qcert\",\"version\":1,\n\"game\":{},\n\"proofs\":[\n{}],\n\"conclusions\":[{conclusion}]}}",
            game_to_json(game, false),
            proofs.join(",\n")
        ),
        value,
        classical: classical.clone(),
        margin,
    })
}

/// Writes a certificate and runs the checker on the *written file*, for this very game.
///
/// # Errors
/// [`CertifyError::Rejected`] if the checker refuses it, [`CertifyError::Game`] if it cannot be written.
pub fn write_and_check(
    game: &Game,
    certificate: &Certificate,
    path: &Path,
) -> Result<Vec<Proved>, CertifyError> {
    write_atomic(path, certificate.text.as_bytes())?;
    let bytes = read_bounded(path)?;
    let proved = check::check(&bytes, &Limits::default()).map_err(CertifyError::Rejected)?;
    let wanted = identity(game)?;
    if let Some(other) = proved.iter().find(|p| p.game_sha256() != wanted) {
        let why = format!(
            "holds a proof for game {}, wanted {wanted}",
            other.game_sha256()
        );
        return Err(file_error(path, why).into());
    }
    Ok(proved)
}

/// The largest multiple of `10^-12` that is not above `v`.
pub fn round_down(v: &Rational) -> Rational {
    let scale = BigInt::from(10).pow(DECIMALS);
    Rational::new(
        (v * Rational::from(scale.clone())).floor().to_integer(),
        scale,
    )
}

/// How far the exact value of the rounded strategy lies from its floating-point value.
pub fn rounding_loss(
    game: &Game,
    strategy: &QuantumStrategy,
    bits: u32,
) -> Result<f64, CertifyError> {
    let exact = to_f64(&ExactStrategy::round(strategy, bits)?.value(game));
    Ok(game.value(&strategy.behaviour()?)? - exact)
}

fn quantum_lower(id: &str, value: &Rational, s: &ExactStrategy) -> String {
    let row = |row: &Vec<Gauss>| {
        let entries: Vec<String> = row
            .iter()
            .map(|z| format!("[\"{}\",\"{}\"]", z.re, z.im))
            .collect();
        format!("[{}]", entries.join(","))
    };
    let matrix = |m: &IntegerMatrix| list(m, row);
    let povm = |elements: &Vec<IntegerMatrix>| {
        format!(
            "{{\"den\":\"{}\",\"m\":{}}}",
            s.denominator,
            list(elements, matrix)
        )
    };
    let player = |player: &Vec<Vec<IntegerMatrix>>| list(player, povm);
    format!(
        "{{\"id\":\"{id}\",\"type\":\"quantum_lower\",\"value\":\"{}\",\"dims\":{:?},\n\"state\":{},\n\"povm\":{}}}",
        format_rational(value),
        s.dims,
        list(&s.state, row),
        list(&s.povms, player)
    )
}

fn list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    let items: Vec<String> = items.iter().map(show).collect();
    format!("[{}]", items.join(","))
}
