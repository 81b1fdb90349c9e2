//! The moment matrix: which entries are equal.

use super::words::{Alphabet, Word};
use std::collections::HashMap;

/// The entry of a product that vanishes.
pub const ZERO: u32 = u32::MAX;

/// Moment matrix `M_ij = <w_i* w_j>` with its classes of equal entries.
///
/// A word and its adjoint are one class: their moments are complex conjugates, and the real part of a feasible
/// matrix is feasible with the same value, so moments may be taken real. (Keeping them apart is a known source
/// of loose values: 0.3620 instead of 0.2515 for I3322.)
#[derive(Debug, Clone)]
pub struct Moments {
    /// The words that index rows and columns, identity first.
    pub words: Vec<Word>,
    /// Class of each entry, row by row; [`ZERO`] where the product is zero.
    pub entry: Vec<u32>,
    /// A word of each class; class 0 is the identity.
    pub classes: Vec<Word>,
    index: HashMap<Word, u32>,
}

impl Moments {
    /// The matrix of a list of words.
    pub fn new(alphabet: &Alphabet, words: Vec<Word>) -> Self {
        let n = words.len();
        let mut m = Moments {
            words,
            entry: vec![ZERO; n * n],
            classes: vec![Word::new()],
            index: HashMap::from([(Word::new(), 0)]),
        };
        let stars: Vec<Word> = m.words.iter().map(|w| alphabet.adjoint(w)).collect();
        let mut product = Word::new();
        for (i, star) in stars.iter().enumerate() {
            for j in i..n {
                if !alphabet.product(star, &m.words[j], &mut product) {
                    continue;
                }
                let word = alphabet.canonical(product.clone());
                let next = m.classes.len() as u32;
                let class = *m.index.entry(word.clone()).or_insert(next);
                if class == next {
                    m.classes.push(word);
                }
                m.entry[i * n + j] = class;
                m.entry[j * n + i] = class;
            }
        }
        m
    }

    /// Adds classes for words that need not occur in the matrix.
    pub fn admit(&mut self, words: impl Iterator<Item = Word>) {
        for word in words {
            let next = self.classes.len() as u32;
            if *self.index.entry(word.clone()).or_insert(next) == next {
                self.classes.push(word);
            }
        }
    }

    /// Number of rows.
    pub fn size(&self) -> usize {
        self.words.len()
    }

    /// The class of a word in canonical form.
    pub fn class(&self, word: &[u16]) -> Option<u32> {
        self.index.get(word).copied()
    }

    /// Whether a word indexes a row.
    pub fn has_row(&self, word: &[u16]) -> bool {
        self.words.iter().any(|w| w == word)
    }
}
