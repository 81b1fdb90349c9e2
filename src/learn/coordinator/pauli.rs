//! The Born rule of entangled qubits in Pauli coordinates, many samples side by side.
//!
//! With `T_{i..k} = tr(rho sigma_i (x) .. (x) sigma_k)` and measurements `p_0 I + p . sigma` it is (Eq. 3) the real contraction
//! `q(x) = sum T_{i..k} p^{(1)}_{x_1,i} .. p^{(n)}_{x_n,k}`.

use super::qubits::{Four, Row, ZERO};
use crate::learn::simd::{LANES, widest};
use crate::quantum::C64;

/// `T_{i..k} = tr(rho sigma_i (x) .. (x) sigma_k)`, first qubit slowest.
pub(super) fn correlations(n: usize, rho: &[C64]) -> Vec<f64> {
    let mut t = vec![0.0; 1 << (2 * n)];
    for_each_pauli(n, |string, r, c, phase| {
        // sum_{r,c} rho_{cr} Sigma_{rc}
        t[string] += (rho[c * (1 << n) + r] * phase).re;
    });
    t
}

/// The cotangent of `rho` (`dL = sum Re(conj(G) drho)`) from that of its correlations.
pub(super) fn correlations_adjoint(n: usize, d_t: &[f64], d_rho: &mut [C64]) {
    d_rho.fill(C64::ZERO);
    for_each_pauli(n, |string, r, c, phase| {
        d_rho[c * (1 << n) + r] += phase.conj() * d_t[string];
    });
}

/// Every Pauli string with its non-zero entries `(row, column, value)`.
fn for_each_pauli(n: usize, mut visit: impl FnMut(usize, usize, usize, C64)) {
    for string in 0..1usize << (2 * n) {
        for r in 0..1usize << n {
            let (mut c, mut phase) = (r, C64::ONE);
            for k in 0..n {
                let bit = 1 << (n - 1 - k);
                let one = r & bit != 0;
                match (string >> (2 * (n - 1 - k))) & 3 {
                    0 => {}
                    1 => c ^= bit,
                    2 => {
                        c ^= bit;
                        phase *= C64::new(0.0, if one { 1.0 } else { -1.0 });
                    }
                    _ if one => phase = -phase,
                    _ => {}
                }
            }
            visit(string, r, c, phase);
        }
    }
}

/// The Born rule on lanes: contracts the qubits from the last to the first, keeping what the reverse pass needs.
#[derive(Debug)]
pub(super) struct Contraction {
    outcomes: Vec<usize>,
    /// After contracting qubits `k..n`: `[outcomes of k..n][4^k]` rows; level `n` is the state itself.
    levels: Vec<Vec<Row>>,
    cotangents: Vec<Vec<Row>>,
}

impl Contraction {
    pub fn new(outcomes: &[usize]) -> Self {
        let n = outcomes.len();
        let rows = |k: usize| outcomes[k..].iter().product::<usize>() << (2 * k);
        let levels: Vec<Vec<Row>> = (0..n).map(|k| vec![[0.0; LANES]; rows(k)]).collect();
        Contraction { outcomes: outcomes.to_vec(), cotangents: levels.clone(), levels }
    }

    /// `q[x][lane]`, first agent slowest; `povms[agent][outcome]`.
    pub fn forward(&mut self, t: &[f64], povms: &[Vec<Four>], q: &mut [Row]) {
        widest(
            #[inline(always)]
            || {
                for k in (0..self.outcomes.len()).rev() {
                    let (here, above) = self.levels.split_at_mut(k + 1);
                    let out = &mut here[k];
                    let prefixes = 1 << (2 * k);
                    let suffixes = out.len() / prefixes / self.outcomes[k];
                    for x in 0..self.outcomes[k] {
                        let p = &povms[k][x];
                        for s in 0..suffixes {
                            for a in 0..prefixes {
                                let row = &mut out[(x * suffixes + s) * prefixes + a];
                                let from = (s * prefixes + a) * 4;
                                match above.first() {
                                    None => {
                                        let t = &t[from..from + 4];
                                        for l in 0..LANES {
                                            row[l] = t[0] * p[0][l] + t[1] * p[1][l] + t[2] * p[2][l] + t[3] * p[3][l];
                                        }
                                    }
                                    Some(above) => {
                                        let b = &above[from..from + 4];
                                        for l in 0..LANES {
                                            row[l] = b[0][l] * p[0][l]
                                                + b[1][l] * p[1][l]
                                                + b[2][l] * p[2][l]
                                                + b[3][l] * p[3][l];
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            },
        );
        q.copy_from_slice(&self.levels[0]);
    }

    /// Adds to `d_t` (left empty for a given state), writes `d_povms`, from `d_q`.
    pub fn backward(
        &mut self,
        t: &[f64],
        povms: &[Vec<Four>],
        d_q: &[Row],
        d_t: &mut [f64],
        d_povms: &mut [Vec<Four>],
    ) {
        self.cotangents[0].copy_from_slice(d_q);
        widest(
            #[inline(always)]
            || {
                let n = self.outcomes.len();
                for k in 0..n {
                    let (here, above) = self.cotangents.split_at_mut(k + 1);
                    let d_out = &here[k];
                    let prefixes = 1 << (2 * k);
                    let suffixes = d_out.len() / prefixes / self.outcomes[k];
                    if let Some(above) = above.first_mut() {
                        above.fill([0.0; LANES]);
                    }
                    for x in 0..self.outcomes[k] {
                        let p = &povms[k][x];
                        let d_p = &mut d_povms[k][x];
                        *d_p = ZERO;
                        for s in 0..suffixes {
                            for a in 0..prefixes {
                                let d = &d_out[(x * suffixes + s) * prefixes + a];
                                let from = (s * prefixes + a) * 4;
                                for i in 0..4 {
                                    match above.first_mut() {
                                        None => {
                                            for l in 0..LANES {
                                                d_p[i][l] += d[l] * t[from + i];
                                            }
                                            // a sum over lanes is slow: only where it is wanted
                                            if let Some(d_t) = d_t.get_mut(from + i) {
                                                let mut sum = 0.0;
                                                for l in 0..LANES {
                                                    sum += d[l] * p[i][l];
                                                }
                                                *d_t += sum;
                                            }
                                        }
                                        Some(above) => {
                                            let b = &self.levels[k + 1][from + i];
                                            let d_b = &mut above[from + i];
                                            for l in 0..LANES {
                                                d_b[l] += d[l] * p[i][l];
                                                d_p[i][l] += d[l] * b[l];
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            },
        );
    }
}
