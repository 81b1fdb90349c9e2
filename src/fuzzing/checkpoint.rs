//! Checkpoints of training runs.

use super::input::Input;
use crate::env::{Environment, OneShot, queueing};
use crate::game::catalog;
use crate::learn::{CriticKind, Mappo, MappoConfig, Saved};
use crate::run::Checkpoint;
use std::path::Path;
use std::sync::OnceLock;

/// A first byte of `{`: any bytes as a checkpoint file. Otherwise: any words as parts of the state of a small run:
/// refused by name, or a state that saves as the same words and goes on.
pub fn checkpoint(data: &[u8]) {
    if data.first() == Some(&b'{') {
        let _ = Checkpoint::parse(Path::new("checkpoint"), data);
        return;
    }
    let mut input = Input::new(data);
    let kind = input.choice(3);
    static STATES: OnceLock<[Saved; 3]> = OnceLock::new();
    let states = STATES.get_or_init(|| std::array::from_fn(state_of));
    let mut saved = states[kind].clone();
    for _ in 0..1 + input.choice(4) {
        let names: Vec<String> = saved.0.keys().cloned().collect();
        let name = &names[input.choice(names.len())];
        match input.choice(8) {
            0 => drop(saved.0.remove(name)),
            1 => {
                if let Some(words) = saved.0.get_mut(name) {
                    words.truncate(usize::from(input.byte()));
                }
            }
            _ => damage(saved.0.get_mut(name), &mut input),
        }
        if saved.0.is_empty() {
            break;
        }
    }
    let mut run = run_of(kind);
    if run.load(&saved).is_err() {
        return;
    }
    match run.save() {
        Ok(again) => {
            for (name, words) in &again.0 {
                assert_eq!(saved.0.get(name), Some(words), "{name}");
            }
        }
        Err(e) => panic!("a loaded state cannot be saved: {e}"),
    }
    if let Ok(metrics) = run.update() {
        assert!(metrics.multiplier.is_none_or(f64::is_finite));
    }
}

fn damage(words: Option<&mut Vec<u64>>, input: &mut Input) {
    let Some(words) = words else { return };
    let at = usize::from(input.byte()) % (words.len() + 1);
    let word = match input.choice(3) {
        0 => u64::from(input.byte()),
        1 => input.finite().to_bits(),
        _ => input.wild().to_bits(),
    };
    match words.get_mut(at) {
        Some(slot) => *slot = word,
        None => words.push(word),
    }
}

/// CHSH with a network critic; the queue with a cost limit, and either critic.
fn run_of(kind: usize) -> Mappo {
    let small = MappoConfig {
        num_envs: 2,
        num_steps: 3,
        num_minibatches: 2,
        update_epochs: 2,
        hidden: vec![2],
        critic_hidden: vec![2],
        ..MappoConfig::default()
    };
    let run = if kind == 0 {
        let game = catalog::lookup("chsh").map(|entry| entry.game);
        let Ok(Ok(env)) = game.map(|game| OneShot::of_game(&game)) else {
            panic!("CHSH is well known");
        };
        Mappo::new(&env, small)
    } else {
        let Ok(env) = queueing::Queueing::new(queueing::QueueParameters::default()) else {
            panic!("the queue of the paper is well known");
        };
        debug_assert!(env.spec().has_cost);
        let critic = [CriticKind::Network, CriticKind::Quadratic][kind - 1];
        let limited = MappoConfig { cost_limit: Some(5.0), critic, ..small };
        Mappo::new(&env, limited)
    };
    match run {
        Ok(run) => run,
        Err(e) => panic!("run {kind}: {e}"),
    }
}

fn state_of(kind: usize) -> Saved {
    let mut run = run_of(kind);
    assert!(run.update().is_ok());
    match run.save() {
        Ok(saved) => saved,
        Err(e) => panic!("run {kind}: {e}"),
    }
}
