//! Adam, the paper's optimiser (Appendix D.5).

use crate::simd::widest;

/// First and second moments of Adam over one flat parameter vector.
///
/// `m <- b1 m + (1-b1) g`, `v <- b2 v + (1-b2) g²`,
/// `theta <- theta + lr * (m/(1-b1^t)) / (sqrt(v/(1-b2^t)) + eps)` (ascent), with `b1 = 0.9`,
/// `b2 = 0.999`, `eps = 1e-8` (Kingma and Ba, arXiv 1412.6980).
///
/// ```
/// use bellwether::learn::Adam;
/// let (mut theta, mut adam) = (vec![0.0], Adam::new(1));
/// for _ in 0..2000 {
///     let gradient = [-2.0 * (theta[0] - 3.0)]; // of -(theta - 3)^2
///     adam.ascend(&mut theta, &gradient, 0.05);
/// }
/// assert!((theta[0] - 3.0).abs() < 1e-3);
/// ```
#[derive(Debug, Clone)]
pub struct Adam {
    first: Vec<f64>,
    second: Vec<f64>,
    steps: i32,
}

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

impl Adam {
    /// Zero moments for `n` parameters.
    pub fn new(n: usize) -> Self {
        Adam { first: vec![0.0; n], second: vec![0.0; n], steps: 0 }
    }

    /// One step up the gradient. A gradient that is not finite, or whose square is not, leaves parameters and moments alone and
    /// returns `false`, so that one bad estimate cannot destroy a run.
    pub fn ascend(&mut self, parameters: &mut [f64], gradient: &[f64], learning_rate: f64) -> bool {
        // one sum is non-finite if any term is; an infinite second moment would never decay again
        if !gradient.iter().map(|g| g * g).sum::<f64>().is_finite() {
            return false;
        }
        self.steps = self.steps.saturating_add(1);
        let rate = learning_rate / (1.0 - BETA1.powi(self.steps));
        let scale = 1.0 / (1.0 - BETA2.powi(self.steps)).sqrt();
        widest(
            #[inline(always)]
            || {
                let moments = self.first.iter_mut().zip(&mut self.second);
                for ((theta, &g), (m, v)) in parameters.iter_mut().zip(gradient).zip(moments) {
                    *m = BETA1 * *m + (1.0 - BETA1) * g;
                    *v = BETA2 * *v + (1.0 - BETA2) * g * g;
                    *theta += rate * *m / (v.sqrt() * scale + EPSILON);
                }
            },
        );
        true
    }

    /// The moments and the number of steps as bits.
    pub(super) fn words(&self) -> Vec<u64> {
        let moments = self.first.iter().chain(&self.second);
        let mut words: Vec<u64> = moments.map(|m| m.to_bits()).collect();
        words.push(self.steps as u64);
        words
    }

    /// Restores [`Adam::words`]; `false` if they are not those of as many parameters.
    pub(super) fn restore(&mut self, words: &[u64]) -> bool {
        let n = self.first.len();
        let Some((steps, moments)) = words.split_last().filter(|(_, m)| m.len() == 2 * n) else {
            return false;
        };
        let Ok(steps) = i32::try_from(*steps) else {
            return false;
        };
        self.first = moments[..n].iter().map(|w| f64::from_bits(*w)).collect();
        self.second = moments[n..].iter().map(|w| f64::from_bits(*w)).collect();
        self.steps = steps;
        true
    }
}
