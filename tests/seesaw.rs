//! Claims: see-saw finds the known optima, and what it returns is a strategy of the value it says.

use bellwether::bound::BoundError;
use bellwether::bound::seesaw::{Options, State, lower_bound};
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
    let known: Vec<Known> =
        serde_json::from_str(include_str!("data/reference-values.json")).unwrap();
    for k in known {
        let (Some(d), false) = (k.dimension, ROUGH.contains(&k.id.as_str())) else {
            continue;
        };
        let Ok(entry) = catalog::lookup(&k.name) else {
            panic!("{} is not in the catalogue", k.name)
        };
        let found = lower_bound(&entry.game, &options(&entry.game, d)).unwrap();
        let error = found.value - k.quantum;
        assert!(
            error.abs() < 1e-9,
            "{}: {} instead of {}",
            k.id,
            found.value,
            k.quantum
        );
        let value = entry
            .game
            .value(&found.strategy.behaviour().unwrap())
            .unwrap();
        assert_eq!(
            value, found.value,
            "{}: the value is that of the strategy",
            k.id
        );
        assert_eq!(found.strategy.scenario(), entry.game.scenario());
    }
}

#[test]
fn qubits_reach_a_quarter_of_i3322_and_little_of_tetra() {
    let (i3322, tetra) = (game("i3322"), game("tetra"));
    let found = lower_bound(&i3322, &options(&i3322, 2)).unwrap();
    assert!((found.value - 0.25).abs() < 1e-12);
    let found = lower_bound(&tetra, &options(&tetra, 2)).unwrap();
    assert!(
        (found.value - 0.6257961721710).abs() < 1e-10,
        "{}",
        found.value
    );
}

#[test]
fn tetra_is_found_from_every_seed() {
    let tetra = game("tetra");
    for seed in 0..20 {
        let found = lower_bound(
            &tetra,
            &Options {
                seed,
                restarts: 16,
                ..options(&tetra, 3)
            },
        )
        .unwrap();
        assert!(
            (found.value - 209.0 / 324.0).abs() < 1e-10,
            "seed {seed}: {}",
            found.value
        );
        assert!(found.hits >= 1 && found.hits <= found.restarts);
    }
}

#[test]
fn the_result_does_not_depend_on_threads() {
    let game = game("random:3:4:3");
    let run = |threads| {
        let o = Options {
            threads: Some(threads),
            restarts: 20,
            seed: 9,
            ..options(&game, 3)
        };
        lower_bound(&game, &o).unwrap()
    };
    let (one, two) = (run(1), run(2));
    assert_eq!(one.strategy, two.strategy);
    assert_eq!(
        (one.value, one.hits, one.sweeps),
        (two.value, two.hits, two.sweeps)
    );
    let other = lower_bound(
        &game,
        &Options {
            seed: 10,
            restarts: 1,
            ..options(&game, 3)
        },
    )
    .unwrap();
    assert_ne!(one.strategy, other.strategy);
}

#[test]
fn a_given_state_is_kept() {
    let chsh = game("chsh");
    for visibility in [1.0, 0.9, 0.5, 0.0] {
        let rho = DensityMatrix::werner(visibility).unwrap();
        let o = Options {
            state: State::Fixed(rho.clone()),
            ..options(&chsh, 2)
        };
        let found = lower_bound(&chsh, &o).unwrap();
        assert_eq!(found.strategy.rho(), &rho);
        // Horodecki: v cos^2(pi/8) + (1-v)/2, or the classical 3/4 by ignoring the state
        let value = (0.5 + visibility * 0.5 / 2f64.sqrt()).max(0.75);
        assert!(
            (found.value - value).abs() < 1e-9,
            "v = {visibility}: {}",
            found.value
        );
    }
}

#[test]
fn unequal_dimensions_and_a_target() {
    let chsh = game("chsh");
    let o = Options {
        dims: vec![2, 3],
        restarts: 200,
        target: Some(0.8535533905932737),
        ..options(&chsh, 2)
    };
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
    assert!(
        matches!(wrong, Err(BoundError::Unsuitable { .. })),
        "{wrong:?}"
    );
    for dims in [vec![0, 2], vec![100, 100]] {
        let wrong = lower_bound(&chsh, &Options::new(dims));
        assert!(matches!(wrong, Err(BoundError::Strategy(_))), "{wrong:?}");
    }
    let state = State::Fixed(DensityMatrix::maximally_entangled(3).unwrap());
    let wrong = lower_bound(
        &chsh,
        &Options {
            state,
            ..options(&chsh, 2)
        },
    );
    assert!(
        matches!(wrong, Err(BoundError::Unsuitable { .. })),
        "{wrong:?}"
    );
}
