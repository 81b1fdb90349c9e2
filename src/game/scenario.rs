//! Bell scenarios: how many questions and answers each player has, and the one index order.

use super::GameError;

/// Largest number of cells (joint question, joint answer) a dense table may have.
pub const MAX_CELLS: usize = 1 << 24;

/// Largest number of players.
pub const MAX_PLAYERS: usize = 16;

/// A Bell scenario: player `i` receives one of `questions[i]` questions and gives one of `answers[i]` answers.
///
/// Index order, everywhere in the project: questions before answers, first player slowest. The cell
/// of joint question `x` and joint answer `a` has index
/// `question_index(x) * joint_answers() + answer_index(a)`.
///
/// ```
/// use bellwether::game::Scenario;
/// let s = Scenario::new(vec![2, 3], vec![2, 2])?;
/// assert_eq!(s.question_index(&[1, 2]), 5);
/// assert_eq!(s.cells(), 6 * 4);
/// # Ok::<(), bellwether::game::GameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scenario {
    questions: Vec<usize>,
    answers: Vec<usize>,
    joint_questions: usize,
    joint_answers: usize,
}

impl Scenario {
    /// A scenario from the numbers of questions and answers per player.
    ///
    /// # Errors
    /// [`GameError::Scenario`] if there are no players or too many, if the lists differ in length,
    /// if a player has no question or no answer, or if the table would exceed [`MAX_CELLS`] cells.
    pub fn new(questions: Vec<usize>, answers: Vec<usize>) -> Result<Self, GameError> {
        let bad = |why: String| Err(GameError::Scenario(why));
        if questions.is_empty() || questions.len() > MAX_PLAYERS {
            return bad(format!("{} players given, wanted 1 to {MAX_PLAYERS}", questions.len()));
        }
        if questions.len() != answers.len() {
            return bad(format!("questions are listed for {} players, answers for {}", questions.len(), answers.len()));
        }
        for (what, list) in [("questions", &questions), ("answers", &answers)] {
            if let Some(i) = list.iter().position(|&k| k == 0) {
                return bad(format!("player {i} has 0 {what}, wanted at least 1"));
            }
        }
        let product = |list: &[usize]| list.iter().try_fold(1usize, |n, &k| n.checked_mul(k));
        let sizes = product(&questions).zip(product(&answers));
        match sizes.and_then(|(q, a)| Some((q, a, q.checked_mul(a)?))) {
            Some((joint_questions, joint_answers, cells)) if cells <= MAX_CELLS => {
                Ok(Scenario { questions, answers, joint_questions, joint_answers })
            }
            _ => bad(format!("questions {questions:?} and answers {answers:?} make more than {MAX_CELLS} cells")),
        }
    }

    /// Number of players.
    pub fn players(&self) -> usize {
        self.questions.len()
    }

    /// Number of questions per player.
    pub fn questions(&self) -> &[usize] {
        &self.questions
    }

    /// Number of answers per player.
    pub fn answers(&self) -> &[usize] {
        &self.answers
    }

    /// Number of joint questions `prod_i questions[i]`.
    pub fn joint_questions(&self) -> usize {
        self.joint_questions
    }

    /// Number of joint answers `prod_i answers[i]`.
    pub fn joint_answers(&self) -> usize {
        self.joint_answers
    }

    /// Number of cells of a dense table over joint questions and joint answers.
    pub fn cells(&self) -> usize {
        self.joint_questions * self.joint_answers
    }

    /// Index of a joint question. The caller guarantees one entry in range per player.
    pub fn question_index(&self, x: &[usize]) -> usize {
        index(&self.questions, x)
    }

    /// Index of a joint question that may not be one: `None` unless there is one entry in range per player.
    pub fn checked_question(&self, x: &[usize]) -> Option<usize> {
        let fits = x.len() == self.players() && x.iter().zip(&self.questions).all(|(x, q)| x < q);
        fits.then(|| self.question_index(x))
    }

    /// Index of a joint answer. The caller guarantees one entry in range per player.
    pub fn answer_index(&self, a: &[usize]) -> usize {
        index(&self.answers, a)
    }

    /// Writes the joint question of an index into `x`.
    pub fn question_at(&self, index: usize, x: &mut [usize]) {
        unravel(&self.questions, index, x);
    }

    /// Writes the joint answer of an index into `a`.
    pub fn answer_at(&self, index: usize, a: &mut [usize]) {
        unravel(&self.answers, index, a);
    }

    /// The joint question of an index as a new vector.
    pub fn question(&self, index: usize) -> Vec<usize> {
        let mut x = vec![0; self.players()];
        self.question_at(index, &mut x);
        x
    }

    /// The joint answer of an index as a new vector.
    pub fn answer(&self, index: usize) -> Vec<usize> {
        let mut a = vec![0; self.players()];
        self.answer_at(index, &mut a);
        a
    }

    /// Number of deterministic factorised policies, `prod_i answers[i]^questions[i]`
    /// (16 for CHSH; the paper's Proposition 1 prints `A^H`, see `docs/errata.md`). `None` beyond `u128`.
    pub fn deterministic_count(&self) -> Option<u128> {
        self.questions
            .iter()
            .zip(&self.answers)
            .try_fold(1u128, |n, (&q, &k)| n.checked_mul((k as u128).checked_pow(u32::try_from(q).ok()?)?))
    }
}

impl std::fmt::Display for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "questions {:?}, answers {:?}", self.questions, self.answers)
    }
}

fn index(radix: &[usize], digits: &[usize]) -> usize {
    debug_assert_eq!(radix.len(), digits.len());
    radix.iter().zip(digits).fold(0, |index, (&r, &digit)| index * r + digit)
}

fn unravel(radix: &[usize], mut index: usize, digits: &mut [usize]) {
    for (&r, digit) in radix.iter().zip(digits).rev() {
        *digit = index % r;
        index /= r;
    }
}
