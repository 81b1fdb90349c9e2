//! Eigen-decomposition of Hermitian matrices, one function for every size.
//!
//! d = 1 and d = 2 are closed forms, small d is cyclic Jacobi, and larger d goes to a dense
//! tridiagonal solver; the sizes at which they change were measured (see `benches/softmax.rs`).

use faer::diag::DiagMut;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::{MatMut, MatRef, Par};

use super::C64;

/// From this dimension on the dense solver is faster than Jacobi.
pub const DENSE_FROM: usize = 8;

/// Sweeps after which Jacobi stops whatever is left; six or seven suffice in practice.
pub(super) const MAX_SWEEPS: usize = 40;

/// Workspace of [`eigh`] for one dimension, allocated once.
pub struct EighScratch {
    dim: usize,
    a: Vec<C64>,
    diagonal: Vec<C64>,
    order: Vec<usize>,
    values: Vec<f64>,
    dense: Option<MemBuffer>,
}

impl std::fmt::Debug for EighScratch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EighScratch").field("dim", &self.dim).finish()
    }
}

impl EighScratch {
    /// Workspace for `d x d` matrices.
    pub fn new(d: usize) -> Self {
        let dense = (d >= DENSE_FROM).then(|| {
            MemBuffer::new(self_adjoint_evd_scratch::<C64>(d, ComputeEigenvectors::Yes, Par::Seq, Default::default()))
        });
        Self {
            dim: d,
            a: vec![C64::ZERO; d * d],
            diagonal: vec![C64::ZERO; d],
            order: (0..d).collect(),
            values: vec![0.0; d],
            dense,
        }
    }
}

/// Eigenvalues in ascending order and orthonormal eigenvectors of a Hermitian matrix.
///
/// `A = V diag(values) V^H`. `a` is `d x d` row-major and only its diagonal's real part and its
/// lower triangle are read; `values` has length `d`; `vectors` is `d x d` row-major with the
/// eigenvectors as **columns**. Any finite input is accepted: entries are scaled by a power of
/// two where squares would leave the range. Entries that are not finite give values that are
/// not finite. The backward error is a few units in the last place of the norm; for d = 2 and
/// the Jacobi sizes graded matrices keep the relative accuracy of their small eigenvalues.
///
/// # Panics
/// When a slice or the workspace has the wrong size.
///
/// ```
/// use bellwether::quantum::{C64, hermitian::{EighScratch, eigh}};
/// let y = [C64::ZERO, C64::new(0.0, -1.0), C64::new(0.0, 1.0), C64::ZERO];
/// let (mut values, mut vectors) = ([0.0; 2], [C64::ZERO; 4]);
/// eigh(2, &y, &mut values, &mut vectors, &mut EighScratch::new(2));
/// assert_eq!(values, [-1.0, 1.0]);
/// ```
pub fn eigh(d: usize, a: &[C64], values: &mut [f64], vectors: &mut [C64], scratch: &mut EighScratch) {
    assert!(
        a.len() == d * d && vectors.len() == d * d && values.len() == d && scratch.dim == d,
        "eigh: slices do not fit dimension {d}"
    );
    match d {
        0 => {}
        1 => {
            values[0] = a[0].re;
            vectors[0] = C64::ONE;
        }
        2 => {
            let [low, high, v00, v01, v10, v11] = eigh2(a[0].re, a[2].conj(), a[3].re);
            values[0] = low.re;
            values[1] = high.re;
            vectors.copy_from_slice(&[v00, v01, v10, v11]);
        }
        _ => eigh_large(d, a, values, vectors, scratch),
    }
}

/// [`eigh`] by the dense solver whatever the size: the other opinion when the small kernels are judged.
pub(crate) fn eigh_dense(d: usize, a: &[C64], values: &mut [f64], vectors: &mut [C64]) {
    let mut scratch = EighScratch::new(d);
    scratch.dense = Some(MemBuffer::new(self_adjoint_evd_scratch::<C64>(
        d,
        ComputeEigenvectors::Yes,
        Par::Seq,
        Default::default(),
    )));
    eigh_large(d, a, values, vectors, &mut scratch);
}

/// Closed form for `[[a, b], [b*, c]]`: low value, high value, then the vectors row-major.
///
/// Written as one Jacobi rotation: `lambda = a + t|b|, c - t|b|` with `t = tan` of the rotation
/// angle, which has no cancellation for graded matrices (mean minus radius would).
#[inline]
fn eigh2(a: f64, b: C64, c: f64) -> [C64; 6] {
    // Squares inside sqrt must neither overflow nor vanish.
    let top = a.abs().max(c.abs()).max(b.re.abs()).max(b.im.abs());
    if !(1e-145..=1e145).contains(&top) && top != 0.0 && top.is_finite() {
        let (down, up) = range_scale(top);
        let mut out = eigh2_in_range(a * down, b * down, c * down);
        out[0] *= up;
        out[1] *= up;
        return out;
    }
    eigh2_in_range(a, b, c)
}

#[inline]
fn eigh2_in_range(a: f64, b: C64, c: f64) -> [C64; 6] {
    let mut off = (b.re * b.re + b.im * b.im).sqrt();
    let delta = 0.5 * (a - c);
    let mut radius = (delta * delta + off * off).sqrt();
    if off < 1e-145 {
        // The squares may have underflowed; hypot is slow but never wrong.
        off = b.re.hypot(b.im);
        radius = delta.hypot(off);
    }
    if off == 0.0 {
        let (zero, one) = (C64::ZERO, C64::ONE);
        return if a <= c {
            [a.into(), c.into(), one, zero, zero, one]
        } else {
            [c.into(), a.into(), zero, one, one, zero]
        };
    }
    let phase = C64::new(b.re / off, b.im / off);
    let t = off / (delta.abs() + radius);
    let cos = 1.0 / (1.0 + t * t).sqrt();
    let sin = t * cos;
    if delta >= 0.0 {
        [(c - t * off).into(), (a + t * off).into(), -phase * sin, cos.into(), cos.into(), phase.conj() * sin]
    } else {
        [(a - t * off).into(), (c + t * off).into(), cos.into(), phase * sin, -phase.conj() * sin, cos.into()]
    }
}

/// Powers of two that bring `top` near one, and back.
fn range_scale(top: f64) -> (f64, f64) {
    // Two steps keep both factors finite for subnormal and for near-maximal `top`.
    let exponent = top.log2().floor().clamp(-1000.0, 1000.0) as i32;
    (2.0_f64.powi(-exponent), 2.0_f64.powi(exponent))
}

fn eigh_large(d: usize, a: &[C64], values: &mut [f64], vectors: &mut [C64], scratch: &mut EighScratch) {
    let mut top = 0.0_f64;
    for r in 0..d {
        for c in 0..=r {
            let z = a[r * d + c];
            top = top.max(z.re.abs()).max(z.im.abs());
            if !z.is_finite() {
                values.fill(f64::NAN);
                vectors.fill(C64::new(f64::NAN, f64::NAN));
                return;
            }
        }
    }
    let (down, up) = if top == 0.0 || (1e-70..=1e70).contains(&top) { (1.0, 1.0) } else { range_scale(top) };
    for r in 0..d {
        for c in 0..r {
            let z = a[r * d + c] * down;
            scratch.a[r * d + c] = z;
            scratch.a[c * d + r] = z.conj();
        }
        scratch.a[r * d + r] = (a[r * d + r].re * down).into();
    }
    let solved = match &mut scratch.dense {
        Some(buffer) => {
            let work = MatRef::from_row_major_slice(&scratch.a, d, d);
            let out = MatMut::from_row_major_slice_mut(vectors, d, d);
            let diagonal = DiagMut::from_slice_mut(&mut scratch.diagonal);
            let stack = MemStack::new(buffer);
            self_adjoint_evd(work, diagonal, Some(out), Par::Seq, stack, Default::default()).is_ok()
        }
        None => false,
    };
    if solved {
        for (value, z) in values.iter_mut().zip(&scratch.diagonal) {
            *value = z.re * up;
        }
        return;
    }
    // Small d, or the (never seen) case that the dense solver did not converge.
    // The small sizes get loops whose length the compiler knows.
    match d {
        3 => jacobi(3, &mut scratch.a[..9], &mut vectors[..9]),
        4 => jacobi(4, &mut scratch.a[..16], &mut vectors[..16]),
        _ => jacobi(d, &mut scratch.a, vectors),
    }
    sort_columns(d, up, values, vectors, scratch);
}

/// Cyclic Jacobi: diagonalises `a` in place and writes the accumulated rotations to `v`.
#[inline(always)]
fn jacobi(d: usize, a: &mut [C64], v: &mut [C64]) {
    v.fill(C64::ZERO);
    for k in 0..d {
        v[k * d + k] = C64::ONE;
    }
    for _ in 0..MAX_SWEEPS {
        let mut rotated = false;
        for p in 0..d {
            for q in p + 1..d {
                let (app, aqq) = (a[p * d + p].re, a[q * d + q].re);
                let b = a[p * d + q];
                let square = b.norm_sqr();
                // Relative to the two diagonal entries, so that graded matrices stay accurate.
                if square <= (NEGLIGIBLE * app).abs() * (NEGLIGIBLE * aqq).abs() || square == 0.0 {
                    continue;
                }
                rotated = true;
                let delta = 0.5 * (app - aqq);
                let (off, radius) = if square < TINY_SQUARE {
                    // The squares have lost digits to underflow, and with them the rotation its length.
                    let off = b.re.hypot(b.im);
                    (off, delta.hypot(off))
                } else {
                    (square.sqrt(), (delta * delta + square).sqrt())
                };
                let t = off.copysign(delta) / (delta.abs() + radius);
                let cos = 1.0 / (1.0 + t * t).sqrt();
                let sin = C64::new(b.re / off, b.im / off) * (t * cos);
                for k in 0..d {
                    let (x, y) = (a[k * d + p], a[k * d + q]);
                    let (x, y) = (x * cos + y * sin.conj(), y * cos - x * sin);
                    a[k * d + p] = x;
                    a[k * d + q] = y;
                    a[p * d + k] = x.conj();
                    a[q * d + k] = y.conj();
                    let (x, y) = (v[k * d + p], v[k * d + q]);
                    v[k * d + p] = x * cos + y * sin.conj();
                    v[k * d + q] = y * cos - x * sin;
                }
                a[p * d + p] = (app + t * off).into();
                a[q * d + q] = (aqq - t * off).into();
                a[p * d + q] = C64::ZERO;
                a[q * d + p] = C64::ZERO;
            }
        }
        if !rotated {
            break;
        }
    }
}

/// Off-diagonal entries below this fraction of the geometric mean of their diagonal move no
/// eigenvalue and no eigenvector by a unit in the last place.
pub(super) const NEGLIGIBLE: f64 = 1e-17;

/// Below this a sum of squares may be subnormal in part.
pub(super) const TINY_SQUARE: f64 = 1e-280;

/// Reads the diagonal of the rotated matrix in ascending order and sorts the columns alike.
fn sort_columns(d: usize, up: f64, values: &mut [f64], vectors: &mut [C64], scratch: &mut EighScratch) {
    for k in 0..d {
        scratch.values[k] = scratch.a[k * d + k].re;
    }
    let diagonal = &scratch.values;
    scratch.order.sort_unstable_by(|&x, &y| diagonal[x].total_cmp(&diagonal[y]));
    scratch.a.copy_from_slice(vectors);
    for (to, &from) in scratch.order.iter().enumerate() {
        values[to] = scratch.values[from] * up;
        for row in 0..d {
            vectors[row * d + to] = scratch.a[row * d + from];
        }
    }
}
