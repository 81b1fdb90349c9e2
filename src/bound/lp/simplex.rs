//! A dense two-phase simplex that returns vertices of both programs.
//!
//! The programs of this crate are small, dense and very degenerate (zero right-hand sides everywhere).
//! microlp, the ready-made choice, has no dual prices and documents that it may cycle; here a stall is
//! broken by entering a random improving column.

use super::{LpError, Standard};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::time::Instant;

/// Entries below this are zero; the data are scaled to order 1.
const ZERO: f64 = 1e-9;

struct Tableau {
    width: usize,
    /// Rows of `[columns | rhs]`.
    rows: Vec<Vec<f64>>,
    /// Reduced costs of the true objective and of minus the sum of artificials, with values.
    objective: Vec<f64>,
    phase_one: Vec<f64>,
    basis: Vec<usize>,
    first_artificial: usize,
    rng: Xoshiro256PlusPlus,
    deadline: Option<Instant>,
}

/// An optimal vertex and its prices.
pub(super) fn solve(s: &Standard, deadline: Option<Instant>) -> Result<(Vec<f64>, Vec<f64>), LpError> {
    let (n, m) = (s.c.len(), s.rows.len());
    // columns: variables, negative halves of free ones, slacks, artificials
    let mut negative = vec![usize::MAX; n];
    let mut width = n;
    for (j, _) in s.free.iter().enumerate().filter(|(_, f)| **f) {
        negative[j] = width;
        width += 1;
    }
    let mut slack = vec![usize::MAX; m];
    for (i, row) in s.rows.iter().enumerate() {
        if !row.equal {
            slack[i] = width;
            width += 1;
        }
    }
    let first_artificial = width;
    let flip: Vec<f64> = s.rows.iter().map(|r| if r.rhs < 0.0 { -1.0 } else { 1.0 }).collect();
    // the column that starts as the unit vector of row i: its reduced cost ends as the price
    let mut unit = vec![0; m];
    for i in 0..m {
        if flip[i] > 0.0 && slack[i] != usize::MAX {
            unit[i] = slack[i];
        } else {
            unit[i] = width;
            width += 1;
        }
    }
    let mut t = Tableau {
        width,
        rows: Vec::with_capacity(m),
        objective: vec![0.0; width + 1],
        phase_one: vec![0.0; width + 1],
        basis: unit.clone(),
        first_artificial,
        rng: Xoshiro256PlusPlus::seed_from_u64(m as u64),
        deadline,
    };
    for (j, &c) in s.c.iter().enumerate() {
        t.objective[j] = -c;
        if s.free[j] {
            t.objective[negative[j]] = c;
        }
    }
    for (i, row) in s.rows.iter().enumerate() {
        let mut dense = vec![0.0; width + 1];
        for &(j, v) in &row.entries {
            dense[j] += flip[i] * v;
            if s.free[j] {
                dense[negative[j]] -= flip[i] * v;
            }
        }
        if slack[i] != usize::MAX {
            dense[slack[i]] = flip[i];
        }
        dense[unit[i]] = 1.0;
        dense[width] = flip[i] * row.rhs;
        if unit[i] >= first_artificial {
            for (p, v) in t.phase_one.iter_mut().zip(&dense) {
                *p -= v;
            }
            t.phase_one[unit[i]] = 0.0;
        }
        t.rows.push(dense);
    }
    if unit.iter().any(|&u| u >= first_artificial) {
        t.run(true)?;
        if t.phase_one[width] < -1e-7 * (1.0 + m as f64).sqrt() {
            return Err(LpError::Infeasible);
        }
        t.drop_artificials();
    }
    t.run(false)?;
    let mut all = vec![0.0; width];
    for (row, &b) in t.rows.iter().zip(&t.basis) {
        all[b] = row[width].max(0.0);
    }
    let x = (0..n).map(|j| all[j] - if s.free[j] { all[negative[j]] } else { 0.0 });
    let y = (0..m).map(|i| flip[i] * t.objective[unit[i]]);
    Ok((x.collect(), y.collect()))
}

impl Tableau {
    /// Pivots until no column improves.
    fn run(&mut self, phase_one: bool) -> Result<(), LpError> {
        let limit = 200 * (self.rows.len() + 50);
        let mut stalled = 0;
        for _ in 0..limit {
            if self.deadline.is_some_and(|end| Instant::now() >= end) {
                return Err(LpError::NotConverged { residual: f64::INFINITY, why: "simplex: out of time".into() });
            }
            let Some(column) = self.entering(phase_one, stalled > 8) else {
                return Ok(());
            };
            let Some(row) = self.leaving(column) else {
                if phase_one {
                    return Err(LpError::NotConverged {
                        residual: f64::INFINITY,
                        why: "simplex: no pivot in phase one".into(),
                    });
                }
                return Err(LpError::Unbounded);
            };
            let moved = self.rows[row][self.width] > ZERO;
            stalled = if moved { 0 } else { stalled + 1 };
            self.pivot(row, column);
        }
        Err(LpError::NotConverged { residual: f64::INFINITY, why: format!("simplex: no end after {limit} pivots") })
    }

    /// The most improving column, or after a stall any improving one.
    fn entering(&mut self, phase_one: bool, random: bool) -> Option<usize> {
        let costs = if phase_one { &self.phase_one } else { &self.objective };
        let costs = &costs[..self.first_artificial];
        if random {
            let count = costs.iter().filter(|c| **c < -ZERO).count();
            if count == 0 {
                return None;
            }
            let pick = self.rng.random_range(0..count);
            let mut improving = costs.iter().enumerate().filter(|(_, c)| **c < -ZERO);
            return improving.nth(pick).map(|(j, _)| j);
        }
        let (mut best, mut least) = (None, -ZERO);
        for (j, &c) in costs.iter().enumerate() {
            if c < least {
                (best, least) = (Some(j), c);
            }
        }
        best
    }

    /// The row that limits the step; among ties the largest pivot.
    fn leaving(&self, column: usize) -> Option<usize> {
        let mut best: Option<(usize, f64, f64)> = None;
        for (i, row) in self.rows.iter().enumerate() {
            let v = row[column];
            if v <= ZERO {
                continue;
            }
            let ratio = row[self.width].max(0.0) / v;
            let better = match best {
                None => true,
                Some((_, r, p)) => ratio < r - ZERO || (ratio < r + ZERO && v > p),
            };
            if better {
                best = Some((i, ratio, v));
            }
        }
        best.map(|(i, _, _)| i)
    }

    fn pivot(&mut self, row: usize, column: usize) {
        let mut pivot = std::mem::take(&mut self.rows[row]);
        let scale = 1.0 / pivot[column];
        pivot.iter_mut().for_each(|v| *v *= scale);
        pivot[column] = 1.0;
        let others = self.rows.iter_mut().enumerate().filter(|(i, _)| *i != row);
        let targets = others.map(|(_, r)| r);
        for target in targets.chain([&mut self.objective, &mut self.phase_one]) {
            let factor = target[column];
            if factor != 0.0 {
                for (t, p) in target.iter_mut().zip(&pivot) {
                    *t -= factor * p;
                }
                target[column] = 0.0;
            }
        }
        self.rows[row] = pivot;
        self.basis[row] = column;
    }

    /// Artificial columns that ended basic at zero leave, unless their row is redundant.
    fn drop_artificials(&mut self) {
        for i in 0..self.rows.len() {
            if self.basis[i] < self.first_artificial {
                continue;
            }
            let candidates = self.rows[i][..self.first_artificial].iter().enumerate();
            let best = candidates.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
            if let Some((j, v)) = best
                && v.abs() > 1e-7
            {
                self.rows[i][self.width] = 0.0;
                self.pivot(i, j);
            } else {
                // a redundant row: nothing may ever move it
                self.rows[i][..self.first_artificial].fill(0.0);
                self.rows[i][self.width] = 0.0;
            }
        }
    }
}
