//! The state of a factor, `B^H B` normalised, and its adjoint: for joint dimensions known to the compiler with real and
//! imaginary parts apart, which fill its vectors.

use super::super::C64;
use crate::simd::widest;

type Square<const D: usize> = [[f64; D]; D];

#[inline(always)]
fn split<const D: usize>(row: &[C64], scale: f64) -> [[f64; D]; 2] {
    let (mut re, mut im) = ([0.0; D], [0.0; D]);
    for (k, z) in row.iter().take(D).enumerate() {
        (re[k], im[k]) = (z.re * scale, z.im * scale);
    }
    [re, im]
}

/// `Re tr(A^H B)`; four sums side by side.
pub(super) fn inner(a: &[C64], b: &[C64]) -> f64 {
    let mut sums = [0.0; 4];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a.re * b.re + a.im * b.im;
        }
    }
    let rest = a_rest.iter().zip(b_rest);
    let rest: f64 = rest.map(|(a, b)| a.re * b.re + a.im * b.im).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// `rho = B^H B / trace` for rows of `D` entries, each times `down`.
pub(super) fn forward<const D: usize>(b: &[C64], down: f64, trace: f64, rho: &mut [C64]) {
    let (mut re, mut im): (Square<D>, Square<D>) = ([[0.0; D]; D], [[0.0; D]; D]);
    widest(
        #[inline(always)]
        || {
            for row in b.chunks_exact(D) {
                let [x, y] = split::<D>(row, down);
                for r in 0..D {
                    for c in 0..D {
                        re[r][c] += x[r] * x[c] + y[r] * y[c];
                        im[r][c] += x[r] * y[c] - y[r] * x[c];
                    }
                }
            }
        },
    );
    let inverse = 1.0 / trace;
    for r in 0..D {
        rho[r * D + r] = C64::new(re[r][r] * inverse, 0.0);
        for c in r + 1..D {
            let z = C64::new(re[r][c] * inverse, im[r][c] * inverse);
            rho[r * D + c] = z;
            rho[c * D + r] = z.conj();
        }
    }
}

/// [`forward`] for any dimension.
pub(super) fn forward_any(d: usize, b: &[C64], down: f64, trace: f64, rho: &mut [C64]) {
    rho.fill(C64::ZERO);
    for row in b.chunks_exact(d) {
        for (r, x) in row.iter().enumerate() {
            let left = x.conj() * down;
            for (out, y) in rho[r * d + r..(r + 1) * d].iter_mut().zip(&row[r..]) {
                *out += left * (y * down);
            }
        }
    }
    let inverse = 1.0 / trace;
    for r in 0..d {
        rho[r * d + r] = (rho[r * d + r].re * inverse).into();
        for c in r + 1..d {
            let z = rho[r * d + c] * inverse;
            rho[r * d + c] = z;
            rho[c * d + r] = z.conj();
        }
    }
}

/// `d_B = scale down B (G - gamma I)`, `G` the Hermitian part of `d_rho`.
pub(super) fn backward<const D: usize>(b: &[C64], down: f64, gamma: f64, d_rho: &[C64], scale: f64, d_b: &mut [C64]) {
    let (mut re, mut im): (Square<D>, Square<D>) = ([[0.0; D]; D], [[0.0; D]; D]);
    for r in 0..D {
        re[r][r] = d_rho[r * D + r].re - gamma;
        for c in r + 1..D {
            let (u, v) = (d_rho[r * D + c], d_rho[c * D + r]);
            re[r][c] = 0.5 * (u.re + v.re);
            re[c][r] = re[r][c];
            im[r][c] = 0.5 * (u.im - v.im);
            im[c][r] = -im[r][c];
        }
    }
    widest(
        #[inline(always)]
        || {
            for (row, out) in b.chunks_exact(D).zip(d_b.chunks_exact_mut(D)) {
                let [x, y] = split::<D>(row, down);
                let (mut to_re, mut to_im) = ([0.0; D], [0.0; D]);
                for k in 0..D {
                    for c in 0..D {
                        to_re[c] += x[k] * re[k][c] - y[k] * im[k][c];
                        to_im[c] += x[k] * im[k][c] + y[k] * re[k][c];
                    }
                }
                for (k, out) in out.iter_mut().take(D).enumerate() {
                    *out = C64::new(to_re[k] * scale, to_im[k] * scale);
                }
            }
        },
    );
}

/// [`backward`] for any dimension.
pub(super) fn backward_any(d: usize, b: &[C64], down: f64, gamma: f64, d_rho: &[C64], scale: f64, d_b: &mut [C64]) {
    for (row, out) in b.chunks_exact(d).zip(d_b.chunks_exact_mut(d)) {
        for c in 0..d {
            let mut sum = -row[c] * down * gamma;
            for k in 0..d {
                let g = (d_rho[k * d + c] + d_rho[c * d + k].conj()) * 0.5;
                sum += row[k] * down * g;
            }
            out[c] = sum * scale;
        }
    }
}
