//! The referee of an explicit game, in this process.

use super::super::{Game, GameError, Kind, Rational, Scenario, to_f64};
use super::{BlackBox, check_plays};
use crate::simd::{Stream, widest};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, ToPrimitive};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

/// Referee of an explicit [`Game`]: draws questions from `mu`, looks payoffs up in a table.
///
/// Payoffs are 1 or 0 in a win/lose game and `c(x,a)/mu(x)` rounded to f64 in a functional, whose questions
/// are uniform over those that occur. Questions come from one Xoshiro256++ draw each, by Walker's alias
/// table with thresholds computed from the exact weights (each probability off by less than
/// `m 2^-64` for `m` questions). No allocation once `questions` has grown to its size.
///
/// ```
/// use bellwether::game::{BlackBox, TableReferee, catalog};
/// let referee = TableReferee::new(&catalog::lookup("tetra")?.game, 7)?;
/// assert_eq!(referee.plays(), 0);
/// # Ok::<(), bellwether::game::GameError>(())
/// ```
#[derive(Debug, Clone)]
pub struct TableReferee {
    name: String,
    scenario: Scenario,
    draw: Draw,
    payoff: Vec<f64>,
    stream: Stream,
    plays: u64,
}

/// How a joint question is drawn.
#[derive(Debug, Clone)]
enum Draw {
    /// All joint questions, equally likely, a power of two in number: the upper bits, shifted down.
    Power(u32),
    /// All joint questions, equally likely.
    All(u64),
    /// Some, equally likely.
    Equal(Vec<u32>),
    /// Walker's alias table.
    Alias(Vec<Column>),
}

/// A column of the alias table: below the threshold `own`, otherwise `other`.
#[derive(Debug, Clone, Copy)]
struct Column {
    threshold: u64,
    own: u32,
    other: u32,
}

impl TableReferee {
    /// The referee of `game`, its questions seeded by `seed`.
    ///
    /// # Errors
    /// [`GameError::Game`] if the game asks no question at all (a functional without terms).
    pub fn new(game: &Game, seed: u64) -> Result<Self, GameError> {
        let scenario = game.scenario().clone();
        let mut payoff = vec![0.0; scenario.cells()];
        let mut mu = game.mu().iter().peekable();
        for t in game.terms() {
            // both lists are sorted by question, and every question with a term is asked
            while mu.next_if(|(x, _)| *x < t.question).is_some() {}
            let weight = match (game.kind(), mu.peek()) {
                (Kind::Functional, Some((_, mu))) => to_f64(&(&t.weight / mu)),
                _ => 1.0,
            };
            payoff[t.question * scenario.joint_answers() + t.answer] = weight;
        }
        Ok(TableReferee {
            name: game.name().into(),
            draw: Draw::new(game)?,
            scenario,
            payoff,
            stream: Xoshiro256PlusPlus::seed_from_u64(seed).into(),
            plays: 0,
        })
    }
}

impl BlackBox for TableReferee {
    fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    fn ask(&mut self, n: usize, questions: &mut Vec<u32>) -> Result<(), GameError> {
        questions.resize(n, 0);
        let (stream, draw) = (&mut self.stream, &self.draw);
        widest(
            #[inline(always)]
            || match draw {
                &Draw::Power(shift) => {
                    stream.each(questions, |x, u| *x = u.wrapping_shr(shift) as u32);
                }
                &Draw::All(m) => stream.each(questions, |x, u| *x = scale(u, m).0 as u32),
                Draw::Equal(list) => {
                    let m = list.len() as u64;
                    stream.each(questions, |x, u| *x = list[scale(u, m).0]);
                }
                Draw::Alias(columns) => {
                    let m = columns.len() as u64;
                    stream.each(questions, |x, u| {
                        // the low half of the product is the coin that goes with the column
                        let (i, coin) = scale(u, m);
                        let column = columns[i];
                        *x = if coin < column.threshold { column.own } else { column.other };
                    });
                }
            },
        );
        Ok(())
    }

    fn judge(&mut self, questions: &[u32], answers: &[u32], payoff: &mut [f64]) -> Result<(), GameError> {
        check_plays(&self.name, &self.scenario, questions, answers, payoff)?;
        let k = self.scenario.joint_answers();
        let table = &self.payoff[..];
        widest(
            #[inline(always)]
            || {
                for ((&x, &a), v) in questions.iter().zip(answers).zip(&mut *payoff) {
                    // inside the table, as was just checked
                    let cell = (x as usize).wrapping_mul(k).wrapping_add(a as usize);
                    *v = table.get(cell).copied().unwrap_or(f64::NAN);
                }
            },
        );
        self.plays += questions.len() as u64;
        Ok(())
    }

    fn judge_cells(&mut self, counts: &[u32], payoff: &mut [f64]) -> Result<bool, GameError> {
        if counts.len() != self.payoff.len() || payoff.len() != self.payoff.len() {
            return Err(GameError::Referee {
                command: self.name.clone(),
                why: format!(
                    "{} counts and room for {} payoffs given, wanted one of each for the {} cells",
                    counts.len(),
                    payoff.len(),
                    self.payoff.len()
                ),
            });
        }
        for ((n, v), paid) in counts.iter().zip(payoff).zip(&self.payoff) {
            if *n > 0 {
                *v = *paid;
                self.plays += u64::from(*n);
            }
        }
        Ok(true)
    }

    fn plays(&self) -> u64 {
        self.plays
    }
}

/// `u m` as `(high, low)` 64-bit halves: an index below `m` and a coin nearly independent of it.
#[inline(always)]
fn scale(u: u64, m: u64) -> (usize, u64) {
    let wide = u128::from(u) * u128::from(m);
    ((wide >> 64) as usize, wide as u64)
}

impl Draw {
    fn new(game: &Game) -> Result<Self, GameError> {
        let mu: Vec<&(usize, Rational)> = game.mu().iter().filter(|(_, w)| *w.numer() > BigInt::ZERO).collect();
        let Some((_, first)) = mu.first() else {
            return Err(GameError::Game { name: game.name().into(), why: "no question is ever asked".into() });
        };
        if mu.iter().all(|(_, w)| w == first) {
            if mu.len() == game.scenario().joint_questions() {
                let m = mu.len() as u64;
                // the same questions as by `scale`
                return Ok(if m > 1 && m.is_power_of_two() {
                    Draw::Power(64 - m.trailing_zeros())
                } else {
                    Draw::All(m)
                });
            }
            return Ok(Draw::Equal(mu.iter().map(|(x, _)| *x as u32).collect()));
        }
        // Vose's construction over integers: column heights m w_i against the common height L
        let height = mu.iter().fold(BigInt::one(), |l, (_, w)| l.lcm(w.denom()));
        let m = BigInt::from(mu.len());
        let mut heights: Vec<BigInt> = mu.iter().map(|(_, w)| w.numer() * (&height / w.denom()) * &m).collect();
        let mut columns: Vec<Column> =
            mu.iter().map(|(x, _)| Column { threshold: u64::MAX, own: *x as u32, other: *x as u32 }).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..mu.len()).partition(|&i| heights[i] < height);
        while let (Some(s), Some(&l)) = (small.pop(), large.last()) {
            let threshold = (&heights[s] << 64usize) / &height;
            columns[s].threshold = threshold.to_u64().unwrap_or(u64::MAX);
            columns[s].other = columns[l].own;
            let lent = &height - &heights[s];
            heights[l] -= lent;
            if heights[l] < height {
                large.pop();
                small.push(l);
            }
        }
        Ok(Draw::Alias(columns))
    }
}
