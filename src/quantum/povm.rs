//! Measurements: positive operator-valued measures.

use super::hermitian::{EighScratch, eigh};
use super::{C64, Matrix};

/// Largest deviation from Hermitian, from positive and from complete that [`Povm::new`] lets
/// through.
pub const POVM_TOLERANCE: f64 = 1e-9;

/// Why a list of matrices is not a measurement.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PovmError {
    /// There is no element.
    #[error("a POVM needs at least one element, none was given")]
    Empty,
    /// The elements are 0 x 0.
    #[error("POVM element 0 has dimension 0, at least 1 is needed")]
    ZeroDimension,
    /// Elements of different size.
    #[error("POVM element {element} has dimension {given}, element 0 has dimension {wanted}")]
    Ragged {
        /// The first element that differs.
        element: usize,
        /// Its dimension.
        given: usize,
        /// Dimension of element 0.
        wanted: usize,
    },
    /// An entry is NaN or infinite.
    #[error("POVM element {element} has the non-finite entry {value} at row {row}, column {column}")]
    NotFinite {
        /// The element.
        element: usize,
        /// Row of the entry.
        row: usize,
        /// Column of the entry.
        column: usize,
        /// The entry.
        value: C64,
    },
    /// An element is not Hermitian.
    #[error(
        "POVM element {element} is not Hermitian: it differs from its adjoint by {defect:e}, at most {POVM_TOLERANCE:e} is allowed"
    )]
    NotHermitian {
        /// The element.
        element: usize,
        /// Largest entry of `|P - P^H|`.
        defect: f64,
    },
    /// An element has a negative eigenvalue.
    #[error(
        "POVM element {element} is not positive semidefinite: its least eigenvalue is {least_eigenvalue}, at least -{POVM_TOLERANCE:e} is wanted"
    )]
    NotPositive {
        /// The element.
        element: usize,
        /// Its least eigenvalue.
        least_eigenvalue: f64,
    },
    /// The elements do not sum to the identity.
    #[error(
        "the POVM elements do not sum to the identity: entry ({row}, {column}) of the sum is off by {defect:e}, at most {POVM_TOLERANCE:e} is allowed"
    )]
    NotComplete {
        /// Row of the worst entry.
        row: usize,
        /// Column of the worst entry.
        column: usize,
        /// Its distance from the identity.
        defect: f64,
    },
}

/// Positive operator-valued measure: Hermitian positive semidefinite `P_1..P_m` of equal
/// dimension with `sum_j P_j = I`.
///
/// Source: Gardiner et al., Learning to Coordinate via Quantum Entanglement in MARL,
/// Definition 2.
///
/// ```
/// use bellwether::quantum::{C64, Matrix, Povm};
/// let up = Matrix::from_fn(2, |r, c| C64::from(if r + c == 0 { 1.0 } else { 0.0 }));
/// let down = Matrix::from_fn(2, |r, c| C64::from(if r + c == 2 { 1.0 } else { 0.0 }));
/// let povm = Povm::new(vec![up.clone(), down])?;
/// assert_eq!((povm.outcomes(), povm.dim()), (2, 2));
/// assert!(Povm::new(vec![up]).is_err());
/// # Ok::<(), bellwether::quantum::PovmError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Povm {
    elements: Vec<Matrix>,
}

impl Povm {
    /// Checks and takes the elements.
    ///
    /// # Errors
    /// Names the element that fails and by how much; the tolerance is [`POVM_TOLERANCE`] for
    /// every property.
    pub fn new(elements: Vec<Matrix>) -> Result<Self, PovmError> {
        let wanted = elements.first().ok_or(PovmError::Empty)?.dim();
        if wanted == 0 {
            return Err(PovmError::ZeroDimension);
        }
        let mut scratch = EighScratch::new(wanted);
        let mut values = vec![0.0; wanted];
        let mut vectors = vec![C64::ZERO; wanted * wanted];
        for (element, p) in elements.iter().enumerate() {
            if p.dim() != wanted {
                return Err(PovmError::Ragged { element, given: p.dim(), wanted });
            }
            if let Some((row, column)) = p.first_non_finite() {
                let value = p[(row, column)];
                return Err(PovmError::NotFinite { element, row, column, value });
            }
            let defect = p.hermitian_defect();
            if defect > POVM_TOLERANCE {
                return Err(PovmError::NotHermitian { element, defect });
            }
            eigh(wanted, p.as_slice(), &mut values, &mut vectors, &mut scratch);
            if values[0] < -POVM_TOLERANCE {
                return Err(PovmError::NotPositive { element, least_eigenvalue: values[0] });
            }
        }
        let povm = Self { elements };
        let (row, column, defect) = povm.completeness_defect();
        if defect > POVM_TOLERANCE {
            return Err(PovmError::NotComplete { row, column, defect });
        }
        Ok(povm)
    }

    /// Dimension of the measured system.
    pub fn dim(&self) -> usize {
        self.elements.first().map_or(0, Matrix::dim)
    }

    /// Number of outcomes.
    pub fn outcomes(&self) -> usize {
        self.elements.len()
    }

    /// The element of outcome `j`.
    ///
    /// # Panics
    /// When there is no such outcome, as indexing [`Povm::elements`] would.
    pub fn element(&self, j: usize) -> &Matrix {
        &self.elements[j]
    }

    /// All elements in outcome order.
    pub fn elements(&self) -> &[Matrix] {
        &self.elements
    }

    /// Row, column and size of the worst entry of `sum_j P_j - I`.
    pub fn completeness_defect(&self) -> (usize, usize, f64) {
        let d = self.dim();
        let mut worst = (0, 0, 0.0);
        for r in 0..d {
            for c in 0..d {
                let mut sum = C64::from(if r == c { -1.0 } else { 0.0 });
                for p in &self.elements {
                    sum += p[(r, c)];
                }
                if sum.norm() > worst.2 {
                    worst = (r, c, sum.norm());
                }
            }
        }
        worst
    }
}
