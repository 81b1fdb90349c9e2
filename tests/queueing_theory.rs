//! The theory of the queue against closed forms, reference digits and its own dual bound.
// reference digits are kept as they were computed
#![allow(clippy::excessive_precision)]

use bellwether::bound::queueing::{Class, FiniteGame, ManyRouters, Moments, PairMoments, QueueModel};
use bellwether::env::queueing::{Baseline, JobLaw, QueueParameters};
use bellwether::game::Rational;
use bellwether::quantum::{C64, DensityMatrix, Matrix, QuantumSoftmax};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

fn paper() -> QueueModel {
    QueueModel::new(&QueueParameters::default()).unwrap()
}

fn close(what: &str, value: f64, wanted: f64, tolerance: f64) {
    assert!((value - wanted).abs() <= tolerance, "{what}: {value:.17}, wanted {wanted:.17} within {tolerance:e}");
}

#[test]
fn constant_policies_have_rational_waits_and_throughputs() {
    let model = paper();
    for (c, r, w) in [(0.0, 1.0, 4.0), (0.5, 4.0 / 3.0, 5.25), (1.0, 2.0, 6.5)] {
        let m = model.moments(|_, _| c);
        close("s", m.s, c, 1e-14);
        close("W", model.wait(m), w, 1e-13);
        close("R", model.throughput(m.s), r, 1e-14);
        close("s of R", model.same_server_rate(r).unwrap(), c, 1e-12);
    }
}

/// (theta, p, q, psi, s, k, W, J), computed with 34 digits.
const QUANTUM: [[f64; 8]; 2] = [
    [
        1.0,
        0.499391534929122493,
        0.442083747274231601,
        0.600798120709927580,
        0.566661486722226133,
        0.270343722565374542,
        4.522979273670679518,
        0.858260528313703181,
    ],
    [
        2.0,
        1.548758296438208237,
        1.043451494049643967,
        1.488723288389918640,
        0.799878652067688264,
        0.603377297790277893, // from W = 4 + 2k - s/32
        5.181758387703440528,
        1.258385012690197270,
    ],
];

#[test]
fn quantum_optima_agree_with_extended_precision() {
    let model = paper();
    for [theta, p, q, psi, s, k, w, j] in QUANTUM {
        let (support, strategy, dual) = model.quantum(theta).unwrap();
        let (p1, q1, psi1) = strategy.parameters();
        close("J", support.j, j, 2e-15);
        close("dual", dual, j, 2e-14);
        assert!(dual >= support.j - 1e-14);
        close("p", p1, p, 1e-11);
        close("q", q1, q, 1e-11);
        close("psi", psi1, psi, 1e-11);
        close("s", support.s, s, 1e-12);
        close("k", support.k, k, 1e-12);
        let wait = model.wait(Moments { s: support.s, k: support.k });
        close("W", wait, w, 1e-12);
        // the strategy does what the moments say
        let m = model.moments(|x1, x2| strategy.same_server(x1, x2));
        close("s by quadrature", m.s, s, 1e-9);
        close("k by quadrature", m.k, support.k, 1e-9);
    }
}

#[test]
fn the_dual_solution_has_theta_det_g_equal_to_one() {
    let model = paper();
    for theta in [0.3, 0.8, 1.26, 2.0, 5.0] {
        let (support, strategy, _) = model.quantum(theta).unwrap();
        let (p, q, _) = strategy.parameters();
        let centre = p + model.constants().2;
        // lambda = |m1| R with J = |m1| E R
        let ones: [&dyn Fn(f64) -> f64; 2] = [&|y| (y - centre).hypot(q), &|y| (y - centre).hypot(q)];
        let plain = model.dual_bound(theta, ones, [(p, q); 2]);
        // scaling both functions by c divides the norm by c: the optimal scale is the one of norm 1
        let scale = plain.norm;
        let own: [&dyn Fn(f64) -> f64; 2] = [&|y| scale * (y - centre).hypot(q), &|y| scale * (y - centre).hypot(q)];
        let tight = model.dual_bound(theta, own, [(p, q); 2]);
        close("norm", tight.norm, 1.0, 1e-12);
        close("bound", tight.bound, support.j, 1e-12);
        // any other functions bound too
        let loose: [&dyn Fn(f64) -> f64; 2] = [&|y| 1.0 + 0.1 * y, &|y| 0.7 + y * y];
        let loose = model.dual_bound(theta, loose, [(p, 1.0); 2]);
        assert!(loose.bound >= support.j);
    }
}

/// `(D G)^2 = 1` for `G = E[(1,y)^T (1,y) / lambda]` of the optimal `lambda = |m1| R`, `D = diag(theta, -1)`.
#[test]
fn the_optimal_dual_has_theta_det_g_one_and_theta_g00_equal_to_g11() {
    let model = paper();
    let delta = model.constants().2;
    for theta in [0.3, 0.8, 1.26, 2.0, 5.0] {
        let (support, strategy, _) = model.quantum(theta).unwrap();
        let (p, q, _) = strategy.parameters();
        let distance = |x: f64| (x - p).hypot(q);
        let mean = model.averages(0, 1, 1e-15, |x, out| out[0] = distance(x)).mean[0];
        let scale = support.j / mean; // |m1| = J / E R
        let g = model.averages(0, 2, 1e-15, |x, out| {
            let lambda = scale * distance(x);
            out.copy_from_slice(&[1.0 / lambda, (x + delta) / lambda]);
        });
        let (g00, g01, g11) = (g.mean[0], g.mean[1], g.first[1]);
        close("E y/lambda", g.first[0], g01, 1e-12);
        close("theta det G", theta * (g00 * g11 - g01 * g01), 1.0, 1e-9);
        close("theta G00 / G11", theta * g00 / g11, 1.0, 1e-9);
    }
}

/// `s = (1 + dJ/dtheta)/2` and `k = (m^2 + theta dJ/dtheta - J)/2` in every class.
#[test]
fn envelopes_have_the_moments_of_their_optima_as_derivatives() {
    let model = paper();
    for class in [Class::Communication, Class::Quantum, Class::SharedRandomness, Class::Noisy(0.95)] {
        for theta in [0.3, 0.7, 1.26, 2.0, 3.0] {
            let at = |t: f64| model.optimum(class, t).unwrap();
            let (here, h) = (at(theta), 1e-4);
            // fourth order
            let slope = (8.0 * (at(theta + h).j - at(theta - h).j) - (at(theta + 2.0 * h).j - at(theta - 2.0 * h).j))
                / (12.0 * h);
            let name = |what: &str| format!("{what} of {class:?} at {theta}");
            close(&name("s"), here.s, 0.5 * (1.0 + slope), 1e-8);
            let k = 0.5 * (model.mean_product() + theta * slope - here.j);
            close(&name("k"), here.k, k, 1e-8);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Tsirelson vectors of any dimension, as functions of the job, stay below the dual bound.
    #[test]
    fn vectors_of_any_dimension_stay_below_the_dual_bound(
        theta in 0.16_f64..8.0,
        u in prop::collection::vec((-2.0_f64..2.0, -2.0_f64..2.0, 0.2_f64..3.0), 1..7),
        noise in prop::collection::vec((-2.0_f64..2.0, -2.0_f64..2.0), 7),
        sharp in 0.0_f64..1.0,
        towards in any::<bool>(),
    ) {
        let model = paper();
        let d = u.len();
        let (support, _, dual) = model.quantum(theta).unwrap();
        let unit = |v: &mut [f64]| {
            let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-12);
            let length = sharp + (1.0 - sharp) * norm / (1.0 + norm); // inside the ball or on the sphere
            v.iter_mut().for_each(|x| *x *= length / norm);
        };
        let first = model.averages(0, d, 1e-11, |x, out| {
            for (o, (a, b, c)) in out.iter_mut().zip(&u) {
                *o = a + b * (c * x).sin();
            }
            unit(out);
        });
        // a random answer, or the best response but for the noise, which comes close to the bound
        let second = model.averages(1, d, 1e-11, |x, out| {
            for (i, o) in out.iter_mut().enumerate() {
                let best = theta * first.mean[i] - (x + 0.125) * first.first[i];
                let (a, b) = noise[i];
                *o = if towards { best } else { a + b * x };
            }
            if towards {
                let norm = out.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-12);
                out.iter_mut().for_each(|x| *x /= norm);
            } else {
                unit(out);
            }
        });
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let j = theta * dot(&first.mean, &second.mean) - dot(&first.first, &second.first);
        prop_assert!(j <= dual + 1e-9, "{j} above {dual}");
        prop_assert!(support.j <= dual + 1e-12);
    }

    /// Measurements by QuantumSoftmax on any state of any dimension never wait less than the quantum optimum.
    #[test]
    fn measurements_by_quantum_softmax_stay_above_the_quantum_curve(
        d in 2_usize..4,
        scale in 0.1_f64..6.0,
        seed in any::<u64>(),
        learned in any::<bool>(),
    ) {
        let model = paper();
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut normal = |n: usize| -> Vec<C64> {
            let mut draw = || StandardNormal.sample(&mut rng);
            (0..n).map(|_| C64::new(draw(), draw())).collect()
        };
        let rho = if learned {
            let b = Matrix::from_vec(d * d, normal(d * d * d * d)).unwrap();
            DensityMatrix::from_factor(vec![d, d], &b).unwrap()
        } else {
            DensityMatrix::maximally_entangled(d).unwrap()
        };
        let mut router = || {
            let (still, moving) = (normal(2 * d * d), normal(2 * d * d));
            let mut layer = QuantumSoftmax::new(2, d).unwrap();
            move |x: f64, out: &mut [C64]| {
                let t = (x - 1.0).tanh();
                let logits: Vec<C64> =
                    still.iter().zip(&moving).map(|(a, b)| (a + b * t) * scale).collect();
                layer.forward(&logits, out).unwrap();
            }
        };
        let (mut one, mut two) = (router(), router());
        let (m, error) = model.born_moments(&rho, [&mut one, &mut two], 1e-11).unwrap();
        let best = model.q_curve(m.s.clamp(0.0, 1.0)).unwrap().0.wait;
        let found = model.evaluate(m, error).unwrap();
        prop_assert!(found.wait >= best - 1e-9 - found.error, "{} below {best}", found.wait);
        prop_assert!(found.wait >= found.dual - 1e-9 - found.error);
    }
}

#[test]
fn shared_randomness_passes_through_its_five_phases() {
    let model = paper();
    const JUMP: f64 = 0.811401422618438;
    let (low, high) = (0.3732634544573446, 0.4491240928040801);
    let point = model.sr_curve(0.41).unwrap();
    assert!(point.is_mixed());
    close("jump", point.theta, JUMP, 1e-13);
    close("end of xor", point.between.0, low, 1e-10);
    close("start of single", point.between.1, high, 1e-10);
    let (xor, t) = model.sr(JUMP - 1e-9).unwrap();
    close("t", t.t[0], 0.2853773225690677, 1e-7);
    assert!(t.sign < 0.0 && (t.t[0] - t.t[1]).abs() < 1e-9);
    close("s", xor.s, low, 1e-7);
    let (single, t) = model.sr(JUMP + 1e-9).unwrap();
    assert!(t.t.iter().any(|t| t.is_infinite()));
    let finite = t.t.iter().copied().fold(f64::INFINITY, f64::min);
    close("t", finite, 0.5962457089941671, 1e-7);
    close("s", single.s, high, 1e-7);
    close("W", model.sr_curve(low).unwrap().wait, 4.263044876536837, 1e-12);
    close("W", model.sr_curve(high).unwrap().wait, 4.383781091339067, 1e-12);
    // W is linear in s between
    let middle = model.sr_curve(0.5 * (low + high)).unwrap().wait;
    close("W", middle, 0.5 * (4.263044876536837 + 4.383781091339067), 1e-12);
    // the single threshold ends where H(t) = 0
    let (end, t) = model.sr(1.90107).unwrap();
    let finite = t.t.iter().copied().fold(f64::INFINITY, f64::min);
    close("t*", finite, 1.5648493233085, 2e-5);
    close("s*", end.s, 0.79088048, 1e-5);
    // then two finite thresholds that differ, same server iff both jobs are small or both large
    let (_, t) = model.sr(2.2).unwrap();
    assert!(t.t.iter().all(|t| t.is_finite()) && (t.t[0] - t.t[1]).abs() > 0.1 && t.sign > 0.0);
    let (_, t) = model.sr(2.6).unwrap();
    assert!((t.t[0] - t.t[1]).abs() < 1e-6 && t.sign > 0.0, "{t:?}");
    // a single threshold would be too pessimistic
    let at = |r: f64| model.sr_curve(model.same_server_rate(r).unwrap()).unwrap().wait;
    assert!(at(1.80) < 5.67086 && at(1.90) < 6.0);
}

#[test]
fn entanglement_helps_as_soon_as_routers_meet() {
    let onset = paper().onset().unwrap();
    close("onset", onset, 0.14059636071667658, 1e-15);
    let (below, ..) = paper().quantum(0.1405).unwrap();
    close("J below", below.j, paper().mean_product() - 0.1405, 1e-13);
}

/// R, s, W_C, W_Q, W_SR, critical visibility.
#[rustfmt::skip]
const TABLE: [[f64; 6]; 17] = [
    [1.05, 0.095238, 4.011229, 4.030650, 4.030747, 0.9999],
    [1.1,  0.181818, 4.035480, 4.072680, 4.073754, 0.9988],
    [1.15, 0.260870, 4.069926, 4.125784, 4.131039, 0.9925],
    [1.2,  0.333333, 4.113390, 4.189263, 4.206667, 0.9673],
    [1.25, 0.400000, 4.165206, 4.262320, 4.305598, 0.9275],
    [1.3,  0.461538, 4.224994, 4.344233, 4.403856, 0.9249],
    [1.4,  0.571429, 4.367949, 4.532428, 4.611534, 0.9069],
    [1.5,  0.666667, 4.542786, 4.750930, 4.842707, 0.9031],
    [1.6,  0.750000, 4.752824, 4.999204, 5.095209, 0.9122],
    [1.7,  0.823529, 5.005578, 5.279540, 5.370083, 0.9305],
    [1.75, 0.857143, 5.152402, 5.433571, 5.516631, 0.9406],
    [1.77, 0.870056, 5.215886, 5.498182, 5.576360, 0.9443],
    [1.8,  0.888889, 5.317113, 5.598711, 5.666308, 0.9493],
    [1.85, 0.918919, 5.505455, 5.777442, 5.817589, 0.9685],
    [1.9,  0.947368, 5.728075, 5.974155, 5.990925, 0.9906],
    [1.95, 0.974359, 6.009879, 6.198426, 6.201334, 0.9990],
    [1.98, 0.989899, 6.240307, 6.358071, 6.358165, 1.0000],
];

/// p, q, psi of the rows of the table.
#[rustfmt::skip]
const PARAMETERS: [[f64; 3]; 17] = [
    [0.05050, 0.00947, 0.01795], [0.10154, 0.03149, 0.05618], [0.15302, 0.06819, 0.11463],
    [0.20672, 0.11905, 0.18931], [0.26547, 0.18339, 0.27738], [0.33271, 0.26073, 0.37750],
    [0.50927, 0.45198, 0.61281], [0.77601, 0.68121, 0.89708], [1.18064, 0.91576, 1.23417],
    [1.76802, 1.08893, 1.62615], [2.13947, 1.12155, 1.84257], [2.30327, 1.11983, 1.93293],
    [2.56596, 1.09817, 2.07262], [3.05398, 1.00146, 2.31743], [3.62909, 0.80777, 2.58137],
    [4.40842, 0.46528, 2.87855], [5.29829, 0.13075, 3.08152],
];

#[test]
fn every_row_of_the_reference_table() {
    let model = paper();
    for ([r, s, c, q, sr, visibility], [p, width, psi]) in TABLE.into_iter().zip(PARAMETERS) {
        let exact = model.same_server_rate(r).unwrap();
        close("s", exact, s, 5.1e-7);
        let full = model.curve(Class::Communication, exact).unwrap().wait;
        let (quantum, strategy, dual) = model.q_curve(exact).unwrap();
        let classical = model.sr_curve(exact).unwrap().wait;
        close(&format!("W_C at {r}"), full, c, 5.1e-7);
        close(&format!("W_Q at {r}"), quantum.wait, q, 5.1e-7);
        close(&format!("W_SR at {r}"), classical, sr, 5.1e-7);
        assert!(full <= quantum.wait && quantum.wait < classical);
        close(&format!("dual at {r}"), dual, quantum.wait, 1e-9);
        let (p1, q1, psi1) = strategy.parameters();
        close(&format!("p at {r}"), p1, p, 6e-6);
        close(&format!("q at {r}"), q1, width, 6e-6);
        close(&format!("psi at {r}"), psi1, psi, 6e-6);
        let v = model.visibility(exact).unwrap();
        close(&format!("v* at {r}"), v, visibility, 5.1e-5);
    }
}

#[test]
fn one_pair_of_thresholds_and_a_coin_lose_on_the_mixing_segment() {
    let model = paper();
    let m = 1.125;
    // the best pair (t1, t2) with E[C] = s, over t1 and both signs
    let best = |s: f64| {
        let mut least = f64::INFINITY;
        for i in 1..=20_000 {
            let e1 = f64::from(i) / 20_000.0; // e^(-t1)
            for sign in [1.0, -1.0] {
                for e1 in [e1, 0.0] {
                    let (f1, h1) = (1.0 - 2.0 * e1, m - 2.0 * e1 * (m - f64::max(e1, 1e-300).ln()));
                    let f2 = sign * (2.0 * s - 1.0) / f1;
                    let e2 = 0.5 * (1.0 - f2);
                    if !(e2 > 0.0 && e2 <= 1.0) {
                        continue;
                    }
                    let h2 = m - 2.0 * e2 * (m - e2.ln());
                    let k = 0.5 * (m * m + sign * h1 * h2);
                    least = least.min(model.wait(Moments { s, k }));
                }
            }
        }
        least
    };
    let mut worst: f64 = 0.0;
    for i in 0..=15 {
        let s = 0.3735 + 0.075 * f64::from(i) / 15.0;
        let loss = best(s) - model.sr_curve(s).unwrap().wait;
        assert!(loss > -1e-9, "{s}: {loss}");
        worst = worst.max(loss);
    }
    close("largest loss", worst, 9.3e-4, 3e-5);
    for s in [0.2, 0.6, 0.85] {
        close("outside", best(s), model.sr_curve(s).unwrap().wait, 1e-6);
    }
}

#[test]
fn slopes_are_multipliers() {
    let model = paper();
    for class in [Class::Communication, Class::Quantum, Class::SharedRandomness] {
        for s in [0.2, 0.6, 0.85] {
            let h = 1e-4;
            let at = |s: f64| model.curve(class, s).unwrap().wait;
            let theta = model.curve(class, s).unwrap().theta;
            let (a, b, ..) = model.constants();
            close("dW/ds", (at(s + h) - at(s - h)) / (2.0 * h), a * theta - b * b / a, 1e-5);
        }
    }
    // the multiplier of a Lagrangian learner, reward per step and wait per customer
    for (r, nu) in [(1.2, 0.914), (1.6, 0.474), (1.77, 0.3815), (1.9, 0.300)] {
        let s = model.same_server_rate(r).unwrap();
        let theta = model.q_curve(s).unwrap().0.theta;
        close("multiplier", model.multiplier(s, theta), nu, 6e-4);
    }
}

#[test]
fn throughputs_of_other_baselines_are_their_integrals() {
    let with = |baseline| QueueModel::new(&QueueParameters { baseline, ..QueueParameters::default() }).unwrap();
    for s in [0.0, 0.3, 1.0] {
        let rate = 0.8 * (1.0 - s / 2.0);
        let base = 2.0 * (1.0 - 0.8);
        let shown = |b| with(b).throughput(s);
        close("t^3", shown(Baseline::Power(3.0)), base * 6.0 / (rate * rate), 1e-12);
        close("t^1.5", shown(Baseline::Power(1.5)), base * 1.3293403881791370 / rate.sqrt(), 1e-9);
        close("shifted", shown(Baseline::Shifted(0.5)), base * (-0.5 * rate).exp(), 1e-14);
        close("exp", shown(Baseline::Exponential(0.1)), base * rate * 0.1 / (rate - 0.1), 1e-13);
        close("linear", shown(Baseline::Linear), base, 1e-14);
        let own = Baseline::Function { name: "t^2", reward: |t| t * t };
        close("function", shown(own), with(Baseline::Power(2.0)).throughput(s), 1e-12);
    }
    assert!(with(Baseline::Linear).same_server_rate(0.4).is_err());
    assert!(paper().same_server_rate(2.1).is_err());
}

fn rational(p: i64, q: i64) -> Rational {
    Rational::new(p.into(), q.into())
}

#[test]
fn two_point_jobs_have_algebraic_optima_and_exact_proofs() {
    let jobs = [(rational(1, 2), rational(4, 5)), (rational(3, 1), rational(1, 5))];
    let game = FiniteGame::new(&rational(4, 5), [&jobs, &jobs]).unwrap();
    // J = sqrt((AB+BD)^2 (AD+B^2) / (A B^2 D))
    let closed = |theta: f64| {
        let (y, p) = ([0.625, 3.125], [0.8, 0.2]);
        let m = |i: usize, j: usize| (p[i] * p[j] * (theta - y[i] * y[j])).abs();
        let (a, b, d) = (m(0, 0), m(0, 1), m(1, 1));
        ((a * b + b * d).powi(2) * (a * d + b * b) / (a * b * b * d)).sqrt()
    };
    let model = game.model();
    for (theta, j, classical, s, w) in [
        (1, 0.80113299038590123458, 0.740625, 0.718971581286985738, 4.87996731027285194),
        (3, 1.9999541904006788884, 1.940625, 0.858123443536807768, 5.38759511320964247),
    ] {
        let exact = rational(theta, 1);
        close("closed form", closed(theta as f64), j, 1e-14);
        let found = game.quantum(&exact).unwrap();
        close("J", found.lower, j, 1e-13);
        let upper = bellwether::game::to_f64(&found.upper);
        assert!(upper >= j - 1e-15 && upper <= j + 1e-11, "{upper}");
        let [nu, mu] = &found.dual;
        assert_eq!(game.check_dual(&exact, [nu, mu]), Some(found.upper.clone()));
        // a dual solution that promises more than it can is refused
        let greedy: Vec<Rational> = nu.iter().map(|v| v * rational(1_000_001, 1_000_000)).collect();
        assert_eq!(game.check_dual(&exact, [&greedy, mu]), None);
        close("s", found.moments.s, s, 1e-9);
        close("W", model.wait(found.moments), w, 1e-9);
        let sr = game.shared_randomness(&exact);
        close("J_SR", bellwether::game::to_f64(&sr.j), classical, 0.0);
        let (float, _) = model.sr(theta as f64).unwrap();
        close("J_SR by thresholds", float.j, classical, 1e-13);
        close("J_C", model.full(theta as f64).j, bellwether::game::to_f64(&game.communication(&exact).j), 1e-13);
    }
    // vertices (s, W) of the frontiers, exactly
    for (theta, s, w) in [
        (rational(1, 1), rational(16, 25), rational(112, 25)),
        (rational(3, 1), rational(24, 25), rational(143, 25)),
        (rational(10, 1), rational(1, 1), rational(13, 2)),
    ] {
        let c = game.communication(&theta);
        assert_eq!((&c.s, game.wait(&c.s, &c.k)), (&s, w));
    }
    let sr = game.shared_randomness(&rational(1, 1));
    assert_eq!(sr.s, rational(4, 5));
    assert_eq!(game.wait(&sr.s, &sr.k), rational(51, 10));
    // on the hull between vertices W is linear
    let at = |s: f64| model.sr_curve(s).unwrap().wait;
    close("hull", at(0.4), 4.0 + 0.5 * 1.1, 1e-12);
    close("hull", at(0.9), 0.5 * (5.1 + 6.5), 1e-12);
    let gap = at(0.58) - model.q_curve(0.58).unwrap().0.wait;
    close("largest gap", gap, 0.138, 6e-4);
    for bad in [
        vec![(rational(1, 1), rational(1, 2))],
        vec![(rational(0, 1), rational(1, 1))],
        vec![(rational(5, 1), rational(1, 1))],
    ] {
        assert!(FiniteGame::new(&rational(4, 5), [&bad, &bad]).is_err());
    }
}

#[test]
fn one_parameter_rules_rates_and_any_law_has_its_dual_certificate() {
    // scaling time scales waits
    let fast = QueueModel::new(&QueueParameters {
        arrival_rate: 1.6,
        jobs: vec![JobLaw::exponential(2.0).unwrap(); 2],
        ..QueueParameters::default()
    })
    .unwrap();
    for s in [0.3, 0.6, 0.9] {
        let (slow, quick) = (paper().q_curve(s).unwrap().0.wait, fast.q_curve(s).unwrap().0.wait);
        close("mu W", 2.0 * quick, slow, 1e-10);
    }
    for laws in [
        ["hyperexponential:2@0.5,0.6666666666666666@0.5", "hyperexponential:2@0.5,0.6666666666666666@0.5"],
        ["erlang:3:3", "erlang:3:3"],
        ["uniform:0.5:1.5", "exponential:1"],
        ["erlang:2:2", "two-point:0.5:0.8:3"],
        ["exponential:1", "exponential:1.25"],
    ] {
        let model = QueueModel::new(&QueueParameters {
            jobs: laws.iter().map(|l| l.parse().unwrap()).collect(),
            ..QueueParameters::default()
        })
        .unwrap();
        for s in [0.3, 0.5, 0.75, 0.9] {
            let full = model.curve(Class::Communication, s).unwrap().wait;
            let (q, _, dual) = model.q_curve(s).unwrap();
            let sr = model.sr_curve(s).unwrap().wait;
            assert!(full <= q.wait + 1e-9 && q.wait <= sr + 1e-9, "{laws:?} {s}");
            close(&format!("dual of {laws:?} at {s}"), dual, q.wait, 1e-7);
        }
    }
}

#[test]
fn noise_ends_the_advantage_at_the_critical_visibility() {
    let model = paper();
    close("v* at 1.48", model.visibility(model.same_server_rate(1.48).unwrap()).unwrap(), 0.90274, 6e-6);
    let s = model.same_server_rate(1.6).unwrap();
    let v = model.visibility(s).unwrap();
    let sr = model.sr_curve(s).unwrap().wait;
    let at = |v: f64| model.curve(Class::Noisy(v), s).unwrap().wait;
    close("perfect", at(1.0), model.q_curve(s).unwrap().0.wait, 1e-9);
    assert!(at(v + 0.01) < sr - 1e-6 && at(v - 0.01) > sr - 1e-9);
    for noise in [0.95, 0.98] {
        let lower = model.noisy_lower_bound(noise, s).unwrap();
        assert!(lower <= at(noise) + 1e-9 && lower >= model.q_curve(s).unwrap().0.wait - 1e-9);
    }
    // at v = 0.98 the advantage survives only between about 1.18 and 1.87
    for (r, better) in [(1.15, false), (1.2, true), (1.85, true), (1.9, false)] {
        let s = model.same_server_rate(r).unwrap();
        assert_eq!(model.visibility(s).unwrap() < 0.98, better, "{r}");
    }
}

#[test]
fn born_rule_and_mixtures_are_evaluated_by_quadrature() {
    let model = paper();
    let s = model.same_server_rate(1.7).unwrap();
    let (point, strategy, _) = model.q_curve(s).unwrap();
    let rho = DensityMatrix::bell();
    let mut first = |x: f64, out: &mut [C64]| out.copy_from_slice(&strategy.povm(0, x));
    let mut second = |x: f64, out: &mut [C64]| out.copy_from_slice(&strategy.povm(1, x));
    let (m, error) = model.born_moments(&rho, [&mut first, &mut second], 1e-12).unwrap();
    let found = model.evaluate(m, error).unwrap();
    close("W", found.wait, point.wait, 1e-9);
    close("R", found.throughput, 1.7, 1e-9);
    close("share", found.share, 1.0, 1e-7);
    assert!(found.error < 1e-8 && found.dual <= found.wait + 1e-9);
    // a visibility below the critical one is worse than classical
    let noisy = DensityMatrix::werner(0.9).unwrap();
    let (m, error) = model.born_moments(&noisy, [&mut first, &mut second], 1e-12).unwrap();
    assert!(model.evaluate(m, error).unwrap().share < 0.0);
    // shared randomness: the two ends of the mixing segment, half and half, by sharp thresholds
    let (t1, t2) = (0.2853773225690677, 0.5962457089941671);
    let sharp = |x: f64, t: f64, out: &mut [f64]| {
        let small = f64::from(u8::from(x < t));
        out.copy_from_slice(&[small, 1.0 - small]);
    };
    let mut one = |x: f64, out: &mut [f64]| {
        sharp(x, t1, &mut out[..2]);
        out[2..].copy_from_slice(&[1.0, 0.0]);
    };
    let mut two = |x: f64, out: &mut [f64]| {
        sharp(x, t1, &mut out[..2]);
        out[..2].reverse();
        sharp(x, t2, &mut out[2..]);
    };
    let (m, error) = model.mixture_moments(&[0.5, 0.5], [&mut one, &mut two], 1e-12);
    let found = model.evaluate(m, error).unwrap();
    close("share of a classical optimum", found.share, 0.0, 1e-6);
    assert!(found.wait >= found.shared_randomness - found.error - 1e-9);
    assert!(model.evaluate(Moments { s: 1.5, k: 0.1 }, 0.0).is_err());
}

#[test]
fn three_routers_and_three_servers_have_the_stated_formulas() {
    // three independent fair coins: C_ij = 1/2, all the same with probability 1/4
    let three = QueueParameters {
        arrival_rate: 0.5,
        jobs: vec![JobLaw::exponential(1.0).unwrap(); 3],
        ..QueueParameters::default()
    };
    let many = ManyRouters::new(&three).unwrap();
    let pair = PairMoments { product: 0.5, sum: 1.0 };
    close("W of coins", many.wait(&[pair; 3]), 0.5 * (3.0 + 1.5) / 0.5 + 0.5, 1e-12);
    assert!(QueueModel::new(&three).is_err());
    let servers = QueueModel::new(&QueueParameters { servers: 3, ..QueueParameters::default() }).unwrap();
    // K = 3: rho = 8/15, V = lambda (4 + 2 E[x1 x2 C]) / (6 (1 - rho))
    let m = servers.moments(|_, _| 1.0);
    close("W of one server", servers.wait(m), 0.8 * 6.0 / (6.0 * 7.0 / 15.0) + 0.5, 1e-12);
    assert!(servers.sr(1.0).is_err() && servers.quantum(1.0).is_err());
    assert!(servers.curve(Class::Communication, 0.5).is_ok());
}
