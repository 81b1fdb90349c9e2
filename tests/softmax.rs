//! QuantumSoftmax: validity, symmetries, gradients, hard cases.

use bellwether::quantum::softmax::Regime;
use bellwether::quantum::{C64, Matrix, Povm, QuantumSoftmax, SoftmaxBatch, SoftmaxError};
use bellwether::quantum::{hermitian, quantum_softmax};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

fn random(seed: u64, count: usize, scale: f64) -> Vec<C64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut normal = || rng.sample::<f64, _>(StandardNormal) * scale;
    (0..count).map(|_| C64::new(normal(), normal())).collect()
}

fn forward(m: usize, d: usize, z: &[C64]) -> Vec<C64> {
    let mut layer = QuantumSoftmax::new(m, d).unwrap();
    let mut p = vec![C64::ZERO; z.len()];
    layer.forward(z, &mut p).unwrap();
    p
}

fn distance(a: &[C64], b: &[C64]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(x, y)| (x - y).norm())
        .fold(0.0, f64::max)
}

/// Exactly Hermitian, positive to -1e-14, complete to 1e-14 d m.
fn check_valid(m: usize, d: usize, p: &[C64]) -> Result<(), String> {
    let mut scratch = hermitian::EighScratch::new(d);
    let (mut values, mut vectors) = (vec![0.0; d], vec![C64::ZERO; d * d]);
    for j in 0..m {
        let block = &p[j * d * d..(j + 1) * d * d];
        for r in 0..d {
            for c in 0..d {
                if block[r * d + c] != block[c * d + r].conj() {
                    return Err(format!("element {j} is not Hermitian at {r}, {c}"));
                }
            }
        }
        hermitian::eigh(d, block, &mut values, &mut vectors, &mut scratch);
        if !(values[0] >= -1e-14) {
            return Err(format!("element {j} has eigenvalue {}", values[0]));
        }
    }
    for at in 0..d * d {
        let one = if at % (d + 1) == 0 { 1.0 } else { 0.0 };
        let sum: C64 = (0..m).map(|j| p[j * d * d + at]).sum();
        if !((sum - one).norm() <= 1e-14 * (d * m) as f64) {
            return Err(format!("entry {at} of the sum is {sum}"));
        }
    }
    Ok(())
}

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    m: usize,
    d: usize,
    z: String,
    p: Option<String>,
    grad: Option<String>,
}

#[derive(serde::Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

fn numbers(text: &str) -> Vec<C64> {
    let flat: Vec<f64> = text.split(' ').map(|word| word.parse().unwrap()).collect();
    flat.chunks_exact(2).map(|c| C64::new(c[0], c[1])).collect()
}

fn cases() -> Vec<Case> {
    let text = include_str!("data/softmax-cases.json");
    serde_json::from_str::<Cases>(text).unwrap().cases
}

/// The cotangent of the functional the truths were computed with.
fn functional(m: usize, d: usize) -> Vec<C64> {
    let mut g = Vec::new();
    for j in 0..m {
        for k in 0..d {
            for l in 0..d {
                g.push(C64::new(
                    (((7 * j + 3 * k + 5 * l) % 11) as f64 - 5.0) / 8.0,
                    (((5 * j + 2 * k + 9 * l) % 13) as f64 - 6.0) / 8.0,
                ));
            }
        }
    }
    g
}

#[test]
fn hard_cases_match_extended_precision() {
    let mut report = String::new();
    for case in cases() {
        let (m, d, z) = (case.m, case.d, numbers(&case.z));
        let mut layer = QuantumSoftmax::new(m, d).unwrap();
        let mut p = vec![C64::ZERO; z.len()];
        let mut grad = p.clone();
        let Some(truth) = case.p else {
            let refused = layer.forward(&z, &mut p);
            assert!(
                matches!(refused, Err(SoftmaxError::NotFinite { .. })),
                "{}",
                case.name
            );
            continue;
        };
        layer.forward(&z, &mut p).unwrap();
        let error = distance(&p, &numbers(&truth));
        if let Err(why) = check_valid(m, d, &p) {
            report += &format!("{}: {why}\n", case.name);
        }
        if !(error <= 1e-12) {
            report += &format!("{}: povm error {error:e} {:?}\n", case.name, layer.regime());
        }
        let truth = numbers(&case.grad.unwrap());
        let size = truth
            .iter()
            .map(|z| z.re.abs().max(z.im.abs()))
            .fold(0.0, f64::max);
        let result = layer.backward(&functional(m, d), &mut grad);
        let error = distance(&grad, &truth);
        if result.is_err() || (size >= f64::MIN_POSITIVE && !(error <= 1e-8 * size)) {
            report += &format!(
                "{}: gradient error {:e} of {size:e} {result:?}\n",
                case.name,
                error / size
            );
        }
        println!(
            "{:24} {:?} gradient {:e}",
            case.name,
            layer.regime(),
            error / size
        );
    }
    assert!(report.is_empty(), "\n{report}");
}
