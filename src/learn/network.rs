//! The network from a one-hot question to POVM logits: a table, or tanh layers, with its reverse pass.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// A network on one-hot questions: no hidden layer (a table of logits) or tanh layers.
///
/// `y(x) = W_L tanh(... tanh(W_1 e_x + b_1) ...) + b_L`; without hidden layers `y(x) = W_1 e_x`, a
/// table. Since there are finitely many questions, forward and reverse pass run once per distinct question.
/// Parameters are one flat slice owned by the caller, layer by layer: weights `[input][output]`, then biases.
#[derive(Debug, Clone)]
pub struct Network {
    widths: Vec<usize>,
    /// Activations per layer, `[layer][question][unit]`, kept for the reverse pass.
    activations: Vec<Vec<f64>>,
    deltas: Vec<Vec<f64>>,
}

impl Network {
    /// A network from `questions` one-hot inputs through `hidden` widths to `outputs` numbers.
    pub fn new(questions: usize, hidden: &[usize], outputs: usize) -> Self {
        let mut widths = vec![questions];
        widths.extend(hidden);
        widths.push(outputs);
        let buffers: Vec<Vec<f64>> = widths[1..].iter().map(|w| vec![0.0; questions * w]).collect();
        Network { deltas: buffers.clone(), activations: buffers, widths }
    }

    /// Number of parameters.
    pub fn parameters(&self) -> usize {
        self.layers().map(|(i, o)| self.layer_size(i, o)).sum()
    }

    /// Draws initial parameters: the logits of a table are normal with deviation `scale`; hidden layers
    /// are `N(0, 1/fan_in)` and the last layer is scaled so that logits have deviation about `scale`.
    pub fn initialise(&self, scale: f64, rng: &mut impl Rng, parameters: &mut [f64]) {
        let last = self.widths.len() - 2;
        let mut rest = parameters;
        for (layer, (inputs, outputs)) in self.layers().enumerate() {
            let (mine, tail) = rest.split_at_mut(self.layer_size(inputs, outputs));
            rest = tail;
            // a one-hot input has one active unit
            let fan_in = if layer == 0 { 1.0 } else { inputs as f64 };
            let gain = if layer == last { scale } else { 1.0 };
            let (weights, biases) = mine.split_at_mut(inputs * outputs);
            for w in weights {
                let z: f64 = StandardNormal.sample(rng);
                *w = gain * z / fan_in.sqrt();
            }
            biases.fill(0.0);
        }
    }

    /// Outputs for all questions, `[question][output]`.
    pub fn forward(&mut self, parameters: &[f64]) -> &[f64] {
        let questions = self.widths[0];
        let mut rest = parameters;
        let last = self.widths.len() - 2;
        for layer in 0..=last {
            let (inputs, outputs) = (self.widths[layer], self.widths[layer + 1]);
            let (mine, tail) = rest.split_at(self.layer_size(inputs, outputs));
            rest = tail;
            let (weights, biases) = mine.split_at(inputs * outputs);
            let (below, here) = self.activations.split_at_mut(layer);
            for x in 0..questions {
                let y = &mut here[0][x * outputs..(x + 1) * outputs];
                match below.last() {
                    None => y.copy_from_slice(&weights[x * outputs..(x + 1) * outputs]),
                    Some(below) => {
                        y.fill(0.0);
                        for (i, h) in below[x * inputs..(x + 1) * inputs].iter().enumerate() {
                            let row = &weights[i * outputs..(i + 1) * outputs];
                            y.iter_mut().zip(row).for_each(|(y, w)| *y += h * w);
                        }
                    }
                }
                y.iter_mut().zip(biases).for_each(|(y, b)| *y += b);
                if layer < last {
                    y.iter_mut().for_each(|y| *y = y.tanh());
                }
            }
        }
        &self.activations[last]
    }

    /// Reverse pass: adds to `gradient` the derivative of a scalar whose derivative with respect to the
    /// outputs of the last [`Network::forward`] is `d_outputs`.
    pub fn backward(&mut self, parameters: &[f64], d_outputs: &[f64], gradient: &mut [f64]) {
        let questions = self.widths[0];
        let last = self.widths.len() - 2;
        self.deltas[last].copy_from_slice(d_outputs);
        let mut end = self.parameters();
        for layer in (0..=last).rev() {
            let (inputs, outputs) = (self.widths[layer], self.widths[layer + 1]);
            let start = end - self.layer_size(inputs, outputs);
            let weights = &parameters[start..end];
            let (g_weights, g_biases) = gradient[start..end].split_at_mut(inputs * outputs);
            end = start;
            let (below, here) = self.deltas.split_at_mut(layer);
            for x in 0..questions {
                let delta = &mut here[0][x * outputs..(x + 1) * outputs];
                if layer < last {
                    let y = &self.activations[layer][x * outputs..(x + 1) * outputs];
                    delta.iter_mut().zip(y).for_each(|(d, y)| *d *= 1.0 - y * y);
                }
                g_biases.iter_mut().zip(&*delta).for_each(|(g, d)| *g += d);
                match below.last_mut() {
                    None => {
                        let row = &mut g_weights[x * outputs..(x + 1) * outputs];
                        row.iter_mut().zip(&*delta).for_each(|(g, d)| *g += d);
                    }
                    Some(below) => {
                        let h = &self.activations[layer - 1][x * inputs..(x + 1) * inputs];
                        let d_h = &mut below[x * inputs..(x + 1) * inputs];
                        for i in 0..inputs {
                            let row = i * outputs..(i + 1) * outputs;
                            let products = weights[row.clone()].iter().zip(&*delta);
                            d_h[i] = products.map(|(w, d)| w * d).sum();
                            let g_row = &mut g_weights[row];
                            g_row.iter_mut().zip(&*delta).for_each(|(g, d)| *g += h[i] * d);
                        }
                    }
                }
            }
        }
    }

    fn layers(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.widths.windows(2).map(|w| (w[0], w[1]))
    }

    /// A table needs no biases: they would be a second name for the same numbers.
    fn layer_size(&self, inputs: usize, outputs: usize) -> usize {
        let biases = if self.widths.len() == 2 { 0 } else { outputs };
        inputs * outputs + biases
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    #[test]
    fn reverse_pass_agrees_with_central_differences() {
        for hidden in [vec![], vec![5], vec![4, 3]] {
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
            let mut net = Network::new(3, &hidden, 4);
            let mut theta = vec![0.0; net.parameters()];
            net.initialise(0.7, &mut rng, &mut theta);
            let weights: Vec<f64> = (0..12).map(|k| (k as f64 * 0.7).sin()).collect();
            let mut loss = |theta: &[f64]| -> f64 {
                let y = net.forward(theta);
                y.iter().zip(&weights).map(|(y, w)| w * y * y).sum()
            };
            let numeric: Vec<f64> = (0..theta.len())
                .map(|k| {
                    let mut at = |h: f64| {
                        let mut moved = theta.clone();
                        moved[k] += h;
                        loss(&moved)
                    };
                    (at(1e-5) - at(-1e-5)) / 2e-5
                })
                .collect();
            let d_y: Vec<f64> = net.forward(&theta).iter().zip(&weights).map(|(y, w)| 2.0 * w * y).collect();
            let mut gradient = vec![0.0; theta.len()];
            net.backward(&theta, &d_y, &mut gradient);
            for (g, n) in gradient.iter().zip(&numeric) {
                approx::assert_abs_diff_eq!(g, n, epsilon = 1e-8);
            }
        }
    }
}
