//! What can go wrong, and the checks of sizes.

use crate::quantum::{C64, PovmError};

/// Largest number of complex entries a layer or a batch may hold.
const MAX_ENTRIES: usize = 1 << 26;

/// Why a `QuantumSoftmax` layer refused its input.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SoftmaxError {
    /// No outcome.
    #[error("QuantumSoftmax needs at least one outcome, none was given")]
    NoOutcomes,
    /// Dimension zero.
    #[error("QuantumSoftmax needs dimension at least 1, 0 was given")]
    ZeroDimension,
    /// An empty batch.
    #[error("a QuantumSoftmax batch needs at least one item, none was given")]
    EmptyBatch,
    /// Too many entries.
    #[error("{items} sets of {m} logits of size {d} x {d} have more than {MAX_ENTRIES} entries")]
    TooLarge {
        /// Sets of logits.
        items: usize,
        /// Outcomes.
        m: usize,
        /// Dimension.
        d: usize,
    },
    /// Logits of unequal size.
    #[error("logit {outcome} has dimension {given}, logit 0 has dimension {wanted}")]
    Ragged {
        /// The first logit that differs.
        outcome: usize,
        /// Its dimension.
        given: usize,
        /// Dimension of logit 0.
        wanted: usize,
    },
    /// A slice of the wrong length.
    #[error("the {what} slice has {given} entries, {wanted} are wanted")]
    Length {
        /// Which slice.
        what: &'static str,
        /// Its length.
        given: usize,
        /// The length wanted.
        wanted: usize,
    },
    /// An entry that is NaN or infinite.
    #[error(
        "{what} of item {item}, outcome {outcome}, row {row}, column {column} is {value}, a finite number is wanted"
    )]
    NotFinite {
        /// Logit or cotangent.
        what: &'static str,
        /// Position in the batch, 0 outside batches.
        item: usize,
        /// Outcome.
        outcome: usize,
        /// Row.
        row: usize,
        /// Column.
        column: usize,
        /// The entry.
        value: C64,
    },
    /// A backward pass without a forward pass.
    #[error("QuantumSoftmax has no forward pass to differentiate")]
    NoForward,
    /// The gradient cannot be computed to its promised accuracy.
    #[error(
        "item {item}: the gradient cannot be given to the promised accuracy: the logits spread over {spread:e} and S has condition number about 2^{log2_condition:.0}, beyond the documented domain"
    )]
    OutOfDomain {
        /// Position in the batch, 0 outside batches.
        item: usize,
        /// Distance of the largest and the least eigenvalue of the logits.
        spread: f64,
        /// Base-two logarithm of the condition number of `S`, infinite when not resolved.
        log2_condition: f64,
    },
    /// The conditioning loss or its gradient is beyond double precision.
    #[error(
        "item {item}: the conditioning gradient overflows: the largest eigenvalue of the logits is {largest_eigenvalue}"
    )]
    ConditioningOverflow {
        /// Position in the batch, 0 outside batches.
        item: usize,
        /// Largest eigenvalue of the Hermitian parts of the logits.
        largest_eigenvalue: f64,
    },
    /// The computed measurement failed its own check.
    #[error("the computed measurement failed its check: {0}")]
    Invalid(PovmError),
}

impl SoftmaxError {
    /// The same error at another position of a batch.
    pub(super) fn at(self, position: usize) -> Self {
        let mut moved = self;
        match &mut moved {
            Self::NotFinite { item, .. } | Self::OutOfDomain { item, .. } | Self::ConditioningOverflow { item, .. } => {
                *item = position
            }
            _ => {}
        }
        moved
    }
}

pub(super) fn check_size(items: usize, m: usize, d: usize) -> Result<(), SoftmaxError> {
    if items == 0 {
        return Err(SoftmaxError::EmptyBatch);
    }
    if m == 0 {
        return Err(SoftmaxError::NoOutcomes);
    }
    if d == 0 {
        return Err(SoftmaxError::ZeroDimension);
    }
    [items, m, d, d]
        .iter()
        .try_fold(1_usize, |acc, &f| acc.checked_mul(f))
        .filter(|&entries| entries <= MAX_ENTRIES)
        .map(|_| ())
        .ok_or(SoftmaxError::TooLarge { items, m, d })
}

pub(super) fn check_length(what: &'static str, given: usize, wanted: usize) -> Result<(), SoftmaxError> {
    if given == wanted { Ok(()) } else { Err(SoftmaxError::Length { what, given, wanted }) }
}

/// Largest absolute component, or the first entry that is not finite.
#[inline]
pub(super) fn largest(d: usize, what: &'static str, entries: &[C64]) -> Result<f64, SoftmaxError> {
    // Without its sign the bit pattern of a double is ordered like its value, with infinity and NaN on top.
    const SIZE: u64 = !(1 << 63);
    let (mut re, mut im) = (0, 0);
    for z in entries {
        re = re.max(z.re.to_bits() & SIZE);
        im = im.max(z.im.to_bits() & SIZE);
    }
    let top = f64::from_bits(re.max(im));
    if top.is_finite() {
        return Ok(top);
    }
    match entries.iter().position(|z| !z.is_finite()) {
        Some(at) => Err(SoftmaxError::NotFinite {
            what,
            item: 0,
            outcome: at / (d * d),
            row: at / d % d,
            column: at % d,
            value: entries[at],
        }),
        None => Ok(top),
    }
}
