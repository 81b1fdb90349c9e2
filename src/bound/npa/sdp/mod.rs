//! The semidefinite program of a moment matrix, and two ways to solve it.
//!
//! maximise `b.u` over `u` with `M(u) >= 0` and `g_j(u) >= 0`, where every entry of the symmetric matrix `M` is
//! one of few affine functions of `u`. Its dual: `Z >= 0`, `z >= 0` with
//! `<dM/du_k, Z> + sum_j dg_j/du_k z_j = -b_k`, and value `<M(0), Z> + g(0).z`.
//!
//! [`interior`] follows the central path (few, dear steps, ten digits); [`splitting`] alternates projections
//! (one eigen-decomposition a step) and takes over where the normal equations would not fit.

mod block;
pub mod interior;
pub mod reduce;
pub mod splitting;

use super::moments::ZERO;
use super::orbits::Affine;
use faer::{Mat, MatRef, Side};

/// The program.
#[derive(Debug, Clone)]
pub struct Program {
    /// Rows of the matrix.
    pub size: usize,
    /// Which value each entry has, column by column (the matrix is symmetric); [`ZERO`] for none.
    pub entry: Vec<u32>,
    /// The values as functions of the parameters.
    pub values: Vec<Affine>,
    /// Number of parameters.
    pub free: usize,
    /// Coefficients of the objective.
    pub objective: Vec<f64>,
    /// Functions that must not be negative.
    pub linear: Vec<Affine>,
}

/// A dual point, not necessarily feasible.
#[derive(Debug, Clone)]
pub struct Dual {
    /// The matrix, column by column.
    pub matrix: Vec<f64>,
    /// Multipliers of the linear constraints.
    pub linear: Vec<f64>,
}

/// What a solver is told after each of its steps and what it asks: whether to stop.
pub struct Report<'a> {
    /// Steps done.
    pub iteration: usize,
    /// Objective of the moments found so far.
    pub primal: f64,
    /// How far moments and dual are from feasible and from each other.
    pub residual: f64,
    /// The dual, where the solver thinks it is worth evaluating.
    pub dual: Option<&'a Dual>,
}

impl Affine {
    fn at(&self, u: &[f64]) -> f64 {
        let terms = self.terms.iter().map(|&(k, c)| c * u[k as usize]);
        self.constant + terms.sum::<f64>()
    }

    fn slope(&self, du: &[f64]) -> f64 {
        self.terms.iter().map(|&(k, c)| c * du[k as usize]).sum()
    }
}

impl Program {
    /// Writes the matrix whose values are given.
    fn fill(&self, values: &[f64], out: &mut Mat<f64>) {
        for (j, column) in self.entry.chunks_exact(self.size).enumerate() {
            for (o, &class) in out.col_as_slice_mut(j).iter_mut().zip(column) {
                *o = match class {
                    ZERO => 0.0,
                    class => values[class as usize],
                };
            }
        }
    }

    /// `M(u)`.
    fn matrix(&self, u: &[f64], out: &mut Mat<f64>) {
        let values: Vec<f64> = self.values.iter().map(|v| v.at(u)).collect();
        self.fill(&values, out);
    }

    /// Sum of the entries of each value.
    fn gather(&self, matrix: MatRef<'_, f64>, sums: &mut [f64]) {
        sums.fill(0.0);
        for (j, column) in self.entry.chunks_exact(self.size).enumerate() {
            for (i, &class) in column.iter().enumerate() {
                if class != ZERO {
                    sums[class as usize] += matrix[(i, j)];
                }
            }
        }
    }

    /// `<dM/du_k, .>` for every `k`, from the sums of [`Program::gather`], added to `out`.
    fn pull(&self, sums: &[f64], out: &mut [f64]) {
        for (value, sum) in self.values.iter().zip(sums) {
            for &(k, c) in &value.terms {
                out[k as usize] += c * sum;
            }
        }
    }
}

/// Flops one step of the interior point method takes, about.
pub fn interior_cost(program: &Program) -> f64 {
    let n = program.size as f64;
    let m = program.free as f64;
    let touched: f64 = columns_touched(program).iter().map(|&c| c as f64).sum();
    2.0 * n * n * touched + 3.0 * m * n * n + m * m * m / 3.0 + 30.0 * n * n * n
}

/// Number of columns of the matrix that depend on each parameter.
fn columns_touched(program: &Program) -> Vec<usize> {
    let mut count = vec![0; program.free];
    let mut last = vec![usize::MAX; program.free];
    for (j, column) in program.entry.chunks_exact(program.size).enumerate() {
        for &class in column.iter().filter(|&&c| c != ZERO) {
            for &(k, _) in &program.values[class as usize].terms {
                if std::mem::replace(&mut last[k as usize], j) != j {
                    count[k as usize] += 1;
                }
            }
        }
    }
    count
}

/// Least eigenvalue of `L^-1 D L^-T` where `L` is lower triangular.
fn least_relative(l: MatRef<'_, f64>, d: MatRef<'_, f64>) -> Option<f64> {
    use faer::linalg::triangular_solve::solve_lower_triangular_in_place as solve;
    let mut half = d.to_owned();
    solve(l, half.as_mut(), faer::Par::Seq);
    let mut whole = half.transpose().to_owned();
    solve(l, whole.as_mut(), faer::Par::Seq);
    let values = whole.self_adjoint_eigenvalues(Side::Lower).ok()?;
    values.first().copied()
}
