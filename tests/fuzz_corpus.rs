//! Replays the committed fuzz corpora, and mutations of them, on stable.

#[path = "../fuzz/document.rs"]
mod document;

use bellwether::fuzzing::{TARGETS, certificate};
use document::document;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use std::path::Path;

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("corpus {name}: {e}"));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "corpus {name} is empty");
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// One to three bytes flipped, overwritten, inserted or cut off; of JSON, every other time, nodes of the document.
fn mutated(original: &[u8], rng: &mut Xoshiro256PlusPlus) -> Vec<u8> {
    if rng.random_range(0..2) == 0
        && let Some(text) = document(original, rng.random())
    {
        return text;
    }
    let mut data = original.to_vec();
    for _ in 0..rng.random_range(1..4) {
        if data.is_empty() {
            break;
        }
        let at = rng.random_range(0..data.len());
        match rng.random_range(0..4) {
            0 => data[at] = rng.random(),
            1 => data[at] ^= 1 << rng.random_range(0..8),
            2 => data.truncate(at),
            _ => data.insert(at, rng.random()),
        }
    }
    data
}

#[test]
fn every_corpus_file_passes_its_target() {
    for (name, target) in TARGETS {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let files = corpus(name);
        let mutations = (1000 / files.len()).clamp(5, 100);
        for original in files {
            target(&original);
            for _ in 0..mutations {
                target(&mutated(&original, &mut rng));
            }
        }
    }
}

/// Mutations of mutations; panics are what is looked for.
fn search(target: fn(&[u8]), seeds: &[Vec<u8>], executions: usize) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
    let mut pool = seeds.to_vec();
    for k in 0..executions {
        let at = rng.random_range(0..pool.len());
        let data = mutated(&pool[at], &mut rng);
        target(&data);
        if k % 16 == 0 && data.len() < 10_000 {
            // drift, but never far from what is accepted
            if pool.len() < 8 * seeds.len() {
                pool.push(data);
            } else {
                let at = rng.random_range(seeds.len()..pool.len());
                let back = rng.random_range(0..4) == 0;
                pool[at] = if back { seeds[at % seeds.len()].clone() } else { data };
            }
        }
    }
}

/// A million certificates without a panic: `cargo test --release --test fuzz_corpus -- --ignored certificates`.
#[test]
#[ignore = "takes minutes"]
fn a_million_certificates() {
    search(certificate, &corpus("certificate"), 1_000_000);
}

/// 200 000 inputs for every target (20 000 of the slow ones) without coverage guidance, on stable.
#[test]
#[ignore = "takes minutes"]
fn a_longer_search_of_every_target() {
    for (name, target) in TARGETS {
        let slow = ["softmax", "logits_file", "membership", "environment"].contains(&name);
        let started = std::time::Instant::now();
        let executions = if slow { 20_000 } else { 200_000 };
        search(target, &corpus(name), executions);
        println!("{name}: {executions} in {:.1} s", started.elapsed().as_secs_f64());
    }
}
