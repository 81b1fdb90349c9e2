//! The game a certificate speaks about, its canonical text and its identity.

use super::*;

/// A validated game table in canonical form.
///
/// ```
/// use bellwether::check::game::GameTable;
/// let coin = r#"{"kind":"game","name":"coin","questions":[1],"answers":[2],
///               "mu":[[0,"1"]],"win":[[0,1]]}"#;
/// let game = GameTable::parse(coin.as_bytes(), &Default::default())?;
/// assert_eq!(
///     game.canonical,
///     r#"{"kind":"game","questions":[1],"answers":[2],"mu":[[0,"1"]],"win":[[0,1]]}"#
/// );
/// # Ok::<(), bellwether::check::Reject>(())
/// ```
#[derive(Debug, Clone)]
pub struct GameTable {
    /// The name in the file; no part of the identity.
    pub name: String,
    /// A game of win or lose, c(x,a) = mu(x) V(a|x): its question tuples with their probabilities.
    /// Nothing for a functional, whose c(x,a) is given directly, weights included.
    pub mu: Option<Table>,
    /// The coefficients c(x,a).
    pub functional: Functional,
    /// The table without whitespace and without the name, keys in fixed order.
    pub canonical: String,
    /// SHA-256 of the canonical text, lower-case hexadecimal: the identity of the game.
    pub sha256: String,
}

impl GameTable {
    /// Reads one game object: the table alone, or a game file with `"format":"bellwether-game/1"`
    /// and optional `reference` and `labels`, which do not take part in the identity.
    ///
    /// Errors: `SHAPE`, `NUMBER`, `GAME` or `RESOURCE` with the place.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self> {
        let (raw, meter) = (json::read(bytes, limits)?, Meter::new(limits));
        if raw.get("format").is_none() {
            return Self::new(&raw, &[], &meter);
        }
        let known = raw.field("format", Json::text)? == "bellwether-game/1";
        ensure!(known, Shape: "the format is not \"bellwether-game/1\"");
        Self::new(&raw, &["format", "reference", "labels"], &meter)
    }

    /// Reads the table; beside it only these fields may stand.
    pub(crate) fn new(raw: &Json, beside: &[&str], meter: &Meter) -> Result<Self> {
        // What breaks a rule of tables breaks the game.
        Self::table(raw, beside, meter).map_err(|reject| match reject.code {
            RejectCode::Proof => Reject { code: RejectCode::Game, ..reject },
            _ => reject,
        })
    }

    fn table(raw: &Json, beside: &[&str], meter: &Meter) -> Result<Self> {
        let kind = raw.field("kind", Json::text)?;
        let tables: &[&str] = match kind {
            "game" => &["mu", "win"],
            "functional" => &["coeffs"],
            _ => return Err(refuse!(Shape: "the kind is neither \"game\" nor \"functional\"")),
        };
        raw.fields(&[&["kind", "name", "questions", "answers"], tables].concat(), beside)?;
        let name = raw.field("name", identifier)?;
        let questions = sizes(raw, "questions", meter.limits.questions, meter)?;
        let answers = sizes(raw, "answers", meter.limits.answers, meter)?;
        let players = questions.len();
        ensure!(players == answers.len() && players > 0, Proof: "not the same players ask and answer");
        let bounds = [questions.as_slice(), &answers].concat();
        let head = format!(r#"{{"kind":"{kind}","questions":{questions:?},"answers":{answers:?},"#);
        let (mu, cells, text) = if kind == "game" {
            let mu = raw.field("mu", |list| distribution(list, &questions, meter))?;
            let cells = raw.field("win", |list| {
                increasing(list, |row| {
                    let cell = cell(row, &bounds)?;
                    let weight = entry(&mu, &cell[..players]);
                    let weight = weight.ok_or_else(|| refuse!(Proof: "asked with probability 0"))?;
                    // The weight is kept for every cell.
                    let bits = weight.numer().bits().saturating_add(weight.denom().bits());
                    meter.charge("the weight of a cell", words(bits) * 128)?;
                    Ok((cell, weight.clone()))
                })
            })?;
            let wins: Vec<&Vec<usize>> = cells.iter().map(|(cell, _)| cell).collect();
            let text = format!(r#"{head}"mu":{},"win":{wins:?}}}"#, table_text(&mu));
            (Some(mu), cells, text)
        } else {
            let cells = raw.field("coeffs", |list| table(list, &bounds, meter))?;
            let nonzero = cells.iter().all(|(_, c)| !c.is_zero());
            ensure!(nonzero, Proof: "a listed coefficient must not be 0");
            let text = format!(r#"{head}"coeffs":{}}}"#, table_text(&cells));
            (None, cells, text)
        };
        let canonical = text.replace(' ', "");
        let functional = Functional::new(&questions, &answers, cells, meter)?;
        let sha256 = sha256_hex(&canonical);
        Ok(Self { name, mu, functional, canonical, sha256 })
    }

    /// mu(x), zero off the support.
    pub fn probability(&self, x: &[usize]) -> Rational {
        let weight = self.mu.as_ref().and_then(|mu| entry(mu, x));
        weight.cloned().unwrap_or_else(Rational::zero)
    }
}

/// Lower-case hexadecimal SHA-256.
pub(crate) fn sha256_hex(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Names and ids: `[a-z0-9_-]{1,64}`, so that no output line can be forged with them.
pub(crate) fn identifier(name: &Json) -> Result<String> {
    let name = name.text()?;
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    let good = (1..=64).contains(&name.len()) && name.bytes().all(allowed);
    ensure!(good, Shape: "names and ids are 1 to 64 characters of a-z, 0-9, _ and -");
    Ok(name.to_owned())
}

/// Questions or answers of each player.
fn sizes(raw: &Json, field: &str, limit: u64, meter: &Meter) -> Result<Vec<usize>> {
    raw.field(field, |list| {
        within("players", list.list()?.len(), meter.limits.players)?;
        let all = list.each(|n| n.index(usize::MAX))?;
        ensure!(all.iter().all(|&n| n >= 1), Proof: "every player has at least 1");
        all.iter().try_for_each(|&n| within(field, n, limit))?;
        Ok(all)
    })
}

/// mu > 0 everywhere it is listed, and sums to exactly 1.
fn distribution(list: &Json, questions: &[usize], meter: &Meter) -> Result<Table> {
    let mu = increasing(list, |indices| {
        let (x, weight) = row(indices, questions, meter)?;
        ensure!(weight.is_positive(), Proof: "a listed probability must be positive");
        Ok((x, weight))
    })?;
    let weights: Vec<Rational> = mu.iter().map(|(_, weight)| weight.clone()).collect();
    let (numer, den) = over_common(&weights, meter)?;
    ensure!(numer.iter().sum::<BigInt>() == den, Proof: "the probabilities do not sum to exactly 1");
    Ok(mu)
}

/// A table as canonical text: `[[0,0,"1/4"],..]`.
pub(crate) fn table_text(table: &Table) -> String {
    let row = |(cell, value): &(Vec<usize>, Rational)| {
        let cell: String = cell.iter().map(|i| format!("{i},")).collect();
        format!("[{cell}\"{value}\"]")
    };
    format!("[{}]", table.iter().map(row).collect::<Vec<_>>().join(","))
}
