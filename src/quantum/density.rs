//! Shared states: density matrices of composite systems.

mod factor;

use super::hermitian::{EighScratch, eigh};
use super::{C64, Matrix};

/// Largest deviation from Hermitian, from positive and from unit trace that
/// [`DensityMatrix::new`] lets through.
pub const DENSITY_TOLERANCE: f64 = 1e-9;

/// Largest dimension of a density matrix: 4096 x 4096 complex entries are 256 MiB.
pub const MAX_DIMENSION: usize = 4096;

/// Why something is not a density matrix.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DensityError {
    /// No subsystem, or one of dimension zero.
    #[error("the dimensions {dims:?} of the subsystems must be a non-empty list of numbers from 1")]
    Dimensions {
        /// The list given.
        dims: Vec<usize>,
    },
    /// The product of the dimensions is beyond [`MAX_DIMENSION`].
    #[error("subsystems of dimensions {dims:?} have a joint dimension above {MAX_DIMENSION}")]
    TooLarge {
        /// The list given.
        dims: Vec<usize>,
    },
    /// The matrix is not of the product of the dimensions.
    #[error("the matrix has dimension {given}, the subsystems {dims:?} need {wanted}")]
    Shape {
        /// Subsystem dimensions.
        dims: Vec<usize>,
        /// Dimension of the matrix.
        given: usize,
        /// Product of the subsystem dimensions.
        wanted: usize,
    },
    /// An entry is NaN or infinite.
    #[error("the density matrix has the non-finite entry {value} at row {row}, column {column}")]
    NotFinite {
        /// Row of the entry.
        row: usize,
        /// Column of the entry.
        column: usize,
        /// The entry.
        value: C64,
    },
    /// Not Hermitian.
    #[error("the density matrix differs from its adjoint by {defect:e}, at most {DENSITY_TOLERANCE:e} is allowed")]
    NotHermitian {
        /// Largest entry of `|rho - rho^H|`.
        defect: f64,
    },
    /// A negative eigenvalue.
    #[error(
        "the density matrix has the least eigenvalue {least_eigenvalue}, at least -{DENSITY_TOLERANCE:e} is wanted"
    )]
    NotPositive {
        /// Least eigenvalue.
        least_eigenvalue: f64,
    },
    /// The trace is not one.
    #[error("the density matrix has trace {trace}, 1 is wanted to {DENSITY_TOLERANCE:e}")]
    Trace {
        /// Its trace.
        trace: f64,
    },
    /// A visibility outside `[0, 1]`.
    #[error("visibility {visibility} is not in [0, 1]")]
    Visibility {
        /// The value given.
        visibility: f64,
    },
    /// A probability of decay outside `[0, 1]`.
    #[error("damping {damping} is not in [0, 1]")]
    Damping {
        /// The value given.
        damping: f64,
    },
    /// A factor whose `B^H B` has no positive finite trace.
    #[error("the factor B is zero or not finite, B^H B cannot be normalised")]
    Factor,
}

/// Density matrix: Hermitian, positive semidefinite, of trace one, on a list of subsystems.
///
/// Index order is row-major over subsystems: the first subsystem is the slow index.
/// Source: Gardiner et al., Learning to Coordinate via Quantum Entanglement in MARL,
/// Definition 1 and Eq. 1.
///
/// ```
/// use bellwether::quantum::DensityMatrix;
/// let rho = DensityMatrix::bell().with_white_noise(0.9)?;
/// assert_eq!(rho.dims(), [2, 2]);
/// assert!((rho.matrix()[(0, 3)].re - 0.45).abs() < 1e-15);
/// # Ok::<(), bellwether::quantum::DensityError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DensityMatrix {
    dims: Vec<usize>,
    matrix: Matrix,
}

/// Product of subsystem dimensions, bounded by [`MAX_DIMENSION`].
pub(crate) fn joint_dimension(dims: &[usize]) -> Result<usize, DensityError> {
    if dims.is_empty() || dims.contains(&0) {
        return Err(DensityError::Dimensions { dims: dims.to_vec() });
    }
    let mut product = 1_usize;
    for &d in dims {
        product = match product.checked_mul(d) {
            Some(p) if p <= MAX_DIMENSION => p,
            _ => {
                return Err(DensityError::TooLarge { dims: dims.to_vec() });
            }
        };
    }
    Ok(product)
}

impl DensityMatrix {
    /// Checks and takes a matrix over subsystems of dimensions `dims`.
    ///
    /// # Errors
    /// Names the property that fails and by how much; the tolerance is [`DENSITY_TOLERANCE`].
    pub fn new(dims: Vec<usize>, matrix: Matrix) -> Result<Self, DensityError> {
        let wanted = joint_dimension(&dims)?;
        if matrix.dim() != wanted {
            return Err(DensityError::Shape { dims, given: matrix.dim(), wanted });
        }
        if let Some((row, column)) = matrix.first_non_finite() {
            let value = matrix[(row, column)];
            return Err(DensityError::NotFinite { row, column, value });
        }
        let defect = matrix.hermitian_defect();
        if defect > DENSITY_TOLERANCE {
            return Err(DensityError::NotHermitian { defect });
        }
        let trace = matrix.trace().re;
        if (trace - 1.0).abs() > DENSITY_TOLERANCE {
            return Err(DensityError::Trace { trace });
        }
        let mut values = vec![0.0; wanted];
        let mut vectors = vec![C64::ZERO; wanted * wanted];
        let mut scratch = EighScratch::new(wanted);
        eigh(wanted, matrix.as_slice(), &mut values, &mut vectors, &mut scratch);
        if values[0] < -DENSITY_TOLERANCE {
            return Err(DensityError::NotPositive { least_eigenvalue: values[0] });
        }
        Ok(Self { dims, matrix })
    }

    /// The Bell state `(|00> + |11>)/sqrt(2)`, Eq. 1; its entries are exact.
    pub fn bell() -> Self {
        Self {
            dims: vec![2, 2],
            matrix: Matrix::from_fn(4, |r, c| C64::from(if r % 3 == 0 && c % 3 == 0 { 0.5 } else { 0.0 })),
        }
    }

    /// The `n`-qubit state `(|0..0> + |1..1>)/sqrt(2)`.
    ///
    /// # Errors
    /// When `n` is 0 or `2^n` is above [`MAX_DIMENSION`].
    pub fn ghz(n: usize) -> Result<Self, DensityError> {
        Self::maximally_entangled_n(n, 2)
    }

    /// The Bell state with white noise, `v rho_Bell + (1 - v) I/4`.
    ///
    /// # Errors
    /// When the visibility is not in `[0, 1]`.
    pub fn werner(visibility: f64) -> Result<Self, DensityError> {
        Self::bell().with_white_noise(visibility)
    }

    /// The state `sum_k |kk> / sqrt(d)` of two `d`-dimensional systems.
    ///
    /// # Errors
    /// When `d` is 0 or `d^2` is above [`MAX_DIMENSION`].
    pub fn maximally_entangled(d: usize) -> Result<Self, DensityError> {
        Self::maximally_entangled_n(2, d)
    }

    /// The state `sum_k |k..k> / sqrt(d)` of `n` systems of dimension `d` (generalised GHZ).
    ///
    /// # Errors
    /// When `n` or `d` is 0 or `d^n` is above [`MAX_DIMENSION`].
    pub fn maximally_entangled_n(n: usize, d: usize) -> Result<Self, DensityError> {
        if n > MAX_DIMENSION {
            // A list this long is never useful and must not be allocated.
            return Err(DensityError::TooLarge { dims: vec![d; 1] });
        }
        let dims = vec![d; n];
        let total = joint_dimension(&dims)?;
        // |k..k> sits at k (1 + d + d^2 + ...).
        let step = dims.iter().fold(0, |acc, _| acc * d + 1);
        let weight = C64::from(1.0 / d as f64);
        let mut matrix = Matrix::zeros(total);
        for k in 0..d {
            for l in 0..d {
                matrix[(k * step, l * step)] = weight;
            }
        }
        Ok(Self { dims, matrix })
    }

    /// The state `I / D`.
    ///
    /// # Errors
    /// When a dimension is 0 or the product is above [`MAX_DIMENSION`].
    pub fn maximally_mixed(dims: Vec<usize>) -> Result<Self, DensityError> {
        let total = joint_dimension(&dims)?;
        let matrix = Matrix::identity(total).scale(1.0 / total as f64);
        Ok(Self { dims, matrix })
    }

    /// The state `B^H B / tr(B^H B)`, which reaches every density matrix.
    ///
    /// # Errors
    /// When `B` has the wrong size, is zero, or has an entry that is not finite.
    pub fn from_factor(dims: Vec<usize>, b: &Matrix) -> Result<Self, DensityError> {
        let wanted = joint_dimension(&dims)?;
        if b.dim() != wanted {
            return Err(DensityError::Shape { dims, given: b.dim(), wanted });
        }
        let mut matrix = Matrix::zeros(wanted);
        factor_forward(wanted, b.as_slice(), matrix.as_mut_slice())?;
        Ok(Self { dims, matrix })
    }

    /// The mixture `v rho + (1 - v) I/D`.
    ///
    /// # Errors
    /// When the visibility is not in `[0, 1]`.
    pub fn with_white_noise(&self, visibility: f64) -> Result<Self, DensityError> {
        if !(0.0..=1.0).contains(&visibility) {
            return Err(DensityError::Visibility { visibility });
        }
        let total = self.matrix.dim();
        let noise = Matrix::identity(total).scale((1.0 - visibility) / total as f64);
        Ok(Self { dims: self.dims.clone(), matrix: self.matrix.scale(visibility).add(&noise) })
    }

    /// Dimensions of the subsystems, first one slowest.
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// The matrix itself.
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }
}

/// Writes `rho = B^H B / tr(B^H B)` and returns the trace.
///
/// `b` is any number of rows of `d` entries (fewer rows than `d` give a state of low rank), `rho`
/// is `d x d`. `rho` is exactly Hermitian. The trace returned is that of `B^H B` itself and may
/// be infinite or zero in double precision where `rho` is still right.
///
/// # Errors
/// [`DensityError::Factor`] when `B` is zero, empty or not finite.
///
/// # Panics
/// When the slices do not fit `d`.
pub fn factor_forward(d: usize, b: &[C64], rho: &mut [C64]) -> Result<f64, DensityError> {
    assert!(
        d > 0 && b.len().is_multiple_of(d) && rho.len() == d * d,
        "factor_forward: slices do not fit dimension {d}"
    );
    let (down, trace) = factor_scale(b).ok_or(DensityError::Factor)?;
    match d {
        4 => factor::forward::<4>(b, down, trace, rho),
        8 => factor::forward::<8>(b, down, trace, rho),
        9 => factor::forward::<9>(b, down, trace, rho),
        16 => factor::forward::<16>(b, down, trace, rho),
        _ => factor::forward_any(d, b, down, trace, rho),
    }
    Ok(trace / (down * down))
}

/// Adjoint of [`factor_forward`]: from `d_rho` (`dL = sum Re(conj(d_rho) drho)`) to `d_b` in the
/// same convention, `d_B = 2 B (G - tr(G rho) I) / tr(B^H B)` with `G` the Hermitian part.
///
/// `d_b` is overwritten and has the length of `b`.
///
/// # Errors
/// [`DensityError::Factor`] when `B` is zero, empty or not finite.
///
/// # Panics
/// When the slices do not fit `d`.
pub fn factor_backward(d: usize, b: &[C64], rho: &[C64], d_rho: &[C64], d_b: &mut [C64]) -> Result<(), DensityError> {
    assert!(
        d > 0 && b.len().is_multiple_of(d) && b.len() == d_b.len() && rho.len() == d * d,
        "factor_backward: slices do not fit dimension {d}"
    );
    assert_eq!(d_rho.len(), d * d, "factor_backward: d_rho does not fit dimension {d}");
    let (down, trace) = factor_scale(b).ok_or(DensityError::Factor)?;
    let gamma = factor::inner(d_rho, rho);
    let scale = 2.0 / trace * down;
    match d {
        4 => factor::backward::<4>(b, down, gamma, d_rho, scale, d_b),
        8 => factor::backward::<8>(b, down, gamma, d_rho, scale, d_b),
        9 => factor::backward::<9>(b, down, gamma, d_rho, scale, d_b),
        16 => factor::backward::<16>(b, down, gamma, d_rho, scale, d_b),
        _ => factor::backward_any(d, b, down, gamma, d_rho, scale, d_b),
    }
    Ok(())
}

/// A scale that brings the entries of `B` near one, and the trace of the scaled `B^H B`.
fn factor_scale(b: &[C64]) -> Option<(f64, f64)> {
    let sum = factor::inner(b, b);
    if (1e-180..=1e200).contains(&sum) {
        return Some((1.0, sum)); // and every entry below 1e100, the largest above 1e-100
    }
    let mut top = 0.0_f64;
    for z in b {
        if !z.is_finite() {
            return None;
        }
        top = top.max(z.re.abs()).max(z.im.abs());
    }
    if top == 0.0 {
        return None;
    }
    let down = if (1e-100..=1e100).contains(&top) {
        1.0
    } else {
        2.0_f64.powi(-(top.log2().floor().clamp(-1000.0, 1000.0) as i32))
    };
    Some((down, b.iter().map(|z| (z * down).norm_sqr()).sum()))
}
