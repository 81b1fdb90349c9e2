//! The game a certificate speaks about, its canonical text and its identity.

use std::fmt::Write as _;

use num_traits::{Signed, Zero};
use sha2::{Digest, Sha256};

use super::functional::{Functional, Sizes, ascending, cell, table};
use super::json::{Index, RawGame, plain, read};
use super::limits::{Limits, Meter, within};
use super::num::{Rational, common_denominator};
use super::reject::{Reject, RejectCode, game, shape};

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
    mu: Vec<(Vec<usize>, Rational)>,
    functional: Functional,
    canonical: String,
    sha256: String,
}

impl GameTable {
    /// Reads one game object: the table alone, or a game file with `"format":"bellwether-game/1"`
    /// and optional `reference` and `labels`, which do not take part in the identity.
    ///
    /// Errors: `SHAPE`, `NUMBER`, `GAME` or `RESOURCE` with the place.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, Reject> {
        let raw: RawGame = read(bytes, limits)?;
        match raw.format.as_deref() {
            None if raw.reference.is_some() || raw.labels.is_some() => {
                return Err(shape("game", "reference and labels need the field format"));
            }
            None | Some("bellwether-game/1") => {}
            Some(_) => return Err(shape("format", "not \"bellwether-game/1\"")),
        }
        if raw.format.is_none() {
            plain(bytes)?;
        }
        Self::from_raw(&raw, &mut Meter::new(limits))
    }

    /// [`GameTable::parse`] with the default limits.
    pub fn from_json_str(text: &str) -> Result<Self, Reject> {
        Self::parse(text.as_bytes(), &Limits::default())
    }

    pub(crate) fn from_raw(raw: &RawGame, meter: &mut Meter) -> Result<Self, Reject> {
        identifier(&raw.name).map_err(|e| e.under("name"))?;
        let sizes = sizes(raw, meter.limits())?;
        let (kind, mu, rows) = match (raw.kind.as_str(), &raw.mu, &raw.win, &raw.coeffs) {
            ("game", Some(mu), Some(win), None) => {
                let mu = table(mu, &sizes.questions, RejectCode::Game, meter)
                    .map_err(|e| e.under("mu"))?;
                distribution(&mu, meter).map_err(|e| e.under("mu"))?;
                let rows = wins(win, &mu, &sizes).map_err(|e| e.under("win"))?;
                (GameKind::Game, mu, rows)
            }
            ("functional", None, None, Some(coeffs)) => {
                let rows = table(coeffs, &sizes.cell(), RejectCode::Game, meter)
                    .map_err(|e| e.under("coeffs"))?;
                if let Some(k) = rows.iter().position(|(_, c)| c.is_zero()) {
                    return Err(game(
                        format!("coeffs[{k}]"),
                        "a listed coefficient must not be 0",
                    ));
                }
                (GameKind::Functional, Vec::new(), rows)
            }
            ("game" | "functional", ..) => {
                return Err(shape(
                    "kind",
                    "a game has the fields mu and win, a functional has the field coeffs",
                ));
            }
            _ => return Err(shape("kind", "neither \"game\" nor \"functional\"")),
        };
        let canonical = canonical_text(kind, &sizes, &mu, &rows);
        Ok(Self {
            name: raw.name.clone(),
            kind,
            mu,
            functional: Functional::new(&sizes, rows, meter)?,
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
        weight_of(&self.mu, x)
            .cloned()
            .unwrap_or_else(Rational::zero)
    }

    /// The non-zero cells (x, a, c(x,a)) in order.
    pub fn coefficients(&self) -> impl Iterator<Item = (&[usize], &[usize], Rational)> {
        let denom = self.functional.denominator();
        self.functional
            .iter()
            .map(move |(x, a, c)| (x, a, Rational::new(c.clone(), denom.clone())))
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

    /// The table for a human reader, one row a line.
    pub fn readable(&self) -> String {
        let mut out = String::new();
        let kind = match self.kind {
            GameKind::Game => "game",
            GameKind::Functional => "functional",
        };
        let _ = writeln!(out, "{kind} {} sha256:{}", self.name, self.sha256);
        let _ = writeln!(
            out,
            "questions {:?} answers {:?}",
            self.questions(),
            self.answers()
        );
        for (x, weight) in &self.mu {
            let _ = writeln!(out, "mu {x:?} = {weight}");
        }
        for (x, a, c) in self.coefficients() {
            let _ = match self.kind {
                GameKind::Game => writeln!(out, "win {x:?} -> {a:?}"),
                GameKind::Functional => writeln!(out, "c {x:?} -> {a:?} = {c}"),
            };
        }
        out
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
pub(crate) fn identifier(name: &str) -> Result<(), Reject> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    if (1..=64).contains(&name.len()) && name.bytes().all(allowed) {
        Ok(())
    } else {
        Err(shape(
            "",
            "names and ids are 1 to 64 characters of a-z, 0-9, _ and -",
        ))
    }
}

fn sizes(raw: &RawGame, limits: &Limits) -> Result<Sizes, Reject> {
    let read = |field: &str, list: &[Index], limit: u64| -> Result<Vec<usize>, Reject> {
        let all: Option<Vec<usize>> = list.iter().map(|n| n.size()).collect();
        let all = all.ok_or_else(|| game(field, "every player has at least 1"))?;
        match all.iter().max() {
            Some(&most) => within(field, field, most, limit)?,
            None => return Err(game(field, "no players")),
        }
        Ok(all)
    };
    within("questions", "players", raw.questions.len(), limits.players)?;
    let questions = read("questions", &raw.questions, limits.questions)?;
    let answers = read("answers", &raw.answers, limits.answers)?;
    if questions.len() != answers.len() {
        return Err(game(
            "answers",
            "questions and answers list different numbers of players",
        ));
    }
    Ok(Sizes { questions, answers })
}

/// mu > 0 everywhere it is listed, and sums to exactly 1.
fn distribution(mu: &[(Vec<usize>, Rational)], meter: &mut Meter) -> Result<(), Reject> {
    if let Some(k) = mu.iter().position(|(_, weight)| !weight.is_positive()) {
        return Err(game(
            format!("[{k}]"),
            "a listed probability must be positive",
        ));
    }
    let den = common_denominator(mu.iter().map(|(_, w)| w.denom()), meter)?;
    let sum: num_bigint::BigInt = mu.iter().map(|(_, w)| w.numer() * (&den / w.denom())).sum();
    if sum == den {
        Ok(())
    } else {
        Err(game("", "the probabilities do not sum to exactly 1"))
    }
}

fn weight_of<'a>(mu: &'a [(Vec<usize>, Rational)], x: &[usize]) -> Option<&'a Rational> {
    let at = mu.binary_search_by(|(y, _)| y.as_slice().cmp(x)).ok()?;
    mu.get(at).map(|(_, weight)| weight)
}

/// The cells of a win table with coefficient mu(x); they must lie on the support of mu.
fn wins(
    win: &[Vec<Index>],
    mu: &[(Vec<usize>, Rational)],
    sizes: &Sizes,
) -> Result<Vec<(Vec<usize>, Rational)>, Reject> {
    let bounds = sizes.cell();
    let mut rows: Vec<(Vec<usize>, Rational)> = Vec::with_capacity(win.len());
    for (k, row) in win.iter().enumerate() {
        let here = |e: Reject| e.under(&format!("[{k}]"));
        let at = cell(row, &bounds, RejectCode::Game).map_err(here)?;
        ascending(rows.last().map(|(last, _)| last), &at, RejectCode::Game).map_err(here)?;
        let (x, _) = at.split_at(sizes.players());
        let weight = weight_of(mu, x)
            .ok_or_else(|| here(game("", "this question tuple has probability 0")))?
            .clone();
        rows.push((at, weight));
    }
    Ok(rows)
}

fn canonical_text(
    kind: GameKind,
    sizes: &Sizes,
    mu: &[(Vec<usize>, Rational)],
    rows: &[(Vec<usize>, Rational)],
) -> String {
    let (questions, answers) = (list(&sizes.questions), list(&sizes.answers));
    match kind {
        GameKind::Game => format!(
            r#"{{"kind":"game","questions":[{questions}],"answers":[{answers}],"mu":{},"win":[{}]}}"#,
            table_text(mu),
            rows.iter()
                .map(|(at, _)| format!("[{}]", list(at)))
                .collect::<Vec<_>>()
                .join(",")
        ),
        GameKind::Functional => format!(
            r#"{{"kind":"functional","questions":[{questions}],"answers":[{answers}],"coeffs":{}}}"#,
            table_text(rows)
        ),
    }
}

fn list(numbers: &[usize]) -> String {
    numbers
        .iter()
        .map(usize::to_string)
        .collect::<Vec<_>>()
        .join(",")
}

/// A table as canonical text: `[[0,0,"1/4"],..]`.
pub(crate) fn table_text(rows: &[(Vec<usize>, Rational)]) -> String {
    let rows: Vec<String> = rows
        .iter()
        .map(|(at, value)| format!("[{},\"{value}\"]", list(at)))
        .collect();
    format!("[{}]", rows.join(","))
}
