//! Replays the committed fuzz corpora, and mutations of them, on stable.

use bellwether::fuzzing::TARGETS;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use std::path::Path;

#[test]
fn every_corpus_file_passes_its_target() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (name, target) in TARGETS {
        let mut files: Vec<_> = std::fs::read_dir(root.join(name))
            .unwrap_or_else(|e| panic!("corpus {name}: {e}"))
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        assert!(!files.is_empty(), "corpus {name} is empty");
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let mutations = (3000 / files.len()).clamp(10, 200);
        for file in files {
            let original = std::fs::read(&file).unwrap();
            target(&original);
            for _ in 0..mutations {
                let mut data = original.clone();
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
                target(&data);
            }
        }
    }
}
