//! Proofs: written by the library, judged by the independent checker.

use crate::error;
use crate::game::Game;
use crate::strategy::Strategy;
use crate::work::{self, Interrupt};
use ::bellwether::bound::certify::{self as library, DEFAULT_BITS};
use ::bellwether::bound::{local, npa};
use ::bellwether::check::num::Rational;
use ::bellwether::check::{self as checker, Limits};
use ::bellwether::game::file::{identity, write_atomic};
use pyo3::prelude::*;
use std::path::PathBuf;

/// A statement that the checker accepted.
#[pyclass(frozen, get_all, module = "bellwether")]
#[derive(Clone)]
pub struct Proved {
    kind: &'static str,
    id: String,
    value: Rational,
    game_sha256: String,
    text: String,
}

impl Proved {
    fn new(proved: &checker::Proved) -> Self {
        Proved {
            kind: proved.kind().name(),
            id: proved.id().to_owned(),
            value: proved.value().clone(),
            game_sha256: proved.game_sha256().to_owned(),
            text: proved.to_string(),
        }
    }
}

#[pymethods]
impl Proved {
    fn __str__(&self) -> &str {
        &self.text
    }

    fn __repr__(&self) -> String {
        format!("<{}>", self.text)
    }
}

/// A certificate that the checker accepted.
#[pyclass(frozen, get_all, module = "bellwether")]
pub struct Certificate {
    /// The `qcert` text.
    text: String,
    /// Proved lower bound on the quantum value.
    value: Rational,
    /// Proved upper bound on the classical value.
    classical: Rational,
    /// `value - classical`.
    margin: Rational,
    /// Proved upper bound on the quantum value, where asked for.
    upper: Option<Rational>,
    /// Whether the strategy is proved to beat every classical one.
    advantage: bool,
    /// Everything the checker accepted.
    proved: Vec<Proved>,
}

#[pymethods]
impl Certificate {
    /// Writes the certificate, whole or not at all.
    fn write(&self, path: PathBuf) -> PyResult<()> {
        write_atomic(&path, self.text.as_bytes()).map_err(error::bad)
    }

    fn __repr__(&self) -> String {
        let verdict = if self.advantage { "advantage" } else { "none" };
        format!("<Certificate {verdict}: value >= {}, classical <= {}>", self.value, self.classical)
    }
}

/// Turns a strategy into a proof of what it is worth, accepted by the checker.
#[pyfunction]
#[pyo3(signature = (game, strategy, *, upper = false, level = "1+ab", bits = DEFAULT_BITS))]
pub fn certify(
    py: Python<'_>,
    game: &Game,
    strategy: &Strategy,
    upper: bool,
    level: &str,
    bits: u32,
) -> PyResult<Certificate> {
    if !(4..=50).contains(&bits) {
        return Err(error::bad(format!("bits: {bits} given, wanted 4 to 50")));
    }
    let level: npa::Level = level.parse().map_err(error::bound)?;
    let (game, strategy) = (game.0.clone(), strategy.0.clone());
    game.same_scenario(strategy.scenario()).map_err(error::bad)?;
    let prove = move || -> Result<Certificate, library::CertifyError> {
        let classical = local::maximum(&game, &local::Options::default())?;
        let squares = match upper {
            true => npa::upper_bound(&game, &level, &npa::Options::default())?.dual,
            false => Vec::new(),
        };
        let certificate = library::certify(&game, &strategy, &classical.upper, &classical.strategy, &squares, bits)?;
        let proved =
            checker::check(certificate.text.as_bytes(), &Limits::default()).map_err(library::CertifyError::Rejected)?;
        Ok(Certificate {
            advantage: certificate.advantage(),
            text: certificate.text,
            value: certificate.value,
            classical: certificate.classical,
            margin: certificate.margin,
            upper: certificate.upper,
            proved: proved.iter().map(Proved::new).collect(),
        })
    };
    work::run(py, Interrupt::Leave, prove)?.map_err(error::certify)
}

/// What a certificate proves, or [`error::Rejected`]; with a game, only if it is about that game.
#[pyfunction]
#[pyo3(signature = (certificate, *, game = None))]
pub fn check(py: Python<'_>, certificate: Vec<u8>, game: Option<&Game>) -> PyResult<Vec<Proved>> {
    let wanted = game.map(|g| identity(&g.0)).transpose();
    let wanted = wanted.map_err(error::bad)?;
    let verdict = work::run(py, Interrupt::Leave, move || checker::check(&certificate, &Limits::default()))?;
    let proved = verdict.map_err(|reject| error::rejected(&reject))?;
    if let Some(wanted) = wanted
        && let Some(other) = proved.iter().find(|p| p.game_sha256() != wanted)
    {
        return Err(error::bad(format!("the certificate is about game {}, wanted {wanted}", other.game_sha256())));
    }
    Ok(proved.iter().map(Proved::new).collect())
}
