//! The non-signalling optimum: known values, proofs re-verified, and its place in the hierarchy.

mod common;

use bellwether::bound::no_signalling::{NsOptimum, maximum};
use bellwether::bound::{Evidence, local};
use bellwether::game::{Behaviour, Game, Rational, Scenario, to_f64};
use common::games::*;
use num_traits::{Signed, Zero};
use proptest::prelude::*;

/// Re-verifies both sides from what is returned, by the definitions.
fn verify(game: &Game, found: &NsOptimum) {
    let s = game.scenario();
    assert!(found.lower <= found.upper && found.upper <= found.messages_upper);
    // lower: a table that is a behaviour and signals nothing, exactly
    assert_eq!(game.value_exact(&found.behaviour).unwrap(), found.lower);
    assert!(found.behaviour.iter().all(|p| !p.is_negative()));
    let k = s.joint_answers();
    for row in found.behaviour.chunks_exact(k) {
        assert_eq!(row.iter().sum::<Rational>(), rational(1, 1));
    }
    for i in 0..s.players() {
        let mut seen = std::collections::HashMap::new();
        for jq in 0..s.joint_questions() {
            let mut marginal = std::collections::BTreeMap::new();
            for ja in 0..k {
                let mut a = s.answer(ja);
                a[i] = 0;
                *marginal.entry(a).or_insert_with(Rational::zero) += &found.behaviour[jq * k + ja];
            }
            let mut x = s.question(jq);
            x[i] = 0;
            assert_eq!(seen.entry(x).or_insert_with(|| marginal.clone()), &marginal);
        }
    }
    // upper: the messages, by the formula
    let message = |i: usize, x: &[usize], a: usize| -> Rational {
        let hit = found.messages.iter().find(|m| m.player == i && m.question == x && m.answer == a);
        hit.map_or_else(Rational::zero, |m| m.value.clone())
    };
    let mut total = Rational::zero();
    for i in 0..s.players() {
        for xi in 0..s.questions()[i] {
            let sum = |a: usize| -> Rational {
                let all = (0..s.joint_questions()).map(|jq| s.question(jq));
                all.filter(|x| x[i] == xi).map(|x| message(i, &x, a)).sum()
            };
            total += (0..s.answers()[i]).map(sum).max().unwrap();
        }
    }
    for jq in 0..s.joint_questions() {
        let x = s.question(jq);
        let rest = |ja: usize| -> Rational {
            let term = game.terms().iter().find(|t| t.question == jq && t.answer == ja);
            let c = term.map_or_else(Rational::zero, |t| t.weight.clone());
            let a = s.answer(ja);
            c - (0..s.players()).map(|i| message(i, &x, a[i])).sum::<Rational>()
        };
        total += (0..k).map(rest).max().unwrap();
    }
    assert_eq!(total, found.messages_upper);
}

#[test]
fn known_values_are_proved() {
    for (game, p, q) in [
        (chsh(), 1, 1),
        (tetra(), 3, 4),
        (cube(), 3, 8),
        (magic_square(), 1, 1),
        (i3322(), 1, 1),
        (ghz(), 1, 1),
        (gyni(), 1, 3),
    ] {
        let found = maximum(&game).unwrap();
        verify(&game, &found);
        assert_eq!((found.lower.clone(), found.upper.clone()), (rational(p, q), rational(p, q)), "{}", game.name());
        let bracket = found.bracket().unwrap();
        assert!(bracket.is_exact() && bracket.upper().evidence == Evidence::Exact);
    }
}

fn games() -> impl Strategy<Value = (Scenario, Vec<i64>)> {
    proptest::collection::vec((1usize..4, 1usize..4), 1..4)
        .prop_filter("small", |v| v.iter().map(|&(q, a)| a.pow(q as u32)).product::<usize>() <= 1000)
        .prop_flat_map(|v| {
            let (q, a) = v.into_iter().unzip();
            let s = Scenario::new(q, a).unwrap();
            let cells = s.cells();
            (Just(s), proptest::collection::vec(-6i64..7, cells))
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn both_proofs_hold_and_contain_shared_randomness((s, c) in games()) {
        let game = dense("random", &s, &c);
        let found = maximum(&game).unwrap();
        verify(&game, &found);
        let sr = local::maximum(&game, &local::Options::default()).unwrap();
        prop_assert!(sr.lower <= found.upper);
        prop_assert!(to_f64(&(&found.upper - &found.lower)) < 1e-4);
        if s.players() <= 2 {
            prop_assert_eq!(&found.upper, &found.messages_upper);
        }
        // no deterministic strategy beats the bound, and noise does not either
        let noise = game.value(&Behaviour::uniform(s)).unwrap();
        prop_assert!(noise <= to_f64(&found.upper) + 1e-9);
    }
}

#[test]
fn random_two_player_games_are_exact() {
    use rand::{RngExt, SeedableRng};
    let mut rng = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(3);
    for _ in 0..20 {
        let s = scenario(&[4, 4], &[3, 3]);
        let c: Vec<i64> = (0..s.cells()).map(|_| rng.random_range(0..2)).collect();
        let game = dense("random", &s, &c);
        let found = maximum(&game).unwrap();
        verify(&game, &found);
        assert_eq!(found.lower, found.upper);
    }
}
