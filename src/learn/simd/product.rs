//! Products of small matrices in single precision.

use pulp::Simd;

/// What a product is added to.
#[derive(Clone, Copy)]
pub(in crate::learn) enum Start<'a> {
    Zero,
    /// The same row for every row of the product.
    Row(&'a [f32]),
}

/// `c[m][n] = start + a b` with `b[k][n]`, row-major, `n` a multiple of 8. Rows of `a` lie `stride` apart: `m` rows of `k`
/// numbers, or, `TURNED`, `k` rows of `m`, so that no factor need be transposed. Every sum runs over `k` in order.
#[inline(always)]
pub(in crate::learn) fn gemm<S: Simd, const TURNED: bool>(
    simd: S,
    [m, k, n]: [usize; 3],
    a: &[f32],
    stride: usize,
    b: &[f32],
    start: Start<'_>,
    c: &mut [f32],
) {
    // known strides need no arithmetic: networks of 32 wide layers and 8 outputs are the common ones
    match [k, stride, n] {
        [32, 32, 32] => product::<S, TURNED>(simd, [m, 32, 32], a, 32, b, start, c),
        [32, 32, 8] => product::<S, TURNED>(simd, [m, 32, 8], a, 32, b, start, c),
        [1, 1, 32] => product::<S, TURNED>(simd, [m, 1, 32], a, 1, b, start, c),
        _ => product::<S, TURNED>(simd, [m, k, n], a, stride, b, start, c),
    }
}

/// `c[n][n] = a^T a` of `a[k][n]`, `n` a multiple of 8, with the sums of [`gemm`]; what lies below the squares on the diagonal is
/// left as it was, see [`mirror`].
#[inline(always)]
pub(in crate::learn) fn gram<S: Simd>(simd: S, [k, n]: [usize; 2], a: &[f32], c: &mut [f32]) {
    let product = Product::<S> {
        simd,
        m: n,
        k,
        n: n / S::F32_LANES,
        a,
        stride: n,
        b: S::as_simd_f32s(&a[..k * n]).0,
        start: None,
    };
    product.columns::<true, true>(S::as_mut_simd_f32s(&mut c[..n * n]).0);
}

/// Fills the lower triangle of a symmetric `n x n` matrix from the upper.
pub(in crate::learn) fn mirror(n: usize, a: &mut [f64]) {
    for i in 0..n {
        for j in 0..i {
            a[i * n + j] = a[j * n + i];
        }
    }
}

#[inline(always)]
fn product<S: Simd, const TURNED: bool>(
    simd: S,
    [m, k, n]: [usize; 3],
    a: &[f32],
    stride: usize,
    b: &[f32],
    start: Start<'_>,
    c: &mut [f32],
) {
    assert!(n.is_multiple_of(S::F32_LANES), "{n} columns in vectors");
    let start = match start {
        Start::Zero => None,
        Start::Row(row) => Some(S::as_simd_f32s(row).0),
    };
    let product = Product::<S> { simd, m, k, n: n / S::F32_LANES, a, stride, b: S::as_simd_f32s(&b[..k * n]).0, start };
    product.columns::<TURNED, false>(S::as_mut_simd_f32s(&mut c[..m * n]).0);
}

/// The factors of a product, `b` in vectors.
struct Product<'a, S: Simd> {
    simd: S,
    m: usize,
    k: usize,
    /// Vectors of a row of `b`.
    n: usize,
    a: &'a [f32],
    stride: usize,
    b: &'a [S::f32s],
    start: Option<&'a [S::f32s]>,
}

impl<S: Simd> Product<'_, S> {
    /// All columns, two vectors at a time; of a square product only down to the diagonal if it is to be `UPPER`.
    #[inline(always)]
    fn columns<const TURNED: bool, const UPPER: bool>(mut self, c: &mut [S::f32s]) {
        let mut column = 0;
        while column < self.n {
            let wide = if column + 2 <= self.n { 2 } else { 1 };
            if UPPER {
                self.m = (column + wide) * S::F32_LANES;
            }
            if wide == 2 {
                self.strip::<6, 2, TURNED>(column, c);
            } else {
                self.strip::<8, 1, TURNED>(column, c);
            }
            column += wide;
        }
    }

    /// `W` vectors of columns: tiles of `R` rows, as many as keep both multipliers busy through their latency, then lower ones.
    #[inline(always)]
    fn strip<const R: usize, const W: usize, const TURNED: bool>(&self, column: usize, c: &mut [S::f32s]) {
        let mut row = 0;
        while row + R == self.m || row + R + 4 <= self.m {
            self.tile::<R, W, TURNED>(row, column, c);
            row += R;
        }
        while row + 4 <= self.m {
            self.tile::<4, W, TURNED>(row, column, c);
            row += 4;
        }
        while row < self.m {
            self.tile::<1, W, TURNED>(row, column, c);
            row += 1;
        }
    }

    /// `R` rows and `W` vectors of columns of `c`, held in registers over the whole sum.
    #[expect(clippy::needless_range_loop, reason = "rows and columns of several arrays advance together")]
    #[inline(always)]
    fn tile<const R: usize, const W: usize, const TURNED: bool>(&self, row: usize, column: usize, c: &mut [S::f32s]) {
        let (simd, k, stride) = (self.simd, self.k, self.stride);
        let mut sums = [[simd.splat_f32s(0.0); W]; R];
        if let Some(start) = self.start
            && let Some(start) = start[column..].first_chunk::<W>()
        {
            for sum in sums.iter_mut() {
                *sum = *start;
            }
        }
        // the rows of `a`, side by side: one bound check for all
        let mut rows = [&self.a[..0]; R];
        if !TURNED {
            for (r, weights) in rows.iter_mut().enumerate() {
                *weights = &self.a[(row + r) * stride..][..k];
            }
        }
        let (mut line, mut weights) = (&self.b[column..], &self.a[row..]);
        for j in 0..k {
            let Some(x) = line.first_chunk::<W>() else {
                return;
            };
            let mut w = [0.0; R];
            if TURNED {
                let Some(turned) = weights.first_chunk::<R>() else {
                    return;
                };
                w = *turned;
                weights = weights.get(stride..).unwrap_or(&[]);
            } else {
                for r in 0..R {
                    w[r] = rows[r][j];
                }
            }
            for r in 0..R {
                let w = simd.splat_f32s(w[r]);
                for l in 0..W {
                    sums[r][l] = simd.mul_add_f32s(w, x[l], sums[r][l]);
                }
            }
            line = line.get(self.n..).unwrap_or(&[]);
        }
        for (r, sum) in sums.iter().enumerate() {
            c[(row + r) * self.n + column..][..W].copy_from_slice(sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::turn;
    use super::*;

    struct Gemm<'a>(&'a [f32], usize, &'a [f32], Start<'a>, &'a mut [f32]);
    struct InOrder<'a>(Gemm<'a>, [usize; 3]);
    struct Turned<'a>(Gemm<'a>, [usize; 3]);

    impl pulp::WithSimd for InOrder<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let Gemm(a, stride, b, start, c) = self.0;
            gemm::<S, false>(simd, self.1, a, stride, b, start, c);
        }
    }

    impl pulp::WithSimd for Turned<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let Gemm(a, stride, b, start, c) = self.0;
            gemm::<S, true>(simd, self.1, a, stride, b, start, c);
        }
    }

    #[test]
    fn products_agree_with_the_definition() {
        for [m, k, n] in [[1, 1, 8], [5, 3, 24], [64, 33, 32], [64, 32, 8], [11, 32, 32], [8, 2, 16]] {
            let a: Vec<f32> = (0..m * k).map(|i| (i as f32 * 0.37).sin()).collect();
            let b: Vec<f32> = (0..k * n).map(|i| (i as f32 * 0.73).cos()).collect();
            let bias: Vec<f32> = (0..n).map(|i| i as f32).collect();
            let mut turned = vec![0.0; m * k];
            turn(k, &a, k, &mut turned, m);
            assert!((0..m * k).all(|i| turned[i % k * m + i / k] == a[i]));
            let (mut c, mut d) = (vec![7.0; m * n], vec![7.0; m * n]);
            let straight = Gemm(&a, k, &b, Start::Row(&bias), &mut c);
            pulp::Arch::new().dispatch(InOrder(straight, [m, k, n]));
            let turned = Gemm(&turned, m, &b, Start::Zero, &mut d);
            pulp::Arch::new().dispatch(Turned(turned, [m, k, n]));
            for r in 0..m {
                for l in 0..n {
                    let sum: f32 = (0..k).map(|j| a[r * k + j] * b[j * n + l]).sum();
                    approx::assert_abs_diff_eq!(c[r * n + l], bias[l] + sum, epsilon = 1e-4);
                    approx::assert_abs_diff_eq!(d[r * n + l], sum, epsilon = 1e-4);
                }
            }
        }
    }
}
