//! Stratified bootstrap: confidence intervals for a statistic of runs on several tasks.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// A point estimate with a percentile interval; *sampled*.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The statistic of the runs themselves.
    pub estimate: f64,
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

/// How to resample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// Number of resamples.
    pub resamples: usize,
    /// Confidence, e.g. 0.95.
    pub confidence: f64,
    /// Seed of the Xoshiro256++ stream.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Bootstrap { resamples: 2000, confidence: 0.95, seed: 0 }
    }
}

impl Bootstrap {
    /// Percentile interval of `statistic` over runs: `tasks[t]` holds the scores of the runs on task `t`, and every
    /// resample draws each task's runs anew with replacement (arXiv 2108.13264). The statistic sees the same shape.
    /// `None` if there is no task, a task without runs, or a statistic that is `None` or NaN.
    ///
    /// ```
    /// use bellwether::stats::{Bootstrap, interquartile_mean};
    /// let runs = vec![(0..30).map(f64::from).collect::<Vec<_>>()];
    /// let ci = Bootstrap::default().interval(&runs, |t| interquartile_mean(&t.concat())).unwrap();
    /// assert!(ci.lower < 14.5 && ci.estimate == 14.5 && 14.5 < ci.upper);
    /// ```
    pub fn interval(&self, tasks: &[Vec<f64>], statistic: impl Fn(&[Vec<f64>]) -> Option<f64>) -> Option<Interval> {
        if tasks.is_empty() || tasks.iter().any(Vec::is_empty) || self.resamples == 0 {
            return None;
        }
        let finite = |v: Option<f64>| v.filter(|v| !v.is_nan());
        let estimate = finite(statistic(tasks))?;
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let mut resample = tasks.to_vec();
        let mut values = Vec::with_capacity(self.resamples);
        for _ in 0..self.resamples {
            for (drawn, runs) in resample.iter_mut().zip(tasks) {
                for v in drawn.iter_mut() {
                    // Lemire: an index below n, biased by less than n 2^-64
                    let k = (u128::from(rng.next_u64()) * runs.len() as u128) >> 64;
                    *v = runs[k as usize];
                }
            }
            values.push(finite(statistic(&resample))?);
        }
        values.sort_by(f64::total_cmp);
        let tail = 0.5 * (1.0 - self.confidence.clamp(0.0, 1.0));
        Some(Interval { estimate, lower: percentile(&values, tail), upper: percentile(&values, 1.0 - tail) })
    }
}

/// Percentile with linear interpolation, as numpy's default.
fn percentile(sorted: &[f64], q: f64) -> f64 {
    let at = q * (sorted.len() - 1) as f64;
    let (k, part) = (at.floor() as usize, at.fract());
    match sorted.get(k + 1) {
        Some(next) if part > 0.0 => sorted[k] + part * (next - sorted[k]),
        _ => sorted[k],
    }
}

#[cfg(test)]
mod tests {
    use super::percentile;

    /// `numpy.percentile([1, 2, 4, 8], [0, 50, 90, 100])`.
    #[test]
    fn percentiles_are_interpolated() {
        let v = [1.0, 2.0, 4.0, 8.0];
        for (q, wanted) in [(0.0, 1.0), (0.5, 3.0), (0.9, 6.8), (1.0, 8.0)] {
            assert!((percentile(&v, q) - wanted).abs() < 1e-12, "{q}");
        }
    }
}
