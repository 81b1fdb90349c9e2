//! QuantumSoftmax of batches, and its adjoint.

use crate::array::{ComplexLike, array, entries, measurement_shape};
use crate::error::{Undecided, bad};
use crate::work;
use ::bellwether::quantum::{C64, QuantumSoftmax, SoftmaxBatch, SoftmaxError};
use numpy::PyArrayDyn;
use pyo3::prelude::*;
use rayon::prelude::*;

/// Items that one workspace takes at a time: they stay in the cache between forward and backward.
const CHUNK: usize = 32;

/// Work, in entries times dimension, from which threads pay.
const PARALLEL: usize = 1 << 15;

type Complex<'py> = Bound<'py, PyArrayDyn<C64>>;

/// The measurements of logits `[.., m, d, d]`, Algorithm 1.
#[pyfunction]
#[pyo3(signature = (logits, *, strict = false))]
pub fn softmax<'py>(py: Python<'py>, logits: ComplexLike<'py>, strict: bool) -> PyResult<Complex<'py>> {
    let (shape, z) = entries(&logits);
    let (_, m, d) = measurement_shape("logits", &shape)?;
    let povm = work::short(py, || solve(&z, None, m, d, strict))?.map_err(raise)?;
    array(py, &shape, povm.0)
}

/// The measurements of logits and the gradient `dL/dRe Z + i dL/dIm Z` of `L = sum Re tr(C_j^H P_j)`.
#[pyfunction]
#[pyo3(signature = (logits, cotangent, *, strict = false))]
pub fn softmax_with_gradient<'py>(
    py: Python<'py>,
    logits: ComplexLike<'py>,
    cotangent: ComplexLike<'py>,
    strict: bool,
) -> PyResult<(Complex<'py>, Complex<'py>)> {
    let (shape, z) = entries(&logits);
    let (_, m, d) = measurement_shape("logits", &shape)?;
    let (given, g) = entries(&cotangent);
    if given != shape {
        let why = format!("cotangent has shape {given:?}, wanted that of the logits, {shape:?}");
        return Err(bad(why));
    }
    let done = work::short(py, || solve(&z, Some(&g), m, d, strict))?;
    let (povm, gradient) = done.map_err(raise)?;
    Ok((array(py, &shape, povm)?, array(py, &shape, gradient)?))
}

fn raise(error: SoftmaxError) -> PyErr {
    match error {
        SoftmaxError::OutOfDomain { .. } => Undecided::new_err(error.to_string()),
        _ => bad(error),
    }
}

/// The error with the position of its item in the whole batch.
fn moved(mut error: SoftmaxError, by: usize) -> SoftmaxError {
    if let SoftmaxError::NotFinite { item, .. } | SoftmaxError::OutOfDomain { item, .. } = &mut error {
        *item += by;
    }
    error
}

/// Measurements and, with cotangents, gradients; the same numbers whatever the number of threads.
fn solve(z: &[C64], g: Option<&[C64]>, m: usize, d: usize, strict: bool) -> Result<(Vec<C64>, Vec<C64>), SoftmaxError> {
    let stride = m * d * d;
    let zero = C64::new(0.0, 0.0);
    let mut povm = vec![zero; z.len()];
    let mut gradient = vec![zero; if g.is_some() { z.len() } else { 0 }];
    let items = z.len() / stride;
    if items == 0 {
        return Ok((povm, gradient));
    }
    let threads = match z.len().saturating_mul(d) {
        work if work >= PARALLEL => rayon::current_num_threads(),
        _ => 1,
    };
    let share = items.div_ceil(threads.max(1)) * stride;
    // without cotangents the gradient chunks are empty
    let mut parts: Vec<_> = Vec::new();
    let mut rest = gradient.as_mut_slice();
    for (k, (z, p)) in z.chunks(share).zip(povm.chunks_mut(share)).enumerate() {
        let take = if g.is_some() { z.len() } else { 0 };
        let (grad, tail) = rest.split_at_mut(take);
        rest = tail;
        let g = g.map(|g| &g[k * share..k * share + z.len()]);
        parts.push((k * share / stride, z, g, p, grad));
    }
    let one = |(first, z, g, p, grad): (usize, &[C64], Option<&[C64]>, &mut [C64], &mut [C64])| {
        let done = if strict { strictly(z, g, p, grad, m, d) } else { batched(z, g, p, grad, m, d) };
        done.map_err(|(item, error)| (first + item, error))
    };
    let done: Result<Vec<()>, _> = match parts.len() {
        1 => parts.into_iter().map(one).collect(),
        _ => parts.into_par_iter().map(one).collect(),
    };
    done.map_err(|(by, error)| moved(error, by))?;
    Ok((povm, gradient))
}

type Numbered = Result<(), (usize, SoftmaxError)>;

fn batched(z: &[C64], g: Option<&[C64]>, p: &mut [C64], grad: &mut [C64], m: usize, d: usize) -> Numbered {
    let stride = m * d * d;
    let width = CHUNK.min(z.len() / stride);
    let mut layer = SoftmaxBatch::new(width, m, d).map_err(|e| (0, e))?;
    let block = width * stride;
    for (k, (z, p)) in z.chunks(block).zip(p.chunks_mut(block)).enumerate() {
        let here = |e| (k * width, e);
        if z.len() < block {
            layer = SoftmaxBatch::new(z.len() / stride, m, d).map_err(here)?;
        }
        layer.forward(z, p).map_err(here)?;
        if let Some(g) = g {
            let range = k * block..k * block + z.len();
            layer.backward(&g[range.clone()], &mut grad[range]).map_err(here)?;
        }
    }
    Ok(())
}

fn strictly(z: &[C64], g: Option<&[C64]>, p: &mut [C64], grad: &mut [C64], m: usize, d: usize) -> Numbered {
    let stride = m * d * d;
    let mut layer = QuantumSoftmax::new(m, d).map_err(|e| (0, e))?;
    for (k, (z, p)) in z.chunks(stride).zip(p.chunks_mut(stride)).enumerate() {
        layer.forward(z, p).map_err(|e| (k, e))?;
        if let Some(g) = g {
            let range = k * stride..(k + 1) * stride;
            layer.backward(&g[range.clone()], &mut grad[range]).map_err(|e| (k, e))?;
        }
    }
    Ok(())
}
