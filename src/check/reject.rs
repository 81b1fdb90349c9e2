//! Why a certificate was turned down.

use std::fmt;

/// The class of a refusal; the words are part of the output contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RejectCode {
    /// The text is not a `qcert` object: syntax, fields, lengths of lists.
    Shape,
    /// A number is not in its one allowed spelling.
    Number,
    /// The game table breaks a rule of the table format.
    Game,
    /// A witness is not what its type demands (not positive, not fair, ...).
    Proof,
    /// The claimed number does not follow from the witness.
    Claim,
    /// The certificate is larger than the limits allow: nothing was decided.
    Resource,
}

impl fmt::Display for RejectCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shape => "SHAPE",
            Self::Number => "NUMBER",
            Self::Game => "GAME",
            Self::Proof => "PROOF",
            Self::Claim => "CLAIM",
            Self::Resource => "RESOURCE",
        })
    }
}

/// A refusal: its class, the place in the certificate and the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("REJECTED {code} {at}: {why}")]
pub struct Reject {
    /// The class of the refusal.
    pub code: RejectCode,
    /// Where in the certificate, e.g. `proofs[2].povm[0][1]`.
    pub at: String,
    /// What was found and what was wanted.
    pub why: String,
}

impl Reject {
    pub(crate) fn new(code: RejectCode, at: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            code,
            at: at.into(),
            why: why.into(),
        }
    }

    /// The same refusal seen from one level further out.
    pub(crate) fn under(mut self, outer: &str) -> Self {
        self.at = match self.at.as_str() {
            "" => outer.to_owned(),
            inner if inner.starts_with('[') => format!("{outer}{inner}"),
            inner => format!("{outer}.{inner}"),
        };
        self
    }
}

macro_rules! shorthand {
    ($($name:ident $code:ident),*) => {$(
        pub(crate) fn $name(at: impl Into<String>, why: impl Into<String>) -> Reject {
            Reject::new(RejectCode::$code, at, why)
        }
    )*};
}
shorthand!(shape Shape, number Number, game Game, proof Proof, claim Claim, resource Resource);
