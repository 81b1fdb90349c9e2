//! What the threads of a search share, and how its tasks are dealt out.

use super::search::{Found, Search};
use super::tensor::Tensor;
use super::word::Word;
use crate::bound::BoundError;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::Instant;

/// What threads share: the incumbent, finds, and the clock.
pub(super) struct Control<'a> {
    /// Value known before the search, in tensor units; only better leaves matter.
    pub incumbent: i64,
    pub found: AtomicI64,
    pub deadline: Option<Instant>,
    pub stop: AtomicBool,
    /// Which share of the tasks to search: number, and of how many.
    pub share: Option<(usize, usize)>,
    pub report: &'a (dyn Fn(f64) + Sync),
}

impl Control<'_> {
    pub fn publish(&self, value: i64) {
        self.found.fetch_max(value, Ordering::Relaxed);
    }

    pub fn published(&self) -> i64 {
        self.found.load(Ordering::Relaxed)
    }

    /// The same clock for another search.
    pub fn sub(&self, incumbent: i64) -> Control<'_> {
        Control {
            incumbent,
            found: AtomicI64::new(FLOOR),
            deadline: self.deadline,
            stop: AtomicBool::new(self.stop.load(Ordering::Relaxed)),
            share: None,
            report: &|_| (),
        }
    }

    pub fn stopped(&self) -> bool {
        self.deadline.is_some() && self.stop.load(Ordering::Relaxed)
    }

    pub fn out_of_time(&self) -> bool {
        if self.deadline.is_some_and(|end| Instant::now() >= end) {
            self.stop.store(true, Ordering::Relaxed);
        }
        self.stopped()
    }
}

/// A start below every leaf, with room to subtract.
pub(super) const FLOOR: i64 = -(i64::MAX / 2);

/// Searches all prefixes, by several threads if that pays, and merges what they found in prefix order.
pub(super) fn run<T: Word>(
    tensor: &Tensor,
    prune: bool,
    bits: f64,
    threads: usize,
    control: &Control,
) -> Result<Found, BoundError> {
    let work = bits + ((tensor.rest(0) + 16) as f64).log2();
    // threads cost some 50 microseconds to wake: below a few million additions they do not pay
    let small = threads == 1 || work < 22.0;
    if (small && control.share.is_none()) || tensor.order.len() == 1 {
        return Ok(Search::<T>::new(tensor, prune, control).run(&[]));
    }
    let (nq, na) = (tensor.questions[0].len(), tensor.answers[0]);
    let mut depth = 0;
    while depth < nq && na > 1 && na.pow(depth as u32) < 256 {
        depth += 1;
    }
    in_tasks(threads, na, depth, control, || {
        let mut search = Search::<T>::new(tensor, prune, control);
        move |prefix: &[usize]| search.run(prefix)
    })
}

/// Searches all prefixes of `depth` answers below `na` with one searcher per thread, and merges what they
/// found in prefix order. The tasks are fixed, so the answer does not depend on the number of threads. Of a share
/// `(k, n)` only the tasks `k, k + n, ..` are searched.
pub(super) fn in_tasks<F: FnMut(&[usize]) -> Found>(
    threads: usize,
    na: usize,
    depth: usize,
    control: &Control,
    make: impl Fn() -> F + Sync,
) -> Result<Found, BoundError> {
    let (first, stride) = control.share.unwrap_or((0, 1));
    let tasks = na.pow(depth as u32);
    let mine = tasks.saturating_sub(first).div_ceil(stride);
    let results: Mutex<Vec<(usize, Found)>> = Mutex::new(Vec::with_capacity(mine));
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let work = || {
        let mut search = make();
        let mut prefix = vec![0; depth];
        loop {
            let own = next.fetch_add(1, Ordering::Relaxed);
            if own >= mine {
                return;
            }
            let task = first + own * stride;
            let mut rest = task;
            for digit in prefix.iter_mut().rev() {
                *digit = rest % na;
                rest /= na;
            }
            let found = search(&prefix);
            if let Ok(mut results) = results.lock() {
                results.push((task, found));
            }
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            (control.report)(done as f64 / mine as f64);
        }
    };
    in_threads(threads, &work)?;
    let mut results = results.into_inner().unwrap_or_default();
    results.sort_by_key(|(task, _)| *task);
    let mut merged = Found::default();
    for (task, found) in results {
        merged.nodes += found.nodes;
        merged.left = merged.left.max(found.left);
        if let Some((value, places)) = found.best
            && merged.best.as_ref().is_none_or(|(best, _)| value > *best)
        {
            merged.best = Some((value, places));
            merged.task = task;
        }
    }
    Ok(merged)
}

/// Runs `work` once on each of `threads` threads (0: all of rayon's).
fn in_threads(threads: usize, work: &(dyn Fn() + Sync)) -> Result<(), BoundError> {
    if threads == 0 {
        rayon::broadcast(|_| work());
        return Ok(());
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|e| BoundError::Threads { threads, why: e.to_string() })?;
    pool.broadcast(|_| work());
    Ok(())
}
