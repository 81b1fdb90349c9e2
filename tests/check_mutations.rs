//! Damaged certificates: any verdict, no panic, and what is still accepted is still true.
//!
//! `BELLWETHER_CASES=1000000 cargo test --release --test check_mutations` makes a long run of it; see `docs/fuzzing.md`.

use bellwether::check::{Kind, Limits, check};
use bellwether::fuzzing::TARGETS;
use bellwether::game::Rational;
use rand::{Rng, RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::path::Path;

fn cases() -> u64 {
    let set = std::env::var("BELLWETHER_CASES").ok();
    set.and_then(|n| n.parse().ok()).unwrap_or(3000)
}

const TOKENS: [&[u8]; 14] = [
    b"0",
    b"1",
    b"-1",
    b"\"1\"",
    b"\"0\"",
    b"null",
    b"[]",
    b"{}",
    b"1.0",
    b"\"1/2\"",
    b"2",
    b"\"\\u0031\"",
    b"\"-1\"",
    b"\"999999999999/1000000000000\"",
];

fn damage(text: &mut Vec<u8>, rng: &mut impl Rng) {
    if text.is_empty() {
        return;
    }
    let at = rng.random_range(0..text.len());
    match rng.random_range(0..6) {
        0 => text[at] = rng.random(),
        1 => {
            text.remove(at);
        }
        // digits become other digits: the file stays well formed
        2 | 3 => {
            let digits: Vec<usize> = (0..text.len()).filter(|&k| text[k].is_ascii_digit()).collect();
            if !digits.is_empty() {
                text[digits[rng.random_range(0..digits.len())]] = b"0123456789"[rng.random_range(0..10)];
            }
        }
        4 => {
            let end = (at + rng.random_range(1..60)).min(text.len());
            let copy = text[at..end].to_vec();
            let to = rng.random_range(0..=text.len());
            text.splice(to..to, copy);
        }
        _ => {
            // a whole token, from one separator to the next
            let is_end = |b: &u8| b",:[]{}".contains(b);
            let start = text[..at].iter().rposition(is_end).map_or(0, |k| k + 1);
            let end = text[at..].iter().position(is_end).map_or(text.len(), |k| at + k);
            if start < end {
                text.splice(start..end, TOKENS[rng.random_range(0..TOKENS.len())].iter().copied());
            }
        }
    }
}

/// What is known of the games of the example files: classical value, and a number between the quantum value and any proved
/// upper bound that a forger would want.
fn truths(text: &[u8]) -> Option<(String, Rational, Rational)> {
    let proved = check(text, &Limits::default()).ok()?;
    let of = |kind: Kind| proved.iter().filter(move |p| p.kind() == kind).map(|p| p.value().clone());
    let classical = of(Kind::ClassicalUpper).min()?;
    let quantum = of(Kind::QuantumLower).max().unwrap_or_else(|| classical.clone());
    Some((proved[0].game_sha256().to_owned(), classical, quantum))
}

#[test]
fn what_is_accepted_after_damage_is_true() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/certificates");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let texts: Vec<Vec<u8>> = files.iter().map(|f| std::fs::read(f).unwrap()).collect();
    // short files mostly: a verdict on them is quick
    let known: Vec<_> = texts.iter().filter_map(|t| truths(t)).collect();
    assert!(known.len() >= 5);
    let short: Vec<&Vec<u8>> = texts.iter().filter(|t| t.len() < 8000).collect();
    let target = TARGETS.iter().find(|t| t.0 == "certificate").unwrap().1;
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(2026);
    let (mut accepted, mut same_game) = (0u64, 0u64);
    for k in 0..cases() {
        let from = if k % 500 == 0 {
            &texts[rng.random_range(0..texts.len())]
        } else {
            short[rng.random_range(0..short.len())]
        };
        let mut text = from.clone();
        for _ in 0..rng.random_range(1..4) {
            damage(&mut text, &mut rng);
        }
        // the slow oracle on tiny games, within small limits
        target(&text);
        let Ok(proved) = check(&text, &Limits::default()) else {
            continue;
        };
        accepted += 1;
        for p in &proved {
            for (game, classical, quantum) in known.iter().filter(|t| t.0 == p.game_sha256()) {
                same_game += 1;
                let (value, shown) = (p.value(), String::from_utf8_lossy(&text));
                let true_still = match p.kind() {
                    Kind::ClassicalUpper => value >= classical,
                    Kind::ClassicalLower => value <= classical,
                    Kind::QuantumUpper | Kind::NsUpper => value >= quantum,
                    // no file shows a strategy much above the one we know to be best, or near it
                    Kind::QuantumLower => *value <= quantum + Rational::new(1.into(), 1000.into()),
                    _ => true,
                };
                assert!(true_still, "{p} for {game}\n{shown}");
            }
        }
    }
    println!("{} executions, {accepted} accepted, {same_game} statements about known games", cases());
    assert!(accepted * 200 > cases(), "{accepted} accepted: the damage is too great to test anything");
}
