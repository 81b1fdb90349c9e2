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

/// A seed for a part that seeds itself.
pub fn subseed(seed: u64, purpose: Purpose) -> u64 {
    stream(seed, purpose).next_u64()
}
