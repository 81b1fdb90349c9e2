//! What a policy is worth where no theory says it: rollouts without learning.

use crate::learn::{LearnError, Mappo};
use serde::Serialize;

/// Rollouts that an evaluation takes.
const ROLLOUTS: usize = 20;

/// The 0.975 quantile of Student's t with `ROLLOUTS - 1` degrees of freedom.
const QUANTILE: f64 = 2.093;

/// Mean reward and cost per step with a confidence interval; *sampled*.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Sampled {
    /// Mean reward per step.
    #[serde(rename = "return")]
    pub reward: f64,
    /// Mean cost per step, where there is a cost.
    pub cost: Option<f64>,
    /// 95 % interval of the reward by Student's t over 20 rollouts.
    pub ci: [f64; 2],
}

/// Plays 20 rollouts of `num_envs` times `num_steps` steps with the present policy of a run.
///
/// # Errors
/// What the environment reports.
pub fn sampled(mappo: &mut Mappo) -> Result<Sampled, LearnError> {
    let batches: Vec<(f64, Option<f64>)> = (0..ROLLOUTS)
        .map(|_| mappo.sample())
        .collect::<Result<_, _>>()?;
    let n = ROLLOUTS as f64;
    let reward = batches.iter().map(|b| b.0).sum::<f64>() / n;
    let square = batches.iter().map(|b| (b.0 - reward).powi(2)).sum::<f64>();
    let half = QUANTILE * (square / (n * (n - 1.0))).sqrt();
    let costs: Option<Vec<f64>> = batches.iter().map(|b| b.1).collect();
    Ok(Sampled {
        reward,
        cost: costs.map(|c| c.iter().sum::<f64>() / n),
        ci: [reward - half, reward + half],
    })
}
