//! One batch of plays: questions asked, answers sampled, payoffs judged.

use super::{LearnError, QuantumPolicy};
use crate::game::{BlackBox, Scenario};
use crate::simd::widest;
use rand::Rng;

const UNSEEN: u32 = u32::MAX;
/// Joint questions and cells up to which a game is small: its tables have sizes that the compiler knows, so that an index
/// taken modulo the size needs no test.
const FEW: usize = 64;
const CELLS: usize = 256;
/// Uniform numbers are multiples of `2^-53`.
const UNIT: f64 = 1.0 / (1_u64 << 53) as f64;

/// The plays of one step and what the learner may know of them: questions, its own answers, payoffs.
#[derive(Debug)]
pub(super) struct Plays {
    batch: usize,
    scenario: Scenario,
    questions: Vec<u32>,
    answers: Vec<u32>,
    payoffs: Vec<f64>,
    /// Eight random bytes a play.
    random: Vec<u8>,
    /// Sum of the payoffs.
    total: f64,
    /// Row of the policy's table per joint question.
    row_of: Vec<u32>,
    /// Joint questions without a row.
    unseen: usize,
    /// Cumulative probabilities, `[joint question][joint answer]`; the last, their sum, in units of [`UNIT`].
    cumulative: Vec<f64>,
    /// In a small game, count and sum of the payoffs per cell `[joint question][joint answer]`; four parts, so that a play
    /// need not wait for the one before it in the same cell.
    parts: Option<Box<Parts>>,
}

/// Parts a little longer than a page: at the same place in a page a load would wait for the store before it.
type Parts = [[[f64; 2]; CELLS + 4]; 4];

impl Plays {
    pub fn new(scenario: &Scenario, batch: usize) -> Self {
        let rows = scenario.joint_questions().max(FEW);
        let small = scenario.cells() <= CELLS;
        Plays {
            batch,
            scenario: scenario.clone(),
            questions: Vec::with_capacity(batch),
            answers: vec![0; batch],
            payoffs: vec![0.0; batch],
            random: vec![0; 8 * batch],
            total: f64::NAN,
            row_of: vec![UNSEEN; scenario.joint_questions()],
            unseen: scenario.joint_questions(),
            cumulative: vec![0.0; rows * scenario.joint_answers()],
            parts: small.then(|| Box::new([[[0.0; 2]; CELLS + 4]; 4])),
        }
    }

    /// Draws the joint questions `o ~ mu` of the batch and introduces new ones to the policy.
    pub fn ask(
        &mut self,
        game: &mut dyn BlackBox,
        policy: &mut QuantumPolicy,
    ) -> Result<(), LearnError> {
        game.ask(self.batch, &mut self.questions)?;
        if self.unseen == 0 {
            return Ok(());
        }
        for &x in &self.questions {
            if self.row_of[x as usize] == UNSEEN {
                self.unseen -= 1;
                self.row_of[x as usize] = policy.seen().len() as u32;
                policy.meet(x)?;
            }
        }
        Ok(())
    }

    /// Samples `a ~ pi(.|o)` for every play and has the answers judged.
    pub fn play(
        &mut self,
        game: &mut dyn BlackBox,
        policy: &QuantumPolicy,
        rng: &mut impl Rng,
    ) -> Result<(), LearnError> {
        let k = self.scenario.joint_answers();
        let rows = policy
            .seen()
            .iter()
            .zip(policy.probabilities().chunks_exact(k));
        for (&x, row) in rows {
            let mut sum = 0.0;
            for (p, s) in row.iter().zip(&mut self.cumulative[x as usize * k..]) {
                sum += p.max(0.0); // rounding may leave -1e-17 where the probability is zero
                *s = sum;
            }
            self.cumulative[(x as usize + 1) * k - 1] *= UNIT;
        }
        rng.fill_bytes(&mut self.random);
        match k {
            4 if self.row_of.len() <= FEW => self.draw::<4>(policy.seen()),
            8 if self.row_of.len() <= FEW => self.draw::<8>(policy.seen()),
            9 if self.row_of.len() <= FEW => self.draw::<9>(policy.seen()),
            _ => self.draw_any(),
        }
        game.judge(&self.questions, &self.answers, &mut self.payoffs)?;
        self.add();
        if !self.total.is_finite()
            && let Some(j) = self.payoffs.iter().position(|v| !v.is_finite())
        {
            return Err(LearnError::Payoff {
                payoff: self.payoffs[j],
                question: self.scenario.question(self.questions[j] as usize),
                answer: self.scenario.answer(self.answers[j] as usize),
            });
        }
        Ok(())
    }

    /// One answer per play: the first whose cumulative probability exceeds a uniform number, which has positive probability.
    fn draw_any(&mut self) {
        let k = self.scenario.joint_answers();
        let plays = self.questions.iter().zip(self.random.as_chunks().0);
        for ((&x, random), a) in plays.zip(&mut self.answers) {
            let sums = &self.cumulative[x as usize * k..][..k];
            let u = uniform(random) * sums[k - 1];
            *a = sums[..k - 1].partition_point(|&s| s <= u) as u32;
        }
    }

    /// [`Plays::draw_any`] for `K` joint answers to a few questions, where counting the sums below the number costs less
    /// than a branch that depends on chance, and integers less than floats.
    fn draw<const K: usize>(&mut self, seen: &[u32]) {
        let (rows, _) = self.cumulative.as_chunks::<K>();
        let mut least = [[0; K]; FEW];
        widest(
            #[inline(always)]
            || {
                for &x in seen {
                    let sums = &rows[x as usize];
                    for (n, sum) in least[x as usize % FEW].iter_mut().zip(sums) {
                        *n = least_above(*sum, sums[K - 1]);
                    }
                }
                let plays = self.questions.iter().zip(self.random.as_chunks().0);
                for ((&x, random), a) in plays.zip(&mut self.answers) {
                    let n = u64::from_le_bytes(*random) >> 11;
                    let mut below = 0_u32;
                    for least in &least[x as usize % FEW][..K - 1] {
                        below = below.wrapping_add(u32::from(*least <= n));
                    }
                    *a = below;
                }
            },
        );
    }

    /// Adds the payoffs up: all of them, and in a small game those of each cell.
    fn add(&mut self) {
        let Some(parts) = &mut self.parts else {
            self.total = total(&self.payoffs);
            return;
        };
        let k = self.scenario.joint_answers() as u32;
        let cells = self.scenario.cells();
        parts
            .iter_mut()
            .for_each(|part| part[..cells].fill([0.0; 2]));
        widest(
            #[inline(always)]
            || {
                let k = k;
                let cell = |x: u32, a: u32| x.wrapping_mul(k).wrapping_add(a) as usize % CELLS;
                let (x, last_x) = self.questions.as_chunks::<4>();
                let (a, last_a) = self.answers.as_chunks::<4>();
                let (v, last_v) = self.payoffs.as_chunks::<4>();
                for ((x, a), v) in x.iter().zip(a).zip(v) {
                    for (j, part) in parts.iter_mut().enumerate() {
                        let sums = &mut part[cell(x[j], a[j])];
                        sums[0] += 1.0;
                        sums[1] += v[j];
                    }
                }
                for ((x, a), v) in last_x.iter().zip(last_a).zip(last_v) {
                    let sums = &mut parts[0][cell(*x, *a)];
                    sums[0] += 1.0;
                    sums[1] += v;
                }
                let [first, others @ ..] = &mut **parts;
                for other in others {
                    for (sum, part) in first[..cells].iter_mut().zip(other) {
                        sum[0] += part[0];
                        sum[1] += part[1];
                    }
                }
            },
        );
        self.total = parts[0][..cells].iter().map(|[_, sum]| sum).sum();
    }

    /// Adds the batch to per-cell counts and payoff sums, laid out like the policy's table of `cells` entries.
    pub fn tally(&self, counts: &mut Vec<f64>, sums: &mut Vec<f64>, cells: usize) {
        counts.resize(cells, 0.0);
        sums.resize(cells, 0.0);
        let k = self.scenario.joint_answers();
        let Some(parts) = &self.parts else {
            for (cell, v) in self.cells().zip(&self.payoffs) {
                counts[cell] += 1.0;
                sums[cell] += v;
            }
            return;
        };
        let rows = self.row_of.iter().zip(parts[0].chunks_exact(k));
        for (&row, cells) in rows.filter(|(row, _)| **row != UNSEEN) {
            let row = row as usize * k..;
            let sums = sums[row.clone()].iter_mut();
            for ((count, sum), cell) in counts[row].iter_mut().zip(sums).zip(cells) {
                *count += cell[0];
                *sum += cell[1];
            }
        }
    }

    /// The cell of the policy's table of every play.
    fn cells(&self) -> impl Iterator<Item = usize> {
        let k = self.scenario.joint_answers();
        let plays = self.questions.iter().zip(&self.answers);
        plays.map(move |(&x, &a)| self.row_of[x as usize] as usize * k + a as usize)
    }

    /// Adds the squares of the batch's payoffs to sums per cell, laid out like the policy's table.
    pub fn tally_squares(&self, squares: &mut Vec<f64>, cells: usize) {
        squares.resize(cells, 0.0);
        for (cell, v) in self.cells().zip(&self.payoffs) {
            squares[cell] += v * v;
        }
    }

    pub fn mean_payoff(&self) -> f64 {
        self.total / self.batch as f64
    }
}

/// A number of `[0, 1)`, uniform over the multiples of [`UNIT`], in that unit.
#[inline(always)]
fn uniform(random: &[u8; 8]) -> f64 {
    (u64::from_le_bytes(*random) >> 11) as f64
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

/// The sum of the numbers; four sums side by side, because one after the other each addition would wait for the last.
fn total(numbers: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let fours = numbers.chunks_exact(4);
    let rest = fours.remainder().iter().sum::<f64>();
    for four in fours {
        for (sum, v) in sums.iter_mut().zip(four) {
            *sum += v;
        }
    }
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::SeedableRng;

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
