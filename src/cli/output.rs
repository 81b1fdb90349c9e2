//! What goes to standard output and what to standard error.

use super::{BAD_INPUT, UNDECIDED};
use crate::bound::BoundError;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::io::Write;

/// An error with its exit code.
#[derive(Debug)]
pub struct CliError {
    pub code: i32,
    pub message: String,
}

impl CliError {
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        CliError { code, message: message.into() }
    }
}

/// Errors of the library are bad input unless a command says otherwise.
impl<E: std::error::Error> From<E> for CliError {
    fn from(error: E) -> Self {
        CliError::new(BAD_INPUT, error.to_string())
    }
}

/// Limits of size and convergence are no fault of the input.
pub fn undecided(error: BoundError) -> CliError {
    let code = match error {
        BoundError::TooLarge { .. } | BoundError::NotConverged { .. } | BoundError::Lp(_) => UNDECIDED,
        _ => BAD_INPUT,
    };
    CliError::new(code, error.to_string())
}

/// The two output streams of a command.
#[derive(Debug, Clone, Copy)]
pub struct Out {
    json: bool,
    quiet: bool,
}

#[derive(Serialize)]
struct Failure<'a> {
    error: &'a str,
    code: i32,
}

impl Out {
    pub fn new(json: bool, quiet: bool) -> Self {
        Out { json, quiet }
    }

    pub fn is_json(&self) -> bool {
        self.json
    }

    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// The result: as one JSON document, or as text.
    pub fn result(&self, json: &impl Serialize, text: impl FnOnce() -> String) {
        let text = if self.json {
            match serde_json::to_string(json) {
                Ok(text) => text,
                Err(error) => return self.remark(&error.to_string()),
            }
        } else {
            text()
        };
        self.print(&text);
    }

    /// Writes text and a newline to standard output. A closed pipe is the reader's choice, not an error.
    pub fn print(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        let _ = writeln!(stdout, "{}", text.trim_end_matches('\n'));
        let _ = stdout.flush();
    }

    /// A remark beside the result, on standard error.
    pub fn remark(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    /// Reports an error and returns its exit code.
    pub fn fail(&self, error: &CliError) -> i32 {
        if self.json {
            let failure = Failure { error: &error.message, code: error.code };
            self.print(&serde_json::to_string(&failure).unwrap_or_default());
        }
        let _ = writeln!(std::io::stderr(), "error: {}", error.message);
        error.code
    }

    /// A progress bar on a terminal, nothing in a pipe.
    pub fn progress(&self, length: u64) -> ProgressBar {
        self.bar(length, "{bar:32} {pos}/{len} steps  {per_sec}  eta {eta}  {msg}")
    }

    /// A progress bar of `length` things of the name `what`.
    pub fn progress_of(&self, length: u64, what: &str) -> ProgressBar {
        let style = format!("{{bar:32}} {{human_pos}}/{{human_len}} {what}  eta {{eta}}  {{msg}}");
        self.bar(length, &style)
    }

    fn bar(&self, length: u64, style: &str) -> ProgressBar {
        if self.quiet {
            return ProgressBar::hidden();
        }
        // indicatif draws to standard error and only if that is a terminal
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        bar
    }
}

/// Decimal text of a value: 12 significant places without trailing zeros.
pub fn decimal(value: f64) -> String {
    let text = format!("{value:.12}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
