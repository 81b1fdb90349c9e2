//! Run folders: where results go.

use crate::game::GameError;
use crate::game::file::{file_error, write_atomic};
use std::path::{Path, PathBuf};

/// A folder that one run writes its results to.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Takes the folder `out` if it is new or empty.
    ///
    /// # Errors
    /// [`GameError::File`] if it holds anything: results are never overwritten.
    pub fn at(out: &Path) -> Result<Self, GameError> {
        let fail = |e: std::io::Error| file_error(out, e);
        std::fs::create_dir_all(out).map_err(fail)?;
        if std::fs::read_dir(out).map_err(fail)?.next().is_some() {
            return Err(file_error(out, "already holds files; results are never overwritten, choose another folder"));
        }
        Ok(RunFolder { path: out.to_path_buf() })
    }

    /// Takes `runs/<name>`, or `runs/<name>-2` and so on, whichever does not exist yet.
    ///
    /// # Errors
    /// [`GameError::File`] if no folder can be made.
    pub fn fresh(name: &str) -> Result<Self, GameError> {
        let root = Path::new("runs");
        std::fs::create_dir_all(root).map_err(|e| file_error(root, e))?;
        for k in 1u32.. {
            let path = match k {
                1 => root.join(name),
                k => root.join(format!("{name}-{k}")),
            };
            // create_dir, not a check: two runs started together must not share a folder
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(RunFolder { path }),
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(file_error(&path, e)),
            }
        }
        Err(file_error(root, "holds too many runs"))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in it; folders on the way are made.
    ///
    /// # Errors
    /// [`GameError::File`] if a folder cannot be made.
    pub fn file(&self, name: &str) -> Result<PathBuf, GameError> {
        let path = self.path.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|e| file_error(parent, e))?;
        }
        Ok(path)
    }

    /// Writes a file in it, whole or not at all.
    ///
    /// # Errors
    /// [`GameError::File`].
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, GameError> {
        let path = self.file(name)?;
        write_atomic(&path, bytes)?;
        Ok(path)
    }
}

impl Drop for RunFolder {
    /// A run that wrote nothing leaves nothing: the folder goes if it is empty (else this fails, as wanted).
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.path);
    }
}
