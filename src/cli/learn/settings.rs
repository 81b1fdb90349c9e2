//! The settings of `learn`: flags over a config file over the preset.

mod given;

use super::super::BAD_INPUT;
use super::super::game::GameArg;
use super::super::output::CliError;
use crate::game::Scenario;
use crate::game::file::{file_error, read_settings};
use crate::learn::{Config, Preset};
use crate::quantum::Noise;
use crate::run::{MAX_SEEDS, parse_seeds};
use given::{Listed, State};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  bellwether learn chsh\n  bellwether learn tetra --seeds 0..30 --preset paper\n  bellwether learn 'exec:python3 my_game.py' --steps 2000\n\nWrites a run folder: strategy, behaviour, certificate, metrics, and the resolved config.toml.\nExit code 0: an advantage over every classical strategy is proved; 1: none shown."
)]
pub struct Args {
    /// Catalogue name, game file, or exec:COMMAND; may come from --config instead.
    game: Option<String>,
    /// Seeds: `7`, `0..30` (30 excluded) or `1,5,9` [default: 0]
    #[arg(long, value_name = "SEEDS")]
    seeds: Option<String>,
    /// Optimisation steps [default: 5000]
    #[arg(long, value_name = "N")]
    steps: Option<usize>,
    /// Plays per step [default: 512]
    #[arg(long, value_name = "N")]
    batch: Option<usize>,
    /// Learning rate of Adam [default: 0.03]
    #[arg(long, value_name = "X")]
    learning_rate: Option<f64>,
    /// Entropy coefficient; the preset `best` anneals it to zero [default: 0.2]
    #[arg(long, value_name = "X")]
    entropy: Option<f64>,
    /// Local dimension, one for all players or one each [default: the number of answers]
    #[arg(long, value_name = "D|D1,D2,..", value_delimiter = ',')]
    dim: Option<Vec<usize>>,
    /// Widths of hidden layers of the logit networks [default: none, a table]
    #[arg(long, value_name = "W1,W2,..", value_delimiter = ',')]
    hidden: Option<Vec<usize>>,
    /// Deviation of the initial logits [default: 1/sqrt(questions per player), LeCun's]
    #[arg(long, value_name = "X")]
    init_scale: Option<f64>,
    /// Weight of the conditioning loss of the paper's Appendix I [default: 0]
    #[arg(long, value_name = "X")]
    conditioning: Option<f64>,
    /// Shared state: `learned`, `maximally-entangled`, `maximally-entangled:V` (mixed with white noise), or a strategy file
    /// whose state is taken [default: learned]
    #[arg(long, value_name = "STATE|FILE")]
    state: Option<String>,
    /// White noise: the state is measured as V rho + (1 - V) I/D [default: 1]
    #[arg(long, value_name = "V")]
    visibility: Option<f64>,
    /// Amplitude damping: before it is measured each part decays to its level 0 with probability G [default: 0]
    #[arg(long, value_name = "G")]
    damping: Option<f64>,
    /// Measurements that can be made: `any`, `real` matrices, `projective`, or a strategy file that lists each player's
    /// [default: any]
    #[arg(long, value_name = "any|real|projective|FILE")]
    measurements: Option<String>,
    /// `paper`: REINFORCE as published; `best`: the same plays used better [default: best]
    #[arg(long, value_parser = ["paper", "best"])]
    preset: Option<String>,
    /// Run folder, new or empty [default: runs/GAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Read settings from a file, such as the config.toml of a run; flags win over it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// The settings file, `config.toml` of a run folder.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    game: Option<String>,
    preset: Option<Preset>,
    seeds: Option<Vec<u64>>,
    steps: Option<usize>,
    batch: Option<usize>,
    learning_rate: Option<f64>,
    entropy: Option<f64>,
    dims: Option<Vec<usize>>,
    hidden: Option<Vec<usize>>,
    init_scale: Option<f64>,
    conditioning: Option<f64>,
    state: Option<String>,
    visibility: Option<f64>,
    damping: Option<f64>,
    measurements: Option<String>,
}

/// What a `learn` command is to do.
#[derive(Debug)]
pub struct Settings {
    pub game: String,
    pub seeds: Vec<u64>,
    pub preset: Preset,
    pub out: Option<PathBuf>,
    values: File,
}

impl Settings {
    pub fn resolve(args: &Args) -> Result<Self, CliError> {
        let file = args.config.as_deref().map(read).transpose()?.unwrap_or_default();
        let preset = match args.preset.as_deref() {
            Some("paper") => Preset::Paper,
            Some(_) => Preset::Best,
            None => file.preset.unwrap_or(Preset::Best),
        };
        let game = args.game.clone().or_else(|| file.game.clone());
        let seeds = match &args.seeds {
            Some(text) => seeds(text)?,
            None => file.seeds.clone().unwrap_or_else(|| vec![0]),
        };
        if seeds.is_empty() || seeds.len() as u64 > MAX_SEEDS {
            return Err(bad("seeds", &seeds.len().to_string(), "1 to 100000 of them"));
        }
        let mut distinct = seeds.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() != seeds.len() {
            return Err(bad("seeds", "a seed twice", "distinct seeds"));
        }
        Ok(Settings {
            game: game.ok_or_else(|| bad("GAME", "nothing", "a game, as argument or in --config"))?,
            seeds,
            preset,
            out: args.out.clone(),
            values: File {
                game: None,
                preset: None,
                seeds: None,
                steps: args.steps.or(file.steps),
                batch: args.batch.or(file.batch),
                learning_rate: args.learning_rate.or(file.learning_rate),
                entropy: args.entropy.or(file.entropy),
                dims: args.dim.clone().or(file.dims),
                hidden: args.hidden.clone().or(file.hidden),
                init_scale: args.init_scale.or(file.init_scale),
                conditioning: args.conditioning.or(file.conditioning),
                state: args.state.clone().or(file.state),
                visibility: args.visibility.or(file.visibility),
                damping: args.damping.or(file.damping),
                measurements: args.measurements.clone().or(file.measurements),
            },
        })
    }

    /// The learner's settings for a scenario, checked.
    pub fn config(&self, scenario: &Scenario) -> Result<Config, CliError> {
        let v = &self.values;
        let mut config = Config::new(self.preset, scenario);
        config.steps = v.steps.unwrap_or(config.steps);
        config.batch = v.batch.unwrap_or(config.batch);
        config.learning_rate = v.learning_rate.unwrap_or(config.learning_rate);
        config.entropy = v.entropy.unwrap_or(config.entropy);
        config.init_scale = v.init_scale.unwrap_or(config.init_scale);
        config.conditioning = v.conditioning.unwrap_or(config.conditioning);
        config.hidden = v.hidden.clone().unwrap_or(config.hidden);
        config.restrictions.noise =
            Noise { visibility: v.visibility.unwrap_or(1.0), damping: v.damping.unwrap_or(0.0) };
        let (state, measurements) =
            (State::read(self.state())?, Listed::read(v.measurements.as_deref().unwrap_or("any"))?);
        match &v.dims {
            Some(dims) => {
                config.dims = match dims.as_slice() {
                    [d] => vec![*d; scenario.players()],
                    dims => dims.to_vec(),
                }
            }
            // what is given has its dimensions
            None => {
                let given = state.dims().or(measurements.dims());
                config.dims = given.unwrap_or(config.dims);
            }
        }
        config.state = state.shared(&config.dims)?;
        config.restrictions.measurements = measurements.measurements();
        config.check()?;
        Ok(config)
    }

    /// The shared state, as given.
    pub fn state(&self) -> &str {
        self.values.state.as_deref().unwrap_or("learned")
    }

    /// The resolved settings as the text of a file that `--config` reads.
    pub fn to_toml(&self, config: &Config) -> Result<String, CliError> {
        let file = File {
            game: Some(self.game.clone()),
            preset: Some(config.preset),
            seeds: Some(self.seeds.clone()),
            steps: Some(config.steps),
            batch: Some(config.batch),
            learning_rate: Some(config.learning_rate),
            entropy: Some(config.entropy),
            dims: Some(config.dims.clone()),
            hidden: Some(config.hidden.clone()),
            init_scale: Some(config.init_scale),
            conditioning: Some(config.conditioning),
            state: Some(self.state().into()),
            visibility: Some(config.restrictions.noise.visibility),
            damping: Some(config.restrictions.noise.damping),
            measurements: Some(self.values.measurements.clone().unwrap_or("any".into())),
        };
        Ok(toml::to_string(&file)?)
    }
}

fn read(path: &Path) -> Result<File, CliError> {
    let text = read_settings(path)?;
    Ok(toml::from_str(&text).map_err(|e| file_error(path, e.to_string().trim_end()))?)
}

fn bad(what: &str, given: &str, wanted: &str) -> CliError {
    CliError::new(BAD_INPUT, format!("{what}: {given} given, wanted {wanted}"))
}

fn seeds(text: &str) -> Result<Vec<u64>, CliError> {
    let wanted = "a seed, a range `0..30` or a list `1,5,9`, at most 100000 of them";
    parse_seeds(text).ok_or_else(|| bad("--seeds", &format!("'{text}'"), wanted))
}

/// Whether a settings file would be understood, and names a game that exists.
pub fn understands(text: &str) -> Result<(), CliError> {
    let file: File = toml::from_str(text).map_err(|e| CliError::new(BAD_INPUT, e.message().trim_end().to_owned()))?;
    GameArg::parse(&file.game.unwrap_or_default())?;
    Ok(())
}
