//! One agent's measurement: a network from its own observations to a POVM.

#![expect(clippy::needless_range_loop, reason = "lanes of several arrays advance together")]

use super::qubits::{Four, QubitSoftmax};
use super::{Conditioning, Own};
use crate::learn::simd::LANES;
use crate::learn::{LearnError, Mlp, MlpWork};
use crate::quantum::{C64, SoftmaxBatch};
use serde::{Deserialize, Serialize};

/// Which measurements an agent can make (Appendix F).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Every POVM: QuantumSoftmax of Hermitian logits.
    #[default]
    Any,
    /// POVMs of real matrices: QuantumSoftmax of real symmetric logits.
    Real,
    /// Projective two-outcome measurements of a qubit, `(I ± n.sigma)/2` with `n` a unit vector.
    Projective,
    /// Projective and real: `n` in the plane of `sigma_x` and `sigma_z`.
    RealProjective,
}

impl Family {
    fn is_real(self) -> bool {
        matches!(self, Family::Real | Family::RealProjective)
    }

    fn is_projective(self) -> bool {
        matches!(self, Family::Projective | Family::RealProjective)
    }
}

/// `M(.|o)`: logits from a network that sees one agent's observations, made a POVM by Algorithm 1.
///
/// The network's outputs are the coordinates of Hermitian logits, outcome by outcome: the diagonal, then the real and
/// imaginary part of every entry above it. The anti-Hermitian part, which Algorithm 1 drops, is left out.
#[derive(Debug, Clone)]
pub struct Measurement {
    network: Mlp,
    dim: usize,
    outcomes: usize,
    family: Family,
}

/// Scratch of one measurement on a block.
#[derive(Debug)]
pub(super) struct MeasurementWork {
    network: MlpWork,
    d_outputs: Vec<f32>,
    /// Dimension two.
    qubit: QubitSoftmax,
    d_logits: Vec<Four>,
    /// Any dimension: one item per lane.
    batch: Option<SoftmaxBatch>,
    matrices: Vec<C64>,
    d_matrices: Vec<C64>,
}

impl Measurement {
    /// A measurement of `outcomes` outcomes in dimension `dim` by an agent that sees `observation` numbers.
    ///
    /// # Errors
    /// [`LearnError::Config`] for a projective family that is not of a qubit with two outcomes.
    pub fn new(
        observation: usize,
        hidden: &[usize],
        dim: usize,
        outcomes: usize,
        family: Family,
    ) -> Result<Self, LearnError> {
        if family.is_projective() && (dim, outcomes) != (2, 2) {
            return Err(LearnError::Config(format!(
                "measurement: projective in dimension {dim} with {outcomes} outcomes given, wanted dimension 2 and 2 outcomes"
            )));
        }
        let coordinates = match family {
            Family::Any => outcomes * dim * dim,
            Family::Real => outcomes * dim * (dim + 1) / 2,
            Family::Projective => 3,
            Family::RealProjective => 2,
        };
        Ok(Measurement { network: Mlp::new(observation, hidden, coordinates), dim, outcomes, family })
    }

    /// The network.
    pub fn network(&self) -> &Mlp {
        &self.network
    }

    /// Local dimension.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of outcomes.
    pub fn outcomes(&self) -> usize {
        self.outcomes
    }

    pub(super) fn work(&self, lanes_of_qubits: bool) -> Result<MeasurementWork, LearnError> {
        let (m, d) = (self.outcomes, self.dim);
        let entries = if lanes_of_qubits { 0 } else { LANES * m * d * d };
        Ok(MeasurementWork {
            network: self.network.work(),
            d_outputs: vec![0.0; self.network.outputs() * LANES],
            qubit: QubitSoftmax::new(if lanes_of_qubits { m } else { 1 })?,
            d_logits: vec![[[0.0; LANES]; 4]; m],
            batch: (!lanes_of_qubits).then(|| SoftmaxBatch::new(LANES, m, d)).transpose()?,
            matrices: vec![C64::ZERO; entries],
            d_matrices: vec![C64::ZERO; entries],
        })
    }

    /// Coordinates per outcome.
    fn stride(&self) -> usize {
        let d = self.dim;
        if self.family.is_real() { d * (d + 1) / 2 } else { d * d }
    }

    /// The POVMs of a block of qubits, `[outcome]`.
    pub(super) fn qubits(
        &self,
        ready: &[f32],
        own: Own<'_>,
        work: &mut MeasurementWork,
        povm: &mut [Four],
    ) -> Result<(), LearnError> {
        let y = self.network.forward(ready, own.0, &mut work.network);
        let row = |k: usize, l: usize| f64::from(y[k * LANES + l]);
        if self.family.is_projective() {
            for l in 0..LANES {
                let n = self.direction(y, l);
                let inverse = 0.5 / norm(n);
                for (i, n) in n.into_iter().enumerate() {
                    povm[0][i + 1][l] = n * inverse;
                    povm[1][i + 1][l] = -n * inverse;
                }
            }
            povm[0][0] = [0.5; LANES];
            povm[1][0] = [0.5; LANES];
            return Ok(());
        }
        for j in 0..self.outcomes {
            let at = j * self.stride();
            let h = work.qubit.logits(j);
            for l in 0..LANES {
                let (u, v) = (row(at, l), row(at + 1, l));
                h[0][l] = 0.5 * (u + v);
                h[1][l] = row(at + 2, l);
                h[3][l] = 0.5 * (u - v);
            }
            if self.family == Family::Any {
                for l in 0..LANES {
                    h[2][l] = -row(at + 3, l);
                }
            }
        }
        Ok(work.qubit.forward(povm)?)
    }

    /// Reverse pass of [`Measurement::qubits`].
    pub(super) fn qubits_backward(
        &self,
        ready: &[f32],
        work: &mut MeasurementWork,
        d_povm: &[Four],
        conditioning: Conditioning,
        gradient: &mut [f32],
    ) -> Result<(), LearnError> {
        let out = &mut work.d_outputs;
        if self.family.is_projective() {
            let y = self.network.outputs_of(&work.network);
            for l in 0..LANES {
                let n = self.direction(y, l);
                let length = norm(n);
                let n = n.map(|x| x / length);
                let d = [1, 2, 3].map(|i| 0.5 * (d_povm[0][i][l] - d_povm[1][i][l]));
                let along = n[0] * d[0] + n[1] * d[1] + n[2] * d[2];
                let d = [0, 1, 2].map(|i| ((d[i] - along * n[i]) / length) as f32);
                out[l] = d[0];
                if self.family == Family::RealProjective {
                    out[LANES + l] = d[2];
                } else {
                    out[LANES + l] = d[1];
                    out[2 * LANES + l] = d[2];
                }
            }
        } else {
            work.qubit.backward(d_povm, conditioning.weight, &mut work.d_logits)?;
            for (j, d) in work.d_logits.iter().enumerate() {
                let out = &mut out[j * self.stride() * LANES..];
                for l in 0..LANES {
                    out[l] = (0.5 * (d[0][l] + d[3][l])) as f32;
                    out[LANES + l] = (0.5 * (d[0][l] - d[3][l])) as f32;
                    out[2 * LANES + l] = d[1][l] as f32;
                }
                if self.family == Family::Any {
                    for l in 0..LANES {
                        out[3 * LANES + l] = -d[2][l] as f32;
                    }
                }
            }
        }
        silence(&mut work.d_outputs, conditioning.active);
        self.network.backward(ready, &work.d_outputs, &mut work.network, gradient);
        Ok(())
    }

    /// The direction of a projective measurement.
    #[inline]
    fn direction(&self, y: &[f32], l: usize) -> [f64; 3] {
        let y = |k: usize| f64::from(y[k * LANES + l]);
        match self.family {
            Family::RealProjective => [y(0), 0.0, y(1)],
            _ => [y(0), y(1), y(2)],
        }
    }

    /// The POVMs of a block in any dimension, `[lane][outcome][d][d]`.
    pub(super) fn matrices(
        &self,
        ready: &[f32],
        own: Own<'_>,
        work: &mut MeasurementWork,
        povm: &mut [C64],
    ) -> Result<(), LearnError> {
        let y = self.network.forward(ready, own.0, &mut work.network);
        let (m, d) = (self.outcomes, self.dim);
        for l in 0..LANES {
            let row = |k: usize| f64::from(y[k * LANES + l]);
            for j in 0..m {
                let z = &mut work.matrices[(l * m + j) * d * d..][..d * d];
                let mut k = j * self.stride();
                for r in 0..d {
                    z[r * d + r] = C64::from(row(k));
                    k += 1;
                }
                for r in 0..d {
                    for c in r + 1..d {
                        let re = row(k);
                        k += 1;
                        let im = if self.family.is_real() {
                            0.0
                        } else {
                            k += 1;
                            row(k - 1)
                        };
                        z[r * d + c] = C64::new(re, im);
                        z[c * d + r] = C64::new(re, -im);
                    }
                }
            }
        }
        if let Some(batch) = &mut work.batch {
            batch.forward(&work.matrices, povm)?;
        }
        Ok(())
    }

    /// Reverse pass of [`Measurement::matrices`].
    pub(super) fn matrices_backward(
        &self,
        ready: &[f32],
        work: &mut MeasurementWork,
        d_povm: &[C64],
        conditioning: Conditioning,
        gradient: &mut [f32],
    ) -> Result<(), LearnError> {
        if let Some(batch) = &mut work.batch {
            batch.backward_saturating(d_povm, &mut work.d_matrices)?;
            if conditioning.weight != 0.0 {
                batch.add_conditioning_gradient(-conditioning.weight, &mut work.d_matrices)?;
            }
        }
        let (m, d) = (self.outcomes, self.dim);
        for l in 0..LANES {
            for j in 0..m {
                let g = &work.d_matrices[(l * m + j) * d * d..][..d * d];
                let mut k = j * self.stride();
                let mut put = |value: f64| {
                    work.d_outputs[k * LANES + l] = value as f32;
                    k += 1;
                };
                for r in 0..d {
                    put(g[r * d + r].re);
                }
                for r in 0..d {
                    for c in r + 1..d {
                        put(g[r * d + c].re + g[c * d + r].re);
                        if !self.family.is_real() {
                            put(g[r * d + c].im - g[c * d + r].im);
                        }
                    }
                }
            }
        }
        silence(&mut work.d_outputs, conditioning.active);
        self.network.backward(ready, &work.d_outputs, &mut work.network, gradient);
        Ok(())
    }
}

/// Takes idle lanes out of a gradient.
fn silence(d_outputs: &mut [f32], active: usize) {
    if active < LANES {
        for row in d_outputs.chunks_exact_mut(LANES) {
            row[active..].fill(0.0);
        }
    }
}

fn norm(n: [f64; 3]) -> f64 {
    (n[0] * n[0] + n[1] * n[1] + n[2] * n[2]).sqrt().max(1e-12)
}
