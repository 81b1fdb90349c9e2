//! The joint test: an advantage in a game of which only the payoffs are known, the questions only from samples.

use super::{BoundError, local};
use crate::game::{Game, GameError, Kind};
use crate::stats::log_mean_exp;

/// Stakes that the e-value averages over, fixed in advance.
const STAKES: [f64; 4] = [0.02, 0.05, 0.12, 0.3];

/// `ln` of an e-value against "the players are classical, with memory", whatever distribution the questions are drawn from.
///
/// `wins[x]` of `asked[x]` rounds with the joint question `x` were won. For a deterministic strategy `f` let
/// `D_t(f) = W_t - V(f(x_t)|x_t)`. If `f*` is best in the true game, classical players have `E[D_t(f*) | past] <= 0`, so
/// `prod_t (1 + l D_t(f*))` is a test supermartingale for `0 < l < 1`, and `min_f prod_t (1 + l D_t(f))` is at most that. The
/// minimum is a classical optimum: `ln E = min_f sum_x [V(f|x) = 1: losses_x ln(1-l); V(f|x) = 0: wins_x ln(1+l)]`. The e-value is
/// the mean over four stakes `l`.
///
/// Logarithms are rounded down to integers and the minimum over `f` is exact.
///
/// # Errors
/// [`BoundError::Unsuitable`] for a functional, [`BoundError::Game`] for lists of the wrong length or more wins than rounds;
/// [`BoundError::TooLarge`] as [`local::maximum`].
pub fn joint_evidence(game: &Game, asked: &[u64], wins: &[u64]) -> Result<f64, BoundError> {
    if game.kind() != Kind::WinLose {
        return Err(BoundError::Unsuitable {
            method: "the joint test",
            why: "the game has payoffs other than win or lose".into(),
        });
    }
    let s = game.scenario();
    let right = asked.len() == s.joint_questions() && wins.len() == asked.len();
    if !right || wins.iter().zip(asked).any(|(w, n)| w > n) {
        let why = "the counts do not belong to the questions of the game".into();
        return Err(BoundError::Game(GameError::Behaviour(why)));
    }
    let n: u64 = asked.iter().sum();
    let k = s.joint_answers();
    let mut won = vec![false; s.cells()];
    for t in game.terms() {
        won[t.question * k + t.answer] = true;
    }
    // every sum stays below 2^61
    let unit = 2f64
        .powi(60 - (n.max(2) as f64).log2().ceil() as i32 - 1)
        .min(2f64.powi(40));
    let mut logs = Vec::with_capacity(STAKES.len());
    for l in STAKES {
        let down = |v: f64| ((v - 1e-15) * unit).floor() as i64;
        let (up, fall) = (down(l.ln_1p()), down((-l).ln_1p()));
        let mut dense = vec![0i64; s.cells()];
        for x in 0..s.joint_questions() {
            let (w, lost) = (wins[x] as i64, (asked[x] - wins[x]) as i64);
            for cell in x * k..(x + 1) * k {
                // the negative, for a maximum
                dense[cell] = if won[cell] { -lost * fall } else { -w * up };
            }
        }
        let least = local::maximum_dense(s, &dense, &local::Options::default())?;
        logs.push(-(least.upper as f64) / unit);
    }
    let e = log_mean_exp(&logs);
    Ok(e - 1e-12 * (1.0 + e.abs()))
}
