//! From `C(x1,x2)` to throughput and wait.

use super::quadrature::{expect, panel, smooth};
use super::{BoundError, QueueModel};
use crate::env::queueing::Baseline;

/// The two moments of `C` on which everything depends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// `s = E[C]`, the probability that both routers choose the same server.
    pub s: f64,
    /// `k = E[y1 y2 C]`.
    pub k: f64,
}

impl QueueModel {
    /// The moments of any smooth `C(x1,x2) = P(a1 = a2 | x1,x2)`, by two-dimensional quadrature.
    pub fn moments(&self, c: impl Fn(f64, f64) -> f64) -> Moments {
        let [first, second] = &self.jobs;
        let inner = |x1: f64| {
            expect(second, smooth(second), &[], |x2| {
                let same = c(x1, x2);
                [same, (x2 + self.delta) * same]
            })
        };
        let [s, k] = expect(first, smooth(first), &[], |x1| {
            let [s, k] = inner(x1);
            [s, (x1 + self.delta) * k]
        });
        Moments { s, k }
    }

    /// Mean wait per customer: `W = W0 + a k - (b^2/a) s`.
    pub fn wait(&self, m: Moments) -> f64 {
        self.w0 + self.a * m.k - self.b * self.b / self.a * m.s
    }

    /// Throughput on the baseline task per unit time, all servers: `R = K (1-rho) lam_s E[T(I)]`, `I ~ Exp(lam_s)`.
    ///
    /// Closed forms for every [`Baseline`] but non-integer powers and functions, which are integrated. Per step of the
    /// decision process it is `R / lambda`.
    pub fn throughput(&self, s: f64) -> f64 {
        let rate = self.arrival * (2.0 - s) / self.servers as f64;
        let mean = match self.baseline {
            Baseline::Power(n) if n.fract() == 0.0 => (1..=n as u32).map(|j| f64::from(j) / rate).product(),
            Baseline::Shifted(t0) => (-rate * t0).exp() / rate,
            Baseline::Exponential(c) => c / (rate - c),
            Baseline::Linear => 1.0 / rate,
            other => integrate(rate, |t| other.reward(t)),
        };
        self.servers as f64 * (1.0 - self.rho) * rate * mean
    }

    /// The `s` of a throughput, the inverse of [`QueueModel::throughput`], by bisection.
    ///
    /// # Errors
    /// [`BoundError::Unsuitable`] if no policy has this throughput, or all have (a linear baseline).
    pub fn same_server_rate(&self, throughput: f64) -> Result<f64, BoundError> {
        let (low, high) = (self.throughput(0.0), self.throughput(1.0));
        let slack = 1e-12 * high.abs();
        let inside = throughput >= low - slack && throughput <= high + slack;
        if high <= low + slack || !inside {
            return Err(BoundError::Unsuitable {
                method: "throughput",
                why: format!("{throughput} given, balanced policies have {low} to {high}"),
            });
        }
        let (mut a, mut b) = (0.0, 1.0);
        for _ in 0..80 {
            let middle = 0.5 * (a + b);
            if self.throughput(middle) < throughput {
                a = middle;
            } else {
                b = middle;
            }
        }
        Ok(0.5 * (a + b))
    }

    /// `dR/ds`, by central differences of the closed form.
    pub fn throughput_slope(&self, s: f64) -> f64 {
        let h = 1e-5;
        let (a, b) = ((s - h).max(0.0), (s + h).min(1.0));
        (self.throughput(b) - self.throughput(a)) / (b - a)
    }

    /// The Lagrange multiplier of a constraint on the wait per customer, for a reward per step: `(dR/ds)/(lambda dW/ds)`
    /// with `dW/ds = a theta - b^2/a`.
    pub fn multiplier(&self, s: f64, theta: f64) -> f64 {
        let slope = self.a * theta - self.b * self.b / self.a;
        self.throughput_slope(s) / (self.arrival * slope)
    }
}

/// `E T(I)` for `I ~ Exp(rate)`, by panels that double in width.
fn integrate(rate: f64, reward: impl Fn(f64) -> f64) -> f64 {
    let mut ends = vec![0.0];
    ends.extend((-40..=7).map(|j| 2.0_f64.powi(j)));
    let mut sum = 0.0;
    for pair in ends.windows(2) {
        let half = 0.5 * (pair[1] - pair[0]);
        for (node, weight) in panel() {
            let z = pair[0] + half * (1.0 + node);
            sum += half * weight * (-z).exp() * reward(z / rate);
        }
    }
    sum
}
