//! The classical search dealt out to many machines: shares that know nothing of each other, and their join.

use super::{IntegerOptimum, LocalOptimum, Options, maximum_shared};
use crate::bound::BoundError;
use crate::game::{Game, Rational};
use crate::strategy::Deterministic;
use num_bigint::BigInt;
use std::cmp::Reverse;
use std::time::Instant;

/// What one share of a search found: no strategy in it is worth more than `value`, which `strategy` attains.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// Its number.
    pub number: usize,
    /// Of how many.
    pub of: usize,
    /// The larger of the best value of the share and the one that every share knows beforehand, exactly.
    pub value: Rational,
    /// A strategy of this value.
    pub strategy: Deterministic,
    /// The task that found the strategy; `None` if it was known beforehand.
    pub task: Option<usize>,
    /// Nodes visited; may vary with the number of threads.
    pub nodes: u64,
    /// Wall-clock time in seconds.
    pub seconds: f64,
    /// What was done, in words.
    pub method: String,
}

/// Searches share `number` of `of`: every `of`-th of the tasks that [`super::maximum`] deals out to threads, without a time limit.
///
/// Exact.
///
/// # Errors
/// As [`super::maximum`]; [`BoundError::Unsuitable`] unless `number < of`.
pub fn share(game: &Game, number: usize, of: usize, options: &Options) -> Result<Share, BoundError> {
    if number >= of || of > 1 << 20 {
        return Err(BoundError::Unsuitable {
            method: "a share",
            why: format!("share {number} of {of} given, wanted a number below their count of at most 1048576"),
        });
    }
    let start = Instant::now();
    let form = game.integer_form()?;
    let options = Options { time_limit: None, ..*options };
    let found = maximum_shared(game.scenario(), &form.dense, &options, Some((number, of)))?;
    let IntegerOptimum { lower, strategy, task, nodes, method, .. } = found;
    Ok(Share {
        number,
        of,
        value: Rational::new(BigInt::from(lower), form.denominator.clone()),
        strategy,
        task,
        nodes,
        seconds: start.elapsed().as_secs_f64(),
        method,
    })
}

/// The optimum of a game from all shares of a search, in any order; value and strategy are those of [`super::maximum`].
///
/// Exact, if the shares are what [`share`] returned for this game: the values of the strategies are computed again, that
/// there is nothing better is believed.
///
/// ```
/// use bellwether::bound::local::{Options, join, maximum, share};
/// use bellwether::game::catalog;
/// let game = catalog::lookup("i3322")?.game;
/// let shares: Result<Vec<_>, _> = (0..3).map(|k| share(&game, k, 3, &Options::default())).collect();
/// let joined = join(&game, &shares?)?;
/// let alone = maximum(&game, &Options::default())?;
/// assert_eq!((joined.upper, joined.strategy), (alone.upper, alone.strategy));
/// # Ok::<(), bellwether::bound::BoundError>(())
/// ```
///
/// # Errors
/// [`BoundError::Unsuitable`] if a share is missing, twice there, or of another game.
pub fn join(game: &Game, shares: &[Share]) -> Result<LocalOptimum, BoundError> {
    let wrong = |why: String| BoundError::Unsuitable { method: "a join of shares", why };
    let mut there = vec![false; shares.len()];
    for share in shares {
        if share.of != shares.len() || share.number >= share.of {
            let (k, n) = (share.number, share.of);
            return Err(wrong(format!("share {k} of {n} among {} given", shares.len())));
        }
        if std::mem::replace(&mut there[share.number], true) {
            return Err(wrong(format!("share {} given twice", share.number)));
        }
        let fits = Deterministic::new(game.scenario(), share.strategy.choices().to_vec());
        if fits.is_err() || share.strategy.value(game) != share.value {
            let why = format!("share {} is of another game", share.number);
            return Err(wrong(why));
        }
    }
    // the best, of equals the one found first by a search of all tasks in their order
    let rank = |s: &Share| {
        let value = Reverse(s.value.clone());
        (value, s.task.is_none(), s.task, s.number)
    };
    let best = shares.iter().min_by_key(|s| rank(s));
    let best = best.ok_or_else(|| wrong("no shares given".into()))?;
    Ok(LocalOptimum {
        lower: best.value.clone(),
        upper: best.value.clone(),
        strategy: best.strategy.clone(),
        nodes: shares.iter().map(|s| s.nodes).sum(),
        seconds: shares.iter().map(|s| s.seconds).sum(),
        method: format!("{}, {} shares", best.method, shares.len()),
    })
}
