//! Features of the quadratic critic: the constant, the positive and negative parts of every number of the state, and all
//! their products of two.

use crate::learn::rollout::Rollout;
use crate::learn::simd::{LANES, widest};

/// Which parts there are; none before the first batch.
#[derive(Debug, Clone, Default)]
pub(super) struct Features {
    /// Coordinate, sign and scale of every part.
    pub parts: Vec<(usize, f32, f32)>,
}

impl Features {
    /// The parts of a first batch of `states` numbers that are not always zero, scaled to mean square 1.
    pub fn of(states: usize, rollouts: &[Rollout]) -> Self {
        let mut parts = Vec::new();
        for s in 0..states {
            for sign in [1.0_f32, -1.0] {
                let (mut square, mut count) = (0.0, 0.0);
                for r in rollouts {
                    for t in 0..r.len() {
                        for x in &r.state(t)[s * LANES..s * LANES + r.active] {
                            square += f64::from((sign * x).max(0.0).powi(2));
                            count += 1.0;
                        }
                    }
                }
                if square > 0.0 {
                    let scale = (count / square).sqrt();
                    parts.push((s, sign, scale as f32));
                }
            }
        }
        Features { parts }
    }

    /// Number of features.
    pub fn len(&self) -> usize {
        let p = self.parts.len();
        1 + p + p * (p + 1) / 2
    }

    /// Writes those of lane `l` of a block of states into the head of `phi`.
    #[inline(always)]
    pub fn write(&self, states: &[f32], l: usize, phi: &mut [f32]) {
        let p = self.parts.len();
        phi[0] = 1.0;
        let (linear, products) = phi[1..].split_at_mut(p);
        for (x, (s, sign, scale)) in linear.iter_mut().zip(&self.parts) {
            *x = (sign * states[s * LANES + l]).max(0.0) * scale;
        }
        let mut rest = products;
        for i in 0..p {
            let (mine, tail) = rest.split_at_mut(p - i);
            let x = linear[i];
            for (product, y) in mine.iter_mut().zip(&linear[i..]) {
                *product = x * y;
            }
            rest = tail;
        }
    }

    /// Writes those of all lanes, `[feature][LANES]`, with the very bits of [`Features::write`].
    #[inline(always)]
    fn write_lanes(&self, states: &[f32], phi: &mut [[f32; LANES]]) {
        let p = self.parts.len();
        phi[0] = [1.0; LANES];
        let (linear, products) = phi[1..].split_at_mut(p);
        for (row, (s, sign, scale)) in linear.iter_mut().zip(&self.parts) {
            if let Some(x) = states[s * LANES..].first_chunk::<LANES>() {
                for l in 0..LANES {
                    row[l] = (sign * x[l]).max(0.0) * scale;
                }
            }
        }
        let mut at = 0;
        for i in 0..p {
            for j in i..p {
                let (x, y, product) = (&linear[i], &linear[j], &mut products[at]);
                for l in 0..LANES {
                    product[l] = x[l] * y[l];
                }
                at += 1;
            }
        }
    }

    /// Writes `w . phi(s)` of all lanes for `heads` weight vectors `w`, given as `[feature][head]`; `phi` is scratch. Sums run over
    /// the features in order.
    pub fn weigh(
        &self,
        states: &[f32],
        weights: &[f64],
        heads: usize,
        phi: &mut Vec<[f32; LANES]>,
        out: &mut [[f64; LANES]],
    ) {
        phi.resize(self.len(), [0.0; LANES]);
        widest(
            #[inline(always)]
            || {
                self.write_lanes(states, phi);
                let mut head = 0;
                while head + 4 <= heads {
                    sums::<4>(phi, weights, heads, head, out);
                    head += 4;
                }
                while head + 2 <= heads {
                    sums::<2>(phi, weights, heads, head, out);
                    head += 2;
                }
                while head < heads {
                    sums::<1>(phi, weights, heads, head, out);
                    head += 1;
                }
            },
        );
    }
}

/// `H` heads of [`Features::weigh`], eight lanes at a time so that their sums stay in registers.
#[inline(always)]
fn sums<const H: usize>(phi: &[[f32; LANES]], weights: &[f64], heads: usize, head: usize, out: &mut [[f64; LANES]]) {
    const WIDE: usize = 8;
    for first in (0..LANES).step_by(WIDE) {
        let mut sums = [[-0.0_f64; WIDE]; H];
        for (row, w) in phi.iter().zip(weights.chunks_exact(heads)) {
            let (Some(x), Some(w)) = (row[first..].first_chunk::<WIDE>(), w[head..].first_chunk::<H>()) else {
                return;
            };
            for h in 0..H {
                for l in 0..WIDE {
                    sums[h][l] += f64::from(x[l]) * w[h];
                }
            }
        }
        for h in 0..H {
            out[head + h][first..first + WIDE].copy_from_slice(&sums[h]);
        }
    }
}

/// Weight vectors side by side, `[feature][head]`.
pub(super) fn side_by_side(vectors: &[Vec<f64>]) -> Vec<f64> {
    let features = vectors.first().map_or(0, Vec::len);
    (0..features).flat_map(|f| vectors.iter().map(move |w| w[f])).collect()
}
