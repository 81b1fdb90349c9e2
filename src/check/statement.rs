//! What has been proved. Values of [`Proved`] are made in this module's parent only.

use std::fmt;

use super::num::{Rational, decimal_down, decimal_up};

/// The kind of a proved statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// omega_c <= value.
    ClassicalUpper,
    /// omega_c >= value.
    ClassicalLower,
    /// omega_ns <= value.
    NsUpper,
    /// omega_q >= value.
    QuantumLower,
    /// omega_q <= value.
    QuantumUpper,
    /// A behaviour is no-signalling and nonlocal for every visibility above value.
    NonlocalBehaviour,
    /// The data reject every classical model at level value.
    StatRejectClassical,
    /// The game from which questions were sampled has a value of at most value, up to a level of error.
    Transfer,
    /// A quantum strategy beats every classical one by at least value.
    Advantage,
    /// A strategy is within value of the best of its class.
    EpsOptimal,
}

impl Kind {
    /// The name in the certificate.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClassicalUpper => "classical_upper",
            Self::ClassicalLower => "classical_lower",
            Self::NsUpper => "ns_upper",
            Self::QuantumLower => "quantum_lower",
            Self::QuantumUpper => "quantum_upper",
            Self::NonlocalBehaviour => "nonlocal_behaviour",
            Self::StatRejectClassical => "stat_reject_classical",
            Self::Transfer => "transfer",
            Self::Advantage => "advantage",
            Self::EpsOptimal => "eps_optimal",
        }
    }

    /// Whether the statement bounds a value of the game from above.
    pub(crate) fn is_upper(self) -> bool {
        matches!(self, Self::ClassicalUpper | Self::QuantumUpper | Self::NsUpper)
    }

    /// Whether the statement says "at least value" (then decimals are rounded down).
    pub fn is_lower(self) -> bool {
        matches!(self, Self::ClassicalLower | Self::QuantumLower | Self::Advantage)
    }
}

/// A statement that has been checked; there is no way to make one but [`super::check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    pub(super) kind: Kind,
    pub(super) id: String,
    pub(super) value: Rational,
    /// The identity of the game.
    pub(super) game: String,
    /// The quantity that is bounded, e.g. `omega_q`.
    pub(super) subject: String,
    /// What else the reader must know: identities of witnesses, assumptions.
    pub(super) note: String,
}

impl Proved {
    pub(super) fn new(kind: Kind, id: &str, value: Rational, game: &str, subject: String, note: String) -> Self {
        let (id, game) = (id.to_owned(), game.to_owned());
        Self { kind, id, value, game, subject, note }
    }

    /// What kind of statement.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The id of the proof, or `lower/upper` for a conclusion.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The proved number.
    pub fn value(&self) -> &Rational {
        &self.value
    }

    /// The value with twelve decimals, rounded so that the statement stays true.
    pub fn decimal(&self) -> String {
        let round = if self.kind.is_lower() { decimal_down } else { decimal_up };
        round(&self.value, 12)
    }

    /// SHA-256 of the game the statement is about.
    pub fn game_sha256(&self) -> &str {
        &self.game
    }
}

impl fmt::Display for Proved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let relation = if self.kind.is_lower() { ">=" } else { "<=" };
        let exact = decimal_down(&self.value, 12) == decimal_up(&self.value, 12);
        let rounded = if exact { "=" } else { relation };
        let (subject, value, decimal) = (&self.subject, &self.value, self.decimal());
        write!(f, "PROVED {subject} {relation} {value} {rounded} {decimal} ")?;
        write!(f, "({} {}){}", self.kind.name(), self.id, self.note)
    }
}
