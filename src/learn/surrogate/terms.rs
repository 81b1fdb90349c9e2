//! Clipped terms and entropies, lane by lane.

use super::Tally;
use crate::learn::rollout::FLOOR;
use crate::learn::simd::{LANES, ln, widest};

/// One number per lane.
pub(super) type Row = [f64; LANES];

/// The sums of [`Tally`] lane by lane.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    pub objective: Row,
    kl: Row,
    clipped: Row,
}

impl Sums {
    pub const ZERO: Sums = Sums { objective: [0.0; LANES], kl: [0.0; LANES], clipped: [0.0; LANES] };

    /// Takes a clipped term of every lane, `weight min(r A, clip(r) A)`; returns its derivative by `weight r`. Terms of weight [`FLOOR`] or
    /// less count only if they are `RARE`.
    ///
    /// Rows are taken and given by value: what may overlap in memory cannot be computed side by side.
    #[inline(always)]
    pub fn terms<const RARE: bool>(mut self, weight: Row, ratio: Row, advantage: Row, clip: f64) -> (Self, Row) {
        let mut logs = [0.0; LANES];
        for l in 0..LANES {
            logs[l] = ln(ratio[l].max(FLOOR));
        }
        let mut slopes = [0.0; LANES];
        for l in 0..LANES {
            let counts = RARE || weight[l] > FLOOR;
            let held = ratio[l].clamp(1.0 - clip, 1.0 + clip);
            let (free, held) = (ratio[l] * advantage[l], held * advantage[l]);
            let moves = free <= held;
            let value = weight[l] * if moves { free } else { held };
            let kl = weight[l] * ((ratio[l] - 1.0) - logs[l]);
            let outside = if (ratio[l] - 1.0).abs() > clip { weight[l] } else { 0.0 };
            // chosen, not branched over
            self.objective[l] += if counts { value } else { 0.0 };
            self.kl[l] += if counts { kl } else { 0.0 };
            self.clipped[l] += if counts { outside } else { 0.0 };
            slopes[l] = if counts && moves { advantage[l] } else { 0.0 };
        }
        (self, slopes)
    }

    pub fn add_to(&self, tally: &mut Tally, active: usize) {
        let sum = |row: &Row| row[..active].iter().sum::<f64>();
        tally.objective += sum(&self.objective);
        tally.kl += sum(&self.kl);
        tally.clipped += sum(&self.clipped);
    }
}

/// The exact entropy of the columns of `p`, summed over lanes; adds `weight` times its derivative to `d_p`.
pub(super) fn entropy(p: &[Row], d_p: &mut [Row], active: usize, weight: f64) -> f64 {
    let mut sum = [0.0; LANES];
    widest(
        #[inline(always)]
        || {
            let mut total = sum;
            for (p, d_p) in p.iter().zip(d_p.iter_mut()) {
                let (p, mut d) = (*p, *d_p);
                let mut logs = [0.0; LANES];
                for l in 0..LANES {
                    logs[l] = ln(p[l].max(FLOOR));
                }
                for l in 0..LANES {
                    let (term, slope) = (p[l] * logs[l], weight * (logs[l] + 1.0));
                    let counts = p[l] > FLOOR;
                    total[l] -= if counts { term } else { 0.0 };
                    d[l] -= if counts { slope } else { 0.0 };
                }
                *d_p = d;
            }
            sum = total;
        },
    );
    for row in d_p {
        row[active..].fill(0.0);
    }
    sum[..active].iter().sum()
}
