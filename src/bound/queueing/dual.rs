//! An upper bound on every quantum strategy of any dimension: the dual of the semidefinite program in closed form.

use super::QueueModel;
use super::quadrature::{Focus, expect};

/// Bound from positive functions `lambda(x1)`, `mu(x2)`: with `G_f = E[(1,y)^T (1,y) / f]` and `D = diag(theta, -1)`,
/// if `|| G_lambda^(1/2) D G_mu^(1/2) || <= 1` then every strategy has `J <= (E lambda + E mu)/2`; otherwise multiply by
/// the norm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DualBound {
    /// The multiplier.
    pub theta: f64,
    /// The norm before scaling; 1 where the functions are optimal.
    pub norm: f64,
    /// The bound on `J`.
    pub bound: f64,
}

impl DualBound {
    /// From the means of `lambda` and `mu` and the entries `E 1/f`, `E y/f`, `E y^2/f` of both matrices.
    pub fn of_means(theta: f64, means: [f64; 2], g: [[f64; 3]; 2]) -> Self {
        let [g1, g2] = g;
        // X = G1 D G2 D, whose largest eigenvalue is the squared norm
        let (a, b, c) = (g1[0], g1[1], g1[2]);
        let (d, e, f) = (theta * theta * g2[0], -theta * g2[1], g2[2]);
        let x = [[a * d + b * e, a * e + b * f], [b * d + c * e, b * e + c * f]];
        let trace = x[0][0] + x[1][1];
        let half = 0.5 * trace;
        // (x00 - x11)^2/4 + x01 x10 = half^2 - det without cancellation
        let gap = 0.25 * (x[0][0] - x[1][1]).powi(2) + x[0][1] * x[1][0];
        let norm = (half + gap.max(0.0).sqrt()).sqrt();
        DualBound { theta, norm, bound: 0.5 * (means[0] + means[1]) * norm.max(1.0) }
    }
}

impl QueueModel {
    /// The dual bound of two positive functions of `y`, by quadrature with panels refined around `focus` (a size and a
    /// scale for each router).
    pub fn dual_bound(&self, theta: f64, functions: [&dyn Fn(f64) -> f64; 2], focus: [(f64, f64); 2]) -> DualBound {
        let of = |i: usize| {
            let (centre, width) = focus[i];
            expect(&self.jobs[i], Focus { centre, width }, &[], |x| {
                let y = x + self.delta;
                let f = functions[i](y);
                [f, 1.0 / f, y / f, y * y / f]
            })
        };
        let [m1, a1, b1, c1] = of(0);
        let [m2, a2, b2, c2] = of(1);
        DualBound::of_means(theta, [m1, m2], [[a1, b1, c1], [a2, b2, c2]])
    }
}
