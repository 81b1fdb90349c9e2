//! Games as environments of one step.

use bellwether::env::{CriticState, End, EnvError, Environment, OneShot, stream};
use bellwether::game::{BlackBox, TableReferee, catalog, referee::Options};

#[test]
fn an_episode_is_one_play_against_the_referee() {
    for name in ["chsh", "ghz", "magic-square", "cglmp:3", "rendezvous-k4"] {
        let game = catalog::lookup(name).unwrap().game;
        let s = game.scenario();
        let mut env = OneShot::of_game(&game).unwrap();
        let observations: Vec<usize> = env.spec().agents.iter().map(|a| a.observation).collect();
        assert_eq!(observations, s.questions());
        let mut rng = stream(1, 0);
        let mut seen = vec![0.0; env.spec().observations()];
        let mut critic = CriticState::zeros(env.spec().critic_state);
        let mut referee = TableReferee::new(&game, 0).unwrap();
        for t in 0..600 {
            env.reset(&mut rng, &mut seen).unwrap();
            env.critic_state(&mut critic);
            assert_eq!(critic.as_slice(), seen);
            let mut x = Vec::new();
            let mut rest = &seen[..];
            for &n in s.questions() {
                let (own, more) = rest.split_at(n);
                assert_eq!(own.iter().sum::<f64>(), 1.0);
                x.push(own.iter().position(|&v| v == 1.0).unwrap());
                rest = more;
            }
            let a: Vec<u32> = s.answers().iter().enumerate().map(|(i, &k)| (t + i as u32) % k as u32).collect();
            let digits: Vec<usize> = a.iter().map(|&a| a as usize).collect();
            let mut pay = [0.0];
            referee.judge(&[s.question_index(&x) as u32], &[s.answer_index(&digits) as u32], &mut pay).unwrap();
            let outcome = env.step(&a, &mut rng, &mut seen).unwrap();
            assert_eq!((outcome.reward, outcome.end), (pay[0], End::Terminated));
            assert!(matches!(env.step(&a, &mut rng, &mut seen), Err(EnvError::NotReset(_))));
        }
    }
}

#[test]
fn a_referee_process_is_an_environment_that_cannot_be_saved() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/referees/chsh.py");
    let env = OneShot::exec(&format!("python3 {script}"), Options::default()).unwrap();
    let (mut rng, mut seen) = (stream(0, 0), [0.0; 4]);
    let mut copy = env.fork().unwrap();
    copy.reset(&mut rng, &mut seen).unwrap();
    let wins = f64::from(u8::from(seen[1] * seen[3] == 0.0));
    assert_eq!(copy.step(&[1, 1], &mut rng, &mut seen).unwrap().reward, wins);
    assert!(matches!(copy.save(), Err(EnvError::Unsupported(_))));
}

/// A saved state says how many questions were asked; however many it claims, loading replays a bounded number, and
/// what is loaded goes on like what was saved, across the renewal of the referee as well.
#[test]
fn a_state_of_any_age_is_restored_in_bounded_time() {
    let game = catalog::lookup("chsh").unwrap().game;
    let mut env = OneShot::of_game(&game).unwrap();
    let (mut rng, mut seen) = (stream(3, 0), [0.0; 4]);
    env.reset(&mut rng, &mut seen).unwrap();
    let mut words = env.save().unwrap();
    for batches in [1, (1 << 14) - 1, 1 << 14, (1 << 14) + 1, 1 << 40] {
        words[2] = batches;
        words[3] = 256; // the last question of its batch: the next one needs another
        env.load(&words).unwrap();
        let mut here = Vec::new();
        for _ in 0..300 {
            env.reset(&mut rng, &mut seen).unwrap();
            here.push(seen);
        }
        let saved = env.save().unwrap();
        let mut copy = OneShot::of_game(&game).unwrap();
        copy.load(&words).unwrap();
        for wanted in here {
            copy.reset(&mut rng, &mut seen).unwrap();
            assert_eq!(seen, wanted, "{batches} batches");
        }
        assert_eq!(copy.save().unwrap(), saved);
    }
    words[0] = 0; // asked by nobody
    assert!(env.load(&words).is_err());
    (words[0], words[2]) = (1, (1 << 40) + 1);
    assert!(env.load(&words).is_err());
}
