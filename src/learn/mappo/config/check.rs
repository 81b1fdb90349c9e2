//! Which settings can be used.

use super::{Estimator, MappoConfig};
use crate::env::EnvSpec;
use crate::learn::{CriticKind, LearnError};

/// Most environments, and most samples of one update.
const MAX_BATCH: usize = 1 << 26;

/// Most bytes of experience of one update.
const MAX_EXPERIENCE: usize = 1 << 30;

impl MappoConfig {
    /// Fails on settings that cannot be used, naming the first.
    ///
    /// # Errors
    /// [`LearnError::Config`].
    pub fn check(&self) -> Result<(), LearnError> {
        let bad = |name: &str, given: String, wanted: &str| {
            Err(LearnError::Config(format!("{name}: {given} given, wanted {wanted}")))
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
            return bad("num_envs times num_steps", self.batch().to_string(), "at most 67108864");
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
        for (name, v) in [("pid_kp", self.pid_kp), ("pid_ki", self.pid_ki), ("pid_kd", self.pid_kd)] {
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
        for (name, widths) in
            [("hidden", &self.hidden), ("actor_hidden", &self.actor_hidden), ("critic_hidden", &self.critic_hidden)]
        {
            if widths.len() > 8 || widths.iter().any(|w| !(1..=4096).contains(w)) {
                return bad(name, format!("{widths:?}"), "at most 8 widths of 1 to 4096");
            }
        }
        if self.estimator == Estimator::AllActions && self.critic != CriticKind::Quadratic {
            return bad("estimator", "all-actions with critic = \"network\"".into(), "critic = \"quadratic\" for it");
        }
        Ok(())
    }

    /// Fails where the experience of one update would not fit into a gigabyte.
    pub(in crate::learn::mappo) fn check_memory(&self, spec: &EnvSpec) -> Result<(), LearnError> {
        // observations and states in single precision, about eight words of record, five per agent
        let numbers = spec.observations() + spec.critic_state;
        let sample = numbers.saturating_mul(4).saturating_add(64 + 40 * spec.agents.len());
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
}
