//! Games, the catalogue and behaviour files.

use crate::array::{RealLike, array, entries};
use crate::error::bad;
use ::bellwether::check::num::Rational;
use ::bellwether::game::file::{
    behaviour_to_json, behaviour_to_npz, game_to_json, identity, is_npz, parse_game, write_atomic,
};
use ::bellwether::game::{self as games_of, Behaviour, Kind, Scenario, catalog};
use numpy::PyArrayDyn;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::path::PathBuf;
use std::sync::Arc;

/// A nonlocal game or Bell functional with exact rational weights.
#[pyclass(frozen, module = "bellwether")]
pub struct Game(pub Arc<games_of::Game>);

impl Game {
    pub fn of(game: games_of::Game) -> Self {
        Game(Arc::new(game))
    }

    fn shape(&self) -> Vec<usize> {
        shape(self.0.scenario())
    }
}

/// Shape of a table over a scenario: questions, then answers.
pub fn shape(scenario: &Scenario) -> Vec<usize> {
    [scenario.questions(), scenario.answers()].concat()
}

#[pymethods]
impl Game {
    /// A game of the catalogue by name, such as `"chsh"` or `"chained:4"`.
    #[new]
    fn new(name: &str) -> PyResult<Self> {
        Ok(Game::of(catalog::lookup(name).map_err(bad)?.game))
    }

    /// A game from a game file.
    #[staticmethod]
    fn read(path: PathBuf) -> PyResult<Self> {
        Ok(Game::of(games_of::file::read_game(&path).map_err(bad)?))
    }

    /// A game from the text of a game file.
    #[staticmethod]
    fn from_json(text: &str) -> PyResult<Self> {
        Ok(Game::of(parse_game(text.as_bytes()).map_err(bad)?))
    }

    #[staticmethod]
    fn _win_lose(
        name: &str,
        questions: Vec<usize>,
        answers: Vec<usize>,
        mu: Vec<Rational>,
        win: Vec<bool>,
    ) -> PyResult<Self> {
        let s = Scenario::new(questions, answers).map_err(bad)?;
        if mu.len() != s.joint_questions() || win.len() != s.cells() {
            return Err(bad("mu and win do not fit the scenario"));
        }
        let (mu_of, k) = (s.clone(), s.joint_answers());
        let game = games_of::Game::win_lose(
            name,
            s.clone(),
            |x| mu[mu_of.question_index(x)].clone(),
            |x, a| win[s.question_index(x) * k + s.answer_index(a)],
        );
        Ok(Game::of(game.map_err(bad)?))
    }

    #[staticmethod]
    fn _functional(
        name: &str,
        questions: Vec<usize>,
        answers: Vec<usize>,
        coefficients: Vec<Rational>,
    ) -> PyResult<Self> {
        let s = Scenario::new(questions, answers).map_err(bad)?;
        if coefficients.len() != s.cells() {
            return Err(bad("the coefficients do not fit the scenario"));
        }
        let k = s.joint_answers();
        let game = games_of::Game::functional(name, s.clone(), |x, a| {
            coefficients[s.question_index(x) * k + s.answer_index(a)].clone()
        });
        Ok(Game::of(game.map_err(bad)?))
    }

    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    /// `"game"` (win or lose) or `"functional"` (any real payoff).
    #[getter]
    fn kind(&self) -> &'static str {
        match self.0.kind() {
            Kind::WinLose => "game",
            Kind::Functional => "functional",
        }
    }

    #[getter]
    fn questions(&self) -> Vec<usize> {
        self.0.scenario().questions().to_vec()
    }

    #[getter]
    fn answers(&self) -> Vec<usize> {
        self.0.scenario().answers().to_vec()
    }

    /// SHA-256 of the canonical table, by which certificates name the game.
    #[getter]
    fn identity(&self) -> PyResult<String> {
        identity(&self.0).map_err(bad)
    }

    /// The weights with which joint questions are asked, exact, as `((x_1, .., x_n), weight)`.
    #[getter]
    fn mu(&self) -> Vec<(Vec<usize>, Rational)> {
        let s = self.0.scenario();
        let row = |(x, weight): &(usize, Rational)| (s.question(*x), weight.clone());
        self.0.mu().iter().map(row).collect()
    }

    /// The coefficients `c(x,a)` as floats, `[x_1]..[x_n][a_1]..[a_n]`.
    fn weights<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArrayDyn<f64>>> {
        array(py, &self.shape(), self.0.weights())
    }

    /// The value of a behaviour, `sum_{x,a} c(x,a) p(a|x)`; numerical.
    fn value(&self, behaviour: RealLike<'_>) -> PyResult<f64> {
        let p = behaviour_of(&behaviour)?;
        self.0.value(&p).map_err(bad)
    }

    /// The text of a game file.
    fn to_json(&self) -> String {
        game_to_json(&self.0, true)
    }

    /// Writes a game file, whole or not at all.
    fn write(&self, path: PathBuf) -> PyResult<()> {
        write_atomic(&path, game_to_json(&self.0, true).as_bytes()).map_err(bad)
    }

    fn __repr__(&self) -> String {
        format!("<Game {}: {}>", self.0.name(), self.0.scenario())
    }

    fn __eq__(&self, other: &Game) -> bool {
        self.0 == other.0
    }

    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<(Py<PyAny>, (String,))> {
        let build = slf.get_type().getattr("from_json")?;
        Ok((build.unbind(), (slf.get().to_json(),)))
    }
}

/// The behaviour of an array `[x_1]..[x_n][a_1]..[a_n]`.
pub fn behaviour_of(p: &RealLike<'_>) -> PyResult<Behaviour> {
    let (shape, data) = entries(p);
    if shape.is_empty() || shape.len() % 2 != 0 {
        return Err(bad(format!("behaviour has shape {shape:?}, wanted one question and one answer axis per player")));
    }
    let (questions, answers) = shape.split_at(shape.len() / 2);
    let scenario = Scenario::new(questions.to_vec(), answers.to_vec()).map_err(bad)?;
    Behaviour::new(scenario, data).map_err(bad)
}

/// The catalogue: a list of dicts with exact values as fractions.
#[pyfunction]
pub fn games(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let lines = PyList::empty(py);
    for listing in catalog::list() {
        let (game, r) = (listing.entry.game, listing.entry.reference);
        let line = PyDict::new(py);
        line.set_item("name", listing.name)?;
        line.set_item("usage", listing.usage)?;
        line.set_item("questions", game.scenario().questions())?;
        line.set_item("answers", game.scenario().answers())?;
        line.set_item("sr", r.classical)?;
        line.set_item("q_lower", r.quantum_lower)?;
        line.set_item("q_upper", r.quantum_upper)?;
        line.set_item("ns", r.non_signalling)?;
        line.set_item("summary", r.summary)?;
        line.set_item("reference", r.source)?;
        lines.append(line)?;
    }
    Ok(lines)
}

/// A behaviour from a file (JSON, or npz with `p` or `p_abxy`), as `[x_1]..[x_n][a_1]..[a_n]`.
#[pyfunction]
pub fn read_behaviour(py: Python<'_>, path: PathBuf) -> PyResult<Bound<'_, PyArrayDyn<f64>>> {
    let p = games_of::file::read_behaviour(&path).map_err(bad)?;
    array(py, &shape(p.scenario()), p.as_slice().to_vec())
}

/// Writes a behaviour as npz or, for any other ending, JSON; whole or not at all.
#[pyfunction]
pub fn write_behaviour(path: PathBuf, behaviour: RealLike<'_>) -> PyResult<()> {
    let p = behaviour_of(&behaviour)?;
    if is_npz(&path) {
        return behaviour_to_npz(&p, &path).map_err(bad);
    }
    write_atomic(&path, behaviour_to_json(&p).as_bytes()).map_err(bad)
}
