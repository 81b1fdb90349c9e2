//! The quantum bracket of `bellwether bounds`.

use super::super::UNDECIDED;
use super::super::output::{CliError, undecided};
use super::Args;
use crate::bound::certify::{DEFAULT_BITS, ExactStrategy, round_down};
use crate::bound::npa::{self, Level};
use crate::bound::{Bound, BoundError, Bracket, Side, rational_of, seesaw};
use crate::game::{Game, Rational};
use crate::learn::default_dims;
use crate::strategy::{Deterministic, PolicyClass, QuantumStrategy};
use indicatif::ProgressBar;
use std::time::{Duration, Instant};

/// The levels to try, lowest first; the last is the one asked for, if one was.
pub fn levels(level: Option<Level>, extra: Option<&str>, game: &Game) -> Result<Vec<Level>, CliError> {
    let asked = match extra {
        Some(words) => Some(level.unwrap_or_else(|| Level::words_up_to(1)).with_words(words, game.scenario())?),
        None => level,
    };
    Ok(match asked {
        Some(level) => {
            let mut levels = level.below();
            levels.push(level);
            levels
        }
        None => vec![Level::words_up_to(1), Level::one_ab()],
    })
}

/// The quantum bracket with what it was found by.
pub struct FoundQuantum {
    pub bracket: Bracket,
    pub strategy: QuantumStrategy,
    pub squares: Vec<npa::SosBlock>,
}

/// The quantum bracket: the best exactly rounded strategy below, the least proved bound above. SR ⊂ Q ⊂ NS, so
/// the neighbours' values count too.
pub fn quantum(
    args: &Args,
    game: &Game,
    levels: &[Level],
    limit: Duration,
    floor: (Rational, Deterministic),
    ceiling: Option<Rational>,
    bar: &ProgressBar,
) -> Result<FoundQuantum, CliError> {
    let class = PolicyClass::Quantum;
    let dims = match args.dim.as_deref() {
        Some([d]) => vec![*d; game.scenario().players()],
        Some(dims) => dims.to_vec(),
        None => default_dims(game.scenario()),
    };
    let mut options = seesaw::Options::new(dims);
    options.restarts = args.restarts as usize;
    options.time_limit = Some(limit);
    options.classical = Some(floor.1);
    bar.set_position(0);
    bar.set_message("see-saw");
    let report = |done: f64| bar.set_position((100.0 * done) as u64);
    options.progress = Some(&report);
    let found = seesaw::lower_bound(game, &options).map_err(undecided)?;
    let strategy = found.strategy.clone();
    let exact = round_down(&ExactStrategy::round(&found.strategy, DEFAULT_BITS)?.value(game));
    let method = format!("see-saw, local dimensions {:?}, rounded exactly", found.strategy.dims());
    let mut lower = Bound::certified(class, Side::Lower, exact, &method, found.seconds);
    if lower.exact.as_ref().is_none_or(|v| *v < floor.0) {
        let seconds = lower.seconds;
        lower = Bound::certified(class, Side::Lower, floor.0, "classical strategy", seconds);
    }
    bar.set_position(0);
    bar.set_message("NPA");
    let watch = |p: npa::Progress| {
        // ten digits take a solver some 20 to 30 steps, or its residual from 1 to the tolerance
        let digits = (-p.residual.max(1e-8).log10() / 8.0).clamp(0.0, 1.0);
        let (part, parts) = p.component;
        bar.set_position((100.0 * (part as f64 + digits) / parts as f64) as u64);
        bar.set_message(format!("NPA, residual {:.1e}", p.residual));
    };
    let options = npa::Options {
        time_limit: Some(limit),
        target: Some(lower.value),
        progress: Some(&watch),
        ..npa::Options::default()
    };
    let asked = args.level.is_some() || args.extra.is_some();
    let mut bounds = npa::ladder(game, levels, &options);
    if !asked && bounds.is_err() {
        bounds = npa::ladder(game, &levels[..1], &options);
    }
    let mut bounds = match bounds {
        Ok(bounds) => bounds,
        // no level was asked for and none fits: the non-signalling bound remains
        Err(_) if !asked && ceiling.is_some() => Vec::new(),
        Err(error) => return Err(undecided(error)),
    };
    if let Some(within) = args.within {
        // half of it is left for what rounding to a certificate costs
        let goal = lower.value + 0.5 * within;
        let near = |b: &npa::NpaBound| b.value <= goal;
        let begun = Instant::now();
        let by_messages = ceiling.as_ref().and_then(|c| Some(rational_of(goal)? >= *c));
        for level in Level::ladder(game.scenario().players()).iter().skip(levels.len()) {
            let left = limit.saturating_sub(begun.elapsed());
            if by_messages == Some(true) || bounds.iter().any(near) || left.is_zero() {
                break;
            }
            let options = npa::Options { time_limit: Some(left), ..options };
            match npa::upper_bound(game, level, &options) {
                Ok(bound) => bounds.push(bound),
                Err(BoundError::Unsuitable { .. } | BoundError::TooLarge { .. }) => {}
                Err(error) => return Err(undecided(error)),
            }
        }
    }
    let seconds: f64 = bounds.iter().map(|b| b.seconds).sum();
    let best = bounds.into_iter().reduce(|a, b| if b.value <= a.value { b } else { a });
    let squares = best.as_ref().map_or_else(Vec::new, |b| b.dual.clone());
    let mut upper = best.map(|b| {
        let mut bound = b.bound();
        bound.seconds = seconds;
        bound
    });
    if let Some(ceiling) = ceiling
        && upper.as_ref().is_none_or(|u| rational_of(u.value).is_none_or(|u| ceiling <= u))
    {
        let method = "non-signalling optimum";
        upper = Some(Bound::certified(class, Side::Upper, ceiling, method, seconds));
    }
    let upper = upper.ok_or_else(|| CliError::new(UNDECIDED, "no upper bound was found"))?;
    Ok(FoundQuantum { bracket: Bracket::new(lower, upper)?, strategy, squares })
}
