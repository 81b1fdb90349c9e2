//! TensorBoard event files: scalars for people who watch training there.
//!
//! A file is a sequence of records `length u64 | masked crc32c(length) u32 | event | masked crc32c(event) u32`, all
//! little-endian, with `masked(c) = rotate_right(c, 15) + 0xa282ead8`. An event is a protocol buffer of five fields:
//! `wall_time` (1, double), `step` (2, varint), `file_version` (3, string) and `summary` (5) with `value` (1) of `tag` (1,
//! string) and `simple_value` (2, float). Nothing else of the format is needed for scalars.

use crate::game::GameError;
use crate::game::file::file_error;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Writes scalars to one event file. Values become f32, as TensorBoard stores them: `metrics.jsonl` holds the full ones.
///
/// ```
/// use bellwether::run::EventWriter;
/// let folder = std::env::temp_dir().join(format!("events-{}", std::process::id()));
/// let mut events = EventWriter::create(&folder, "train")?;
/// events.scalar("game/win_probability", 10, 0.8535)?;
/// events.flush()?;
/// # std::fs::remove_dir_all(&folder).ok();
/// # Ok::<(), bellwether::game::GameError>(())
/// ```
#[derive(Debug)]
pub struct EventWriter {
    path: PathBuf,
    out: BufWriter<File>,
    record: Vec<u8>,
}

/// Seconds since 1970, as TensorBoard's wall time.
pub fn wall_time() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0.0, |t| t.as_secs_f64())
}

impl EventWriter {
    /// Creates `events.out.tfevents.<seconds>.<name>` in a folder, which is made if it is not there.
    /// A file of that name already there is continued.
    ///
    /// # Errors
    /// [`GameError::File`] if it cannot be written.
    pub fn create(folder: &Path, name: &str) -> Result<Self, GameError> {
        std::fs::create_dir_all(folder).map_err(|e| file_error(folder, e))?;
        let seconds = wall_time() as u64;
        Self::open(&folder.join(format!("events.out.tfevents.{seconds:010}.{name}")))
    }

    /// Continues an event file, or begins it if it is new or empty.
    ///
    /// # Errors
    /// [`GameError::File`] if it cannot be written.
    pub fn open(path: &Path) -> Result<Self, GameError> {
        let fail = |e: std::io::Error| file_error(path, e);
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(fail)?;
        let empty = file.metadata().map_err(fail)?.len() == 0;
        let mut writer = EventWriter { path: path.to_path_buf(), out: BufWriter::new(file), record: Vec::new() };
        if empty {
            writer.event(wall_time(), 0, |event| bytes_field(event, 3, b"brain.Event:2"))?;
        }
        Ok(writer)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// One value of a tag, now.
    ///
    /// # Errors
    /// [`GameError::File`] if it cannot be written.
    pub fn scalar(&mut self, tag: &str, step: u64, value: f64) -> Result<(), GameError> {
        self.scalars(wall_time(), step, &[(tag, value)])
    }

    /// Values of several tags at one step and wall time.
    ///
    /// # Errors
    /// [`GameError::File`] if it cannot be written.
    pub fn scalars(&mut self, wall_time: f64, step: u64, values: &[(&str, f64)]) -> Result<(), GameError> {
        self.event(wall_time, step, |event| {
            let mut summary = Vec::new();
            for (tag, value) in values {
                let mut one = Vec::with_capacity(tag.len() + 8);
                bytes_field(&mut one, 1, tag.as_bytes());
                one.push(2 << 3 | 5);
                one.extend((*value as f32).to_le_bytes());
                bytes_field(&mut summary, 1, &one);
            }
            bytes_field(event, 5, &summary);
        })
    }

    /// Hands everything written to the operating system.
    ///
    /// # Errors
    /// [`GameError::File`] if it cannot be written.
    pub fn flush(&mut self) -> Result<(), GameError> {
        self.out.flush().map_err(|e| file_error(&self.path, e))
    }

    fn event(&mut self, wall_time: f64, step: u64, what: impl FnOnce(&mut Vec<u8>)) -> Result<(), GameError> {
        let event = &mut self.record;
        event.clear();
        event.push(1 << 3 | 1);
        event.extend(wall_time.to_le_bytes());
        event.push(2 << 3);
        varint(event, step);
        what(event);
        let length = (event.len() as u64).to_le_bytes();
        let frame = [&length[..], &masked(&length), event, &masked(event)];
        frame.iter().try_for_each(|part| self.out.write_all(part)).map_err(|e| file_error(&self.path, e))
    }
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn bytes_field(out: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    out.push(number << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend(bytes);
}

/// CRC-32C (Castagnoli), table for one byte at a time.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut c = i as u32;
        let mut bit = 0;
        while bit < 8 {
            c = if c & 1 == 1 { c >> 1 ^ 0x82f6_3b78 } else { c >> 1 };
            bit += 1;
        }
        table[i] = c;
        i += 1;
    }
    table
};

fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |c, b| c >> 8 ^ TABLE[usize::from(c as u8 ^ b)])
}

fn masked(bytes: &[u8]) -> [u8; 4] {
    let c = crc32c(bytes);
    c.rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Check values of RFC 3720, appendix B.4.
    #[test]
    fn castagnoli() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
    }

    /// Every record has the length it says and both checksums; the values come back.
    #[test]
    fn records_read_back() {
        let folder = tempfile::TempDir::new().unwrap();
        let mut events = EventWriter::create(folder.path(), "test").unwrap();
        events.scalars(1.5, 300, &[("a", 0.25), ("b/c", -2.0)]).unwrap();
        events.flush().unwrap();
        let path = events.path().to_path_buf();
        drop(events);
        let mut again = EventWriter::open(&path).unwrap();
        again.scalar("a", 301, 0.5).unwrap();
        drop(again);

        let bytes = std::fs::read(&path).unwrap();
        let mut rest = &bytes[..];
        let mut records = Vec::new();
        while !rest.is_empty() {
            let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
            assert_eq!(masked(&rest[..8]), rest[8..12]);
            let event = &rest[12..12 + length];
            assert_eq!(masked(event), rest[12 + length..16 + length]);
            records.push(event.to_vec());
            rest = &rest[16 + length..];
        }
        assert_eq!(records.len(), 3, "one version, two events");
        assert!(records[0].ends_with(b"\x1a\x0dbrain.Event:2"));
        let expected = [
            &b"\x09"[..],
            &1.5f64.to_le_bytes(),
            b"\x10\xac\x02\x2a\x16",
            b"\x0a\x08\x0a\x01a\x15",
            &0.25f32.to_le_bytes(),
            b"\x0a\x0a\x0a\x03b/c\x15",
            &(-2.0f32).to_le_bytes(),
        ];
        assert_eq!(records[1], expected.concat());
    }
}
