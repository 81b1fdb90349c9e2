//! `bellwether report`: one self-contained HTML page of a run folder.

use super::HOLDS;
use super::game::GameArg;
use super::output::{CliError, Out};
use crate::bound::no_signalling;
use crate::game::catalog::Reference;
use crate::game::file::{read_game, read_settings};
use crate::game::{Game, to_f64};
use crate::run::report::{LearnedRun, Rung, learn_page, read_run};
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  bellwether report runs/chsh\n\nWrites report.html and the CSV behind each picture into the folder. `learn` does so by itself."
)]
pub struct Args {
    /// Run folder of `learn`.
    folder: PathBuf,
}

#[derive(Serialize)]
struct Written {
    path: String,
    bytes: u64,
}

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    let path = write(&args.folder)?;
    let bytes = std::fs::metadata(&path).map_or(0, |m| m.len());
    let report = Written { path: path.display().to_string(), bytes };
    out.result(&report, || format!("{}  ({} kB)", report.path, bytes.div_ceil(1000)));
    Ok(HOLDS)
}

/// Writes the page of a run folder and returns its path.
pub fn write(folder: &Path) -> Result<PathBuf, CliError> {
    let run = read_run(folder)?;
    let page = learn_page(&run, &classes(&run, folder))?;
    Ok(page.write(folder, "report.html")?)
}

/// Above this many cells the non-signalling optimum is not computed for a picture.
const MAX_CELLS: usize = 2048;

/// What is known of each class: SR as the run proved it, Q from the literature, NS from there or by the linear program.
fn classes(run: &LearnedRun, folder: &Path) -> Vec<Rung> {
    let (value, evidence) = run.classical();
    let point = |label: &str, value: f64, evidence: &str| Rung {
        label: label.into(),
        lower: value,
        upper: value,
        evidence: evidence.into(),
    };
    let mut rungs = vec![point("F and SR", value, evidence)];
    let (game, reference) = played(folder);
    if let Some(r) = &reference
        && let (Some(lower), Some(upper)) = (r.quantum_lower, r.quantum_upper)
        && lower <= upper
    {
        rungs.push(Rung { label: "Q".into(), lower, upper, evidence: "literature".into() });
    }
    let small = |g: &Game| g.scenario().cells() <= MAX_CELLS;
    if let Some(ns) = reference.as_ref().and_then(|r| r.non_signalling.as_ref()) {
        rungs.push(point("NS", to_f64(ns), "literature"));
    } else if let Some(found) = game.filter(small).and_then(|g| no_signalling::maximum(&g).ok())
        && let Ok(bracket) = found.bracket()
    {
        let (lower, upper) = (bracket.lower().value, bracket.upper().value);
        rungs.push(Rung {
            label: "NS".into(),
            lower: lower.min(upper),
            upper: upper.max(lower),
            evidence: if bracket.is_exact() { "exact" } else { "numerical" }.into(),
        });
    }
    rungs
}

/// The game of a run: what its config.toml names, or the table written down from a referee's plays.
fn played(folder: &Path) -> (Option<Game>, Option<Reference>) {
    let config = read_settings(&folder.join("config.toml")).ok();
    let table = config.and_then(|text| toml::from_str::<toml::Table>(&text).ok());
    let name = table.and_then(|t| t.get("game")?.as_str().map(str::to_owned));
    match name {
        Some(name) if !name.starts_with("exec:") => match GameArg::parse(&name) {
            Ok(GameArg::Known { game, reference }) => (Some(*game), reference.map(|r| *r)),
            _ => (None, None),
        },
        _ => (read_game(&folder.join("game.json")).ok(), None),
    }
}
