//! Saved states of environments.

use super::input::Input;
use crate::env::{Environment, OneShot, queueing, stream};
use crate::game::catalog;

/// Any words as a saved state: refused, or a state that saves as the same words and from which two copies go on alike.
pub fn environment(data: &[u8]) {
    let mut input = Input::new(data);
    let kind = input.choice(3);
    let Some(mut env) = environment_of(kind) else {
        panic!("environment {kind} is well known");
    };
    let Ok(own) = env.save() else {
        panic!("environment {kind} can be saved");
    };
    // words of its own, some of them replaced
    let mut words = own;
    for _ in 0..input.choice(8) {
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
    if env.load(&words).is_err() {
        return;
    }
    let saved = env.save();
    let Ok(saved) = saved else {
        panic!("a loaded state can be saved");
    };
    let Ok(mut copy) = env.fork() else {
        panic!("environment {kind} can be copied");
    };
    assert!(copy.load(&saved).is_ok(), "saved words refused: {saved:?}");
    let spec = env.spec().clone();
    let (mut here, mut there) = (stream(1, 0), stream(1, 0));
    let mut seen = [vec![0.0; spec.observations()], vec![0.0; spec.observations()]];
    for _ in 0..4 {
        let actions: Vec<u32> = spec.agents.iter().map(|a| input.choice(a.actions) as u32).collect();
        let one = env.step(&actions, &mut here, &mut seen[0]);
        let other = copy.step(&actions, &mut there, &mut seen[1]);
        match (one, other) {
            (Ok(a), Ok(b)) => {
                // not PartialEq: an absurd state may overflow to NaN on both sides
                assert_eq!(a.reward.to_bits(), b.reward.to_bits());
                assert_eq!((a.cost.to_bits(), a.end), (b.cost.to_bits(), b.end));
            }
            (Err(_), Err(_)) => {}
            (one, other) => panic!("{one:?} and {other:?}"),
        }
        let [a, b] = &seen;
        assert!(a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits()));
        if env.reset(&mut here, &mut seen[0]).is_ok() {
            assert!(copy.reset(&mut there, &mut seen[1]).is_ok());
        }
    }
}

fn environment_of(kind: usize) -> Option<Box<dyn Environment>> {
    let mut env: Box<dyn Environment> = match kind {
        0 | 1 => {
            let game = catalog::lookup(["chsh", "ghz"][kind]).ok()?.game;
            Box::new(OneShot::of_game(&game).ok()?)
        }
        _ => Box::new(queueing::Queueing::new(queueing::QueueParameters::default()).ok()?),
    };
    let mut seen = vec![0.0; env.spec().observations()];
    env.reset(&mut stream(0, 0), &mut seen).ok()?;
    Some(env)
}
