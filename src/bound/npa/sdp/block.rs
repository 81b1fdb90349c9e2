//! One diagonal block of the moment matrix, and what a solver does with it.

use super::reduce::Reduced;
use super::{Program, ZERO};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use rayon::prelude::*;

/// Parameters whose columns of the normal equations are formed together; the last bit does not depend on threads.
const BATCH: usize = 32;

/// A symmetric matrix that is an affine function `A_0 + sum_k u_k A_k` of the parameters.
pub enum Block<'a> {
    /// The moment matrix itself: its entries are few different functions.
    Entries(&'a Program, Vec<Slice>),
    /// A block that symmetry splits off: small and dense.
    Dense(&'a Reduced),
}

/// The columns of one `A_l` that are not zero, and their entries.
pub struct Slice {
    columns: Vec<usize>,
    /// (position in `columns`, row, coefficient)
    entries: Vec<(u32, u32, f64)>,
}

/// The matrices `A_l` of a program.
fn slices(program: &Program) -> Vec<Slice> {
    let empty = || Slice { columns: Vec::new(), entries: Vec::new() };
    let mut out: Vec<Slice> = (0..program.free).map(|_| empty()).collect();
    for (j, column) in program.entry.chunks_exact(program.size).enumerate() {
        for (i, &class) in column.iter().enumerate().filter(|e| *e.1 != ZERO) {
            for &(k, c) in &program.values[class as usize].terms {
                let slice = &mut out[k as usize];
                if slice.columns.last() != Some(&j) {
                    slice.columns.push(j);
                }
                let at = slice.columns.len() as u32 - 1;
                slice.entries.push((at, i as u32, c));
            }
        }
    }
    out
}

impl<'a> Block<'a> {
    /// The blocks of a program: those that symmetry gives, or the matrix whole.
    pub fn all(program: &'a Program, reduced: &'a [Reduced]) -> Vec<Block<'a>> {
        match reduced {
            [] => vec![Block::Entries(program, slices(program))],
            list => list.iter().map(Block::Dense).collect(),
        }
    }

    /// Number of rows.
    pub fn size(&self) -> usize {
        match self {
            Block::Entries(program, _) => program.size,
            Block::Dense(block) => block.size(),
        }
    }

    /// `A_0 + sum_k u_k A_k`.
    pub fn matrix(&self, u: &[f64]) -> Mat<f64> {
        match self {
            Block::Entries(program, _) => {
                let mut out = Mat::zeros(program.size, program.size);
                program.matrix(u, &mut out);
                out
            }
            Block::Dense(block) => block.matrix(1.0, u),
        }
    }

    /// `sum_k u_k A_k`.
    pub fn slope(&self, u: &[f64]) -> Mat<f64> {
        match self {
            Block::Entries(program, _) => {
                let slopes: Vec<f64> = program.values.iter().map(|v| v.slope(u)).collect();
                let mut out = Mat::zeros(program.size, program.size);
                program.fill(&slopes, &mut out);
                out
            }
            Block::Dense(block) => block.matrix(0.0, u),
        }
    }

    /// Adds `<A_k, X>` to `out` for every `k` and returns `<A_0, X>`.
    pub fn pull(&self, x: MatRef<'_, f64>, out: &mut [f64]) -> f64 {
        match self {
            Block::Entries(program, _) => {
                let mut sums = vec![0.0; program.values.len()];
                program.gather(x, &mut sums);
                program.pull(&sums, out);
                let constants = program.values.iter().zip(&sums);
                constants.map(|(v, s)| v.constant * s).sum()
            }
            Block::Dense(block) => block.pull(x, out),
        }
    }

    /// Adds `<A_k, Z A_l S^-1>` to column `l` of `b`, for all `k` and `l`.
    pub fn normal_equations(&self, z: &Mat<f64>, inverse: &Mat<f64>, b: &mut [f64], free: usize) {
        match self {
            Block::Entries(program, slices) => sparse(program, slices, z, inverse, b),
            Block::Dense(block) => dense(block, z, inverse, b, free),
        }
    }
}

/// Buffers of one thread.
struct Work {
    left: Mat<f64>,
    right: Mat<f64>,
    product: Mat<f64>,
    sums: Vec<f64>,
}

/// Only the columns that `A_l` touches enter the product.
fn sparse(program: &Program, parts: &[Slice], z: &Mat<f64>, inverse: &Mat<f64>, b: &mut [f64]) {
    let (n, m) = (program.size, program.free);
    let work = || Work {
        left: Mat::zeros(n, n),
        right: Mat::zeros(n, n),
        product: Mat::zeros(n, n),
        sums: vec![0.0; program.values.len()],
    };
    b.par_chunks_mut(m.max(1)).zip(parts).for_each_init(work, |work, (column, part)| {
        let width = part.columns.len();
        if width == 0 {
            return; // a moment outside the matrix
        }
        let mut left = work.left.as_mut().subcols_mut(0, width);
        left.fill(0.0);
        for &(at, row, c) in &part.entries {
            let from = z.col_as_slice(row as usize);
            let to = left.as_mut().col_mut(at as usize);
            for (t, f) in to.iter_mut().zip(from) {
                *t += c * f;
            }
        }
        // rows of S^-1, which is symmetric
        for (at, &j) in part.columns.iter().enumerate() {
            work.right.col_as_slice_mut(at).copy_from_slice(inverse.col_as_slice(j));
        }
        matmul(
            work.product.as_mut(),
            Accum::Replace,
            work.left.as_ref().subcols(0, width),
            work.right.as_ref().subcols(0, width).transpose(),
            1.0,
            Par::Seq,
        );
        program.gather(work.product.as_ref(), &mut work.sums);
        program.pull(&work.sums, column);
    });
}

/// A batch of `Z A_l S^-1`, then their products with all `A_k` at once.
fn dense(block: &Reduced, z: &Mat<f64>, inverse: &Mat<f64>, b: &mut [f64], free: usize) {
    let n = block.size();
    let work = || {
        let square = || Mat::<f64>::zeros(n, n);
        let packed = Mat::<f64>::zeros(block.slopes.nrows(), BATCH);
        (square(), square(), square(), packed)
    };
    b.par_chunks_mut(free.max(1) * BATCH).enumerate().for_each_init(
        work,
        |(a, left, product, packed), (batch, columns)| {
            let count = columns.len() / free;
            for at in 0..count {
                block.unpack(block.slopes.col_as_slice(batch * BATCH + at), a);
                matmul(left.as_mut(), Accum::Replace, z.as_ref(), a.as_ref(), 1.0, Par::Seq);
                let (l, r) = (left.as_ref(), inverse.as_ref());
                matmul(product.as_mut(), Accum::Replace, l, r, 1.0, Par::Seq);
                block.pack(product.as_ref(), packed.col_as_slice_mut(at));
            }
            let target = faer::MatMut::from_column_major_slice_mut(columns, free, count);
            let packed = packed.as_ref().subcols(0, count);
            matmul(target, Accum::Add, block.slopes.transpose(), packed, 1.0, Par::Seq);
        },
    );
}
