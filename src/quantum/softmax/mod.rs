//! `QuantumSoftmax`: logits to measurements, with its adjoint.
//!
//! `H_j = (Z_j + Z_j^H)/2`, `R_j = exp(H_j)`, `S = sum_j R_j`, `P_j = S^{-1/2} R_j S^{-1/2}`.
//! Source: Gardiner et al., Learning to Coordinate via Quantum Entanglement in MARL,
//! Algorithm 1, Propositions 3-4, Appendix I. How it is computed is told in
//! `docs/quantum-softmax.md`.

mod adjoint;
mod batch;
mod error;
mod extended;
mod frame;
mod group;
mod groups;
mod item;
mod lanes;
mod limit;
mod mp;
mod qubit;

use super::{C64, Matrix, Povm};
pub use batch::SoftmaxBatch;
pub use error::SoftmaxError;
use item::{Item, Scratch};
pub use item::{Regime, STRICT_FLOOR, TRAINING_FLOOR};

/// One `QuantumSoftmax` layer of `m` outcomes in dimension `d`, with its workspace.
///
/// Logits, elements and gradients are flat slices of `m d^2` entries: outcome by outcome, each
/// `d x d` row-major. Cotangents and gradients mean `dL = sum Re(conj(G) dX)` over all entries,
/// so a gradient entry is `dL/dRe Z + i dL/dIm Z`. After any finite input the elements are exactly
/// Hermitian, positive to -1e-14 and sum to the identity to `1e-14 d m`.
///
/// ```
/// use bellwether::quantum::{C64, QuantumSoftmax};
/// let mut layer = QuantumSoftmax::new(2, 1)?;
/// let mut povm = [C64::ZERO; 2];
/// layer.forward(&[C64::from(3.0_f64.ln()), C64::ZERO], &mut povm)?;
/// assert!((povm[0].re - 0.75).abs() < 1e-15);
/// # Ok::<(), bellwether::quantum::SoftmaxError>(())
/// ```
#[derive(Debug)]
pub struct QuantumSoftmax {
    item: Item,
    scratch: Scratch,
    floor: f64,
}

impl QuantumSoftmax {
    /// A layer of `m` outcomes in dimension `d`; gradients are held to a relative error of 1e-8.
    ///
    /// # Errors
    /// When `m` or `d` is zero or the layer is too large to hold.
    pub fn new(m: usize, d: usize) -> Result<Self, SoftmaxError> {
        error::check_size(1, m, d)?;
        Ok(Self { item: Item::new(m, d), scratch: Scratch::new(m, d), floor: STRICT_FLOOR })
    }

    /// Accepts gradients whose absolute error is below `floor` times the largest entry of the
    /// cotangent, even where the gradient itself is smaller: what a trainer wants near an optimum.
    #[must_use]
    pub fn with_gradient_floor(mut self, floor: f64) -> Self {
        self.floor = floor.max(0.0);
        self
    }

    /// Uses extended precision for every input: a reference to judge the fast paths by.
    #[must_use]
    pub fn always_extended(mut self) -> Self {
        self.item.forced = true;
        self
    }

    /// Takes double precision at its word: no error estimate, no switch. Only for measuring what they cost.
    #[doc(hidden)]
    #[must_use]
    pub fn without_checks(mut self) -> Self {
        self.item.checked = false;
        self
    }

    /// Number of outcomes.
    pub fn outcomes(&self) -> usize {
        self.item.m
    }

    /// Dimension of the measured system.
    pub fn dim(&self) -> usize {
        self.item.d
    }

    /// Computes the measurement of the logits, Algorithm 1.
    ///
    /// # Errors
    /// A slice of the wrong length, or a logit that is not finite; nothing is written then.
    pub fn forward(&mut self, logits: &[C64], povm: &mut [C64]) -> Result<(), SoftmaxError> {
        error::check_length("logits", logits.len(), self.item.len())?;
        error::check_length("povm", povm.len(), self.item.len())?;
        self.item.forward(logits, item::STRICT_TARGET, &mut self.scratch)?;
        povm.copy_from_slice(&self.item.p);
        Ok(())
    }

    /// Writes the gradient of `L` from its cotangent at the measurement of the last forward pass.
    ///
    /// # Errors
    /// No forward pass yet, a slice of the wrong length, a cotangent that is not finite, or
    /// logits outside the documented domain ([`SoftmaxError::OutOfDomain`]); `grad` is then not
    /// to be used.
    pub fn backward(&mut self, cotangent: &[C64], grad: &mut [C64]) -> Result<(), SoftmaxError> {
        error::check_length("cotangent", cotangent.len(), self.item.len())?;
        error::check_length("gradient", grad.len(), self.item.len())?;
        self.item.backward(cotangent, grad, self.floor, &mut self.scratch)
    }

    /// As [`QuantumSoftmax::backward`], but outside the domain writes a finite gradient of
    /// bounded size that still points uphill for commuting logits, and returns `false`.
    ///
    /// # Errors
    /// As [`QuantumSoftmax::backward`] without [`SoftmaxError::OutOfDomain`].
    pub fn backward_saturating(&mut self, cotangent: &[C64], grad: &mut [C64]) -> Result<bool, SoftmaxError> {
        match self.backward(cotangent, grad) {
            Ok(()) => Ok(true),
            Err(SoftmaxError::OutOfDomain { .. }) => {
                self.item.saturating_backward(cotangent, grad, &mut self.scratch);
                Ok(false)
            }
            Err(other) => Err(other),
        }
    }

    /// How the last forward pass was computed.
    pub fn regime(&self) -> Regime {
        self.item.regime
    }

    /// Estimate of the condition number of `S` at the last forward pass; infinite when beyond the
    /// range of double precision.
    pub fn condition_estimate(&self) -> f64 {
        self.item.condition()
    }

    /// The conditioning loss `tr((S - I)^H (S - I))` of the unshifted `S` at the last logits.
    ///
    /// The paper prints the matrix; its trace is what can be minimised (Appendix I). Infinite
    /// when `S` overflows.
    pub fn conditioning_loss(&self) -> f64 {
        self.item.conditioning_loss()
    }

    /// Adds `weight` times the gradient of [`QuantumSoftmax::conditioning_loss`] to `grad`.
    ///
    /// # Errors
    /// No forward pass yet, a slice of the wrong length, or a gradient that overflows; `grad` is
    /// unchanged then.
    pub fn add_conditioning_gradient(&mut self, weight: f64, grad: &mut [C64]) -> Result<(), SoftmaxError> {
        error::check_length("gradient", grad.len(), self.item.len())?;
        self.item.add_conditioning_gradient(weight, f64::INFINITY, grad, &mut self.scratch)
    }
}

/// The measurement of a list of square logits, Algorithm 1.
///
/// # Errors
/// An empty list, matrices of dimension zero or unequal dimension, entries that are not finite.
///
/// ```
/// use bellwether::quantum::{Matrix, quantum_softmax};
/// let povm = quantum_softmax(&[Matrix::zeros(2), Matrix::zeros(2)])?;
/// assert_eq!(povm.element(0), &Matrix::identity(2).scale(0.5));
/// # Ok::<(), bellwether::quantum::SoftmaxError>(())
/// ```
pub fn quantum_softmax(logits: &[Matrix]) -> Result<Povm, SoftmaxError> {
    let d = logits.first().ok_or(SoftmaxError::NoOutcomes)?.dim();
    let mut layer = QuantumSoftmax::new(logits.len(), d)?;
    let mut flat = Vec::with_capacity(logits.len() * d * d);
    for (outcome, z) in logits.iter().enumerate() {
        if z.dim() != d {
            return Err(SoftmaxError::Ragged { outcome, given: z.dim(), wanted: d });
        }
        flat.extend_from_slice(z.as_slice());
    }
    let mut povm = vec![C64::ZERO; flat.len()];
    layer.forward(&flat, &mut povm)?;
    let elements = povm.chunks_exact(d * d).map(|p| Matrix::from_fn(d, |r, c| p[r * d + c])).collect();
    Povm::new(elements).map_err(SoftmaxError::Invalid)
}
