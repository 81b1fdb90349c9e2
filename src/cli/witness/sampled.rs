//! `witness --sampled`: the joint test for a game whose questions are known only through the plays.

use super::super::game::GameArg;
use super::super::output::{CliError, Out, undecided};
use super::super::{DOES_NOT_HOLD, HOLDS};
use super::report::{Report, SAMPLED, Transfer};
use super::{Args, bad, certify_error};
use crate::bound::certify::data::transferred;
use crate::bound::certify::write_and_check;
use crate::bound::joint::{joint_evidence, joint_evidence_of_strategy};
use crate::bound::local;
use crate::game::file::{Plays, file_error};
use crate::game::{BlackBox, ExecReferee, Game, Kind, Rational, Scenario, to_f64};
use crate::stats::{confidence_sequence, transfer_upper};
use num_bigint::BigInt;
use std::path::Path;

/// Most cells that a referee is asked to judge.
const MAX_JUDGED: usize = 1 << 20;

pub fn run(args: &Args, path: &Path, alpha: &Rational, out: &Out) -> Result<i32, CliError> {
    let game = match GameArg::parse(&args.game)? {
        GameArg::Known { game, .. } => *game,
        GameArg::Exec(command) => asked_of_referee(&command, path)?,
    };
    if game.kind() != Kind::WinLose {
        return Err(bad("--sampled needs a game of win or lose"));
    }
    let s = game.scenario().clone();
    let k = s.joint_answers();
    let weights = game.weights();
    let (mut asked, mut wins) = (vec![0u64; s.joint_questions()], vec![0u64; s.joint_questions()]);
    let mut plays = Plays::open_sampled(path, &game)?;
    while let Some(play) = plays.next_play()? {
        asked[play.question] += 1;
        wins[play.question] += u64::from(weights[play.question * k + play.answer] > 0.0);
    }
    let (n, won) = (asked.iter().sum::<u64>(), wins.iter().sum::<u64>());
    if n == 0 {
        return Err(file_error(path, "holds no rounds").into());
    }
    let ln_e = match &args.strategy {
        None => joint_evidence(&game, &asked, &wins),
        Some(file) => {
            let (p, _) = super::super::classify::read(file)?;
            game.same_scenario(p.scenario())?;
            let mut h = vec![0.0; s.joint_questions()];
            for t in game.terms() {
                h[t.question] += p.row(t.question)[t.answer];
            }
            joint_evidence_of_strategy(&game, &asked, &h)
        }
    };
    let ln_e = ln_e.map_err(undecided)?;
    let empirical = empirical(&game, &asked)?;
    let found = local::maximum(&empirical, &local::Options::default()).map_err(undecided)?;
    let top = (&found.upper * Rational::from_integer(BigInt::from(n))).ceil().to_integer();
    let top = u64::try_from(top).unwrap_or(n).min(n);
    let half = alpha / Rational::from_integer(BigInt::from(2));
    let upper = transfer_upper(n, top, &half);
    let level = to_f64(alpha);
    let (lower, _) = confidence_sequence(n, won, level);
    let rejected = ln_e >= -level.ln() + 1e-12;
    let mut report = Report {
        game: game.name().into(),
        n,
        wins: Some(won),
        mean_payoff: None,
        p_value: (-ln_e).exp().min(1.0),
        p_value_from: "1 / e-value",
        e_value: ln_e.exp().min(f64::MAX),
        ln_e_value: ln_e,
        e_value_rounds: n,
        bets: match &args.strategy {
            None => "each round's win against that of every classical strategy, the least of all",
            Some(_) => {
                "the strategy's win probability for each question against every classical strategy, the least of all"
            }
        }
        .into(),
        ci: Some({
            let (lower, upper) = confidence_sequence(n, won, level);
            [lower, upper]
        }),
        alpha: level,
        verdict: if rejected { "reject_classical" } else { "not_rejected" },
        decided_by: "e_value",
        classical: to_f64(&upper),
        classical_exact: upper.to_string(),
        classical_evidence: "sampled: carried over from the observed questions at level alpha/2",
        transfer: Some(Transfer {
            empirical_classical: found.upper.to_string(),
            classical_upper: to_f64(&upper),
            classical_upper_exact: upper.to_string(),
            win_lower: lower,
        }),
        certificate: None,
        certificate_rounds: None,
        assumptions: SAMPLED.iter().map(|a| (*a).into()).collect(),
    };
    if let Some(file) = &args.output {
        let text = transferred(&empirical, &asked, &found.upper, &upper, &half);
        write_and_check(&empirical, &text, file).map_err(|e| certify_error(&e))?;
        report.certificate = Some(file.display().to_string());
        report.certificate_rounds = Some(n);
    }
    out.result(&report, || report.text());
    Ok(if rejected { HOLDS } else { DOES_NOT_HOLD })
}

/// The game with the observed frequencies in place of its distribution.
fn empirical(game: &Game, asked: &[u64]) -> Result<Game, CliError> {
    let s = game.scenario();
    let n = BigInt::from(asked.iter().sum::<u64>());
    let k = s.joint_answers();
    let mut won = vec![false; s.cells()];
    game.terms().iter().for_each(|t| won[t.question * k + t.answer] = true);
    Ok(Game::win_lose(
        "sampled",
        s.clone(),
        |x| Rational::new(BigInt::from(asked[s.question_index(x)]), n.clone()),
        |x, a| won[s.question_index(x) * k + s.answer_index(a)],
    )?)
}

/// The payoffs of a referee process for the questions that occur in the plays, each cell judged twice.
fn asked_of_referee(command: &str, path: &Path) -> Result<Game, CliError> {
    let mut referee = ExecReferee::spawn(command, Default::default())?;
    let s: Scenario = referee.scenario().clone();
    let k = s.joint_answers();
    let mut seen = vec![false; s.joint_questions()];
    let mut plays = Plays::open_unknown(path, &s)?;
    while let Some(play) = plays.next_play()? {
        seen[play.question] = true;
    }
    let questions: Vec<usize> = (0..seen.len()).filter(|x| seen[*x]).collect();
    if questions.is_empty() {
        return Err(file_error(path, "holds no rounds").into());
    }
    if questions.len() * k > MAX_JUDGED {
        return Err(CliError::new(
            super::super::UNDECIDED,
            format!("{} cells to judge, the limit is {MAX_JUDGED}", questions.len() * k),
        ));
    }
    let mut won = vec![false; s.cells()];
    let all: Vec<u32> = (0..k as u32).collect();
    let (mut first, mut second) = (vec![0.0; k], vec![0.0; k]);
    for &x in &questions {
        let row = vec![x as u32; k];
        referee.judge(&row, &all, &mut first)?;
        referee.judge(&row, &all, &mut second)?;
        for a in 0..k {
            let v = first[a];
            if v != second[a] || (v != 0.0 && v != 1.0) {
                return Err(bad(format!(
                    "the referee pays {v} and then {} for the answers {:?} to {:?}; --sampled needs a win or a loss that does not change",
                    second[a],
                    s.answer(a),
                    s.question(x)
                )));
            }
            won[x * k + a] = v == 1.0;
        }
    }
    let weight = Rational::new(BigInt::from(1), BigInt::from(questions.len()));
    let zero = Rational::from_integer(BigInt::from(0));
    Ok(Game::win_lose(
        "exec",
        s.clone(),
        |x| {
            if seen[s.question_index(x)] { weight.clone() } else { zero.clone() }
        },
        |x, a| won[s.question_index(x) * k + s.answer_index(a)],
    )?)
}
