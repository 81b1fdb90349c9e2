//! From a given strategy to the top of its hill.

use super::{Options, Run, SeesawBound, Setting, State, unsuitable};
use crate::bound::BoundError;
use crate::game::Game;
use crate::quantum::DensityMatrix;
use crate::strategy::QuantumStrategy;
use std::time::Instant;

/// Alternating optimisation from a given strategy instead of random starts: never below its value.
///
/// State and measurements are optimised; `options` gives iterations and tolerance, its dimensions are those of the strategy.
///
/// # Errors
/// As [`super::lower_bound`]; [`BoundError::Game`] if the strategy plays another scenario.
pub fn polish(game: &Game, strategy: &QuantumStrategy, options: &Options) -> Result<SeesawBound, BoundError> {
    let begun = Instant::now();
    game.same_scenario(strategy.scenario())?;
    let options = Options { dims: strategy.dims().to_vec(), state: State::Optimised, ..options.clone() };
    let setting = Setting::new(game, &options)?;
    let rho: &DensityMatrix = strategy.rho();
    let elements = strategy.povms().iter().flatten().flat_map(|m| m.elements());
    let mut run = Run {
        number: 0,
        rho: rho.matrix().as_slice().to_vec(),
        povms: elements.flat_map(|m| m.as_slice().to_vec()).collect(),
        value: f64::NEG_INFINITY,
        sweeps: 0,
        settled: false,
    };
    if run.povms.len() != setting.born.povms_len() {
        return Err(unsuitable("the strategy has other sizes".into()));
    }
    let mut searcher = setting.searcher();
    // no soft steps: a learned strategy is past the traps
    let mut still = 0;
    while still < 2 && run.sweeps < 20 * options.iterations {
        let before = run.value;
        searcher.sweep(&mut run, 0);
        run.sweeps += 1;
        let gain = run.value - before;
        still = if gain < 1e-9 * options.tolerance * setting.scale { still + 1 } else { 0 };
    }
    let sweeps = run.sweeps;
    let polished = setting.strategy(run)?;
    let value = game.value(&polished.behaviour()?)?;
    let before = game.value(&strategy.behaviour()?)?;
    let (strategy, value) = match value >= before {
        true => (polished, value),
        false => (strategy.clone(), before),
    };
    Ok(SeesawBound { strategy, value, restarts: 1, hits: 1, sweeps, seconds: begun.elapsed().as_secs_f64() })
}
