//! Learned policies by quadrature: moments, wait, throughput, and where they lie between the classes.

use super::law::Piece;
use super::quadrature::panel;
use super::{BoundError, Class, Moments, QueueModel};
use crate::env::queueing::JobLaw;
use crate::quantum::{C64, DensityMatrix};

/// Halvings of a panel before it is given up.
const DEPTH: u32 = 30;

/// A router's POVM for a job of size `x`: one row-major matrix an outcome.
pub type PovmMap<'a> = dyn FnMut(f64, &mut [C64]) + 'a;

/// A router's probabilities `[l][a]` for a job of size `x`.
pub type PolicyMap<'a> = dyn FnMut(f64, &mut [f64]) + 'a;

/// Means over a router's jobs of a vector-valued function `f`: `E f` and `E y f`.
#[derive(Debug, Clone, PartialEq)]
pub struct Averages {
    /// `E f`.
    pub mean: Vec<f64>,
    /// `E y f`, `y = x + delta`.
    pub first: Vec<f64>,
    /// Estimated error of each, the largest.
    pub error: f64,
}

/// What a policy achieves and how that compares with theory; all numbers are exact but for quadrature.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// `s = E[C]` and `k = E[y1 y2 C]`.
    pub moments: Moments,
    /// Mean wait per customer.
    pub wait: f64,
    /// Throughput per unit time.
    pub throughput: f64,
    /// Estimated error of the wait from quadrature.
    pub error: f64,
    /// Least wait of communication at this throughput.
    pub communication: f64,
    /// Least wait of shared randomness at this throughput.
    pub shared_randomness: f64,
    /// Least wait of shared entanglement at this throughput.
    pub quantum: f64,
    /// Proved up to rounding: no quantum strategy of any dimension waits less at this throughput.
    pub dual: f64,
    /// Share of the gap from shared randomness to entanglement that is closed: `(W_SR - W)/(W_SR - W_Q)`.
    pub share: f64,
}

impl QueueModel {
    /// `E f` and `E y f` over the jobs of a router for a function that writes `len` numbers, by adaptive quadrature to
    /// `tolerance`: panels are halved where both halves disagree with the whole.
    pub fn averages(&self, router: usize, len: usize, tolerance: f64, mut f: impl FnMut(f64, &mut [f64])) -> Averages {
        let law: &JobLaw = &self.jobs[router];
        let mut total = Averages { mean: vec![0.0; len], first: vec![0.0; len], error: 0.0 };
        let mut value = vec![0.0; len];
        for (probability, component) in law.components() {
            let (low, high) = match Piece::of(component) {
                Piece::Atom(size) => {
                    f(size, &mut value);
                    for (i, v) in value.iter().enumerate() {
                        total.mean[i] += probability * v;
                        total.first[i] += probability * (size + self.delta) * v;
                    }
                    continue;
                }
                Piece::Interval { low, high, .. } => (low, high),
            };
            let mut integrate = |a: f64, b: f64| {
                let mut sums = vec![0.0; 2 * len];
                let half = 0.5 * (b - a);
                for (node, weight) in panel() {
                    let x = a + half * (1.0 + node);
                    let w = probability * half * weight * super::law::density(component, x);
                    f(x, &mut value);
                    for (i, v) in value.iter().enumerate() {
                        sums[i] += w * v;
                        sums[len + i] += w * (x + self.delta) * v;
                    }
                }
                sums
            };
            // sizes matter on the scale of the mean; the far tail is one wide panel after another
            let mut ends = vec![low];
            let mut width = 0.5 * component.mean();
            while ends[ends.len() - 1] + width < high {
                let next = ends[ends.len() - 1] + width;
                ends.push(next);
                width *= 1.5;
            }
            ends.push(high);
            let mut open: Vec<(f64, f64, Vec<f64>, u32)> = Vec::new();
            for pair in ends.windows(2).rev() {
                open.push((pair[0], pair[1], integrate(pair[0], pair[1]), 0));
            }
            while let Some((a, b, whole, depth)) = open.pop() {
                let middle = 0.5 * (a + b);
                let (left, right) = (integrate(a, middle), integrate(middle, b));
                let error = (0..2 * len).map(|i| (left[i] + right[i] - whole[i]).abs()).fold(0.0, f64::max);
                if error <= tolerance || depth == DEPTH {
                    total.error += error;
                    for i in 0..len {
                        total.mean[i] += left[i] + right[i];
                        total.first[i] += left[len + i] + right[len + i];
                    }
                } else {
                    open.push((middle, b, right, depth + 1));
                    open.push((a, middle, left, depth + 1));
                }
            }
        }
        total
    }

    /// The moments of a policy by the Born rule, `C = sum_a tr(rho M_1(a|x1) (x) M_2(a|x2))`.
    ///
    /// `povms[i](x, out)` writes router `i`'s POVM for a job of size `x`: one row-major `d_i x d_i` matrix an outcome, as
    /// many outcomes as servers. Only averages of operators are needed, so integrals are one-dimensional. Returns the
    /// moments and an estimate of their error.
    ///
    /// # Errors
    /// [`BoundError::Unsuitable`] unless `rho` is of two systems.
    pub fn born_moments(
        &self,
        rho: &DensityMatrix,
        povms: [&mut PovmMap; 2],
        tolerance: f64,
    ) -> Result<(Moments, f64), BoundError> {
        let &[d1, d2] = rho.dims() else {
            return Err(BoundError::Unsuitable {
                method: "evaluation of a queueing policy",
                why: format!("a state of dimensions {:?}, wanted two", rho.dims()),
            });
        };
        let m = self.servers;
        let [f1, f2] = povms;
        let average = |router: usize, d: usize, f: &mut PovmMap| {
            let len = m * d * d;
            let mut operators = vec![C64::ZERO; len];
            self.averages(router, 2 * len, tolerance, |x, out| {
                f(x, &mut operators);
                for (pair, z) in out.chunks_exact_mut(2).zip(&operators) {
                    pair.copy_from_slice(&[z.re, z.im]);
                }
            })
        };
        let (first, second) = (average(0, d1, f1), average(1, d2, f2));
        let complex = |v: &[f64]| -> Vec<C64> { v.chunks_exact(2).map(|z| C64::new(z[0], z[1])).collect() };
        let same = |left: &[f64], right: &[f64]| -> f64 {
            let (left, right) = (complex(left), complex(right));
            let blocks = left.chunks_exact(d1 * d1).zip(right.chunks_exact(d2 * d2));
            blocks.map(|(a, b)| born(rho, d1, d2, a, b)).sum()
        };
        let moments = Moments { s: same(&first.mean, &second.mean), k: same(&first.first, &second.first) };
        let error = (first.error + second.error) * (d1 * d2) as f64;
        Ok((moments, error))
    }

    /// The moments of a mixture of factorised policies, `C = sum_l q(l) sum_a p_1(a|x1,l) p_2(a|x2,l)`: shared randomness,
    /// or no coordination with one `l`.
    ///
    /// `policies[i](x, out)` writes `p_i(a|x,l)`, `[l][a]` with as many actions as servers.
    pub fn mixture_moments(&self, q: &[f64], policies: [&mut PolicyMap; 2], tolerance: f64) -> (Moments, f64) {
        let len = q.len() * self.servers;
        let [f1, f2] = policies;
        let first = self.averages(0, len, tolerance, f1);
        let second = self.averages(1, len, tolerance, f2);
        let same = |left: &[f64], right: &[f64]| -> f64 {
            let rows = left.chunks_exact(self.servers).zip(right.chunks_exact(self.servers));
            let dot = |(a, b): (&[f64], &[f64])| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            rows.zip(q).map(|(row, q)| q * dot(row)).sum()
        };
        let moments = Moments { s: same(&first.mean, &second.mean), k: same(&first.first, &second.first) };
        (moments, first.error + second.error)
    }

    /// Where a policy with these moments lies between the classes; `error` is that of the moments.
    ///
    /// # Errors
    /// As [`QueueModel::curve`], and [`BoundError::Unsuitable`] for moments that no policy has.
    pub fn evaluate(&self, moments: Moments, error: f64) -> Result<Evaluation, BoundError> {
        let inside = |x: f64, high: f64| x >= -1e-9 && x <= high * (1.0 + 1e-9);
        if !inside(moments.s, 1.0) || !inside(moments.k, self.mean_product()) {
            return Err(BoundError::Unsuitable {
                method: "evaluation of a queueing policy",
                why: format!("moments s = {}, k = {}: not those of a probability", moments.s, moments.k),
            });
        }
        let s = moments.s.clamp(0.0, 1.0);
        let wait = self.wait(moments);
        let communication = self.curve(Class::Communication, s)?.wait;
        let shared_randomness = self.sr_curve(s)?.wait;
        let (quantum, _, dual) = self.q_curve(s)?;
        let gap = shared_randomness - quantum.wait;
        Ok(Evaluation {
            moments,
            wait,
            throughput: self.throughput(s),
            error: error * (self.a + self.b * self.b / self.a),
            communication,
            shared_randomness,
            quantum: quantum.wait,
            dual,
            share: (shared_randomness - wait) / gap,
        })
    }
}

/// `Re tr(rho A (x) B)`.
fn born(rho: &DensityMatrix, d1: usize, d2: usize, a: &[C64], b: &[C64]) -> f64 {
    let mut sum = C64::ZERO;
    for i in 0..d1 {
        for j in 0..d1 {
            for k in 0..d2 {
                for l in 0..d2 {
                    sum += rho.matrix()[(i * d2 + k, j * d2 + l)] * a[j * d1 + i] * b[l * d2 + k];
                }
            }
        }
    }
    sum.re
}
