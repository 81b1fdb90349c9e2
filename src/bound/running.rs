//! Bets that need no strategy from the user: a portfolio that knows the game and learns from the rounds before.
//!
//! The wealth is divided before the first round and every part is played by itself, with bets that are exactly fair and chosen
//! from earlier rounds only. Each part is a test supermartingale, so their sum is one; and the sum is never below any part, so
//! whoever turns out to be right costs at most `ln(1/share)` nats. Nothing need be tuned.

use super::BoundError;
use super::bets::{Bets, Blocks, Estimator, WHOLE};
use crate::game::{Behaviour, Game};
use crate::stats::log_weighted_sum_exp;

/// Above this many cells of questions asked no behaviour is estimated: no bets are made.
const MAX_CELLS: usize = 20_000;
/// Rounds before the first learned bets.
const FIRST: u64 = 64;
/// Bets on orbits are chosen again when the rounds have grown by this factor, those on single cells when they have doubled.
const GROWTH: f64 = 1.3;

/// A part of the wealth, its bets, and what became of it.
#[derive(Debug, Clone)]
pub struct Gambler {
    /// What it bets on, in words.
    pub name: &'static str,
    /// Its part of the wealth at the beginning.
    pub share: f64,
    /// The part of its wealth that it stakes in a round.
    pub stake: f64,
    /// `ln` of what it has made of one unit.
    pub ln_wealth: f64,
    /// How often it chose bets.
    pub updates: u32,
    /// `ln` of the bets in force; empty before the first.
    logs: Vec<f64>,
}

impl Gambler {
    /// `ln` of the bets in force, one for each cell of the scenario; empty before the first.
    pub fn logarithms(&self) -> &[f64] {
        &self.logs
    }
}

/// How the gamblers of a team come to their bets.
#[derive(Debug)]
struct Learner {
    blocks: Blocks,
    /// Where the prior comes from: a behaviour, or the pooled frequencies of coarser blocks.
    prior: Prior,
    strength: f64,
    growth: f64,
    next: u64,
}

#[derive(Debug)]
enum Prior {
    Fixed(Behaviour),
    Pooled(Blocks, Behaviour),
}

/// A portfolio of bets; wealth 1 at the beginning. *Sampled*: under every classical model with memory `P(wealth ever reaches 1/alpha) <= alpha`.
///
/// ```
/// use bellwether::{bound::running::RunningBets, game::catalog};
/// let chsh = catalog::lookup("chsh")?.game;
/// let mut bets = RunningBets::new(&chsh, None)?.ok_or("too large")?;
/// for round in 0..200 {
///     // every question in turn, always won
///     bets.push([0, 4, 8, 13][round % 4])?;
/// }
/// assert!(bets.ln_wealth() > 1000f64.ln());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RunningBets<'a> {
    game: &'a Game,
    seen: Vec<u64>,
    block: Vec<u64>,
    rounds: u64,
    /// Fixed bets made for the guess, the whole wealth staked.
    fixed: Option<Bets>,
    teams: Vec<(Option<Learner>, Vec<Gambler>)>,
}

impl<'a> RunningBets<'a> {
    /// No rounds yet. `guess` is a behaviour that the players might have, known before the rounds: the best one known for the game.
    /// `None` if the game has too many cells to estimate.
    ///
    /// # Errors
    /// [`BoundError`] if the guess is of another scenario or bets on it cannot be made.
    pub fn new(game: &'a Game, guess: Option<&Behaviour>) -> Result<Option<Self>, BoundError> {
        let s = game.scenario();
        if game.mu().len() * s.joint_answers() > MAX_CELLS {
            return Ok(None);
        }
        let uniform = Behaviour::uniform(s.clone());
        let (cells, orbits) = (Blocks::cells(game), Blocks::symmetric(game));
        let symmetric = orbits.count() < cells.count();
        let learner = |blocks: &Blocks, prior, strength, growth| {
            Some(Learner { blocks: blocks.clone(), prior, strength, growth, next: FIRST })
        };
        let fixed = |p: &Behaviour| Prior::Fixed(p.clone());
        let mut teams = Vec::new();
        let mut first = None;
        if let Some(guess) = guess {
            let mut team = team("best quantum strategy known", &[(0.4, WHOLE), (0.1, 0.35)]);
            let bets = Bets::on_blocks(game, guess, &orbits, &stakes(&team))?;
            take(&mut team, &bets);
            first = bets.into_iter().next();
            teams.push((None, team));
            teams.push((
                learner(&orbits, fixed(guess), 100.0, GROWTH),
                self::team("best quantum strategy known, corrected by the rounds before", &[(0.1, 1.0), (0.05, 0.35)]),
            ));
        }
        if symmetric {
            teams.push((
                learner(&orbits, fixed(&uniform), 1.0, GROWTH),
                team(
                    "frequencies of the rounds before, up to the symmetries of the game",
                    &[(0.15, 1.0), (0.05, 0.35), (0.05, 0.125)],
                ),
            ));
        }
        let (prior, strength) = match symmetric {
            true => (Prior::Pooled(orbits, uniform), 64.0),
            false => (fixed(&uniform), 4.0),
        };
        teams.push((
            learner(&cells, prior, strength, 2.0),
            team("frequencies of the rounds before", &[(0.03, 1.0), (0.04, 0.35), (0.03, 0.125)]),
        ));
        let mut bets =
            RunningBets { game, seen: vec![0; s.cells()], block: vec![0; s.cells()], rounds: 0, fixed: first, teams };
        // no wealth is left over where a team is missing
        let total: f64 = bets.gamblers().map(|g| g.share).sum();
        let all = bets.teams.iter_mut().flat_map(|t| &mut t.1);
        all.for_each(|g| g.share /= total);
        Ok(Some(bets))
    }

    /// One round in the cell of index `cell`.
    ///
    /// # Errors
    /// [`BoundError`] if new bets are due and cannot be made.
    pub fn push(&mut self, cell: usize) -> Result<(), BoundError> {
        self.block[cell] += 1;
        self.rounds += 1;
        let rounds = self.rounds;
        let due = |l: &Option<Learner>| l.as_ref().is_some_and(|l| l.next == rounds);
        if !self.teams.iter().any(|t| due(&t.0)) {
            return Ok(());
        }
        self.settle();
        for (learner, team) in &mut self.teams {
            if let Some(l) = learner.as_mut().filter(|l| l.next == rounds) {
                let p = l.estimate(self.game, &self.seen)?;
                let bets = Bets::on_blocks(self.game, &p, &l.blocks, &stakes(team))?;
                take(team, &bets);
                l.next = (rounds as f64 * l.growth).ceil() as u64;
            }
        }
        Ok(())
    }

    /// Pays out the block.
    fn settle(&mut self) {
        for g in self.teams.iter_mut().flat_map(|t| &mut t.1) {
            let played = self.block.iter().zip(&g.logs).filter(|(n, _)| **n > 0);
            g.ln_wealth += played.map(|(n, l)| *n as f64 * l).sum::<f64>();
        }
        for (seen, block) in self.seen.iter_mut().zip(&mut self.block) {
            *seen += std::mem::take(block);
        }
    }

    /// `ln` of the wealth after the rounds so far.
    pub fn ln_wealth(&mut self) -> f64 {
        self.settle();
        let parts: Vec<(f64, f64)> = self.gamblers().map(|g| (g.share, g.ln_wealth)).collect();
        log_weighted_sum_exp(&parts)
    }

    /// All parts of the portfolio; their wealth is that after the last settlement ([`RunningBets::ln_wealth`] makes one).
    pub fn gamblers(&self) -> impl Iterator<Item = &Gambler> {
        self.teams.iter().flat_map(|t| &t.1)
    }

    /// The part of the wealth that stays on bets fixed before the first round, and these bets.
    pub fn fixed(&self) -> Option<(f64, &Bets)> {
        Some((self.gamblers().next()?.share, self.fixed.as_ref()?))
    }

    /// How often bets were chosen, at most.
    pub fn updates(&self) -> u32 {
        self.gamblers().map(|g| g.updates).max().unwrap_or(0)
    }
}

impl Learner {
    fn estimate(&self, game: &Game, seen: &[u64]) -> Result<Behaviour, BoundError> {
        let estimate = |blocks: &Blocks, prior: &Behaviour, strength| {
            Estimator { prior, strength }.estimate(game, &blocks.pool(seen))
        };
        match &self.prior {
            Prior::Fixed(prior) => estimate(&self.blocks, prior, self.strength),
            Prior::Pooled(blocks, noise) => {
                let prior = estimate(blocks, noise, 1.0)?;
                estimate(&self.blocks, &prior, self.strength)
            }
        }
    }
}

/// Gamblers that have chosen no bets yet, from shares and stakes.
fn team(name: &'static str, list: &[(f64, f64)]) -> Vec<Gambler> {
    let gambler =
        |&(share, stake): &(f64, f64)| Gambler { name, share, stake, ln_wealth: 0.0, updates: 0, logs: Vec::new() };
    list.iter().map(gambler).collect()
}

fn stakes(team: &[Gambler]) -> Vec<f64> {
    team.iter().map(|g| g.stake).collect()
}

fn take(team: &mut [Gambler], bets: &[Bets]) {
    for (g, b) in team.iter_mut().zip(bets) {
        g.logs = b.logarithms();
        g.updates += 1;
    }
}
