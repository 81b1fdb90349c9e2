//! One training run of a game by seed: play, score, keep the best, collect metrics.

use super::seed::{Purpose, stream};
use crate::game::{BlackBox, Game, Kind};
use crate::learn::{
    Config, LearnError, Observer, PolicyShape, Preset, QuantumPolicy, Step, Training, Verdict, anneal, reinforce,
};
use crate::simd::Stream;
use crate::strategy::QuantumStrategy;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// One line of `metrics.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Seed of the run.
    pub seed: u64,
    /// Step, from 0.
    pub step: usize,
    /// Plays so far.
    pub plays: u64,
    /// Mean payoff of the batch before; *sampled*.
    pub mean_payoff: Option<f64>,
    /// Value of the policy in the known game; *numerical*. Never shown to the learner.
    pub win_probability: Option<f64>,
    /// Entropy coefficient in force.
    pub entropy: f64,
}

/// The outcome of one seed.
#[derive(Debug, Clone)]
pub struct SeedRun {
    /// The seed.
    pub seed: u64,
    /// The strategy kept: the best over the steps where the game is known, else the last.
    pub strategy: QuantumStrategy,
    /// The step it was kept at.
    pub step: usize,
    /// The strategy after the last update.
    pub last: QuantumStrategy,
    /// Updates done.
    pub steps: usize,
    /// Updates skipped because their gradient was not finite.
    pub skipped: usize,
    /// Plays of this run.
    pub plays: u64,
    /// Wall-clock time.
    pub seconds: f64,
    /// Largest condition number of a matrix `S` of Algorithm 1 after the last update.
    pub condition: Option<f64>,
    /// Learning curve.
    pub metrics: Vec<Metric>,
}

/// What runs share with whoever watches them.
#[derive(Debug, Default)]
pub struct Watch {
    /// Steps done by all runs.
    pub steps: AtomicU64,
    /// Set to stop all runs at their next step.
    pub interrupted: AtomicBool,
    /// Best value so far, as bits of an f64, for display.
    pub best: AtomicU64,
}

/// Steps between two recorded metrics.
const EVERY: usize = 10;

/// Trains one seed on a referee. `scored` is the game for scoring where it is known: it chooses the step to
/// keep and fills the learning curve, and never reaches the learner.
///
/// # Errors
/// [`LearnError`].
pub fn run_seed(
    referee: &mut dyn BlackBox,
    config: &Config,
    seed: u64,
    scored: Option<&Game>,
    watch: &Watch,
) -> Result<SeedRun, LearnError> {
    let start = Instant::now();
    let plays_before = referee.plays();
    let shape = PolicyShape {
        dims: config.dims.clone(),
        hidden: config.hidden.clone(),
        init_scale: config.init_scale,
        state: config.state.clone(),
        restrictions: config.restrictions.clone(),
    };
    let mut policy = QuantumPolicy::new(referee.scenario(), shape, &mut stream(seed, Purpose::Initial))?;
    let mut answers = Stream::from(stream(seed, Purpose::Answers));
    let mut recorder = Recorder {
        seed,
        batch: config.batch as u64,
        score: scored.map(Score::new),
        best: f64::NEG_INFINITY,
        metrics: Vec::with_capacity(config.steps / EVERY + 2),
        steps: config.steps,
        watch,
    };
    let train = match config.preset {
        Preset::Paper => reinforce,
        Preset::Best => anneal,
    };
    let training = train(referee, &mut policy, config, &mut answers, &mut recorder)?;
    let metrics = recorder.metrics;
    let Training { kept, last, steps, skipped } = training;
    let mut strategy_of = |parameters: &[f64]| -> Result<QuantumStrategy, LearnError> {
        policy.parameters.copy_from_slice(parameters);
        policy.forward()?;
        policy.strategy()
    };
    let (step, kept) = kept.unwrap_or_else(|| (steps, last.clone()));
    let (strategy, last) = (strategy_of(&kept)?, strategy_of(&last)?);
    Ok(SeedRun {
        seed,
        strategy,
        step,
        last,
        condition: policy.condition_estimate(),
        steps,
        skipped,
        plays: referee.plays() - plays_before,
        seconds: start.elapsed().as_secs_f64(),
        metrics,
    })
}

/// The value of a policy's table in a known game.
#[derive(Debug)]
struct Score {
    weights: Vec<f64>,
    joint_answers: usize,
    asked: usize,
}

impl Score {
    fn new(game: &Game) -> Self {
        Score { weights: game.weights(), joint_answers: game.scenario().joint_answers(), asked: game.mu().len() }
    }

    /// `None` until every question of the game has been met.
    fn of(&self, policy: &QuantumPolicy) -> Option<f64> {
        let k = self.joint_answers;
        if policy.seen().len() < self.asked {
            return None;
        }
        let rows = policy.seen().iter().zip(policy.probabilities().chunks_exact(k));
        let value = rows.map(|(&x, p)| -> f64 {
            let weights = &self.weights[x as usize * k..(x as usize + 1) * k];
            p.iter().zip(weights).map(|(p, w)| p * w).sum()
        });
        Some(value.sum())
    }
}

struct Recorder<'a> {
    seed: u64,
    batch: u64,
    score: Option<Score>,
    best: f64,
    metrics: Vec<Metric>,
    steps: usize,
    watch: &'a Watch,
}

impl Observer for Recorder<'_> {
    fn observe(&mut self, step: &Step<'_>) -> Verdict {
        let value = self.score.as_ref().and_then(|score| score.of(step.policy));
        if step.step.is_multiple_of(EVERY) || step.step == self.steps {
            self.metrics.push(Metric {
                seed: self.seed,
                step: step.step,
                plays: self.batch * step.step as u64,
                mean_payoff: Some(step.mean_payoff).filter(|v| v.is_finite()),
                win_probability: value,
                entropy: step.entropy,
            });
        }
        if step.step < self.steps {
            self.watch.steps.fetch_add(1, Ordering::Relaxed);
        }
        if self.watch.interrupted.load(Ordering::Relaxed) {
            return Verdict::Stop;
        }
        match value {
            Some(value) if value > self.best => {
                self.best = value;
                let raise = |bits| (value > f64::from_bits(bits)).then_some(value.to_bits());
                let _ = self.watch.best.try_update(Ordering::Relaxed, Ordering::Relaxed, raise);
                Verdict::Keep
            }
            _ => Verdict::Continue,
        }
    }
}

/// The word for a game's value: a win probability, or the value of a functional.
pub fn value_name(kind: Kind) -> &'static str {
    match kind {
        Kind::WinLose => "win probability",
        Kind::Functional => "value",
    }
}
