//! The critic of MAPPO: a network on the standardised state, its outputs in standardised returns.

use super::CriticWork;
use crate::learn::simd::LANES;
use crate::learn::{Adam, Mlp};
use rand::Rng;

/// `V_h(s) = mu_h + sigma_h f_h((s - m)/d)` with `f` a network of one head `h` per value.
///
/// `m, d` follow the states and `mu, sigma` the returns; when the latter move, the last layer is rescaled so that the
/// values stay what they were (PopArt, van Hasselt et al., arXiv 1602.07714), which is the value normalisation of MAPPO.
#[derive(Debug, Clone)]
pub struct NetworkCritic {
    network: Mlp,
    theta: Vec<f64>,
    ready: Vec<f32>,
    adam: Adam,
    inputs: Vec<Moments>,
    returns: Vec<Moments>,
}

/// Running mean and second moment with the weight of all that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Moments {
    weight: f64,
    mean: f64,
    square: f64,
}

/// How much the past counts against a new batch.
const MEMORY: f64 = 0.9;

impl Moments {
    fn add(&mut self, mean: f64, square: f64) {
        let old = MEMORY * self.weight;
        self.weight = old + 1.0;
        self.mean += (mean - self.mean) / self.weight;
        self.square += (square - self.square) / self.weight;
    }

    fn deviation(&self) -> f64 {
        if self.weight == 0.0 {
            return 1.0;
        }
        (self.square - self.mean * self.mean).max(1e-12).sqrt().max(1e-4)
    }
}

impl NetworkCritic {
    /// A critic of `states` numbers with `heads` values.
    pub fn new(states: usize, hidden: &[usize], heads: usize, rng: &mut impl Rng) -> Self {
        let network = Mlp::new(states, hidden, heads);
        let mut theta = vec![0.0; network.parameters()];
        network.initialise(1.0, rng, &mut theta);
        let mut critic = NetworkCritic {
            ready: Vec::new(),
            adam: Adam::new(theta.len()),
            inputs: vec![Moments::default(); states],
            returns: vec![Moments::default(); heads],
            network,
            theta,
        };
        critic.cast();
        critic
    }

    fn cast(&mut self) {
        self.ready.clear();
        self.network.ready(&self.theta, &mut self.ready);
    }

    pub(super) fn work(&self) -> CriticWork {
        CriticWork {
            network: Some(self.network.work()),
            input: vec![0.0; self.network.inputs() * LANES],
            d_outputs: vec![0.0; self.network.outputs() * LANES],
            gradient: vec![0.0; self.theta.len()],
            features: Vec::new(),
        }
    }

    /// Lets the standardisation follow the means and mean squares of a batch of states.
    pub(in crate::learn) fn follow_states(&mut self, moments: &[(f64, f64)]) {
        for (input, (mean, square)) in self.inputs.iter_mut().zip(moments) {
            input.add(*mean, *square);
        }
    }

    /// Lets the scale of head `h` follow a batch of returns; the values stay what they were.
    pub(in crate::learn) fn follow_returns(&mut self, h: usize, mean: f64, square: f64) {
        let old = self.returns[h];
        self.returns[h].add(mean, square);
        let new = self.returns[h];
        let (heads, below) = (self.returns.len(), self.last_width());
        let start = self.theta.len() - heads * (below + 1);
        let (weights, biases) = self.theta[start..].split_at_mut(heads * below); // [below][heads]
        let ratio = old.deviation() / new.deviation();
        let column = weights.iter_mut().skip(h).step_by(heads);
        column.for_each(|w| *w *= ratio);
        biases[h] = (old.deviation() * biases[h] + old.mean - new.mean) / new.deviation();
        self.cast();
    }

    fn last_width(&self) -> usize {
        self.network.last_hidden()
    }

    fn standardise(&self, states: &[f32], input: &mut [f32]) {
        let rows = states.chunks_exact(LANES).zip(input.chunks_exact_mut(LANES));
        for ((row, out), m) in rows.zip(&self.inputs) {
            let (mean, scale) = (m.mean as f32, (1.0 / m.deviation()) as f32);
            for (x, y) in row.iter().zip(out) {
                *y = ((x - mean) * scale).clamp(-10.0, 10.0);
            }
        }
    }

    pub(super) fn values(&self, states: &[f32], work: &mut CriticWork, out: &mut [[f64; LANES]]) {
        self.standardise(states, &mut work.input);
        let Some(inner) = &mut work.network else {
            return;
        };
        let y = self.network.forward(&self.ready, &work.input, inner);
        for ((out, y), m) in out.iter_mut().zip(y.chunks_exact(LANES)).zip(&self.returns) {
            for (v, y) in out.iter_mut().zip(y) {
                *v = m.mean + m.deviation() * f64::from(*y);
            }
        }
    }

    /// Adds the gradient of `-1/2 sum_h w (f_h - target_h)^2` of a block, `targets` in units of the returns, to the work's
    /// gradient; with `clip`, the larger of that loss and the one of the value moved at most `clip` (standardised) from `old`.
    /// Returns the loss.
    #[expect(clippy::too_many_arguments, reason = "what a regression needs, side by side")]
    pub(in crate::learn) fn regress(
        &self,
        states: &[f32],
        targets: &[[f64; LANES]],
        old: &[[f64; LANES]],
        weight: f64,
        active: usize,
        clip: Option<f64>,
        work: &mut CriticWork,
    ) -> f64 {
        self.standardise(states, &mut work.input);
        let Some(inner) = &mut work.network else {
            return 0.0;
        };
        let y = self.network.forward(&self.ready, &work.input, inner);
        let mut loss = 0.0;
        work.d_outputs.fill(0.0);
        for (h, m) in self.returns.iter().enumerate() {
            for l in 0..active {
                let to = |v: f64| (v - m.mean) / m.deviation();
                let (f, target) = (f64::from(y[h * LANES + l]), to(targets[h][l]));
                let mut error = f - target;
                if let Some(clip) = clip {
                    let old = to(old[h][l]);
                    let held = old + (f - old).clamp(-clip, clip) - target;
                    if held.abs() > error.abs() {
                        // the clipped loss is the larger: it does not move with f outside the clip
                        error = if (f - old).abs() < clip { held } else { 0.0 };
                    }
                }
                loss += 0.5 * weight * error * error;
                work.d_outputs[h * LANES + l] = (-weight * error) as f32;
            }
        }
        self.network.backward(&self.ready, &work.d_outputs, inner, &mut work.gradient);
        loss
    }

    /// One step up a gradient.
    pub(in crate::learn) fn ascend(&mut self, gradient: &[f64], learning_rate: f64) -> bool {
        let moved = self.adam.ascend(&mut self.theta, gradient, learning_rate);
        self.cast();
        moved
    }

    pub(super) fn words(&self) -> Vec<u64> {
        let mut words: Vec<u64> = self.theta.iter().map(|t| t.to_bits()).collect();
        for m in self.inputs.iter().chain(&self.returns) {
            words.extend([m.weight, m.mean, m.square].map(f64::to_bits));
        }
        words.extend(self.adam.words());
        words
    }

    pub(super) fn restore(&mut self, words: &[u64]) -> bool {
        let n = self.theta.len();
        let moments = 3 * (self.inputs.len() + self.returns.len());
        if words.len() < n + moments {
            return false;
        }
        for (t, w) in self.theta.iter_mut().zip(words) {
            *t = f64::from_bits(*w);
        }
        let all = self.inputs.iter_mut().chain(&mut self.returns);
        for (m, w) in all.zip(words[n..].chunks_exact(3)) {
            let number = |k: usize| f64::from_bits(w[k]);
            *m = Moments { weight: number(0), mean: number(1), square: number(2) };
        }
        self.cast();
        self.adam.restore(&words[n + moments..])
    }
}
