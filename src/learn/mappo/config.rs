//! Settings of the modified MAPPO, under the names users of CleanRL and OmniSafe type.

use crate::env::EnvSpec;
use crate::learn::{
    Actor, Central, Coordinator, CriticKind, Entangled, Family, JointPolicy, LearnError,
    Measurement, Pid, SharedRandomness, SharedState,
};
use crate::quantum::DensityMatrix;
use serde::{Deserialize, Serialize};

/// What the agents share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CoordinatorKind {
    /// Entanglement.
    #[default]
    Entangled,
    /// Randomness.
    SharedRandomness,
    /// Nothing.
    None,
    /// Everything.
    Central,
}

impl CoordinatorKind {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            CoordinatorKind::Entangled => "entangled",
            CoordinatorKind::SharedRandomness => "shared-randomness",
            CoordinatorKind::None => "none",
            CoordinatorKind::Central => "central",
        }
    }
}

/// What turns advice into actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActorKind {
    /// Trivial where advice and actions are as many and the coordinator sees observations, else networks.
    #[default]
    Auto,
    /// `a_i = x_i`.
    Trivial,
    /// Networks on (advice, observation).
    Network,
}

/// How the policy gradient is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// From the sampled advice and actions: the paper's Eq. 8-9.
    #[default]
    Sampled,
    /// The same objective with the expectation over advice and actions taken exactly, by a critic of joint actions learned
    /// from the same experience ("all-actions" or expected policy gradients: Sutton et al. 2001, arXiv 1706.05374).
    AllActions,
}

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

/// Most environments, and most samples of one update.
const MAX_BATCH: usize = 1 << 26;

/// Most bytes of experience of one update.
const MAX_EXPERIENCE: usize = 1 << 30;

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

    /// Fails on settings that cannot be used, naming the first.
    ///
    /// # Errors
    /// [`LearnError::Config`].
    pub fn check(&self) -> Result<(), LearnError> {
        let bad = |name: &str, given: String, wanted: &str| {
            Err(LearnError::Config(format!(
                "{name}: {given} given, wanted {wanted}"
            )))
        };
        for (name, n) in [
            ("num_envs", self.num_envs),
            ("num_steps", self.num_steps),
            ("update_epochs", self.update_epochs),
            ("num_minibatches", self.num_minibatches),
        ] {
            if n == 0 {
                return bad(name, n.to_string(), "at least 1");
            }
        }
        if self.batch() > MAX_BATCH {
            return bad(
                "num_envs times num_steps",
                self.batch().to_string(),
                "at most 67108864",
            );
        }
        if self.total_timesteps == 0 {
            return bad("total_timesteps", "0".into(), "at least 1");
        }
        for (name, v) in [
            ("learning_rate", self.learning_rate),
            ("critic_learning_rate", self.critic_learning_rate),
            ("max_grad_norm", self.max_grad_norm),
            ("multiplier_max", self.multiplier_max),
            ("clip_coef", self.clip_coef),
        ] {
            if !(v > 0.0 && v.is_finite()) {
                return bad(name, v.to_string(), "a positive number");
            }
        }
        for (name, v) in [
            ("gamma", self.gamma),
            ("gae_lambda", self.gae_lambda),
            ("cost_gamma", self.cost_gamma),
            ("cost_gae_lambda", self.cost_gae_lambda),
            ("visibility", self.visibility),
            ("critic_memory", self.critic_memory),
            ("pid_p_ema", self.pid_p_ema),
            ("pid_d_ema", self.pid_d_ema),
        ] {
            if !(0.0..=1.0).contains(&v) {
                return bad(name, v.to_string(), "0 to 1");
            }
        }
        for (name, v) in [
            ("ent_coef", self.ent_coef),
            ("actor_ent_coef", self.actor_ent_coef),
            ("target_kl", self.target_kl),
            ("conditioning", self.conditioning),
            ("init_scale", self.init_scale),
            ("actor_init_scale", self.actor_init_scale),
        ] {
            if !(v >= 0.0 && v.is_finite()) {
                return bad(name, v.to_string(), "a number of at least 0");
            }
        }
        for (name, v) in [
            ("pid_kp", self.pid_kp),
            ("pid_ki", self.pid_ki),
            ("pid_kd", self.pid_kd),
        ] {
            if !(0.0..=1e100).contains(&v) {
                return bad(name, v.to_string(), "0 to 1e100");
            }
        }
        if !(0.0..=self.multiplier_max).contains(&self.multiplier_init) {
            let given = self.multiplier_init.to_string();
            return bad("multiplier_init", given, "0 to multiplier_max");
        }
        if let Some(limit) = self.cost_limit.filter(|l| !l.is_finite()) {
            return bad("cost_limit", limit.to_string(), "a number");
        }
        if self.pid_delay == 0 || self.pid_delay > 10_000 {
            return bad("pid_delay", self.pid_delay.to_string(), "1 to 10000");
        }
        for (name, widths) in [
            ("hidden", &self.hidden),
            ("actor_hidden", &self.actor_hidden),
            ("critic_hidden", &self.critic_hidden),
        ] {
            if widths.len() > 8 || widths.iter().any(|w| !(1..=4096).contains(w)) {
                return bad(name, format!("{widths:?}"), "at most 8 widths of 1 to 4096");
            }
        }
        if self.estimator == Estimator::AllActions && self.critic != CriticKind::Quadratic {
            return bad(
                "estimator",
                "all-actions with critic = \"network\"".into(),
                "critic = \"quadratic\" for it",
            );
        }
        Ok(())
    }

    /// Fails where the experience of one update would not fit into a gigabyte.
    pub(super) fn check_memory(&self, spec: &EnvSpec) -> Result<(), LearnError> {
        // observations and states in single precision, about eight words of record, five per agent
        let numbers = spec.observations() + spec.critic_state;
        let sample = numbers
            .saturating_mul(4)
            .saturating_add(64 + 40 * spec.agents.len());
        let bytes = sample.saturating_mul(self.batch());
        if bytes > MAX_EXPERIENCE {
            return Err(LearnError::Config(format!(
                "num_envs {} and num_steps {} given: an update of {} MiB of experience, wanted at most {} MiB",
                self.num_envs,
                self.num_steps,
                bytes >> 20,
                MAX_EXPERIENCE >> 20
            )));
        }
        Ok(())
    }

    /// The joint policy these settings describe for an environment.
    ///
    /// # Errors
    /// [`LearnError::Config`] naming what does not fit.
    pub fn policy(&self, spec: &EnvSpec) -> Result<JointPolicy, LearnError> {
        self.check()?;
        let n = spec.agents.len();
        let actions: Vec<usize> = spec.agents.iter().map(|a| a.actions).collect();
        let advice = match (&self.advice[..], self.coordinator) {
            (_, CoordinatorKind::None) => vec![1; n],
            ([], CoordinatorKind::SharedRandomness) => vec![4; n],
            ([], _) => actions.clone(),
            ([m], _) => vec![*m; n],
            (many, _) => many.to_vec(),
        };
        if advice.len() != n || advice.iter().any(|m| !(1..=256).contains(m)) {
            return Err(LearnError::Config(format!(
                "advice: {:?} given, wanted one number of 1 to 256, or one for each of {n} agents",
                self.advice
            )));
        }
        let coordinator = match self.coordinator {
            CoordinatorKind::None => Coordinator::None { agents: n },
            CoordinatorKind::SharedRandomness => {
                if advice.iter().any(|m| *m != advice[0]) {
                    return Err(LearnError::Config(format!(
                        "advice: {advice:?} given, wanted the same number for all agents that share a random value"
                    )));
                }
                Coordinator::SharedRandomness(SharedRandomness::new(advice[0], n))
            }
            CoordinatorKind::Central => Coordinator::Central(Central::new(
                spec.observations(),
                &self.hidden,
                advice.clone(),
            )),
            CoordinatorKind::Entangled => {
                let dims = match &self.dims[..] {
                    [] => vec![2; n],
                    [d] => vec![*d; n],
                    many => many.to_vec(),
                };
                if dims.len() != n || dims.iter().any(|d| !(1..=64).contains(d)) {
                    return Err(LearnError::Config(format!(
                        "dims: {:?} given, wanted one number of 1 to 64, or one for each of {n} agents",
                        self.dims
                    )));
                }
                let measurement = |i: usize| {
                    Measurement::new(
                        spec.agents[i].observation,
                        &self.hidden,
                        dims[i],
                        advice[i],
                        self.measurement,
                    )
                };
                let measurements = (0..n).map(measurement).collect::<Result<_, _>>()?;
                let state = self.shared_state(&dims)?;
                Coordinator::Entangled(Entangled::new(measurements, state, self.visibility)?)
            }
        };
        let blind = matches!(
            self.coordinator,
            CoordinatorKind::SharedRandomness | CoordinatorKind::None
        );
        let trivial = match self.actors {
            ActorKind::Trivial => true,
            ActorKind::Network => false,
            ActorKind::Auto => !blind && advice == actions,
        };
        let actors = (spec.agents.iter().zip(&advice)).map(|(agent, &m)| {
            if trivial {
                Actor::trivial(m, agent.actions, agent.observation)
            } else {
                let hidden = &self.actor_hidden;
                Ok(Actor::network(m, agent.actions, agent.observation, hidden))
            }
        });
        JointPolicy::new(spec, coordinator, actors.collect::<Result<_, _>>()?)
    }

    fn shared_state(&self, dims: &[usize]) -> Result<SharedState, LearnError> {
        let equal = dims.iter().all(|d| *d == dims[0]);
        let wrong = || {
            LearnError::Config(format!(
                "state: \"{}\" with dims {dims:?} given, wanted \"learned\", \"maximally-entangled\" (equal dims), \"ghz\" (dims 2) or \"bell\" (two agents, dims 2)",
                self.state
            ))
        };
        let qubits = equal && dims[0] == 2;
        Ok(match self.state.as_str() {
            "learned" => SharedState::Learned,
            "bell" if qubits && dims.len() == 2 => SharedState::Fixed(DensityMatrix::bell()),
            "ghz" if qubits => SharedState::Fixed(DensityMatrix::ghz(dims.len())?),
            "maximally-entangled" if equal => {
                let joint = dims.iter().try_fold(1usize, |n, d| n.checked_mul(*d));
                if joint.is_none_or(|n| n > crate::learn::MAX_JOINT_DIMENSION) {
                    return Err(LearnError::Config(format!(
                        "dims: {dims:?} given, wanted a product of at most {}",
                        crate::learn::MAX_JOINT_DIMENSION
                    )));
                }
                SharedState::Fixed(DensityMatrix::maximally_entangled_n(dims.len(), dims[0])?)
            }
            _ => return Err(wrong()),
        })
    }
}
