//! One start on its way up: sweeps over the players and the state.

use super::State;
use super::measurement::Improver;
use super::setting::{Run, Setting};
use crate::quantum::hermitian::{EighScratch, eigh};
use crate::quantum::{Born, C64};
use std::time::Instant;

/// Buffers of one thread.
pub(super) struct Searcher<'a> {
    pub(super) setting: &'a Setting<'a>,
    pub(super) born: Born,
    pub(super) d_rho: Vec<C64>,
    pub(super) d_povms: Vec<C64>,
    pub(super) improvers: Vec<Improver>,
    pub(super) values: Vec<f64>,
    pub(super) vectors: Vec<C64>,
    pub(super) scratch: EighScratch,
}

impl Searcher<'_> {
    /// Sweeps until the value stands still.
    pub(super) fn climb(&mut self, run: &mut Run, iterations: usize, tolerance: f64) {
        let mut still = 0;
        for sweep in 0..iterations.max(1) {
            let before = run.value;
            // early on, soft steps keep a start from falling into the nearest trap
            self.sweep(run, if sweep < 6 { 3 } else { 0 });
            run.sweeps += 1;
            if run.value - before < tolerance * self.setting.scale {
                still += 1;
            } else {
                still = 0;
            }
            let late = || self.setting.deadline.is_some_and(|end| Instant::now() >= end);
            run.settled = still >= 2;
            if run.settled || late() {
                break;
            }
        }
    }

    /// Every player's measurements, then the state.
    pub(super) fn sweep(&mut self, run: &mut Run, fixed_point: usize) {
        let setting = self.setting;
        let mut offset = 0;
        for (i, &d) in setting.options.dims.iter().enumerate() {
            self.gradients(run);
            let size = setting.answers[i] * d * d;
            for x in 0..setting.questions[i] {
                let range = offset + x * size..offset + (x + 1) * size;
                let r = &self.d_povms[range.clone()];
                self.improvers[i].improve(r, &mut run.povms[range], fixed_point);
            }
            offset += setting.questions[i] * size;
        }
        self.best_state(run);
    }

    /// The state becomes the best for the measurements; the value is that of both.
    pub(super) fn best_state(&mut self, run: &mut Run) {
        let setting = self.setting;
        self.gradients(run);
        let total = self.values.len();
        if setting.options.state == State::Optimised {
            let (values, vectors) = (&mut self.values, &mut self.vectors);
            eigh(total, &self.d_rho, values, vectors, &mut self.scratch);
            let top = total - 1;
            for r in 0..total {
                for c in 0..total {
                    let (v, w) = (self.vectors[r * total + top], self.vectors[c * total + top]);
                    run.rho[r * total + c] = v * w.conj();
                }
            }
            run.value = self.values[top];
        } else {
            let pairs = self.d_rho.iter().zip(&run.rho);
            run.value = pairs.map(|(g, r)| (g.conj() * r).re).sum();
        }
    }

    /// Game operator and effective operators: derivatives of the value.
    pub(super) fn gradients(&mut self, run: &Run) {
        self.born.backward(&run.rho, &run.povms, &self.setting.coefficients, &mut self.d_rho, &mut self.d_povms);
    }
}
