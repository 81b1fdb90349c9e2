//! The text of a certificate: strict JSON into plain structs, no meaning yet.
//!
//! Every number of the mathematics stays text here; objects are read by name only, never as lists;
//! unknown, missing and repeated fields are errors; nothing is optional by way of `null`.

use std::fmt;
use std::marker::PhantomData;

use num_bigint::BigInt;
use num_traits::ToPrimitive;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::limits::{Limits, Meter, words};
use super::num::{NumberError, Rational, lowest, parse_integer, parse_parts};
use super::reject::{Reject, number, resource, shape};

/// A JSON object read as the struct `T`; serde alone would also take a list of its fields.
pub(crate) struct Obj<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Obj<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct OnlyMap<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for OnlyMap<T> {
            type Value = Obj<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Obj<T>, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map)).map(Obj)
            }
        }
        d.deserialize_map(OnlyMap(PhantomData))
    }
}

/// An index or a size: a JSON integer below 10^9. Negative ones are kept for a later, better error.
#[derive(Clone, Copy)]
pub(crate) struct Index(i64);

impl Index {
    /// The index if it lies in `0..end`.
    pub fn below(self, end: usize) -> Option<usize> {
        usize::try_from(self.0).ok().filter(|&i| i < end)
    }
    /// The size if it is at least 1.
    pub fn size(self) -> Option<usize> {
        usize::try_from(self.0).ok().filter(|&n| n >= 1)
    }
    pub fn is(self, value: i64) -> bool {
        self.0 == value
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

const INDEX: &str = "an integer below 10^9";

fn index_of<E: de::Error>(value: i64) -> Result<Index, E> {
    if value.unsigned_abs() < 1_000_000_000 {
        Ok(Index(value))
    } else {
        Err(E::custom("an index or size must be below 10^9"))
    }
}

impl<'de> Deserialize<'de> for Index {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match Cell::deserialize(d)? {
            Cell::Index(i) => Ok(i),
            Cell::Num(_) => Err(de::Error::custom(format!("expected {INDEX}"))),
        }
    }
}

/// A number of the mathematics: a string, or `None` if the file has something else in its place.
pub(crate) struct Num(Option<String>);

impl<'de> Deserialize<'de> for Num {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match Cell::deserialize(d)? {
            Cell::Index(_) => Ok(Num(None)),
            Cell::Num(n) => Ok(n),
        }
    }
}

impl Num {
    fn text(&self) -> Result<&str, Reject> {
        self.0.as_deref().ok_or_else(|| {
            number(
                "",
                "numbers are written as strings like \"1/4\", not as JSON numbers",
            )
        })
    }

    /// The text of the number; once it has been read it is its one spelling.
    pub fn as_written(&self) -> &str {
        self.0.as_deref().unwrap_or("")
    }

    pub fn integer(&self, meter: &Meter) -> Result<BigInt, Reject> {
        parse_integer(self.text()?, max_digits(meter)).map_err(refuse)
    }

    pub fn rational(&self, meter: &mut Meter) -> Result<Rational, Reject> {
        let text = self.text()?;
        let (numer, denom) = parse_parts(text, max_digits(meter)).map_err(refuse)?;
        let bits = numer.bits().max(denom.bits());
        if denom.bits() > 1 {
            meter.charge("lowest terms", u128::from(bits).saturating_mul(words(bits)))?;
        }
        lowest(text, numer, denom).map_err(refuse)
    }
}

fn max_digits(meter: &Meter) -> usize {
    usize::try_from(meter.limits().digits).unwrap_or(usize::MAX)
}

fn refuse(error: NumberError) -> Reject {
    match error {
        NumberError::Digits { .. } => resource("", error.to_string()),
        _ => number("", error.to_string()),
    }
}

/// One entry of a table row.
enum Cell {
    Index(Index),
    Num(Num),
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Scalar;
        impl Visitor<'_> for Scalar {
            type Value = Cell;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer below 10^9 or a number written as a string")
            }
            fn visit_str<E: de::Error>(self, v: &str) -> Result<Cell, E> {
                Ok(Cell::Num(Num(Some(v.to_owned()))))
            }
            fn visit_u64<E: de::Error>(self, v: u64) -> Result<Cell, E> {
                index_of(v.to_i64().unwrap_or(i64::MAX)).map(Cell::Index)
            }
            fn visit_i64<E: de::Error>(self, v: i64) -> Result<Cell, E> {
                index_of(v).map(Cell::Index)
            }
            // Floats and booleans are never numbers here; `Num` says so, `Index` refuses.
            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Cell, E> {
                Ok(Cell::Num(Num(None)))
            }
            fn visit_bool<E: de::Error>(self, _: bool) -> Result<Cell, E> {
                Ok(Cell::Num(Num(None)))
            }
        }
        d.deserialize_any(Scalar)
    }
}

/// A table row `[i, j, .., "r"]`: integers, then exactly one number.
pub(crate) struct Row {
    pub cell: Vec<Index>,
    pub number: Num,
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Cells;
        impl<'de> Visitor<'de> for Cells {
            type Value = Row;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a row of integers with a number string at its end")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Row, A::Error> {
                let mut cell = Vec::new();
                let mut last = None;
                while let Some(next) = seq.next_element::<Cell>()? {
                    match (next, &last) {
                        (Cell::Index(i), None) => cell.push(i),
                        (Cell::Num(n), None) => last = Some(n),
                        _ => return Err(de::Error::custom("the number must end its row")),
                    }
                }
                match last {
                    Some(number) => Ok(Row { cell, number }),
                    None => Err(de::Error::custom("a row without a number at its end")),
                }
            }
        }
        d.deserialize_seq(Cells)
    }
}

/// A field that may be absent but not `null`.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<T>, D::Error> {
    T::deserialize(d).map(Some)
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCertificate {
    pub format: String,
    pub version: Index,
    pub game: Obj<RawGame>,
    pub proofs: Vec<Obj<RawProof>>,
    pub conclusions: Vec<Obj<RawConclusion>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawGame {
    #[serde(default, deserialize_with = "present")]
    pub format: Option<String>,
    pub kind: String,
    pub name: String,
    pub questions: Vec<Index>,
    pub answers: Vec<Index>,
    #[serde(default, deserialize_with = "present")]
    pub mu: Option<Vec<Row>>,
    #[serde(default, deserialize_with = "present")]
    pub win: Option<Vec<Vec<Index>>>,
    #[serde(default, deserialize_with = "present")]
    pub coeffs: Option<Vec<Row>>,
    #[serde(default, deserialize_with = "present")]
    pub reference: Option<de::IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    pub labels: Option<de::IgnoredAny>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawConclusion {
    #[serde(rename = "type")]
    pub kind: String,
    pub lower: String,
    pub upper: String,
    pub value: Num,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPovm {
    pub den: Num,
    pub m: Vec<Vec<Vec<[Num; 2]>>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawBlock {
    pub basis: Vec<Vec<Vec<[Index; 2]>>>,
    pub den: Num,
    #[serde(default, deserialize_with = "present")]
    pub rows: Option<Vec<Vec<Num>>>,
    #[serde(default, deserialize_with = "present")]
    pub gram: Option<Vec<Triangle>>,
}

/// An entry of an upper triangle: one number, or one row of numbers.
pub(crate) enum Triangle {
    One(Num),
    Row(Vec<Num>),
}

impl<'de> Deserialize<'de> for Triangle {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Triangle;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number string or a list of number strings")
            }
            fn visit_str<E: de::Error>(self, v: &str) -> Result<Triangle, E> {
                Ok(Triangle::One(Num(Some(v.to_owned()))))
            }
            fn visit_u64<E: de::Error>(self, _: u64) -> Result<Triangle, E> {
                Ok(Triangle::One(Num(None)))
            }
            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Triangle, E> {
                Ok(Triangle::One(Num(None)))
            }
            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Triangle, E> {
                Ok(Triangle::One(Num(None)))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Triangle, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(Triangle::Row)
            }
        }
        d.deserialize_any(Either)
    }
}

/// One proof with the witness fields of every type; which may be present depends on `type`.
macro_rules! raw_proof {
    ($($field:ident: $kind:ty),* $(,)?) => {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct RawProof {
            pub id: String,
            #[serde(rename = "type")]
            pub kind: String,
            $(#[serde(default, deserialize_with = "present")] pub $field: Option<$kind>,)*
        }
        impl RawProof {
            /// The fields that are present, besides `id` and `type`.
            pub fn fields(&self) -> Vec<&'static str> {
                let mut names = Vec::new();
                $(if self.$field.is_some() { names.push(stringify!($field)); })*
                names
            }
        }
    };
}
raw_proof! {
    value: Num,
    strategy: Vec<Vec<Index>>,
    order: Vec<[Index; 2]>,
    messages: Vec<Row>,
    dims: Vec<Index>,
    state: Vec<Vec<[Num; 2]>>,
    povm: Vec<Vec<Obj<RawPovm>>>,
    blocks: Vec<Obj<RawBlock>>,
    p: Vec<Num>,
    functional: Vec<Row>,
    beta: Num,
    visibility: Num,
    bets: Vec<Row>,
    counts: Vec<Row>,
    alpha: Num,
    upper: String,
}

/// Size, nesting and alphabet of the text, then its fields.
pub(crate) fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8], limits: &Limits) -> Result<T, Reject> {
    if u64::try_from(bytes.len()).is_ok_and(|n| n > limits.file) {
        return Err(resource(
            "file",
            format!("{} bytes, the limit is {}", bytes.len(), limits.file),
        ));
    }
    nesting(bytes, limits)?;
    let Obj(value) = serde_json::from_slice::<Obj<T>>(bytes).map_err(|e| {
        shape(
            format!("line {} column {}", e.line(), e.column()),
            describe(&e),
        )
    })?;
    Ok(value)
}

/// Whether the text is plain: ASCII without escapes, so that no string has two spellings.
pub(crate) fn plain(bytes: &[u8]) -> Result<(), Reject> {
    match bytes.iter().position(|&b| !b.is_ascii() || b == b'\\') {
        None => Ok(()),
        Some(at) => Err(shape(
            format!("byte {at}"),
            "the text must be ASCII without backslash escapes",
        )),
    }
}

fn nesting(bytes: &[u8], limits: &Limits) -> Result<(), Reject> {
    let mut depth = 0u64;
    let (mut quoted, mut escaped) = (false, false);
    for &byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth = depth.saturating_add(1),
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limits.nesting {
            return Err(resource(
                "file",
                format!("nested deeper than {}", limits.nesting),
            ));
        }
    }
    Ok(())
}

/// The reader's message without its position and without raw input.
fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(head, _)| head);
    let clean: String = text
        .chars()
        .take(160)
        .map(|c| {
            if c.is_ascii_graphic() || c == ' ' {
                c
            } else {
                '?'
            }
        })
        .collect();
    clean
}
