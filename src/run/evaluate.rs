//! What a policy is worth where no theory says it: rollouts without learning.

use crate::learn::{LearnError, Mappo};
use serde::Serialize;

/// Rollouts that an evaluation takes, and the least number of environments whose spread is used.
const ROLLOUTS: usize = 20;

/// The 0.975 quantile of Student's t with `ROLLOUTS - 1` degrees of freedom; with more of them a little too wide.
const QUANTILE: f64 = 2.093;

/// Mean reward and cost per step with confidence intervals; *sampled*.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Sampled {
    /// Mean reward per step.
    #[serde(rename = "return")]
    pub reward: f64,
    /// Mean cost per step, where there is a cost.
    pub cost: Option<f64>,
    /// 95 % interval of the reward by Student's t.
    pub ci: [f64; 2],
    /// The same of the cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_ci: Option<[f64; 2]>,
}

/// Plays 20 rollouts of `num_envs` times `num_steps` steps with the present policy of a run.
///
/// The spread is that between environments, which are independent; with fewer than 20 of them, that between rollouts,
/// which follow each other and may be correlated.
///
/// # Errors
/// What the environment reports.
pub fn sampled(mappo: &mut Mappo) -> Result<Sampled, LearnError> {
    let means: Vec<(f64, Option<f64>)> = if mappo.config().num_envs >= ROLLOUTS {
        mappo.sample_each(ROLLOUTS)?
    } else {
        (0..ROLLOUTS).map(|_| mappo.sample()).collect::<Result<_, _>>()?
    };
    let interval = |x: &[f64]| {
        let n = x.len() as f64;
        let mean = x.iter().sum::<f64>() / n;
        let square = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
        let half = QUANTILE * (square / (n * (n - 1.0))).sqrt();
        (mean, [mean - half, mean + half])
    };
    let rewards: Vec<f64> = means.iter().map(|m| m.0).collect();
    let costs: Option<Vec<f64>> = means.iter().map(|m| m.1).collect();
    let (reward, ci) = interval(&rewards);
    let cost = costs.map(|costs| interval(&costs));
    Ok(Sampled { reward, cost: cost.map(|c| c.0), ci, cost_ci: cost.map(|c| c.1) })
}
