//! Svetlichny's inequality for three parties.

use super::{Entry, Family, Reference, integer, sign};
use crate::game::{Game, GameError, Scenario};

pub(super) const FAMILY: Family = Family {
    words: &["svetlichny"],
    usage: "svetlichny",
    standard: &["svetlichny"],
    build: |p| {
        p.counted(0..=0)?;
        svetlichny()
    },
};

/// `sum_xyz s(x+y+z) E(xyz)` with `s = +1` for weights 0, 1 and `-1` for weights 2, 3.
fn svetlichny() -> Result<Entry, GameError> {
    let game =
        Game::functional("svetlichny", Scenario::new(vec![2; 3], vec![2; 3])?, |x, a| match x.iter().sum::<usize>() {
            0 | 1 => integer(sign(a)),
            _ => integer(-sign(a)),
        })?;
    let reference = Reference::new(
        "all eight three-party correlators, plus for weights 0 and 1, minus for 2 and 3",
        "Svetlichny 1987; Collins, Gisin, Popescu, Roberts, Scarani 2002",
    )
    .classical(4, 1)
    .quantum(4.0 * 2f64.sqrt(), "4*sqrt(2)", 2)
    .non_signalling(8, 1);
    Ok(Entry { game, reference })
}
