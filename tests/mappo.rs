//! The modified MAPPO: one-shot games by class, the policy gradient of the queue, bit-identical runs.

use bellwether::env::queueing::{QueueParameters, Queueing};
use bellwether::env::{Environment, OneShot};
use bellwether::game::catalog;
use bellwether::learn::{CoordinatorKind, CriticKind, Estimator, JointPolicy, LANES, Mappo, MappoConfig, ReadyPolicy};

/// Settings for a game of one step.
fn one_shot(coordinator: CoordinatorKind) -> MappoConfig {
    MappoConfig {
        total_timesteps: 150_000,
        num_envs: 512,
        num_steps: 1,
        update_epochs: 4,
        num_minibatches: 1,
        learning_rate: 1e-2,
        critic_learning_rate: 1e-2,
        ent_coef: 0.05,
        coordinator,
        ..MappoConfig::default()
    }
}

/// The joint action probabilities for one joint observation.
fn probabilities(policy: &JointPolicy, theta: &[f64], observations: &[f64]) -> Vec<f64> {
    let mut ready = ReadyPolicy::default();
    policy.prepare(theta, &mut ready).unwrap();
    let rows: Vec<f32> = observations.iter().flat_map(|x| [*x as f32; LANES]).collect();
    let mut p = vec![[0.0; LANES]; policy.joint_actions()];
    policy.probabilities(&ready, &rows, &mut policy.work().unwrap(), &mut p).unwrap();
    p.iter().map(|row| row[0]).collect()
}

/// The value of the policy in the game, exact but for rounding.
fn value(game: &str, mappo: &Mappo) -> f64 {
    let game = catalog::lookup(game).unwrap().game;
    let scenario = game.scenario();
    let (weights, k) = (game.weights(), scenario.joint_answers());
    (0..scenario.joint_questions())
        .map(|x| {
            let mut observations = Vec::new();
            for (q, n) in scenario.question(x).iter().zip(scenario.questions()) {
                observations.extend((0..*n).map(|k| f64::from(u8::from(k == *q))));
            }
            let p = probabilities(mappo.policy(), mappo.parameters(), &observations);
            p.iter().zip(&weights[x * k..]).map(|(p, w)| p * w).sum::<f64>()
        })
        .sum()
}

fn trained(game: &str, config: MappoConfig) -> f64 {
    let env = OneShot::of_game(&catalog::lookup(game).unwrap().game).unwrap();
    let mut mappo = Mappo::new(&env, config).unwrap();
    while !mappo.is_done() {
        mappo.update().unwrap();
    }
    value(game, &mappo)
}

#[test]
fn chsh_and_ghz_reach_99_percent_of_the_maximal_advantage() {
    let quantum = 0.5 + 0.125f64.sqrt();
    for seed in 0..2 {
        let config = MappoConfig { seed, ..one_shot(CoordinatorKind::Entangled) };
        let chsh = trained("chsh", config.clone());
        assert!(chsh > 0.75 + 0.99 * (quantum - 0.75) && chsh < quantum + 1e-9, "chsh: {chsh}");
        let ghz = trained("ghz", config);
        assert!(ghz > 0.75 + 0.99 * 0.25, "ghz: {ghz}");
    }
}

#[test]
fn shared_randomness_never_exceeds_the_classical_optimum_and_communication_reaches_its_own() {
    for seed in 0..2 {
        let sr = trained("chsh", MappoConfig { seed, ..one_shot(CoordinatorKind::SharedRandomness) });
        assert!(sr <= 0.75 + 1e-12 && sr > 0.74, "shared randomness: {sr}");
    }
    let none = trained("chsh", one_shot(CoordinatorKind::None));
    assert!(none <= 0.75 + 1e-12 && none > 0.70, "none: {none}");
    let central = trained("chsh", one_shot(CoordinatorKind::Central));
    assert!(central > 0.999, "central: {central}");
}

/// Mean and weights over a grid of two independent Exp(1) sizes.
fn grid(n: usize) -> Vec<(f64, f64)> {
    // u = 1 - e^{-x} = 1 - (1-v)^3, midpoints in v: dense where x is large
    let at = |i: usize| {
        let v = 1.0 - (i as f64 + 0.5) / n as f64;
        (-3.0 * v.ln(), 3.0 * v * v / n as f64)
    };
    (0..n).map(at).collect()
}

/// The gradient of `r - nu c` per step in the parameters, from queueing theory and central differences: with
/// `s = E[C]`, `k = E[y_1 y_2 C]`, `y = x + 1/8` it is `dR/lambda - nu dW` where `R = 1/(1 - s/2)` and
/// `W = 4 + 2k - s/32` (lambda = 0.8, mu = 1).
fn analytic(policy: &JointPolicy, theta: &[f64], nu: f64, parameters: &[usize]) -> Vec<f64> {
    let nodes = grid(64);
    let objective = |theta: &[f64], slopes: Option<(f64, f64)>| {
        let mut ready = ReadyPolicy::default();
        policy.prepare(theta, &mut ready).unwrap();
        let mut work = policy.work().unwrap();
        let mut p = vec![[0.0; LANES]; 4];
        let (mut s, mut k) = (0.0, 0.0);
        for (x, w) in &nodes {
            let rows: Vec<f32> = [*x as f32; LANES].into_iter().chain(nodes.iter().map(|n| n.0 as f32)).collect();
            policy.probabilities(&ready, &rows, &mut work, &mut p).unwrap();
            for (l, (y, v)) in nodes.iter().enumerate() {
                let same = w * v * (p[0][l] + p[3][l]);
                s += same;
                k += same * (x + 0.125) * (y + 0.125);
            }
        }
        match slopes {
            None => (s, k),
            Some((a, b)) => (a * s + b * k, 0.0),
        }
    };
    let (s, _) = objective(theta, None);
    let r = 1.0 / (1.0 - s / 2.0);
    let slopes = Some((r * r / 2.0 / 0.8 + nu / 32.0, -2.0 * nu));
    parameters
        .iter()
        .map(|&k| {
            let at = |h: f64| {
                let mut moved = theta.to_vec();
                moved[k] += h;
                objective(&moved, slopes).0
            };
            (at(0.01) - at(-0.01)) / 0.02
        })
        .collect()
}

#[test]
fn surrogate_gradient_at_theta_0_is_the_policy_gradient_of_the_queue() {
    let env = Queueing::new(QueueParameters::default()).unwrap();
    let nu = 0.15;
    let config = MappoConfig {
        num_envs: 2048,
        num_steps: 128,
        average_reward: true,
        gae_lambda: 0.0,
        cost_gae_lambda: 0.0,
        critic: CriticKind::Quadratic,
        critic_memory: 1.0,
        norm_adv: false,
        ent_coef: 0.0,
        // a multiplier that stays where it is
        cost_limit: Some(5.5),
        pid_kp: 0.0,
        pid_ki: 0.0,
        pid_kd: 0.0,
        multiplier_init: nu,
        hidden: vec![8],
        seed: 1,
        ..MappoConfig::default()
    };
    for (estimator, batches, from) in [(Estimator::AllActions, 10, 5), (Estimator::Sampled, 16, 1)] {
        let mut mappo = Mappo::new(&env, MappoConfig { estimator, ..config.clone() }).unwrap();
        let n = mappo.parameters().len();
        let mut mean = vec![0.0; n];
        for batch in 0..=batches {
            let gradient = mappo.gradient().unwrap();
            // the first batch starts from empty queues, and the critic of all actions learns from every one
            if batch > from {
                mean.iter_mut().zip(&gradient).for_each(|(m, g)| *m += g);
            }
        }
        let chosen: Vec<usize> = (0..n).collect();
        let truth = analytic(mappo.policy(), mappo.parameters(), nu, &chosen);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let cosine = dot(&mean, &truth) / (dot(&mean, &mean) * dot(&truth, &truth)).sqrt();
        let ratio = (dot(&mean, &mean) / dot(&truth, &truth)).sqrt() * (1.0 + nu) / f64::from(batches - from);
        eprintln!("{estimator:?}: cosine {cosine:.4}, length {ratio:.4}");

        assert!(cosine > 0.99, "{estimator:?}: cosine {cosine}");
        assert!((ratio - 1.0).abs() < 0.1, "{estimator:?}: length {ratio}");
    }
}

/// The same run on one thread, on four, and interrupted, saved and resumed half-way: one and the same.
#[test]
fn runs_do_not_depend_on_threads_or_interruption() {
    let env = Queueing::new(QueueParameters { horizon: Some(50), ..QueueParameters::default() }).unwrap();
    for critic in [CriticKind::Network, CriticKind::Quadratic] {
        let config = MappoConfig {
            num_envs: 200, // the last block is partly idle
            num_steps: 32,
            total_timesteps: 200 * 32 * 6,
            cost_limit: Some(5.5),
            critic,
            estimator: if critic == CriticKind::Network { Estimator::Sampled } else { Estimator::AllActions },
            ..MappoConfig::default()
        };
        let run = |threads: usize, interrupt: bool| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut mappo = Mappo::new(&env, config.clone()).unwrap();
                let mut log = Vec::new();
                while !mappo.is_done() {
                    log.push(serde_json::to_string(&mappo.update().unwrap()).unwrap());
                    if interrupt && mappo.updates() == 3 {
                        let text = serde_json::to_string(&mappo.save().unwrap()).unwrap();
                        mappo = Mappo::new(&env, config.clone()).unwrap();
                        mappo.load(&serde_json::from_str(&text).unwrap()).unwrap();
                    }
                }
                let bits: Vec<u64> = mappo.parameters().iter().map(|t| t.to_bits()).collect();
                (log, bits)
            })
        };
        let alone = run(1, false);
        assert_eq!(alone, run(4, false));
        assert_eq!(alone, run(2, true));
    }
}

/// A limit that no policy can meet drives the multiplier to its cap instead of running away.
#[test]
fn an_infeasible_limit_is_seen_at_the_cap() {
    let env = Queueing::new(QueueParameters::default()).unwrap();
    let config = MappoConfig {
        num_envs: 64,
        num_steps: 16,
        total_timesteps: 64 * 16 * 20,
        cost_limit: Some(-1.0),
        pid_ki: 1.0,
        multiplier_max: 3.0,
        ..MappoConfig::default()
    };
    let mut mappo = Mappo::new(&env, config).unwrap();
    while !mappo.is_done() {
        mappo.update().unwrap();
    }
    assert!(mappo.lagrangian().unwrap().at_cap());
}

#[test]
fn settings_that_cannot_be_are_refused_by_name() {
    let env = Queueing::new(QueueParameters::default()).unwrap();
    let chsh = OneShot::of_game(&catalog::lookup("chsh").unwrap().game).unwrap();
    let refused = |env: &dyn Environment, config: MappoConfig, word: &str| {
        let error = Mappo::new(env, config).err().map(|e| e.to_string());
        assert!(error.as_ref().is_some_and(|e| e.contains(word)), "{word}: {error:?}");
    };
    let base = MappoConfig::default;
    refused(&env, MappoConfig { num_envs: 0, ..base() }, "num_envs");
    refused(&env, MappoConfig { num_envs: usize::MAX, ..base() }, "num_envs");
    refused(&env, MappoConfig { gamma: f64::NAN, ..base() }, "gamma");
    refused(&env, MappoConfig { learning_rate: 0.0, ..base() }, "learning_rate");
    let shared = CoordinatorKind::SharedRandomness;
    refused(&env, MappoConfig { advice: vec![2, 3], coordinator: shared, ..base() }, "advice");
    refused(&env, MappoConfig { advice: vec![2, 2, 2], ..base() }, "advice");
    refused(&env, MappoConfig { dims: vec![3], state: "bell".into(), ..base() }, "state");
    refused(&env, MappoConfig { estimator: Estimator::AllActions, ..base() }, "estimator");
    refused(&chsh, MappoConfig { cost_limit: Some(1.0), ..base() }, "cost_limit");
}
