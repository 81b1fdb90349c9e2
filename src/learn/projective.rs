//! Projective measurements as a differentiable function of complex matrices.

use super::LearnError;
use crate::quantum::C64;
use crate::quantum::hermitian::{EighScratch, eigh};

/// Orthonormal bases as polar factors, `U = (G G^H)^{-1/2} G`: the normalisation of Algorithm 1 for elements of rank one.
/// Column `k` of `U` belongs to answer `k mod m`.
#[derive(Debug)]
pub(super) struct Projective {
    answers: usize,
    d: usize,
    /// Per question: `U`, the eigenvectors `Q` of `G G^H`, and the roots of its eigenvalues.
    unitary: Vec<C64>,
    eigenvectors: Vec<C64>,
    roots: Vec<f64>,
    scratch: EighScratch,
    g: Vec<C64>,
    a: Vec<C64>,
    b: Vec<C64>,
}

impl Projective {
    pub fn new(questions: usize, answers: usize, d: usize) -> Self {
        let zeros = |n: usize| vec![C64::ZERO; n];
        Projective {
            answers,
            d,
            unitary: zeros(questions * d * d),
            eigenvectors: zeros(questions * d * d),
            roots: vec![0.0; questions * d],
            scratch: EighScratch::new(d),
            g: zeros(d * d),
            a: zeros(d * d),
            b: zeros(d * d),
        }
    }

    /// Writes the measurement of question `x`, `[answer][d²]`, from the real and imaginary parts of `G`.
    pub fn forward(&mut self, x: usize, inputs: &[f64], povm: &mut [C64]) -> Result<(), LearnError> {
        let (d, answers) = (self.d, self.answers);
        let n = d * d;
        for (g, z) in self.g.iter_mut().zip(inputs.chunks_exact(2)) {
            *g = C64::new(z[0], z[1]);
        }
        let g = &self.g;
        let q = &mut self.eigenvectors[x * n..(x + 1) * n];
        let roots = &mut self.roots[x * d..(x + 1) * d];
        product(d, g, Side::Plain, g, Side::Adjoint, &mut self.a);
        eigh(d, &self.a, roots, q, &mut self.scratch);
        for r in roots.iter_mut() {
            // a singular G has no polar factor: random starts never meet one, an ascent may come near
            *r = r.max(0.0).sqrt();
            if !(*r > 1e-150 && r.is_finite()) {
                return Err(LearnError::Config(
                    "a projective measurement has become singular; use a smaller learning rate".into(),
                ));
            }
        }
        // U = Q diag(1/root) Q^H G
        product(d, q, Side::Adjoint, g, Side::Plain, &mut self.a);
        for (row, r) in self.a.chunks_exact_mut(d).zip(&*roots) {
            row.iter_mut().for_each(|z| *z /= *r);
        }
        let u = &mut self.unitary[x * n..(x + 1) * n];
        product(d, q, Side::Plain, &self.a, Side::Plain, u);
        povm.fill(C64::ZERO);
        for k in 0..d {
            let element = &mut povm[(k % answers) * n..(k % answers + 1) * n];
            for r in 0..d {
                for c in 0..d {
                    element[r * d + c] += u[r * d + k] * u[c * d + k].conj();
                }
            }
        }
        Ok(())
    }

    /// With `K = dU U^H` anti-Hermitian and `A = dG U^H`, `A - A^H = H K + K H` for `H = (G G^H)^{1/2}`; in the eigenbasis
    /// of `H` that divides by sums of roots. The adjoint of the three steps in reverse.
    pub fn backward(&mut self, x: usize, d_povm: &[C64], d_inputs: &mut [f64]) {
        let (d, answers) = (self.d, self.answers);
        let n = d * d;
        let u = &self.unitary[x * n..(x + 1) * n];
        let q = &self.eigenvectors[x * n..(x + 1) * n];
        let roots = &self.roots[x * d..(x + 1) * d];
        // d_u_k = (M + M^H) u_k with M the derivative by the element of vector k
        for k in 0..d {
            let m = &d_povm[(k % answers) * n..(k % answers + 1) * n];
            for r in 0..d {
                let row = (0..d).map(|c| (m[r * d + c] + m[c * d + r].conj()) * u[c * d + k]);
                self.a[r * d + k] = row.sum();
            }
        }
        // W = d_U U^H, then Y = f o (W - W^H) in the eigenbasis, d_G = Y U
        product(d, &self.a, Side::Plain, u, Side::Adjoint, &mut self.b);
        for r in 0..d {
            for c in 0..d {
                self.a[r * d + c] = self.b[r * d + c] - self.b[c * d + r].conj();
            }
        }
        product(d, q, Side::Adjoint, &self.a, Side::Plain, &mut self.b);
        product(d, &self.b, Side::Plain, q, Side::Plain, &mut self.a);
        for r in 0..d {
            for c in 0..d {
                self.a[r * d + c] /= roots[r] + roots[c];
            }
        }
        product(d, q, Side::Plain, &self.a, Side::Plain, &mut self.b);
        product(d, &self.b, Side::Plain, q, Side::Adjoint, &mut self.a);
        product(d, &self.a, Side::Plain, u, Side::Plain, &mut self.b);
        for (pair, z) in d_inputs.chunks_exact_mut(2).zip(&self.b) {
            pair[0] = z.re;
            pair[1] = z.im;
        }
    }
}

/// A factor as it stands, or its adjoint.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Plain,
    Adjoint,
}

/// `out = a b`, each as it stands or its adjoint.
fn product(d: usize, a: &[C64], sa: Side, b: &[C64], sb: Side, out: &mut [C64]) {
    let at = |m: &[C64], side: Side, r: usize, c: usize| match side {
        Side::Plain => m[r * d + c],
        Side::Adjoint => m[c * d + r].conj(),
    };
    for r in 0..d {
        for c in 0..d {
            out[r * d + c] = (0..d).map(|k| at(a, sa, r, k) * at(b, sb, k, c)).sum();
        }
    }
}
