//! Times of the Born rule, forward and backward.

use std::hint::black_box;

use bellwether::quantum::{Born, C64, DensityMatrix};
use criterion::{Criterion, criterion_group, criterion_main};

fn born(c: &mut Criterion) {
    // (name, players, dimension, answers, questions), all joint questions.
    let shapes =
        [("chsh-d2", 2, 2, 2, 2), ("d3", 2, 3, 2, 2), ("d4", 2, 4, 4, 3), ("ghz-d2", 3, 2, 2, 2), ("d8", 2, 8, 3, 3)];
    for (name, n, d, answers, questions) in shapes {
        let joint: Vec<Vec<usize>> = (0..usize::pow(questions, n as u32))
            .map(|index| (0..n).map(|i| index / usize::pow(questions, i as u32) % questions).collect())
            .collect();
        let mut plan = Born::new(&vec![d; n], &vec![answers; n], &vec![questions; n], &joint).expect("sizes are fine");
        let rho = DensityMatrix::maximally_entangled_n(n, d).expect("sizes are fine");
        let rho = rho.matrix().as_slice();
        let povms: Vec<C64> =
            (0..plan.povms_len()).map(|k| C64::new((k % 7) as f64 * 0.1, (k % 5) as f64 * 0.1)).collect();
        let mut p = vec![0.0; plan.probabilities()];
        let dp: Vec<f64> = (0..p.len()).map(|k| k as f64 * 0.01).collect();
        let (mut d_rho, mut d_povms) = (rho.to_vec(), povms.clone());
        c.bench_function(&format!("born/{name}/forward"), |b| {
            b.iter(|| plan.forward(black_box(rho), black_box(&povms), &mut p));
        });
        c.bench_function(&format!("born/{name}/backward"), |b| {
            b.iter(|| plan.backward(black_box(rho), black_box(&povms), &dp, &mut d_rho, &mut d_povms));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_millis(500));
    targets = born
}
criterion_main!(benches);
