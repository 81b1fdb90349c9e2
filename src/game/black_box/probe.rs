//! Finding out what a black box plays by playing it.

use super::super::{Game, GameError, Rational, Scenario};
use super::BlackBox;
use num_bigint::BigInt;
use num_traits::{FromPrimitive, Zero};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Plays a probe makes at a time.
const BATCH: u64 = 4096;

/// What plays against a black box have shown. Everything in it is *sampled*.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    scenario: Scenario,
    plays: u64,
    questions: Vec<u64>,
    cells: Vec<u32>,
    sums: Vec<f64>,
    first: Vec<f64>,
    varies: Vec<bool>,
}

/// An explicit game made of frequencies.
///
/// *Sampled*: its value is an estimate of the referee's. Its exact bounds are exact for the game of the
/// frequencies only; [`Estimate::distribution_radius`] says how far the true distribution may be.
#[derive(Debug, Clone, PartialEq)]
pub struct Empirical {
    /// `mu` by frequencies, payoffs as seen (means where they varied).
    pub game: Game,
    /// Cells `x * joint_answers + a` of asked questions that were never played; they count as payoff 0.
    pub unknown: Vec<usize>,
    /// Joint questions that were never asked; they have weight 0.
    pub unasked: Vec<usize>,
    /// Whether each cell always paid the same.
    pub deterministic: bool,
}

/// Plays `plays` times and estimates the game.
///
/// To each question the joint answers are tried in turn, from a random one on, so that after `k` plays of a
/// question `min(k, joint_answers)` of its cells are known.
///
/// # Errors
/// As the referee's; [`GameError::Referee`] for more than `u32::MAX` plays.
///
/// ```
/// use bellwether::game::{TableReferee, black_box::probe, catalog};
/// use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};
/// let game = catalog::lookup("chsh")?.game;
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
/// let seen = probe(&mut TableReferee::new(&game, 2)?, 1000, &mut rng)?.empirical("seen")?;
/// assert!(seen.deterministic && seen.unknown.is_empty());
/// assert_eq!(seen.game.terms().len(), 8);
/// # Ok::<(), bellwether::game::GameError>(())
/// ```
pub fn probe(referee: &mut dyn BlackBox, plays: u64, rng: &mut Xoshiro256PlusPlus) -> Result<Estimate, GameError> {
    if plays > u64::from(u32::MAX) {
        return Err(GameError::Referee {
            command: "probe".into(),
            why: format!("{plays} plays given, wanted at most {}", u32::MAX),
        });
    }
    let scenario = referee.scenario().clone();
    let k = scenario.joint_answers() as u32;
    let mut next: Vec<u32> = (0..scenario.joint_questions()).map(|_| rng.random_range(0..k)).collect();
    let mut estimate = Estimate::new(scenario);
    let (mut questions, mut answers, mut payoff) = (Vec::new(), Vec::new(), Vec::new());
    let mut left = plays;
    while left > 0 {
        let n = left.min(BATCH) as usize;
        referee.ask(n, &mut questions)?;
        answers.clear();
        answers.extend(questions.iter().map(|&x| {
            let turn = &mut next[x as usize];
            *turn = if *turn + 1 < k { *turn + 1 } else { 0 };
            *turn
        }));
        payoff.clear();
        payoff.resize(n, 0.0);
        referee.judge(&questions, &answers, &mut payoff)?;
        for ((&x, &a), &v) in questions.iter().zip(&answers).zip(&payoff) {
            estimate.record(x as usize, a as usize, v);
        }
        left -= n as u64;
    }
    Ok(estimate)
}

impl Estimate {
    pub(super) fn new(scenario: Scenario) -> Self {
        Estimate {
            plays: 0,
            questions: vec![0; scenario.joint_questions()],
            cells: vec![0; scenario.cells()],
            sums: vec![0.0; scenario.cells()],
            first: vec![f64::NAN; scenario.cells()],
            varies: vec![false; scenario.cells()],
            scenario,
        }
    }

    pub(super) fn record(&mut self, x: usize, a: usize, payoff: f64) {
        let cell = x * self.scenario.joint_answers() + a;
        self.plays += 1;
        self.questions[x] += 1;
        if self.cells[cell] == 0 {
            self.first[cell] = payoff;
        }
        self.varies[cell] |= self.first[cell] != payoff;
        self.cells[cell] = self.cells[cell].saturating_add(1);
        self.sums[cell] += payoff;
    }

    /// Learns the payoff of a cell without counting a question as asked.
    pub(super) fn fill(&mut self, cell: usize, payoff: f64) {
        self.first[cell] = payoff;
        self.cells[cell] = 1;
        self.sums[cell] = payoff;
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Number of plays.
    pub fn plays(&self) -> u64 {
        self.plays
    }

    /// How often each joint question was asked.
    pub fn question_counts(&self) -> &[u64] {
        &self.questions
    }

    /// How often each cell was played.
    pub fn cell_counts(&self) -> &[u32] {
        &self.cells
    }

    /// Sum of the payoffs of each cell.
    pub fn payoff_sums(&self) -> &[f64] {
        &self.sums
    }

    /// Whether a cell was seen to pay differently.
    pub fn varies(&self) -> &[bool] {
        &self.varies
    }

    /// With probability `confidence` the frequencies are within this `L1` distance of the true distribution:
    /// `sqrt(2 (m ln 2 + ln(1/(1-confidence))) / n)` for `m` joint questions (Weissman et al. 2003).
    /// Multiplied by half the range of the payoffs it bounds the error of any strategy's value from the
    /// distribution. Infinite without plays.
    pub fn distribution_radius(&self, confidence: f64) -> f64 {
        let m = self.scenario.joint_questions() as f64;
        let tail = -(1.0 - confidence).ln();
        (2.0 * (m * std::f64::consts::LN_2 + tail) / self.plays as f64).sqrt()
    }

    /// The game of the frequencies: win/lose if all payoffs were constant 0 or 1, else a functional.
    ///
    /// # Errors
    /// [`GameError::Game`] if there were no plays or the name is no name.
    pub fn empirical(&self, name: &str) -> Result<Empirical, GameError> {
        self.empirical_under(name, None)
    }

    /// As [`Estimate::empirical`], with the question distribution that the referee declared in place of the
    /// frequencies.
    ///
    /// # Errors
    /// [`GameError::Game`] if there were no plays, the name is no name, or the distribution does not sum to 1.
    pub fn empirical_under(&self, name: &str, declared: Option<&[(usize, Rational)]>) -> Result<Empirical, GameError> {
        if self.plays == 0 {
            return Err(GameError::Game { name: name.into(), why: "no plays, no estimate".into() });
        }
        let s = &self.scenario;
        let k = s.joint_answers();
        let played = |cell: &usize| self.cells[*cell] > 0;
        let (known, unknown): (Vec<usize>, Vec<usize>) =
            (0..s.cells()).filter(|cell| self.questions[cell / k] > 0 || self.cells[*cell] > 0).partition(played);
        let deterministic = !self.varies.iter().any(|v| *v);
        let bits = known.iter().all(|&c| self.first[c] == 0.0 || self.first[c] == 1.0);
        let mu = |x: &[usize]| {
            let x = s.question_index(x);
            match declared {
                Some(rows) => {
                    let row = rows.iter().find(|(question, _)| *question == x);
                    row.map_or_else(Rational::zero, |(_, weight)| weight.clone())
                }
                None => Rational::new(self.questions[x].into(), self.plays.into()),
            }
        };
        let cell = |x: &[usize], a: &[usize]| s.question_index(x) * k + s.answer_index(a);
        let game = if deterministic && bits {
            Game::win_lose(name, s.clone(), mu, |x, a| self.first[cell(x, a)] == 1.0)?
        } else {
            Game::functional(name, s.clone(), |x, a| mu(x) * self.mean_payoff(cell(x, a)))?
        };
        Ok(Empirical {
            game,
            unknown,
            unasked: (0..s.joint_questions()).filter(|&x| self.questions[x] == 0).collect(),
            deterministic,
        })
    }

    /// The payoff of a cell as a rational: the constant one as the decimal it is written as; the mean of a
    /// varying one to 2^-16, far below its sampling error; 0 if never played.
    fn mean_payoff(&self, cell: usize) -> Rational {
        match (self.cells[cell], self.varies[cell]) {
            (0, _) => Rational::zero(),
            (_, false) => decimal(self.first[cell]),
            (n, true) => {
                let scaled = (self.sums[cell] / f64::from(n) * 65536.0).round();
                let numerator = BigInt::from_f64(scaled).unwrap_or_default();
                Rational::new(numerator, 65536.into())
            }
        }
    }
}

/// The rational of the shortest decimal that reads back as `v`: 0.1 is 1/10, not a fraction over 2^55.
fn decimal(v: f64) -> Rational {
    let text = v.to_string();
    let (whole, places) = text.split_once('.').unwrap_or((&text, ""));
    let numerator = format!("{whole}{places}").parse::<BigInt>().unwrap_or_default();
    Rational::new(numerator, BigInt::from(10).pow(places.len() as u32))
}
