//! Plain loops over fixed lanes, compiled for the widest vectors of the machine.
//!
//! Every sum has a fixed order, and every fused multiplication is written as one (`mul_add`): the bits are the same
//! whatever vector width the processor offers, and on one without fused instructions, which is slow.

use pulp::Simd;

/// Samples that are computed side by side; arrays are `[feature][LANES]`.
pub const LANES: usize = 64;

/// Runs `f` compiled for the widest vectors of this machine. What `f` calls must be `#[inline(always)]`: a closure handed
/// to an iterator (`for_each`, `map`) need not be, and calls a function per fused multiplication then.
#[inline(always)]
pub(super) fn widest<R>(f: impl FnMut() -> R) -> R {
    pulp::Arch::new().dispatch(Inline(f))
}

/// Calls a closure by reference: by value a closure that borrows is called through a shim of the compiler, which is not
/// inlined and knows nothing of vectors.
struct Inline<F>(F);

impl<R, F: FnMut() -> R> pulp::WithSimd for Inline<F> {
    type Output = R;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(mut self, _: S) -> R {
        (self.0)()
    }
}

/// What a product is added to.
#[derive(Clone, Copy)]
pub(super) enum Start<'a> {
    Zero,
    /// The same row for every row of the product.
    Row(&'a [f32]),
}

/// `c[m][n] = start + a b` with `b[k][n]`, row-major, `n` a multiple of 8. Rows of `a` lie `stride` apart: `m` rows of `k`
/// numbers, or, `TURNED`, `k` rows of `m`, so that no factor need be transposed. Every sum runs over `k` in order.
#[inline(always)]
pub(super) fn gemm<S: Simd, const TURNED: bool>(
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
pub(super) fn gram<S: Simd>(simd: S, [k, n]: [usize; 2], a: &[f32], c: &mut [f32]) {
    let mut product = Product::<S> {
        simd,
        m: n,
        k,
        n: n / S::F32_LANES,
        a,
        stride: n,
        b: S::as_simd_f32s(&a[..k * n]).0,
        start: None,
    };
    let c = S::as_mut_simd_f32s(&mut c[..n * n]).0;
    let mut column = 0;
    while column < product.n {
        let wide = if column + 2 <= product.n { 2 } else { 1 };
        product.m = (column + wide) * S::F32_LANES;
        if wide == 2 {
            product.strip::<6, 2, true>(column, c);
        } else {
            product.strip::<8, 1, true>(column, c);
        }
        column += wide;
    }
}

/// Fills the lower triangle of a symmetric `n x n` matrix from the upper.
pub(super) fn mirror(n: usize, a: &mut [f64]) {
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
    let vectors = n / S::F32_LANES;
    let product = Product::<S> {
        simd,
        m,
        k,
        n: vectors,
        a,
        stride,
        b: S::as_simd_f32s(&b[..k * n]).0,
        start,
    };
    let c = S::as_mut_simd_f32s(&mut c[..m * n]).0;
    let mut column = 0;
    while column + 2 <= vectors {
        product.strip::<6, 2, TURNED>(column, c);
        column += 2;
    }
    while column < vectors {
        product.strip::<8, 1, TURNED>(column, c);
        column += 1;
    }
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
    /// `W` vectors of columns: tiles of `R` rows, as many as keep both multipliers busy through their latency, then lower ones.
    #[inline(always)]
    fn strip<const R: usize, const W: usize, const TURNED: bool>(
        &self,
        column: usize,
        c: &mut [S::f32s],
    ) {
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
    #[inline(always)]
    fn tile<const R: usize, const W: usize, const TURNED: bool>(
        &self,
        row: usize,
        column: usize,
        c: &mut [S::f32s],
    ) {
        let (simd, k, stride) = (self.simd, self.k, self.stride);
        let mut sums = [[simd.splat_f32s(0.0); W]; R];
        if let Some(start) = self.start
            && let Some(start) = start[column..].first_chunk::<W>()
        {
            for r in 0..R {
                for l in 0..W {
                    sums[r][l] = start[l];
                }
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

/// `y[c][r] = x[r][c]` for `columns` columns, rows of `x` and `y` so far apart as given: in squares of eight where they fit.
#[inline(always)]
pub(super) fn turn(columns: usize, x: &[f32], x_stride: usize, y: &mut [f32], y_stride: usize) {
    let rows = x.len() / x_stride;
    let (tall, wide) = (rows / 8 * 8, columns / 8 * 8);
    for r in (0..tall).step_by(8) {
        for c in (0..wide).step_by(8) {
            let from = &x[r * x_stride + c..];
            square(from, x_stride, &mut y[c * y_stride + r..], y_stride);
        }
    }
    for (r, row) in x.chunks_exact(x_stride).enumerate() {
        let done = if r < tall { wide } else { 0 };
        let lines = y.chunks_mut(y_stride).skip(done);
        for (x, line) in row[done..columns].iter().zip(lines) {
            line[r] = *x;
        }
    }
}

/// Eight rows of eight.
#[inline(always)]
fn square(x: &[f32], x_stride: usize, y: &mut [f32], y_stride: usize) {
    let (Some(x), Some(y)) = (x.get(..7 * x_stride + 8), y.get_mut(..7 * y_stride + 8)) else {
        return;
    };
    for c in 0..8 {
        for r in 0..8 {
            y[c * y_stride + r] = x[r * x_stride + c];
        }
    }
}

/// Largest argument that `tanh` tells from 1 in single precision.
const TANH_LIMIT: f32 = 7.905_311;

/// `tanh` as a quotient of polynomials of degree 13 and 6, within 4e-7 of the truth.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    let x = x.clamp(-TANH_LIMIT, TANH_LIMIT);
    let s = x * x;
    let mut p = -2.760_768_5e-16_f32;
    for c in [
        2.000_188e-13,
        -8.604_672e-11,
        5.122_297e-8,
        1.485_722_4e-5,
        6.372_619e-4,
        4.893_524_6e-3,
    ] {
        p = p.mul_add(s, c);
    }
    let mut q = 1.198_258_4e-6_f32;
    for c in [1.185_347e-4, 2.268_434_6e-3, 4.893_525e-3] {
        q = q.mul_add(s, c);
    }
    x * p / q
}

/// `exp` in double precision for `-708 <= x <= 709` (clamped beyond), within 2e-16 relative but for rounding.
#[inline(always)]
pub(super) fn exp(x: f64) -> f64 {
    const SHIFT: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52: adding it rounds to an integer in the low bits
    let x = x.clamp(-708.0, 709.0);
    let shifted = x.mul_add(std::f64::consts::LOG2_E, SHIFT);
    let n = shifted - SHIFT;
    // ln 2 in two parts, the first exact in the product
    let r = (x - n * 6.931_471_803_691_238e-1) - n * 1.908_214_929_270_587_7e-10;
    let mut p = 1.0 / 6_227_020_800.0_f64;
    for c in [
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ] {
        p = p.mul_add(r, c);
    }
    let scale = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    p * scale
}

/// Natural logarithm of a positive normal number, within an ulp (the method of FreeBSD's `e_log.c`): the same bits with
/// every C library.
#[inline(always)]
pub(super) fn ln(x: f64) -> f64 {
    const HALF_SQRT: u64 = 0x3fe6_a09e_667f_3bcd; // bits of sqrt(1/2)
    const ONE: u64 = 0x3ff0_0000_0000_0000;
    const SHIFT: f64 = 4_503_599_627_370_496.0; // 2^52: its low bits count in ones
    let bits = x.to_bits();
    // x = 2^n m with m in [sqrt(1/2), sqrt 2)
    let biased = bits.wrapping_sub(HALF_SQRT).wrapping_add(ONE) >> 52;
    let n = f64::from_bits(SHIFT.to_bits() | biased) - (SHIFT + 1023.0);
    let m = f64::from_bits(bits.wrapping_sub(biased << 52).wrapping_add(ONE));
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let mut r = 1.479_819_860_511_658_6e-1;
    for c in [
        1.531_383_769_920_937_3e-1,
        1.818_357_216_161_805e-1,
        2.222_219_843_214_978_4e-1,
        2.857_142_874_366_239e-1,
        3.999_999_999_940_942e-1,
        6.666_666_666_666_735e-1,
    ] {
        r = f64::mul_add(r, z, c);
    }
    let half = 0.5 * f * f;
    let low = f64::mul_add(s, f64::mul_add(r, z, half), n * 1.908_214_929_270_587_7e-10);
    n * 6.931_471_803_691_238e-1 - ((half - low) - f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tanh_exp_and_ln_are_close_to_the_truth() {
        for k in -4000..=4000 {
            let x = k as f64 * 0.0025;
            let error = (f64::from(tanh(x as f32)) - f64::from(x as f32).tanh()).abs();
            assert!(error < 4e-7, "tanh({x}): {error:e}");
            let x = k as f64 * 0.175;
            let error = (exp(x) / x.exp() - 1.0).abs();
            assert!(
                error < 5e-16 * (1.0 + x.abs() / 100.0),
                "exp({x}): {error:e}"
            );
            for x in [x.exp(), 1.0 + x * 1e-4] {
                let (got, truth) = (ln(x), x.ln());
                let error = (got - truth).abs();
                assert!(error <= 3e-16 * truth.abs(), "ln({x}): {error:e}");
            }
        }
    }

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
        for [m, k, n] in [
            [1, 1, 8],
            [5, 3, 24],
            [64, 33, 32],
            [64, 32, 8],
            [11, 32, 32],
            [8, 2, 16],
        ] {
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
