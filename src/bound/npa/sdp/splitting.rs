//! Alternating direction method on the dual (Wen, Goldfarb, Yin 2010; "boundary point method").
//!
//! One eigen-decomposition a step. Entries of one value are disjoint from those of another, so without
//! symmetry the projection on the moment matrices is one average per class.

use super::{Dual, Program, Report};
use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::matmul::matmul;
use faer::linalg::solvers::{Llt, Solve};
use faer::{Accum, Mat, Par, Side};

/// Over-relaxation of the multiplier step.
const RELAXATION: f64 = 1.6;

/// How `(sum over values of count * slope slope^T + G^T G)` is inverted.
enum Normal {
    Diagonal(Vec<f64>),
    Dense(Llt<f64>),
}

impl Normal {
    fn new(program: &Program) -> Option<Self> {
        let m = program.free;
        let mut count = vec![0.0; program.values.len()];
        for &class in &program.entry {
            if let Some(c) = count.get_mut(class as usize) {
                *c += 1.0;
            }
        }
        let simple = program.linear.is_empty() && program.values.iter().all(|v| v.terms.len() <= 1);
        if simple {
            let mut diagonal = vec![0.0; m];
            for (v, n) in program.values.iter().zip(&count) {
                v.terms.iter().for_each(|&(k, c)| diagonal[k as usize] += n * c * c);
            }
            return Some(Normal::Diagonal(diagonal));
        }
        let mut dense = Mat::<f64>::zeros(m, m);
        let mut add = |terms: &[(u32, f64)], weight: f64| {
            for &(k, c) in terms {
                for &(l, d) in terms {
                    dense[(k as usize, l as usize)] += weight * c * d;
                }
            }
        };
        program.values.iter().zip(&count).for_each(|(v, &n)| add(&v.terms, n));
        program.linear.iter().for_each(|g| add(&g.terms, 1.0));
        Some(Normal::Dense(dense.llt(Side::Lower).ok()?))
    }

    fn solve(&self, right: &mut Mat<f64>) {
        match self {
            Normal::Diagonal(d) => {
                for (k, d) in d.iter().enumerate() {
                    right[(k, 0)] /= d;
                }
            }
            Normal::Dense(factor) => factor.solve_in_place(right.as_mut()),
        }
    }
}

/// Iterates until `report` says stop; `false` if it could not start or an eigen-decomposition failed.
pub fn solve(program: &Program, mut report: impl FnMut(Report<'_>) -> bool) -> bool {
    let (n, m, q) = (program.size, program.free, program.linear.len());
    let Some(normal) = Normal::new(program) else {
        return false;
    };
    let mut u = vec![0.0; m];
    let mut right = Mat::<f64>::zeros(m, 1);
    let mut pulled = vec![0.0; m];
    let mut sums = vec![0.0; program.values.len()];
    let mut numbers = vec![0.0; program.values.len()];
    let mut s = Mat::<f64>::identity(n, n);
    let mut z = Mat::<f64>::zeros(n, n);
    let (mut sl, mut zl) = (vec![1.0; q], vec![0.0; q]);
    let mut moment = Mat::<f64>::zeros(n, n);
    let mut v = Mat::<f64>::zeros(n, n);
    let mut vectors = Mat::<f64>::zeros(n, n);
    let mut scaled = Mat::<f64>::zeros(n, n);
    let mut values = Diag::<f64>::zeros(n);
    let mut buffer =
        MemBuffer::new(self_adjoint_evd_scratch::<f64>(n, ComputeEigenvectors::Yes, Par::Seq, Default::default()));
    let top = program.objective.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
    let mut rho = top.max(1e-3);
    let mut checkpoint = 50;
    let mut balance = 0i32;
    let mut iteration = 0;
    loop {
        iteration += 1;
        // u: M(u) nearest to S + (Z + objective) / rho
        for j in 0..n {
            let (s, z) = (s.col_as_slice(j), z.col_as_slice(j));
            let sum = s.iter().zip(z).map(|(s, z)| s + z / rho);
            v.col_as_slice_mut(j).iter_mut().zip(sum).for_each(|(v, x)| *v = x);
        }
        constants_out(program, &mut v);
        program.gather(v.as_ref(), &mut sums);
        pulled.iter_mut().zip(&program.objective).for_each(|(p, b)| *p = b / rho);
        program.pull(&sums, &mut pulled);
        for (j, g) in program.linear.iter().enumerate() {
            let x = sl[j] + zl[j] / rho - g.constant;
            g.terms.iter().for_each(|&(k, c)| pulled[k as usize] += c * x);
        }
        for (k, p) in pulled.iter().enumerate() {
            right[(k, 0)] = *p;
        }
        normal.solve(&mut right);
        for (k, u) in u.iter_mut().enumerate() {
            *u = right[(k, 0)];
        }
        // S and Z: the positive and negative parts of M(u) - Z / rho
        numbers.iter_mut().zip(&program.values).for_each(|(x, a)| *x = a.at(&u));
        program.fill(&numbers, &mut moment);
        for j in 0..n {
            let (x, z) = (moment.col_as_slice(j), z.col_as_slice(j));
            let difference = x.iter().zip(z).map(|(x, z)| x - z / rho);
            v.col_as_slice_mut(j).iter_mut().zip(difference).for_each(|(v, x)| *v = x);
        }
        let done = self_adjoint_evd(
            v.as_ref(),
            values.as_mut(),
            Some(vectors.as_mut()),
            Par::Seq,
            MemStack::new(&mut buffer),
            Default::default(),
        );
        if done.is_err() {
            return false;
        }
        // ascending eigenvalues: the smaller side is summed up, the other follows
        let list = values.column_vector();
        let below = (0..n).take_while(|&k| list[k] < 0.0).count();
        let few = below <= n - below;
        let range = if few { 0..below } else { below..n };
        let width = range.len();
        for (to, from) in range.clone().enumerate() {
            let factor = list[from].abs();
            let column = vectors.col_as_slice(from).iter();
            let target = scaled.col_as_slice_mut(to).iter_mut();
            target.zip(column).for_each(|(t, x)| *t = factor * x);
        }
        // s becomes V+ with the old S kept for the residual
        let part = &mut moment;
        matmul(
            part.as_mut(),
            Accum::Replace,
            scaled.as_ref().subcols(0, width),
            vectors.as_ref().subcols(range.start, width).transpose(),
            1.0,
            Par::Seq,
        );
        let (mut moved, mut gap) = (0.0_f64, 0.0_f64);
        for j in 0..n {
            let part = part.col_as_slice(j);
            let v = v.col_as_slice(j);
            let (s, z) = (s.col_as_slice_mut(j), z.col_as_slice_mut(j));
            for (((s, z), v), p) in s.iter_mut().zip(z).zip(v).zip(part) {
                // V = V+ - V-
                let (plus, minus) = if few { (v + p, *p) } else { (*p, p - v) };
                moved += (plus - *s).powi(2);
                let change = rho * minus - *z;
                gap += (change / rho).powi(2);
                *s = plus;
                *z += RELAXATION * change;
            }
        }
        for (j, g) in program.linear.iter().enumerate() {
            let x = g.at(&u) - zl[j] / rho;
            moved += (x.max(0.0) - sl[j]).powi(2);
            let change = rho * (-x).max(0.0) - zl[j];
            gap += (change / rho).powi(2);
            sl[j] = x.max(0.0);
            zl[j] += RELAXATION * change;
        }
        let (moved, gap) = (rho * moved.sqrt(), gap.sqrt());
        let check = iteration == checkpoint;
        let dual = check
            .then(|| Dual { matrix: (0..n).flat_map(|j| z.col_as_slice(j)).copied().collect(), linear: zl.clone() });
        if check {
            checkpoint += (checkpoint / 4).clamp(25, 500);
        }
        let told = Report {
            iteration,
            primal: u.iter().zip(&program.objective).map(|(u, b)| u * b).sum(),
            residual: moved.max(gap),
            dual: dual.as_ref(),
        };
        if report(told) {
            return true;
        }
        // keep the two residuals of one size
        balance += if gap > 1.5 * moved {
            1
        } else if moved > 1.5 * gap {
            -1
        } else {
            -balance.signum()
        };
        // ever more rarely, so that the method converges with a penalty that stays
        let patience = (iteration / 10).max(10) as i32;
        if balance.abs() > patience {
            rho *= if balance > 0 { 1.5 } else { 1.0 / 1.5 };
            balance = 0;
        }
    }
}

/// Subtracts from every entry the constant part of its value.
fn constants_out(program: &Program, v: &mut Mat<f64>) {
    for (j, column) in program.entry.chunks_exact(program.size).enumerate() {
        for (x, &class) in v.col_as_slice_mut(j).iter_mut().zip(column) {
            if let Some(value) = program.values.get(class as usize) {
                *x -= value.constant;
            }
        }
    }
}
