//! REINFORCE with entropy on a black-box game, exactly as the paper's Eq. 17-20.

use super::plays::Plays;
use super::{Adam, Config, LearnError, QuantumPolicy};
use crate::game::BlackBox;
use rand::Rng;

/// What an observer sees of one step.
#[derive(Debug)]
pub struct Step<'a> {
    /// Number of the step, from 0; after the last update once more with `step = steps`.
    pub step: usize,
    /// The policy with its forward pass done.
    pub policy: &'a QuantumPolicy,
    /// Mean payoff of the batch before, or NaN at first.
    pub mean_payoff: f64,
    /// Entropy coefficient in force.
    pub entropy: f64,
}

/// What an observer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Continue,
    /// Go on, and remember these parameters as the ones to keep.
    Keep,
    /// Stop here.
    Stop,
}

/// Watches a run: scores, records, shows progress, interrupts.
///
/// Its verdict chooses which parameters are kept and when to stop; it cannot reach the updates, so that
/// a score computed from the known game never flows back into learning.
pub trait Observer {
    /// Called once per step after the forward pass.
    fn observe(&mut self, step: &Step<'_>) -> Verdict;
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Training {
    /// Parameters the observer kept last, with their step.
    pub kept: Option<(usize, Vec<f64>)>,
    /// Parameters after the last update.
    pub last: Vec<f64>,
    /// Updates done.
    pub steps: usize,
    /// Updates that were skipped because the gradient was not finite.
    pub skipped: usize,
}

/// Trains a policy by REINFORCE with entropy regularisation (Eq. 20) and Adam.
///
/// Per step: ask a batch of questions, compute every distinct POVM and probability once, sample answers,
/// have them judged, and ascend `1/N sum_j sg(V - alpha W) log pi(a|o)` with `W = log pi + 1`. Because
/// `grad log pi = grad pi / pi`, the batch enters only through per-cell counts and payoff sums.
///
/// # Errors
/// [`LearnError`] if the settings, the referee or a payoff is bad.
pub fn reinforce(
    game: &mut dyn BlackBox,
    policy: &mut QuantumPolicy,
    config: &Config,
    rng: &mut impl Rng,
    observer: &mut dyn Observer,
) -> Result<Training, LearnError> {
    config.check()?;
    let mut adam = Adam::new(policy.parameters.len());
    let mut plays = Plays::new(game.scenario(), config.batch);
    let (mut counts, mut sums, mut d_p) = (Vec::new(), Vec::new(), Vec::new());
    let mut progress = Progress::default();
    for step in 0..config.steps {
        plays.ask(game, policy)?; // o ~ mu
        policy.forward()?; // pi_theta(a|o), Eq. 6
        if progress.stop(observer, step, policy, config.entropy) {
            return Ok(progress.end(policy, step));
        }
        plays.play(game, policy, rng)?; // a ~ pi_theta(.|o), V(a|o)

        let p = policy.probabilities();
        counts.clear();
        sums.clear();
        plays.tally(&mut counts, &mut sums, p.len());
        d_p.resize(p.len(), 0.0);
        for (((d_p, &p), &count), &sum) in d_p.iter_mut().zip(p).zip(&counts).zip(&sums) {
            *d_p = if count > 0.0 {
                let w = p.ln() + 1.0; // W(a|o), Eq. 19
                (sum - config.entropy * count * w) / (config.batch as f64 * p) // Eq. 20
            } else {
                0.0
            };
        }
        policy.backward(&d_p, config.conditioning)?;
        progress.mean_payoff = plays.mean_payoff();
        progress.ascend(&mut adam, policy, config.learning_rate);
    }
    progress.finish(observer, config, policy, config.entropy)
}

/// The bookkeeping every learner shares.
#[derive(Debug)]
pub(super) struct Progress {
    pub mean_payoff: f64,
    kept: Option<(usize, Vec<f64>)>,
    skipped: usize,
}

impl Default for Progress {
    fn default() -> Self {
        Progress { mean_payoff: f64::NAN, kept: None, skipped: 0 }
    }
}

impl Progress {
    /// Shows a step to the observer and does what it says; true means stop.
    pub fn stop(&mut self, observer: &mut dyn Observer, step: usize, policy: &QuantumPolicy, entropy: f64) -> bool {
        let verdict = observer.observe(&Step { step, policy, mean_payoff: self.mean_payoff, entropy });
        if verdict == Verdict::Keep {
            let (at, kept) = self.kept.get_or_insert_with(|| (step, Vec::new()));
            *at = step;
            kept.clone_from(&policy.parameters);
        }
        verdict == Verdict::Stop
    }

    pub fn ascend(&mut self, adam: &mut Adam, policy: &mut QuantumPolicy, learning_rate: f64) {
        if !adam.ascend(&mut policy.parameters, &policy.gradient, learning_rate) {
            self.skipped += 1;
        }
    }

    pub fn end(self, policy: &QuantumPolicy, steps: usize) -> Training {
        Training { kept: self.kept, last: policy.parameters.clone(), steps, skipped: self.skipped }
    }

    /// Shows the parameters after the last update, too.
    pub fn finish(
        mut self,
        observer: &mut dyn Observer,
        config: &Config,
        policy: &mut QuantumPolicy,
        entropy: f64,
    ) -> Result<Training, LearnError> {
        policy.forward()?;
        self.stop(observer, config.steps, policy, entropy);
        Ok(self.end(policy, config.steps))
    }
}
