//! The catalogue: known games by name, each with what the literature says about it.
//!
//! One file per family and one line in the list of families. Conventions: questions and answers count from 0;
//! `E(x)` is the expectation of the product of outcomes, where answer 0 is `+1` and answer 1 is `-1`; in a
//! functional, a term of one player alone stands at question 0 of the others.

mod cglmp;
mod chained;
mod chsh;
mod chsh_mod;
mod elegant;
mod ffl;
mod ghz;
mod gyni;
mod hardy;
mod i3322;
mod magic_square;
mod mermin;
mod odd_cycle;
pub(crate) mod parameters;
mod parity;
mod random;
mod random_xor;
mod reference;
mod rendezvous;
mod svetlichny;
mod tilted_chsh;

pub use reference::Reference;
pub use rendezvous::rendezvous;

use super::{Game, GameError, Rational};
use parameters::{Parameters, printable};

/// A game of the catalogue and what is known about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The game.
    pub game: Game,
    /// What the literature says; for reports only, nothing computes with it.
    pub reference: Reference,
}

/// A line of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// A name that [`lookup`] understands.
    pub name: &'static str,
    /// How names of its family are written, such as `chained:N`.
    pub usage: &'static str,
    /// The game and its reference.
    pub entry: Entry,
}

/// A family of games: the first words of its names, and the function that builds one.
struct Family {
    words: &'static [&'static str],
    usage: &'static str,
    standard: &'static [&'static str],
    build: fn(&Parameters) -> Result<Entry, GameError>,
}

/// The list. Adding a game touches its own file and this.
const FAMILIES: &[Family] = &[
    chsh::FAMILY,
    chsh::TWICE,
    ghz::FAMILY,
    rendezvous::FAMILY,
    magic_square::FAMILY,
    ffl::FAMILY,
    ffl::TWICE,
    chained::FAMILY,
    odd_cycle::FAMILY,
    parity::FAMILY,
    gyni::FAMILY,
    chsh_mod::FAMILY,
    i3322::FAMILY,
    cglmp::FAMILY,
    mermin::FAMILY,
    svetlichny::FAMILY,
    elegant::FAMILY,
    tilted_chsh::FAMILY,
    hardy::FAMILY,
    random_xor::FAMILY,
    random::FAMILY,
];

/// The game of a catalogue name: a word and its parameters, separated by colons.
///
/// The `Display` name of the game has dashes for the colons (`chained:5` is `chained-5`), because names of
/// games are made of `a-z 0-9 _ -` only.
///
/// # Errors
/// [`GameError::Unknown`] with the nearest names if no family has the word; [`GameError::Game`] saying what
/// was given and what was wanted if a parameter is wrong; [`GameError::File`] for `rendezvous:FILE`.
///
/// ```
/// use bellwether::game::catalog;
/// let tetra = catalog::lookup("tetra")?;
/// assert_eq!(tetra.game.name(), "rendezvous-k4");
/// assert_eq!(tetra.reference.classical.unwrap().to_string(), "5/8");
/// assert!(catalog::lookup("chained:0").is_err());
/// # Ok::<(), bellwether::game::GameError>(())
/// ```
pub fn lookup(name: &str) -> Result<Entry, GameError> {
    let (word, rest) = match name.split_once(':') {
        Some((word, rest)) => (word, Some(rest)),
        None => (name, None),
    };
    let Some(family) = FAMILIES.iter().find(|f| f.words.contains(&word)) else {
        return Err(GameError::Unknown { name: printable(name, 80), hint: hint(word) });
    };
    (family.build)(&Parameters { name, usage: family.usage, word, rest })
}

/// The standard members of every family, in the order of the catalogue.
///
/// ```
/// use bellwether::game::catalog;
/// assert!(catalog::list().iter().any(|line| line.name == "magic-square"));
/// ```
pub fn list() -> Vec<Listing> {
    let lines = FAMILIES.iter().flat_map(|family| {
        family.standard.iter().filter_map(|name| Some(Listing { name, usage: family.usage, entry: lookup(name).ok()? }))
    });
    lines.collect()
}

/// `+1` or `-1`: the product of the outcomes, answer 0 being `+1`.
fn sign(answers: &[usize]) -> i64 {
    1 - 2 * (answers.iter().sum::<usize>() % 2) as i64
}

fn ratio(p: i64, q: i64) -> Rational {
    Rational::new(p.into(), q.into())
}

fn integer(n: i64) -> Rational {
    Rational::from_integer(n.into())
}

/// The nearest words, by edit distance or because one begins with the other.
fn hint(word: &str) -> String {
    let word: String = word.chars().take(64).collect();
    let words = FAMILIES.iter().flat_map(|f| f.words.iter().copied());
    let mut near: Vec<(usize, &str)> = words
        .filter_map(|known| {
            let distance = edit_distance(&word, known);
            let close = distance <= 1 + word.len().max(known.len()) / 4;
            let begins = word.len() >= 3 && known.starts_with(&word);
            (close || begins).then_some((distance, known))
        })
        .collect();
    near.sort();
    near.truncate(3);
    let names: Vec<String> = near.iter().map(|(_, name)| format!("'{name}'")).collect();
    match names.split_last() {
        None => "; `bellwether games` lists the catalogue".into(),
        Some((last, [])) => format!("; did you mean {last}?"),
        Some((last, rest)) => format!("; did you mean {} or {last}?", rest.join(", ")),
    }
}

/// Levenshtein distance, one row at a time.
pub(crate) fn edit_distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, c) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &d) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(c != d);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}
