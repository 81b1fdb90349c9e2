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

impl Reject {
    pub(crate) fn new(code: RejectCode, at: &dyn fmt::Display, why: String) -> Self {
        let at = at.to_string();
        Self { code, at, why }
    }

    /// The same refusal, at `place` if its own is not known.
    pub(crate) fn or_at(mut self, place: &dyn fmt::Display) -> Self {
        if self.at.is_empty() {
            self.at = place.to_string();
        }
        self
    }
}

/// What a check gives: something exact, or a refusal.
pub(crate) type Result<T, E = Reject> = std::result::Result<T, E>;

/// A refusal: `refuse!(Proof at node, "not {wanted}")`; a code held in a variable stands in brackets.
macro_rules! refuse {
    (($code:expr) at $place:expr, $($why:tt)+) => {
        $crate::check::reject::Reject::new($code, &$place, format!($($why)+))
    };
    ($code:ident at $place:expr, $($why:tt)+) => {
        $crate::check::reject::refuse!(($crate::check::reject::RejectCode::$code) at $place, $($why)+)
    };
}

/// Refuses unless something holds: `ensure!(den > zero, Proof at node, "not positive")`.
macro_rules! ensure {
    ($holds:expr, $code:tt at $place:expr, $($why:tt)+) => {
        if !$holds {
            return Err($crate::check::reject::refuse!($code at $place, $($why)+));
        }
    };
}

/// What is inside an option, or a refusal: `demand!(size, Shape at node, "at least 1")`.
macro_rules! demand {
    ($option:expr, $code:tt at $place:expr, $($why:tt)+) => {
        match $option {
            Some(inside) => inside,
            None => return Err($crate::check::reject::refuse!($code at $place, $($why)+)),
        }
    };
}

pub(crate) use {demand, ensure, refuse};
