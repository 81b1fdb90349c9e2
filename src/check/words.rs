//! Words in projectors E_{i,x,a} and their normal form (F5).
//!
//! Rules: E E = E; E_a E_a' = 0 for different answers to the same question; players commute. The last
//! answer of a question is no letter: it is 1 minus the others.

/// A letter of one player: question and answer.
pub type Letter = (usize, usize);

/// A product of projectors in normal form: one word for each player, in which no two neighbours
/// belong to the same question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Monomial(Vec<Vec<Letter>>);

impl Monomial {
    /// The identity of `players` players.
    pub fn one(players: usize) -> Self {
        Self(vec![Vec::new(); players])
    }

    /// The normal form of a product given by one word for each player; `None` if it is 0.
    ///
    /// ```
    /// use bellwether::check::words::Monomial;
    /// let alice = |word: &[(usize, usize)]| Monomial::new(&[word.to_vec(), vec![]]);
    /// assert_eq!(alice(&[(0, 0), (0, 0), (1, 0)]), alice(&[(0, 0), (1, 0)]));
    /// assert_eq!(alice(&[(0, 0), (0, 1)]), None);
    /// ```
    pub fn new(words: &[Vec<Letter>]) -> Option<Self> {
        Self::one(words.len()).times_words(words)
    }

    /// The word of each player.
    pub fn words(&self) -> &[Vec<Letter>] {
        &self.0
    }

    /// The product with `right`, of the same players; `None` if it is 0.
    pub fn times(&self, right: &Self) -> Option<Self> {
        self.times_words(&right.0)
    }

    fn times_words(&self, words: &[Vec<Letter>]) -> Option<Self> {
        let mut out = self.clone();
        for (i, word) in words.iter().enumerate() {
            for &letter in word {
                out.append(i, letter)?;
            }
        }
        Some(out)
    }

    /// Times one more projector of player `i` at the right end; `None` if the product is 0.
    pub(crate) fn append(&mut self, i: usize, (x, a): Letter) -> Option<()> {
        let word = self.0.get_mut(i)?;
        match word.last() {
            Some(&(question, answer)) if question == x => (answer == a).then_some(()),
            _ => {
                word.push((x, a));
                Some(())
            }
        }
    }

    /// The adjoint: every word reversed.
    pub fn star(&self) -> Self {
        let reversed = |word: &Vec<Letter>| word.iter().rev().copied().collect();
        Self(self.0.iter().map(reversed).collect())
    }

    /// One name for a monomial and its adjoint, whose real expectations agree.
    pub fn representative(self) -> Self {
        let star = self.star();
        self.min(star)
    }
}
