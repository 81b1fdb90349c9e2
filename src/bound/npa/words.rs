//! Words in measurement projectors and their normal form.

/// A word in normal form: letters sorted by player, no two neighbours of one player and one question.
pub type Word = Vec<u16>;

/// One projector `E_{i,x,a}`, by its original indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Letter {
    /// The player `i`.
    pub player: usize,
    /// The question `x`.
    pub question: usize,
    /// The answer `a`.
    pub answer: usize,
}

/// The projectors of some questions of some players, numbered; the last outcome of each question is
/// there for relabellings, the moment matrix does without it (`E_last = 1 - sum`).
#[derive(Debug, Clone, PartialEq)]
pub struct Alphabet {
    letters: Vec<Letter>,
    /// Number of the question among all questions of all players.
    block: Vec<u16>,
    /// First letter and number of letters of each question.
    blocks: Vec<(u16, u16)>,
    players: usize,
}

impl Alphabet {
    /// The letters of the questions listed as (player, question, answers), which must be sorted.
    pub fn new(players: usize, questions: &[(usize, usize, usize)]) -> Self {
        let mut alphabet = Alphabet { letters: Vec::new(), block: Vec::new(), blocks: Vec::new(), players };
        for (number, &(player, question, answers)) in questions.iter().enumerate() {
            alphabet.blocks.push((alphabet.letters.len() as u16, answers as u16));
            for answer in 0..answers {
                alphabet.letters.push(Letter { player, question, answer });
                alphabet.block.push(number as u16);
            }
        }
        alphabet
    }

    /// Number of letters, last outcomes included.
    pub fn len(&self) -> usize {
        self.letters.len()
    }

    /// Whether there is no letter.
    pub fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// Number of players.
    pub fn players(&self) -> usize {
        self.players
    }

    /// The projector a letter stands for.
    pub fn letter(&self, l: u16) -> Letter {
        self.letters[l as usize]
    }

    /// The number of the question of a letter among all questions.
    pub fn block_of(&self, l: u16) -> usize {
        self.block[l as usize] as usize
    }

    /// All questions as (first letter, number of answers).
    pub fn blocks(&self) -> &[(u16, u16)] {
        &self.blocks
    }

    /// The letters of the question of a letter.
    pub fn outcomes(&self, l: u16) -> std::ops::Range<u16> {
        let (first, count) = self.blocks[self.block_of(l)];
        first..first + count
    }

    /// Whether a letter is the last outcome of its question, which the moment matrix eliminates.
    pub fn is_last(&self, l: u16) -> bool {
        self.outcomes(l).end == l + 1
    }

    /// The letter of a projector given by original indices.
    pub fn find(&self, wanted: Letter) -> Option<u16> {
        let at = self.letters.iter().position(|&l| l == wanted)?;
        u16::try_from(at).ok()
    }

    fn player(&self, l: u16) -> usize {
        self.letters[l as usize].player
    }

    /// Appends a letter of the last player present: `EE = E`; `false` if the word is zero (`E_a E_b = 0`).
    fn push(&self, word: &mut Word, l: u16) -> bool {
        match word.last() {
            Some(&last) if self.block[last as usize] == self.block[l as usize] => last == l,
            _ => {
                word.push(l);
                true
            }
        }
    }

    /// Normal form of `u v` in `out`; `false` if the product is zero. Players commute, letters of one do not.
    pub fn product(&self, u: &[u16], v: &[u16], out: &mut Word) -> bool {
        out.clear();
        let (mut i, mut j) = (0, 0);
        while i < u.len() || j < v.len() {
            let next = |w: &[u16], k: usize| w.get(k).map_or(usize::MAX, |&l| self.player(l));
            let player = next(u, i).min(next(v, j));
            while i < u.len() && self.player(u[i]) == player {
                if !self.push(out, u[i]) {
                    return false;
                }
                i += 1;
            }
            while j < v.len() && self.player(v[j]) == player {
                if !self.push(out, v[j]) {
                    return false;
                }
                j += 1;
            }
        }
        true
    }

    /// Normal form of any sequence of letters, players sorted stably; `None` if it is zero.
    pub fn normal(&self, letters: &[u16]) -> Option<Word> {
        let mut sorted = letters.to_vec();
        sorted.sort_by_key(|&l| self.player(l));
        let mut out = Word::with_capacity(sorted.len());
        sorted.into_iter().all(|l| self.push(&mut out, l)).then_some(out)
    }

    /// The adjoint: the letters of each player in reverse.
    pub fn adjoint(&self, word: &[u16]) -> Word {
        let mut out = word.to_vec();
        out.chunk_by_mut(|&l, &m| self.player(l) == self.player(m)).for_each(<[u16]>::reverse);
        out
    }

    /// The representative of `{w, w*}`: moments are real, so both have one.
    pub fn canonical(&self, word: Word) -> Word {
        let adjoint = self.adjoint(&word);
        word.min(adjoint)
    }

    /// The word per player as (question, answer) by original indices, as certificates list monomials.
    pub fn monomial(&self, word: &[u16]) -> Vec<Vec<(usize, usize)>> {
        let mut out = vec![Vec::new(); self.players];
        for &l in word {
            let l = self.letter(l);
            out[l.player].push((l.question, l.answer));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Three players, two questions of three and two answers.
    fn alphabet() -> Alphabet {
        let questions: Vec<_> = (0..3).flat_map(|i| [(i, 0, 3), (i, 1, 2)]).collect();
        Alphabet::new(3, &questions)
    }

    fn letters() -> impl Strategy<Value = Vec<u16>> {
        prop::collection::vec(0u16..15, 0..7)
    }

    proptest! {
        #[test]
        fn the_product_is_associative(u in letters(), v in letters(), w in letters()) {
            let a = alphabet();
            let whole = a.normal(&[u.clone(), v.clone(), w.clone()].concat());
            let times = |x: Option<Word>, y: Option<Word>| -> Option<Word> {
                let mut out = Word::new();
                a.product(&x?, &y?, &mut out).then_some(out)
            };
            let (u, v, w) = (a.normal(&u), a.normal(&v), a.normal(&w));
            prop_assert_eq!(times(times(u.clone(), v.clone()), w.clone()), whole.clone());
            prop_assert_eq!(times(u, times(v, w)), whole);
        }

        #[test]
        fn star_is_an_anti_involution(u in letters(), v in letters()) {
            let a = alphabet();
            let both = a.normal(&[u.clone(), v.clone()].concat());
            let (Some(u), Some(v)) = (a.normal(&u), a.normal(&v)) else { return Ok(()) };
            prop_assert_eq!(a.adjoint(&a.adjoint(&u)), u.clone());
            let mut out = Word::new();
            let reversed = a.product(&a.adjoint(&v), &a.adjoint(&u), &mut out).then_some(out);
            prop_assert_eq!(reversed, both.clone().map(|w| a.adjoint(&w)));
            if let Some(w) = both {
                prop_assert_eq!(a.canonical(w.clone()), a.canonical(a.adjoint(&w)));
            }
        }
    }

    #[test]
    fn projectors_of_one_question_multiply_as_they_should() {
        let a = alphabet();
        assert_eq!(a.normal(&[0, 0]), Some(vec![0]));
        assert_eq!(a.normal(&[0, 1]), None);
        assert_eq!(a.normal(&[5, 0, 3, 5]), Some(vec![0, 3, 5]));
        // removing nothing: a b a stays, b commutes out of the middle
        assert_eq!(a.normal(&[0, 5, 3, 0]), Some(vec![0, 3, 0, 5]));
    }
}
