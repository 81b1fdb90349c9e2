//! Mermin's inequality for N parties.

use super::{Entry, Family, Parameters, Reference, integer, sign};
use crate::game::{Game, GameError, Scenario};

pub(super) const FAMILY: Family = Family { words: &["mermin"], usage: "mermin:N", standard: &["mermin:3"], build };

/// `sum over x of even weight of (-1)^(weight/2) E(x)`; for three parties `E(000)-E(011)-E(101)-E(110)`.
fn build(p: &Parameters) -> Result<Entry, GameError> {
    let n = p.one("number of parties", 2..=10)?;
    let game = Game::functional(&format!("mermin-{n}"), Scenario::new(vec![2; n], vec![2; n])?, |x, a| {
        match x.iter().sum::<usize>() % 4 {
            0 => integer(sign(a)),
            2 => integer(-sign(a)),
            _ => integer(0),
        }
    })?;
    let all = 1i64 << (n - 1);
    let reference = Reference::new(
        "signed sum of the N-party correlators of even weight; classical 2^floor(N/2), quantum 2^(N-1)",
        "Mermin 1990",
    )
    .classical(1 << (n / 2), 1)
    .quantum(all as f64, format!("{all}"), if n == 2 { 1 } else { 2 })
    .non_signalling(all, 1);
    Ok(Entry { game, reference })
}
