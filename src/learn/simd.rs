//! Plain loops over fixed lanes, compiled for the widest vectors of the machine.
//!
//! Everything here is made of separate multiplications and additions in a fixed order, never fused and never
//! reassociated: the bits are the same whatever vector width the processor offers.

/// Samples that are computed side by side; arrays are `[feature][LANES]`.
pub const LANES: usize = 64;

/// Runs `f` compiled for the widest vectors of this machine. What `f` calls must be `#[inline(always)]`.
#[inline(always)]
pub(super) fn widest<R>(f: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(f)
}

/// `c[m][n] (+)= a[m][k] b[k][n]`, all row-major; `n` a multiple of 4.
#[inline(always)]
pub(super) fn gemm<const ADD: bool>([m, k, n]: [usize; 3], a: &[f32], b: &[f32], c: &mut [f32]) {
    let mut row = 0;
    while row + 4 <= m {
        strip::<4, ADD>(
            k,
            n,
            &a[row * k..(row + 4) * k],
            b,
            &mut c[row * n..(row + 4) * n],
        );
        row += 4;
    }
    while row < m {
        strip::<1, ADD>(
            k,
            n,
            &a[row * k..(row + 1) * k],
            b,
            &mut c[row * n..(row + 1) * n],
        );
        row += 1;
    }
}

#[inline(always)]
fn strip<const R: usize, const ADD: bool>(k: usize, n: usize, a: &[f32], b: &[f32], c: &mut [f32]) {
    let mut column = 0;
    while column + 16 <= n {
        tile::<R, 16, ADD>(k, n, column, a, b, c);
        column += 16;
    }
    while column + 4 <= n {
        tile::<R, 4, ADD>(k, n, column, a, b, c);
        column += 4;
    }
}

/// An `R x W` tile of `c`, held in registers over the whole sum.
#[inline(always)]
fn tile<const R: usize, const W: usize, const ADD: bool>(
    k: usize,
    n: usize,
    column: usize,
    a: &[f32],
    b: &[f32],
    c: &mut [f32],
) {
    let mut sums = [[0.0_f32; W]; R];
    // the rows of `a`, side by side: one bound check for all
    let mut rows = [&a[..k]; R];
    for (r, row) in rows.iter_mut().enumerate() {
        *row = &a[r * k..(r + 1) * k];
    }
    for (j, line) in b.chunks_exact(n).enumerate().take(k) {
        let Some(x) = line[column..].first_chunk::<W>() else {
            return;
        };
        for r in 0..R {
            let w = rows[r][j];
            for l in 0..W {
                sums[r][l] += w * x[l];
            }
        }
    }
    for (r, sum) in sums.iter().enumerate() {
        let out = &mut c[r * n + column..r * n + column + W];
        for l in 0..W {
            out[l] = if ADD { out[l] + sum[l] } else { sum[l] };
        }
    }
}

/// `y[c][r] = x[r][c]` with the rows of `y` padded to `stride`.
#[inline(always)]
pub(super) fn transpose(rows: usize, columns: usize, x: &[f32], stride: usize, y: &mut [f32]) {
    for r in 0..rows {
        for c in 0..columns {
            y[c * stride + r] = x[r * columns + c];
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
        p = p * s + c;
    }
    let mut q = 1.198_258_4e-6_f32;
    for c in [1.185_347e-4, 2.268_434_6e-3, 4.893_525e-3] {
        q = q * s + c;
    }
    x * p / q
}

/// `exp` in double precision for `-708 <= x <= 709` (clamped beyond), within 2e-16 relative but for rounding.
#[inline(always)]
pub(super) fn exp(x: f64) -> f64 {
    const SHIFT: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52: adding it rounds to an integer in the low bits
    let x = x.clamp(-708.0, 709.0);
    let shifted = x * std::f64::consts::LOG2_E + SHIFT;
    let n = shifted - SHIFT;
    // ln 2 in two parts, the first exact in the product
    let r = (x - n * 6.931_471_803_691_238e-1) - n * 1.908_214_929_270_587_7e-10;
    let mut p = 1.0 / 6_227_020_800.0;
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
        p = p * r + c;
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
        for [m, k, n] in [[1, 1, 4], [5, 3, 20], [32, 33, 64], [8, 2, 16]] {
            let a: Vec<f32> = (0..m * k).map(|i| (i as f32 * 0.37).sin()).collect();
            let b: Vec<f32> = (0..k * n).map(|i| (i as f32 * 0.73).cos()).collect();
            let mut c = vec![1.0; m * n];
            widest(|| gemm::<true>([m, k, n], &a, &b, &mut c));
            for r in 0..m {
                for l in 0..n {
                    let sum: f32 = (0..k).map(|j| a[r * k + j] * b[j * n + l]).sum();
                    approx::assert_abs_diff_eq!(c[r * n + l], 1.0 + sum, epsilon = 1e-4);
                }
            }
        }
    }
}
