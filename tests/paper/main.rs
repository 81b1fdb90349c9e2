//! The paper's claims, one named test each, by theme; `docs/properties.md` maps every proposition, equation and table to
//! its test, here or elsewhere, and the test in `map` holds it to that.

mod classes;
mod games;
mod learning;
mod map;
mod quantum;

use bellwether::bound::membership::{Membership, Options, local_membership};
use bellwether::bound::{local, local_lp, no_signalling};
use bellwether::env::{End, Environment, OneShot};
use bellwether::game::{Behaviour, Game, Rational, Scenario, catalog, to_f64};
use bellwether::learn::{PolicyShape, QuantumPolicy, SharedState};
use bellwether::quantum::{C64, DensityMatrix, Matrix, Povm, QuantumSoftmax, hermitian, quantum_softmax};
use bellwether::strategy::{Coordinated, Coordinator, Factorised, PolicyClass, QuantumStrategy, SharedRandomness};
use proptest::prelude::*;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

/// Few cases each: the claims are many.
fn few() -> ProptestConfig {
    ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() }
}

fn two_by_two() -> Scenario {
    Scenario::new(vec![2, 2], vec![2, 2]).unwrap()
}

fn game(name: &str) -> Game {
    catalog::lookup(name).unwrap().game
}

/// Numbers that repeat when they run out.
fn endless(numbers: &[f64]) -> impl Iterator<Item = f64> + '_ {
    numbers.iter().copied().cycle()
}

/// A distribution over `n` values.
fn distribution(numbers: &mut impl Iterator<Item = f64>, n: usize) -> Vec<f64> {
    let raw: Vec<f64> = numbers.take(n).map(|v| v.abs() + 0.05).collect();
    let sum: f64 = raw.iter().sum();
    raw.into_iter().map(|v| v / sum).collect()
}

fn povm(numbers: &mut impl Iterator<Item = f64>, m: usize, d: usize) -> Povm {
    let mut logit = || Matrix::from_fn(d, |_, _| C64::new(numbers.next().unwrap(), numbers.next().unwrap()));
    let logits: Vec<Matrix> = (0..m).map(|_| logit()).collect();
    quantum_softmax(&logits).unwrap()
}

fn state(numbers: &mut impl Iterator<Item = f64>, dims: &[usize]) -> DensityMatrix {
    let d = dims.iter().product();
    let b = Matrix::from_fn(d, |_, _| C64::new(numbers.next().unwrap(), numbers.next().unwrap()));
    DensityMatrix::from_factor(dims.to_vec(), &b).unwrap()
}

fn quantum(numbers: &[f64], dims: &[usize], questions: usize, answers: usize) -> QuantumStrategy {
    let mut numbers = endless(numbers);
    let rho = state(&mut numbers, dims);
    let mut player = |d: usize| (0..questions).map(|_| povm(&mut numbers, answers, d)).collect();
    let povms = dims.iter().map(|&d| player(d)).collect();
    QuantumStrategy::new(rho, povms).unwrap()
}

/// `U f(A) U^H`.
fn apply(a: &Matrix, f: impl Fn(f64) -> f64) -> Matrix {
    let d = a.dim();
    let (values, v) = eigen(a);
    Matrix::from_fn(d, |r, c| (0..d).map(|k| v[r * d + k] * v[c * d + k].conj() * f(values[k])).sum())
}

fn eigen(a: &Matrix) -> (Vec<f64>, Vec<C64>) {
    let d = a.dim();
    let (mut values, mut vectors) = (vec![0.0; d], vec![C64::ZERO; d * d]);
    let mut scratch = hermitian::EighScratch::new(d);
    hermitian::eigh(d, a.as_slice(), &mut values, &mut vectors, &mut scratch);
    (values, vectors)
}

fn gap(a: &Matrix, b: &Matrix) -> f64 {
    let pairs = a.as_slice().iter().zip(b.as_slice());
    pairs.map(|(x, y)| (x - y).norm()).fold(0.0, f64::max)
}

fn numbers() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-2.0..2.0_f64, 101)
}

/// Eq. 21-24 with the off-diagonal entries of Eq. 23-24 halved (see `docs/errata.md`).
fn corrected_strategy() -> QuantumStrategy {
    let theta = std::f64::consts::FRAC_PI_8;
    let real = |entries: [f64; 4]| Matrix::from_vec(2, entries.map(C64::from).to_vec()).unwrap();
    let (c, s, o) = (theta.cos().powi(2), theta.sin().powi(2), (2.0 * theta).sin() / 2.0);
    let player_a = vec![
        Povm::new(vec![real([1.0, 0.0, 0.0, 0.0]), real([0.0, 0.0, 0.0, 1.0])]).unwrap(),
        Povm::new(vec![real([0.5, 0.5, 0.5, 0.5]), real([0.5, -0.5, -0.5, 0.5])]).unwrap(),
    ];
    let player_b = vec![
        Povm::new(vec![real([c, o, o, s]), real([s, -o, -o, c])]).unwrap(),
        Povm::new(vec![real([c, -o, -o, s]), real([s, o, o, c])]).unwrap(),
    ];
    QuantumStrategy::new(DensityMatrix::bell(), vec![player_a, player_b]).unwrap()
}
