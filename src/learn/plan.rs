//! Planning on the game as estimated from plays: no further play, no look at the game.

use super::estimate::Estimate;
use super::lbfgs::climb;
use super::{Adam, LearnError, QuantumPolicy};
use rand::Rng;

/// Most fresh starts beside the policy that played.
const RESTARTS: usize = 4;
/// Steps of annealed ascent of a fresh start, its largest learning rate and its first entropy coefficient.
const REHEARSAL: usize = 300;
const REHEARSAL_RATE: f64 = 0.1;
const REHEARSAL_ENTROPY: f64 = 0.2;
/// Evaluations of the polishing.
const POLISH: usize = 400;
/// Two starts agree if their promises differ by less than this part of the range of payoffs.
const AGREE: f64 = 1e-6;

/// Polishes the policy on the estimated game by L-BFGS, does the same from fresh starts that first rehearse with annealed
/// entropy, and leaves the parameters that promise most. Stops as soon as two starts agree on the best promise.
///
/// # Errors
/// [`LearnError`] if the parameters leave the domain of QuantumSoftmax.
pub(super) fn plan(policy: &mut QuantumPolicy, estimate: &Estimate, rng: &mut impl Rng) -> Result<(), LearnError> {
    let agree = AGREE * estimate.range;
    let mut best = polish(policy, estimate)?;
    let mut kept = policy.parameters.clone();
    for _ in 0..RESTARTS {
        policy.randomise(rng);
        rehearse(policy, estimate)?;
        let promise = polish(policy, estimate)?;
        let agreed = (promise - best).abs() <= agree;
        if promise > best {
            best = promise;
            kept.copy_from_slice(&policy.parameters);
        }
        if agreed {
            break;
        }
    }
    policy.parameters.copy_from_slice(&kept);
    Ok(())
}

/// Annealed ascent by exact gradients of the estimated game.
fn rehearse(policy: &mut QuantumPolicy, estimate: &Estimate) -> Result<(), LearnError> {
    let mut adam = Adam::new(policy.parameters.len());
    let mut d_p = Vec::new();
    for step in 0..REHEARSAL {
        let left = 1.0 - step as f64 / REHEARSAL as f64;
        policy.forward()?;
        let entropy = REHEARSAL_ENTROPY * estimate.range * left;
        estimate.objective(policy.probabilities(), entropy, &mut d_p);
        policy.backward(&d_p, 0.0)?;
        adam.ascend(&mut policy.parameters, &policy.gradient, REHEARSAL_RATE * left);
    }
    Ok(())
}

/// L-BFGS on the estimated game; returns the value promised.
fn polish(policy: &mut QuantumPolicy, estimate: &Estimate) -> Result<f64, LearnError> {
    let mut theta = policy.parameters.clone();
    let mut d_p = Vec::new();
    let tolerance = 1e-10 * estimate.range;
    let value = climb(&mut theta, POLISH, tolerance, |theta, gradient| {
        policy.parameters.copy_from_slice(theta);
        policy.forward()?;
        let value = estimate.objective(policy.probabilities(), 0.0, &mut d_p);
        policy.backward(&d_p, 0.0)?;
        gradient.copy_from_slice(&policy.gradient);
        Ok(value)
    })?;
    policy.parameters.copy_from_slice(&theta);
    Ok(value)
}
