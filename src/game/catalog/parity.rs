//! The parity game of N players: the win/lose form of Mermin's inequality, won perfectly with a GHZ state.

use super::{Entry, Family, Parameters, Reference, integer, ratio};
use crate::game::{Game, GameError, Scenario};

pub(super) const FAMILY: Family =
    Family { words: &["parity", "ghz4", "ghz5"], usage: "parity:N", standard: &["ghz4", "ghz5"], build };

/// Uniform over question strings of even weight; win iff the XOR of the answers is `weight/2 mod 2`.
fn build(p: &Parameters) -> Result<Entry, GameError> {
    let n = match p.word {
        "parity" => p.one("number of players", 2..=10)?,
        alias => {
            p.counted(0..=0)?;
            if alias == "ghz4" { 4 } else { 5 }
        }
    };
    let asked = 1 << (n - 1);
    let game = Game::win_lose(
        &format!("parity-{n}"),
        Scenario::new(vec![2; n], vec![2; n])?,
        |x| match x.iter().sum::<usize>() % 2 {
            0 => ratio(1, asked),
            _ => integer(0),
        },
        |x, a| a.iter().sum::<usize>() % 2 == x.iter().sum::<usize>() / 2 % 2,
    )?;
    // classical: 1/2 + 2^-ceil(n/2)
    let half = 1 << n.div_ceil(2);
    let reference = Reference::new(
        "questions of even weight; win iff the XOR of the answers is weight/2 mod 2; classical 1/2 + 2^-ceil(N/2)",
        "Mermin 1990; Brassard, Broadbent, Tapp 2005 (quant-ph/0408052)",
    )
    .classical(half / 2 + 1, half)
    .quantum(1.0, "1", if n == 2 { 1 } else { 2 })
    .non_signalling_wins();
    Ok(Entry { game, reference })
}
