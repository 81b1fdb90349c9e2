//! The multi-router queue as an environment: Eq. 30-35 step by step, and the long run against exact theory.

use bellwether::bound::queueing::QueueModel;
use bellwether::env::queueing::{Baseline, JobLaw, Order, QueueParameters, Queueing, WaitUnit};
use bellwether::env::{End, EnvError, EnvRng, Environment, stream};
use rand::RngExt;

fn open_eyed() -> QueueParameters {
    QueueParameters { observe_queues: true, observe_interval: true, ..QueueParameters::default() }
}

/// One server of Eq. 30 and 32, written down a second time.
fn server(q: f64, dq: f64, dt: f64, reward: impl Fn(f64) -> f64) -> (f64, f64) {
    let kept = if q < 0.0 && dq > 0.0 { 0.0 } else { q };
    let next = dq - dt + kept;
    if q < 0.0 && dq == 0.0 { (next, reward(-next) - reward(-q)) } else { (next, reward(f64::max(0.0, -next))) }
}

#[test]
fn every_step_follows_equations_30_to_33() {
    for (baseline, unit) in [
        (Baseline::Power(2.0), WaitUnit::Customer),
        (Baseline::Shifted(0.7), WaitUnit::Step),
        (Baseline::Exponential(0.2), WaitUnit::Customer),
    ] {
        let parameters = QueueParameters { baseline, wait_unit: unit, balanced: false, ..open_eyed() };
        let mut queue = Queueing::new(parameters).unwrap();
        let mut rng = stream(1, 0);
        let mut seen = [0.0; 8];
        queue.reset(&mut rng, &mut seen).unwrap();
        assert_eq!([seen[1], seen[2], seen[3]], [0.0; 3]);
        let mut later = [0u32; 2];
        for _ in 0..20_000 {
            let (x1, x2, q) = (seen[0], seen[4], [seen[1], seen[2]]);
            assert_eq!(seen[1..4], seen[5..8]);
            let a = [rng.random_range(0..2u32), rng.random_range(0..2u32)];
            let outcome = queue.step(&a, &mut rng, &mut seen).unwrap();
            let dt = seen[3];
            let (a1, a2) = (f64::from(a[0]), f64::from(a[1]));
            let load = [(1.0 - a1) * x1 + (1.0 - a2) * x2, a1 * x1 + a2 * x2]; // Eq. 31
            let mut reward = 0.0;
            for i in 0..2 {
                let (next, earned) = server(q[i], load[i], dt, |t| baseline.reward(t));
                assert!((next - seen[1 + i]).abs() < 1e-12);
                reward += earned;
            }
            assert!((reward - outcome.reward).abs() < 1e-9 * (1.0 + reward.abs()));
            let alone: f64 = a.iter().map(|&i| q[i as usize].max(0.0)).sum();
            let scale = if unit == WaitUnit::Customer { 2.0 } else { 1.0 };
            let extra = outcome.cost * scale - alone;
            if a[0] == a[1] {
                // one of the two waits for the other
                let first = (extra - x1).abs() < 1e-9;
                assert!(first || (extra - x2).abs() < 1e-9, "{extra} {x1} {x2}");
                later[usize::from(first)] += 1;
            } else {
                assert!(extra.abs() < 1e-9);
            }
        }
        assert!(later[0].abs_diff(later[1]) < 500, "{later:?}");
    }
}

#[test]
fn rewards_of_an_interval_sum_to_its_baseline_reward() {
    let mut queue = Queueing::new(QueueParameters { balanced: false, ..open_eyed() }).unwrap();
    let (mut rng, mut seen) = (stream(2, 0), [0.0; 8]);
    queue.reset(&mut rng, &mut seen).unwrap();
    // everything to server 0: server 1 is idle for ever, from q = 0
    let (mut total, mut time, mut busy) = (0.0, 0.0, 0.0);
    for _ in 0..50 {
        let before = seen[1];
        let work = seen[0] + seen[4];
        total += queue.step(&[0, 0], &mut rng, &mut seen).unwrap().reward;
        time += seen[3];
        busy += server(before, work, seen[3], |t| t * t).1;
    }
    assert!((total - busy - time * time).abs() < 1e-6);
}

type Policy = fn([f64; 2], &mut EnvRng) -> [u32; 2];

/// Mean reward per unit time and mean wait over `n` steps after a burn-in.
fn long_run(
    parameters: QueueParameters,
    n: u32,
    seed: u64,
    policy: impl Fn([f64; 2], &mut EnvRng) -> [u32; 2],
) -> (f64, f64) {
    let rate = parameters.arrival_rate;
    let mut queue = Queueing::new(parameters).unwrap();
    let (mut rng, mut coins, mut seen) = (stream(seed, 0), stream(seed, 1), [0.0; 2]);
    queue.reset(&mut rng, &mut seen).unwrap();
    let (mut reward, mut cost) = (0.0, 0.0);
    for t in 0..n + 5000 {
        let a = policy(seen, &mut coins);
        let outcome = queue.step(&a, &mut rng, &mut seen).unwrap();
        if t >= 5000 {
            reward += outcome.reward;
            cost += outcome.cost;
        }
    }
    let n = f64::from(n);
    (reward * rate / n, cost / n)
}

#[test]
fn constant_and_threshold_policies_are_where_theory_says() {
    // standard errors c / sqrt(N) as measured over long runs: 36..58 for the wait, up to 6 for the throughput
    const N: u32 = 1_000_000;
    let root = f64::from(N).sqrt();
    let t: f64 = 1.0;
    let (r1, w1) = {
        // one router keeps small jobs with the other: C = 1{x2 < t}
        let s = 1.0 - (-t).exp();
        let (m, y) = (1.125, t + 0.125);
        let k = m * (m - (1.0 - s) * (y + 1.0));
        (1.0 / (1.0 - s / 2.0), 4.0 + 2.0 * k - s / 32.0)
    };
    let cases: [(&str, Policy, f64, f64, f64); 4] = [
        ("apart", |_, _| [0, 1], 1.0, 4.0, 36.0),
        ("together", |_, _| [0, 0], 2.0, 6.5, 58.0),
        ("coins", |_, rng| [rng.random_range(0..2), rng.random_range(0..2)], 4.0 / 3.0, 5.25, 45.0),
        ("threshold", |x, _| [0, u32::from(x[1] >= 1.0)], r1, w1, 50.0),
    ];
    for (name, policy, r, w, c) in cases {
        let (reward, wait) = long_run(QueueParameters::default(), N, 7, policy);
        assert!((reward - r).abs() < 4.0 * 6.0 / root, "{name}: R {reward}, theory {r}");
        assert!((wait - w).abs() < 4.0 * c / root, "{name}: W {wait}, theory {w}");
    }
}

/// Outcomes of the optimal measurements on a Bell pair, played step by step, are where theory puts their optimum.
#[test]
fn optimal_quantum_policies_are_where_theory_says() {
    const N: u32 = 1_000_000;
    let root = f64::from(N).sqrt();
    let model = QueueModel::new(&QueueParameters::default()).unwrap();
    // standard error of the wait times sqrt(N), as measured over long runs
    for (throughput, wait, c) in [(1.3, 4.344233, 38.0), (1.6, 4.999204, 46.0), (1.8, 5.598711, 52.0)] {
        let s = model.same_server_rate(throughput).unwrap();
        let (_, strategy, _) = model.q_curve(s).unwrap();
        let policy = |x: [f64; 2], rng: &mut EnvRng| {
            let first = rng.random_range(0..2);
            let same = rng.random::<f64>() < strategy.same_server(x[0], x[1]);
            [first, if same { first } else { 1 - first }]
        };
        let (reward, found) = long_run(QueueParameters::default(), N, 11, policy);
        assert!((reward - throughput).abs() < 4.0 * 6.0 / root, "R {reward}, theory {throughput}");
        assert!((found - wait).abs() < 4.0 * c / root, "W {found}, theory {wait}");
    }
}

#[test]
fn waits_per_step_are_twice_waits_per_customer() {
    let apart: Policy = |_, _| [0, 1];
    let per = |wait_unit| {
        let parameters = QueueParameters { wait_unit, ..QueueParameters::default() };
        long_run(parameters, 10_000, 3, apart)
    };
    let (customer, step) = (per(WaitUnit::Customer), per(WaitUnit::Step));
    assert_eq!(customer.0, step.0);
    assert!((2.0 * customer.1 - step.1).abs() < 1e-9);
}

#[test]
fn labels_of_servers_are_balanced_and_refer_to_what_is_seen() {
    for servers in [2, 3, 5] {
        let mut queue = Queueing::new(QueueParameters { servers, ..open_eyed() }).unwrap();
        let width = 2 + servers;
        let (mut rng, mut seen) = (stream(4, 0), vec![0.0; 2 * width]);
        queue.reset(&mut rng, &mut seen).unwrap();
        let mut used = vec![0u32; servers];
        for _ in 0..30_000 {
            let before: Vec<f64> = queue.queues().to_vec();
            let (label, work) = (0, seen[0] + seen[width]);
            let target = seen[1 + label];
            let gap = queue.step(&[label as u32; 2], &mut rng, &mut seen).map(|_| seen[width - 1]);
            let dt = gap.unwrap();
            let hit: Vec<usize> =
                (0..servers).filter(|&i| (queue.queues()[i] - (before[i] - dt)).abs() > 1e-9).collect();
            // the load came to the server that was seen under the label
            let i = *hit.first().unwrap_or(&0);
            assert_eq!(hit.len(), 1);
            assert_eq!(before[i], target);
            let kept = if before[i] < 0.0 { 0.0 } else { before[i] };
            assert!((queue.queues()[i] - (kept + work - dt)).abs() < 1e-9);
            used[i] += 1;
        }
        let mean = 30_000.0 / servers as f64;
        for n in used {
            assert!((f64::from(n) - mean).abs() < 5.0 * mean.sqrt());
        }
    }
}

#[test]
fn saved_queues_continue_bit_for_bit() {
    for parameters in [
        open_eyed(),
        QueueParameters {
            servers: 3,
            jobs: vec![
                "hyperexponential:2@0.5,0.8@0.5".parse().unwrap(),
                "erlang:3:4".parse().unwrap(),
                "finite:0.5@0.8,3@0.2".parse().unwrap(),
            ],
            order: Order::ShortestFirst,
            horizon: Some(1000),
            ..open_eyed()
        },
    ] {
        let mut queue = Queueing::new(parameters).unwrap();
        let n = queue.spec().agents.len();
        let mut seen = vec![0.0; queue.spec().observations()];
        let mut rng = stream(5, 0);
        queue.reset(&mut rng, &mut seen).unwrap();
        let actions = |t: u32| -> Vec<u32> { (0..n as u32).map(|i| (t / (i + 1)) % 2).collect() };
        for t in 0..500 {
            queue.step(&actions(t), &mut rng, &mut seen).unwrap();
        }
        let (words, mut rng2) = (queue.save().unwrap(), rng.clone());
        let mut other = queue.fork().unwrap();
        other.load(&words).unwrap();
        let mut seen2 = seen.clone();
        for t in 0..400 {
            let a = queue.step(&actions(t), &mut rng, &mut seen).unwrap();
            let b = other.step(&actions(t), &mut rng2, &mut seen2).unwrap();
            assert_eq!((a, &seen), (b, &seen2));
        }
        assert!(other.load(&words[1..]).is_err());
        let mut bad = words.clone();
        bad[0] = f64::NAN.to_bits();
        assert!(other.load(&bad).is_err());
        // a queue, a size, the interval: numbers that no queue reaches
        for (k, value, name) in
            [(0, 1e308, "queue"), (1, -1e308, "queue"), (8, 1e308, "size"), (8, -1.0, "size"), (16, -1.0, "interval")]
        {
            let mut bad = words.clone();
            bad[k] = f64::to_bits(value);
            let error = other.load(&bad).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}

#[test]
fn a_horizon_truncates_and_what_comes_after_is_an_error() {
    let mut queue = Queueing::new(QueueParameters { horizon: Some(3), ..QueueParameters::default() }).unwrap();
    let (mut rng, mut seen) = (stream(6, 0), [0.0; 2]);
    assert!(matches!(queue.step(&[0, 0], &mut rng, &mut seen), Err(EnvError::NotReset(_))));
    queue.reset(&mut rng, &mut seen).unwrap();
    let ends: Vec<End> = (0..3).map(|_| queue.step(&[0, 1], &mut rng, &mut seen).unwrap().end).collect();
    assert_eq!(ends, [End::Running, End::Running, End::Truncated]);
    assert!(queue.step(&[0, 1], &mut rng, &mut seen).is_err());
}

#[test]
fn bad_input_is_named() {
    let mut queue = Queueing::new(QueueParameters::default()).unwrap();
    let (mut rng, mut seen) = (stream(0, 0), [0.0; 2]);
    queue.reset(&mut rng, &mut seen).unwrap();
    let error = queue.step(&[0, 2], &mut rng, &mut seen).unwrap_err();
    assert_eq!(error.to_string(), "agent 1: action 2 given, wanted below 2");
    assert!(queue.step(&[0], &mut rng, &mut seen).is_err());
    assert!(queue.step(&[0, 0], &mut rng, &mut [0.0]).is_err());
    let load = QueueParameters { arrival_rate: 1.0, ..QueueParameters::default() };
    assert!(Queueing::new(load).unwrap_err().to_string().contains("load"));
    for text in [
        "exponential:0",
        "exponential",
        "finite:1@0.5",
        "finite:",
        "two-point:1:1:2",
        "erlang:1.5:1",
        "erlang:0:1",
        "uniform:2:1",
        "deterministic:nan",
        "pareto:1",
        "deterministic:-1",
    ] {
        assert!(text.parse::<JobLaw>().is_err(), "{text}");
    }
    for text in ["power:x", "cubic", "shifted:1:2"] {
        assert!(text.parse::<Baseline>().is_err(), "{text}");
    }
    for baseline in [
        Baseline::Exponential(0.4),
        Baseline::Power(0.0),
        Baseline::Power(f64::NAN),
        Baseline::Shifted(-1.0),
        Baseline::Function { name: "one", reward: |_| 1.0 },
    ] {
        let parameters = QueueParameters { baseline, ..QueueParameters::default() };
        assert!(Queueing::new(parameters).is_err(), "{baseline}");
    }
}

#[test]
fn samples_have_the_moments_of_their_law() {
    for text in [
        "exponential:1.5",
        "deterministic:2",
        "two-point:0.5:0.8:3",
        "finite:0.1@0.1,0.2@0.2,1@0.3,2@0.4",
        "hyperexponential:2@0.25,0.5@0.75",
        "erlang:4:2",
        "uniform:0.5:1.5",
    ] {
        let law: JobLaw = text.parse().unwrap();
        assert_eq!(law.to_string().parse::<JobLaw>().unwrap(), law);
        let mut rng = stream(8, 0);
        let n = 200_000;
        let (mut sum, mut squares, mut fourth) = (0.0, 0.0, 0.0);
        for _ in 0..n {
            let x = law.sample(&mut rng);
            sum += x;
            squares += x * x;
            fourth += x.powi(4);
        }
        let n = f64::from(n);
        let (m1, m2) = (law.mean(), law.second_moment());
        let se1 = ((m2 - m1 * m1).max(0.0) / n).sqrt();
        let se2 = ((fourth / n - m2 * m2).max(0.0) / n).sqrt();
        assert!((sum / n - m1).abs() < 4.5 * se1 + 1e-12, "{text}");
        assert!((squares / n - m2).abs() < 4.5 * se2 + 1e-12, "{text}");
    }
}
