//! The GHZ game in Vaidman's form (the paper's Appendix D.4.2).

use super::{Entry, Family, Reference, integer, ratio};
use crate::game::{Game, GameError, Scenario};

pub(super) const FAMILY: Family = Family {
    words: &["ghz"],
    usage: "ghz",
    standard: &["ghz"],
    build: |p| {
        p.counted(0..=0)?;
        ghz()
    },
};

/// Questions 000, 110, 101, 011 with 1/4 each; win iff `a XOR b XOR c = x OR y OR z`.
fn ghz() -> Result<Entry, GameError> {
    let game = Game::win_lose(
        "ghz",
        Scenario::new(vec![2; 3], vec![2; 3])?,
        |x| match x.iter().sum::<usize>() {
            0 | 2 => ratio(1, 4),
            _ => integer(0),
        },
        |x, a| a[0] ^ a[1] ^ a[2] == x[0] | x[1] | x[2],
    )?;
    let reference = Reference::new(
        "three players; questions 000, 110, 101, 011; win iff a XOR b XOR c = x OR y OR z",
        "Greenberger, Horne, Zeilinger 1989; Mermin 1990; Vaidman 1999",
    )
    .classical(3, 4)
    .quantum(1.0, "1", 2)
    .non_signalling_wins();
    Ok(Entry { game, reference })
}
