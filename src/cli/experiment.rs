//! Sets of training runs of a known game, evaluated and certified: what `learn`, `reproduce` and `ablate` share.

use super::BAD_INPUT;
use super::output::{CliError, Out};
use crate::bound::certify::{Certificate, CertifyError, DEFAULT_BITS, certify};
use crate::bound::local::{self, LocalOptimum};
use crate::game::catalog::{self, Reference};
use crate::game::{Game, TableReferee, to_f64};
use crate::learn::Config;
use crate::run::{Purpose, SeedRun, Watch, run_seed, subseed};
use crate::stats::{interquartile_mean, median};
use indicatif::ProgressBar;
use rayon::prelude::*;
use serde::Serialize;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// A strategy's evaluation: what it is worth, and the proof.
pub struct Evaluated {
    pub run: SeedRun,
    /// Value of the strategy kept; *numerical*.
    pub value: f64,
    /// Value after the last update; *numerical*.
    pub last_value: f64,
    /// What is proved of the strategy kept.
    pub certificate: Certificate,
}

/// Evaluates a run and proves what it is worth.
pub fn evaluate(game: &Game, classical: &LocalOptimum, run: SeedRun) -> Result<Evaluated, CliError> {
    let certificate: Result<_, CertifyError> =
        certify(game, &run.strategy, &classical.upper, &classical.strategy, &[], DEFAULT_BITS);
    Ok(Evaluated {
        value: game.value(&run.strategy.behaviour()?)?,
        last_value: game.value(&run.last.behaviour()?)?,
        certificate: certificate?,
        run,
    })
}

/// A known game with what its runs are measured against.
pub struct Subject {
    pub game: Game,
    pub reference: Reference,
    pub classical: LocalOptimum,
}

impl Subject {
    /// A game of the catalogue with its classical optimum, computed.
    pub fn named(name: &str) -> Result<Self, CliError> {
        let entry = catalog::lookup(name)?;
        Ok(Subject {
            classical: local::maximum(&entry.game, &local::Options::default())?,
            game: entry.game,
            reference: entry.reference,
        })
    }

    /// The classical optimum.
    pub fn floor(&self) -> f64 {
        to_f64(&self.classical.upper)
    }

    /// `value` in percent of the way from the classical optimum to `ceiling`; `None` where there is no way.
    pub fn percent_of(&self, value: f64, ceiling: f64) -> Option<f64> {
        let room = ceiling - self.floor();
        (room > 1e-9).then(|| 100.0 * (value - self.floor()) / room)
    }

    /// Percent of the maximal advantage, normalised by the best upper bound known on the quantum value.
    pub fn percent(&self, value: f64) -> Option<f64> {
        self.percent_of(value, self.reference.quantum_upper?)
    }

    /// Trains, evaluates and certifies all seeds.
    pub fn train(&self, config: &Config, seeds: &[u64], watch: &Watch) -> Result<Vec<Evaluated>, CliError> {
        let one = |seed: &u64| -> Result<Evaluated, CliError> {
            let mut referee = TableReferee::new(&self.game, subseed(*seed, Purpose::Referee))?;
            let run = run_seed(&mut referee, config, *seed, Some(&self.game), watch)?;
            evaluate(&self.game, &self.classical, run)
        };
        let runs: Result<Vec<Evaluated>, CliError> = seeds.par_iter().map(one).collect();
        if watch.interrupted.load(Ordering::Relaxed) {
            return Err(CliError::new(super::UNDECIDED, "interrupted"));
        }
        runs
    }
}

/// Percents of the maximal advantage of a set of runs; *numerical*.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    pub runs: usize,
    pub worst: f64,
    pub median: f64,
    pub iqm: f64,
    pub best: f64,
    /// Runs whose proved value does not exceed the classical optimum.
    pub at_or_below_classical: usize,
}

impl Summary {
    /// Of values in the unit of the caller.
    pub fn of(values: &[f64], at_or_below_classical: usize) -> Result<Self, CliError> {
        let summary = (|| {
            Some(Summary {
                runs: values.len(),
                worst: values.iter().copied().reduce(f64::min)?,
                median: median(values)?,
                iqm: interquartile_mean(values)?,
                best: values.iter().copied().reduce(f64::max)?,
                at_or_below_classical,
            })
        })();
        summary.ok_or_else(|| CliError::new(BAD_INPUT, "no runs, or a value that is no number"))
    }
}

/// Number of runs without a proved advantage.
pub fn unproved(runs: &[Evaluated]) -> usize {
    runs.iter().filter(|e| !e.certificate.advantage()).count()
}

/// Shared counters, the progress bar that shows them, and the thread that moves it.
pub struct Watching {
    pub watch: Arc<Watch>,
    pub bar: ProgressBar,
    stop: Option<mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.stop = None; // hang up: the thread ends
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.bar.finish_and_clear();
    }
}

/// Starts to watch `steps` optimisation steps; Ctrl-C stops all runs at their next step.
pub fn watch(steps: u64, out: &Out) -> Watching {
    let watch = Arc::new(Watch::default());
    let bar = out.progress(steps);
    let interrupt = Arc::clone(&watch);
    // without a handler Ctrl-C simply ends the program
    let _ = ctrlc::try_set_handler(move || interrupt.interrupted.store(true, Ordering::Relaxed));
    let (stop, stopped) = mpsc::channel::<()>();
    let (shown, counts) = (bar.clone(), Arc::clone(&watch));
    let thread = std::thread::spawn(move || {
        while stopped.recv_timeout(Duration::from_millis(100)) == Err(mpsc::RecvTimeoutError::Timeout) {
            shown.set_position(counts.steps.load(Ordering::Relaxed));
            let best = f64::from_bits(counts.best.load(Ordering::Relaxed));
            if best != 0.0 {
                shown.set_message(format!("best {best:.6}"));
            }
        }
    });
    Watching { watch, bar, stop: Some(stop), thread: Some(thread) }
}
