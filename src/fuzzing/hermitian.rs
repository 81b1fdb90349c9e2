//! Eigen-decomposition: the small kernels against the dense solver, and against the definition.

use super::input::{Input, top};
use crate::quantum::C64;
use crate::quantum::hermitian::{EighScratch, eigh, eigh_dense};

/// Any finite Hermitian matrix up to 9 x 9: ascending eigenvalues, unitary vectors, a small residual, and the
/// eigenvalues of the dense solver.
pub fn hermitian(data: &[u8]) {
    let mut input = Input::new(data);
    let d = 1 + input.choice(9);
    let a = match input.choice(4) {
        0 => input.hermitian(d, Input::tame),
        1 => {
            // graded: rows and columns shrink by a power of two each
            let step = i32::from(input.byte() % 24);
            let scale = |r: usize| 2.0_f64.powi(-step * r as i32);
            let mut a = input.hermitian(d, Input::tame);
            for (at, z) in a.iter_mut().enumerate() {
                *z *= scale(at / d) * scale(at % d);
            }
            a
        }
        2 => {
            // few distinct entries: degenerate
            let (x, y) = (input.tame(), input.tame());
            input.hermitian(d, |i: &mut Input| [0.0, x, y, -x][i.choice(4)])
        }
        _ => input.hermitian(d, Input::finite),
    };
    let (mut values, mut vectors) = (vec![0.0; d], vec![C64::ZERO; d * d]);
    eigh(d, &a, &mut values, &mut vectors, &mut EighScratch::new(d));
    let size = top(&a);
    if size > 1e306 {
        return; // the eigenvalues themselves may be beyond the range
    }
    assert!(values.is_sorted(), "eigenvalues {values:?}");
    // In units of the largest entry, where nothing below overflows; eigenvalues that are subnormal keep an
    // absolute error of a few units of the least positive number.
    let down = if size > 0.0 { 1.0 / size.max(1e-300) } else { 1.0 };
    let slack = 1e-14 * d as f64 + 1e-322 * down;
    for c in 0..d {
        for k in 0..d {
            let dot: C64 = (0..d).map(|r| vectors[r * d + c].conj() * vectors[r * d + k]).sum();
            let wanted = if c == k { 1.0 } else { 0.0 };
            assert!((dot - wanted).norm() <= 1e-14 * d as f64, "vectors {c}, {k}: {dot}");
        }
        for r in 0..d {
            let entry = |k: usize| {
                let z = if k <= r { a[r * d + k] } else { a[k * d + r].conj() };
                if k == r { C64::from(z.re * down) } else { z * down }
            };
            let image: C64 = (0..d).map(|k| entry(k) * vectors[k * d + c]).sum();
            let gap = (image - vectors[r * d + c] * (values[c] * down)).norm();
            assert!(gap <= slack * d as f64, "residual {gap:e} of vector {c}, values {values:?}");
        }
    }
    let (mut other, mut spare) = (vec![0.0; d], vec![C64::ZERO; d * d]);
    eigh_dense(d, &a, &mut other, &mut spare);
    for (x, y) in values.iter().zip(&other) {
        let gap = (x * down - y * down).abs();
        assert!(gap <= slack * d as f64, "{values:?} here, {other:?} by the dense solver");
    }
}
