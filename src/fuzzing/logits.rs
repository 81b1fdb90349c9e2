//! Logits files.

use crate::cli::softmax;
use crate::quantum::{C64, QuantumSoftmax, SoftmaxError};
use std::path::Path;

/// JSON: refused, or logits whose measurement and gradient exist or are refused by name.
pub fn logits_file(data: &[u8]) {
    if let Ok(input) = softmax::parse(Path::new("z.json"), data.to_vec()) {
        check(&input);
    }
}

pub(super) fn check(input: &softmax::Logits) {
    let (m, d) = (input.m, input.d);
    assert_eq!(input.logits.len(), m * d * d);
    if d > 6 || m > 16 {
        return;
    }
    let Ok(mut layer) = QuantumSoftmax::new(m, d) else {
        panic!("{m} outcomes in dimension {d} refused");
    };
    let mut out = vec![C64::ZERO; m * d * d];
    match layer.forward(&input.logits, &mut out) {
        Ok(()) => {}
        Err(SoftmaxError::NotFinite { .. }) => return,
        Err(other) => panic!("{other}"),
    }
    if let Some(cotangent) = &input.cotangent {
        assert_eq!(cotangent.len(), m * d * d);
        let gradient = layer.backward(cotangent, &mut out);
        assert!(matches!(gradient, Ok(()) | Err(SoftmaxError::OutOfDomain { .. })));
        assert!(gradient.is_err() || out.iter().all(|z| z.is_finite()));
    }
}
