//! Fair bets on the rounds of an experiment (F8 of `docs/certificates.md`).
//!
//! A table `R(x,a) >= 0` with `max over classical strategies of sum mu(x) R(x,a) p(a|x) <= 1` multiplies a gambler's
//! wealth by `R(x,a)` each round. Under any classical model with memory wealth gains nothing on average, so
//! `P(wealth ever reaches 1/alpha) <= alpha`. Against a behaviour `p` the fastest growth is had from
//! `R = p / q*` with the local behaviour `q*` closest to `p` in relative entropy (Zhang, Glancy and Knill, "PBR"): floats
//! find `q*`, exact arithmetic makes the bets fair.

mod blocks;
mod closest;
mod estimate;

pub use blocks::Blocks;
pub use estimate::{Estimator, estimate};

use super::{BoundError, local};
use crate::game::{Behaviour, Game, Kind, Rational, Term, to_f64};
use num_bigint::BigInt;
use num_traits::{FromPrimitive, One, Signed, Zero};

/// A stake at which no single round is fatal: a thousandth of the wealth stays aside.
pub const WHOLE: f64 = 1.0 - 1.0 / 1024.0;

/// Denominators of bets are `2^BITS`.
const BITS: u32 = 20;

/// A table of bets that no classical strategy gains on, by an exact maximum.
#[derive(Debug, Clone, PartialEq)]
pub struct Bets {
    table: Vec<Rational>,
    source: String,
}

impl Bets {
    /// Bets `q/beta` on a win and `(1-q)/(1-beta)` on a loss, `q` rounded to `2^-20`; `beta` must be an upper bound on the
    /// classical value and `beta < q < 1`.
    ///
    /// Exact: a classical win probability `w <= beta` gains `w q/beta + (1-w)(1-q)/(1-beta) <= 1`.
    ///
    /// # Errors
    /// [`BoundError::Unsuitable`] for a functional, or `q` not above `beta`.
    pub fn win_lose(game: &Game, beta: &Rational, q: f64) -> Result<Self, BoundError> {
        let bad = |why: String| BoundError::Unsuitable { method: "win/lose bets", why };
        if game.kind() != Kind::WinLose {
            return Err(bad("the game has payoffs other than win or lose".into()));
        }
        let unit = Rational::from_integer(BigInt::one() << BITS);
        let one = Rational::one();
        let q = Rational::from_f64(q.clamp(0.0, 1.0)).unwrap_or_else(Rational::zero);
        let q = (q * &unit).floor() / &unit;
        let q = q.min(&one - unit.recip());
        if q <= *beta || !beta.is_positive() {
            return Err(bad(format!(
                "the win probability {} is not above the classical bound {}",
                to_f64(&q),
                to_f64(beta)
            )));
        }
        let (win, lose) = (&q / beta, (&one - &q) / (&one - beta));
        let s = game.scenario();
        let mut table = vec![Rational::zero(); s.cells()];
        for (x, _) in game.mu() {
            table[x * s.joint_answers()..(x + 1) * s.joint_answers()].fill(lose.clone());
        }
        for t in game.terms() {
            table[t.question * s.joint_answers() + t.answer] = win.clone();
        }
        Ok(Bets { table, source: format!("win or lose at the win probability {:.6}", to_f64(&q)) })
    }

    /// Bets `(1-s) + s p/q*` on every cell, made exactly fair; `0 < s <= 1` is the part of wealth that is staked.
    ///
    /// # Errors
    /// [`BoundError`] if the behaviour belongs to another scenario or the exact classical maximum cannot be had.
    pub fn against(game: &Game, p: &Behaviour, stake: f64) -> Result<Self, BoundError> {
        let mut made = Bets::on_blocks(game, p, &Blocks::cells(game), &[stake])?;
        made.pop().ok_or(BoundError::Unsuitable { method: "bets", why: "no stakes given".into() })
    }

    /// [`Bets::against`] for several stakes at the price of one, and with the same bet on all cells of a block: the best such
    /// bets stand against `P/Q*`, `P` the chances of the blocks under `p` and `Q*` the closest that local behaviours give them.
    ///
    /// # Errors
    /// As [`Bets::against`].
    pub fn on_blocks(game: &Game, p: &Behaviour, blocks: &Blocks, stakes: &[f64]) -> Result<Vec<Self>, BoundError> {
        game.same_scenario(p.scenario())?;
        let p = &p.mix(1.0 - GRAIN, &Behaviour::uniform(p.scenario().clone()))?;
        let ratio = closest::against_closest(game, p, blocks)?;
        let made = stakes.iter().map(|stake| {
            let bet = |block: &Option<usize>| block.map_or(0.0, |b| 1.0 - stake + stake * ratio[b]);
            let raw: Vec<f64> = blocks.of_cells().iter().map(bet).collect();
            Bets::fair(game, &raw, "full behaviour")
        });
        made.collect()
    }

    /// Rounds a table down to `2^-20` and divides by its exact classical maximum, rounding down again.
    fn fair(game: &Game, raw: &[f64], source: &str) -> Result<Self, BoundError> {
        let unit = BigInt::one() << BITS;
        let floor = |v: &f64| {
            let scaled = (v * f64::from(1u32 << BITS)).floor().clamp(0.0, 1e15);
            BigInt::from_f64(scaled).unwrap_or_default()
        };
        let integers: Vec<BigInt> = raw.iter().map(floor).collect();
        let k = game.scenario().joint_answers();
        let mut terms = Vec::new();
        for (question, weight) in game.mu() {
            for answer in 0..k {
                let bet = &integers[question * k + answer];
                if !bet.is_zero() {
                    terms.push(Term {
                        question: *question,
                        answer,
                        weight: weight * Rational::new(bet.clone(), unit.clone()),
                    });
                }
            }
        }
        let means = Game::from_table("bets", game.scenario().clone(), None, terms)?;
        let most = local::maximum(&means, &local::Options::default())?.upper;
        if !most.is_positive() {
            return Err(BoundError::Unsuitable { method: "bets", why: "every bet is 0".into() });
        }
        // bet/most in units, rounded down: a lower bet is as fair
        let shrink = |b: &BigInt| {
            let units = (b * most.denom()) / most.numer();
            Rational::new(units, unit.clone())
        };
        Ok(Bets { table: integers.iter().map(shrink).collect(), source: source.into() })
    }

    /// The bets, one for each cell of the scenario; 0 off the support of the questions.
    pub fn table(&self) -> &[Rational] {
        &self.table
    }

    /// What they were made for, in words.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// `ln R` of every cell, minus infinity for a bet of 0; numerical.
    pub fn logarithms(&self) -> Vec<f64> {
        self.table.iter().map(|r| to_f64(r).ln()).collect()
    }

    /// Mean and variance of `ln R` a round under a behaviour; the mean is minus infinity if a bet of 0 can be lost. Numerical.
    pub fn growth(&self, game: &Game, p: &Behaviour) -> (f64, f64) {
        let k = game.scenario().joint_answers();
        let logs = self.logarithms();
        let (mut mean, mut square) = (0.0, 0.0);
        for (x, weight) in game.mu() {
            let weight = to_f64(weight);
            for (p, log) in p.row(*x).iter().zip(&logs[x * k..]) {
                let chance = weight * p;
                if chance > 0.0 {
                    mean += chance * log;
                    square += chance * log * log;
                }
            }
        }
        (mean, (square - mean * mean).max(0.0))
    }
}

/// White noise mixed into the behaviour: a learned one has entries like 1e-9 where the best has 0, and their ratio to a
/// vanishing `q` would take all bets. Costs about this many nats a round.
const GRAIN: f64 = 1e-5;
