//! Plain loops over fixed lanes, compiled for the widest vectors of the machine.
//!
//! Every sum has a fixed order, and every fused multiplication is written as one (`mul_add`): the bits are the same
//! whatever vector width the processor offers, and on one without fused instructions, which is slow.

mod functions;
mod product;

pub(super) use functions::{exp, ln, tanh};
pub(super) use product::{Start, gemm, gram, mirror};

pub(super) use crate::simd::widest;

/// Samples that are computed side by side; arrays are `[feature][LANES]`.
pub const LANES: usize = 64;

/// `y[c][r] = x[r][c]` for `columns` columns, rows of `x` and `y` so far apart as given: in squares of eight where they fit.
#[inline(always)]
pub(super) fn turn(columns: usize, x: &[f32], x_stride: usize, y: &mut [f32], y_stride: usize) {
    let rows = x.len() / x_stride;
    let (tall, wide) = (rows / 8 * 8, columns / 8 * 8);
    for r in (0..tall).step_by(8) {
        for c in (0..wide).step_by(8) {
            let from = &x[r * x_stride + c..];
            square(from, x_stride, &mut y[c * y_stride + r..], y_stride);
        }
    }
    for (r, row) in x.chunks_exact(x_stride).enumerate() {
        let done = if r < tall { wide } else { 0 };
        let lines = y.chunks_mut(y_stride).skip(done);
        for (x, line) in row[done..columns].iter().zip(lines) {
            line[r] = *x;
        }
    }
}

/// Eight rows of eight.
#[inline(always)]
fn square(x: &[f32], x_stride: usize, y: &mut [f32], y_stride: usize) {
    let (Some(x), Some(y)) = (x.get(..7 * x_stride + 8), y.get_mut(..7 * y_stride + 8)) else {
        return;
    };
    for c in 0..8 {
        for r in 0..8 {
            y[c * y_stride + r] = x[r * x_stride + c];
        }
    }
}
