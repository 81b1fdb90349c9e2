//! Settings of the modified MAPPO, under the names users of CleanRL and OmniSafe type.

mod check;
mod kinds;
mod policy;

pub use kinds::{ActorKind, CoordinatorKind, Estimator};

use crate::env::EnvSpec;
use crate::learn::{CriticKind, Family, Pid};
use serde::{Deserialize, Serialize};

/// Settings of a run of the modified MAPPO. All have defaults; `config.toml` of a run holds them all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MappoConfig {
    /// Seed of everything random.
    pub seed: u64,
    /// Environment steps in all.
    pub total_timesteps: u64,
    /// Environments stepped side by side.
    pub num_envs: usize,
    /// Steps of each environment per update.
    pub num_steps: usize,
    /// Passes over the batch per update.
    pub update_epochs: usize,
    /// Minibatches per pass.
    pub num_minibatches: usize,
    /// Learning rate of coordinator and actors (Adam).
    pub learning_rate: f64,
    /// Learning rate of the network critic (Adam).
    pub critic_learning_rate: f64,
    /// Lets both learning rates and the entropy coefficients fall linearly to 0.
    pub anneal_lr: bool,
    /// Discount of rewards.
    pub gamma: f64,
    /// Trace parameter of the advantage estimator.
    pub gae_lambda: f64,
    /// Average-reward form: mean reward per step taken off, no discount.
    pub average_reward: bool,
    /// Standardises advantages over each minibatch (sampled estimator).
    pub norm_adv: bool,
    /// Clip range of the ratios.
    pub clip_coef: f64,
    /// Clips the value loss, too.
    pub clip_vloss: bool,
    /// Weight of the exact entropy of the coordinator.
    pub ent_coef: f64,
    /// Weight of the entropy of the actors.
    pub actor_ent_coef: f64,
    /// Largest norm of a gradient.
    pub max_grad_norm: f64,
    /// Stops the passes of an update once the mean of `(r-1) - log r` exceeds this; 0 for never.
    pub target_kl: f64,
    /// Weight of the conditioning loss of QuantumSoftmax (Appendix I).
    pub conditioning: f64,
    /// Sampled or all actions.
    pub estimator: Estimator,
    /// What the agents share.
    pub coordinator: CoordinatorKind,
    /// Advice values per agent; empty: as many as actions (entangled, central), 4 (shared randomness).
    pub advice: Vec<usize>,
    /// Local dimensions of the shared state; empty: 2 each.
    pub dims: Vec<usize>,
    /// `bell`, `ghz`, `maximally-entangled` or `learned`.
    pub state: String,
    /// Weight of the state against white noise.
    pub visibility: f64,
    /// Measurements the agents can make.
    pub measurement: Family,
    /// Trivial actors, networks, or what fits.
    pub actors: ActorKind,
    /// Hidden widths of the coordinator's networks.
    pub hidden: Vec<usize>,
    /// Hidden widths of the actors.
    pub actor_hidden: Vec<usize>,
    /// Gain of the coordinator's heads at the start.
    pub init_scale: f64,
    /// Gain of the actors' heads at the start.
    pub actor_init_scale: f64,
    /// Which critic learns.
    pub critic: CriticKind,
    /// Hidden widths of the network critic.
    pub critic_hidden: Vec<usize>,
    /// How much of the quadratic critic's past survives an update.
    pub critic_memory: f64,
    /// Limit on the mean cost per step; without one the cost is only recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_limit: Option<f64>,
    /// Discount of costs.
    pub cost_gamma: f64,
    /// Trace parameter of the cost advantages.
    pub cost_gae_lambda: f64,
    /// Proportional gain of the multiplier.
    pub pid_kp: f64,
    /// Integral gain of the multiplier, per update and unit of cost.
    pub pid_ki: f64,
    /// Derivative gain of the multiplier.
    pub pid_kd: f64,
    /// Moving average of the proportional term.
    pub pid_p_ema: f64,
    /// Moving average of the cost for the derivative term.
    pub pid_d_ema: f64,
    /// Updates over which the derivative is taken.
    pub pid_delay: usize,
    /// Multiplier at the start.
    pub multiplier_init: f64,
    /// Largest multiplier.
    pub multiplier_max: f64,
}

impl Default for MappoConfig {
    fn default() -> Self {
        MappoConfig {
            seed: 0,
            total_timesteps: 10_000_000,
            num_envs: 1024,
            num_steps: 128,
            update_epochs: 4,
            num_minibatches: 4,
            learning_rate: 2.5e-3,
            critic_learning_rate: 2.5e-3,
            anneal_lr: true,
            gamma: 0.99,
            gae_lambda: 0.95,
            average_reward: false,
            norm_adv: true,
            clip_coef: 0.2,
            clip_vloss: false,
            ent_coef: 0.01,
            actor_ent_coef: 0.01,
            max_grad_norm: 0.5,
            target_kl: 0.0,
            conditioning: 0.0,
            estimator: Estimator::Sampled,
            coordinator: CoordinatorKind::Entangled,
            advice: Vec::new(),
            dims: Vec::new(),
            state: "maximally-entangled".into(),
            visibility: 1.0,
            measurement: Family::Any,
            actors: ActorKind::Auto,
            hidden: vec![32, 32],
            actor_hidden: vec![32, 32],
            init_scale: 1.0,
            actor_init_scale: 1.0,
            critic: CriticKind::Network,
            critic_hidden: vec![32, 32],
            critic_memory: 0.9,
            cost_limit: None,
            cost_gamma: 0.99,
            cost_gae_lambda: 0.95,
            pid_kp: 0.1,
            pid_ki: 0.01,
            pid_kd: 0.01,
            pid_p_ema: 0.95,
            pid_d_ema: 0.95,
            pid_delay: 10,
            multiplier_init: 0.0,
            multiplier_max: 100.0,
        }
    }
}

impl MappoConfig {
    /// Updates of the run.
    pub fn updates(&self) -> u64 {
        (self.total_timesteps / self.batch().max(1) as u64).max(1)
    }

    /// Samples of one update.
    pub fn batch(&self) -> usize {
        self.num_envs.saturating_mul(self.num_steps)
    }

    /// The multiplier's controller.
    pub fn pid(&self) -> Pid {
        Pid {
            kp: self.pid_kp,
            ki: self.pid_ki,
            kd: self.pid_kd,
            p_ema: self.pid_p_ema,
            d_ema: self.pid_d_ema,
            delay: self.pid_delay,
            init: self.multiplier_init,
            max: self.multiplier_max,
        }
    }

    /// Discounts by head.
    pub(super) fn gammas(&self, spec: &EnvSpec) -> Vec<f64> {
        let all = match self.average_reward {
            true => [1.0, 1.0],
            false => [self.gamma, self.cost_gamma],
        };
        all[..1 + usize::from(spec.has_cost)].to_vec()
    }
}
