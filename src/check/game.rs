//! The game a certificate speaks about, its canonical text and its identity.

use std::fmt::Write as _;

use num_bigint::BigInt;
use num_traits::{Signed, Zero};
use sha2::{Digest, Sha256};

use super::functional::{Functional, Rows, Sizes, Table, entry, table};
use super::json::{GAME, Node, plain, read};
use super::limits::{Limits, Meter, within};
use super::num::{Rational, common_denominator};
use super::reject::{RejectCode, Result, demand, ensure, refuse};

/// Whether the table is a game of win or lose, or a general Bell functional.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GameKind {
    /// c(x,a) = mu(x) V(a|x) with V in {0, 1}.
    Game,
    /// c(x,a) given directly, weights included.
    Functional,
}

/// A validated game table in canonical form.
///
/// ```
/// use bellwether::check::game::GameTable;
/// let coin = r#"{"kind":"game","name":"coin","questions":[1],"answers":[2],
///               "mu":[[0,"1"]],"win":[[0,1]]}"#;
/// let game = GameTable::from_json_str(coin)?;
/// assert_eq!(
///     game.canonical_text(),
///     r#"{"kind":"game","questions":[1],"answers":[2],"mu":[[0,"1"]],"win":[[0,1]]}"#
/// );
/// # Ok::<(), bellwether::check::Reject>(())
/// ```
#[derive(Debug, Clone)]
pub struct GameTable {
    name: String,
    kind: GameKind,
    /// Question tuples with their probabilities; empty for a functional.
    mu: Table,
    functional: Functional,
    canonical: String,
    sha256: String,
}

impl GameTable {
    /// Reads one game object: the table alone, or a game file with `"format":"bellwether-game/1"`
    /// and optional `reference` and `labels`, which do not take part in the identity.
    ///
    /// Errors: `SHAPE`, `NUMBER`, `GAME` or `RESOURCE` with the place.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self> {
        let json = read(bytes, &GAME, limits)?;
        let raw = Node::top(&json);
        if let Some(format) = raw.get("format") {
            let known = format.text() == "bellwether-game/1";
            ensure!(known, Shape at format, "not \"bellwether-game/1\"");
        } else {
            let bare = raw.get("reference").or(raw.get("labels")).is_none();
            ensure!(bare, Shape at "game", "reference and labels need the field format");
            plain(bytes)?;
        }
        Self::from_node(&raw, &mut Meter::new(limits))
    }

    /// [`GameTable::parse`] with the default limits.
    pub fn from_json_str(text: &str) -> Result<Self> {
        Self::parse(text.as_bytes(), &Limits::default())
    }

    pub(crate) fn from_node(raw: &Node, meter: &mut Meter) -> Result<Self> {
        let name = identifier(&raw.need("name")?)?;
        let sizes = sizes(raw, meter.limits())?;
        let kind = raw.need("kind")?;
        let tables = (raw.get("mu"), raw.get("win"), raw.get("coeffs"));
        let head = format!(
            r#"{{"kind":"{}","questions":{},"answers":{}"#,
            kind.text(),
            list_text(&sizes.questions),
            list_text(&sizes.answers)
        );
        let (kind, mu, cells, canonical) = match (kind.text(), tables) {
            ("game", (Some(mu), Some(win), None)) => {
                let mu = distribution(&mu, &sizes, meter)?;
                let cells = wins(&win, &mu, &sizes)?;
                let rows: Vec<String> = cells.iter().map(|(at, _)| list_text(at)).collect();
                let (mu_text, rows) = (table_text(&mu), rows.join(","));
                let text = format!(r#"{head},"mu":{mu_text},"win":[{rows}]}}"#);
                (GameKind::Game, mu, cells, text)
            }
            ("functional", (None, None, Some(coeffs))) => {
                let cells = table(&coeffs, &sizes.cell(), RejectCode::Game, meter)?;
                let nonzero = cells.iter().all(|(_, c)| !c.is_zero());
                ensure!(nonzero, Game at coeffs, "a listed coefficient must not be 0");
                let text = format!(r#"{head},"coeffs":{}}}"#, table_text(&cells));
                (GameKind::Functional, Table::new(), cells, text)
            }
            _ => {
                return Err(refuse!(Shape at kind, "not \"game\" or \"functional\" with its fields"));
            }
        };
        Ok(Self {
            name,
            kind,
            mu,
            functional: Functional::new(&sizes, cells, meter).map_err(|e| e.or_at(raw))?,
            sha256: sha256_hex(canonical.as_bytes()),
            canonical,
        })
    }

    /// The name in the file; no part of the identity.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Game or functional.
    pub fn kind(&self) -> GameKind {
        self.kind
    }

    /// Number of players.
    pub fn players(&self) -> usize {
        self.functional.sizes().players()
    }

    /// Questions of each player.
    pub fn questions(&self) -> &[usize] {
        &self.functional.sizes().questions
    }

    /// Answers of each player.
    pub fn answers(&self) -> &[usize] {
        &self.functional.sizes().answers
    }

    /// The question distribution on its support, in order; empty for a functional.
    pub fn distribution(&self) -> &[(Vec<usize>, Rational)] {
        &self.mu
    }

    /// mu(x), zero off the support.
    pub fn probability(&self, x: &[usize]) -> Rational {
        let weight = entry(&self.mu, x).cloned();
        weight.unwrap_or_else(Rational::zero)
    }

    /// The non-zero cells (x, a, c(x,a)) in order.
    pub fn coefficients(&self) -> impl Iterator<Item = (&[usize], &[usize], Rational)> {
        let denom = self.functional.denominator();
        let cells = self.functional.iter();
        cells.map(move |(x, a, c)| (x, a, Rational::new(c.clone(), denom.clone())))
    }

    /// The functional c(x,a) over one denominator.
    pub fn functional(&self) -> &Functional {
        &self.functional
    }

    /// The table without whitespace and without the name, keys in fixed order.
    pub fn canonical_text(&self) -> &str {
        &self.canonical
    }

    /// SHA-256 of [`GameTable::canonical_text`], lower-case hexadecimal: the identity of the game.
    pub fn sha256_hex(&self) -> &str {
        &self.sha256
    }
}

/// Lower-case hexadecimal SHA-256.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// Names and ids: `[a-z0-9_-]{1,64}`, so that no output line can be forged with them.
pub(crate) fn identifier(node: &Node) -> Result<String> {
    let name = node.text();
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    let good = (1..=64).contains(&name.len()) && name.bytes().all(allowed);
    ensure!(good, Shape at node, "names and ids are 1 to 64 characters of a-z, 0-9, _ and -");
    Ok(name.to_owned())
}

fn sizes(raw: &Node, limits: &Limits) -> Result<Sizes> {
    let read = |field: &str, limit: u64| {
        let list = raw.need(field)?;
        ensure!(list.len() >= 1, Game at list, "no players");
        let all = list.each(|n| Ok(demand!(n.size(), Game at n, "every player has at least 1")))?;
        for &n in &all {
            within(&list, field, n, limit)?;
        }
        Ok(all)
    };
    let list = raw.need("questions")?;
    within(&list, "players", list.len(), limits.players)?;
    let questions = read("questions", limits.questions)?;
    let answers = read("answers", limits.answers)?;
    let same = questions.len() == answers.len();
    ensure!(same, Game at raw, "questions and answers list different numbers of players");
    Ok(Sizes { questions, answers })
}

/// mu > 0 everywhere it is listed, and sums to exactly 1.
fn distribution(list: &Node, sizes: &Sizes, meter: &mut Meter) -> Result<Table> {
    let mu = table(list, &sizes.questions, RejectCode::Game, meter)?;
    let mut weights = mu.iter().map(|(_, weight)| weight);
    list.each(|row| {
        let positive = weights.next().is_some_and(|w| w.is_positive());
        ensure!(positive, Game at row, "a listed probability must be positive");
        Ok(())
    })?;
    let den = common_denominator(mu.iter().map(|(_, w)| w.denom()), meter);
    let den = den.map_err(|e| e.or_at(list))?;
    let sum: BigInt = mu.iter().map(|(_, w)| w.numer() * (&den / w.denom())).sum();
    ensure!(sum == den, Game at list, "the probabilities do not sum to exactly 1");
    Ok(mu)
}

/// The cells of a win table with coefficient mu(x); they must lie on the support of mu.
fn wins(list: &Node, mu: &Table, sizes: &Sizes) -> Result<Table> {
    let (mut rows, bounds) = (Rows::new(RejectCode::Game), sizes.cell());
    list.each(|row| {
        let cell = rows.cell(row, &bounds)?;
        let weight = entry(mu, cell.split_at(sizes.players()).0);
        let weight = demand!(weight, Game at row, "asked with probability 0").clone();
        Ok((cell, weight))
    })
}

/// Integers as canonical text: `[0,1]`.
fn list_text(numbers: &[usize]) -> String {
    let all: Vec<String> = numbers.iter().map(usize::to_string).collect();
    format!("[{}]", all.join(","))
}

/// A table as canonical text: `[[0,0,"1/4"],..]`.
pub(crate) fn table_text(rows: &Table) -> String {
    let mut out = String::from("[");
    for (k, (cell, value)) in rows.iter().enumerate() {
        out.push_str(if k == 0 { "[" } else { ",[" });
        for i in cell {
            let _ = write!(out, "{i},");
        }
        let _ = write!(out, "\"{value}\"]");
    }
    out + "]"
}
