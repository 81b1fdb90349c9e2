//! Primal-dual interior point method (HKM direction, Mehrotra's predictor and corrector).
//!
//! Helmberg, Rendl, Vanderbei, Wolkowicz 1996; Todd, Toh, Tütüncü 1998. The normal equations are
//! `B_kl = <A_k, Z A_l S^-1>` with `A_k = dM/du_k`, summed over the diagonal blocks of the matrix (`Block`).

use super::block::Block;
use super::reduce::Reduced;
use super::{Dual, Program, Report, least_relative};
use faer::linalg::solvers::{DenseSolveCore, Llt, Solve};
use faer::{Mat, Side};

/// Steps never needed in practice.
const MAX_STEPS: usize = 80;

/// Follows the central path; `report` says when to stop.
///
/// `reduced` are the blocks that symmetry gives, none for the matrix as it is. Returns `false` if it ended because it
/// could make no more progress.
pub fn solve(program: &Program, reduced: &[Reduced], mut report: impl FnMut(Report<'_>) -> bool) -> bool {
    let (m, q) = (program.free, program.linear.len());
    let blocks = Block::all(program, reduced);
    let rows: usize = blocks.iter().map(Block::size).sum();
    let degree = (rows + q) as f64;
    let scale = program.objective.iter().fold(1.0_f64, |a, b| a.max(b.abs()));
    let mut u = vec![0.0; m];
    let identity = |size: f64| -> Blocks {
        let blocks = blocks.iter().map(|b| (b.size(), b.size()));
        blocks.map(|(n, m)| Mat::<f64>::identity(n, m) * faer::Scale(size)).collect()
    };
    let mut s = identity(2.0);
    let mut z = identity(2.0 * scale);
    let mut sl = vec![2.0; q];
    let mut zl = vec![2.0 * scale; q];
    for iteration in 0..MAX_STEPS {
        // residuals of both problems
        let rd: Blocks = blocks.iter().zip(&s).map(|(b, s)| b.matrix(&u) - s).collect();
        let rl: Vec<f64> = program.linear.iter().zip(&sl).map(|(g, s)| g.at(&u) - s).collect();
        let mut slack = vec![0.0; m];
        let constants = blocks.iter().zip(&z);
        let mut upper: f64 = constants.map(|(b, z)| b.pull(z.as_ref(), &mut slack)).sum();
        for (g, z) in program.linear.iter().zip(&zl) {
            upper += g.constant * z;
            g.terms.iter().for_each(|&(k, c)| slack[k as usize] += c * z);
        }
        let dual_residual = slack.iter().zip(&program.objective).fold(0.0_f64, |a, (s, b)| a.max((s + b).abs()));
        let primal_residual = rd.iter().map(Mat::norm_max).fold(0.0, f64::max);
        let primal_residual = rl.iter().fold(primal_residual, |a, r| a.max(r.abs()));
        let lower: f64 = u.iter().zip(&program.objective).map(|(u, b)| u * b).sum();
        let linear: f64 = sl.iter().zip(&zl).map(|(s, z)| s * z).sum();
        let mu = (inner(&s, &z) + linear) / degree;
        let residual = (upper - lower).abs().max(dual_residual).max(primal_residual);
        if !residual.is_finite() {
            return false;
        }
        let good = residual < 1e-3 && dual_residual < 1e-5;
        let dual = good.then(|| dual_of(program, reduced, &z, &zl));
        let told = Report { iteration, primal: lower, residual, dual: dual.as_ref() };
        if report(told) {
            return true;
        }

        let factors =
            |list: &Blocks| -> Option<Vec<Llt<f64>>> { list.iter().map(|x| x.llt(Side::Lower).ok()).collect() };
        let (Some(llt_s), Some(llt_z)) = (factors(&s), factors(&z)) else {
            return false;
        };
        let inverse: Blocks = llt_s.iter().map(Llt::inverse).collect();
        let mut b = vec![0.0; m * m];
        for ((block, z), inverse) in blocks.iter().zip(&z).zip(&inverse) {
            block.normal_equations(z, inverse, &mut b, m);
        }
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
        let each = 0..blocks.len();
        let fixed: Blocks = each.clone().map(|k| &(&z[k] * &rd[k]) * &inverse[k]).collect();

        let direction = |target: f64, correction: Option<&Step>| -> Step {
            // <A_k, target S^-1 - Z Rd S^-1 - dZ dS S^-1> + b_k
            let mut right = program.objective.clone();
            for k in each.clone() {
                let mut inside = &inverse[k] * faer::Scale(target) - &fixed[k];
                if let Some(step) = correction {
                    inside -= &(&step.dz[k] * &step.ds[k]) * &inverse[k];
                }
                blocks[k].pull(inside.as_ref(), &mut right);
            }
            for (j, g) in program.linear.iter().enumerate() {
                let second = correction.map_or(0.0, |step| step.dzl[j] * step.dsl[j]);
                let v = (target - zl[j] * rl[j] - second) / sl[j];
                g.terms.iter().for_each(|&(k, c)| right[k as usize] += c * v);
            }
            let mut du = Mat::from_fn(m, 1, |k, _| right[k]);
            factor.solve_in_place(du.as_mut());
            let du: Vec<f64> = (0..m).map(|k| du[(k, 0)]).collect();
            let ds: Blocks = blocks.iter().zip(&rd).map(|(b, r)| b.slope(&du) + r).collect();
            let dz = each.clone().map(|k| {
                let mut change = &z[k] * &ds[k];
                if let Some(step) = correction {
                    change += &step.dz[k] * &step.ds[k];
                }
                let change = &change * &inverse[k];
                let (inverse, z) = (&inverse[k], &z[k]);
                Mat::from_fn(z.nrows(), z.ncols(), |i, j| {
                    target * inverse[(i, j)] - z[(i, j)] - 0.5 * (change[(i, j)] + change[(j, i)])
                })
            });
            let dz: Blocks = dz.collect();
            let linear = program.linear.iter().zip(&rl);
            let dsl: Vec<f64> = linear.map(|(g, r)| r + g.slope(&du)).collect();
            let dzl = (0..q)
                .map(|j| {
                    let second = correction.map_or(0.0, |step| step.dzl[j] * step.dsl[j]);
                    (target - zl[j] * dsl[j] - second) / sl[j] - zl[j]
                })
                .collect();
            Step { du, ds, dz, dsl, dzl }
        };
        let lengths = |step: &Step, damping: f64| -> Option<(f64, f64)> {
            let room = |least: f64| {
                if least < 0.0 { -damping / least } else { f64::MAX }
            };
            let (mut a, mut b) = (f64::MAX, f64::MAX);
            for k in each.clone() {
                a = a.min(room(least_relative(llt_s[k].L(), step.ds[k].as_ref())?));
                b = b.min(room(least_relative(llt_z[k].L(), step.dz[k].as_ref())?));
            }
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
        let ahead = |x: &Blocks, d: &Blocks, t: f64| -> Blocks {
            x.iter().zip(d).map(|(x, d)| x + &(d * faer::Scale(t))).collect()
        };
        let mut after = inner(&ahead(&s, &predictor.ds, a), &ahead(&z, &predictor.dz, c));
        for j in 0..q {
            after += (sl[j] + a * predictor.dsl[j]) * (zl[j] + c * predictor.dzl[j]);
        }
        let shrink = (after / degree / mu).max(0.0);
        let sigma = shrink.powi(if a.min(c) > 0.3 { 3 } else { 2 }).clamp(1e-6, 1.0);
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

/// One matrix for every block.
type Blocks = Vec<Mat<f64>>;

struct Step {
    du: Vec<f64>,
    ds: Blocks,
    dz: Blocks,
    dsl: Vec<f64>,
    dzl: Vec<f64>,
}

fn inner(a: &Blocks, b: &Blocks) -> f64 {
    let product = |(a, b): (&Mat<f64>, &Mat<f64>)| {
        let columns = 0..a.ncols();
        let column = |j| a.col_as_slice(j).iter().zip(b.col_as_slice(j));
        columns.flat_map(column).map(|(x, y)| x * y).sum::<f64>()
    };
    a.iter().zip(b).map(product).sum()
}

/// The dual on the whole matrix, `sum of W Z W^T`; its mean over the group is as good.
fn dual_of(program: &Program, reduced: &[Reduced], z: &Blocks, linear: &[f64]) -> Dual {
    let mut whole = Mat::zeros(program.size, program.size);
    match reduced {
        [] => whole.clone_from(&z[0]),
        list => {
            for (block, z) in list.iter().zip(z) {
                whole += &(&block.basis * z) * block.basis.transpose();
            }
        }
    }
    let columns = (0..whole.ncols()).flat_map(|j| whole.col_as_slice(j));
    Dual { matrix: columns.copied().collect(), linear: linear.to_vec() }
}
