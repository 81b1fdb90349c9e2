//! Behaviour files.

use crate::game::file::{behaviour_to_json, parse_behaviour};
use crate::game::{Behaviour, Scenario};
use std::path::Path;

/// JSON: refused, or a behaviour that reads back as the same numbers and mixes with noise.
pub fn behaviour_file(data: &[u8]) {
    if let Ok(p) = parse_behaviour(Path::new("p.json"), data.to_vec()) {
        check(&p);
        let text = behaviour_to_json(&p);
        let again = parse_behaviour(Path::new("p.json"), text.into_bytes());
        assert_eq!(again.as_ref(), Ok(&p), "changed by writing and reading");
    }
}

/// Bounded signalling, and mixtures that are behaviours.
pub(super) fn check(p: &Behaviour) {
    let scenario: &Scenario = p.scenario();
    assert!((0.0..=1.0 + 1e-6).contains(&p.signalling()));
    let mixed = p.mix(0.5, &Behaviour::uniform(scenario.clone()));
    let mixed = mixed.and_then(|m| Behaviour::new(scenario.clone(), m.as_slice().to_vec()));
    assert!(mixed.is_ok(), "{mixed:?}");
}
