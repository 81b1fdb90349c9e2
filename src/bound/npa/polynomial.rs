//! A game as a polynomial in projectors, split into the parts that share no question.

use super::words::{Alphabet, Letter, Word};
use crate::game::{Game, Rational};
use num_traits::{One, Zero};
use std::collections::BTreeMap;

/// Coefficients `C_T(x_T, a_T)`, one per set of projectors of different players.
///
/// For every set `T` of players, `C_T` sums to zero over each answer in it. That makes the coefficients unique
/// (two functionals with the same ones agree on every no-signalling behaviour) and treats all answers alike,
/// so that symmetries are permutations of the entries.
pub type Terms = BTreeMap<Vec<Letter>, Rational>;

/// Part of a game that shares no question with the rest; the value of the game is the sum of the values.
///
/// (Players with separate systems for separate parts reach the sum; no strategy exceeds it.)
#[derive(Debug, Clone)]
pub struct Component {
    /// The letters of its questions.
    pub alphabet: Alphabet,
    /// Its balanced coefficients by letters, sorted; no constant.
    pub terms: Vec<(Word, Rational)>,
}

/// The balanced coefficients of a game; the constant has the empty key.
pub fn balanced(game: &Game) -> Terms {
    let scenario = game.scenario();
    let n = scenario.players();
    let mut terms = Terms::new();
    let (mut x, mut a) = (vec![0; n], vec![0; n]);
    for t in game.terms() {
        scenario.question_at(t.question, &mut x);
        scenario.answer_at(t.answer, &mut a);
        // delta_{a,b} = 1/k + (delta_{a,b} - 1/k), player by player
        let mut parts = vec![(Vec::new(), t.weight.clone())];
        for i in 0..n {
            let share = Rational::new(One::one(), scenario.answers()[i].into());
            let mut next = Vec::new();
            for (letters, weight) in parts {
                if !share.is_one() {
                    for answer in 0..scenario.answers()[i] {
                        let mut with: Vec<Letter> = letters.clone();
                        with.push(Letter { player: i, question: x[i], answer });
                        let delta = if answer == a[i] { Rational::one() } else { Rational::zero() };
                        next.push((with, &weight * (delta - &share)));
                    }
                }
                next.push((letters, weight * &share));
            }
            parts = next;
        }
        for (letters, weight) in parts {
            *terms.entry(letters).or_insert_with(Rational::zero) += weight;
        }
    }
    terms.retain(|_, weight| !weight.is_zero());
    terms
}

/// The constant and the components of a game.
pub fn components(game: &Game, split: bool) -> (Rational, Vec<Component>) {
    let mut terms = balanced(game);
    let constant = terms.remove(&Vec::new()).unwrap_or_else(Rational::zero);
    let scenario = game.scenario();
    // union-find over questions of players
    let offset: Vec<usize> = scenario
        .questions()
        .iter()
        .scan(0, |sum, &q| {
            *sum += q;
            Some(*sum - q)
        })
        .collect();
    let node = |l: &Letter| offset[l.player] + l.question;
    let mut parent: Vec<usize> = (0..scenario.questions().iter().sum()).collect();
    let mut first = None;
    for letters in terms.keys() {
        let Some(head) = letters.first().map(node) else {
            continue;
        };
        let anchor = if split { head } else { *first.get_or_insert(head) };
        for l in letters {
            let (a, b) = (root(&mut parent, anchor), root(&mut parent, node(l)));
            parent[a.max(b)] = a.min(b);
        }
    }
    let mut groups: BTreeMap<usize, Vec<(Vec<Letter>, Rational)>> = BTreeMap::new();
    for (letters, weight) in terms {
        if let Some(head) = letters.first().map(node) {
            let key = root(&mut parent, head);
            groups.entry(key).or_default().push((letters, weight));
        }
    }
    let build = |terms: Vec<(Vec<Letter>, Rational)>| {
        let mut questions: Vec<(usize, usize, usize)> = terms
            .iter()
            .flat_map(|(letters, _)| letters)
            .map(|l| (l.player, l.question, scenario.answers()[l.player]))
            .collect();
        questions.sort_unstable();
        questions.dedup();
        let alphabet = Alphabet::new(scenario.players(), &questions);
        let word = |letters: Vec<Letter>| -> Word { letters.iter().filter_map(|&l| alphabet.find(l)).collect() };
        let terms = terms.into_iter().map(|(l, c)| (word(l), c)).collect();
        Component { alphabet, terms }
    };
    (constant, groups.into_values().map(build).collect())
}

fn root(parent: &mut [usize], mut k: usize) -> usize {
    while parent[k] != k {
        parent[k] = parent[parent[k]];
        k = parent[k];
    }
    k
}

impl Component {
    /// The polynomial without last outcomes (`E_last = 1 - sum`), constant under the empty word.
    pub fn reduced(&self) -> BTreeMap<Word, Rational> {
        let mut polynomial: BTreeMap<Word, Rational> = BTreeMap::new();
        for (word, weight) in &self.terms {
            let mut parts: Vec<(Word, Rational)> = vec![(Word::new(), weight.clone())];
            for &l in word {
                let mut next = Vec::new();
                for (mut letters, weight) in parts {
                    if self.alphabet.is_last(l) {
                        for other in self.alphabet.outcomes(l).filter(|&other| other != l) {
                            let mut with = letters.clone();
                            with.push(other);
                            next.push((with, -weight.clone()));
                        }
                        next.push((letters, weight));
                    } else {
                        letters.push(l);
                        next.push((letters, weight));
                    }
                }
                parts = next;
            }
            for (letters, weight) in parts {
                *polynomial.entry(letters).or_insert_with(Rational::zero) += weight;
            }
        }
        polynomial.retain(|_, weight| !weight.is_zero());
        polynomial
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::game::catalog;

    #[test]
    fn balanced_coefficients_reproduce_deterministic_values() {
        for name in ["chsh", "ghz", "tetra", "i3322", "magic-square"] {
            let game = catalog::lookup(name).unwrap().game;
            let (constant, parts) = components(&game, true);
            let s = game.scenario();
            // everyone answers with a fixed function of the question
            let answer = |l: &Letter| (l.question * 2 + l.player) % s.answers()[l.player];
            let mut direct = Rational::zero();
            for t in game.terms() {
                let (x, a) = (s.question(t.question), s.answer(t.answer));
                let fits = (0..s.players())
                    .all(|player| answer(&Letter { player, question: x[player], answer: 0 }) == a[player]);
                if fits {
                    direct += &t.weight;
                }
            }
            let value = |alphabet: &Alphabet, word: &[u16], c: &Rational| {
                let hit = |&l: &u16| answer(&alphabet.letter(l)) == alphabet.letter(l).answer;
                if word.iter().all(hit) { c.clone() } else { Rational::zero() }
            };
            let mut balanced = constant.clone();
            let mut reduced = constant;
            for part in &parts {
                for (word, c) in &part.terms {
                    balanced += value(&part.alphabet, word, c);
                }
                for (word, c) in &part.reduced() {
                    reduced += value(&part.alphabet, word, c);
                }
            }
            assert_eq!(balanced, direct, "{name}");
            assert_eq!(reduced, direct, "{name}");
        }
    }

    #[test]
    fn the_cube_falls_into_two_halves() {
        let cube = catalog::lookup("cube").unwrap().game;
        assert_eq!(components(&cube, true).1.len(), 2);
        assert_eq!(components(&cube, false).1.len(), 1);
    }
}
