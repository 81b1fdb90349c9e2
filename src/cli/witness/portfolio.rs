//! The default bets: what is known of the game before the rounds, and the number that will decide.

use super::super::output::{CliError, undecided};
use crate::bound::bets::Bets;
use crate::bound::running::RunningBets;
use crate::bound::{BoundError, plan, seesaw};
use crate::game::{Behaviour, Game, Kind, Rational};
use crate::learn::default_dims;
use crate::stats::{ln_e_mixture, log_weighted_sum_exp};

/// The part of the wealth on win/lose bets, where a game has wins.
pub const WIN_LOSE: f64 = 0.2;
/// Above this many cells times the square of the joint dimension no strategy is searched.
const MAX_SEARCH: usize = 300_000;
/// The e-value decides if bets on the best strategy known grow faster than its win/lose bets by this factor.
const MORE: f64 = 1.25;

/// Bets that need no file.
pub struct Portfolio<'a> {
    /// Nothing for a game too large to bet on.
    pub running: Option<RunningBets<'a>>,
    /// Whether the e-value decides; the binomial p-value otherwise. Known before the rounds.
    pub decides: bool,
}

/// The portfolio for a game, from nothing but the game.
pub fn portfolio<'a>(game: &'a Game, beta: &Rational) -> Result<Portfolio<'a>, CliError> {
    let guess = best_known(game).map_err(undecided)?;
    let running = match RunningBets::new(game, guess.as_ref()) {
        Ok(running) => running,
        Err(BoundError::TooLarge { .. }) => None,
        Err(error) => return Err(undecided(error)),
    };
    let decides = match (&guess, running.as_ref().and_then(RunningBets::fixed)) {
        _ if game.kind() != Kind::WinLose => true,
        (Some(p), Some((_, bets))) => {
            let wins = plan::win_lose(beta, game.value(p)?, 0.5, 0.5).rate;
            bets.growth(game, p).0 > MORE * wins.unwrap_or(0.0).max(1e-6)
        }
        _ => false,
    };
    Ok(Portfolio { running, decides })
}

/// The behaviour of the best quantum strategy that a short search finds; numerical, the same every time.
fn best_known(game: &Game) -> Result<Option<Behaviour>, BoundError> {
    let dims = default_dims(game.scenario());
    let joint: usize = dims.iter().product();
    let cells = game.mu().len() * game.scenario().joint_answers();
    if cells.saturating_mul(joint.saturating_mul(joint)) > MAX_SEARCH {
        return Ok(None);
    }
    let found = seesaw::lower_bound(game, &seesaw::Options::new(dims))?;
    Ok(Some(found.strategy.behaviour()?))
}

/// What the portfolio was worth after the last round.
pub struct Outcome {
    /// `ln` of the wealth on full behaviour, nothing for a game too large to bet on.
    pub ln_wealth: Option<f64>,
    /// The part that ended with most, in words, and how often bets were chosen.
    pub leader: Option<(&'static str, u32)>,
    /// The part of all wealth that was staked on bets fixed beforehand, these bets and what they were played on.
    pub fixed: Option<(f64, Bets, Vec<u64>)>,
    /// Whether the e-value decides.
    pub decides: bool,
}

impl Outcome {
    /// `ln` of the whole wealth and its description; win/lose bets included where the game has wins.
    pub fn ln_e_value(&self, wins: Option<(u64, u64)>, beta: &Rational) -> (f64, String) {
        let mut parts = Vec::new();
        let mut words = Vec::new();
        if let (Some(ln_wealth), Some((leader, updates))) = (self.ln_wealth, self.leader) {
            let share = if wins.is_some() { 1.0 - WIN_LOSE } else { 1.0 };
            parts.push((share, ln_wealth));
            words.push(format!(
                "full behaviour by a portfolio, chosen {updates} times before the rounds, most of it now with: {leader}"
            ));
        }
        if let Some((n, wins)) = wins {
            let share = if parts.is_empty() { 1.0 } else { WIN_LOSE };
            parts.push((share, ln_e_mixture(n, wins, beta)));
            words.push("win or lose, averaged over all win probabilities above the bound".into());
        }
        let ln_e = match parts.is_empty() {
            true => 0.0,
            false => log_weighted_sum_exp(&parts),
        };
        // rounding in the sums is paid for
        (ln_e - 1e-9 * (1.0 + ln_e.abs()), words.join("; "))
    }
}
