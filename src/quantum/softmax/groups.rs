//! The items of a batch in groups, where their dimension has kernels for several at once.

use super::C64;
use super::SoftmaxError;
use super::adjoint::Adjoint;
use super::error::largest;
use super::group::Group;
use super::item::{GRADIENT_TARGET, Item, Path, Regime, TRAINING_TARGET};
use super::lanes::LANES;

/// All groups of a batch, and what one group needs at a time.
#[derive(Debug)]
pub(super) struct Groups<const D: usize> {
    groups: Vec<Group<D>>,
    work: Adjoint<D>,
    stride: usize,
}

impl<const D: usize> Groups<D> {
    pub fn new(b: usize, m: usize) -> Self {
        Groups {
            groups: (0..b.div_ceil(LANES)).map(|_| Group::new(m)).collect(),
            work: Adjoint::new(m),
            stride: m * D * D,
        }
    }

    /// Solves what is easy; `items` are those left to be done one by one.
    pub fn forward(&mut self, logits: &[C64], povms: &mut [C64], items: &mut [Item]) -> Result<(), SoftmaxError> {
        let share = LANES * self.stride;
        for item in items.iter_mut() {
            (item.path, item.regime) = (Path::None, Regime::Double);
        }
        for group in &mut self.groups {
            group.solved = [false; LANES];
        }
        let slices = logits.chunks(share).zip(povms.chunks_mut(share));
        for (k, (group, (z, p))) in self.groups.iter_mut().zip(slices).enumerate() {
            let mut sizes = [0.0; LANES];
            let own = z.chunks_exact(self.stride);
            for (l, (size, z)) in sizes.iter_mut().zip(own.clone()).enumerate() {
                *size = largest(D, "logit", z).map_err(|e| e.at(k * LANES + l))?;
            }
            group.forward(z, &sizes[..own.len()], TRAINING_TARGET);
            for (l, p) in p.chunks_exact_mut(self.stride).enumerate() {
                if group.solved[l] {
                    group.write_povm(l, p);
                    group.write_condition(l, &mut items[k * LANES + l]);
                }
            }
        }
        Ok(())
    }

    /// Gradients of the solved items. One whose error may be too large is handed over to its item, with those that never
    /// were solved here.
    pub fn backward(
        &mut self,
        cotangents: &[C64],
        grads: &mut [C64],
        floor: f64,
        items: &mut [Item],
    ) -> Result<(), SoftmaxError> {
        let share = LANES * self.stride;
        let slices = cotangents.chunks(share).zip(grads.chunks_mut(share));
        let all = self.groups.iter_mut().zip(items.chunks_mut(LANES));
        for (k, ((group, items), (g, grad))) in all.zip(slices).enumerate() {
            let mut sizes = [0.0; LANES];
            for (l, (size, g)) in sizes.iter_mut().zip(g.chunks_exact(self.stride)).enumerate() {
                *size = largest(D, "cotangent", g).map_err(|e| e.at(k * LANES + l))?;
            }
            let tops = group.backward(g, &mut self.work);
            for (l, grad) in grad.chunks_exact_mut(self.stride).enumerate() {
                if !group.solved[l] {
                    continue;
                }
                let error = group.magnified(l) * sizes[l];
                if sizes[l] == 0.0 {
                    grad.fill(C64::ZERO);
                } else if tops[l].is_finite() && (error <= GRADIENT_TARGET * tops[l] || error <= floor * sizes[l]) {
                    self.work.write(l, grad);
                } else {
                    group.hand_over(l, &mut items[l]);
                }
            }
        }
        Ok(())
    }

    /// Whether item `i` was solved here.
    pub fn solved(&self, i: usize) -> bool {
        self.groups[i / LANES].solved[i % LANES]
    }

    /// The conditioning loss of an item solved here.
    pub fn conditioning_loss(&self, i: usize) -> f64 {
        self.groups[i / LANES].conditioning_loss(i % LANES)
    }

    /// Hands all items over.
    pub fn hand_over(&mut self, items: &mut [Item]) {
        for (group, items) in self.groups.iter_mut().zip(items.chunks_mut(LANES)) {
            for (l, item) in items.iter_mut().enumerate() {
                if group.solved[l] {
                    group.hand_over(l, item);
                }
            }
        }
    }
}
