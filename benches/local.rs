//! The shared-randomness optimum: the figures of `docs/bounds.md`.
//!
//! `cargo bench --bench local`; add `-- --quick` for a first look.

use bellwether::bound::local::{Method, Options, maximum};
use bellwether::bound::no_signalling;
use bellwether::game::{Game, Rational, Scenario};
use criterion::{Criterion, criterion_group, criterion_main};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::hint::black_box;
use std::time::Instant;

fn functional(s: Scenario, c: &[i64]) -> Game {
    Game::functional("bench", s.clone(), |x, a| {
        let cell = s.question_index(x) * s.joint_answers() + s.answer_index(a);
        Rational::from_integer(c[cell].into())
    })
    .expect("a valid game")
}

/// Win/lose at random, `q` questions and `a` answers each.
fn random(q: usize, a: usize, seed: u64) -> Game {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let s = Scenario::new(vec![q, q], vec![a, a]).expect("small");
    let c: Vec<i64> = (0..s.cells()).map(|_| i64::from(rng.random_bool(0.5))).collect();
    functional(s, &c)
}

/// Integer correlators from -9 to 9.
fn correlators(n: usize, seed: u64) -> Game {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut c = Vec::new();
    for _ in 0..n * n {
        let m = rng.random_range(-9i64..10);
        c.extend([m, -m, -m, m]);
    }
    functional(Scenario::new(vec![n, n], vec![2, 2]).expect("small"), &c)
}

/// Rendezvous on the cube, answer `k` flips bit `k`.
fn cube() -> Game {
    let s = Scenario::new(vec![8, 8], vec![3, 3]).expect("small");
    let weight = Rational::new(1.into(), 64.into());
    Game::win_lose("cube", s, |_| weight.clone(), |x, a| x[0] ^ (1 << a[0]) == x[1] ^ (1 << a[1]))
        .expect("a valid game")
}

fn local(c: &mut Criterion) {
    let one = Options { threads: 1, ..Options::default() };
    for (name, game) in [
        ("cube", cube()),
        ("random 8x8x3", random(8, 3, 0)),
        ("random 10x10x3", random(10, 3, 0)),
        ("correlators 16x16", correlators(16, 0)),
    ] {
        c.bench_function(name, |b| b.iter(|| maximum(black_box(&game), &one)));
    }
    let all = Options { method: Method::Enumeration, split: false, ..one };
    let game = cube();
    c.bench_function("cube, enumeration unsplit", |b| b.iter(|| maximum(black_box(&game), &all)));
    c.bench_function("cube, no-signalling", |b| b.iter(|| no_signalling::maximum(black_box(&game))));
    // once each, printed: too long for a statistical benchmark
    for (name, game) in [
        ("random 12x12x3", random(12, 3, 0)),
        ("random 14x14x3", random(14, 3, 0)),
        ("correlators 28x28", correlators(28, 0)),
        ("correlators 32x32", correlators(32, 0)),
        ("correlators 36x36", correlators(36, 0)),
        ("correlators 40x40", correlators(40, 0)),
        ("correlators 44x44", correlators(44, 0)),
        ("random 20x20x3", random(20, 3, 0)),
    ] {
        let start = Instant::now();
        let found = maximum(&game, &one).expect("a valid game");
        let seconds = start.elapsed().as_secs_f64();
        println!("{name}: {seconds:.4} s, {} nodes, value {}", found.nodes, found.lower);
    }
}

criterion_group!(benches, local);
criterion_main!(benches);
