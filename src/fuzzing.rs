//! Bodies of the fuzz targets, so that their corpora are replayed by `cargo test` on stable. Not an interface.

use crate::check::{Limits, check};
use crate::game::file::parse_game;
use crate::game::{Behaviour, Graph, Scenario, catalog};
use crate::quantum::{C64, QuantumSoftmax};

/// A certificate from a stranger: any verdict, no panic, within small limits.
pub fn certificate(data: &[u8]) {
    let mut limits = Limits::default();
    for (name, value) in [("work", 10_000_000), ("enumeration", 100_000)] {
        // the names are the checker's own
        let _ = limits.set(name, value);
    }
    let _ = check(data, &limits);
}

/// A game file: refused, or a game whose text reads back as the same game.
pub fn game_file(data: &[u8]) {
    let Ok(game) = parse_game(data) else { return };
    let text = crate::game::file::game_to_json(&game, true);
    assert_eq!(
        parse_game(text.as_bytes()),
        Ok(game),
        "a game changed by writing and reading it"
    );
}

/// A catalogue name or a graph: refused, or a game whose weights add up.
pub fn names(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let _ = Graph::from_text(text);
    let _ = Graph::from_json(text);
    // sizes beyond three digits are the business of the size tests
    let long_number = text
        .split(|c: char| !c.is_ascii_digit())
        .any(|n| n.len() > 2);
    if !text.contains("FILE") && !text.starts_with("rendezvous:") && !long_number {
        let _ = catalog::lookup(text);
    }
}

/// Logits of any finite values: a valid POVM and a gradient that is finite or refused.
pub fn softmax(data: &[u8]) {
    let [m, d, rest @ ..] = data else { return };
    let (m, d) = (1 + usize::from(m % 4), 1 + usize::from(d % 4));
    let numbers: Vec<f64> = rest
        .chunks_exact(8)
        .map(|b| f64::from_le_bytes(b.try_into().unwrap_or_default()))
        .collect();
    if numbers.is_empty() {
        return;
    }
    let mut next = numbers.iter().copied().cycle();
    let mut fill = |n: usize| -> Vec<C64> {
        (0..n)
            .map(|_| C64::new(next.next().unwrap_or(0.0), next.next().unwrap_or(0.0)))
            .collect()
    };
    let (logits, cotangent) = (fill(m * d * d), fill(m * d * d));
    let Ok(mut layer) = QuantumSoftmax::new(m, d) else {
        return;
    };
    let mut povm = vec![C64::new(0.0, 0.0); m * d * d];
    let finite = logits.iter().all(|z| z.re.is_finite() && z.im.is_finite());
    let forward = layer.forward(&logits, &mut povm);
    assert_eq!(
        forward.is_ok(),
        finite,
        "finite logits have a POVM, others have none"
    );
    if forward.is_err() {
        return;
    }
    for k in 0..d * d {
        let sum: C64 = (0..m).map(|j| povm[j * d * d + k]).sum();
        let identity = if k.is_multiple_of(d + 1) { 1.0 } else { 0.0 };
        assert!(
            (sum - identity).norm() <= 1e-13 * (d * m) as f64,
            "incomplete by {}",
            (sum - identity).norm()
        );
    }
    let mut gradient = vec![C64::new(0.0, 0.0); m * d * d];
    let small = cotangent.iter().all(|z| z.norm() < 1e100);
    if small && layer.backward(&cotangent, &mut gradient).is_ok() {
        assert!(
            gradient
                .iter()
                .all(|z| z.re.is_finite() && z.im.is_finite())
        );
    }
}

/// A behaviour table: refused, or its mixture with noise is a behaviour again.
pub fn behaviour(data: &[u8]) {
    let Ok(scenario) = Scenario::new(vec![2, 2], vec![2, 2]) else {
        return;
    };
    let p: Vec<f64> = data
        .chunks_exact(8)
        .map(|b| f64::from_le_bytes(b.try_into().unwrap_or_default()))
        .collect();
    if let Ok(p) = Behaviour::new(scenario.clone(), p) {
        assert!(p.signalling() <= 1.0 + 1e-6);
        let mixed = p.mix(0.5, &Behaviour::uniform(scenario.clone()));
        assert!(
            mixed.is_ok_and(|mixed| Behaviour::new(scenario, mixed.as_slice().to_vec()).is_ok())
        );
    }
}

/// A target's name and its body.
pub type Target = (&'static str, fn(&[u8]));

/// All targets by name; the name is also that of the corpus folder.
pub const TARGETS: [Target; 5] = [
    ("certificate", certificate),
    ("game_file", game_file),
    ("names", names),
    ("softmax", softmax),
    ("behaviour", behaviour),
];
