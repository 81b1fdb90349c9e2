//! Formulas for any number of routers.

use super::{BoundError, QueueModel};
use crate::env::queueing::{JobLaw, QueueParameters};

/// Two servers and `n` routers under balanced memoryless policies, from pair moments of `C_ij = P(a_i = a_j | x)`.
///
/// ```text
/// rho = n lambda E[x]/2
/// V   = lambda (sum_i E[x_i^2]/2 + sum_{i<j} E[x_i x_j C_ij]) / (2 (1 - rho))
/// W   = V + (1/(2n)) sum_{i<j} E[C_ij (x_i + x_j)]
/// lam_s = lambda (1 - P(all same)/2)
/// ```
#[derive(Debug, Clone)]
pub struct ManyRouters {
    parameters: QueueParameters,
}

/// The moments of one pair of routers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PairMoments {
    /// `E[x_i x_j C_ij]`.
    pub product: f64,
    /// `E[(x_i + x_j) C_ij]`.
    pub sum: f64,
}

impl ManyRouters {
    /// For these parameters.
    ///
    /// # Errors
    /// [`BoundError::Unsuitable`] unless there are two servers and policies are balanced and memoryless.
    pub fn new(parameters: &QueueParameters) -> Result<Self, BoundError> {
        let bad = parameters.check().err().map(|e| e.to_string());
        let no = (parameters.servers != 2).then(|| format!("{} servers, it is for 2", parameters.servers));
        let seen = parameters.observe_queues || parameters.observe_interval || !parameters.balanced;
        let seen = seen.then(|| "policies that see more than jobs or are not balanced".to_owned());
        if let Some(why) = bad.or(no).or(seen) {
            return Err(BoundError::Unsuitable { method: "theory of many routers", why });
        }
        Ok(ManyRouters { parameters: parameters.clone() })
    }

    /// Mean wait per customer from the moments of all pairs.
    pub fn wait(&self, pairs: &[PairMoments]) -> f64 {
        let p = &self.parameters;
        let squares: f64 = p.jobs.iter().map(JobLaw::second_moment).sum();
        let products: f64 = pairs.iter().map(|m| m.product).sum();
        let sums: f64 = pairs.iter().map(|m| m.sum).sum();
        let v = p.arrival_rate * (0.5 * squares + products) / (2.0 * (1.0 - p.load()));
        v + sums / (2.0 * p.routers() as f64)
    }

    /// Throughput per unit time, both servers, from the probability that all routers choose the same one.
    pub fn throughput(&self, all_same: f64) -> Result<f64, BoundError> {
        // the formula of two routers in terms of the rate of batches, which is all it depends on
        let p = &self.parameters;
        let model = QueueModel {
            arrival: p.arrival_rate,
            jobs: [p.jobs[0].clone(), p.jobs[0].clone()],
            servers: 2,
            baseline: p.baseline,
            rho: p.load(),
            a: 1.0,
            b: 0.25,
            delta: 0.25,
            w0: 0.0,
            mean: [1.0; 2],
        };
        Ok(model.throughput(all_same))
    }
}
