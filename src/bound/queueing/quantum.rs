//! Shared entanglement: planar strategies of one Bell pair, by see-saw and then Newton's method.

use super::dual::DualBound;
use super::quadrature::{Focus, expect};
use super::{BoundError, Class, Point, QueueModel, Support};
use crate::quantum::C64;

/// Starts of the see-saw, `(Re w, Im w)` in units of the mean of `y`.
const STARTS: [(f64, f64); 6] = [(0.3, 0.1), (0.3, 1.0), (1.0, 0.3), (1.5, 1.0), (3.0, 0.3), (3.0, 1.5)];

/// A strategy on `|Phi+>`: router `i` with job `x` measures along `unit(w_i - y)` in the plane of Z and X.
///
/// `2C - 1 = Re(e^(i phase) unit(w_1 - y_1) conj(unit(w_2 - y_2)))`; any state, any dimension and any measurements do no
/// better (Tsirelson; the kernel `theta - y1 y2` has rank 2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Planar {
    /// Centres of the two routers, in units of `y`.
    pub w: [C64; 2],
    /// Angle between the two planes.
    pub phase: f64,
    /// `delta` of the model: `y = x + delta`.
    pub delta: f64,
}

/// `E 1/R`, `E y/R`, `E y^2/R` with `R = |w - y|`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inverse(pub [f64; 3]);

impl Inverse {
    /// `E unit(w - y)`.
    fn mean(&self, w: C64) -> C64 {
        w * self.0[0] - self.0[1]
    }

    /// `E y unit(w - y)`.
    pub(super) fn first(&self, w: C64) -> C64 {
        w * self.0[1] - self.0[2]
    }

    /// `E R`.
    fn distance(&self, w: C64) -> f64 {
        w.norm_sqr() * self.0[0] - 2.0 * w.re * self.0[1] + self.0[2]
    }
}

impl Planar {
    /// Direction of the measurement of a router with a job of size `x`, an angle from Z towards X.
    pub fn angle(&self, router: usize, x: f64) -> f64 {
        let turn = if router == 0 { self.phase } else { 0.0 };
        turn + (self.w[router] - (x + self.delta)).arg()
    }

    /// `C(x1,x2) = cos^2((alpha - beta)/2)`.
    pub fn same_server(&self, x1: f64, x2: f64) -> f64 {
        0.5 * (1.0 + (self.angle(0, x1) - self.angle(1, x2)).cos())
    }

    /// The POVM `(I +- A)/2`, `A = cos Z + sin X`, of a router: two row-major 2 x 2 matrices, one after the other.
    pub fn povm(&self, router: usize, x: f64) -> [C64; 8] {
        let (sin, cos) = self.angle(router, x).sin_cos();
        let element =
            |sign: f64| [0.5 * (1.0 + sign * cos), 0.5 * sign * sin, 0.5 * sign * sin, 0.5 * (1.0 - sign * cos)];
        let (zero, one) = (element(1.0), element(-1.0));
        std::array::from_fn(|i| C64::from(if i < 4 { zero[i] } else { one[i - 4] }))
    }

    /// The parameters `(p, q, psi)` of a symmetric strategy, `alpha = psi + arctan((x1-p)/q)`, `beta = -arctan((x2-p)/q)`.
    pub fn parameters(&self) -> (f64, f64, f64) {
        let (p, q) = (self.w[0].re - self.delta, self.w[0].im.abs());
        // unit(w - y) = i e^(i arctan z), and its conjugate for the other router
        let psi = (self.phase + std::f64::consts::PI).rem_euclid(2.0 * std::f64::consts::PI);
        (p, q, psi)
    }
}

impl QueueModel {
    pub(super) fn inverse(&self, router: usize, w: C64) -> Inverse {
        let (centre, width) = (w.re - self.delta, w.im.abs().max(1e-12));
        let focus = Focus { centre, width };
        Inverse(expect(&self.jobs[router], focus, &[], |x| {
            let y = x + self.delta;
            let r = (x - centre).hypot(width);
            [1.0 / r, y / r, y * y / r]
        }))
    }

    /// The best reply's centre, `theta E[unit(w-y)] / E[y unit(w-y)]`.
    fn reply_centre(&self, router: usize, theta: f64, w: C64) -> C64 {
        let i = self.inverse(router, w);
        i.mean(w) / i.first(w) * theta
    }

    /// One round of the see-saw from the first router's centre; with equal laws half a round, mirrored.
    fn round(&self, theta: f64, w: C64) -> C64 {
        let other = self.reply_centre(0, theta, w);
        if self.symmetric() {
            return other.conj();
        }
        self.reply_centre(1, theta, other)
    }

    fn planar(&self, theta: f64, w: C64) -> (Support, Planar, f64) {
        let w2 = if self.symmetric() { w.conj() } else { self.reply_centre(0, theta, w) };
        let (i1, i2) = (self.inverse(0, w), self.inverse(1, w2));
        let (u, p, v, q) = (i1.mean(w), i1.first(w), i2.mean(w2), i2.first(w2));
        let (s, k) = (u * v.conj(), p * q.conj());
        let turn = (s * theta - k).arg();
        let turned = |z: C64| (z * C64::from_polar(1.0, -turn)).re;
        let support = self.support(theta, 0.5 * (1.0 + turned(s)), 0.5 * (self.mean_product() + turned(k)));
        // the closed-form dual solution: lambda = |Q| |w1 - y|, mu = |P| |w2 - y|
        let dual = DualBound::of_means(
            theta,
            [q.norm() * i1.distance(w), p.norm() * i2.distance(w2)],
            [scaled(i1, q.norm()), scaled(i2, p.norm())],
        );
        let strategy = Planar { w: [w, w2], phase: -turn, delta: self.delta };
        (support, strategy, dual.bound)
    }

    /// `J_Q(theta)` with a strategy that attains it and an upper bound on any quantum strategy.
    ///
    /// See-saw from several starts, then Newton's method on the fixed point `w_1 = theta E[unit]/E[y unit] (w_2)`. Where
    /// the quantum optimum has become classical, a classical optimum is told with the strategy that comes near it.
    ///
    /// # Errors
    /// [`BoundError::Unsuitable`] unless there are two servers.
    pub fn quantum(&self, theta: f64) -> Result<(Support, Planar, f64), BoundError> {
        self.quantum_from(theta, None)
    }

    pub(super) fn quantum_from(&self, theta: f64, warm: Option<C64>) -> Result<(Support, Planar, f64), BoundError> {
        self.two_servers("quantum frontier")?;
        let unit = self.mean_product().sqrt();
        let start = |&(re, im): &(f64, f64)| C64::new(re, im) * unit;
        let starts = warm.into_iter().chain(STARTS.iter().map(start));
        let mut best: Option<(Support, Planar, f64)> = None;
        for w in starts {
            let mut w = w;
            for _ in 0..20 {
                w = tame(self.round(theta, w), w);
            }
            let found = self.planar(theta, self.newton_centre(theta, w));
            if best.is_none_or(|b| found.0.j > b.0.j) {
                best = Some(found);
            }
            // the dual bound says when no other start can do better
            if found.2 - found.0.j <= 1e-13 * found.2.abs() {
                break;
            }
        }
        let Some(mut best) = best else {
            return Err(BoundError::NotConverged { what: "quantum frontier", residual: f64::NAN, rounds: 0 });
        };
        if best.2 - best.0.j > 1e-12 * best.2.abs() {
            let classical = self.sr(theta)?.0;
            if classical.j > best.0.j {
                best.0 = classical;
            }
        }
        Ok(best)
    }

    /// Newton's method in `(Re w, ln Im w)` with a difference quotient; falls back to the start.
    fn newton_centre(&self, theta: f64, start: C64) -> C64 {
        let residual = |z: [f64; 2]| {
            let w = C64::new(z[0], z[1].exp());
            let next = self.round(theta, w);
            let log = if next.im > 0.0 { next.im.ln() } else { f64::NAN };
            [next.re - z[0], log - z[1]]
        };
        let size = |g: [f64; 2]| g[0].abs() / start.norm() + g[1].abs();
        if start.im <= 0.0 {
            return start;
        }
        let mut z = [start.re, start.im.ln()];
        let mut g = residual(z);
        for _ in 0..30 {
            if !size(g).is_finite() || size(g) < 4e-16 {
                break;
            }
            let mut columns = [[0.0; 2]; 2];
            for i in 0..2 {
                let h = 1e-6 * z[i].abs().max(1e-3);
                let (mut up, mut down) = (z, z);
                up[i] += h;
                down[i] -= h;
                let (gu, gd) = (residual(up), residual(down));
                columns[i] = [(gu[0] - gd[0]) / (2.0 * h), (gu[1] - gd[1]) / (2.0 * h)];
            }
            let [[a, c], [b, d]] = columns;
            let det = a * d - b * c;
            let mut step = [(d * g[0] - b * g[1]) / det, (a * g[1] - c * g[0]) / det];
            if !(step[0].is_finite() && step[1].is_finite()) {
                break;
            }
            // halve until it helps
            let mut moved = false;
            for _ in 0..12 {
                let next = [z[0] - step[0], z[1] - step[1]];
                let gn = residual(next);
                if size(gn) < size(g) {
                    (z, g, moved) = (next, gn, true);
                    break;
                }
                step = step.map(|s| 0.5 * s);
            }
            if !moved {
                break;
            }
        }
        C64::new(z[0], z[1].exp())
    }

    /// The quantum frontier at `s` with an optimal strategy and the certified lower end: `(point, strategy, dual)`, where
    /// no quantum strategy of any dimension waits less than `dual` at this `s`.
    ///
    /// # Errors
    /// As [`QueueModel::curve`].
    pub fn q_curve(&self, s: f64) -> Result<(Point, Planar, f64), BoundError> {
        let point = self.curve(Class::Quantum, s)?;
        let theta = if point.theta.is_finite() { point.theta } else { 1e6 * self.mean_product() };
        let (_, strategy, bound) = self.quantum(theta)?;
        let line = self.supporting_line(theta, bound, s);
        // both ends of the curve are single policies of every class
        let dual = if s == 0.0 || s == 1.0 { point.wait } else { line };
        Ok((point, strategy, dual))
    }

    /// The multiplier at which the quantum optimum leaves `C = 0`, for equal exponential laws with load below 1:
    /// `theta = m (delta - z)` with `(delta - z)(e^z E1(z)(1+z) - 1) = m` in units of the mean job.
    ///
    /// # Errors
    /// [`BoundError::Unsuitable`] for other laws.
    pub fn onset(&self) -> Result<f64, BoundError> {
        use crate::env::queueing::Component;
        let [(_, Component::Erlang { shape: 1, rate })] = self.jobs[0].components() else {
            return Err(BoundError::Unsuitable {
                method: "onset of the quantum curve",
                why: format!("job law {}, it is for exponential laws", self.jobs[0]),
            });
        };
        self.two_servers("onset of the quantum curve")?;
        let (delta, m) = (self.delta * rate, 1.0 + self.delta * rate);
        let g = |z: f64| (delta - z) * (z.exp() * e1(z) * (1.0 + z) - 1.0) - m;
        // g falls from infinity at 0; bisection in ln z
        let (mut low, mut high) = (-700.0_f64, delta.min(1.0).ln());
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if g(middle.exp()) > 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok(m * (delta - low.exp()) / (rate * rate))
    }
}

/// The exponential integral `E1(z)` for `0 < z <= 1`, by its series.
fn e1(z: f64) -> f64 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    let (mut sum, mut term) = (-EULER - z.ln(), -1.0);
    for j in 1..40 {
        let j = f64::from(j);
        term *= -z / j;
        sum += term / j;
    }
    sum
}

/// A centre that is finite and above the axis, or the one before.
fn tame(next: C64, before: C64) -> C64 {
    if next.re.is_finite() && next.im > 1e-13 * next.norm() { next } else { before }
}

fn scaled(i: Inverse, by: f64) -> [f64; 3] {
    i.0.map(|a| a / by)
}
