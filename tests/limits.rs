//! Physical limits (the paper's Appendix F): noise on the shared state, restricted measurements, critical visibilities.

use bellwether::bound::certify::{DEFAULT_BITS, certify};
use bellwether::bound::local;
use bellwether::game::{Game, Rational, Scenario, TableReferee, catalog, to_f64};
use bellwether::learn::{Config, Measurements, PolicyShape, Preset, QuantumPolicy, Restrictions, SharedState};
use bellwether::quantum::{C64, DensityMatrix, Matrix, Noise, Povm};
use bellwether::run::{Purpose, SeedRun, Watch, run_seed, stream, subseed};
use proptest::prelude::*;

fn game(name: &str) -> Game {
    catalog::lookup(name).unwrap().game
}

/// A projective qubit measurement along a Bloch vector.
fn along(x: f64, y: f64, z: f64) -> Povm {
    let element = |s: f64| {
        let (x, y, z) = (s * x, s * y, s * z);
        let entries = [C64::new(1.0 + z, 0.0), C64::new(x, -y), C64::new(x, y), C64::new(1.0 - z, 0.0)];
        Matrix::from_vec(2, entries.map(|e| e * 0.5).to_vec()).unwrap()
    };
    Povm::new(vec![element(1.0), element(-1.0)]).unwrap()
}

/// The measurements of Pauli `Z` and `X` for both players.
fn pauli() -> Measurements {
    Measurements::Listed(vec![vec![along(0.0, 0.0, 1.0), along(1.0, 0.0, 0.0)]; 2])
}

fn learn(game: &Game, seed: u64, change: impl FnOnce(&mut Config)) -> SeedRun {
    let mut config = Config::new(Preset::Best, game.scenario());
    config.steps = 1000;
    change(&mut config);
    let mut referee = TableReferee::new(game, subseed(seed, Purpose::Referee)).unwrap();
    run_seed(&mut referee, &config, seed, Some(game), &Watch::default()).unwrap()
}

fn value(game: &Game, run: &SeedRun) -> f64 {
    game.value(&run.strategy.behaviour().unwrap()).unwrap()
}

fn state(numbers: &[f64], dims: &[usize]) -> DensityMatrix {
    let mut numbers = numbers.iter().copied().cycle();
    let d = dims.iter().product();
    let b = Matrix::from_fn(d, |_, _| C64::new(numbers.next().unwrap(), numbers.next().unwrap()));
    DensityMatrix::from_factor(dims.to_vec(), &b).unwrap()
}

/// `sum_k K_k rho K_k^H` with the Kraus operators of damping on one part.
fn damped(rho: &DensityMatrix, part: usize, g: f64) -> DensityMatrix {
    let d = rho.dims()[part];
    let mut kraus = vec![Matrix::from_fn(d, |r, c| {
        let keep = if r == 0 { 1.0 } else { (1.0 - g).sqrt() };
        C64::from(if r == c { keep } else { 0.0 })
    })];
    for k in 1..d {
        kraus.push(Matrix::from_fn(d, |r, c| C64::from(if r == 0 && c == k { g.sqrt() } else { 0.0 })));
    }
    let whole = |k: &Matrix| {
        let of = |i: usize| match i == part {
            true => k.clone(),
            false => Matrix::identity(rho.dims()[i]),
        };
        (1..rho.dims().len()).fold(of(0), |m, i| m.kron(&of(i)))
    };
    let terms = kraus.iter().map(|k| {
        let k = whole(k);
        k.matmul(rho.matrix()).matmul(&k.adjoint())
    });
    let zero = Matrix::zeros(rho.matrix().dim());
    DensityMatrix::new(rho.dims().to_vec(), terms.fold(zero, |sum, t| sum.add(&t))).unwrap()
}

fn numbers() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-2.0..2.0_f64, 97)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damping_is_its_kraus_operators_and_white_noise_a_mixture(numbers in numbers(), g in 0.0..=1.0_f64, v in 0.0..=1.0_f64) {
        let dims = [2, 3, 2];
        let rho = state(&numbers, &dims);
        let wanted = (0..3).fold(rho.clone(), |rho, part| damped(&rho, part, g)).with_white_noise(v).unwrap();
        let noisy = Noise { visibility: v, damping: g }.of(&rho).unwrap();
        let pairs = noisy.matrix().as_slice().iter().zip(wanted.matrix().as_slice());
        prop_assert!(pairs.map(|(a, b)| (a - b).norm()).fold(0.0, f64::max) < 1e-14);
    }

    #[test]
    fn the_adjoint_of_noise_is_its_adjoint(numbers in numbers(), g in 0.0..=1.0_f64, v in 0.0..=1.0_f64) {
        let dims = [3, 2];
        let (noise, rho) = (Noise { visibility: v, damping: g }, state(&numbers, &dims));
        let any: Vec<C64> = (0..36).map(|k| C64::new(numbers[k], numbers[k + 40])).collect();
        let inner = |a: &[C64], b: &[C64]| -> f64 { a.iter().zip(b).map(|(a, b)| (a.conj() * b).re).sum() };
        let mut noisy = rho.matrix().as_slice().to_vec();
        noise.apply(&dims, &mut noisy);
        let trace: f64 = (0..6).map(|k| any[7 * k].re).sum();
        let mut back = any.clone();
        noise.adjoint(&dims, &mut back);
        // noise is linear up to the constant (1-V) I/D on states
        let wanted = inner(&any, &noisy) - (1.0 - v) / 6.0 * trace;
        prop_assert!((inner(&back, rho.matrix().as_slice()) - wanted).abs() < 1e-12);
    }
}

#[test]
fn gradients_through_noise_and_restricted_measurements_agree_with_central_differences() {
    let scenario = Scenario::new(vec![2, 1], vec![3, 2]).unwrap();
    let noise = Noise { visibility: 0.8, damping: 0.3 };
    let coin = |p: f64, d: usize| {
        let element = |w: f64| Matrix::identity(d).scale(w);
        Povm::new(vec![element(p), element(1.0 - p)]).unwrap()
    };
    let trine = |turn: f64| {
        let element = |k: usize| {
            let a = turn + 2.0 * std::f64::consts::PI * k as f64 / 3.0;
            along(a.sin(), 0.0, a.cos()).element(0).scale(2.0 / 3.0)
        };
        Povm::new((0..3).map(element).collect()).unwrap()
    };
    let listed =
        Measurements::Listed(vec![vec![trine(0.0), trine(0.7), trine(2.0)], vec![coin(0.3, 2), along(0.0, 0.6, 0.8)]]);
    for (dims, measurements) in [
        (vec![3, 2], Measurements::Any),
        (vec![3, 2], Measurements::Real),
        (vec![4, 2], Measurements::Projective),
        (vec![2, 2], listed),
    ] {
        let shape = PolicyShape {
            dims,
            hidden: vec![3],
            init_scale: 0.8,
            state: SharedState::Learned,
            restrictions: Restrictions { noise, measurements: measurements.clone() },
        };
        let mut rng = stream(4, Purpose::Initial);
        let mut policy = QuantumPolicy::new(&scenario, shape, &mut rng).unwrap();
        (0..2).for_each(|x| policy.meet(x).unwrap());
        let d_p: Vec<f64> = (0..12).map(|k| (1.3 * k as f64).sin()).collect();
        let loss = |policy: &mut QuantumPolicy| -> f64 {
            policy.forward().unwrap();
            let p = policy.probabilities();
            p.iter().zip(&d_p).map(|(p, w)| p * w).sum()
        };
        loss(&mut policy);
        policy.backward(&d_p, 0.0).unwrap();
        let gradient = policy.gradient.clone();
        assert!(gradient.iter().any(|g| g.abs() > 1e-3));
        for (k, adjoint) in gradient.iter().enumerate() {
            let (at, h) = (policy.parameters[k], 1e-5);
            policy.parameters[k] = at + h;
            let above = loss(&mut policy);
            policy.parameters[k] = at - h;
            let below = loss(&mut policy);
            policy.parameters[k] = at;
            let numeric = (above - below) / (2.0 * h);
            assert!(
                (adjoint - numeric).abs() < 1e-8,
                "{measurements:?}, parameter {k}: adjoint {adjoint} differences {numeric}"
            );
        }
    }
}

#[test]
fn learned_measurements_keep_to_what_can_be_made() {
    let elegant = game("elegant");
    let one = |measurements: Measurements| {
        let run = learn(&elegant, 2, |c| {
            c.restrictions.measurements = measurements;
            c.steps = 200;
        });
        run.strategy.povms().iter().flatten().cloned().collect::<Vec<_>>()
    };
    for povm in one(Measurements::Real) {
        let entries = povm.elements().iter().flat_map(|m| m.as_slice());
        assert!(entries.into_iter().all(|z| z.im == 0.0));
    }
    for povm in one(Measurements::Projective) {
        for m in povm.elements() {
            let square = m.matmul(m);
            let pairs = square.as_slice().iter().zip(m.as_slice());
            assert!(pairs.map(|(a, b)| (a - b).norm()).fold(0.0, f64::max) < 1e-12);
        }
    }
}

/// CHSH on a Werner state of visibility `V`: `1/2 + V sqrt(2)/4`, or 3/4 by a classical strategy. Nothing learned is above it;
/// below the critical visibility 0.707 the noisy quantum strategy is where the learner stays.
#[test]
fn chsh_is_learned_under_white_noise_up_to_theory() {
    let chsh = game("chsh");
    for v in [0.6_f64, 0.75, 0.9] {
        let run = learn(&chsh, 1, |c| c.restrictions.noise.visibility = v);
        let (noisy, value) = (0.5 + v * 0.125_f64.sqrt(), value(&chsh, &run));
        assert!(value > noisy - 1e-4, "V = {v}: {value}, theory {noisy}");
        assert!(value < noisy.max(0.75) + 1e-9, "V = {v}: {value}");
    }
}

/// Damping of both halves of `cos t |00> + sin t |11>`: by the Horodecki criterion (quant-ph/9510022) there is an advantage
/// for `g < 1/3`, while the Bell state (t = 45 degrees) loses it at `1 - 1/sqrt(2) = 0.293`. The learner finds that out.
#[test]
fn under_damping_a_less_entangled_state_is_learned() {
    let chsh = game("chsh");
    let damping = |c: &mut Config| c.restrictions.noise.damping = 0.31;
    assert!(value(&chsh, &learn(&chsh, 0, damping)) > 0.7505);
    let given = learn(&chsh, 0, |c| {
        damping(c);
        c.state = SharedState::Fixed(DensityMatrix::bell());
    });
    assert!(value(&chsh, &given) <= 0.75 + 1e-9);
}

/// With Pauli Z and X on both sides the Bell state wins CHSH no more than classically: correlations 1, 0, 0, 1. Another state
/// does win.
#[test]
fn a_given_list_of_measurements_bounds_what_a_given_state_wins() {
    let chsh = game("chsh");
    let listed = |c: &mut Config| c.restrictions.measurements = pauli();
    let given = learn(&chsh, 3, |c| {
        listed(c);
        c.state = SharedState::Fixed(DensityMatrix::bell());
    });
    assert!((value(&chsh, &given) - 0.75).abs() < 1e-3);
    let free = learn(&chsh, 3, listed);
    assert!(value(&chsh, &free) > 0.8535);
}

/// The critical visibility is exact: just above it the same measurements are proved to win, at it they do not.
#[test]
fn the_critical_visibility_is_where_the_proof_ends() {
    for (name, theory) in [("chsh", 0.5_f64.sqrt()), ("ghz", 0.5)] {
        let game = game(name);
        let run = learn(&game, 5, |c| c.steps = 2000);
        let classical = local::maximum(&game, &local::Options::default()).unwrap();
        let prove = |rho: DensityMatrix| {
            let strategy = run.strategy.on_state(rho).unwrap();
            certify(&game, &strategy, &classical.upper, &classical.strategy, &[], DEFAULT_BITS).unwrap()
        };
        let certificate = prove(run.strategy.rho().clone());
        let critical = certificate.critical_visibility().unwrap();
        let at = to_f64(&critical);
        assert!((at - theory).abs() < 1e-4, "{name}: {at}");
        let (c, n, q) = (&certificate.classical, &certificate.white_noise, &certificate.value);
        let one = Rational::from(num_bigint::BigInt::from(1));
        assert_eq!(q * &critical + n * (one - &critical), *c);
        for (visibility, wins) in [(at + 1e-6, true), (at - 1e-6, false)] {
            let noisy = run.strategy.rho().with_white_noise(visibility).unwrap();
            assert_eq!(prove(noisy).advantage(), wins, "{name} at {visibility}");
        }
        let mixed = DensityMatrix::maximally_mixed(run.strategy.dims().to_vec()).unwrap();
        assert!(prove(mixed).critical_visibility().is_none());
    }
}

#[test]
fn impossible_limits_are_refused_by_name() {
    let chsh = game("chsh");
    let refused = |change: &dyn Fn(&mut Config)| {
        let mut config = Config::new(Preset::Best, chsh.scenario());
        change(&mut config);
        let mut referee = TableReferee::new(&chsh, 0).unwrap();
        let error = run_seed(&mut referee, &config, 0, None, &Watch::default()).unwrap_err();
        error.to_string()
    };
    let visibility = refused(&|c| c.restrictions.noise.visibility = f64::NAN);
    assert!(visibility.contains("visibility NaN"), "{visibility}");
    let damping = refused(&|c| c.restrictions.noise.damping = -0.1);
    assert!(damping.contains("damping -0.1"), "{damping}");
    let few = refused(&|c| {
        c.restrictions.measurements = Measurements::Listed(vec![vec![along(0.0, 0.0, 1.0)]]);
    });
    assert!(few.contains("1 players given, wanted 2"), "{few}");
    let large = refused(&|c| {
        c.restrictions.measurements = pauli();
        c.dims = vec![2, 3];
    });
    assert!(large.contains("measurements of player 1"), "{large}");
    let loss = refused(&|c| {
        c.restrictions.measurements = Measurements::Projective;
        c.conditioning = 0.1;
    });
    assert!(loss.contains("conditioning"), "{loss}");
}
