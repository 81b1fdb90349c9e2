//! A child process that is spoken to line by line and waited for with patience, but not forever.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// Longest line a referee may write, in bytes.
pub(super) const MAX_LINE: usize = 64 << 20;

/// How long a process that has closed its output may take to end before that is called closing.
const GRACE: Duration = Duration::from_millis(500);

/// What went wrong with the process, and the text that shows it if there is any.
pub(crate) struct Failure {
    pub why: String,
    pub line: Option<Vec<u8>>,
}

/// The child. Pipes are served by two threads, so that neither a child that does not read nor one that does
/// not write can hold us up; the child is killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    requests: SyncSender<Vec<u8>>,
    lines: Receiver<Heard>,
}

enum Heard {
    Line(Vec<u8>),
    TooLong(Vec<u8>),
    Ended(Vec<u8>),
    Broken(std::io::Error),
}

impl Process {
    /// Starts `words[0]` with the other words as arguments; its standard error stays ours.
    pub fn spawn(words: &[String]) -> Result<Self, String> {
        let Some((program, arguments)) = words.split_first() else {
            return Err("no command given".into());
        };
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("cannot be started: {e}"))?;
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("cannot be started: no pipes".into());
        };
        let (requests, to_write) = sync_channel::<Vec<u8>>(1);
        thread::spawn(move || {
            for request in to_write {
                // a closed pipe shows up on the reading side, with more to say
                if stdin.write_all(&request).and_then(|()| stdin.flush()).is_err() {
                    return;
                }
            }
        });
        let (heard, lines) = sync_channel(1);
        thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            loop {
                let next = read_line(&mut stdout);
                let last = !matches!(next, Heard::Line(_));
                if heard.send(next).is_err() || last {
                    return;
                }
            }
        });
        Ok(Process { child, requests, lines })
    }

    /// Sends a line and waits for one.
    pub fn exchange(&mut self, request: Vec<u8>, timeout: Duration) -> Result<Vec<u8>, Failure> {
        match self.lines.try_recv() {
            Ok(Heard::Line(line)) => {
                return Err(Failure { why: "wrote a line without being asked".into(), line: Some(line) });
            }
            Ok(other) => return Err(self.failure(other)),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => {}
        }
        let started = Instant::now();
        // the queue holds one request and none is outstanding, so this does not block
        let _ = self.requests.send(request);
        let left = timeout.saturating_sub(started.elapsed());
        match self.lines.recv_timeout(left) {
            Ok(Heard::Line(line)) => Ok(line),
            Ok(other) => Err(self.failure(other)),
            Err(RecvTimeoutError::Timeout) => {
                Err(Failure { why: format!("did not answer within {} s", timeout.as_secs_f64()), line: None })
            }
            Err(RecvTimeoutError::Disconnected) => Err(self.failure(Heard::Ended(Vec::new()))),
        }
    }

    fn failure(&mut self, heard: Heard) -> Failure {
        let (why, line) = match heard {
            Heard::Line(line) => ("wrote an unexpected line".into(), line),
            Heard::TooLong(head) => (format!("wrote a line longer than {MAX_LINE} bytes"), head),
            Heard::Broken(e) => (format!("cannot be read: {e}"), Vec::new()),
            Heard::Ended(partial) => (self.ending(), partial),
        };
        Failure { why, line: (!line.is_empty()).then_some(line) }
    }

    /// How the process ended, or that it only closed its output.
    fn ending(&mut self) -> String {
        let started = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return format!("ended ({status}) before it answered"),
                Ok(None) if started.elapsed() < GRACE => thread::sleep(Duration::from_millis(5)),
                _ => return "closed its standard output before it answered".into(),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // an error here means that it is gone already
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One line without its end, never more than [`MAX_LINE`] bytes.
fn read_line(from: &mut impl BufRead) -> Heard {
    let mut line = Vec::new();
    let limit = MAX_LINE as u64 + 1;
    match from.by_ref().take(limit).read_until(b'\n', &mut line) {
        Err(e) => Heard::Broken(e),
        Ok(_) if line.last() == Some(&b'\n') => {
            line.pop();
            Heard::Line(line)
        }
        Ok(n) if n > MAX_LINE => {
            line.truncate(1024);
            Heard::TooLong(line)
        }
        Ok(_) => Heard::Ended(line),
    }
}
