//! QuantumSoftmax at the edge: generators of hard logits, judged by extended precision and by closed forms; and
//! the trainer that starts from such logits.

use bellwether::game::{BlackBox, TableReferee, catalog};
use bellwether::learn::{Config, Observer, PolicyShape, Preset, QuantumPolicy, SharedState, Step, Verdict, reinforce};
use bellwether::quantum::softmax::Regime;
use bellwether::quantum::{C64, DensityMatrix, Matrix, QuantumSoftmax, SoftmaxBatch, hermitian};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

fn random(seed: u64, count: usize, scale: f64) -> Vec<C64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut normal = || rng.sample::<f64, _>(StandardNormal) * scale;
    (0..count).map(|_| C64::new(normal(), normal())).collect()
}

fn distance(a: &[C64], b: &[C64]) -> f64 {
    let gaps = a.iter().zip(b).map(|(x, y)| (x - y).norm());
    gaps.map(|x| if x.is_nan() { f64::INFINITY } else { x }).fold(0.0, f64::max)
}

fn size(a: &[C64]) -> f64 {
    a.iter().fold(0.0, |m, z| m.max(z.re.abs()).max(z.im.abs()))
}

fn random_unitary(seed: u64, d: usize) -> Matrix {
    let mut a = random(seed, d * d, 1.0);
    for r in 0..d {
        for c in 0..r {
            a[c * d + r] = a[r * d + c].conj();
        }
        a[r * d + r].im = 0.0;
    }
    let (mut values, mut vectors) = (vec![0.0; d], vec![C64::ZERO; d * d]);
    let mut scratch = hermitian::EighScratch::new(d);
    hermitian::eigh(d, &a, &mut values, &mut vectors, &mut scratch);
    Matrix::from_vec(d, vectors).unwrap()
}

/// `U diag(values) U^H`.
fn with_spectrum(u: &Matrix, values: &[f64]) -> Vec<C64> {
    let d = u.dim();
    let entry = |r: usize, c: usize| -> C64 { (0..d).map(|k| u[(r, k)] * u[(c, k)].conj() * values[k]).sum() };
    (0..d * d).map(|at| entry(at / d, at % d)).collect()
}

/// What a layer did with one input.
struct Outcome {
    regime: Regime,
    spread: f64,
    exact: bool,
}

/// Distance of the largest and the least eigenvalue of the Hermitian parts.
fn spread(d: usize, z: &[C64]) -> f64 {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    let (mut values, mut vectors) = (vec![0.0; d], vec![C64::ZERO; d * d]);
    for block in z.chunks_exact(d * d) {
        let half = |at: usize| block[at] * 0.5 + block[at % d * d + at / d].conj() * 0.5;
        let h: Vec<C64> = (0..d * d).map(half).collect();
        let mut scratch = hermitian::EighScratch::new(d);
        hermitian::eigh(d, &h, &mut values, &mut vectors, &mut scratch);
        low = low.min(values[0]);
        high = high.max(values[d - 1]);
    }
    high - low
}

/// Everything that must hold of any finite logits: a valid measurement; where the layer does not say that it left
/// its domain, the measurement to 1e-12 and the gradient to 1e-8 of extended precision; a finite bounded stand-in
/// otherwise; and no refusal where the logits spread over less than 1500.
fn judge(m: usize, d: usize, z: &[C64], seed: u64) -> Result<Outcome, TestCaseError> {
    let g = random(seed ^ 77, z.len(), 1.0);
    let mut layer = QuantumSoftmax::new(m, d).unwrap();
    let (mut p, mut grad) = (vec![C64::ZERO; z.len()], vec![C64::ZERO; z.len()]);
    layer.forward(z, &mut p).unwrap();
    let regime = layer.regime();
    valid(m, d, &p).map_err(|why| TestCaseError::fail(format!("{why}, {regime:?}")))?;
    let exact = layer.backward_saturating(&g, &mut grad).unwrap();
    prop_assert!(grad.iter().all(|g| g.is_finite()), "{grad:?}");
    let spread = spread(d, z);
    if !exact {
        prop_assert!(size(&grad) <= 2.0 * (m * d) as f64 * size(&g));
        prop_assert!(spread > 1500.0, "refused at a spread of {spread}");
    }
    let mut truth = QuantumSoftmax::new(m, d).unwrap().always_extended();
    let (mut true_p, mut true_grad) = (p.clone(), grad.clone());
    truth.forward(z, &mut true_p).unwrap();
    let resolved = matches!(truth.regime(), Regime::Extended { .. });
    if resolved && !matches!(regime, Regime::Limit | Regime::Coarse) {
        let error = distance(&p, &true_p);
        prop_assert!(error <= 1e-12, "measurement off by {error:e}, {regime:?}");
    }
    if exact && truth.backward(&g, &mut true_grad).is_ok() {
        let (error, size) = (distance(&grad, &true_grad), size(&true_grad));
        // a gradient below the normal range has no relative error
        prop_assert!(error <= 1e-8 * size + 1e-307, "gradient off by {error:e} of {size:e}, {regime:?}");
    }
    Ok(Outcome { regime, spread, exact })
}

fn valid(m: usize, d: usize, p: &[C64]) -> Result<(), String> {
    let mut scratch = hermitian::EighScratch::new(d);
    let (mut values, mut vectors) = (vec![0.0; d], vec![C64::ZERO; d * d]);
    for (j, element) in p.chunks_exact(d * d).enumerate() {
        let mirrored = |at: usize| element[at % d * d + at / d].conj();
        if (0..d * d).any(|at| element[at] != mirrored(at)) {
            return Err(format!("element {j} is not Hermitian"));
        }
        hermitian::eigh(d, element, &mut values, &mut vectors, &mut scratch);
        if values[0] < -1e-14 || values[0].is_nan() {
            return Err(format!("element {j} has eigenvalue {}", values[0]));
        }
    }
    for at in 0..d * d {
        let one = if at % (d + 1) == 0 { 1.0 } else { 0.0 };
        let sum: C64 = (0..m).map(|j| p[j * d * d + at]).sum();
        let defect = (sum - one).norm();
        if defect > 1e-14 * (d * m) as f64 || defect.is_nan() {
            return Err(format!("entry {at} of the sum is {sum}"));
        }
    }
    Ok(())
}

fn shapes() -> impl Strategy<Value = (usize, usize)> {
    prop::sample::select(vec![(2, 2), (3, 2), (2, 3), (3, 3), (2, 4)])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every outcome has few distinct eigenvalues, from one basis or from several, of any height up to 1e3.
    #[test]
    fn degenerate_spectra(seed: u64, (m, d) in shapes(), power in -3.0..3.0_f64, levels in 1_usize..3, shared: bool) {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let height: Vec<f64> = (0..levels).map(|k| k as f64 * 10.0_f64.powf(power)).collect();
        let mut z = Vec::new();
        for j in 0..m {
            let u = random_unitary(if shared { seed } else { seed ^ j as u64 }, d);
            let values: Vec<f64> = (0..d).map(|_| height[rng.random_range(0..levels)]).collect();
            z.extend(with_spectrum(&u, &values));
        }
        judge(m, d, &z, seed)?;
    }

    /// Eigenvalues over many orders of magnitude, both signs, and rows and columns graded alike.
    #[test]
    fn graded_spectra(seed: u64, (m, d) in shapes(), low in -12.0..0.0_f64, high in 0.0..3.0_f64, rows: bool) {
        let mut z = Vec::new();
        for j in 0..m {
            let power = |k: usize| 10.0_f64.powf(low + (high - low) * k as f64 / (d - 1) as f64);
            if rows {
                let a = random(seed ^ j as u64, d * d, 1.0);
                let root = |k: usize| power(d - 1 - k).sqrt();
                z.extend((0..d * d).map(|at| a[at] * root(at / d) * root(at % d)));
            } else {
                let u = random_unitary(seed ^ j as u64, d);
                let values: Vec<f64> = (0..d).map(|k| if (k + j) % 2 == 0 { power(k) } else { -power(k) }).collect();
                z.extend(with_spectrum(&u, &values));
            }
        }
        judge(m, d, &z, seed)?;
    }

    /// Gaussian logits of every norm up to 1e300, and a scale of their own for each outcome.
    #[test]
    fn every_norm_up_to_the_end_of_the_range(seed: u64, (m, d) in shapes(), power in 0.0..300.0_f64, apart: bool) {
        let mut z = random(seed, m * d * d, 1.0);
        for (j, block) in z.chunks_exact_mut(d * d).enumerate() {
            let power = if apart { power / (1 + j) as f64 } else { power };
            block.iter_mut().for_each(|z| *z *= 10.0_f64.powf(power));
        }
        let outcome = judge(m, d, &z, seed)?;
        prop_assert!(outcome.exact || outcome.spread > 1500.0);
    }

    /// The same where double precision gives way to extended precision: norms from 10 to 2000.
    #[test]
    fn norms_around_the_switch(seed: u64, (m, d) in prop::sample::select(vec![(2, 2), (3, 2), (2, 3)]), power in 1.0..3.3_f64) {
        let z = random(seed, m * d * d, 10.0_f64.powf(power) / (2.0 * d as f64));
        judge(m, d, &z, seed)?;
    }

    /// Subnormal and nearly subnormal logits are as good as zero.
    #[test]
    fn subnormal_logits(seed: u64, (m, d) in shapes(), scale in prop::sample::select(vec![5e-324, 1e-320, 1e-310, 1e-300])) {
        let z = random(seed, m * d * d, scale);
        let outcome = judge(m, d, &z, seed)?;
        prop_assert_eq!(outcome.regime, Regime::Double);
        let mut p = z.clone();
        QuantumSoftmax::new(m, d).unwrap().forward(&z, &mut p).unwrap();
        let uniform: Vec<C64> = (0..z.len())
            .map(|at| C64::from(if (at % (d * d)).is_multiple_of(d + 1) { 1.0 / m as f64 } else { 0.0 }))
            .collect();
        prop_assert!(distance(&p, &uniform) < 1e-15);
    }

    /// Large logits that are equal up to a little: everything happens in the difference.
    #[test]
    fn large_and_nearly_equal(seed: u64, (m, d) in shapes(), power in 0.0..2.5_f64, apart in -12.0..1.0_f64) {
        let common = random(seed, d * d, 10.0_f64.powf(power));
        let own = random(seed ^ 1, m * d * d, 10.0_f64.powf(apart));
        let z: Vec<C64> = own.iter().enumerate().map(|(at, z)| common[at % (d * d)] + z).collect();
        judge(m, d, &z, seed)?;
    }

    /// One direction far below the rest in every outcome: `S` is as singular as can be.
    #[test]
    fn a_shared_low_direction(seed: u64, (m, d) in shapes(), depth in 0.0..3.0_f64) {
        let u = random_unitary(seed, d);
        let mut z = random(seed ^ 2, m * d * d, 1.0);
        let low = -10.0_f64.powf(depth);
        for block in z.chunks_exact_mut(d * d) {
            for (at, z) in block.iter_mut().enumerate() {
                *z += u[(at / d, 0)] * u[(at % d, 0)].conj() * low;
            }
        }
        judge(m, d, &z, seed)?;
    }

    /// Commuting logits of any size have a closed form: the softmax of each coordinate, ties included, and
    /// `dL/dz_j = p_j (g_j - sum_k p_k g_k)` on the diagonal. No other code of ours takes part in this oracle.
    #[test]
    fn diagonal_logits_of_any_size(
        levels in prop::collection::vec(-3_i32..4, 12),
        d in 1_usize..5,
        power in prop::sample::select(vec![-1074, -1022, -60, -10, -1, 0, 1, 3, 6, 9, 20, 100, 500, 1020]),
        seed: u64,
    ) {
        let m = 3;
        let unit = 2.0_f64.powi(power / 2) * 2.0_f64.powi(power - power / 2);
        let z: Vec<C64> = (0..m * d * d)
            .map(|at| match at % (d * d) % (d + 1) {
                0 => C64::from(f64::from(levels[at / (d * d) * 4 + at % d]) * unit),
                _ => C64::ZERO,
            })
            .collect();
        let g = random(seed, z.len(), 1.0);
        let mut layer = QuantumSoftmax::new(m, d).unwrap();
        let (mut p, mut grad) = (z.clone(), z.clone());
        layer.forward(&z, &mut p).unwrap();
        let exact = layer.backward_saturating(&g, &mut grad).unwrap();
        for k in 0..d {
            let at = |j: usize| j * d * d + k * (d + 1);
            // differences of small multiples of a power of two are exact
            let top = (0..m).map(|j| z[at(j)].re).fold(f64::MIN, f64::max);
            let weight: Vec<f64> = (0..m).map(|j| (z[at(j)].re - top).exp()).collect();
            let total: f64 = weight.iter().sum();
            let mean: f64 = (0..m).map(|j| weight[j] / total * g[at(j)].re).sum();
            for j in 0..m {
                let wanted = weight[j] / total;
                prop_assert!((p[at(j)] - wanted).norm() < 1e-14, "{} for {wanted}", p[at(j)]);
                let slope = wanted * (g[at(j)].re - mean);
                prop_assert!(
                    (grad[at(j)] - slope).norm() < 1e-12,
                    "{} for {slope}, exact {exact}", grad[at(j)]
                );
            }
        }
    }
}

/// The saturating conditioning gradient is the plain one while no eigenvalue exceeds 4; above, it is that of the
/// logits shifted down to 4: bounded, finite up to the end of the range, still downhill.
#[test]
fn the_saturating_conditioning_gradient_is_that_of_shifted_logits() {
    for (m, d) in [(2, 2), (3, 3)] {
        for (seed, scale) in [(1, 0.3), (2, 1.0), (3, 3.0), (4, 30.0), (5, 1e3), (6, 1e300)] {
            let z = random(seed, m * d * d, scale);
            let mut batch = SoftmaxBatch::new(1, m, d).unwrap();
            let mut p = z.clone();
            let mut gradient = |z: &[C64], saturating: bool| {
                batch.forward(z, &mut p).unwrap();
                let mut out = vec![C64::ZERO; z.len()];
                let done = if saturating {
                    batch.add_conditioning_gradient_saturating(0.5, &mut out)
                } else {
                    batch.add_conditioning_gradient(0.5, &mut out)
                };
                done.map(|()| out)
            };
            let found = gradient(&z, true).unwrap();
            assert!(size(&found) <= m as f64 * 8.0_f64.exp(), "{:e}", size(&found));
            let top = largest_eigenvalue(d, &z);
            if scale < 1e100 {
                let shift = (top - 4.0).max(0.0);
                let diagonal = |at: usize| {
                    if (at % (d * d)).is_multiple_of(d + 1) { shift } else { 0.0 }
                };
                let moved: Vec<C64> = z.iter().enumerate().map(|(at, z)| z - diagonal(at)).collect();
                let plain = gradient(&moved, false).unwrap();
                assert!(distance(&found, &plain) <= 1e-9 * (1.0 + size(&plain)), "scale {scale}");
            }
            let slope: f64 = found.iter().zip(&z).map(|(g, z)| g.re * z.re + g.im * z.im).sum();
            assert!(top < 4.0 || slope > 0.0, "not downhill at scale {scale}");
        }
    }
}

fn largest_eigenvalue(d: usize, z: &[C64]) -> f64 {
    let (mut values, mut vectors) = (vec![0.0; d], vec![C64::ZERO; d * d]);
    let mut top = f64::NEG_INFINITY;
    for block in z.chunks_exact(d * d) {
        let half = |at: usize| block[at] * 0.5 + block[at % d * d + at / d].conj() * 0.5;
        let h: Vec<C64> = (0..d * d).map(half).collect();
        let mut scratch = hermitian::EighScratch::new(d);
        hermitian::eigh(d, &h, &mut values, &mut vectors, &mut scratch);
        top = top.max(values[d - 1]);
    }
    top
}

/// Keeps nothing, counts nothing: looks at the gradient of every step.
struct Finite(bool);

impl Observer for Finite {
    fn observe(&mut self, step: &Step<'_>) -> Verdict {
        self.0 &= step.policy.gradient.iter().all(|g| g.is_finite())
            && step.policy.probabilities().iter().all(|p| p.is_finite());
        Verdict::Continue
    }
}

struct Chsh {
    referee: TableReferee,
    policy: QuantumPolicy,
    rng: Xoshiro256PlusPlus,
}

/// CHSH with qubits on the Bell state and tables of logits: 4 x 2 x 4 complex parameters.
fn chsh(seed: u64) -> Chsh {
    let game = catalog::lookup("chsh").unwrap().game;
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let shape = PolicyShape {
        dims: vec![2, 2],
        hidden: Vec::new(),
        init_scale: 1.0,
        state: SharedState::Fixed(DensityMatrix::bell()),
        restrictions: Default::default(),
    };
    let policy = QuantumPolicy::new(game.scenario(), shape, &mut rng).unwrap();
    let referee = TableReferee::new(&game, seed ^ 5).unwrap();
    Chsh { referee, policy, rng }
}

fn train(run: &mut Chsh, steps: usize, rate: f64, entropy: f64, conditioning: f64) -> usize {
    let mut config = Config::new(Preset::Paper, run.referee.scenario());
    config.steps = steps;
    config.batch = 256;
    config.learning_rate = rate;
    config.entropy = entropy;
    config.conditioning = conditioning;
    let mut finite = Finite(true);
    let done = reinforce(&mut run.referee, &mut run.policy, &config, &mut run.rng, &mut finite).unwrap();
    assert!(finite.0, "a number was lost");
    assert!(done.last.iter().all(|p| p.is_finite()));
    done.skipped
}

fn win_probability(policy: &QuantumPolicy) -> f64 {
    let game = catalog::lookup("chsh").unwrap().game;
    game.value(&policy.strategy().unwrap().behaviour().unwrap()).unwrap()
}

/// Subnormal, zero, large and huge parameters: no update is skipped, nothing stops being a number.
#[test]
fn the_trainer_survives_any_parameters() {
    for (seed, scale) in [0.0, 5e-324, 1e-310, 1e2, 1e3, 1e6, 1e100, 1e300].into_iter().enumerate() {
        for one_player in [false, true] {
            for conditioning in [0.0, 0.01] {
                let mut run = chsh(seed as u64);
                let count = run.policy.parameters.len();
                let scaled = if one_player { count / 2 } else { count };
                run.policy.parameters[..scaled].iter_mut().for_each(|p| *p *= scale);
                let skipped = train(&mut run, 12, 0.03, 0.2, conditioning);
                assert_eq!(skipped, 0, "scale {scale:e}, one player {one_player}, conditioning {conditioning}");
            }
        }
    }
}

/// From logits of norm 100 and more, where only extended precision has a gradient, REINFORCE still finds the best
/// quantum strategy. The logits are traceless, so that measurements start as projections of rank one: from an
/// answer given whatever the measurement, `P = (I, 0)` up to `exp(-100)`, no gradient leads away in any arithmetic.
#[test]
fn the_trainer_recovers_from_logits_beyond_double_precision() {
    for (seed, scale) in [(1, 30.0), (2, 60.0), (3, 120.0), (4, 60.0)] {
        let mut run = chsh(seed);
        for matrix in run.policy.parameters.chunks_exact_mut(8) {
            // entries (re, im) of a 2 x 2 matrix, row by row
            let mean = (matrix[0] + matrix[6]) / 2.0;
            matrix[0] -= mean;
            matrix[6] -= mean;
            matrix.iter_mut().for_each(|p| *p *= scale);
        }
        train(&mut run, 1, 1e-12, 0.0, 0.0);
        let before = win_probability(&run.policy);
        train(&mut run, 1000, 0.003 * scale, 0.05, 0.0);
        let after = win_probability(&run.policy);
        println!("scale {scale}: from {before:.4} to {after:.4}");
        assert!(before < 0.8 && after > 0.85, "from {before} to {after}");
    }
}

/// A player whose logits are of size 1e300 plays a fixed projective measurement; the other one learns to answer it.
#[test]
fn one_player_beyond_all_precision_does_not_stop_the_other() {
    let mut run = chsh(4);
    let half = run.policy.parameters.len() / 2;
    run.policy.parameters[..half].iter_mut().for_each(|p| *p *= 1e300);
    train(&mut run, 1, 1e-12, 0.0, 0.0);
    let before = win_probability(&run.policy);
    train(&mut run, 1500, 0.05, 0.02, 0.0);
    let after = win_probability(&run.policy);
    println!("from {before:.4} to {after:.4}");
    assert!(after > before + 0.05, "from {before} to {after}");
}
