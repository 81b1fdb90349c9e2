//! Rendezvous games on graphs (Viola and Mironowicz 2024; the paper's Appendix D.4.3).

use super::{Entry, Family, Parameters, Reference, ratio};
use crate::game::{Game, GameError, Graph, MAX_VERTICES, Scenario};
use std::f64::consts::PI;
use std::path::Path;

pub(super) const FAMILY: Family = Family {
    words: &[
        "rendezvous-k4",
        "tetra",
        "rendezvous-cube",
        "cube",
        "rendezvous-c3",
        "rendezvous-c5",
        "rendezvous-c6",
        "rendezvous-petersen",
        "rendezvous-cycle",
        "rendezvous-path",
        "rendezvous-star",
        "rendezvous-complete",
        "rendezvous",
    ],
    usage: "rendezvous-{k4,cube,c3,c5,c6,petersen}[:MOVES], rendezvous-{cycle,path,star,complete}:N[:MOVES] or rendezvous:FILE[:MOVES]",
    standard: &[
        "rendezvous-k4",
        "rendezvous-cube",
        "rendezvous-c3",
        "rendezvous-c5",
        "rendezvous-c6",
        "rendezvous-petersen",
    ],
    build,
};

/// Most moves a game may ask for.
const MAX_MOVES: usize = 64;

/// The rendezvous game of `players` players who each make `moves` moves on `graph`.
///
/// Start vertices are independent and uniform; the question is the own start vertex. Answer `k` is the k-th
/// vertex that exactly `moves` steps can end on ([`Graph::reachable`]); with one move, the k-th neighbour.
/// Waiting is not allowed. The players win iff all end on one vertex. Every player has as many answers as the
/// best-connected vertex; answers beyond a vertex's own number lose. Exact.
///
/// # Errors
/// [`GameError::Game`] if there are fewer than 2 players or the moves are not 1 to 64;
/// [`GameError::Scenario`] if the table has too many cells.
///
/// ```
/// use bellwether::game::{Graph, catalog};
/// let meet = catalog::rendezvous("three-on-a-triangle", &Graph::complete(3)?, 1, 3)?;
/// assert_eq!(meet.scenario().questions(), [3, 3, 3]);
/// # Ok::<(), bellwether::game::GameError>(())
/// ```
pub fn rendezvous(name: &str, graph: &Graph, moves: usize, players: usize) -> Result<Game, GameError> {
    let wrong = |why| Err(GameError::Game { name: name.into(), why });
    if players < 2 {
        return wrong(format!("{players} players given, wanted at least 2"));
    }
    if !(1..=MAX_MOVES).contains(&moves) {
        return wrong(format!("{moves} moves given, wanted 1 to {MAX_MOVES}"));
    }
    let n = graph.vertices();
    let ends: Vec<Vec<usize>> = (0..n).map(|v| graph.reachable(v, moves)).collect();
    let answers = ends.iter().map(Vec::len).max().unwrap_or(0);
    let scenario = Scenario::new(vec![n; players], vec![answers; players])?;
    let weight = ratio(1, scenario.joint_questions() as i64);
    Game::win_lose(
        name,
        scenario,
        |_| weight.clone(),
        |x, a| {
            let end = |i: usize| ends[x[i]].get(a[i]);
            end(0).is_some() && (1..players).all(|i| end(i) == end(0))
        },
    )
}

fn build(p: &Parameters) -> Result<Entry, GameError> {
    let parts = p.parts();
    let (name, graph, moves): (String, Graph, Option<&str>) = match p.word {
        "rendezvous" => from_file(p)?,
        "rendezvous-cycle" | "rendezvous-path" | "rendezvous-star" | "rendezvous-complete" => {
            p.counted(1..=2)?;
            let least = if p.word == "rendezvous-cycle" { 3 } else { 2 };
            let n = p.integer(parts[0], "number of vertices N", least..=MAX_VERTICES)?;
            let (name, graph) = match p.word {
                "rendezvous-cycle" => (format!("rendezvous-c{n}"), Graph::cycle(n)?),
                "rendezvous-path" => (format!("rendezvous-path-{n}"), Graph::path(n)?),
                "rendezvous-star" => (format!("rendezvous-star-{n}"), Graph::star(n)?),
                _ => (format!("rendezvous-k{n}"), Graph::complete(n)?),
            };
            (name, graph, parts.get(1).copied())
        }
        word => {
            p.counted(0..=1)?;
            let (name, graph) = match word {
                "rendezvous-k4" | "tetra" => ("rendezvous-k4", Graph::complete(4)?),
                "rendezvous-cube" | "cube" => ("rendezvous-cube", Graph::hypercube(3)?),
                "rendezvous-petersen" => (word, Graph::petersen()),
                "rendezvous-c3" => (word, Graph::cycle(3)?),
                "rendezvous-c5" => (word, Graph::cycle(5)?),
                _ => ("rendezvous-c6", Graph::cycle(6)?),
            };
            (name.into(), graph, parts.first().copied())
        }
    };
    let moves = match moves {
        Some(text) => p.integer(text, "number of moves", 1..=MAX_MOVES)?,
        None => 1,
    };
    let full_name = match moves {
        1 => name.clone(),
        h => format!("{name}-h{h}"),
    };
    Ok(Entry {
        game: rendezvous(&full_name, &graph, moves, 2)?,
        reference: if moves == 1 && p.word != "rendezvous" { known(&name, &graph) } else { summarised() },
    })
}

/// `rendezvous:FILE[:MOVES]`; a last part made of digits is the number of moves.
fn from_file<'a>(p: &Parameters<'a>) -> Result<(String, Graph, Option<&'a str>), GameError> {
    let Some(rest) = p.rest.filter(|rest| !rest.is_empty()) else {
        return Err(p.wrong("no graph file given".into()));
    };
    let (path, moves) = match rest.rsplit_once(':') {
        Some((path, last)) if !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()) => (path, Some(last)),
        _ => (rest, None),
    };
    let path = Path::new(path);
    let graph = Graph::from_file(path)?;
    // the name of a game allows fewer characters than that of a file
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let stem: String = stem
        .chars()
        .take(40)
        .map(|c| match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() || c == '_' || c == '-' => c,
            _ => '-',
        })
        .collect();
    Ok((format!("rendezvous-file-{stem}"), graph, moves))
}

fn summarised() -> Reference {
    Reference::new(
        "two players start on independent uniform vertices, move along edges, and win iff they end on the same vertex; waiting is not allowed",
        "Mironowicz 2023 (arXiv:2207.14404); Viola, Mironowicz 2024 (arXiv:2311.11817); Tucker et al. 2024 (arXiv:2405.14951)",
    )
}

/// Values for one move of two players.
fn known(name: &str, graph: &Graph) -> Reference {
    let reference = summarised();
    let cycle = name.strip_prefix("rendezvous-c").is_some_and(|n| n.parse() == Ok(graph.vertices()));
    match name {
        "rendezvous-k4" => reference.classical(5, 8).quantum(209.0 / 324.0, "209/324", 3).non_signalling(3, 4),
        // The cube is two tetrahedra and dead weight 1/2: starts of unequal parity never meet, and inside a
        // parity class two vertices share neighbours as in K4. So every value is half of K4's.
        "rendezvous-cube" => reference.classical(5, 16).quantum(209.0 / 648.0, "209/648", 3).non_signalling(3, 8),
        "rendezvous-k3" => cycle_values(reference, 3),
        _ if cycle => cycle_values(reference, graph.vertices()),
        _ => reference,
    }
}

/// Cycles. Odd n: by the symmetries of the cycle the game is the XOR game with matrix `I - (S + S^T)/2`, `S`
/// the shift by two, whose bias is its norm `1 + cos(pi/n)`; the value is `(1 + cos(pi/2n)^2)/n`. Twice an odd
/// number: the two parities are each such a game of half the length. Multiples of four: the best players meet
/// with probability `2/n`, and nothing non-signalling does better.
fn cycle_values(reference: Reference, n: usize) -> Reference {
    if n.is_multiple_of(4) {
        return reference.no_advantage(ratio(2, n as i64));
    }
    let odd = if n % 2 == 1 { n } else { n / 2 };
    let (n, m) = (n as i64, odd as i64);
    let value = (1.0 + (PI / (2 * m) as f64).cos().powi(2)) / n as f64;
    reference.classical(2 * m - 1, m * n).quantum(value, format!("(1+cos(pi/{})^2)/{n}", 2 * m), 2).non_signalling(2, n)
}
