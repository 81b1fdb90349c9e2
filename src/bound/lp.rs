//! Linear programs: one small interface over two solvers; the only file that names `good_lp`.
//!
//! [`Solver::Simplex`] (our own, dense) ends in a vertex of the program and of its dual.
//! [`Solver::InteriorPoint`] (clarabel, through `good_lp`) ends inside the optimal faces and is the one for
//! large sparse programs. Every solution is checked against the program before it is returned: the
//! residual is ours, not the solver's word.

mod simplex;

use good_lp::{
    DualValues, Expression, ProblemVariables, ResolutionError, Solution, SolutionWithDual,
    SolverModel, clarabel, variable,
};

/// Largest residual of a solution that is called solved.
pub const TOLERANCE: f64 = 1e-6;

/// How a row compares with its right-hand side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sense {
    /// At most.
    Le,
    /// Equal.
    Eq,
    /// At least.
    Ge,
}

/// Which algorithm solves a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Solver {
    /// Dense tableau: vertices, primal and dual.
    Simplex,
    /// clarabel: interior point, to about `1e-8`.
    InteriorPoint,
}

/// Why a linear program has no solution to show.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LpError {
    /// No point satisfies all rows and bounds.
    #[error("linear program: infeasible")]
    Infeasible,
    /// The objective has no limit.
    #[error("linear program: unbounded")]
    Unbounded,
    /// The solver stopped short of a solution.
    #[error("linear program: not converged, residual {residual:e}: {why}")]
    NotConverged {
        /// Largest violation of the optimality conditions, relative; infinite if there is no point at all.
        residual: f64,
        /// What the solver said.
        why: String,
    },
    /// The program itself is wrong.
    #[error("linear program: {0}")]
    Malformed(String),
}

/// A linear program `maximise c·x` subject to rows `A x (<=, =, >=) b` and bounds `l <= x <= u`.
///
/// ```
/// use bellwether::bound::lp::{LinearProgram, Sense, Solver};
/// let mut lp = LinearProgram::new();
/// let x = lp.variable(1.0, 0.0, f64::INFINITY);
/// let y = lp.variable(1.0, 0.0, f64::INFINITY);
/// lp.row(&[(x, 1.0), (y, 2.0)], Sense::Le, 4.0);
/// lp.row(&[(x, 3.0), (y, 1.0)], Sense::Le, 6.0);
/// let solution = lp.maximise(Solver::Simplex)?;
/// assert!((solution.value - 2.8).abs() < 1e-9);
/// assert!((solution.dual[0] - 0.4).abs() < 1e-9);
/// # Ok::<(), bellwether::bound::lp::LpError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct LinearProgram {
    columns: Vec<Column>,
    rows: Vec<Row>,
}

#[derive(Debug, Clone)]
struct Column {
    objective: f64,
    lower: f64,
    upper: f64,
}

#[derive(Debug, Clone)]
struct Row {
    entries: Vec<(usize, f64)>,
    sense: Sense,
    rhs: f64,
}

/// An optimal solution.
#[derive(Debug, Clone, PartialEq)]
pub struct LpSolution {
    /// The optimum.
    pub value: f64,
    /// One value per variable.
    pub primal: Vec<f64>,
    /// One per row: how much the optimum grows per unit of the right-hand side.
    pub dual: Vec<f64>,
    /// Largest violation of primal and dual feasibility and of equality of both values, relative.
    pub residual: f64,
}

impl LinearProgram {
    /// A program without variables.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a variable with its objective coefficient and bounds (infinite for none); returns its index.
    pub fn variable(&mut self, objective: f64, lower: f64, upper: f64) -> usize {
        self.columns.push(Column {
            objective,
            lower,
            upper,
        });
        self.columns.len() - 1
    }

    /// Adds a row of (variable, coefficient) pairs; returns its index. Repeated variables add up.
    pub fn row(&mut self, entries: &[(usize, f64)], sense: Sense, rhs: f64) -> usize {
        let mut entries = entries.to_vec();
        entries.sort_by_key(|&(j, _)| j);
        entries.dedup_by(|next, first| {
            let same = next.0 == first.0;
            if same {
                first.1 += next.1;
            }
            same
        });
        entries.retain(|&(_, v)| v != 0.0);
        self.rows.push(Row {
            entries,
            sense,
            rhs,
        });
        self.rows.len() - 1
    }

    /// Number of variables.
    pub fn variables(&self) -> usize {
        self.columns.len()
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Solves the program.
    ///
    /// # Errors
    /// [`LpError::Infeasible`], [`LpError::Unbounded`], [`LpError::NotConverged`] with the residual if the
    /// solution fails our own check, [`LpError::Malformed`] for a variable that does not exist, a number
    /// that is not finite, or a lower bound above an upper one.
    pub fn maximise(&self, solver: Solver) -> Result<LpSolution, LpError> {
        self.validate()?;
        let standard = Standard::new(self);
        if let Some(i) = standard.rows.iter().position(|row| {
            row.entries.is_empty() && (row.rhs < -TOLERANCE || (row.equal && row.rhs > TOLERANCE))
        }) {
            debug_assert!(standard.rows[i].entries.is_empty());
            return Err(LpError::Infeasible);
        }
        let (x, y) = match solver {
            Solver::Simplex => simplex::solve(&standard)?,
            Solver::InteriorPoint => interior_point(&standard)?,
        };
        let residual = standard.residual(&x, &y);
        if residual.is_nan() || residual > TOLERANCE {
            return Err(LpError::NotConverged {
                residual,
                why: format!("{solver:?} returned a point that fails its check"),
            });
        }
        Ok(standard.unscale(self, &x, &y, residual))
    }

    fn validate(&self) -> Result<(), LpError> {
        for (j, c) in self.columns.iter().enumerate() {
            if !c.objective.is_finite() || c.lower.is_nan() || c.upper.is_nan() {
                return Err(LpError::Malformed(format!(
                    "variable {j} has a coefficient or bound that is not a number"
                )));
            }
            if c.lower > c.upper {
                return Err(LpError::Infeasible);
            }
            if c.lower == f64::INFINITY || c.upper == f64::NEG_INFINITY {
                return Err(LpError::Malformed(format!(
                    "variable {j} is bounded at infinity"
                )));
            }
        }
        for (i, row) in self.rows.iter().enumerate() {
            if !row.rhs.is_finite() || row.entries.iter().any(|(_, v)| !v.is_finite()) {
                return Err(LpError::Malformed(format!(
                    "row {i} holds a number that is not finite"
                )));
            }
            if let Some((j, _)) = row.entries.iter().find(|(j, _)| *j >= self.columns.len()) {
                return Err(LpError::Malformed(format!(
                    "row {i} names variable {j}, wanted below {}",
                    self.columns.len()
                )));
            }
        }
        Ok(())
    }
}

/// The scaled program: maximise `c·x`, rows `<=` or `=`, variables `>= 0` or free.
struct Standard {
    c: Vec<f64>,
    free: Vec<bool>,
    rows: Vec<StandardRow>,
    /// `x = offset + sign * column_scale * x_standard`
    offset: Vec<f64>,
    sign: Vec<f64>,
    column_scale: Vec<f64>,
    row_scale: Vec<f64>,
    /// Row of the user's program, and its sign there; upper bounds of variables have none.
    origin: Vec<Option<(usize, f64)>>,
    objective_scale: f64,
    rhs_scale: f64,
}

struct StandardRow {
    entries: Vec<(usize, f64)>,
    equal: bool,
    rhs: f64,
}

impl Standard {
    fn new(lp: &LinearProgram) -> Self {
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
                entries: row
                    .entries
                    .iter()
                    .map(|&(j, v)| (j, side * v * s.sign[j]))
                    .collect(),
                equal: row.sense == Sense::Eq,
                rhs: side * (row.rhs - moved),
            });
            s.origin.push(Some((i, side)));
        }
        for (j, c) in lp.columns.iter().enumerate() {
            if c.lower.is_finite() && c.upper.is_finite() {
                s.rows.push(StandardRow {
                    entries: vec![(j, 1.0)],
                    equal: false,
                    rhs: c.upper - c.lower,
                });
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
            row.entries
                .iter_mut()
                .for_each(|(j, v)| *v *= scale * self.column_scale[*j]);
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
    fn residual(&self, x: &[f64], y: &[f64]) -> f64 {
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
        if gap.is_nan() {
            f64::NAN
        } else {
            worst.max(gap)
        }
    }

    fn unscale(&self, lp: &LinearProgram, x: &[f64], y: &[f64], residual: f64) -> LpSolution {
        let primal: Vec<f64> = (0..x.len())
            .map(|j| self.offset[j] + self.sign[j] * self.column_scale[j] * x[j] / self.rhs_scale)
            .collect();
        let mut dual = vec![0.0; lp.rows.len()];
        for (i, origin) in self.origin.iter().enumerate() {
            if let Some((row, side)) = *origin {
                dual[row] = side * y[i] * self.row_scale[i] / self.objective_scale;
            }
        }
        let value = lp
            .columns
            .iter()
            .zip(&primal)
            .map(|(c, v)| c.objective * v)
            .sum();
        LpSolution {
            value,
            primal,
            dual,
            residual,
        }
    }

    /// The program in good_lp's words.
    fn model(&self) -> (ProblemVariables, Vec<good_lp::Variable>, Expression) {
        let mut variables = ProblemVariables::new();
        let x: Vec<good_lp::Variable> = self
            .free
            .iter()
            .map(|&free| {
                variables.add(if free {
                    variable()
                } else {
                    variable().min(0.0)
                })
            })
            .collect();
        let mut objective = Expression::with_capacity(self.c.len());
        for (&c, &x) in self.c.iter().zip(&x) {
            if c != 0.0 {
                objective.add_mul(c, x);
            }
        }
        (variables, x, objective)
    }

    fn constraint(&self, i: usize, x: &[good_lp::Variable]) -> good_lp::Constraint {
        let row = &self.rows[i];
        let mut sum = Expression::with_capacity(row.entries.len());
        for &(j, v) in &row.entries {
            sum.add_mul(v, x[j]);
        }
        if row.equal {
            sum.eq(row.rhs)
        } else {
            sum.leq(row.rhs)
        }
    }
}

fn interior_point(s: &Standard) -> Result<(Vec<f64>, Vec<f64>), LpError> {
    if s.rows.is_empty() {
        return simplex::solve(s);
    }
    let (variables, x, objective) = s.model();
    let mut model = variables.maximise(objective).using(clarabel);
    let mut references = Vec::with_capacity(s.rows.len());
    for i in 0..s.rows.len() {
        references.push(model.add_constraint(s.constraint(i, &x)));
    }
    let mut solution = model.solve().map_err(from_solver)?;
    // the interface reports a ray of an unbounded program as if it were a solution
    if format!("{:?}", solution.inner().status).contains("DualInfeasible") {
        return Err(LpError::Unbounded);
    }
    let primal = x.iter().map(|&v| solution.value(v)).collect();
    let prices = solution.compute_dual();
    // good_lp's shadow price of a maximisation grows with the right-hand side
    let dual = references.into_iter().map(|r| prices.dual(r)).collect();
    Ok((primal, dual))
}

fn from_solver(error: ResolutionError) -> LpError {
    match error {
        ResolutionError::Infeasible => LpError::Infeasible,
        ResolutionError::Unbounded => LpError::Unbounded,
        other => LpError::NotConverged {
            residual: f64::INFINITY,
            why: other.to_string(),
        },
    }
}

/// The power of two that brings `size` near 1; 1 if there is nothing to scale.
fn power_of_two(size: f64) -> f64 {
    if size > 0.0 && size.is_finite() {
        (-size.log2().round()).exp2()
    } else {
        1.0
    }
}
