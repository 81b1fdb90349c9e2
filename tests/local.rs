//! The shared-randomness optimum: known values, and agreement of every way to compute it.

mod common;

use bellwether::bound::local::{self, Method, Options};
use bellwether::bound::local_lp;
use bellwether::game::{Game, Rational, Scenario};
use common::games::*;
use proptest::prelude::*;
use std::time::Duration;

fn best(game: &Game) -> Rational {
    let found = local::maximum(game, &Options::default()).unwrap();
    assert!(found.is_exact());
    assert_eq!(found.strategy.value(game), found.lower);
    found.lower
}

#[test]
fn known_values() {
    for (game, p, q) in [
        (chsh(), 3, 4),
        (ghz(), 3, 4),
        (tetra(), 5, 8),
        (cube(), 5, 16),
        (i3322(), 0, 1),
        (magic_square(), 8, 9),
        (gyni(), 1, 4),
        (product(&chsh(), &chsh()), 5, 8),
    ] {
        assert_eq!(best(&game), rational(p, q), "{}", game.name());
    }
}

/// Random scenarios of 1 to 3 players with signed integer payoffs.
fn games() -> impl Strategy<Value = (Scenario, Vec<i64>)> {
    let player = (1usize..4, 1usize..4);
    proptest::collection::vec(player, 1..4)
        .prop_filter("small enough to list", |players| {
            players.iter().map(|&(q, a)| a.pow(q as u32)).product::<usize>() <= 3000
        })
        .prop_flat_map(|players| {
            let (q, a) = players.into_iter().unzip();
            let s = Scenario::new(q, a).unwrap();
            let cells = s.cells();
            // zeros are frequent, so that games fall into parts
            let payoff = prop_oneof![2 => Just(0i64), 3 => -9i64..10];
            (Just(s), proptest::collection::vec(payoff, cells))
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_method_finds_the_brute_force_optimum((s, c) in games()) {
        let game = dense("random", &s, &c);
        let truth = brute_force(&game);
        for method in [Method::Auto, Method::Enumeration, Method::BranchAndBound] {
            for split in [true, false] {
                let found = local::maximum(&game, &Options { method, split, ..Options::default() }).unwrap();
                prop_assert_eq!(&found.lower, &truth, "{} split {}", method, split);
                prop_assert_eq!(&found.upper, &truth);
                prop_assert_eq!(found.strategy.value(&game), truth.clone());
            }
        }
        let (bound, weights) = local_lp::maximum(&game).unwrap();
        prop_assert!((bound.value - bellwether::game::to_f64(&truth)).abs() < 1e-6);
        prop_assert!((weights.iter().map(|(_, w)| w).sum::<f64>() - 1.0).abs() < 1e-7);
    }

    #[test]
    fn minimum_is_minus_the_maximum_of_minus((s, c) in games()) {
        let game = dense("random", &s, &c);
        let negated: Vec<i64> = c.iter().map(|v| -v).collect();
        let low = local::minimum(&game, &Options::default()).unwrap();
        prop_assert_eq!(low.upper.clone(), -best(&dense("negated", &s, &negated)));
        prop_assert_eq!(low.strategy.value(&game), low.upper);
    }

    #[test]
    fn relabelling_and_swapping_players_change_nothing((s, c) in games(), shift in 1usize..4) {
        let game = dense("random", &s, &c);
        let n = s.players();
        // questions and answers rotate, players too
        let q: Vec<usize> = (0..n).map(|i| s.questions()[(i + 1) % n]).collect();
        let a: Vec<usize> = (0..n).map(|i| s.answers()[(i + 1) % n]).collect();
        let turned = Game::functional("turned", Scenario::new(q, a).unwrap(), |x, a| {
            let back = |v: &[usize], radix: &[usize]| -> Vec<usize> {
                (0..n).map(|i| (v[(i + n - 1) % n] + shift) % radix[i]).collect()
            };
            let (x, a) = (back(x, s.questions()), back(a, s.answers()));
            rational(c[s.question_index(&x) * s.joint_answers() + s.answer_index(&a)], 1)
        }).unwrap();
        prop_assert_eq!(best(&game), best(&turned));
    }
}

/// Signed payoffs of any kind for two players with two answers, marginals included.
fn two_answers() -> impl Strategy<Value = (Scenario, Vec<i64>)> {
    (1usize..6, 1usize..6).prop_flat_map(|(p, q)| {
        let s = scenario(&[p, q], &[2, 2]);
        let cells = s.cells();
        (Just(s), proptest::collection::vec(-9i64..10, cells))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn correlators_find_the_brute_force_optimum((s, c) in two_answers(), marginals in any::<bool>()) {
        let c: Vec<i64> = if marginals {
            c
        } else {
            c.chunks(4).flat_map(|c| [c[0], c[1], c[1], c[0]]).collect()
        };
        let game = dense("random", &s, &c);
        let options = Options { method: Method::Correlators, ..Options::default() };
        let found = local::maximum(&game, &options).unwrap();
        prop_assert_eq!(&found.lower, &brute_force(&game));
        prop_assert!(found.is_exact());
        prop_assert_eq!(found.strategy.value(&game), found.lower);
    }
}

/// Correlators at random from -9 to 9, a classical benchmark.
pub fn correlators(n: usize, seed: u64) -> Game {
    use rand::{RngExt, SeedableRng};
    let mut rng = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut c = Vec::new();
    for _ in 0..n * n {
        let m = rng.random_range(-9i64..10);
        c.extend([m, -m, -m, m]);
    }
    dense("correlators", &scenario(&[n, n], &[2, 2]), &c)
}

#[test]
fn correlators_agree_with_branch_and_bound_and_threads() {
    for (n, seed) in [(9, 0), (13, 1), (14, 2), (21, 3), (22, 4)] {
        let game = correlators(n, seed);
        let run = |threads, method| {
            let found = local::maximum(&game, &Options { threads, method, ..Options::default() }).unwrap();
            assert!(found.is_exact() && found.strategy.value(&game) == found.lower);
            (found.lower, found.strategy)
        };
        let one = run(1, Method::Correlators);
        for threads in [0, 2, 3] {
            assert_eq!(run(threads, Method::Correlators), one);
        }
        if n < 15 {
            assert_eq!(run(0, Method::BranchAndBound).0, one.0);
        }
    }
    let wrong = Options { method: Method::Correlators, ..Options::default() };
    assert!(local::maximum(&tetra(), &wrong).is_err());
}

#[test]
fn disjoint_unions_add() {
    let games = [chsh(), tetra(), magic_square(), i3322()];
    for f in &games {
        for g in &games {
            assert_eq!(best(&disjoint_union(f, g)), best(f) + best(g));
        }
    }
}

#[test]
fn products_are_super_multiplicative() {
    for (f, g) in [(chsh(), chsh()), (chsh(), tetra()), (ghz(), ghz())] {
        assert!(best(&product(&f, &g)) >= best(&f) * best(&g));
    }
}

/// A game of 0/1 payoffs from a seed, large enough for several threads.
pub fn seeded(q: usize, a: usize, seed: u64) -> Game {
    use rand::{RngExt, SeedableRng};
    let mut rng = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(seed);
    let s = scenario(&[q, q], &[a, a]);
    let c: Vec<i64> = (0..s.cells()).map(|_| i64::from(rng.random_bool(0.5))).collect();
    dense("seeded", &s, &c)
}

#[test]
fn threads_agree_on_value_and_strategy() {
    for seed in 0..4 {
        let game = seeded(9, 3, seed);
        for method in [Method::Auto, Method::Enumeration, Method::BranchAndBound] {
            let run = |threads| {
                let options = Options { threads, method, ..Options::default() };
                let found = local::maximum(&game, &options).unwrap();
                (found.lower, found.upper, found.strategy)
            };
            let one = run(1);
            for threads in [0, 2, 3, 5] {
                assert_eq!(run(threads), one, "{method} with {threads} threads");
            }
        }
    }
}

#[test]
fn out_of_time_still_brackets() {
    let game = seeded(24, 3, 1);
    let limit = Some(Duration::from_millis(30));
    let found = local::maximum(&game, &Options { time_limit: limit, ..Options::default() }).unwrap();
    assert!(found.lower < found.upper && found.seconds < 5.0);
    assert_eq!(found.strategy.value(&game), found.lower);
    assert!(found.method.ends_with("out of time"));
    let bracket = found.bracket().unwrap();
    assert!(bracket.gap() > 0.0 && !bracket.is_exact());
}

#[test]
fn progress_ends_at_one() {
    let last = std::sync::Mutex::new(0.0);
    let report = |f: f64| *last.lock().unwrap() = f;
    let options = Options { progress: Some(&report), ..Options::default() };
    local::maximum(&cube(), &options).unwrap();
    assert_eq!(*last.lock().unwrap(), 1.0);
}

#[test]
fn payoffs_near_the_limit_of_the_integers_do_not_overflow() {
    let big = i64::MAX / 4 / 4;
    let s = scenario(&[2, 2], &[2, 2]);
    let game =
        Game::functional("big", s, |x, a| rational(if a[0] ^ a[1] == x[0] & x[1] { big } else { -big }, 1)).unwrap();
    for method in [Method::Auto, Method::Enumeration, Method::BranchAndBound] {
        let found = local::maximum(&game, &Options { method, ..Options::default() }).unwrap();
        assert_eq!(found.lower, rational(2 * big, 1));
    }
    let too_big = scenario(&[2, 2], &[2, 2]);
    let too_big = Game::functional("too-big", too_big, |_, _| rational(i64::MAX / 4, 1)).unwrap();
    assert!(local::maximum(&too_big, &Options::default()).is_err());
}

#[test]
fn shares_of_a_search_join_to_what_one_search_finds() {
    for game in [
        chsh(),
        ghz(),
        tetra(),
        cube(),
        i3322(),
        magic_square(),
        product(&chsh(), &chsh()),
        catalog("random-xor:1:8"),
        catalog("random-xor:2:24"),
        catalog("mermin:3"),
    ] {
        let one = local::maximum(&game, &Options::default()).unwrap();
        for of in [1, 2, 5] {
            let take = |k| local::share(&game, k, of, &Options::default()).unwrap();
            let mut shares: Vec<_> = (0..of).rev().map(take).collect();
            let joined = local::join(&game, &shares).unwrap();
            assert_eq!((&joined.lower, &joined.upper), (&one.lower, &one.upper));
            assert_eq!(joined.strategy, one.strategy, "{} in {of}", game.name());
            if of > 1 {
                shares[0] = shares[1].clone();
                assert!(local::join(&game, &shares).is_err());
                shares.pop();
                assert!(local::join(&game, &shares).is_err());
            }
        }
        assert!(local::share(&game, 3, 3, &Options::default()).is_err());
    }
}

#[test]
fn a_share_of_another_game_is_refused() {
    let share = local::share(&magic_square(), 0, 1, &Options::default()).unwrap();
    assert!(local::join(&chsh(), std::slice::from_ref(&share)).is_err());
    assert!(local::join(&magic_square(), &[share]).is_ok());
}

fn catalog(name: &str) -> Game {
    bellwether::game::catalog::lookup(name).unwrap().game
}
