//! One pass over the plays: counts, wins, and what the bets win.

use super::super::output::{CliError, undecided};
use super::bad;
use super::portfolio::{Outcome, Portfolio, WIN_LOSE};
use crate::bound::bets::{Bets, WHOLE, estimate};
use crate::bound::running::Gambler;
use crate::bound::{BoundError, local};
use crate::game::file::{Plays, file_error};
use crate::game::{Game, Kind, Rational, to_f64};
use std::path::Path;

/// What the bets won.
pub enum Evidence {
    /// A fixed table, and the rounds it was applied to.
    Fixed { bets: Bets, counts: Vec<u64>, rounds: u64 },
    /// The portfolio.
    Running(Outcome),
}

/// Where the bets come from.
pub enum Source<'a> {
    /// Fixed before the rounds.
    Fixed(Bets),
    /// Learned from the first rounds, as `--train` says.
    Train(&'a str),
    /// A portfolio that follows the rounds.
    Running(Portfolio<'a>),
}

pub struct Tally {
    pub rounds: u64,
    pub wins: u64,
    /// Sum of the payoffs.
    pub payoff: f64,
    pub evidence: Evidence,
    /// Counts at the first round at which fixed bets reached the level, and its number.
    pub crossed: Option<(Vec<u64>, u64)>,
}

/// How rounds become evidence.
enum Bettor<'a> {
    Fixed(Fixed),
    Training {
        game: &'a Game,
        until: u64,
        first: Vec<u64>,
        second: Vec<u64>,
        seen: u64,
    },
    /// The portfolio, and its fixed part by itself with its share of all wealth.
    Running(Portfolio<'a>, Option<(f64, Fixed)>),
}

struct Fixed {
    bets: Bets,
    logs: Vec<f64>,
    counts: Vec<u64>,
    rounds: u64,
    ln_wealth: f64,
    crossed: Option<(Vec<u64>, u64)>,
}

impl Fixed {
    fn new(bets: Bets) -> Self {
        Fixed {
            logs: bets.logarithms(),
            counts: vec![0; bets.table().len()],
            bets,
            rounds: 0,
            ln_wealth: 0.0,
            crossed: None,
        }
    }

    fn push(&mut self, cell: usize, wanted: f64) {
        self.counts[cell] += 1;
        self.rounds += 1;
        self.ln_wealth += self.logs[cell];
        if self.crossed.is_none() && self.ln_wealth >= wanted {
            self.crossed = Some((self.counts.clone(), self.rounds));
        }
    }
}

impl Tally {
    pub fn read(game: &Game, path: &Path, source: Source, alpha: &Rational) -> Result<Tally, CliError> {
        let s = game.scenario();
        let k = s.joint_answers();
        let pays = game.weights();
        let mu: Vec<f64> = {
            let mut mu = vec![1.0; s.joint_questions()];
            game.mu().iter().for_each(|(x, w)| mu[*x] = to_f64(w));
            mu
        };
        // the first crossing with a little to spare: exact arithmetic has the last word
        let wanted = -to_f64(alpha).ln() + 1e-6;
        let mut bettor = match source {
            Source::Fixed(bets) => Bettor::Fixed(Fixed::new(bets)),
            Source::Train(train) => Bettor::Training {
                game,
                until: training_rounds(game, path, train)?,
                first: vec![0; s.cells()],
                second: vec![0; s.cells()],
                seen: 0,
            },
            Source::Running(portfolio) => {
                let fixed = portfolio.running.as_ref().and_then(|r| r.fixed());
                let whole = match game.kind() {
                    Kind::WinLose => 1.0 - WIN_LOSE,
                    _ => 1.0,
                };
                let fixed = fixed.map(|(share, bets)| (whole * share, Fixed::new(bets.clone())));
                Bettor::Running(portfolio, fixed)
            }
        };
        let (mut rounds, mut wins, mut payoff) = (0u64, 0u64, 0.0);
        let mut plays = Plays::open(path, game)?;
        while let Some(play) = plays.next_play()? {
            let cell = play.question * k + play.answer;
            rounds += 1;
            if pays[cell] != 0.0 {
                wins += 1;
                payoff += pays[cell] / mu[play.question];
            }
            let learned = match &mut bettor {
                Bettor::Fixed(fixed) => {
                    fixed.push(cell, wanted);
                    None
                }
                Bettor::Running(portfolio, fixed) => {
                    if let Some((share, fixed)) = fixed {
                        fixed.push(cell, wanted - share.ln());
                    }
                    let failed = portfolio.running.as_mut().and_then(|r| r.push(cell).err());
                    match failed {
                        // a game too large to bet on: the win/lose bets remain
                        Some(BoundError::TooLarge { .. }) => portfolio.running = None,
                        Some(error) => return Err(undecided(error)),
                        None => {}
                    }
                    None
                }
                Bettor::Training { game, until, first, second, seen } => {
                    *seen += 1;
                    let early = *seen * 2 <= *until;
                    let half = if early { &mut *first } else { &mut *second };
                    half[cell] += 1;
                    if seen == until { Some(learn(game, first, second)?) } else { None }
                }
            };
            if let Some(bets) = learned {
                bettor = Bettor::Fixed(Fixed::new(bets));
            }
        }
        if rounds == 0 {
            return Err(file_error(path, "holds no rounds").into());
        }
        let (evidence, crossed) = match bettor {
            Bettor::Fixed(f) => {
                let Fixed { bets, counts, rounds, crossed, .. } = f;
                (Evidence::Fixed { bets, counts, rounds }, crossed)
            }
            Bettor::Running(mut portfolio, fixed) => {
                let running = portfolio.running.as_mut();
                let ln_wealth = running.map(|r| r.ln_wealth());
                let running = portfolio.running.as_ref();
                let worth = |g: &Gambler| g.share.ln() + g.ln_wealth;
                let leader = running.and_then(|r| {
                    let best = r.gamblers().max_by(|a, b| worth(a).total_cmp(&worth(b)))?;
                    Some((best.name, r.updates()))
                });
                let crossed = fixed.as_ref().and_then(|f| f.1.crossed.clone());
                let outcome = Outcome {
                    ln_wealth,
                    leader,
                    fixed: fixed.map(|(share, f)| (share, f.bets, f.counts)),
                    decides: portfolio.decides,
                };
                (Evidence::Running(outcome), crossed)
            }
            Bettor::Training { until, .. } => {
                return Err(bad(format!(
                    "--train {until} rounds given, but {} holds {rounds}: none are left as evidence",
                    path.display()
                )));
            }
        };
        Ok(Tally { rounds, wins, payoff, evidence, crossed })
    }
}

/// A number of rounds, or a share of those in the file.
fn training_rounds(game: &Game, path: &Path, text: &str) -> Result<u64, CliError> {
    let wrong = || bad(format!("--train '{text}' given, wanted a number of rounds or a share between 0 and 1"));
    if let Ok(n) = text.parse::<u64>() {
        return if n > 1 { Ok(n) } else { Err(wrong()) };
    }
    let share = text.parse::<f64>().ok().filter(|s| *s > 0.0 && *s < 1.0).ok_or_else(wrong)?;
    let mut plays = Plays::open(path, game)?;
    let mut rounds = 0u64;
    while plays.next_play()?.is_some() {
        rounds += 1;
    }
    Ok(((rounds as f64 * share) as u64).max(2))
}

/// Bets from the training rounds: candidates made from the first half are compared on the second, the winner is made anew
/// from all.
fn learn(game: &Game, first: &[u64], second: &[u64]) -> Result<Bets, CliError> {
    let beta = local::maximum(game, &local::Options::default()).map_err(undecided)?.upper;
    let wins = |counts: &[u64]| -> f64 {
        let n: u64 = counts.iter().sum();
        let won = game.terms().iter().map(|t| counts[t.question * game.scenario().joint_answers() + t.answer]);
        (won.sum::<u64>() as f64 + 0.5) / (n as f64 + 1.0)
    };
    // stake 0 stands for win/lose bets
    let make = |counts: &[u64], stake: f64| -> Result<Bets, BoundError> {
        if stake == 0.0 {
            return Bets::win_lose(game, &beta, wins(counts));
        }
        Bets::against(game, &estimate(game, counts, 4.0)?, stake)
    };
    let score = |bets: &Bets| -> f64 {
        let played = bets.logarithms().into_iter().zip(second).filter(|(_, n)| **n > 0);
        played.map(|(l, n)| l * *n as f64).sum()
    };
    let all: Vec<u64> = first.iter().zip(second).map(|(a, b)| a + b).collect();
    let stakes = [0.0, 0.1, 0.3, 0.6, WHOLE];
    let mut best: Option<(f64, f64)> = None;
    for stake in stakes.into_iter().skip(usize::from(game.kind() != Kind::WinLose)) {
        match make(first, stake) {
            Ok(bets) => {
                let value = score(&bets);
                if best.is_none_or(|(b, _)| value > b) {
                    best = Some((value, stake));
                }
            }
            Err(BoundError::Unsuitable { .. } | BoundError::TooLarge { .. }) => {}
            Err(error) => return Err(undecided(error)),
        }
    }
    let stake = best.map_or(0.1, |(_, stake)| stake);
    // the training rounds may show no advantage at all: small bets on what they show remain
    make(&all, stake).or_else(|_| make(&all, 0.1)).map_err(undecided)
}
