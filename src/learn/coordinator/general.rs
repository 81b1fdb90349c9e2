//! The Born rule of a block in any dimension: lane by lane through [`crate::quantum::Born`].

use crate::learn::LearnError;
use crate::learn::simd::LANES;
use crate::quantum::{Born, C64};

/// Scratch of the contraction; measurements arrive as `[agent][lane][outcome][d][d]`.
#[derive(Debug)]
pub(super) struct LaneBorn {
    born: Born,
    sizes: Vec<usize>,
    povms: Vec<C64>,
    d_povms: Vec<C64>,
    d_rho: Vec<C64>,
    p: Vec<f64>,
}

impl LaneBorn {
    pub fn new(dims: &[usize], outcomes: &[usize]) -> Result<Self, LearnError> {
        let n = dims.len();
        let born = Born::new(dims, outcomes, &vec![1; n], &[vec![0; n]])?;
        Ok(LaneBorn {
            sizes: dims.iter().zip(outcomes).map(|(d, m)| m * d * d).collect(),
            povms: vec![C64::ZERO; born.povms_len()],
            d_povms: vec![C64::ZERO; born.povms_len()],
            d_rho: vec![C64::ZERO; born.rho_len()],
            p: vec![0.0; born.probabilities()],
            born,
        })
    }

    fn gather(&mut self, povms: &[Vec<C64>], l: usize) {
        let mut at = 0;
        for (all, n) in povms.iter().zip(&self.sizes) {
            self.povms[at..at + n].copy_from_slice(&all[l * n..(l + 1) * n]);
            at += n;
        }
    }

    pub fn forward(&mut self, rho: &[C64], povms: &[Vec<C64>], q: &mut [[f64; LANES]]) {
        for l in 0..LANES {
            self.gather(povms, l);
            self.born.forward(rho, &self.povms, &mut self.p);
            for (q, p) in q.iter_mut().zip(&self.p) {
                q[l] = *p;
            }
        }
    }

    /// Adds to `d_state` as (re, im) pairs, writes `d_povms`.
    pub fn backward(
        &mut self,
        rho: &[C64],
        povms: &[Vec<C64>],
        d_q: &[[f64; LANES]],
        d_state: &mut [f64],
        d_povms: &mut [Vec<C64>],
    ) {
        for l in 0..LANES {
            self.gather(povms, l);
            for (p, d) in self.p.iter_mut().zip(d_q) {
                *p = d[l];
            }
            self.born.backward(rho, &self.povms, &self.p, &mut self.d_rho, &mut self.d_povms);
            for (sum, g) in d_state.chunks_exact_mut(2).zip(&self.d_rho) {
                sum[0] += g.re;
                sum[1] += g.im;
            }
            let mut at = 0;
            for (all, n) in d_povms.iter_mut().zip(&self.sizes) {
                all[l * n..(l + 1) * n].copy_from_slice(&self.d_povms[at..at + n]);
                at += n;
            }
        }
    }
}
