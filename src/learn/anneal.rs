//! The preset `best`: the paper's black-box access, used better.

use super::plays::Plays;
use super::reinforce::Progress;
use super::{Adam, Config, LearnError, Observer, QuantumPolicy, Training};
use crate::game::BlackBox;
use rand::Rng;

/// Share of the steps after which the entropy bonus has reached zero.
const ANNEALED_AT: f64 = 0.8;

/// Trains a policy on the game as estimated from its own plays, with entropy annealed to zero.
///
/// Three changes to Eq. 20, each for a measured reason (`docs/learning.md`): (1) the score-function estimate
/// of the payoff gradient is replaced by the exact gradient of the *empirical game* — question
/// frequencies and mean payoffs of all plays so far, nothing else — so sampling noise vanishes as plays
/// accumulate; (2) the entropy is taken in closed form and its coefficient falls linearly to zero at 80 % of the
/// steps, because a constant bonus biases the optimum; (3) the learning rate decays as a cosine to zero.
/// The coefficient is scaled by the range of payoffs met, so that functionals of any unit behave alike.
/// A cell never played counts with the mean payoff: neither sought nor shunned.
///
/// # Errors
/// [`LearnError`] if the settings, the referee or a payoff is bad.
pub fn anneal(
    game: &mut dyn BlackBox,
    policy: &mut QuantumPolicy,
    config: &Config,
    rng: &mut impl Rng,
    observer: &mut dyn Observer,
) -> Result<Training, LearnError> {
    config.check()?;
    let mut adam = Adam::new(policy.parameters.len());
    let mut plays = Plays::new(game.scenario(), config.batch);
    let joint_answers = game.scenario().joint_answers();
    let (mut counts, mut sums, mut d_p) = (Vec::new(), Vec::new(), Vec::new());
    let mut progress = Progress::default();
    let mut entropy = config.entropy;
    for step in 0..config.steps {
        let done = step as f64 / config.steps as f64;
        plays.ask(game, policy)?;
        policy.forward()?;
        if progress.stop(observer, step, policy, entropy) {
            return Ok(progress.end(policy, step));
        }
        plays.play(game, policy, rng)?;
        progress.mean_payoff = plays.mean_payoff();

        let p = policy.probabilities();
        plays.tally(&mut counts, &mut sums, p.len());
        let total: f64 = counts.iter().sum();
        let mean = sums.iter().sum::<f64>() / total;
        let range = payoff_range(&counts, &sums);
        entropy = config.entropy * range * (1.0 - done / ANNEALED_AT).max(0.0);
        d_p.resize(p.len(), 0.0);
        let rows = (p
            .chunks_exact(joint_answers)
            .zip(d_p.chunks_exact_mut(joint_answers)))
        .zip(
            counts
                .chunks_exact(joint_answers)
                .zip(sums.chunks_exact(joint_answers)),
        );
        for ((p, d_p), (counts, sums)) in rows {
            let mu = counts.iter().sum::<f64>() / total; // how often the question was asked
            for (((d_p, &p), &count), &sum) in d_p.iter_mut().zip(p).zip(counts).zip(sums) {
                let payoff = if count > 0.0 { sum / count } else { mean };
                // d/dp of mu (payoff p - alpha p log p), Eq. 16 and Eq. 18 without sampling
                *d_p = mu * (payoff - entropy * (p.max(1e-300).ln() + 1.0));
            }
        }
        policy.backward(&d_p, config.conditioning)?;
        let rate = 0.5 * config.learning_rate * (1.0 + (std::f64::consts::PI * done).cos());
        progress.ascend(&mut adam, policy, rate);
    }
    progress.finish(observer, config, policy, entropy)
}

/// Largest minus smallest mean payoff of the cells played.
fn payoff_range(counts: &[f64], sums: &[f64]) -> f64 {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for (&count, &sum) in counts.iter().zip(sums) {
        if count > 0.0 {
            low = low.min(sum / count);
            high = high.max(sum / count);
        }
    }
    (high - low).max(0.0)
}
