//! `bellwether bounds`: the bracket of each class.

use super::game::GameArg;
use super::output::{CliError, Out, decimal};
use super::{BAD_INPUT, HOLDS, UNDECIDED};
use crate::bound::{Bound, Bracket, Side, local};
use crate::check::num::format_rational;
use crate::game::Game;
use crate::strategy::PolicyClass;
use serde::Serialize;
use std::time::Duration;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  bellwether bounds cube --class sr --json")]
pub struct Args {
    /// Catalogue name or game file.
    game: String,
    /// Classes to bound: sr
    #[arg(
        long,
        value_name = "CLASSES",
        value_delimiter = ',',
        default_value = "sr"
    )]
    class: Vec<String>,
    /// Stop searching after so many seconds; the bracket then is wider but still valid.
    #[arg(long, value_name = "SECONDS")]
    time_limit: Option<f64>,
}

/// One bound in the contract's form.
#[derive(Serialize)]
struct Line {
    value: f64,
    exact: Option<String>,
    evidence: &'static str,
    side: &'static str,
    method: String,
    seconds: f64,
    proof: Option<String>,
}

impl Line {
    fn new(bound: &Bound) -> Self {
        Line {
            value: bound.value,
            exact: bound.exact.as_ref().map(format_rational),
            evidence: bound.evidence.name(),
            side: match bound.side {
                Side::Lower => "lower",
                Side::Upper => "upper",
                Side::Equal => "equal",
            },
            method: bound.method.clone(),
            seconds: bound.seconds,
            proof: None,
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Entry {
    Point(Line),
    Interval { lower: Line, upper: Line },
}

#[derive(Serialize)]
struct Report {
    game: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sr: Option<Entry>,
}

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    for class in &args.class {
        match class.parse::<PolicyClass>() {
            Ok(PolicyClass::SharedRandomness) => {}
            Ok(other) => {
                let why = format!("--class {other}: this version bounds the class sr");
                return Err(CliError::new(BAD_INPUT, why));
            }
            Err(why) => return Err(CliError::new(BAD_INPUT, format!("--class: {why}"))),
        }
    }
    let limit = match args.time_limit {
        Some(s) if !(s > 0.0 && s < 1e9) => {
            return Err(CliError::new(
                BAD_INPUT,
                format!("--time-limit: {s} given, wanted a positive number of seconds"),
            ));
        }
        limit => limit.map(Duration::from_secs_f64),
    };
    let (game, _) = GameArg::known(&args.game, "bounds")?;
    let bracket = shared_randomness(&game, limit)?;
    let exact = bracket.is_exact();
    let report = Report {
        game: game.name().into(),
        sr: Some(if exact {
            Entry::Point(Line::new(bracket.lower()))
        } else {
            Entry::Interval {
                lower: Line::new(bracket.lower()),
                upper: Line::new(bracket.upper()),
            }
        }),
    };
    out.result(&report, || text(&game, &bracket));
    Ok(if exact { HOLDS } else { UNDECIDED })
}

fn shared_randomness(game: &Game, limit: Option<Duration>) -> Result<Bracket, CliError> {
    let options = local::Options {
        time_limit: limit,
        ..local::Options::default()
    };
    Ok(local::maximum(game, &options)?.bracket()?)
}

fn text(game: &Game, bracket: &Bracket) -> String {
    let show = |bound: &Bound| {
        let exact = bound
            .exact
            .as_ref()
            .map(|r| format!("{r} = "))
            .unwrap_or_default();
        format!(
            "{exact}{}  ({}; {}, {:.3} s)",
            decimal(bound.value),
            bound.evidence,
            bound.method,
            bound.seconds
        )
    };
    if bracket.is_exact() {
        format!("{}\n  SR  {}", game.name(), show(bracket.lower()))
    } else {
        format!(
            "{}\n  SR  at least {}\n      at most  {}",
            game.name(),
            show(bracket.lower()),
            show(bracket.upper())
        )
    }
}
