//! Shared randomness: mixtures of deterministic policies, whose optima are thresholds.

use super::law::{below, density_of, has_atoms, largest, marks, partial_mean};
use super::{BoundError, Class, Point, QueueModel, Support};
use crate::env::queueing::JobLaw;

/// Points of the global search.
const SCAN: usize = 4000;

/// A deterministic policy: router `i` answers `sign(t_i - x_i)`, and `2C - 1` is `sign` times the product.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// The thresholds; infinite for a router that ignores its job.
    pub t: [f64; 2],
    /// 1: same server iff both jobs are small or both large; -1: iff exactly one is small.
    pub sign: f64,
}

/// `F = E sign(t - x)` and `H = E y sign(t - x)`.
#[derive(Debug, Clone, Copy)]
struct Signed {
    f: f64,
    h: f64,
}

impl QueueModel {
    fn signed(&self, router: usize, t: f64) -> Signed {
        let law = &self.jobs[router];
        let p = below(law, t, false);
        let low = partial_mean(law, t, false) + self.delta * p;
        Signed { f: 2.0 * p - 1.0, h: 2.0 * low - self.mean[router] }
    }

    /// The best answer of `router` to the other's `F, H`: its threshold, and `E |theta F - y H|`.
    fn reply(&self, router: usize, theta: f64, other: Signed) -> (f64, f64) {
        let (alpha, beta) = (theta * other.f, other.h);
        let edge = alpha / beta - self.delta;
        // sign(alpha - y beta) = sign(beta) sign(edge - x), where it depends on x at all
        if beta == 0.0 || edge.is_nan() || edge <= 0.0 || edge.is_infinite() {
            let constant = (alpha - self.mean[router] * beta).abs();
            return (f64::INFINITY, constant);
        }
        let own = self.signed(router, edge);
        (edge, (alpha * own.f - beta * own.h).abs())
    }

    /// `J_SR(theta) = max_t2 E |theta F(t2) - y H(t2)|` with its policy: a global search over the threshold of the second
    /// router, polished by alternation and, for laws with a density, Newton's method.
    ///
    /// # Errors
    /// [`BoundError::Unsuitable`] unless there are two servers.
    pub fn sr(&self, theta: f64) -> Result<(Support, Thresholds), BoundError> {
        self.two_servers("shared-randomness frontier")?;
        let second = &self.jobs[1];
        let value = |t2: f64| self.reply(0, theta, self.signed(1, t2)).1;
        let mut scan = scan(second);
        scan.push(f64::INFINITY);
        let values: Vec<f64> = scan.iter().map(|&t| value(t)).collect();
        // every local maximum of the scan is a candidate: two may be nearly equal, as on the mixing segment
        let local = |i: &usize| {
            let i = *i;
            (i == 0 || values[i] >= values[i - 1]) && (i + 1 == values.len() || values[i] >= values[i + 1])
        };
        let best = values.iter().fold(f64::NEG_INFINITY, |m, v| m.max(*v));
        let candidates = (0..scan.len()).filter(local);
        let near = candidates.filter(|&i| values[i] >= best - 1e-3 * best.abs());
        let mut found: Option<(Support, Thresholds)> = None;
        for i in near.take(50) {
            let polished = self.polish(theta, scan[i]);
            if found.is_none_or(|(s, _)| polished.0.j > s.j) {
                found = Some(polished);
            }
        }
        found.ok_or(BoundError::NotConverged { what: "shared-randomness frontier", residual: f64::NAN, rounds: SCAN })
    }

    /// Alternating best replies from a threshold of the second router, then Newton.
    fn polish(&self, theta: f64, start: f64) -> (Support, Thresholds) {
        let mut t = [f64::INFINITY, start];
        let mut j = f64::NEG_INFINITY;
        for _ in 0..2000 {
            let before = t;
            let next = self.reply(0, theta, self.signed(1, t[1]));
            t[0] = next.0;
            let next = self.reply(1, theta, self.signed(0, t[0]));
            t[1] = next.0;
            j = next.1.max(j);
            let still = |i: usize| t[i] == before[i] || (t[i] - before[i]).abs() < 1e-15 * t[i];
            if still(0) && still(1) {
                break;
            }
        }
        if !self.jobs.iter().any(has_atoms) {
            t = self.newton(theta, t);
        }
        let (first, second) = (self.signed(0, t[0]), self.signed(1, t[1]));
        let product = theta * first.f * second.f - first.h * second.h;
        let sign = if product >= 0.0 { 1.0 } else { -1.0 };
        let s = 0.5 * (1.0 + sign * first.f * second.f);
        let k = 0.5 * (self.mean_product() + sign * first.h * second.h);
        (self.support(theta, s, k), Thresholds { t, sign })
    }

    /// `(t1 + delta) H(t2) = theta F(t2)` and the same with 1 and 2 exchanged, for finite thresholds.
    fn newton(&self, theta: f64, start: [f64; 2]) -> [f64; 2] {
        let mut t = start;
        let size = |t: [f64; 2]| -> ([f64; 2], f64) {
            let s = [self.signed(0, t[0]), self.signed(1, t[1])];
            let g = [0, 1]
                .map(|i| if t[i].is_infinite() { 0.0 } else { (t[i] + self.delta) * s[1 - i].h - theta * s[1 - i].f });
            (g, g[0].abs() + g[1].abs())
        };
        for _ in 0..20 {
            let (g, residual) = size(t);
            if residual == 0.0 {
                break;
            }
            let s = [self.signed(0, t[0]), self.signed(1, t[1])];
            // d g_i / d t_i = H_{1-i};  d g_i / d t_{1-i} = 2 f(t) ((t_i + delta) y - theta)
            let cross = |i: usize| {
                let o = 1 - i;
                if t[i].is_infinite() || t[o].is_infinite() {
                    return 0.0;
                }
                let f = density_of(&self.jobs[o], t[o]);
                2.0 * f * ((t[i] + self.delta) * (t[o] + self.delta) - theta)
            };
            let own = |i: usize| {
                if t[i].is_infinite() { 1.0 } else { s[1 - i].h }
            };
            let (a, b, c, d) = (own(0), cross(0), cross(1), own(1));
            let det = a * d - b * c;
            if det == 0.0 || !det.is_finite() {
                break;
            }
            let step = [(d * g[0] - b * g[1]) / det, (a * g[1] - c * g[0]) / det];
            let mut next = t;
            for i in 0..2 {
                if next[i].is_finite() {
                    next[i] -= step[i];
                }
            }
            let fine = next.iter().all(|t| *t > 0.0);
            if !fine || size(next).1 >= residual {
                break;
            }
            t = next;
        }
        t
    }

    /// The shared-randomness frontier at `s`, see [`QueueModel::curve`].
    ///
    /// # Errors
    /// As there.
    pub fn sr_curve(&self, s: f64) -> Result<Point, BoundError> {
        self.curve(Class::SharedRandomness, s)
    }
}

/// Thresholds to try: quantiles of exponential laws, evenly spaced sizes, and what has probability.
fn scan(law: &JobLaw) -> Vec<f64> {
    let end = largest(law);
    let mut scan: Vec<f64> = (1..SCAN / 2).map(|i| -law.mean() * (-(i as f64) / (SCAN / 2) as f64).ln_1p()).collect();
    scan.extend((1..SCAN / 2).map(|i| end * i as f64 / (SCAN / 2) as f64));
    scan.extend(marks(law));
    scan.retain(|t| *t > 0.0);
    scan.sort_by(f64::total_cmp);
    scan.dedup();
    scan
}
