//! The `bellwether` command: one file a sub-command.

mod ablate;
mod bounds;
mod certify;
mod check;
mod classify;
mod completions;
mod enumerate;
mod evaluate;
mod experiment;
mod frontier;
mod game;
mod games;
mod learn;
mod man;
mod output;
mod play;
mod queue_policy;
mod report;
mod reproduce;
mod show;
pub(crate) mod softmax;
mod sweep;
mod train;
mod witness;

pub use check::{built_in_game, program as checker};

use crate::env::Environment;
use crate::learn::Mappo;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use output::{CliError, Out};
use std::ffi::OsString;

/// Exit code: done, and what was asked holds.
pub const HOLDS: i32 = 0;
/// Exit code: done, and the claim does not hold.
pub const DOES_NOT_HOLD: i32 = 1;
/// Exit code: bad usage or input.
pub const BAD_INPUT: i32 = 2;
/// Exit code: could not decide.
pub const UNDECIDED: i32 = 3;

#[derive(Parser)]
#[command(
    name = "bellwether",
    version,
    about = "Learn strategies for agents who share entanglement, and prove that they beat every classical one",
    after_help = "Example:\n  bellwether learn chsh\n\nExit codes: 0 done and it holds, 1 done and it does not hold, 2 bad input, 3 could not decide."
)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Options every command takes.
#[derive(clap::Args, Clone)]
struct Common {
    /// Print exactly one JSON document on standard output.
    #[arg(long, global = true)]
    json: bool,
    /// Print results only: no progress, no remarks.
    #[arg(long, global = true)]
    quiet: bool,
    /// Number of threads (default: all cores); results never depend on it.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
}

#[derive(Subcommand)]
enum Command {
    /// List the catalogue of games.
    Games(games::Args),
    /// Show a game; with --json as a game file.
    Show(show::Args),
    /// Bound the value of a game over each class of policies.
    Bounds(bounds::Args),
    /// Learn a quantum strategy from black-box play, certify it, and report.
    Learn(learn::Args),
    /// Repeat the paper's experiments and set its figures beside ours.
    Reproduce(reproduce::Args),
    /// Vary one setting of learning at a time and compare over seeds.
    Ablate(ablate::Args),
    /// Turn a strategy into a proof that it beats every classical one.
    Certify(certify::Args),
    /// Check certificates: the same program as bellwether-check.
    Check(check::Args),
    /// Find the lowest class of F, SR, Q, NS, C that holds a behaviour or strategy.
    Classify(classify::Args),
    /// Let a strategy play a game and write every round down.
    Play(play::Args),
    /// Finite data: how surely do plays violate every classical model, or how many are needed.
    Witness(witness::Args),
    /// Write the HTML page of a run folder.
    Report(report::Args),
    /// Train agents on an environment: the modified MAPPO.
    Train(train::Args),
    /// What a learned policy or strategy is worth.
    Evaluate(evaluate::Args),
    /// Many runs, by any number of workers on any number of machines.
    Sweep(sweep::Args),
    /// The classical optimum by search, or one part of that search.
    Enumerate(enumerate::Args),
    /// QuantumSoftmax of logits from a file, and its adjoint.
    Softmax(softmax::Args),
    /// Print a completion script for a shell.
    Completions(completions::Args),
    /// Print manual pages, or write them to a folder.
    Man(man::Args),
    /// The least wait of each class of policies in the multi-router queue (Figure 5).
    Frontier(frontier::Args),
}

/// Whether the arguments after the program's name are a command, without running it.
///
/// # Errors
/// What is wrong with them, as the program would say.
///
/// ```
/// assert!(bellwether::cli::understands(&["bounds", "chsh"]).is_ok());
/// assert!(bellwether::cli::understands(&["bounds"]).is_err());
/// ```
pub fn understands(arguments: &[impl AsRef<str>]) -> Result<(), String> {
    let words = arguments.iter().map(AsRef::as_ref);
    match parse(std::iter::once("bellwether").chain(words).map(OsString::from)) {
        Err(error) if error.use_stderr() => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// The environment of a name as `train` understands it: `queueing`, a game, or `NAME?key=value&key=value`.
///
/// # Errors
/// What is wrong with the name, as the program would say.
pub fn environment(name: &str) -> Result<Box<dyn Environment>, String> {
    evaluate::environment(name).map_err(|error| error.message)
}

/// What the present policy of a run is worth in the environment of a name, as `evaluate --json` says it.
///
/// # Errors
/// What the environment or the theory reports.
pub fn evaluation(name: &str, mappo: &mut Mappo) -> Result<String, String> {
    let evaluated = evaluate::evaluate(name, mappo).map_err(|error| error.message)?;
    serde_json::to_string(&evaluated).map_err(|error| error.to_string())
}

fn parse(words: impl Iterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let mut command = signed(Cli::command());
    let matches = command.try_get_matches_from_mut(words)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// Takes `-1` for a number, so that what is wrong with it is said by the flag it was given to.
fn signed(command: clap::Command) -> clap::Command {
    command.allow_negative_numbers(true).mut_subcommands(signed)
}

/// Runs the command line and returns the exit code.
pub fn run() -> i32 {
    let cli = match parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            // help and version are what was asked for; everything else is bad usage
            let code = if error.use_stderr() { BAD_INPUT } else { HOLDS };
            let asked_json = std::env::args().any(|a| a == "--json");
            if code == BAD_INPUT && asked_json {
                let text = error.to_string();
                return Out::new(true, true).fail(&CliError::new(BAD_INPUT, text.trim_end()));
            }
            let _ = error.print();
            return code;
        }
    };
    let out = Out::new(cli.common.json, cli.common.quiet);
    if let Some(n) = cli.common.threads {
        // fails only if a pool exists already, which cannot be: nothing ran yet
        let _ = rayon::ThreadPoolBuilder::new().num_threads(n as usize).build_global();
    }
    let result = match cli.command {
        Command::Games(args) => games::run(&args, &out),
        Command::Show(args) => show::run(&args, &out),
        Command::Bounds(args) => bounds::run(&args, &out),
        Command::Learn(args) => learn::run(&args, &out),
        Command::Reproduce(args) => reproduce::run(&args, &out),
        Command::Ablate(args) => ablate::run(&args, &out),
        Command::Certify(args) => certify::run(&args, &out),
        Command::Check(args) => Ok(check::run(&args, &out)),
        Command::Classify(args) => classify::run(&args, &out),
        Command::Play(args) => play::run(&args, &out),
        Command::Witness(args) => witness::run(&args, &out),
        Command::Report(args) => report::run(&args, &out),
        Command::Train(args) => train::run(&args, &out),
        Command::Evaluate(args) => evaluate::run(&args, &out),
        Command::Sweep(args) => sweep::run(&args, &out, cli.common.threads),
        Command::Enumerate(args) => enumerate::run(&args, &out),
        Command::Softmax(args) => softmax::run(&args, &out),
        Command::Completions(args) => completions::run(&args, &out),
        Command::Man(args) => man::run(&args, &out),
        Command::Frontier(args) => frontier::run(&args, &out),
    };
    result.unwrap_or_else(|error| out.fail(&error))
}
