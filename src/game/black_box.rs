//! The referee as a black box: asks, judges, and counts the plays.

mod probe;
mod recorder;
mod table;

pub use probe::{Empirical, Estimate, probe};
pub use recorder::{Probed, Recorder};
pub use table::TableReferee;

use super::{GameError, Scenario};
use crate::simd::widest;

/// A referee that can be played against but not looked into: all that a learner of games ever sees.
///
/// One play is a joint question drawn by the referee, a joint answer of the players, and a payoff: the score
/// function estimator (Eq. 17) needs nothing else. Questions and answers are joint indices in the
/// [`Scenario`]'s order.
///
/// ```
/// use bellwether::game::{BlackBox, TableReferee, catalog};
/// let game = catalog::lookup("chsh")?.game;
/// let mut referee = TableReferee::new(&game, 0)?;
/// let (mut questions, mut payoff) = (Vec::new(), [0.0; 512]);
/// referee.ask(512, &mut questions)?;
/// referee.judge(&questions, &[0; 512], &mut payoff)?; // everyone always answers 0
/// assert!((payoff.iter().sum::<f64>() / 512.0 - 0.75).abs() < 0.1);
/// assert_eq!(referee.plays(), 512);
/// # Ok::<(), bellwether::game::GameError>(())
/// ```
pub trait BlackBox: Send {
    /// How many questions and answers each player has.
    fn scenario(&self) -> &Scenario;

    /// Replaces `questions` by `n` joint questions drawn by the referee.
    ///
    /// # Errors
    /// [`GameError::Referee`] if the referee fails.
    fn ask(&mut self, n: usize, questions: &mut Vec<u32>) -> Result<(), GameError>;

    /// Writes the payoff of each play. Win/lose: 1 or 0. A functional's payoff is `c(x,a)/mu(x)`, so that the
    /// mean over plays estimates its value.
    ///
    /// # Errors
    /// [`GameError::Referee`] if the slices differ in length, an index is out of range, or the referee fails.
    fn judge(&mut self, questions: &[u32], answers: &[u32], payoff: &mut [f64]) -> Result<(), GameError>;

    /// Judges plays by cell, for referees that always pay the same for the same cell: `counts[cell]` plays of the cell
    /// `x * joint_answers + a` each earn `payoff[cell]`, as [`BlackBox::judge`] would have paid them one by one. Payoffs
    /// of cells that were not played are left alone. `false`, as unless overridden, says that nothing was judged.
    ///
    /// # Errors
    /// [`GameError::Referee`] if a slice has not one entry per cell, or the referee fails.
    fn judge_cells(&mut self, counts: &[u32], payoff: &mut [f64]) -> Result<bool, GameError> {
        let _ = (counts, payoff);
        Ok(false)
    }

    /// Number of plays judged so far.
    fn plays(&self) -> u64;
}

/// Refuses plays that do not fit the scenario; shared by all referees, for implementers.
///
/// # Errors
/// [`GameError::Referee`] naming the referee and what does not fit.
pub fn check_plays(
    referee: &str,
    scenario: &Scenario,
    questions: &[u32],
    answers: &[u32],
    payoff: &[f64],
) -> Result<(), GameError> {
    let wrong = |why: String| Err(GameError::Referee { command: referee.into(), why });
    if questions.len() != answers.len() || questions.len() != payoff.len() {
        return wrong(format!(
            "{} questions, {} answers and room for {} payoffs given, wanted as many of each",
            questions.len(),
            answers.len(),
            payoff.len()
        ));
    }
    let (question, answer) = widest(
        #[inline(always)]
        || (largest(questions), largest(answers)),
    );
    if question >= scenario.joint_questions() {
        return wrong(format!("joint question {question} given, wanted below {}", scenario.joint_questions()));
    }
    if answer >= scenario.joint_answers() {
        return wrong(format!("joint answer {answer} given, wanted below {}", scenario.joint_answers()));
    }
    Ok(())
}

#[inline(always)]
fn largest(list: &[u32]) -> usize {
    let mut most = 0;
    for &v in list {
        most = most.max(v);
    }
    most as usize
}
