//! A Python object as a black-box referee.

use crate::array::{IntegerLike, RealLike, array, entries};
use ::bellwether::game::black_box::check_plays;
use ::bellwether::game::{BlackBox, GameError, Scenario};
use pyo3::prelude::*;
use std::sync::{Arc, Mutex};

/// The exception that stopped a referee, to be raised again where the work was asked for.
pub type Raised = Arc<Mutex<Option<PyErr>>>;

/// Asks and judges through `ask(n) -> int [n, players]` and `judge(x, a) -> float [n]` of a Python object.
pub struct PythonReferee {
    object: Py<PyAny>,
    scenario: Scenario,
    plays: u64,
    raised: Raised,
}

impl PythonReferee {
    pub fn new(object: Py<PyAny>, scenario: Scenario, raised: Raised) -> Self {
        PythonReferee { object, scenario, plays: 0, raised }
    }

    fn wrong(why: impl Into<String>) -> GameError {
        GameError::Referee { command: "python".into(), why: why.into() }
    }

    /// Calls into Python; an exception is kept and becomes an error here.
    fn call<T>(&self, f: impl FnOnce(Python<'_>, &Bound<'_, PyAny>) -> PyResult<T>) -> Result<T, GameError> {
        Python::attach(|py| {
            f(py, self.object.bind(py)).map_err(|error| {
                let why = error.to_string();
                if let Ok(mut raised) = self.raised.lock() {
                    *raised = Some(error);
                }
                Self::wrong(why)
            })
        })
    }
}

impl BlackBox for PythonReferee {
    fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    fn ask(&mut self, n: usize, questions: &mut Vec<u32>) -> Result<(), GameError> {
        let (shape, data) = self.call(|_, object| {
            let asked = object.call_method1("ask", (n,))?;
            Ok(entries(&*asked.extract::<IntegerLike<'_>>()?))
        })?;
        let players = self.scenario.players();
        if shape != [n, players] {
            let why = format!("ask returned an array of shape {shape:?}, wanted [{n}, {players}]");
            return Err(Self::wrong(why));
        }
        questions.clear();
        for row in data.chunks_exact(players) {
            let x: Option<Vec<usize>> = row.iter().map(|&v| usize::try_from(v).ok()).collect();
            let question = x.and_then(|x| self.scenario.checked_question(&x));
            let question = question.ok_or_else(|| {
                let sizes = self.scenario.questions();
                Self::wrong(format!("ask returned question {row:?}, wanted below {sizes:?}"))
            })?;
            questions.push(question as u32);
        }
        Ok(())
    }

    fn judge(&mut self, questions: &[u32], answers: &[u32], payoff: &mut [f64]) -> Result<(), GameError> {
        let (s, n) = (&self.scenario, questions.len());
        check_plays("python", s, questions, answers, payoff)?;
        let players = s.players();
        let mut digits = vec![0usize; players];
        let mut x = Vec::with_capacity(n * players);
        let mut a = Vec::with_capacity(n * players);
        for (&question, &answer) in questions.iter().zip(answers) {
            s.question_at(question as usize, &mut digits);
            x.extend(digits.iter().map(|&v| v as i64));
            s.answer_at(answer as usize, &mut digits);
            a.extend(digits.iter().map(|&v| v as i64));
        }
        let (shape, paid) = self.call(|py, object| {
            let (x, a) = (array(py, &[n, players], x)?, array(py, &[n, players], a)?);
            let paid = object.call_method1("judge", (x, a))?;
            Ok(entries(&*paid.extract::<RealLike<'_>>()?))
        })?;
        if shape != [n] {
            let why = format!("judge returned an array of shape {shape:?}, wanted [{n}]");
            return Err(Self::wrong(why));
        }
        payoff.copy_from_slice(&paid);
        self.plays += n as u64;
        Ok(())
    }

    fn plays(&self) -> u64 {
        self.plays
    }
}
