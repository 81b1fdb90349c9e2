//! What is common to all starts of a search, and what a start begins and ends as.

use super::measurement::Improver;
use super::search::Searcher;
use super::{Options, State, start, unsuitable};
use crate::bound::BoundError;
use crate::game::{Game, Rational, to_f64};
use crate::quantum::hermitian::EighScratch;
use crate::quantum::{Born, BornError, C64, DensityMatrix, Matrix, Povm};
use crate::strategy::{Deterministic, QuantumStrategy, StrategyError};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use std::collections::BTreeMap;
use std::time::Instant;

/// A strategy under way.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) number: usize,
    pub(super) rho: Vec<C64>,
    pub(super) povms: Vec<C64>,
    pub(super) value: f64,
    pub(super) sweeps: usize,
    /// Whether the last climb ended because the value stood still.
    pub(super) settled: bool,
}

/// What is common to all starts.
pub(super) struct Setting<'a> {
    pub(super) options: &'a Options<'a>,
    pub(super) deadline: Option<Instant>,
    pub(super) answers: Vec<usize>,
    pub(super) questions: Vec<usize>,
    pub(super) born: Born,
    /// Coefficients on the questions that occur, as the Born rule lists them.
    pub(super) coefficients: Vec<f64>,
    /// Sum over questions of the largest coefficient: what values are measured in.
    pub(super) scale: f64,
}

impl<'a> Setting<'a> {
    pub(super) fn new(game: &Game, options: &'a Options<'a>) -> Result<Self, BoundError> {
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
            return Err(unsuitable(format!("a state of dimensions {:?} given, wanted {:?}", rho.dims(), options.dims)));
        }
        let mut rows: BTreeMap<usize, Vec<(usize, &Rational)>> = BTreeMap::new();
        for t in game.terms() {
            rows.entry(t.question).or_default().push((t.answer, &t.weight));
        }
        if rows.is_empty() {
            return Err(unsuitable("the game has no coefficients".into()));
        }
        let joint: Vec<Vec<usize>> = rows.keys().map(|&x| scenario.question(x)).collect();
        let born = Born::new(&options.dims, scenario.answers(), scenario.questions(), &joint)
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

    pub(super) fn searcher(&self) -> Searcher<'_> {
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
    pub(super) fn start(&self, number: usize, seed: u64) -> Run {
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
                povms.extend(start::measurement(d, self.answers[i], number % 4 != 3, &mut rng));
            }
        }
        Run { number, rho, povms, value: f64::NEG_INFINITY, sweeps: 0, settled: false }
    }

    /// A classical strategy as a start: every outcome is certain or impossible, on a maximally entangled state.
    pub(super) fn at(&self, strategy: &Deterministic) -> Result<Run, BoundError> {
        let fits = strategy.choices().len() == self.questions.len()
            && strategy.choices().iter().zip(&self.questions).all(|(c, &q)| c.len() == q)
            && strategy.choices().iter().zip(&self.answers).all(|(c, &k)| c.iter().all(|&a| a < k));
        if !fits {
            return Err(unsuitable("the classical strategy to start from is for another game".into()));
        }
        let dims = &self.options.dims;
        let mut povms = Vec::with_capacity(self.born.povms_len());
        for (i, &d) in dims.iter().enumerate() {
            for &answer in &strategy.choices()[i] {
                for a in 0..self.answers[i] {
                    let certain = f64::from(u8::from(a == answer));
                    let entry = |k: usize| {
                        if k.is_multiple_of(d + 1) { certain } else { 0.0 }
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

    pub(super) fn strategy(&self, mut run: Run) -> Result<QuantumStrategy, BoundError> {
        let dims = &self.options.dims;
        let rho = match &self.options.state {
            State::Fixed(rho) => rho.clone(),
            State::Optimised => {
                let total = dims.iter().product();
                let matrix = Matrix::from_vec(total, run.rho).map_err(|e| unsuitable(e.to_string()))?;
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
                let matrix = |m: &[C64]| Matrix::from_vec(d, m.to_vec()).map_err(|e| unsuitable(e.to_string()));
                let elements = block.chunks_exact(d * d).map(matrix).collect::<Result<_, _>>()?;
                player.push(Povm::new(elements).map_err(StrategyError::from)?);
            }
            povms.push(player);
        }
        Ok(QuantumStrategy::new(rho, povms)?)
    }
}
