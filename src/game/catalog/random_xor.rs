//! Random XOR games, the same for everyone who uses the same seed.

use super::{Entry, Family, Parameters, Reference};
use crate::game::{Game, GameError, Rational, Scenario};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

pub(super) const FAMILY: Family =
    Family { words: &["random-xor"], usage: "random-xor:SEED:N", standard: &["random-xor:1:4"], build };

/// `N` questions each, two answers; win iff `a XOR b = f(x,y)`.
///
/// Xoshiro256++ seeded by `seed_from_u64(SEED)`; one draw `u` per joint question in index order: the weight
/// is `1 + (u >> 61)` (1 to 8, divided by the total), the bit `f` is bit 60.
fn build(p: &Parameters) -> Result<Entry, GameError> {
    let parts = p.counted(2..=2)?;
    let seed = p.seed(parts[0])?;
    let n = p.integer(parts[1], "number of questions N", 1..=512)?;
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let draws: Vec<u64> = (0..n * n).map(|_| rng.next_u64()).collect();
    let total: u64 = draws.iter().map(|u| 1 + (u >> 61)).sum();
    let game = Game::win_lose(
        &format!("random-xor-{seed}-{n}"),
        Scenario::new(vec![n, n], vec![2, 2])?,
        |x| Rational::new((1 + (draws[x[0] * n + x[1]] >> 61)).into(), total.into()),
        |x, a| (a[0] ^ a[1]) as u64 == draws[x[0] * n + x[1]] >> 60 & 1,
    )?;
    let reference = Reference::new(
        "random weights 1 to 8 and random XOR targets, by seed",
        "weights and targets by Xoshiro256++ (Blackman, Vigna 2018)",
    )
    .non_signalling_wins();
    Ok(Entry { game, reference })
}
