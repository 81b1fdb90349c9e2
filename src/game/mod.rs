//! Nonlocal games and Bell functionals: what is played.

mod behaviour;
pub mod black_box;
pub mod catalog;
mod combine;
mod error;
pub mod file;
mod graph;
pub mod referee;
mod scenario;

pub use behaviour::{Behaviour, TOLERANCE};
pub use black_box::{BlackBox, TableReferee};
pub use error::GameError;
pub use graph::{Graph, MAX_VERTICES};
pub use referee::ExecReferee;
pub use scenario::{MAX_CELLS, MAX_PLAYERS, Scenario};

pub(crate) use catalog::parameters::printable;

pub use crate::check::num::Rational;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// Whether a game has winners and losers or is a general linear functional of the behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Questions drawn from `mu`; answers win (payoff 1) or lose (payoff 0). Values are win probabilities.
    WinLose,
    /// Real-valued (signed) coefficients `c(x,a)`, question weights included: a Bell functional.
    Functional,
}

/// One non-zero coefficient `c(x,a)` of a game.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Index of the joint question.
    pub question: usize,
    /// Index of the joint answer.
    pub answer: usize,
    /// The exact coefficient; `mu(x) V(a|x)` in a win/lose game.
    pub weight: Rational,
}

/// A nonlocal game or Bell functional with exact rational weights.
///
/// The value of a behaviour is `sum_{x,a} c(x,a) p(a|x)` with `c(x,a) = mu(x) V(a|x)` (Eq. 16) for a
/// win/lose game and any signed rational `c` for a functional. Exact: weights are rationals of any size.
///
/// ```
/// use bellwether::game::{Game, Scenario, Behaviour, Rational};
/// let s = Scenario::new(vec![2, 2], vec![2, 2])?;
/// let quarter = Rational::new(1.into(), 4.into());
/// let chsh = Game::win_lose("chsh", s.clone(), |_| quarter.clone(), |x, a| a[0] ^ a[1] == x[0] & x[1])?;
/// assert_eq!(chsh.value(&Behaviour::uniform(s))?, 0.5);
/// # Ok::<(), bellwether::game::GameError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Game {
    name: String,
    scenario: Scenario,
    kind: Kind,
    mu: Vec<(usize, Rational)>,
    terms: Vec<Term>,
}

/// The coefficients of a game over one common denominator, as machine integers.
///
/// `c(x,a) = dense[cell] / denominator` exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegerGame {
    /// One numerator per cell of the scenario.
    pub dense: Vec<i64>,
    /// The common denominator, positive.
    pub denominator: BigInt,
}

impl Game {
    /// A win/lose game from its question distribution and its predicate.
    ///
    /// # Errors
    /// [`GameError::Game`] if a weight is negative, the weights do not sum to exactly 1, or the name is
    /// not made of 1 to 64 characters `a-z 0-9 _ -`.
    pub fn win_lose(
        name: &str,
        scenario: Scenario,
        mu: impl Fn(&[usize]) -> Rational,
        win: impl Fn(&[usize], &[usize]) -> bool,
    ) -> Result<Self, GameError> {
        let mut support = Vec::new();
        let mut terms = Vec::new();
        let mut total = Rational::zero();
        let mut x = vec![0; scenario.players()];
        let mut a = vec![0; scenario.players()];
        for question in 0..scenario.joint_questions() {
            scenario.question_at(question, &mut x);
            let weight = mu(&x);
            if weight.is_negative() {
                return Err(GameError::Game { name: name.into(), why: format!("mu({x:?}) = {weight} is negative") });
            }
            if weight.is_zero() {
                continue;
            }
            for answer in 0..scenario.joint_answers() {
                scenario.answer_at(answer, &mut a);
                if win(&x, &a) {
                    terms.push(Term { question, answer, weight: weight.clone() });
                }
            }
            total += &weight;
            support.push((question, weight));
        }
        if !total.is_one() {
            return Err(GameError::Game {
                name: name.into(),
                why: format!("the question weights sum to {total}, wanted exactly 1"),
            });
        }
        check_name(name)?;
        Ok(Game { name: name.into(), scenario, kind: Kind::WinLose, mu: support, terms })
    }

    /// A Bell functional from its coefficients `c(x,a)`, question weights included.
    ///
    /// # Errors
    /// [`GameError::Game`] if the name is not made of 1 to 64 characters `a-z 0-9 _ -`.
    pub fn functional(
        name: &str,
        scenario: Scenario,
        coefficient: impl Fn(&[usize], &[usize]) -> Rational,
    ) -> Result<Self, GameError> {
        check_name(name)?;
        let mut terms = Vec::new();
        let mut x = vec![0; scenario.players()];
        let mut a = vec![0; scenario.players()];
        for question in 0..scenario.joint_questions() {
            scenario.question_at(question, &mut x);
            for answer in 0..scenario.joint_answers() {
                scenario.answer_at(answer, &mut a);
                let weight = coefficient(&x, &a);
                if !weight.is_zero() {
                    terms.push(Term { question, answer, weight });
                }
            }
        }
        Ok(Self::functional_from(name, scenario, terms))
    }

    /// A functional has no question distribution of its own: it is *played* with questions drawn
    /// uniformly from those that occur, and payoff `c(x,a)` divided by that weight.
    fn functional_from(name: &str, scenario: Scenario, terms: Vec<Term>) -> Self {
        let mut asked: Vec<usize> = terms.iter().map(|t| t.question).collect();
        asked.dedup();
        let weight = Rational::new(BigInt::one(), BigInt::from(asked.len().max(1)));
        Game {
            name: name.into(),
            scenario,
            kind: Kind::Functional,
            mu: asked.into_iter().map(|x| (x, weight.clone())).collect(),
            terms,
        }
    }

    /// A game from a table that has been validated: rows in increasing order, weights summing to 1.
    pub(crate) fn from_table(
        name: &str,
        scenario: Scenario,
        mu: Option<Vec<(usize, Rational)>>,
        terms: Vec<Term>,
    ) -> Result<Self, GameError> {
        check_name(name)?;
        Ok(match mu {
            None => Self::functional_from(name, scenario, terms),
            Some(mu) => Game { name: name.into(), scenario, kind: Kind::WinLose, mu, terms },
        })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same game under another name.
    ///
    /// # Errors
    /// [`GameError::Game`] for a name not made of 1 to 64 characters `a-z 0-9 _ -`.
    pub fn renamed(mut self, name: &str) -> Result<Self, GameError> {
        check_name(name)?;
        self.name = name.into();
        Ok(self)
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Win/lose or functional.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The joint questions that are asked and their exact probabilities, in increasing order. For a
    /// functional: uniform over the questions that occur in it.
    pub fn mu(&self) -> &[(usize, Rational)] {
        &self.mu
    }

    /// The non-zero coefficients in increasing order of (question, answer).
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The coefficients `c(x,a)` rounded to f64, one per cell.
    pub fn weights(&self) -> Vec<f64> {
        let mut dense = vec![0.0; self.scenario.cells()];
        for t in &self.terms {
            dense[t.question * self.scenario.joint_answers() + t.answer] = to_f64(&t.weight);
        }
        dense
    }

    /// The coefficients over one common denominator as 64-bit integers, such that no sum of one
    /// coefficient per joint question overflows either.
    ///
    /// # Errors
    /// [`GameError::Game`] if the numerators, summed over the joint questions, exceed 63 bits.
    pub fn integer_form(&self) -> Result<IntegerGame, GameError> {
        let too_large = || GameError::Game {
            name: self.name.clone(),
            why: "the payoffs over a common denominator exceed 64-bit integers".into(),
        };
        let denominator = self.terms.iter().fold(BigInt::one(), |d, t| d.lcm(t.weight.denom()));
        let mut dense = vec![0i64; self.scenario.cells()];
        let mut total = BigInt::zero();
        let k = self.scenario.joint_answers();
        let mut largest = BigInt::zero();
        let mut row = usize::MAX;
        for t in &self.terms {
            let numerator = t.weight.numer() * (&denominator / t.weight.denom());
            if t.question != row {
                total += std::mem::take(&mut largest);
                row = t.question;
            }
            if numerator.magnitude() > largest.magnitude() {
                largest = numerator.abs();
            }
            dense[t.question * k + t.answer] = numerator.to_i64().ok_or_else(too_large)?;
        }
        total += largest;
        // a factor 4 of room, so that searches may add bounds of two halves without a check
        if total > BigInt::from(i64::MAX / 4) {
            return Err(too_large());
        }
        Ok(IntegerGame { dense, denominator })
    }

    /// Value `sum c(x,a) p(a|x)` of a behaviour in floating point.
    ///
    /// # Errors
    /// [`GameError::Game`] if the behaviour belongs to another scenario.
    pub fn value(&self, p: &Behaviour) -> Result<f64, GameError> {
        self.same_scenario(p.scenario())?;
        let k = self.scenario.joint_answers();
        let p = p.as_slice();
        let term = |t: &Term| to_f64(&t.weight) * p[t.question * k + t.answer];
        Ok(self.terms.iter().map(term).sum())
    }

    /// Exact value of an exact behaviour, given as a dense table of rationals.
    ///
    /// # Errors
    /// [`GameError::Game`] if the table has another length than the scenario has cells.
    pub fn value_exact(&self, p: &[Rational]) -> Result<Rational, GameError> {
        if p.len() != self.scenario.cells() {
            return Err(GameError::Game {
                name: self.name.clone(),
                why: format!("{} probabilities given, wanted {}", p.len(), self.scenario.cells()),
            });
        }
        let k = self.scenario.joint_answers();
        let term = |t: &Term| &t.weight * &p[t.question * k + t.answer];
        Ok(self.terms.iter().map(term).sum())
    }

    /// Fails unless `scenario` is the game's own.
    ///
    /// # Errors
    /// [`GameError::Game`] saying both scenarios.
    pub fn same_scenario(&self, scenario: &Scenario) -> Result<(), GameError> {
        if *scenario == self.scenario {
            return Ok(());
        }
        Err(GameError::Game { name: self.name.clone(), why: format!("{scenario} given, wanted {}", self.scenario) })
    }
}

/// The nearest f64 of a rational.
pub fn to_f64(r: &Rational) -> f64 {
    r.to_f64().unwrap_or(f64::NAN)
}

fn check_name(name: &str) -> Result<(), GameError> {
    let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    if (1..=64).contains(&name.len()) && name.bytes().all(fine) {
        return Ok(());
    }
    Err(GameError::Game {
        name: name.chars().take(64).filter(|c| !c.is_control()).collect(),
        why: "names are 1 to 64 characters of a-z, 0-9, '_' and '-'".into(),
    })
}
