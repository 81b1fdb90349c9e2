//! Games made of games: parallel repetition and disjoint union.

use super::{Game, GameError, Kind, Rational, Scenario};
use num_traits::{One, Signed, Zero};

impl Game {
    /// Both games at once: `c(x x', a a') = c_1(x,a) c_2(x',a')`, the parallel product.
    ///
    /// Player `i` receives the question `x_i * Q'_i + x'_i` and gives the answer `a_i * A'_i + a'_i`. Of two
    /// win/lose games it is the win/lose game in which both rounds must be won; a product with a functional is
    /// a functional. Exact. Product strategies show `value(product) >= value * value` for win/lose games, in
    /// every class; equality may fail (Feige and Lovász 1992: classically and non-signalling for `ffl`).
    ///
    /// # Errors
    /// [`GameError::Game`] if the numbers of players differ or the name is no name,
    /// [`GameError::Scenario`] if the product has too many cells.
    ///
    /// ```
    /// use bellwether::game::catalog;
    /// let ffl = catalog::lookup("ffl")?.game;
    /// let twice = ffl.product(&ffl, "ffl-twice")?;
    /// assert_eq!(twice.scenario().questions(), [4, 4]);
    /// assert_eq!(twice.terms().len(), ffl.terms().len().pow(2));
    /// # Ok::<(), bellwether::game::GameError>(())
    /// ```
    pub fn product(&self, other: &Game, name: &str) -> Result<Game, GameError> {
        same_players(self, other, name)?;
        let (s, t) = (self.scenario(), other.scenario());
        let scenario = Scenario::new(
            pairwise(s.questions(), t.questions(), usize::checked_mul)?,
            pairwise(s.answers(), t.answers(), usize::checked_mul)?,
        )?;
        let split = |digits: &[usize], radix: &[usize]| -> (Vec<usize>, Vec<usize>) {
            let both = digits.iter().zip(radix).map(|(&d, &r)| (d / r, d % r));
            both.unzip()
        };
        let (c, d) = (Lookup::new(self), Lookup::new(other));
        if self.kind() == Kind::WinLose && other.kind() == Kind::WinLose {
            return Game::win_lose(
                name,
                scenario,
                |x| {
                    let (x, y) = split(x, t.questions());
                    c.mu(&x) * d.mu(&y)
                },
                |x, a| {
                    let (x, y) = split(x, t.questions());
                    let (a, b) = split(a, t.answers());
                    c.coefficient(&x, &a).is_some() && d.coefficient(&y, &b).is_some()
                },
            );
        }
        Game::functional(name, scenario, |x, a| {
            let (x, y) = split(x, t.questions());
            let (a, b) = split(a, t.answers());
            match (c.coefficient(&x, &a), d.coefficient(&y, &b)) {
                (Some(c), Some(d)) => c * d,
                _ => Rational::zero(),
            }
        })
    }

    /// One game or the other: `weight` times this game on its own questions, `1 - weight` times the other on
    /// the questions after them.
    ///
    /// Player `i` has `Q_i + Q'_i` questions and always knows which game is on, so in every class the value is
    /// `weight * value + (1 - weight) * value'`. Answers a player has in one game only lose in the other.
    /// Exact.
    ///
    /// # Errors
    /// [`GameError::Game`] if the numbers of players differ, `weight` is not between 0 and 1, or the numbers
    /// of answers differ and one game is a functional (a spare answer would then be a way out);
    /// [`GameError::Scenario`] if the union has too many cells.
    pub fn disjoint_union(&self, weight: &Rational, other: &Game, name: &str) -> Result<Game, GameError> {
        same_players(self, other, name)?;
        if weight.is_negative() || *weight > Rational::one() {
            return Err(GameError::Game {
                name: name.into(),
                why: format!("the weight {weight} given, wanted 0 to 1"),
            });
        }
        let (s, t) = (self.scenario(), other.scenario());
        let games = self.kind() == Kind::WinLose && other.kind() == Kind::WinLose;
        if !games && s.answers() != t.answers() {
            return Err(GameError::Game {
                name: name.into(),
                why: format!(
                    "answers {:?} and {:?} given, wanted the same in a union with a functional",
                    s.answers(),
                    t.answers()
                ),
            });
        }
        let scenario = Scenario::new(
            pairwise(s.questions(), t.questions(), usize::checked_add)?,
            pairwise(s.answers(), t.answers(), |a, b| Some(a.max(b)))?,
        )?;
        let rest = Rational::one() - weight;
        let (c, d) = (Lookup::new(self), Lookup::new(other));
        // which game a joint question belongs to, and its digits there; mixed questions belong to none
        let place = |x: &[usize]| -> Option<(bool, Vec<usize>)> {
            if x.iter().zip(s.questions()).all(|(x, q)| x < q) {
                return Some((true, x.to_vec()));
            }
            let shifted = x.iter().zip(s.questions()).map(|(x, q)| x.checked_sub(*q));
            Some((false, shifted.collect::<Option<_>>()?))
        };
        let coefficient = |x: &[usize], a: &[usize]| -> Rational {
            let found = match place(x) {
                Some((true, x)) => c.coefficient(&x, a).map(|c| c * weight),
                Some((false, x)) => d.coefficient(&x, a).map(|d| d * &rest),
                None => None,
            };
            found.unwrap_or_else(Rational::zero)
        };
        if !games {
            return Game::functional(name, scenario, coefficient);
        }
        let mu = |x: &[usize]| match place(x) {
            Some((true, x)) => c.mu(&x) * weight,
            Some((false, x)) => d.mu(&x) * &rest,
            None => Rational::zero(),
        };
        Game::win_lose(name, scenario, mu, |x, a| !coefficient(x, a).is_zero())
    }
}

/// Random access to the sparse tables of a game.
struct Lookup<'a> {
    game: &'a Game,
    mu: Vec<Option<&'a Rational>>,
    terms: Vec<Option<&'a Rational>>,
}

impl<'a> Lookup<'a> {
    fn new(game: &'a Game) -> Self {
        let s = game.scenario();
        let mut mu = vec![None; s.joint_questions()];
        let mut terms = vec![None; s.cells()];
        for (x, weight) in game.mu() {
            mu[*x] = Some(weight);
        }
        for t in game.terms() {
            terms[t.question * s.joint_answers() + t.answer] = Some(&t.weight);
        }
        Lookup { game, mu, terms }
    }

    fn mu(&self, x: &[usize]) -> Rational {
        let weight = self.mu[self.game.scenario().question_index(x)];
        weight.cloned().unwrap_or_else(Rational::zero)
    }

    fn coefficient(&self, x: &[usize], a: &[usize]) -> Option<&'a Rational> {
        let s = self.game.scenario();
        if a.iter().zip(s.answers()).any(|(a, k)| a >= k) {
            return None;
        }
        self.terms[s.question_index(x) * s.joint_answers() + s.answer_index(a)]
    }
}

fn same_players(one: &Game, other: &Game, name: &str) -> Result<(), GameError> {
    let (n, m) = (one.scenario().players(), other.scenario().players());
    if n == m {
        return Ok(());
    }
    Err(GameError::Game {
        name: name.into(),
        why: format!("games of {n} and {m} players given, wanted the same number"),
    })
}

fn pairwise(
    one: &[usize],
    other: &[usize],
    f: impl Fn(usize, usize) -> Option<usize>,
) -> Result<Vec<usize>, GameError> {
    let pairs = one.iter().zip(other).map(|(&a, &b)| f(a, b));
    pairs.collect::<Option<_>>().ok_or_else(|| GameError::Scenario("the combined game is too large to count".into()))
}
