//! Networks on real observations, with their reverse pass: blocks of samples in single precision.

use super::simd::{LANES, gemm, tanh, transpose, widest};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// `y = W_L tanh(.. tanh(W_1 x + b_1) ..) + b_L` for [`LANES`] samples at a time.
///
/// Parameters are one flat slice owned by the caller, layer by layer: `W` as `[output][input]`, then `b`. Inputs and
/// outputs are `[feature][LANES]`. Sums run in a fixed order without fused operations, so results do not depend on the
/// processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mlp {
    widths: Vec<usize>,
}

/// Activations and scratch of one block, to be kept from [`Mlp::forward`] to [`Mlp::backward`].
#[derive(Debug, Clone)]
pub struct MlpWork {
    /// Per layer `[unit][LANES]`; the last are the outputs.
    activations: Vec<Vec<f32>>,
    delta: Vec<f32>,
    below: Vec<f32>,
    transposed: Vec<f32>,
    weights: Vec<f32>,
}

impl Mlp {
    /// A network of `inputs` through `hidden` widths to `outputs` numbers.
    pub fn new(inputs: usize, hidden: &[usize], outputs: usize) -> Self {
        let mut widths = vec![inputs];
        widths.extend(hidden);
        widths.push(outputs);
        Mlp { widths }
    }

    /// Number of parameters.
    pub fn parameters(&self) -> usize {
        self.layers().map(|(i, o)| (i + 1) * o).sum()
    }

    /// Numbers that come out.
    pub fn outputs(&self) -> usize {
        self.widths[self.widths.len() - 1]
    }

    /// Numbers that go in.
    pub fn inputs(&self) -> usize {
        self.widths[0]
    }

    /// Width of the last layer's input.
    pub(super) fn last_hidden(&self) -> usize {
        self.widths[self.widths.len() - 2]
    }

    fn layers(&self) -> impl DoubleEndedIterator<Item = (usize, usize)> + '_ {
        self.widths.windows(2).map(|w| (w[0], w[1]))
    }

    /// Orthogonal weights of gain `sqrt 2`, `head` in the last layer, and zero biases (Huang et al., *The 37
    /// implementation details of PPO*, detail 2).
    pub fn initialise(&self, head: f64, rng: &mut impl Rng, parameters: &mut [f64]) {
        let last = self.widths.len() - 2;
        let mut rest = parameters;
        for (layer, (inputs, outputs)) in self.layers().enumerate() {
            let (mine, tail) = rest.split_at_mut((inputs + 1) * outputs);
            rest = tail;
            let gain = if layer == last { head } else { 2f64.sqrt() };
            let (weights, biases) = mine.split_at_mut(inputs * outputs);
            orthogonal(outputs, inputs, gain, rng, weights);
            biases.fill(0.0);
        }
    }

    /// Room for one block.
    pub fn work(&self) -> MlpWork {
        let widest = self.widths.iter().copied().max().unwrap_or(1);
        let padded = widest.next_multiple_of(4);
        MlpWork {
            activations: self.widths[1..]
                .iter()
                .map(|w| vec![0.0; w * LANES])
                .collect(),
            delta: vec![0.0; widest * LANES],
            below: vec![0.0; widest * LANES],
            transposed: vec![0.0; padded * LANES],
            weights: vec![0.0; padded * widest],
        }
    }

    /// Outputs `[output][LANES]` of the inputs `[input][LANES]`.
    pub fn forward<'w>(
        &self,
        parameters: &[f32],
        inputs: &[f32],
        work: &'w mut MlpWork,
    ) -> &'w [f32] {
        widest(
            #[inline(always)]
            || self.forward_lanes(parameters, inputs, work),
        );
        &work.activations[self.widths.len() - 2]
    }

    /// The outputs of the last [`Mlp::forward`].
    pub fn outputs_of<'w>(&self, work: &'w MlpWork) -> &'w [f32] {
        &work.activations[self.widths.len() - 2]
    }

    #[inline(always)]
    fn forward_lanes(&self, parameters: &[f32], inputs: &[f32], work: &mut MlpWork) {
        let last = self.widths.len() - 2;
        let mut at = 0;
        for layer in 0..=last {
            let (i, o) = (self.widths[layer], self.widths[layer + 1]);
            let (weights, biases) = parameters[at..at + (i + 1) * o].split_at(i * o);
            at += (i + 1) * o;
            let (below, here) = work.activations.split_at_mut(layer);
            let x = match below.last() {
                None => &inputs[..i * LANES],
                Some(h) => &h[..],
            };
            let y = &mut here[0][..];
            gemm::<false>([o, i, LANES], weights, x, y);
            for (row, b) in y.chunks_exact_mut(LANES).zip(biases) {
                if layer < last {
                    row.iter_mut().for_each(|y| *y = tanh(*y + b));
                } else {
                    row.iter_mut().for_each(|y| *y += b);
                }
            }
        }
    }

    /// Adds to `gradient` the derivative of a scalar whose derivative with respect to the outputs of the last
    /// [`Mlp::forward`] on `inputs` is `d_outputs`.
    pub fn backward(
        &self,
        parameters: &[f32],
        inputs: &[f32],
        d_outputs: &[f32],
        work: &mut MlpWork,
        gradient: &mut [f32],
    ) {
        widest(
            #[inline(always)]
            || self.backward_lanes(parameters, inputs, d_outputs, work, gradient),
        );
    }

    #[inline(always)]
    fn backward_lanes(
        &self,
        parameters: &[f32],
        inputs: &[f32],
        d_outputs: &[f32],
        work: &mut MlpWork,
        gradient: &mut [f32],
    ) {
        let last = self.widths.len() - 2;
        work.delta[..d_outputs.len()].copy_from_slice(d_outputs);
        let mut end = self.parameters();
        for layer in (0..=last).rev() {
            let (i, o) = (self.widths[layer], self.widths[layer + 1]);
            let start = end - (i + 1) * o;
            let (g_weights, g_biases) = gradient[start..end].split_at_mut(i * o);
            let delta = &work.delta[..o * LANES];
            for (g, row) in g_biases.iter_mut().zip(delta.chunks_exact(LANES)) {
                *g += sum(row);
            }
            // dW = dy x^T: the inputs transposed, so that the inner loop runs along a row of W
            let x = match layer {
                0 => &inputs[..i * LANES],
                _ => &work.activations[layer - 1][..],
            };
            let stride = i.next_multiple_of(4);
            transpose(i, LANES, x, stride, &mut work.transposed);
            let padded = &mut work.weights[..o * stride];
            gemm::<false>(
                [o, LANES, stride],
                delta,
                &work.transposed[..LANES * stride],
                padded,
            );
            for (g, row) in g_weights
                .chunks_exact_mut(i.max(1))
                .zip(padded.chunks_exact(stride))
            {
                g.iter_mut().zip(row).for_each(|(g, d)| *g += d);
            }
            if layer > 0 {
                // dx = W^T dy, through the derivative 1 - x^2 of tanh
                let weights = &mut work.weights[..o * i];
                transpose(o, i, &parameters[start..start + i * o], o, weights);
                gemm::<false>([i, o, LANES], weights, delta, &mut work.below[..i * LANES]);
                for (d, x) in work.below[..i * LANES].iter_mut().zip(x) {
                    *d *= 1.0 - x * x;
                }
                std::mem::swap(&mut work.delta, &mut work.below);
            }
            end = start;
        }
    }
}

/// Sum over the lanes in a fixed tree.
#[inline(always)]
fn sum(row: &[f32]) -> f32 {
    let mut partial = [0.0_f32; 8];
    for part in row.chunks_exact(8) {
        for (p, x) in partial.iter_mut().zip(part) {
            *p += x;
        }
    }
    let [a, b, c, d, e, f, g, h] = partial;
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}

/// Rows (or columns, whichever are fewer) orthonormal, times `gain`: Gram-Schmidt on normal draws.
fn orthogonal(rows: usize, columns: usize, gain: f64, rng: &mut impl Rng, w: &mut [f64]) {
    let (few, long) = (rows.min(columns), rows.max(columns));
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(few);
    while basis.len() < few {
        let mut v: Vec<f64> = (0..long).map(|_| StandardNormal.sample(rng)).collect();
        for _ in 0..2 {
            for b in &basis {
                let dot: f64 = b.iter().zip(&v).map(|(b, v)| b * v).sum();
                v.iter_mut().zip(b).for_each(|(v, b)| *v -= dot * b);
            }
        }
        let norm = v.iter().map(|v| v * v).sum::<f64>().sqrt();
        if norm > 1e-6 {
            v.iter_mut().for_each(|v| *v /= norm);
            basis.push(v);
        }
    }
    for r in 0..rows {
        for c in 0..columns {
            let (k, l) = if rows <= columns { (r, c) } else { (c, r) };
            w[r * columns + c] = gain * basis[k][l];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    /// The definition in double precision, one sample at a time.
    fn reference(net: &Mlp, theta: &[f64], x: &[f64]) -> Vec<f64> {
        let (mut h, mut at) = (x.to_vec(), 0);
        let last = net.widths.len() - 2;
        for (layer, (i, o)) in net.layers().enumerate() {
            let unit = |k: usize| -> f64 {
                let row = &theta[at + k * i..at + (k + 1) * i];
                let y = row.iter().zip(&h).map(|(w, h)| w * h).sum::<f64>() + theta[at + i * o + k];
                if layer < last { y.tanh() } else { y }
            };
            h = (0..o).map(unit).collect();
            at += (i + 1) * o;
        }
        h
    }

    #[test]
    fn forward_and_reverse_agree_with_the_definition() {
        for (i, hidden, o) in [
            (1, vec![32, 32], 8),
            (3, vec![5], 2),
            (7, vec![], 3),
            (2, vec![6, 9, 4], 1),
        ] {
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
            let net = Mlp::new(i, &hidden, o);
            let mut theta = vec![0.0; net.parameters()];
            net.initialise(0.8, &mut rng, &mut theta);
            theta
                .iter_mut()
                .enumerate()
                .for_each(|(k, t)| *t = f64::from(*t as f32) + f64::from((k % 7) as f32 * 0.03125));
            let single: Vec<f32> = theta.iter().map(|t| *t as f32).collect();
            let theta: Vec<f64> = single.iter().map(|t| f64::from(*t)).collect();
            let x: Vec<f32> = (0..i * LANES).map(|k| (k as f32 * 0.61).sin()).collect();
            let mut work = net.work();
            let y = net.forward(&single, &x, &mut work).to_vec();
            let lane =
                |l: usize| -> Vec<f64> { (0..i).map(|f| f64::from(x[f * LANES + l])).collect() };
            for l in 0..LANES {
                for (k, want) in reference(&net, &theta, &lane(l)).iter().enumerate() {
                    approx::assert_abs_diff_eq!(f64::from(y[k * LANES + l]), want, epsilon = 1e-5);
                }
            }
            // L = sum of cos-weighted outputs; central differences of the definition
            let c: Vec<f32> = (0..o * LANES).map(|k| (k as f32 * 0.29).cos()).collect();
            let mut gradient = vec![0.0_f32; net.parameters()];
            net.backward(&single, &x, &c, &mut work, &mut gradient);
            for k in 0..theta.len() {
                let at = |h: f64| -> f64 {
                    let mut moved = theta.clone();
                    moved[k] += h;
                    (0..LANES)
                        .map(|l| {
                            let y = reference(&net, &moved, &lane(l));
                            y.iter()
                                .enumerate()
                                .map(|(k, y)| y * f64::from(c[k * LANES + l]))
                                .sum::<f64>()
                        })
                        .sum()
                };
                let numeric = (at(1e-4) - at(-1e-4)) / 2e-4;
                approx::assert_abs_diff_eq!(
                    f64::from(gradient[k]),
                    numeric,
                    epsilon = 2e-5 * (LANES as f64)
                );
            }
        }
    }

    #[test]
    fn initial_weights_are_orthogonal() {
        let net = Mlp::new(4, &[6], 3);
        let mut theta = vec![0.0; net.parameters()];
        net.initialise(0.5, &mut Xoshiro256PlusPlus::seed_from_u64(1), &mut theta);
        for a in 0..4 {
            for b in 0..4 {
                let dot: f64 = (0..6).map(|r| theta[r * 4 + a] * theta[r * 4 + b]).sum();
                approx::assert_abs_diff_eq!(dot, if a == b { 2.0 } else { 0.0 }, epsilon = 1e-12);
            }
        }
    }
}
