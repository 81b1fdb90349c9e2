//! A referee in another process, spoken to in lines of JSON.

pub(crate) mod process;
pub(crate) mod protocol;

use super::black_box::{BlackBox, check_plays};
use super::catalog::parameters::printable;
use super::{GameError, Rational, Scenario};
use process::{Failure, Process};
use std::fmt::Write;
use std::time::Duration;

/// Most plays in one line; larger batches are cut.
const MAX_BATCH: usize = 1 << 16;

/// How a referee process is treated.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// How long each answer may take; 30 seconds unless set.
    pub timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options { timeout: Duration::from_secs(30) }
    }
}

impl Options {
    /// The same with another patience.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

/// A black-box referee that is another program.
///
/// It is started once and asked in batches over its standard input and output, one JSON document a line:
/// `{"hello":1}` is answered by `{"players":2,"questions":[2,2],"answers":[2,2],"name":"my game"}`,
/// `{"ask":512}` by `{"questions":[[0,1],..]}`, and `{"judge":[[[x..],[a..]],..]}` by `{"payoff":[1,0,..]}`.
/// The hello may offer `"distribution":[[x..,"1/4"],..]` (rows increasing, sum exactly 1) and
/// `"deterministic":true`; both are held against what the referee does. Whatever else it writes is an error
/// that quotes the line; after an error it is not spoken to again. The process is killed on drop.
///
/// ```no_run
/// use bellwether::game::{BlackBox, ExecReferee, referee::Options};
/// let mut referee = ExecReferee::spawn("python3 examples/referees/chsh.py", Options::default())?;
/// let mut questions = Vec::new();
/// referee.ask(512, &mut questions)?;
/// # Ok::<(), bellwether::game::GameError>(())
/// ```
pub struct ExecReferee {
    command: String,
    name: String,
    scenario: Scenario,
    distribution: Option<Vec<(usize, Rational)>>,
    /// With a distribution: which joint questions may be asked.
    allowed: Vec<bool>,
    /// Of a deterministic referee: the first payoff of each cell, NaN before.
    seen: Vec<f64>,
    timeout: Duration,
    process: Process,
    failed: Option<GameError>,
    plays: u64,
}

impl ExecReferee {
    /// Starts the program and exchanges greetings. The command is split into words as a shell would, but no
    /// shell runs it.
    ///
    /// # Errors
    /// [`GameError::Referee`] if the command cannot be split or started, or its hello is wrong.
    pub fn spawn(command: &str, options: Options) -> Result<Self, GameError> {
        let wrong = |why: String| GameError::Referee { command: printable(command, 200), why };
        let words = shlex::split(command).ok_or_else(|| wrong("the quotes of the command do not match".into()))?;
        let mut process = Process::spawn(&words).map_err(wrong)?;
        let request = "{\"hello\":1}\n";
        let line =
            process.exchange(request.into(), options.timeout).map_err(|failure| wrong(describe(request, failure)))?;
        let hello = protocol::hello(&line).map_err(|why| wrong(misread(request, &line, &why)))?;
        let mut allowed = Vec::new();
        if let Some(mu) = &hello.distribution {
            allowed.resize(hello.scenario.joint_questions(), false);
            for (x, _) in mu {
                allowed[*x] = true;
            }
        }
        let cells = if hello.deterministic { hello.scenario.cells() } else { 0 };
        Ok(ExecReferee {
            command: printable(command, 200),
            name: hello.name,
            scenario: hello.scenario,
            distribution: hello.distribution,
            allowed,
            seen: vec![f64::NAN; cells],
            timeout: options.timeout,
            process,
            failed: None,
            plays: 0,
        })
    }

    /// The name the referee gave; control characters are escaped.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The question distribution the referee offered, by increasing joint question. Without it, the
    /// distribution is only known from samples.
    pub fn distribution(&self) -> Option<&[(usize, Rational)]> {
        self.distribution.as_deref()
    }

    /// Whether the referee promised one payoff per cell.
    pub fn deterministic(&self) -> bool {
        !self.seen.is_empty()
    }

    /// One request and the reading of its answer; the first failure is the last word.
    fn exchange(
        &mut self,
        request: String,
        read: impl FnOnce(&mut Self, &[u8]) -> Result<(), String>,
    ) -> Result<(), GameError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let asked = printable(&request, 40);
        let answer = self.process.exchange(request.into_bytes(), self.timeout);
        let outcome = match answer {
            Ok(line) => read(self, &line).map_err(|why| misread(&asked, &line, &why)),
            Err(failure) => Err(describe(&asked, failure)),
        };
        outcome.map_err(|why| {
            let error = GameError::Referee { command: self.command.clone(), why };
            self.failed = Some(error.clone());
            error
        })
    }

    fn ask_batch(&mut self, n: usize, questions: &mut Vec<u32>) -> Result<(), GameError> {
        let before = questions.len();
        self.exchange(format!("{{\"ask\":{n}}}\n"), |this, line| {
            protocol::questions(line, &this.scenario, n, questions)?;
            let forbidden = |x: &u32| this.allowed.get(*x as usize) == Some(&false);
            match questions[before..].iter().position(forbidden) {
                None => Ok(()),
                Some(i) => Err(format!(
                    "questions[{i}] = {:?} has probability 0 in its own distribution",
                    this.scenario.question(questions[before + i] as usize)
                )),
            }
        })
    }

    fn judge_batch(&mut self, questions: &[u32], answers: &[u32], payoff: &mut [f64]) -> Result<(), GameError> {
        let s = &self.scenario;
        let mut request = String::from("{\"judge\":[");
        let mut digits = vec![0; s.players()];
        for (i, (&x, &a)) in questions.iter().zip(answers).enumerate() {
            request.push_str(if i == 0 { "[" } else { ",[" });
            s.question_at(x as usize, &mut digits);
            push_list(&mut request, &digits);
            request.push(',');
            s.answer_at(a as usize, &mut digits);
            push_list(&mut request, &digits);
            request.push(']');
        }
        request.push_str("]}\n");
        self.exchange(request, |this, line| {
            protocol::payoffs(line, payoff)?;
            if !this.deterministic() {
                return Ok(());
            }
            let k = this.scenario.joint_answers();
            for (i, ((&x, &a), &v)) in questions.iter().zip(answers).zip(&*payoff).enumerate() {
                let first = &mut this.seen[x as usize * k + a as usize];
                if first.is_nan() {
                    *first = v;
                } else if *first != v {
                    return Err(format!(
                        "payoff[{i}] = {v} for questions {:?} and answers {:?} contradicts {first}, \
                         which it paid before",
                        this.scenario.question(x as usize),
                        this.scenario.answer(a as usize)
                    ));
                }
            }
            Ok(())
        })
    }
}

impl BlackBox for ExecReferee {
    fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    fn ask(&mut self, n: usize, questions: &mut Vec<u32>) -> Result<(), GameError> {
        questions.clear();
        while questions.len() < n {
            self.ask_batch((n - questions.len()).min(MAX_BATCH), questions)?;
        }
        Ok(())
    }

    fn judge(&mut self, questions: &[u32], answers: &[u32], payoff: &mut [f64]) -> Result<(), GameError> {
        check_plays(&self.command, &self.scenario, questions, answers, payoff)?;
        let batches = questions.chunks(MAX_BATCH).zip(answers.chunks(MAX_BATCH));
        for ((x, a), v) in batches.zip(payoff.chunks_mut(MAX_BATCH)) {
            self.judge_batch(x, a, v)?;
            self.plays += x.len() as u64;
        }
        Ok(())
    }

    fn plays(&self) -> u64 {
        self.plays
    }
}

fn push_list(out: &mut String, digits: &[usize]) {
    for (i, d) in digits.iter().enumerate() {
        // writing to a String cannot fail
        let _ = write!(out, "{}{d}", if i == 0 { '[' } else { ',' });
    }
    out.push(']');
}

/// The message of a process that failed while a request was out.
pub(crate) fn describe(request: &str, failure: Failure) -> String {
    let request = request.trim_end().trim_end_matches("\\n");
    match failure.line {
        None => format!("{} (asked {request})", failure.why),
        Some(line) => format!("{} (asked {request}): {}", failure.why, quote(&line)),
    }
}

/// The message of a line that says something wrong.
pub(crate) fn misread(request: &str, line: &[u8], why: &str) -> String {
    let request = request.trim_end().trim_end_matches("\\n");
    format!("{why} (asked {request}); it wrote {}", quote(line))
}

fn quote(line: &[u8]) -> String {
    // 4 bytes hold any character, and one more shows that there is more
    let head = &line[..line.len().min(4 * 201)];
    format!("'{}'", printable(&String::from_utf8_lossy(head), 200))
}
