//! Upper bounds on the quantum value by the hierarchy of Navascués, Pironio and Acín.
//!
//! | file | what |
//! |---|---|
//! | [`words`] | words in projectors, normal form |
//! | [`polynomial`] | a game as a polynomial, split where it shares no question |
//! | [`level`] | which words index the moment matrix |
//! | [`moments`] | equal entries |
//! | `program`, `component` | the semidefinite program of a part of a game, and its bound |
//! | [`symmetry`], [`orbits`] | relabellings, and the moments they leave free |
//! | [`sdp`] | interior point and splitting methods |
//! | [`sos`] | from any dual point to a proved bound |
//!
//! The bound printed is never the solver's word: whatever the dual, its squares are expanded and the leftover
//! is charged. A solver stopped early gives a weaker bound, not a wrong one.

mod component;
pub mod level;
pub mod moments;
mod options;
pub mod orbits;
pub mod polynomial;
mod program;
pub mod sdp;
pub mod sos;
pub mod symmetry;
pub mod words;

pub use level::Level;
pub use options::{Method, Options, Progress};
pub use sos::SosBlock;

use super::{Bound, BoundError, Side};
use crate::game::{Game, Rational, to_f64};
use crate::strategy::PolicyClass;
use component::{Solved, same, solve_component};
use polynomial::{Component, components};
use std::time::Instant;

/// An upper bound on the quantum value of a game.
#[derive(Debug, Clone)]
pub struct NpaBound {
    /// Upper bound, proved up to the checking of the squares in [`NpaBound::dual`]; rounding is accounted for.
    pub value: f64,
    /// The solver's estimate of the level's value, from the side of the moments. Proves nothing.
    pub primal: f64,
    /// `value - primal`, absolute.
    pub residual: f64,
    /// Whether every component reached the tolerance.
    pub converged: bool,
    /// Sizes of the moment matrices, one per component.
    pub size: Vec<usize>,
    /// Rows of the diagonal blocks each component was solved on; the whole matrix is one.
    pub blocks: Vec<Vec<usize>>,
    /// Distinct moments, summed over components.
    pub classes: usize,
    /// Free parameters after symmetry, summed over components.
    pub orbits: usize,
    /// Generators of symmetry found, summed over components.
    pub generators: usize,
    /// Solver steps, summed over components.
    pub iterations: usize,
    /// Wall-clock time, in seconds.
    pub seconds: f64,
    /// The level, printed.
    pub level: String,
    /// Squares `S` with `game + S` constant up to leftovers that `value` contains.
    pub dual: Vec<SosBlock>,
}

impl NpaBound {
    /// The bound in the common form. The evidence is numerical: float squares, not yet a certificate.
    pub fn bound(&self) -> Bound {
        let early = if self.converged { "" } else { ", short of its tolerance" };
        let method = format!("NPA level {}{early}", self.level);
        let class = PolicyClass::Quantum;
        Bound::numerical(class, Side::Upper, self.value, 0.0, &method, self.seconds)
    }
}

/// Upper bound on the quantum value of a game by a level of the hierarchy.
///
/// Valid for every number of players, every dimension and also for commuting-operator strategies. In floating
/// point, with rounding errors bounded: never below the quantum value. Source: Navascués, Pironio, Acín,
/// arXiv:0803.4290.
///
/// # Errors
/// [`BoundError::TooLarge`] before anything large is allocated; [`BoundError::Unsuitable`] if the level has no
/// moment for some term of the game (as `1` for three players who all count).
///
/// ```
/// use bellwether::{bound::npa, game::catalog};
/// let chsh = catalog::lookup("chsh")?.game;
/// let bound = npa::upper_bound(&chsh, &"1".parse()?, &npa::Options::default())?;
/// let tsirelson = (2.0 + 2f64.sqrt()) / 4.0;
/// assert!(bound.value >= tsirelson && bound.value < tsirelson + 1e-8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn upper_bound(game: &Game, level: &Level, options: &Options) -> Result<NpaBound, BoundError> {
    let start = Instant::now();
    let (constant, parts) = fits(game, level, options)?;
    // of several components only the sum is known
    let target = options.target.filter(|_| parts.len() == 1);
    let target = target.map(|t| t - to_f64(&constant));
    let mut total = NpaBound {
        value: rounded_up(&constant),
        primal: to_f64(&constant),
        residual: 0.0,
        converged: true,
        size: Vec::new(),
        blocks: Vec::new(),
        classes: 0,
        orbits: 0,
        generators: 0,
        iterations: 0,
        seconds: 0.0,
        level: level.to_string(),
        dual: Vec::new(),
    };
    // components that are copies of each other are solved once
    let mut solved: Vec<(usize, Solved)> = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let place = (number, parts.len());
        let copy = solved.iter().find(|(k, _)| level.extra.is_empty() && same(&parts[*k], part));
        let result = match copy {
            Some((k, result)) => result.moved(&parts[*k], part),
            None => {
                let result = solve_component(part, level, options, target, place, start)?;
                total.iterations += result.iterations;
                solved.push((number, result.clone()));
                result
            }
        };
        total.value = (total.value + result.value).next_up();
        total.primal += result.primal;
        total.converged &= result.converged;
        total.size.push(result.size);
        total.blocks.push(result.diagonal);
        total.classes += result.classes;
        total.orbits += result.orbits;
        total.generators += result.generators;
        total.dual.extend(result.blocks);
    }
    total.residual = (total.value - total.primal).abs();
    total.seconds = start.elapsed().as_secs_f64();
    Ok(total)
}

/// The components of a game, if the level of each is small enough: decided before anything large is allocated.
fn fits(game: &Game, level: &Level, options: &Options) -> Result<(Rational, Vec<Component>), BoundError> {
    let scenario = game.scenario();
    let letters = scenario.questions().iter().zip(scenario.answers());
    let letters: usize = letters.map(|(q, a)| q * a).sum();
    if letters >= usize::from(u16::MAX) {
        return Err(BoundError::TooLarge {
            method: "NPA",
            given: format!("{letters} projectors"),
            limit: format!("{}", u16::MAX),
        });
    }
    let (constant, parts) = components(game, options.split);
    for part in &parts {
        level.size(&part.alphabet, options.max_size)?;
    }
    Ok((constant, parts))
}

/// Bounds of a list of levels, each at least as high as those before it, until one meets the target or time is up.
///
/// Every level bounds the quantum value, so the least value counts, whichever level it is from: a high level that
/// could not be finished cannot make the bound worse. Levels before the last that do not suit the game are skipped.
///
/// # Errors
/// As [`upper_bound`], for the last level asked for.
///
/// ```
/// use bellwether::{bound::npa, game::catalog};
/// let game = catalog::lookup("i3322")?.game;
/// let levels = ["1".parse()?, "1+ab".parse()?, "2".parse()?];
/// let bounds = npa::ladder(&game, &levels, &npa::Options::default())?;
/// assert!(bounds[2].value < 0.25095 && bounds[0].value > 0.374);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn ladder(game: &Game, levels: &[Level], options: &Options) -> Result<Vec<NpaBound>, BoundError> {
    let start = Instant::now();
    if let Some(last) = levels.last() {
        // what was asked for is refused before anything is computed
        fits(game, last, options)?;
    }
    let mut bounds: Vec<NpaBound> = Vec::new();
    for (k, level) in levels.iter().enumerate() {
        let left = options.time_limit.map(|t| t.saturating_sub(start.elapsed()));
        let met = |b: &NpaBound| {
            let goal = options.tolerance * b.value.abs().max(1.0);
            options.target.is_some_and(|t| b.value <= t + goal)
        };
        let late = left.is_some_and(|t| t.is_zero());
        if !bounds.is_empty() && (late || bounds.iter().any(met)) {
            break;
        }
        let options = Options { time_limit: left, ..*options };
        match upper_bound(game, level, &options) {
            Ok(bound) => bounds.push(bound),
            Err(BoundError::Unsuitable { .. } | BoundError::TooLarge { .. }) if k + 1 < levels.len() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(bounds)
}

fn rounded_up(r: &Rational) -> f64 {
    to_f64(r).next_up()
}
