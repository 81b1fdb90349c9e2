//! Guess your neighbour's input: entanglement does not help, non-signalling does.

use super::{Entry, Family, Parameters, Reference, integer, ratio};
use crate::game::{Game, GameError, Scenario};

pub(super) const FAMILY: Family = Family { words: &["gyni"], usage: "gyni:N", standard: &["gyni:3", "gyni:4"], build };

/// Uniform over questions with `x_1 + .. + x_N` even (N odd) or `x_1 + .. + x_{N-1}` even, `x_N` free
/// (N even); win iff every player `i` answers `x_{i+1}`, cyclically.
fn build(p: &Parameters) -> Result<Entry, GameError> {
    let n = p.one("number of players", 3..=12)?;
    let checked = if n % 2 == 1 { n } else { n - 1 };
    let asked = 1i64 << (n - 1);
    let game = Game::win_lose(
        &format!("gyni-{n}"),
        Scenario::new(vec![2; n], vec![2; n])?,
        |x| match x[..checked].iter().sum::<usize>() % 2 {
            0 => ratio(1, asked),
            _ => integer(0),
        },
        |x, a| (0..n).all(|i| a[i] == x[(i + 1) % n]),
    )?;
    // No string is asked together with its complement, so the best chance is that of one string.
    let mut reference = Reference::new(
        "everyone answers the next player's question; classical = quantum = 2^-(N-1)",
        "Almeida, Bancal, Brunner, Acin, Gisin, Pironio 2010 (arXiv:1003.3844)",
    )
    .classical(1, asked)
    .quantum(1.0 / asked as f64, format!("1/{asked}"), 1);
    if n <= 4 {
        reference = reference.non_signalling(4, 3 * asked);
    }
    Ok(Entry { game, reference })
}
