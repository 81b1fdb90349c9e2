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
    /// Cell of the policy's table per play: its question's row and its answer.
    cells: Vec<u32>,
    /// Sum of the payoffs.
    total: f64,
    /// Row of the policy's table per joint question.
    row_of: Vec<u32>,
    /// Joint questions without a row.
    unseen: usize,
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
            cells: vec![0; batch],
            total: f64::NAN,
            row_of: vec![UNSEEN; scenario.joint_questions()],
            unseen: scenario.joint_questions(),
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
        let p = policy.probabilities();
        self.cumulative.resize(p.len(), 0.0);
        for (row, sums) in p.chunks_exact(k).zip(self.cumulative.chunks_exact_mut(k)) {
            let mut sum = 0.0;
            for (p, s) in row.iter().zip(sums) {
                sum += p.max(0.0); // rounding may leave -1e-17 where the probability is zero
                *s = sum;
            }
        }
        match k {
            4 => self.draw::<4>(rng),
            8 => self.draw::<8>(rng),
            9 => self.draw::<9>(rng),
            _ => self.draw_any(rng),
        }
        game.judge(&self.questions, &self.answers, &mut self.payoffs)?;
        self.total = total(&self.payoffs);
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
    fn draw_any(&mut self, rng: &mut impl Rng) {
        let k = self.scenario.joint_answers();
        let drawn = self.answers.iter_mut().zip(&mut self.cells);
        for (&x, (a, cell)) in self.questions.iter().zip(drawn) {
            let row = self.row_of[x as usize] as usize * k;
            let sums = &self.cumulative[row..row + k];
            let u = rng.random::<f64>() * sums[k - 1];
            *a = sums[..k - 1].partition_point(|&s| s <= u) as u32;
            *cell = row as u32 + *a;
        }
    }

    /// [`Plays::draw_any`] for `K` joint answers, where counting the sums below the number costs less than a branch
    /// that depends on chance.
    fn draw<const K: usize>(&mut self, rng: &mut impl Rng) {
        let (rows, _) = self.cumulative.as_chunks::<K>();
        let mut uniforms = [0.0; 8]; // a few at a time, so that they stay in registers and need not wait for their use
        let questions = self.questions.chunks(uniforms.len());
        let answers = self.answers.chunks_mut(uniforms.len());
        let cells = self.cells.chunks_mut(uniforms.len());
        for ((questions, answers), cells) in questions.zip(answers).zip(cells) {
            let uniforms = &mut uniforms[..questions.len()];
            uniforms.fill_with(|| rng.random::<f64>());
            let plays = questions.iter().zip(uniforms.iter());
            for ((&x, &u), (a, cell)) in plays.zip(answers.iter_mut().zip(cells)) {
                let row = self.row_of[x as usize];
                let sums = &rows[row as usize];
                let u = u * sums[K - 1];
                *a = sums[..K - 1].iter().map(|&s| u32::from(s <= u)).sum();
                *cell = row * K as u32 + *a;
            }
        }
    }

    /// Adds the batch to per-cell counts and payoff sums, laid out like the policy's table of `cells` entries.
    pub fn tally(&self, counts: &mut Vec<f64>, sums: &mut Vec<f64>, cells: usize) {
        counts.resize(cells, 0.0);
        sums.resize(cells, 0.0);
        for (&cell, v) in self.cells.iter().zip(&self.payoffs) {
            counts[cell as usize] += 1.0;
            sums[cell as usize] += v;
        }
    }

    /// Adds the squares of the batch's payoffs to sums per cell, laid out like the policy's table.
    pub fn tally_squares(&self, squares: &mut Vec<f64>, cells: usize) {
        squares.resize(cells, 0.0);
        for (&cell, v) in self.cells.iter().zip(&self.payoffs) {
            squares[cell as usize] += v * v;
        }
    }

    pub fn mean_payoff(&self) -> f64 {
        self.total / self.batch as f64
    }
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
