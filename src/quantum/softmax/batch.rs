//! Many sets of logits of one shape.

use super::error::{check_length, check_size};
use super::groups::Groups;
use super::item::{Item, Regime, Scratch, TRAINING_FLOOR, TRAINING_TARGET};
use super::{C64, SoftmaxError};

/// Largest eigenvalue at which the saturating conditioning gradient is taken.
const CONDITIONING_CAP: f64 = 4.0;

/// `QuantumSoftmax` of `b` sets of logits of one shape; the form a trainer uses.
///
/// Slices are item by item, outcome by outcome, each `d x d` row-major. The factors of every item
/// are kept, so that the backward pass recomputes nothing, and nothing is allocated after `new`
/// unless an item needs extended precision.
#[derive(Debug)]
pub struct SoftmaxBatch {
    items: Vec<Item>,
    together: Together,
    scratch: Scratch,
    floor: f64,
}

/// Items that are computed several at a time, to the same bits, in dimensions whose kernels are written out.
#[derive(Debug)]
enum Together {
    None,
    Three(Groups<3>),
    Four(Groups<4>),
}

impl Together {
    fn new(b: usize, m: usize, d: usize) -> Self {
        match (m, d) {
            (1, _) => Together::None,
            (_, 3) => Together::Three(Groups::new(b, m)),
            (_, 4) => Together::Four(Groups::new(b, m)),
            _ => Together::None,
        }
    }

    fn solved(&self, i: usize) -> bool {
        match self {
            Together::None => false,
            Together::Three(groups) => groups.solved(i),
            Together::Four(groups) => groups.solved(i),
        }
    }

    fn hand_over(&mut self, items: &mut [Item]) {
        match self {
            Together::None => {}
            Together::Three(groups) => groups.hand_over(items),
            Together::Four(groups) => groups.hand_over(items),
        }
    }
}

impl SoftmaxBatch {
    /// A batch of `b` layers of `m` outcomes in dimension `d`.
    ///
    /// Extended precision takes over where a measurement might be off by 1e-10, or a gradient by
    /// both 1e-9 of its own size and [`TRAINING_FLOOR`] of the cotangent's.
    ///
    /// # Errors
    /// When `b`, `m` or `d` is zero or the batch is too large to hold.
    pub fn new(b: usize, m: usize, d: usize) -> Result<Self, SoftmaxError> {
        check_size(b, m, d)?;
        Ok(Self {
            items: (0..b).map(|_| Item::new(m, d)).collect(),
            together: Together::new(b, m, d),
            scratch: Scratch::new(m, d),
            floor: TRAINING_FLOOR,
        })
    }

    /// Sets the absolute error, as a fraction of the largest cotangent entry, below which a
    /// gradient is accepted whatever its own size.
    #[must_use]
    pub fn with_gradient_floor(mut self, floor: f64) -> Self {
        self.floor = floor.max(0.0);
        self
    }

    /// Number of items.
    pub fn items(&self) -> usize {
        self.items.len()
    }

    /// Entries of one item, `m d^2`.
    pub fn stride(&self) -> usize {
        self.items.first().map_or(0, Item::len)
    }

    /// How item `i` was computed.
    pub fn regime(&self, i: usize) -> Option<Regime> {
        self.items.get(i).map(|item| item.regime)
    }

    /// Computes the measurements of all items, Algorithm 1.
    ///
    /// # Errors
    /// A slice of the wrong length or a logit that is not finite.
    pub fn forward(&mut self, logits: &[C64], povms: &mut [C64]) -> Result<(), SoftmaxError> {
        let stride = self.stride();
        check_length("logits", logits.len(), stride * self.items.len())?;
        check_length("povm", povms.len(), stride * self.items.len())?;
        match &mut self.together {
            Together::None => {}
            Together::Three(groups) => groups.forward(logits, povms, &mut self.items)?,
            Together::Four(groups) => groups.forward(logits, povms, &mut self.items)?,
        }
        let slices = logits.chunks_exact(stride).zip(povms.chunks_exact_mut(stride));
        for (i, (item, (z, p))) in self.items.iter_mut().zip(slices).enumerate() {
            if self.together.solved(i) {
                continue;
            }
            item.forward(z, TRAINING_TARGET, &mut self.scratch).map_err(|e| e.at(i))?;
            p.copy_from_slice(&item.p);
        }
        Ok(())
    }

    /// Writes the gradients of all items from their cotangents.
    ///
    /// # Errors
    /// As [`super::QuantumSoftmax::backward`], naming the item.
    pub fn backward(&mut self, cotangents: &[C64], grads: &mut [C64]) -> Result<(), SoftmaxError> {
        self.each(cotangents, grads, false).map(|_| ())
    }

    /// As [`SoftmaxBatch::backward`], with a finite bounded gradient for items outside the
    /// domain; returns how many there were.
    ///
    /// # Errors
    /// As [`super::QuantumSoftmax::backward_saturating`].
    pub fn backward_saturating(&mut self, cotangents: &[C64], grads: &mut [C64]) -> Result<usize, SoftmaxError> {
        self.each(cotangents, grads, true)
    }

    fn each(&mut self, cotangents: &[C64], grads: &mut [C64], saturate: bool) -> Result<usize, SoftmaxError> {
        let stride = self.stride();
        check_length("cotangent", cotangents.len(), stride * self.items.len())?;
        check_length("gradient", grads.len(), stride * self.items.len())?;
        let (floor, items) = (self.floor, &mut self.items);
        match &mut self.together {
            Together::None => {}
            Together::Three(groups) => groups.backward(cotangents, grads, floor, items)?,
            Together::Four(groups) => groups.backward(cotangents, grads, floor, items)?,
        }
        let slices = cotangents.chunks_exact(stride).zip(grads.chunks_exact_mut(stride));
        let mut saturated = 0;
        for (i, (item, (g, grad))) in self.items.iter_mut().zip(slices).enumerate() {
            if self.together.solved(i) {
                continue;
            }
            match item.backward(g, grad, self.floor, &mut self.scratch) {
                Ok(()) => {}
                Err(SoftmaxError::OutOfDomain { .. }) if saturate => {
                    item.saturating_backward(g, grad, &mut self.scratch);
                    saturated += 1;
                }
                Err(error) => return Err(error.at(i)),
            }
        }
        Ok(saturated)
    }

    /// Largest of the items' condition numbers of `S`, see [`super::QuantumSoftmax::condition_estimate`].
    pub fn condition_estimate(&self) -> f64 {
        self.items.iter().map(Item::condition).fold(1.0, f64::max)
    }

    /// Sum over the items of the conditioning loss, see
    /// [`super::QuantumSoftmax::conditioning_loss`].
    pub fn conditioning_loss(&self) -> f64 {
        let one = |(i, item): (usize, &Item)| match &self.together {
            Together::Three(groups) if groups.solved(i) => groups.conditioning_loss(i),
            Together::Four(groups) if groups.solved(i) => groups.conditioning_loss(i),
            _ => item.conditioning_loss(),
        };
        self.items.iter().enumerate().map(one).sum()
    }

    /// Adds `weight` times the gradient of [`SoftmaxBatch::conditioning_loss`] to `grads`.
    ///
    /// # Errors
    /// As [`super::QuantumSoftmax::add_conditioning_gradient`], naming the item.
    pub fn add_conditioning_gradient(&mut self, weight: f64, grads: &mut [C64]) -> Result<(), SoftmaxError> {
        self.each_conditioning(weight, f64::INFINITY, grads)
    }

    /// As [`SoftmaxBatch::add_conditioning_gradient`], but of logits with an eigenvalue above 4 takes the gradient
    /// at the logits shifted down to 4: it points the same way, stays below `2 e^8 m` times the weight, and exists
    /// for every finite input. `S` and with it the loss grow as the exponential of the eigenvalue; an optimiser
    /// that keeps a memory of squares would not recover from gradients of such size.
    ///
    /// # Errors
    /// A slice of the wrong length or no forward pass yet.
    pub fn add_conditioning_gradient_saturating(&mut self, weight: f64, grads: &mut [C64]) -> Result<(), SoftmaxError> {
        self.each_conditioning(weight, CONDITIONING_CAP, grads)
    }

    fn each_conditioning(&mut self, weight: f64, cap: f64, grads: &mut [C64]) -> Result<(), SoftmaxError> {
        let stride = self.stride();
        check_length("gradient", grads.len(), stride * self.items.len())?;
        self.together.hand_over(&mut self.items);
        for (i, (item, grad)) in self.items.iter_mut().zip(grads.chunks_exact_mut(stride)).enumerate() {
            item.add_conditioning_gradient(weight, cap, grad, &mut self.scratch).map_err(|e| e.at(i))?;
        }
        Ok(())
    }
}
