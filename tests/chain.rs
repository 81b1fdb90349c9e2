//! Claim: on random games the bounds of all classes stand in their order.
//!
//! `SR <= see-saw <= NPA 2 <= NPA 1+ab <= NPA 1+pos <= NS` and `NPA 1+pos <= NPA 1`, for two players. For three,
//! level 1 has no moment for products of all players, so all levels are taken with `p(a|x) >= 0`, which holds them
//! below NS; level 1 without it does not exist.

use bellwether::bound::certify::{DEFAULT_BITS, ExactStrategy};
use bellwether::bound::npa::{self, Level};
use bellwether::bound::{local, no_signalling, seesaw};
use bellwether::game::{Game, Rational, Scenario, to_f64};
use rand::RngExt;
use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Two or three players, 2 to 4 questions and 2 or 3 answers each. A third are games with a random predicate, a
/// third functionals with integer coefficients of both signs; most of these are classical all the way up to NS. A
/// third pay for the sum of the answers, modulo the least number of answers, which is where quantum advantage lives.
fn random_game(seed: u64) -> Game {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let players = rng.random_range(2..=3);
    let questions: Vec<usize> = (0..players).map(|_| rng.random_range(2..=4)).collect();
    let answers: Vec<usize> = (0..players).map(|_| rng.random_range(2..=3)).collect();
    let s = Scenario::new(questions, answers).unwrap();
    let t = s.clone();
    let integer = |k: i64| Rational::from_integer(k.into());
    let weights: Vec<i64> = (0..s.joint_questions()).map(|_| rng.random_range(0..=3)).collect();
    let total = integer(weights.iter().sum::<i64>().max(1));
    let game = match rng.random_range(0..3) {
        0 => {
            let wins: Vec<bool> = (0..s.cells()).map(|_| rng.random_bool(0.4)).collect();
            Game::functional("random", s, |x, a| {
                let question = t.question_index(x);
                let wins = wins[question * t.joint_answers() + t.answer_index(a)];
                integer(weights[question] * i64::from(wins)) / &total
            })
        }
        1 => {
            let table: Vec<i64> = (0..s.cells())
                .map(|_| match rng.random_bool(0.3) {
                    true => 0,
                    false => rng.random_range(-4..=4),
                })
                .collect();
            Game::functional("random", s, |x, a| {
                integer(table[t.question_index(x) * t.joint_answers() + t.answer_index(a)])
            })
        }
        _ => {
            let least = s.answers().iter().copied().min().unwrap_or(2);
            let sums: Vec<usize> = (0..s.joint_questions()).map(|_| rng.random_range(0..least)).collect();
            Game::functional("random", s, |x, a| {
                let question = t.question_index(x);
                let wins = a.iter().sum::<usize>() % least == sums[question];
                integer(weights[question] * i64::from(wins)) / &total
            })
        }
    };
    game.unwrap()
}

/// Wanted distance of an NPA bound from its level's value, relative to the size of the game.
const TOLERANCE: f64 = 1e-6;

/// Order is asked for up to this much, relative: a game in several parts is bounded part by part.
const ORDER: f64 = 10.0 * TOLERANCE;

struct Chain {
    players: usize,
    /// Values from SR to NS.
    values: Vec<f64>,
    /// Of the levels: bounds computed, converged, and within the tolerance of the see-saw.
    solved: usize,
    converged: usize,
    /// Whether the highest level computed meets the see-saw.
    tight: bool,
    seconds: f64,
}

/// All bounds of one game; panics where two are out of order.
fn chain(seed: u64, patience: Duration) -> Chain {
    let begun = Instant::now();
    let game = random_game(seed);
    let players = game.scenario().players();
    let one_thread = local::Options { threads: 1, ..local::Options::default() };
    let sr = local::maximum(&game, &one_thread).unwrap();
    assert!(sr.is_exact());
    let ns = no_signalling::maximum(&game).unwrap();
    assert!(sr.upper <= ns.lower, "game {seed}: SR and NS cross");
    let mut options = seesaw::Options::new(game.scenario().answers().to_vec());
    options.restarts = 4;
    options.gradient_steps = 0;
    options.seed = seed;
    options.threads = Some(1);
    options.classical = Some(sr.strategy.clone());
    let found = seesaw::lower_bound(&game, &options).unwrap();
    let size = ns.upper.clone().max(-ns.lower.clone());
    let scale = to_f64(&size).abs().max(1.0);
    if players == 2 {
        // the rounded strategy has no rounding error left to excuse it
        let exact = ExactStrategy::round(&found.strategy, DEFAULT_BITS).unwrap();
        let exact = exact.value(&game);
        assert!(exact <= ns.upper, "game {seed}");
        assert!((to_f64(&exact) - found.value).abs() < 1e-9 * scale, "game {seed}");
    }
    let names: &[&str] = match players {
        2 => &["1", "1+pos", "1+ab", "2"],
        _ => &["1+pos", "1+ab+pos", "2+pos"],
    };
    let levels: Vec<Level> = names.iter().map(|t| t.parse().unwrap()).collect();
    let options = npa::Options {
        tolerance: TOLERANCE,
        target: Some(found.value),
        time_limit: Some(patience),
        ..npa::Options::default()
    };
    let bounds = npa::ladder(&game, &levels, &options).unwrap();
    // what the ladder leaves out is squeezed between the see-saw and the level below it
    let mut values: Vec<f64> = bounds.iter().map(|b| b.value).collect();
    let least = |v: &[f64]| v.iter().copied().fold(f64::INFINITY, f64::min);
    let tight = least(&values) - found.value < ORDER * scale;
    for k in 1..bounds.len() {
        // a level that was solved is below those under it by itself
        if bounds[k].converged {
            assert!(values[k] <= values[k - 1] + ORDER * scale, "game {seed}: {names:?} {values:?}");
        }
    }
    for k in 1..values.len() {
        values[k] = values[k].min(values[k - 1]);
    }
    values.resize(names.len(), least(&values));
    let solved = bounds.len();
    let converged = bounds.iter().filter(|b| b.converged).count();
    let mut all = vec![to_f64(&sr.lower), found.value];
    all.extend(values.iter().rev());
    let pos = if players == 2 { 1 } else { 0 };
    // SR <= see-saw with the rounding of one Born rule; the see-saw and the levels with none
    assert!(all[0] <= all[1] + 1e-12 * scale, "game {seed}: {all:?}");
    assert!(all[1] <= all[2] + 1e-12 * scale, "game {seed}: {all:?}");
    assert!(
        bounds.len() <= pos || values[pos] <= to_f64(&ns.upper) + ORDER * scale || !bounds[pos].converged,
        "game {seed}: {all:?}, NS {}",
        ns.upper
    );
    all.push(to_f64(&ns.upper));
    Chain { players, values: all, solved, converged, tight, seconds: begun.elapsed().as_secs_f64() }
}

fn run(seeds: std::ops::Range<u64>, patience: Duration) -> Vec<Chain> {
    let begun = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicU64::new(seeds.start);
    let all = Mutex::new(Vec::new());
    // games side by side, each on one thread of its own
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let chain = chain(seed, patience);
                    let mut all = all.lock().unwrap();
                    all.push(chain);
                    if all.len().is_multiple_of(50) {
                        println!("{} games, {:.0} s", all.len(), begun.elapsed().as_secs_f64());
                    }
                }
            });
        }
    });
    let chains = all.into_inner().unwrap();
    for players in [2, 3] {
        let part: Vec<&Chain> = chains.iter().filter(|c| c.players == players).collect();
        let count = |f: &dyn Fn(&Chain) -> bool| part.iter().filter(|c| f(c)).count();
        let levels: usize = part.iter().map(|c| c.solved).sum();
        let converged: usize = part.iter().map(|c| c.converged).sum();
        println!(
            "{players} players: {} games, in order: all; quantum above classical by 1e-6: {}; see-saw meets the least bound: {}; \
             levels computed {levels}, to the tolerance {converged}; longest game {:.1} s",
            part.len(),
            count(&|c| c.values[1] > c.values[0] + 1e-6),
            count(&|c| c.tight),
            part.iter().fold(0.0, |m: f64, c| m.max(c.seconds)),
        );
    }
    chains
}

#[test]
fn the_bounds_of_random_games_are_in_order() {
    let chains = run(0..16, Duration::from_secs(1));
    assert!(chains.iter().any(|c| c.players == 3));
    // the test would be empty if nothing were nonclassical, or nothing settled
    assert!(chains.iter().any(|c| c.values[1] > c.values[0] + 1e-4));
    assert!(2 * chains.iter().filter(|c| c.tight).count() > chains.len());
}

/// `cargo test --release --test chain -- --ignored --nocapture`; output in `docs/npa.md`.
#[test]
#[ignore = "takes an hour"]
fn the_bounds_of_a_thousand_random_games_are_in_order() {
    run(0..1000, Duration::from_secs(4));
}
