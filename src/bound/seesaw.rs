//! Lower bounds on the quantum value: strategies found by alternating optimisation (see-saw).
//!
//! Werner and Wolf 2001; Liang and Doherty 2007. The value is linear in the state and in the measurements of
//! each player, so each in turn is replaced by its best for the others: the state by the eigenvector to the
//! largest eigenvalue of the game operator, a measurement as in `measurement.rs`. No step lowers the value; many
//! random starts are needed, for there are traps. The best few go on to the last digit; those that still creep are
//! first polished by gradient ascent through QuantumSoftmax, which moves all measurements at once (`ascent.rs`).

mod ascent;
mod measurement;
mod polish;
mod search;
mod setting;
mod start;

pub use polish::polish;

use super::{Bound, BoundError, Side};
use crate::game::Game;
use crate::quantum::DensityMatrix;
use crate::strategy::{Deterministic, PolicyClass, QuantumStrategy};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;
use setting::{Run, Setting};
use std::time::{Duration, Instant};

/// Restarts between two looks at the stopping rules; fixed, so that results do not depend on threads.
const BATCH: usize = 16;

/// Strategies that are polished at the end.
const FINALISTS: usize = 3;

/// The shared state of the strategies searched.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum State {
    /// Optimised with the measurements (then pure).
    #[default]
    Optimised,
    /// Given, pure or mixed.
    Fixed(DensityMatrix),
}

/// How to search.
#[derive(Clone)]
pub struct Options<'a> {
    /// Local dimension per player.
    pub dims: Vec<usize>,
    /// Random starts.
    pub restarts: usize,
    /// Largest number of sweeps per start; finalists get twenty times as many.
    pub iterations: usize,
    /// A start ends when a sweep improves the value by less than this (times the scale of the game);
    /// finalists go on to a thousandth of a millionth of it.
    pub tolerance: f64,
    /// The state.
    pub state: State,
    /// Seed of all randomness.
    pub seed: u64,
    /// Threads, `None` for all; the result does not depend on it.
    pub threads: Option<usize>,
    /// Stop restarting when a start comes within `1e-10` of this value or above, such as a proved upper bound.
    pub target: Option<f64>,
    /// One start begins at this classical strategy, so that its value is reached at least.
    pub classical: Option<Deterministic>,
    /// Steps of gradient ascent through QuantumSoftmax for the finalists.
    pub gradient_steps: usize,
    /// Stop restarting after this time; the result then depends on the machine.
    pub time_limit: Option<Duration>,
    /// Called with the fraction of starts done, from 0 to 1.
    pub progress: Option<&'a (dyn Fn(f64) + Sync)>,
}

impl Options<'_> {
    /// Standard settings for local dimensions `dims`.
    pub fn new(dims: Vec<usize>) -> Self {
        Options {
            dims,
            restarts: 64,
            iterations: 300,
            tolerance: 1e-7,
            state: State::Optimised,
            seed: 0,
            threads: None,
            target: None,
            classical: None,
            gradient_steps: 60,
            time_limit: None,
            progress: None,
        }
    }
}

/// The best strategy found.
#[derive(Debug, Clone)]
pub struct SeesawBound {
    /// The strategy.
    pub strategy: QuantumStrategy,
    /// Its value by the Born rule, computed from the strategy as it is here.
    pub value: f64,
    /// Starts done.
    pub restarts: usize,
    /// Starts that came within `1e-6` of the value before polishing.
    pub hits: usize,
    /// Sweeps done, polishing included.
    pub sweeps: usize,
    /// Wall-clock time, in seconds.
    pub seconds: f64,
}

impl SeesawBound {
    /// The bound in the common form. Floating point: an exact one comes from rounding the strategy.
    pub fn bound(&self) -> Bound {
        let method = format!("see-saw, dimensions {:?}", self.strategy.dims());
        let class = PolicyClass::Quantum;
        Bound::numerical(class, Side::Lower, self.value, 1e-12, &method, self.seconds)
    }
}

/// Searches the best quantum strategy of given dimensions.
///
/// # Errors
/// [`BoundError::Unsuitable`] if the dimensions or the state do not fit the game;
/// [`BoundError::Strategy`] if they are too large; [`BoundError::Threads`] if no threads can be had.
///
/// ```
/// use bellwether::{bound::seesaw, game::catalog};
/// let chsh = catalog::lookup("chsh")?.game;
/// let found = seesaw::lower_bound(&chsh, &seesaw::Options::new(vec![2, 2]))?;
/// assert!((found.value - (2.0 + 2f64.sqrt()) / 4.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn lower_bound(game: &Game, options: &Options) -> Result<SeesawBound, BoundError> {
    let begun = Instant::now();
    let setting = Setting::new(game, options)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.unwrap_or(0))
        .build()
        .map_err(|why| BoundError::Threads { threads: options.threads.unwrap_or(0), why: why.to_string() })?;
    let mut master = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let mut runs: Vec<Run> = Vec::new();
    let (mut done, mut sweeps, mut values) = (0, 0, Vec::new());
    if let Some(strategy) = &options.classical {
        let mut run = setting.at(strategy)?;
        setting.searcher().climb(&mut run, options.iterations, options.tolerance);
        runs.push(run);
    }
    while done < options.restarts.max(1) {
        let count = BATCH.min(options.restarts.max(1) - done);
        let seeds: Vec<(usize, u64)> = (done..done + count).map(|k| (k, master.next_u64())).collect();
        let batch: Vec<Run> = pool.install(|| {
            seeds
                .into_par_iter()
                .map_init(
                    || setting.searcher(),
                    |searcher, (number, seed)| {
                        let mut run = setting.start(number, seed);
                        searcher.climb(&mut run, options.iterations, options.tolerance);
                        run
                    },
                )
                .collect()
        });
        done += count;
        if let Some(progress) = options.progress {
            progress(done as f64 / options.restarts.max(1) as f64);
        }
        sweeps += batch.iter().map(|r| r.sweeps).sum::<usize>();
        values.extend(batch.iter().map(|r| r.value));
        runs.extend(batch);
        // the best come first, ties by number
        runs.sort_by(|a, b| b.value.total_cmp(&a.value).then(a.number.cmp(&b.number)));
        runs.truncate(FINALISTS);
        let reached = options.target.is_some_and(|t| runs[0].value >= t - 1e-6 * setting.scale);
        if reached || options.time_limit.is_some_and(|limit| begun.elapsed() > limit) {
            break;
        }
    }
    let before = runs[0].value;
    let hits = values.iter().filter(|v| before - **v < 1e-6 * setting.scale).count();
    let polished: Vec<Run> = pool.install(|| {
        runs.into_par_iter()
            .map_init(
                || setting.searcher(),
                |searcher, mut run| {
                    run.sweeps = 0;
                    // a start that has settled is at a fixed point, where all gradients vanish
                    let late = setting.deadline.is_some_and(|end| Instant::now() >= end);
                    if !late && !run.settled && ascent::ascend(searcher, &mut run, options.gradient_steps) {
                        searcher.climb(&mut run, options.iterations, options.tolerance);
                    }
                    searcher.climb(&mut run, 20 * options.iterations, 1e-9 * options.tolerance);
                    run
                },
            )
            .collect()
    });
    sweeps += polished.iter().map(|r| r.sweeps).sum::<usize>();
    // judged by what the repaired strategy earns, and no worse than the classical one as it is
    let classical = options.classical.as_ref().map(|c| setting.at(c));
    let mut best: Option<(f64, QuantumStrategy)> = None;
    for run in polished.into_iter().map(Ok).chain(classical) {
        let strategy = setting.strategy(run?)?;
        let value = game.value(&strategy.behaviour()?)?;
        if best.as_ref().is_none_or(|b| value > b.0) {
            best = Some((value, strategy));
        }
    }
    let (value, strategy) = best.ok_or_else(|| unsuitable("no start".into()))?;
    Ok(SeesawBound { strategy, value, restarts: done, hits, sweeps, seconds: begun.elapsed().as_secs_f64() })
}

fn unsuitable(why: String) -> BoundError {
    BoundError::Unsuitable { method: "see-saw", why }
}
