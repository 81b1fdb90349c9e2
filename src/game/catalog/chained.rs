//! The chained game of Braunstein and Caves.

use super::{Entry, Family, Parameters, Reference, integer, ratio};
use crate::game::{Game, GameError, Scenario};
use std::f64::consts::PI;

pub(super) const FAMILY: Family =
    Family { words: &["chained"], usage: "chained:N", standard: &["chained:3", "chained:4"], build };

/// `1/2N` on each `(i, i)` and `(i+1 mod N, i)`; win iff `a = b`, except at `(0, N-1)` where `a != b`.
fn build(p: &Parameters) -> Result<Entry, GameError> {
    let n = p.one("N", 2..=1024)?;
    let edge = ratio(1, 2 * n as i64);
    let game = Game::win_lose(
        &format!("chained-{n}"),
        Scenario::new(vec![n, n], vec![2, 2])?,
        |x| {
            if x[0] == x[1] || x[0] == (x[1] + 1) % n { edge.clone() } else { integer(0) }
        },
        |x, a| (a[0] != a[1]) == (x[0] == 0 && x[1] == n - 1),
    )?;
    let reference = Reference::new(
        "a chain of 2N pairs of questions that must be answered alike, but for the pair that closes it; classical 1-1/2N, quantum cos(pi/4N)^2",
        "Braunstein, Caves 1990; Wehner 2006 (quant-ph/0510076) for optimality",
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
