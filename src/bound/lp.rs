//! Linear programs: one small interface over two solvers; the only file that names `good_lp`.
//!
//! [`Solver::Simplex`] (our own, dense) ends in a vertex of the program and of its dual.
//! [`Solver::InteriorPoint`] (clarabel, through `good_lp`) ends inside the optimal faces and is the one for
//! large sparse programs. Every solution is checked against the program before it is returned: the
//! residual is ours, not the solver's word.

mod simplex;
mod standard;

use good_lp::{
    DualValues, Expression, ProblemVariables, ResolutionError, Solution, SolutionWithDual, SolverModel, clarabel,
    variable,
};
use standard::Standard;
use std::time::Instant;

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
    deadline: Option<Instant>,
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

    /// Gives up with [`LpError::NotConverged`] after this moment; `None` for never.
    pub fn stop_at(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    /// Adds a variable with its objective coefficient and bounds (infinite for none); returns its index.
    pub fn variable(&mut self, objective: f64, lower: f64, upper: f64) -> usize {
        self.columns.push(Column { objective, lower, upper });
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
        self.rows.push(Row { entries, sense, rhs });
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
        if let Some(i) = standard
            .rows
            .iter()
            .position(|row| row.entries.is_empty() && (row.rhs < -TOLERANCE || (row.equal && row.rhs > TOLERANCE)))
        {
            debug_assert!(standard.rows[i].entries.is_empty());
            return Err(LpError::Infeasible);
        }
        let (x, y) = match solver {
            Solver::Simplex => simplex::solve(&standard, self.deadline)?,
            Solver::InteriorPoint => interior_point(&standard, self.deadline)?,
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
                return Err(LpError::Malformed(format!("variable {j} is bounded at infinity")));
            }
        }
        for (i, row) in self.rows.iter().enumerate() {
            if !row.rhs.is_finite() || row.entries.iter().any(|(_, v)| !v.is_finite()) {
                return Err(LpError::Malformed(format!("row {i} holds a number that is not finite")));
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

impl Standard {
    /// The program in good_lp's words.
    fn model(&self) -> (ProblemVariables, Vec<good_lp::Variable>, Expression) {
        let mut variables = ProblemVariables::new();
        let x: Vec<good_lp::Variable> =
            self.free.iter().map(|&free| variables.add(if free { variable() } else { variable().min(0.0) })).collect();
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
        if row.equal { sum.eq(row.rhs) } else { sum.leq(row.rhs) }
    }
}

fn interior_point(s: &Standard, deadline: Option<Instant>) -> Result<(Vec<f64>, Vec<f64>), LpError> {
    if s.rows.is_empty() {
        return simplex::solve(s, deadline);
    }
    let (variables, x, objective) = s.model();
    let mut model = variables.maximise(objective).using(clarabel);
    if let Some(end) = deadline {
        let left = end.saturating_duration_since(Instant::now());
        model.settings().time_limit(left.as_secs_f64().max(1e-3));
    }
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
        other => LpError::NotConverged { residual: f64::INFINITY, why: other.to_string() },
    }
}
