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
        f.write_str(&format!("{self:?}").to_uppercase())
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

/// What a check gives: something exact, or a refusal.
pub(crate) type Result<T, E = Reject> = std::result::Result<T, E>;

impl Reject {
    /// The same refusal, seen from one step further out: a field, or `[k]`.
    pub(crate) fn inside(mut self, step: &str) -> Self {
        self.at = match self.at.as_str() {
            "file" => step.to_owned(),
            at if at.starts_with('[') => format!("{step}{at}"),
            at => format!("{step}.{at}"),
        };
        self
    }
}

/// A refusal, `refuse!(Proof: "not {wanted}")`. Its place is added on the way out.
macro_rules! refuse {
    ($code:ident: $($why:tt)+) => {
        $crate::check::reject::Reject {
            code: $crate::check::RejectCode::$code,
            at: "file".to_owned(),
            why: format!($($why)+),
        }
    };
}

/// Refuses unless something holds: `ensure!(den > zero, Proof: "not positive")`.
macro_rules! ensure {
    ($holds:expr, $code:ident: $($why:tt)+) => {
        if !$holds {
            return Err($crate::check::reject::refuse!($code: $($why)+));
        }
    };
}

pub(crate) use {ensure, refuse};
