//! Times of training: 500 steps of 512 plays, scoring included, as `learn --preset paper` runs them.

use bellwether::game::{TableReferee, catalog};
use bellwether::learn::{Config, Preset};
use bellwether::run::{Watch, run_seed};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn learn(c: &mut Criterion) {
    let mut group = c.benchmark_group("learn");
    for name in ["chsh", "ghz", "tetra", "cube"] {
        let game = catalog::lookup(name).expect("in the catalogue").game;
        let mut config = Config::new(Preset::Paper, game.scenario());
        config.steps = 500;
        group.throughput(Throughput::Elements(config.steps as u64));
        group.bench_function(format!("{name}/500-steps"), |b| {
            b.iter(|| {
                let mut referee = TableReferee::new(&game, 1).expect("it asks questions");
                run_seed(&mut referee, &config, 1, Some(&game), &Watch::default()).expect("it trains")
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_millis(1000));
    targets = learn
}
criterion_main!(benches);
