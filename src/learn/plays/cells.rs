//! The plays of a batch by cell, for games small enough that most cells are played often.

use super::{UNSEEN, draw, total, uniform};
use crate::game::{BlackBox, GameError, Scenario};
use crate::simd::widest;
use std::ops::Range;

/// Joint questions and cells up to which a game is small: its tables have sizes that the compiler knows, so that an index
/// taken modulo the size needs no test.
const FEW: usize = 64;
const MANY: usize = 256;

/// Plays, payoffs and their squares by cell `[joint question][joint answer]`.
#[derive(Debug)]
pub(super) struct Cells {
    joint_answers: usize,
    /// How many plays in each cell; four parts, so that a play need not wait for the one before it in the same cell.
    parts: [[u32; MANY]; 4],
    plays: Vec<u32>,
    payoffs: Vec<f64>,
    counts: Vec<f64>,
    sums: Vec<f64>,
    squares: Vec<f64>,
    /// Whether the referee judges by cell, as far as is known.
    judged: bool,
}

impl Cells {
    /// Nothing if the game is not small.
    pub fn new(scenario: &Scenario) -> Option<Box<Self>> {
        let cells = scenario.cells();
        let zeros = vec![0.0; if cells <= MANY { cells } else { 0 }];
        (cells <= MANY && scenario.joint_questions() <= FEW).then(|| {
            Box::new(Cells {
                joint_answers: scenario.joint_answers(),
                parts: [[0; MANY]; 4],
                plays: vec![0; cells],
                payoffs: zeros.clone(),
                counts: zeros.clone(),
                sums: zeros.clone(),
                squares: zeros,
                judged: true,
            })
        })
    }

    /// Draws the answers and counts the plays of each cell.
    pub fn draw(
        &mut self,
        seen: &[u32],
        cumulative: &[f64],
        questions: &[u32],
        random: &[[u8; 8]],
        answers: &mut [u32],
    ) {
        let cells = self.plays.len();
        self.parts.iter_mut().for_each(|part| part[..cells].fill(0));
        match self.joint_answers {
            4 => self.draw_few::<4>(seen, cumulative, questions, random, answers),
            8 => self.draw_few::<8>(seen, cumulative, questions, random, answers),
            9 => self.draw_few::<9>(seen, cumulative, questions, random, answers),
            k => {
                draw(k, cumulative, questions, random, answers);
                for (&x, &a) in questions.iter().zip(&*answers) {
                    self.parts[0][(x as usize * k + a as usize) % MANY] += 1;
                }
            }
        }
        for (cell, plays) in self.plays.iter_mut().enumerate() {
            *plays = self.parts.iter().map(|part| part[cell]).sum();
        }
        for (count, plays) in self.counts.iter_mut().zip(&self.plays) {
            *count = f64::from(*plays);
        }
    }

    /// [`draw`] for `K` joint answers, where counting the sums below the number costs less than a branch that depends on
    /// chance, and integers less than floats.
    fn draw_few<const K: usize>(
        &mut self,
        seen: &[u32],
        cumulative: &[f64],
        questions: &[u32],
        random: &[[u8; 8]],
        answers: &mut [u32],
    ) {
        let parts = &mut self.parts;
        let mut least = [[0; K]; FEW];
        widest(
            #[inline(always)]
            || {
                for &x in seen {
                    let sums = &cumulative[x as usize * K..][..K];
                    for (n, sum) in least[x as usize % FEW].iter_mut().zip(sums) {
                        *n = least_above(*sum, sums[K - 1]);
                    }
                }
                let (fours, rest) = questions.as_chunks::<4>();
                let (random, random_rest) = random.as_chunks::<4>();
                let (answers, answers_rest) = answers.as_chunks_mut::<4>();
                for ((x, random), a) in fours.iter().zip(random).zip(answers) {
                    for j in 0..4 {
                        a[j] = answer(&least[x[j] as usize % FEW], uniform(&random[j]));
                        count::<K>(&mut parts[j], x[j], a[j]);
                    }
                }
                for ((x, random), a) in rest.iter().zip(random_rest).zip(answers_rest) {
                    *a = answer(&least[*x as usize % FEW], uniform(random));
                    count::<K>(&mut parts[0], *x, *a);
                }
            },
        );
    }

    /// Has the plays judged by cell; `false` if the referee does not do that.
    pub fn judge(&mut self, game: &mut dyn BlackBox) -> Result<bool, GameError> {
        self.judged = self.judged && game.judge_cells(&self.plays, &mut self.payoffs)?;
        if self.judged {
            let played = self.counts.iter().zip(&self.payoffs);
            let sums = self.sums.iter_mut().zip(&mut self.squares);
            for ((n, v), (sum, square)) in played.zip(sums) {
                // of a cell that was not played the payoff of earlier plays
                *sum = n * v;
                *square = n * v * v;
            }
        }
        Ok(self.judged)
    }

    /// Takes in payoffs that were judged play by play.
    pub fn add(&mut self, questions: &[u32], answers: &[u32], payoffs: &[f64]) {
        self.sums.fill(0.0);
        self.squares.fill(0.0);
        for ((&x, &a), v) in questions.iter().zip(answers).zip(payoffs) {
            let cell = x as usize * self.joint_answers + a as usize;
            if !v.is_finite() {
                self.payoffs[cell] = *v;
            }
            self.sums[cell] += v;
            self.squares[cell] += v * v;
        }
    }

    /// Sum of all payoffs.
    pub fn total(&self) -> f64 {
        total(&self.sums)
    }

    /// A cell whose payoffs have no finite sum, and a payoff that was paid there.
    pub fn not_finite(&self) -> Option<(usize, f64)> {
        let cell = self.sums.iter().position(|sum| !sum.is_finite())?;
        let payoff = self.payoffs[cell];
        Some((
            cell,
            if payoff.is_finite() {
                self.sums[cell]
            } else {
                payoff
            },
        ))
    }

    /// Of each joint question that has a row in the policy's table, the range of the row, with counts, sums and squares.
    pub fn rows(&self, row_of: &[u32]) -> impl Iterator<Item = (Range<usize>, [&[f64]; 3])> {
        let k = self.joint_answers;
        let seen = row_of.iter().enumerate().filter(|(_, row)| **row != UNSEEN);
        seen.map(move |(x, row)| {
            let (from, at) = (*row as usize * k, x * k..(x + 1) * k);
            let tables = [
                &self.counts[at.clone()],
                &self.sums[at.clone()],
                &self.squares[at],
            ];
            (from..from + k, tables)
        })
    }
}

/// How many of the integers are at most `n`.
#[inline(always)]
fn answer<const K: usize>(least: &[u64; K], n: u64) -> u32 {
    let mut below = 0_u32;
    for least in &least[..K - 1] {
        below = below.wrapping_add(u32::from(*least <= n));
    }
    below
}

#[inline(always)]
fn count<const K: usize>(part: &mut [u32; MANY], x: u32, a: u32) {
    let n = &mut part[x.wrapping_mul(K as u32).wrapping_add(a) as usize % MANY];
    *n = n.wrapping_add(1);
}

/// The least integer `n` whose product with `unit`, as rounded, is at least `sum`. Quotient and product are each off by less
/// than one unit for `n` up to `2^53`, so it is one of six.
#[inline(always)]
fn least_above(sum: f64, unit: f64) -> u64 {
    let first = (sum / unit) as i64 as f64 - 2.0;
    let mut n = first;
    for j in 0..5 {
        let product = (first + f64::from(j)) * unit;
        n += if product < sum { 1.0 } else { 0.0 };
    }
    n as u64
}

#[cfg(test)]
mod tests {
    use super::super::UNIT;
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    #[test]
    fn least_integers_decide_as_the_products_do() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        for _ in 0..100_000 {
            let total = 1.0 + (rng.random::<f64>() - 0.5) * 2e-15;
            let unit = total * UNIT;
            let sum = match rng.random_range(0..4) {
                0 => 0.0,
                1 => total,
                2 => rng.random::<f64>() * rng.random::<f64>().powi(20),
                _ => rng.random::<f64>(),
            };
            let n = least_above(sum, unit);
            assert!(n as f64 * unit >= sum, "{sum} {total}");
            assert!(n == 0 || (n - 1) as f64 * unit < sum, "{sum} {total}");
        }
    }
}
