//! States and their factor parametrisation.

use bellwether::quantum::density::{self, DensityError, DensityMatrix};
use bellwether::quantum::{C64, Matrix};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

fn entries(values: &[f64]) -> Vec<C64> {
    values.chunks_exact(2).map(|x| C64::new(x[0], x[1])).collect()
}

#[test]
fn named_states_are_states() {
    let states = [
        DensityMatrix::bell(),
        DensityMatrix::ghz(4).unwrap(),
        DensityMatrix::werner(0.3).unwrap(),
        DensityMatrix::maximally_entangled(3).unwrap(),
        DensityMatrix::maximally_entangled_n(3, 3).unwrap(),
        DensityMatrix::maximally_mixed(vec![2, 3]).unwrap(),
    ];
    for state in states {
        let checked = DensityMatrix::new(state.dims().to_vec(), state.matrix().clone()).unwrap();
        assert_eq!(checked, state);
    }
    assert_eq!(DensityMatrix::maximally_entangled(2).unwrap(), DensityMatrix::bell());
    assert_eq!(DensityMatrix::ghz(2).unwrap(), DensityMatrix::bell());
    let ghz = DensityMatrix::ghz(3).unwrap();
    assert_eq!(ghz.matrix()[(0, 7)], C64::from(0.5));
    assert_eq!(DensityMatrix::bell().with_white_noise(1.0).unwrap(), DensityMatrix::bell());
    let noise = DensityMatrix::bell().with_white_noise(0.0).unwrap();
    assert_eq!(noise, DensityMatrix::maximally_mixed(vec![2, 2]).unwrap());
}

#[test]
fn refusals() {
    let new = |dims: &[usize], m: Matrix| DensityMatrix::new(dims.to_vec(), m).unwrap_err();
    assert!(matches!(new(&[], Matrix::zeros(1)), DensityError::Dimensions { .. }));
    assert!(matches!(new(&[2, 0], Matrix::zeros(1)), DensityError::Dimensions { .. }));
    assert!(matches!(new(&[5000], Matrix::zeros(1)), DensityError::TooLarge { .. }));
    assert!(matches!(new(&[usize::MAX, 8], Matrix::zeros(1)), DensityError::TooLarge { .. }));
    assert!(matches!(new(&[2, 2], Matrix::zeros(2)), DensityError::Shape { given: 2, wanted: 4, .. }));
    assert!(matches!(new(&[2], Matrix::identity(2)), DensityError::Trace { trace } if trace == 2.0));
    let diagonal = |x: f64| {
        Matrix::from_fn(2, |r, c| {
            C64::from(if r != c {
                0.0
            } else if r == 0 {
                x
            } else {
                1.0 - x
            })
        })
    };
    assert!(
        matches!(new(&[2], diagonal(1.25)), DensityError::NotPositive { least_eigenvalue } if least_eigenvalue == -0.25)
    );
    let mut skew = diagonal(0.5);
    skew[(0, 1)] = C64::from(0.1);
    assert!(matches!(new(&[2], skew.clone()), DensityError::NotHermitian { defect } if defect == 0.1));
    skew[(0, 1)] = C64::from(f64::INFINITY);
    assert!(matches!(new(&[2], skew), DensityError::NotFinite { row: 0, column: 1, .. }));
    for visibility in [-0.1, 1.1, f64::NAN] {
        assert!(matches!(DensityMatrix::werner(visibility), Err(DensityError::Visibility { .. })));
    }
    assert!(matches!(DensityMatrix::ghz(13), Err(DensityError::TooLarge { .. })));
    assert!(matches!(DensityMatrix::ghz(0), Err(DensityError::Dimensions { .. })));
    assert!(matches!(DensityMatrix::maximally_entangled_n(usize::MAX, 2), Err(DensityError::TooLarge { .. })));
    assert!(matches!(DensityMatrix::from_factor(vec![2], &Matrix::zeros(2)), Err(DensityError::Factor)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_factor_gives_a_state(
        values in prop::collection::vec(-1.0..1.0_f64, 32),
        power in -305..305_i32,
    ) {
        let scale = 10.0_f64.powi(power);
        let b = Matrix::from_vec(4, entries(&values).iter().map(|z| z * scale).collect()).unwrap();
        let state = DensityMatrix::from_factor(vec![2, 2], &b).unwrap();
        prop_assert_eq!(state.matrix().hermitian_defect(), 0.0);
        prop_assert!((state.matrix().trace().re - 1.0).abs() < 1e-14);
        prop_assert!(DensityMatrix::new(vec![2, 2], state.matrix().clone()).is_ok());
    }

    /// Adjoint of the factor map, square and of low rank, against central differences.
    #[test]
    fn factor_gradient(
        rows in 1_usize..4,
        b in prop::collection::vec(-1.0..1.0_f64, 18),
        g in prop::collection::vec(-1.0..1.0_f64, 18),
    ) {
        let d = 3;
        let b = entries(&b[..2 * rows * d]);
        let g = entries(&g);
        prop_assume!(b.iter().map(|z| z.norm_sqr()).sum::<f64>() > 0.1);
        let loss = |b: &[C64]| {
            let mut rho = vec![C64::ZERO; d * d];
            density::factor_forward(d, b, &mut rho).unwrap();
            rho.iter().zip(&g).map(|(r, g)| r.re * g.re + r.im * g.im).sum::<f64>()
        };
        let mut rho = vec![C64::ZERO; d * d];
        density::factor_forward(d, &b, &mut rho).unwrap();
        let mut grad = vec![C64::ZERO; b.len()];
        density::factor_backward(d, &b, &rho, &g, &mut grad).unwrap();
        let step = 1e-6;
        let mut moved = b.clone();
        for at in 0..b.len() {
            for (part, claimed) in [(C64::ONE, grad[at].re), (C64::I, grad[at].im)] {
                moved[at] = b[at] + part * step;
                let up = loss(&moved);
                moved[at] = b[at] - part * step;
                let down = loss(&moved);
                moved[at] = b[at];
                prop_assert!((claimed - (up - down) / (2.0 * step)).abs() < 2e-8);
            }
        }
    }

    /// State and adjoint by their formulae, `B^H B / t` and `2 B (G - tr(G rho) I) / t` with `t = tr(B^H B)`, in dimensions with
    /// kernels of their own and without, for factors whose squares are far beyond the range of floating point as well.
    #[test]
    fn factor_map_and_adjoint_are_their_formulae(
        d in prop::sample::select(vec![1_usize, 2, 3, 4, 5, 8, 9, 16]),
        rows in 1_usize..5,
        power in prop::sample::select(vec![0, 0, 900, -900]),
        seed: u64,
    ) {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut random = |count: usize| -> Vec<C64> {
            (0..count).map(|_| C64::new(rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0))).collect()
        };
        let (b, g) = (random(rows * d), random(d * d));
        let t: f64 = b.iter().map(|z| z.norm_sqr()).sum();
        let scaled: Vec<C64> = b.iter().map(|z| z * 2f64.powi(power)).collect();
        let (mut rho, mut grad) = (vec![C64::ZERO; d * d], vec![C64::ZERO; rows * d]);
        density::factor_forward(d, &scaled, &mut rho).unwrap();
        density::factor_backward(d, &scaled, &rho, &g, &mut grad).unwrap();
        let state = Matrix::from_fn(d, |r, c| (0..rows).map(|k| b[k * d + r].conj() * b[k * d + c] / t).sum());
        prop_assert!(rho.iter().zip(state.as_slice()).all(|(x, y)| (x - y).norm() < 1e-14));
        let g = Matrix::from_vec(d, g).unwrap();
        let hermitian = g.add(&g.adjoint()).scale(0.5);
        let left = hermitian.add(&Matrix::identity(d).scale(-hermitian.matmul(&state).trace().re));
        for (k, found) in grad.iter().enumerate() {
            let (row, c) = (k / d, k % d);
            let wanted: C64 = (0..d).map(|j| b[row * d + j] * left[(j, c)] * (2.0 / t)).sum();
            prop_assert!((found * 2f64.powi(power) - wanted).norm() < 1e-12 / t.min(1.0), "{found} for {wanted}");
        }
    }
}
