//! The two linear programs over Eq. 5, and their bounds in rationals.

use super::Message;
use crate::bound::collins_gisin::CollinsGisin;
use crate::bound::lp::{LinearProgram, Sense};
use crate::bound::nearest_fraction;
use crate::game::{Rational, Scenario};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// A way of rounding a list of numbers to fractions.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rounding {
    /// Continued fractions with denominators up to a limit.
    Fractions(i64),
    /// Multiples of `2^-40`.
    Dyadic,
}

/// Largest common denominator of fractions, in bits: sums over unrelated ones would grow without end.
const MAX_BITS: u64 = 128;

impl Rounding {
    /// All numbers rounded; `None` if their common denominator is too long.
    pub fn all(self, values: &[f64]) -> Option<Vec<Rational>> {
        let unit = BigInt::from(1u64 << 40);
        let round = |v: f64| match self {
            Rounding::Fractions(limit) => nearest_fraction(v, limit).unwrap_or_else(Rational::zero),
            Rounding::Dyadic => {
                let whole = Rational::from_float((v * (1u64 << 40) as f64).round());
                whole.unwrap_or_else(Rational::zero) / &unit
            }
        };
        let mut common = BigInt::one();
        let mut rounded = Vec::with_capacity(values.len());
        for &v in values {
            let r = round(v);
            common = common.lcm(r.denom());
            if common.bits() > MAX_BITS {
                return None;
            }
            rounded.push(r);
        }
        Some(rounded)
    }
}

fn integer(v: i64) -> Rational {
    Rational::from_integer(BigInt::from(v))
}

/// A game in integers, and the joint questions whose answers matter.
pub(super) struct Problem {
    pub scenario: Scenario,
    c: Vec<i64>,
    asked: Vec<usize>,
}

impl Problem {
    pub fn new(scenario: &Scenario, dense: &[i64]) -> Self {
        let rows = dense.chunks_exact(scenario.joint_answers()).enumerate();
        let matters = rows.filter(|(_, row)| row.iter().any(|v| *v != row[0]));
        Problem { asked: matters.map(|(jq, _)| jq).collect(), scenario: scenario.clone(), c: dense.to_vec() }
    }

    fn row(&self, jq: usize) -> &[i64] {
        let k = self.scenario.joint_answers();
        &self.c[jq * k..(jq + 1) * k]
    }

    pub fn algebraic(&self) -> Rational {
        let rows = self.c.chunks_exact(self.scenario.joint_answers());
        rows.map(|row| integer(row.iter().copied().max().unwrap_or(0))).sum()
    }

    /// Number of messages per asked joint question.
    fn per_question(&self) -> usize {
        self.scenario.answers().iter().sum()
    }

    /// `max c·p` over `p(a|x) >= 0` for asked `x` and marginals `q_i(a_i|x_i) >= 0` that sum to 1, with rows
    /// `sum_{a_-i} p(a|x) = q_i(a_i|x_i)` whose prices are the messages. Returns the number of these rows.
    pub fn message_program(&self) -> (LinearProgram, usize) {
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
    pub fn message_bound(&self, m: &[Rational]) -> Rational {
        let s = &self.scenario;
        let n = s.players();
        let mut total = Rational::zero();
        let mut sums: Vec<Vec<Rational>> =
            (0..n).map(|i| vec![Rational::zero(); s.questions()[i] * s.answers()[i]]).collect();
        let (mut x, mut a) = (vec![0; n], vec![0; n]);
        let mut asked = self.asked.iter().zip(m.chunks_exact(self.per_question())).peekable();
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

    pub fn messages(&self, m: &[Rational]) -> Vec<Message> {
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
        list.sort_by(|a, b| (a.player, &a.question, a.answer).cmp(&(b.player, &b.question, b.answer)));
        list
    }

    /// The whole table from a solution of the message program; unasked questions by product of marginals.
    pub fn table_of(&self, primal: &[f64]) -> Vec<f64> {
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

    /// The dual of `max c·p` over Collins-Gisin coordinates `g` with every probability `p = a + A g >= 0`:
    /// `max -a·y` over `y >= 0` with `A^T y = -A^T c`. Its prices are the coordinates.
    ///
    /// One row per coordinate instead of one per equality of Eq. 5: a third of the size, and none is redundant.
    pub fn cell_program(&self, cells: &[Vec<(usize, i32)>], coordinates: usize) -> LinearProgram {
        let mut lp = LinearProgram::new();
        let mut rows: Vec<Vec<(usize, f64)>> = vec![Vec::new(); coordinates];
        let mut right = vec![0.0; coordinates];
        for (cell, &c) in cells.iter().zip(&self.c) {
            let constant = cell.iter().find(|(g, _)| *g == 0);
            let y = lp.variable(-constant.map_or(0.0, |(_, s)| f64::from(*s)), 0.0, f64::INFINITY);
            for &(g, sign) in cell {
                rows[g].push((y, f64::from(sign)));
                right[g] -= f64::from(sign) * c as f64;
            }
        }
        for (row, rhs) in rows.iter().zip(&right).skip(1) {
            lp.row(row, Sense::Eq, *rhs);
        }
        lp
    }

    /// `sum_g max(0, r_g)` over the coordinates `g`, `r = A^T (c + y)`, the constant one counted as it is: an upper
    /// bound for *any* `y >= 0`, since `c·p <= (c + y)·p = r·g` and `0 <= g <= 1`. At the optimum only `r_0` is left.
    pub fn cell_bound(&self, cells: &[Vec<(usize, i32)>], coordinates: usize, y: &[Rational]) -> Rational {
        let mut rest = vec![Rational::zero(); coordinates];
        for ((cell, &c), y) in cells.iter().zip(&self.c).zip(y) {
            let mut weight = integer(c);
            if y.is_positive() {
                weight += y;
            }
            if weight.is_zero() {
                continue;
            }
            for &(g, sign) in cell {
                if sign > 0 {
                    rest[g] += &weight;
                } else {
                    rest[g] -= &weight;
                }
            }
        }
        let leftover = rest.iter().skip(1).filter(|r| r.is_positive());
        &rest[0] + leftover.sum::<Rational>()
    }

    /// The table of coordinates in floating point, all but the constant one given.
    pub fn table_of_coordinates(&self, cells: &[Vec<(usize, i32)>], g: &[f64]) -> Vec<f64> {
        let at = |index: usize| if index == 0 { 1.0 } else { g[index - 1] };
        let value = |cell: &Vec<(usize, i32)>| cell.iter().map(|&(g, s)| f64::from(s) * at(g)).sum();
        cells.iter().map(value).collect()
    }

    pub fn value(&self, p: &[Rational]) -> Rational {
        let terms = self.c.iter().zip(p).filter(|(c, p)| **c != 0 && !p.is_zero());
        terms.map(|(&c, p)| integer(c) * p).sum()
    }
}

/// The exactly non-signalling behaviour whose Collins-Gisin coordinates are those of `table` as fractions
/// rounded as asked; white noise is mixed in if an entry would be negative.
///
/// Non-signalling and normalised by construction: every cell is the same signed sum of coordinates.
pub(super) fn exact_behaviour(scenario: &Scenario, table: &[f64], rounding: Rounding) -> Option<Vec<Rational>> {
    let cg = CollinsGisin::new(scenario);
    let mut g = rounding.all(&cg.of_table(table))?;
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
    Some(p)
}
