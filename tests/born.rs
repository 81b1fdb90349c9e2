//! The Born rule against the full product formula, its adjoint, and the paper's CHSH strategy.

use bellwether::quantum::{Born, BornError, C64, DensityMatrix, Matrix, Povm, QuantumSoftmax, behaviour};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

fn random(rng: &mut Xoshiro256PlusPlus, count: usize) -> Vec<C64> {
    let mut normal = || rng.sample::<f64, _>(StandardNormal);
    (0..count).map(|_| C64::new(normal(), normal())).collect()
}

fn random_povm(rng: &mut Xoshiro256PlusPlus, m: usize, d: usize) -> Povm {
    let logits = random(rng, m * d * d);
    let mut flat = logits.clone();
    QuantumSoftmax::new(m, d).unwrap().forward(&logits, &mut flat).unwrap();
    let elements = flat.chunks_exact(d * d).map(|p| Matrix::from_vec(d, p.to_vec()).unwrap());
    Povm::new(elements.collect()).unwrap()
}

fn random_state(rng: &mut Xoshiro256PlusPlus, dims: &[usize]) -> DensityMatrix {
    let total = dims.iter().product();
    let b = Matrix::from_vec(total, random(rng, total * total)).unwrap();
    DensityMatrix::from_factor(dims.to_vec(), &b).unwrap()
}

fn digits(mut index: usize, bases: &[usize]) -> Vec<usize> {
    let mut out = vec![0; bases.len()];
    for (x, base) in out.iter_mut().zip(bases).rev() {
        *x = index % base;
        index /= base;
    }
    out
}

/// Dimensions, answers and questions of the shapes under test.
fn shapes() -> impl Strategy<Value = (Vec<usize>, Vec<usize>, Vec<usize>)> {
    prop::sample::select(vec![
        (vec![2, 2], vec![2, 2], vec![2, 2]),
        (vec![3, 3], vec![3, 2], vec![1, 2]),
        (vec![4, 4], vec![2, 2], vec![2, 1]),
        (vec![2, 3], vec![2, 3], vec![2, 2]),
        (vec![2, 2, 2], vec![2, 2, 2], vec![2, 2, 1]),
        (vec![2, 3, 2], vec![2, 1, 3], vec![1, 2, 2]),
        (vec![3], vec![4], vec![2]),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn agrees_with_the_full_product_formula((dims, answers, questions) in shapes(), seed: u64) {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let n = dims.len();
        let rho = random_state(&mut rng, &dims);
        let povms: Vec<Vec<Povm>> = (0..n)
            .map(|i| (0..questions[i]).map(|_| random_povm(&mut rng, answers[i], dims[i])).collect())
            .collect();
        let p = behaviour(&rho, &povms).unwrap();
        let joint_answers: usize = answers.iter().product();
        let joint_questions: usize = questions.iter().product();
        prop_assert_eq!(p.len(), joint_answers * joint_questions);
        for x in 0..joint_questions {
            let asked = digits(x, &questions);
            let row = &p[x * joint_answers..(x + 1) * joint_answers];
            prop_assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-13);
            for (a, &probability) in row.iter().enumerate() {
                let said = digits(a, &answers);
                let product = (0..n)
                    .map(|i| povms[i][asked[i]].element(said[i]).clone())
                    .reduce(|m, next| m.kron(&next))
                    .unwrap();
                let direct = rho.matrix().matmul(&product).trace().re;
                prop_assert!((probability - direct).abs() < 1e-14);
                prop_assert!(probability > -1e-14);
            }
        }
        // No player's question moves the others' answers.
        for player in 0..n {
            let marginal = |x: &[usize]| {
                let at = x.iter().zip(&questions).fold(0, |acc, (x, q)| acc * q + x);
                let mut others = vec![0.0; joint_answers];
                for a in 0..joint_answers {
                    let mut said = digits(a, &answers);
                    said[player] = 0;
                    let key = said.iter().zip(&answers).fold(0, |acc, (x, q)| acc * q + x);
                    others[key] += p[at * joint_answers + a];
                }
                others
            };
            for x in 0..joint_questions {
                let mut asked = digits(x, &questions);
                let here = marginal(&asked);
                asked[player] = 0;
                for (u, v) in here.iter().zip(marginal(&asked)) {
                    prop_assert!((u - v).abs() < 1e-13);
                }
            }
        }
    }

    /// All entries free, neither Hermitian nor normalised; p is linear in each, so differences
    /// have no truncation error.
    #[test]
    fn adjoint_agrees_with_differences((dims, answers, questions) in shapes(), seed: u64) {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let count: usize = questions.iter().product();
        let mut joint: Vec<Vec<usize>> = (0..count).map(|x| digits(x, &questions)).collect();
        // Any order and any subset of joint questions.
        joint.reverse();
        joint.truncate(count.max(2) - 1);
        let mut born = Born::new(&dims, &answers, &questions, &joint).unwrap();
        let rho = random(&mut rng, born.rho_len());
        let povms = random(&mut rng, born.povms_len());
        let dp: Vec<f64> = random(&mut rng, born.probabilities()).iter().map(|z| z.re).collect();
        let (mut d_rho, mut d_povms) = (rho.clone(), povms.clone());
        born.backward(&rho, &povms, &dp, &mut d_rho, &mut d_povms);
        let mut p = vec![0.0; dp.len()];
        let mut loss = |rho: &[C64], povms: &[C64]| {
            born.forward(rho, povms, &mut p);
            p.iter().zip(&dp).map(|(p, g)| p * g).sum::<f64>()
        };
        let size = 1.0 + loss(&rho, &povms).abs();
        for at in (0..rho.len()).step_by(1 + rho.len() / 16) {
            for (part, claimed) in [(C64::ONE, d_rho[at].re), (C64::I, d_rho[at].im)] {
                let (mut up, mut down) = (rho.clone(), rho.clone());
                up[at] += part;
                down[at] -= part;
                let slope = (loss(&up, &povms) - loss(&down, &povms)) / 2.0;
                prop_assert!((slope - claimed).abs() < 1e-11 * (size + claimed.abs()) * 100.0);
            }
        }
        for at in 0..povms.len() {
            for (part, claimed) in [(C64::ONE, d_povms[at].re), (C64::I, d_povms[at].im)] {
                let (mut up, mut down) = (povms.clone(), povms.clone());
                up[at] += part;
                down[at] -= part;
                let slope = (loss(&rho, &up) - loss(&rho, &down)) / 2.0;
                prop_assert!((slope - claimed).abs() < 1e-11 * (size + claimed.abs()) * 100.0);
            }
        }
    }
}

/// The paper's strategy with the off-diagonal entries of Eq. 23-24 halved.
#[test]
fn the_corrected_chsh_strategy_wins_with_cos_squared() {
    let angle = |theta: f64| {
        let (c, s) = (theta.cos(), theta.sin());
        let projector =
            |x: f64, y: f64| Matrix::from_vec(2, [x * x, x * y, x * y, y * y].map(C64::from).to_vec()).unwrap();
        Povm::new(vec![projector(c, s), projector(-s, c)]).unwrap()
    };
    let pi = std::f64::consts::PI;
    let povms = [vec![angle(0.0), angle(pi / 4.0)], vec![angle(pi / 8.0), angle(-pi / 8.0)]];
    let p = behaviour(&DensityMatrix::bell(), &povms).unwrap();
    let optimum = (pi / 8.0).cos().powi(2);
    let mut won = 0.0;
    for (index, probability) in p.iter().enumerate() {
        let (x, y, a, b) = (index >> 3 & 1, index >> 2 & 1, index >> 1 & 1, index & 1);
        if a ^ b == x & y {
            assert!((probability - optimum / 2.0).abs() < 1e-15);
            won += 0.25 * probability;
        }
    }
    assert!((won - optimum).abs() < 1e-15, "{won}");
}

#[test]
fn refusals() {
    let two = [2, 2];
    let born = |dims: &[usize], a: &[usize], q: &[usize], joint: &[Vec<usize>]| {
        Born::new(dims, a, q, joint).map(|_| ()).unwrap_err()
    };
    assert!(matches!(born(&[], &[], &[], &[]), BornError::Players { .. }));
    assert!(matches!(born(&two, &[2], &two, &[]), BornError::Players { answers: 1, .. }));
    assert!(matches!(born(&two, &[2, 0], &two, &[]), BornError::EmptyPlayer { player: 1, .. }));
    let joint = [vec![0, 1], vec![0, 2]];
    assert!(matches!(born(&two, &two, &two, &joint), BornError::JointQuestion { index: 1, .. }));
    assert!(matches!(born(&two, &two, &two, &[vec![0]]), BornError::JointQuestion { index: 0, .. }));
    assert!(matches!(born(&[64, 65], &two, &two, &[]), BornError::TooLarge { .. }));
    assert!(matches!(born(&two, &[usize::MAX, 2], &two, &[]), BornError::TooLarge { .. }));
    let half = Povm::new(vec![Matrix::identity(2).scale(0.5); 2]).unwrap();
    let third = Povm::new(vec![Matrix::identity(2).scale(1.0 / 3.0); 3]).unwrap();
    let bell = DensityMatrix::bell();
    let uneven = behaviour(&bell, &[vec![half.clone()], vec![half.clone(), third]]);
    assert!(matches!(uneven, Err(BornError::Measurement { player: 1, question: 1, outcomes: 3, .. })));
    assert!(matches!(behaviour(&bell, &[vec![half.clone()]]), Err(BornError::Players { .. })));
    assert!(matches!(behaviour(&bell, &[vec![half], vec![]]), Err(BornError::EmptyPlayer { player: 1, .. })));
    // No joint question is no work, not an error.
    let mut empty = Born::new(&two, &two, &two, &[]).unwrap();
    empty.forward(bell.matrix().as_slice(), &[C64::ZERO; 32], &mut []);
}
