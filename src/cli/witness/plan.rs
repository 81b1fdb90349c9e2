//! `witness --plan`: how many rounds does an experiment need?

use super::super::game::GameArg;
use super::super::output::{CliError, Out, decimal, undecided};
use super::super::{DOES_NOT_HOLD, HOLDS};
use super::{Args, bad, bets_for, classical};
use crate::bound::plan::{self, Plan};
use crate::game::{Behaviour, Kind, Rational, to_f64};
use serde::Serialize;
use std::fmt::Write;

#[derive(Serialize)]
struct Row {
    test: &'static str,
    expected_rounds: Option<u64>,
    rounds: Option<u64>,
    nats_per_round: Option<f64>,
}

#[derive(Serialize)]
struct Report {
    game: String,
    alpha: f64,
    power: f64,
    classical: f64,
    classical_exact: String,
    win_probability: Option<f64>,
    win_probability_from: String,
    visibility: f64,
    plan: Vec<Row>,
    evidence: &'static str,
}

pub fn run(args: &Args, alpha: &Rational, out: &Out) -> Result<i32, CliError> {
    let (game, reference) = GameArg::known(&args.game, "witness --plan")?;
    if !(args.power > 0.0 && args.power < 1.0) {
        return Err(bad(format!("--power {} given, wanted a number between 0 and 1", args.power)));
    }
    let visibility = args.visibility.unwrap_or(1.0);
    if !(0.0..=1.0).contains(&visibility) {
        return Err(bad(format!("--visibility {visibility} given, wanted a number from 0 to 1")));
    }
    let bound = classical(&game, args.classical.as_deref())?;
    let uniform = Behaviour::uniform(game.scenario().clone());
    let p = match &args.bets {
        Some(file) => {
            let (p, _) = super::super::classify::read(file)?;
            game.same_scenario(p.scenario())?;
            Some(p.mix(visibility, &uniform)?)
        }
        None => None,
    };
    let (win, from) = match (&p, args.win_probability, reference.and_then(|r| r.quantum_lower)) {
        (Some(p), ..) => (game.value(p)?, "the behaviour (numerical)".to_owned()),
        (None, Some(w), _) => (visibility * w + (1.0 - visibility) * game.value(&uniform)?, "given".into()),
        (None, None, Some(q)) => (
            visibility * q + (1.0 - visibility) * game.value(&uniform)?,
            "the best quantum value known (literature)".into(),
        ),
        _ => {
            return Err(bad("what will be played? give --bets FILE or --win-probability W"));
        }
    };
    if !win.is_finite() || game.kind() == Kind::WinLose && !(0.0..=1.0).contains(&win) {
        return Err(bad(format!("the win probability {win} is not between 0 and 1")));
    }
    let (level, beta) = (to_f64(alpha), &bound.bound);
    let mut rows: Vec<Plan> = Vec::new();
    if game.kind() == Kind::WinLose && win > to_f64(beta) && to_f64(beta) > 0.0 {
        rows.push(plan::binomial(beta, win, level, args.power));
        rows.push(plan::win_lose(beta, win, level, args.power));
    }
    if let Some(p) = &p {
        let bets = bets_for(&game, p, &bound)?;
        let test = "full-behaviour bets";
        rows.push(plan::bets(&game, &bets, p, level, args.power, test).map_err(undecided)?);
    }
    let possible = rows.iter().any(|r| r.rounds.is_some());
    let report = Report {
        game: game.name().into(),
        alpha: level,
        power: args.power,
        classical: to_f64(beta),
        classical_exact: beta.to_string(),
        win_probability: (game.kind() == Kind::WinLose).then_some(win),
        win_probability_from: from,
        visibility,
        plan: rows
            .into_iter()
            .map(|r| Row { test: r.test, expected_rounds: r.expected, rounds: r.rounds, nats_per_round: r.rate })
            .collect(),
        evidence: "numerical",
    };
    out.result(&report, || report.text(possible));
    Ok(if possible { HOLDS } else { DOES_NOT_HOLD })
}

impl Report {
    /// The plan for people. Writing to a String cannot fail.
    fn text(&self, possible: bool) -> String {
        let mut t = format!("{}: rounds to reject every classical model at level {}\n", self.game, decimal(self.alpha));
        let _ = writeln!(t, "  classical bound     {}", self.classical_exact);
        if let Some(win) = self.win_probability {
            let _ = writeln!(
                t,
                "  win probability     {}  (from {}; visibility {})",
                decimal(win),
                self.win_probability_from,
                self.visibility
            );
        }
        if !possible {
            let _ = writeln!(t, "  no number of rounds is enough: what is played does not beat the classical bound");
            return t;
        }
        let _ = writeln!(
            t,
            "  {:<22} {:>14} {:>18} {:>16}",
            "test",
            "expected",
            format!("power {}", self.power),
            "nats a round"
        );
        for row in &self.plan {
            let count = |n: Option<u64>| n.map_or("-".into(), |n| n.to_string());
            let rate = row.nats_per_round.map_or("-".into(), |r| format!("{r:.3e}"));
            let _ = writeln!(
                t,
                "  {:<22} {:>14} {:>18} {rate:>16}",
                row.test,
                count(row.expected_rounds),
                count(row.rounds)
            );
        }
        t + "  numerical; independent rounds at this behaviour are assumed for the plan, not for the verdict\n"
    }
}
