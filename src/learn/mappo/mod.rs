//! The modified MAPPO of Section 4.2.2 with PPO-Lagrangian for constrained problems.

mod config;
mod judge;
mod metrics;
mod pass;
mod play;
mod save;

pub use config::{ActorKind, CoordinatorKind, Estimator, MappoConfig};
pub use metrics::UpdateMetrics;
pub use save::Saved;

use super::critic::Estimates;
use super::joint::ReadyPolicy;
use super::rollout::Rollout;
use super::simd::LANES;
use super::surrogate::{Surrogate, Tally};
use super::{Adam, Critic, CriticKind, JointPolicy, Lagrangian, LearnError, NetworkCritic, QuadraticCritic};
use crate::env::vector::Vector;
use crate::env::{EnvRng, EnvSpec, Environment, stream};
use pass::{Experience, Pools};
use rand::RngExt;

/// Streams of a seed beside those of the environments, which are numbered from 0.
const POLICY_STREAM: u64 = 1 << 40;
const SHUFFLE_STREAM: u64 = 1 << 41;
const INITIAL_STREAM: u64 = 1 << 42;
const CRITIC_STREAM: u64 = 1 << 43;

/// A run of the modified MAPPO on copies of one environment.
///
/// ```
/// use bellwether::env::OneShot;
/// use bellwether::game::catalog;
/// use bellwether::learn::{Mappo, MappoConfig};
/// let chsh = OneShot::of_game(&catalog::lookup("chsh")?.game)?;
/// let config = MappoConfig { num_envs: 256, num_steps: 4, ..MappoConfig::default() };
/// let mut mappo = Mappo::new(&chsh, config)?;
/// for _ in 0..3 {
///     assert!(mappo.update()?.reward <= 1.0);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Mappo {
    config: MappoConfig,
    spec: EnvSpec,
    policy: JointPolicy,
    theta: Vec<f64>,
    adam: Adam,
    critic: Critic,
    lagrangian: Option<Lagrangian>,
    envs: Vector,
    rollouts: Vec<Rollout>,
    estimates: Vec<Estimates>,
    shuffle: EnvRng,
    update: u64,
    skipped: u64,
    pools: Pools,
}

impl Mappo {
    /// A fresh run.
    ///
    /// # Errors
    /// [`LearnError::Config`] for settings that cannot be, and what the environment reports.
    pub fn new(env: &dyn Environment, config: MappoConfig) -> Result<Self, LearnError> {
        let spec = env.spec().clone();
        let policy = config.policy(&spec)?;
        if config.cost_limit.is_some() && !spec.has_cost {
            return Err(LearnError::Config(format!("cost_limit: given for {}, which has no cost", spec.name)));
        }
        let all = config.estimator == Estimator::AllActions;
        let joint_actions = if all { policy.joint_actions() } else { 0 };
        if joint_actions > 64 {
            return Err(LearnError::Config(format!(
                "estimator: all-actions with {joint_actions} joint actions given, wanted at most 64"
            )));
        }
        config.check_memory(&spec)?;
        let seed = config.seed;
        let (coordinator, actor) = (config.init_scale, config.actor_init_scale);
        let theta = policy.initialise(coordinator, actor, &mut stream(seed, INITIAL_STREAM));
        let gammas = config.gammas(&spec);
        let critic = match config.critic {
            CriticKind::Network => Critic::Network(NetworkCritic::new(
                spec.critic_state,
                &config.critic_hidden,
                gammas.len(),
                &mut stream(seed, CRITIC_STREAM),
            )),
            CriticKind::Quadratic => Critic::Quadratic(QuadraticCritic::new(
                spec.critic_state,
                &gammas,
                config.average_reward,
                config.critic_memory,
                joint_actions,
            )),
        };
        let mut envs = Vector::new(env, config.num_envs, LANES, seed)?;
        let blocks = envs.blocks_mut().iter().enumerate();
        let rollouts = blocks.map(|(b, block)| {
            let stream = stream(seed, POLICY_STREAM + b as u64);
            Rollout::new(block, &policy, config.num_steps, all, stream)
        });
        let rollouts: Vec<Rollout> = rollouts.collect::<Result<_, _>>()?;
        Ok(Mappo {
            estimates: vec![Estimates::new(gammas.len(), config.num_steps, joint_actions); rollouts.len()],
            adam: Adam::new(theta.len()),
            lagrangian: config.cost_limit.map(|limit| Lagrangian::new(config.pid(), limit)),
            shuffle: stream(seed, SHUFFLE_STREAM),
            update: 0,
            skipped: 0,
            pools: Pools::default(),
            config,
            spec,
            policy,
            theta,
            critic,
            envs,
            rollouts,
        })
    }

    /// One update: play, judge, ascend.
    ///
    /// # Errors
    /// What the environment reports; [`LearnError`] if parameters have left the domain of QuantumSoftmax.
    pub fn update(&mut self) -> Result<UpdateMetrics, LearnError> {
        // from a thread of the pool, which need not be woken for every loop
        rayon::scope(|_| self.step())
    }

    fn step(&mut self) -> Result<UpdateMetrics, LearnError> {
        let left = self.share_left();
        let mut ready = ReadyPolicy::default();
        self.policy.prepare(&self.theta, &mut ready)?;
        self.play(&ready)?; // tau ~ pi_theta0
        self.judge(); // V, V_c, A, A_c
        let multiplier = self.constrain(); // lambda <- PID(J_C - d)
        self.combine(multiplier.unwrap_or(0.0)); // A <- (A - lambda A_c)/(1 + lambda)

        let (mut tally, mut value_loss, mut steps) = (Tally::default(), 0.0, 0.0);
        let mut order = self.samples();
        'passes: for _ in 0..self.config.update_epochs {
            shuffle(&mut order, &mut self.shuffle);
            let size = order.len().div_ceil(self.config.num_minibatches);
            for minibatch in order.chunks(size) {
                self.policy.prepare(&self.theta, &mut ready)?;
                let surrogate = self.surrogate(minibatch, left);
                // grad (L_coord + L_act), Eq. 8-9, and of the critic's loss
                let pass = self.experience().pass(&ready, &surrogate, minibatch)?;
                self.ascend(pass.gradient, pass.critic_gradient, left);
                let kl = pass.tally.kl / pass.tally.samples;
                tally.add(&pass.tally);
                value_loss += pass.value_loss;
                steps += 1.0;
                if self.config.target_kl > 0.0 && kl > self.config.target_kl {
                    break 'passes;
                }
            }
        }
        self.update += 1;
        Ok(self.metrics(left, multiplier, &tally, value_loss / steps))
    }

    /// The gradient of the surrogate at the present parameters on fresh experience, without moving them.
    ///
    /// # Errors
    /// As [`Mappo::update`].
    pub fn gradient(&mut self) -> Result<Vec<f64>, LearnError> {
        let mut ready = ReadyPolicy::default();
        self.policy.prepare(&self.theta, &mut ready)?;
        self.play(&ready)?;
        self.judge();
        let multiplier = self.constrain();
        self.combine(multiplier.unwrap_or(0.0));
        let order = self.samples();
        let surrogate = self.surrogate(&order, 1.0);
        Ok(self.experience().pass(&ready, &surrogate, &order)?.gradient)
    }

    fn experience(&self) -> Experience<'_> {
        let c = &self.config;
        Experience {
            estimator: c.estimator,
            value_clip: c.clip_vloss.then_some(c.clip_coef),
            policy: &self.policy,
            critic: &self.critic,
            rollouts: &self.rollouts,
            estimates: &self.estimates,
            pools: &self.pools,
        }
    }

    /// All blocks of samples: rollout and step.
    fn samples(&self) -> Vec<(u32, u32)> {
        let steps = self.config.num_steps as u32;
        let rollouts = 0..self.rollouts.len() as u32;
        rollouts.flat_map(|r| (0..steps).map(move |t| (r, t))).collect()
    }

    fn surrogate(&self, minibatch: &[(u32, u32)], left: f64) -> Surrogate {
        let c = &self.config;
        let sampled = c.estimator == Estimator::Sampled;
        let (shift, scale) = if c.norm_adv && sampled {
            let (mean, deviation) = pass::advantage_moments(&self.rollouts, &self.estimates, minibatch);
            (mean, 1.0 / (deviation + 1e-8))
        } else {
            (0.0, 1.0)
        };
        Surrogate {
            clip: c.clip_coef,
            entropy: left * c.ent_coef,
            actor_entropy: left * c.actor_ent_coef,
            conditioning: c.conditioning,
            shift,
            scale,
        }
    }

    fn ascend(&mut self, mut gradient: Vec<f64>, mut critic_gradient: Vec<f64>, left: f64) {
        let c = &self.config;
        clip_norm(&mut gradient, c.max_grad_norm);
        clip_norm(&mut critic_gradient, c.max_grad_norm);
        let mut moved = self.adam.ascend(&mut self.theta, &gradient, left * c.learning_rate);
        if let Critic::Network(critic) = &mut self.critic {
            moved &= critic.ascend(&critic_gradient, left * c.critic_learning_rate);
        }
        self.skipped += u64::from(!moved);
    }

    /// What annealing leaves of rates and coefficients.
    fn share_left(&self) -> f64 {
        if self.config.anneal_lr { 1.0 - self.update as f64 / self.config.updates().max(1) as f64 } else { 1.0 }
    }

    /// Environment steps so far.
    pub fn env_steps(&self) -> u64 {
        self.update * self.config.batch() as u64
    }

    /// Updates done.
    pub fn updates(&self) -> u64 {
        self.update
    }

    /// Whether all updates are done.
    pub fn is_done(&self) -> bool {
        self.update >= self.config.updates()
    }

    /// The settings.
    pub fn config(&self) -> &MappoConfig {
        &self.config
    }

    /// The policy's form.
    pub fn policy(&self) -> &JointPolicy {
        &self.policy
    }

    /// The policy's parameters.
    pub fn parameters(&self) -> &[f64] {
        &self.theta
    }

    /// Starts from given parameters, for a sweep; `false` if they are not as many.
    pub fn set_parameters(&mut self, theta: &[f64]) -> bool {
        let fits = theta.len() == self.theta.len();
        if fits {
            self.theta.copy_from_slice(theta);
        }
        fits
    }

    /// The controller of the multiplier, where there is a cost limit.
    pub fn lagrangian(&self) -> Option<&Lagrangian> {
        self.lagrangian.as_ref()
    }
}

/// Fisher-Yates.
fn shuffle(order: &mut [(u32, u32)], rng: &mut EnvRng) {
    for k in (1..order.len()).rev() {
        order.swap(k, rng.random_range(0..=k as u64) as usize);
    }
}

fn clip_norm(gradient: &mut [f64], max: f64) {
    let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
    if norm > max {
        gradient.iter_mut().for_each(|g| *g *= max / norm);
    }
}
