//! Hardy's paradox as an inequality of Clauser and Horne.

use super::{Entry, Family, Reference, integer};
use crate::game::{Game, GameError, Scenario};

pub(super) const FAMILY: Family = Family {
    words: &["hardy"],
    usage: "hardy",
    standard: &["hardy"],
    build: |p| {
        p.counted(0..=0)?;
        hardy()
    },
};

/// `p(00|00) - p(01|01) - p(10|10) - p(00|11)`, local bound 0.
///
/// Hardy's paradox: the three subtracted events never happen and yet the first does, with probability up to
/// `(5 sqrt(5) - 11)/2 = 0.0902`. Without that constraint the functional is that of Clauser and Horne, since
/// `p(01|01) = pA(0|0) - p(00|01)` for non-signalling players, and reaches `(sqrt(2) - 1)/2 = 0.2071`: that
/// is the value quoted.
fn hardy() -> Result<Entry, GameError> {
    let game = Game::functional("hardy", Scenario::new(vec![2, 2], vec![2, 2])?, |x, a| match (x, a) {
        ([0, 0], [0, 0]) => integer(1),
        ([0, 1], [0, 1]) | ([1, 0], [1, 0]) | ([1, 1], [0, 0]) => integer(-1),
        _ => integer(0),
    })?;
    let reference = Reference::new(
        "p(00|00) - p(01|01) - p(10|10) - p(00|11), local bound 0; with the last three at zero quantum players reach (5 sqrt(5)-11)/2 = 0.0902",
        "Clauser, Horne 1974; Hardy 1993; Mermin 1994; Tsirelson 1980",
    )
    .classical(0, 1)
    .quantum(
        (2f64.sqrt() - 1.0) / 2.0,
        "(sqrt(2)-1)/2 without Hardy's three constraints",
        2,
    )
    .non_signalling(1, 2);
    Ok(Entry { game, reference })
}
