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
mod start;

pub use polish::polish;

use super::{Bound, BoundError, Side};
use crate::game::{Game, Rational, to_f64};
use crate::quantum::hermitian::{EighScratch, eigh};
use crate::quantum::{Born, BornError, C64, DensityMatrix, Matrix, Povm};
use crate::strategy::{Deterministic, PolicyClass, QuantumStrategy, StrategyError};
use measurement::Improver;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;
use std::collections::BTreeMap;
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
        .map_err(|why| BoundError::Threads {
            threads: options.threads.unwrap_or(0),
            why: why.to_string(),
        })?;
    let mut master = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let mut runs: Vec<Run> = Vec::new();
    let (mut done, mut sweeps, mut values) = (0, 0, Vec::new());
    if let Some(strategy) = &options.classical {
        let mut run = setting.at(strategy)?;
        setting
            .searcher()
            .climb(&mut run, options.iterations, options.tolerance);
        runs.push(run);
    }
    while done < options.restarts.max(1) {
        let count = BATCH.min(options.restarts.max(1) - done);
        let seeds: Vec<(usize, u64)> = (done..done + count)
            .map(|k| (k, master.next_u64()))
            .collect();
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
        let reached = options
            .target
            .is_some_and(|t| runs[0].value >= t - 1e-6 * setting.scale);
        if reached
            || options
                .time_limit
                .is_some_and(|limit| begun.elapsed() > limit)
        {
            break;
        }
    }
    let before = runs[0].value;
    let hits = values
        .iter()
        .filter(|v| before - **v < 1e-6 * setting.scale)
        .count();
    let polished: Vec<Run> = pool.install(|| {
        runs.into_par_iter()
            .map_init(
                || setting.searcher(),
                |searcher, mut run| {
                    run.sweeps = 0;
                    // a start that has settled is at a fixed point, where all gradients vanish
                    let late = setting.deadline.is_some_and(|end| Instant::now() >= end);
                    if !late
                        && !run.settled
                        && ascent::ascend(searcher, &mut run, options.gradient_steps)
                    {
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
    Ok(SeesawBound {
        strategy,
        value,
        restarts: done,
        hits,
        sweeps,
        seconds: begun.elapsed().as_secs_f64(),
    })
}

fn unsuitable(why: String) -> BoundError {
    BoundError::Unsuitable {
        method: "see-saw",
        why,
    }
}

/// A strategy under way.
#[derive(Debug, Clone)]
struct Run {
    number: usize,
    rho: Vec<C64>,
    povms: Vec<C64>,
    value: f64,
    sweeps: usize,
    /// Whether the last climb ended because the value stood still.
    settled: bool,
}

/// What is common to all starts.
struct Setting<'a> {
    options: &'a Options<'a>,
    deadline: Option<Instant>,
    answers: Vec<usize>,
    questions: Vec<usize>,
    born: Born,
    /// Coefficients on the questions that occur, as the Born rule lists them.
    coefficients: Vec<f64>,
    /// Sum over questions of the largest coefficient: what values are measured in.
    scale: f64,
}

impl<'a> Setting<'a> {
    fn new(game: &Game, options: &'a Options<'a>) -> Result<Self, BoundError> {
        let scenario = game.scenario();
        if options.dims.len() != scenario.players() {
            return Err(unsuitable(format!(
                "{} dimensions given, the game has {} players",
                options.dims.len(),
                scenario.players()
            )));
        }
        if let State::Fixed(rho) = &options.state
            && rho.dims() != options.dims
        {
            return Err(unsuitable(format!(
                "a state of dimensions {:?} given, wanted {:?}",
                rho.dims(),
                options.dims
            )));
        }
        let mut rows: BTreeMap<usize, Vec<(usize, &Rational)>> = BTreeMap::new();
        for t in game.terms() {
            rows.entry(t.question)
                .or_default()
                .push((t.answer, &t.weight));
        }
        if rows.is_empty() {
            return Err(unsuitable("the game has no coefficients".into()));
        }
        let joint: Vec<Vec<usize>> = rows.keys().map(|&x| scenario.question(x)).collect();
        let born = Born::new(
            &options.dims,
            scenario.answers(),
            scenario.questions(),
            &joint,
        )
        .map_err(|e: BornError| BoundError::Strategy(StrategyError::Born(e)))?;
        let k = scenario.joint_answers();
        let mut coefficients = vec![0.0; born.probabilities()];
        let mut scale = 0.0;
        for (row, terms) in rows.values().enumerate() {
            for (answer, weight) in terms {
                coefficients[row * k + answer] = to_f64(weight);
            }
            let row = &coefficients[row * k..(row + 1) * k];
            scale += row.iter().fold(0.0_f64, |a, c| a.max(c.abs()));
        }
        Ok(Setting {
            options,
            deadline: options.time_limit.map(|limit| Instant::now() + limit),
            answers: scenario.answers().to_vec(),
            questions: scenario.questions().to_vec(),
            born,
            coefficients,
            scale,
        })
    }

    fn searcher(&self) -> Searcher<'_> {
        let total: usize = self.options.dims.iter().product();
        let players = self.options.dims.iter().zip(&self.answers);
        Searcher {
            setting: self,
            born: self.born.clone(),
            d_rho: vec![C64::ZERO; total * total],
            d_povms: vec![C64::ZERO; self.born.povms_len()],
            improvers: players.map(|(&d, &k)| Improver::new(d, k)).collect(),
            values: vec![0.0; total],
            vectors: vec![C64::ZERO; total * total],
            scratch: EighScratch::new(total),
        }
    }

    /// A random start. Every other one begins on a maximally entangled state where dimensions allow, one in
    /// four with measurements of any ranks.
    fn start(&self, number: usize, seed: u64) -> Run {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let dims = &self.options.dims;
        let rho = match &self.options.state {
            State::Fixed(rho) => rho.matrix().as_slice().to_vec(),
            State::Optimised if number.is_multiple_of(2) => start::entangled(dims),
            State::Optimised => start::pure(dims.iter().product(), &mut rng),
        };
        let mut povms = Vec::with_capacity(self.born.povms_len());
        for (i, &d) in dims.iter().enumerate() {
            for _ in 0..self.questions[i] {
                povms.extend(start::measurement(
                    d,
                    self.answers[i],
                    number % 4 != 3,
                    &mut rng,
                ));
            }
        }
        Run {
            number,
            rho,
            povms,
            value: f64::NEG_INFINITY,
            sweeps: 0,
            settled: false,
        }
    }

    /// A classical strategy as a start: every outcome is certain or impossible, on a maximally entangled state.
    fn at(&self, strategy: &Deterministic) -> Result<Run, BoundError> {
        let fits = strategy.choices().len() == self.questions.len()
            && strategy
                .choices()
                .iter()
                .zip(&self.questions)
                .all(|(c, &q)| c.len() == q)
            && strategy
                .choices()
                .iter()
                .zip(&self.answers)
                .all(|(c, &k)| c.iter().all(|&a| a < k));
        if !fits {
            return Err(unsuitable(
                "the classical strategy to start from is for another game".into(),
            ));
        }
        let dims = &self.options.dims;
        let mut povms = Vec::with_capacity(self.born.povms_len());
        for (i, &d) in dims.iter().enumerate() {
            for &answer in &strategy.choices()[i] {
                for a in 0..self.answers[i] {
                    let certain = f64::from(u8::from(a == answer));
                    let entry = |k: usize| {
                        if k.is_multiple_of(d + 1) {
                            certain
                        } else {
                            0.0
                        }
                    };
                    povms.extend((0..d * d).map(|k| C64::from(entry(k))));
                }
            }
        }
        Ok(Run {
            number: 0,
            rho: match &self.options.state {
                State::Fixed(rho) => rho.matrix().as_slice().to_vec(),
                State::Optimised => start::entangled(dims),
            },
            povms,
            value: f64::NEG_INFINITY,
            sweeps: 0,
            settled: false,
        })
    }

    fn strategy(&self, mut run: Run) -> Result<QuantumStrategy, BoundError> {
        let dims = &self.options.dims;
        let rho = match &self.options.state {
            State::Fixed(rho) => rho.clone(),
            State::Optimised => {
                let total = dims.iter().product();
                let matrix =
                    Matrix::from_vec(total, run.rho).map_err(|e| unsuitable(e.to_string()))?;
                DensityMatrix::new(dims.clone(), matrix).map_err(StrategyError::from)?
            }
        };
        let mut rest = run.povms.as_mut_slice();
        let mut povms = Vec::new();
        for (i, &d) in dims.iter().enumerate() {
            let mut improver = Improver::new(d, self.answers[i]);
            let mut player = Vec::new();
            for _ in 0..self.questions[i] {
                let (block, later) = rest.split_at_mut(self.answers[i] * d * d);
                rest = later;
                improver.repair(block);
                let matrix = |m: &[C64]| {
                    Matrix::from_vec(d, m.to_vec()).map_err(|e| unsuitable(e.to_string()))
                };
                let elements = block
                    .chunks_exact(d * d)
                    .map(matrix)
                    .collect::<Result<_, _>>()?;
                player.push(Povm::new(elements).map_err(StrategyError::from)?);
            }
            povms.push(player);
        }
        Ok(QuantumStrategy::new(rho, povms)?)
    }
}

/// Buffers of one thread.
struct Searcher<'a> {
    setting: &'a Setting<'a>,
    born: Born,
    d_rho: Vec<C64>,
    d_povms: Vec<C64>,
    improvers: Vec<Improver>,
    values: Vec<f64>,
    vectors: Vec<C64>,
    scratch: EighScratch,
}

impl Searcher<'_> {
    /// Sweeps until the value stands still.
    fn climb(&mut self, run: &mut Run, iterations: usize, tolerance: f64) {
        let mut still = 0;
        for sweep in 0..iterations.max(1) {
            let before = run.value;
            // early on, soft steps keep a start from falling into the nearest trap
            self.sweep(run, if sweep < 6 { 3 } else { 0 });
            run.sweeps += 1;
            if run.value - before < tolerance * self.setting.scale {
                still += 1;
            } else {
                still = 0;
            }
            let late = || {
                self.setting
                    .deadline
                    .is_some_and(|end| Instant::now() >= end)
            };
            run.settled = still >= 2;
            if run.settled || late() {
                break;
            }
        }
    }

    /// Every player's measurements, then the state.
    fn sweep(&mut self, run: &mut Run, fixed_point: usize) {
        let setting = self.setting;
        let mut offset = 0;
        for (i, &d) in setting.options.dims.iter().enumerate() {
            self.gradients(run);
            let size = setting.answers[i] * d * d;
            for x in 0..setting.questions[i] {
                let range = offset + x * size..offset + (x + 1) * size;
                let r = &self.d_povms[range.clone()];
                self.improvers[i].improve(r, &mut run.povms[range], fixed_point);
            }
            offset += setting.questions[i] * size;
        }
        self.best_state(run);
    }

    /// The state becomes the best for the measurements; the value is that of both.
    fn best_state(&mut self, run: &mut Run) {
        let setting = self.setting;
        self.gradients(run);
        let total = self.values.len();
        if setting.options.state == State::Optimised {
            let (values, vectors) = (&mut self.values, &mut self.vectors);
            eigh(total, &self.d_rho, values, vectors, &mut self.scratch);
            let top = total - 1;
            for r in 0..total {
                for c in 0..total {
                    let (v, w) = (self.vectors[r * total + top], self.vectors[c * total + top]);
                    run.rho[r * total + c] = v * w.conj();
                }
            }
            run.value = self.values[top];
        } else {
            let pairs = self.d_rho.iter().zip(&run.rho);
            run.value = pairs.map(|(g, r)| (g.conj() * r).re).sum();
        }
    }

    /// Game operator and effective operators: derivatives of the value.
    fn gradients(&mut self, run: &Run) {
        self.born.backward(
            &run.rho,
            &run.povms,
            &self.setting.coefficients,
            &mut self.d_rho,
            &mut self.d_povms,
        );
    }
}
