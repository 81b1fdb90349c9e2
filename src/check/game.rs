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
    /// Questions and answers of each player.
    pub scenario: Scenario,
    /// A game of win or lose, c(x,a) = mu(x) V(a|x): its question tuples with their probabilities.
    /// Nothing for a functional, whose c(x,a) is given directly, weights included.
    pub mu: Option<Table>,
    /// The coefficients c(x,a).
    pub table: Table,
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
        Self::read(raw, beside, meter).map_err(|reject| match reject.code {
            RejectCode::Proof => Reject { code: RejectCode::Game, ..reject },
            _ => reject,
        })
    }

    fn read(raw: &Json, beside: &[&str], meter: &Meter) -> Result<Self> {
        let tables: &[&str] = match raw.field("kind", Json::text)? {
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
        let scenario = Scenario { questions, answers };
        let bounds = scenario.bounds();
        let mu = raw.optional("mu", |list| distribution(list, &scenario.questions, meter))?;
        let table = if let Some(mu) = &mu {
            let weight = |cell: &[usize]| mu.entry(&cell[..players]);
            let wins = raw.field("win", |list| {
                let wins = increasing(list, |row| indices(row, &bounds))?;
                every(&wins, |cell| weight(cell).is_some(), "a win where the probability is 0")?;
                Ok(wins)
            })?;
            meter.charge("the weights of the wins", kept(mu.bits()) * wins.len())?;
            let weighted = |cell: Vec<usize>| weight(&cell).cloned().map(|weight| (cell, weight));
            Table { cells: wins.into_iter().filter_map(weighted).collect(), den: mu.den.clone() }
        } else {
            raw.field("coeffs", |list| {
                let table = Table::read(list, &bounds, meter)?;
                every(table.numbers(), |c| !c.is_zero(), "a listed coefficient must not be 0")?;
                Ok(table)
            })?
        };
        let fields = [&["kind", "questions", "answers"], tables].concat();
        let fields = fields.iter().filter_map(|field| Some(format!("\"{field}\":{}", raw.get(field)?.canonical())));
        let canonical = format!("{{{}}}", fields.collect::<Vec<_>>().join(","));
        let sha256 = sha256_hex(&canonical);
        Ok(Self { name, scenario, mu, table, canonical, sha256 })
    }
}

/// Lower-case hexadecimal SHA-256.
fn sha256_hex(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of the canonical text of a list in a field.
pub(crate) fn identity(raw: &Json, field: &str) -> String {
    sha256_hex(&raw.get(field).map(Json::canonical).unwrap_or_default())
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
    let all = raw.field(field, |list| list.up_to(meter.limits.players, |_, n| n.index(usize::MAX)))?;
    ensure!(all.iter().all(|&n| n >= 1), Proof: "every player has at least 1");
    all.iter().try_for_each(|&n| within(field, n, limit))?;
    Ok(all)
}

/// mu > 0 everywhere it is listed, and sums to exactly 1.
fn distribution(list: &Json, questions: &[usize], meter: &Meter) -> Result<Table> {
    let mu = Table::read(list, questions, meter)?;
    every(mu.numbers(), BigInt::is_positive, "a listed probability must be positive")?;
    ensure!(mu.numbers().sum::<BigInt>() == mu.den, Proof: "the probabilities do not sum to exactly 1");
    Ok(mu)
}
