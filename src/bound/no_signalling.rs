//! The non-signalling optimum (Eq. 5), proved on both sides in exact arithmetic.
//!
//! A linear program in floating point proposes; its dual prices and its optimal point are rounded to
//! fractions, and both bounds are evaluated in rationals. Upper side, "messages" (any rationals `m`):
//! `NS <= sum_i sum_{x_i} max_{a_i} sum_{x_-i} m_i(x,a_i) + sum_x max_a [c(x,a) - sum_i m_i(x,a_i)]`,
//! because for a non-signalling `p` the sums of `m_i` see the marginal `p_i(a_i|x_i)` only. For one and two
//! players this is the exact dual. For more, single-player messages can be weaker; a second program then
//! uses prices `y` of all equalities of Eq. 5: `NS <= sum_x max_a [c - N^T y](x,a)` for any rationals `y`.
//! Lower side: Collins-Gisin coordinates as fractions give a behaviour that satisfies Eq. 5 exactly.

use super::collins_gisin::CollinsGisin;
use super::lp::{LinearProgram, LpError, LpSolution, Sense, Solver};
use super::{Bound, BoundError, Bracket, Side, nearest_fraction};
use crate::game::{Game, Rational, Scenario};
use crate::strategy::PolicyClass;
use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::time::Instant;

/// One message `m_i(x, a_i)` of the upper bound, zero ones left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The player `i`.
    pub player: usize,
    /// The joint question `x`.
    pub question: Vec<usize>,
    /// His answer `a_i`.
    pub answer: usize,
    /// The message, in units of the game's value.
    pub value: Rational,
}

/// The non-signalling optimum with its proofs.
#[derive(Debug, Clone, PartialEq)]
pub struct NsOptimum {
    /// Exact value of `behaviour`.
    pub lower: Rational,
    /// Best proved upper bound.
    pub upper: Rational,
    /// An exactly non-signalling behaviour, dense in the scenario's index order.
    pub behaviour: Vec<Rational>,
    /// Messages that prove `messages_upper`, sorted by player, question, answer.
    pub messages: Vec<Message>,
    /// The upper bound the messages prove: equal to `upper` for up to two players.
    pub messages_upper: Rational,
    /// Wall-clock time in seconds.
    pub seconds: f64,
}

impl NsOptimum {
    /// The bracket on the class NS: one exact number if both proofs meet, otherwise two certified ones.
    ///
    /// # Errors
    /// [`BoundError::Crossed`] would mean that a proof is wrong.
    pub fn bracket(&self) -> Result<Bracket, BoundError> {
        let (ns, method) = (
            PolicyClass::NonSignalling,
            "linear program, rounded and proved",
        );
        if self.lower == self.upper {
            return Bracket::point(Bound::exact(ns, self.lower.clone(), method, self.seconds));
        }
        let side = |s, v: &Rational| Bound::certified(ns, s, v.clone(), method, self.seconds);
        Bracket::new(
            side(Side::Lower, &self.lower),
            side(Side::Upper, &self.upper),
        )
    }
}

/// Largest denominator tried when prices and coordinates are rounded.
const DENOMINATORS: [i64; 3] = [24, 1000, 1_000_000];

/// Above this many entries of a dense tableau the interior point takes over.
const DENSE: usize = 1 << 21;

/// The largest value of a game over non-signalling behaviours.
///
/// ```
/// use bellwether::bound::no_signalling;
/// use bellwether::game::{Game, Rational, Scenario};
/// let s = Scenario::new(vec![2, 2], vec![2, 2])?;
/// let quarter = Rational::new(1.into(), 4.into());
/// let chsh = Game::win_lose("chsh", s, |_| quarter.clone(), |x, a| a[0] ^ a[1] == x[0] & x[1])?;
/// assert_eq!(no_signalling::maximum(&chsh)?.bracket()?.to_string(), "NS = 1 (exact)");
/// # Ok::<(), bellwether::bound::BoundError>(())
/// ```
///
/// # Errors
/// [`BoundError::Game`] if the payoffs exceed 64-bit integers; [`BoundError::Lp`] if no solver converges.
pub fn maximum(game: &Game) -> Result<NsOptimum, BoundError> {
    let start = Instant::now();
    let form = game.integer_form()?;
    let problem = Problem::new(game.scenario(), &form.dense);
    let (lp, rows) = problem.message_program();
    let solution = solve(&lp)?;
    let mut best: Option<(Rational, Vec<Rational>)> = None;
    for q in DENOMINATORS {
        let m: Vec<Rational> = solution.dual[..rows]
            .iter()
            .map(|&y| fraction(y, q))
            .collect();
        let upper = problem.message_bound(&m);
        if best.as_ref().is_none_or(|(b, _)| upper < *b) {
            best = Some((upper, m));
        }
    }
    let (messages_upper, m) = best.unwrap_or((problem.algebraic(), Vec::new()));
    let mut upper = messages_upper.clone();
    let table = if problem.scenario.players() <= 2 {
        problem.table_of(&solution.primal)
    } else {
        let (lp, equalities) = problem.full_program();
        let solution = solve(&lp)?;
        for q in DENOMINATORS {
            let y: Vec<Rational> = solution.dual.iter().map(|&y| fraction(y, q)).collect();
            upper = upper.min(problem.equality_bound(&equalities, &y));
        }
        solution.primal
    };
    let mut lower: Option<(Rational, Vec<Rational>)> = None;
    for q in DENOMINATORS {
        let behaviour = exact_behaviour(&problem.scenario, &table, q);
        let value = problem.value(&behaviour);
        if lower.as_ref().is_none_or(|(l, _)| value > *l) {
            lower = Some((value, behaviour));
        }
    }
    let (lower, behaviour) = lower.unwrap_or((problem.algebraic(), Vec::new()));
    let over = |v: Rational| v / Rational::from_integer(form.denominator.clone());
    let mut messages = problem.messages(&m);
    messages
        .iter_mut()
        .for_each(|m| m.value = over(m.value.clone()));
    Ok(NsOptimum {
        lower: over(lower),
        upper: over(upper),
        behaviour,
        messages,
        messages_upper: over(messages_upper),
        seconds: start.elapsed().as_secs_f64(),
    })
}

/// Vertices where the tableau fits, interior point otherwise or when the simplex fails.
fn solve(lp: &LinearProgram) -> Result<LpSolution, BoundError> {
    if lp.rows() * (lp.variables() + 2 * lp.rows()) <= DENSE {
        match lp.maximise(Solver::Simplex) {
            Err(LpError::NotConverged { .. }) => {}
            other => return Ok(other?),
        }
    }
    Ok(lp.maximise(Solver::InteriorPoint)?)
}

fn fraction(y: f64, q: i64) -> Rational {
    nearest_fraction(y, q).unwrap_or_else(Rational::zero)
}

fn integer(v: i64) -> Rational {
    Rational::from_integer(BigInt::from(v))
}

/// A game in integers, and the joint questions whose answers matter.
struct Problem {
    scenario: Scenario,
    c: Vec<i64>,
    asked: Vec<usize>,
}

impl Problem {
    fn new(scenario: &Scenario, dense: &[i64]) -> Self {
        let rows = dense.chunks_exact(scenario.joint_answers()).enumerate();
        let matters = rows.filter(|(_, row)| row.iter().any(|v| *v != row[0]));
        Problem {
            asked: matters.map(|(jq, _)| jq).collect(),
            scenario: scenario.clone(),
            c: dense.to_vec(),
        }
    }

    fn row(&self, jq: usize) -> &[i64] {
        let k = self.scenario.joint_answers();
        &self.c[jq * k..(jq + 1) * k]
    }

    fn algebraic(&self) -> Rational {
        let rows = self.c.chunks_exact(self.scenario.joint_answers());
        rows.map(|row| integer(row.iter().copied().max().unwrap_or(0)))
            .sum()
    }

    /// Number of messages per asked joint question.
    fn per_question(&self) -> usize {
        self.scenario.answers().iter().sum()
    }

    /// `max c·p` over `p(a|x) >= 0` for asked `x` and marginals `q_i(a_i|x_i) >= 0` that sum to 1, with rows
    /// `sum_{a_-i} p(a|x) = q_i(a_i|x_i)` whose prices are the messages. Returns the number of these rows.
    fn message_program(&self) -> (LinearProgram, usize) {
        let s = &self.scenario;
        let (k, n) = (s.joint_answers(), s.players());
        let mut lp = LinearProgram::new();
        for &jq in &self.asked {
            for &c in self.row(jq) {
                lp.variable(c as f64, 0.0, f64::INFINITY);
            }
        }
        let mut marginal = vec![Vec::new(); n];
        for (i, list) in marginal.iter_mut().enumerate() {
            for _ in 0..s.questions()[i] * s.answers()[i] {
                list.push(lp.variable(0.0, 0.0, f64::INFINITY));
            }
        }
        let (mut x, mut a) = (vec![0; n], vec![0; n]);
        for (index, &jq) in self.asked.iter().enumerate() {
            s.question_at(jq, &mut x);
            for i in 0..n {
                for b in 0..s.answers()[i] {
                    let mut row = vec![(marginal[i][x[i] * s.answers()[i] + b], -1.0)];
                    for ja in 0..k {
                        s.answer_at(ja, &mut a);
                        if a[i] == b {
                            row.push((index * k + ja, 1.0));
                        }
                    }
                    lp.row(&row, Sense::Eq, 0.0);
                }
            }
        }
        let messages = lp.rows();
        for (player, &na) in marginal.iter().zip(s.answers()) {
            for per_question in player.chunks_exact(na) {
                let one: Vec<(usize, f64)> = per_question.iter().map(|&v| (v, 1.0)).collect();
                lp.row(&one, Sense::Eq, 1.0);
            }
        }
        (lp, messages)
    }

    /// The upper bound of the module's text for messages in the order of the program's rows.
    fn message_bound(&self, m: &[Rational]) -> Rational {
        let s = &self.scenario;
        let n = s.players();
        let mut total = Rational::zero();
        let mut sums: Vec<Vec<Rational>> = (0..n)
            .map(|i| vec![Rational::zero(); s.questions()[i] * s.answers()[i]])
            .collect();
        let (mut x, mut a) = (vec![0; n], vec![0; n]);
        let mut asked = self
            .asked
            .iter()
            .zip(m.chunks_exact(self.per_question()))
            .peekable();
        for jq in 0..s.joint_questions() {
            let Some((_, message)) = asked.next_if(|(q, _)| **q == jq) else {
                total += integer(self.row(jq)[0]); // the answers do not matter
                continue;
            };
            s.question_at(jq, &mut x);
            let mut place = 0;
            let mut places = Vec::with_capacity(n);
            for i in 0..n {
                places.push(place);
                for b in 0..s.answers()[i] {
                    sums[i][x[i] * s.answers()[i] + b] += &message[place + b];
                }
                place += s.answers()[i];
            }
            let mut best: Option<Rational> = None;
            for (ja, &c) in self.row(jq).iter().enumerate() {
                s.answer_at(ja, &mut a);
                let mut rest = integer(c);
                for i in 0..n {
                    rest -= &message[places[i] + a[i]];
                }
                best = Some(best.map_or(rest.clone(), |b| b.max(rest)));
            }
            total += best.unwrap_or_else(Rational::zero);
        }
        for (i, player) in sums.iter().enumerate() {
            for row in player.chunks_exact(s.answers()[i]) {
                total += row.iter().max().cloned().unwrap_or_else(Rational::zero);
            }
        }
        total
    }

    fn messages(&self, m: &[Rational]) -> Vec<Message> {
        let s = &self.scenario;
        let mut list = Vec::new();
        for (jq, message) in self.asked.iter().zip(m.chunks_exact(self.per_question())) {
            let mut place = 0;
            for (player, &na) in s.answers().iter().enumerate() {
                for answer in 0..na {
                    if !message[place + answer].is_zero() {
                        list.push(Message {
                            player,
                            question: s.question(*jq),
                            answer,
                            value: message[place + answer].clone(),
                        });
                    }
                }
                place += na;
            }
        }
        list.sort_by(|a, b| {
            (a.player, &a.question, a.answer).cmp(&(b.player, &b.question, b.answer))
        });
        list
    }

    /// The whole table from a solution of the message program; unasked questions by product of marginals.
    fn table_of(&self, primal: &[f64]) -> Vec<f64> {
        let s = &self.scenario;
        let (k, n) = (s.joint_answers(), s.players());
        let q = &primal[self.asked.len() * k..];
        let (mut x, mut a) = (vec![0; n], vec![0; n]);
        let mut table = Vec::with_capacity(s.cells());
        for jq in 0..s.joint_questions() {
            s.question_at(jq, &mut x);
            if let Ok(index) = self.asked.binary_search(&jq) {
                table.extend_from_slice(&primal[index * k..(index + 1) * k]);
                continue;
            }
            for ja in 0..k {
                s.answer_at(ja, &mut a);
                let mut product = 1.0;
                let mut offset = 0;
                for i in 0..n {
                    product *= q[offset + x[i] * s.answers()[i] + a[i]];
                    offset += s.questions()[i] * s.answers()[i];
                }
                table.push(product);
            }
        }
        table
    }

    /// `max c·p` over all tables with Eq. 5 for every single player; returns the rows of Eq. 5 as cells
    /// with signs, in the program's row order after the normalisations.
    fn full_program(&self) -> (LinearProgram, Vec<Vec<(usize, f64)>>) {
        let s = &self.scenario;
        let k = s.joint_answers();
        let mut lp = LinearProgram::new();
        for &c in &self.c {
            lp.variable(c as f64, 0.0, f64::INFINITY);
        }
        let mut equalities = Vec::new();
        for j in 0..s.players() {
            let qs: usize = s.questions()[j + 1..].iter().product();
            let st: usize = s.answers()[j + 1..].iter().product();
            for jq in
                (0..s.joint_questions()).filter(|jq| !(jq / qs).is_multiple_of(s.questions()[j]))
            {
                let base = jq - (jq / qs) % s.questions()[j] * qs;
                for ja in (0..k).filter(|ja| (ja / st).is_multiple_of(s.answers()[j])) {
                    let mut row = Vec::new();
                    for b in 0..s.answers()[j] {
                        row.push((jq * k + ja + b * st, 1.0));
                        row.push((base * k + ja + b * st, -1.0));
                    }
                    lp.row(&row, Sense::Eq, 0.0);
                    equalities.push(row);
                }
            }
        }
        for jq in 0..s.joint_questions() {
            let one: Vec<(usize, f64)> = (0..k).map(|ja| (jq * k + ja, 1.0)).collect();
            lp.row(&one, Sense::Eq, 1.0);
        }
        (lp, equalities)
    }

    /// `sum_x max_a [c - N^T y]`.
    fn equality_bound(&self, equalities: &[Vec<(usize, f64)>], y: &[Rational]) -> Rational {
        let mut rest: Vec<Rational> = self.c.iter().map(|&c| integer(c)).collect();
        for (row, price) in equalities.iter().zip(y).filter(|(_, p)| !p.is_zero()) {
            for &(cell, sign) in row {
                if sign > 0.0 {
                    rest[cell] -= price;
                } else {
                    rest[cell] += price;
                }
            }
        }
        let rows = rest.chunks_exact(self.scenario.joint_answers());
        rows.map(|row| row.iter().max().cloned().unwrap_or_else(Rational::zero))
            .sum()
    }

    fn value(&self, p: &[Rational]) -> Rational {
        let terms = self
            .c
            .iter()
            .zip(p)
            .filter(|(c, p)| **c != 0 && !p.is_zero());
        terms.map(|(&c, p)| integer(c) * p).sum()
    }
}

/// The exactly non-signalling behaviour whose Collins-Gisin coordinates are those of `table` as fractions
/// with denominators up to `q`; white noise is mixed in if an entry would be negative.
///
/// Non-signalling and normalised by construction: every cell is the same signed sum of coordinates.
fn exact_behaviour(scenario: &Scenario, table: &[f64], q: i64) -> Vec<Rational> {
    let cg = CollinsGisin::new(scenario);
    let mut g: Vec<Rational> = cg.of_table(table).iter().map(|&v| fraction(v, q)).collect();
    g[0] = Rational::one();
    let mut p: Vec<Rational> = Vec::with_capacity(scenario.cells());
    for cell in cg.cells() {
        let mut sum = Rational::zero();
        for (index, sign) in cell {
            if sign > 0 {
                sum += &g[index];
            } else {
                sum -= &g[index];
            }
        }
        p.push(sum);
    }
    let least = p.iter().min().cloned().unwrap_or_else(Rational::zero);
    if least.is_negative() {
        // (1-t) least + t/k = 0
        let uniform = Rational::new(BigInt::one(), BigInt::from(scenario.joint_answers()));
        let t = -&least / (&uniform - &least);
        let keep = Rational::one() - &t;
        p.iter_mut().for_each(|v| *v = &*v * &keep + &t * &uniform);
    }
    debug_assert!(p.iter().all(|v| v.to_f64().is_some_and(|v| v >= 0.0)));
    p
}
