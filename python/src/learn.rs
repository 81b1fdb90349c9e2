//! Learning from black-box play, with a known game or a Python referee.

use crate::array::array;
use crate::error::bad;
use crate::game::Game;
use crate::referee::{PythonReferee, Raised};
use crate::strategy::Strategy;
use crate::work::{self, Interrupt};
use ::bellwether::check::num::Rational;
use ::bellwether::game::black_box::Recorder;
use ::bellwether::game::{self as games, Scenario, TableReferee};
use ::bellwether::learn::{Config, LearnError, Preset};
use ::bellwether::run::{Metric, Purpose, SeedRun, Watch, run_seed, subseed};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rayon::prelude::*;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The outcome of one seed.
#[pyclass(frozen, module = "bellwether")]
pub struct Run {
    #[pyo3(get)]
    seed: u64,
    /// The step at which the strategy was kept.
    #[pyo3(get)]
    step: usize,
    #[pyo3(get)]
    steps: usize,
    /// Updates skipped because their gradient was not finite.
    #[pyo3(get)]
    skipped: usize,
    #[pyo3(get)]
    plays: u64,
    #[pyo3(get)]
    seconds: f64,
    /// Value of the strategy in the game; numerical.
    #[pyo3(get)]
    value: f64,
    strategy: Arc<::bellwether::strategy::QuantumStrategy>,
    last: Arc<::bellwether::strategy::QuantumStrategy>,
    metrics: Vec<Metric>,
}

#[pymethods]
impl Run {
    /// The strategy kept: the best over the steps where the game is known, else the last.
    #[getter]
    fn strategy(&self) -> Strategy {
        Strategy(self.strategy.clone())
    }

    /// The strategy after the last update.
    #[getter]
    fn last(&self) -> Strategy {
        Strategy(self.last.clone())
    }

    /// The learning curve as arrays `step`, `plays`, `mean_payoff`, `win_probability`, `entropy`; NaN where not known.
    #[getter]
    fn metrics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let curve = PyDict::new(py);
        let n = [self.metrics.len()];
        let integers = |of: fn(&Metric) -> u64| self.metrics.iter().map(of).collect::<Vec<_>>();
        let reals = |of: fn(&Metric) -> Option<f64>| {
            let values = self.metrics.iter().map(|m| of(m).unwrap_or(f64::NAN));
            values.collect::<Vec<_>>()
        };
        curve.set_item("step", array(py, &n, integers(|m| m.step as u64))?)?;
        curve.set_item("plays", array(py, &n, integers(|m| m.plays))?)?;
        curve.set_item("mean_payoff", array(py, &n, reals(|m| m.mean_payoff))?)?;
        curve.set_item("win_probability", array(py, &n, reals(|m| m.win_probability))?)?;
        curve.set_item("entropy", array(py, &n, reals(|m| Some(m.entropy)))?)?;
        Ok(curve)
    }

    fn __repr__(&self) -> String {
        format!("<Run seed {}: value {} after {} plays>", self.seed, self.value, self.plays)
    }
}

/// All seeds, and the game they played as far as it is known.
#[pyclass(frozen, module = "bellwether")]
pub struct Learned {
    #[pyo3(get)]
    runs: Vec<Py<Run>>,
    game: Arc<games::Game>,
    /// What claims about the game rest on: `"exact"`, or what was seen of a referee.
    #[pyo3(get)]
    evidence: String,
    best: usize,
}

#[pymethods]
impl Learned {
    /// The game; of a referee, as written down from the plays.
    #[getter]
    fn game(&self) -> Game {
        Game(self.game.clone())
    }

    /// The run whose strategy has the largest value; the first of equals.
    #[getter]
    fn best(&self, py: Python<'_>) -> Py<Run> {
        self.runs[self.best].clone_ref(py)
    }

    fn __repr__(&self) -> String {
        format!("<Learned {}: {} runs, {}>", self.game.name(), self.runs.len(), self.evidence)
    }
}

/// Settings by name; what is absent is the preset's.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Settings {
    preset: String,
    #[pyo3(default)]
    steps: Option<usize>,
    #[pyo3(default)]
    batch: Option<usize>,
    #[pyo3(default)]
    learning_rate: Option<f64>,
    #[pyo3(default)]
    entropy: Option<f64>,
    #[pyo3(default)]
    dims: Option<Vec<usize>>,
    #[pyo3(default)]
    hidden: Option<Vec<usize>>,
    #[pyo3(default)]
    init_scale: Option<f64>,
    #[pyo3(default)]
    conditioning: Option<f64>,
}

impl Settings {
    fn config(self, scenario: &Scenario) -> PyResult<Config> {
        let preset = match self.preset.as_str() {
            "paper" => Preset::Paper,
            "best" => Preset::Best,
            other => {
                return Err(bad(format!("preset: '{other}' given, wanted 'paper' or 'best'")));
            }
        };
        let mut config = Config::new(preset, scenario);
        config.steps = self.steps.unwrap_or(config.steps);
        config.batch = self.batch.unwrap_or(config.batch);
        config.learning_rate = self.learning_rate.unwrap_or(config.learning_rate);
        config.entropy = self.entropy.unwrap_or(config.entropy);
        config.init_scale = self.init_scale.unwrap_or(config.init_scale);
        config.conditioning = self.conditioning.unwrap_or(config.conditioning);
        config.hidden = self.hidden.unwrap_or(config.hidden);
        config.dims = match self.dims.as_deref() {
            Some([d]) => vec![*d; scenario.players()],
            Some(dims) => dims.to_vec(),
            None => config.dims,
        };
        config.check().map_err(bad)?;
        Ok(config)
    }
}

/// What the worker brings back.
struct Outcome {
    runs: Vec<SeedRun>,
    game: Arc<games::Game>,
    evidence: String,
}

/// Learns on a [`Game`], or on an object with `questions`, `answers`, `ask`, `judge` and `distribution`.
#[pyfunction]
pub fn learn(py: Python<'_>, game: &Bound<'_, PyAny>, seeds: Vec<u64>, settings: Settings) -> PyResult<Learned> {
    if seeds.is_empty() || seeds.len() > 100_000 {
        return Err(bad(format!("seeds: {} given, wanted 1 to 100000", seeds.len())));
    }
    let watch = Arc::new(Watch::default());
    let stop = || watch.interrupted.store(true, Ordering::Relaxed);
    let (shared, raised) = (watch.clone(), Raised::default());
    let outcome = if let Ok(game) = game.cast::<Game>() {
        let game = game.get().0.clone();
        let config = settings.config(game.scenario())?;
        work::run(py, Interrupt::Stop(&stop), move || known(game, &config, &seeds, &shared))?
    } else {
        let questions = game.getattr("questions")?.extract()?;
        let answers = game.getattr("answers")?.extract()?;
        let scenario = Scenario::new(questions, answers).map_err(bad)?;
        let declared: Option<Vec<Rational>> = game.getattr("distribution")?.extract()?;
        let declared = declared.map(|weights| distribution(&scenario, weights)).transpose()?;
        let config = settings.config(&scenario)?;
        let referee = PythonReferee::new(game.clone().unbind(), scenario, raised.clone());
        work::run(py, Interrupt::Stop(&stop), move || {
            black_box(referee, &config, &seeds, declared.as_deref(), &shared)
        })?
    };
    let outcome = outcome.map_err(|error| {
        // the referee's own exception, if that is what stopped the work
        let original = raised.lock().ok().and_then(|mut raised| raised.take());
        original.unwrap_or_else(|| bad(error))
    })?;
    report(py, outcome)
}

fn known(game: Arc<games::Game>, config: &Config, seeds: &[u64], watch: &Watch) -> Result<Outcome, LearnError> {
    let train = |&seed: &u64| {
        let mut referee = TableReferee::new(&game, subseed(seed, Purpose::Referee))?;
        run_seed(&mut referee, config, seed, Some(&game), watch)
    };
    let runs: Result<Vec<SeedRun>, LearnError> = seeds.par_iter().map(train).collect();
    Ok(Outcome { runs: runs?, game, evidence: "exact".into() })
}

fn black_box(
    mut referee: PythonReferee,
    config: &Config,
    seeds: &[u64],
    declared: Option<&[(usize, Rational)]>,
    watch: &Watch,
) -> Result<Outcome, LearnError> {
    let mut recorder = Recorder::new(&mut referee);
    let mut runs = Vec::new();
    for &seed in seeds {
        runs.push(run_seed(&mut recorder, config, seed, None, watch)?);
    }
    let probed = recorder.complete("probed", declared)?;
    Ok(Outcome { runs, evidence: probed.evidence(), game: Arc::new(probed.game) })
}

/// Declared question weights, one per joint question, as the pairs with weight.
fn distribution(scenario: &Scenario, weights: Vec<Rational>) -> PyResult<Vec<(usize, Rational)>> {
    if weights.len() != scenario.joint_questions() {
        return Err(bad(format!(
            "distribution: {} weights given, wanted {}",
            weights.len(),
            scenario.joint_questions()
        )));
    }
    let zero = Rational::from_integer(0.into());
    if weights.iter().any(|w| *w < zero) || weights.iter().sum::<Rational>() != Rational::from_integer(1.into()) {
        return Err(bad("distribution: wanted weights of at least 0 with sum exactly 1 (use fractions.Fraction)"));
    }
    Ok(weights.into_iter().enumerate().filter(|(_, w)| *w > zero).collect())
}

fn report(py: Python<'_>, outcome: Outcome) -> PyResult<Learned> {
    let mut runs: Vec<Py<Run>> = Vec::new();
    let (mut best, mut most) = (0, f64::NEG_INFINITY);
    for (k, run) in outcome.runs.into_iter().enumerate() {
        let p = run.strategy.behaviour().map_err(bad)?;
        let value = outcome.game.value(&p).map_err(bad)?;
        if value > most {
            (best, most) = (k, value);
        }
        let run = Run {
            seed: run.seed,
            step: run.step,
            steps: run.steps,
            skipped: run.skipped,
            plays: run.plays,
            seconds: run.seconds,
            value,
            strategy: Arc::new(run.strategy),
            last: Arc::new(run.last),
            metrics: run.metrics,
        };
        runs.push(Py::new(py, run)?);
    }
    Ok(Learned { runs, game: outcome.game, evidence: outcome.evidence, best })
}
