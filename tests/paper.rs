//! The paper's claims, one named test each; `docs/properties.md` maps every proposition, equation and table to its
//! test, here or elsewhere, and the last test holds it to that.

use bellwether::bound::membership::{Membership, Options, local_membership};
use bellwether::bound::{local, local_lp, no_signalling};
use bellwether::env::{End, Environment, OneShot};
use bellwether::game::{Behaviour, Game, Rational, Scenario, catalog, to_f64};
use bellwether::learn::{PolicyShape, QuantumPolicy, SharedState};
use bellwether::quantum::{
    C64, DensityMatrix, Matrix, Povm, QuantumSoftmax, hermitian, quantum_softmax,
};
use bellwether::strategy::{
    Coordinated, Coordinator, Factorised, PolicyClass, QuantumStrategy, SharedRandomness,
};
use proptest::prelude::*;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

fn two_by_two() -> Scenario {
    Scenario::new(vec![2, 2], vec![2, 2]).unwrap()
}

fn game(name: &str) -> Game {
    catalog::lookup(name).unwrap().game
}

/// Numbers that repeat when they run out.
fn endless(numbers: &[f64]) -> impl Iterator<Item = f64> + '_ {
    numbers.iter().copied().cycle()
}

/// A distribution over `n` values.
fn distribution(numbers: &mut impl Iterator<Item = f64>, n: usize) -> Vec<f64> {
    let raw: Vec<f64> = numbers.take(n).map(|v| v.abs() + 0.05).collect();
    let sum: f64 = raw.iter().sum();
    raw.into_iter().map(|v| v / sum).collect()
}

fn povm(numbers: &mut impl Iterator<Item = f64>, m: usize, d: usize) -> Povm {
    let mut logit = || {
        Matrix::from_fn(d, |_, _| {
            C64::new(numbers.next().unwrap(), numbers.next().unwrap())
        })
    };
    let logits: Vec<Matrix> = (0..m).map(|_| logit()).collect();
    quantum_softmax(&logits).unwrap()
}

fn state(numbers: &mut impl Iterator<Item = f64>, dims: &[usize]) -> DensityMatrix {
    let d = dims.iter().product();
    let b = Matrix::from_fn(d, |_, _| {
        C64::new(numbers.next().unwrap(), numbers.next().unwrap())
    });
    DensityMatrix::from_factor(dims.to_vec(), &b).unwrap()
}

fn quantum(numbers: &[f64], dims: &[usize], questions: usize, answers: usize) -> QuantumStrategy {
    let mut numbers = endless(numbers);
    let rho = state(&mut numbers, dims);
    let mut player = |d: usize| {
        (0..questions)
            .map(|_| povm(&mut numbers, answers, d))
            .collect()
    };
    let povms = dims.iter().map(|&d| player(d)).collect();
    QuantumStrategy::new(rho, povms).unwrap()
}

/// `U f(A) U^H`.
fn apply(a: &Matrix, f: impl Fn(f64) -> f64) -> Matrix {
    let d = a.dim();
    let (values, v) = eigen(a);
    Matrix::from_fn(d, |r, c| {
        (0..d)
            .map(|k| v[r * d + k] * v[c * d + k].conj() * f(values[k]))
            .sum()
    })
}

fn eigen(a: &Matrix) -> (Vec<f64>, Vec<C64>) {
    let d = a.dim();
    let (mut values, mut vectors) = (vec![0.0; d], vec![C64::ZERO; d * d]);
    let mut scratch = hermitian::EighScratch::new(d);
    hermitian::eigh(d, a.as_slice(), &mut values, &mut vectors, &mut scratch);
    (values, vectors)
}

fn gap(a: &Matrix, b: &Matrix) -> f64 {
    let pairs = a.as_slice().iter().zip(b.as_slice());
    pairs.map(|(x, y)| (x - y).norm()).fold(0.0, f64::max)
}

/// The transpose on the second of two subsystems.
fn partial_transpose(rho: &DensityMatrix) -> Matrix {
    let [d, e] = rho.dims() else {
        panic!("two subsystems")
    };
    let (d, e) = (*d, *e);
    assert_eq!(d * e, rho.matrix().dim());
    Matrix::from_fn(d * e, |r, c| {
        rho.matrix()[(r / e * e + c % e, c / e * e + r % e)]
    })
}

fn numbers() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-2.0..2.0_f64, 101)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

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

    /// Eq. 4: shared randomness is a mixture of products of local policies.
    #[test]
    fn eq_4_shared_randomness_is_a_mixture_of_products(numbers in numbers(), values in 1_usize..5) {
        let (s, mut numbers) = (Scenario::new(vec![2, 3], vec![3, 2]).unwrap(), endless(&numbers));
        let q = distribution(&mut numbers, values);
        let actors: Vec<Vec<Vec<Vec<f64>>>> = (0..2)
            .map(|i| (0..values).map(|_| (0..s.questions()[i]).map(|_| distribution(&mut numbers, s.answers()[i])).collect()).collect())
            .collect();
        let policy = Coordinated::new(s.clone(), Coordinator::SharedRandomness(q.clone()), actors.clone()).unwrap();
        let by_hand = Behaviour::from_fn(s, |h, a| {
            (0..values).map(|x| q[x] * actors[0][x][h[0]][a[0]] * actors[1][x][h[1]][a[1]]).sum()
        })
        .unwrap();
        prop_assert!(policy.behaviour().unwrap().distance(&by_hand).unwrap() < 1e-14);
        prop_assert_eq!(policy.class(), PolicyClass::SharedRandomness);
    }

    /// Proposition 1: every factorised policy is a convex combination of deterministic ones, with product weights;
    /// so SR, their convex hull, is a polytope with finitely many vertices.
    #[test]
    fn proposition_1_shared_randomness_is_the_hull_of_deterministic_policies(numbers in numbers()) {
        let (s, mut numbers) = (Scenario::new(vec![2, 2], vec![3, 2]).unwrap(), endless(&numbers));
        let local: Vec<Vec<Vec<f64>>> = (0..2)
            .map(|i| (0..2).map(|_| distribution(&mut numbers, s.answers()[i])).collect())
            .collect();
        let factorised = Factorised::new(s.clone(), local.clone()).unwrap().behaviour().unwrap();
        let vertices = local_lp::vertices(&s).unwrap();
        let weight = |choices: &[Vec<usize>]| -> f64 {
            (0..2).flat_map(|i| (0..2).map(move |h| (i, h))).map(|(i, h)| local[i][h][choices[i][h]]).product()
        };
        let weights = vertices.iter().map(|v| weight(v.choices())).collect();
        let mixture = SharedRandomness::new(s, weights, vertices).unwrap().behaviour().unwrap();
        prop_assert!(mixture.distance(&factorised).unwrap() < 1e-13);
    }

    /// Eq. 5 for every partition of three players: what a group does is independent of what the others see,
    /// for every entangled policy (Q is inside NS, Proposition 2).
    #[test]
    fn eq_5_entangled_policies_do_not_signal_across_any_partition(numbers in numbers()) {
        let p = quantum(&numbers, &[2, 2, 2], 2, 2).behaviour().unwrap();
        prop_assert!(p.signalling() < 1e-13);
        prop_assert!(signals_across_partitions(&p) < 1e-13);
    }

    /// Eq. 5: one player's question at a time is enough to see every signal.
    #[test]
    fn eq_5_single_changes_decide_all_partitions(numbers in prop::collection::vec(0.0..1.0_f64, 64)) {
        let s = Scenario::new(vec![2; 3], vec![2; 3]).unwrap();
        let table = numbers.chunks_exact(8).flat_map(|row| distribution(&mut row.iter().copied(), 8));
        let p = Behaviour::new(s, table.collect()).unwrap();
        let (single, all) = (p.signalling(), signals_across_partitions(&p));
        prop_assert!(single <= all + 1e-12 && all <= 8.0 * single, "{single} and {all}");
    }

    /// Eq. 6 and 11, 13: the policy of a strategy is `tr(rho (x) M_i(a_i|h_i))`.
    #[test]
    fn eq_6_policies_are_born_probabilities(numbers in numbers()) {
        let strategy = quantum(&numbers, &[2, 3], 2, 3);
        let p = strategy.behaviour().unwrap();
        let s = strategy.scenario();
        for h in 0..s.joint_questions() {
            for (ja, p) in p.row(h).iter().enumerate() {
                let (h, a) = (s.question(h), s.answer(ja));
                let m = |i: usize| strategy.povms()[i][h[i]].element(a[i]);
                let wanted = strategy.rho().matrix().matmul(&m(0).kron(m(1))).trace().re;
                prop_assert!((p - wanted).abs() < 1e-13);
            }
        }
    }

    /// Eq. 7: any joint policy is a coordinator that knows every history, and actors that repeat its advice.
    #[test]
    fn eq_7_every_policy_has_a_coordinator(numbers in prop::collection::vec(0.0..1.0_f64, 16)) {
        let s = two_by_two();
        let table = numbers.chunks_exact(4).flat_map(|row| distribution(&mut row.iter().copied(), 4));
        let p = Behaviour::new(s.clone(), table.collect()).unwrap();
        let repeat = vec![vec![vec![1.0, 0.0]; 2], vec![vec![0.0, 1.0]; 2]];
        let policy = Coordinated::new(s, Coordinator::Central(p.clone()), vec![repeat; 2]).unwrap();
        prop_assert!(policy.behaviour().unwrap().distance(&p).unwrap() < 1e-15);
        prop_assert_eq!(policy.class(), PolicyClass::Communication);
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

    /// Eq. 16: the win probability is `sum mu(o) sum pi(a|o) V(a|o)`.
    #[test]
    fn eq_16_win_probability(numbers in numbers()) {
        let p = quantum(&numbers, &[2, 2], 2, 2).behaviour().unwrap();
        let (mut wins, s) = (0.0, two_by_two());
        for o in 0..4 {
            for (ja, p) in p.row(o).iter().enumerate() {
                let (o, a) = (s.question(o), s.answer(ja));
                wins += if a[0] ^ a[1] == o[0] & o[1] { 0.25 * p } else { 0.0 };
            }
        }
        prop_assert!((game("chsh").value(&p).unwrap() - wins).abs() < 1e-14);
    }
}

/// Largest violation of Eq. 5 over every partition of the players into two groups, by its definition.
fn signals_across_partitions(p: &Behaviour) -> f64 {
    let s = p.scenario();
    let n = s.players();
    let mut worst = 0.0_f64;
    for group in 1..(1_usize << n) - 1 {
        let inside = |i: usize| group >> i & 1 == 1;
        let agree = |x: &[usize], y: &[usize]| (0..n).all(|i| !inside(i) || x[i] == y[i]);
        let marginal = |h: usize, wanted: &[usize]| -> f64 {
            let cells = p.row(h).iter().enumerate();
            cells
                .filter(|(ja, _)| agree(&s.answer(*ja), wanted))
                .map(|(_, p)| p)
                .sum()
        };
        for h in 0..s.joint_questions() {
            for other in (0..h).filter(|&other| agree(&s.question(h), &s.question(other))) {
                for ja in 0..s.joint_answers() {
                    let a = s.answer(ja);
                    worst = worst.max((marginal(h, &a) - marginal(other, &a)).abs());
                }
            }
        }
    }
    worst
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
        assert!(
            (value - (1.0 - 3.0 * v) / 4.0).abs() < 1e-15,
            "{v}: {value}"
        );
    }
}

/// Proposition 1: the deterministic factorised policies are `prod_i A_i^{H_i}` many (16 for CHSH; the printed
/// `A^H` counts joint functions, 256), all different, and a linear functional has its maximum on one of them.
#[test]
fn proposition_1_the_number_of_vertices() {
    for (questions, answers, count) in [
        (vec![2, 2], vec![2, 2], 16),
        (vec![3, 2], vec![2, 3], 72),
        (vec![2; 3], vec![2; 3], 64),
    ] {
        let s = Scenario::new(questions, answers).unwrap();
        let vertices = local_lp::vertices(&s).unwrap();
        assert_eq!(
            (vertices.len(), s.deterministic_count()),
            (count, Some(count as u128))
        );
        let mut tables: Vec<Vec<u64>> = vertices
            .iter()
            .map(|v| {
                v.behaviour(&s)
                    .unwrap()
                    .as_slice()
                    .iter()
                    .map(|p| p.to_bits())
                    .collect()
            })
            .collect();
        tables.sort();
        tables.dedup();
        assert_eq!(tables.len(), count);
    }
    let chsh = game("chsh");
    let best = local_lp::vertices(chsh.scenario())
        .unwrap()
        .iter()
        .map(|v| v.value(&chsh))
        .max();
    assert_eq!(best, Some(Rational::new(3.into(), 4.into())));
}

/// Proposition 2: every inclusion `F < SR < Q < NS < C` is strict, with a witness for each.
#[test]
fn proposition_2_every_inclusion_is_strict() {
    let s = two_by_two();
    let chsh = game("chsh");
    // SR, not F: both answer with one shared coin, so that answers are correlated
    let coin = Behaviour::from_fn(s.clone(), |_, a| if a[0] == a[1] { 0.5 } else { 0.0 }).unwrap();
    assert!(matches!(
        local_membership(&coin, &Options::default()),
        Ok(Membership::Local(_))
    ));
    let product = coin.marginal(0)[0][0] * coin.marginal(1)[0][0];
    assert!((coin.row(0)[0] - product).abs() > 0.2);
    // Q, not SR: the strategy of Eq. 21-24
    let entangled = corrected_strategy().behaviour().unwrap();
    let verdict = local_membership(&entangled, &Options::default()).unwrap();
    assert!(matches!(verdict, Membership::Nonlocal(_)));
    // NS, not Q: the Popescu-Rohrlich box wins CHSH always, no quantum strategy more than cos^2(pi/8)
    let pr = Behaviour::from_fn(s.clone(), |x, a| {
        if a[0] ^ a[1] == x[0] & x[1] { 0.5 } else { 0.0 }
    })
    .unwrap();
    assert_eq!((pr.signalling(), chsh.value(&pr).unwrap()), (0.0, 1.0));
    let level = "1".parse().unwrap();
    let tsirelson =
        bellwether::bound::npa::upper_bound(&chsh, &level, &Default::default()).unwrap();
    assert!(tsirelson.bound().value < 0.8536);
    // C, not NS: answer with the other player's question
    let told = Behaviour::from_fn(s, |x, a| f64::from(a[0] == x[1] && a[1] == x[0])).unwrap();
    assert_eq!(told.signalling(), 1.0);
}

/// Eq. 10-13: the Born rule (Eq. 11, 13) gives behaviours with no hidden variable (Eq. 10, 12): the proof is a
/// Bell inequality whose classical bound is exact.
#[test]
fn eq_10_to_13_bell_inequality_violation() {
    let p = corrected_strategy().behaviour().unwrap();
    let Membership::Nonlocal(found) = local_membership(&p, &Options::default()).unwrap() else {
        panic!("the CHSH strategy is local");
    };
    let s = two_by_two();
    let best = local_lp::vertices(&s)
        .unwrap()
        .iter()
        .map(|v| v.value(&found.inequality.game))
        .max();
    assert_eq!(best, Some(found.inequality.classical.clone()));
    assert!(to_f64(&found.inequality.violation(&p).unwrap()) > 0.0);
    assert!((found.visibility - 0.5_f64.sqrt()).abs() < 1e-6);
}

/// Eq. 17-19: `grad J` and `grad H` through the policy: `d_p = mu V` and `d_p = -mu (log pi + 1)` against central
/// differences of Eq. 16 and Eq. 18.
#[test]
fn eq_17_to_19_gradients_of_win_probability_and_entropy() {
    let chsh = game("chsh");
    let shape = PolicyShape {
        dims: vec![2, 2],
        hidden: vec![3],
        init_scale: 0.7,
        state: SharedState::Learned,
    };
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(11);
    let mut policy = QuantumPolicy::new(chsh.scenario(), shape, &mut rng).unwrap();
    for x in 0..4 {
        policy.meet(x).unwrap();
    }
    policy.forward().unwrap();
    let p = policy.probabilities().to_vec();
    let weights = chsh.weights();
    let entropy = |p: &[f64]| -> f64 { p.iter().map(|p| -0.25 * p * p.ln()).sum() };
    let wins = |p: &[f64]| -> f64 { p.iter().zip(&weights).map(|(p, w)| p * w).sum() };
    let log: Vec<f64> = p.iter().map(|p| -0.25 * (p.ln() + 1.0)).collect();
    type Objective<'a> = &'a dyn Fn(&[f64]) -> f64;
    let objectives: [(Objective<'_>, &[f64]); 2] = [(&wins, &weights), (&entropy, &log)];
    for (objective, d_p) in objectives {
        policy.forward().unwrap();
        policy.backward(d_p, 0.0).unwrap();
        let gradient = policy.gradient.clone();
        let mut largest = 0.0_f64;
        for at in (0..gradient.len()).step_by(7) {
            let step = 1e-5;
            let keep = policy.parameters[at];
            let mut value = |x: f64| {
                policy.parameters[at] = x;
                policy.forward().unwrap();
                objective(policy.probabilities())
            };
            let slope = (value(keep + step) - value(keep - step)) / (2.0 * step);
            policy.parameters[at] = keep;
            assert!(
                (slope - gradient[at]).abs() < 1e-8,
                "{slope} and {}",
                gradient[at]
            );
            largest = largest.max(slope.abs());
        }
        assert!(largest > 1e-3);
    }
}

/// Eq. 21-24 with the off-diagonal entries of Eq. 23-24 halved (see `docs/errata.md`).
fn corrected_strategy() -> QuantumStrategy {
    let theta = std::f64::consts::FRAC_PI_8;
    let real = |entries: [f64; 4]| Matrix::from_vec(2, entries.map(C64::from).to_vec()).unwrap();
    let (c, s, o) = (
        theta.cos().powi(2),
        theta.sin().powi(2),
        (2.0 * theta).sin() / 2.0,
    );
    let player_a = vec![
        Povm::new(vec![real([1.0, 0.0, 0.0, 0.0]), real([0.0, 0.0, 0.0, 1.0])]).unwrap(),
        Povm::new(vec![
            real([0.5, 0.5, 0.5, 0.5]),
            real([0.5, -0.5, -0.5, 0.5]),
        ])
        .unwrap(),
    ];
    let player_b = vec![
        Povm::new(vec![real([c, o, o, s]), real([s, -o, -o, c])]).unwrap(),
        Povm::new(vec![real([c, -o, -o, s]), real([s, o, o, c])]).unwrap(),
    ];
    QuantumStrategy::new(DensityMatrix::bell(), vec![player_a, player_b]).unwrap()
}

/// Eq. 21-24: for every pair of questions either winning answer has probability `cos^2(pi/8)/2`.
#[test]
fn eq_21_to_24_the_chsh_strategy() {
    let strategy = corrected_strategy();
    let optimum = std::f64::consts::FRAC_PI_8.cos().powi(2);
    let p = strategy.behaviour().unwrap();
    for x in 0..4 {
        for (a, p) in p.row(x).iter().enumerate() {
            let wins = (a >> 1) ^ (a & 1) == (x >> 1) & (x & 1);
            assert!(!wins || (p - optimum / 2.0).abs() < 1e-15, "{p}");
        }
    }
    assert!((game("chsh").value(&p).unwrap() - optimum).abs() < 1e-15);
}

/// Table 1: the predicate of CHSH, cell by cell as printed.
#[test]
fn table_1_the_chsh_predicate() {
    let printed = [[1, 0, 0, 1], [1, 0, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]];
    let weights = game("chsh").weights();
    for (x, row) in printed.iter().enumerate() {
        for (a, &wins) in row.iter().enumerate() {
            assert_eq!(
                weights[4 * x + a],
                0.25 * f64::from(wins),
                "xy = {x:02b}, ab = {a:02b}"
            );
        }
    }
}

/// Section D.4.1-D.4.3: the classical and non-signalling values of the four games, exactly.
#[test]
fn section_d4_values_of_the_games() {
    for (name, classical, no_signal) in [
        ("chsh", (3, 4), (1, 1)),
        ("ghz", (3, 4), (1, 1)),
        ("tetra", (5, 8), (3, 4)),
        ("cube", (5, 16), (3, 8)),
    ] {
        let game = game(name);
        let found = local::maximum(&game, &local::Options::default()).unwrap();
        let wanted = |(p, q): (i64, i64)| Rational::new(p.into(), q.into());
        assert!(
            found.is_exact() && found.upper == wanted(classical),
            "{name}: {}",
            found.upper
        );
        let ns = no_signalling::maximum(&game).unwrap();
        assert!(
            ns.lower <= wanted(no_signal) && wanted(no_signal) <= ns.upper,
            "{name}"
        );
    }
}

/// Section D.4.2: measuring X or Y on the GHZ state wins the GHZ game with certainty.
#[test]
fn section_d42_the_ghz_game_is_won_with_certainty() {
    let pauli = |phase: C64| {
        let half = C64::from(0.5);
        let off = |sign: f64| phase * (0.5 * sign);
        let element =
            |sign: f64| Matrix::from_vec(2, vec![half, off(sign).conj(), off(sign), half]).unwrap();
        Povm::new(vec![element(1.0), element(-1.0)]).unwrap()
    };
    let player = vec![pauli(C64::ONE), pauli(C64::I)]; // X for question 0, Y for question 1
    let strategy = QuantumStrategy::new(DensityMatrix::ghz(3).unwrap(), vec![player; 3]).unwrap();
    let value = game("ghz").value(&strategy.behaviour().unwrap()).unwrap();
    assert!((value - 1.0).abs() < 1e-14, "{value}");
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

/// Eq. 14-15: on a single-round game the value function of a policy, the mean discounted return, is its win
/// probability (Eq. 16); sampled from the environment, within five standard deviations.
#[test]
fn eq_14_and_15_the_value_of_a_policy_is_its_mean_return() {
    let chsh = game("chsh");
    let s = chsh.scenario();
    let behaviour = corrected_strategy().behaviour().unwrap();
    let exact = chsh.value(&behaviour).unwrap();
    let mut env = OneShot::of_game(&chsh).unwrap();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    let mut seen = vec![0.0; env.spec().observations()];
    let (episodes, gamma, mut total) = (40_000, 0.9_f64, 0.0);
    for _ in 0..episodes {
        env.reset(&mut rng, &mut seen).unwrap();
        let x = [usize::from(seen[1] == 1.0), usize::from(seen[3] == 1.0)];
        let row = behaviour.row(s.question_index(&x));
        let mut u: f64 = rng.random();
        let mut drawn = row.iter().position(|p| {
            u -= p;
            u < 0.0
        });
        let a = s.answer(drawn.get_or_insert(3).to_owned());
        let mut t = 0;
        loop {
            let outcome = env
                .step(&[a[0] as u32, a[1] as u32], &mut rng, &mut seen)
                .unwrap();
            total += gamma.powi(t) * outcome.reward;
            t += 1;
            if outcome.end != End::Running {
                break;
            }
        }
    }
    let n = f64::from(episodes);
    let deviation = (exact * (1.0 - exact) / n).sqrt();
    assert!(
        (total / n - exact).abs() < 5.0 * deviation,
        "{} for {exact}",
        total / n
    );
}

/// A policy `sum_x q(x) prod_i pi_i(a_i|x, h_i)` (Eq. 7) of CHSH with softmax parameters: two for `q`, then two for
/// every player, advice and question.
fn softmax_pair(theta: &[f64], at: usize) -> [f64; 2] {
    let (a, b) = (theta[at].exp(), theta[at + 1].exp());
    [a / (a + b), b / (a + b)]
}

fn actor(theta: &[f64], player: usize, advice: usize, question: usize) -> [f64; 2] {
    softmax_pair(theta, 2 + 2 * (4 * player + 2 * advice + question))
}

/// Every trajectory of one step (advice, questions, answers): `f(x, h, a)` weighted by its probability under `theta`.
fn expectation(theta: &[f64], f: &dyn Fn(usize, [usize; 2], [usize; 2]) -> f64) -> f64 {
    let mut sum = 0.0;
    for k in 0..32_usize {
        let (x, h, a) = (k >> 4, [k >> 3 & 1, k >> 2 & 1], [k >> 1 & 1, k & 1]);
        let pi: f64 = (0..2).map(|i| actor(theta, i, x, h[i])[a[i]]).product();
        sum += 0.25 * softmax_pair(theta, 0)[x] * pi * f(x, h, a);
    }
    sum
}

/// Eq. 8-9 and 25-29: with the advice part of the trajectory, `L_act + L_coord` has at the present parameters the
/// policy gradient `E[grad log q A] + sum_i E[grad log pi_i A]`, and that is the gradient of the value whatever
/// constant is taken off the advantage. All expectations are sums over every trajectory.
#[test]
fn eq_8_9_and_25_to_29_the_surrogate_has_the_policy_gradient() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(8);
    let theta: Vec<f64> = (0..18).map(|_| rng.random_range(-1.0..1.0)).collect();
    let wins = |h: [usize; 2], a: [usize; 2]| f64::from(a[0] ^ a[1] == h[0] & h[1]);
    let baseline = expectation(&theta, &|_, h, a| wins(h, a));
    let advantage = |h, a| wins(h, a) - baseline;
    let value = |new: &[f64]| expectation(new, &|_, h, a| wins(h, a));
    // ratios against the old policy, over trajectories of the old policy
    let coordinator = |new: &[f64]| {
        expectation(&theta, &|x, h, a| {
            softmax_pair(new, 0)[x] / softmax_pair(&theta, 0)[x] * advantage(h, a)
        })
    };
    let actors = |new: &[f64]| {
        expectation(&theta, &|x, h, a| {
            let ratio = |i: usize| actor(new, i, x, h[i])[a[i]] / actor(&theta, i, x, h[i])[a[i]];
            (ratio(0) + ratio(1)) * advantage(h, a)
        })
    };
    let joint = |new: &[f64]| {
        expectation(&theta, &|x, h, a| {
            let pi = |t: &[f64]| {
                softmax_pair(t, 0)[x] * actor(t, 0, x, h[0])[a[0]] * actor(t, 1, x, h[1])[a[1]]
            };
            pi(new) / pi(&theta) * advantage(h, a)
        })
    };
    let mut largest = 0.0_f64;
    for at in 0..theta.len() {
        let slope = |f: &dyn Fn(&[f64]) -> f64| {
            let moved = |step: f64| {
                let mut new = theta.clone();
                new[at] += step;
                f(&new)
            };
            (moved(1e-5) - moved(-1e-5)) / 2e-5
        };
        let (true_slope, two_terms, one_term) = (
            slope(&value),
            slope(&coordinator) + slope(&actors),
            slope(&joint),
        );
        assert!(
            (true_slope - two_terms).abs() < 1e-9,
            "parameter {at}: {true_slope} and {two_terms}"
        );
        assert!(
            (true_slope - one_term).abs() < 1e-9,
            "parameter {at}: {true_slope} and {one_term}"
        );
        // the coordinator's term moves with the coordinator's parameters only
        assert!(at < 2 || slope(&coordinator) == 0.0);
        largest = largest.max(true_slope.abs());
    }
    assert!(largest > 1e-2);
}

/// Eq. 20: over every play, `grad J + alpha grad H` is the gradient of `E[sg(V - alpha W) log pi]`, `W = log pi + 1`.
#[test]
fn eq_20_the_surrogate_of_reinforce() {
    // one question, answers by a softmax of three numbers
    let theta = [0.3, -0.4, 0.9];
    let (alpha, payoff) = (0.2, [1.0, 0.0, 0.5]);
    let pi = |t: &[f64]| -> Vec<f64> {
        let total: f64 = t.iter().map(|x| x.exp()).sum();
        t.iter().map(|x| x.exp() / total).collect()
    };
    let old = pi(&theta);
    let objective = |t: &[f64]| -> f64 {
        pi(t)
            .iter()
            .zip(payoff)
            .map(|(p, v)| p * (v - alpha * p.ln()))
            .sum()
    };
    let surrogate = |t: &[f64]| -> f64 {
        let held = old
            .iter()
            .zip(payoff)
            .map(|(p, v)| p * (v - alpha * (p.ln() + 1.0)));
        held.zip(pi(t)).map(|(weight, p)| weight * p.ln()).sum()
    };
    for at in 0..3 {
        let slope = |f: &dyn Fn(&[f64]) -> f64| {
            let moved = |step: f64| {
                let mut t = theta;
                t[at] += step;
                f(&t)
            };
            (moved(1e-5) - moved(-1e-5)) / 2e-5
        };
        assert!((slope(&objective) - slope(&surrogate)).abs() < 1e-9);
    }
}

/// `docs/properties.md` names a test for every proposition, equation and table, and every test it names exists.
#[test]
fn every_claim_has_a_test_and_every_named_test_exists() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("docs/properties.md")).unwrap();
    let (mut claims, mut named) = (std::collections::BTreeSet::new(), 0);
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if cells.len() < 5 {
            continue;
        }
        for (at, name) in cells[3].split('`').enumerate() {
            if at % 2 == 0 {
                continue;
            }
            let (file, function) = name
                .split_once("::")
                .unwrap_or_else(|| panic!("{line}: {name}"));
            let paths = [format!("tests/{file}.rs"), format!("src/{file}.rs")];
            let found = paths
                .iter()
                .filter_map(|path| std::fs::read_to_string(root.join(path)).ok());
            let wanted = format!("fn {function}(");
            let found = found.into_iter().any(|source| source.contains(&wanted));
            assert!(found, "docs/properties.md: no test `{name}` ({line})");
            named += 1;
            for claim in cells[1].split(", ") {
                claims.insert(claim.to_owned());
            }
        }
    }
    let mut wanted: Vec<String> = (1..=6).map(|k| format!("Proposition {k}")).collect();
    wanted.extend((1..=35).map(|k| format!("Eq. {k}")));
    wanted.extend((1..=3).map(|k| format!("Definition {k}")));
    wanted.extend((1..=2).map(|k| format!("Table {k}")));
    wanted.extend([2, 3, 5, 7].map(|k| format!("Figure {k}")));
    wanted.push("Algorithm 1".to_owned());
    wanted.push("Appendix I".to_owned());
    let missing: Vec<&String> = wanted
        .iter()
        .filter(|claim| !claims.contains(*claim))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/properties.md has no test for {missing:?}"
    );
    assert!(named > 80, "only {named} tests found");
}
