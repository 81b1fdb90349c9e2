//! Data to proofs: bets and counts as a `stat_reject_classical` certificate (F8).

use crate::bound::bets::Bets;
use crate::game::file::game_to_json;
use crate::game::{Game, Rational};
use num_traits::Zero;
use std::fmt::Write;

/// The certificate that `counts` (one number of rounds for each cell of the scenario) reject every classical model at level
/// `alpha` with these bets. Whether they do is for the checker to say.
pub fn reject_classical(game: &Game, bets: &Bets, counts: &[u64], alpha: &Rational) -> String {
    let s = game.scenario();
    let row = |cell: usize, value: &str| {
        let at = [s.question(cell / s.joint_answers()), s.answer(cell % s.joint_answers())];
        let mut text = String::from("[");
        for index in at.concat() {
            // writing to a String cannot fail
            let _ = write!(text, "{index},");
        }
        text + "\"" + value + "\"]"
    };
    let listed = bets.table().iter().enumerate().filter(|(_, r)| !r.is_zero());
    let bets: Vec<String> = listed.map(|(cell, r)| row(cell, &r.to_string())).collect();
    let played = counts.iter().enumerate().filter(|(_, n)| **n > 0);
    let counts: Vec<String> = played.map(|(cell, n)| row(cell, &n.to_string())).collect();
    format!(
        "{{\"format\":\"qcert\",\"version\":1,\n\"game\":{},\n\"proofs\":[\n\
         {{\"id\":\"data\",\"type\":\"stat_reject_classical\",\"alpha\":\"{}\",\n\"bets\":[{}],\n\"counts\":[{}]}}],\n\"conclusions\":[]}}",
        game_to_json(game, false),
        alpha,
        bets.join(","),
        counts.join(",")
    )
}

/// The certificate that the value of the game whose questions were sampled is at most `upper`, except with probability
/// `alpha`: `empirical` is the game with the observed frequencies, `classical` a bound on its classical value.
pub fn transferred(
    empirical: &Game,
    counts: &[u64],
    classical: &Rational,
    upper: &Rational,
    alpha: &Rational,
) -> String {
    let s = empirical.scenario();
    let row = |x: usize| {
        let at: Vec<String> = s.question(x).iter().map(usize::to_string).collect();
        format!("[{},\"{}\"]", at.join(","), counts[x])
    };
    let counts: Vec<String> = (0..counts.len()).filter(|x| counts[*x] > 0).map(row).collect();
    format!(
        "{{\"format\":\"qcert\",\"version\":1,\n\"game\":{},\n\"proofs\":[\n\
         {{\"id\":\"empirical\",\"type\":\"classical_upper\",\"value\":\"{}\"}},\n\
         {{\"id\":\"game\",\"type\":\"transfer\",\"upper\":\"empirical\",\"counts\":[{}],\"alpha\":\"{}\",\"value\":\"{}\"}}],\n\"conclusions\":[]}}",
        game_to_json(empirical, false),
        classical,
        counts.join(","),
        alpha,
        upper
    )
}
