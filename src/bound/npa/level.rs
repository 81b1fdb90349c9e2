//! Levels of the hierarchy: which words index the moment matrix.

use super::words::{Alphabet, Letter, Word};
use crate::bound::BoundError;
use crate::game::Scenario;
use std::collections::BTreeSet;
use std::str::FromStr;

/// Longest word a level may hold.
const MAX_LENGTH: usize = 8;

/// Bytes per entry of the moment matrix while it is solved: some ten copies in f64, and the words.
const BYTES_PER_ENTRY: f64 = 120.0;

/// A level of the hierarchy of Navascués, Pironio and Acín (arXiv:0803.4290).
///
/// | text | words |
/// |---|---|
/// | `1` | the identity and single projectors |
/// | `1+ab` | and all products of projectors of two different players (`1+ab+ac+bc` is the same for three) |
/// | `2`, `3` | all words up to this length |
/// | `2+aab+abb`, `1+ab+abc` | and the words with so many letters of each player |
/// | `..+pos` | any of these, and `p(a\|x) >= 0` for every probability the moments contain |
///
/// ```
/// use bellwether::bound::npa::Level;
/// let level: Level = "1+ab".parse()?;
/// assert_eq!(level.to_string(), "1+ab");
/// assert!("1+7".parse::<Level>().is_err());
/// # Ok::<(), bellwether::bound::BoundError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// All words up to this length.
    pub length: usize,
    /// All products of two different players' projectors.
    pub pairs: bool,
    /// Words with `patterns[k][i]` letters of player `i`.
    pub patterns: Vec<Vec<usize>>,
    /// Whether probabilities are constrained to be non-negative one by one.
    pub positive: bool,
    /// Further words, as sequences of projectors; last outcomes are not allowed in them.
    pub extra: Vec<Vec<Letter>>,
}

impl Level {
    /// All words up to a length.
    pub fn words_up_to(length: usize) -> Self {
        Level {
            length,
            pairs: false,
            patterns: Vec::new(),
            positive: false,
            extra: Vec::new(),
        }
    }

    /// The level `1+ab`.
    pub fn one_ab() -> Self {
        Level {
            pairs: true,
            ..Level::words_up_to(1)
        }
    }

    /// The same with `p(a|x) >= 0`.
    pub fn with_positivity(self) -> Self {
        Level {
            positive: true,
            ..self
        }
    }

    /// The same with one more word.
    pub fn with_word(mut self, word: Vec<Letter>) -> Self {
        self.extra.push(word);
        self
    }

    /// The levels below this one worth trying first, lowest first: cheap, and a bound already.
    pub fn below(&self) -> Vec<Level> {
        let mut levels = Vec::new();
        let beyond = !self.extra.is_empty() || !self.patterns.is_empty();
        if self.length >= 2 || self.pairs || beyond {
            levels.push(Level::words_up_to(1));
        }
        if self.length >= 2 || self.pairs && beyond {
            levels.push(Level::one_ab());
        }
        let full = self.length + usize::from(beyond);
        levels.extend((2..full).map(Level::words_up_to));
        if self.positive {
            levels = levels.into_iter().map(Level::with_positivity).collect();
        }
        levels
    }

    /// Levels worth climbing for a game of so many players until the bound is good enough, lowest first: `1`, `1+ab`, all products of
    /// one projector for each of several players, `2`, `2+aab+abb`, `3`.
    pub fn ladder(players: usize) -> Vec<Level> {
        let mut levels = vec![Level::words_up_to(1), Level::one_ab()];
        if (3..=MAX_LENGTH).contains(&players) {
            let group = |bits: usize| (0..players).map(|i| (bits >> i) & 1).collect();
            let groups = (0..1usize << players).filter(|bits| bits.count_ones() > 2);
            levels.push(Level {
                patterns: groups.map(group).collect(),
                ..Level::one_ab()
            });
        }
        levels.push(Level::words_up_to(2));
        if players == 2 {
            levels.push(Level {
                patterns: vec![vec![2, 1], vec![1, 2]],
                ..Level::words_up_to(2)
            });
        }
        levels.push(Level::words_up_to(3));
        levels
    }

    /// The same with further words, written as products of projectors: `a0*a1*b0` for first outcomes,
    /// `a0.1*b2` with outcomes named. Several are separated by commas.
    ///
    /// # Errors
    /// [`BoundError::Unsuitable`] naming the word, for a player, question or outcome that the scenario does not
    /// have, or a last outcome (it is 1 minus the others, so it adds nothing).
    pub fn with_words(mut self, text: &str, scenario: &Scenario) -> Result<Self, BoundError> {
        for word in text.split(',') {
            let bad = |why: String| BoundError::Unsuitable {
                method: "NPA",
                why: format!("extra word '{}': {why}", word.escape_default()),
            };
            let mut letters = Vec::new();
            for factor in word.split('*') {
                let mut chars = factor.chars();
                let player = chars.next().filter(char::is_ascii_lowercase);
                let player = player.map(|c| usize::from(c as u8 - b'a'));
                let (question, answer) = match chars.as_str().split_once('.') {
                    Some((q, a)) => (q.parse().ok(), a.parse().ok()),
                    None => (chars.as_str().parse().ok(), Some(0)),
                };
                let (Some(player), Some(question), Some(answer)) = (player, question, answer)
                else {
                    return Err(bad(format!(
                        "'{}' given, wanted a player, a question and an outcome such as a0 or b2.1",
                        factor.escape_default()
                    )));
                };
                let letter = Letter {
                    player,
                    question,
                    answer,
                };
                if player >= scenario.players() {
                    let last = char::from(b'a' + (scenario.players() - 1) as u8);
                    return Err(bad(format!("players are a to {last}")));
                }
                if question >= scenario.questions()[player] {
                    let count = scenario.questions()[player];
                    return Err(bad(format!(
                        "question {question} given, wanted below {count}"
                    )));
                }
                if answer + 1 >= scenario.answers()[player] {
                    let last = scenario.answers()[player] - 1;
                    return Err(bad(format!(
                        "outcome {answer} given, wanted below {last} (the last is 1 minus the others)"
                    )));
                }
                letters.push(letter);
            }
            if letters.len() > 2 * MAX_LENGTH {
                return Err(bad(format!(
                    "{} factors given, wanted at most {}",
                    letters.len(),
                    2 * MAX_LENGTH
                )));
            }
            self.extra.push(letters);
        }
        Ok(self)
    }

    /// All patterns (letters per player) of the level for a number of players, smallest first.
    pub(super) fn all_patterns(&self, players: usize) -> Result<BTreeSet<Vec<usize>>, BoundError> {
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
                    why: format!(
                        "level {self} names player {}, the game has {players}",
                        pattern.len() - 1
                    ),
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
            ending = ending
                .iter()
                .zip(&sizes)
                .map(|(e, k)| (total - e) * k)
                .collect();
        }
        ending.iter().sum()
    }

    /// Size of the moment matrix, computed before anything is allocated; at most `limit`.
    pub(super) fn size(&self, alphabet: &Alphabet, limit: usize) -> Result<usize, BoundError> {
        let mut size = self.extra.len() as f64;
        for pattern in self.all_patterns(alphabet.players())? {
            let factors = pattern.iter().enumerate();
            size += factors
                .map(|(i, &k)| Self::count(alphabet, i, k))
                .product::<f64>();
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
    pub(super) fn words(&self, alphabet: &Alphabet) -> Result<Vec<Word>, BoundError> {
        let players = alphabet.players();
        let mut words = Vec::new();
        let mut patterns: Vec<Vec<usize>> = self.all_patterns(players)?.into_iter().collect();
        patterns.sort_by_key(|p| {
            (
                p.iter().sum::<usize>(),
                p.iter().map(|k| k * k).sum::<usize>(),
            )
        });
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
    pub(super) fn is_downward_closed(&self, players: usize) -> Result<bool, BoundError> {
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

impl FromStr for Level {
    type Err = BoundError;

    fn from_str(text: &str) -> Result<Self, BoundError> {
        let bad = |why: &str| BoundError::Unsuitable {
            method: "NPA",
            why: format!("level '{}' given: {why}", text.escape_default()),
        };
        let mut level = Level::words_up_to(0);
        let mut pairs = BTreeSet::new();
        for (k, part) in text.split('+').enumerate() {
            if k == 0 {
                level.length = match part.parse() {
                    Ok(length) if (1..=MAX_LENGTH).contains(&length) => length,
                    _ => return Err(bad("wanted a number from 1 to 8 first, as in 1+ab")),
                };
                continue;
            }
            if part == "pos" {
                level.positive = true;
                continue;
            }
            if part.is_empty()
                || part.len() > MAX_LENGTH
                || !part.bytes().all(|b| (b'a'..=b'p').contains(&b))
            {
                return Err(bad("wanted players a, b, c.. or 'pos' after '+'"));
            }
            let mut pattern = Vec::new();
            for b in part.bytes() {
                let player = usize::from(b - b'a');
                if pattern.len() <= player {
                    pattern.resize(player + 1, 0);
                }
                pattern[player] += 1;
            }
            if pattern.iter().sum::<usize>() == 2 && pattern.iter().all(|&k| k <= 1) {
                pairs.insert(pattern);
            } else if !level.patterns.contains(&pattern) {
                level.patterns.push(pattern);
            }
        }
        // `ab` as the only pair means all pairs
        if pairs.len() == 1 && pairs.contains(&vec![1, 1]) {
            level.pairs = true;
        } else {
            level.patterns.extend(pairs);
        }
        Ok(level)
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.length)?;
        if self.pairs {
            write!(f, "+ab")?;
        }
        for pattern in &self.patterns {
            write!(f, "+")?;
            for (i, &count) in pattern.iter().enumerate() {
                for _ in 0..count {
                    write!(f, "{}", char::from(b'a' + (i % 26) as u8))?;
                }
            }
        }
        if !self.extra.is_empty() {
            write!(f, "+{} words", self.extra.len())?;
        }
        if self.positive {
            write!(f, "+pos")?;
        }
        Ok(())
    }
}
