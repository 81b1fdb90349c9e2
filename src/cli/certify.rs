//! `bellwether certify`: a float strategy becomes a proof.

use super::game::GameArg;
use super::output::{CliError, Out};
use super::{BAD_INPUT, DOES_NOT_HOLD, HOLDS};
use crate::bound::certify::{DEFAULT_BITS, certify, write_and_check};
use crate::bound::{local, npa};
use crate::check::num::{decimal_down, decimal_up, format_rational};
use crate::game::to_f64;
use crate::strategy::read_strategy;
use serde::Serialize;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  bellwether certify chsh runs/chsh/strategy.json -o chsh.cert.json\n\nExit code 0: the strategy beats every classical one; 1: it does not."
)]
pub struct Args {
    /// Catalogue name or game file.
    game: String,
    /// Strategy file, JSON or npz.
    strategy: PathBuf,
    /// Where to write the certificate [default: beside the strategy]
    #[arg(short, long, value_name = "CERT")]
    output: Option<PathBuf>,
    /// Also prove how far the strategy is from every quantum one, by squares from the NPA hierarchy.
    #[arg(long)]
    upper: bool,
    /// Level of the NPA hierarchy for --upper: 1, 1+ab, 2, ..
    #[arg(long, value_name = "LEVEL", default_value = "1+ab", requires = "upper")]
    level: String,
    /// Denominators of the exact strategy are 2^BITS.
    #[arg(long, default_value_t = DEFAULT_BITS, value_parser = clap::value_parser!(u32).range(4..=50))]
    bits: u32,
}

#[derive(Serialize)]
struct Report {
    game: String,
    verdict: &'static str,
    value: f64,
    value_exact: String,
    classical: f64,
    classical_exact: String,
    margin: f64,
    margin_exact: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantum_upper: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantum_upper_exact: Option<String>,
    evidence: &'static str,
    certificate: String,
}

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    let (game, _) = GameArg::known(&args.game, "certify")?;
    let strategy = read_strategy(&args.strategy)?;
    game.same_scenario(strategy.scenario())?;
    let path = match &args.output {
        Some(path) => path.clone(),
        None => args.strategy.with_extension("cert.json"),
    };
    if args.output.is_none() && path.exists() {
        let why = format!("{} exists; name the certificate with -o", path.display());
        return Err(CliError::new(BAD_INPUT, why));
    }
    let classical = local::maximum(&game, &local::Options::default())?;
    let squares = if args.upper {
        npa::upper_bound(&game, &args.level.parse()?, &npa::Options::default())?.dual
    } else {
        Vec::new()
    };
    let certificate = certify(
        &game,
        &strategy,
        &classical.upper,
        &classical.strategy,
        &squares,
        args.bits,
    )?;
    write_and_check(&game, &certificate, &path)?;
    let advantage = certificate.advantage();
    let report = Report {
        game: game.name().into(),
        verdict: if advantage { "advantage" } else { "none" },
        value: to_f64(&certificate.value),
        value_exact: format_rational(&certificate.value),
        classical: to_f64(&certificate.classical),
        classical_exact: format_rational(&certificate.classical),
        margin: to_f64(&certificate.margin),
        margin_exact: format_rational(&certificate.margin),
        quantum_upper: certificate.upper.as_ref().map(to_f64),
        quantum_upper_exact: certificate.upper.as_ref().map(format_rational),
        evidence: "exact",
        certificate: path.display().to_string(),
    };
    out.result(&report, || {
        let verdict = if advantage {
            "PROVED: beats every classical strategy"
        } else {
            "NO ADVANTAGE: does not beat every classical strategy"
        };
        let gap = certificate.upper.as_ref().map_or(String::new(), |upper| {
            let (upper, gap) = (decimal_up(upper, 12), decimal_up(&(upper - &certificate.value), 12));
            format!("\n  quantum at most     {upper}  (exact, rounded up): within {gap} of every quantum strategy")
        });
        format!(
            "{}: {verdict}\n  value at least      {}  (exact, rounded down)\n  classical at most   {}  (exact)\n  margin              {}  (exact){gap}\n  certificate         {}  (accepted by the checker)",
            report.game,
            decimal_down(&certificate.value, 12),
            report.classical_exact,
            decimal_down(&certificate.margin, 12),
            report.certificate
        )
    });
    Ok(if advantage { HOLDS } else { DOES_NOT_HOLD })
}
