//! Game files: the exact table of a game, and its identity.

use super::{file_error, read_bounded};
use crate::check::Limits;
use crate::check::game::GameTable;
use crate::game::{Game, GameError, Kind, Scenario, Term};
use std::fmt::Write;
use std::path::Path;

/// Reads a game file (`bellwether-game/1`, or the bare table of a certificate).
///
/// # Errors
/// [`GameError::File`] naming the file, the place in it and what is wrong.
pub fn read_game(path: &Path) -> Result<Game, GameError> {
    let bytes = read_bounded(path)?;
    parse_game(&bytes).map_err(|why| file_error(path, why))
}

/// A game from the text of a game file.
///
/// # Errors
/// [`GameError::Scenario`] or [`GameError::Game`] with the place and the reason.
pub fn parse_game(bytes: &[u8]) -> Result<Game, GameError> {
    let table = GameTable::parse(bytes, &Limits::default())
        .map_err(|reject| GameError::Game { name: "file".into(), why: format!("{}: {}", reject.at, reject.why) })?;
    let sizes = table.scenario;
    let scenario = Scenario::new(sizes.questions, sizes.answers)?;
    let term = |(cell, weight): &(Vec<usize>, _)| {
        let (x, a) = cell.split_at(scenario.players());
        let weight = table.table.rational(weight);
        Term { question: scenario.question_index(x), answer: scenario.answer_index(a), weight }
    };
    let terms: Vec<Term> = table.table.cells.iter().map(term).collect();
    let mu = table
        .mu
        .map(|mu| mu.cells.iter().map(|(x, weight)| (scenario.question_index(x), mu.rational(weight))).collect());
    Game::from_table(&table.name, scenario, mu, terms)
}

/// A game as the JSON text of a game file; as the `game` object of a certificate without `format`.
pub fn game_to_json(game: &Game, with_format: bool) -> String {
    let s = game.scenario();
    let mut text = String::from("{");
    if with_format {
        text.push_str("\"format\":\"bellwether-game/1\",");
    }
    let kind = match game.kind() {
        Kind::WinLose => "game",
        Kind::Functional => "functional",
    };
    // writing to a String cannot fail
    let _ = write!(
        text,
        "\"kind\":\"{kind}\",\"name\":\"{}\",\"questions\":{:?},\"answers\":{:?}",
        game.name(),
        s.questions(),
        s.answers()
    );
    let row = |x: &[usize], a: &[usize], weight: Option<&str>| {
        let mut cells: Vec<String> = x.iter().chain(a).map(usize::to_string).collect();
        cells.extend(weight.map(|w| format!("\"{w}\"")));
        format!("[{}]", cells.join(","))
    };
    let terms = |weighted: bool| -> String {
        let rows = game.terms().iter().map(|t| {
            let weight = weighted.then(|| t.weight.to_string());
            row(&s.question(t.question), &s.answer(t.answer), weight.as_deref())
        });
        rows.collect::<Vec<_>>().join(",")
    };
    let _ = match game.kind() {
        Kind::WinLose => {
            let mu = game.mu().iter();
            let mu = mu.map(|(x, w)| row(&s.question(*x), &[], Some(&w.to_string())));
            let mu = mu.collect::<Vec<_>>().join(",");
            write!(text, ",\"mu\":[{mu}],\"win\":[{}]}}", terms(false))
        }
        Kind::Functional => write!(text, ",\"coeffs\":[{}]}}", terms(true)),
    };
    text
}

/// Identity of a game: the SHA-256 of its canonical table, name dropped.
///
/// # Errors
/// [`GameError::Game`] if the game exceeds what a certificate may hold.
pub fn identity(game: &Game) -> Result<String, GameError> {
    let text = game_to_json(game, false);
    let table = GameTable::parse(text.as_bytes(), &Limits::default());
    let table = table.map_err(|reject| GameError::Game {
        name: game.name().into(),
        why: format!("cannot be certified: {}: {}", reject.at, reject.why),
    })?;
    Ok(table.sha256)
}
