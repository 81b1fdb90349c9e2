//! What the literature says about a game.

use super::super::{Rational, to_f64};
use super::{integer, ratio};

/// Known values of a game and where they come from.
///
/// For reports only: learners and bounds never see it. Rationals are exact; the floats are the nearest to the
/// closed form where there is one, otherwise as published. `None` means that the catalogue knows no value, not
/// that there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// The game in a sentence.
    pub summary: String,
    /// Authors, years, arXiv numbers.
    pub source: String,
    /// The best value with shared randomness.
    pub classical: Option<Rational>,
    /// The best value known to be reached with entanglement.
    pub quantum_lower: Option<f64>,
    /// The quantum value as a closed formula, or what the numbers beside it are.
    pub quantum_exact_text: Option<String>,
    /// A local dimension that reaches `quantum_lower`.
    pub quantum_dimension: Option<usize>,
    /// The best upper bound known on the quantum value.
    pub quantum_upper: Option<f64>,
    /// The best non-signalling value.
    pub non_signalling: Option<Rational>,
}

impl Reference {
    /// A reference without values.
    pub(super) fn new(summary: impl Into<String>, source: &str) -> Self {
        Reference {
            summary: summary.into(),
            source: source.into(),
            classical: None,
            quantum_lower: None,
            quantum_exact_text: None,
            quantum_dimension: None,
            quantum_upper: None,
            non_signalling: None,
        }
    }

    pub(super) fn classical(mut self, p: i64, q: i64) -> Self {
        self.classical = Some(ratio(p, q));
        self
    }

    /// A closed quantum value, reached in the local dimension `dimension`.
    pub(super) fn quantum(self, value: f64, text: impl Into<String>, dimension: usize) -> Self {
        self.quantum_between(Some(value), Some(value), text, Some(dimension))
    }

    pub(super) fn quantum_between(
        mut self,
        lower: Option<f64>,
        upper: Option<f64>,
        text: impl Into<String>,
        dimension: Option<usize>,
    ) -> Self {
        self.quantum_lower = lower;
        self.quantum_upper = upper;
        self.quantum_exact_text = Some(text.into());
        self.quantum_dimension = dimension;
        self
    }

    pub(super) fn non_signalling(mut self, p: i64, q: i64) -> Self {
        self.non_signalling = Some(ratio(p, q));
        self
    }

    /// All classes agree: neither entanglement nor anything non-signalling helps.
    pub(super) fn no_advantage(self, value: Rational) -> Self {
        let text = format!("{value}");
        let mut reference = self.quantum(to_f64(&value), text, 1);
        reference.classical = Some(value.clone());
        reference.non_signalling = Some(value);
        reference
    }

    /// Non-signalling players always win.
    pub(super) fn non_signalling_wins(mut self) -> Self {
        self.non_signalling = Some(integer(1));
        self
    }
}
