//! Claims: see-saw finds the known optima, and what it returns is a strategy of the value it says.

use bellwether::bound::BoundError;
use bellwether::bound::seesaw::{Options, State, lower_bound, polish};
use bellwether::game::{Game, catalog};
use bellwether::quantum::DensityMatrix;
use serde::Deserialize;

fn game(name: &str) -> Game {
    catalog::lookup(name).unwrap().game
}

fn options(game: &Game, d: usize) -> Options<'static> {
    Options::new(vec![d; game.scenario().players()])
}

#[derive(Deserialize)]
struct Known {
    id: String,
    name: String,
    quantum: f64,
    dimension: Option<usize>,
}

/// Known to few digits, or only from below.
const ROUGH: [&str; 3] = ["cglmp5", "chsh_mod4", "chsh_mod5"];

#[test]
fn reaches_the_known_values() {
    let known: Vec<Known> = serde_json::from_str(include_str!("data/reference-values.json")).unwrap();
    for k in known {
        let (Some(d), false) = (k.dimension, ROUGH.contains(&k.id.as_str())) else {
            continue;
        };
        let Ok(entry) = catalog::lookup(&k.name) else { panic!("{} is not in the catalogue", k.name) };
        let found = lower_bound(&entry.game, &options(&entry.game, d)).unwrap();
        let error = found.value - k.quantum;
        assert!(error.abs() < 1e-9, "{}: {} instead of {}", k.id, found.value, k.quantum);
        let value = entry.game.value(&found.strategy.behaviour().unwrap()).unwrap();
        assert_eq!(value, found.value, "{}: the value is that of the strategy", k.id);
        assert_eq!(found.strategy.scenario(), entry.game.scenario());
    }
}

#[test]
fn qubits_reach_a_quarter_of_i3322_and_little_of_tetra() {
    let (i3322, tetra) = (game("i3322"), game("tetra"));
    let found = lower_bound(&i3322, &options(&i3322, 2)).unwrap();
    assert!((found.value - 0.25).abs() < 1e-12);
    let found = lower_bound(&tetra, &options(&tetra, 2)).unwrap();
    assert!((found.value - 0.6257961721710).abs() < 1e-10, "{}", found.value);
}

#[test]
fn tetra_is_found_from_every_seed() {
    let tetra = game("tetra");
    for seed in 0..20 {
        let found = lower_bound(&tetra, &Options { seed, restarts: 16, ..options(&tetra, 3) }).unwrap();
        assert!((found.value - 209.0 / 324.0).abs() < 1e-10, "seed {seed}: {}", found.value);
        assert!(found.hits >= 1 && found.hits <= found.restarts);
    }
}

/// `cargo test --release --test seesaw -- --ignored --nocapture`; output in `docs/benchmarks.md`.
#[test]
#[ignore = "measures a rate"]
fn tetra_is_found_from_three_hundred_seeds_as_bounds_searches() {
    let tetra = game("tetra");
    let classical = bellwether::bound::local::maximum(&tetra, &Default::default()).unwrap();
    let (mut found, mut hits, mut longest, mut total) = (0, 0, 0.0_f64, 0.0);
    for seed in 0..330 {
        let o = Options {
            seed,
            restarts: 100,
            threads: Some(1),
            classical: Some(classical.strategy.clone()),
            ..Options::new(vec![3, 3])
        };
        let run = lower_bound(&tetra, &o).unwrap();
        found += usize::from((run.value - 209.0 / 324.0).abs() < 1e-10);
        hits += run.hits;
        longest = longest.max(run.seconds);
        total += run.seconds;
    }
    println!("{found} of 330 seeds, {hits} of 33000 starts; longest {longest:.3} s, together {total:.1} s");
    assert!(found > 327);
}

#[test]
fn the_result_does_not_depend_on_threads() {
    let game = game("random:3:4:3");
    let run = |threads| {
        let o = Options { threads: Some(threads), restarts: 20, seed: 9, ..options(&game, 3) };
        lower_bound(&game, &o).unwrap()
    };
    let (one, two) = (run(1), run(2));
    assert_eq!(one.strategy, two.strategy);
    assert_eq!((one.value, one.hits, one.sweeps), (two.value, two.hits, two.sweeps));
    let other = lower_bound(&game, &Options { seed: 10, restarts: 1, ..options(&game, 3) }).unwrap();
    assert_ne!(one.strategy, other.strategy);
}

#[test]
fn a_given_state_is_kept() {
    let chsh = game("chsh");
    for visibility in [1.0, 0.9, 0.5, 0.0] {
        let rho = DensityMatrix::werner(visibility).unwrap();
        let o = Options { state: State::Fixed(rho.clone()), ..options(&chsh, 2) };
        let found = lower_bound(&chsh, &o).unwrap();
        assert_eq!(found.strategy.rho(), &rho);
        // Horodecki: v cos^2(pi/8) + (1-v)/2, or the classical 3/4 by ignoring the state
        let value = (0.5 + visibility * 0.5 / 2f64.sqrt()).max(0.75);
        assert!((found.value - value).abs() < 1e-9, "v = {visibility}: {}", found.value);
    }
}

#[test]
fn unequal_dimensions_and_a_target() {
    let chsh = game("chsh");
    let o = Options { dims: vec![2, 3], restarts: 200, target: Some(0.8535533905932737), ..options(&chsh, 2) };
    let found = lower_bound(&chsh, &o).unwrap();
    assert!((found.value - 0.8535533905932737).abs() < 1e-10);
    assert!(found.restarts < 200, "the target was reached");
    // dimension 1 is classical
    let classical = lower_bound(&chsh, &options(&chsh, 1)).unwrap();
    assert!((classical.value - 0.75).abs() < 1e-12);
}

#[test]
fn what_does_not_fit_is_refused() {
    let chsh = game("chsh");
    let wrong = lower_bound(&chsh, &Options::new(vec![2, 2, 2]));
    assert!(matches!(wrong, Err(BoundError::Unsuitable { .. })), "{wrong:?}");
    for dims in [vec![0, 2], vec![100, 100]] {
        let wrong = lower_bound(&chsh, &Options::new(dims));
        assert!(matches!(wrong, Err(BoundError::Strategy(_))), "{wrong:?}");
    }
    let state = State::Fixed(DensityMatrix::maximally_entangled(3).unwrap());
    let wrong = lower_bound(&chsh, &Options { state, ..options(&chsh, 2) });
    assert!(matches!(wrong, Err(BoundError::Unsuitable { .. })), "{wrong:?}");
}

#[test]
fn a_classical_start_is_a_floor() {
    use bellwether::bound::local;
    // qubits that start anywhere lose to the classical optimum of a game of five answers now and then
    for name in ["random:4:4:3", "chsh-mod:5", "gyni:3", "random:2:3:5"] {
        let game = game(name);
        let best = local::maximum(&game, &local::Options::default()).unwrap();
        let o = Options { restarts: 1, classical: Some(best.strategy.clone()), ..options(&game, 2) };
        let found = lower_bound(&game, &o).unwrap();
        let classical = bellwether::game::to_f64(&best.lower);
        assert!(found.value >= classical - 1e-12, "{name}: {}", found.value);
    }
    let other = local::maximum(&game("tetra"), &local::Options::default()).unwrap();
    let chsh = game("chsh");
    let o = Options { classical: Some(other.strategy), ..options(&chsh, 2) };
    let wrong = lower_bound(&chsh, &o);
    assert!(matches!(wrong, Err(BoundError::Unsuitable { .. })), "{wrong:?}");
}

/// With one sweep per start, what the ascent through QuantumSoftmax gains is more than the twenty sweeps after it find
/// alone. (Both end in some local optimum: in single runs either may be the better.)
#[test]
fn gradient_polishing_helps_more_often_than_it_hurts() {
    let (mut better, mut worse) = (0, 0);
    for (name, d) in [("tetra", 3), ("chsh-mod:3", 3), ("cglmp:4", 4), ("chained:4", 2)] {
        let game = game(name);
        for seed in 0..4 {
            let run = |gradient_steps| {
                let o = Options { restarts: 1, iterations: 1, gradient_steps, seed, ..options(&game, d) };
                lower_bound(&game, &o).unwrap().value
            };
            let (without, with) = (run(0), run(40));
            better += usize::from(with > without + 1e-9);
            worse += usize::from(with < without - 1e-9);
        }
    }
    assert!(better > worse, "better in {better} runs, worse in {worse}");
}

/// No sweep at all: from a random start the gradient alone climbs to the top.
#[test]
fn the_ascent_alone_reaches_the_optimum() {
    let root = (11.0 / 3.0f64).sqrt();
    let chained = (std::f64::consts::PI / 16.0).cos().powi(2);
    for (name, d, value) in [("tetra", 3, 209.0 / 324.0), ("cglmp:3", 3, 1.0 + root), ("chained:4", 2, chained)] {
        let game = game(name);
        for seed in 0..3 {
            let o = Options { restarts: 1, iterations: 0, seed, ..options(&game, d) };
            let found = lower_bound(&game, &o).unwrap();
            let gap = value - found.value;
            assert!(gap.abs() < 1e-8, "{name} {seed}: {gap:e} from the top");
        }
    }
}

/// A strategy on a noisy state is brought to the top of its hill, one of another game is refused.
#[test]
fn a_given_strategy_is_polished() {
    let chsh = game("chsh");
    let rho = DensityMatrix::werner(0.8).unwrap();
    let o = Options { state: State::Fixed(rho), restarts: 4, ..options(&chsh, 2) };
    let noisy = lower_bound(&chsh, &o).unwrap();
    let polished = polish(&chsh, &noisy.strategy, &options(&chsh, 2)).unwrap();
    let tsirelson = (2.0 + 2f64.sqrt()) / 4.0;
    assert!(noisy.value < 0.8 && (polished.value - tsirelson).abs() < 1e-12);
    assert!(polished.sweeps >= 2);
    let played = polished.strategy.behaviour().unwrap();
    assert_eq!(chsh.value(&played).unwrap(), polished.value);
    let wrong = polish(&game("tetra"), &noisy.strategy, &options(&chsh, 2));
    assert!(matches!(wrong, Err(BoundError::Game(_))), "{wrong:?}");
}

#[test]
fn time_is_kept() {
    let game = game("random:3:8:4");
    let o = Options { time_limit: Some(std::time::Duration::from_millis(50)), restarts: 100_000, ..options(&game, 4) };
    let found = lower_bound(&game, &o).unwrap();
    assert!(found.restarts < 100_000 && found.value > 0.0);
}
