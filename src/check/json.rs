//! The text of a certificate: strict JSON, read into values that borrow from it.

use super::*;

/// A JSON value. Numbers of the mathematics are texts; what stands bare is an index, or refused by whoever reads it.
pub enum Json<'a> {
    Bare(&'a str),
    Text(&'a str),
    List(Vec<Json<'a>>),
    Object(Vec<(&'a str, Json<'a>)>),
}

/// The size, then the whole text as one value.
pub fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Json<'a>> {
    within("bytes", bytes.len(), limits.file)?;
    let rest = str::from_utf8(bytes).map_err(|_| refuse!(Shape: "not UTF-8"))?;
    // Values are read by recursion: its depth has a bound of its own.
    let mut text = Parser { rest, nesting: limits.nesting.min(128) };
    let value = text.value()?;
    text.space();
    ensure!(text.rest.is_empty(), Shape: "`{}` follows the end", excerpt(text.rest));
    Ok(value)
}

/// What has not been read yet, and how many brackets may still open.
struct Parser<'a> {
    rest: &'a str,
    nesting: u64,
}

impl<'a> Parser<'a> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    /// Takes the character if it is next.
    fn takes(&mut self, wanted: char) -> bool {
        self.space();
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn value(&mut self) -> Result<Json<'a>> {
        if self.takes('"') {
            return self.string().map(Json::Text);
        }
        if self.takes('[') {
            return self.items(']', Self::value).map(Json::List);
        }
        if self.takes('{') {
            let fields = self.items('}', Self::field)?;
            let mut names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
            names.sort_unstable();
            ensure!(names.windows(2).all(|two| two[0] != two[1]), Shape: "a repeated field");
            return Ok(Json::Object(fields));
        }
        let of_word = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let end = self.rest.find(|c| !of_word(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        let known = is_number(word) || ["true", "false", "null"].contains(&word);
        ensure!(known, Shape: "no JSON at `{}`", excerpt(self.rest));
        self.rest = rest;
        Ok(Json::Bare(word))
    }

    /// The rest of a string, behind its first quote. Escapes are left as they are.
    fn string(&mut self) -> Result<&'a str> {
        let mut escaped = false;
        let end = self.rest.find(|c: char| {
            let ends = c < ' ' || c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let (text, rest) = self.rest.split_at(end.unwrap_or(0));
        let rest = rest.strip_prefix('"');
        self.rest = rest.ok_or_else(|| refuse!(Shape: "a string without end: `{}`", excerpt(self.rest)))?;
        Ok(text)
    }

    fn field(&mut self) -> Result<(&'a str, Json<'a>)> {
        ensure!(self.takes('"'), Shape: "a field is wanted at `{}`", excerpt(self.rest));
        let name = self.string()?;
        ensure!(self.takes(':'), Shape: "`:` is wanted at `{}`", excerpt(self.rest));
        Ok((name, self.value()?))
    }

    /// The rest of a list of items or fields, behind its bracket.
    fn items<T>(&mut self, end: char, item: fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let left = self.nesting.checked_sub(1);
        self.nesting = left.ok_or_else(|| refuse!(Resource: "nested too deep"))?;
        let mut all = Vec::new();
        if !self.takes(end) {
            // Many lists hold one item: no room for more is left behind.
            all.reserve_exact(1);
            all.push(item(self)?);
            while !self.takes(end) {
                ensure!(self.takes(','), Shape: "`,` or `{end}` is wanted at `{}`", excerpt(self.rest));
                all.push(item(self)?);
            }
        }
        all.shrink_to_fit();
        self.nesting = self.nesting.saturating_add(1);
        Ok(all)
    }
}

/// Whether a word is `-?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?`.
fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (head, exponent) = word.split_once(['e', 'E']).unwrap_or((word, "0"));
    let (whole, fraction) = head.split_once('.').unwrap_or((head, "0"));
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && digits(fraction) && digits(exponent)
}

impl<'a> Json<'a> {
    pub fn text(&self) -> Result<&'a str> {
        let Json::Text(text) = self else { return Err(refuse!(Shape: "a text is wanted")) };
        Ok(text)
    }

    pub fn list(&self) -> Result<&[Json<'a>]> {
        let Json::List(list) = self else { return Err(refuse!(Shape: "a list is wanted")) };
        Ok(list)
    }

    /// An index below `end`.
    pub fn index(&self, end: usize) -> Result<usize> {
        let Json::Bare(word) = self else { return Err(refuse!(Shape: "an index is wanted")) };
        let number = word.parse().ok().filter(|n: &i64| n.to_string() == *word && n.unsigned_abs() < 1_000_000_000);
        let number = number.ok_or_else(|| refuse!(Shape: "`{}` is no index", excerpt(word)))?;
        let index = usize::try_from(number).ok().filter(|&i| i < end);
        index.ok_or_else(|| refuse!(Proof: "{number} is not in 0..{end}"))
    }

    /// The text of a number of the mathematics.
    fn number(&self) -> Result<&'a str> {
        let bare = matches!(self, Json::Bare(word) if *word != "null");
        ensure!(!bare, Number: "numbers are written as texts like \"1/4\"");
        self.text()
    }

    pub fn integer(&self, meter: &Meter) -> Result<BigInt> {
        parse_integer(self.number()?, meter.limits.digits)
    }

    pub fn rational(&self, meter: &Meter) -> Result<Rational> {
        let text = self.number()?;
        if text.contains('/') {
            let digits = u64::try_from(text.len()).unwrap_or(u64::MAX);
            meter.charge("lowest terms", divisor(digits.saturating_mul(2)))?;
        }
        parse_rational(text, meter.limits.digits)
    }

    /// Reads every item of a list, each with its place.
    pub fn each<T>(&self, mut read: impl FnMut(usize, &Json<'a>) -> Result<T>) -> Result<Vec<T>> {
        let items = self.list()?.iter().enumerate();
        items.map(|(k, item)| read(k, item).map_err(|e| e.inside(&format!("[{k}]")))).collect()
    }

    /// Reads every item of a list of `n`.
    pub fn exactly<T>(&self, n: usize, read: impl FnMut(usize, &Json<'a>) -> Result<T>) -> Result<Vec<T>> {
        let given = self.list()?.len();
        ensure!(given == n, Shape: "{given} entries, {n} wanted");
        self.each(read)
    }

    /// Reads every item of a list of at most `limit`.
    pub fn up_to<T>(&self, limit: u64, read: impl FnMut(usize, &Json<'a>) -> Result<T>) -> Result<Vec<T>> {
        within("entries", self.list()?.len(), limit)?;
        self.each(read)
    }

    /// The two items of a pair.
    pub fn pair(&self) -> Result<(&Json<'a>, &Json<'a>)> {
        let [first, second] = self.list()? else { return Err(refuse!(Shape: "a pair is wanted")) };
        Ok((first, second))
    }

    /// Whether this is an object with exactly these fields, some of which may be missing.
    pub fn fields(&self, must: &[&str], may: &[&str]) -> Result<()> {
        let Json::Object(fields) = self else { return Err(refuse!(Shape: "an object is wanted")) };
        must.iter().try_for_each(|name| self.field(name, |_| Ok(())))?;
        let other = fields.iter().find(|(name, _)| !must.contains(name) && !may.contains(name));
        ensure!(other.is_none(), Shape: "a field `{}` does not belong here", other.map_or("".into(), |o| excerpt(o.0)));
        Ok(())
    }

    /// A table as text without whitespace; it holds no objects.
    pub fn canonical(&self) -> String {
        match self {
            Json::Bare(word) => (*word).to_owned(),
            Json::Text(text) => format!("\"{text}\""),
            Json::List(items) => format!("[{}]", items.iter().map(Json::canonical).collect::<Vec<_>>().join(",")),
            Json::Object(_) => String::new(),
        }
    }

    pub fn get(&self, field: &str) -> Option<&Json<'a>> {
        let Json::Object(fields) = self else { return None };
        fields.iter().find(|(name, _)| *name == field).map(|(_, value)| value)
    }

    /// Reads a field that may be missing.
    pub fn optional<T>(&self, name: &str, read: impl FnOnce(&Json<'a>) -> Result<T>) -> Result<Option<T>> {
        self.get(name).map(|_| self.field(name, read)).transpose()
    }

    /// Reads a field.
    pub fn field<T>(&self, name: &str, read: impl FnOnce(&Json<'a>) -> Result<T>) -> Result<T> {
        let missing = || refuse!(Shape: "the field {name} is missing");
        read(self.get(name).ok_or_else(missing)?).map_err(|e| e.inside(name))
    }
}
