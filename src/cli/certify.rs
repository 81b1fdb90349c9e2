//! `bellwether certify`: a float strategy becomes a proof.

use super::game::GameArg;
use super::output::{CliError, Out, undecided};
use super::{BAD_INPUT, DOES_NOT_HOLD, HOLDS, UNDECIDED};
use crate::bound::certify::{
    DEFAULT_BITS, Draft, ExactStrategy, component_questions, recognise, tight_blocks, write_and_check,
};
use crate::bound::{local, no_signalling, npa, seesaw};
use crate::check::num::rounded;
use crate::game::{Game, Rational, to_f64};
use crate::learn::default_dims;
use crate::strategy::{QuantumStrategy, read_strategy};
use num_traits::Signed;
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  bellwether certify chsh runs/chsh/strategy.json -o chsh.cert.json\n  bellwether certify tetra runs/tetra/strategy.json --polish --upper\n  bellwether certify cube --exact -o cube.cert.json\n\nExit code 0: the strategy beats every classical one; 1: it does not; 3: --exact was asked for and not found."
)]
pub struct Args {
    /// Catalogue name or game file.
    game: String,
    /// Strategy file, JSON or npz; may be left out with --exact or --polish, which then search one.
    strategy: Option<PathBuf>,
    /// Where to write the certificate [default: beside the strategy]
    #[arg(short, long, value_name = "CERT")]
    output: Option<PathBuf>,
    /// Also prove how far the strategy is from every quantum one.
    #[arg(long)]
    upper: bool,
    /// Level of the NPA hierarchy for --upper: 1, 1+ab, 2, ..
    #[arg(long, value_name = "LEVEL", default_value = "1+ab")]
    level: String,
    /// Denominators of the exact strategy are 2^BITS.
    #[arg(long, default_value_t = DEFAULT_BITS, value_parser = clap::value_parser!(u32).range(4..=50))]
    bits: u32,
    /// Climb from the strategy to the top of its hill (see-saw) and certify that one too.
    #[arg(long)]
    polish: bool,
    /// Make measurements exactly projective (Cayley) instead of rounding their entries.
    #[arg(long)]
    exact_projective: bool,
    /// Demand an exactly rational strategy and squares that prove it optimal with eps = 0; implies --polish and --upper.
    #[arg(long)]
    exact: bool,
}

/// One strategy of the certificate.
#[derive(Serialize)]
struct Line {
    value: f64,
    value_exact: String,
    margin: f64,
    margin_exact: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    eps: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    eps_exact: Option<String>,
}

impl Line {
    fn new(value: &Rational, classical: &Rational, upper: Option<&Rational>) -> Self {
        let margin = value - classical;
        let eps = upper.map(|u| u - value);
        Line {
            value: to_f64(value),
            value_exact: value.to_string(),
            margin: to_f64(&margin),
            margin_exact: margin.to_string(),
            eps: eps.as_ref().map(to_f64),
            eps_exact: eps.as_ref().map(Rational::to_string),
        }
    }
}

#[derive(Serialize)]
struct Report {
    game: String,
    verdict: &'static str,
    #[serde(flatten)]
    best: Line,
    classical: f64,
    classical_exact: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_learned: Option<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantum_upper: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantum_upper_exact: Option<String>,
    evidence: &'static str,
    certificate: String,
}

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    let (game, _) = GameArg::known(&args.game, "certify")?;
    let learned = args.strategy.as_deref().map(read_strategy).transpose()?;
    if let Some(learned) = &learned {
        game.same_scenario(learned.scenario())?;
    }
    let path = output(args)?;
    let polish = args.polish || args.exact;
    let polished = match (&learned, polish) {
        (Some(learned), true) => {
            let options = seesaw::Options::new(learned.dims().to_vec());
            Some(seesaw::polish(&game, learned, &options)?.strategy)
        }
        (None, true) => {
            let options = seesaw::Options::new(default_dims(game.scenario()));
            Some(seesaw::lower_bound(&game, &options)?.strategy)
        }
        (None, false) => {
            let why = "a strategy file is wanted; without one give --polish or --exact, which search one";
            return Err(CliError::new(BAD_INPUT, why));
        }
        (Some(_), false) => None,
    };
    let classical = local::maximum(&game, &local::Options::default()).map_err(undecided)?;
    let mut draft = Draft::new(&game);
    draft.classical(&classical.upper, &classical.strategy, &[]);
    let round = |strategy: &QuantumStrategy| match args.exact_projective {
        true => ExactStrategy::round_projective(strategy, args.bits),
        false => ExactStrategy::round(strategy, args.bits),
    };
    let as_learned = match &learned {
        Some(learned) if polished.is_some() => Some(draft.strategy("as-learned", &round(learned)?)),
        _ => None,
    };
    let mut rational = None;
    let best = match (&polished, &learned) {
        (Some(polished), _) => {
            rational = recognise(polished, &component_questions(&game));
            match &rational {
                Some(exact) => exact.clone(),
                None => round(polished)?,
            }
        }
        (None, Some(learned)) => round(learned)?,
        (None, None) => unreachable_input()?,
    };
    let value = draft.strategy("strategy", &best);
    let upper = match args.upper || args.exact {
        true => Some(upper(args, &game, &mut draft, rational.as_ref(), &value)?),
        false => None,
    };
    if as_learned.is_some() {
        draft.conclude("as-learned");
    }
    draft.conclude("strategy");
    write_and_check(&game, &draft.text(), &path)?;
    let line = |v: &Rational| Line::new(v, &classical.upper, upper.as_ref());
    let advantage = (&value - &classical.upper).is_positive();
    let report = Report {
        game: game.name().into(),
        verdict: if advantage { "advantage" } else { "none" },
        best: line(&value),
        classical: to_f64(&classical.upper),
        classical_exact: classical.upper.to_string(),
        as_learned: as_learned.as_ref().map(line),
        quantum_upper: upper.as_ref().map(to_f64),
        quantum_upper_exact: upper.as_ref().map(Rational::to_string),
        evidence: "exact",
        certificate: path.display().to_string(),
    };
    out.result(&report, || text(&report, &value, as_learned.as_ref(), &classical.upper, upper.as_ref()));
    Ok(if advantage { HOLDS } else { DOES_NOT_HOLD })
}

/// The branch above has a strategy whenever neither search was asked for.
fn unreachable_input() -> Result<ExactStrategy, CliError> {
    Err(CliError::new(BAD_INPUT, "a strategy file is wanted"))
}

fn output(args: &Args) -> Result<PathBuf, CliError> {
    let default = match (&args.output, &args.strategy) {
        (Some(path), _) => return Ok(path.clone()),
        (None, Some(strategy)) => strategy.with_extension("cert.json"),
        (None, None) => {
            let why = "without a strategy file, name the certificate with -o";
            return Err(CliError::new(BAD_INPUT, why));
        }
    };
    if Path::exists(&default) {
        let why = format!("{} exists; name the certificate with -o", default.display());
        return Err(CliError::new(BAD_INPUT, why));
    }
    Ok(default)
}

/// The best upper bound that can be proved: squares that leave nothing over if the strategy is rational and optimal, messages
/// if they meet it, otherwise the squares of the hierarchy.
fn upper(
    args: &Args,
    game: &Game,
    draft: &mut Draft,
    rational: Option<&ExactStrategy>,
    value: &Rational,
) -> Result<Rational, CliError> {
    if let Some(exact) = rational {
        let ns = no_signalling::maximum(game).ok();
        if let Some(ns) = ns.filter(|ns| ns.messages_upper == *value) {
            return Ok(draft.messages(&ns.messages)?);
        }
        if let Some(blocks) = tight_blocks(game, exact) {
            return Ok(draft.gram(&blocks)?);
        }
    }
    if args.exact {
        let why = match rational {
            Some(_) => "the rational strategy found has no exact proof that it is optimal",
            None => "no exactly rational strategy shows behind the best one found",
        };
        return Err(CliError::new(UNDECIDED, why));
    }
    let bound = npa::upper_bound(game, &args.level.parse()?, &npa::Options::default())?;
    Ok(draft.squares(&bound.dual, args.bits)?)
}

fn text(
    report: &Report,
    value: &Rational,
    as_learned: Option<&Rational>,
    classical: &Rational,
    upper: Option<&Rational>,
) -> String {
    let verdict = match report.verdict {
        "advantage" => "PROVED: beats every classical strategy",
        _ => "NO ADVANTAGE: does not beat every classical strategy",
    };
    let mut t = format!("{}: {verdict}\n", report.game);
    let short = |v: &Rational| match v.denom().bits() <= 32 && !v.is_integer() {
        true => format!("  ({v})"),
        false => String::new(),
    };
    let gap = |v: &Rational| {
        upper.map_or(String::new(), |u| format!(", within {} of every quantum strategy", rounded(&(u - v), 12, false)))
    };
    // writing to a String cannot fail
    if let Some(v) = as_learned {
        let margin = rounded(&(v - classical), 12, true);
        let _ = writeln!(
            t,
            "  as learned          {}  (exact, rounded down), margin {margin}{}",
            rounded(v, 12, true),
            gap(v)
        );
    }
    let name = if as_learned.is_some() { "polished" } else { "value at least" };
    let _ = writeln!(t, "  {name:<18}  {}  (exact, rounded down){}", rounded(value, 12, true), short(value));
    let _ = writeln!(t, "  classical at most   {}  (exact)", report.classical_exact);
    let _ = writeln!(t, "  margin              {}  (exact)", rounded(&(value - classical), 12, true));
    if let Some(u) = upper {
        let _ = writeln!(
            t,
            "  quantum at most     {}  (exact, rounded up){}{}",
            rounded(u, 12, false),
            short(u),
            gap(value).replace(", w", ": w")
        );
    }
    let _ = write!(t, "  certificate         {}  (accepted by the checker)", report.certificate);
    t
}
