//! Times of the bounds on the quantum value.

use bellwether::bound::{npa, seesaw, xor};
use bellwether::game::{Game, catalog};
use criterion::{Criterion, criterion_group, criterion_main};

fn game(name: &str) -> Game {
    catalog::lookup(name).expect("a catalogue name").game
}

fn upper(c: &mut Criterion) {
    let mut group = c.benchmark_group("npa");
    group.sample_size(10);
    for (name, level) in [
        ("chsh", "1"),
        ("i3322", "2"),
        ("i3322", "3"),
        ("tetra", "1+ab"),
        ("tetra", "2"),
        ("cube", "1+ab"),
        ("magic-square", "1+ab"),
    ] {
        let game = game(name);
        let level = level.parse().expect("a level");
        let options = npa::Options::default();
        group.bench_function(format!("{name}/{level}"), |b| {
            b.iter(|| npa::upper_bound(&game, &level, &options));
        });
    }
    group.finish();
}

fn lower(c: &mut Criterion) {
    let mut group = c.benchmark_group("seesaw");
    group.sample_size(10);
    for (name, d) in [("chsh", 2), ("tetra", 3), ("cube", 3), ("magic-square", 4)] {
        let game = game(name);
        let options = seesaw::Options::new(vec![d; 2]);
        group.bench_function(format!("{name}/d{d}"), |b| {
            b.iter(|| seesaw::lower_bound(&game, &options));
        });
    }
    group.finish();
}

fn parity(c: &mut Criterion) {
    let mut group = c.benchmark_group("xor");
    group.sample_size(10);
    for name in ["chsh", "chained:10", "random-xor:1:16"] {
        let game = game(name);
        let options = xor::Options::default();
        group.bench_function(name, |b| b.iter(|| xor::solve(&game, &options)));
    }
    group.finish();
}

criterion_group!(benches, upper, lower, parity);
criterion_main!(benches);
