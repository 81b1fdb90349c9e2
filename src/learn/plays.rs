//! One batch of plays: questions asked, answers sampled, payoffs judged.

mod cells;
#[cfg(target_arch = "x86_64")]
mod eights;

use super::{LearnError, QuantumPolicy};
use crate::game::{BlackBox, Scenario};
use cells::Cells;
use rand::Rng;

const UNSEEN: u32 = u32::MAX;
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
    /// In a small game, the plays by cell.
    cells: Option<Box<Cells>>,
}

impl Plays {
    pub fn new(scenario: &Scenario, batch: usize) -> Self {
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
            cumulative: vec![0.0; scenario.cells()],
            cells: Cells::new(scenario),
        }
    }

    /// Draws the joint questions `o ~ mu` of the batch and introduces new ones to the policy.
    pub fn ask(&mut self, game: &mut dyn BlackBox, policy: &mut QuantumPolicy) -> Result<(), LearnError> {
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
        let probabilities = policy.probabilities().chunks_exact(k);
        for (&x, row) in policy.seen().iter().zip(probabilities) {
            let mut sum = 0.0;
            let sums = &mut self.cumulative[x as usize * k..][..k];
            for (p, s) in row.iter().zip(&mut *sums) {
                sum += p.max(0.0); // rounding may leave -1e-17 where the probability is zero
                *s = sum;
            }
            sums[k - 1] *= UNIT;
        }
        rng.fill_bytes(&mut self.random);
        let random = self.random.as_chunks().0;
        let (questions, answers) = (&self.questions[..], &mut self.answers[..]);
        let Some(cells) = &mut self.cells else {
            draw(k, &self.cumulative, questions, random, answers);
            game.judge(questions, answers, &mut self.payoffs)?;
            self.total = total(&self.payoffs);
            return self.finite();
        };
        cells.draw(policy.seen(), &self.cumulative, questions, random, answers);
        if !cells.judge(game)? {
            game.judge(questions, answers, &mut self.payoffs)?;
            cells.add(questions, answers, &self.payoffs);
        }
        self.total = cells.total();
        self.finite()
    }

    /// Refuses payoffs that are not finite.
    fn finite(&self) -> Result<(), LearnError> {
        if self.total.is_finite() {
            return Ok(());
        }
        let k = self.scenario.joint_answers();
        let found = match &self.cells {
            Some(cells) => cells.not_finite(),
            None => {
                let j = self.payoffs.iter().position(|v| !v.is_finite());
                let cell = |j: usize| self.questions[j] as usize * k + self.answers[j] as usize;
                j.map(|j| (cell(j), self.payoffs[j]))
            }
        };
        match found {
            None => Ok(()),
            Some((cell, payoff)) => Err(LearnError::Payoff {
                payoff,
                question: self.scenario.question(cell / k),
                answer: self.scenario.answer(cell % k),
            }),
        }
    }

    /// Adds the batch to per-cell counts and payoff sums, laid out like the policy's table of `cells` entries.
    pub fn tally(&self, counts: &mut Vec<f64>, sums: &mut Vec<f64>, cells: usize) {
        counts.resize(cells, 0.0);
        sums.resize(cells, 0.0);
        match &self.cells {
            Some(small) => {
                for (row, [n, v, _]) in small.rows(&self.row_of) {
                    let sums = sums[row.clone()].iter_mut().zip(v);
                    for ((count, n), (sum, v)) in counts[row].iter_mut().zip(n).zip(sums) {
                        *count += n;
                        *sum += v;
                    }
                }
            }
            None => {
                for (cell, v) in self.places().zip(&self.payoffs) {
                    counts[cell] += 1.0;
                    sums[cell] += v;
                }
            }
        }
    }

    /// Adds the squares of the batch's payoffs to sums per cell, laid out like the policy's table.
    pub fn tally_squares(&self, squares: &mut Vec<f64>, cells: usize) {
        squares.resize(cells, 0.0);
        match &self.cells {
            Some(small) => {
                for (row, [_, _, squared]) in small.rows(&self.row_of) {
                    let row = squares[row].iter_mut();
                    row.zip(squared).for_each(|(sum, v)| *sum += v);
                }
            }
            None => {
                for (cell, v) in self.places().zip(&self.payoffs) {
                    squares[cell] += v * v;
                }
            }
        }
    }

    /// The cell of the policy's table of every play.
    fn places(&self) -> impl Iterator<Item = usize> {
        let k = self.scenario.joint_answers();
        let plays = self.questions.iter().zip(&self.answers);
        plays.map(move |(&x, &a)| self.row_of[x as usize] as usize * k + a as usize)
    }

    pub fn mean_payoff(&self) -> f64 {
        self.total / self.batch as f64
    }
}

/// One answer per play: the first whose cumulative probability exceeds a uniform number, which has positive probability.
fn draw(k: usize, cumulative: &[f64], questions: &[u32], random: &[[u8; 8]], answers: &mut [u32]) {
    for ((&x, random), a) in questions.iter().zip(random).zip(answers) {
        let sums = &cumulative[x as usize * k..][..k];
        let u = uniform(random) as f64 * sums[k - 1];
        *a = sums[..k - 1].partition_point(|&s| s <= u) as u32;
    }
}

/// A number of `[0, 1)`, uniform over the multiples of [`UNIT`], in that unit.
#[inline(always)]
fn uniform(random: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*random) >> 11
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
