//! Bets that learn from the rounds before: an e-process that needs no behaviour in advance.

use super::BoundError;
use super::bets::{Bets, estimate};
use crate::game::Game;
use crate::stats::log_mean_exp;

/// Rounds before the first bets, and between these and the next; the gap doubles each time.
const FIRST: u64 = 128;
/// Parts of wealth that are staked, by three gamblers who begin with a third each.
const STAKES: [f64; 3] = [0.125, 0.35, 1.0];
/// Counts of white noise added to each question.
const PRIOR: f64 = 4.0;
/// Above this many cells of questions asked no behaviour is estimated: no bets are made.
const MAX_CELLS: usize = 20_000;

/// Full-behaviour bets chosen anew after 128, 256, 512, .. rounds from all rounds so far (never from those they are applied to).
///
/// Each table of bets is exactly fair, the choice is predictable and the gamblers' wealth is averaged, so the wealth is a test
/// supermartingale under every classical model with memory.
#[derive(Debug)]
pub struct RunningBets<'a> {
    game: &'a Game,
    seen: Vec<u64>,
    block: Vec<u64>,
    logs: Vec<Vec<f64>>,
    ln_wealth: [f64; STAKES.len()],
    rounds: u64,
    next: u64,
    updates: u32,
}

impl<'a> RunningBets<'a> {
    /// No rounds yet. `None` if the game has too many cells to estimate.
    pub fn new(game: &'a Game) -> Option<Self> {
        let s = game.scenario();
        (game.mu().len() * s.joint_answers() <= MAX_CELLS).then(|| RunningBets {
            game,
            seen: vec![0; s.cells()],
            block: vec![0; s.cells()],
            logs: Vec::new(),
            ln_wealth: [0.0; STAKES.len()],
            rounds: 0,
            next: FIRST,
            updates: 0,
        })
    }

    /// One round in the cell of index `cell`.
    ///
    /// # Errors
    /// [`BoundError`] if new bets are due and cannot be made.
    pub fn push(&mut self, cell: usize) -> Result<(), BoundError> {
        self.block[cell] += 1;
        self.rounds += 1;
        if self.rounds == self.next {
            self.settle();
            self.next *= 2;
            self.updates += 1;
            let p = estimate(self.game, &self.seen, PRIOR)?;
            let bets = Bets::staked(self.game, &p, STAKES)?;
            self.logs = bets.iter().map(Bets::logarithms).collect();
        }
        Ok(())
    }

    /// Pays out the block.
    fn settle(&mut self) {
        for (wealth, logs) in self.ln_wealth.iter_mut().zip(&self.logs) {
            let played = self.block.iter().zip(logs).filter(|(n, _)| **n > 0);
            *wealth += played.map(|(n, l)| *n as f64 * l).sum::<f64>();
        }
        for (seen, block) in self.seen.iter_mut().zip(&mut self.block) {
            *seen += std::mem::take(block);
        }
    }

    /// `ln` of the wealth after the rounds so far.
    pub fn ln_wealth(&mut self) -> f64 {
        self.settle();
        log_mean_exp(&self.ln_wealth)
    }

    /// How often bets were chosen.
    pub fn updates(&self) -> u32 {
        self.updates
    }
}
