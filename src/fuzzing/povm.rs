//! Measurements: what the constructor takes is one, what it refuses is none.

use super::input::{Input, positive, top};
use crate::quantum::povm::POVM_TOLERANCE;
use crate::quantum::{C64, Matrix, Povm, PovmError, QuantumSoftmax};

/// A measurement, exact or with one entry moved: accepted exactly when it is one within the tolerance.
pub fn povm(data: &[u8]) {
    let mut input = Input::new(data);
    let (m, d) = (1 + input.choice(4), 1 + input.choice(4));
    let mut entries = match input.choice(3) {
        0 => input.complexes(m * d * d, Input::wild),
        1 => {
            let mut p = input.complexes(m * d * d, Input::tame);
            let Ok(mut layer) = QuantumSoftmax::new(m, d) else {
                return;
            };
            let z = p.clone();
            assert!(layer.forward(&z, &mut p).is_ok(), "finite logits refused");
            p
        }
        _ => {
            // outcomes of one basis
            let mut p = vec![C64::ZERO; m * d * d];
            for k in 0..d {
                p[input.choice(m) * d * d + k * (d + 1)] = C64::ONE;
            }
            p
        }
    };
    for _ in 0..input.choice(3) {
        let at = usize::from(input.byte()) % entries.len();
        let size = 10.0_f64.powi(-i32::from(input.byte() % 16));
        entries[at] += input.complex(Input::tame) * size;
    }
    let matrices: Result<Vec<Matrix>, _> =
        entries.chunks_exact(d * d).map(|block| Matrix::from_vec(d, block.to_vec())).collect();
    let Ok(matrices) = matrices else { return };
    let finite = entries.iter().all(|z| z.is_finite());
    match Povm::new(matrices.clone()) {
        Ok(povm) => {
            assert!(finite, "accepted with an entry that is no number");
            assert_eq!((povm.outcomes(), povm.dim()), (m, d));
            assert!(povm.completeness_defect().2 <= POVM_TOLERANCE);
            for element in povm.elements() {
                assert!(element.hermitian_defect() <= POVM_TOLERANCE);
                let shift = POVM_TOLERANCE * (1.0 + d as f64);
                assert!(positive(d, element.as_slice(), shift), "accepted: {element:?}");
            }
        }
        Err(PovmError::NotPositive { element, least_eigenvalue }) => {
            // Hermitian within the tolerance, so elimination of the entries as they are may see that much
            let shift = -0.5 * least_eigenvalue;
            let a = matrices[element].as_slice();
            let sure = top(a) < 1e100 && least_eigenvalue < -4.0 * POVM_TOLERANCE && least_eigenvalue < -1e-12 * top(a);
            assert!(!sure || !positive(d, a, shift), "element {element} refused for {least_eigenvalue:e}: {a:?}");
        }
        Err(PovmError::NotHermitian { element, .. }) => {
            assert!(matrices[element].hermitian_defect() > POVM_TOLERANCE);
        }
        Err(PovmError::NotFinite { .. }) => assert!(!finite, "finite entries refused"),
        Err(PovmError::NotComplete { row, column, .. }) => {
            let sum: C64 = matrices.iter().map(|p| p[(row, column)]).sum();
            let one = if row == column { 1.0 } else { 0.0 };
            assert!((sum - one).norm() > 0.5 * POVM_TOLERANCE, "complete, but refused");
        }
        Err(other) => panic!("sizes are right, yet: {other}"),
    }
}
