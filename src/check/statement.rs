//! What has been proved. Values of [`Proved`] are made in this module's parent only.

use super::*;

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

/// A kind with its name in the certificate, the quantity it bounds, the fields that must stand beside
/// the type, and those that may.
type Row = (Kind, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

/// Eight proofs, two conclusions. Visibility and level are witness fields: there the claimed number may be left out.
#[rustfmt::skip]
const KINDS: [Row; 10] = [
    (Kind::ClassicalUpper, "classical_upper", "omega_c", &["id", "value"], &["order", "messages"]),
    (Kind::ClassicalLower, "classical_lower", "omega_c", &["id", "value", "strategy"], &[]),
    (Kind::NsUpper, "ns_upper", "omega_ns", &["id", "value", "messages"], &[]),
    (Kind::QuantumLower, "quantum_lower", "omega_q", &["id", "value", "dims", "state", "povm"], &[]),
    (Kind::QuantumUpper, "quantum_upper", "omega_q", &["id", "value", "blocks"], &[]),
    (Kind::NonlocalBehaviour, "nonlocal_behaviour", "visibility", &["id", "p", "functional", "beta", "visibility"], &["value"]),
    (Kind::StatRejectClassical, "stat_reject_classical", "probability", &["id", "bets", "counts", "alpha"], &["value"]),
    (Kind::Transfer, "transfer", "", &["id", "value", "upper", "counts", "alpha"], &[]),
    (Kind::Advantage, "advantage", "omega_q - omega_c", &["lower", "upper", "value"], &[]),
    (Kind::EpsOptimal, "eps_optimal", "", &["lower", "upper", "value"], &[]),
];

impl Kind {
    /// Reads the type of a proof or of a conclusion, and sees that the fields are those of the type.
    pub(crate) fn read(raw: &Json, conclusion: bool) -> Result<(Self, &'static str)> {
        let name = raw.field("type", Json::text)?;
        let known = KINDS.iter().find(|row| row.1 == name && row.0.concludes() == conclusion);
        let (kind, _, subject, must, may) = known.ok_or_else(|| refuse!(Shape: "no type of version 1"))?;
        raw.fields(&[must, ["type"].as_slice()].concat(), may)?;
        Ok((*kind, subject))
    }

    /// The name in the certificate.
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }

    fn concludes(self) -> bool {
        matches!(self, Self::Advantage | Self::EpsOptimal)
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
        rounded(&self.value, 12, self.kind.is_lower())
    }

    /// SHA-256 of the game the statement is about.
    pub fn game_sha256(&self) -> &str {
        &self.game
    }
}

impl fmt::Display for Proved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let relation = if self.kind.is_lower() { ">=" } else { "<=" };
        let exact = rounded(&self.value, 12, true) == rounded(&self.value, 12, false);
        let rounded = if exact { "=" } else { relation };
        let Self { subject, value, id, note, .. } = self;
        let (decimal, name) = (self.decimal(), self.kind.name());
        write!(f, "PROVED {subject} {relation} {value} {rounded} {decimal} ({name} {id}){note}")
    }
}
