//! Coefficients laid out for the search, and the vectorised sums over them.

use super::problem::Problem;
use super::word::Word;

/// The coefficients in search order, `[x_1][a_1] ... [x_{n-1}][a_{n-1}][a_n][x_n]`: the responder's
/// questions run fastest, so that `sum_y max_b` works on whole vectors.
#[derive(Clone)]
pub(super) struct Tensor {
    /// Player at each place; the responder is last.
    pub order: Vec<usize>,
    /// `questions[k][d]`: the question asked at place `k`, depth `d`.
    pub questions: Vec<Vec<usize>>,
    pub answers: Vec<usize>,
    pub c: Vec<i64>,
    /// Payoff `unary[d][a]` of the first enumerated player alone (messages); zero without messages.
    pub unary: Vec<i64>,
    /// Leaf values are this multiple of the problem's values.
    pub scale: i64,
}

impl Tensor {
    /// Lays a problem out, the weightiest questions of each player first.
    pub fn new(problem: &Problem) -> Self {
        let n = problem.questions.len();
        let order = problem.order();
        // weight of a question: how much its answers can matter
        let mut weight: Vec<Vec<i128>> = problem.questions.iter().map(|&q| vec![0; q]).collect();
        let k = problem.joint_answers();
        let mut x = vec![0; n];
        for row in problem.c.chunks_exact(k) {
            let spread = row.iter().max().zip(row.iter().min());
            let spread = spread.map_or(0, |(high, low)| i128::from(*high) - i128::from(*low));
            for i in 0..n {
                weight[i][x[i]] += spread;
            }
            super::problem::advance(&mut x, &problem.questions);
        }
        let questions: Vec<Vec<usize>> = order
            .iter()
            .map(|&i| {
                let mut q: Vec<usize> = (0..problem.questions[i]).collect();
                q.sort_by(|&a, &b| weight[i][b].cmp(&weight[i][a]).then(a.cmp(&b)));
                q
            })
            .collect();
        let answers: Vec<usize> = order.iter().map(|&i| problem.answers[i]).collect();
        let mut tensor = Tensor {
            c: vec![0; problem.c.len()],
            unary: vec![0; questions[0].len() * answers[0]],
            scale: 1,
            order,
            questions,
            answers,
        };
        // inverse of the question permutation, per player of the problem
        let mut depth: Vec<Vec<usize>> = problem.questions.iter().map(|&q| vec![0; q]).collect();
        for (place, &i) in tensor.order.iter().enumerate() {
            for (d, &q) in tensor.questions[place].iter().enumerate() {
                depth[i][q] = d;
            }
        }
        let mut a = vec![0; n];
        for (cell, &value) in problem.c.iter().enumerate() {
            let mut index = 0;
            for (place, &i) in tensor.order.iter().enumerate() {
                let (nq, na) = (problem.questions[i], problem.answers[i]);
                let (d, b) = (depth[i][x[i]], a[i]);
                index = if place + 1 == n { (index * na + b) * nq + d } else { (index * nq + d) * na + b };
            }
            tensor.c[index] = value;
            super::problem::advance(&mut a, &problem.answers);
            if (cell + 1) % k == 0 {
                super::problem::advance(&mut x, &problem.questions);
            }
        }
        tensor
    }

    /// Size of the table that remains once places `0..=k` are fixed.
    pub fn rest(&self, k: usize) -> usize {
        (k + 1..self.order.len()).map(|p| self.questions[p].len() * self.answers[p]).product()
    }

    /// An upper bound of every absolute value a search can meet.
    pub fn room(&self) -> i128 {
        let k: usize = self.answers.iter().product();
        let joint = self.c.len() / k.max(1);
        let wide = |v: &i64| i128::from(*v).abs();
        if self.order.len() <= 2 {
            // sum over joint questions of the largest payoff
            let (ny, nb) = self.responder();
            let block = ny * nb;
            let mut total: i128 = 0;
            for per_x in self.c.chunks_exact(block * self.answers[0].max(1)).filter(|_| self.order.len() == 2) {
                for y in 0..ny {
                    total += per_x.iter().skip(y).step_by(ny).map(wide).max().unwrap_or(0);
                }
            }
            let unary: i128 =
                self.unary.chunks_exact(self.answers[0]).map(|row| row.iter().map(wide).max().unwrap_or(0)).sum();
            let alone: i128 = if self.order.len() == 1 { self.c.iter().map(wide).sum() } else { 0 };
            return total + unary + alone;
        }
        self.c.iter().map(wide).max().unwrap_or(0) * joint as i128
    }

    /// Questions and answers of the responder.
    pub fn responder(&self) -> (usize, usize) {
        let last = self.order.len() - 1;
        (self.questions[last].len(), self.answers[last])
    }
}

/// `sum_y max_b sum_i operands[i][b][y]`: the best response to a table given as a sum of tables.
#[inline]
pub(super) fn sum_max<T: Word, const N: usize>(operands: [&[T]; N], ny: usize, nb: usize) -> T {
    match nb {
        1 => fixed::<T, N, 1>(operands, ny),
        2 => fixed::<T, N, 2>(operands, ny),
        3 => fixed::<T, N, 3>(operands, ny),
        4 => fixed::<T, N, 4>(operands, ny),
        5 => fixed::<T, N, 5>(operands, ny),
        _ => any(operands, ny, nb),
    }
}

#[inline(always)]
fn fixed<T: Word, const N: usize, const B: usize>(operands: [&[T]; N], ny: usize) -> T {
    let rows: [[&[T]; B]; N] = std::array::from_fn(|i| std::array::from_fn(|b| &operands[i][b * ny..][..ny]));
    let mut total = T::ZERO;
    for y in 0..ny {
        let entry = |b: usize| {
            let mut sum = rows[0][b][y];
            for row in &rows[1..] {
                sum = sum.plus(row[b][y]);
            }
            sum
        };
        let mut best = entry(0);
        for b in 1..B {
            best = best.max(entry(b));
        }
        total = total.plus(best);
    }
    total
}

fn any<T: Word, const N: usize>(operands: [&[T]; N], ny: usize, nb: usize) -> T {
    let entry = |at: usize| operands[1..].iter().fold(operands[0][at], |s, o| s.plus(o[at]));
    let mut total = T::ZERO;
    for y in 0..ny {
        let mut best = entry(y);
        for b in 1..nb {
            best = best.max(entry(b * ny + y));
        }
        total = total.plus(best);
    }
    total
}

/// Replaces `table[x][a][rest]` by `sum_x max_a table` in its first `rest` entries.
pub(super) fn sum_max_front<T: Word>(table: &mut [T], nq: usize, na: usize, rest: usize) {
    for x in 0..nq {
        for r in 0..rest {
            let mut best = table[x * na * rest + r];
            for a in 1..na {
                best = best.max(table[(x * na + a) * rest + r]);
            }
            // entry r of block 0 is read for x = 0 only, before it is written
            table[r] = if x == 0 { best } else { table[r].plus(best) };
        }
    }
}

/// `out = a + b`.
#[inline(always)]
pub(super) fn add<T: Word>(out: &mut [T], a: &[T], b: &[T]) {
    for ((o, &x), &y) in out.iter_mut().zip(a).zip(b) {
        *o = x.plus(y);
    }
}
