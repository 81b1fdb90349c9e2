//! Refusals of the Born rule.

use super::super::density::MAX_DIMENSION;
use super::MAX_PROBABILITIES;

/// Why a Born-rule plan or behaviour was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BornError {
    /// The lists that describe the players have different lengths or are empty.
    #[error(
        "a Born rule needs one dimension, one answer count and one question count per player and at least one player; given {dims}, {answers} and {questions}"
    )]
    Players {
        /// Number of dimensions.
        dims: usize,
        /// Number of answer counts.
        answers: usize,
        /// Number of question counts.
        questions: usize,
    },
    /// A player with dimension, answers or questions equal to zero.
    #[error(
        "player {player} has dimension {dim}, {answers} answers and {questions} questions; each must be at least 1"
    )]
    EmptyPlayer {
        /// The player.
        player: usize,
        /// Local dimension.
        dim: usize,
        /// Number of answers.
        answers: usize,
        /// Number of questions.
        questions: usize,
    },
    /// The joint dimension or the number of probabilities is beyond the bound.
    #[error(
        "the joint dimension must be at most {MAX_DIMENSION} and the number of probabilities at most {MAX_PROBABILITIES}; dimensions {dims:?}, answers {answers:?}, {joint_questions} joint questions"
    )]
    TooLarge {
        /// Local dimensions.
        dims: Vec<usize>,
        /// Answer counts.
        answers: Vec<usize>,
        /// Number of joint questions.
        joint_questions: usize,
    },
    /// A joint question of the wrong length or with a question out of range.
    #[error("joint question {index} is {given:?}; {questions:?} questions per player allow one number below each")]
    JointQuestion {
        /// Position in the list.
        index: usize,
        /// The joint question given.
        given: Vec<usize>,
        /// Question counts.
        questions: Vec<usize>,
    },
    /// The measurements do not fit the state: wrong number, dimension or outcome count.
    #[error(
        "player {player}, question {question}: a measurement of dimension {dim} with {outcomes} outcomes was given, dimension {wanted_dim} with {wanted_outcomes} is wanted"
    )]
    Measurement {
        /// The player.
        player: usize,
        /// The question.
        question: usize,
        /// Dimension given.
        dim: usize,
        /// Outcomes given.
        outcomes: usize,
        /// Dimension wanted.
        wanted_dim: usize,
        /// Outcomes wanted.
        wanted_outcomes: usize,
    },
}
