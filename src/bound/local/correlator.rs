//! Two players with two answers each: the game is a bilinear form in signs.
//!
//! With `s_x = (-1)^a`, `t_y = (-1)^b` every payoff is `4 c = k + A_x s_x + B_y t_y + M_xy s_x t_y`, so the
//! optimum is `max_s [sum_x A_x s_x + sum_y |B_y + sum_x M_xy s_x|]`. Signs are fixed row by row. A node
//! with `d` signs fixed is bounded by what it has, `sum_y |T_y|`, plus the exact optimum `V_d` of the open
//! rows alone (triangle inequality). The `V_d` are found from the last row backwards by the same search
//! ("Russian dolls"): for random matrices this cuts the tree near half its depth, where the plain bound
//! cuts nothing.

use super::control::{Control, in_tasks};
use super::problem::Problem;
use super::search::Found;
use super::word::Word;
use crate::bound::BoundError;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Four times the payoffs as a bilinear form, heaviest rows first.
pub(super) struct Form {
    /// The player whose signs are enumerated, and his questions in row order.
    pub player: usize,
    pub questions: Vec<usize>,
    ny: usize,
    m: Vec<i64>,
    a: Vec<i64>,
    b: Vec<i64>,
    k: i64,
    room: i128,
}

/// Rows for which no exact doll is computed: the largest ones cost as much as the search itself.
const OUTER: usize = 4;

impl Form {
    /// The form of a problem of two players with two answers each; `None` if four times its payoffs do not
    /// fit, or for other problems.
    pub fn new(problem: &Problem) -> Option<Form> {
        if problem.answers != [2, 2] {
            return None;
        }
        let largest: i128 =
            problem.c.chunks_exact(4).map(|c| 16 * c.iter().map(|v| i128::from(*v).abs()).max().unwrap_or(0)).sum();
        if largest > i64::ROOM {
            return None;
        }
        let player = usize::from(problem.questions[1] < problem.questions[0]);
        let (nx, ny) = (problem.questions[player], problem.questions[1 - player]);
        let (mut m, mut a, mut b, mut k) = (vec![0; nx * ny], vec![0; nx], vec![0; ny], 0);
        for (cell, c) in problem.c.chunks_exact(4).enumerate() {
            let (p, q) = (cell / problem.questions[1], cell % problem.questions[1]);
            let (x, y) = if player == 0 { (p, q) } else { (q, p) };
            let (first, second) = (c[0] + c[1] - c[2] - c[3], c[0] - c[1] + c[2] - c[3]);
            let (alone, other) = if player == 0 { (first, second) } else { (second, first) };
            m[x * ny + y] = c[0] - c[1] - c[2] + c[3];
            a[x] += alone;
            b[y] += other;
            k += c.iter().sum::<i64>();
        }
        let weight = |x: &usize| -> i64 { m[x * ny..(x + 1) * ny].iter().map(|v| v.abs()).sum::<i64>() + a[*x].abs() };
        let mut questions: Vec<usize> = (0..nx).collect();
        questions.sort_by_key(|x| (std::cmp::Reverse(weight(x)), *x));
        Some(Form {
            player,
            ny,
            m: questions.iter().flat_map(|&x| m[x * ny..(x + 1) * ny].to_vec()).collect(),
            a: questions.iter().map(|&x| a[x]).collect(),
            questions,
            b,
            k,
            room: largest,
        })
    }

    /// From a value of the game to the units of the search, and back.
    pub fn inner(&self, value: i64) -> i64 {
        4 * value - self.k
    }

    pub fn outer(&self, inner: i64) -> i64 {
        (inner + self.k).div_euclid(4)
    }

    /// The first best signs above the incumbent, as answers in row order.
    pub fn run(&self, threads: usize, control: &Control) -> Result<Found, BoundError> {
        if self.room <= i16::ROOM {
            self.run_as::<i16>(threads, control)
        } else if self.room <= i32::ROOM {
            self.run_as::<i32>(threads, control)
        } else {
            self.run_as::<i64>(threads, control)
        }
    }

    fn run_as<T: Word>(&self, threads: usize, control: &Control) -> Result<Found, BoundError> {
        let nx = self.questions.len();
        let zero = vec![0; self.ny];
        let mut dolls = vec![0i64; nx + 1];
        for d in (1..nx).rev() {
            let row: i64 = self.m[d * self.ny..(d + 1) * self.ny].iter().map(|v| v.abs()).sum();
            let simple = dolls[d + 1] + row + self.a[d].abs();
            dolls[d] = if d < OUTER && nx > 12 {
                simple
            } else {
                let known = self.polish(d);
                let inner = control.sub(known);
                let found = self.search_from::<T>(d, &zero, &dolls, 1, &inner)?;
                let best = found.best.map_or(known, |(v, _)| v);
                best.max(found.left.unwrap_or(best)).min(simple)
            };
        }
        self.search_from::<T>(0, &self.b, &dolls, threads, control)
    }

    /// Searches the signs of rows `from..`, the other player starting with `start`.
    fn search_from<T: Word>(
        &self,
        from: usize,
        start: &[i64],
        dolls: &[i64],
        threads: usize,
        control: &Control,
    ) -> Result<Found, BoundError> {
        let open = self.questions.len() - from;
        // without marginals all signs may be flipped: the first is +
        let symmetric = self.a[from..].iter().chain(start).all(|v| *v == 0);
        let make = || Search::<T>::new(self, from, start, dolls, symmetric, control);
        if (threads == 1 || open < 20) && (control.share.is_none() || open < 9) {
            return Ok(make().run(&[]));
        }
        in_tasks(threads, 2, 9, control, || {
            let mut search = make();
            move |prefix: &[usize]| search.run(prefix)
        })
    }

    /// A good value of rows `from..` alone, by alternating signs from seeded starts.
    fn polish(&self, from: usize) -> i64 {
        let (nx, ny) = (self.questions.len(), self.ny);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(from as u64);
        let mut t = vec![0i64; ny];
        let mut best = i64::MIN;
        for _ in 0..40 {
            t.iter_mut().for_each(|t| *t = if rng.random_bool(0.5) { 1 } else { -1 });
            let mut value = i64::MIN;
            loop {
                let mut table = vec![0i64; ny];
                let mut alone = 0;
                for x in from..nx {
                    let row = &self.m[x * ny..(x + 1) * ny];
                    let sum: i64 = row.iter().zip(&t).map(|(m, t)| m * t).sum::<i64>() + self.a[x];
                    let sign = if sum < 0 { -1 } else { 1 };
                    alone += sign * self.a[x];
                    table.iter_mut().zip(row).for_each(|(v, m)| *v += sign * m);
                }
                let now = alone + table.iter().map(|v| v.abs()).sum::<i64>();
                t.iter_mut().zip(&table).for_each(|(t, v)| *t = if *v < 0 { -1 } else { 1 });
                if now <= value {
                    break;
                }
                value = now;
            }
            best = best.max(value);
        }
        best
    }
}

struct Search<'a, T> {
    ny: usize,
    rows: Vec<T>,
    a: Vec<T>,
    dolls: Vec<T>,
    tables: Vec<T>,
    symmetric: bool,
    control: &'a Control<'a>,
    threshold: i64,
    signs: Vec<usize>,
    found: Found,
}

impl<'a, T: Word> Search<'a, T> {
    fn new(form: &Form, from: usize, start: &[i64], dolls: &[i64], symmetric: bool, control: &'a Control<'a>) -> Self {
        let narrow = |v: &[i64]| v.iter().map(|&v| T::of(v)).collect::<Vec<T>>();
        let open = form.questions.len() - from;
        let mut tables = narrow(start);
        tables.resize((open + 1) * form.ny, T::ZERO);
        Search {
            ny: form.ny,
            rows: narrow(&form.m[from * form.ny..]),
            a: narrow(&form.a[from..]),
            dolls: narrow(&dolls[from..]),
            tables,
            symmetric,
            control,
            threshold: 0,
            signs: vec![0; open],
            found: Found::default(),
        }
    }

    fn run(&mut self, prefix: &[usize]) -> Found {
        self.found = Found::default();
        self.threshold = self.control.incumbent;
        let mut earned = T::ZERO;
        for (d, &sign) in prefix.iter().enumerate() {
            self.signs[d] = sign;
            earned = self.step(d, sign, earned);
        }
        if !(self.symmetric && prefix.first() == Some(&1)) {
            self.descend(prefix.len(), earned);
        }
        std::mem::take(&mut self.found)
    }

    fn descend(&mut self, d: usize, earned: T) {
        let table = &self.tables[d * self.ny..][..self.ny];
        let row = &self.rows[d * self.ny..][..self.ny];
        let sums = both(table, row);
        let last = d + 1 == self.signs.len();
        for (sign, sum) in sums.into_iter().enumerate() {
            if self.symmetric && d == 0 && sign == 1 {
                continue;
            }
            self.found.nodes += 1;
            self.signs[d] = sign;
            let alone = if sign == 0 { earned.plus(self.a[d]) } else { earned.minus(self.a[d]) };
            if last {
                self.offer(alone.plus(sum).wide());
                continue;
            }
            let bound = alone.plus(sum).plus(self.dolls[d + 1]).wide();
            if bound <= self.threshold {
                continue;
            }
            if self.tick() {
                self.found.left = self.found.left.max(Some(bound));
                continue;
            }
            let earned = self.step(d, sign, earned);
            self.descend(d + 1, earned);
        }
    }

    fn step(&mut self, d: usize, sign: usize, earned: T) -> T {
        let row = &self.rows[d * self.ny..][..self.ny];
        let (before, after) = self.tables.split_at_mut((d + 1) * self.ny);
        let entries = after[..self.ny].iter_mut().zip(&before[d * self.ny..]).zip(row);
        if sign == 0 {
            entries.for_each(|((o, t), r)| *o = t.plus(*r));
            earned.plus(self.a[d])
        } else {
            entries.for_each(|((o, t), r)| *o = t.minus(*r));
            earned.minus(self.a[d])
        }
    }

    fn offer(&mut self, value: i64) {
        if value > self.threshold {
            self.threshold = value;
            self.found.best = Some((value, vec![self.signs.clone()]));
            self.control.publish(value);
        }
    }

    fn tick(&mut self) -> bool {
        if self.found.nodes & 255 < 2 {
            self.threshold = self.threshold.max(self.control.published() - 1);
            if self.found.nodes & 4095 < 2 {
                return self.control.out_of_time();
            }
        }
        self.control.stopped()
    }
}

/// `sum_y |t + r|` and `sum_y |t - r|`.
#[inline]
fn both<T: Word>(table: &[T], row: &[T]) -> [T; 2] {
    let (mut plus, mut minus) = (T::ZERO, T::ZERO);
    for (&t, &r) in table.iter().zip(row) {
        let (p, m) = (t.plus(r), t.minus(r));
        plus = plus.plus(p.max(T::ZERO.minus(p)));
        minus = minus.plus(m.max(T::ZERO.minus(m)));
    }
    [plus, minus]
}
