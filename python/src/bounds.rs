//! The bracket of each class of policies.

use crate::error::{bad, bound};
use crate::game::Game;
use crate::work::{self, Interrupt};
use ::bellwether::bound::certify::{DEFAULT_BITS, ExactStrategy, round_down};
use ::bellwether::bound::npa::{self, Level};
use ::bellwether::bound::{self as library, BoundError, Side, local, no_signalling, seesaw};
use ::bellwether::check::num::Rational;
use ::bellwether::game as games;
use ::bellwether::learn::default_dims;
use ::bellwether::strategy::PolicyClass;
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

/// A bound on the optimum of a game over one class, with its evidence.
#[pyclass(name = "Bound", frozen, get_all, module = "bellwether")]
pub struct OneSided {
    policy_class: &'static str,
    side: &'static str,
    value: f64,
    exact: Option<Rational>,
    evidence: &'static str,
    method: String,
    seconds: f64,
    text: String,
}

impl OneSided {
    fn new(b: &library::Bound) -> Self {
        OneSided {
            policy_class: b.class.symbol(),
            side: match b.side {
                Side::Lower => "lower",
                Side::Upper => "upper",
                Side::Equal => "equal",
            },
            value: b.value,
            exact: b.exact.clone(),
            evidence: b.evidence.name(),
            method: b.method.clone(),
            seconds: b.seconds,
            text: b.to_string(),
        }
    }
}

#[pymethods]
impl OneSided {
    fn __repr__(&self) -> String {
        format!("<Bound {}>", self.text)
    }
}

/// A lower and an upper bound, `lower <= upper` by construction.
#[pyclass(frozen, module = "bellwether")]
pub struct Bracket(library::Bracket);

#[pymethods]
impl Bracket {
    #[getter]
    fn lower(&self) -> OneSided {
        OneSided::new(self.0.lower())
    }

    #[getter]
    fn upper(&self) -> OneSided {
        OneSided::new(self.0.upper())
    }

    #[getter]
    fn gap(&self) -> f64 {
        self.0.gap()
    }

    /// Whether both sides are one proved number.
    #[getter]
    fn is_exact(&self) -> bool {
        self.0.is_exact()
    }

    fn __repr__(&self) -> String {
        format!("<Bracket {}>", self.0)
    }
}

/// What is asked for.
struct Question {
    classes: Vec<PolicyClass>,
    level: Option<Level>,
    dims: Option<Vec<usize>>,
    restarts: usize,
    limit: Option<Duration>,
}

/// The bracket of each class of `sr`, `q`, `ns`.
#[pyfunction]
#[pyo3(signature = (game, classes = vec!["sr".into(), "q".into(), "ns".into()], *, level = None, dims = None, restarts = 100, time_limit = None))]
pub fn bounds(
    py: Python<'_>,
    game: &Game,
    classes: Vec<String>,
    level: Option<&str>,
    dims: Option<Vec<usize>>,
    restarts: usize,
    time_limit: Option<f64>,
) -> PyResult<BTreeMap<String, Bracket>> {
    let parse = |name: &String| match name.parse::<PolicyClass>() {
        Ok(class @ (PolicyClass::SharedRandomness | PolicyClass::Quantum | PolicyClass::NonSignalling)) => Ok(class),
        _ => Err(bad(format!("classes: '{name}' given, wanted 'sr', 'q' or 'ns'"))),
    };
    let limit = match time_limit {
        Some(s) if !(s > 0.0 && s < 1e9) => {
            return Err(bad(format!("time_limit: {s} given, wanted a positive number of seconds")));
        }
        limit => limit.map(Duration::from_secs_f64),
    };
    let question = Question {
        classes: classes.iter().map(parse).collect::<PyResult<_>>()?,
        level: level.map(str::parse).transpose().map_err(bound)?,
        dims,
        restarts,
        limit,
    };
    let game = game.0.clone();
    let found = work::run(py, Interrupt::Leave, move || answer(&game, &question))?;
    let named = |(class, bracket): (PolicyClass, library::Bracket)| (class.symbol().to_lowercase(), Bracket(bracket));
    Ok(found.map_err(bound)?.into_iter().map(named).collect())
}

fn answer(game: &games::Game, question: &Question) -> Result<Vec<(PolicyClass, library::Bracket)>, BoundError> {
    use PolicyClass::{NonSignalling, Quantum, SharedRandomness};
    let wants = |class| question.classes.contains(&class);
    let mut found = Vec::new();
    let (mut floor, mut ceiling) = (None, None);
    if wants(SharedRandomness) || wants(Quantum) {
        let options = local::Options { time_limit: question.limit, ..local::Options::default() };
        let sr = local::maximum(game, &options)?;
        floor = Some(sr.lower.clone());
        found.push((SharedRandomness, sr.bracket()?));
    }
    if wants(NonSignalling) || wants(Quantum) {
        match no_signalling::maximum(game) {
            Ok(ns) => {
                ceiling = Some(ns.upper.clone());
                found.push((NonSignalling, ns.bracket()?));
            }
            // only a help for the quantum bracket unless it was asked for
            Err(_) if !wants(NonSignalling) => {}
            Err(error) => return Err(error),
        }
    }
    if wants(Quantum) {
        found.push((Quantum, quantum(game, question, floor, ceiling)?));
    }
    found.retain(|(class, _)| wants(*class));
    Ok(found)
}

/// The best exactly rounded strategy below, the least proved bound above; SR ⊂ Q ⊂ NS, so the neighbours count.
fn quantum(
    game: &games::Game,
    question: &Question,
    floor: Option<Rational>,
    ceiling: Option<Rational>,
) -> Result<library::Bracket, BoundError> {
    let class = PolicyClass::Quantum;
    let dims = match question.dims.as_deref() {
        Some([d]) => vec![*d; game.scenario().players()],
        Some(dims) => dims.to_vec(),
        None => default_dims(game.scenario()),
    };
    let mut options = seesaw::Options::new(dims);
    options.restarts = question.restarts;
    options.time_limit = question.limit;
    let found = seesaw::lower_bound(game, &options)?;
    let rounded = ExactStrategy::round(&found.strategy, DEFAULT_BITS);
    let (mut value, mut method) = match rounded {
        Ok(exact) => (round_down(&exact.value(game)), "see-saw, rounded exactly"),
        Err(error) => return Err(BoundError::Bracket(error.to_string())),
    };
    if let Some(floor) = floor.filter(|floor| value < *floor) {
        (value, method) = (floor, "classical optimum");
    }
    let lower = library::Bound::certified(class, Side::Lower, value, method, found.seconds);
    let options = npa::Options { time_limit: question.limit, ..npa::Options::default() };
    let found = match &question.level {
        Some(level) => npa::upper_bound(game, level, &options),
        None => match npa::upper_bound(game, &Level::one_ab(), &options) {
            Err(BoundError::TooLarge { .. }) => npa::upper_bound(game, &Level::words_up_to(1), &options),
            other => other,
        },
    };
    let mut upper = found?.bound();
    if let Some(ceiling) = ceiling.filter(|c| games::to_f64(c) < upper.value) {
        let method = "non-signalling optimum";
        upper = library::Bound::certified(class, Side::Upper, ceiling, method, upper.seconds);
    }
    library::Bracket::new(lower, upper)
}
