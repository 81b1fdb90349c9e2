//! Times of QuantumSoftmax, forward and backward, and of the eigenproblem under it.

use std::hint::black_box;

use bellwether::quantum::hermitian::{EighScratch, eigh};
use bellwether::quantum::{C64, QuantumSoftmax, SoftmaxBatch};
use criterion::{Criterion, criterion_group, criterion_main};
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

fn random(seed: u64, count: usize, scale: f64) -> Vec<C64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut normal = || rng.sample::<f64, _>(StandardNormal) * scale;
    (0..count).map(|_| C64::new(normal(), normal())).collect()
}

fn layer(c: &mut Criterion) {
    // (name, m, d, scale): ordinary logits, then ever harder ones.
    let shapes = [
        ("m2-d2", 2, 2, 0.5),
        ("m4-d2", 4, 2, 0.5),
        ("m2-d2-frame", 2, 2, 4.0),
        ("m3-d3", 3, 3, 0.5),
        ("m4-d4", 4, 4, 0.5),
        ("m3-d8", 3, 8, 0.5),
        ("m3-d16", 3, 16, 0.5),
        ("m2-d2-norm-100", 2, 2, 50.0),
        ("m3-d3-norm-100", 3, 3, 33.0),
    ];
    for (name, m, d, scale) in shapes {
        let (z, g) = (random(7, m * d * d, scale), random(8, m * d * d, 1.0));
        let mut layer = QuantumSoftmax::new(m, d).expect("sizes are fine");
        let (mut p, mut grad) = (g.clone(), g.clone());
        layer.forward(&z, &mut p).expect("logits are finite");
        let regime = layer.regime();
        c.bench_function(&format!("softmax/{name}/forward/{regime:?}"), |b| {
            b.iter(|| layer.forward(black_box(&z), &mut p));
        });
        c.bench_function(&format!("softmax/{name}/both/{regime:?}"), |b| {
            b.iter(|| {
                layer.forward(black_box(&z), &mut p)?;
                layer.backward(black_box(&g), &mut grad)
            });
        });
    }
    let (z, g) = (random(7, 64 * 8, 0.5), random(8, 64 * 8, 1.0));
    let mut batch = SoftmaxBatch::new(64, 2, 2).expect("sizes are fine");
    let (mut p, mut grad) = (g.clone(), g.clone());
    c.bench_function("softmax/batch-64-m2-d2/both", |b| {
        b.iter(|| {
            batch.forward(black_box(&z), &mut p)?;
            batch.backward(black_box(&g), &mut grad)
        });
    });
}

/// What the a-posteriori check costs where it is not needed: the same easy logits with it and without.
fn check(c: &mut Criterion) {
    for (name, m, d) in [("m2-d2", 2, 2), ("m3-d3", 3, 3), ("m4-d4", 4, 4)] {
        let (z, g) = (random(7, m * d * d, 0.5), random(8, m * d * d, 1.0));
        for checked in [true, false] {
            let mut layer = QuantumSoftmax::new(m, d).expect("sizes are fine");
            if !checked {
                layer = layer.without_checks();
            }
            let (mut p, mut grad) = (g.clone(), g.clone());
            let kind = if checked { "checked" } else { "unchecked" };
            c.bench_function(&format!("softmax-check/{name}/{kind}"), |b| {
                b.iter(|| {
                    layer.forward(black_box(&z), &mut p)?;
                    layer.backward(black_box(&g), &mut grad)
                });
            });
        }
    }
}

fn eigenproblem(c: &mut Criterion) {
    for d in [2, 3, 4, 6, 7, 8, 12, 16] {
        let mut a = random(3, d * d, 1.0);
        for r in 0..d {
            for k in 0..r {
                a[k * d + r] = a[r * d + k].conj();
            }
            a[r * d + r].im = 0.0;
        }
        let (mut values, mut vectors) = (vec![0.0; d], vec![C64::ZERO; d * d]);
        let mut scratch = EighScratch::new(d);
        c.bench_function(&format!("eigh/{d}"), |b| {
            b.iter(|| eigh(d, black_box(&a), &mut values, &mut vectors, &mut scratch));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_millis(500));
    targets = layer, check, eigenproblem
}
criterion_main!(benches);
