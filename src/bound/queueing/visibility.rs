//! Noise: the visibility of the Bell pair below which entanglement is of no use.

use super::{BoundError, Class, QueueModel};

impl QueueModel {
    /// The critical visibility at `s`: `v* = J_SR / J_Q` at the multiplier of the shared-randomness frontier. A Werner
    /// state of visibility `v` beats shared randomness at this `s` iff `v > v*`.
    ///
    /// # Errors
    /// As [`QueueModel::curve`]; [`BoundError::Unsuitable`] at `s = 0` and `1`, where all classes agree.
    pub fn visibility(&self, s: f64) -> Result<f64, BoundError> {
        if s <= 0.0 || s >= 1.0 {
            return Err(BoundError::Unsuitable {
                method: "critical visibility",
                why: format!("s = {s} given, wanted between 0 and 1"),
            });
        }
        let theta = self.curve(Class::SharedRandomness, s)?.theta;
        let (sr, q) = (self.sr(theta)?.0, self.quantum(theta)?.0);
        Ok(sr.j / q.j)
    }

    /// A lower bound on the wait at `s` with a Werner state of visibility `v` and any measurements: a behaviour is `v`
    /// times one of the Bell state plus `1 - v` times a local one, so `J <= v J_Q + (1 - v) J_SR`.
    ///
    /// # Errors
    /// As [`QueueModel::curve`]; [`BoundError::Unsuitable`] for a visibility outside `[0,1]`.
    pub fn noisy_lower_bound(&self, v: f64, s: f64) -> Result<f64, BoundError> {
        if !(0.0..=1.0).contains(&v) {
            return Err(BoundError::Unsuitable {
                method: "noisy frontier",
                why: format!("visibility {v} given, wanted 0 to 1"),
            });
        }
        let point = self.curve(Class::Noisy(v), s)?;
        if s == 0.0 || s == 1.0 {
            return Ok(point.wait);
        }
        let line = |theta: f64| -> Result<f64, BoundError> {
            let (sr, (_, _, upper)) = (self.sr(theta)?.0, self.quantum(theta)?);
            Ok(self.supporting_line(theta, v * upper + (1.0 - v) * sr.j, s))
        };
        // any multiplier gives a bound; golden section finds a good one around the frontier's own
        let (mut a, mut b) = (0.7 * point.theta, 1.4 * point.theta);
        const GOLDEN: f64 = 0.618_033_988_749_894_9;
        let mut best = line(point.theta)?;
        let (mut c, mut d) = (b - GOLDEN * (b - a), a + GOLDEN * (b - a));
        let (mut fc, mut fd) = (line(c)?, line(d)?);
        for _ in 0..40 {
            best = best.max(fc).max(fd);
            if fc > fd {
                (b, d, fd) = (d, c, fc);
                c = b - GOLDEN * (b - a);
                fc = line(c)?;
            } else {
                (a, c, fc) = (c, d, fd);
                d = a + GOLDEN * (b - a);
                fd = line(d)?;
            }
        }
        Ok(best)
    }
}
