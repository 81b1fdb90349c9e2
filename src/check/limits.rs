//! How much a certificate may ask of the machine; charged before the work is done.

use super::reject::{Reject, resource};

/// The sizes a certificate may have. Above them the verdict is `RESOURCE`, never a hang.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub file: u64,
    /// Nesting of brackets.
    pub nesting: u64,
    /// Digits of one integer (a numerator or a denominator).
    pub digits: u64,
    /// Players of a game.
    pub players: u64,
    /// Questions of one player.
    pub questions: u64,
    /// Answers of one player.
    pub answers: u64,
    /// Dimension D of the joint quantum system; a state may have up to 2 D rows.
    pub dimension: u64,
    /// Monomials in the basis of one block.
    pub basis: u64,
    /// Blocks of one sum of squares.
    pub blocks: u64,
    /// Letters of one player's word in a basis monomial.
    pub word: u64,
    /// Proofs (and, separately, conclusions) of one certificate.
    pub proofs: u64,
    /// Deterministic strategies one enumeration may visit.
    pub enumeration: u64,
    /// Bits of a common denominator.
    pub denominator_bits: u64,
    /// Total work, roughly in operations on 64-bit words.
    pub work: u64,
    /// Bits of the evidence product of a statistical proof.
    pub evidence_bits: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file: 16 << 20,
            nesting: 16,
            digits: 5_000,
            players: 6,
            questions: 64,
            answers: 32,
            dimension: 64,
            basis: 600,
            blocks: 64,
            word: 16,
            proofs: 64,
            enumeration: 100_000_000,
            denominator_bits: 20_000,
            work: 4_000_000_000,
            evidence_bits: 1 << 25,
        }
    }
}

impl Limits {
    /// The limits by name, in the order of the specification.
    pub fn entries(&self) -> [(&'static str, u64); 15] {
        let mut copy = self.clone();
        copy.slots().map(|(name, slot)| (name, *slot))
    }

    /// Sets the limit called `name`; an unknown name gives back the list of names.
    pub fn set(&mut self, name: &str, value: u64) -> Result<(), String> {
        for (known, slot) in self.slots() {
            if known == name {
                *slot = value;
                return Ok(());
            }
        }
        let names: Vec<&str> = self.entries().iter().map(|(known, _)| *known).collect();
        Err(format!(
            "no limit is called `{name}`; the limits are {}",
            names.join(", ")
        ))
    }

    /// The limits that are larger here than by default, as `name=value`.
    pub fn raised(&self) -> Vec<String> {
        self.entries()
            .iter()
            .zip(Self::default().entries())
            .filter(|((_, mine), (_, usual))| mine > usual)
            .map(|((name, mine), _)| format!("{name}={mine}"))
            .collect()
    }

    fn slots(&mut self) -> [(&'static str, &mut u64); 15] {
        [
            ("file", &mut self.file),
            ("nesting", &mut self.nesting),
            ("digits", &mut self.digits),
            ("players", &mut self.players),
            ("questions", &mut self.questions),
            ("answers", &mut self.answers),
            ("dimension", &mut self.dimension),
            ("basis", &mut self.basis),
            ("blocks", &mut self.blocks),
            ("word", &mut self.word),
            ("proofs", &mut self.proofs),
            ("enumeration", &mut self.enumeration),
            ("denominator_bits", &mut self.denominator_bits),
            ("work", &mut self.work),
            ("evidence_bits", &mut self.evidence_bits),
        ]
    }
}

/// What is left of the work allowance of one certificate.
#[derive(Debug, Clone)]
pub struct Meter {
    limits: Limits,
    left: u64,
}

impl Meter {
    /// A full allowance.
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            left: limits.work,
        }
    }

    /// The limits this meter enforces.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Pays for `amount` operations before they are done.
    pub(crate) fn charge(&mut self, what: &str, amount: u128) -> Result<(), Reject> {
        match u64::try_from(amount)
            .ok()
            .and_then(|need| self.left.checked_sub(need))
        {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(resource(
                "",
                format!(
                    "{what} needs about {amount} operations and {} of {} are left",
                    self.left, self.limits.work
                ),
            )),
        }
    }
}

/// Refuses `given` above `limit`.
pub(crate) fn within(at: &str, what: &str, given: usize, limit: u64) -> Result<(), Reject> {
    if u64::try_from(given).is_ok_and(|given| given <= limit) {
        Ok(())
    } else {
        Err(resource(
            at,
            format!("{given} {what}, the limit is {limit}"),
        ))
    }
}

/// Product of sizes, saturating: a size too large to write down is too large anyway.
pub(crate) fn product(sizes: impl IntoIterator<Item = u128>) -> u128 {
    sizes.into_iter().fold(1, u128::saturating_mul)
}

/// 64-bit words of a number of `bits` bits, at least one.
pub(crate) fn words(bits: u64) -> u128 {
    u128::from(bits / 64).saturating_add(1)
}

/// The charge for one product of two long numbers: its words, and what every operation on them costs.
pub(crate) fn multiplication(bits: u64, other: u64) -> u128 {
    words(bits)
        .saturating_mul(words(other))
        .saturating_add(OPERATION)
}

/// What an operation on long numbers costs however short they are, and a word of memory for longer use.
pub(crate) const OPERATION: u128 = 24;

/// A size for the saturating arithmetic of charges.
pub(crate) fn wide(n: usize) -> u128 {
    u128::try_from(n).unwrap_or(u128::MAX)
}
