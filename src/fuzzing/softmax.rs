//! QuantumSoftmax: valid on every finite input, right wherever it says so.

use super::input::{Input, distance, positive, top};
use crate::quantum::softmax::Regime;
use crate::quantum::{C64, QuantumSoftmax, SoftmaxError};

/// Logits and cotangents of the families that are hard: raw, moderate, huge, nearly equal, graded, degenerate,
/// of a shared low direction, subnormal. Validity is asserted of all of them; measurement and gradient are
/// compared with extended precision wherever the layer does not say that it is out of its domain.
pub fn softmax(data: &[u8]) {
    let mut input = Input::new(data);
    let (m, d) = (1 + input.choice(4), 1 + input.choice(4));
    let mut z = logits(&mut input, m, d);
    if input.choice(16) == 1 {
        let at = usize::from(input.byte()) % z.len();
        z[at].im = input.wild();
    }
    let Ok(mut layer) = QuantumSoftmax::new(m, d) else {
        panic!("{m} outcomes in dimension {d} refused");
    };
    let mut p = vec![C64::ZERO; z.len()];
    let finite = z.iter().all(|z| z.is_finite());
    let forward = layer.forward(&z, &mut p);
    assert_eq!(forward.is_ok(), finite, "finite logits have a POVM, others have none: {forward:?}");
    if !finite {
        return;
    }
    valid(m, d, &p);

    let part = [Input::tame, Input::finite][input.choice(2)];
    let g = input.complexes(z.len(), part);
    let mut grad = vec![C64::ZERO; z.len()];
    let regime = layer.regime();
    let exact = match layer.backward(&g, &mut grad) {
        Ok(()) => true,
        Err(SoftmaxError::OutOfDomain { .. }) => false,
        Err(other) => panic!("finite input refused: {other}"),
    };
    let mut stand_in = grad.clone();
    let saturating = layer.backward_saturating(&g, &mut stand_in);
    assert_eq!(saturating, Ok(exact));
    assert!(stand_in.iter().all(|z| z.is_finite()), "gradient {stand_in:?}");
    if !exact {
        let bound = 2.0 * (m * d) as f64 * top(&g);
        assert!(top(&stand_in) <= bound * (1.0 + 1e-12), "stand-in of size {}", top(&stand_in));
    }

    let Ok(truth) = QuantumSoftmax::new(m, d) else {
        return;
    };
    let mut truth = truth.always_extended();
    let mut wanted = vec![C64::ZERO; z.len()];
    assert_eq!(truth.forward(&z, &mut wanted), Ok(()));
    let resolved = matches!(truth.regime(), Regime::Extended { .. });
    if resolved && matches!(regime, Regime::Double | Regime::Extended { .. }) {
        let error = distance(&p, &wanted);
        assert!(error <= 1e-12, "{regime:?}: measurement off by {error:e}");
    }
    if exact && truth.backward(&g, &mut wanted).is_ok() {
        let (error, size) = (distance(&grad, &wanted), top(&wanted));
        // below the normal range a relative error has no meaning
        assert!(error <= 1e-8 * size + 1e-307, "{regime:?}: gradient off by {error:e} of {size:e}");
    }
}

fn logits(input: &mut Input<'_>, m: usize, d: usize) -> Vec<C64> {
    let n = m * d * d;
    let family = input.choice(9);
    let power = i32::from(input.byte());
    let scale = 2.0_f64.powi(power / 2 - 64);
    let mut z = input.complexes(n, Input::tame);
    match family {
        0 => input.complexes(n, Input::finite),
        1 => z.iter().map(|z| z / 16.0).collect(),
        2 => z.iter().map(|z| z * scale).collect(),
        3 => {
            // equal up to a little
            let small = 2.0_f64.powi(-(power % 64));
            (0..n).map(|at| z[at % (d * d)] + z[at] * small).collect()
        }
        4 => {
            // graded rows and columns, the same grading for every outcome
            let step = |r: usize| 2.0_f64.powi(-(power % 40) * r as i32);
            let at_grade = |at: usize| step(at / d % d) * step(at % d);
            (0..n).map(|at| z[at] * at_grade(at)).collect()
        }
        5 => {
            // multiples of rank-one matrices
            let v = &z[..d];
            let outer = |at: usize| v[at / d % d] * v[at % d].conj();
            let height = |j: usize| (j as f64 - 1.0) * scale;
            (0..n).map(|at| outer(at) * height(at / (d * d))).collect()
        }
        6 => {
            // one direction far below the rest, in all outcomes
            for (at, z) in z.iter_mut().enumerate() {
                *z /= 64.0;
                if at % (d * d) == 0 {
                    *z -= f64::from(power) * 16.0;
                }
            }
            z
        }
        7 => z.iter().map(|z| z * 5e-324).collect(),
        _ => z.iter().map(|z| z * 2.0_f64.powi(900 + power % 100)).collect(),
    }
}

/// Exactly Hermitian, positive to 1e-14, complete to 1e-14 d m.
fn valid(m: usize, d: usize, p: &[C64]) {
    for (j, element) in p.chunks_exact(d * d).enumerate() {
        for at in 0..d * d {
            let mirrored = element[at % d * d + at / d].conj();
            assert!(element[at] == mirrored, "element {j} is not Hermitian: {element:?}");
        }
        // elimination itself rounds, by a few units in the last place of one
        assert!(positive(d, element, 2e-14), "element {j} is not positive: {element:?}");
    }
    for k in 0..d * d {
        let sum: C64 = (0..m).map(|j| p[j * d * d + k]).sum();
        let identity = if k.is_multiple_of(d + 1) { 1.0 } else { 0.0 };
        let gap = (sum - identity).norm();
        assert!(gap <= 1e-14 * (d * m) as f64, "incomplete by {gap:e}");
    }
}
