//! The preset `best`: the paper's black-box access, used better.

use super::estimate::Estimate;
use super::plan::plan;
use super::plays::Plays;
use super::reinforce::Progress;
use super::{Adam, Config, LearnError, Observer, QuantumPolicy, Training};
use crate::game::BlackBox;
use rand::Rng;

/// Share of the steps after which the entropy bonus has reached zero.
const ANNEALED_AT: f64 = 0.8;

/// Trains a policy on the game as estimated from its own plays, with entropy annealed to zero, and polishes it.
///
/// Four changes to Eq. 20, each for a measured reason (`docs/learning.md`): (1) the score-function estimate
/// of the payoff gradient is replaced by the exact gradient of the *empirical game* — question
/// frequencies and mean payoffs of all plays so far, nothing else — so sampling noise vanishes as plays
/// accumulate; (2) the entropy is taken in closed form and its coefficient falls linearly to zero at 80 % of the
/// steps, because a constant bonus biases the optimum; (3) the learning rate decays as a cosine to zero;
/// (4) after the last play the policy is polished on the empirical game by L-BFGS, beside a few fresh starts, and the
/// one that promises most is the final policy.
/// The coefficient is scaled by the range of payoffs met, so that functionals of any unit behave alike.
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
    let mut estimate = Estimate::new(game.scenario().joint_answers());
    let mut d_p = Vec::new();
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

        estimate.update(&plays, policy.probabilities().len());
        entropy = config.entropy * estimate.range * (1.0 - done / ANNEALED_AT).max(0.0);
        estimate.objective(policy.probabilities(), entropy, &mut d_p);
        policy.backward(&d_p, config.conditioning)?;
        let rate = 0.5 * config.learning_rate * (1.0 + (std::f64::consts::PI * done).cos());
        progress.ascend(&mut adam, policy, rate);
    }
    plan(policy, &estimate, rng)?;
    progress.finish(observer, config, policy, entropy)
}
