//! Hermitian operators as real numbers: `d^2` a system, in which traces are plain sums of products.
//!
//! An operator `M` has the coordinates `M_rr` and, for `r < c`, the real and imaginary part of `M_rc`, in the order of the
//! upper triangle. A state has the traces with the operators that belong to them: `rho_rr`, `rho_rc + rho_cr` and
//! `i (rho_cr - rho_rc)`, system by system. So `tr(rho M (x) ..) = sum R_{m n ..} M_m ..` with a quarter of the
//! multiplications of complex matrices.

use super::super::C64;

/// Coordinates of the Hermitian part of an operator.
#[inline]
pub(super) fn operator(d: usize, m: &[C64], out: &mut [f64]) {
    if d == 2 {
        return operator_of(2, &m[..4], &mut out[..4]);
    }
    operator_of(d, m, out);
}

#[inline(always)]
fn operator_of(d: usize, m: &[C64], out: &mut [f64]) {
    let mut k = 0;
    for r in 0..d {
        out[k] = m[r * d + r].re;
        k += 1;
        for c in r + 1..d {
            let (u, v) = (m[r * d + c], m[c * d + r]);
            out[k] = 0.5 * (u.re + v.re);
            out[k + 1] = 0.5 * (u.im - v.im);
            k += 2;
        }
    }
}

/// Adjoint of [`operator`].
#[inline]
pub(super) fn operator_adjoint(d: usize, g: &[f64], out: &mut [C64]) {
    if d == 2 {
        return operator_adjoint_of(2, &g[..4], &mut out[..4]);
    }
    operator_adjoint_of(d, g, out);
}

#[inline(always)]
fn operator_adjoint_of(d: usize, g: &[f64], out: &mut [C64]) {
    let mut k = 0;
    for r in 0..d {
        out[r * d + r] = C64::new(g[k], 0.0);
        k += 1;
        for c in r + 1..d {
            let z = C64::new(0.5 * g[k], 0.5 * g[k + 1]);
            out[r * d + c] = z;
            out[c * d + r] = z.conj();
            k += 2;
        }
    }
}

/// Room for one block of each system but the last.
#[derive(Debug, Clone)]
pub(super) struct Blocks(Vec<Vec<C64>>);

impl Blocks {
    /// `rest[k]` is the dimension of the systems from `k` on.
    pub fn new(rest: &[usize]) -> Self {
        let inner = rest.iter().skip(1).filter(|&&rest| rest > 1);
        Blocks(inner.map(|rest| vec![C64::ZERO; rest * rest]).collect())
    }

    /// Coordinates of a state, first system slowest; of a matrix that is not Hermitian those of the real part of every trace.
    pub fn state(&mut self, dims: &[usize], rho: &[C64], out: &mut [f64]) {
        state(dims, rho, &mut self.0, out);
    }

    /// Adjoint of [`Blocks::state`].
    pub fn state_adjoint(&mut self, dims: &[usize], g: &[f64], out: &mut [C64]) {
        state_adjoint(dims, g, &mut self.0, out);
    }
}

fn state(dims: &[usize], rho: &[C64], blocks: &mut [Vec<C64>], out: &mut [f64]) {
    let Some((&d, dims)) = dims.split_first() else {
        return;
    };
    let Some((block, blocks)) = blocks.split_first_mut().filter(|_| !dims.is_empty()) else {
        return match d {
            2 => last(2, &rho[..4], &mut out[..4]),
            _ => last(d, rho, out),
        };
    };
    let rest: usize = dims.iter().product();
    match (d, rest) {
        (2, 2) => {
            let inner = |block: &[C64], out: &mut [f64]| last(2, &block[..4], &mut out[..4]);
            turn(2, 2, &rho[..16], &mut block[..4], &mut out[..16], inner);
        }
        _ => {
            let inner = |block: &[C64], out: &mut [f64]| state(dims, block, blocks, out);
            turn(d, rest, rho, block, out, inner);
        }
    }
}

#[inline(always)]
fn last(d: usize, rho: &[C64], out: &mut [f64]) {
    let mut k = 0;
    for r in 0..d {
        out[k] = rho[r * d + r].re;
        k += 1;
        for c in r + 1..d {
            let (u, v) = (rho[r * d + c], rho[c * d + r]);
            out[k] = u.re + v.re;
            out[k + 1] = u.im - v.im;
            k += 2;
        }
    }
}

/// Hands on the matrix that each coordinate of the first system leaves for the others.
#[inline(always)]
fn turn(
    d: usize,
    rest: usize,
    rho: &[C64],
    block: &mut [C64],
    out: &mut [f64],
    mut inner: impl FnMut(&[C64], &mut [f64]),
) {
    let at = |r: usize, c: usize, s: usize| ((r * rest + s) * d + c) * rest;
    let mut out = out.chunks_exact_mut(rest * rest);
    for r in 0..d {
        for s in 0..rest {
            for t in 0..rest {
                block[s * rest + t] = rho[at(r, r, s) + t];
            }
        }
        if let Some(out) = out.next() {
            inner(block, out);
        }
        for c in r + 1..d {
            for s in 0..rest {
                for t in 0..rest {
                    block[s * rest + t] = rho[at(r, c, s) + t] + rho[at(c, r, s) + t];
                }
            }
            if let Some(out) = out.next() {
                inner(block, out);
            }
            for s in 0..rest {
                for t in 0..rest {
                    let (u, v) = (rho[at(r, c, s) + t], rho[at(c, r, s) + t]);
                    block[s * rest + t] = C64::new(u.im - v.im, v.re - u.re); // i (v - u)
                }
            }
            if let Some(out) = out.next() {
                inner(block, out);
            }
        }
    }
}

fn state_adjoint(dims: &[usize], g: &[f64], blocks: &mut [Vec<C64>], out: &mut [C64]) {
    let Some((&d, dims)) = dims.split_first() else {
        return;
    };
    let Some((block, blocks)) = blocks.split_first_mut().filter(|_| !dims.is_empty()) else {
        return match d {
            2 => last_adjoint(2, &g[..4], &mut out[..4]),
            _ => last_adjoint(d, g, out),
        };
    };
    let rest: usize = dims.iter().product();
    match (d, rest) {
        (2, 2) => {
            let inner = |g: &[f64], block: &mut [C64]| last_adjoint(2, &g[..4], &mut block[..4]);
            turn_adjoint(2, 2, &g[..16], &mut block[..4], &mut out[..16], inner);
        }
        _ => {
            let inner = |g: &[f64], block: &mut [C64]| state_adjoint(dims, g, blocks, block);
            turn_adjoint(d, rest, g, block, out, inner);
        }
    }
}

#[inline(always)]
fn last_adjoint(d: usize, g: &[f64], out: &mut [C64]) {
    let mut k = 0;
    for r in 0..d {
        out[r * d + r] = C64::new(g[k], 0.0);
        k += 1;
        for c in r + 1..d {
            let z = C64::new(g[k], g[k + 1]);
            out[r * d + c] = z;
            out[c * d + r] = z.conj();
            k += 2;
        }
    }
}

/// Adjoint of [`turn`].
#[inline(always)]
fn turn_adjoint(
    d: usize,
    rest: usize,
    g: &[f64],
    block: &mut [C64],
    out: &mut [C64],
    mut inner: impl FnMut(&[f64], &mut [C64]),
) {
    let at = |r: usize, c: usize, s: usize| ((r * rest + s) * d + c) * rest;
    let mut g = g.chunks_exact(rest * rest);
    for r in 0..d {
        if let Some(g) = g.next() {
            inner(g, block);
        }
        for s in 0..rest {
            for t in 0..rest {
                out[at(r, r, s) + t] = block[s * rest + t];
            }
        }
        for c in r + 1..d {
            if let Some(g) = g.next() {
                inner(g, block);
            }
            for s in 0..rest {
                for t in 0..rest {
                    let z = block[s * rest + t];
                    out[at(r, c, s) + t] = z;
                    out[at(c, r, s) + t] = z;
                }
            }
            if let Some(g) = g.next() {
                inner(g, block);
            }
            for s in 0..rest {
                for t in 0..rest {
                    let z = block[s * rest + t];
                    let turned = C64::new(-z.im, z.re); // i z
                    out[at(r, c, s) + t] += turned;
                    out[at(c, r, s) + t] -= turned;
                }
            }
        }
    }
}
