//! Vectorised stepping: the same bits for any blocks and threads, final states of ended episodes kept.

use bellwether::env::queueing::{QueueParameters, Queueing};
use bellwether::env::vector::{Steps, Vector};
use bellwether::env::{AgentSpec, CriticState, End, EnvError, EnvRng, EnvSpec, Environment, OneShot, Outcome, stream};
use bellwether::game::catalog;

fn queue(horizon: Option<u32>) -> Queueing {
    Queueing::new(QueueParameters { horizon, observe_queues: true, ..QueueParameters::default() }).unwrap()
}

fn policy(steps: &[Steps], width: usize) -> Vec<u32> {
    let rows = steps.iter().flat_map(|s| s.observations.chunks(width));
    rows.map(|row| u32::from(row[0] > 0.7)).collect()
}

fn flat(steps: &[Steps]) -> Vec<f64> {
    let one = |s: &Steps| {
        let finals: Vec<f64> = s.finished().flat_map(|e| s.final_critic.row(e).to_vec()).collect();
        [&s.observations, &s.rewards, &s.costs, s.critic.as_slice(), &finals].concat()
    };
    // block by block within each kind would depend on the blocks; sorting does not
    let mut all: Vec<f64> = steps.iter().flat_map(one).collect();
    all.sort_by(f64::total_cmp);
    all
}

#[test]
fn blocks_and_threads_change_nothing() {
    let run = |block: usize, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut envs = Vector::new(&queue(Some(37)), 50, block, 11).unwrap();
            let mut steps = envs.buffers();
            envs.reset(&mut steps).unwrap();
            let mut out = Vec::new();
            for _ in 0..100 {
                let actions = policy(&steps, 3);
                envs.step(&actions, &mut steps).unwrap();
                out.extend(flat(&steps));
            }
            out
        })
    };
    let reference = run(50, 1);
    for (block, threads) in [(1, 1), (7, 2), (16, 4), (50, 3)] {
        assert!(run(block, threads) == reference, "block {block}, {threads} threads");
    }
}

#[test]
fn a_vector_is_its_environments_one_by_one_with_final_states_kept() {
    let mut envs = Vector::new(&queue(Some(10)), 4, 3, 5).unwrap();
    let mut steps = envs.buffers();
    envs.reset(&mut steps).unwrap();
    let mut alone: Vec<(Queueing, EnvRng, Vec<f64>)> = (0..4)
        .map(|e| {
            let (mut env, mut rng, mut seen) = (queue(Some(10)), stream(5, e), vec![0.0; 6]);
            env.reset(&mut rng, &mut seen).unwrap();
            (env, rng, seen)
        })
        .collect();
    let mut critic = CriticState::zeros(4);
    for t in 1..=25 {
        let actions = policy(&steps, 3);
        envs.step(&actions, &mut steps).unwrap();
        for (e, (env, rng, seen)) in alone.iter_mut().enumerate() {
            let (block, row) = (&steps[e / 3], e % 3);
            let outcome = env.step(&actions[2 * e..2 * e + 2], rng, seen).unwrap();
            assert_eq!(outcome.reward, block.rewards[row]);
            assert_eq!(outcome.cost, block.costs[row]);
            assert_eq!(outcome.end, block.ends[row]);
            assert_eq!(outcome.end == End::Truncated, t % 10 == 0);
            env.critic_state(&mut critic);
            if outcome.end == End::Truncated {
                assert_eq!(critic.as_slice(), block.final_critic.row(row));
                assert_eq!(seen[..], block.final_observations[row * 6..][..6]);
                env.reset(rng, seen).unwrap();
                env.critic_state(&mut critic);
                assert_eq!(critic.as_slice()[..2], [0.0, 0.0]);
            }
            assert_eq!(critic.as_slice(), block.critic.row(row));
            assert_eq!(seen[..], block.observations[row * 6..][..6]);
        }
    }
}

#[test]
fn saved_vectors_continue_bit_for_bit() {
    let chsh = OneShot::of_game(&catalog::lookup("chsh").unwrap().game).unwrap();
    let prototypes: [&dyn Environment; 2] = [&queue(Some(20)), &chsh];
    for prototype in prototypes {
        let width = prototype.spec().agents[0].observation;
        let mut envs = Vector::new(prototype, 6, 4, 3).unwrap();
        let mut steps = envs.buffers();
        envs.reset(&mut steps).unwrap();
        for _ in 0..333 {
            let actions = policy(&steps, width);
            envs.step(&actions, &mut steps).unwrap();
        }
        let saved = envs.save().unwrap();
        let mut again = Vector::new(prototype, 6, 4, 99).unwrap();
        again.load(&saved).unwrap();
        let mut steps2 = steps.clone();
        for _ in 0..300 {
            let actions = policy(&steps, width);
            envs.step(&actions, &mut steps).unwrap();
            again.step(&actions, &mut steps2).unwrap();
            assert!(flat(&steps) == flat(&steps2));
        }
        assert!(again.load(&saved[1..]).is_err());
        let mut bad = saved.clone();
        bad[2].truncate(3);
        assert!(again.load(&bad).unwrap_err().to_string().starts_with("environment 2: "));
    }
}

/// Pays NaN at its third step.
struct Broken(EnvSpec, u32);

impl Environment for Broken {
    fn spec(&self) -> &EnvSpec {
        &self.0
    }
    fn reset(&mut self, _: &mut EnvRng, _: &mut [f64]) -> Result<(), EnvError> {
        Ok(())
    }
    fn step(&mut self, _: &[u32], _: &mut EnvRng, _: &mut [f64]) -> Result<Outcome, EnvError> {
        self.1 += 1;
        Ok(Outcome { reward: if self.1 == 3 { f64::NAN } else { 0.0 }, ..Outcome::default() })
    }
    fn critic_state(&self, _: &mut CriticState) {}
    fn fork(&self) -> Result<Box<dyn Environment>, EnvError> {
        Ok(Box::new(Broken(self.0.clone(), 0)))
    }
    fn save(&self) -> Result<Vec<u64>, EnvError> {
        Ok(Vec::new())
    }
    fn load(&mut self, _: &[u64]) -> Result<(), EnvError> {
        Ok(())
    }
}

#[test]
fn a_reward_that_is_no_number_is_an_error_that_names_the_copy() {
    let spec = EnvSpec {
        name: "broken".into(),
        agents: vec![AgentSpec { name: "one".into(), observation: 1, actions: 2 }],
        critic_state: 0,
        has_cost: false,
        horizon: None,
    };
    let mut envs = Vector::new(&Broken(spec, 0), 2, 1, 0).unwrap();
    let mut steps = envs.buffers();
    envs.reset(&mut steps).unwrap();
    for _ in 0..2 {
        envs.step(&[0, 0], &mut steps).unwrap();
    }
    let error = envs.step(&[0, 0], &mut steps).unwrap_err().to_string();
    assert!(error.contains("the reward is NaN"), "{error}");
    assert!(envs.step(&[0], &mut steps).is_err());
}
