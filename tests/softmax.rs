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
    a.iter().zip(b).map(|(x, y)| (x - y).norm()).map(|x| if x.is_nan() { f64::INFINITY } else { x }).fold(0.0, f64::max)
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
        if values[0] < -1e-14 || values[0].is_nan() {
            return Err(format!("element {j} has eigenvalue {}", values[0]));
        }
    }
    for at in 0..d * d {
        let one = if at % (d + 1) == 0 { 1.0 } else { 0.0 };
        let sum: C64 = (0..m).map(|j| p[j * d * d + at]).sum();
        let defect = (sum - one).norm();
        if defect > 1e-14 * (d * m) as f64 || defect.is_nan() {
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
            assert!(matches!(refused, Err(SoftmaxError::NotFinite { .. })), "{}", case.name);
            continue;
        };
        layer.forward(&z, &mut p).unwrap();
        let error = distance(&p, &numbers(&truth));
        if let Err(why) = check_valid(m, d, &p) {
            report += &format!("{}: {why}\n", case.name);
        }
        if error > 1e-12 {
            report += &format!("{}: povm error {error:e} {:?}\n", case.name, layer.regime());
        }
        let truth = numbers(&case.grad.unwrap());
        let size = truth.iter().map(|z| z.re.abs().max(z.im.abs())).fold(0.0, f64::max);
        let result = layer.backward(&functional(m, d), &mut grad);
        let error = distance(&grad, &truth);
        if result.is_err() || (size >= f64::MIN_POSITIVE && error > 1e-8 * size) {
            report += &format!("{}: gradient error {:e} of {size:e} {result:?}\n", case.name, error / size);
        }
        println!("{:24} {:?} gradient {:e}", case.name, layer.regime(), error / size);
    }
    assert!(report.is_empty(), "\n{report}");
}

/// Gradient of `sum Re(conj(g) P)` by the layer under test.
fn gradient(m: usize, d: usize, z: &[C64], g: &[C64]) -> Vec<C64> {
    let mut layer = QuantumSoftmax::new(m, d).unwrap();
    let (mut p, mut grad) = (vec![C64::ZERO; z.len()], vec![C64::ZERO; z.len()]);
    layer.forward(z, &mut p).unwrap();
    layer.backward(g, &mut grad).unwrap();
    grad
}

fn value(p: &[C64], g: &[C64]) -> f64 {
    p.iter().zip(g).map(|(p, g)| p.re * g.re + p.im * g.im).sum()
}

/// Largest difference between a gradient and central differences of `loss`.
fn against_differences(z: &[C64], grad: &[C64], mut loss: impl FnMut(&[C64]) -> f64) -> f64 {
    let step = 1e-5;
    let mut worst = 0.0_f64;
    let mut moved = z.to_vec();
    for at in 0..z.len() {
        for part in [C64::ONE, C64::I] {
            moved[at] = z[at] + part * step;
            let up = loss(&moved);
            moved[at] = z[at] - part * step;
            let down = loss(&moved);
            moved[at] = z[at];
            let claimed = grad[at].re * part.re + grad[at].im * part.im;
            let gap = (claimed - (up - down) / (2.0 * step)).abs();
            assert!(!gap.is_nan());
            worst = worst.max(gap);
        }
    }
    worst
}

fn random_unitary(seed: u64, d: usize) -> Matrix {
    let mut a = random(seed, d * d, 1.0);
    for r in 0..d {
        for c in 0..r {
            a[c * d + r] = a[r * d + c].conj();
        }
        a[r * d + r].im = 0.0;
    }
    let (mut values, mut vectors) = (vec![0.0; d], vec![C64::ZERO; d * d]);
    hermitian::eigh(d, &a, &mut values, &mut vectors, &mut hermitian::EighScratch::new(d));
    Matrix::from_vec(d, vectors).unwrap()
}

/// `U f(A) U^H` of a Hermitian matrix.
fn apply(a: &Matrix, f: impl Fn(f64) -> f64) -> Matrix {
    let d = a.dim();
    let (mut values, mut vectors) = (vec![0.0; d], vec![C64::ZERO; d * d]);
    let mut scratch = hermitian::EighScratch::new(d);
    hermitian::eigh(d, a.as_slice(), &mut values, &mut vectors, &mut scratch);
    Matrix::from_fn(d, |r, c| (0..d).map(|k| vectors[r * d + k] * vectors[c * d + k].conj() * f(values[k])).sum())
}

fn flatten(matrices: &[Matrix]) -> Vec<C64> {
    matrices.iter().flat_map(|a| a.as_slice().to_vec()).collect()
}

/// Any finite double, subnormal and huge ones included, with a bias to the middle.
fn any_logit() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -10.0..10.0,
        2 => -1e3..1e3,
        1 => prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
        1 => prop::sample::select(vec![0.0, 1e300, -1e300, 5e-324, f64::MAX, f64::MIN, 1e6]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Proposition 3 for any finite logits at all, and a gradient that is never silently not finite.
    #[test]
    fn every_finite_input_gives_a_measurement(
        (m, d) in (1_usize..4, 1_usize..4),
        entries in prop::collection::vec(any_logit(), 54),
        common in prop::sample::select(vec![1.0, 1.0, 1e-310, 1e-3, 1e250]),
    ) {
        let z: Vec<C64> = (0..m * d * d)
            .map(|k| C64::new(entries[2 * k], entries[2 * k + 1]) * common)
            .map(|z| C64::new(z.re.clamp(f64::MIN, f64::MAX), z.im.clamp(f64::MIN, f64::MAX)))
            .collect();
        let mut layer = QuantumSoftmax::new(m, d).unwrap();
        let mut p = vec![C64::ZERO; z.len()];
        layer.forward(&z, &mut p).unwrap();
        check_valid(m, d, &p).map_err(|why| TestCaseError::fail(format!("{why} {:?}", layer.regime())))?;
        let mut grad = p.clone();
        layer.backward_saturating(&functional(m, d), &mut grad).unwrap();
        prop_assert!(grad.iter().all(|g| g.is_finite()));
    }

    /// Logits of one scale, from nothing to huge, in every dimension that takes another path.
    #[test]
    fn every_scale_gives_a_measurement(
        seed: u64,
        (m, d) in prop::sample::select(vec![(2, 2), (3, 2), (2, 3), (3, 3), (2, 5), (2, 9)]),
        power in -320.0..300.0_f64,
    ) {
        let z = random(seed, m * d * d, 10.0_f64.powf(power));
        prop_assert_eq!(check_valid(m, d, &forward(m, d, &z)), Ok(()));
    }

    #[test]
    fn moderate_scales_give_a_measurement(
        seed: u64,
        (m, d) in prop::sample::select(vec![(2, 2), (4, 2), (2, 3), (3, 3), (4, 4), (2, 9)]),
        scale in 0.0..12.0_f64,
    ) {
        let z = random(seed, m * d * d, scale);
        prop_assert_eq!(check_valid(m, d, &forward(m, d, &z)), Ok(()));
    }

    /// The fast paths against extended precision, measurement and gradient.
    #[test]
    fn double_precision_agrees_with_extended(
        seed: u64,
        (m, d) in prop::sample::select(vec![(2, 2), (3, 2), (2, 3), (3, 3), (2, 4), (1, 3), (2, 1)]),
        scale in 0.0..15.0_f64,
    ) {
        let z = random(seed, m * d * d, scale);
        let g = random(seed ^ 1, m * d * d, 1.0);
        let mut truth = QuantumSoftmax::new(m, d).unwrap().always_extended();
        let (mut p, mut grad) = (vec![C64::ZERO; z.len()], vec![C64::ZERO; z.len()]);
        truth.forward(&z, &mut p).unwrap();
        truth.backward(&g, &mut grad).unwrap();
        prop_assert!(distance(&p, &forward(m, d, &z)) <= 1e-12);
        let size = grad.iter().map(|z| z.norm()).fold(0.0, f64::max);
        let error = distance(&grad, &gradient(m, d, &z, &g));
        prop_assert!(error <= 1e-8 * size, "{:e} of {:e}", error, size);
    }

    #[test]
    fn a_common_shift_changes_nothing(seed: u64, d in 1_usize..5, shift in -1e3..1e3_f64) {
        let z = random(seed, 3 * d * d, 1.0);
        // A shift on a grid that the logits are on as well is exact in double precision.
        let grid = 2.0_f64.powi(-30);
        let snap = |x: f64| (x / grid).round() * grid;
        let z: Vec<C64> = z.iter().map(|z| C64::new(snap(z.re), snap(z.im))).collect();
        let mut moved = z.clone();
        for (at, x) in moved.iter_mut().enumerate() {
            if at % (d * d) % (d + 1) == 0 {
                *x += snap(shift);
            }
        }
        prop_assert!(distance(&forward(3, d, &z), &forward(3, d, &moved)) < 1e-12);
    }

    #[test]
    fn unitaries_pass_through(seed: u64, d in 2_usize..6) {
        let u = random_unitary(seed ^ 5, d);
        let z = random(seed, 2 * d * d, 1.0);
        let turn = |flat: &[C64]| -> Vec<C64> {
            let parts: Vec<Matrix> = flat
                .chunks_exact(d * d)
                .map(|part| u.matmul(&Matrix::from_vec(d, part.to_vec()).unwrap()).matmul(&u.adjoint()))
                .collect();
            flatten(&parts)
        };
        prop_assert!(distance(&turn(&forward(2, d, &z)), &forward(2, d, &turn(&z))) < 1e-12);
    }

    #[test]
    fn outcomes_may_be_permuted(seed: u64, d in 1_usize..5) {
        let z = random(seed, 3 * d * d, 2.0);
        let mut p = forward(3, d, &z);
        let mut turned = z.clone();
        turned.rotate_left(d * d);
        p.rotate_left(d * d);
        prop_assert!(distance(&p, &forward(3, d, &turned)) < 1e-12);
    }

    #[test]
    fn dimension_one_is_the_ordinary_softmax(logits in prop::collection::vec(-700.0..700.0_f64, 1..6)) {
        let z: Vec<C64> = logits.iter().map(|&x| C64::new(x, 3.0)).collect();
        let top = logits.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        let total: f64 = logits.iter().map(|x| (x - top).exp()).sum();
        for (p, x) in forward(z.len(), 1, &z).iter().zip(&logits) {
            prop_assert!((p.re - (x - top).exp() / total).abs() < 1e-13);
            prop_assert_eq!(p.im, 0.0);
        }
    }

    /// Commuting logits: the ordinary softmax on every joint eigenvector.
    #[test]
    fn commuting_logits_reduce_to_softmax(
        seed: u64,
        d in 2_usize..6,
        eigenvalues in prop::collection::vec(-3.0..3.0_f64, 18),
    ) {
        let u = random_unitary(seed, d);
        let diagonal = |values: &dyn Fn(usize) -> f64| {
            let inner = Matrix::from_fn(d, |r, c| C64::from(if r == c { values(r) } else { 0.0 }));
            u.matmul(&inner).matmul(&u.adjoint())
        };
        let logits: Vec<Matrix> = (0..3).map(|j| diagonal(&|k| eigenvalues[3 * k + j])).collect();
        let total = |k: usize| -> f64 { (0..3).map(|j| eigenvalues[3 * k + j].exp()).sum() };
        let wanted: Vec<Matrix> = (0..3)
            .map(|j| diagonal(&|k| eigenvalues[3 * k + j].exp() / total(k)))
            .collect();
        prop_assert!(distance(&forward(3, d, &flatten(&logits)), &flatten(&wanted)) < 1e-12);
    }

    /// Proposition 4: the logarithms of a positive measurement give it back.
    #[test]
    fn any_measurement_is_reached(seed: u64, d in 1_usize..5, m in 2_usize..5, eps in 1e-6..0.5_f64) {
        // A random measurement from Gaussian matrices of low rank, normalised by hand.
        let factors: Vec<Matrix> = (0..m)
            .map(|j| Matrix::from_vec(d, random(seed ^ j as u64, d * d, 1.0)).unwrap())
            .collect();
        let squares: Vec<Matrix> = factors.iter().map(|b| b.adjoint().matmul(b)).collect();
        let sum = squares.iter().fold(Matrix::zeros(d), |a, b| a.add(b));
        let root = apply(&sum, |x| 1.0 / x.sqrt());
        let mixed: Vec<Matrix> = squares
            .iter()
            .map(|a| {
                let p = root.matmul(a).matmul(&root);
                p.scale(1.0 - eps).add(&Matrix::identity(d).scale(eps / m as f64))
            })
            .collect();
        let logits: Vec<Matrix> = mixed.iter().map(|p| apply(p, f64::ln)).collect();
        let povm = quantum_softmax(&logits).unwrap();
        prop_assert!(distance(&flatten(povm.elements()), &flatten(&mixed)) < 1e-11);
    }

    #[test]
    fn gradient_agrees_with_differences(seed: u64, d in 1_usize..5, m in 2_usize..4) {
        let z = random(seed, m * d * d, 0.7);
        let g = random(seed ^ 9, m * d * d, 1.0);
        let grad = gradient(m, d, &z, &g);
        let mut layer = QuantumSoftmax::new(m, d).unwrap();
        let mut p = g.clone();
        let worst = against_differences(&z, &grad, |z| {
            layer.forward(z, &mut p).unwrap();
            value(&p, &g)
        });
        prop_assert!(worst < 1e-8, "{worst:e}");
    }

    #[test]
    fn conditioning_gradient_agrees_with_differences(seed: u64, d in 1_usize..5, m in 1_usize..4) {
        let z = random(seed, m * d * d, 0.5);
        let mut layer = QuantumSoftmax::new(m, d).unwrap();
        let mut p = z.clone();
        layer.forward(&z, &mut p).unwrap();
        let loss = layer.conditioning_loss();
        let mut grad = vec![C64::ONE; z.len()];
        layer.add_conditioning_gradient(0.5, &mut grad).unwrap();
        // It adds, and with its weight.
        let grad: Vec<C64> = grad.iter().map(|g| (g - 1.0) * 2.0).collect();
        let worst = against_differences(&z, &grad, |z| {
            layer.forward(z, &mut p).unwrap();
            layer.conditioning_loss()
        });
        prop_assert!(worst < 1e-6 * (1.0 + loss), "{worst:e} {loss}");
        // The definition: S as the sum of exponentials.
        let mut s = Matrix::identity(d).scale(-1.0);
        for part in z.chunks_exact(d * d) {
            let a = Matrix::from_vec(d, part.to_vec()).unwrap();
            s = s.add(&apply(&a.add(&a.adjoint()).scale(0.5), f64::exp));
        }
        let direct = s.adjoint().matmul(&s).trace().re;
        prop_assert!((direct - loss).abs() < 1e-11 * (1.0 + loss));
    }

    /// Of commuting logits the derivative in directions that do not commute: the Daleckii-Krein coefficients
    /// `(e^a - e^b) / (a - b) = e^((a+b)/2) sinh(g/2) / (g/2)`, by the layer and by the batch, which have them from a series.
    #[test]
    fn derivatives_across_diagonal_logits(d in 2_usize..6, a in -1.0..1.0_f64, b in -1.0..1.0_f64, gap in prop_oneof![1e-9..0.5, Just(0.4999), 0.5..4.0_f64]) {
        let logits = [[a, a - gap], [b, b + 0.7 * gap]];
        let mut z = vec![C64::ZERO; 2 * d * d];
        for (block, logits) in z.chunks_exact_mut(d * d).zip(logits) {
            (0..d).for_each(|k| block[k * (d + 1)] = logits.get(k).copied().unwrap_or(0.3 * k as f64).into());
        }
        let e = logits.map(|l| l.map(f64::exp));
        let (s, t) = ((e[0][0] + e[1][0]).sqrt(), (e[0][1] + e[1][1]).sqrt());
        // S^{-1/2} gives way: its derivative is -dS / (s t (s + t)) off the diagonal
        let rest = (e[0][0] / s + e[0][1] / t) / (s + t);
        let mut g = vec![C64::ZERO; z.len()];
        g[1] = C64::ONE;
        let layer = gradient(2, d, &z, &g);
        let mut batch = SoftmaxBatch::new(1, 2, d).unwrap();
        let (mut p, mut together) = (z.clone(), z.clone());
        batch.forward(&z, &mut p).unwrap();
        batch.backward(&g, &mut together).unwrap();
        for (j, [x, y]) in logits.into_iter().enumerate() {
            let half = 0.5 * (x - y);
            let difference = (0.5 * (x + y)).exp() * half.sinh() / half;
            let wanted = 0.5 * difference / (s * t) * (if j == 0 { 1.0 } else { 0.0 } - rest);
            for grad in [&layer, &together] {
                let here = &grad[j * d * d..(j + 1) * d * d];
                prop_assert!((here[1] - wanted).norm() < 1e-14 && here[d] == here[1].conj(), "{j}: {} for {wanted}", here[1]);
                prop_assert!((0..d * d).all(|k| k == 1 || k == d || here[k].norm() < 1e-14));
            }
        }
    }

    /// Degenerate spectra: multiples of projectors and the zero matrix.
    #[test]
    fn degenerate_spectra_have_right_gradients(seed: u64, d in 2_usize..5, height in -2.0..2.0_f64) {
        let u = random_unitary(seed, d);
        let step = Matrix::from_fn(d, |r, c| C64::from(if r == c && r > 0 { height } else { 0.0 }));
        let first = u.matmul(&step).matmul(&u.adjoint());
        let z = flatten(&[first, Matrix::zeros(d)]);
        let g = random(seed ^ 3, z.len(), 1.0);
        let grad = gradient(2, d, &z, &g);
        let worst = against_differences(&z, &grad, |z| value(&forward(2, d, z), &g));
        prop_assert!(worst < 1e-8, "{worst:e}");
    }

    /// Items that a batch computes side by side have the bits of items alone, whatever stands beside them: easy ones,
    /// graded ones, those that need extended precision, ties and zeros.
    #[test]
    fn a_batch_is_its_items(seed: u64, m in 2_usize..5, d in 1_usize..6, b in 1_usize..11, kinds in prop::array::uniform11(0..8_u8)) {
        let stride = m * d * d;
        let g = random(seed ^ 2, b * stride, 1.0);
        let mut z = random(seed, b * stride, 1.0);
        for (item, kind) in z.chunks_exact_mut(stride).zip(kinds) {
            let by = [1.0, 0.1, 3.0, 8.0, 0.0, 1e-320, 1e-100, 1.0][usize::from(kind)];
            item.iter_mut().for_each(|z| *z *= by);
            if kind == 7 {
                // equal diagonal logits
                let at = |k: usize| if (k % (d * d)).is_multiple_of(d + 1) { (k % 3) as f64 } else { 0.0 };
                (0..stride).for_each(|k| item[k] = at(k).into());
            }
        }
        let mut batch = SoftmaxBatch::new(b, m, d).unwrap();
        let (mut p, mut grad) = (z.clone(), z.clone());
        batch.forward(&z, &mut p).unwrap();
        let loss = batch.conditioning_loss();
        let (condition, mut largest) = (batch.condition_estimate(), 1.0_f64);
        batch.backward_saturating(&g, &mut grad).unwrap();
        let plain = grad.clone();
        batch.add_conditioning_gradient_saturating(0.3, &mut grad).unwrap();
        let mut sum = 0.0;
        for i in 0..b {
            let part = i * stride..(i + 1) * stride;
            let mut alone = SoftmaxBatch::new(1, m, d).unwrap();
            let (mut own, mut single) = (z[part.clone()].to_vec(), z[part.clone()].to_vec());
            alone.forward(&z[part.clone()], &mut own).unwrap();
            prop_assert_eq!(&own, &p[part.clone()]);
            largest = largest.max(alone.condition_estimate());
            sum += alone.conditioning_loss();
            alone.backward_saturating(&g[part.clone()], &mut single).unwrap();
            prop_assert_eq!(&single, &plain[part.clone()]);
            alone.add_conditioning_gradient_saturating(0.3, &mut single).unwrap();
            prop_assert_eq!(&single, &grad[part.clone()]);
            // the layer of one item goes another way to the same bits
            let mut layer = QuantumSoftmax::new(m, d).unwrap();
            layer.forward(&z[part.clone()], &mut own).unwrap();
            let double = batch.regime(i) == Some(Regime::Double) && layer.regime() == Regime::Double;
            prop_assert!(!double || own == p[part.clone()]);
            prop_assert!(!double || layer.condition_estimate().max(1.0) == alone.condition_estimate());
            let mut layer = layer.with_gradient_floor(1e-8);
            layer.backward_saturating(&g[part.clone()], &mut single).unwrap();
            prop_assert!(!double || single == plain[part]);
        }
        prop_assert_eq!((loss, condition), (sum, largest));
    }

    /// Of diagonal logits the condition number is the ratio of sums of exponentials.
    #[test]
    fn condition_numbers_of_diagonal_logits(d in 2_usize..6, m in 2_usize..4, diagonal in prop::collection::vec(-4.0..1.0_f64, 15)) {
        let mut z = vec![C64::ZERO; m * d * d];
        let mut s = vec![0.0; d];
        for (j, block) in z.chunks_exact_mut(d * d).enumerate() {
            for (k, s) in s.iter_mut().enumerate() {
                let logit = diagonal[j * d + k];
                block[k * (d + 1)] = logit.into();
                *s += logit.exp();
            }
        }
        let wanted = s.iter().fold(0.0, |a: f64, &b| a.max(b)) / s.iter().fold(f64::INFINITY, |a, &b| a.min(b));
        let (mut layer, mut batch) = (QuantumSoftmax::new(m, d).unwrap(), SoftmaxBatch::new(1, m, d).unwrap());
        let mut p = z.clone();
        layer.forward(&z, &mut p).unwrap();
        batch.forward(&z, &mut p).unwrap();
        for found in [layer.condition_estimate(), batch.condition_estimate()] {
            prop_assert!((found / wanted - 1.0).abs() < 1e-12, "{found} for {wanted}");
        }
    }
}

/// Logits that share a direction `e^-18` low: the measurement is good in double precision, the gradient is not and comes
/// from extended precision, in a batch as from a layer that uses nothing else. Where the direction is `e^-5` low, it does not.
#[test]
fn a_batch_knows_which_gradients_it_would_lose() {
    for (d, m) in [(3, 2), (3, 3), (4, 3)] {
        for (depth, lost) in [(5.0, false), (18.0, true)] {
            let u = random_unitary(d as u64, d);
            let blocks = (0..m).map(|j| {
                let a = random(j, d * d, 0.5);
                let own = Matrix::from_fn(d, |r, c| match (r, c) {
                    (0, 0) => C64::from(-depth),
                    (0, _) | (_, 0) => C64::ZERO,
                    _ => a[r * d + c],
                });
                u.matmul(&own).matmul(&u.adjoint())
            });
            let z = flatten(&blocks.collect::<Vec<_>>());
            let g = random(9, z.len(), 1.0);
            let (m, mut p) = (m as usize, z.clone());
            let (mut ours, mut extended) = (z.clone(), z.clone());
            let mut batch = SoftmaxBatch::new(1, m, d).unwrap();
            batch.forward(&z, &mut p).unwrap();
            assert_eq!(batch.regime(0), Some(Regime::Double));
            batch.backward(&g, &mut ours).unwrap();
            let layer = QuantumSoftmax::new(m, d).unwrap();
            let mut layer = layer.always_extended().with_gradient_floor(1e-8);
            layer.forward(&z, &mut p).unwrap();
            layer.backward(&g, &mut extended).unwrap();
            assert_eq!(ours == extended, lost, "{d} {m} {depth}");
            assert!(distance(&ours, &extended) < 1e-12);
        }
    }
}

/// Logits of norm 100 in dimension 3: the gradient that double precision destroys, against
/// central differences of the forward pass, which is accurate to rounding.
#[test]
fn logits_of_norm_100_have_right_gradients() {
    for seed in 0..6 {
        let (m, d) = (2, 3);
        let z = random(seed, m * d * d, 100.0 / (2.0 * 9.0_f64).sqrt());
        let g = random(seed + 100, m * d * d, 1.0);
        let mut layer = QuantumSoftmax::new(m, d).unwrap();
        let (mut p, mut grad) = (z.clone(), z.clone());
        layer.forward(&z, &mut p).unwrap();
        assert!(matches!(layer.regime(), Regime::Extended { .. }));
        check_valid(m, d, &p).unwrap();
        layer.backward(&g, &mut grad).unwrap();
        let worst = against_differences(&z, &grad, |z| {
            layer.forward(z, &mut p).unwrap();
            value(&p, &g)
        });
        let size = grad.iter().map(|z| z.norm()).fold(0.0, f64::max);
        assert!(size > 1e-4 && worst < 1e-9, "{worst:e} of {size:e}");
    }
}

/// Where no precision on offer is enough the gradient says so, and the stand-in is bounded.
#[test]
fn beyond_the_domain_is_an_error() {
    let z = random(1, 2 * 9, 1e200);
    let g = random(2, 2 * 9, 1.0);
    let mut layer = QuantumSoftmax::new(2, 3).unwrap();
    let (mut p, mut grad) = (z.clone(), z.clone());
    layer.forward(&z, &mut p).unwrap();
    assert_eq!(layer.regime(), Regime::Limit);
    check_valid(2, 3, &p).unwrap();
    let refused = layer.backward(&g, &mut grad);
    assert!(matches!(refused, Err(SoftmaxError::OutOfDomain { .. })), "{refused:?}");
    assert_eq!(layer.backward_saturating(&g, &mut grad), Ok(false));
    assert!(grad.iter().all(|z| z.norm() < 50.0));
}

/// The limit is the limit: with gaps of 60 and more the extended result has converged to it.
#[test]
fn the_limit_continues_extended_precision() {
    for seed in 0..10 {
        for (d, step) in [(2, 150.0), (3, 60.0)] {
            let logit = |seed, first: f64| {
                let u = random_unitary(seed, d);
                let inner = Matrix::from_fn(d, |r, c| C64::from(if r == c { first + 2.0 * r as f64 } else { 0.0 }));
                u.matmul(&inner).matmul(&u.adjoint())
            };
            let unit = flatten(&[logit(seed, 0.0), logit(seed + 50, 1.0)]);
            let solve = |scale: f64| {
                let z: Vec<C64> = unit.iter().map(|z| z * scale).collect();
                let mut layer = QuantumSoftmax::new(2, d).unwrap();
                let mut p = z.clone();
                layer.forward(&z, &mut p).unwrap();
                (p, layer.regime())
            };
            let ((near, resolved), (far, limit)) = (solve(step), solve(1e9));
            assert!(matches!(resolved, Regime::Extended { .. }), "{resolved:?}");
            assert_eq!(limit, Regime::Limit);
            let gap = distance(&near, &far);
            assert!(gap < 1e-6, "seed {seed}, d = {d}: {gap:e}");
        }
    }
}

/// Too large for extended precision: still a measurement, and no gradient of unknown error.
#[test]
fn large_ill_conditioned_matrices_say_so() {
    let (m, d) = (2, 80);
    let z = random(4, m * d * d, 0.6);
    let mut layer = QuantumSoftmax::new(m, d).unwrap();
    let mut p = z.clone();
    layer.forward(&z, &mut p).unwrap();
    assert!(matches!(layer.regime(), Regime::Coarse | Regime::Limit));
    check_valid(m, d, &p).unwrap();
    let refused = layer.backward(&random(5, m * d * d, 1.0), &mut p);
    assert!(matches!(refused, Err(SoftmaxError::OutOfDomain { .. })));
}

#[test]
fn refusals_name_the_place() {
    let mut layer = QuantumSoftmax::new(2, 2).unwrap();
    let z_short = [C64::ZERO; 7];
    let (mut p, mut grad) = (vec![C64::ZERO; 8], vec![C64::ZERO; 8]);
    assert_eq!(layer.backward(&p, &mut grad), Err(SoftmaxError::NoForward));
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut z = vec![C64::ZERO; 8];
        z[6].im = bad;
        match layer.forward(&z, &mut p) {
            Err(SoftmaxError::NotFinite { outcome: 1, row: 1, column: 0, .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    let mut third = vec![C64::ZERO; 27];
    third[9 + 3 + 2].re = f64::NAN;
    let refused = QuantumSoftmax::new(3, 3).unwrap().forward(&third, &mut [C64::ZERO; 27]);
    assert!(matches!(refused, Err(SoftmaxError::NotFinite { outcome: 1, row: 1, column: 2, .. })));
    assert!(matches!(layer.forward(&z_short, &mut p), Err(SoftmaxError::Length { given: 7, wanted: 8, .. })));
    assert_eq!(QuantumSoftmax::new(0, 2).err(), Some(SoftmaxError::NoOutcomes));
    assert_eq!(QuantumSoftmax::new(2, 0).err(), Some(SoftmaxError::ZeroDimension));
    assert!(matches!(QuantumSoftmax::new(usize::MAX, 2), Err(SoftmaxError::TooLarge { .. })));
    assert_eq!(SoftmaxBatch::new(0, 2, 2).err(), Some(SoftmaxError::EmptyBatch));
    assert_eq!(quantum_softmax(&[]), Err(SoftmaxError::NoOutcomes));
    let ragged = quantum_softmax(&[Matrix::zeros(2), Matrix::zeros(3)]);
    assert_eq!(ragged, Err(SoftmaxError::Ragged { outcome: 1, given: 3, wanted: 2 }));
    let mut batch = SoftmaxBatch::new(3, 1, 1).unwrap();
    let z = [C64::ZERO, C64::ZERO, C64::new(f64::NAN, 0.0)];
    let refused = batch.forward(&z, &mut [C64::ZERO; 3]);
    assert!(matches!(refused, Err(SoftmaxError::NotFinite { item: 2, .. })));
    let loud = [C64::from(400.0), C64::ZERO, C64::ZERO];
    batch.forward(&loud, &mut [C64::ZERO; 3]).unwrap();
    assert_eq!(batch.conditioning_loss(), f64::INFINITY);
    let refused = batch.add_conditioning_gradient(1.0, &mut [C64::ZERO; 3]);
    assert!(matches!(refused, Err(SoftmaxError::ConditioningOverflow { item: 0, .. })));
    let povm: Povm = quantum_softmax(&[Matrix::zeros(3)]).unwrap();
    assert_eq!(povm.element(0), &Matrix::identity(3));
}
