//! Archives of numpy arrays, as whatever they claim to be.

use super::{behaviour, logits, strategy};
use crate::cli::softmax;
use crate::game::file::{Npz, parse_behaviour};
use crate::strategy::parse_strategy;
use std::path::Path;

/// Any archive: every array is read or refused, with shape and data in agreement; and the archive as a
/// behaviour, a strategy and logits.
pub fn npz(data: &[u8]) {
    let path = Path::new("a.npz");
    let Ok(mut archive) = Npz::parse(path, data.to_vec()) else {
        return;
    };
    for name in archive.names() {
        if let Ok(array) = archive.complex(&name) {
            assert_eq!(array.shape.iter().product::<usize>(), array.data.len());
        }
        if let Ok(array) = archive.real(&name) {
            assert_eq!(array.shape.iter().product::<usize>(), array.data.len());
        }
    }
    if let Ok(p) = parse_behaviour(path, data.to_vec()) {
        behaviour::check(&p);
    }
    if let Ok(s) = parse_strategy(path, data.to_vec()) {
        strategy::check(&s);
    }
    if let Ok(z) = softmax::parse(path, data.to_vec()) {
        logits::check(&z);
    }
}
