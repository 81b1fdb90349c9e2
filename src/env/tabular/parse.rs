//! The `.dpomdp` format.

use super::super::EnvError;
use super::tokens::{Statement, Word, at, statements};
use super::{MAX_ENTRIES, Tables};
use std::collections::{HashMap, HashSet};

/// Most names of one kind.
const MAX_NAMES: usize = 4096;

/// Most agents.
const MAX_AGENTS: usize = 16;

/// Most entries that all statements together may write: every entry of a table of the largest size 64 times.
const MAX_WRITES: usize = 64 * MAX_ENTRIES;

/// How far a row of probabilities may be from sum 1; rows are then scaled to it.
const TOLERANCE: f64 = 1e-6;

pub(super) fn tables(text: &str, place: &str, name: &str) -> Result<Tables, EnvError> {
    let statements = statements(text, place)?;
    let one = |keyword: &str| -> Result<&Statement, EnvError> {
        let mut all = statements.iter().filter(|s| s.keyword == keyword);
        let found = all.next().ok_or_else(|| at(place, 1, format!("no statement '{keyword}:'")))?;
        match all.next() {
            None => Ok(found),
            Some(again) => Err(at(place, again.line, format!("'{keyword}:' a second time"))),
        }
    };
    let n = agents(one("agents")?, place)?;
    let discount = {
        let statement = one("discount")?;
        let value = match statement.words.as_slice() {
            [word] => number(*word, place)?,
            _ => f64::NAN,
        };
        if !(0.0..=1.0).contains(&value) {
            let why = "discount: wanted one number from 0 to 1";
            return Err(at(place, statement.line, why));
        }
        value
    };
    let sign = {
        let statement = one("values")?;
        match statement.words.as_slice() {
            [Word { text: "reward", .. }] => 1.0,
            [Word { text: "cost", .. }] => -1.0,
            _ => return Err(at(place, statement.line, "values: wanted reward or cost")),
        }
    };
    let states = {
        let statement = one("states")?;
        names(&statement.words, statement.line, "states", place)?
    };
    let lists = |keyword: &str| -> Result<Vec<Vec<String>>, EnvError> {
        let statement = one(keyword)?;
        let lines: Vec<&[Word]> = statement.words.chunk_by(|a, b| a.line == b.line).collect();
        if lines.len() != n {
            let why = format!("{keyword}: {} lines, wanted one for each of {n} agents", lines.len());
            return Err(at(place, statement.line, why));
        }
        lines.iter().map(|l| names(l, l[0].line, keyword, place)).collect()
    };
    let (actions, observations) = (lists("actions")?, lists("observations")?);
    let count = |lists: &[Vec<String>]| lists.iter().try_fold(1_usize, |p, l| p.checked_mul(l.len()));
    let sizes = (count(&actions), count(&observations));
    let (Some(ja), Some(jo)) = sizes else {
        return Err(at(place, 1, "too many joint actions or observations"));
    };
    let s = states.len();
    let entries = [ja, s, s, jo].iter().try_fold(1_usize, |p, k| p.checked_mul(*k));
    if entries.is_none_or(|e| e > MAX_ENTRIES) {
        let why = format!(
            "{s} states, {ja} joint actions and {jo} joint observations make tables of more than {MAX_ENTRIES} entries"
        );
        return Err(at(place, 1, why));
    }
    let known = Names::new(&states);
    let start = start(one("start")?, &known, place)?;
    let mut reader = Reader {
        place,
        states: known,
        actions: actions.iter().map(|l| Names::new(l)).collect(),
        observations: observations.iter().map(|l| Names::new(l)).collect(),
        writes: MAX_WRITES,
    };
    let mut transition = vec![0.0; ja * s * s];
    let mut observe = vec![0.0; ja * s * jo];
    let mut reward = vec![0.0; ja * s * s * jo];
    for statement in &statements {
        match statement.keyword {
            "T" => reader.table(statement, &[Axis::Action, Axis::State, Axis::State], &mut transition)?,
            "O" => reader.table(statement, &[Axis::Action, Axis::State, Axis::Observation], &mut observe)?,
            "R" => {
                reader.table(statement, &[Axis::Action, Axis::State, Axis::State, Axis::Observation], &mut reward)?
            }
            _ => {}
        }
    }
    for (what, table, width) in [("T", &mut transition, s), ("O", &mut observe, jo)] {
        for (i, row) in table.chunks_exact_mut(width).enumerate() {
            let sum: f64 = row.iter().sum();
            if (sum - 1.0).abs() > TOLERANCE || row.iter().any(|p| *p < 0.0) {
                let (a, state) = (i / s, i % s);
                let why = format!(
                    "{what}: probabilities of joint action {a} and state '{}' sum to {sum}, wanted 1",
                    states[state]
                );
                return Err(at(place, text.lines().count(), why));
            }
            row.iter_mut().for_each(|p| *p /= sum);
        }
    }
    // mean over next states and observations
    let mut expected = vec![0.0; ja * s];
    for a in 0..ja {
        for from in 0..s {
            for to in 0..s {
                let p = transition[(a * s + from) * s + to];
                for o in 0..jo {
                    let q = observe[(a * s + to) * jo + o];
                    let r = reward[((a * s + from) * s + to) * jo + o];
                    expected[a * s + from] += sign * p * q * r;
                }
            }
        }
    }
    Ok(Tables {
        name: name.to_owned(),
        states,
        actions,
        observations,
        discount,
        start,
        transition,
        observe,
        reward: expected,
    })
}

fn agents(statement: &Statement, place: &str) -> Result<usize, EnvError> {
    let count = match statement.words.as_slice() {
        [one] => one.text.parse().unwrap_or(1),
        list => list.len(),
    };
    if (1..=MAX_AGENTS).contains(&count) {
        return Ok(count);
    }
    let why = format!("{count} agents, wanted 1 to {MAX_AGENTS}");
    Err(at(place, statement.line, why))
}

/// A list of names, or a number of them.
fn names(words: &[Word], line: usize, what: &str, place: &str) -> Result<Vec<String>, EnvError> {
    let list: Vec<String> = match words {
        [one] if one.text.bytes().all(|b| b.is_ascii_digit()) => {
            let count: usize = one.text.parse().unwrap_or(usize::MAX);
            (0..count.min(MAX_NAMES + 1)).map(|i| i.to_string()).collect()
        }
        list => list.iter().map(|w| w.text.to_owned()).collect(),
    };
    if list.is_empty() || list.len() > MAX_NAMES {
        let why = format!("{what}: {} names, wanted 1 to {MAX_NAMES}", list.len());
        return Err(at(place, line, why));
    }
    let mut seen = HashSet::new();
    for name in &list {
        if !seen.insert(name) || name == ":" || name == "*" {
            return Err(at(place, line, format!("{what}: '{name}' cannot be a name here, or is one twice")));
        }
    }
    Ok(list)
}

fn number(word: Word, place: &str) -> Result<f64, EnvError> {
    let value: Option<f64> = word.text.parse().ok().filter(|x: &f64| x.is_finite());
    value.ok_or_else(|| at(place, word.line, format!("'{}' given, wanted a number", word.text)))
}

/// A list of names and where each is in it.
struct Names<'a> {
    list: &'a [String],
    at: HashMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    fn new(list: &'a [String]) -> Self {
        let at = list.iter().enumerate().map(|(i, n)| (n.as_str(), i));
        Names { list, at: at.collect() }
    }

    fn len(&self) -> usize {
        self.list.len()
    }
}

fn start(statement: &Statement, states: &Names, place: &str) -> Result<Vec<f64>, EnvError> {
    let n = states.len();
    let (mode, words) = match statement.words.as_slice() {
        [first, colon, rest @ ..] if colon.text == ":" => (first.text, rest),
        words => ("", words),
    };
    let set = |include: bool| -> Result<Vec<f64>, EnvError> {
        let mut listed = vec![!include; n];
        for word in words {
            listed[index(*word, states, "state", place)?] = include;
        }
        let count = listed.iter().filter(|b| **b).count();
        if count == 0 {
            return Err(at(place, statement.line, "start: no state is left"));
        }
        Ok(listed.iter().map(|b| f64::from(u8::from(*b)) / count as f64).collect())
    };
    match (mode, words) {
        ("include", _) => set(true),
        ("exclude", _) => set(false),
        ("", [Word { text: "uniform", .. }]) => Ok(vec![1.0 / n as f64; n]),
        ("", [one]) if n > 1 => {
            let mut p = vec![0.0; n];
            p[index(*one, states, "state", place)?] = 1.0;
            Ok(p)
        }
        ("", list) if list.len() == n => {
            let p: Vec<f64> = list.iter().map(|w| number(*w, place)).collect::<Result<_, _>>()?;
            let sum: f64 = p.iter().sum();
            if (sum - 1.0).abs() > TOLERANCE || p.iter().any(|p| *p < 0.0) {
                let why = format!("start: probabilities sum to {sum}, wanted 1");
                return Err(at(place, statement.line, why));
            }
            Ok(p.iter().map(|p| p / sum).collect())
        }
        _ => Err(at(
            place,
            statement.line,
            format!("start: wanted uniform, a state, {n} probabilities, or include: or exclude: and states"),
        )),
    }
}

fn index(word: Word, names: &Names, what: &str, place: &str) -> Result<usize, EnvError> {
    if let Some(&i) = names.at.get(word.text) {
        return Ok(i);
    }
    match word.text.parse::<usize>() {
        Ok(i) if i < names.len() => Ok(i),
        _ => Err(at(
            place,
            word.line,
            format!("{what} '{}' is not known; there are {}", word.text, names.list.join(" ")),
        )),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Axis {
    Action,
    State,
    Observation,
}

struct Reader<'a> {
    place: &'a str,
    states: Names<'a>,
    actions: Vec<Names<'a>>,
    observations: Vec<Names<'a>>,
    /// Entries that may still be written.
    writes: usize,
}

impl Reader<'_> {
    fn size(&self, axis: Axis) -> usize {
        match axis {
            Axis::Action => self.actions.iter().map(Names::len).product(),
            Axis::State => self.states.len(),
            Axis::Observation => self.observations.iter().map(Names::len).product(),
        }
    }

    /// The joint or plain indices that a field names.
    fn field(&self, axis: Axis, words: &[Word], line: usize) -> Result<Vec<usize>, EnvError> {
        let all = [Word { text: "*", line }];
        let lists = match axis {
            Axis::State => {
                return match words {
                    [Word { text: "*", .. }] => Ok((0..self.states.len()).collect()),
                    [one] => Ok(vec![index(*one, &self.states, "state", self.place)?]),
                    _ => Err(at(self.place, line, format!("{} words, wanted one state or *", words.len()))),
                };
            }
            Axis::Action => &self.actions,
            Axis::Observation => &self.observations,
        };
        let what = if axis == Axis::Action { "action" } else { "observation" };
        let mut joint = vec![0];
        let each: Vec<Word> = match words {
            [Word { text: "*", .. }] => all.iter().cycle().take(lists.len()).copied().collect(),
            words if words.len() == lists.len() => words.to_vec(),
            _ => {
                let why = format!("{} words, wanted an {what} of each of {} agents or *", words.len(), lists.len());
                return Err(at(self.place, line, why));
            }
        };
        for (word, list) in each.iter().zip(lists) {
            let own: Vec<usize> = match word.text {
                "*" => (0..list.len()).collect(),
                _ => vec![index(*word, list, what, self.place)?],
            };
            joint = joint.iter().flat_map(|j| own.iter().map(move |o| j * list.len() + o)).collect();
        }
        Ok(joint)
    }

    /// One statement `T`, `O` or `R` into its dense table.
    fn table(&mut self, statement: &Statement, axes: &[Axis], table: &mut [f64]) -> Result<(), EnvError> {
        let (place, line) = (self.place, statement.line);
        let fields: Vec<&[Word]> = statement.words.split(|w| w.text == ":").collect();
        let (values, named) = match fields.split_last() {
            Some((values, named)) if !named.is_empty() && named.len() <= axes.len() => (*values, named),
            _ => {
                let why = format!("{}: wanted 1 to {} fields and then values", statement.keyword, axes.len());
                return Err(at(place, line, why));
            }
        };
        let sets: Vec<Vec<usize>> = named
            .iter()
            .zip(axes)
            .map(|(words, axis)| self.field(*axis, words, words.first().map_or(line, |w| w.line)))
            .collect::<Result<_, _>>()?;
        let open: Vec<usize> = axes[named.len()..].iter().map(|a| self.size(*a)).collect();
        let block: usize = open.iter().product();
        let all: usize = sets.iter().map(Vec::len).product();
        let cost = all * block + sets.iter().map(Vec::len).sum::<usize>();
        self.writes =
            (self.writes.checked_sub(cost)).ok_or_else(|| at(place, line, "the statements write too many entries"))?;
        let values: Vec<f64> = match values {
            [Word { text: "uniform", .. }] if !open.is_empty() && statement.keyword != "R" => {
                vec![1.0 / open[open.len() - 1] as f64; block]
            }
            [Word { text: "identity", .. }] if open.len() == 2 && open[0] == open[1] => {
                (0..block).map(|i| f64::from(u8::from(i / open[0] == i % open[0]))).collect()
            }
            list if list.len() == block => list.iter().map(|w| number(*w, place)).collect::<Result<_, _>>()?,
            list => {
                let why = format!("{}: {} values, wanted {block}", statement.keyword, list.len());
                return Err(at(place, list.first().map_or(line, |w| w.line), why));
            }
        };
        let mut bases = vec![0];
        for (set, axis) in sets.iter().zip(axes) {
            let size = self.size(*axis);
            bases = bases.iter().flat_map(|b| set.iter().map(move |i| b * size + i)).collect();
        }
        for base in bases {
            table[base * block..][..block].copy_from_slice(&values);
        }
        Ok(())
    }
}
