//! npz archives of numpy arrays, in and out.

use super::{MAX_FILE, file_error, read_bounded, write_atomic};
use crate::game::GameError;
use npyz::{DType, NpyFile, Order, WriterBuilder};
use num_complex::Complex;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

/// An array read from an npz archive.
#[derive(Debug, Clone, PartialEq)]
pub struct Array<T> {
    /// Length per axis.
    pub shape: Vec<usize>,
    /// Entries, last axis fastest.
    pub data: Vec<T>,
}

/// An opened npz archive.
#[derive(Debug)]
pub struct Npz {
    path: PathBuf,
    archive: zip::ZipArchive<Cursor<Vec<u8>>>,
}

/// Longest header text of an array; numpy writes 118 bytes for the arrays used here.
const MAX_HEADER: usize = 4096;

impl Npz {
    /// Opens an archive.
    ///
    /// # Errors
    /// [`GameError::File`] if it cannot be read, is too large or is not a zip archive.
    pub fn open(path: &Path) -> Result<Self, GameError> {
        Npz::parse(path, read_bounded(path)?)
    }

    /// An archive from the bytes of the file at `path`, which errors name.
    pub(crate) fn parse(path: &Path, bytes: Vec<u8>) -> Result<Self, GameError> {
        let archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| file_error(path, e))?;
        Ok(Npz { path: path.to_path_buf(), archive })
    }

    /// Names of the arrays.
    pub fn names(&self) -> Vec<String> {
        self.archive.file_names().filter_map(|name| Some(name.ok()?.strip_suffix(".npy")?.to_owned())).collect()
    }

    /// A complex array; real ones are converted.
    ///
    /// # Errors
    /// [`GameError::File`] naming the array if it is missing, too large or of another type.
    pub fn complex(&mut self, name: &str) -> Result<Array<Complex<f64>>, GameError> {
        let bytes = self.entry(name)?;
        match self.vector::<Complex<f64>>(name, &bytes) {
            Ok(array) => Ok(array),
            Err(error) => match self.vector::<f64>(name, &bytes) {
                Ok(real) => Ok(Array { shape: real.shape, data: real.data.into_iter().map(Complex::from).collect() }),
                Err(_) => Err(error),
            },
        }
    }

    /// A real array of doubles.
    ///
    /// # Errors
    /// [`GameError::File`] naming the array if it is missing, too large or of another type.
    pub fn real(&mut self, name: &str) -> Result<Array<f64>, GameError> {
        let bytes = self.entry(name)?;
        self.vector::<f64>(name, &bytes)
    }

    fn error(&self, name: &str, why: impl std::fmt::Display) -> GameError {
        file_error(&self.path, format!("array '{name}': {why}"))
    }

    /// The bytes of one member, bounded whatever size the archive claims.
    fn entry(&mut self, name: &str) -> Result<Vec<u8>, GameError> {
        let mut bytes = Vec::new();
        let read = self.archive.by_name(&format!("{name}.npy")).map_err(|e| e.to_string()).and_then(|member| {
            let mut member = member.take(MAX_FILE + 1);
            member.read_to_end(&mut bytes).map_err(|e| e.to_string())
        });
        if let Err(why) = read {
            return Err(self.error(name, why));
        }
        if bytes.len() as u64 > MAX_FILE {
            return Err(self.error(name, format!("larger than {MAX_FILE} bytes")));
        }
        // The header is a Python literal; a hostile one could nest beyond any parser's stack.
        let start = &bytes[..bytes.len().min(MAX_HEADER)];
        let header = start.split(|&b| b == b'\n').next().unwrap_or(start);
        if header.len() == MAX_HEADER || header.iter().filter(|b| b"([{".contains(b)).count() > 8 {
            return Err(self.error(name, "its header is not one numpy writes"));
        }
        Ok(bytes)
    }

    fn vector<T: npyz::Deserialize + Copy>(&self, name: &str, bytes: &[u8]) -> Result<Array<T>, GameError> {
        let file = NpyFile::new(bytes).map_err(|e| self.error(name, e))?;
        let shape: Vec<usize> = file.shape().iter().map(|&n| usize::try_from(n).unwrap_or(usize::MAX)).collect();
        let count = shape.iter().try_fold(1usize, |n, &k| n.checked_mul(k));
        if count.is_none_or(|n| n > bytes.len() / 8) {
            return Err(self.error(name, format!("shape {shape:?} is larger than its data")));
        }
        let fortran = file.order() == Order::Fortran;
        let data = match file.data::<T>() {
            Ok(data) => data.collect::<Result<Vec<T>, _>>().map_err(|e| self.error(name, e))?,
            Err(_) => return Err(self.error(name, "wanted entries of type complex128 or float64")),
        };
        let data = if fortran { from_fortran(&shape, &data) } else { data };
        Ok(Array { shape, data })
    }
}

/// Reorders first-axis-fastest data to last-axis-fastest.
fn from_fortran<T: Copy>(shape: &[usize], data: &[T]) -> Vec<T> {
    let mut index = vec![0; shape.len()];
    (0..data.len())
        .map(|mut flat| {
            for (digit, &n) in index.iter_mut().zip(shape).rev() {
                *digit = flat % n;
                flat /= n;
            }
            let weigh = |(at, stride), (&digit, &n): (&usize, &usize)| (at + digit * stride, stride * n);
            data[index.iter().zip(shape).fold((0, 1), weigh).0]
        })
        .collect()
}

/// Collects arrays and writes them as one uncompressed npz archive.
#[derive(Debug, Default)]
pub struct NpzWriter {
    members: Vec<(String, Vec<u8>)>,
}

impl NpzWriter {
    /// An empty archive.
    pub fn new() -> Self {
        NpzWriter::default()
    }

    /// Adds an array of complex128.
    ///
    /// # Errors
    /// [`GameError::File`] if shape and data disagree.
    pub fn complex(&mut self, name: &str, shape: &[usize], data: &[Complex<f64>]) -> Result<(), GameError> {
        self.add(name, "<c16", shape, data)
    }

    /// Adds an array of float64.
    ///
    /// # Errors
    /// [`GameError::File`] if shape and data disagree.
    pub fn real(&mut self, name: &str, shape: &[usize], data: &[f64]) -> Result<(), GameError> {
        self.add(name, "<f8", shape, data)
    }

    fn add<T: npyz::Serialize>(
        &mut self,
        name: &str,
        dtype: &str,
        shape: &[usize],
        data: &[T],
    ) -> Result<(), GameError> {
        let fail = |why: String| file_error(Path::new(name), why);
        let shape: Vec<u64> = shape.iter().map(|&n| n as u64).collect();
        let dtype = dtype.parse::<npyz::TypeStr>().map_err(|e| fail(e.to_string()))?;
        let mut bytes = Vec::new();
        let write = |bytes: &mut Vec<u8>| -> std::io::Result<()> {
            let mut writer =
                npyz::WriteOptions::new().dtype(DType::Plain(dtype)).shape(&shape).writer(bytes).begin_nd()?;
            writer.extend(data)?;
            writer.finish()
        };
        write(&mut bytes).map_err(|e| fail(e.to_string()))?;
        self.members.push((format!("{name}.npy"), bytes));
        Ok(())
    }

    /// Writes the archive, whole or not at all.
    ///
    /// # Errors
    /// [`GameError::File`].
    pub fn write(self, path: &Path) -> Result<(), GameError> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        for (name, bytes) in &self.members {
            zip.start_file(name.as_str(), options).map_err(|e| file_error(path, e))?;
            zip.write_all(bytes).map_err(|e| file_error(path, e))?;
        }
        let bytes = zip.finish().map_err(|e| file_error(path, e))?;
        write_atomic(path, bytes.get_ref())
    }
}
