//! Density matrices: from a matrix, and from a factor of any size.

use super::input::{Input, positive};
use crate::quantum::density::{DENSITY_TOLERANCE, DensityError, factor_backward, factor_forward};
use crate::quantum::{C64, DensityMatrix, Matrix};

/// A factor of any finite size gives a state and a finite gradient, or is refused; the state, moved a little,
/// is accepted exactly when it is one within the tolerance.
pub fn density(data: &[u8]) {
    let mut input = Input::new(data);
    let dims = [&[1][..], &[2], &[3], &[2, 2], &[2, 3], &[2, 2, 2]][input.choice(6)].to_vec();
    let d: usize = dims.iter().product();
    let rows = 1 + input.choice(d);
    let b = match input.choice(3) {
        0 => input.complexes(rows * d, Input::tame),
        1 => input.complexes(rows * d, Input::finite),
        _ => input.complexes(rows * d, Input::wild),
    };
    let mut rho = vec![C64::ZERO; d * d];
    let usable = b.iter().all(|z| z.is_finite()) && b.iter().any(|z| *z != C64::ZERO);
    let made = factor_forward(d, &b, &mut rho);
    assert_eq!(made.is_ok(), usable, "{made:?} for the factor {b:?}");
    if !usable {
        return;
    }
    let state = |entries: &[C64]| {
        let matrix = Matrix::from_vec(d, entries.to_vec());
        matrix.map(|matrix| DensityMatrix::new(dims.clone(), matrix))
    };
    let Ok(Ok(made)) = state(&rho) else {
        panic!("B^H B / tr is no state: {:?}", state(&rho));
    };
    assert!(made.matrix().hermitian_defect() == 0.0);
    // the gradient may exceed the range only where the factor is tiny: it is of the order 1/|B|
    let (d_rho, mut d_b) = (input.complexes(d * d, Input::tame), b.clone());
    let size = b.iter().map(|z| z.norm()).fold(0.0, f64::max);
    let gradient = factor_backward(d, &b, &rho, &d_rho, &mut d_b);
    assert!(gradient.is_ok(), "{gradient:?}");
    assert!(size < 1e-300 || d_b.iter().all(|z| z.is_finite()), "gradient {d_b:?}");
    let v = input.weight();
    assert!(made.with_white_noise(v).is_ok(), "visibility {v}");
    let at = usize::from(input.byte()) % rho.len();
    let step = 10.0_f64.powi(-i32::from(input.byte() % 16));
    rho[at] += input.complex(Input::tame) * step;
    let Ok(verdict) = state(&rho) else { return };
    let trace: f64 = (0..d).map(|k| rho[k * (d + 1)].re).sum();
    match verdict {
        Ok(rho) => {
            assert!((trace - 1.0).abs() <= 2.0 * DENSITY_TOLERANCE);
            assert!(rho.matrix().hermitian_defect() <= DENSITY_TOLERANCE);
            let shift = DENSITY_TOLERANCE * (1.0 + d as f64);
            assert!(positive(d, rho.matrix().as_slice(), shift), "accepted: {rho:?}");
        }
        Err(DensityError::Trace { .. }) => {
            assert!((trace - 1.0).abs() >= 0.5 * DENSITY_TOLERANCE);
        }
        Err(DensityError::NotPositive { least_eigenvalue }) => {
            assert!(
                least_eigenvalue > -4.0 * DENSITY_TOLERANCE || !positive(d, &rho, -0.5 * least_eigenvalue),
                "refused for {least_eigenvalue:e}: {rho:?}"
            );
        }
        Err(DensityError::NotHermitian { defect }) => assert!(defect > DENSITY_TOLERANCE),
        Err(other) => panic!("sizes are right, yet: {other}"),
    }
}
