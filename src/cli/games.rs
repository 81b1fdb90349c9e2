//! `bellwether games`: the catalogue.

use super::HOLDS;
use super::output::{CliError, Out, decimal};
use crate::game::catalog;
use crate::game::{Rational, to_f64};
use comfy_table::{Table, presets};
use serde::Serialize;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  bellwether games")]
pub struct Args {}

#[derive(Serialize)]
struct Line {
    name: &'static str,
    usage: &'static str,
    players: usize,
    questions: Vec<usize>,
    answers: Vec<usize>,
    sr: Option<f64>,
    sr_exact: Option<String>,
    q_lower: Option<f64>,
    q_upper: Option<f64>,
    q_text: Option<String>,
    ns: Option<f64>,
    ns_exact: Option<String>,
    summary: String,
    reference: String,
}

pub fn run(_args: &Args, out: &Out) -> Result<i32, CliError> {
    let lines: Vec<Line> = catalog::list()
        .into_iter()
        .map(|listing| {
            let (game, r) = (listing.entry.game, listing.entry.reference);
            Line {
                name: listing.name,
                usage: listing.usage,
                players: game.scenario().players(),
                questions: game.scenario().questions().to_vec(),
                answers: game.scenario().answers().to_vec(),
                sr: r.classical.as_ref().map(to_f64),
                sr_exact: r.classical.as_ref().map(Rational::to_string),
                q_lower: r.quantum_lower,
                q_upper: r.quantum_upper,
                q_text: r.quantum_exact_text,
                ns: r.non_signalling.as_ref().map(to_f64),
                ns_exact: r.non_signalling.as_ref().map(Rational::to_string),
                summary: r.summary,
                reference: r.source,
            }
        })
        .collect();
    out.result(&lines, || text(&lines));
    Ok(HOLDS)
}

fn text(lines: &[Line]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["game", "questions", "answers", "SR", "Q", "NS"]);
    for line in lines {
        let sizes = |v: &[usize]| v.iter().map(usize::to_string).collect::<Vec<_>>().join("x");
        let quantum = match (line.q_lower, line.q_upper) {
            (Some(low), Some(high)) if low == high => decimal(low),
            (Some(low), Some(high)) => format!("{}..{}", decimal(low), decimal(high)),
            (Some(low), None) => format!(">= {}", decimal(low)),
            (None, Some(high)) => format!("<= {}", decimal(high)),
            (None, None) => "-".into(),
        };
        let or_dash = |v: &Option<String>| v.clone().unwrap_or_else(|| "-".into());
        table.add_row([
            line.name.to_owned(),
            sizes(&line.questions),
            sizes(&line.answers),
            or_dash(&line.sr_exact),
            quantum,
            or_dash(&line.ns_exact),
        ]);
    }
    format!(
        "{table}\nSR and NS are exact; Q is the value in the literature (sources and all ways to write a name: --json). `bellwether bounds GAME` computes them."
    )
}
