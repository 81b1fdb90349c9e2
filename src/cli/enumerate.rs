//! `bellwether enumerate`: the classical optimum by search, or one share of that search.

use super::game::GameArg;
use super::output::{CliError, Out, undecided};
use super::{BAD_INPUT, HOLDS};
use crate::bound::local::{self, Share};
use crate::game::file::game_to_json;
use crate::game::{Game, Rational, to_f64};
use crate::strategy::Deterministic;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  bellwether enumerate magic-square\n  bellwether enumerate random-xor:1:24 --part 3/8\n\nThe parts 0/8 to 7/8 know nothing of each other; the largest of their values is the classical optimum. `bellwether sweep` runs and joins them."
)]
pub struct Args {
    /// Catalogue name or game file
    game: String,
    /// Search only part K of N, K from 0
    #[arg(long, value_name = "K/N", default_value = "0/1", value_parser = part)]
    part: (usize, usize),
}

/// `K/N` with `K < N`.
pub fn part(text: &str) -> Result<(usize, usize), String> {
    let wanted = || "wanted K/N with K below N, such as 0/8".to_owned();
    let (k, n) = text.split_once('/').ok_or_else(wanted)?;
    let number = |t: &str| t.parse::<usize>().map_err(|_| wanted());
    match (number(k)?, number(n)?) {
        (k, n) if k < n && n <= 100_000 => Ok((k, n)),
        _ => Err(wanted()),
    }
}

/// One part of a search, as it is written down and read again.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    game: String,
    /// Of the table, so that parts of different games are never joined.
    game_sha256: String,
    part: [usize; 2],
    value: f64,
    value_exact: String,
    /// `[player][question] -> answer`.
    strategy: Vec<Vec<usize>>,
    /// The task that found the strategy, if it was not known before the search.
    task: Option<usize>,
    method: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nodes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
}

impl Part {
    /// The share this describes, held against the game.
    pub fn share(&self, game: &Game) -> Result<Share, CliError> {
        let wrong = |why: &str| CliError::new(BAD_INPUT, format!("part {:?}: {why}", self.part));
        if self.game_sha256 != hash(game) {
            return Err(wrong("is of another game"));
        }
        let value: Rational = (self.value_exact.parse()).map_err(|_| wrong("its value is not a fraction"))?;
        let [number, of] = self.part;
        Ok(Share {
            number,
            of,
            value,
            strategy: Deterministic::new(game.scenario(), self.strategy.clone())?,
            task: self.task,
            nodes: self.nodes.unwrap_or(0),
            seconds: self.seconds.unwrap_or(0.0),
            method: self.method.clone(),
        })
    }
}

fn hash(game: &Game) -> String {
    // not the identity, which only games that fit a certificate have
    let table = Sha256::digest(game_to_json(game, false).as_bytes());
    table.iter().map(|b| format!("{b:02x}")).collect()
}

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    let (game, _) = GameArg::known(&args.game, "enumerate")?;
    let bar = out.progress_of(1000, "parts");
    let report = |f: f64| bar.set_position((1000.0 * f) as u64);
    let options = local::Options { progress: Some(&report), ..local::Options::default() };
    let (k, n) = args.part;
    let share = local::share(&game, k, n, &options).map_err(undecided)?;
    bar.finish_and_clear();
    let part = Part {
        game: game.name().into(),
        game_sha256: hash(&game),
        part: [k, n],
        value: to_f64(&share.value),
        value_exact: share.value.to_string(),
        strategy: share.strategy.choices().to_vec(),
        task: share.task,
        method: share.method.clone(),
        nodes: Some(share.nodes),
        seconds: Some(share.seconds),
    };
    out.result(&part, || text(&part));
    Ok(HOLDS)
}

fn text(part: &Part) -> String {
    let [k, n] = part.part;
    let what = match n {
        1 => "no classical strategy is worth more".to_owned(),
        _ => format!("no classical strategy of part {k}/{n} is worth more than this or what all parts know"),
    };
    format!(
        "{}: {} = {}, {what} (exact; {})\n",
        part.game,
        part.value_exact,
        super::output::decimal(part.value),
        part.method
    )
}
