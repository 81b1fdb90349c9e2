//! One set of logits with the factors of its measurement.

use super::error::largest;
use super::extended::Adjoint;
use super::qubit::Qubit;
use super::{C64, SoftmaxError};
use crate::quantum::hermitian::EighScratch;

/// Gradient floor of a single layer: none, the error is relative to the gradient alone.
pub const STRICT_FLOOR: f64 = 0.0;

/// Gradient floor of a batch: errors below this fraction of the largest cotangent entry pass.
pub const TRAINING_FLOOR: f64 = 1e-8;

/// Relative gradient error that the estimate must stay below.
pub(super) const GRADIENT_TARGET: f64 = 1e-9;

/// Absolute error of the measurement of a single layer: its estimate stays below this in double
/// precision, or extended precision takes over.
pub(super) const STRICT_TARGET: f64 = 5e-13;

/// The same for a batch. Validity of the measurement does not depend on it.
pub(super) const TRAINING_TARGET: f64 = 1e-10;

/// Worst error estimate at which double precision stands in for an extended precision that
/// would take too long.
const COARSE_TARGET: f64 = 1e-6;

/// How a measurement was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Regime {
    /// In double precision.
    Double,
    /// In extended precision of this many bits.
    Extended {
        /// Bits of precision.
        bits: usize,
    },
    /// In double precision with an error that may exceed the target (up to 1e-6), because the
    /// matrices are too large for extended precision.
    Coarse,
    /// Beyond extended precision: the limit in which logits of different size are infinitely far
    /// apart, a valid measurement but not one with a known error.
    Limit,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Path {
    None,
    /// One outcome: the measurement is the identity whatever the logits are.
    Single,
    Qubit,
    Frame,
}

/// Logits, factors and measurement; every length is fixed by `m` and `d`.
#[derive(Debug)]
pub(super) struct Item {
    pub m: usize,
    pub d: usize,
    pub path: Path,
    pub regime: Regime,
    /// Use extended precision whatever the estimates say.
    pub forced: bool,
    /// Estimate errors and act on them; never off but to measure what that costs.
    pub checked: bool,
    /// The logits as given.
    pub z: Vec<C64>,
    /// The measurement.
    pub p: Vec<C64>,
    /// Largest eigenvalue of all `H_j`.
    pub top: f64,
    /// Largest minus least eigenvalue.
    pub spread: f64,
    /// `|S^{-1/2}|` in the frame where the largest `exp` is one.
    pub tau: f64,
    /// Its base-two logarithm, beyond the range of `tau` where extended precision found it.
    pub log2_tau: f64,
    /// Eigenvalues minus `top`, outcome by outcome ascending.
    pub lam: Vec<f64>,
    /// `exp(lam)`.
    pub weight: Vec<f64>,
    /// Eigenvectors `U_j`, as columns.
    pub u: Vec<C64>,
    /// Rows `u_r^H S^{-1/2}`; empty of meaning unless the path is `Frame`.
    pub f: Vec<C64>,
    /// `S` in the shifted frame.
    pub s: Vec<C64>,
    /// Eigenvectors of `S` as columns, refined.
    pub v: Vec<C64>,
    /// Singular values of the weighted rows: square roots of the eigenvalues of `S`.
    pub sigma: Vec<f64>,
    pub qubit: Vec<Qubit>,
    pub t: [f64; 4],
}

/// Workspace shared by the items of a batch.
#[derive(Debug)]
pub(super) struct Scratch {
    pub eigh: EighScratch,
    pub values: Vec<f64>,
    pub a: Vec<C64>,
    pub b: Vec<C64>,
    pub c: Vec<C64>,
    pub rows: Vec<C64>,
}

impl Scratch {
    pub fn new(m: usize, d: usize) -> Self {
        let square = || vec![C64::ZERO; d * d];
        Self {
            eigh: EighScratch::new(d),
            values: vec![0.0; d],
            a: square(),
            b: square(),
            c: square(),
            rows: vec![C64::ZERO; m * d * d],
        }
    }
}

impl Item {
    pub fn new(m: usize, d: usize) -> Self {
        let full = || vec![C64::ZERO; m * d * d];
        let square = || vec![C64::ZERO; d * d];
        Self {
            m,
            d,
            path: Path::None,
            regime: Regime::Double,
            forced: false,
            checked: true,
            z: full(),
            p: full(),
            top: 0.0,
            spread: 0.0,
            tau: 0.0,
            log2_tau: 0.0,
            lam: vec![0.0; m * d],
            weight: vec![0.0; m * d],
            u: full(),
            f: full(),
            s: square(),
            v: square(),
            sigma: vec![0.0; d],
            qubit: vec![Qubit::default(); if d == 2 { m } else { 0 }],
            t: [0.0; 4],
        }
    }

    pub fn len(&self) -> usize {
        self.m * self.d * self.d
    }

    /// Computes `p` from the logits; on an error the item is left without a forward pass.
    pub fn forward(&mut self, z: &[C64], target: f64, scratch: &mut Scratch) -> Result<(), SoftmaxError> {
        self.path = Path::None;
        let size = largest(self.d, "logit", z)?;
        self.z.copy_from_slice(z);
        self.regime = Regime::Double;
        if self.d == 2 && self.m > 1 && !self.forced && self.qubit_forward(size) {
            self.path = Path::Qubit;
            return Ok(());
        }
        let resolved = self.frame_forward(size, scratch);
        self.path = Path::Frame;
        if self.m == 1 {
            self.path = Path::Single;
            self.p.fill(C64::ZERO);
            for k in 0..self.d {
                self.p[k * self.d + k] = C64::ONE;
            }
            return Ok(());
        }
        if resolved && !self.checked {
            return Ok(());
        }
        let estimate = f64::EPSILON * self.tau * (1.0 + self.spread);
        if resolved && !self.forced && estimate <= target {
            return Ok(());
        }
        self.log2_tau = self.tau.log2();
        if let Some(bits) = self.extended_forward() {
            self.regime = Regime::Extended { bits };
        } else if resolved && estimate <= COARSE_TARGET {
            self.regime = Regime::Coarse;
        } else {
            self.regime = Regime::Limit;
            self.limit_forward(scratch);
        }
        Ok(())
    }

    /// Writes the gradient, in double precision where its error estimate allows.
    pub fn backward(
        &mut self,
        cotangent: &[C64],
        grad: &mut [C64],
        floor: f64,
        scratch: &mut Scratch,
    ) -> Result<(), SoftmaxError> {
        if self.path == Path::None {
            return Err(SoftmaxError::NoForward);
        }
        let size = largest(self.d, "cotangent", cotangent)?;
        if !self.checked {
            match self.path {
                Path::Qubit => self.qubit_backward(cotangent, grad),
                _ => self.frame_backward(cotangent, grad, scratch),
            };
            return Ok(());
        }
        if self.path == Path::Single || size == 0.0 {
            grad.fill(C64::ZERO);
            return Ok(());
        }
        // How much rounding of T = S^{-1/2} is magnified; the closed form works with S itself.
        let mut magnified = f64::EPSILON * self.tau * (1.0 + self.tau) * (1.0 + self.spread);
        let largest_entry = match (self.path, self.regime) {
            (Path::Qubit, _) => {
                magnified *= self.tau;
                self.qubit_backward(cotangent, grad)
            }
            (_, Regime::Double | Regime::Coarse) => self.frame_backward(cotangent, grad, scratch),
            _ => f64::NAN,
        };
        let error = magnified * size;
        if largest_entry.is_finite() && (error <= GRADIENT_TARGET * largest_entry || error <= floor * size) {
            return Ok(());
        }
        if self.regime == Regime::Double {
            self.log2_tau = self.tau.log2();
        }
        let done = self.extended_backward(Adjoint { cotangent, grad: &mut *grad, size, floor });
        if done && grad.iter().all(|g| g.is_finite()) {
            return Ok(());
        }
        Err(SoftmaxError::OutOfDomain { item: 0, spread: self.spread, log2_condition: self.log2_condition() })
    }

    /// Finite bounded stand-in for the gradient outside the domain.
    pub fn saturating_backward(&mut self, cotangent: &[C64], grad: &mut [C64], scratch: &mut Scratch) {
        if self.path == Path::Qubit {
            // The frame was never built for this item.
            let size = self.z.iter().fold(0.0_f64, |a, z| a.max(z.re.abs()).max(z.im.abs()));
            let keep = std::mem::take(&mut self.p);
            self.p = vec![C64::ZERO; keep.len()];
            self.frame_forward(size, scratch);
            self.p = keep;
        }
        self.limit_backward(cotangent, grad, scratch);
    }

    /// Condition number of `S`, from the shifted frame.
    pub fn condition(&self) -> f64 {
        let low = 1.0 / self.tau;
        match self.path {
            Path::Qubit => {
                // t has the eigenvalues 1/sigma.
                let [t0, t1, t2, t3] = self.t;
                let r = (t1 * t1 + t2 * t2 + t3 * t3).sqrt();
                ((t0 + r) / (t0 - r)).powi(2)
            }
            _ => {
                let high = self.sigma.iter().fold(0.0_f64, |a, &s| a.max(s));
                let ratio = high / low;
                ratio * ratio
            }
        }
    }

    /// Base-two logarithm of the condition number, infinite when double precision lost it.
    pub fn log2_condition(&self) -> f64 {
        2.0 * self.log2_tau
    }

    /// Whether `lam` and `u` belong to the present logits.
    pub fn path_has_frame(&self) -> bool {
        self.path != Path::Qubit
    }
}
