//! The frontier `W(s)` of every class, from its supporting lines.

use super::{BoundError, QueueModel};

/// What one Lagrange multiplier says about a class: an optimal policy's moments and the value
/// `J = E[(2C-1)(theta - y1 y2)]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Support {
    /// The multiplier.
    pub theta: f64,
    /// `E[C]` of the optimal policy.
    pub s: f64,
    /// `E[y1 y2 C]` of it.
    pub k: f64,
    /// The value.
    pub j: f64,
}

/// Classes of memoryless balanced policies of two routers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Class {
    /// Communication, equal to non-signalling.
    Communication,
    /// Shared randomness.
    SharedRandomness,
    /// Shared entanglement.
    Quantum,
    /// A Werner state of this visibility and shared randomness: `J = max(J_SR, v J_Q)` (numerical: nothing better was
    /// found among hybrids).
    Noisy(f64),
}

/// A point of a frontier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// `E[C]`.
    pub s: f64,
    /// The least mean wait at this `s`.
    pub wait: f64,
    /// The multiplier of its supporting line.
    pub theta: f64,
    /// The `s` of the optimal policies that are mixed here; equal unless the point is on a mixing segment.
    pub between: (f64, f64),
}

impl Point {
    /// Whether the optimum mixes two policies.
    pub fn is_mixed(&self) -> bool {
        self.between.1 - self.between.0 > 1e-6
    }
}

impl QueueModel {
    pub(super) fn support(&self, theta: f64, s: f64, k: f64) -> Support {
        // E[(2C-1)(theta - y1 y2)]
        let j = 2.0 * (theta * s - k) - (theta - self.mean_product());
        Support { theta, s, k, j }
    }

    /// `W` on the supporting line at `theta`: a lower bound on the wait of the class whose `J` is at most `j`.
    pub fn supporting_line(&self, theta: f64, j: f64, s: f64) -> f64 {
        let (a, b) = (self.a, self.b);
        self.w0 + 0.5 * a * (self.mean_product() - theta - j) + (a * theta - b * b / a) * s
    }

    /// The optimum of a class at a multiplier.
    ///
    /// # Errors
    /// [`BoundError::Unsuitable`] for classes that need two servers.
    pub fn optimum(&self, class: Class, theta: f64) -> Result<Support, BoundError> {
        Ok(match class {
            Class::Communication => self.full(theta),
            Class::SharedRandomness => self.sr(theta)?.0,
            Class::Quantum => self.quantum(theta)?.0,
            Class::Noisy(v) => {
                let (sr, q) = (self.sr(theta)?.0, self.quantum(theta)?.0);
                if sr.j >= v * q.j {
                    return Ok(sr);
                }
                let mixed = |moment: f64, half: f64| half + v * (moment - half);
                self.support(theta, mixed(q.s, 0.5), mixed(q.k, 0.5 * self.mean_product()))
            }
        })
    }

    /// The frontier of a class at `s`: `W(s) = max_theta` of its supporting lines, by bisection on `s(theta)`.
    ///
    /// Where `s(theta)` jumps the optimum mixes two policies with weights linear in `s`, and the point says which.
    ///
    /// # Errors
    /// [`BoundError::Unsuitable`] for `s` outside `[0,1]` and classes that need two servers.
    pub fn curve(&self, class: Class, s: f64) -> Result<Point, BoundError> {
        if !(0.0..=1.0).contains(&s) {
            return Err(BoundError::Unsuitable {
                method: "frontier",
                why: format!("s = {s} given, wanted a probability"),
            });
        }
        // the ends are single policies, whatever the class
        let exact = |k: f64, theta: f64| Point { s, wait: self.wait(super::Moments { s, k }), theta, between: (s, s) };
        if s == 0.0 {
            return Ok(exact(0.0, self.delta * self.delta));
        }
        if s == 1.0 {
            return Ok(exact(self.mean_product(), f64::INFINITY));
        }
        // y1 y2 >= delta^2, so nothing is gained by meeting below
        let mut low = self.support(self.delta * self.delta, 0.0, 0.0);
        let mut theta = self.mean_product();
        let mut high = loop {
            let found = self.optimum(class, theta)?;
            if found.s >= s {
                break found;
            }
            low = found;
            theta *= 2.0;
            if theta > 1e6 * self.mean_product() {
                return Ok(self.between(s, low, low));
            }
        };
        while high.theta - low.theta > 4e-16 * high.theta && high.s - low.s > 1e-14 {
            // regula falsi where s is smooth, but never a step shorter than a tenth
            let along = ((s - low.s) / (high.s - low.s)).clamp(0.1, 0.9);
            let mut theta = low.theta + along * (high.theta - low.theta);
            if theta <= low.theta || theta >= high.theta {
                theta = 0.5 * (low.theta + high.theta);
                if theta <= low.theta || theta >= high.theta {
                    break;
                }
            }
            let found = self.optimum(class, theta)?;
            if (found.s - s).abs() < 1e-13 {
                return Ok(self.between(s, found, found));
            }
            if found.s < s {
                low = found;
            } else {
                high = found;
            }
        }
        Ok(self.between(s, low, high))
    }

    fn between(&self, s: f64, low: Support, high: Support) -> Point {
        let line = |end: Support| self.supporting_line(end.theta, end.j, s);
        let best = if line(low) > line(high) { low } else { high };
        Point { s, wait: line(best), theta: best.theta, between: (low.s, high.s) }
    }
}
