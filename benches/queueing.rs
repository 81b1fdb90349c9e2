//! Environment steps per second of the multi-router queue, alone and vectorised.

use bellwether::env::queueing::{QueueParameters, Queueing};
use bellwether::env::vector::Vector;
use bellwether::env::{Environment, stream};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

fn steps(c: &mut Criterion) {
    const N: u64 = 10_000;
    let mut group = c.benchmark_group("queueing");
    group.throughput(Throughput::Elements(N));
    let mut queue = match Queueing::new(QueueParameters::default()) {
        Ok(queue) => queue,
        Err(error) => panic!("{error}"),
    };
    let (mut rng, mut seen) = (stream(0, 0), [0.0; 2]);
    queue.reset(&mut rng, &mut seen).unwrap();
    group.bench_function("one environment, one thread", |b| {
        b.iter(|| {
            let mut sum = 0.0;
            for _ in 0..N {
                let actions = seen.map(|x| u32::from(x > 1.0));
                sum += queue.step(&actions, &mut rng, &mut seen).unwrap().reward;
            }
            black_box(sum)
        });
    });
    let mut envs = Vector::new(&queue, 1000, 100, 0).unwrap();
    let mut buffers = envs.buffers();
    envs.reset(&mut buffers).unwrap();
    let actions = [0, 1].repeat(1000);
    group.bench_function("1000 environments in blocks of 100, all threads", |b| {
        b.iter(|| {
            for _ in 0..N / 1000 {
                envs.step(&actions, &mut buffers).unwrap();
            }
        });
    });
    group.finish();
}

criterion_group!(benches, steps);
criterion_main!(benches);
