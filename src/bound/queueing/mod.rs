//! Exact theory of the multi-router queue (Figure 5): what each class of policies can reach.
//!
//! For memoryless balanced policies of two routers only `C(x1,x2) = P(a1 = a2 | x1,x2)` matters. With
//! `rho = lambda (E x1 + E x2)/K`, `a = lambda/(K (1-rho))`, `b = 1/4`, `delta = b/a`, `y_i = x_i + delta` and the two moments
//! `s = E[C]`, `k = E[y1 y2 C]`:
//!
//! ```text
//! rate of batches at a server   lam_s = lambda (2 - s)/K
//! throughput per unit time      R = K (1 - rho) lam_s E[T(I)],  I ~ Exp(lam_s)
//! mean wait per customer        W = W0 + a k - (b^2/a) s,       W0 = lambda (E x1^2 + E x2^2) / (2 K (1 - rho))
//! ```
//!
//! A class of policies is known by `J(theta) = max E[(2C-1)(theta - y1 y2)]`, convex in `theta`, and its frontier is
//! `W(s) = max_theta { W0 + (a/2)(m1 m2 - theta - J(theta)) + (a theta - b^2/a) s }` with `m_i = E y_i`.
//!
//! | file | holds |
//! |---|---|
//! | `moments` | Eq. above from `C`: moments, throughput, wait |
//! | `full` | communication, which here equals non-signalling |
//! | `shared` | shared randomness: thresholds, all phases, the mixing segment |
//! | `quantum` | shared entanglement: see-saw, then Newton |
//! | `dual` | upper bound on any quantum strategy of any dimension |
//! | `curve` | `W(s)` of every class, by its supporting lines |
//! | `visibility` | noise, and where the advantage ends |
//! | `finite` | finite job laws in exact rationals |
//! | `evaluate` | learned policies: `(s, W, R)` by quadrature and where they lie between the classes |
//! | `routers` | formulas for any number of routers |
//!
//! Values are numerical (double precision, with the gap to the dual bound stated) except those of `finite`. Nothing here
//! is visible to learning: `learn` and `env` cannot import this module.

mod curve;
mod dual;
mod evaluate;
mod finite;
mod full;
mod law;
mod moments;
mod quadrature;
mod quantum;
mod routers;
mod shared;
mod visibility;

pub use curve::{Class, Point, Support};
pub use dual::DualBound;
pub use evaluate::{Averages, Evaluation, PolicyMap, PovmMap};
pub use finite::{ExactSupport, FiniteGame, FiniteOptimum};
pub use moments::Moments;
pub use quantum::Planar;
pub use routers::{ManyRouters, PairMoments};
pub use shared::Thresholds;

use super::BoundError;
use crate::env::queueing::{Baseline, JobLaw, Order, QueueParameters};

/// The constants of a queue with two routers.
///
/// ```
/// use bellwether::bound::queueing::{Class, QueueModel};
/// let model = QueueModel::new(&Default::default())?;
/// let s = model.same_server_rate(1.6)?; // the probability of meeting that gives throughput 1.6
/// let quantum = model.curve(Class::Quantum, s)?;
/// let classical = model.curve(Class::SharedRandomness, s)?;
/// assert!((quantum.wait - 4.999204).abs() < 1e-6 && (classical.wait - 5.095209).abs() < 1e-6);
/// # Ok::<(), bellwether::bound::BoundError>(())
/// ```
#[derive(Debug, Clone)]
pub struct QueueModel {
    arrival: f64,
    jobs: [JobLaw; 2],
    servers: usize,
    baseline: Baseline,
    /// Load of a server.
    rho: f64,
    a: f64,
    b: f64,
    delta: f64,
    w0: f64,
    /// `E y_i`.
    mean: [f64; 2],
}

impl QueueModel {
    /// The theory of these parameters.
    ///
    /// # Errors
    /// [`BoundError::Unsuitable`] unless there are two routers that see only their own jobs, policies are balanced and
    /// customers that arrive together are served in random order; invalid parameters.
    pub fn new(parameters: &QueueParameters) -> Result<Self, BoundError> {
        let no = |why: &str| Err(BoundError::Unsuitable { method: "queueing theory", why: why.into() });
        if let Err(error) = parameters.check() {
            return no(&error.to_string());
        }
        let [first, second] = parameters.jobs.as_slice() else {
            return no("its curves are for two routers");
        };
        if parameters.observe_queues || parameters.observe_interval {
            return no("routers that see queues or times leave the class of memoryless policies");
        }
        if !parameters.balanced {
            return no("policies are not balanced");
        }
        if parameters.order != Order::Random {
            return no("customers that arrive together are not served in random order");
        }
        let (lambda, servers) = (parameters.arrival_rate, parameters.servers as f64);
        let rho = parameters.load();
        let a = lambda / (servers * (1.0 - rho));
        let b = 0.25;
        let delta = b / a;
        Ok(QueueModel {
            arrival: lambda,
            servers: parameters.servers,
            baseline: parameters.baseline,
            rho,
            a,
            b,
            delta,
            w0: 0.5 * a * (first.second_moment() + second.second_moment()),
            mean: [first.mean() + delta, second.mean() + delta],
            jobs: [first.clone(), second.clone()],
        })
    }

    /// Rate of arrivals.
    pub fn arrival_rate(&self) -> f64 {
        self.arrival
    }

    /// The job laws of the two routers.
    pub fn jobs(&self) -> &[JobLaw; 2] {
        &self.jobs
    }

    /// The constants `(a, b, delta, W0)` of the module's formulas.
    pub fn constants(&self) -> (f64, f64, f64, f64) {
        (self.a, self.b, self.delta, self.w0)
    }

    /// `m1 m2 = E y1 E y2`.
    pub fn mean_product(&self) -> f64 {
        self.mean[0] * self.mean[1]
    }

    /// Whether both routers have the same law.
    fn symmetric(&self) -> bool {
        self.jobs[0].components() == self.jobs[1].components()
    }

    /// The optima of shared randomness and entanglement are for two servers.
    fn two_servers(&self, method: &'static str) -> Result<(), BoundError> {
        if self.servers == 2 {
            return Ok(());
        }
        Err(BoundError::Unsuitable { method, why: format!("{} servers, it is for 2", self.servers) })
    }
}
