//! L-BFGS: quasi-Newton ascent of a smooth function of many parameters.

use super::LearnError;
use std::collections::VecDeque;

/// Pairs of steps and gradient changes remembered.
const MEMORY: usize = 12;
/// Sufficient increase and curvature of the weak Wolfe conditions.
const INCREASE: f64 = 1e-4;
const CURVATURE: f64 = 0.9;
/// Evaluations of one line search.
const SEARCH: usize = 20;
/// Steps over which a gain below the tolerance ends the ascent.
const PATIENCE: usize = 5;

/// A step, the change of the (downhill) gradient over it, and the inverse of their product.
struct Pair {
    s: Vec<f64>,
    y: Vec<f64>,
    rho: f64,
}

/// Climbs from `theta` by at most `evaluations` calls of `evaluate(theta, gradient) -> value`, until five steps together
/// gain less than `tolerance`; returns the value reached. Limited-memory BFGS with 12 pairs (Liu and Nocedal 1989)
/// and the bisection line search of Lewis and Overton (2013); never ends below where it started.
///
/// # Errors
/// What `evaluate` fails with.
pub(super) fn climb(
    theta: &mut [f64],
    evaluations: usize,
    tolerance: f64,
    mut evaluate: impl FnMut(&[f64], &mut [f64]) -> Result<f64, LearnError>,
) -> Result<f64, LearnError> {
    let n = theta.len();
    let zeros = || vec![0.0; n];
    let (mut gradient, mut direction) = (zeros(), zeros());
    let (mut trial, mut trial_gradient) = (zeros(), zeros());
    let (mut taken, mut taken_gradient) = (zeros(), zeros());
    let mut value = evaluate(theta, &mut gradient)?;
    let mut memory: VecDeque<Pair> = VecDeque::with_capacity(MEMORY);
    let mut gains: VecDeque<f64> = VecDeque::with_capacity(PATIENCE);
    let mut left = evaluations;
    while left > 0 {
        ascent(&gradient, &memory, &mut direction);
        let mut slope = dot(&gradient, &direction);
        if slope <= 0.0 || !slope.is_finite() {
            // the memory misleads: start again from the gradient
            memory.clear();
            direction.copy_from_slice(&gradient);
            slope = dot(&gradient, &gradient);
        }
        if slope <= 0.0 || !slope.is_finite() {
            break;
        }
        let mut step = match memory.len() {
            0 => 1.0 / slope.sqrt().max(1.0),
            _ => 1.0,
        };
        let (mut low, mut high) = (0.0, f64::INFINITY);
        let mut reached = None;
        for _ in 0..SEARCH.min(left) {
            left -= 1;
            for ((next, t), d) in trial.iter_mut().zip(&*theta).zip(&direction) {
                *next = t + step * d;
            }
            let there = evaluate(&trial, &mut trial_gradient)?;
            let usable = there.is_finite() && trial_gradient.iter().all(|g| g.is_finite());
            if usable && there >= value + INCREASE * step * slope {
                reached = Some(there);
                taken.copy_from_slice(&trial);
                taken_gradient.copy_from_slice(&trial_gradient);
                if dot(&trial_gradient, &direction) <= CURVATURE * slope {
                    break;
                }
                low = step;
            } else {
                high = step;
            }
            step = if high.is_finite() { 0.5 * (low + high) } else { 2.0 * low };
        }
        let Some(reached) = reached else {
            if memory.is_empty() {
                break; // not even along the gradient: as high as double precision sees
            }
            memory.clear();
            continue;
        };
        remember(&mut memory, theta, &taken, &gradient, &taken_gradient);
        theta.copy_from_slice(&taken);
        gradient.copy_from_slice(&taken_gradient);
        if gains.len() == PATIENCE {
            gains.pop_front();
        }
        gains.push_back(reached - value);
        value = reached;
        if gains.len() == PATIENCE && gains.iter().sum::<f64>() < tolerance {
            break;
        }
    }
    Ok(value)
}

/// Adds the pair of the step from `from` to `to`, if the curvature along it has the right sign.
fn remember(memory: &mut VecDeque<Pair>, from: &[f64], to: &[f64], before: &[f64], after: &[f64]) {
    let s: Vec<f64> = to.iter().zip(from).map(|(a, b)| a - b).collect();
    // the change of the downhill gradient
    let y: Vec<f64> = before.iter().zip(after).map(|(a, b)| a - b).collect();
    let product = dot(&s, &y);
    if product > 1e-12 * dot(&y, &y).max(f64::MIN_POSITIVE) {
        if memory.len() == MEMORY {
            memory.pop_front();
        }
        let rho = 1.0 / product;
        memory.push_back(Pair { s, y, rho });
    }
}

/// The two-loop recursion: `direction = H gradient` with the inverse Hessian `H` of the pairs.
fn ascent(gradient: &[f64], memory: &VecDeque<Pair>, direction: &mut [f64]) {
    direction.copy_from_slice(gradient);
    let mut alphas = [0.0; MEMORY];
    for (pair, alpha) in memory.iter().zip(&mut alphas).rev() {
        *alpha = pair.rho * dot(&pair.s, direction);
        add(direction, -*alpha, &pair.y);
    }
    if let Some(last) = memory.back() {
        let scale = 1.0 / (last.rho * dot(&last.y, &last.y));
        direction.iter_mut().for_each(|d| *d *= scale);
    }
    for (pair, alpha) in memory.iter().zip(&alphas) {
        let beta = pair.rho * dot(&pair.y, direction);
        add(direction, alpha - beta, &pair.s);
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(a: &mut [f64], factor: f64, b: &[f64]) {
    for (a, b) in a.iter_mut().zip(b) {
        *a += factor * b;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curved_valley_is_climbed_to_its_top() {
        // Rosenbrock's function, turned over; its top 0 at (1, 1)
        let f = |t: &[f64], g: &mut [f64]| {
            let (a, b) = (1.0 - t[0], t[1] - t[0] * t[0]);
            g[0] = 2.0 * a + 400.0 * t[0] * b;
            g[1] = -200.0 * b;
            Ok(-a * a - 100.0 * b * b)
        };
        let mut theta = [-1.2, 1.0];
        let top = climb(&mut theta, 300, 1e-20, f).unwrap();
        assert!(top > -1e-15, "{top}");
        assert!((theta[0] - 1.0).abs() < 1e-6 && (theta[1] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn values_that_are_no_numbers_shorten_the_step() {
        let f = |t: &[f64], g: &mut [f64]| {
            g[0] = 1.0 / t[0] - 1.0; // of ln t - t, no number below zero
            Ok(t[0].ln() - t[0])
        };
        let mut theta = [1e-3];
        climb(&mut theta, 200, 1e-18, f).unwrap();
        assert!((theta[0] - 1.0).abs() < 1e-6, "{theta:?}");
    }
}
