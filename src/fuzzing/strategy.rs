//! Strategy files.

use crate::game::Behaviour;
use crate::strategy::{QuantumStrategy, parse_strategy, strategy_to_json};
use std::path::Path;

/// JSON: refused, or a strategy that reads back as the same numbers and has a non-signalling behaviour.
pub fn strategy_file(data: &[u8]) {
    if let Ok(strategy) = parse_strategy(Path::new("s.json"), data.to_vec()) {
        check(&strategy);
        let text = strategy_to_json(&strategy);
        let again = parse_strategy(Path::new("s.json"), text.into_bytes());
        assert_eq!(again.as_ref(), Ok(&strategy), "changed by writing and reading");
    }
}

/// The behaviour of a valid strategy is a behaviour, and players do not signal: both to the tolerances of the
/// constructors, which allow every element to be off by 1e-9 an entry.
pub(super) fn check(strategy: &QuantumStrategy) {
    let s = strategy.scenario();
    let size: usize = strategy.dims().iter().product();
    if s.cells() > 4096 || size > 16 {
        return;
    }
    let behaviour = strategy.behaviour();
    if let Ok(p) = &behaviour {
        let slack = 1e-9 * (size * size * s.players() * s.joint_answers()) as f64;
        assert!(p.signalling() <= slack, "signals by {:e}", p.signalling());
        assert!(Behaviour::new(s.clone(), p.as_slice().to_vec()).is_ok());
    }
}
