//! Is a behaviour local: a mixture of deterministic strategies, or a Bell inequality that it violates.
//!
//! One linear program answers both. Over weights `w >= 0` of deterministic strategies `d`,
//! `max v` such that `sum_d w_d d = v p + (1-v) u`, `v <= 1`: at `v = 1` the weights are a local model of
//! `p`; below, `v` is the critical visibility under the noise `u` and the dual prices are a Bell
//! functional. The functional is rounded to integers and its classical bound computed exactly, so the
//! separation does not rest on the solver.

mod inequality;

pub use inequality::BellInequality;

use super::BoundError;
use super::collins_gisin::CollinsGisin;
use super::local;
use super::local_lp;
use super::lp::{LinearProgram, LpError, LpSolution, Sense, Solver};
use crate::game::{Behaviour, GameError, Scenario};
use crate::strategy::Deterministic;
use std::collections::HashSet;

/// How the strategies that enter the linear program are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Columns {
    /// All of them when few, otherwise as needed.
    #[default]
    Auto,
    /// All deterministic strategies.
    Explicit,
    /// Only those that a best-response search finds missing.
    Generated,
}

/// How to decide membership.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// How strategies enter the program.
    pub columns: Columns,
    /// Largest signalling defect (Eq. 5) that counts as rounding.
    pub signalling: f64,
    /// A critical visibility above `1 - tolerance` counts as local.
    pub tolerance: f64,
    /// Most rounds of generating strategies.
    pub rounds: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { columns: Columns::Auto, signalling: 1e-6, tolerance: 1e-7, rounds: 1000 }
    }
}

/// The answer, with its witness.
#[derive(Debug, Clone, PartialEq)]
pub enum Membership {
    /// In the local polytope, up to the model's residual.
    Local(LocalModel),
    /// Outside, proved by a Bell inequality with an exact classical bound.
    Nonlocal(Separation),
}

/// A mixture of deterministic strategies (Eq. 4).
#[derive(Debug, Clone, PartialEq)]
pub struct LocalModel {
    /// Strategies and their positive weights, which sum to 1.
    pub weights: Vec<(Deterministic, f64)>,
    /// Largest difference between a probability of the mixture and of the behaviour.
    pub residual: f64,
}

impl LocalModel {
    /// The behaviour of the mixture.
    ///
    /// # Errors
    /// [`BoundError::Game`] if the strategies belong to another scenario or the weights do not sum to 1.
    pub fn behaviour(&self, scenario: &Scenario) -> Result<Behaviour, BoundError> {
        let k = scenario.joint_answers();
        let mut p = vec![0.0; scenario.cells()];
        for (strategy, weight) in &self.weights {
            for question in 0..scenario.joint_questions() {
                p[question * k + strategy.answer(scenario, question)] += weight;
            }
        }
        Ok(Behaviour::new(scenario.clone(), p)?)
    }
}

/// Why a behaviour is not local.
#[derive(Debug, Clone, PartialEq)]
pub struct Separation {
    /// A Bell inequality that the behaviour violates, with its exact classical bound.
    pub inequality: BellInequality,
    /// Critical visibility: `v p + (1-v) noise` is local up to this `v`; numerical.
    pub visibility: f64,
    /// Visibility above which the inequality itself is violated: at least `visibility`, equal up to rounding.
    pub visibility_proved: f64,
}

/// Decides membership in the local polytope, with white noise for the visibility.
///
/// ```
/// use bellwether::bound::membership::{local_membership, Membership, Options};
/// use bellwether::game::{Behaviour, Scenario};
/// let pr_box = Behaviour::from_fn(Scenario::new(vec![2, 2], vec![2, 2])?, |x, a| {
///     if a[0] ^ a[1] == x[0] & x[1] { 0.5 } else { 0.0 }
/// })?;
/// let Membership::Nonlocal(found) = local_membership(&pr_box, &Options::default())? else {
///     panic!("the PR box is not local");
/// };
/// assert!((found.visibility - 0.5).abs() < 1e-7);
/// # Ok::<(), bellwether::bound::BoundError>(())
/// ```
///
/// # Errors
/// [`BoundError::Signalling`] if the behaviour signals; [`BoundError::Lp`], [`BoundError::NotConverged`] if
/// the decision could not be reached, in particular when the behaviour is so close to the boundary that no
/// integer functional separates it; [`BoundError::TooLarge`] for explicit columns beyond
/// [`local_lp::MAX_VERTICES`].
pub fn local_membership(p: &Behaviour, options: &Options) -> Result<Membership, BoundError> {
    let scenario = p.scenario();
    let noise = Behaviour::uniform(scenario.clone());
    decide(p, &noise, constant_strategies(scenario)?, options)
}

/// Decides membership with the visibility under a given local noise.
///
/// # Errors
/// As [`local_membership`]; [`BoundError::Unsuitable`] if the noise is not local itself.
pub fn local_membership_with_noise(
    p: &Behaviour,
    noise: &Behaviour,
    options: &Options,
) -> Result<Membership, BoundError> {
    if p.scenario() != noise.scenario() {
        return Err(BoundError::Game(GameError::Behaviour(format!(
            "the noise has {}, wanted {}",
            noise.scenario(),
            p.scenario()
        ))));
    }
    match local_membership(noise, options)? {
        Membership::Local(model) => {
            let start = model.weights.into_iter().map(|(d, _)| d).collect();
            decide(p, noise, start, options)
        }
        Membership::Nonlocal(_) => {
            Err(BoundError::Unsuitable { method: "visibility", why: "the noise itself is not local".into() })
        }
    }
}

/// The strategies that answer without looking: their uniform mixture is white noise.
fn constant_strategies(scenario: &Scenario) -> Result<Vec<Deterministic>, BoundError> {
    let mut list = Vec::with_capacity(scenario.joint_answers());
    for ja in 0..scenario.joint_answers() {
        let a = scenario.answer(ja);
        let choices = a.iter().zip(scenario.questions()).map(|(&a, &q)| vec![a; q]);
        list.push(Deterministic::new(scenario, choices.collect())?);
    }
    Ok(list)
}

/// Above this many strategies generating them is faster than listing them.
const FEW: u128 = 600;

fn decide(
    p: &Behaviour,
    noise: &Behaviour,
    start: Vec<Deterministic>,
    options: &Options,
) -> Result<Membership, BoundError> {
    for behaviour in [p, noise] {
        let defect = behaviour.signalling();
        if defect > options.signalling {
            return Err(BoundError::Signalling { defect, tolerance: options.signalling });
        }
    }
    let scenario = p.scenario();
    let few = scenario.deterministic_count().is_some_and(|n| n <= FEW);
    let explicit = match options.columns {
        Columns::Auto => few,
        Columns::Explicit => true,
        Columns::Generated => false,
    };
    let mut master = Master::new(p, noise);
    let solution = if explicit {
        local_lp::vertices(scenario)?.into_iter().for_each(|d| master.add(d));
        let solver = if few { Solver::Simplex } else { Solver::InteriorPoint };
        let solution = master.solve(solver)?;
        if !few && solution.value < 1.0 - options.tolerance {
            // the interior point sits in the middle of a face: go on to a vertex of the dual
            let mut part = Master::new(p, noise);
            start.into_iter().for_each(|d| part.add(d));
            for (d, _) in master.strategies.iter().zip(&solution.primal).filter(|(_, w)| **w > 1e-6) {
                part.add(d.clone());
            }
            master = part;
            generate(&mut master, options)?
        } else {
            solution
        }
    } else {
        start.into_iter().for_each(|d| master.add(d));
        generate(&mut master, options)?
    };
    if solution.value >= 1.0 - options.tolerance {
        let model = master.model(&solution, p)?;
        // coordinates average over questions: whatever signalling was allowed may show up here
        if model.residual > 1e-6 + 10.0 * options.signalling {
            return Err(BoundError::NotConverged { what: "the local model", residual: model.residual, rounds: 1 });
        }
        return Ok(Membership::Local(model));
    }
    let weight: Vec<f64> = solution.dual.iter().map(|y| -y).collect();
    inequality::separate(&master.cg, &weight, p, noise, solution.value).map(Membership::Nonlocal)
}

/// Adds strategies until none is missing: the dual prices `y` must satisfy `y·d >= 0` for every `d`.
fn generate(master: &mut Master, options: &Options) -> Result<LpSolution, BoundError> {
    let mut gap = f64::INFINITY;
    for round in 0..options.rounds {
        let solution = match master.solve(Solver::Simplex) {
            Err(BoundError::Lp(LpError::NotConverged { .. })) => master.solve(Solver::InteriorPoint)?,
            other => other?,
        };
        if solution.value >= 1.0 - options.tolerance {
            return Ok(solution);
        }
        let largest = solution.dual.iter().fold(0.0f64, |m, y| m.max(y.abs()));
        // prices as integers, so that the search for the missing strategy is exact; fine enough that their rounding
        // summed over a strategy's coordinates stays far below the gap asked for
        let unit = (1u64 << 36) as f64 / largest.max(1e-300);
        let prices: Vec<i64> = solution.dual.iter().map(|y| (-y * unit).round() as i64).collect();
        let dense = master.cg.dense(&prices);
        let scenario = &master.scenario;
        let best = local::maximum_dense(scenario, &dense, &local::Options::default())?;
        gap = best.lower as f64 / unit;
        if gap <= 1e-8 * largest.max(1.0) {
            return Ok(solution);
        }
        let more = local::good_strategies(scenario, &dense, 24, round as u64)?;
        let before = master.strategies.len();
        master.add(best.strategy);
        more.into_iter().filter(|(v, _)| *v > 0).for_each(|(_, d)| master.add(d));
        if master.strategies.len() == before {
            // The solver's own columns are missing by its rounding: at a degenerate vertex no more is to be had.
            // What follows from the prices is proved without it.
            if gap <= 1e-6 * largest.max(1.0) {
                return Ok(solution);
            }
            break;
        }
    }
    Err(BoundError::NotConverged {
        what: "generation of deterministic strategies",
        residual: gap,
        rounds: options.rounds,
    })
}

/// The linear program over a list of strategies.
struct Master {
    scenario: Scenario,
    cg: CollinsGisin,
    p: Vec<f64>,
    noise: Vec<f64>,
    strategies: Vec<Deterministic>,
    seen: HashSet<Deterministic>,
}

impl Master {
    fn new(p: &Behaviour, noise: &Behaviour) -> Self {
        let cg = CollinsGisin::new(p.scenario());
        Master {
            p: cg.of_table(p.as_slice()),
            noise: cg.of_table(noise.as_slice()),
            scenario: p.scenario().clone(),
            cg,
            strategies: Vec::new(),
            seen: HashSet::new(),
        }
    }

    fn add(&mut self, strategy: Deterministic) {
        if self.seen.insert(strategy.clone()) {
            self.strategies.push(strategy);
        }
    }

    /// `max v`: rows `sum_d w_d d_g - v (p_g - u_g) = u_g`; row 0 says that the weights sum to 1.
    fn solve(&self, solver: Solver) -> Result<LpSolution, BoundError> {
        let mut lp = LinearProgram::new();
        let mut rows: Vec<Vec<(usize, f64)>> = vec![Vec::new(); self.cg.len()];
        for strategy in &self.strategies {
            let w = lp.variable(0.0, 0.0, f64::INFINITY);
            for g in self.cg.of_strategy(strategy) {
                rows[g].push((w, 1.0));
            }
        }
        let v = lp.variable(1.0, 0.0, 1.0);
        for (g, mut row) in rows.into_iter().enumerate() {
            let step = self.noise[g] - self.p[g];
            if g > 0 && step.abs() > 1e-14 {
                row.push((v, step));
            }
            lp.row(&row, Sense::Eq, if g == 0 { 1.0 } else { self.noise[g] });
        }
        Ok(lp.maximise(solver)?)
    }

    fn model(&self, solution: &LpSolution, p: &Behaviour) -> Result<LocalModel, BoundError> {
        let mut weights: Vec<(Deterministic, f64)> = self
            .strategies
            .iter()
            .zip(&solution.primal)
            .filter(|(_, w)| **w > 1e-12)
            .map(|(d, w)| (d.clone(), *w))
            .collect();
        let total: f64 = weights.iter().map(|(_, w)| w).sum();
        weights.iter_mut().for_each(|(_, w)| *w /= total);
        let mut model = LocalModel { weights, residual: 0.0 };
        let mixture = model.behaviour(&self.scenario)?;
        let pairs = mixture.as_slice().iter().zip(p.as_slice());
        model.residual = pairs.fold(0.0, |m, (a, b)| f64::max(m, (a - b).abs()));
        Ok(model)
    }
}
