//! The Mermin-Peres magic square.

use super::{Entry, Family, Reference, ratio};
use crate::game::{Game, GameError, Scenario};

pub(super) const FAMILY: Family = Family {
    words: &["magic-square"],
    usage: "magic-square",
    standard: &["magic-square"],
    build: |p| {
        p.counted(0..=0)?;
        magic_square()
    },
};

/// Alice fills row `x` with even parity, Bob column `y` with odd parity, and the crossing must agree.
///
/// Answer `k` is the k-th string of that parity in increasing order: 000, 011, 101, 110 for Alice and
/// 001, 010, 100, 111 for Bob; position 0 is the leftmost bit.
fn magic_square() -> Result<Entry, GameError> {
    const EVEN: [usize; 4] = [0b000, 0b011, 0b101, 0b110];
    const ODD: [usize; 4] = [0b001, 0b010, 0b100, 0b111];
    let bit = |string: usize, position: usize| string >> (2 - position) & 1;
    let game = Game::win_lose(
        "magic-square",
        Scenario::new(vec![3, 3], vec![4, 4])?,
        |_| ratio(1, 9),
        |x, a| bit(EVEN[a[0]], x[1]) == bit(ODD[a[1]], x[0]),
    )?;
    let reference = Reference::new(
        "fill a row with even and a column with odd parity; win iff the common square agrees",
        "Mermin 1990; Peres 1990; Brassard, Broadbent, Tapp 2005 (quant-ph/0407221)",
    )
    .classical(8, 9)
    .quantum(1.0, "1", 4)
    .non_signalling_wins();
    Ok(Entry { game, reference })
}
