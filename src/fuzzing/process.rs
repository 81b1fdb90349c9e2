//! The lines of an environment in another process.

use crate::env::exec::protocol::{hello, reset, step};

/// Up to three lines: the hello, an answer to `reset`, an answer to `step`. What is accepted has the sizes agreed on,
/// finite numbers, and a cost exactly where there is one.
pub fn process(data: &[u8]) {
    let mut lines = data.split(|&b| b == b'\n');
    let Ok(spec) = hello(lines.next().unwrap_or_default()) else {
        return;
    };
    assert!((1..=64).contains(&spec.agents.len()));
    assert!(spec.observations() <= 1 << 20 && spec.critic_state <= 1 << 20);
    assert!(spec.name.chars().all(|c| !c.is_control()));
    assert!(spec.agents.iter().all(|a| a.actions > 0));
    let mut observations = vec![f64::NAN; spec.observations()];
    let mut critic = vec![f64::NAN; spec.critic_state];
    let line = lines.next().unwrap_or_default();
    if reset(line, &spec, &mut observations, &mut critic).is_ok() {
        assert!(observations.iter().chain(&critic).all(|x| x.is_finite()));
    }
    observations.fill(f64::NAN);
    let line = lines.next().unwrap_or_default();
    if let Ok(outcome) = step(line, &spec, &mut observations, &mut critic) {
        assert!(observations.iter().chain(&critic).all(|x| x.is_finite()));
        assert!(outcome.reward.is_finite() && outcome.cost.is_finite());
        assert!(spec.has_cost || outcome.cost == 0.0);
    }
}
