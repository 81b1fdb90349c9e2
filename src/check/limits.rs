//! How much a certificate may ask of the machine; charged before the work is done.

use super::*;

macro_rules! limits {
    ($($name:ident = $usual:expr, $doc:literal;)*) => {
        /// The sizes a certificate may have. Above them the verdict is `RESOURCE`, never a hang.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Limits { $(#[doc = $doc] pub $name: u64,)* }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $usual,)* }
            }
        }

        impl Limits {
            /// The limits with their names, in the order of the specification.
            pub fn entries(&mut self) -> Vec<(&'static str, &mut u64)> {
                vec![$((stringify!($name), &mut self.$name),)*]
            }
        }
    };
}

limits! {
    file = 16 << 20, "Bytes of the file.";
    nesting = 16, "Nesting of brackets, at most 128.";
    digits = 5_000, "Digits of one integer (a numerator or a denominator).";
    players = 6, "Players of a game.";
    questions = 64, "Questions of one player.";
    answers = 32, "Answers of one player.";
    dimension = 64, "Dimension D of the joint quantum system; a state may have up to 2 D rows.";
    basis = 600, "Monomials in the basis of one block.";
    blocks = 64, "Blocks of one sum of squares.";
    word = 16, "Letters of one player's word in a basis monomial.";
    proofs = 64, "Proofs (and, separately, conclusions) of one certificate.";
    enumeration = 100_000_000, "Deterministic strategies one enumeration may visit.";
    denominator_bits = 20_000, "Bits of a common denominator.";
    work = 4_000_000_000, "Total work, roughly in operations on 64-bit words.";
    evidence_bits = 1 << 25, "Bits of the evidence product of a statistical proof.";
}

/// The limits, and what is left of the work allowance of one certificate.
#[derive(Debug, Clone)]
pub struct Meter {
    pub(crate) limits: Limits,
    left: std::cell::Cell<u64>,
}

impl Meter {
    /// A full allowance.
    pub fn new(limits: &Limits) -> Self {
        Self { limits: limits.clone(), left: limits.work.into() }
    }

    /// Pays for `amount` operations before they are done.
    pub(crate) fn charge(&self, what: &str, amount: BigInt) -> Result<()> {
        let (left, all) = (self.left.get(), self.limits.work);
        let rest = amount.to_u64().and_then(|need| left.checked_sub(need));
        let over = || refuse!(Resource: "{what} needs {amount} operations and {left} of {all} are left");
        self.left.set(rest.ok_or_else(over)?);
        Ok(())
    }
}

/// Refuses `given` above `limit`.
pub(crate) fn within(what: &str, given: usize, limit: u64) -> Result<()> {
    let fits = u64::try_from(given).is_ok_and(|given| given <= limit);
    ensure!(fits, Resource: "{given} {what}, the limit is {limit}");
    Ok(())
}

/// A size for the arithmetic of charges, which cannot overflow.
pub(crate) fn big(n: usize) -> BigInt {
    BigInt::from(n)
}

/// 64-bit words of a number of `bits` bits, at least one.
pub(crate) fn words(bits: u64) -> BigInt {
    BigInt::from(bits / 64) + 1
}

/// The charge for the memory of a number that is kept.
pub(crate) fn kept(bits: u64) -> BigInt {
    words(bits) * 128
}

/// The charge for a common divisor, by one shift or subtraction of the longer number per bit.
pub(crate) fn divisor(bits: u64) -> BigInt {
    words(bits) * bits
}

/// The charge for one product of two long numbers: its words, and what every operation on them costs.
pub(crate) fn multiplication(bits: u64, other: u64) -> BigInt {
    words(bits) * words(other) + 24
}
