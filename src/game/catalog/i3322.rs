//! The inequality I3322, the only one beyond CHSH for three binary measurements each.

use super::{Entry, Family, Reference, integer};
use crate::game::{Game, GameError, Scenario};

pub(super) const FAMILY: Family = Family {
    words: &["i3322"],
    usage: "i3322",
    standard: &["i3322"],
    build: |p| {
        p.counted(0..=0)?;
        i3322()
    },
};

/// `-pA(0|0) - 2 pB(0|0) - pB(0|1) + sum_xy J[x][y] p(00|xy)` (Collins and Gisin), local bound 0.
///
/// The marginal terms stand at question 0 of the other player.
fn i3322() -> Result<Entry, GameError> {
    const J: [[i64; 3]; 3] = [[1, 1, 1], [1, 1, -1], [1, -1, 0]];
    const B: [i64; 3] = [-2, -1, 0];
    let game = Game::functional("i3322", Scenario::new(vec![3, 3], vec![2, 2])?, |x, a| {
        let both = if a == [0, 0] { J[x[0]][x[1]] } else { 0 };
        let alice = if x == [0, 0] && a[0] == 0 { -1 } else { 0 };
        let bob = if x[0] == 0 && a[1] == 0 { B[x[1]] } else { 0 };
        integer(both + alice + bob)
    })?;
    let reference = Reference::new(
        "Collins-Gisin form, local bound 0; the quantum value may need infinite dimension, qubits give 1/4",
        "Froissart 1981; Collins, Gisin 2004 (quant-ph/0306129); Pal, Vertesi 2010 (arXiv:1006.3032)",
    )
    .classical(0, 1)
    .quantum_between(
        Some(0.2508753845139),
        Some(0.2508758),
        "no closed form; lower: Pal and Vertesi in growing dimension, upper: NPA level 3",
        None,
    )
    .non_signalling(1, 1);
    Ok(Entry { game, reference })
}
