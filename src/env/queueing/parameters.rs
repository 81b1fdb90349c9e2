//! Parameters of the multi-router queue, and what is checked about them.

use super::super::{AgentSpec, EnvError, EnvSpec};
use super::text::wrong;
use super::{Baseline, JobLaw};
use std::str::FromStr;

/// Most routers or servers.
pub const MAX_SIDE: usize = 8;

/// What the cost of a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitUnit {
    /// Mean wait of the customers of the step, `w_t / n`: the paper's "average customer wait time".
    Customer,
    /// Sum over the customers of the step, `w_t`, as the budget of H.1.6 is written.
    Step,
}

impl FromStr for WaitUnit {
    type Err = EnvError;

    fn from_str(text: &str) -> Result<Self, EnvError> {
        match text {
            "customer" => Ok(WaitUnit::Customer),
            "step" => Ok(WaitUnit::Step),
            _ => Err(wrong("wait unit", text, "customer or step")),
        }
    }
}

/// Who of the customers that arrive together at one server is served first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// A random order, as in the paper.
    Random,
    /// The shortest job first; equal jobs by router.
    ShortestFirst,
}

impl FromStr for Order {
    type Err = EnvError;

    fn from_str(text: &str) -> Result<Self, EnvError> {
        match text {
            "random" => Ok(Order::Random),
            "shortest-first" => Ok(Order::ShortestFirst),
            _ => Err(wrong("order", text, "random or shortest-first")),
        }
    }
}

/// All parameters of the queue; the default is the paper's experiment (H.2).
#[derive(Debug, Clone)]
pub struct QueueParameters {
    /// Rate `lambda` of the Poisson stream of arrivals; at each, every router gets one job.
    pub arrival_rate: f64,
    /// The law of the job sizes of each router: as many laws as routers.
    pub jobs: Vec<JobLaw>,
    /// Number of servers.
    pub servers: usize,
    /// What idle servers earn.
    pub baseline: Baseline,
    /// The unit of the cost.
    pub wait_unit: WaitUnit,
    /// Who is served first of those that arrive together.
    pub order: Order,
    /// Whether the labels of the servers are permuted at random at every step, which balances any policy (Eq. 34-35).
    pub balanced: bool,
    /// Whether routers see the queues (H.1.5), under the labels that their actions refer to.
    pub observe_queues: bool,
    /// Whether routers see the time since the last arrival (H.1.5).
    pub observe_interval: bool,
    /// Steps after which an episode is truncated; without it the problem continues for ever.
    pub horizon: Option<u32>,
}

impl Default for QueueParameters {
    fn default() -> Self {
        let unit = JobLaw::mixture("exponential:1", vec![(1.0, super::Component::Erlang { shape: 1, rate: 1.0 })]);
        QueueParameters {
            arrival_rate: 0.8,
            // the law is valid, so there are two
            jobs: unit.into_iter().cycle().take(2).collect(),
            servers: 2,
            baseline: Baseline::Power(2.0),
            wait_unit: WaitUnit::Customer,
            order: Order::Random,
            balanced: true,
            observe_queues: false,
            observe_interval: false,
            horizon: None,
        }
    }
}

impl QueueParameters {
    /// Number of routers `n`.
    pub fn routers(&self) -> usize {
        self.jobs.len()
    }

    /// Load of a server under a balanced policy: `rho = lambda sum_i E[x_i] / K`.
    pub fn load(&self) -> f64 {
        let work: f64 = self.jobs.iter().map(JobLaw::mean).sum();
        self.arrival_rate * work / self.servers as f64
    }

    /// Refuses parameters that make no sense, among them a load of 1 or more.
    ///
    /// # Errors
    /// [`EnvError::Parameter`] naming the parameter.
    pub fn check(&self) -> Result<(), EnvError> {
        let rate = self.arrival_rate;
        if !(rate > 0.0 && rate.is_finite()) {
            let wanted = "a positive finite rate";
            return Err(wrong("arrival rate", &rate.to_string(), wanted));
        }
        for (name, n, least) in [("routers", self.routers(), 1), ("servers", self.servers, 2)] {
            if !(least..=MAX_SIDE).contains(&n) {
                return Err(wrong(name, &n.to_string(), &format!("{least} to {MAX_SIDE}")));
            }
        }
        let load = self.load();
        if load.is_nan() || load >= 1.0 {
            return Err(wrong(
                "load",
                &load.to_string(),
                "below 1 (arrival rate times the mean work per arrival, over the servers), or queues grow for ever",
            ));
        }
        if self.horizon == Some(0) {
            return Err(wrong("horizon", "0", "at least 1 step"));
        }
        self.baseline.check(self.arrival_rate / self.servers as f64)
    }

    pub(super) fn spec(&self) -> EnvSpec {
        let seen = 1 + if self.observe_queues { self.servers } else { 0 } + usize::from(self.observe_interval);
        let agent = |i| AgentSpec { name: format!("router {i}"), observation: seen, actions: self.servers };
        EnvSpec {
            name: "queueing".into(),
            agents: (0..self.routers()).map(agent).collect(),
            critic_state: self.servers + self.routers() + usize::from(self.observe_interval),
            has_cost: true,
            horizon: self.horizon,
        }
    }
}
