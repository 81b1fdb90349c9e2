//! The words of a level, and how many there are.

use super::Level;
use crate::bound::BoundError;
use crate::bound::npa::words::{Alphabet, Word};
use std::collections::BTreeSet;

/// Bytes per entry of the moment matrix while it is solved: some ten copies in f64, and the words.
const BYTES_PER_ENTRY: f64 = 120.0;

impl Level {
    /// All patterns (letters per player) of the level for a number of players, smallest first.
    pub(in crate::bound::npa) fn all_patterns(&self, players: usize) -> Result<BTreeSet<Vec<usize>>, BoundError> {
        let mut all = BTreeSet::from([vec![0; players]]);
        let mut layer = all.clone();
        for _ in 0..self.length {
            let mut next = BTreeSet::new();
            for pattern in &layer {
                for i in 0..players {
                    let mut longer = pattern.clone();
                    longer[i] += 1;
                    next.insert(longer);
                }
            }
            all.extend(next.iter().cloned());
            layer = next;
        }
        if self.pairs {
            for i in 0..players {
                for j in 0..i {
                    let mut pair = vec![0; players];
                    pair[i] = 1;
                    pair[j] = 1;
                    all.insert(pair);
                }
            }
        }
        for pattern in &self.patterns {
            if pattern.len() > players {
                return Err(BoundError::Unsuitable {
                    method: "NPA",
                    why: format!("level {self} names player {}, the game has {players}", pattern.len() - 1),
                });
            }
            let mut padded = pattern.clone();
            padded.resize(players, 0);
            all.insert(padded);
        }
        Ok(all)
    }

    /// Number of words with a pattern.
    fn count(alphabet: &Alphabet, player: usize, length: usize) -> f64 {
        // words without equal-question neighbours, by the question of the last letter
        let sizes: Vec<f64> = alphabet
            .blocks()
            .iter()
            .filter(|&&(first, _)| alphabet.letter(first).player == player)
            .map(|&(_, k)| f64::from(k) - 1.0)
            .collect();
        if length == 0 {
            return 1.0;
        }
        let mut ending = sizes.clone();
        for _ in 1..length {
            let total: f64 = ending.iter().sum();
            ending = ending.iter().zip(&sizes).map(|(e, k)| (total - e) * k).collect();
        }
        ending.iter().sum()
    }

    /// Size of the moment matrix, computed before anything is allocated; at most `limit`.
    pub(in crate::bound::npa) fn size(&self, alphabet: &Alphabet, limit: usize) -> Result<usize, BoundError> {
        let mut size = self.extra.len() as f64;
        for pattern in self.all_patterns(alphabet.players())? {
            let factors = pattern.iter().enumerate();
            size += factors.map(|(i, &k)| Self::count(alphabet, i, k)).product::<f64>();
        }
        if size > limit as f64 {
            return Err(BoundError::TooLarge {
                method: "NPA",
                given: format!(
                    "level {self}, a moment matrix of size {size} ({:.1} GB)",
                    size * size * BYTES_PER_ENTRY / 1e9
                ),
                limit: format!("size {limit}"),
            });
        }
        Ok(size as usize)
    }

    /// The words of the level, the identity first.
    pub(in crate::bound::npa) fn words(&self, alphabet: &Alphabet) -> Result<Vec<Word>, BoundError> {
        let players = alphabet.players();
        let mut words = Vec::new();
        let mut patterns: Vec<Vec<usize>> = self.all_patterns(players)?.into_iter().collect();
        patterns.sort_by_key(|p| (p.iter().sum::<usize>(), p.iter().map(|k| k * k).sum::<usize>()));
        for pattern in patterns {
            let mut grown = vec![Word::new()];
            for (player, &count) in pattern.iter().enumerate() {
                for position in 0..count {
                    let mut next = Vec::new();
                    for word in &grown {
                        let before = word.last().filter(|_| position > 0);
                        let avoid = before.map(|&l| alphabet.block_of(l));
                        for (block, &(first, k)) in alphabet.blocks().iter().enumerate() {
                            if alphabet.letter(first).player != player || avoid == Some(block) {
                                continue;
                            }
                            for l in first..first + k - 1 {
                                let mut longer = word.clone();
                                longer.push(l);
                                next.push(longer);
                            }
                        }
                    }
                    grown = next;
                }
            }
            words.extend(grown);
        }
        for extra in &self.extra {
            let mut letters = Vec::new();
            for &projector in extra {
                match alphabet.find(projector) {
                    Some(l) if !alphabet.is_last(l) => letters.push(l),
                    // a question of another component: that component has this word
                    None => break,
                    Some(_) => {
                        return Err(BoundError::Unsuitable {
                            method: "NPA",
                            why: format!("extra word with {projector:?}, a last outcome"),
                        });
                    }
                }
            }
            if letters.len() == extra.len()
                && let Some(word) = alphabet.normal(&letters)
                && !words.contains(&word)
            {
                words.push(word);
            }
        }
        Ok(words)
    }

    /// Whether the span of the words is mapped to itself by every relabelling that keeps the players.
    pub(in crate::bound::npa) fn is_downward_closed(&self, players: usize) -> Result<bool, BoundError> {
        let all = self.all_patterns(players)?;
        let below = |pattern: &Vec<usize>| {
            (0..players).all(|i| {
                let mut less = pattern.clone();
                if less[i] == 0 {
                    return true;
                }
                less[i] -= 1;
                all.contains(&less)
            })
        };
        Ok(self.extra.is_empty() && all.iter().all(below))
    }
}
