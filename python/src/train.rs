//! Training and evaluating policies on named and on Python environments.

use crate::array::{RealLike, array, entries};
use crate::environment::PythonEnvironment;
use crate::error::bad;
use crate::referee::Raised;
use crate::work::{self, Interrupt};
use ::bellwether::cli;
use ::bellwether::env::Environment;
use ::bellwether::learn::{LANES, Mappo, MappoConfig, ReadyPolicy, UpdateMetrics};
use ::bellwether::run::{
    Checkpoint, RunFolder, Settings, TrainObserver, begin, resolved, sampled, train as train_into,
};
use numpy::PyArrayDyn;
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// A trained policy and its learning curve.
#[pyclass(frozen, module = "bellwether._bellwether", name = "TrainedPolicy")]
pub struct Trained {
    #[pyo3(get)]
    env: String,
    #[pyo3(get)]
    parameters: Vec<f64>,
    #[pyo3(get)]
    config: String,
    /// Lines of `metrics.jsonl`.
    #[pyo3(get)]
    metrics: Vec<String>,
    #[pyo3(get)]
    updates: u64,
    #[pyo3(get)]
    env_steps: u64,
    #[pyo3(get)]
    seconds: f64,
    #[pyo3(get)]
    out: Option<String>,
    /// Numbers in all observations together.
    #[pyo3(get)]
    observations: usize,
    /// Actions per agent.
    #[pyo3(get)]
    actions: Vec<usize>,
    policy: ::bellwether::learn::JointPolicy,
}

#[pymethods]
impl Trained {
    /// `pi(a|o)`, `[n, joint actions]`, of observations `[n, numbers]`.
    fn probabilities<'py>(
        &self,
        py: Python<'py>,
        observations: RealLike<'py>,
    ) -> PyResult<Bound<'py, PyArrayDyn<f64>>> {
        let (shape, data) = entries(&observations);
        let &[n, width] = &shape[..] else {
            return Err(bad(format!("observations have shape {shape:?}, wanted [n, numbers]")));
        };
        if width != self.observations || data.iter().any(|x| !x.is_finite()) {
            return Err(bad(format!(
                "observations have shape {shape:?}, wanted [n, {}] of finite numbers",
                self.observations
            )));
        }
        let p = work::short(py, || self.of(n, &data))?.map_err(bad)?;
        array(py, &[n, self.policy.joint_actions()], p)
    }
}

impl Trained {
    fn of(&self, n: usize, data: &[f64]) -> Result<Vec<f64>, ::bellwether::learn::LearnError> {
        let mut ready = ReadyPolicy::default();
        self.policy.prepare(&self.parameters, &mut ready)?;
        let mut work = self.policy.work()?;
        let (width, joint) = (self.observations, self.policy.joint_actions());
        let mut columns = vec![[0.0; LANES]; joint];
        let mut p = vec![0.0; n * joint];
        let mut rows = vec![0.0_f32; width * LANES];
        for first in (0..n).step_by(LANES) {
            rows.fill(0.0);
            let lanes = LANES.min(n - first);
            for l in 0..lanes {
                for f in 0..width {
                    rows[f * LANES + l] = data[(first + l) * width + f] as f32;
                }
            }
            self.policy.probabilities(&ready, &rows, &mut work, &mut columns)?;
            for l in 0..lanes {
                for (a, column) in columns.iter().enumerate() {
                    p[(first + l) * joint + a] = column[l];
                }
            }
        }
        Ok(p)
    }
}

/// An environment by name, or a Python object.
enum Source {
    Named(String),
    Object(PythonEnvironment),
}

impl Source {
    fn of(env: &Bound<'_, PyAny>, raised: &Raised, stop: &Arc<AtomicBool>) -> PyResult<Self> {
        if let Ok(name) = env.extract::<String>() {
            return Ok(Source::Named(name));
        }
        let object = PythonEnvironment::new(env, raised.clone(), Arc::clone(stop))?;
        Ok(Source::Object(object))
    }

    fn name(&self) -> String {
        match self {
            Source::Named(name) => name.clone(),
            Source::Object(object) => format!("python:{}", object.spec().name),
        }
    }

    fn mappo(&self, config: MappoConfig) -> Result<Mappo, String> {
        let made = match self {
            Source::Named(name) => Mappo::new(&*cli::environment(name)?, config),
            Source::Object(object) => Mappo::new(object, config),
        };
        made.map_err(|e| e.to_string())
    }
}

#[derive(Default)]
struct Curve(Vec<UpdateMetrics>);

impl TrainObserver for Curve {
    fn observe(&mut self, metrics: &UpdateMetrics) {
        self.0.push(metrics.clone());
    }
}

/// What stopped the work: the environment's own exception, if that is what it was.
fn original(raised: &Raised, error: String) -> PyErr {
    let kept = raised.lock().ok().and_then(|mut raised| raised.take());
    kept.unwrap_or_else(|| bad(error))
}

fn start_from(mappo: &mut Mappo, parameters: &[f64]) -> Result<(), String> {
    let wanted = mappo.parameters().len();
    if mappo.set_parameters(parameters) {
        return Ok(());
    }
    Err(format!(
        "{} parameters given, wanted {wanted}: the policy is not for these agents and settings",
        parameters.len()
    ))
}

/// Trains on a name or a `ParallelEnvironment`; settings are texts `key=value`.
#[pyfunction]
pub fn train(
    py: Python<'_>,
    env: &Bound<'_, PyAny>,
    settings: Vec<String>,
    out: Option<PathBuf>,
    start: Option<Vec<f64>>,
    every: u64,
) -> PyResult<Trained> {
    let (raised, flag) = (Raised::default(), Arc::new(AtomicBool::new(false)));
    let source = Source::of(env, &raised, &flag)?;
    let name = source.name();
    let mut given = Settings::default();
    for text in &settings {
        given.set(text).map_err(bad)?;
    }
    given.put("env", &name);
    let (_, config) = given.resolve().map_err(bad)?;
    let stop = || flag.store(true, Ordering::Relaxed);
    let stopped = Arc::clone(&flag);
    let shown = out.as_ref().map(|path| path.display().to_string());
    let outcome = work::run(py, Interrupt::Stop(&stop), move || {
        let begun = Instant::now();
        // everything that can be refused is refused before a folder is made
        let mut mappo = source.mappo(config)?;
        if let Some(parameters) = &start {
            start_from(&mut mappo, parameters)?;
        }
        let mut curve = Curve::default();
        match &out {
            Some(path) => {
                let folder = RunFolder::at(path).map_err(|e| e.to_string())?;
                begin(&folder, &name, mappo.config()).map_err(|e| e.to_string())?;
                train_into(&name, &mut mappo, path, every, &stopped, &mut curve).map_err(|e| e.to_string())?;
            }
            None => {
                while !mappo.is_done() && !stopped.load(Ordering::Relaxed) {
                    let metrics = mappo.update().map_err(|e| e.to_string())?;
                    curve.observe(&metrics);
                }
            }
        }
        let lines: Result<Vec<String>, _> = curve.0.iter().map(serde_json::to_string).collect();
        let actors = mappo.policy().actors();
        let observations = mappo.policy().width();
        Ok::<_, String>(Trained {
            config: resolved(&name, mappo.config()).map_err(|e| e.to_string())?,
            env: name,
            parameters: mappo.parameters().to_vec(),
            metrics: lines.map_err(|e| e.to_string())?,
            updates: mappo.updates(),
            env_steps: mappo.env_steps(),
            seconds: begun.elapsed().as_secs_f64(),
            out: shown,
            observations,
            actions: actors.iter().map(|a| a.actions()).collect(),
            policy: mappo.policy().clone(),
        })
    })?;
    outcome.map_err(|error| original(&raised, error))
}

/// Settings and parameters of the checkpoint in a run folder.
#[pyfunction]
pub fn read_checkpoint(folder: PathBuf) -> PyResult<(String, Vec<f64>)> {
    let checkpoint = Checkpoint::read(&folder.join("checkpoint")).map_err(bad)?;
    let parameters = checkpoint.state.parameters();
    Ok((checkpoint.config, parameters))
}

/// What a policy is worth, as JSON.
#[pyfunction]
pub fn evaluate(
    py: Python<'_>,
    env: &Bound<'_, PyAny>,
    config: String,
    parameters: Vec<f64>,
    seed: Option<u64>,
) -> PyResult<String> {
    let (raised, flag) = (Raised::default(), Arc::new(AtomicBool::new(false)));
    let source = Source::of(env, &raised, &flag)?;
    let settings = Settings::parse("the policy's settings", &config).map_err(bad)?;
    let (_, mut config) = settings.resolve().map_err(bad)?;
    config.seed = seed.unwrap_or(config.seed);
    let stop = || flag.store(true, Ordering::Relaxed);
    let outcome = work::run(py, Interrupt::Stop(&stop), move || {
        let mut mappo = source.mappo(config)?;
        start_from(&mut mappo, &parameters)?;
        match source {
            Source::Named(name) => cli::evaluation(&name, &mut mappo),
            Source::Object(_) => sampled(&mut mappo)
                .map_err(|e| e.to_string())
                .and_then(|s| serde_json::to_string(&s).map_err(|e| e.to_string())),
        }
    })?;
    outcome.map_err(|error| original(&raised, error))
}
