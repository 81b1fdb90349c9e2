//! eigh on random, graded, degenerate and extreme matrices.

use bellwether::quantum::C64;
use bellwether::quantum::hermitian::{EighScratch, eigh};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

fn random_hermitian(seed: u64, d: usize) -> Vec<C64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut a = vec![C64::ZERO; d * d];
    for r in 0..d {
        for c in 0..=r {
            let z = C64::new(rng.sample(StandardNormal), rng.sample(StandardNormal));
            a[r * d + c] = z;
            a[c * d + r] = z.conj();
        }
        a[r * d + r].im = 0.0;
    }
    a
}

fn solve(d: usize, a: &[C64]) -> (Vec<f64>, Vec<C64>) {
    let (mut values, mut vectors) = (vec![0.0; d], vec![C64::ZERO; d * d]);
    eigh(d, a, &mut values, &mut vectors, &mut EighScratch::new(d));
    (values, vectors)
}

/// Largest entries of `A V - V diag` over the norm, and of `V^H V - I`.
fn residuals(d: usize, a: &[C64], values: &[f64], v: &[C64]) -> (f64, f64) {
    let norm = a.iter().map(|z| z.norm()).fold(f64::MIN_POSITIVE, f64::max);
    let (mut backward, mut unitary) = (0.0_f64, 0.0_f64);
    for r in 0..d {
        for c in 0..d {
            let av: C64 = (0..d).map(|k| a[r * d + k] / norm * v[k * d + c]).sum();
            backward = backward.max((av - v[r * d + c] * (values[c] / norm)).norm());
            let vv: C64 = (0..d).map(|k| v[k * d + r].conj() * v[k * d + c]).sum();
            unitary = unitary.max((vv - if r == c { 1.0 } else { 0.0 }).norm());
        }
    }
    (backward, unitary)
}

fn check(d: usize, a: &[C64]) -> Result<Vec<f64>, TestCaseError> {
    let (values, vectors) = solve(d, a);
    let (backward, unitary) = residuals(d, a, &values, &vectors);
    prop_assert!(backward < 1e-15 * (d * d + 8) as f64, "residual {backward:e}, d = {d}");
    prop_assert!(unitary < 1e-15 * (d * d + 8) as f64, "not unitary: {unitary:e}, d = {d}");
    prop_assert!(values.is_sorted());
    Ok(values)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_matrices(seed: u64, d in 1_usize..13, power in -300..300_i32) {
        let scale = 10.0_f64.powi(power);
        let a: Vec<C64> = random_hermitian(seed, d).iter().map(|z| z * scale).collect();
        check(d, &a)?;
    }

    #[test]
    fn the_dense_solver_agrees_with_jacobi(seed: u64, d in 3_usize..8) {
        // Padding with far-off values sends the same matrix to the dense solver.
        let a = random_hermitian(seed, d);
        let wide = 9;
        let mut padded = vec![C64::ZERO; wide * wide];
        for r in 0..wide {
            for c in 0..wide {
                if r < d && c < d {
                    padded[r * wide + c] = a[r * d + c];
                }
            }
            if r >= d {
                padded[r * wide + r] = C64::from(1e3);
            }
        }
        let small = check(d, &a)?;
        let (large, _) = solve(wide, &padded);
        for (x, y) in small.iter().zip(&large) {
            prop_assert!((x - y).abs() < 1e-11);
        }
    }

    /// `D A D` with a well-conditioned positive `A`: small eigenvalues keep their digits.
    #[test]
    fn graded_positive_matrices(seed: u64, d in 2_usize..7, step in 1.0..12.0_f64) {
        let noise = random_hermitian(seed, d);
        let scale = |r: usize| 10.0_f64.powf(-step * r as f64);
        let graded = |r: usize, c: usize| {
            let inner = noise[r * d + c] * 0.02 + if r == c { 1.0 } else { 0.0 };
            inner * scale(r) * scale(c)
        };
        let a: Vec<C64> = (0..d * d).map(|at| graded(at / d, at % d)).collect();
        let values = check(d, &a)?;
        // The same matrix turned upside down must give the same small values to many digits.
        let b: Vec<C64> = (0..d * d).map(|at| graded(d - 1 - at / d, d - 1 - at % d)).collect();
        for (x, y) in values.iter().zip(check(d, &b)?) {
            prop_assert!(*x > 0.0 && (x - y).abs() < 1e-13 * x, "{x:e} {y:e}");
        }
    }

    #[test]
    fn degenerate_matrices(seed: u64, d in 2_usize..11, rank in 0_usize..3) {
        // A sum of few projectors on random orthonormal vectors.
        let (_, u) = solve(d, &random_hermitian(seed, d));
        let rank = rank.min(d);
        let a: Vec<C64> = (0..d * d)
            .map(|at| (0..rank).map(|k| u[at / d * d + k] * u[at % d * d + k].conj()).sum())
            .collect();
        let values = check(d, &a)?;
        for (k, value) in values.iter().enumerate() {
            let wanted = if k >= d - rank { 1.0 } else { 0.0 };
            prop_assert!((value - wanted).abs() < 1e-13);
        }
    }

    /// Entries of any sizes in one matrix: squares of the small ones underflow, the vectors stay unitary.
    #[test]
    fn entries_of_any_sizes(seed: u64, d in 2_usize..8) {
        let mut a = random_hermitian(seed, d);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed ^ 1);
        for r in 0..d {
            for c in 0..=r {
                let scale = 2.0_f64.powi(-rng.random_range(0..1060));
                a[r * d + c] *= scale;
                a[c * d + r] = a[r * d + c].conj();
            }
        }
        let (values, vectors) = solve(d, &a);
        let (backward, unitary) = residuals(d, &a, &values, &vectors);
        let top = a.iter().map(|z| z.norm()).fold(0.0, f64::max);
        prop_assert!(unitary < 1e-14, "{unitary:e}");
        prop_assert!(backward < 1e-13 || top < 1e-300, "{backward:e}");
    }

    #[test]
    fn two_by_two_of_any_size(a in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL, b in prop::num::f64::ANY, c in prop::num::f64::ANY, e in prop::num::f64::ANY) {
        prop_assume!([a, b, c, e].iter().all(|x| x.abs() <= 1e300));
        let off = C64::new(b, c);
        let m = [C64::from(a), off.conj(), off, C64::from(e)];
        let (values, vectors) = solve(2, &m);
        let (backward, unitary) = residuals(2, &m, &values, &vectors);
        let top = m.iter().map(|z| z.norm()).fold(0.0, f64::max);
        // Subnormal results carry an absolute error of the least positive number.
        prop_assert!(backward < 1e-15 || top < 1e-300, "{values:?} {backward:e}");
        prop_assert!(unitary < 1e-15, "{unitary:e}");
        prop_assert!(values[0] <= values[1]);
    }
}

#[test]
fn closed_forms() {
    let x = [C64::ZERO, C64::ONE, C64::ONE, C64::ZERO];
    assert_eq!(solve(2, &x).0, [-1.0, 1.0]);
    assert_eq!(solve(2, &[C64::ZERO; 4]).0, [0.0, 0.0]);
    assert_eq!(solve(1, &[C64::new(-2.0, 9.0)]).0, [-2.0]);
    // [[1, 1e-10], [1e-10, 3e-20]]: the small eigenvalue is 2e-20, mean minus radius gives 0.
    let graded = [1.0, 1e-10, 1e-10, 3e-20].map(C64::from);
    assert!((solve(2, &graded).0[0] / 2e-20 - 1.0).abs() < 1e-14);
    let huge = [1e300, 1e300, 1e300, 1e300].map(C64::from);
    assert!((solve(2, &huge).0[1] / 2e300 - 1.0).abs() < 1e-15);
    let tiny = [0.5, 5e-324, 5e-324, 0.5].map(C64::from);
    assert_eq!(solve(2, &tiny).0, [0.5, 0.5]);
}

#[test]
fn values_that_are_not_finite_stay_visible() {
    for d in [2, 4, 9] {
        let mut a = random_hermitian(1, d);
        a[d].re = f64::NAN;
        assert!(solve(d, &a).0.iter().any(|x| x.is_nan()), "d = {d}");
    }
}
