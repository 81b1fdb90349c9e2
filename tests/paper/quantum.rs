//! Measurements and states: Definitions 1 and 3, the Born rule, Algorithm 1, Proposition 4, Appendix I, Section D.5.

use super::*;

proptest! {
    #![proptest_config(few())]

    /// Definition 1: convex combinations of density matrices are density matrices.
    #[test]
    fn definition_1_states_mix(numbers in numbers(), weight in 0.0..1.0_f64) {
        let mut numbers = endless(&numbers);
        let (a, b) = (state(&mut numbers, &[3]), state(&mut numbers, &[3]));
        let mixed = a.matrix().scale(weight).add(&b.matrix().scale(1.0 - weight));
        prop_assert!(DensityMatrix::new(vec![3], mixed).is_ok());
    }

    /// Born rule: `P(j) = tr(rho M_j)` is a distribution, for one system.
    #[test]
    fn born_rule_of_one_system(numbers in numbers(), d in 1_usize..5, m in 1_usize..5) {
        let mut numbers = endless(&numbers);
        let (rho, povm) = (state(&mut numbers, &[d]), povm(&mut numbers, m, d));
        let p = bellwether::quantum::born::behaviour(&rho, &[vec![povm.clone()]]).unwrap();
        for (p, element) in p.iter().zip(povm.elements()) {
            prop_assert!((p - rho.matrix().matmul(element).trace().re).abs() < 1e-13 && *p > -1e-13);
        }
        prop_assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-13);
    }

    /// Eq. 2-3: the joint distribution is the trace against the Kronecker product, and factorises on product states.
    #[test]
    fn eq_2_and_3_joint_measurements_are_kronecker_products(numbers in numbers()) {
        let mut numbers = endless(&numbers);
        let parts: Vec<(DensityMatrix, Povm)> = [2, 3, 2]
            .map(|d| (state(&mut numbers, &[d]), povm(&mut numbers, 2, d)))
            .into();
        let kron = |f: &dyn Fn(usize) -> Matrix| f(0).kron(&f(1)).kron(&f(2));
        let rho = kron(&|i| parts[i].0.matrix().clone());
        let product = DensityMatrix::new(vec![2, 3, 2], rho).unwrap();
        let any = state(&mut numbers, &[2, 3, 2]);
        let povms: Vec<Vec<Povm>> = parts.iter().map(|(_, m)| vec![m.clone()]).collect();
        let p = bellwether::quantum::born::behaviour(&any, &povms).unwrap();
        let separate = bellwether::quantum::born::behaviour(&product, &povms).unwrap();
        for j in 0..8 {
            let digit = |i: usize| j >> (2 - i) & 1;
            let element = kron(&|i| parts[i].1.element(digit(i)).clone());
            prop_assert!((p[j] - any.matrix().matmul(&element).trace().re).abs() < 1e-13);
            let factor = |i: usize| parts[i].0.matrix().matmul(parts[i].1.element(digit(i))).trace().re;
            prop_assert!((separate[j] - factor(0) * factor(1) * factor(2)).abs() < 1e-13);
        }
    }

    /// Algorithm 1, line by line: symmetrise, exponentiate (by its series), sum, invert the root, normalise.
    #[test]
    fn algorithm_1_step_by_step(numbers in numbers(), d in 1_usize..5, m in 1_usize..4) {
        let mut numbers = endless(&numbers);
        let logits: Vec<Matrix> = (0..m)
            .map(|_| Matrix::from_fn(d, |_, _| C64::new(numbers.next().unwrap(), numbers.next().unwrap())))
            .collect();
        let exponentials: Vec<Matrix> = logits
            .iter()
            .map(|z| {
                let h = z.add(&z.adjoint()).scale(0.5);
                // expm(A) = sum A^k/k!
                let (mut sum, mut term) = (Matrix::identity(d), Matrix::identity(d));
                for k in 1..80 {
                    term = term.matmul(&h).scale(1.0 / f64::from(k));
                    sum = sum.add(&term);
                }
                sum
            })
            .collect();
        let s = exponentials.iter().fold(Matrix::zeros(d), |s, r| s.add(r));
        let root = apply(&s, |x| 1.0 / x.sqrt());
        let povm = quantum_softmax(&logits).unwrap();
        for (p, r) in povm.elements().iter().zip(&exponentials) {
            prop_assert!(gap(p, &root.matmul(r).matmul(&root)) < 1e-10);
        }
    }

    /// Proposition 4: projective measurements, on the boundary, are approached as closely as one wants.
    #[test]
    fn proposition_4_projective_measurements_are_approached(numbers in numbers(), d in 2_usize..5) {
        let mut numbers = endless(&numbers);
        let h = state(&mut numbers, &[d]);
        let (_, v) = eigen(h.matrix());
        let projector = |k: usize| Matrix::from_fn(d, |r, c| v[r * d + k] * v[c * d + k].conj());
        let mut last = f64::INFINITY;
        for eps in [1e-1, 1e-3, 1e-6, 1e-9] {
            let logits: Vec<Matrix> = (0..d)
                .map(|k| apply(&projector(k).scale(1.0 - eps).add(&Matrix::identity(d).scale(eps / d as f64)), f64::ln))
                .collect();
            let povm = quantum_softmax(&logits).unwrap();
            let error = (0..d).map(|k| gap(povm.element(k), &projector(k))).fold(0.0, f64::max);
            prop_assert!(error < last && error < 2.0 * eps, "{error} at {eps}");
            last = error;
        }
    }

    /// Appendix I: with `Z_j = log P_j` the matrix `S` is the identity, so the conditioning loss is zero and does
    /// not reduce what can be expressed.
    #[test]
    fn appendix_i_conditioning_costs_no_expressiveness(numbers in numbers(), d in 1_usize..4, m in 1_usize..4) {
        let wanted = povm(&mut endless(&numbers), m, d);
        let logits: Vec<C64> = wanted.elements().iter().flat_map(|p| apply(p, f64::ln).as_slice().to_vec()).collect();
        let mut layer = QuantumSoftmax::new(m, d).unwrap();
        let mut p = logits.clone();
        layer.forward(&logits, &mut p).unwrap();
        prop_assert!(layer.conditioning_loss() < 1e-18);
        let mut gradient = vec![C64::ZERO; p.len()];
        layer.add_conditioning_gradient(1.0, &mut gradient).unwrap();
        prop_assert!(gradient.iter().all(|g| g.norm() < 1e-8));
        for (block, wanted) in p.chunks_exact(d * d).zip(wanted.elements()) {
            let block = Matrix::from_vec(d, block.to_vec()).unwrap();
            prop_assert!(gap(&block, wanted) < 1e-9);
        }
    }
}

/// The transpose on the second of two subsystems.
fn partial_transpose(rho: &DensityMatrix) -> Matrix {
    let [d, e] = rho.dims() else { panic!("two subsystems") };
    let (d, e) = (*d, *e);
    assert_eq!(d * e, rho.matrix().dim());
    Matrix::from_fn(d * e, |r, c| rho.matrix()[(r / e * e + c % e, c / e * e + r % e)])
}

/// Eq. 1: the four entries of the Bell state.
#[test]
fn eq_1_the_bell_state() {
    let bell = DensityMatrix::bell();
    let corner = |k: usize| k == 0 || k == 3;
    for r in 0..4 {
        for c in 0..4 {
            let wanted = if corner(r) && corner(c) { 0.5 } else { 0.0 };
            assert_eq!(bell.matrix()[(r, c)], C64::from(wanted));
        }
    }
}

/// Definition 3: the Bell state is no mixture of products, because those have a positive partial transpose (Peres,
/// quant-ph/9604005) and its has the eigenvalue -1/2; mixed with white noise it is entangled above visibility 1/3.
#[test]
fn definition_3_the_bell_state_is_entangled() {
    let least = |rho: &DensityMatrix| eigen(&partial_transpose(rho)).0[0];
    assert!((least(&DensityMatrix::bell()) + 0.5).abs() < 1e-15);
    let separable = DensityMatrix::maximally_mixed(vec![2, 2]).unwrap();
    assert!(least(&separable) > 0.0);
    for v in [0.2, 0.33, 0.34, 0.9] {
        let value = least(&DensityMatrix::werner(v).unwrap());
        assert!((value - (1.0 - 3.0 * v) / 4.0).abs() < 1e-15, "{v}: {value}");
    }
}

/// Section D.5: `B^H B / tr(B^H B)` reaches every density matrix, by the square root of it.
#[test]
fn section_d5_every_state_has_a_factor() {
    let numbers: Vec<f64> = (0..32).map(|k| f64::from(k * k % 17) - 8.0).collect();
    let rho = state(&mut endless(&numbers), &[2, 2]);
    let root = apply(rho.matrix(), |x| x.max(0.0).sqrt());
    let again = DensityMatrix::from_factor(vec![2, 2], &root).unwrap();
    assert!(gap(rho.matrix(), again.matrix()) < 1e-14);
}
