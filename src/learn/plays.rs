//! One batch of plays: questions asked, answers sampled, payoffs judged.

use super::{LearnError, QuantumPolicy};
use crate::game::{BlackBox, Scenario};
use rand::{Rng, RngExt};

const UNSEEN: u32 = u32::MAX;

/// The plays of one step and what the learner may know of them: questions, its own answers, payoffs.
#[derive(Debug)]
pub(super) struct Plays {
    batch: usize,
    scenario: Scenario,
    questions: Vec<u32>,
    answers: Vec<u32>,
    payoffs: Vec<f64>,
    /// Row of the policy's table per joint question.
    row_of: Vec<u32>,
    cumulative: Vec<f64>,
}

impl Plays {
    pub fn new(scenario: &Scenario, batch: usize) -> Self {
        Plays {
            batch,
            scenario: scenario.clone(),
            questions: Vec::with_capacity(batch),
            answers: vec![0; batch],
            payoffs: vec![0.0; batch],
            row_of: vec![UNSEEN; scenario.joint_questions()],
            cumulative: Vec::new(),
        }
    }

    /// Draws the joint questions `o ~ mu` of the batch and introduces new ones to the policy.
    pub fn ask(
        &mut self,
        game: &mut dyn BlackBox,
        policy: &mut QuantumPolicy,
    ) -> Result<(), LearnError> {
        game.ask(self.batch, &mut self.questions)?;
        for &x in &self.questions {
            if self.row_of[x as usize] == UNSEEN {
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
        let p = policy.probabilities();
        self.cumulative.resize(p.len(), 0.0);
        for (row, sums) in p.chunks_exact(k).zip(self.cumulative.chunks_exact_mut(k)) {
            let mut sum = 0.0;
            for (p, s) in row.iter().zip(sums) {
                sum += p.max(0.0); // rounding may leave -1e-17 where the probability is zero
                *s = sum;
            }
        }
        for (x, a) in self.questions.iter().zip(&mut self.answers) {
            let row = self.row_of[*x as usize] as usize * k;
            let sums = &self.cumulative[row..row + k];
            let u = rng.random::<f64>() * sums[k - 1];
            // the first cell whose cumulative sum exceeds u has positive probability
            *a = match k {
                0..=16 => sums[..k - 1].iter().take_while(|&&s| s <= u).count() as u32,
                _ => sums[..k - 1].partition_point(|&s| s <= u) as u32,
            };
        }
        game.judge(&self.questions, &self.answers, &mut self.payoffs)?;
        if !self.payoffs.iter().sum::<f64>().is_finite()
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

    /// Adds the batch to per-cell counts and payoff sums, laid out like the policy's table.
    pub fn tally(&self, counts: &mut Vec<f64>, sums: &mut Vec<f64>, cells: usize) {
        counts.resize(cells, 0.0);
        sums.resize(cells, 0.0);
        let k = self.scenario.joint_answers();
        for ((x, a), v) in self.questions.iter().zip(&self.answers).zip(&self.payoffs) {
            let cell = self.row_of[*x as usize] as usize * k + *a as usize;
            counts[cell] += 1.0;
            sums[cell] += v;
        }
    }

    /// Adds the squares of the batch's payoffs to sums per cell, laid out like the policy's table.
    pub fn tally_squares(&self, squares: &mut Vec<f64>, cells: usize) {
        squares.resize(cells, 0.0);
        let k = self.scenario.joint_answers();
        for ((x, a), v) in self.questions.iter().zip(&self.answers).zip(&self.payoffs) {
            squares[self.row_of[*x as usize] as usize * k + *a as usize] += v * v;
        }
    }

    pub fn mean_payoff(&self) -> f64 {
        self.payoffs.iter().sum::<f64>() / self.batch as f64
    }
}
