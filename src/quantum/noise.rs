//! Imperfect preparation of a shared state: amplitude damping of every part and white noise, with the adjoint.

use super::{C64, DensityError, DensityMatrix};

/// What happens to a shared state before it is measured.
///
/// First every subsystem loses its excitations to level 0 with probability `damping` (amplitude damping, Kraus operators
/// `|0><0| + sqrt(1-g) sum_{k>0} |k><k|` and `sqrt(g) |0><k|`), then white noise is mixed in:
/// `rho -> V rho + (1 - V) I/D`. Source: the paper's Appendix F; Nielsen and Chuang, Section 8.3.5.
///
/// ```
/// use bellwether::quantum::{DensityMatrix, Noise};
/// let noise = Noise { visibility: 0.9, damping: 0.0 };
/// assert_eq!(noise.of(&DensityMatrix::bell())?, DensityMatrix::werner(0.9)?);
/// # Ok::<(), bellwether::quantum::DensityError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// Weight `V` of the state in the mixture with white noise, 0 to 1.
    pub visibility: f64,
    /// Probability `g` with which each part decays to level 0, 0 to 1.
    pub damping: f64,
}

impl Default for Noise {
    /// None.
    fn default() -> Self {
        Noise { visibility: 1.0, damping: 0.0 }
    }
}

impl Noise {
    /// Whether nothing happens.
    pub fn is_none(&self) -> bool {
        self.visibility == 1.0 && self.damping == 0.0
    }

    /// The state after the noise.
    ///
    /// # Errors
    /// As [`Noise::check`].
    pub fn of(&self, rho: &DensityMatrix) -> Result<DensityMatrix, DensityError> {
        self.check()?;
        let dims = rho.dims().to_vec();
        let mut matrix = rho.matrix().clone();
        self.apply(&dims, matrix.as_mut_slice());
        DensityMatrix::new(dims, matrix)
    }

    /// Fails unless both numbers are in `[0, 1]`.
    ///
    /// # Errors
    /// [`DensityError::Visibility`] or [`DensityError::Damping`].
    pub fn check(&self) -> Result<(), DensityError> {
        let Noise { visibility, damping } = *self;
        if !(0.0..=1.0).contains(&visibility) {
            return Err(DensityError::Visibility { visibility });
        }
        if !(0.0..=1.0).contains(&damping) {
            return Err(DensityError::Damping { damping });
        }
        Ok(())
    }

    /// Applies the noise in place to a density matrix of subsystems `dims`, row-major.
    ///
    /// # Panics
    /// When the slice does not fit the dimensions.
    pub fn apply(&self, dims: &[usize], rho: &mut [C64]) {
        let total: usize = dims.iter().product();
        assert_eq!(rho.len(), total * total, "noise: slice does not fit");
        if self.damping != 0.0 {
            let mut stride = total;
            for &d in dims {
                stride /= d;
                // |0><0| gains what the other levels lose; entries at level 0 are not scaled afterwards
                for_levels(total, stride, d, |at, r, c| {
                    if r == c && r > 0 {
                        let gain = rho[at] * self.damping;
                        rho[at - r * stride * (total + 1)] += gain;
                    }
                });
                self.shrink(total, stride, d, rho);
            }
        }
        if self.visibility != 1.0 {
            rho.iter_mut().for_each(|z| *z *= self.visibility);
            let white = (1.0 - self.visibility) / total as f64;
            (0..total).for_each(|k| rho[k * (total + 1)] += white);
        }
    }

    /// The adjoint in place: from the derivative by the noisy state to that by the state.
    ///
    /// # Panics
    /// When the slice does not fit the dimensions.
    pub fn adjoint(&self, dims: &[usize], d_rho: &mut [C64]) {
        let total: usize = dims.iter().product();
        assert_eq!(d_rho.len(), total * total, "noise: slice does not fit");
        if self.visibility != 1.0 {
            d_rho.iter_mut().for_each(|z| *z *= self.visibility);
        }
        if self.damping != 0.0 {
            let mut stride = total;
            for &d in dims {
                stride /= d;
                self.shrink(total, stride, d, d_rho);
                for_levels(total, stride, d, |at, r, c| {
                    if r == c && r > 0 {
                        let gain = d_rho[at - r * stride * (total + 1)] * self.damping;
                        d_rho[at] += gain;
                    }
                });
            }
        }
    }

    /// Coherences with level 0 shrink by `sqrt(1-g)`, everything among the other levels by `1-g`.
    fn shrink(&self, total: usize, stride: usize, d: usize, rho: &mut [C64]) {
        let left = (1.0 - self.damping).max(0.0);
        let root = left.sqrt();
        for_levels(total, stride, d, |at, r, c| match (r > 0, c > 0) {
            (true, true) => rho[at] *= left,
            (true, false) | (false, true) => rho[at] *= root,
            (false, false) => {}
        });
    }
}

/// Calls `f(position, row level, column level)` for every entry, the levels being those of one subsystem.
fn for_levels(total: usize, stride: usize, d: usize, mut f: impl FnMut(usize, usize, usize)) {
    for row in 0..total {
        for column in 0..total {
            f(row * total + column, row / stride % d, column / stride % d);
        }
    }
}
