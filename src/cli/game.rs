//! The GAME argument: a catalogue name, a path, or a referee process.

use super::output::CliError;
use crate::game::catalog::{self, Reference};
use crate::game::file::read_game;
use crate::game::{Game, GameError};
use std::path::Path;

/// A game named on the command line.
#[derive(Debug)]
pub enum GameArg {
    /// A game whose table is known.
    Known { game: Box<Game>, reference: Option<Box<Reference>> },
    /// The command of a referee process.
    Exec(String),
}

impl GameArg {
    /// Understands `exec:COMMAND`, a path (with a separator, ending in `.json`, or of a file that exists), or a
    /// catalogue name.
    pub fn parse(text: &str) -> Result<Self, GameError> {
        if let Some(command) = text.strip_prefix("exec:") {
            return Ok(GameArg::Exec(command.to_owned()));
        }
        // `rendezvous:FILE` names a graph file, not a game file
        let catalogue = text.starts_with("rendezvous:");
        if !catalogue && (text.contains(['/', '\\']) || text.ends_with(".json")) {
            return Ok(GameArg::Known { game: Box::new(read_game(Path::new(text))?), reference: None });
        }
        match catalog::lookup(text) {
            Ok(entry) => Ok(GameArg::Known { game: Box::new(entry.game), reference: Some(Box::new(entry.reference)) }),
            Err(GameError::Unknown { .. }) if Path::new(text).is_file() => {
                Ok(GameArg::Known { game: Box::new(read_game(Path::new(text))?), reference: None })
            }
            Err(error) => Err(error),
        }
    }

    /// The table of the game, for commands that cannot work on a black box.
    pub fn known(text: &str, command: &str) -> Result<(Game, Option<Reference>), CliError> {
        match GameArg::parse(text)? {
            GameArg::Known { game, reference } => Ok((*game, reference.map(|r| *r))),
            GameArg::Exec(_) => Err(CliError::new(
                super::BAD_INPUT,
                format!(
                    "{command} needs the table of a game; a referee process only plays. Use a catalogue name or a game file"
                ),
            )),
        }
    }
}
