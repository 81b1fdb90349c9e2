//! Full communication, which here is also non-signalling: `C` may be any function.

use super::law::{below, has_atoms, marks, partial_mean};
use super::quadrature::{Focus, expect};
use super::{QueueModel, Support};

impl QueueModel {
    /// The optimum over all `C`: `C = 1{y1 y2 < theta}`.
    ///
    /// Non-signalling policies reach the same: for any `C` the box with `P(a1 = a2 | x1,x2) = C` and uniform marginals
    /// does not signal.
    pub fn full(&self, theta: f64) -> Support {
        let [first, second] = &self.jobs;
        let delta = self.delta;
        // C = 1 for x2 below this
        let edge = |x1: f64| theta / (x1 + delta) - delta;
        let mut breaks = vec![theta / delta - delta];
        if has_atoms(second) || marks(second).len() > 1 {
            breaks.extend(marks(second).iter().map(|x2| theta / (x2 + delta) - delta));
        }
        let focus = Focus { centre: 0.0, width: (0.05 * first.mean()).min(theta.sqrt()) };
        let [s, k] = expect(first, focus, &breaks, |x1| {
            let t = edge(x1);
            if t <= 0.0 {
                return [0.0; 2];
            }
            let p = below(second, t, true);
            [p, (x1 + delta) * (partial_mean(second, t, true) + delta * p)]
        });
        self.support(theta, s, k)
    }
}
