//! A Python object as an environment.

use crate::referee::Raised;
use ::bellwether::env::{
    AgentSpec, CriticState, End, EnvError, EnvRng, EnvSpec, Environment, Outcome, check_observations, check_step,
};
use pyo3::prelude::*;
use rand_xoshiro::rand_core::Rng;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Observations of all agents, the critic's state, reward, cost, and how the step left the episode.
type Stepped = (Vec<f64>, Vec<f64>, f64, f64, u8);

/// Plays through `reset`, `step` and `fork` of a `bellwether.parallel.ParallelEnvironment`.
pub struct PythonEnvironment {
    object: Py<PyAny>,
    spec: EnvSpec,
    critic: Vec<f64>,
    running: bool,
    raised: Raised,
    stop: Arc<AtomicBool>,
}

impl PythonEnvironment {
    pub fn new(object: &Bound<'_, PyAny>, raised: Raised, stop: Arc<AtomicBool>) -> PyResult<Self> {
        let agents: Vec<(String, usize, usize)> = object.getattr("agents")?.extract()?;
        let agent = |(name, observation, actions)| AgentSpec { name, observation, actions };
        let spec = EnvSpec {
            name: object.getattr("name")?.extract()?,
            agents: agents.into_iter().map(agent).collect(),
            critic_state: object.getattr("critic_state")?.extract()?,
            has_cost: object.getattr("has_cost")?.extract()?,
            horizon: None,
        };
        Ok(PythonEnvironment {
            object: object.clone().unbind(),
            critic: vec![0.0; spec.critic_state],
            spec,
            running: false,
            raised,
            stop,
        })
    }

    /// Calls into Python; the first exception is kept and becomes an error here.
    fn call<T>(&self, f: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<T>) -> Result<T, EnvError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(self.wrong("interrupted"));
        }
        Python::attach(|py| {
            f(self.object.bind(py)).map_err(|error| {
                let why = error.to_string();
                if let Ok(mut raised) = self.raised.lock() {
                    raised.get_or_insert(error);
                }
                self.wrong(why)
            })
        })
    }

    fn wrong(&self, why: impl Into<String>) -> EnvError {
        EnvError::Process { command: self.spec.name.clone(), why: why.into() }
    }

    fn take(&mut self, seen: &[f64], critic: &[f64], out: &mut [f64]) -> Result<(), EnvError> {
        for (what, given, wanted) in [("observations", seen, out.len()), ("critic's state", critic, self.critic.len())]
        {
            if given.len() != wanted {
                return Err(EnvError::Shape {
                    what: format!("{what} of '{}'", self.spec.name),
                    given: given.len(),
                    wanted,
                });
            }
            if let Some((i, x)) = given.iter().enumerate().find(|(_, x)| !x.is_finite()) {
                return Err(EnvError::NotFinite {
                    what: format!("number {i} of the {what} of '{}'", self.spec.name),
                    value: *x,
                });
            }
        }
        out.copy_from_slice(seen);
        self.critic.copy_from_slice(critic);
        Ok(())
    }
}

impl Environment for PythonEnvironment {
    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn reset(&mut self, rng: &mut EnvRng, observations: &mut [f64]) -> Result<(), EnvError> {
        check_observations(&self.spec, observations)?;
        // 31 bits: some environments take no larger seeds
        let seed = rng.next_u64() >> 33;
        let (seen, critic): (Vec<f64>, Vec<f64>) =
            self.call(|object| object.call_method1("reset", (seed,))?.extract())?;
        self.take(&seen, &critic, observations)?;
        self.running = true;
        Ok(())
    }

    fn step(&mut self, actions: &[u32], _: &mut EnvRng, observations: &mut [f64]) -> Result<Outcome, EnvError> {
        check_step(&self.spec, self.running, actions, observations)?;
        let (seen, critic, reward, cost, end): Stepped =
            self.call(|object| object.call_method1("step", (actions.to_vec(),))?.extract())?;
        self.take(&seen, &critic, observations)?;
        let end = match end {
            0 => End::Running,
            1 => End::Terminated,
            _ => End::Truncated,
        };
        self.running = end == End::Running;
        Ok(Outcome { reward, cost, end })
    }

    fn critic_state(&self, state: &mut CriticState) {
        state.as_mut_slice().copy_from_slice(&self.critic);
    }

    fn fork(&self) -> Result<Box<dyn Environment>, EnvError> {
        let copy = self.call(|object| {
            let copy = object.call_method0("fork")?;
            PythonEnvironment::new(&copy, self.raised.clone(), Arc::clone(&self.stop))
        })?;
        if copy.spec != self.spec {
            return Err(self.wrong("a second copy has another shape"));
        }
        Ok(Box::new(copy))
    }

    fn save(&self) -> Result<Vec<u64>, EnvError> {
        Err(EnvError::Unsupported(format!("'{}' cannot be saved: it is a Python object", self.spec.name)))
    }

    fn load(&mut self, _: &[u64]) -> Result<(), EnvError> {
        self.save().map(|_| ())
    }
}
