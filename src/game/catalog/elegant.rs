//! Gisin's elegant Bell inequality.

use super::{Entry, Family, Reference, integer, sign};
use crate::game::{Game, GameError, Scenario};

pub(super) const FAMILY: Family = Family {
    words: &["elegant"],
    usage: "elegant",
    standard: &["elegant"],
    build: |p| {
        p.counted(0..=0)?;
        elegant()
    },
};

/// `sum_xy M[x][y] E(x,y)`, rows of `M` being the corners of a tetrahedron.
fn elegant() -> Result<Entry, GameError> {
    const M: [[i64; 3]; 4] = [[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]];
    let game =
        Game::functional("elegant", Scenario::new(vec![4, 3], vec![2, 2])?, |x, a| integer(M[x[0]][x[1]] * sign(a)))?;
    let reference = Reference::new(
        "correlators of four tetrahedral with three orthogonal measurements",
        "Gisin 2007 (quant-ph/0702021); Acin, Pironio, Vertesi, Wittek 2016 (arXiv:1505.03837)",
    )
    .classical(6, 1)
    .quantum(4.0 * 3f64.sqrt(), "4*sqrt(3)", 2)
    .non_signalling(12, 1);
    Ok(Entry { game, reference })
}
