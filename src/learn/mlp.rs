//! Networks on real observations, with their reverse pass: blocks of samples in single precision.

use super::simd::{LANES, Start, gemm, tanh, turn};
use pulp::{Simd, WithSimd};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// `y = W_L tanh(.. tanh(W_1 x + b_1) ..) + b_L` for [`LANES`] samples at a time.
///
/// Parameters are one flat slice owned by the caller, layer by layer: `W` as `[input][output]`, then `b`; passes take them
/// as [`Mlp::ready`] lays them out. Inputs and outputs are `[feature][LANES]`. Sums run in a fixed order, so results do not
/// depend on the processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mlp {
    widths: Vec<usize>,
}

/// Activations and scratch of one block, to be kept from [`Mlp::forward`] to [`Mlp::backward`].
#[derive(Debug, Clone)]
pub struct MlpWork {
    /// The inputs as `[LANES][feature]`.
    input: Vec<f32>,
    /// Per layer `[LANES][unit]`, units padded.
    activations: Vec<Vec<f32>>,
    /// The last activations as `[output][LANES]`.
    outputs: Vec<f32>,
    delta: Vec<f32>,
    below: Vec<f32>,
    product: Vec<f32>,
}

/// Units of a layer as they lie in memory, for full vectors.
const fn padded(width: usize) -> usize {
    width.next_multiple_of(8)
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

    /// Length of what [`Mlp::ready`] appends.
    pub fn ready_len(&self) -> usize {
        let layers = self.layers().enumerate();
        layers.map(|(l, (i, o))| ready_layer(l, i, o)).sum()
    }

    /// Appends the parameters in the form that passes take: single precision, per layer `W[input][output]` and `b` with
    /// outputs padded to a multiple of 8, then, but for the first layer, `W` transposed for the reverse pass.
    pub fn ready(&self, parameters: &[f64], ready: &mut Vec<f32>) {
        let mut rest = parameters;
        for (layer, (inputs, outputs)) in self.layers().enumerate() {
            let (mine, tail) = rest.split_at((inputs + 1) * outputs);
            rest = tail;
            for row in mine.chunks_exact(outputs) {
                ready.extend(row.iter().map(|w| *w as f32));
                ready.resize(ready.len() + padded(outputs) - outputs, 0.0);
            }
            if layer > 0 {
                for o in 0..outputs {
                    let column = (0..inputs).map(|i| mine[i * outputs + o] as f32);
                    ready.extend(column);
                    ready.resize(ready.len() + padded(inputs) - inputs, 0.0);
                }
            }
        }
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
            orthogonal(inputs, outputs, gain, rng, weights);
            biases.fill(0.0);
        }
    }

    /// Room for one block.
    pub fn work(&self) -> MlpWork {
        let widest = padded(self.widths.iter().copied().max().unwrap_or(1));
        let block = |w: &usize| vec![0.0; padded(*w) * LANES];
        MlpWork {
            input: vec![0.0; self.inputs() * LANES],
            activations: self.widths[1..].iter().map(block).collect(),
            outputs: vec![0.0; self.outputs() * LANES],
            delta: vec![0.0; widest * LANES],
            below: vec![0.0; widest * LANES],
            product: vec![0.0; widest * widest],
        }
    }

    /// Outputs `[output][LANES]` of the inputs `[input][LANES]`; `ready` is of [`Mlp::ready`].
    pub fn forward<'w>(&self, ready: &[f32], inputs: &[f32], work: &'w mut MlpWork) -> &'w [f32] {
        pulp::Arch::new().dispatch(Forward { net: self, ready, inputs, work });
        &work.outputs
    }

    /// The outputs of the last [`Mlp::forward`].
    pub fn outputs_of<'w>(&self, work: &'w MlpWork) -> &'w [f32] {
        &work.outputs
    }

    #[inline(always)]
    fn forward_lanes<S: Simd>(&self, simd: S, ready: &[f32], inputs: &[f32], work: &mut MlpWork) {
        let last = self.widths.len() - 2;
        let mut rest = ready;
        turn(LANES, inputs, LANES, &mut work.input, self.inputs().max(1));
        for layer in 0..=last {
            let (i, o) = (self.widths[layer], self.widths[layer + 1]);
            let (mine, tail) = rest.split_at(ready_layer(layer, i, o));
            rest = tail;
            let n = padded(o);
            let (weights, biases) = mine[..(i + 1) * n].split_at(i * n);
            let (below, here) = work.activations.split_at_mut(layer);
            let (x, stride) = match below.last() {
                None => (&work.input[..], i),
                Some(h) => (&h[..], padded(i)),
            };
            let y = &mut here[0][..];
            let start = Start::Row(biases);
            gemm::<S, false>(simd, [LANES, i, n], x, stride, weights, start, y);
            if layer < last {
                for y in y.iter_mut() {
                    *y = tanh(*y);
                }
            } else {
                turn(o, y, n, &mut work.outputs, LANES);
            }
        }
    }

    /// Adds to `gradient`, laid out like the parameters, the derivative of a scalar whose derivative with respect to the
    /// outputs of the last [`Mlp::forward`] is `d_outputs`.
    pub fn backward(&self, ready: &[f32], d_outputs: &[f32], work: &mut MlpWork, gradient: &mut [f32]) {
        pulp::Arch::new().dispatch(Backward { net: self, ready, d_outputs, work, gradient });
    }

    #[inline(always)]
    fn backward_lanes<S: Simd>(
        &self,
        simd: S,
        ready: &[f32],
        d_outputs: &[f32],
        work: &mut MlpWork,
        gradient: &mut [f32],
    ) {
        let last = self.widths.len() - 2;
        let n = padded(self.outputs());
        work.delta[..n * LANES].fill(0.0); // the padding of the outputs
        turn(LANES, d_outputs, LANES, &mut work.delta, n);
        let (mut end, mut ready_end) = (self.parameters(), self.ready_len());
        for layer in (0..=last).rev() {
            let (i, o) = (self.widths[layer], self.widths[layer + 1]);
            let (m, n) = (padded(i), padded(o));
            let start = end - (i + 1) * o;
            let (g_weights, g_biases) = gradient[start..end].split_at_mut(i * o);
            let delta = &work.delta[..n * LANES];
            add_columns(n, delta, g_biases);
            // dW = x^T dy
            let (x, stride) = match layer {
                0 => (&work.input[..], i),
                _ => (&work.activations[layer - 1][..], m),
            };
            let product = &mut work.product[..i * n];
            gemm::<S, true>(simd, [i, LANES, n], x, stride, delta, Start::Zero, product);
            let rows = product.chunks_exact(n);
            for (g, row) in g_weights.chunks_exact_mut(o).zip(rows) {
                for (g, d) in g.iter_mut().zip(row) {
                    *g += d;
                }
            }
            if layer > 0 {
                // dx = dy W^T, through the derivative 1 - x^2 of tanh
                let turned = &ready[ready_end - o * m..ready_end];
                let below = &mut work.below[..m * LANES];
                gemm::<S, false>(simd, [LANES, o, m], delta, n, turned, Start::Zero, below);
                for (d, x) in below.iter_mut().zip(x) {
                    *d *= 1.0 - x * x;
                }
                std::mem::swap(&mut work.delta, &mut work.below);
            }
            end = start;
            ready_end -= ready_layer(layer, i, o);
        }
    }
}

/// The arguments of [`Mlp::forward`].
struct Forward<'a> {
    net: &'a Mlp,
    ready: &'a [f32],
    inputs: &'a [f32],
    work: &'a mut MlpWork,
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.net.forward_lanes(simd, self.ready, self.inputs, self.work);
    }
}

/// The arguments of [`Mlp::backward`].
struct Backward<'a> {
    net: &'a Mlp,
    ready: &'a [f32],
    d_outputs: &'a [f32],
    work: &'a mut MlpWork,
    gradient: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.net.backward_lanes(simd, self.ready, self.d_outputs, self.work, self.gradient);
    }
}

/// Numbers of a layer in [`Mlp::ready`].
fn ready_layer(layer: usize, inputs: usize, outputs: usize) -> usize {
    let turned = if layer > 0 { outputs * padded(inputs) } else { 0 };
    (inputs + 1) * padded(outputs) + turned
}

/// Adds the sum over the lanes of every column of `x[LANES][n]`, a multiple of 8, to `to`.
#[inline(always)]
fn add_columns(n: usize, x: &[f32], to: &mut [f32]) {
    let mut column = 0;
    while column + 32 <= n {
        add_strip::<32>(n, column, x, to);
        column += 32;
    }
    while column < n {
        add_strip::<8>(n, column, x, to);
        column += 8;
    }
}

/// `W` columns of [`add_columns`], side by side so that one sum need not wait for the other.
#[inline(always)]
fn add_strip<const W: usize>(n: usize, column: usize, x: &[f32], to: &mut [f32]) {
    let mut sums = [0.0_f32; W];
    for row in x[column..].chunks(n) {
        if let Some(row) = row.first_chunk::<W>() {
            for k in 0..W {
                sums[k] += row[k];
            }
        }
    }
    if let Some(to) = to.get_mut(column..) {
        for (to, sum) in to.iter_mut().zip(&sums) {
            *to += sum;
        }
    }
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
mod tests;
