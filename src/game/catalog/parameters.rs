//! Reading the parameters after a game's name, `word:first:second`.

use super::super::{GameError, Rational};
use num_bigint::BigInt;
use num_traits::Zero;
use std::ops::RangeInclusive;

/// The parts of a catalogue name and how the family wants to be called.
pub(super) struct Parameters<'a> {
    /// The whole name as given.
    pub name: &'a str,
    /// How the family's name is written, for messages.
    pub usage: &'static str,
    /// The part before the first colon.
    pub word: &'a str,
    /// All after the first colon, if there is one.
    pub rest: Option<&'a str>,
}

impl<'a> Parameters<'a> {
    /// The colon-separated parts after the word.
    pub fn parts(&self) -> Vec<&'a str> {
        self.rest.map_or(Vec::new(), |rest| rest.split(':').collect())
    }

    /// The parts, if their number is allowed.
    pub fn counted(&self, count: RangeInclusive<usize>) -> Result<Vec<&'a str>, GameError> {
        let parts = self.parts();
        if count.contains(&parts.len()) {
            return Ok(parts);
        }
        Err(self.wrong(match parts.len() {
            1 => "1 parameter given".into(),
            n => format!("{n} parameters given"),
        }))
    }

    /// Exactly one integer parameter in a range.
    pub fn one(&self, what: &str, range: RangeInclusive<usize>) -> Result<usize, GameError> {
        let parts = self.counted(1..=1)?;
        self.integer(parts[0], what, range)
    }

    /// An integer in a range.
    pub fn integer(&self, text: &str, what: &str, range: RangeInclusive<usize>) -> Result<usize, GameError> {
        match text.parse::<usize>() {
            Ok(n) if range.contains(&n) && plain(text) => Ok(n),
            _ => Err(self.wrong(format!(
                "{what} '{}' given, wanted an integer from {} to {}",
                printable(text, 40),
                range.start(),
                range.end()
            ))),
        }
    }

    /// The seed of a random game.
    pub fn seed(&self, text: &str) -> Result<u64, GameError> {
        match text.parse::<u64>() {
            Ok(seed) if plain(text) => Ok(seed),
            _ => Err(self.wrong(format!(
                "seed '{}' given, wanted an integer from 0 to {}",
                printable(text, 40),
                u64::MAX
            ))),
        }
    }

    /// An error about these parameters.
    pub fn wrong(&self, why: String) -> GameError {
        GameError::Game { name: printable(self.name, 80), why: format!("{why} (written {})", self.usage) }
    }
}

/// Digits only: no sign, no spaces.
fn plain(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// A rational written `p` or `p/q` in decimal digits, `q > 0`, with an optional minus before `p`; at most
/// `digits` digits each.
pub(in super::super) fn parse_rational(text: &str, digits: usize) -> Option<Rational> {
    let (p, q) = text.split_once('/').unwrap_or((text, "1"));
    let number = |part: &str| -> Option<BigInt> {
        let fine = !part.is_empty() && part.len() <= digits && plain(part);
        if fine { part.parse().ok() } else { None }
    };
    let (sign, p) = match p.strip_prefix('-') {
        Some(p) => (-1, p),
        None => (1, p),
    };
    let (p, q) = (number(p)?, number(q)?);
    if q.is_zero() {
        return None;
    }
    Some(Rational::new(p * sign, q))
}

/// Text from outside, made safe for a message: control characters escaped, cut after `limit` characters.
pub(crate) fn printable(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for (i, c) in text.chars().enumerate() {
        if i == limit {
            out.push_str("...");
            break;
        }
        if c.is_control() || c == '\u{2028}' || c == '\u{2029}' {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}
