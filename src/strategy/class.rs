//! The hierarchy of policy classes, F ⊂ SR ⊂ Q ⊂ NS ⊂ C.

use std::fmt;
use std::str::FromStr;

/// A class of joint policies; the order of the variants is the strict inclusion of Proposition 2.
///
/// `F ⊂ SR ⊂ Q ⊂ NS ⊂ C`: factorised, shared randomness (= local), shared entanglement, non-signalling,
/// full communication (Section 3, Figure 1).
///
/// ```
/// use bellwether::strategy::PolicyClass;
/// assert!(PolicyClass::SharedRandomness < PolicyClass::Quantum);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyClass {
    /// `prod_i pi_i(a_i|h_i)`.
    Factorised,
    /// Convex mixtures of factorised policies (Eq. 4): the local polytope.
    SharedRandomness,
    /// `tr(rho ⊗_i M_i(a_i|h_i))` (Eq. 6).
    Quantum,
    /// Policies whose marginals do not depend on the others' questions (Eq. 5).
    NonSignalling,
    /// All joint policies.
    Communication,
}

impl PolicyClass {
    /// All classes, smallest first.
    pub const ALL: [PolicyClass; 5] = [
        PolicyClass::Factorised,
        PolicyClass::SharedRandomness,
        PolicyClass::Quantum,
        PolicyClass::NonSignalling,
        PolicyClass::Communication,
    ];

    /// The paper's symbol: `F`, `SR`, `Q`, `NS` or `C`.
    pub fn symbol(self) -> &'static str {
        match self {
            PolicyClass::Factorised => "F",
            PolicyClass::SharedRandomness => "SR",
            PolicyClass::Quantum => "Q",
            PolicyClass::NonSignalling => "NS",
            PolicyClass::Communication => "C",
        }
    }
}

impl fmt::Display for PolicyClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

impl FromStr for PolicyClass {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        PolicyClass::ALL
            .into_iter()
            .find(|class| class.symbol().eq_ignore_ascii_case(text))
            .ok_or_else(|| format!("unknown policy class '{text}', wanted one of f, sr, q, ns, c"))
    }
}
