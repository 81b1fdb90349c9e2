//! The game of Fortnow, Feige and Lovász, and two rounds of it at once.

use super::{Entry, Family, Parameters, Reference, integer, ratio};
use crate::game::{Game, GameError, Scenario};

pub(super) const FAMILY: Family = Family {
    words: &["ffl"],
    usage: "ffl",
    standard: &["ffl"],
    build: |p| {
        p.counted(0..=0)?;
        one()
    },
};

pub(super) const TWICE: Family = Family { words: &["ffl-x2"], usage: "ffl-x2", standard: &["ffl-x2"], build: twice };

/// Questions 00, 01, 10 with 1/3 each; win iff `(x OR a) != (y OR b)`.
fn one() -> Result<Entry, GameError> {
    let game = Game::win_lose(
        "ffl",
        Scenario::new(vec![2, 2], vec![2, 2])?,
        |x| if x == [1, 1] { integer(0) } else { ratio(1, 3) },
        |x, a| x[0] | a[0] != x[1] | a[1],
    )?;
    let reference = Reference::new(
        "questions 00, 01, 10; win iff (x OR a) differs from (y OR b); no advantage, yet NPA level 1 says 3/4",
        "Fortnow 1989 (thesis); Feige, Lovasz 1992; Watrous, lecture notes on nonlocal games",
    )
    .no_advantage(ratio(2, 3));
    Ok(Entry { game, reference })
}

/// Two-fold parallel repetition, which is won no less often than one round.
fn twice(p: &Parameters) -> Result<Entry, GameError> {
    p.counted(0..=0)?;
    let ffl = one()?.game;
    let reference = Reference::new(
        "two rounds of ffl at once, both must be won: repetition does not lower the value",
        "Feige, Lovasz 1992; Watrous, lecture notes on nonlocal games",
    )
    .no_advantage(ratio(2, 3));
    Ok(Entry { game: ffl.product(&ffl, "ffl-x2")?, reference })
}
