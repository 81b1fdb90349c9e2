//! Reading and writing files: bounded before allocation, written whole or not at all.

mod behaviour;
mod nested;
mod npz;
mod plays;
mod table;

pub(crate) use behaviour::parse_behaviour;
pub use behaviour::{behaviour_to_json, behaviour_to_npz, read_behaviour};
pub use nested::Nested;
pub use npz::{Array, Npz, NpzWriter};
pub use plays::{Play, Plays};
pub use table::{game_to_json, identity, parse_game, read_game};

use super::GameError;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

/// Largest input file in bytes.
pub const MAX_FILE: u64 = 64 << 20;

/// Largest file of settings or plan, in bytes.
pub const MAX_SETTINGS: u64 = 2 << 20;

/// An error about the file at `path`.
pub fn file_error(path: &Path, why: impl ToString) -> GameError {
    GameError::File { path: path.display().to_string(), why: why.to_string() }
}

/// The bytes of a file of at most [`MAX_FILE`] bytes.
///
/// # Errors
/// [`GameError::File`] if it cannot be read or is larger; nothing larger is ever held in memory.
pub fn read_bounded(path: &Path) -> Result<Vec<u8>, GameError> {
    read_at_most(path, MAX_FILE)
}

/// The text of a file of settings: at most [`MAX_SETTINGS`] bytes of UTF-8, because parsed TOML takes eighty times its length.
///
/// # Errors
/// As [`read_bounded`], and text that is not UTF-8.
pub fn read_settings(path: &Path) -> Result<String, GameError> {
    String::from_utf8(read_at_most(path, MAX_SETTINGS)?).map_err(|e| file_error(path, e))
}

fn read_at_most(path: &Path, most: u64) -> Result<Vec<u8>, GameError> {
    let fail = |e: std::io::Error| file_error(path, e);
    let file = File::open(path).map_err(fail)?;
    if file.metadata().map_err(fail)?.is_dir() {
        return Err(file_error(path, "is a folder, wanted a file"));
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > most {
        return Err(file_error(path, format!("is larger than {most} bytes")));
    }
    Ok(bytes)
}

/// Writes a file whole or not at all: into a sibling, synchronised, then renamed over the target.
///
/// # Errors
/// [`GameError::File`]; the target is then as it was before.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), GameError> {
    let fail = |e: std::io::Error| file_error(path, e);
    let name = path.file_name().ok_or_else(|| file_error(path, "is not a file name"))?;
    let mut part = name.to_os_string();
    part.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(part);
    let written = File::create(&part)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&part); // best effort: the first error is the one to report
    }
    written.map_err(fail)
}

/// Whether a path names an npz archive.
pub fn is_npz(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("npz"))
}

/// Fails unless a file says the format that is wanted.
pub(crate) fn expect_format(path: &Path, given: &str, wanted: &str) -> Result<(), GameError> {
    if given == wanted {
        return Ok(());
    }
    let shown: String = given.chars().take(80).flat_map(char::escape_debug).collect();
    Err(file_error(path, format!("format \"{shown}\" given, wanted \"{wanted}\"")))
}
