//! Generalised advantage estimation (Schulman et al., arXiv 1506.02438), right at truncation.

use super::simd::LANES;
use crate::env::End;

/// How the future counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Horizon {
    /// Discount factor; 1 in the average-reward form.
    pub gamma: f64,
    /// The trace parameter of the estimator.
    pub lambda: f64,
    /// What is taken off every reward: the mean reward per step in the average-reward form, else 0.
    pub mean: f64,
}

/// Writes the advantages of `T` steps of [`LANES`] environments, all slices `[step][lane]`.
///
/// `delta_t = r_t - mean + gamma (1 - term_t) v'_t - v_t`, `A_t = delta_t + gamma lambda (1 - term_t)(1 - trunc_t) A_{t+1}`,
/// where `v'_t` is the value of the state that step `t` led to: of the *final* state where the episode was truncated,
/// never of the state after a reset. After the last step the estimate is bootstrapped from `v'`.
pub fn advantages(
    horizon: Horizon,
    rewards: &[[f64; LANES]],
    values: &[[f64; LANES]],
    next_values: &[[f64; LANES]],
    ends: &[[End; LANES]],
    out: &mut [[f64; LANES]],
) {
    let Horizon { gamma, lambda, mean } = horizon;
    let mut after = [0.0; LANES];
    for t in (0..rewards.len()).rev() {
        for (l, after) in after.iter_mut().enumerate() {
            let future = if ends[t][l] == End::Terminated { 0.0 } else { gamma };
            let trace = if ends[t][l] == End::Running { gamma * lambda } else { 0.0 };
            let delta = rewards[t][l] - mean + future * next_values[t][l] - values[t][l];
            *after = delta + trace * *after;
            out[t][l] = *after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    const T: usize = 12;

    struct Case {
        rewards: Vec<[f64; LANES]>,
        values: Vec<[f64; LANES]>,
        next: Vec<[f64; LANES]>,
        ends: Vec<[End; LANES]>,
    }

    fn case() -> Case {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
        let mut rows =
            || -> Vec<[f64; LANES]> { (0..T).map(|_| std::array::from_fn(|_| rng.random::<f64>())).collect() };
        let (rewards, values, next) = (rows(), rows(), rows());
        let ends = rows()
            .iter()
            .map(|r| r.map(|u| [End::Running, End::Running, End::Terminated, End::Truncated][(4.0 * u) as usize]))
            .collect();
        Case { rewards, values, next, ends }
    }

    fn run(c: &Case, h: Horizon) -> Vec<[f64; LANES]> {
        let mut out = vec![[0.0; LANES]; T];
        advantages(h, &c.rewards, &c.values, &c.next, &c.ends, &mut out);
        out
    }

    /// The sum over all later deltas, step by step: O(T^2).
    fn brute(c: &Case, h: Horizon, t: usize, l: usize) -> f64 {
        let (mut sum, mut weight) = (0.0, 1.0);
        for k in t..T {
            let alive = if c.ends[k][l] == End::Terminated { 0.0 } else { 1.0 };
            let delta = c.rewards[k][l] - h.mean + h.gamma * alive * c.next[k][l] - c.values[k][l];
            sum += weight * delta;
            weight *= h.gamma * h.lambda;
            if c.ends[k][l] != End::Running {
                break;
            }
        }
        sum
    }

    #[test]
    fn recursion_agrees_with_the_sum() {
        let c = case();
        for h in [
            Horizon { gamma: 0.9, lambda: 0.7, mean: 0.0 },
            Horizon { gamma: 1.0, lambda: 0.95, mean: 0.3 },
            Horizon { gamma: 0.97, lambda: 0.0, mean: 0.0 },
        ] {
            let out = run(&c, h);
            for (t, row) in out.iter().enumerate() {
                for (l, given) in row.iter().enumerate() {
                    approx::assert_abs_diff_eq!(*given, brute(&c, h, t, l), epsilon = 1e-12);
                }
            }
        }
    }

    #[test]
    fn lambda_one_is_monte_carlo_minus_value() {
        let mut c = case();
        // values that follow one another inside an episode, so that the sum telescopes
        for t in 0..T - 1 {
            for l in 0..LANES {
                if c.ends[t][l] == End::Running {
                    c.next[t][l] = c.values[t + 1][l];
                }
            }
        }
        let h = Horizon { gamma: 0.9, lambda: 1.0, mean: 0.0 };
        let out = run(&c, h);
        for (l, given) in out[0].iter().enumerate() {
            let (mut monte_carlo, mut discount) = (0.0, 1.0);
            for t in 0..T {
                monte_carlo += discount * c.rewards[t][l];
                discount *= h.gamma;
                if c.ends[t][l] != End::Running || t == T - 1 {
                    if c.ends[t][l] != End::Terminated {
                        monte_carlo += discount * c.next[t][l];
                    }
                    break;
                }
            }
            approx::assert_abs_diff_eq!(*given, monte_carlo - c.values[0][l], epsilon = 1e-12);
        }
    }

    #[test]
    fn a_truncated_step_is_bootstrapped_and_a_terminated_one_is_not() {
        let row = |x| vec![[x; LANES]];
        let h = Horizon { gamma: 0.5, lambda: 0.9, mean: 0.0 };
        for (end, wanted) in [(End::Terminated, -1.0), (End::Truncated, 4.0), (End::Running, 4.0)] {
            let mut out = row(0.0);
            advantages(h, &row(1.0), &row(2.0), &row(10.0), &[[end; LANES]], &mut out);
            assert_eq!(out[0][0], wanted);
        }
    }
}
