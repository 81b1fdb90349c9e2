//! The adjoint of the general path for several items side by side; the steps are those of `frame`.

#![expect(clippy::needless_range_loop, reason = "rows, columns and lanes are indexed as in the formulae")]

use super::C64;
use super::group::{Group, read, write};
use super::lanes::{Complex, LANES, Real, Square, adjoint_times, each, select, times, times_adjoint};

/// Cotangents and gradients of one group at a time.
#[derive(Debug)]
pub(super) struct Adjoint<const D: usize> {
    cotangent: Vec<Square<D>>,
    grad: Vec<Square<D>>,
}

impl<const D: usize> Adjoint<D> {
    pub fn new(m: usize) -> Self {
        let all = vec![[[Complex::ZERO; D]; D]; m];
        Adjoint { cotangent: all.clone(), grad: all }
    }

    /// The gradient of a lane.
    pub fn write(&self, l: usize, out: &mut [C64]) {
        write(&self.grad, l, out);
    }
}

impl<const D: usize> Group<D> {
    /// Gradients in double precision to `grads`, and the largest component of each.
    pub fn backward(&mut self, cotangents: &[C64], work: &mut Adjoint<D>) -> Real {
        read(cotangents, &self.solved, &mut work.cotangent);
        pulp::Arch::new().dispatch(Backward(self, work))
    }

    #[inline(always)]
    fn adjoint(&self, work: &mut Adjoint<D>) -> Real {
        // M = 2 sum_j P_j G_j, with G_j the Hermitian part of the cotangent.
        let mut sum = [[Complex::ZERO; D]; D];
        for (g, p) in work.cotangent.iter().zip(&self.p) {
            let mut b = [[Complex::ZERO; D]; D];
            for k in 0..D {
                for c in 0..D {
                    b[k][c] = g[k][c].plus(&g[c][k].conj());
                }
            }
            let c = times(p, &b);
            for (sum, x) in sum.iter_mut().flatten().zip(c.iter().flatten()) {
                *sum = sum.plus(x);
            }
        }
        // Into the eigenbasis of S, where dS^{-1/2} has the bounded coefficients
        // -sigma_b / (sigma_a + sigma_b); the Hermitian part of what tr(D N) sees.
        let mut a = adjoint_times(&self.v, &times(&sum, &self.v));
        let half = [0.5; LANES];
        for k in 0..D {
            for b in 0..=k {
                let (sk, sb) = (self.sigma[k], self.sigma[b]);
                let kappa = each(|l| sb[l] / (sk[l] + sb[l]));
                let rest = each(|l| 1.0 - kappa[l]);
                let n = a[b][k].scaled(&kappa).plus(&a[k][b].conj().scaled(&rest));
                let n = n.negated().scaled(&half);
                a[b][k] = n;
                a[k][b] = n.conj();
            }
        }
        let d = times(&self.v, &times_adjoint(&a, &self.v));
        let mut top = [0.0; LANES];
        for j in 0..self.f.len() {
            let g = &work.cotangent[j];
            let mut b = [[Complex::ZERO; D]; D];
            for k in 0..D {
                for c in 0..D {
                    let hermitian = g[k][c].plus(&g[c][k].conj()).scaled(&half);
                    b[k][c] = d[k][c].plus(&hermitian);
                }
            }
            let f = &self.f[j];
            let b = times_adjoint(&times(f, &b), f);
            let (grad, one) = self.exp_adjoint(j, b);
            work.grad[j] = grad;
            // a NaN stays
            top = each(|l| if one[l] > top[l] || one[l].is_nan() { one[l] } else { top[l] });
        }
        top
    }

    /// Daleckii-Krein: `U (E o B) U^H`, and the largest component.
    #[inline(always)]
    fn exp_adjoint(&self, j: usize, mut b: Square<D>) -> (Square<D>, Real) {
        let (lam, weight) = (&self.lam[j], &self.weight[j]);
        for k in 0..D {
            for i in 0..=k {
                let e = divided_difference(&lam[k], &lam[i], &weight[k], &weight[i]);
                b[k][i] = b[k][i].scaled(&e);
                if i < k {
                    b[i][k] = b[i][k].scaled(&e);
                }
            }
        }
        let u = &self.u[j];
        let mut out = times(u, &times_adjoint(&b, u));
        let half = [0.5; LANES];
        let mut top = [0.0_f64; LANES];
        for r in 0..D {
            for k in 0..=r {
                let z = out[r][k].plus(&out[k][r].conj()).scaled(&half);
                out[r][k] = z;
                out[k][r] = z.conj();
                top = each(|l| {
                    let one = z.re[l].abs().max(z.im[l].abs());
                    // zero times what is not finite is not a number
                    let broken = z.re[l] * 0.0 + z.im[l] * 0.0;
                    if broken == 0.0 && !top[l].is_nan() { top[l].max(one) } else { f64::NAN }
                });
            }
        }
        (out, top)
    }
}

struct Backward<'a, const D: usize>(&'a Group<D>, &'a mut Adjoint<D>);

impl<const D: usize> pulp::WithSimd for Backward<'_, D> {
    type Output = Real;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> Real {
        self.0.adjoint(self.1)
    }
}

/// Divided difference of `exp`, see `frame`.
#[inline(always)]
fn divided_difference(a: &Real, b: &Real, x: &Real, y: &Real) -> Real {
    let gap = each(|l| a[l] - b[l]);
    let near = each(|l| {
        let h = 0.25 * gap[l] * gap[l];
        let sinhc = 1.0 + h / 6.0 * (1.0 + h / 20.0 * (1.0 + h / 42.0 * (1.0 + h / 72.0 * (1.0 + h / 110.0))));
        (x[l] * y[l]).sqrt() * sinhc
    });
    let far = each(|l| (x[l] - y[l]) / gap[l]);
    let mut close = [true; LANES];
    for l in 0..LANES {
        close[l] = gap[l].abs() < 0.5;
    }
    select(&close, &near, &far)
}
