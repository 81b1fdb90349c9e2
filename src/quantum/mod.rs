//! Quantum mechanics in finite dimension: measurements, shared states, the Born rule and
//! the differentiable `QuantumSoftmax` layer.
//!
//! Everything that runs inside a training loop works on flat row-major slices of [`C64`] and
//! allocates nothing; [`Matrix`], [`Povm`] and [`DensityMatrix`] are the checked, owned forms
//! for the edges of the program.
//!
//! Source: Gardiner et al., Learning to Coordinate via Quantum Entanglement in MARL,
//! Section 2, Section 4.1 and Appendix I.

pub mod born;
pub mod density;
pub mod hermitian;
pub mod matrix;
pub mod noise;
pub mod povm;
pub mod softmax;

pub use born::{Born, BornError, behaviour};
pub use density::{DensityError, DensityMatrix};
pub use matrix::{Matrix, MatrixError};
pub use noise::Noise;
pub use povm::{Povm, PovmError};
pub use softmax::{QuantumSoftmax, SoftmaxBatch, SoftmaxError, quantum_softmax};

/// Complex number in double precision, the entry type of every matrix in this module.
pub type C64 = num_complex::Complex<f64>;
