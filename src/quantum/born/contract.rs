//! One system traced out with one measurement operator, and the adjoint.

use super::super::C64;

/// `Re tr(A B)` of two `d x d` matrices.
#[inline]
pub(super) fn trace_product(d: usize, a: &[C64], b: &[C64]) -> f64 {
    if d == 2
        && let (&[a0, a1, a2, a3], &[b0, b1, b2, b3]) = (a, b)
    {
        let re = |x: C64, y: C64| x.re * y.re - x.im * y.im;
        return (re(a0, b0) + re(a1, b2)) + (re(a2, b1) + re(a3, b3));
    }
    let mut sum = 0.0;
    for (r, row) in a.chunks_exact(d).enumerate() {
        for (c, x) in row.iter().enumerate() {
            let y = b[c * d + r];
            sum += x.re * y.re - x.im * y.im;
        }
    }
    sum
}

/// Adjoint of [`trace_product`]: `dA += dp B^H`, `dB += dp A^H`.
#[inline]
pub(super) fn trace_product_adjoint(
    d: usize,
    a: &[C64],
    b: &[C64],
    dp: f64,
    d_a: &mut [C64],
    d_b: &mut [C64],
) {
    if d == 2
        && let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (a, b)
        && let ([x0, x1, x2, x3], [y0, y1, y2, y3]) = (&mut *d_a, &mut *d_b)
    {
        *x0 += b0.conj() * dp;
        *x1 += b2.conj() * dp;
        *x2 += b1.conj() * dp;
        *x3 += b3.conj() * dp;
        *y0 += a0.conj() * dp;
        *y1 += a2.conj() * dp;
        *y2 += a1.conj() * dp;
        *y3 += a3.conj() * dp;
        return;
    }
    for r in 0..d {
        for c in 0..d {
            d_a[r * d + c] += b[c * d + r].conj() * dp;
            d_b[r * d + c] += a[c * d + r].conj() * dp;
        }
    }
}

/// Traces out the first system: `out[b, b'] = sum_{a, a'} state[(a, b), (a', b')] m[a', a]`.
#[inline]
pub(super) fn contract(d: usize, rest: usize, state: &[C64], m: &[C64], out: &mut [C64]) {
    if d == 2 && rest == 2 {
        return contract_fixed::<2, 2>(state, m, out);
    }
    if d == 2 && rest == 4 {
        return contract_fixed::<2, 4>(state, m, out);
    }
    if d == 3 && rest == 3 {
        return contract_fixed::<3, 3>(state, m, out);
    }
    if d == 4 && rest == 4 {
        return contract_fixed::<4, 4>(state, m, out);
    }
    contract_any(d, rest, state, m, out);
}

/// The same loops with sizes the compiler knows.
#[inline]
fn contract_fixed<const D: usize, const R: usize>(state: &[C64], m: &[C64], out: &mut [C64]) {
    contract_any(
        D,
        R,
        &state[..D * R * D * R],
        &m[..D * D],
        &mut out[..R * R],
    );
}

#[inline(always)]
fn contract_any(d: usize, rest: usize, state: &[C64], m: &[C64], out: &mut [C64]) {
    let width = d * rest;
    out.fill(C64::ZERO);
    for a in 0..d {
        for b in 0..rest {
            let row = &state[(a * rest + b) * width..][..width];
            let target = &mut out[b * rest..][..rest];
            for a2 in 0..d {
                let factor = m[a2 * d + a];
                for (o, x) in target.iter_mut().zip(&row[a2 * rest..][..rest]) {
                    *o += x * factor;
                }
            }
        }
    }
}

/// Adjoint of [`contract`].
#[inline]
pub(super) fn contract_adjoint(
    d: usize,
    rest: usize,
    state: &[C64],
    m: &[C64],
    d_out: &[C64],
    d_state: &mut [C64],
    d_m: &mut [C64],
) {
    if d == 2 && rest == 2 {
        return adjoint_fixed::<2, 2>(state, m, d_out, d_state, d_m);
    }
    if d == 2 && rest == 4 {
        return adjoint_fixed::<2, 4>(state, m, d_out, d_state, d_m);
    }
    if d == 3 && rest == 3 {
        return adjoint_fixed::<3, 3>(state, m, d_out, d_state, d_m);
    }
    if d == 4 && rest == 4 {
        return adjoint_fixed::<4, 4>(state, m, d_out, d_state, d_m);
    }
    adjoint_any(d, rest, state, m, d_out, d_state, d_m);
}

#[inline]
fn adjoint_fixed<const D: usize, const R: usize>(
    state: &[C64],
    m: &[C64],
    d_out: &[C64],
    d_state: &mut [C64],
    d_m: &mut [C64],
) {
    adjoint_any(
        D,
        R,
        &state[..D * R * D * R],
        &m[..D * D],
        &d_out[..R * R],
        &mut d_state[..D * R * D * R],
        &mut d_m[..D * D],
    );
}

#[inline(always)]
fn adjoint_any(
    d: usize,
    rest: usize,
    state: &[C64],
    m: &[C64],
    d_out: &[C64],
    d_state: &mut [C64],
    d_m: &mut [C64],
) {
    let width = d * rest;
    for a in 0..d {
        for a2 in 0..d {
            let factor = m[a2 * d + a].conj();
            let mut sum = C64::ZERO;
            for b in 0..rest {
                let at = (a * rest + b) * width + a2 * rest;
                let g = &d_out[b * rest..][..rest];
                let x = &state[at..][..rest];
                let target = &mut d_state[at..][..rest];
                for ((t, x), g) in target.iter_mut().zip(x).zip(g) {
                    *t += g * factor;
                    sum += x.conj() * g;
                }
            }
            d_m[a2 * d + a] += sum;
        }
    }
}
