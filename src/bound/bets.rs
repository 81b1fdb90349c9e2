//! Fair bets on the rounds of an experiment (F8 of `docs/certificates.md`).
//!
//! A table `R(x,a) >= 0` with `max over classical strategies of sum mu(x) R(x,a) p(a|x) <= 1` multiplies a gambler's
//! wealth by `R(x,a)` each round. Under any classical model with memory wealth gains nothing on average, so
//! `P(wealth ever reaches 1/alpha) <= alpha`. Against a behaviour `p` the fastest growth is had from
//! `R = p / q*` with the local behaviour `q*` closest to `p` in relative entropy (Zhang, Glancy and Knill, "PBR"): floats
//! find `q*`, exact arithmetic makes the bets fair.

use super::collins_gisin::CollinsGisin;
use super::{BoundError, local};
use crate::game::{Behaviour, Game, GameError, Kind, Rational, Term, to_f64};
use crate::strategy::Deterministic;
use num_bigint::BigInt;
use num_traits::{FromPrimitive, One, Signed, Zero};

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
        let bad = |why: String| BoundError::Unsuitable {
            method: "win/lose bets",
            why,
        };
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
        Ok(Bets {
            table,
            source: format!("win or lose at the win probability {:.6}", to_f64(&q)),
        })
    }

    /// Bets `(1-s) + s p/q*` on every cell, made exactly fair; `0 < s <= 1` is the part of wealth that is staked.
    ///
    /// # Errors
    /// [`BoundError`] if the behaviour belongs to another scenario or the exact classical maximum cannot be had.
    pub fn against(game: &Game, p: &Behaviour, stake: f64) -> Result<Self, BoundError> {
        let [bets] = Bets::staked(game, p, [stake])?;
        Ok(bets)
    }

    /// [`Bets::against`] for several stakes at the price of one.
    ///
    /// # Errors
    /// As [`Bets::against`].
    pub fn staked<const N: usize>(
        game: &Game,
        p: &Behaviour,
        stakes: [f64; N],
    ) -> Result<[Self; N], BoundError> {
        game.same_scenario(p.scenario())?;
        let p = &p.mix(1.0 - GRAIN, &Behaviour::uniform(p.scenario().clone()))?;
        let q = closest_local(game, p)?;
        let k = game.scenario().joint_answers();
        let bets = stakes.map(|stake| {
            let mut raw = vec![0.0; game.scenario().cells()];
            for (x, _) in game.mu() {
                for cell in x * k..(x + 1) * k {
                    let ratio = p.as_slice()[cell].max(0.0) / q[cell].max(1e-12);
                    raw[cell] = (1.0 - stake) + stake * ratio;
                }
            }
            Bets::fair(game, &raw, "full behaviour")
        });
        let mut made = Vec::with_capacity(N);
        for b in bets {
            made.push(b?);
        }
        made.try_into().map_err(|_| BoundError::Unsuitable {
            method: "bets",
            why: "no stakes given".into(),
        })
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
            return Err(BoundError::Unsuitable {
                method: "bets",
                why: "every bet is 0".into(),
            });
        }
        // bet/most in units, rounded down: a lower bet is as fair
        let shrink = |b: &BigInt| {
            let units = (b * most.denom()) / most.numer();
            Rational::new(units, unit.clone())
        };
        Ok(Bets {
            table: integers.iter().map(shrink).collect(),
            source: source.into(),
        })
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

/// Most rounds of adding strategies and most steps of expectation maximisation in each.
const ROUNDS: usize = 60;
const STEPS: usize = 400;
/// Stop when no strategy gains more than this a round: the growth lost is below it.
const GAP: f64 = 2e-5;

/// The local behaviour closest to `p` in relative entropy, `min_q sum mu p ln(p/q)`, as a dense table; numerical.
///
/// Expectation maximisation over weights of deterministic strategies; a best-response search adds the strategy that gains
/// most on `p/q`, until none gains. Whatever it returns, bets made from it are fair.
fn closest_local(game: &Game, p: &Behaviour) -> Result<Vec<f64>, BoundError> {
    let s = game.scenario();
    let k = s.joint_answers();
    let asked: Vec<(usize, f64)> = game.mu().iter().map(|(x, w)| (*x, to_f64(w))).collect();
    let mut strategies: Vec<Deterministic> = Vec::new();
    // cells that a strategy plays, one for each question asked, and its weight
    let mut columns: Vec<Vec<usize>> = Vec::new();
    let mut weights: Vec<f64> = Vec::new();
    let cells = |d: &Deterministic| {
        asked
            .iter()
            .map(|(x, _)| x * k + d.answer(s, *x))
            .collect::<Vec<_>>()
    };
    for a in 0..k {
        let a = s.answer(a);
        let constant = a.iter().zip(s.questions()).map(|(&a, &q)| vec![a; q]);
        let d = Deterministic::new(s, constant.collect())?;
        columns.push(cells(&d));
        weights.push(1.0);
        strategies.push(d);
    }
    // what is zero but for rounding is zero: its ratio to a vanishing q would drown all others
    let clean = |v: &f64| if *v < 1e-12 { 0.0 } else { *v };
    let table: Vec<f64> = p.as_slice().iter().map(clean).collect();
    let mut q = vec![0.0; s.cells()];
    let mut ratio = vec![0.0; s.cells()];
    for round in 0..ROUNDS {
        let total: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|w| *w /= total);
        for _ in 0..STEPS {
            spread(&columns, &weights, &mut q);
            for (x, mu) in &asked {
                for cell in x * k..(x + 1) * k {
                    ratio[cell] = mu * table[cell] / q[cell].max(1e-30);
                }
            }
            let mut most = 0.0f64;
            for (column, w) in columns.iter().zip(&mut weights) {
                let gain: f64 = column.iter().map(|&cell| ratio[cell]).sum();
                most = most.max(gain);
                *w = (*w * gain).max(1e-25);
            }
            if most < 1.0 + 0.1 * GAP {
                break;
            }
        }
        spread(&columns, &weights, &mut q);
        for (x, mu) in &asked {
            for cell in x * k..(x + 1) * k {
                ratio[cell] = mu * table[cell] / q[cell].max(1e-30);
            }
        }
        let largest = ratio.iter().copied().fold(0.0, f64::max);
        // integers, so that the search is exact; room for a sum over all questions
        let unit = (1u64 << 30) as f64 / largest.max(1.0);
        let dense: Vec<i64> = ratio.iter().map(|r| (r * unit).round() as i64).collect();
        let best = local::maximum_dense(s, &dense, &local::Options::default())?;
        if best.lower as f64 / unit <= 1.0 + GAP {
            break;
        }
        let more = local::good_strategies(s, &dense, 16, round as u64)?;
        let found = std::iter::once((best.lower, best.strategy)).chain(more);
        for (_, d) in found.filter(|(v, _)| *v as f64 / unit > 1.0) {
            if !strategies.contains(&d) {
                columns.push(cells(&d));
                weights.push(0.02);
                strategies.push(d);
            }
        }
        // strategies of no weight only cost time; the constant ones keep every cell possible
        let keep: Vec<bool> = weights
            .iter()
            .enumerate()
            .map(|(i, w)| i < k || *w > 1e-9)
            .collect();
        retain(&mut columns, &keep);
        retain(&mut weights, &keep);
        retain(&mut strategies, &keep);
    }
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= total);
    spread(&columns, &weights, &mut q);
    Ok(q)
}

fn retain<T>(list: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter();
    list.retain(|_| *keep.next().unwrap_or(&true));
}

fn spread(columns: &[Vec<usize>], weights: &[f64], q: &mut [f64]) {
    q.fill(0.0);
    for (column, w) in columns.iter().zip(weights) {
        for &cell in column {
            q[cell] += w;
        }
    }
}

/// A behaviour estimated from counts: observed frequencies with `prior` counts of white noise a question, made
/// non-signalling (if every joint question is asked) by averaging each group's marginals over the others' questions, then mixed with white noise until no entry
/// is negative. Sampled.
///
/// # Errors
/// [`BoundError::Game`] for a list of another length than the scenario has cells.
pub fn estimate(game: &Game, counts: &[u64], prior: f64) -> Result<Behaviour, BoundError> {
    let s = game.scenario();
    let k = s.joint_answers();
    if counts.len() != s.cells() {
        let why = format!("{} counts given, wanted {}", counts.len(), s.cells());
        return Err(BoundError::Game(GameError::Behaviour(why)));
    }
    let mut p = Vec::with_capacity(s.cells());
    for row in counts.chunks_exact(k) {
        let n: u64 = row.iter().sum();
        let noise = prior / k as f64;
        p.extend(row.iter().map(|&c| (c as f64 + noise) / (n as f64 + prior)));
    }
    if game.mu().len() < s.joint_questions() {
        // questions that are never asked would pull every marginal towards noise
        return Ok(Behaviour::new(s.clone(), p)?);
    }
    let cg = CollinsGisin::new(s);
    let coordinates = cg.of_table(&p);
    let mut p: Vec<f64> = cg
        .cells()
        .iter()
        .map(|cell| {
            cell.iter()
                .map(|&(g, sign)| f64::from(sign) * coordinates[g])
                .sum()
        })
        .collect();
    let lowest = p.iter().copied().fold(f64::INFINITY, f64::min);
    let uniform = 1.0 / k as f64;
    if lowest < 0.0 {
        let noise = -lowest / (uniform - lowest);
        p.iter_mut()
            .for_each(|v| *v = ((1.0 - noise) * *v + noise * uniform).max(0.0));
    }
    Ok(Behaviour::new(s.clone(), p)?)
}
