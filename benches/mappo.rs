//! Speed of the networks, of queue rollouts and of training.

use bellwether::learn::{LANES, Mlp};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

fn networks(c: &mut Criterion) {
    let net = Mlp::new(1, &[32, 32], 8);
    let theta: Vec<f32> = (0..net.parameters())
        .map(|k| (k as f32).sin() * 0.3)
        .collect();
    let x: Vec<f32> = (0..LANES).map(|k| k as f32 * 0.1).collect();
    let d: Vec<f32> = (0..8 * LANES).map(|k| (k as f32).cos()).collect();
    let mut gradient = vec![0.0; theta.len()];
    let mut work = net.work();
    let mut group = c.benchmark_group("mlp 1-32-32-8");
    group.throughput(Throughput::Elements(LANES as u64));
    group.bench_function("forward", |b| {
        b.iter(|| black_box(net.forward(&theta, black_box(&x), &mut work)[0]))
    });
    group.bench_function("reverse", |b| {
        b.iter(|| net.backward(&theta, black_box(&x), &d, &mut work, &mut gradient))
    });
    group.finish();
}

criterion_group!(benches, networks);
criterion_main!(benches);
