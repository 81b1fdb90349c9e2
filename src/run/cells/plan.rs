//! Plans of sweeps: which runs there are, each with a name that depends on its settings alone.

use crate::game::file::read_settings;
use crate::run::TrainError;
use crate::run::seed::parse_seeds;
use sha2::{Digest, Sha256};
use std::path::Path;
use toml::{Table, Value};

/// Most cells of a plan.
const MAX_CELLS: usize = 100_000;

/// Most bytes, roughly, of the settings of all cells together: every cell holds all of its own.
const MAX_BYTES: usize = 128 << 20;

/// Settings that are lists themselves: a list of lists is needed to sweep them.
const LISTS: [&str; 6] = ["dims", "hidden", "actor_hidden", "critic_hidden", "advice", "distribution"];

/// What a cell does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// `learn` of one game and seed.
    Learn,
    /// `train` of one environment and seed.
    Train,
    /// One share of a classical search.
    Classical,
}

impl Task {
    /// Its key in a plan, and the command.
    pub fn name(self) -> &'static str {
        match self {
            Task::Learn => "learn",
            Task::Train => "train",
            Task::Classical => "classical",
        }
    }

    /// The key of what it works on.
    fn subject(self) -> &'static str {
        match self {
            Task::Learn | Task::Classical => "game",
            Task::Train => "env",
        }
    }

    /// The key of its repetitions in a plan, and in a cell.
    fn repeats(self) -> (&'static str, &'static str) {
        match self {
            Task::Learn => ("seeds", "seeds"),
            Task::Train => ("seeds", "seed"),
            Task::Classical => ("parts", "part"),
        }
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Name of its folder: task, subject, seed, and eight digits of the SHA-256 of its settings.
    pub name: String,
    /// What it does.
    pub task: Task,
    /// All its settings.
    pub settings: Table,
}

impl Cell {
    fn new(task: Task, settings: Table) -> Self {
        let text = format!("{}\n{settings}", task.name());
        let hash: String = (Sha256::digest(text.as_bytes()).iter().take(4)).map(|b| format!("{b:02x}")).collect();
        let subject = settings.get(task.subject()).and_then(Value::as_str);
        let safe: String = (subject.unwrap_or_default().chars().take(40))
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let seed = match settings.get(task.repeats().1) {
            Some(Value::Array(one)) => one.first().and_then(Value::as_integer),
            one => one.and_then(Value::as_integer),
        };
        let name = format!("{}-{safe}-{}-{hash}", task.name(), seed.unwrap_or(0));
        Cell { name, task, settings }
    }

    /// A setting that is a word.
    pub fn word(&self, key: &str) -> Option<&str> {
        self.settings.get(key).and_then(Value::as_str)
    }

    /// A setting that is a natural number.
    pub fn number(&self, key: &str) -> Option<usize> {
        let value = self.settings.get(key).and_then(Value::as_integer)?;
        usize::try_from(value).ok()
    }
}

/// Cells in their order.
///
/// A plan is a TOML file of tables `[[learn]]`, `[[train]]` and `[[classical]]`. Every setting may be a list: all combinations are
/// cells, once for each of `seeds` (a number, a list, or `"0..30"`; for `classical` each of `parts` shares).
///
/// ```
/// use bellwether::run::{Plan, Task};
/// let plan = Plan::parse("plan", r#"
///     format = "bellwether-sweep/1"
///     [[learn]]
///     game = ["chsh", "ghz"]
///     batch = [256, 512]
///     seeds = "0..3"
/// "#)?;
/// assert_eq!(plan.cells.len(), 12);
/// assert_eq!(plan.cells[0].task, Task::Learn);
/// # Ok::<(), bellwether::run::TrainError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The cells.
    pub cells: Vec<Cell>,
}

impl Plan {
    /// A plan from a file.
    ///
    /// # Errors
    /// As [`Plan::parse`], and files that cannot be read.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        Self::parse(&path.display().to_string(), &read_settings(path)?)
    }

    /// A plan from text; `place` is for messages.
    ///
    /// # Errors
    /// [`TrainError::Setting`] naming the table and key.
    pub fn parse(place: &str, text: &str) -> Result<Self, TrainError> {
        let wrong = |at: &str, why: String| TrainError::Setting { place: format!("{place}{at}"), why };
        let mut table: Table =
            (text.parse()).map_err(|e: toml::de::Error| wrong("", e.to_string().trim_end().to_owned()))?;
        match table.remove("format") {
            Some(Value::String(format)) if format == "bellwether-sweep/1" => {}
            given => {
                let given = given.map_or("nothing".into(), |v| v.to_string());
                let why = format!("{given} given, wanted \"bellwether-sweep/1\"");
                return Err(wrong(": format", why));
            }
        }
        let mut cells: Vec<Cell> = Vec::new();
        let mut room = MAX_BYTES;
        for (task, what) in [Task::Learn, Task::Train, Task::Classical].map(|t| (t, t.name())) {
            let Some(entries) = table.remove(what) else {
                continue;
            };
            let entries: Vec<Table> = entries.try_into().map_err(|_| wrong("", format!("wanted tables [[{what}]]")))?;
            for (i, entry) in entries.into_iter().enumerate() {
                let at = format!(": {what} {}", i + 1);
                expand(task, entry, &mut cells, &mut room).map_err(|why| wrong(&at, why))?;
            }
        }
        if let Some(key) = table.keys().next() {
            let why = format!("unknown key '{}', wanted learn, train or classical", key.escape_debug());
            return Err(wrong("", why));
        }
        let mut names: Vec<&str> = cells.iter().map(|c| c.name.as_str()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(wrong("", format!("the run {} is there twice", twice[0])));
        }
        if cells.is_empty() {
            return Err(wrong("", "no runs, wanted [[learn]], [[train]] or [[classical]]".into()));
        }
        Ok(Plan { cells })
    }
}

/// All combinations of the values of an entry, the subject slowest, repetitions fastest.
fn expand(task: Task, mut entry: Table, cells: &mut Vec<Cell>, room: &mut usize) -> Result<(), String> {
    let subject = task.subject();
    let subjects = entry.remove(subject).map(|v| values(subject, v));
    let subjects = subjects.ok_or_else(|| format!("no {subject}"))?;
    if subjects.iter().any(|s| !s.is_str()) {
        return Err(format!("{subject}: wanted a name or a list of names"));
    }
    let (many, one) = task.repeats();
    let repeats: Vec<Value> = match (task, entry.remove(many)) {
        (Task::Classical, parts) => {
            let parts = parts.as_ref().and_then(Value::as_integer).unwrap_or(1);
            if !(1..=MAX_CELLS as i64).contains(&parts) {
                return Err(format!("parts: {parts} given, wanted 1 to {MAX_CELLS}"));
            }
            entry.insert("parts".into(), parts.into());
            (0..parts).map(Value::from).collect()
        }
        (_, seeds) => {
            let wanted = || "seeds: wanted a number, a list, or \"0..30\"".to_owned();
            let list = match seeds.unwrap_or(Value::Integer(0)) {
                Value::String(text) => parse_seeds(&text).ok_or_else(wanted)?,
                Value::Integer(seed) => vec![seed.try_into().map_err(|_| wanted())?],
                other => other.try_into().map_err(|_| wanted())?,
            };
            let small = |seed| i64::try_from(seed).map_err(|_| wanted());
            let list: Vec<i64> = list.into_iter().map(small).collect::<Result<_, _>>()?;
            list.into_iter()
                .map(|seed| match task {
                    Task::Learn => Value::Array(vec![seed.into()]),
                    _ => seed.into(),
                })
                .collect()
        }
    };
    let settings: Vec<(String, Vec<Value>)> = (entry.into_iter())
        .map(|(key, value)| {
            let all = values(&key, value);
            (key, all)
        })
        .chain([(one.to_owned(), repeats)])
        .collect();
    // before anything of this size is made
    let many = (settings.iter()).fold(subjects.len(), |n, (_, all)| n.saturating_mul(all.len()));
    if many.saturating_add(cells.len()) > MAX_CELLS {
        return Err(format!("more than {MAX_CELLS} runs"));
    }
    let most = |all: &[Value]| all.iter().map(bytes).max().unwrap_or(0);
    let each: usize = (settings.iter()).map(|(key, all)| BYTES + key.len() + most(all)).sum();
    *room = (room.checked_sub(many.saturating_mul(each + most(&subjects))))
        .ok_or_else(|| format!("{many} runs of up to {each} bytes of settings are too many"))?;
    let mut tables: Vec<Table> = (subjects.into_iter()).map(|s| Table::from_iter([(subject.to_owned(), s)])).collect();
    for (key, all) in settings {
        let with = |table: &Table, value: &Value| {
            let mut table = table.clone();
            table.insert(key.clone(), value.clone());
            table
        };
        tables = (tables.iter()).flat_map(|table| all.iter().map(move |value| with(table, value))).collect();
    }
    cells.extend(tables.into_iter().map(|table| Cell::new(task, table)));
    Ok(())
}

/// What a value takes without its text.
const BYTES: usize = 64;

/// Memory of a value, roughly.
fn bytes(value: &Value) -> usize {
    BYTES
        + match value {
            Value::String(text) => text.len(),
            Value::Array(list) => list.iter().map(bytes).sum(),
            Value::Table(table) => (table.iter()).map(|(key, value)| BYTES + key.len() + bytes(value)).sum(),
            _ => 0,
        }
}

/// The values of a setting that are to be tried.
fn values(key: &str, value: Value) -> Vec<Value> {
    match value {
        Value::Array(all) if !LISTS.contains(&key) || all.iter().any(Value::is_array) => all,
        one => vec![one],
    }
}
