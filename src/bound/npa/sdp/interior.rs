//! Primal-dual interior point method (HKM direction, Mehrotra's predictor and corrector).
//!
//! Helmberg, Rendl, Vanderbei, Wolkowicz 1996; Todd, Toh, Tütüncü 1998. The normal equations are
//! `B_kl = <A_k, Z A_l S^-1>` with `A_k = dM/du_k`; only the columns `A_l` touches enter the product.

use super::{Dual, Program, Report, ZERO, least_relative};
use faer::linalg::matmul::matmul;
use faer::linalg::solvers::{DenseSolveCore, Solve};
use faer::{Accum, Mat, Par, Side};
use rayon::prelude::*;

/// Steps never needed in practice.
const MAX_STEPS: usize = 80;

/// The columns of one `A_l` that are not zero, and their entries.
struct Slice {
    columns: Vec<usize>,
    /// (position in `columns`, row, coefficient)
    entries: Vec<(u32, u32, f64)>,
}

fn slices(program: &Program) -> Vec<Slice> {
    let empty = || Slice {
        columns: Vec::new(),
        entries: Vec::new(),
    };
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

/// Buffers of one thread.
struct Work {
    left: Mat<f64>,
    right: Mat<f64>,
    product: Mat<f64>,
    sums: Vec<f64>,
}

/// `B`, column by column.
fn normal_equations(
    program: &Program,
    parts: &[Slice],
    z: &Mat<f64>,
    inverse: &Mat<f64>,
) -> Vec<f64> {
    let (n, m) = (program.size, program.free);
    let mut b = vec![0.0; m * m];
    let work = || Work {
        left: Mat::zeros(n, n),
        right: Mat::zeros(n, n),
        product: Mat::zeros(n, n),
        sums: vec![0.0; program.values.len()],
    };
    b.par_chunks_mut(m.max(1))
        .zip(parts)
        .for_each_init(work, |work, (column, part)| {
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
                work.right
                    .col_as_slice_mut(at)
                    .copy_from_slice(inverse.col_as_slice(j));
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
    b
}

/// Follows the central path; `report` says when to stop.
///
/// Returns `false` if it ended because it could make no more progress.
pub fn solve(program: &Program, mut report: impl FnMut(Report<'_>) -> bool) -> bool {
    let (n, m, q) = (program.size, program.free, program.linear.len());
    let degree = (n + q) as f64;
    let parts = slices(program);
    let scale = program
        .objective
        .iter()
        .fold(1.0_f64, |a, b| a.max(b.abs()));
    let mut u = vec![0.0; m];
    let mut s = Mat::<f64>::identity(n, n) * faer::Scale(2.0);
    let mut z = Mat::<f64>::identity(n, n) * faer::Scale(2.0 * scale);
    let mut sl = vec![2.0; q];
    let mut zl = vec![2.0 * scale; q];
    let mut moment = Mat::<f64>::zeros(n, n);
    let mut sums = vec![0.0; program.values.len()];
    for iteration in 0..MAX_STEPS {
        // residuals of both problems
        program.matrix(&u, &mut moment);
        let rd = &moment - &s;
        let rl: Vec<f64> = program
            .linear
            .iter()
            .zip(&sl)
            .map(|(g, s)| g.at(&u) - s)
            .collect();
        program.gather(z.as_ref(), &mut sums);
        let mut slack = vec![0.0; m];
        program.pull(&sums, &mut slack);
        let mut upper: f64 = program
            .values
            .iter()
            .zip(&sums)
            .map(|(v, s)| v.constant * s)
            .sum();
        for (g, z) in program.linear.iter().zip(&zl) {
            upper += g.constant * z;
            g.terms
                .iter()
                .for_each(|&(k, c)| slack[k as usize] += c * z);
        }
        let dual_residual = slack
            .iter()
            .zip(&program.objective)
            .fold(0.0_f64, |a, (s, b)| a.max((s + b).abs()));
        let primal_residual = rd
            .norm_max()
            .max(rl.iter().fold(0.0, |a, r| a.max(r.abs())));
        let lower: f64 = u.iter().zip(&program.objective).map(|(u, b)| u * b).sum();
        let linear: f64 = sl.iter().zip(&zl).map(|(s, z)| s * z).sum();
        let mu = (inner(&s, &z) + linear) / degree;
        let residual = (upper - lower)
            .abs()
            .max(dual_residual)
            .max(primal_residual);
        if !residual.is_finite() {
            return false;
        }
        let good = residual < 1e-3 && dual_residual < 1e-5;
        let dual = good.then(|| dual_of(&z, &zl));
        let told = Report {
            iteration,
            primal: lower,
            residual,
            dual: dual.as_ref(),
        };
        if report(told) {
            return true;
        }

        let (Ok(llt_s), Ok(llt_z)) = (s.llt(Side::Lower), z.llt(Side::Lower)) else {
            return false;
        };
        let inverse = llt_s.inverse();
        let mut b = normal_equations(program, &parts, &z, &inverse);
        for ((g, s), z) in program.linear.iter().zip(&sl).zip(&zl) {
            for &(k, c) in &g.terms {
                for &(l, d) in &g.terms {
                    b[k as usize * m + l as usize] += c * d * z / s;
                }
            }
        }
        let mut normal = Mat::from_fn(m, m, |k, l| 0.5 * (b[k * m + l] + b[l * m + k]));
        let mut factor = normal.llt(Side::Lower);
        let mut shift = 1e-15;
        while factor.is_err() && shift < 1e-9 {
            for k in 0..m {
                normal[(k, k)] *= 1.0 + shift;
            }
            factor = normal.llt(Side::Lower);
            shift *= 10.0;
        }
        let Ok(factor) = factor else { return false };
        let fixed = &(&z * &rd) * &inverse;

        let direction = |target: f64, correction: Option<&Step>| -> Step {
            // <A_k, target S^-1 - Z Rd S^-1 - dZ dS S^-1> + b_k
            let mut inside = &inverse * faer::Scale(target) - &fixed;
            if let Some(step) = correction {
                inside -= &(&step.dz * &step.ds) * &inverse;
            }
            let mut sums = vec![0.0; program.values.len()];
            program.gather(inside.as_ref(), &mut sums);
            let mut right = program.objective.clone();
            program.pull(&sums, &mut right);
            for (j, g) in program.linear.iter().enumerate() {
                let second = correction.map_or(0.0, |step| step.dzl[j] * step.dsl[j]);
                let v = (target - zl[j] * rl[j] - second) / sl[j];
                g.terms
                    .iter()
                    .for_each(|&(k, c)| right[k as usize] += c * v);
            }
            let mut du = Mat::from_fn(m, 1, |k, _| right[k]);
            factor.solve_in_place(du.as_mut());
            let du: Vec<f64> = (0..m).map(|k| du[(k, 0)]).collect();
            let slopes: Vec<f64> = program.values.iter().map(|v| v.slope(&du)).collect();
            let mut ds = Mat::zeros(n, n);
            program.fill(&slopes, &mut ds);
            ds += &rd;
            let mut change = &z * &ds;
            if let Some(step) = correction {
                change += &step.dz * &step.ds;
            }
            let change = &change * &inverse;
            let dz = Mat::from_fn(n, n, |i, j| {
                target * inverse[(i, j)] - z[(i, j)] - 0.5 * (change[(i, j)] + change[(j, i)])
            });
            let linear = program.linear.iter().zip(&rl);
            let dsl: Vec<f64> = linear.map(|(g, r)| r + g.slope(&du)).collect();
            let dzl = (0..q)
                .map(|j| {
                    let second = correction.map_or(0.0, |step| step.dzl[j] * step.dsl[j]);
                    (target - zl[j] * dsl[j] - second) / sl[j] - zl[j]
                })
                .collect();
            Step {
                du,
                ds,
                dz,
                dsl,
                dzl,
            }
        };
        let lengths = |step: &Step, damping: f64| -> Option<(f64, f64)> {
            let room = |least: f64| {
                if least < 0.0 {
                    -damping / least
                } else {
                    f64::MAX
                }
            };
            let mut a = room(least_relative(llt_s.L(), step.ds.as_ref())?);
            let mut b = room(least_relative(llt_z.L(), step.dz.as_ref())?);
            for j in 0..q {
                a = a.min(room(step.dsl[j] / sl[j]));
                b = b.min(room(step.dzl[j] / zl[j]));
            }
            Some((a.min(1.0), b.min(1.0)))
        };
        let predictor = direction(0.0, None);
        let Some((a, c)) = lengths(&predictor, 1.0) else {
            return false;
        };
        let ahead = |x: &Mat<f64>, d: &Mat<f64>, t: f64| x + &(d * faer::Scale(t));
        let mut after = inner(&ahead(&s, &predictor.ds, a), &ahead(&z, &predictor.dz, c));
        for j in 0..q {
            after += (sl[j] + a * predictor.dsl[j]) * (zl[j] + c * predictor.dzl[j]);
        }
        let shrink = (after / degree / mu).max(0.0);
        let sigma = shrink
            .powi(if a.min(c) > 0.3 { 3 } else { 2 })
            .clamp(1e-6, 1.0);
        let step = direction(sigma * mu, Some(&predictor));
        let damping = 0.9 + 0.09 * a.min(c);
        let Some((a, c)) = lengths(&step, damping) else {
            return false;
        };
        if a.max(c) < 1e-6 {
            return false;
        }
        u.iter_mut().zip(&step.du).for_each(|(u, d)| *u += a * d);
        s = ahead(&s, &step.ds, a);
        z = ahead(&z, &step.dz, c);
        sl.iter_mut().zip(&step.dsl).for_each(|(s, d)| *s += a * d);
        zl.iter_mut().zip(&step.dzl).for_each(|(z, d)| *z += c * d);
    }
    false
}

struct Step {
    du: Vec<f64>,
    ds: Mat<f64>,
    dz: Mat<f64>,
    dsl: Vec<f64>,
    dzl: Vec<f64>,
}

fn inner(a: &Mat<f64>, b: &Mat<f64>) -> f64 {
    (0..a.ncols())
        .map(|j| {
            let pairs = a.col_as_slice(j).iter().zip(b.col_as_slice(j));
            pairs.map(|(x, y)| x * y).sum::<f64>()
        })
        .sum()
}

fn dual_of(z: &Mat<f64>, linear: &[f64]) -> Dual {
    let columns = (0..z.ncols()).flat_map(|j| z.col_as_slice(j));
    Dual {
        matrix: columns.copied().collect(),
        linear: linear.to_vec(),
    }
}
