//! `bellwether play`: a strategy plays a game and every round is written down.

use super::HOLDS;
use super::game::GameArg;
use super::output::{CliError, Out};
use super::{BAD_INPUT, classify};
use crate::bound::local;
use crate::game::file::file_error;
use crate::game::{Behaviour, BlackBox, ExecReferee, Game, Scenario, TableReferee};
use crate::run::{Purpose, stream, subseed};
use rand_distr::Distribution;
use rand_distr::weighted::WeightedAliasIndex;
use serde::Serialize;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  bellwether play chsh runs/chsh/strategy.json --rounds 2000 -o plays.csv\n  bellwether play chsh classical --rounds 2000 -o plays.csv\n\nThe file has the header x_1,..,x_n,a_1,..,a_n,payoff and is what `bellwether witness` reads."
)]
pub struct Args {
    /// Catalogue name, game file, or exec:COMMAND.
    game: String,
    /// Strategy or behaviour file, JSON or npz; or `classical`: an optimal classical strategy.
    strategy: String,
    /// Rounds to play.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    rounds: u64,
    /// Seed of questions and answers; evaluation streams, never those of training.
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// Mix the behaviour with white noise: visibility V.
    #[arg(long, value_name = "V", default_value_t = 1.0)]
    visibility: f64,
    /// Where to write the plays [default: standard output]
    #[arg(short, long, value_name = "PLAYS.csv")]
    output: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    game: String,
    rounds: u64,
    payoff: f64,
    seed: u64,
    out: String,
}

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    let (mut referee, known): (Box<dyn BlackBox>, Option<Game>) = match GameArg::parse(&args.game)? {
        GameArg::Known { game, .. } => {
            let seed = subseed(args.seed, Purpose::Evaluation);
            (Box::new(TableReferee::new(&game, seed)?), Some(*game))
        }
        GameArg::Exec(command) => (Box::new(ExecReferee::spawn(&command, Default::default())?), None),
    };
    let p = behaviour(&args.strategy, known.as_ref())?;
    if p.scenario() != referee.scenario() {
        return Err(CliError::new(
            BAD_INPUT,
            format!("the strategy plays {}, the game has {}", p.scenario(), referee.scenario()),
        ));
    }
    let noise = Behaviour::uniform(p.scenario().clone());
    let p = p.mix(args.visibility, &noise)?;
    let Some(path) = &args.output else {
        if out.is_json() {
            return Err(CliError::new(BAD_INPUT, "--json prints a document: name the plays file with -o"));
        }
        // a closed pipe is the reader's choice
        let mut stdout = BufWriter::new(std::io::stdout().lock());
        return match write(&mut *referee, &p, args, &mut stdout) {
            Err(Failure::Io(e)) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(HOLDS),
            other => other.map(|_| HOLDS).map_err(|e| e.at(Path::new("standard output"))),
        };
    };
    let part = path.with_extension(format!("{}.part", std::process::id()));
    let written = File::create(&part).map_err(Failure::Io).and_then(|file| {
        let mut file = BufWriter::new(file);
        let payoff = write(&mut *referee, &p, args, &mut file)?;
        file.into_inner().map_err(|e| Failure::Io(e.into_error()))?.sync_all()?;
        std::fs::rename(&part, path)?;
        Ok(payoff)
    });
    let payoff = written.map_err(|e| {
        let _ = std::fs::remove_file(&part); // best effort: the first error is the one to report
        e.at(path)
    })?;
    let report = Report {
        game: args.game.clone(),
        rounds: args.rounds,
        payoff,
        seed: args.seed,
        out: path.display().to_string(),
    };
    out.result(&report, || {
        let mean = payoff / args.rounds as f64;
        format!("{}: {} rounds, mean payoff {mean:.6}  (sampled), written to {}", args.game, args.rounds, report.out)
    });
    Ok(HOLDS)
}

/// A file, or the classical optimum of a game whose table is known.
fn behaviour(text: &str, game: Option<&Game>) -> Result<Behaviour, CliError> {
    if text != "classical" {
        return Ok(classify::read(Path::new(text))?.0);
    }
    let Some(game) = game else {
        return Err(CliError::new(BAD_INPUT, "the classical optimum needs the table of a game; name a strategy file"));
    };
    let found = local::maximum(game, &local::Options::default()).map_err(super::output::undecided)?;
    Ok(found.strategy.behaviour(game.scenario())?)
}

/// Why plays could not be written.
enum Failure {
    Io(std::io::Error),
    Other(CliError),
}

impl Failure {
    fn at(self, path: &Path) -> CliError {
        match self {
            Failure::Io(e) => file_error(path, e).into(),
            Failure::Other(e) => e,
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(e: std::io::Error) -> Self {
        Failure::Io(e)
    }
}

/// Rounds asked at once.
const BATCH: u64 = 4096;

/// Plays all rounds in batches and returns the sum of the payoffs.
fn write(referee: &mut dyn BlackBox, p: &Behaviour, args: &Args, out: &mut impl Write) -> Result<f64, Failure> {
    let s: Scenario = p.scenario().clone();
    let other = |e: &dyn std::fmt::Display| Failure::Other(CliError::new(BAD_INPUT, e.to_string()));
    let names = ["x", "a"].map(|letter| (1..=s.players()).map(move |i| format!("{letter}_{i}")));
    let names: Vec<String> = names.into_iter().flatten().collect();
    writeln!(out, "{},payoff", names.join(","))?;
    let mut rng = stream(args.seed, Purpose::Evaluation);
    rng.long_jump(); // the referee's questions come from the stream's first draw: keep apart
    // one sampler a joint question, made when it is first asked
    let mut samplers: Vec<Option<WeightedAliasIndex<f64>>> = vec![None; s.joint_questions()];
    let (mut questions, mut answers, mut payoff) = (Vec::new(), Vec::new(), Vec::new());
    let (mut total, mut left) = (0.0, args.rounds);
    let (mut x, mut a) = (vec![0; s.players()], vec![0; s.players()]);
    while left > 0 {
        let n = left.min(BATCH) as usize;
        left -= n as u64;
        referee.ask(n, &mut questions).map_err(|e| other(&e))?;
        answers.clear();
        for &q in &questions {
            let q = q as usize;
            if samplers[q].is_none() {
                let row = p.row(q).iter().map(|v| v.max(0.0)).collect();
                samplers[q] = Some(WeightedAliasIndex::new(row).map_err(|e| other(&e))?);
            }
            if let Some(sampler) = &samplers[q] {
                answers.push(sampler.sample(&mut rng) as u32);
            }
        }
        payoff.resize(questions.len(), 0.0);
        referee.judge(&questions, &answers, &mut payoff).map_err(|e| other(&e))?;
        for ((&q, &b), v) in questions.iter().zip(&answers).zip(&payoff) {
            s.question_at(q as usize, &mut x);
            s.answer_at(b as usize, &mut a);
            for index in x.iter().chain(&a) {
                write!(out, "{index},")?;
            }
            writeln!(out, "{v}")?;
            total += v;
        }
    }
    out.flush()?;
    Ok(total)
}
