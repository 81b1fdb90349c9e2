//! What the physics at hand allows: imperfect states and restricted measurements (Appendix F).

use crate::quantum::{Noise, Povm};

/// Which measurements a player can make.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Measurements {
    /// Every POVM, by QuantumSoftmax (Algorithm 1).
    #[default]
    Any,
    /// POVMs of real matrices.
    Real,
    /// Projective measurements in a learned orthonormal basis; basis vector `k` belongs to answer `k mod m`.
    Projective,
    /// One of the given POVMs per question, drawn with learned probabilities: `[player][choice]`.
    Listed(Vec<Vec<Povm>>),
}

impl Measurements {
    /// The name on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            Measurements::Any => "any",
            Measurements::Real => "real",
            Measurements::Projective => "projective",
            Measurements::Listed(_) => "listed",
        }
    }
}

/// Limits of the physical realisation; none by default.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Restrictions {
    /// What happens to the learned or given state before it is measured.
    pub noise: Noise,
    /// Which measurements can be made.
    pub measurements: Measurements,
}
