//! Workers on one folder: who does which cell, and what happens to the cells of those who are lost.

use super::Cell;
use crate::game::GameError;
use crate::game::file::{file_error, write_atomic};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The folder of a sweep: `cells/NAME` is a finished cell, `work/` holds those under way, `claims/` says whose they are.
///
/// A cell is finished by renaming its folder, so that it is there whole or not at all. A claim is a numbered file that its worker
/// writes again and again; one that has not been written for a while is lost, and whoever creates the next number first has the
/// cell. A worker that was only asleep does no harm: both find the same result, and the first one stays.
#[derive(Debug, Clone)]
pub struct Cells {
    root: PathBuf,
    stale: Duration,
}

/// A cell taken by this worker.
#[derive(Debug)]
pub struct Claim {
    file: PathBuf,
    /// Where the cell is worked on.
    pub work: PathBuf,
    beats: u64,
}

impl Cells {
    /// Opens or makes the folder of a sweep; a claim is lost when it has not been written for `stale`.
    ///
    /// # Errors
    /// [`GameError::File`] if it cannot be made.
    pub fn open(root: &Path, stale: Duration) -> Result<Self, GameError> {
        for part in ["cells", "work", "claims"] {
            let path = root.join(part);
            std::fs::create_dir_all(&path).map_err(|e| file_error(&path, e))?;
        }
        Ok(Cells { root: root.to_path_buf(), stale })
    }

    /// Where the results of a finished cell are.
    pub fn finished(&self, cell: &Cell) -> PathBuf {
        self.root.join("cells").join(&cell.name)
    }

    /// Whether a cell is finished.
    pub fn is_finished(&self, cell: &Cell) -> bool {
        self.finished(cell).is_dir()
    }

    /// Takes a cell that is neither finished nor in the hands of a worker that lives.
    ///
    /// # Errors
    /// [`GameError::File`] if the folder cannot be written.
    pub fn claim(&self, cell: &Cell) -> Result<Option<Claim>, GameError> {
        let path = |k: u32| self.root.join("claims").join(format!("{}.{k}", cell.name));
        let mut next = 1;
        while path(next).exists() {
            next += 1;
        }
        if next > 1 && !self.is_lost(&path(next - 1))? {
            return Ok(None);
        }
        let file = path(next);
        match OpenOptions::new().write(true).create_new(true).open(&file) {
            Ok(_) => {}
            Err(e) if e.kind() == ErrorKind::AlreadyExists => return Ok(None), // another was first
            Err(e) => return Err(file_error(&file, e)),
        }
        if self.is_finished(cell) {
            let _ = std::fs::remove_file(&file);
            return Ok(None);
        }
        let work = self.fresh(cell)?;
        let mut claim = Claim { file, work, beats: 0 };
        claim.beat()?;
        Ok(Some(claim))
    }

    /// Whether a claim has not been written for too long, by the clock of the file system that holds it.
    fn is_lost(&self, claim: &Path) -> Result<bool, GameError> {
        let probe = self.root.join("claims").join(format!(".now-{}", own()));
        let now = std::fs::write(&probe, "").and_then(|()| probe.metadata()?.modified());
        let now = now.map_err(|e| file_error(&probe, e))?;
        let _ = std::fs::remove_file(&probe);
        let Ok(written) = claim.metadata().and_then(|m| m.modified()) else {
            return Ok(false); // gone meanwhile: look again later
        };
        Ok(now.duration_since(written).is_ok_and(|age| age >= self.stale))
    }

    fn fresh(&self, cell: &Cell) -> Result<PathBuf, GameError> {
        let path = self.work(&format!("{}.{}", cell.name, own()));
        std::fs::create_dir(&path).map_err(|e| file_error(&path, e))?;
        Ok(path)
    }

    fn work(&self, name: &str) -> PathBuf {
        self.root.join("work").join(name)
    }

    /// Folders that other claims of this cell left, those written last first.
    pub fn left_behind(&self, cell: &Cell, own: &Path) -> Vec<PathBuf> {
        let prefix = format!("{}.", cell.name);
        let Ok(listed) = std::fs::read_dir(self.work("")) else {
            return Vec::new();
        };
        let paths = listed.filter_map(|entry| Some(entry.ok()?.path()));
        let of_cell = |p: &PathBuf| {
            let name = p.file_name().map(|n| n.to_string_lossy().into_owned());
            name.is_some_and(|n| n.starts_with(&prefix)) && p != own
        };
        let mut found: Vec<PathBuf> = paths.filter(of_cell).collect();
        let written = |p: &PathBuf| p.join("checkpoint").metadata().and_then(|m| m.modified());
        found.sort_by_key(|p| std::cmp::Reverse(written(p).ok()));
        found
    }

    /// Ends a claim with a result: the folder becomes the finished cell, unless another worker was first.
    ///
    /// # Errors
    /// [`GameError::File`] if it can be neither moved nor found finished.
    pub fn finish(&self, cell: &Cell, claim: &Claim) -> Result<(), GameError> {
        let target = self.finished(cell);
        if let Err(error) = std::fs::rename(&claim.work, &target)
            && !self.is_finished(cell)
        {
            return Err(file_error(&target, error));
        }
        // all that is left is litter, which harms nobody if it stays
        for path in self.left_behind(cell, Path::new("")) {
            let _ = std::fs::remove_dir_all(path);
        }
        let _ = std::fs::remove_file(&claim.file);
        Ok(())
    }

    /// Ends a claim without a result, so that another may take the cell at once; `keep` leaves what was done.
    pub fn release(&self, claim: &Claim, keep: bool) {
        if !keep {
            let _ = std::fs::remove_dir_all(&claim.work);
        }
        let _ = std::fs::remove_file(&claim.file);
    }

    /// Writes a file beside the cells, whole or not at all.
    ///
    /// # Errors
    /// [`GameError::File`].
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, GameError> {
        let path = self.root.join(name);
        write_atomic(&path, bytes)?;
        Ok(path)
    }

    /// How often a claim must be written.
    pub fn beat(&self) -> Duration {
        self.stale / 5
    }
}

impl Claim {
    /// Says that its worker lives.
    ///
    /// # Errors
    /// [`GameError::File`] if the claim cannot be written.
    pub fn beat(&mut self) -> Result<(), GameError> {
        self.beats += 1;
        let fail = |e: std::io::Error| file_error(&self.file, e);
        // never created here: a claim that was taken away stays away
        let mut file = match OpenOptions::new().write(true).truncate(true).open(&self.file) {
            Ok(file) => file,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(fail(e)),
        };
        writeln!(file, "{} {}", own(), self.beats).map_err(fail)
    }
}

/// A word for this process that no other worker has: its number and when it was asked.
fn own() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host: String =
        (host.trim().chars().take(40)).map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let nanos = now.map_or(0, |d| d.as_nanos());
    format!("{host}-{}-{nanos}", std::process::id())
}
