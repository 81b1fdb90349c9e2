//! Time of the checker on whole certificates: text in, theorems out.

use bellwether::check::{Limits, check};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

fn certificates(c: &mut Criterion) {
    let mut group = c.benchmark_group("check");
    group.sample_size(10);
    for name in ["chsh", "ghz", "tetra", "tetra-exact", "cube-exact", "i3322", "petersen-search"] {
        let path = format!("{}/tests/data/certificates/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let Ok(text) = std::fs::read(&path) else {
            panic!("{path} cannot be read");
        };
        group.bench_function(name, |b| b.iter(|| check(black_box(&text), &Limits::default())));
    }
    group.finish();
}

criterion_group!(benches, certificates);
criterion_main!(benches);
