//! `bellwether learn`: learn from black-box play, evaluate exactly, certify, report.

mod report;
mod settings;

use super::experiment::{Evaluated, Watching, evaluate, watch};
use super::game::GameArg;
use super::output::{CliError, Out};
use super::{BAD_INPUT, DOES_NOT_HOLD, HOLDS, UNDECIDED};
use crate::bound::certify::write_and_check;
use crate::bound::local;
use crate::game::black_box::Recorder;
use crate::game::file::{behaviour_to_npz, identity};
use crate::game::referee::ExecReferee;
use crate::game::{BlackBox, Game, TableReferee};
use crate::learn::Config;
use crate::run::{Purpose, RunFolder, SeedRun, run_seed, subseed, write_events};
use crate::stats::marl_eval;
use crate::strategy::{strategy_to_json, strategy_to_npz};
use rayon::prelude::*;
use report::{Report, Source};
pub use settings::Args;
use settings::Settings;
pub use settings::understands;
use std::sync::atomic::Ordering;
use std::time::Instant;

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    let settings = Settings::resolve(args)?;
    match GameArg::parse(&settings.game)? {
        GameArg::Known { game, reference } => {
            let config = settings.config(game.scenario())?;
            let folder = folder(&settings, game.name())?;
            let watch = watch(steps(&config, &settings), out);
            let train = |seed: &u64| -> Result<SeedRun, CliError> {
                let mut referee = TableReferee::new(&game, subseed(*seed, Purpose::Referee))?;
                Ok(run_seed(&mut referee, &config, *seed, Some(&game), &watch.watch)?)
            };
            let start = Instant::now();
            let runs: Result<Vec<SeedRun>, CliError> = settings.seeds.par_iter().map(train).collect();
            let source = Source::Known(reference);
            finish(out, &settings, &config, &folder, &game, source, runs?, &watch, start)
        }
        GameArg::Exec(command) => {
            let mut referee = ExecReferee::spawn(&command, Default::default())?;
            let config = settings.config(referee.scenario())?;
            let folder = folder(&settings, "exec")?;
            let watch = watch(steps(&config, &settings), out);
            let declared = referee.distribution().map(<[_]>::to_vec);
            let mut recorder = Recorder::new(&mut referee);
            let start = Instant::now();
            let mut runs = Vec::new();
            for seed in &settings.seeds {
                runs.push(run_seed(&mut recorder, &config, *seed, None, &watch.watch)?);
            }
            let probed = recorder.complete("probed", declared.as_deref())?;
            folder.write("game.json", crate::game::file::game_to_json(&probed.game, true).as_bytes())?;
            let game = probed.game.clone();
            finish(out, &settings, &config, &folder, &game, Source::Probed(probed), runs, &watch, start)
        }
    }
}

fn steps(config: &Config, settings: &Settings) -> u64 {
    config.steps as u64 * settings.seeds.len() as u64
}

fn folder(settings: &Settings, name: &str) -> Result<RunFolder, CliError> {
    Ok(match &settings.out {
        Some(path) => RunFolder::at(path)?,
        None => RunFolder::fresh(name)?,
    })
}

#[expect(clippy::too_many_arguments, reason = "the two ways to play meet here once")]
fn finish(
    out: &Out,
    settings: &Settings,
    config: &Config,
    folder: &RunFolder,
    game: &Game,
    source: Source,
    runs: Vec<SeedRun>,
    watching: &Watching,
    start: Instant,
) -> Result<i32, CliError> {
    let interrupted = watching.watch.interrupted.load(Ordering::Relaxed);
    watching.bar.set_message("classical optimum");
    let classical = local::maximum(game, &local::Options::default())?;
    identity(game)?; // a game that no certificate can hold is refused before anything is written
    let evaluated = runs.into_iter().map(|run| evaluate(game, &classical, run));
    let mut runs: Vec<Evaluated> = evaluated.collect::<Result<_, CliError>>()?;
    let best = best(&runs).ok_or_else(|| CliError::new(BAD_INPUT, "no seeds given"))?;
    write(folder, settings, config, game, &runs, best)?;
    watching.bar.finish_and_clear();
    let report = Report::new(settings, config, game, source, &classical, &runs, best, folder, start.elapsed());
    folder.write("report.json", report.json().as_bytes())?;
    export(folder, config, game, &runs, report.scale())?;
    // a picture that cannot be drawn takes nothing from what was learned
    if let Err(error) = super::report::write(folder.path()) {
        out.remark(&format!("no report.html: {}", error.message));
    }
    out.result(&report, || report.text());
    if interrupted {
        out.remark("interrupted: the results above are of the steps done");
        return Ok(UNDECIDED);
    }
    let shown = runs.swap_remove(best).certificate.advantage();
    Ok(if shown { HOLDS } else { DOES_NOT_HOLD })
}

/// The runs for other tools: TensorBoard events, one folder a seed, and marl-eval JSON.
fn export(
    folder: &RunFolder,
    config: &Config,
    game: &Game,
    runs: &[Evaluated],
    scale: Option<(f64, f64)>,
) -> Result<(), CliError> {
    let algorithm = format!("reinforce-{}", config.preset.name());
    let mut curves = Vec::with_capacity(runs.len());
    for e in runs {
        let events = folder.path().join(format!("tensorboard/seed-{}", e.run.seed));
        write_events(&events, &e.run.metrics, scale)?;
        curves.push(crate::run::evaluated(&e.run, game.name(), &algorithm, e.value));
    }
    let json = serde_json::to_string(&marl_eval(&curves))? + "\n";
    folder.write("marl_eval.json", json.as_bytes())?;
    Ok(())
}

/// The run whose proved value is largest; the first of equals.
fn best(runs: &[Evaluated]) -> Option<usize> {
    (0..runs.len()).reduce(|a, b| if runs[b].certificate.value > runs[a].certificate.value { b } else { a })
}

/// Files of the run folder. With several seeds each has a folder of its own, the best also the top.
fn write(
    folder: &RunFolder,
    settings: &Settings,
    config: &Config,
    game: &Game,
    runs: &[Evaluated],
    best: usize,
) -> Result<(), CliError> {
    folder.write("config.toml", settings.to_toml(config)?.as_bytes())?;
    let mut metrics = String::new();
    for metric in runs.iter().flat_map(|r| &r.run.metrics) {
        metrics.push_str(&serde_json::to_string(metric)?);
        metrics.push('\n');
    }
    folder.write("metrics.jsonl", metrics.as_bytes())?;
    let save = |prefix: &str, e: &Evaluated| -> Result<(), CliError> {
        let strategy = &e.run.strategy;
        folder.write(&format!("{prefix}strategy.json"), strategy_to_json(strategy).as_bytes())?;
        write_and_check(game, &e.certificate.text, &folder.file(&format!("{prefix}certificate.json"))?)?;
        Ok(())
    };
    if runs.len() > 1 {
        for e in runs {
            save(&format!("seed-{}/", e.run.seed), e)?;
        }
    }
    let chosen = &runs[best];
    save("", chosen)?;
    strategy_to_npz(&chosen.run.strategy, &folder.file("strategy.npz")?)?;
    behaviour_to_npz(&chosen.run.strategy.behaviour()?, &folder.file("behaviour.npz")?)?;
    Ok(())
}
