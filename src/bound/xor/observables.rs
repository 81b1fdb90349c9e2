//! Tsirelson's construction: observables on a maximally entangled state with given correlations.

use super::vectors::Vectors;
use crate::bound::BoundError;
use crate::quantum::{C64, DensityMatrix, Matrix, Povm};
use crate::strategy::{QuantumStrategy, StrategyError};

impl Vectors<'_> {
    /// Observables `A_x = sum_i u_xi gamma_i` and `B_y = (sum_i v_yi gamma_i)^T` on a maximally entangled
    /// state: `<A_x (x) B_y> = tr(A_x B_y^T)/d = u_x . v_y` for anticommuting `gamma_i` with square 1.
    pub(super) fn strategy(&self, d: usize) -> Result<QuantumStrategy, BoundError> {
        let gammas = clifford(self.rank, d);
        let player = |vectors: &[f64], transpose: bool| -> Result<Vec<Povm>, StrategyError> {
            let povm = |w: &[f64]| -> Result<Povm, StrategyError> {
                let observable = Matrix::from_fn(d, |r, c| {
                    let (r, c) = if transpose { (c, r) } else { (r, c) };
                    w.iter().zip(&gammas).map(|(w, g)| g[(r, c)] * *w).sum()
                });
                let half = Matrix::identity(d).scale(0.5);
                let plus = half.add(&observable.scale(0.5));
                let minus = half.add(&observable.scale(-0.5));
                Ok(Povm::new(vec![plus, minus])?)
            };
            vectors.chunks_exact(self.rank).map(povm).collect()
        };
        let rho = DensityMatrix::maximally_entangled(d).map_err(StrategyError::from)?;
        let povms = vec![player(&self.u, false)?, player(&self.v, true)?];
        Ok(QuantumStrategy::new(rho, povms)?)
    }
}

/// `rank` anticommuting Hermitian matrices of dimension `d = 2^floor(rank/2)` with square 1 (Jordan and Wigner):
/// `Z..Z X 1..1`, `Z..Z Y 1..1` and, for an odd rank, `Z..Z`.
fn clifford(rank: usize, d: usize) -> Vec<Matrix> {
    let (zero, one, i) = (C64::ZERO, C64::ONE, C64::I);
    let x = Matrix::from_fn(2, |r, c| if r == c { zero } else { one });
    let y = Matrix::from_fn(2, |r, c| match (r, c) {
        (0, 1) => -i,
        (1, 0) => i,
        _ => zero,
    });
    let z = Matrix::from_fn(2, |r, c| match (r, c) {
        (0, 0) => one,
        (1, 1) => -one,
        _ => zero,
    });
    let modes = d.trailing_zeros() as usize;
    let string = |place: usize, at: &Matrix| {
        (0..modes).fold(Matrix::identity(1), |product, k| match k.cmp(&place) {
            std::cmp::Ordering::Less => product.kron(&z),
            std::cmp::Ordering::Equal => product.kron(at),
            std::cmp::Ordering::Greater => product.kron(&Matrix::identity(2)),
        })
    };
    (0..rank).map(|k| string(k / 2, if k % 2 == 0 { &x } else { &y })).collect()
}
