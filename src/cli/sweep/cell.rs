//! One run of a sweep: the command a user would type, in a folder of its own.

use crate::cli::learn;
use crate::cli::output::CliError;
use crate::cli::{BAD_INPUT, UNDECIDED, game::GameArg};
use crate::game::file::{file_error, read_bounded, write_atomic};
use crate::run::{Cell, Cells, Claim, Settings, Task};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a worker looks whether its run has ended.
const LOOK: Duration = Duration::from_millis(10);

/// Fields of a report that depend on the time and the place and not on the result.
const PASSING: [&str; 7] = ["seconds", "env_steps_per_second", "nodes", "out", "certificate", "check", "html"];

/// How work on a cell ended.
pub enum Done {
    Finished,
    Failed(String),
    Interrupted,
}

/// A line of results.
#[derive(Serialize, Deserialize)]
pub struct Line<T> {
    cell: String,
    task: String,
    settings: Value,
    /// The exit code: 0 it holds, 1 it does not.
    exit: i32,
    pub result: T,
}

/// Refuses settings that the run would refuse, before anything runs.
pub fn check(cell: &Cell) -> Result<(), CliError> {
    let text = cell.settings.to_string();
    match cell.task {
        Task::Learn => learn::understands(&text),
        Task::Train => Ok(Settings::parse("settings", &text)?.resolve().map(|_| ())?),
        Task::Classical => {
            let known = ["game", "part", "parts"];
            if let Some(key) = cell.settings.keys().find(|k| !known.contains(&k.as_str())) {
                let why = format!("unknown key '{}', wanted game or parts", key.escape_debug());
                return Err(CliError::new(BAD_INPUT, why));
            }
            GameArg::known(cell.word("game").unwrap_or_default(), "sweep").map(|_| ())
        }
    }
}

/// Runs a claimed cell to its end.
pub fn work(
    cells: &Cells,
    cell: &Cell,
    claim: &mut Claim,
    threads: Option<u32>,
    stop: &AtomicBool,
) -> Result<Done, CliError> {
    let folder = claim.work.clone();
    let run = folder.join("run");
    let settings = cell.settings.to_string();
    write_atomic(&folder.join("settings.toml"), settings.as_bytes())?;
    let mut tries = Vec::new();
    if cell.task == Task::Train && take_up(cells, cell, &folder, &run) {
        tries.push(vec!["train".into(), "--resume".into(), shown(&run)]);
    }
    tries.push(command(cell, &folder, &run));
    let mut why = String::new();
    for arguments in tries {
        let status = match wait(claim, cells, spawn(&arguments, &folder, threads)?, stop)? {
            Some(status) => status,
            None => {
                cells.release(claim, cell.task == Task::Train);
                return Ok(Done::Interrupted);
            }
        };
        if cells.is_finished(cell) {
            // another worker took this one for lost and was faster
            cells.release(claim, false);
            return Ok(Done::Finished);
        }
        // Ctrl-C reaches the run, too, and may end it before this worker hears of it
        if status.code() == Some(UNDECIDED) {
            std::thread::sleep(20 * LOOK);
            if stop.load(Ordering::Relaxed) {
                cells.release(claim, cell.task == Task::Train);
                return Ok(Done::Interrupted);
            }
        }
        match status.code() {
            Some(code @ (0 | 1)) => {
                write_result(cell, &folder, code)?;
                cells.finish(cell, claim)?;
                return Ok(Done::Finished);
            }
            _ => {
                let log = read_bounded(&folder.join("log.txt")).unwrap_or_default();
                let log = String::from_utf8_lossy(&log).into_owned();
                let last = log.lines().rev().find(|l| !l.is_empty());
                why = format!("{status}: {}", last.unwrap_or("no message"));
                // a checkpoint that cannot be taken up must not stand in the way of a fresh start
                let _ = std::fs::remove_dir_all(&run);
            }
        }
    }
    cells.release(claim, false);
    Ok(Done::Failed(why))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn command(cell: &Cell, folder: &Path, run: &Path) -> Vec<String> {
    let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
    match cell.task {
        Task::Classical => {
            let (k, n) = (cell.number("part"), cell.number("parts"));
            let part = format!("{}/{}", k.unwrap_or(0), n.unwrap_or(1));
            let game = cell.word("game").unwrap_or_default();
            words(&["enumerate", game, "--part", &part])
        }
        task => {
            let config = shown(&folder.join("settings.toml"));
            words(&[task.name(), "--config", &config, "--out", &shown(run)])
        }
    }
}

/// Copies the last checkpoint of a worker that was lost; whether there was one.
fn take_up(cells: &Cells, cell: &Cell, own: &Path, run: &Path) -> bool {
    for left in cells.left_behind(cell, own) {
        let from = left.join("run");
        let copy = |name: &str| std::fs::copy(from.join(name), run.join(name));
        // the checkpoint first: the metrics may know of more updates, never of fewer
        let taken = std::fs::create_dir_all(run)
            .and_then(|()| copy("checkpoint"))
            .and_then(|_| copy("metrics.jsonl"))
            .and_then(|_| copy("config.toml"));
        if taken.is_ok() {
            return true;
        }
        let _ = std::fs::remove_dir_all(run);
    }
    false
}

fn spawn(arguments: &[String], folder: &Path, threads: Option<u32>) -> Result<Child, CliError> {
    let create = |name: &str| {
        let path = folder.join(name);
        File::create(&path).map_err(|e| file_error(&path, e))
    };
    let program = std::env::current_exe()?;
    let mut command = Command::new(program);
    command.args(arguments).args(["--json", "--quiet"]);
    if let Some(n) = threads {
        command.args(["--threads", &n.to_string()]);
    }
    command.stdin(Stdio::null()).stdout(create("output.json")?).stderr(create("log.txt")?);
    Ok(command.spawn()?)
}

/// Waits for the run and gives signs of life meanwhile; `None` if this worker was told to stop.
fn wait(claim: &mut Claim, cells: &Cells, mut child: Child, stop: &AtomicBool) -> Result<Option<ExitStatus>, CliError> {
    let mut last = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if stop.load(Ordering::Relaxed) {
            let _ = child.kill();
            let _ = child.wait();
            return Ok(None);
        }
        if last.elapsed() >= cells.beat() {
            claim.beat()?;
            last = Instant::now();
        }
        std::thread::sleep(LOOK);
    }
}

fn write_result(cell: &Cell, folder: &Path, exit: i32) -> Result<(), CliError> {
    let path = folder.join("output.json");
    let mut result: Value = serde_json::from_slice(&read_bounded(&path)?)?;
    lasting(&mut result);
    let line = Line {
        cell: cell.name.clone(),
        task: cell.task.name().to_owned(),
        settings: serde_json::to_value(&cell.settings)?,
        exit,
        result,
    };
    let text = serde_json::to_string(&line)? + "\n";
    Ok(write_atomic(&folder.join("result.json"), text.as_bytes())?)
}

/// Takes out what passes.
fn lasting(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !PASSING.contains(&key.as_str()));
            map.values_mut().for_each(lasting);
        }
        Value::Array(list) => list.iter_mut().for_each(lasting),
        _ => {}
    }
}
