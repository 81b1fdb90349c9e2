//! Random streams: one seed, many purposes, no overlap.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// What a random stream is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Initial parameters: the same for all settings of a seed.
    Initial,
    /// The learner's own answers.
    Answers,
    /// The referee's questions.
    Referee,
    /// Evaluation after training: never shares a draw with it.
    Evaluation,
}

/// The stream of a seed for a purpose: Xoshiro256++ seeded through SplitMix64 from the seed, then jumped
/// `2^128` steps once per earlier purpose, so that streams of one seed never overlap.
pub fn stream(seed: u64, purpose: Purpose) -> Xoshiro256PlusPlus {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    for _ in 0..purpose as usize {
        rng.jump();
    }
    rng
}

/// Most seeds of a list.
pub const MAX_SEEDS: u64 = 100_000;

/// The seeds of `7`, `0..30` (30 excluded) or `1,5,9`; `None` for anything else, or more than 100000.
pub fn parse_seeds(text: &str) -> Option<Vec<u64>> {
    let number = |t: &str| t.trim().parse::<u64>().ok();
    if let Some((from, to)) = text.split_once("..") {
        let (from, to) = (number(from)?, number(to)?);
        return (from < to && to - from <= MAX_SEEDS).then(|| (from..to).collect());
    }
    text.split(',').map(number).collect()
}

/// A seed for a part that seeds itself.
pub fn subseed(seed: u64, purpose: Purpose) -> u64 {
    stream(seed, purpose).next_u64()
}
