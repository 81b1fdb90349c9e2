//! The text of a certificate: strict JSON, the fields of the format, and values that know their place.

use std::fmt;

use num_bigint::BigInt;
use num_traits::One;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::limits::{Limits, Meter, within, words};
use super::num::{Rational, excerpt, lowest, parse_integer, parse_parts};
use super::reject::{Result, ensure, refuse};

/// A JSON value. No numbers but integers: those of the mathematics are texts.
pub enum Json {
    Null,
    Index(i64),
    /// `true`, `false`, a fraction, an exponent, `-0`: what some would write for a number.
    Odd,
    Text(Box<str>),
    List(Box<[Json]>),
    Object(Box<[(Box<str>, Json)]>),
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Odd)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Odd)
    }
    fn visit_i64<E>(self, v: i64) -> Result<Json, E> {
        Ok(Json::Index(v))
    }
    fn visit_u64<E>(self, v: u64) -> Result<Json, E> {
        Ok(Json::Index(i64::try_from(v).unwrap_or(i64::MAX)))
    }
    fn visit_str<E>(self, v: &str) -> Result<Json, E> {
        Ok(Json::Text(v.into()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = seq.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list.into()))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut fields: Vec<(Box<str>, Json)> = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        let mut names: Vec<&str> = fields.iter().map(|(name, _)| &**name).collect();
        names.sort_unstable();
        if names.windows(2).any(|two| two[0] == two[1]) {
            return Err(A::Error::custom("a repeated field"));
        }
        Ok(Json::Object(fields.into()))
    }
}

/// What a value of the format looks like, its meaning left aside.
pub enum Form {
    Text,
    Index,
    /// A number of the mathematics: a text. Indices and odd values are refused as numbers later.
    Number,
    List(&'static Form),
    Pair(&'static Form),
    /// `[i, j, .., "r"]`: indices, then exactly one number.
    Row,
    /// An entry of an upper triangle: one number, or one row of numbers.
    Triangle,
    Any,
    /// Fields that must be there and fields that may.
    Object(Fields, Fields),
}
type Fields = &'static [(&'static str, Form)];

#[rustfmt::skip]
mod forms {
    use super::Form::{self, Any, Index, List, Number, Object, Pair, Row, Text, Triangle};
    const INDICES: Form = List(&Index);
    pub const NUMBERS: Form = List(&Number);
    const TABLE: Form = List(&Row);
    const GAUSS_ROWS: Form = List(&List(&Pair(&Number)));
    const MONOMIAL: Form = List(&List(&Pair(&Index)));
    pub const GAME: Form = Object(
        &[("kind", Text), ("name", Text), ("questions", INDICES), ("answers", INDICES)],
        &[("mu", TABLE), ("win", List(&INDICES)), ("coeffs", TABLE),
          ("format", Text), ("reference", Any), ("labels", Any)]);
    const POVM: Form = Object(&[("den", Number), ("m", List(&GAUSS_ROWS))], &[]);
    const BLOCK: Form = Object(
        &[("basis", List(&MONOMIAL)), ("den", Number)],
        &[("rows", List(&NUMBERS)), ("gram", List(&Triangle))]);
    const PROOF: Form = Object(
        &[("id", Text), ("type", Text)],
        &[("value", Number), ("strategy", List(&INDICES)), ("order", List(&Pair(&Index))), ("messages", TABLE),
          ("dims", INDICES), ("state", GAUSS_ROWS), ("povm", List(&List(&POVM))), ("blocks", List(&BLOCK)),
          ("p", NUMBERS), ("functional", TABLE), ("beta", Number), ("visibility", Number),
          ("bets", TABLE), ("counts", TABLE), ("alpha", Number), ("upper", Text)]);
    const CONCLUSION: Form = Object(&[("type", Text), ("lower", Text), ("upper", Text), ("value", Number)], &[]);
    pub const CERTIFICATE: Form = Object(
        &[("format", Text), ("version", Index), ("game", GAME), ("proofs", List(&PROOF)),
          ("conclusions", List(&CONCLUSION))], &[]);
}
pub use forms::{CERTIFICATE, GAME};

/// A value with the way to it from the top of the file, which is written down in a refusal only.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    json: &'a Json,
    outer: Option<(&'a Node<'a>, Step<'a>)>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Field(&'a str),
    Item(usize),
}

impl fmt::Display for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.outer {
            None => Ok(()),
            Some((outer, Step::Item(k))) => write!(f, "{outer}[{k}]"),
            Some((outer, Step::Field(name))) if outer.outer.is_none() => f.write_str(name),
            Some((outer, Step::Field(name))) => write!(f, "{outer}.{name}"),
        }
    }
}

impl<'a> Node<'a> {
    pub fn top(json: &'a Json) -> Self {
        Self { json, outer: None }
    }

    fn inner<'b>(&'b self, json: &'b Json, step: Step<'b>) -> Node<'b> {
        let outer = Some((self, step));
        Node { json, outer }
    }

    fn list(&self) -> &'a [Json] {
        match self.json {
            Json::List(list) => list,
            _ => &[],
        }
    }

    /// The items of a list.
    pub fn items(&self) -> impl Iterator<Item = Node<'_>> {
        let list = self.list().iter().enumerate();
        list.map(|(k, json)| self.inner(json, Step::Item(k)))
    }

    /// Reads every item of a list.
    pub fn each<T, F>(&self, mut read: F) -> Result<Vec<T>>
    where
        F: FnMut(&Node) -> Result<T>,
    {
        self.items().map(|item| read(&item)).collect()
    }

    /// The two items of a pair.
    pub fn pair(&self) -> Result<[Node<'_>; 2]> {
        let items: Vec<Node<'_>> = self.items().collect();
        let wrong = |_| refuse!(Shape at self, "not a pair");
        items.try_into().map_err(wrong)
    }

    pub fn is_index(&self) -> bool {
        matches!(self.json, Json::Index(_))
    }

    pub fn is_list(&self) -> bool {
        matches!(self.json, Json::List(_))
    }

    /// The number at the end of a row.
    pub fn last(&self, meter: &mut Meter) -> Result<Rational> {
        let last = self.items().last();
        last.ok_or_else(|| refuse!(Shape at self, "an empty row"))?.rational(meter)
    }

    pub fn len(&self) -> usize {
        self.list().len()
    }

    /// Refuses a list of another length.
    pub fn exactly(&self, wanted: usize) -> Result<&Self> {
        let n = self.len();
        ensure!(n == wanted, Shape at self, "{n} entries, {wanted} wanted");
        Ok(self)
    }

    fn fields(&self) -> impl Iterator<Item = (&str, Node<'_>)> {
        let fields = match self.json {
            Json::Object(fields) => &**fields,
            _ => &[],
        };
        let node = |name, json| (name, self.inner(json, Step::Field(name)));
        fields.iter().map(move |(name, json)| node(&**name, json))
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields().map(|(name, _)| name)
    }

    pub fn get(&self, field: &str) -> Option<Node<'_>> {
        let found = self.fields().find(|(name, _)| *name == field);
        found.map(|(_, node)| node)
    }

    pub fn need(&self, field: &str) -> Result<Node<'_>> {
        let missing = || refuse!(Shape at self, "the field {field} is missing");
        self.get(field).ok_or_else(missing)
    }

    /// The text; nothing if it is none.
    pub fn text(&self) -> &'a str {
        match self.json {
            Json::Text(text) => text,
            _ => "",
        }
    }

    /// The index if it lies in `0..end`.
    pub fn below(&self, end: usize) -> Option<usize> {
        match *self.json {
            Json::Index(i) => usize::try_from(i).ok().filter(|&i| i < end),
            _ => None,
        }
    }

    /// The size if it is at least 1.
    pub fn size(&self) -> Option<usize> {
        self.below(usize::MAX).filter(|&n| n >= 1)
    }

    /// The text of a number of the mathematics, and how many digits it may have.
    fn number(&self, meter: &Meter) -> Result<(&'a str, usize)> {
        let Json::Text(text) = self.json else {
            return Err(refuse!(Number at self, "numbers are written as texts like \"1/4\""));
        };
        let digits = usize::try_from(meter.limits().digits);
        Ok((text, digits.unwrap_or(usize::MAX)))
    }

    pub fn integer(&self, meter: &Meter) -> Result<BigInt> {
        let (text, digits) = self.number(meter)?;
        parse_integer(text, digits).map_err(|e| e.or_at(self))
    }

    pub fn rational(&self, meter: &mut Meter) -> Result<Rational> {
        let (text, digits) = self.number(meter)?;
        let value = parse_parts(text, digits).and_then(|(numer, denom)| {
            if !denom.is_one() {
                let bits = numer.bits().max(denom.bits());
                meter.charge("lowest terms", words(bits) * bits)?;
            }
            lowest(numer, denom)
        });
        value.map_err(|e| e.or_at(self))
    }

    /// Refuses a value that does not look as the format wants it.
    fn has_form(&self, form: &Form) -> Result<()> {
        use Form::{Any, Index, List, Number, Object, Pair, Row, Text, Triangle};
        let fits = match (form, self.json) {
            (Any, _) | (Text | Number, Json::Text(_)) | (Number, Json::Odd) => true,
            (Index | Number, Json::Index(i)) => i.unsigned_abs() < 1_000_000_000,
            (Triangle, Json::List(_)) => return self.has_form(&forms::NUMBERS),
            (Triangle, _) => return self.has_form(&Number),
            (Pair(_), Json::List(list)) if list.len() != 2 => false,
            (List(form) | Pair(form), Json::List(_)) => {
                return self.items().try_for_each(|item| item.has_form(form));
            }
            (Row, Json::List(list)) => {
                let last = list.len().saturating_sub(1);
                for (k, item) in self.items().enumerate() {
                    item.has_form(if k == last { &Number } else { &Index })?;
                }
                !matches!(list.last(), None | Some(Json::Index(_)))
            }
            (Object(must, may), Json::Object(_)) => {
                for (name, _) in *must {
                    self.need(name)?;
                }
                for (name, value) in self.fields() {
                    let known = must.iter().chain(*may).find(|(known, _)| *known == name);
                    let Some((_, form)) = known else {
                        return Err(refuse!(Shape at self, "an unknown field `{}`", excerpt(name)));
                    };
                    value.has_form(form)?;
                }
                true
            }
            _ => false,
        };
        ensure!(fits, Shape at self, "not what the format has here");
        Ok(())
    }
}

/// Size, nesting and syntax of the text, then its fields.
pub fn read(bytes: &[u8], form: &Form, limits: &Limits) -> Result<Json> {
    within(&"file", "bytes", bytes.len(), limits.file)?;
    nesting(bytes, limits)?;
    let json: Json = serde_json::from_slice(bytes).map_err(|e| refuse!(Shape at "file", "{e}"))?;
    let fields = Node::top(&json).has_form(form);
    fields.map_err(|e| e.or_at(&"file")).map(|()| json)
}

/// Whether the text is plain: ASCII without escapes, so that no string has two spellings.
pub fn plain(bytes: &[u8]) -> Result<()> {
    let odd = bytes.iter().any(|&b| !b.is_ascii() || b == b'\\');
    ensure!(!odd, Shape at "file", "the text must be ASCII without backslash escapes");
    Ok(())
}

fn nesting(bytes: &[u8], limits: &Limits) -> Result<()> {
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
        ensure!(depth <= limits.nesting, Resource at "file", "nested deeper than {}", limits.nesting);
    }
    Ok(())
}
