//! numpy arrays in and out.

use crate::error::bad;
use ::bellwether::quantum::C64;
use numpy::{AllowTypeChange, Element, PyArray1, PyArrayDyn, PyArrayLikeDyn, PyArrayMethods};
use pyo3::prelude::*;

/// Anything numpy can turn into complex doubles.
pub type ComplexLike<'py> = PyArrayLikeDyn<'py, C64, AllowTypeChange>;

/// Anything numpy can turn into doubles.
pub type RealLike<'py> = PyArrayLikeDyn<'py, f64, AllowTypeChange>;

/// Anything numpy can turn into integers.
pub type IntegerLike<'py> = PyArrayLikeDyn<'py, i64, AllowTypeChange>;

/// The entries of an array, last axis fastest, whatever its layout.
pub fn entries<T: Element + Copy>(array: &numpy::PyReadonlyArrayDyn<'_, T>) -> (Vec<usize>, Vec<T>) {
    let view = array.as_array();
    let shape = view.shape().to_vec();
    let data = match view.as_slice() {
        Some(data) => data.to_vec(),
        None => view.iter().copied().collect(),
    };
    (shape, data)
}

/// A new array of a shape; the data are last axis fastest.
pub fn array<'py, T: Element>(py: Python<'py>, shape: &[usize], data: Vec<T>) -> PyResult<Bound<'py, PyArrayDyn<T>>> {
    PyArray1::from_vec(py, data).reshape(shape.to_vec())
}

/// The batch size of an array `[.., m, d, d]` with its `m` and `d`.
pub fn measurement_shape(what: &str, shape: &[usize]) -> PyResult<(usize, usize, usize)> {
    match *shape {
        [ref batch @ .., m, d, columns] if d == columns && m > 0 && d > 0 => Ok((batch.iter().product(), m, d)),
        _ => Err(bad(format!("{what} has shape {shape:?}, wanted [.., outcomes, d, d]"))),
    }
}
