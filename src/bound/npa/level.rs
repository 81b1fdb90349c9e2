//! Levels of the hierarchy: which words index the moment matrix.

mod size;
mod text;

use super::words::Letter;

/// Longest word a level may hold.
const MAX_LENGTH: usize = 8;

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
        Level { length, pairs: false, patterns: Vec::new(), positive: false, extra: Vec::new() }
    }

    /// The level `1+ab`.
    pub fn one_ab() -> Self {
        Level { pairs: true, ..Level::words_up_to(1) }
    }

    /// The same with `p(a|x) >= 0`.
    pub fn with_positivity(self) -> Self {
        Level { positive: true, ..self }
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
            levels.push(Level { patterns: groups.map(group).collect(), ..Level::one_ab() });
        }
        levels.push(Level::words_up_to(2));
        if players == 2 {
            levels.push(Level { patterns: vec![vec![2, 1], vec![1, 2]], ..Level::words_up_to(2) });
        }
        levels.push(Level::words_up_to(3));
        levels
    }
}
