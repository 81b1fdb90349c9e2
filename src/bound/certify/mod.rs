//! Floats to proofs: emits `qcert` certificates and has them checked.

pub mod data;
mod exact;

pub use exact::{ExactStrategy, IntegerMatrix};

use super::BoundError;
use super::npa::SosBlock;
use crate::check::num::format_rational;
use crate::check::psd::Gauss;
use crate::check::{self, Limits, Proved};
use crate::game::file::{file_error, game_to_json, identity, read_bounded, write_atomic};
use crate::game::{Game, GameError, Rational};
use crate::strategy::{Deterministic, QuantumStrategy, StrategyError};
use num_bigint::BigInt;
use num_traits::{FromPrimitive, Signed, Zero};
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
/// `squares` are those of an NPA bound, or none: rounded to the same denominators they prove an upper bound on the quantum
/// value whatever the solver did (F5), and the conclusion `eps_optimal` says how far the strategy may be from it.
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
    squares: &[SosBlock],
    bits: u32,
) -> Result<Certificate, CertifyError> {
    game.same_scenario(strategy.scenario())?;
    let exact = ExactStrategy::round(strategy, bits)?;
    let value = round_down(&exact.value(game));
    let margin = &value - classical;
    let mut proofs = vec![
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
    let mut conclusions = Vec::new();
    if margin.is_positive() {
        conclusions.push(conclusion("advantage", "strategy", "classical", &margin));
    }
    let upper = match squares {
        [] => None,
        squares => {
            let upper = proved_upper(game, squares, bits)?;
            proofs.push(quantum_upper("squares", &upper, squares, bits));
            conclusions.push(conclusion(
                "eps_optimal",
                "strategy",
                "squares",
                &(&upper - &value),
            ));
            Some(upper)
        }
    };
    Ok(Certificate {
        text: document(game, &proofs, &conclusions),
        value,
        classical: classical.clone(),
        margin,
        upper,
    })
}

/// The least multiple of `10^-12` that the rounded squares prove as an upper bound on the quantum value.
fn proved_upper(game: &Game, squares: &[SosBlock], bits: u32) -> Result<Rational, CertifyError> {
    // the claim is not looked at when asking what a witness shows
    let proof = quantum_upper("squares", &Rational::zero(), squares, bits);
    let text = document(game, &[proof], &[]);
    let certificate = check::Certificate::open(text.as_bytes(), &Limits::default());
    let shown = certificate.and_then(check::Certificate::shown);
    let shown = shown.map_err(CertifyError::Rejected)?;
    let value = shown.into_iter().next().map(|(_, value)| value);
    let value = value.ok_or_else(|| CertifyError::Rounding("the squares prove nothing".into()))?;
    Ok(-round_down(&-value))
}

fn conclusion(kind: &str, lower: &str, upper: &str, value: &Rational) -> String {
    format!(
        "{{\"type\":\"{kind}\",\"lower\":\"{lower}\",\"upper\":\"{upper}\",\"value\":\"{}\"}}",
        format_rational(value)
    )
}

fn document(game: &Game, proofs: &[String], conclusions: &[String]) -> String {
    format!(
        "{{\"format\":\"qcert\",\"version\":1,\n\"game\":{},\n\"proofs\":[\n{}],\n\"conclusions\":[{}]}}",
        game_to_json(game, false),
        proofs.join(",\n"),
        conclusions.join(",\n")
    )
}

/// The rows of the squares over `2^bits`; rows that round to zero say nothing and are left out.
fn quantum_upper(id: &str, value: &Rational, squares: &[SosBlock], bits: u32) -> String {
    let scale = (2f64).powi(bits as i32);
    let integer = |v: &f64| BigInt::from_f64((v * scale).round()).unwrap_or_default();
    let word = |word: &Vec<Vec<(usize, usize)>>| {
        list(word, |letters| list(letters, |(x, a)| format!("[{x},{a}]")))
    };
    let block = |block: &SosBlock| {
        let rows = block
            .rows
            .iter()
            .map(|row| row.iter().map(integer).collect::<Vec<_>>());
        let rows: Vec<_> = rows.filter(|row| !row.iter().all(Zero::is_zero)).collect();
        let row = |row: &Vec<BigInt>| list(row, |v| format!("\"{v}\""));
        format!(
            "{{\"basis\":{},\"den\":\"{}\",\"rows\":{}}}",
            list(&block.basis, word),
            BigInt::from(1) << bits,
            list(&rows, row)
        )
    };
    format!(
        "{{\"id\":\"{id}\",\"type\":\"quantum_upper\",\"value\":\"{}\",\n\"blocks\":{}}}",
        format_rational(value),
        list(squares, block)
    )
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
