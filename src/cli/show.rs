//! `bellwether show`: a game, readable or as a file.

use super::HOLDS;
use super::game::GameArg;
use super::output::{CliError, Out};
use crate::game::file::{game_to_json, identity};
use crate::game::{Game, Kind};
use std::fmt::Write;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  bellwether show chsh --json > chsh.json")]
pub struct Args {
    /// Catalogue name or game file.
    game: String,
}

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    let (game, reference) = GameArg::known(&args.game, "show")?;
    if out.is_json() {
        out.print(&game_to_json(&game, true));
        return Ok(HOLDS);
    }
    let mut text = format!("{}: {}\n", game.name(), game.scenario());
    if let Some(r) = reference {
        let _ = writeln!(text, "{}\nsource: {}", r.summary, r.source);
    }
    match identity(&game) {
        Ok(hash) => {
            let _ = writeln!(text, "identity: sha256:{hash}");
        }
        Err(error) => {
            let _ = writeln!(text, "identity: none ({error})");
        }
    }
    text.push_str(&table(&game));
    out.print(&text);
    Ok(HOLDS)
}

/// Questions with their weights and the answers that win, or the coefficients. All exact.
fn table(game: &Game) -> String {
    let s = game.scenario();
    let mut text = String::new();
    let tuple = |v: Vec<usize>| v.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
    let word = match game.kind() {
        Kind::WinLose => "winning answers",
        Kind::Functional => "coefficients",
    };
    for (question, weight) in game.mu() {
        let cells = game.terms().iter().filter(|t| t.question == *question).map(|t| {
            let answer = tuple(s.answer(t.answer));
            match game.kind() {
                Kind::WinLose => format!("({answer})"),
                Kind::Functional => format!("({answer}): {}", t.weight),
            }
        });
        let cells = cells.collect::<Vec<_>>().join(" ");
        let asked = match game.kind() {
            Kind::WinLose => format!(" asked with weight {weight}"),
            Kind::Functional => String::new(),
        };
        let _ = writeln!(text, "({}){asked}, {word}: {cells}", tuple(s.question(*question)));
    }
    text
}
