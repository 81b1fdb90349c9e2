//! How much a certificate may ask of the machine; charged before the work is done.

use std::fmt::Display;

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::reject::{Result, ensure, refuse};

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
            /// The limits by name, in the order of the specification.
            pub fn entries(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name),)*]
            }

            /// Sets the limit called `name`; an unknown name gives back the list of names.
            pub fn set(&mut self, name: &str, value: u64) -> Result<(), String> {
                match name {
                    $(stringify!($name) => self.$name = value,)*
                    _ => {
                        let names = [$(stringify!($name)),*].join(", ");
                        return Err(format!("no limit is called `{name}`; the limits are {names}"));
                    }
                }
                Ok(())
            }
        }
    };
}

limits! {
    file = 16 << 20, "Bytes of the file.";
    nesting = 16, "Nesting of brackets.";
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

/// What is left of the work allowance of one certificate.
#[derive(Debug, Clone)]
pub struct Meter {
    limits: Limits,
    left: u64,
}

impl Meter {
    /// A full allowance.
    pub fn new(limits: &Limits) -> Self {
        let (limits, left) = (limits.clone(), limits.work);
        Self { limits, left }
    }

    /// The limits this meter enforces.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Pays for `amount` operations before they are done.
    pub(crate) fn charge(&mut self, what: &str, amount: BigInt) -> Result<()> {
        let left = amount.to_u64().and_then(|need| self.left.checked_sub(need));
        self.left = left.ok_or_else(|| {
            let (left, all) = (self.left, self.limits.work);
            refuse!(Resource at "", "{what} needs {amount} operations and {left} of {all} are left")
        })?;
        Ok(())
    }
}

/// Refuses `given` above `limit`.
pub(crate) fn within(at: &dyn Display, what: &str, given: usize, limit: u64) -> Result<()> {
    let fits = u64::try_from(given).is_ok_and(|given| given <= limit);
    ensure!(fits, Resource at at, "{given} {what}, the limit is {limit}");
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

/// The charge for one product of two long numbers: its words, and what every operation on them costs.
pub(crate) fn multiplication(bits: u64, other: u64) -> BigInt {
    words(bits) * words(other) + 24
}
