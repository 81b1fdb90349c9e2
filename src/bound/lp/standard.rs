//! A program brought to one form and scale, and the check of its solutions.

use super::{LinearProgram, LpSolution, Sense};

/// The scaled program: maximise `c·x`, rows `<=` or `=`, variables `>= 0` or free.
pub(super) struct Standard {
    pub c: Vec<f64>,
    pub free: Vec<bool>,
    pub rows: Vec<StandardRow>,
    /// `x = offset + sign * column_scale * x_standard`
    pub offset: Vec<f64>,
    pub sign: Vec<f64>,
    pub column_scale: Vec<f64>,
    pub row_scale: Vec<f64>,
    /// Row of the user's program, and its sign there; upper bounds of variables have none.
    pub origin: Vec<Option<(usize, f64)>>,
    pub objective_scale: f64,
    pub rhs_scale: f64,
}

pub(super) struct StandardRow {
    pub entries: Vec<(usize, f64)>,
    pub equal: bool,
    pub rhs: f64,
}

impl Standard {
    pub fn new(lp: &LinearProgram) -> Self {
        let n = lp.columns.len();
        let mut s = Standard {
            c: vec![0.0; n],
            free: vec![false; n],
            rows: Vec::with_capacity(lp.rows.len()),
            offset: vec![0.0; n],
            sign: vec![1.0; n],
            column_scale: vec![1.0; n],
            row_scale: Vec::new(),
            origin: Vec::new(),
            objective_scale: 1.0,
            rhs_scale: 1.0,
        };
        for (j, c) in lp.columns.iter().enumerate() {
            if c.lower.is_finite() {
                s.offset[j] = c.lower;
            } else if c.upper.is_finite() {
                (s.offset[j], s.sign[j]) = (c.upper, -1.0);
            } else {
                s.free[j] = true;
            }
            s.c[j] = c.objective * s.sign[j];
        }
        for (i, row) in lp.rows.iter().enumerate() {
            let side = if row.sense == Sense::Ge { -1.0 } else { 1.0 };
            let moved: f64 = row.entries.iter().map(|&(j, v)| v * s.offset[j]).sum();
            s.rows.push(StandardRow {
                entries: row.entries.iter().map(|&(j, v)| (j, side * v * s.sign[j])).collect(),
                equal: row.sense == Sense::Eq,
                rhs: side * (row.rhs - moved),
            });
            s.origin.push(Some((i, side)));
        }
        for (j, c) in lp.columns.iter().enumerate() {
            if c.lower.is_finite() && c.upper.is_finite() {
                s.rows.push(StandardRow { entries: vec![(j, 1.0)], equal: false, rhs: c.upper - c.lower });
                s.origin.push(None);
            }
        }
        s.scale();
        s
    }

    /// Equilibrates rows and columns to largest entry 1 (Ruiz), by powers of two, so that no digit is
    /// lost. The largest entries decide, not the smallest: a rounding error of 1e-17 must not set a scale.
    fn scale(&mut self) {
        self.row_scale = vec![1.0; self.rows.len()];
        for _ in 0..12 {
            let mut column = vec![0.0f64; self.c.len()];
            let mut line = vec![0.0f64; self.rows.len()];
            for (i, row) in self.rows.iter().enumerate() {
                for &(j, v) in &row.entries {
                    let size = v.abs() * self.row_scale[i] * self.column_scale[j];
                    line[i] = line[i].max(size);
                    column[j] = column[j].max(size);
                }
            }
            for (scale, size) in self.row_scale.iter_mut().zip(line) {
                *scale *= power_of_two(size.sqrt());
            }
            for (scale, size) in self.column_scale.iter_mut().zip(column) {
                *scale *= power_of_two(size.sqrt());
            }
        }
        for (row, scale) in self.rows.iter_mut().zip(&self.row_scale) {
            row.entries.iter_mut().for_each(|(j, v)| *v *= scale * self.column_scale[*j]);
            row.rhs *= scale;
        }
        for (c, scale) in self.c.iter_mut().zip(&self.column_scale) {
            *c *= scale;
        }
        let largest = |values: &mut dyn Iterator<Item = f64>| {
            let top = values.fold(0.0f64, |m, v| m.max(v.abs()));
            power_of_two(top)
        };
        self.objective_scale = largest(&mut self.c.iter().copied());
        self.rhs_scale = largest(&mut self.rows.iter().map(|row| row.rhs));
        self.c.iter_mut().for_each(|c| *c *= self.objective_scale);
        for row in &mut self.rows {
            row.rhs *= self.rhs_scale;
        }
    }

    /// Largest violation of feasibility, dual feasibility and equal values, relative to the sizes involved.
    pub fn residual(&self, x: &[f64], y: &[f64]) -> f64 {
        let mut worst = 0.0f64;
        let mut reduced = self.c.clone();
        let mut size = vec![1.0f64; self.c.len()];
        let (mut primal, mut dual) = (0.0, 0.0);
        for (j, (&c, &v)) in self.c.iter().zip(x).enumerate() {
            primal += c * v;
            size[j] += c.abs();
            if !self.free[j] {
                worst = worst.max(-v / (1.0 + v.abs()));
            }
        }
        for (row, &price) in self.rows.iter().zip(y) {
            let mut lhs = -row.rhs;
            let mut scale = 1.0 + row.rhs.abs();
            for &(j, v) in &row.entries {
                lhs += v * x[j];
                scale += (v * x[j]).abs();
                reduced[j] -= v * price;
                size[j] += (v * price).abs();
            }
            let violation = if row.equal { lhs.abs() } else { lhs };
            worst = worst.max(violation / scale);
            dual += row.rhs * price;
            if !row.equal {
                worst = worst.max(-price / (1.0 + price.abs()));
            }
        }
        for (j, &r) in reduced.iter().enumerate() {
            let violation = if self.free[j] { r.abs() } else { r };
            worst = worst.max(violation / size[j]);
        }
        let gap = (primal - dual).abs() / (1.0 + primal.abs() + dual.abs());
        // comparisons with NaN are false: keep it visible
        if gap.is_nan() { f64::NAN } else { worst.max(gap) }
    }

    pub fn unscale(&self, lp: &LinearProgram, x: &[f64], y: &[f64], residual: f64) -> LpSolution {
        let primal: Vec<f64> = (0..x.len())
            .map(|j| self.offset[j] + self.sign[j] * self.column_scale[j] * x[j] / self.rhs_scale)
            .collect();
        let mut dual = vec![0.0; lp.rows.len()];
        for (i, origin) in self.origin.iter().enumerate() {
            if let Some((row, side)) = *origin {
                dual[row] = side * y[i] * self.row_scale[i] / self.objective_scale;
            }
        }
        let value = lp.columns.iter().zip(&primal).map(|(c, v)| c.objective * v).sum();
        LpSolution { value, primal, dual, residual }
    }
}

/// The power of two that brings `size` near 1; 1 if there is nothing to scale.
fn power_of_two(size: f64) -> f64 {
    if size > 0.0 && size.is_finite() { (-size.log2().round()).exp2() } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One row `x_0 + 4 x_1` of two variables that may not be negative.
    fn program(c: [f64; 2], equal: bool, rhs: f64) -> Standard {
        let entries = vec![(0, 1.0), (1, 4.0)];
        Standard {
            c: c.to_vec(),
            free: vec![false; 2],
            rows: vec![StandardRow { entries, equal, rhs }],
            offset: vec![0.0; 2],
            sign: vec![1.0; 2],
            column_scale: vec![1.0; 2],
            row_scale: vec![1.0],
            origin: vec![None],
            objective_scale: 1.0,
            rhs_scale: 1.0,
        }
    }

    /// Each condition violated alone, relative to one plus the sizes of its terms.
    #[test]
    fn every_violation_counts() {
        let optimal = program([1.0, 0.0], false, 1.0);
        assert_eq!(optimal.residual(&[1.0, 0.0], &[1.0]), 0.0);
        // values apart: |1 - 0| / (1 + 1), and so is the reduced cost
        assert_eq!(optimal.residual(&[1.0, 0.0], &[0.0]), 0.5);
        let zero = program([0.0; 2], true, 0.0);
        assert_eq!(zero.residual(&[0.0; 2], &[0.0]), 0.0);
        // the row: 4 of 1 + 0 + 4, whichever variable is 0
        assert_eq!(zero.residual(&[0.0, 1.0], &[0.0]), 0.8);
        assert_eq!(zero.residual(&[4.0, 0.0], &[0.0]), 0.8);
        // a negative variable, and the row with it
        assert_eq!(zero.residual(&[4.0, -1.0], &[0.0]), 0.5);
        // reduced costs 1/2 of 3/2 and 2 of 3
        assert_eq!(zero.residual(&[0.0; 2], &[-0.5]), 2.0 / 3.0);
        // a negative price of an inequality
        let open = program([-10.0; 2], false, 0.0);
        assert_eq!(open.residual(&[0.0; 2], &[-1.0]), 0.5);
    }
}
