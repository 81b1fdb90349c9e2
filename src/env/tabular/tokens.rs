//! The statements of a `.dpomdp` file, with their lines.

use super::super::EnvError;

/// A word and the line it stands on, from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub text: &'a str,
    pub line: usize,
}

/// `keyword : words`, up to the next keyword.
#[derive(Debug)]
pub(super) struct Statement<'a> {
    pub keyword: &'a str,
    pub line: usize,
    pub words: Vec<Word<'a>>,
}

const KEYWORDS: [&str; 10] =
    ["agents", "discount", "values", "states", "start", "actions", "observations", "T", "O", "R"];

/// Most words of a file: two dense tables of the largest size.
const MAX_WORDS: usize = 1 << 23;

/// An error at a line.
pub(super) fn at(place: &str, line: usize, why: impl Into<String>) -> EnvError {
    let why: String = why.into();
    EnvError::File { place: format!("{place}:{line}"), why: why.chars().take(300).flat_map(safe).collect() }
}

fn safe(c: char) -> Vec<char> {
    if c.is_control() { c.escape_default().collect() } else { vec![c] }
}

/// Cuts the text into statements; comments run from `#` to the end of the line.
pub(super) fn statements<'a>(text: &'a str, place: &str) -> Result<Vec<Statement<'a>>, EnvError> {
    let mut out: Vec<Statement<'a>> = Vec::new();
    let mut room = MAX_WORDS;
    for (i, line) in text.lines().enumerate() {
        let number = i + 1;
        let line = line.split('#').next().unwrap_or("");
        let mut words: Vec<Word<'a>> = words(line, number).take(room + 1).collect();
        room =
            (room.checked_sub(words.len())).ok_or_else(|| at(place, number, format!("more than {MAX_WORDS} words")))?;
        let Some(first) = words.first() else {
            continue;
        };
        // `start include: ..` has a word before the colon
        let colon = words.iter().take(3).position(|w| w.text == ":");
        if KEYWORDS.contains(&first.text) && colon.is_some() {
            let keyword = first.text;
            let colon = words.get(1).is_some_and(|w| w.text == ":");
            words.drain(..1 + usize::from(colon));
            out.push(Statement { keyword, line: number, words });
        } else if let Some(statement) = out.last_mut() {
            statement.words.extend(words);
        } else {
            let why = format!("'{}' given, wanted a keyword such as agents:", first.text);
            return Err(at(place, number, why));
        }
    }
    Ok(out)
}

fn words(line: &str, number: usize) -> impl Iterator<Item = Word<'_>> {
    line.split_whitespace().flat_map(move |part| {
        let mut rest = part;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let end = match rest.find(':') {
                Some(0) => 1,
                Some(i) => i,
                None => rest.len(),
            };
            let (text, more) = rest.split_at(end);
            rest = more;
            Some(Word { text, line: number })
        })
    })
}
