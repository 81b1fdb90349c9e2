//! Claims: Tsirelson's program gives the value of XOR games from both sides, and strategies that reach it.

use bellwether::bound::npa::{self, Level};
use bellwether::bound::xor::{Options, correlation, solve};
use bellwether::bound::{BoundError, local, seesaw};
use bellwether::game::{Game, catalog};
use std::f64::consts::PI;

fn game(name: &str) -> Game {
    catalog::lookup(name).unwrap().game
}

#[test]
fn closed_forms() {
    let cycle = |n: f64| (PI / (4.0 * n)).cos().powi(2);
    let known = [
        ("chsh", (2.0 + 2f64.sqrt()) / 4.0, 2),
        ("odd-cycle:3", cycle(3.0), 2),
        ("odd-cycle:5", cycle(5.0), 2),
        ("odd-cycle:7", cycle(7.0), 2),
        ("chained:3", cycle(3.0), 2),
        ("chained:4", cycle(4.0), 2),
        ("chained:10", cycle(10.0), 2),
        ("elegant", 4.0 * 3f64.sqrt(), 3),
    ];
    for (name, value, rank) in known {
        let game = game(name);
        let found = solve(&game, &Options::default()).unwrap();
        assert!((found.lower - value).abs() < 1e-11, "{name}: {}", found.lower);
        assert!(found.upper >= value - 1e-15 && found.upper < value + 1e-9, "{name}: {}", found.upper);
        assert_eq!(found.rank, rank, "{name}");
        let strategy = found.strategy.as_ref().unwrap();
        let played = game.value(&strategy.behaviour().unwrap()).unwrap();
        assert!((played - value).abs() < 1e-11, "{name}: the strategy has {played}");
        assert!(found.bracket().unwrap().gap() < 1e-9);
    }
}

#[test]
fn random_games_agree_with_see_saw_and_hierarchy() {
    let level: Level = "1".parse().unwrap();
    for seed in 0..12 {
        let game = game(&format!("random-xor:{seed}:{}", 3 + seed % 4));
        let found = solve(&game, &Options::default()).unwrap();
        assert!(found.upper >= found.lower && found.upper - found.lower < 1e-9, "{seed}");
        let npa = npa::upper_bound(&game, &level, &npa::Options::default()).unwrap();
        assert!((npa.value - found.lower).abs() < 1e-7, "{seed}: {} {}", npa.value, found.lower);
        let options = seesaw::Options { seed, restarts: 8, ..seesaw::Options::new(vec![4, 4]) };
        let search = seesaw::lower_bound(&game, &options).unwrap();
        assert!(search.value <= found.upper + 1e-12, "{seed}");
        let strategy = found.strategy.unwrap();
        let played = game.value(&strategy.behaviour().unwrap()).unwrap();
        assert!((played - found.lower).abs() < 1e-11 && played <= found.upper, "{seed}");
    }
}

#[test]
fn unfinished_ascents_bound_from_the_right_sides() {
    for seed in 0..10 {
        let game = game(&format!("random-xor:{seed}:6"));
        let best = solve(&game, &Options::default()).unwrap();
        for max_iterations in [0, 1, 3] {
            let early = solve(&game, &Options { max_iterations, ..Options::default() }).unwrap();
            assert!(early.upper >= best.lower - 1e-13, "{seed} {max_iterations}");
            assert!(early.lower <= best.upper + 1e-13, "{seed} {max_iterations}");
        }
    }
}

#[test]
fn vectors_are_unit_and_give_the_value() {
    let game = game("random-xor:4:9");
    let form = correlation(&game).unwrap();
    let found = solve(&game, &Options::default()).unwrap();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let mut value = bellwether::game::to_f64(&form.constant);
    for (u, row) in found.vectors[0].iter().zip(&form.matrix) {
        assert!((dot(u, u) - 1.0).abs() < 1e-12);
        for (v, g) in found.vectors[1].iter().zip(row) {
            value += bellwether::game::to_f64(g) * dot(u, v);
        }
    }
    assert!((value - found.lower).abs() < 1e-12);
}

/// Vectors on a line are deterministic answers: they are found only where entanglement wins nothing, and there nearly always.
#[test]
fn vectors_on_a_line_are_a_classical_strategy() {
    let (mut classical, mut longer) = (0, 0);
    for seed in 0..60 {
        let game = game(&format!("random-xor:{seed}:3"));
        let found = solve(&game, &Options::default()).unwrap();
        let local = local::maximum(&game, &local::Options::default()).unwrap();
        if found.upper - bellwether::game::to_f64(&local.lower) < 1e-9 {
            classical += 1;
            longer += u32::from(found.rank > 1);
        } else {
            assert!(found.rank > 1, "{seed}");
        }
    }
    assert!(classical >= 10 && longer <= 2, "{longer} of {classical}");
}

#[test]
fn other_games_are_refused() {
    for name in ["tetra", "i3322", "ghz", "tilted-chsh", "cglmp:3"] {
        let refused = solve(&game(name), &Options::default());
        assert!(matches!(refused, Err(BoundError::Unsuitable { .. })), "{name}");
    }
    // a strategy too large is left out, the bounds stay
    let found = solve(&game("elegant"), &Options { max_dimension: 1, ..Options::default() }).unwrap();
    assert!(found.strategy.is_none() && found.upper - found.lower < 1e-9);
}
