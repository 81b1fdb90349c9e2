//! Plain loops over fixed lanes, compiled for the widest vectors of the machine.
//!
//! Every sum has a fixed order, and every fused multiplication is written as one (`mul_add`): the bits are the same
//! whatever vector width the processor offers, and on one without fused instructions, which is slow.

/// Samples that are computed side by side; arrays are `[feature][LANES]`.
pub const LANES: usize = 64;

/// Runs `f` compiled for the widest vectors of this machine. What `f` calls must be `#[inline(always)]`: a closure handed
/// to an iterator (`for_each`, `map`) need not be, and calls a function per fused multiplication then.
#[inline(always)]
pub(super) fn widest<R>(f: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(f)
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
pub(super) fn gemm<const TURNED: bool>(
    [m, k, n]: [usize; 3],
    a: &[f32],
    stride: usize,
    b: &[f32],
    start: Start<'_>,
    c: &mut [f32],
) {
    let shape = Shape { m, k, n, stride };
    let mut column = 0;
    while column + 16 <= n {
        strip::<4, 16, TURNED>(shape, column, a, b, start, c);
        column += 16;
    }
    while column + 8 <= n {
        strip::<8, 8, TURNED>(shape, column, a, b, start, c);
        column += 8;
    }
}

#[derive(Clone, Copy)]
struct Shape {
    m: usize,
    k: usize,
    n: usize,
    stride: usize,
}

/// `W` columns: tiles as tall as keep both multipliers busy, then single rows.
#[inline(always)]
fn strip<const R: usize, const W: usize, const TURNED: bool>(
    shape: Shape,
    column: usize,
    a: &[f32],
    b: &[f32],
    start: Start<'_>,
    c: &mut [f32],
) {
    let mut row = 0;
    while row + R <= shape.m {
        tile::<R, W, TURNED>(shape, row, column, a, b, start, c);
        row += R;
    }
    while row < shape.m {
        tile::<1, W, TURNED>(shape, row, column, a, b, start, c);
        row += 1;
    }
}

/// An `R x W` tile of `c`, held in registers over the whole sum.
#[inline(always)]
fn tile<const R: usize, const W: usize, const TURNED: bool>(
    Shape { k, n, stride, .. }: Shape,
    row: usize,
    column: usize,
    a: &[f32],
    b: &[f32],
    start: Start<'_>,
    c: &mut [f32],
) {
    let mut sums = [[0.0_f32; W]; R];
    if let Start::Row(start) = start
        && let Some(start) = start[column..].first_chunk::<W>()
    {
        sums = [*start; R];
    }
    let lines = b.get(column..).unwrap_or(&[]).chunks(n).take(k);
    if TURNED {
        for (line, weights) in lines.zip(a[row..].chunks(stride)) {
            let (Some(x), Some(w)) = (line.first_chunk::<W>(), weights.first_chunk::<R>()) else {
                return;
            };
            for r in 0..R {
                for l in 0..W {
                    sums[r][l] = w[r].mul_add(x[l], sums[r][l]);
                }
            }
        }
    } else {
        // the rows of `a`, side by side: one bound check for all
        let mut rows = [&a[..k]; R];
        for (r, weights) in rows.iter_mut().enumerate() {
            *weights = &a[(row + r) * stride..][..k];
        }
        for (j, line) in lines.enumerate() {
            let Some(x) = line.first_chunk::<W>() else {
                return;
            };
            for r in 0..R {
                let w = rows[r][j];
                for l in 0..W {
                    sums[r][l] = w.mul_add(x[l], sums[r][l]);
                }
            }
        }
    }
    for (r, sum) in sums.iter().enumerate() {
        c[(row + r) * n + column..][..W].copy_from_slice(sum);
    }
}

/// `y[c][r] = x[r][c]`, rows of `x` and `y` so far apart as given.
#[inline(always)]
pub(super) fn turn(columns: usize, x: &[f32], x_stride: usize, y: &mut [f32], y_stride: usize) {
    for (r, row) in x.chunks_exact(x_stride).enumerate() {
        for (x, line) in row[..columns].iter().zip(y.chunks_mut(y_stride)) {
            line[r] = *x;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tanh_and_exp_are_close_to_the_truth() {
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
        }
    }

    #[test]
    fn products_agree_with_the_definition() {
        for [m, k, n] in [[1, 1, 8], [5, 3, 24], [64, 33, 32], [8, 2, 16]] {
            let a: Vec<f32> = (0..m * k).map(|i| (i as f32 * 0.37).sin()).collect();
            let b: Vec<f32> = (0..k * n).map(|i| (i as f32 * 0.73).cos()).collect();
            let bias: Vec<f32> = (0..n).map(|i| i as f32).collect();
            let mut turned = vec![0.0; m * k];
            turn(k, &a, k, &mut turned, m);
            let (mut c, mut d) = (vec![7.0; m * n], vec![7.0; m * n]);
            widest(|| gemm::<false>([m, k, n], &a, k, &b, Start::Row(&bias), &mut c));
            widest(|| gemm::<true>([m, k, n], &turned, m, &b, Start::Zero, &mut d));
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
