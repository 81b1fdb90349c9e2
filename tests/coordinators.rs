//! Coordinators of Eq. 7: distributions, their derivatives, and what they cannot see.

#![allow(clippy::needless_range_loop, reason = "lanes of several arrays advance together")]

use approx::assert_abs_diff_eq;
use bellwether::learn::{
    Central, Conditioning, Coordinator, Entangled, Family, LANES, Measurement, Observations, Prepared,
    SharedRandomness, SharedState,
};
use bellwether::quantum::{C64, DensityMatrix, QuantumSoftmax};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

const HIDDEN: [usize; 1] = [6];

/// An entangled coordinator of agents that each see two numbers.
fn entangled(dims: &[usize], outcomes: &[usize], family: Family, state: SharedState) -> Coordinator {
    let measurement = |(d, m): (&usize, &usize)| Measurement::new(2, &HIDDEN, *d, *m, family).unwrap();
    let measurements = dims.iter().zip(outcomes).map(measurement).collect();
    Coordinator::Entangled(Entangled::new(measurements, state, 0.9).unwrap())
}

fn cases() -> Vec<(&'static str, usize, Coordinator)> {
    let ghz = || SharedState::Fixed(DensityMatrix::ghz(3).unwrap());
    let bell = || SharedState::Fixed(DensityMatrix::bell());
    vec![
        ("two qubits", 2, entangled(&[2, 2], &[2, 2], Family::Any, bell())),
        ("two qubits, many outcomes, learned", 2, entangled(&[2, 2], &[3, 2], Family::Any, SharedState::Learned)),
        ("three qubits, real", 3, entangled(&[2, 2, 2], &[2, 2, 2], Family::Real, ghz())),
        ("projective", 2, entangled(&[2, 2], &[2, 2], Family::Projective, bell())),
        ("real projective", 2, entangled(&[2, 2], &[2, 2], Family::RealProjective, SharedState::Learned)),
        ("qutrit and qubit, learned", 2, entangled(&[3, 2], &[2, 3], Family::Any, SharedState::Learned)),
        ("qutrits, real", 2, entangled(&[3, 3], &[2, 2], Family::Real, SharedState::Learned)),
        ("shared randomness", 2, Coordinator::SharedRandomness(SharedRandomness::new(3, 2))),
        ("central", 2, Coordinator::Central(Central::new(4, &HIDDEN, vec![2, 2]))),
        ("none", 2, Coordinator::None { agents: 2 }),
    ]
}

struct Bench {
    coordinator: Coordinator,
    observations: Vec<f32>,
    offsets: Vec<usize>,
    theta: Vec<f64>,
}

impl Bench {
    fn new(agents: usize, coordinator: Coordinator) -> Self {
        let mut theta = vec![0.0; coordinator.parameters()];
        coordinator.initialise(1.5, &mut Xoshiro256PlusPlus::seed_from_u64(2), &mut theta);
        // not all zero, and exact in single precision
        theta.iter_mut().enumerate().for_each(|(k, t)| *t = f64::from(*t as f32) + (k % 5) as f64 / 16.0);
        theta.iter_mut().for_each(|t| *t = f64::from(*t as f32));
        Bench {
            coordinator,
            observations: (0..2 * agents * LANES).map(|k| (k as f32 * 0.37).sin()).collect(),
            offsets: (0..=agents).map(|i| 2 * i).collect(),
            theta,
        }
    }

    fn q(&self, theta: &[f64], observations: &[f32]) -> Vec<[f64; LANES]> {
        let mut ready = Prepared::default();
        self.coordinator.prepare(theta, &mut ready).unwrap();
        let mut q = vec![[0.0; LANES]; self.coordinator.advice().iter().product()];
        let seen = Observations::new(observations, &self.offsets);
        let mut work = self.coordinator.work().unwrap();
        self.coordinator.forward(&ready, seen, &mut work, &mut q).unwrap();
        q
    }

    fn gradient(&self, d_q: &[[f64; LANES]], conditioning: Conditioning) -> Vec<f64> {
        let mut ready = Prepared::default();
        self.coordinator.prepare(&self.theta, &mut ready).unwrap();
        let mut q = vec![[0.0; LANES]; d_q.len()];
        let seen = Observations::new(&self.observations, &self.offsets);
        let mut work = self.coordinator.work().unwrap();
        self.coordinator.forward(&ready, seen, &mut work, &mut q).unwrap();
        self.coordinator.backward(&ready, &mut work, &q, d_q, conditioning).unwrap();
        let mut gradient = vec![0.0; self.theta.len()];
        self.coordinator.collect(&ready, &mut work, &mut gradient).unwrap();
        gradient
    }
}

#[test]
fn every_coordinator_is_a_distribution() {
    for (name, agents, coordinator) in cases() {
        let bench = Bench::new(agents, coordinator);
        let q = bench.q(&bench.theta, &bench.observations);
        for l in 0..LANES {
            let sum: f64 = q.iter().map(|row| row[l]).sum();
            assert_abs_diff_eq!(sum, 1.0, epsilon = 1e-12);
            assert!(q.iter().all(|row| row[l] > -1e-13), "{name}");
        }
    }
}

#[test]
fn derivatives_agree_with_central_differences() {
    for (name, agents, coordinator) in cases() {
        let bench = Bench::new(agents, coordinator);
        let joint = bench.coordinator.advice().iter().product::<usize>();
        let weights: Vec<[f64; LANES]> =
            (0..joint).map(|x| std::array::from_fn(|l| ((x * LANES + l) as f64 * 0.71).cos())).collect();
        let loss = |theta: &[f64]| -> f64 {
            let q = bench.q(theta, &bench.observations);
            q.iter().flatten().zip(weights.iter().flatten()).map(|(q, w)| q * w).sum()
        };
        let none = Conditioning { weight: 0.0, active: LANES };
        let gradient = bench.gradient(&weights, none);
        let size = gradient.iter().fold(0.0_f64, |m, g| m.max(g.abs())).max(1e-3);
        for k in 0..gradient.len() {
            let at = |h: f64| {
                let mut moved = bench.theta.clone();
                moved[k] += h;
                loss(&moved)
            };
            let numeric = (8.0 * (at(0.0078125) - at(-0.0078125)) - (at(0.015625) - at(-0.015625))) / 0.09375;
            let error = (gradient[k] - numeric).abs() / size;
            assert!(error < 2e-3, "{name}, parameter {k}: {} against {numeric}", gradient[k]);
        }
    }
}

/// The conditioning loss of QuantumSoftmax through the layer itself, at the logits of a linear measurement.
#[test]
fn conditioning_gradient_is_that_of_the_layer_and_spares_idle_lanes() {
    let measurement = Measurement::new(2, &[], 2, 2, Family::Any).unwrap();
    let other = Measurement::new(2, &[], 2, 2, Family::Any).unwrap();
    let state = SharedState::Fixed(DensityMatrix::bell());
    let coordinator = Coordinator::Entangled(Entangled::new(vec![measurement, other], state, 1.0).unwrap());
    let bench = Bench::new(2, coordinator);
    let active = 5;
    let gradient = bench.gradient(&[[0.0; LANES]; 4], Conditioning { weight: 0.3, active });
    let per_agent = bench.theta.len() / 2;
    // logits of agent 1: W o + b, eight coordinates
    let loss = |theta: &[f64]| -> f64 {
        (0..active)
            .map(|l| {
                let y = |k: usize| {
                    let o = |f: usize| f64::from(bench.observations[(2 + f) * LANES + l]);
                    theta[k] * o(0) + theta[8 + k] * o(1) + theta[16 + k]
                };
                let logits: Vec<C64> = (0..2)
                    .flat_map(|j| {
                        let y = |k: usize| y(4 * j + k);
                        [C64::from(y(0)), C64::new(y(2), y(3)), C64::new(y(2), -y(3)), C64::from(y(1))]
                    })
                    .collect();
                let mut layer = QuantumSoftmax::new(2, 2).unwrap();
                layer.forward(&logits, &mut [C64::ZERO; 8]).unwrap();
                layer.conditioning_loss()
            })
            .sum()
    };
    let theta = &bench.theta[per_agent..];
    for k in 0..per_agent {
        let at = |h: f64| {
            let mut moved = theta.to_vec();
            moved[k] += h;
            loss(&moved)
        };
        let numeric = -0.3 * (at(1e-5) - at(-1e-5)) / 2e-5;
        assert_abs_diff_eq!(gradient[per_agent + k], numeric, epsilon = 1e-4 * (1.0 + numeric.abs()));
    }
}

/// Lanes of qubits against the general path: QuantumSoftmax of every lane and the Born rule as a matrix product.
#[test]
fn lanes_of_qubits_agree_with_quantum_softmax_and_the_born_rule() {
    for scale in [0.3, 3.0, 40.0] {
        let measurement = || Measurement::new(2, &[], 2, 2, Family::Any).unwrap();
        let rho = DensityMatrix::from_factor(
            vec![2, 2],
            &bellwether::quantum::Matrix::from_fn(4, |r, c| {
                C64::new((r * 3 + c) as f64, (r as f64 - c as f64) * 0.7).unscale(5.0)
            }),
        )
        .unwrap();
        let coordinator =
            Entangled::new(vec![measurement(), measurement()], SharedState::Fixed(rho.clone()), 1.0).unwrap();
        let mut bench = Bench::new(2, Coordinator::Entangled(coordinator));
        // unequal outcomes at a large scale reach conditions that the closed form does not serve
        bench.theta.iter_mut().for_each(|t| *t = f64::from((*t * scale) as f32));
        let q = bench.q(&bench.theta, &bench.observations);
        for l in 0..LANES {
            let povm = |agent: usize| {
                let theta = &bench.theta[24 * agent..];
                let o = |f: usize| bench.observations[(2 * agent + f) * LANES + l];
                let y = |k: usize| {
                    // as the network sums: fused, from the bias
                    let first = (theta[k] as f32).mul_add(o(0), theta[16 + k] as f32);
                    f64::from((theta[8 + k] as f32).mul_add(o(1), first))
                };
                let logits: Vec<C64> = (0..2)
                    .flat_map(|j| {
                        let y = |k: usize| y(4 * j + k);
                        [C64::from(y(0)), C64::new(y(2), y(3)), C64::new(y(2), -y(3)), C64::from(y(1))]
                    })
                    .collect();
                let mut p = vec![C64::ZERO; 8];
                QuantumSoftmax::new(2, 2).unwrap().forward(&logits, &mut p).unwrap();
                p
            };
            let (a, b) = (povm(0), povm(1));
            for x in 0..4 {
                let (m, n) = (&a[4 * (x / 2)..], &b[4 * (x % 2)..]);
                let mut trace = C64::ZERO;
                for r in 0..4 {
                    for c in 0..4 {
                        let product = m[2 * (r / 2) + c / 2] * n[2 * (r % 2) + c % 2];
                        trace += rho.matrix().as_slice()[c * 4 + r] * product;
                    }
                }
                assert_abs_diff_eq!(q[x][l], trace.re, epsilon = 1e-9);
            }
        }
    }
}

/// Marginals of the entangled coordinator do not move with the other agent's observations (Eq. 5); a central one's do.
#[test]
fn nobody_signals_but_the_central_coordinator() {
    for (name, agents, coordinator) in cases() {
        if agents != 2 {
            continue;
        }
        let bench = Bench::new(agents, coordinator);
        let mut other = bench.observations.clone();
        other[2 * LANES..].iter_mut().for_each(|o| *o = 1.0 - *o);
        let advice = bench.coordinator.advice();
        let marginal =
            |q: &[[f64; LANES]], x: usize, l: usize| -> f64 { (0..advice[1]).map(|y| q[x * advice[1] + y][l]).sum() };
        let (q, moved) = (bench.q(&bench.theta, &bench.observations), bench.q(&bench.theta, &other));
        let mut signal = 0.0_f64;
        for l in 0..LANES {
            for x in 0..advice[0] {
                signal = signal.max((marginal(&q, x, l) - marginal(&moved, x, l)).abs());
            }
        }
        if name == "central" {
            assert!(signal > 1e-3);
        } else {
            assert!(signal < 1e-12, "{name}: {signal:e}");
        }
    }
}
