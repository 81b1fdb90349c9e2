//! Deterministic strategies: the vertices of the local polytope (Proposition 1).

use super::StrategyError;
use crate::game::{Behaviour, Game, Rational, Scenario};
use num_traits::Zero;

/// A deterministic factorised policy: player `i` answers `choices[i][x_i]` to question `x_i`.
///
/// There are `prod_i A_i^{Q_i}` of them; their convex hull is the class SR (Proposition 1).
///
/// ```
/// use bellwether::{game::Scenario, strategy::Deterministic};
/// let s = Scenario::new(vec![2, 2], vec![2, 2]).unwrap();
/// let always_zero = Deterministic::new(&s, vec![vec![0, 0], vec![0, 0]]).unwrap();
/// assert_eq!(always_zero.answer(&s, 3), 0);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deterministic {
    choices: Vec<Vec<usize>>,
}

impl Deterministic {
    /// A deterministic strategy for a scenario.
    ///
    /// # Errors
    /// [`StrategyError::Shape`] naming the player and question whose answer is missing or out of range.
    pub fn new(scenario: &Scenario, choices: Vec<Vec<usize>>) -> Result<Self, StrategyError> {
        if choices.len() != scenario.players() {
            return Err(StrategyError::Shape(format!(
                "deterministic strategy for {} players given, wanted {}",
                choices.len(),
                scenario.players()
            )));
        }
        for (i, player) in choices.iter().enumerate() {
            let (nq, na) = (scenario.questions()[i], scenario.answers()[i]);
            if player.len() != nq {
                return Err(StrategyError::Shape(format!(
                    "player {i} answers {} questions, wanted {nq}",
                    player.len()
                )));
            }
            if let Some(x) = player.iter().position(|&a| a >= na) {
                return Err(StrategyError::Shape(format!(
                    "player {i} answers {} to question {x}, wanted below {na}",
                    player[x]
                )));
            }
        }
        Ok(Deterministic { choices })
    }

    /// The answers, `choices()[i][x_i]`.
    pub fn choices(&self) -> &[Vec<usize>] {
        &self.choices
    }

    /// Index of the joint answer to the joint question of index `question`.
    pub fn answer(&self, scenario: &Scenario, question: usize) -> usize {
        let mut rest = question;
        let mut index = 0;
        let mut stride = 1;
        for (i, player) in self.choices.iter().enumerate().rev() {
            let nq = scenario.questions()[i];
            index += player[rest % nq] * stride;
            stride *= scenario.answers()[i];
            rest /= nq;
        }
        index
    }

    /// The behaviour: one answer with probability 1.
    pub fn behaviour(&self, scenario: &Scenario) -> Result<Behaviour, StrategyError> {
        let k = scenario.joint_answers();
        let mut p = vec![0.0; scenario.cells()];
        for question in 0..scenario.joint_questions() {
            p[question * k + self.answer(scenario, question)] = 1.0;
        }
        Ok(Behaviour::new(scenario.clone(), p)?)
    }

    /// Exact value in a game of the same scenario.
    pub fn value(&self, game: &Game) -> Rational {
        let mut total = Rational::zero();
        for term in game.terms() {
            if self.answer(game.scenario(), term.question) == term.answer {
                total += &term.weight;
            }
        }
        total
    }
}
