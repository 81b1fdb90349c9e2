//! Square complex matrices, owned, row-major.

use std::ops::{Index, IndexMut};

use super::C64;

/// Why a [`Matrix`] was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MatrixError {
    /// The number of entries is not the square of the dimension.
    #[error("a {dim} x {dim} matrix needs {wanted} entries, {given} were given")]
    Length {
        /// Dimension asked for.
        dim: usize,
        /// Number of entries given.
        given: usize,
        /// Number of entries wanted.
        wanted: usize,
    },
}

/// Square complex matrix, stored row by row.
///
/// Operations on two matrices of unequal dimension panic: such a mismatch is a programming
/// error; sizes that come from user data are checked by the types built on this one.
///
/// ```
/// use bellwether::quantum::{C64, Matrix};
/// let x = Matrix::from_fn(2, |r, c| C64::from(if r == c { 0.0 } else { 1.0 }));
/// assert_eq!(x.matmul(&x), Matrix::identity(2));
/// assert_eq!(x.kron(&x)[(0, 3)], C64::from(1.0));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    dim: usize,
    data: Vec<C64>,
}

impl Matrix {
    /// The zero matrix of dimension `d`.
    pub fn zeros(d: usize) -> Self {
        Self { dim: d, data: vec![C64::ZERO; d * d] }
    }

    /// The identity of dimension `d`.
    pub fn identity(d: usize) -> Self {
        Self::from_fn(d, |r, c| if r == c { C64::ONE } else { C64::ZERO })
    }

    /// The matrix whose entry at row `r`, column `c` is `entry(r, c)`.
    pub fn from_fn(d: usize, mut entry: impl FnMut(usize, usize) -> C64) -> Self {
        let mut data = Vec::with_capacity(d * d);
        for r in 0..d {
            for c in 0..d {
                data.push(entry(r, c));
            }
        }
        Self { dim: d, data }
    }

    /// Takes `d * d` entries in row-major order.
    ///
    /// # Errors
    /// [`MatrixError::Length`] when the number of entries is not `d * d`.
    pub fn from_vec(d: usize, data: Vec<C64>) -> Result<Self, MatrixError> {
        match d.checked_mul(d) {
            Some(wanted) if wanted == data.len() => Ok(Self { dim: d, data }),
            other => Err(MatrixError::Length { dim: d, given: data.len(), wanted: other.unwrap_or(usize::MAX) }),
        }
    }

    /// Number of rows, which is the number of columns.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// All entries, row by row.
    pub fn as_slice(&self) -> &[C64] {
        &self.data
    }

    /// All entries, row by row, to change.
    pub fn as_mut_slice(&mut self) -> &mut [C64] {
        &mut self.data
    }

    /// Conjugate transpose.
    pub fn adjoint(&self) -> Self {
        Self::from_fn(self.dim, |r, c| self[(c, r)].conj())
    }

    /// Sum of the diagonal.
    pub fn trace(&self) -> C64 {
        (0..self.dim).map(|k| self[(k, k)]).sum()
    }

    /// The product `self * other`.
    ///
    /// # Panics
    /// When the dimensions differ.
    pub fn matmul(&self, other: &Self) -> Self {
        assert_eq!(self.dim, other.dim, "product of matrices of unequal size");
        let d = self.dim;
        let mut out = Self::zeros(d);
        for r in 0..d {
            for k in 0..d {
                let a = self[(r, k)];
                for c in 0..d {
                    out.data[r * d + c] += a * other.data[k * d + c];
                }
            }
        }
        out
    }

    /// The Kronecker product, `self` on the slow index.
    pub fn kron(&self, other: &Self) -> Self {
        let e = other.dim;
        Self::from_fn(self.dim * e, |r, c| self[(r / e, c / e)] * other[(r % e, c % e)])
    }

    /// Largest entry of `|A - A^H|`; zero exactly when the matrix is Hermitian, NaN when an
    /// entry is.
    pub fn hermitian_defect(&self) -> f64 {
        let mut worst = 0.0_f64;
        for r in 0..self.dim {
            for c in 0..=r {
                let defect = (self[(r, c)] - self[(c, r)].conj()).norm();
                if defect.is_nan() {
                    return f64::NAN;
                }
                worst = worst.max(defect);
            }
        }
        worst
    }

    /// Every entry times `factor`.
    pub fn scale(&self, factor: f64) -> Self {
        Self { dim: self.dim, data: self.data.iter().map(|z| z * factor).collect() }
    }

    /// The sum `self + other`.
    ///
    /// # Panics
    /// When the dimensions differ.
    #[allow(clippy::should_implement_trait)]
    pub fn add(&self, other: &Self) -> Self {
        assert_eq!(self.dim, other.dim, "sum of matrices of unequal size");
        let data = self.data.iter().zip(&other.data).map(|(a, b)| a + b);
        Self { dim: self.dim, data: data.collect() }
    }

    /// Position of the first entry that is NaN or infinite, as (row, column).
    pub fn first_non_finite(&self) -> Option<(usize, usize)> {
        let at = self.data.iter().position(|z| !z.is_finite())?;
        Some((at / self.dim, at % self.dim))
    }
}

impl Index<(usize, usize)> for Matrix {
    type Output = C64;
    fn index(&self, (r, c): (usize, usize)) -> &C64 {
        assert!(c < self.dim, "column {c} of a matrix of size {}", self.dim);
        &self.data[r * self.dim + c]
    }
}

impl IndexMut<(usize, usize)> for Matrix {
    fn index_mut(&mut self, (r, c): (usize, usize)) -> &mut C64 {
        assert!(c < self.dim, "column {c} of a matrix of size {}", self.dim);
        &mut self.data[r * self.dim + c]
    }
}
