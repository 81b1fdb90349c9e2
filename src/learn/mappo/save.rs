//! A run as words, for checkpoints that continue bit for bit.

use super::Mappo;
use crate::env::{stream_from_words, stream_words};
use crate::learn::LearnError;
use crate::learn::rollout::Carried;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All that changes in a run, by name; floating-point numbers as their bits.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Saved(pub BTreeMap<String, Vec<u64>>);

impl Saved {
    /// The policy's parameters alone.
    pub fn parameters(&self) -> Vec<f64> {
        let words = self.0.get("parameters").map_or(&[][..], |w| w);
        words.iter().map(|w| f64::from_bits(*w)).collect()
    }
}

impl Mappo {
    /// The state between two updates.
    ///
    /// # Errors
    /// [`LearnError::Env`] if the environment cannot be saved.
    pub fn save(&self) -> Result<Saved, LearnError> {
        let mut all = BTreeMap::new();
        let mut put = |name: &str, words: Vec<u64>| all.insert(name.to_owned(), words);
        put("counters", vec![self.update, self.skipped]);
        put("parameters", self.theta.iter().map(|t| t.to_bits()).collect());
        put("adam", self.adam.words());
        put("critic", self.critic.words());
        put("shuffle", stream_words(&self.shuffle)?.to_vec());
        if let Some(lagrangian) = &self.lagrangian {
            put("lagrangian", lagrangian.words());
        }
        if self.update > 0 {
            for (e, words) in self.envs.save()?.into_iter().enumerate() {
                put(&format!("environment {e}"), words);
            }
            for (b, rollout) in self.rollouts.iter().enumerate() {
                let c = rollout.carried();
                put(&format!("stream {b}"), stream_words(&c.stream)?.to_vec());
                let bits = |x: &[f64]| x.iter().map(|x| x.to_bits()).collect();
                put(&format!("observations {b}"), bits(&c.observations));
                let running: Vec<f64> = c.running.iter().flat_map(|(r, c)| [*r, *c]).collect();
                put(&format!("running {b}"), bits(&running));
                let state = c.state.iter().map(|x| u64::from(x.to_bits()));
                put(&format!("state {b}"), state.collect());
            }
        }
        Ok(Saved(all))
    }

    /// The policy's parameters alone, where the environment cannot be saved; [`Mappo::load`] refuses it.
    pub fn save_policy(&self) -> Saved {
        let words = self.theta.iter().map(|t| t.to_bits()).collect();
        Saved(BTreeMap::from([("parameters".to_owned(), words)]))
    }

    /// Continues where [`Mappo::save`] was, in a fresh run of the same settings.
    ///
    /// # Errors
    /// [`LearnError::Saved`] naming the first part that is missing or does not fit.
    pub fn load(&mut self, saved: &Saved) -> Result<(), LearnError> {
        let wrong = |name: &str| LearnError::Saved(name.to_owned());
        let get = |name: &str| saved.0.get(name).ok_or_else(|| wrong(name));
        if !saved.0.contains_key("counters") {
            return Err(LearnError::PolicyOnly);
        }
        let [update, skipped] = get("counters")?[..] else {
            return Err(wrong("counters"));
        };
        let gradients = (self.config.update_epochs as u64)
            .saturating_mul(self.config.num_minibatches as u64)
            .saturating_mul(update);
        if update > self.config.updates() || skipped > gradients {
            return Err(wrong("counters"));
        }
        let theta = saved.parameters();
        if !self.set_parameters(&theta) {
            return Err(wrong("parameters"));
        }
        let stream = |name: &str| -> Result<_, LearnError> {
            // no generator is in the state of zeros only
            match <[u64; 4]>::try_from(&get(name)?[..]) {
                Ok(words) if words != [0; 4] => Ok(stream_from_words(words)),
                _ => Err(wrong(name)),
            }
        };
        self.shuffle = stream("shuffle")?;
        if !self.adam.restore(get("adam")?) {
            return Err(wrong("adam"));
        }
        if !self.critic.restore(get("critic")?) {
            return Err(wrong("critic"));
        }
        if let Some(lagrangian) = &mut self.lagrangian
            && !lagrangian.restore(get("lagrangian")?)
        {
            return Err(wrong("lagrangian"));
        }
        if update > 0 {
            let count = self.envs.len();
            let envs = (0..count).map(|e| get(&format!("environment {e}")).cloned());
            let envs: Vec<_> = envs.collect::<Result<_, _>>()?;
            self.envs.load(&envs)?;
            for (b, rollout) in self.rollouts.iter_mut().enumerate() {
                let numbers = |name: &str| -> Result<Vec<f64>, LearnError> {
                    let words = get(&format!("{name} {b}"))?;
                    Ok(words.iter().map(|w| f64::from_bits(*w)).collect())
                };
                let state = get(&format!("state {b}"))?.iter().map(|w| u32::try_from(*w));
                let state: Result<Vec<u32>, _> = state.collect();
                let state = state.map_err(|_| wrong(&format!("state {b}")))?;
                let running = numbers("running")?;
                if !running.len().is_multiple_of(2) {
                    return Err(wrong(&format!("running {b}")));
                }
                let carried = Carried {
                    observations: numbers("observations")?,
                    running: running.chunks_exact(2).map(|p| (p[0], p[1])).collect(),
                    stream: stream(&format!("stream {b}"))?,
                    state: state.into_iter().map(f32::from_bits).collect(),
                };
                if !rollout.carry(carried) {
                    return Err(wrong(&format!("environments of block {b}")));
                }
            }
        }
        self.update = update;
        self.skipped = skipped;
        Ok(())
    }
}
