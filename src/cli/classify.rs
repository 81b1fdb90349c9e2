//! `bellwether classify`: on which rung of F ⊂ SR ⊂ Q ⊂ NS ⊂ C does a behaviour stand?

use super::HOLDS;
use super::output::{CliError, Out, decimal, undecided};
use crate::bound::certify::{Draft, write_and_check};
use crate::bound::classify::{Classification, classify_under};
use crate::bound::membership::Membership;
use crate::bound::npa::{self, Level};
use crate::game::file::Npz;
use crate::game::file::{file_error, game_to_json, is_npz, read_behaviour, read_bounded};
use crate::game::{Behaviour, GameError, Rational};
use crate::strategy::{PolicyClass, QuantumStrategy, read_strategy};
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Defects below this count as rounding.
const TOLERANCE: f64 = 1e-7;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  bellwether classify runs/chsh/behaviour.npz")]
pub struct Args {
    /// Behaviour or strategy file, JSON or npz.
    file: PathBuf,
    /// For a nonlocal behaviour: write a certificate of its Bell inequality and visibility.
    #[arg(long, value_name = "CERT")]
    proof: Option<PathBuf>,
    /// Behaviour or strategy file of the noise for the critical visibility; it must be local [default: white noise]
    #[arg(long, value_name = "FILE")]
    noise: Option<PathBuf>,
}

/// What is known of one class: a member, not one, or open; with the witness in words.
#[derive(Serialize)]
struct Rung {
    member: Option<bool>,
    witness: String,
    evidence: &'static str,
}

#[derive(Serialize)]
#[allow(non_snake_case)]
struct Rungs {
    F: Rung,
    SR: Rung,
    Q: Rung,
    NS: Rung,
    C: Rung,
}

#[derive(Serialize)]
struct Inequality {
    game: serde_json::Value,
    classical: String,
    value: f64,
    evidence: &'static str,
}

#[derive(Serialize)]
struct ModelTerm {
    weight: f64,
    strategy: Vec<Vec<usize>>,
}

#[derive(Serialize)]
struct Report {
    classes: Rungs,
    lowest: Option<&'static str>,
    at_most: &'static str,
    visibility: Option<f64>,
    noise: &'static str,
    bell_inequality: Option<Inequality>,
    local_model: Option<Vec<ModelTerm>>,
    proof: Option<String>,
}

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    let (behaviour, strategy) = read(&args.file)?;
    let noise = args.noise.as_deref().map(read).transpose()?.map(|n| n.0);
    let found = classify_under(&behaviour, noise.as_ref(), TOLERANCE).map_err(|e| {
        let error = undecided(e);
        let message = format!("{}: {}", args.file.display(), error.message);
        CliError::new(error.code, message)
    })?;
    let mut report = report(&found, strategy.is_some())?;
    if let Some(path) = &args.proof {
        match prove(&behaviour, &found, path)? {
            Some(_) => report.proof = Some(path.display().to_string()),
            None => out.remark("no proof is written: the behaviour is not shown to be nonlocal"),
        }
    }
    if args.noise.is_some() {
        report.noise = "given";
    }
    out.result(&report, || text(&args.file, &report));
    Ok(HOLDS)
}

/// The certificate of a nonlocal behaviour, checked as written; gives the proved visibility.
fn prove(p: &Behaviour, found: &Classification, path: &Path) -> Result<Option<Rational>, CliError> {
    let Some(Membership::Nonlocal(separation)) = &found.local else {
        return Ok(None);
    };
    let game = &separation.inequality.game;
    let mut draft = Draft::new(game);
    let visibility = draft.behaviour(p, &separation.inequality)?;
    write_and_check(game, &draft.text(), path)?;
    Ok(Some(visibility))
}

/// A file of either kind; a strategy comes with its behaviour.
pub(super) fn read(path: &Path) -> Result<(Behaviour, Option<QuantumStrategy>), CliError> {
    if is_strategy(path)? {
        let strategy = read_strategy(path)?;
        return Ok((strategy.behaviour()?, Some(strategy)));
    }
    Ok((read_behaviour(path)?, None))
}

/// Looks at the names of the arrays, or at the first `format` in the text.
fn is_strategy(path: &Path) -> Result<bool, GameError> {
    if is_npz(path) {
        return Ok(Npz::open(path)?.names().iter().any(|name| name == "rho"));
    }
    let bytes = read_bounded(path)?;
    let text = std::str::from_utf8(&bytes).map_err(|e| file_error(path, e))?;
    Ok(text.contains("\"bellwether-strategy/1\""))
}

fn report(c: &Classification, is_strategy: bool) -> Result<Report, CliError> {
    let rung = |member, evidence, witness: String| Rung { member, witness, evidence };
    let signals = c.signalling_defect > TOLERANCE;
    let ns = rung(
        Some(!signals),
        "numerical",
        format!("largest dependence of a marginal on another player's question: {:.2e}", c.signalling_defect),
    );
    let product = c.product_defect <= TOLERANCE && !signals;
    let f = rung(
        Some(product),
        "numerical",
        format!("largest distance from the product of its marginals: {:.2e}", c.product_defect),
    );
    let (mut visibility, mut bell_inequality, mut local_model) = (None, None, None);
    let sr = match &c.local {
        None => rung(Some(false), "numerical", "it signals".into()),
        Some(Membership::Local(model)) => {
            let terms = model
                .weights
                .iter()
                .map(|(strategy, weight)| ModelTerm { weight: *weight, strategy: strategy.choices().to_vec() });
            local_model = Some(terms.collect());
            let witness = format!(
                "a mixture of {} deterministic strategies, residual {:.1e}",
                model.weights.len(),
                model.residual
            );
            rung(Some(true), "numerical", witness)
        }
        Some(Membership::Nonlocal(separation)) => {
            let inequality = &separation.inequality;
            visibility = Some(separation.visibility);
            bell_inequality = Some(Inequality {
                game: serde_json::from_str(&game_to_json(&inequality.game, true))?,
                classical: inequality.classical.to_string(),
                value: inequality.value,
                evidence: "classical bound exact, value numerical",
            });
            let witness = format!(
                "violates a Bell inequality: value {}, classical bound {}",
                decimal(inequality.value),
                inequality.classical
            );
            rung(Some(false), "exact", witness)
        }
    };
    let local = sr.member == Some(true);
    let q = match (local, signals, is_strategy) {
        (true, ..) => rung(Some(true), "numerical", "contains SR".into()),
        (_, true, _) => rung(Some(false), "numerical", "it signals".into()),
        (_, _, true) => rung(Some(true), "numerical", "the strategy itself: state and POVMs".into()),
        _ => beyond_quantum(c),
    };
    let lowest = match (product, local, q.member, signals) {
        (true, ..) => Some(PolicyClass::Factorised),
        (_, true, ..) => Some(PolicyClass::SharedRandomness),
        (_, _, Some(true), _) => Some(PolicyClass::Quantum),
        (_, _, _, true) => Some(PolicyClass::Communication),
        (_, _, Some(false), _) => Some(PolicyClass::NonSignalling),
        _ => None,
    };
    let at_most = lowest.unwrap_or(PolicyClass::NonSignalling);
    Ok(Report {
        classes: Rungs { F: f, SR: sr, Q: q, NS: ns, C: rung(Some(true), "exact", "every behaviour".into()) },
        lowest: lowest.map(PolicyClass::symbol),
        at_most: at_most.symbol(),
        visibility,
        noise: "white",
        bell_inequality,
        local_model,
        proof: None,
    })
}

/// A nonlocal behaviour without a strategy: outside Q if its Bell inequality exceeds a level of the NPA hierarchy.
fn beyond_quantum(c: &Classification) -> Rung {
    let open = |witness: String| Rung { member: None, witness, evidence: "open" };
    let Some(Membership::Nonlocal(separation)) = &c.local else {
        return open("no strategy is given".into());
    };
    let inequality = &separation.inequality;
    let options = npa::Options { time_limit: Some(Duration::from_secs(60)), ..npa::Options::default() };
    match npa::upper_bound(&inequality.game, &Level::one_ab(), &options) {
        Ok(bound) if inequality.value > bound.value + TOLERANCE => Rung {
            member: Some(false),
            witness: format!(
                "exceeds the quantum bound of that inequality, {} (NPA level {}), by {:.2e}",
                decimal(bound.value),
                bound.level,
                inequality.value - bound.value
            ),
            evidence: "numerical",
        },
        Ok(bound) => open(format!(
            "no strategy is given; that inequality allows quantum values up to {} (NPA level {})",
            decimal(bound.value),
            bound.level
        )),
        Err(error) => open(format!("no strategy is given; no NPA bound: {error}")),
    }
}

fn text(path: &Path, r: &Report) -> String {
    let mut t = match r.lowest {
        Some(class) => format!("{}: lowest class {class}\n", path.display()),
        None => format!("{}: nonlocal and non-signalling; whether it is quantum is open\n", path.display()),
    };
    let rungs =
        [("F", &r.classes.F), ("SR", &r.classes.SR), ("Q", &r.classes.Q), ("NS", &r.classes.NS), ("C", &r.classes.C)];
    for (name, rung) in rungs {
        let word = match rung.member {
            Some(true) => "yes",
            Some(false) => "no",
            None => "open",
        };
        let _ = writeln!(t, "  {name:<3} {word:<5} {} ({})", rung.witness, rung.evidence);
    }
    if let Some(v) = r.visibility {
        let _ = writeln!(
            t,
            "  local under {} noise up to visibility {} (numerical)",
            if r.noise == "white" { "white" } else { "the given" },
            decimal(v)
        );
    }
    t
}
