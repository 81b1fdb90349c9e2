//! Claims for two and three players: names do not matter, games side by side add, games at once multiply at least.
//!
//! Exact bounds by proptest; the see-saw and the hierarchy on games from fixed seeds, since a search may miss.

mod common;

use bellwether::bound::{local, no_signalling, npa, seesaw};
use bellwether::game::{Game, Rational, Scenario, to_f64};
use bellwether::quantum::{DensityMatrix, Matrix, Povm};
use bellwether::strategy::QuantumStrategy;
use common::games::{dense, disjoint_union, product, relabelled};
use proptest::prelude::*;
use rand::RngExt;
use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};

fn random_game(seed: u64, players: usize, questions: usize, answers: usize) -> Game {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut sizes = |most: usize| (0..players).map(|_| rng.random_range(1..=most)).collect();
    let s = Scenario::new(sizes(questions), sizes(answers)).unwrap();
    let mut payoffs: Vec<i64> = (0..s.cells()).map(|_| rng.random_range(0..=4)).collect();
    payoffs[0] += 1; // never without any payoff
    dense("random", &s, &payoffs)
}

fn shared(game: &Game) -> Rational {
    let found = local::maximum(game, &local::Options::default()).unwrap();
    assert!(found.is_exact());
    found.upper
}

/// Both proved ends of the non-signalling value.
fn non_signalling(game: &Game) -> (f64, f64) {
    let found = no_signalling::maximum(game).unwrap();
    assert!(found.lower <= found.upper);
    (to_f64(&found.lower), to_f64(&found.upper))
}

fn two_games() -> impl Strategy<Value = (Game, Game, u64)> {
    (2usize..=3, any::<u64>(), any::<u64>()).prop_map(|(n, a, b)| {
        let answers = if n == 2 { 3 } else { 2 };
        (random_game(a, n, 2, answers), random_game(b, n, 2, 2), a ^ b)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn exact_values_do_not_depend_on_names((game, _, seed) in two_games()) {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let other = relabelled(&game, &mut rng);
        prop_assert_eq!(shared(&game), shared(&other));
        let ((a, b), (c, d)) = (non_signalling(&game), non_signalling(&other));
        prop_assert!(a <= d && c <= b, "{} {} {} {}", a, b, c, d);
        prop_assert!(b - a < 1e-7 && d - c < 1e-7);
    }

    #[test]
    fn exact_values_of_games_side_by_side_add((f, g, _) in two_games()) {
        let union = disjoint_union(&f, &g);
        prop_assert_eq!(shared(&union), shared(&f) + shared(&g));
        let ((a, b), (c, d)) = (non_signalling(&f), non_signalling(&g));
        let (low, high) = non_signalling(&union);
        prop_assert!(low <= b + d + 1e-12 && a + c <= high + 1e-12);
    }

    #[test]
    fn exact_values_of_games_at_once_multiply_at_least((f, g, _) in two_games()) {
        let both = product(&f, &g);
        prop_assert!(shared(&both) >= shared(&f) * shared(&g));
        prop_assume!(both.scenario().cells() <= 1024);
        let at_least = non_signalling(&f).0 * non_signalling(&g).0;
        prop_assert!(non_signalling(&both).1 >= at_least * (1.0 - 1e-12));
    }
}

fn see_saw(game: &Game) -> seesaw::SeesawBound {
    let mut options = seesaw::Options::new(vec![2; game.scenario().players()]);
    options.restarts = 48;
    seesaw::lower_bound(game, &options).unwrap()
}

/// The level for all players, with positivity so that it bounds three.
fn level(game: &Game) -> f64 {
    let options = npa::Options::default();
    let found = npa::upper_bound(game, &"1+ab+pos".parse().unwrap(), &options).unwrap();
    assert!(found.converged, "{found:?}");
    found.value
}

/// Two answers each: local dimension 2 holds the optimum for two questions.
fn pairs() -> impl Iterator<Item = (Game, Game, u64)> {
    (0..12).map(|k| {
        let n = 2 + (k as usize % 2);
        (random_game(100 + k, n, 2, 2), random_game(200 + k, n, 2, 2), k)
    })
}

#[test]
fn quantum_bounds_do_not_depend_on_names() {
    for (game, _, seed) in pairs() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let other = relabelled(&game, &mut rng);
        let (a, b) = (see_saw(&game).value, see_saw(&other).value);
        assert!((a - b).abs() < 1e-6, "game {seed}: see-saw {a} {b}");
        let (c, d) = (level(&game), level(&other));
        assert!((c - d).abs() < 1e-6, "game {seed}: hierarchy {c} {d}");
        assert!(a <= d + 1e-12 && b <= c + 1e-12, "game {seed}: {a} {b} {c} {d}");
    }
}

#[test]
fn quantum_bounds_of_games_side_by_side_add() {
    for (f, g, seed) in pairs() {
        let union = disjoint_union(&f, &g);
        let (sum, found) = (see_saw(&f).value + see_saw(&g).value, see_saw(&union).value);
        assert!((sum - found).abs() < 1e-5, "game {seed}: see-saw {sum} {found}");
        let (sum, found) = (level(&f) + level(&g), level(&union));
        assert!((sum - found).abs() < 1e-6, "game {seed}: hierarchy {sum} {found}");
    }
}

/// Both strategies at once, player by player.
fn both_at_once(f: &QuantumStrategy, g: &QuantumStrategy) -> QuantumStrategy {
    let dims: Vec<usize> = f.dims().iter().zip(g.dims()).map(|(a, b)| a * b).collect();
    let total = dims.iter().product();
    // an index of the product is a pair of indices, digit by digit
    let split = |mut k: usize| {
        let (mut i, mut j, mut place_i, mut place_j) = (0, 0, 1, 1);
        for (a, b) in f.dims().iter().zip(g.dims()).rev() {
            let digit = k % (a * b);
            k /= a * b;
            i += place_i * (digit / b);
            j += place_j * (digit % b);
            place_i *= a;
            place_j *= b;
        }
        (i, j)
    };
    let (rho, sigma) = (f.rho().matrix(), g.rho().matrix());
    let state = Matrix::from_fn(total, |r, c| {
        let ((i, j), (k, l)) = (split(r), split(c));
        rho[(i, k)] * sigma[(j, l)]
    });
    let pair = |p: &Povm, q: &Povm| {
        let products = p.elements().iter().flat_map(|x| q.elements().iter().map(|y| x.kron(y)));
        Povm::new(products.collect()).unwrap()
    };
    let players = f.povms().iter().zip(g.povms());
    let povms = players.map(|(p, q)| p.iter().flat_map(|p| q.iter().map(|q| pair(p, q))).collect());
    QuantumStrategy::new(DensityMatrix::new(dims, state).unwrap(), povms.collect()).unwrap()
}

/// Strategies multiply, and so do moment matrices of level 1: a bound on the product below the product of the bounds
/// would be below what it bounds.
#[test]
fn quantum_bounds_of_games_at_once_multiply_at_least() {
    for (f, g, seed) in pairs() {
        let both = product(&f, &g);
        let (a, b) = (see_saw(&f), see_saw(&g));
        let start = both_at_once(&a.strategy, &b.strategy);
        let value = both.value(&start.behaviour().unwrap()).unwrap();
        let scale = value.max(1.0);
        assert!((value - a.value * b.value).abs() < 1e-10 * scale, "game {seed}");
        let mut options = seesaw::Options::new(start.dims().to_vec());
        options.iterations = 20;
        let found = seesaw::polish(&both, &start, &options).unwrap().value;
        assert!(found >= value - 1e-10 * scale, "game {seed}: {found} {value}");
        if f.scenario().players() == 2 {
            let at = |game: &Game| {
                let options = npa::Options::default();
                npa::upper_bound(game, &"1".parse().unwrap(), &options).unwrap()
            };
            let (x, y, bound) = (at(&f), at(&g), at(&both));
            let least = x.primal * y.primal;
            assert!(bound.value >= least - 1e-6 * scale, "game {seed}: {} {least}", bound.value);
            assert!(bound.value >= found - 1e-12 * scale, "game {seed}: {} {found}", bound.value);
        }
    }
}
