//! Playing against a black box while keeping account of what it showed.

use super::super::{Game, GameError, Rational, Scenario};
use super::{BlackBox, Estimate};

/// Passes plays through to a referee and records them, so that the game can be written down afterwards.
#[derive(Debug)]
pub struct Recorder<'a, R: BlackBox> {
    referee: &'a mut R,
    estimate: Estimate,
}

/// A game written down from plays, with what may be claimed about it.
#[derive(Debug, Clone)]
pub struct Probed {
    /// The table: payoffs as seen; question weights as declared, or by frequency.
    pub game: Game,
    /// Whether the referee declared its question distribution.
    pub declared: bool,
    /// Whether every cell always paid the same.
    pub deterministic: bool,
    /// Plays the table rests on.
    pub plays: u64,
    /// With 99.9 % confidence the question frequencies are within this L1 distance of the truth.
    pub radius: f64,
}

impl Probed {
    /// What the table rests on, in words.
    pub fn evidence(&self) -> String {
        let questions = if self.declared {
            "question weights as declared by the referee".to_owned()
        } else {
            format!("sampled: question weights by frequency, within {:.2e} (L1) with confidence 99.9 %", self.radius)
        };
        let payoffs =
            if self.deterministic { "payoffs as played, each cell always the same" } else { "sampled: mean payoffs" };
        format!("{questions}; {payoffs}; {} plays", self.plays)
    }
}

impl<'a, R: BlackBox> Recorder<'a, R> {
    /// Starts an empty account.
    pub fn new(referee: &'a mut R) -> Self {
        let scenario = referee.scenario().clone();
        Recorder { referee, estimate: Estimate::new(scenario) }
    }

    /// Has every cell of an asked or declared question judged that was never played, and writes the game down.
    ///
    /// # Errors
    /// [`GameError`] if the referee fails or nothing was played.
    pub fn complete(&mut self, name: &str, declared: Option<&[(usize, Rational)]>) -> Result<Probed, GameError> {
        let k = self.scenario().joint_answers();
        let mut asked: Vec<bool> = self.estimate.question_counts().iter().map(|&n| n > 0).collect();
        for (x, _) in declared.unwrap_or_default() {
            asked[*x] = true;
        }
        let counts = self.estimate.cell_counts();
        let missing: Vec<usize> = (0..counts.len()).filter(|c| counts[*c] == 0 && asked[c / k]).collect();
        for cells in missing.chunks(4096) {
            let questions: Vec<u32> = cells.iter().map(|c| (c / k) as u32).collect();
            let answers: Vec<u32> = cells.iter().map(|c| (c % k) as u32).collect();
            let mut payoff = vec![0.0; cells.len()];
            self.referee.judge(&questions, &answers, &mut payoff)?;
            for (cell, v) in cells.iter().zip(payoff) {
                self.estimate.fill(*cell, v);
            }
        }
        let empirical = self.estimate.empirical_under(name, declared)?;
        Ok(Probed {
            game: empirical.game,
            declared: declared.is_some(),
            deterministic: empirical.deterministic,
            plays: self.referee.plays(),
            radius: self.estimate.distribution_radius(0.999),
        })
    }
}

impl<R: BlackBox> BlackBox for Recorder<'_, R> {
    fn scenario(&self) -> &Scenario {
        self.referee.scenario()
    }

    fn ask(&mut self, n: usize, questions: &mut Vec<u32>) -> Result<(), GameError> {
        self.referee.ask(n, questions)
    }

    fn judge(&mut self, questions: &[u32], answers: &[u32], payoff: &mut [f64]) -> Result<(), GameError> {
        self.referee.judge(questions, answers, payoff)?;
        for ((&x, &a), &v) in questions.iter().zip(answers).zip(&*payoff) {
            self.estimate.record(x as usize, a as usize, v);
        }
        Ok(())
    }

    fn plays(&self) -> u64 {
        self.referee.plays()
    }
}
