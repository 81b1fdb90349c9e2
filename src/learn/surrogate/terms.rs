//! Clipped terms and entropies, lane by lane.

#![expect(
    clippy::needless_range_loop,
    reason = "lanes of several arrays advance together"
)]

use super::Tally;
use crate::learn::rollout::FLOOR;
use crate::learn::simd::{LANES, ln, widest};

/// One number per lane.
pub(super) type Row = [f64; LANES];

/// The sums of [`Tally`] lane by lane.
pub(super) struct Sums {
    pub objective: Row,
    kl: Row,
    clipped: Row,
}

impl Sums {
    pub const ZERO: Sums = Sums {
        objective: [0.0; LANES],
        kl: [0.0; LANES],
        clipped: [0.0; LANES],
    };

    /// Takes one clipped term of a lane, `weight min(r A, clip(r) A)`; its derivative by `r`, if that counts (`counts`).
    #[inline(always)]
    pub fn term(
        &mut self,
        l: usize,
        counts: bool,
        weight: f64,
        ratio: f64,
        advantage: f64,
        clip: f64,
    ) -> f64 {
        let held = ratio.clamp(1.0 - clip, 1.0 + clip);
        let (free, held) = (ratio * advantage, held * advantage);
        let moves = free <= held;
        let value = if moves { free } else { held };
        let outside = f64::from(u8::from((ratio - 1.0).abs() > clip));
        let kl = (ratio - 1.0) - ln(ratio.max(FLOOR));
        // chosen, not branched over: lanes go side by side
        self.objective[l] += if counts { weight * value } else { 0.0 };
        self.kl[l] += if counts { weight * kl } else { 0.0 };
        self.clipped[l] += if counts { weight * outside } else { 0.0 };
        if counts && moves { advantage } else { 0.0 }
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
            for (p, d) in p.iter().zip(d_p.iter_mut()) {
                for l in 0..LANES {
                    let log = ln(p[l].max(FLOOR));
                    let (term, slope) = (p[l] * log, weight * (log + 1.0));
                    let counts = p[l] > FLOOR;
                    sum[l] -= if counts { term } else { 0.0 };
                    d[l] -= if counts { slope } else { 0.0 };
                }
            }
        },
    );
    for row in d_p {
        row[active..].fill(0.0);
    }
    sum[..active].iter().sum()
}
