//! Propositions 5 and 6: the quantum coordinator ansatz.

use bellwether::game::Scenario;
use bellwether::quantum::{C64, DensityMatrix, Matrix, Povm};
use bellwether::strategy::{Coordinated, Coordinator, PolicyClass, QuantumStrategy};
use proptest::prelude::*;

/// A random POVM through QuantumSoftmax of the given numbers.
fn povm(m: usize, d: usize, numbers: &mut impl Iterator<Item = f64>) -> Povm {
    let mut next = || numbers.next().unwrap();
    let logits: Vec<Matrix> = (0..m).map(|_| Matrix::from_fn(d, |_, _| C64::new(next(), next()))).collect();
    bellwether::quantum::quantum_softmax(&logits).unwrap()
}

fn strategy(dims: &[usize], questions: usize, outcomes: usize, numbers: &[f64]) -> QuantumStrategy {
    let mut numbers = numbers.iter().copied().cycle();
    let joint = dims.iter().product();
    let b = Matrix::from_fn(joint, |_, _| C64::new(numbers.next().unwrap(), 0.3));
    let rho = DensityMatrix::from_factor(dims.to_vec(), &b).unwrap();
    let povms = dims.iter().map(|&d| (0..questions).map(|_| povm(outcomes, d, &mut numbers)).collect()).collect();
    QuantumStrategy::new(rho, povms).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn proposition_5_in_both_directions(
        numbers in prop::collection::vec(-2.0..2.0f64, 97),
        dims in prop_oneof![Just(vec![2, 2]), Just(vec![3, 2]), Just(vec![2, 2, 2])],
        advice in 2..4usize,
        answers in 1..4usize,
    ) {
        let questions = 2;
        let quantum = strategy(&dims, questions, advice, &numbers);
        // forward: outcomes as advice, actors repeat it
        let repeated = Coordinated::from_quantum(quantum.clone()).unwrap();
        let distance = repeated.behaviour().unwrap().distance(&quantum.behaviour().unwrap()).unwrap();
        prop_assert!(distance < 1e-12, "forward: {distance}");
        // reverse: random actors are absorbed into the measurements
        let mut weights = numbers.iter().map(|v| v.abs() + 0.1).cycle();
        let mut distribution = || {
            let raw: Vec<f64> = (0..answers).map(|_| weights.next().unwrap()).collect();
            let sum: f64 = raw.iter().sum();
            raw.into_iter().map(|v| v / sum).collect::<Vec<f64>>()
        };
        let actors: Vec<_> = dims
            .iter()
            .map(|_| (0..advice).map(|_| (0..questions).map(|_| distribution()).collect()).collect())
            .collect();
        let n = dims.len();
        let scenario = Scenario::new(vec![questions; n], vec![answers; n]).unwrap();
        let coordinated = Coordinated::new(scenario, Coordinator::Entangled(quantum), actors).unwrap();
        let absorbed = coordinated.to_quantum().unwrap().unwrap();
        let distance = absorbed.behaviour().unwrap().distance(&coordinated.behaviour().unwrap()).unwrap();
        prop_assert!(distance < 1e-12, "reverse: {distance}");
        prop_assert_eq!(coordinated.class(), PolicyClass::Quantum);
    }
}

/// Proposition 6, case k > d: `M(a) = v v^H / k` with `v = (1, w^-a, w^-2a, ..)`, `w = e^{2 pi i/k}`.
fn fourier_povm(k: usize, d: usize) -> Povm {
    let phase = |n: i64| C64::from_polar(1.0, 2.0 * std::f64::consts::PI * n as f64 / k as f64);
    let element = |a: usize| Matrix::from_fn(d, |r, c| phase((c as i64 - r as i64) * a as i64) / k as f64);
    Povm::new((0..k).map(element).collect()).unwrap()
}

#[test]
fn proposition_6_needs_as_many_outcomes_as_answers() {
    // The proof: a rank-one M(a) = sum_b P_ab N(b) forces every N(b) used to be proportional to M(a), so if
    // no two M(a) are proportional, N has at least k elements. Check both premises.
    for (k, d) in [(3, 2), (4, 2), (5, 3), (7, 4)] {
        let povm = fourier_povm(k, d);
        for a in 0..k {
            let m = povm.element(a);
            // rank one: M^2 = tr(M) M
            let square = m.matmul(m);
            let scaled = m.scale(m.trace().re);
            let defect = square.as_slice().iter().zip(scaled.as_slice()).map(|(x, y)| (x - y).norm());
            assert!(defect.fold(0.0, f64::max) < 1e-14, "element {a} of ({k},{d}) is not rank one");
            for b in 0..a {
                let n = povm.element(b);
                // Cauchy-Schwarz is strict exactly when they are not proportional
                let inner = m.matmul(n).trace().re;
                let norms = (m.matmul(m).trace().re * n.matmul(n).trace().re).sqrt();
                assert!(inner < norms * (1.0 - 1e-6), "elements {a}, {b} of ({k},{d}) are proportional");
            }
        }
    }
}

#[test]
fn proposition_6_fails_in_dimension_one() {
    // d = 1, k = 2: the coin (1/2, 1/2) *is* a post-processing of the one-outcome POVM
    let coin = fourier_povm(2, 1);
    let trivial = Povm::new(vec![Matrix::identity(1)]).unwrap();
    let p = [0.5, 0.5];
    for (a, weight) in p.iter().enumerate() {
        assert_eq!(coin.element(a)[(0, 0)].re, weight * trivial.element(0)[(0, 0)].re);
    }
}

#[test]
fn coordinators_that_do_not_fit_are_refused() {
    let s = Scenario::new(vec![2, 2], vec![2, 2]).unwrap();
    let half = vec![vec![vec![vec![0.5, 0.5]; 2]; 1]; 2];
    assert!(Coordinated::new(s.clone(), Coordinator::None, half.clone()).is_ok());
    let three_values = Coordinator::SharedRandomness(vec![0.2, 0.3, 0.5]);
    let error = Coordinated::new(s.clone(), three_values, half.clone()).unwrap_err();
    assert!(error.to_string().contains("advice"), "{error}");
    let lopsided = Coordinator::SharedRandomness(vec![0.9]);
    assert!(Coordinated::new(s.clone(), lopsided, half).is_err());
    let short = vec![vec![vec![vec![0.5, 0.4]; 2]; 1]; 2];
    assert!(Coordinated::new(s, Coordinator::None, short).is_err());
}

#[test]
fn shared_randomness_wins_chsh_three_times_in_four() {
    // always answer 0 with one value, always 1 with the other: a mixture that is no product
    let s = Scenario::new(vec![2, 2], vec![2, 2]).unwrap();
    let actor = vec![vec![vec![1.0, 0.0]; 2], vec![vec![0.0, 1.0]; 2]];
    let policy =
        Coordinated::new(s, Coordinator::SharedRandomness(vec![0.5, 0.5]), vec![actor.clone(), actor]).unwrap();
    let chsh = bellwether::game::catalog::lookup("chsh").unwrap().game;
    assert_eq!(chsh.value(&policy.behaviour().unwrap()).unwrap(), 0.75);
    assert_eq!(policy.class(), PolicyClass::SharedRandomness);
}
