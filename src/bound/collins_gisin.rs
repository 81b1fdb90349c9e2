//! Collins-Gisin coordinates of non-signalling behaviours: marginals of all groups of players, last
//! answers left out; full rank, so linear programs over them have no redundant rows.
//!
//! Coordinate `g = (g_1, ..., g_n)`, first player slowest: `g_i = 0` sums player `i` out, `g_i = 1 +
//! x_i (na_i - 1) + a_i` fixes question `x_i` and answer `a_i < na_i - 1`. Coordinate 0 is 1.

use super::local::advance;
use crate::game::{Game, GameError, Rational, Scenario};
use crate::strategy::Deterministic;

pub(crate) struct CollinsGisin {
    scenario: Scenario,
    /// Coordinates per player, `1 + nq (na - 1)`.
    sizes: Vec<usize>,
}

impl CollinsGisin {
    pub fn new(scenario: &Scenario) -> Self {
        let sizes = scenario.questions().iter().zip(scenario.answers());
        CollinsGisin { sizes: sizes.map(|(&q, &a)| 1 + q * (a - 1)).collect(), scenario: scenario.clone() }
    }

    pub fn len(&self) -> usize {
        self.sizes.iter().product()
    }

    /// Coordinates of a table `p(a|x)`; a player summed out is asked all questions equally often, so
    /// that a little signalling averages out.
    pub fn of_table(&self, p: &[f64]) -> Vec<f64> {
        let s = &self.scenario;
        let n = s.players();
        // one player at a time: table [done coordinates][rest questions][rest answers]
        let mut out = vec![0.0; self.len()];
        let (mut x, mut a) = (vec![0; n], vec![0; n]);
        for (cell, &value) in p.iter().enumerate() {
            if value != 0.0 {
                self.spread(&x, &a, 0, 0, value, &mut out);
            }
            advance(&mut a, s.answers());
            if (cell + 1) % s.joint_answers() == 0 {
                advance(&mut x, s.questions());
            }
        }
        out
    }

    /// Adds cell (x, a) to every coordinate it counts for.
    fn spread(&self, x: &[usize], a: &[usize], i: usize, index: usize, value: f64, out: &mut [f64]) {
        if i == x.len() {
            out[index] += value;
            return;
        }
        let last = self.scenario.answers()[i] - 1;
        let base = index * self.sizes[i];
        let questions = self.scenario.questions()[i] as f64;
        self.spread(x, a, i + 1, base, value / questions, out);
        if a[i] < last {
            self.spread(x, a, i + 1, base + 1 + x[i] * last + a[i], value, out);
        }
    }

    /// Indices of the coordinates that are 1 for a deterministic strategy; all others are 0.
    pub fn of_strategy(&self, f: &Deterministic) -> Vec<usize> {
        let mut ones = vec![0];
        for (i, player) in f.choices().iter().enumerate() {
            let last = self.scenario.answers()[i] - 1;
            let mut next = Vec::with_capacity(ones.len() * (1 + player.len()));
            for &base in &ones {
                next.push(base * self.sizes[i]);
                for (x, &a) in player.iter().enumerate() {
                    if a < last {
                        next.push(base * self.sizes[i] + 1 + x * last + a);
                    }
                }
            }
            ones = next;
        }
        ones
    }

    /// Cell `p(a|x)` as a signed sum of coordinates (inclusion-exclusion over last answers).
    pub fn cell(&self, x: &[usize], a: &[usize]) -> Vec<(usize, i32)> {
        let mut sum = vec![(0usize, 1i32)];
        for i in 0..x.len() {
            let last = self.scenario.answers()[i] - 1;
            let size = self.sizes[i];
            let mut next = Vec::with_capacity(sum.len() * 2);
            for &(base, sign) in &sum {
                if a[i] < last {
                    next.push((base * size + 1 + x[i] * last + a[i], sign));
                } else {
                    next.push((base * size, sign));
                    for b in 0..last {
                        next.push((base * size + 1 + x[i] * last + b, -sign));
                    }
                }
            }
            sum = next;
        }
        sum
    }

    /// The cells of every joint question and answer in the scenario's order.
    pub fn cells(&self) -> Vec<Vec<(usize, i32)>> {
        let s = &self.scenario;
        let (mut x, mut a) = (vec![0; s.players()], vec![0; s.players()]);
        let mut cells = Vec::with_capacity(s.cells());
        for cell in 0..s.cells() {
            cells.push(self.cell(&x, &a));
            advance(&mut a, s.answers());
            if (cell + 1) % s.joint_answers() == 0 {
                advance(&mut x, s.questions());
            }
        }
        cells
    }

    /// The functional `sum_g weight(g) p_g` as a game; a player summed out is asked question 0.
    pub fn functional(&self, name: &str, weight: &[Rational]) -> Result<Game, GameError> {
        let s = &self.scenario;
        Game::functional(name, s.clone(), |x, a| self.counted(x, a).into_iter().map(|g| &weight[g]).sum())
    }

    /// [`CollinsGisin::functional`] as dense integers.
    pub fn dense(&self, weight: &[i64]) -> Vec<i64> {
        let s = &self.scenario;
        let (mut x, mut a) = (vec![0; s.players()], vec![0; s.players()]);
        let mut dense = Vec::with_capacity(s.cells());
        for cell in 0..s.cells() {
            dense.push(self.counted(&x, &a).into_iter().map(|g| weight[g]).sum());
            advance(&mut a, s.answers());
            if (cell + 1) % s.joint_answers() == 0 {
                advance(&mut x, s.questions());
            }
        }
        dense
    }

    /// Coordinates cell (x, a) counts for when players summed out are asked question 0.
    fn counted(&self, x: &[usize], a: &[usize]) -> Vec<usize> {
        let mut list = vec![0];
        for i in 0..x.len() {
            let last = self.scenario.answers()[i] - 1;
            let mut next = Vec::with_capacity(list.len() * 2);
            for &base in &list {
                if x[i] == 0 {
                    next.push(base * self.sizes[i]);
                }
                if a[i] < last {
                    next.push(base * self.sizes[i] + 1 + x[i] * last + a[i]);
                }
            }
            list = next;
        }
        list
    }
}
