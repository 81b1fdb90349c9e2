//! Nested JSON arrays of numbers as one flat vector with a shape.

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use std::fmt;

/// A rectangular nested array of numbers: `[[1,2],[3,4]]` has shape `[2,2]`.
///
/// Ragged arrays and anything but numbers are refused while reading; nothing is allocated beyond what the text itself holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Nested {
    /// Length per level, outermost first; empty for a bare number.
    pub shape: Vec<usize>,
    /// The numbers, last index fastest.
    pub data: Vec<f64>,
}

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NestedVisitor)
    }
}

struct NestedVisitor;

impl<'de> Visitor<'de> for NestedVisitor {
    type Value = Nested;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a rectangular nested array of numbers")
    }

    fn visit_f64<E: Error>(self, v: f64) -> Result<Nested, E> {
        Ok(Nested { shape: Vec::new(), data: vec![v] })
    }

    fn visit_u64<E: Error>(self, v: u64) -> Result<Nested, E> {
        self.visit_f64(v as f64)
    }

    fn visit_i64<E: Error>(self, v: i64) -> Result<Nested, E> {
        self.visit_f64(v as f64)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Nested, A::Error> {
        let mut inner: Option<Vec<usize>> = None;
        let mut data = Vec::new();
        let mut count = 0;
        while let Some(item) = seq.next_element::<Nested>()? {
            match &inner {
                Some(shape) if *shape != item.shape => {
                    return Err(A::Error::custom(format!(
                        "ragged array: entry {count} has shape {:?}, wanted {shape:?}",
                        item.shape
                    )));
                }
                Some(_) => data.extend(item.data),
                None => {
                    inner = Some(item.shape);
                    data = item.data;
                }
            }
            count += 1;
        }
        let mut shape = vec![count];
        shape.extend(inner.unwrap_or_default());
        Ok(Nested { shape, data })
    }
}

/// Writes a flat array as nested JSON of the given shape.
pub(super) fn to_json(shape: &[usize], data: &[f64], out: &mut String) {
    match shape {
        [] => out.push_str(&serde_json::to_string(&data.first()).unwrap_or_default()),
        [n, inner @ ..] => {
            let size: usize = inner.iter().product();
            out.push('[');
            for k in 0..*n {
                if k > 0 {
                    out.push(',');
                }
                to_json(inner, &data[k * size..(k + 1) * size], out);
            }
            out.push(']');
        }
    }
}
