//! A well-centred positive point of an affine family of symmetric matrices.

use faer::linalg::solvers::{DenseSolveCore, Solve};
use faer::{Mat, Side};

/// Newton steps at most.
const STEPS: usize = 200;

/// Parameters `t` that make `first + sum t_k more_k` positive definite with room to spare, and its least eigenvalue, or `None`
/// if the largest least eigenvalue seems not to be positive.
///
/// Maximises `weight * s + log det(first + sum t_k more_k - s)` by damped Newton steps with growing weight. Floating point.
pub(super) fn centre(first: &Mat<f64>, more: &[Mat<f64>]) -> Option<Vec<f64>> {
    let n = first.nrows();
    let unknowns = more.len() + 1;
    let least = |m: &Mat<f64>| -> Option<f64> {
        let values = m.self_adjoint_eigenvalues(Side::Lower).ok()?;
        values.first().copied()
    };
    let at = |t: &[f64]| {
        let mut m = first.clone();
        for (t, d) in t.iter().zip(more) {
            m += d * faer::Scale(*t);
        }
        m
    };
    let mut t = vec![0.0; more.len()];
    let mut s = least(first)? - 1.0;
    let mut weight = 1.0;
    for _ in 0..STEPS {
        let mut m = at(&t);
        for i in 0..n {
            m[(i, i)] -= s;
        }
        let inverse = m.llt(Side::Lower).ok()?.inverse();
        // directions of the family, then -1 for s
        let mut bent: Vec<Mat<f64>> = more.iter().map(|d| &inverse * d).collect();
        bent.push(&inverse * faer::Scale(-1.0));
        let trace = |b: &Mat<f64>| (0..n).map(|i| b[(i, i)]).sum::<f64>();
        let mut gradient = Mat::from_fn(unknowns, 1, |k, _| trace(&bent[k]));
        gradient[(unknowns - 1, 0)] += weight;
        let hessian = Mat::from_fn(unknowns, unknowns, |k, l| {
            let (a, b) = (&bent[k.max(l)], &bent[k.min(l)]);
            let mut sum = if k == l { 1e-13 } else { 0.0 };
            for j in 0..n {
                for i in 0..n {
                    sum += a[(i, j)] * b[(j, i)];
                }
            }
            sum
        });
        let step = hessian.llt(Side::Lower).ok()?.solve(&gradient);
        let decrement = (0..unknowns).map(|k| step[(k, 0)] * gradient[(k, 0)]).sum::<f64>().max(0.0).sqrt();
        if !decrement.is_finite() {
            return None;
        }
        let size = if decrement < 0.25 { 1.0 } else { 1.0 / (1.0 + decrement) };
        for (k, t) in t.iter_mut().enumerate() {
            *t += size * step[(k, 0)];
        }
        s += size * step[(unknowns - 1, 0)];
        if decrement < 1e-3 {
            if weight > 1e3 * n as f64 {
                break;
            }
            weight *= 4.0;
        }
    }
    let scale = t.iter().fold(1.0f64, |a, t| a.max(t.abs()));
    (least(&at(&t))? > 1e-9 * scale).then_some(t)
}
