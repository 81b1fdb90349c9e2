//! `bellwether sweep`: many runs by any number of workers that share a folder.

mod cell;

use super::enumerate::Part;
use super::game::GameArg;
use super::output::{CliError, Out};
use super::{BAD_INPUT, HOLDS, UNDECIDED};
use crate::bound::local;
use crate::game::file::{file_error, read_bounded};
use crate::game::to_f64;
use crate::run::{Cell, Cells, Plan, Task};
use cell::{Done, work};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  bellwether sweep plan.toml --out results\n  bellwether sweep plan.toml --out results --part 3/64\n  bellwether sweep plan.toml --out results --list\n\nStart the same command as often as you like, on any machines that see the folder. Each takes the next run that nobody works on; runs of workers that are lost are taken over, training from its last checkpoint. results.jsonl is the same to the last bit, whoever did what.\nExit code 0: all runs asked for are finished; 2: a run failed; 3: interrupted."
)]
pub struct Args {
    /// Plan: a TOML file of [[learn]], [[train]] and [[classical]] tables
    plan: PathBuf,
    /// Folder of results; may hold finished runs
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Only every N-th run, beginning with number K (from 0), and no waiting for other workers
    #[arg(long, value_name = "K/N", value_parser = super::enumerate::part, conflicts_with = "cell")]
    part: Option<(usize, usize)>,
    /// Only the run of this name, and no waiting for other workers
    #[arg(long, value_name = "NAME")]
    cell: Vec<String>,
    /// Print the names of the runs that are not finished, one a line, and do nothing
    #[arg(long)]
    list: bool,
    /// Seconds after which a worker that gives no sign of life is lost
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = patience)]
    stale: f64,
}

fn patience(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(s) if (0.5..=1e6).contains(&s) => Ok(s),
        _ => Err("wanted 0.5 to 1000000 seconds".into()),
    }
}

#[derive(Serialize)]
struct Failed {
    cell: String,
    error: String,
}

#[derive(Serialize)]
struct Report {
    /// Runs of the plan.
    cells: usize,
    /// Of these finished, by whomever.
    finished: usize,
    /// Names of those that this worker finished.
    done: Vec<String>,
    failed: Vec<Failed>,
    /// The file of all results, once all runs are finished.
    results: Option<String>,
}

#[derive(Serialize)]
struct List<'a> {
    unfinished: Vec<&'a str>,
}

pub fn run(args: &Args, out: &Out, threads: Option<u32>) -> Result<i32, CliError> {
    let plan = Plan::read(&args.plan)?;
    for cell in &plan.cells {
        cell::check(cell).map_err(|e| {
            let place = args.plan.display();
            CliError::new(BAD_INPUT, format!("{place}: {}: {}", cell.name, e.message))
        })?;
    }
    let mine = chosen(args, &plan)?;
    let cells = Cells::open(&args.out, Duration::from_secs_f64(args.stale))?;
    if args.list {
        let open = mine.iter().filter(|cell| !cells.is_finished(cell));
        let unfinished: Vec<&str> = open.map(|cell| cell.name.as_str()).collect();
        let list = List { unfinished };
        out.result(&list, || list.unfinished.join("\n"));
        return Ok(HOLDS);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let interrupt = Arc::clone(&stop);
    // without a handler Ctrl-C ends the program, and its claim grows stale
    let _ = ctrlc::try_set_handler(move || interrupt.store(true, Ordering::Relaxed));
    let alone = args.part.is_some() || !args.cell.is_empty();
    let (mut done, mut failed) = (Vec::new(), Vec::<Failed>::new());
    let bar = out.progress_of(mine.len() as u64, "runs");
    'rounds: loop {
        let mut held = 0;
        for cell in &mine {
            if stop.load(Ordering::Relaxed) {
                break 'rounds;
            }
            if cells.is_finished(cell) || failed.iter().any(|f| f.cell == cell.name) {
                continue;
            }
            let Some(mut claim) = cells.claim(cell)? else {
                held += usize::from(!cells.is_finished(cell));
                continue;
            };
            bar.set_message(cell.name.clone());
            match work(&cells, cell, &mut claim, threads, &stop)? {
                Done::Finished => done.push(cell.name.clone()),
                Done::Interrupted => break 'rounds,
                Done::Failed(error) => {
                    out.remark(&format!("{}: {error}", cell.name));
                    let cell = cell.name.clone();
                    failed.push(Failed { cell, error });
                }
            }
            bar.set_position(mine.iter().filter(|c| cells.is_finished(c)).count() as u64);
        }
        if held == 0 || alone {
            break;
        }
        // others are at work: wait for their results, or for their end
        std::thread::sleep((cells.beat() / 2).min(Duration::from_secs(2)));
    }
    bar.finish_and_clear();
    let finished = plan.cells.iter().filter(|c| cells.is_finished(c)).count();
    let results = match finished == plan.cells.len() {
        true => Some(cells.write("results.jsonl", results(&cells, &plan)?.as_bytes())?),
        false => None,
    };
    let report = Report {
        cells: plan.cells.len(),
        finished,
        done,
        failed,
        results: results.map(|path| path.display().to_string()),
    };
    out.result(&report, || text(&report));
    let open = mine.iter().any(|cell| !cells.is_finished(cell));
    Ok(match (report.failed.is_empty(), open) {
        (false, _) => BAD_INPUT,
        (true, true) => UNDECIDED,
        (true, false) => HOLDS,
    })
}

/// The runs this worker is asked for.
fn chosen<'a>(args: &Args, plan: &'a Plan) -> Result<Vec<&'a Cell>, CliError> {
    for name in &args.cell {
        if !plan.cells.iter().any(|cell| cell.name == *name) {
            let shown: String = name.chars().take(80).flat_map(char::escape_debug).collect();
            let why = format!("--cell '{shown}': no run of this name, see --list");
            return Err(CliError::new(BAD_INPUT, why));
        }
    }
    let (k, n) = args.part.unwrap_or((0, 1));
    let all = plan.cells.iter().enumerate();
    let own = all.filter(|(i, cell)| i % n == k && (args.cell.is_empty() || args.cell.contains(&cell.name)));
    Ok(own.map(|(_, cell)| cell).collect())
}

/// One line a run in the order of the plan, then the joined classical searches; nothing in it depends on who did what when.
fn results(cells: &Cells, plan: &Plan) -> Result<String, CliError> {
    let mut lines = String::new();
    let mut searches: BTreeMap<(String, usize), Vec<Part>> = BTreeMap::new();
    for cell in &plan.cells {
        let path = cells.finished(cell).join("result.json");
        let bytes = read_bounded(&path)?;
        lines += std::str::from_utf8(&bytes).map_err(|e| file_error(&path, e))?;
        if cell.task == Task::Classical {
            let line: cell::Line<Part> = serde_json::from_slice(&bytes).map_err(|e| file_error(&path, e))?;
            let game = cell.word("game").unwrap_or_default().to_owned();
            let parts = cell.number("parts").unwrap_or(1);
            searches.entry((game, parts)).or_default().push(line.result);
        }
    }
    for ((name, parts), found) in searches {
        let (game, _) = GameArg::known(&name, "sweep")?;
        let shares: Vec<_> = (found.iter().map(|part| part.share(&game))).collect::<Result<_, _>>()?;
        let optimum = local::join(&game, &shares)?;
        let joined = Joined {
            joined: &name,
            parts,
            classical: to_f64(&optimum.upper),
            classical_exact: optimum.upper.to_string(),
            strategy: optimum.strategy.choices(),
        };
        lines += &(serde_json::to_string(&joined)? + "\n");
    }
    Ok(lines)
}

/// A classical search put together.
#[derive(Serialize)]
struct Joined<'a> {
    joined: &'a str,
    parts: usize,
    classical: f64,
    classical_exact: String,
    strategy: &'a [Vec<usize>],
}

fn text(report: &Report) -> String {
    let mut text =
        format!("{} of {} runs finished, {} by this worker\n", report.finished, report.cells, report.done.len());
    if let Some(results) = &report.results {
        text += &format!("results in {results}\n");
    }
    text
}
