//! Files of decentralised POMDPs.

use crate::env::{Environment, Tables, Tabular, stream};

/// Any text as a `.dpomdp` file: refused with a place, or tables of distributions and finite rewards that run.
pub fn dpomdp(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let tables = match Tables::parse(text, "file.dpomdp", "file") {
        Ok(tables) => tables,
        Err(e) => {
            assert!(e.to_string().contains("file.dpomdp"), "no place in: {e}");
            return;
        }
    };
    let (states, actions) = (tables.states.len(), tables.joint_actions());
    let seen = tables.joint_observations();
    assert_eq!(tables.start.len(), states);
    assert_eq!(tables.transition.len(), actions * states * states);
    assert_eq!(tables.observe.len(), actions * states * seen);
    let rows = tables.transition.chunks_exact(states);
    let rows = rows.chain(tables.observe.chunks_exact(seen));
    for row in rows.chain([&tables.start[..]]) {
        let sum: f64 = row.iter().sum();
        assert!((sum - 1.0).abs() < 1e-5, "a row of sum {sum}");
        assert!(row.iter().all(|p| (0.0..=1.0 + 1e-9).contains(p)));
    }
    assert!(tables.reward.iter().all(|r| r.is_finite()));
    let Ok(mut env) = Tabular::new(tables, Some(3)) else {
        return;
    };
    let spec = env.spec().clone();
    let mut observations = vec![0.0; spec.observations()];
    let mut rng = stream(0, 0);
    assert!(env.reset(&mut rng, &mut observations).is_ok());
    let last: Vec<u32> = spec.agents.iter().map(|a| a.actions as u32 - 1).collect();
    for actions in [vec![0; last.len()], last] {
        match env.step(&actions, &mut rng, &mut observations) {
            Ok(outcome) => assert!(outcome.reward.is_finite()),
            Err(e) => panic!("{e}"),
        }
        assert!(observations.iter().all(|x| *x == 0.0 || *x == 1.0));
    }
}
