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
    suits(game, asked, wins.len())?;
    if wins.iter().zip(asked).any(|(w, n)| w > n) {
        let why = "more rounds are won than were played".into();
        return Err(BoundError::Game(GameError::Behaviour(why)));
    }
    // W_t - V: a win gains where f loses, a loss costs where f wins
    least(game, asked, |x, l| {
        let (w, lost) = (wins[x], asked[x] - wins[x]);
        [(lost, (-l).ln_1p()), (w, l.ln_1p())]
    })
}

/// The same for a strategy whose win probability `h[x]` for each joint question is known, instead of players whose rounds are
/// observed: `D_t(f) = h(x_t) - V(f(x_t)|x_t)`. Only the questions are random, so fewer of them are needed; what is
/// rejected is "the strategy is no better than the best classical one".
///
/// # Errors
/// As [`joint_evidence`].
pub fn joint_evidence_of_strategy(game: &Game, asked: &[u64], h: &[f64]) -> Result<f64, BoundError> {
    suits(game, asked, h.len())?;
    if h.iter().any(|h| !(0.0..=1.0 + 1e-9).contains(h)) {
        let why = "a win probability is not between 0 and 1".into();
        return Err(BoundError::Game(GameError::Behaviour(why)));
    }
    least(game, asked, |x, l| [(asked[x], (l * (h[x] - 1.0)).ln_1p()), (asked[x], (l * h[x]).ln_1p())])
}

fn suits(game: &Game, asked: &[u64], other: usize) -> Result<(), BoundError> {
    if game.kind() != Kind::WinLose {
        return Err(BoundError::Unsuitable {
            method: "the joint test",
            why: "the game has payoffs other than win or lose".into(),
        });
    }
    if asked.len() != game.scenario().joint_questions() || other != asked.len() {
        let why = "the counts do not belong to the questions of the game".into();
        return Err(BoundError::Game(GameError::Behaviour(why)));
    }
    Ok(())
}

/// `ln` of the mean over stakes `l` of `min_f`: `factor(x, l)` gives how often and by which logarithm a question pays if `f` wins
/// it, and if `f` loses it.
fn least(game: &Game, asked: &[u64], factor: impl Fn(usize, f64) -> [(u64, f64); 2]) -> Result<f64, BoundError> {
    let s = game.scenario();
    let n: u64 = asked.iter().sum();
    let k = s.joint_answers();
    let mut won = vec![false; s.cells()];
    for t in game.terms() {
        won[t.question * k + t.answer] = true;
    }
    // every sum stays below 2^61
    let unit = 2f64.powi(59 - (n.max(2) as f64).log2().ceil() as i32).min(2f64.powi(40));
    let down = |v: f64| ((v - 1e-15) * unit).floor() as i64;
    let mut logs = Vec::with_capacity(STAKES.len());
    for l in STAKES {
        let mut dense = vec![0i64; s.cells()];
        for x in 0..s.joint_questions() {
            // the negative, for a maximum
            let [wins, loses] = factor(x, l).map(|(n, log)| -(n as i64 * down(log)));
            for cell in x * k..(x + 1) * k {
                dense[cell] = if won[cell] { wins } else { loses };
            }
        }
        let least = local::maximum_dense(s, &dense, &local::Options::default())?;
        logs.push(-(least.upper as f64) / unit);
    }
    let e = log_mean_exp(&logs);
    Ok(e - 1e-12 * (1.0 + e.abs()))
}
