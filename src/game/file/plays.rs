//! Plays files: CSV with header `x_1,..,x_n,a_1,..,a_n[,payoff]`, read line by line in bounded memory.

use super::file_error;
use crate::game::{Game, GameError, Kind, Scenario, to_f64};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Longest line in bytes.
const MAX_LINE: u64 = 4096;

/// One round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Play {
    /// Index of the joint question.
    pub question: usize,
    /// Index of the joint answer.
    pub answer: usize,
    /// The payoff written down, if the file has that column.
    pub payoff: Option<f64>,
}

/// Reads the rounds of a plays file one after the other.
#[derive(Debug)]
pub struct Plays {
    path: PathBuf,
    reader: BufReader<File>,
    scenario: Scenario,
    payoffs: Option<Payoffs>,
    has_payoff: bool,
    line: u64,
    text: Vec<u8>,
}

/// What the game pays, and which questions it asks.
#[derive(Debug)]
struct Payoffs {
    pays: Vec<f64>,
    asked: Option<Vec<bool>>,
}

impl Plays {
    /// Opens a file for the rounds of `game`: questions that the game never asks and payoffs that contradict it are errors.
    ///
    /// # Errors
    /// [`GameError::File`] if it cannot be read or its header is not that of the game's players.
    pub fn open(path: &Path, game: &Game) -> Result<Self, GameError> {
        let s = game.scenario();
        let mut pays = vec![0.0; s.cells()];
        let mut asked = vec![false; s.joint_questions()];
        let mut mu = game.mu().iter().peekable();
        for (x, _) in game.mu() {
            asked[*x] = true;
        }
        for t in game.terms() {
            while mu.next_if(|(x, _)| *x < t.question).is_some() {}
            pays[t.question * s.joint_answers() + t.answer] = match (game.kind(), mu.peek()) {
                (Kind::Functional, Some((_, mu))) => to_f64(&(&t.weight / mu)),
                _ => 1.0,
            };
        }
        Self::begin(path, s, Some(Payoffs { pays, asked: Some(asked) }))
    }

    /// Opens a file for rounds of a game of which only the payoffs are known, not the distribution of the questions.
    ///
    /// # Errors
    /// As [`Plays::open`].
    pub fn open_sampled(path: &Path, game: &Game) -> Result<Self, GameError> {
        let mut plays = Self::open(path, game)?;
        if let Some(payoffs) = &mut plays.payoffs {
            payoffs.asked = None;
        }
        Ok(plays)
    }

    /// Opens a file for rounds of a game of which only the scenario is known.
    ///
    /// # Errors
    /// As [`Plays::open`].
    pub fn open_unknown(path: &Path, scenario: &Scenario) -> Result<Self, GameError> {
        Self::begin(path, scenario, None)
    }

    fn begin(path: &Path, scenario: &Scenario, payoffs: Option<Payoffs>) -> Result<Self, GameError> {
        let fail = |e: std::io::Error| file_error(path, e);
        let file = File::open(path).map_err(fail)?;
        if file.metadata().map_err(fail)?.is_dir() {
            return Err(file_error(path, "is a folder, wanted a file"));
        }
        let mut plays = Plays {
            path: path.to_path_buf(),
            reader: BufReader::with_capacity(1 << 18, file),
            scenario: scenario.clone(),
            payoffs,
            has_payoff: false,
            line: 0,
            text: Vec::with_capacity(128),
        };
        plays.header()?;
        Ok(plays)
    }

    /// Reads the next line into `text` without its end; `false` at the end of the file.
    fn next_line(&mut self) -> Result<bool, GameError> {
        self.text.clear();
        self.line += 1;
        let read = self.reader.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut self.text);
        read.map_err(|e| file_error(&self.path, e))?;
        if self.text.len() as u64 > MAX_LINE {
            return Err(self.error(format!("is longer than {MAX_LINE} bytes")));
        }
        let ended = self.text.is_empty();
        while self.text.last().is_some_and(|b| *b == b'\n' || *b == b'\r') {
            self.text.pop();
        }
        Ok(!ended)
    }

    fn header(&mut self) -> Result<(), GameError> {
        let n = self.scenario.players();
        let names = ["x", "a"].map(|letter| (1..=n).map(move |i| format!("{letter}_{i}")));
        let wanted = names.into_iter().flatten().collect::<Vec<_>>().join(",");
        if !self.next_line()? {
            return Err(file_error(&self.path, format!("is empty, wanted the header {wanted} or {wanted},payoff")));
        }
        // some spreadsheets begin a file with a byte-order mark
        let text = self.text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.text);
        let names: Vec<&[u8]> = text.split(|b| *b == b',').map(|f| f.trim_ascii()).collect();
        let given = names.join(&b',');
        if given == format!("{wanted},payoff").as_bytes() {
            self.has_payoff = true;
        } else if given != wanted.as_bytes() {
            let given = printable(&given);
            return Err(self.error(format!("header '{given}' given, wanted {wanted} or {wanted},payoff")));
        }
        Ok(())
    }

    /// Whether the file has the payoff column.
    pub fn has_payoff(&self) -> bool {
        self.has_payoff
    }

    /// The next round, `None` at the end of the file. Empty lines are allowed at the end only.
    ///
    /// # Errors
    /// [`GameError::File`] with the line.
    pub fn next_play(&mut self) -> Result<Option<Play>, GameError> {
        if !self.next_line()? {
            return Ok(None);
        }
        if self.text.trim_ascii().is_empty() {
            let at = self.line;
            while self.next_line()? {
                if !self.text.trim_ascii().is_empty() {
                    self.line = at;
                    return Err(self.error("is empty, wanted a round".into()));
                }
            }
            return Ok(None);
        }
        let (question, answer, payoff) = self.parse().map_err(|why| self.error(why))?;
        if let Some(payoffs) = &self.payoffs {
            if payoffs.asked.as_ref().is_some_and(|asked| !asked[question]) {
                let x = self.scenario.question(question);
                return Err(self.error(format!("the game never asks the question {x:?}")));
            }
            let pays = payoffs.pays[question * self.scenario.joint_answers() + answer];
            if let Some(given) = payoff.filter(|v| (v - pays).abs() > 1e-9 * pays.abs().max(1.0)) {
                let (x, a) = (self.scenario.question(question), self.scenario.answer(answer));
                return Err(self
                    .error(format!("payoff {given} given, but the game pays {pays} for the answers {a:?} to {x:?}")));
            }
        }
        Ok(Some(Play { question, answer, payoff }))
    }

    fn parse(&self) -> Result<(usize, usize, Option<f64>), String> {
        let n = self.scenario.players();
        let mut fields = self.text.split(|b| *b == b',').map(|f| f.trim_ascii());
        let mut index = |letter: char, sizes: &[usize]| -> Result<usize, String> {
            let mut all = 0;
            for (i, &size) in sizes.iter().enumerate() {
                let name = || format!("{letter}_{}", i + 1);
                let field = fields.next().ok_or_else(|| {
                    format!("the field {} is missing: {} fields wanted", name(), 2 * n + usize::from(self.has_payoff))
                })?;
                let value = natural(field)
                    .ok_or_else(|| format!("{} is '{}', wanted an integer 0..{size}", name(), printable(field)))?;
                if value >= size {
                    return Err(format!("{} is {value}, wanted an integer 0..{size}", name()));
                }
                all = all * size + value;
            }
            Ok(all)
        };
        let question = index('x', self.scenario.questions())?;
        let answer = index('a', self.scenario.answers())?;
        let payoff = match (self.has_payoff, fields.next()) {
            (true, Some(field)) => {
                let value = std::str::from_utf8(field).ok().and_then(|t| t.parse::<f64>().ok());
                let value = value.filter(|v| v.is_finite());
                Some(value.ok_or_else(|| format!("payoff is '{}', wanted a number", printable(field)))?)
            }
            (true, None) => return Err("the field payoff is missing".into()),
            (false, None) => None,
            (false, Some(_)) => return Err(format!("more than {} fields", 2 * n)),
        };
        if fields.next().is_some() {
            return Err(format!("more than {} fields", 2 * n + 1));
        }
        Ok((question, answer, payoff))
    }

    fn error(&self, why: String) -> GameError {
        GameError::File { path: format!("{}:{}", self.path.display(), self.line), why }
    }
}

/// A natural number of at most 9 digits.
fn natural(field: &[u8]) -> Option<usize> {
    if field.is_empty() || field.len() > 9 {
        return None;
    }
    field.iter().try_fold(0usize, |v, b| b.is_ascii_digit().then(|| v * 10 + usize::from(b - b'0')))
}

/// At most forty printable characters.
fn printable(bytes: &[u8]) -> String {
    let show = |b: &u8| {
        if b.is_ascii_graphic() || *b == b' ' { char::from(*b) } else { '?' }
    };
    bytes.iter().take(40).map(show).collect()
}
