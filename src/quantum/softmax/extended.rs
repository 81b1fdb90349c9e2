//! Algorithm 1 and its adjoint in extended precision, for logits that double precision cannot
//! resolve. The formulas are those of the double-precision path; `S` is formed directly and
//! its condition number is paid for with bits.

use super::C64;
use super::item::{GRADIENT_TARGET, Item};
use super::mp::{Cx, Mp};

/// Sweeps after which Jacobi stops; quadratic convergence needs far fewer.
const MAX_SWEEPS: usize = 64;

/// Bound on `(m + 1) d^3 N^2`, which keeps one call near a second.
const MAX_WORK: usize = 24_000_000;

/// Bits of rounding, of bounds and of counts of terms that are never relied upon.
const RESERVE: f64 = 80.0;

/// Rows lighter than this cannot lift `S` to a condition number within the precision.
const TOO_LIGHT: f64 = -1900.0;

/// What is asked beside the measurement.
pub(super) struct Adjoint<'a> {
    pub cotangent: &'a [C64],
    pub grad: &'a mut [C64],
    /// Largest component of the cotangent.
    pub size: f64,
    pub floor: f64,
}

/// What one precision gave.
enum Attempt {
    /// Good, with the base-two logarithm of `|S^{-1/2}|`.
    Done(f64),
    /// At least this many bits are needed.
    Need(f64),
}

impl Item {
    /// Writes the measurement from extended precision; the bits used, or nothing beyond the domain.
    pub fn extended_forward(&mut self) -> Option<usize> {
        self.extended(None)
    }

    /// Writes the gradient from extended precision; `false` beyond the domain.
    pub fn extended_backward(&mut self, adjoint: Adjoint<'_>) -> bool {
        self.extended(Some(adjoint)).is_some()
    }

    fn extended(&mut self, mut adjoint: Option<Adjoint<'_>>) -> Option<usize> {
        // Fewer than d rows of any weight leave S singular at every precision on offer.
        let heavy = self.lam.iter().filter(|&&l| l > TOO_LIGHT).count();
        if self.path_has_frame() && heavy < self.d {
            return None;
        }
        let mut need = self.bits_needed(adjoint.is_some());
        loop {
            // The smallest precision that is enough.
            let (bits, attempt) = match need {
                n if n <= 256.0 => (256, self.attempt::<4>(&mut adjoint)),
                n if n <= 512.0 => (512, self.attempt::<8>(&mut adjoint)),
                n if n <= 1024.0 => (1024, self.attempt::<16>(&mut adjoint)),
                n if n <= 2048.0 => (2048, self.attempt::<32>(&mut adjoint)),
                n if n <= 4096.0 => (4096, self.attempt::<64>(&mut adjoint)),
                _ => return None,
            };
            match attempt? {
                Attempt::Done(log2_tau) => {
                    self.log2_tau = log2_tau;
                    return Some(bits);
                }
                Attempt::Need(more) => need = more.max(bits as f64 + 1.0),
            }
        }
    }

    /// First guess from what double precision resolved.
    fn bits_needed(&self, gradient: bool) -> f64 {
        let tau = if self.log2_tau.is_finite() { self.log2_tau.max(0.0) } else { 0.0 };
        let loss = if gradient { 3.0 } else { 2.0 };
        loss * tau + (1.0 + self.spread).log2() + 48.0 + RESERVE
    }

    fn attempt<const N: usize>(&mut self, adjoint: &mut Option<Adjoint<'_>>) -> Option<Attempt> {
        let (m, d) = (self.m, self.d);
        if (m + 1).checked_mul(d * d * d)?.checked_mul(N * N)? > MAX_WORK {
            return None;
        }
        let square = d * d;
        let bits = 64.0 * N as f64 - RESERVE;
        // Eigen-decompositions of the exact Hermitian parts.
        let mut u = Vec::with_capacity(m * square);
        let mut lam: Vec<Mp<N>> = Vec::with_capacity(m * d);
        for j in 0..m {
            let mut h = hermitian_part::<N>(d, &self.z[j * square..(j + 1) * square]);
            let mut vectors = identity(d);
            jacobi(d, &mut h, &mut vectors, false);
            lam.extend((0..d).map(|k| h[k * d + k].re));
            u.extend_from_slice(&vectors);
        }
        let top = lam.iter().fold(lam[0], |best, x| if best.less(x) { *x } else { best });
        for x in &mut lam {
            *x = x.sub(&top);
        }
        let weight: Vec<Mp<N>> = lam.iter().map(Mp::exp).collect();
        let log2_spread = lam.iter().map(Mp::log2).max().unwrap_or(0).max(1) as f64;
        // S and T = S^{-1/2}.
        let mut s = vec![Cx::<N>::ZERO; square];
        for j in 0..m {
            let uj = &u[j * square..(j + 1) * square];
            add_weighted(d, uj, &weight[j * d..(j + 1) * d], &mut s);
        }
        let mut v = identity(d);
        jacobi(d, &mut s, &mut v, true);
        let values: Vec<Mp<N>> = (0..d).map(|k| s[k * d + k].re).collect();
        let least = values.iter().map(Mp::log2).min().unwrap_or(i64::MIN / 4);
        let log2_tau = -0.5 * (least as f64 - 1.0);
        let resolved = values.iter().all(|x| !x.is_zero() && !x.is_negative());
        if !resolved || 2.0 * log2_tau + log2_spread > bits - 8.0 {
            return Some(Attempt::Need(128.0 * N as f64));
        }
        let forward_need = 2.0 * log2_tau + log2_spread + 45.0;
        if forward_need > bits {
            return Some(Attempt::Need(forward_need + RESERVE));
        }
        let inverse: Vec<Mp<N>> = values.iter().map(Mp::rsqrt).collect();
        let mut t = vec![Cx::ZERO; square];
        add_weighted(d, &v, &inverse, &mut t);
        // Rows u^H T and P_j = sum_r weight_r f_r^H f_r.
        let mut f = Vec::with_capacity(m * square);
        let mut p = vec![Cx::<N>::ZERO; m * square];
        for j in 0..m {
            let uj = &u[j * square..(j + 1) * square];
            let fj = product(d, &adjoint_of(d, uj), &t);
            let columns = adjoint_of(d, &fj);
            add_weighted(d, &columns, &weight[j * d..(j + 1) * d], &mut p[j * square..(j + 1) * square]);
            f.extend_from_slice(&fj);
        }
        let Some(adjoint) = adjoint else {
            for (j, out) in self.p.chunks_exact_mut(square).enumerate() {
                round(d, &p[j * square..(j + 1) * square], out);
            }
            return Some(Attempt::Done(log2_tau));
        };
        // M = 2 sum_j P_j G_j in the eigenbasis of S, and N from it.
        let mut mixed = vec![Cx::<N>::ZERO; square];
        let mut g = Vec::with_capacity(m * square);
        for j in 0..m {
            let gj = hermitian_part::<N>(d, &adjoint.cotangent[j * square..(j + 1) * square]);
            let pg = product(d, &p[j * square..(j + 1) * square], &gj);
            for (sum, x) in mixed.iter_mut().zip(&pg) {
                *sum = sum.add(&x.shift(1));
            }
            g.extend_from_slice(&gj);
        }
        let mixed = product(d, &adjoint_of(d, &v), &product(d, &mixed, &v));
        let sigma: Vec<Mp<N>> = (0..d).map(|k| values[k].mul(&inverse[k])).collect();
        let mut n = vec![Cx::<N>::ZERO; square];
        for a in 0..d {
            for b in 0..d {
                let total = sigma[a].add(&sigma[b]).recip();
                let (to_b, to_a) = (sigma[b].mul(&total), sigma[a].mul(&total));
                let sum = mixed[b * d + a].scale(&to_b).add(&mixed[a * d + b].conj().scale(&to_a));
                n[b * d + a] = Cx::ZERO.sub(&sum).shift(-1);
            }
        }
        let n = product(d, &v, &product(d, &n, &adjoint_of(d, &v)));
        let mut gradients = Vec::with_capacity(m * square);
        for j in 0..m {
            let block = j * square..(j + 1) * square;
            let fj = &f[block.clone()];
            let gn: Vec<Cx<N>> = g[block.clone()].iter().zip(&n).map(|(x, y)| x.add(y)).collect();
            let mut b = product(d, &product(d, fj, &gn), &adjoint_of(d, fj));
            let (l, w) = (&lam[j * d..(j + 1) * d], &weight[j * d..(j + 1) * d]);
            for k in 0..d {
                for i in 0..d {
                    let e = divided_difference(&l[k], &l[i], &w[k], &w[i]);
                    b[k * d + i] = b[k * d + i].scale(&e);
                }
            }
            let uj = &u[block];
            gradients.extend(product(d, &product(d, uj, &b), &adjoint_of(d, uj)));
        }
        let log2_largest = gradients.iter().map(Cx::log2).max().unwrap_or(0) as f64 - 1.0;
        let log2_error = 3.0 * log2_tau + log2_spread + adjoint.size.log2() - bits;
        // What double precision cannot hold needs no relative accuracy.
        let wanted = (log2_largest + GRADIENT_TARGET.log2()).max((adjoint.floor * adjoint.size).log2()).max(-1140.0);
        if log2_error > wanted {
            return Some(Attempt::Need(bits + (log2_error - wanted) + RESERVE));
        }
        for (j, out) in adjoint.grad.chunks_exact_mut(square).enumerate() {
            round(d, &gradients[j * square..(j + 1) * square], out);
        }
        Some(Attempt::Done(log2_tau))
    }
}

/// `exp` divided by differences, continuous where the eigenvalues meet.
fn divided_difference<const N: usize>(a: &Mp<N>, b: &Mp<N>, x: &Mp<N>, y: &Mp<N>) -> Mp<N> {
    let gap = a.sub(b);
    if gap.log2() <= 0 { a.add(b).shift(-1).exp().mul(&gap.shift(-1).sinhc()) } else { x.sub(y).mul(&gap.recip()) }
}

fn hermitian_part<const N: usize>(d: usize, z: &[C64]) -> Vec<Cx<N>> {
    let mut h = Vec::with_capacity(d * d);
    for r in 0..d {
        for c in 0..d {
            let x = Cx::from_f64(z[r * d + c]);
            h.push(x.add(&Cx::from_f64(z[c * d + r]).conj()).shift(-1));
        }
    }
    h
}

fn identity<const N: usize>(d: usize) -> Vec<Cx<N>> {
    let mut out = vec![Cx::ZERO; d * d];
    for k in 0..d {
        out[k * d + k] = Cx::real(Mp::one());
    }
    out
}

fn adjoint_of<const N: usize>(d: usize, a: &[Cx<N>]) -> Vec<Cx<N>> {
    (0..d * d).map(|at| a[at % d * d + at / d].conj()).collect()
}

fn product<const N: usize>(d: usize, a: &[Cx<N>], b: &[Cx<N>]) -> Vec<Cx<N>> {
    let mut out = Vec::with_capacity(d * d);
    for r in 0..d {
        for c in 0..d {
            let mut sum = Cx::ZERO;
            for k in 0..d {
                sum = sum.add(&a[r * d + k].mul(&b[k * d + c]));
            }
            out.push(sum);
        }
    }
    out
}

/// Adds `U diag(weight) U^H`, exactly Hermitian.
fn add_weighted<const N: usize>(d: usize, u: &[Cx<N>], weight: &[Mp<N>], out: &mut [Cx<N>]) {
    for r in 0..d {
        for c in 0..=r {
            let mut sum = Cx::ZERO;
            for k in 0..d {
                let x = u[r * d + k].mul(&u[c * d + k].conj());
                sum = sum.add(&x.scale(&weight[k]));
            }
            let total = out[r * d + c].add(&sum);
            out[r * d + c] = total;
            out[c * d + r] = total.conj();
        }
    }
}

/// Rounds to double precision, exactly Hermitian.
fn round<const N: usize>(d: usize, a: &[Cx<N>], out: &mut [C64]) {
    for r in 0..d {
        for c in 0..r {
            let z = C64::new(a[r * d + c].re.to_f64(), a[r * d + c].im.to_f64());
            out[r * d + c] = z;
            out[c * d + r] = z.conj();
        }
        out[r * d + r] = C64::new(a[r * d + r].re.to_f64(), 0.0);
    }
}

/// Cyclic Jacobi as in `hermitian`; `graded` asks for off-diagonals small against their own
/// diagonal entries (positive matrices), else against the whole matrix.
fn jacobi<const N: usize>(d: usize, a: &mut [Cx<N>], v: &mut [Cx<N>], graded: bool) {
    let whole = a.iter().map(Cx::log2).max().unwrap_or(0);
    let precision = 64 * N as i64;
    for _ in 0..MAX_SWEEPS {
        let mut rotated = false;
        for p in 0..d {
            for q in p + 1..d {
                let (app, aqq, b) = (a[p * d + p].re, a[q * d + q].re, a[p * d + q]);
                let scale = if graded { (app.log2() + aqq.log2()) / 2 } else { whole };
                if b.log2() < scale.saturating_sub(precision) {
                    continue;
                }
                rotated = true;
                let square = b.norm_sqr();
                let inverse = square.rsqrt();
                let off = square.mul(&inverse);
                let delta = app.sub(&aqq).shift(-1);
                let length = delta.mul(&delta).add(&square);
                let radius = length.mul(&length.rsqrt());
                let sum = if delta.is_negative() { delta.sub(&radius) } else { delta.add(&radius) };
                let t = off.mul(&sum.recip());
                let cos = Mp::one().add(&t.mul(&t)).rsqrt();
                let sin = b.scale(&inverse.mul(&t).mul(&cos));
                for k in 0..d {
                    let (x, y) = turn(&a[k * d + p], &a[k * d + q], &cos, &sin);
                    a[k * d + p] = x;
                    a[k * d + q] = y;
                    a[p * d + k] = x.conj();
                    a[q * d + k] = y.conj();
                    let (x, y) = turn(&v[k * d + p], &v[k * d + q], &cos, &sin);
                    v[k * d + p] = x;
                    v[k * d + q] = y;
                }
                let lift = t.mul(&off);
                a[p * d + p] = Cx::real(app.add(&lift));
                a[q * d + q] = Cx::real(aqq.sub(&lift));
                a[p * d + q] = Cx::ZERO;
                a[q * d + p] = Cx::ZERO;
            }
        }
        if !rotated {
            break;
        }
    }
}

fn turn<const N: usize>(x: &Cx<N>, y: &Cx<N>, cos: &Mp<N>, sin: &Cx<N>) -> (Cx<N>, Cx<N>) {
    (x.scale(cos).add(&y.mul(&sin.conj())), y.scale(cos).sub(&x.mul(sin)))
}
