//! Random streams of environments: one for every index, and their state as words.

use super::{EnvError, EnvRng};
use rand_xoshiro::rand_core::SeedableRng;

/// The stream of environment `index` under `seed`.
///
/// Xoshiro256++ seeded through SplitMix64 from a number that differs for every index of a seed.
pub fn stream(seed: u64, index: u64) -> EnvRng {
    EnvRng::seed_from_u64(mix(seed).wrapping_add(mix(index ^ 0x6a09_e667_f3bc_c908)))
}

/// The finaliser of SplitMix64, a bijection.
fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The state of a stream.
///
/// # Errors
/// [`EnvError::Unsupported`] if the generator does not tell its state, which this one does.
pub fn stream_words(rng: &EnvRng) -> Result<[u64; 4], EnvError> {
    crate::simd::state(rng).map_err(|e| EnvError::Unsupported(format!("state of a stream: {e}")))
}

/// The stream in a state told by [`stream_words`].
pub fn stream_from_words(words: [u64; 4]) -> EnvRng {
    let mut seed = [0; 32];
    for (bytes, word) in seed.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    EnvRng::from_seed(seed)
}
