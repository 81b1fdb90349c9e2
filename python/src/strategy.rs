//! Quantum strategies from and to numpy arrays.

use crate::array::{ComplexLike, array, entries};
use crate::error::bad;
use crate::game::{Game, shape};
use ::bellwether::game::file::{is_npz, write_atomic};
use ::bellwether::quantum::{C64, DensityMatrix, Matrix, Povm};
use ::bellwether::strategy::{QuantumStrategy, read_strategy, strategy_to_json, strategy_to_npz};
use numpy::PyArrayDyn;
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

/// A shared state `rho` and one measurement per player and question.
#[pyclass(frozen, module = "bellwether")]
pub struct Strategy(pub Arc<QuantumStrategy>);

impl Strategy {
    pub fn of(strategy: QuantumStrategy) -> Self {
        Strategy(Arc::new(strategy))
    }
}

#[pymethods]
impl Strategy {
    /// A strategy from `rho` (`[D, D]`) and one array `[questions, answers, d, d]` per player.
    #[new]
    fn new(rho: ComplexLike<'_>, povms: Vec<ComplexLike<'_>>) -> PyResult<Self> {
        let (given, rho) = entries(&rho);
        let [rows, columns] = given[..] else {
            return Err(bad(format!("rho has shape {given:?}, wanted [D, D]")));
        };
        if rows != columns {
            return Err(bad(format!("rho has shape {given:?}, wanted [D, D]")));
        }
        let (mut dims, mut players) = (Vec::new(), Vec::new());
        for (i, povms) in povms.iter().enumerate() {
            let (shape, data) = entries(povms);
            let (d, player) = player(&shape, &data).map_err(|why| bad(format!("povms[{i}]: {why}")))?;
            dims.push(d);
            players.push(player);
        }
        let rho = Matrix::from_vec(rows, rho).map_err(bad)?;
        let rho = DensityMatrix::new(dims, rho).map_err(|e| bad(format!("rho: {e}")))?;
        Ok(Strategy::of(QuantumStrategy::new(rho, players).map_err(bad)?))
    }

    /// A strategy from a file, JSON or npz.
    #[staticmethod]
    fn read(path: PathBuf) -> PyResult<Self> {
        Ok(Strategy::of(read_strategy(&path).map_err(bad)?))
    }

    /// Writes npz or, for any other ending, JSON; whole or not at all.
    fn write(&self, path: PathBuf) -> PyResult<()> {
        if is_npz(&path) {
            return strategy_to_npz(&self.0, &path).map_err(bad);
        }
        write_atomic(&path, strategy_to_json(&self.0).as_bytes()).map_err(bad)
    }

    #[getter]
    fn dims(&self) -> Vec<usize> {
        self.0.dims().to_vec()
    }

    #[getter]
    fn questions(&self) -> Vec<usize> {
        self.0.scenario().questions().to_vec()
    }

    #[getter]
    fn answers(&self) -> Vec<usize> {
        self.0.scenario().answers().to_vec()
    }

    /// The shared state, `[D, D]`.
    #[getter]
    fn rho<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArrayDyn<C64>>> {
        let rho = self.0.rho().matrix();
        array(py, &[rho.dim(), rho.dim()], rho.as_slice().to_vec())
    }

    /// The measurements, one array `[questions, answers, d, d]` per player.
    #[getter]
    fn povms<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyArrayDyn<C64>>>> {
        let players = self.0.povms().iter().zip(self.0.dims()).enumerate();
        let block = |(i, (player, &d)): (usize, (&Vec<Povm>, &usize))| {
            let elements = player.iter().flat_map(Povm::elements);
            let data = elements.flat_map(|m| m.as_slice().iter().copied()).collect();
            let answers = self.0.scenario().answers()[i];
            array(py, &[player.len(), answers, d, d], data)
        };
        players.map(block).collect()
    }

    /// `p(a|x) = tr(rho (x)_i M_i(a_i|x_i))`, Eq. 6, as `[x_1]..[x_n][a_1]..[a_n]`; numerical.
    fn behaviour<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArrayDyn<f64>>> {
        let p = self.0.behaviour().map_err(bad)?;
        array(py, &shape(p.scenario()), p.as_slice().to_vec())
    }

    /// The value in a game; numerical.
    fn value(&self, game: &Game) -> PyResult<f64> {
        let p = self.0.behaviour().map_err(bad)?;
        game.0.value(&p).map_err(bad)
    }

    fn __repr__(&self) -> String {
        let (s, dims) = (self.0.scenario(), self.0.dims());
        format!("<Strategy for {s}, local dimensions {dims:?}>")
    }
}

type Player = (usize, Vec<Povm>);

fn player(shape: &[usize], data: &[C64]) -> Result<Player, String> {
    let &[_, answers, d, columns] = shape else {
        return Err(format!("shape {shape:?}, wanted [questions, answers, d, d]"));
    };
    if d != columns || d == 0 || answers == 0 {
        return Err(format!("shape {shape:?}, wanted [questions, answers, d, d]"));
    }
    let mut povms = Vec::new();
    for (x, question) in data.chunks_exact(answers * d * d).enumerate() {
        let elements = question.chunks_exact(d * d);
        let elements: Result<Vec<Matrix>, _> = elements.map(|e| Matrix::from_vec(d, e.to_vec())).collect();
        let elements = elements.map_err(|e| e.to_string())?;
        povms.push(Povm::new(elements).map_err(|e| format!("question {x}: {e}"))?);
    }
    Ok((d, povms))
}
