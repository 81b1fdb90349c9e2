//! `bellwether train`: the modified MAPPO on an environment.

use super::evaluate::{Evaluated, environment, evaluate};
use super::output::{CliError, Out};
use super::{DOES_NOT_HOLD, HOLDS, UNDECIDED};
use crate::learn::{Mappo, UpdateMetrics};
use crate::run::{Checkpoint, RunFolder, Settings, TrainObserver, begin, sampled, train};
use indicatif::ProgressBar;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  bellwether train queueing\n  bellwether train queueing --set cost_limit=5 --set seed=1\n  bellwether train chsh --coordinator shared-randomness --set total_timesteps=1000000\n  bellwether train 'trading?latency=2' --set total_timesteps=1000000\n  bellwether train --resume runs/queueing\n\nWrites a run folder: config.toml (resolved, can be fed back), metrics.jsonl, TensorBoard events, checkpoint.\nSettings not given are the environment's own (docs/queueing.toml for queueing), then the defaults; config.toml holds all.\nExit code 0: done; 1: done, and the 95 % interval of the final cost lies above the limit, or the multiplier is at its cap; 3: interrupted, resume with --resume."
)]
pub struct Args {
    /// `queueing`, a game (catalogue name, game file or exec:COMMAND), or a sequential environment: trading, sequence:GAME,GAME,
    /// one-shot:GAME, FILE.dpomdp, env:rendezvous:GRAPH, each with `?key=value&key=value` for its parameters;
    /// may come from --config instead.
    env: Option<String>,
    /// What the agents share [default: entangled]
    #[arg(long, value_parser = ["entangled", "shared-randomness", "none", "central"])]
    coordinator: Option<String>,
    /// Read settings from a file, such as the config.toml of a run; flags win over it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Set one setting, e.g. `--set learning_rate=1e-3`; last wins
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Run folder, new or empty [default: runs/ENV]
    #[arg(long, value_name = "DIR", conflicts_with = "resume")]
    out: Option<PathBuf>,
    /// Continue the run in this folder from its last checkpoint, bit for bit
    #[arg(long, value_name = "DIR", conflicts_with_all = ["env", "coordinator", "config", "set"])]
    resume: Option<PathBuf>,
    /// Updates between two checkpoints
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    checkpoint_every: u64,
}

#[derive(Serialize)]
struct Report {
    env: String,
    coordinator: &'static str,
    updates: u64,
    env_steps: u64,
    env_steps_per_second: f64,
    last: Option<UpdateMetrics>,
    /// Whether the cost limit is met, where there is one.
    feasible: Option<bool>,
    evaluation: Evaluated,
    out: String,
}

/// Shows a run on its bar.
struct Shown {
    bar: ProgressBar,
    start: Instant,
    steps: u64,
    last: Option<UpdateMetrics>,
}

impl TrainObserver for Shown {
    fn observe(&mut self, m: &UpdateMetrics) {
        let speed = (m.env_steps - self.steps) as f64 / self.start.elapsed().as_secs_f64();
        let mut text = format!("{:.2} M steps/s  return {:.4}", speed * 1e-6, m.episodic_return.unwrap_or(m.reward));
        if let Some(cost) = m.cost {
            text += &format!("  cost {cost:.3}");
        }
        if let Some(multiplier) = m.multiplier {
            text += &format!("  multiplier {multiplier:.4}");
        }
        self.bar.set_message(text);
        self.bar.set_position(m.env_steps);
        self.last = Some(m.clone());
    }
}

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    let (name, mut mappo, folder) = match &args.resume {
        Some(path) => {
            let checkpoint = Checkpoint::read(&path.join("checkpoint"))?;
            let settings = Settings::parse("the checkpoint's settings", &checkpoint.config)?;
            let (name, config) = settings.resolve()?;
            let mut mappo = Mappo::new(&*environment(&name)?, config)?;
            mappo.load(&checkpoint.state)?;
            (name, mappo, Folder::Resumed(path.clone()))
        }
        None => {
            let mut settings = match &args.config {
                Some(path) => Settings::read(path)?,
                None => Settings::default(),
            };
            for text in &args.set {
                settings.set(text)?;
            }
            if let Some(env) = &args.env {
                settings.put("env", env);
            }
            if let Some(coordinator) = &args.coordinator {
                settings.put("coordinator", coordinator);
            }
            let (name, config) = settings.resolve()?;
            // everything that can be refused is refused before a folder is made
            let mappo = Mappo::new(&*environment(&name)?, config)?;
            let folder = match &args.out {
                Some(path) => RunFolder::at(path)?,
                None => RunFolder::fresh(&folder_name(&name))?,
            };
            begin(&folder, &name, mappo.config())?;
            (name, mappo, Folder::New(folder))
        }
    };
    let path = folder.path();
    let stop = Arc::new(AtomicBool::new(false));
    let interrupt = Arc::clone(&stop);
    // without a handler Ctrl-C simply ends the program
    let _ = ctrlc::try_set_handler(move || interrupt.store(true, Ordering::Relaxed));
    let config = mappo.config();
    let all = config.updates().saturating_mul(config.batch() as u64);
    let bar = out.progress_of(all, "steps");
    bar.set_position(mappo.env_steps());
    bar.reset_eta(); // of a resumed run, too, what is left at the speed of now
    let mut shown = Shown { bar, start: Instant::now(), steps: mappo.env_steps(), last: None };
    let every = args.checkpoint_every;
    train(&name, &mut mappo, &path, every, &stop, &mut shown)?;
    shown.bar.finish_and_clear();
    let seconds = shown.start.elapsed().as_secs_f64();
    let evaluation = evaluate(&name, &mut mappo)?;
    let limit = mappo.lagrangian().map(|l| (l.limit(), l.at_cap()));
    let feasible = match limit {
        None => None,
        Some((_, true)) => Some(false),
        Some((limit, false)) => Some(meets(limit, &evaluation, &mut mappo)?),
    };
    let report = Report {
        coordinator: mappo.config().coordinator.name(),
        updates: mappo.updates(),
        env_steps: mappo.env_steps(),
        env_steps_per_second: (mappo.env_steps() - shown.steps) as f64 / seconds,
        last: shown.last,
        feasible,
        evaluation,
        out: path.display().to_string(),
        env: name,
    };
    out.result(&report, || text(&report, seconds));
    if stop.load(Ordering::Relaxed) && !mappo.is_done() {
        out.remark(&match mappo.save().is_ok() {
            true => format!("interrupted: continue with --resume {}", report.out),
            false => "interrupted; this environment cannot be saved, so the run cannot be continued".into(),
        });
        return Ok(UNDECIDED);
    }
    if feasible == Some(false) {
        out.remark("the cost limit is not met: it may be infeasible for these agents, or the run too short");
        return Ok(DOES_NOT_HOLD);
    }
    Ok(HOLDS)
}

/// Whether the cost of the final policy is at most the limit as far as play can tell: the 95 % confidence interval of its
/// mean cost, around the exact one where that is known, does not lie above the limit. A controller holds the cost at the
/// limit on average over updates, so the last policy is a little above as often as below.
fn meets(limit: f64, evaluation: &Evaluated, mappo: &mut Mappo) -> Result<bool, CliError> {
    let low = match (evaluation.cost_ci, evaluation.cost) {
        (Some([low, _]), _) => low,
        (None, Some(exact)) => match sampled(mappo)?.cost_ci {
            Some([low, high]) => exact - 0.5 * (high - low),
            None => exact,
        },
        (None, None) => return Ok(false),
    };
    Ok(low <= limit)
}

enum Folder {
    New(RunFolder),
    Resumed(PathBuf),
}

impl Folder {
    fn path(&self) -> PathBuf {
        match self {
            Folder::New(folder) => folder.path().to_path_buf(),
            Folder::Resumed(path) => path.clone(),
        }
    }
}

/// A folder name from an environment's name, which may be a path or a command.
fn folder_name(env: &str) -> String {
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }
    };
    let name: String = env.chars().take(40).map(safe).collect();
    if name.is_empty() { "run".into() } else { name }
}

fn text(report: &Report, seconds: f64) -> String {
    format!(
        "{}, coordinator {}: {} updates, {} steps in {seconds:.1} s ({:.2} M steps/s)\n{}run folder {}",
        report.env,
        report.coordinator,
        report.updates,
        report.env_steps,
        report.env_steps_per_second * 1e-6,
        report.evaluation.text(),
        report.out
    )
}
