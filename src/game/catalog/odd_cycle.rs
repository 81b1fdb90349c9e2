//! The odd-cycle game: pretend that an odd cycle has a two-colouring.

use super::{Entry, Family, Parameters, Reference, integer, ratio};
use crate::game::{Game, GameError, Scenario};
use std::f64::consts::PI;

pub(super) const FAMILY: Family = Family {
    words: &["odd-cycle"],
    usage: "odd-cycle:N",
    standard: &["odd-cycle:3", "odd-cycle:5", "odd-cycle:7"],
    build,
};

/// `1/2N` on each `(i, i)` and `(i, i+1 mod N)`; win iff `a = b` on equal and `a != b` on different questions.
fn build(p: &Parameters) -> Result<Entry, GameError> {
    let n = p.one("N", 3..=1023)?;
    if n % 2 == 0 {
        return Err(p.wrong(format!("N = {n} given, wanted an odd number")));
    }
    let edge = ratio(1, 2 * n as i64);
    let game = Game::win_lose(
        &format!("odd-cycle-{n}"),
        Scenario::new(vec![n, n], vec![2, 2])?,
        |x| {
            if x[0] == x[1] || x[1] == (x[0] + 1) % n { edge.clone() } else { integer(0) }
        },
        |x, a| (a[0] == a[1]) == (x[0] == x[1]),
    )?;
    let reference = Reference::new(
        "two-colour a cycle of odd length N: same vertex, same colour; neighbours, other colours; classical 1-1/2N, quantum cos(pi/4N)^2",
        "Cleve, Hoyer, Toner, Watrous 2004 (quant-ph/0404076)",
    )
    .classical(2 * n as i64 - 1, 2 * n as i64)
    .quantum(
        (PI / (4 * n) as f64).cos().powi(2),
        format!("cos(pi/{})^2", 4 * n),
        2,
    )
    .non_signalling_wins();
    Ok(Entry { game, reference })
}
