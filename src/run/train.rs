//! Training runs of sequential problems: settings with checked keys, metrics, checkpoints, resuming.

use super::{EventWriter, RunFolder};
use crate::env::EnvError;
use crate::game::GameError;
use crate::game::catalog::edit_distance;
use crate::game::file::{file_error, read_bounded, read_settings, write_atomic};
use crate::learn::{LearnError, Mappo, MappoConfig, Saved, UpdateMetrics};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// What went wrong in a training run.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// Learning failed.
    #[error(transparent)]
    Learn(#[from] LearnError),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] GameError),
    /// A setting of the wrong name or kind.
    #[error("{place}: {why}")]
    Setting {
        /// File or flag.
        place: String,
        /// What is wrong.
        why: String,
    },
}

/// Settings of a run as they are gathered: a file, then flags.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    table: toml::Table,
}

/// The key of the environment beside those of [`MappoConfig`].
const ENV: &str = "env";

impl Settings {
    /// Settings from the text of a file, every key known.
    ///
    /// # Errors
    /// [`TrainError::Setting`] naming the line, or the key and the nearest that exists.
    pub fn parse(place: &str, text: &str) -> Result<Self, TrainError> {
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
            let why = e.to_string().trim_end().to_owned();
            setting(place, why)
        })?;
        for key in table.keys() {
            known(place, key)?;
        }
        Ok(Settings { table })
    }

    /// Settings from a file.
    ///
    /// # Errors
    /// As [`Settings::parse`], and files that cannot be read.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        Self::parse(&path.display().to_string(), &read_settings(path)?)
    }

    /// Sets `key=value`; the value is TOML, or else a word.
    ///
    /// # Errors
    /// [`TrainError::Setting`] for an unknown key or no `=`.
    pub fn set(&mut self, text: &str) -> Result<(), TrainError> {
        let place = format!("--set {text}");
        let Some((key, value)) = text.split_once('=') else {
            return Err(setting(&place, "wanted key=value".into()));
        };
        let (key, value) = (key.trim(), value.trim());
        known(&place, key)?;
        let parsed = format!("v = {value}").parse::<toml::Table>();
        let value = match parsed.ok().and_then(|mut t| t.remove("v")) {
            Some(value) => value,
            None => toml::Value::String(value.into()),
        };
        self.table.insert(key.into(), value);
        Ok(())
    }

    /// Sets a key to a word.
    pub fn put(&mut self, key: &str, value: &str) {
        self.table.insert(key.into(), value.into());
    }

    /// The environment and the settings of the run: those given, then the environment's own defaults
    /// (`docs/queueing.toml` for `queueing`), then those of [`MappoConfig`].
    ///
    /// # Errors
    /// [`TrainError::Setting`] for a value of the wrong kind, or no environment.
    pub fn resolve(&self) -> Result<(String, MappoConfig), TrainError> {
        let mut table = self.table.clone();
        let env = match table.remove(ENV) {
            Some(toml::Value::String(env)) => env,
            Some(other) => return Err(setting(ENV, format!("{other} given, wanted a name"))),
            None => return Err(setting(ENV, "nothing given, wanted an environment".into())),
        };
        for (key, value) in preset(&env) {
            table.entry(key).or_insert(value);
        }
        // integers where numbers are wanted
        let defaults = toml::Table::try_from(complete()).unwrap_or_default();
        for (key, value) in &mut table {
            if let (Some(toml::Value::Float(_)), toml::Value::Integer(n)) = (defaults.get(key), &*value) {
                *value = toml::Value::Float(*n as f64);
            }
        }
        let mut config = MappoConfig::default();
        for (key, value) in table {
            let one = toml::Table::from_iter([(key.clone(), value.clone())]);
            one.try_into::<MappoConfig>().map_err(|e| setting(&key, format!("{value} given: {}", e.message())))?;
            let mut all = toml::Table::try_from(&config).map_err(|e| setting(&key, e.to_string()))?;
            all.insert(key.clone(), value);
            config = all.try_into().map_err(|e: toml::de::Error| setting(&key, e.message().to_owned()))?;
        }
        config.check()?;
        Ok((env, config))
    }
}

/// The resolved settings, to be fed back verbatim.
///
/// # Errors
/// [`TrainError::Setting`] if they cannot be written.
pub fn resolved(env: &str, config: &MappoConfig) -> Result<String, TrainError> {
    let fail = |e: toml::ser::Error| setting("config.toml", e.to_string());
    let env = toml::to_string(&toml::Table::from_iter([(ENV.to_owned(), env.into())]));
    Ok(env.map_err(fail)? + &toml::to_string(config).map_err(fail)?)
}

/// Defaults of an environment's own, where it has some: the paper's queue under its limit on the wait.
fn preset(env: &str) -> toml::Table {
    let text = match env {
        "queueing" => include_str!("../../docs/queueing.toml"),
        _ => "",
    };
    text.parse().unwrap_or_default()
}

/// Settings in which every key has a value.
fn complete() -> MappoConfig {
    MappoConfig { cost_limit: Some(0.0), ..MappoConfig::default() }
}

fn known(place: &str, key: &str) -> Result<(), TrainError> {
    let table = toml::Table::try_from(complete()).unwrap_or_default();
    if key == ENV || table.contains_key(key) {
        return Ok(());
    }
    let short: String = key.chars().take(64).collect();
    let names = table.keys().map(String::as_str).chain([ENV]);
    let nearest = names.min_by_key(|name| edit_distance(&short, name));
    let shown: String = short.chars().flat_map(char::escape_debug).collect();
    Err(setting(place, format!("unknown key '{shown}'; did you mean '{}'?", nearest.unwrap_or(ENV))))
}

fn setting(place: &str, why: String) -> TrainError {
    TrainError::Setting { place: place.into(), why }
}

const FORMAT: &str = "bellwether-checkpoint/1";

/// A run between two updates, as it lies on disk.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    format: String,
    /// Version of the program; another one may compute other bits.
    program: String,
    /// The resolved settings.
    pub config: String,
    /// SHA-256 of the settings and the state.
    sha256: String,
    /// The state.
    pub state: Saved,
}

impl Checkpoint {
    /// The checkpoint of a run; of its policy alone, which can be evaluated but not resumed, if the environment cannot
    /// be saved (a process, a Python object).
    ///
    /// # Errors
    /// [`TrainError`] if the settings or the environment cannot be written down.
    pub fn new(env: &str, mappo: &Mappo) -> Result<Self, TrainError> {
        let config = resolved(env, mappo.config())?;
        let state = match mappo.save() {
            Err(LearnError::Env(EnvError::Unsupported(_))) => mappo.save_policy(),
            saved => saved?,
        };
        Ok(Checkpoint {
            format: FORMAT.into(),
            program: env!("CARGO_PKG_VERSION").into(),
            sha256: digest(&config, &state),
            config,
            state,
        })
    }

    /// Writes it whole or not at all.
    ///
    /// # Errors
    /// [`TrainError::File`].
    pub fn write(&self, path: &Path) -> Result<(), TrainError> {
        let text = serde_json::to_string(self).map_err(|e| file_error(path, e))?;
        Ok(write_atomic(path, text.as_bytes())?)
    }

    /// Reads and checks one.
    ///
    /// # Errors
    /// [`TrainError::File`] for a file that is truncated, altered, or of another version.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        Self::parse(path, &read_bounded(path)?)
    }

    /// The checkpoint in these bytes; `path` is their name in messages.
    pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, TrainError> {
        let wrong = |why: String| TrainError::File(file_error(path, why));
        #[derive(Deserialize)]
        struct Head {
            format: String,
            program: String,
        }
        let broken = |e: serde_json::Error| wrong(format!("truncated or not a checkpoint: {e}"));
        let head: Head = serde_json::from_slice(bytes).map_err(broken)?;
        if head.format != FORMAT {
            let shown: String = head.format.chars().take(80).flat_map(char::escape_debug).collect();
            return Err(wrong(format!("format \"{shown}\" given, wanted \"{FORMAT}\"")));
        }
        if head.program != env!("CARGO_PKG_VERSION") {
            let shown: String = head.program.chars().take(80).flat_map(char::escape_debug).collect();
            return Err(wrong(format!(
                "written by version {shown}, this is {}: a run continues only in the version that began it",
                env!("CARGO_PKG_VERSION")
            )));
        }
        let checkpoint: Checkpoint = serde_json::from_slice(bytes).map_err(broken)?;
        if checkpoint.sha256 != digest(&checkpoint.config, &checkpoint.state) {
            return Err(wrong("was altered: its checksum does not fit".into()));
        }
        Ok(checkpoint)
    }
}

fn digest(config: &str, state: &Saved) -> String {
    let mut hash = Sha256::new();
    hash.update(config.as_bytes());
    for (name, words) in &state.0 {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name.as_bytes());
        hash.update((words.len() as u64).to_le_bytes());
        words.iter().for_each(|w| hash.update(w.to_le_bytes()));
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// Who watches a run, and may stop it.
pub trait TrainObserver {
    /// Called after every update.
    fn observe(&mut self, metrics: &UpdateMetrics);
}

/// Updates until the run is done or stopped; `metrics.jsonl`, TensorBoard events and the checkpoint go to the folder.
///
/// A line of `metrics.jsonl` depends on the settings and the seed alone. A checkpoint is written every `every` updates, at
/// the end and when stopped; a run killed between two of them resumes from the last.
///
/// # Errors
/// [`TrainError`].
pub fn train(
    env: &str,
    mappo: &mut Mappo,
    folder: &Path,
    every: u64,
    stop: &AtomicBool,
    observer: &mut dyn TrainObserver,
) -> Result<(), TrainError> {
    let (log, checkpoint) = (folder.join("metrics.jsonl"), folder.join("checkpoint"));
    keep_lines(&log, mappo.updates())?;
    let fail = |e: std::io::Error| file_error(&log, e);
    let file = OpenOptions::new().create(true).append(true).open(&log);
    let mut file = file.map_err(fail)?;
    let mut events = EventWriter::create(folder, "train")?;
    let save = |mappo: &Mappo| Checkpoint::new(env, mappo)?.write(&checkpoint);
    while !mappo.is_done() && !stop.load(Ordering::Relaxed) {
        let metrics = mappo.update()?;
        let line = serde_json::to_string(&metrics).map_err(|e| file_error(&log, e))? + "\n";
        file.write_all(line.as_bytes()).map_err(fail)?;
        record(&mut events, &metrics)?;
        observer.observe(&metrics);
        if mappo.updates().is_multiple_of(every.max(1)) {
            events.flush()?;
            save(mappo)?;
        }
    }
    events.flush()?;
    save(mappo)
}

/// The scalars under the names users look for.
fn record(events: &mut EventWriter, m: &UpdateMetrics) -> Result<(), TrainError> {
    let scalars = [
        ("charts/episodic_return", m.episodic_return),
        ("charts/reward", Some(m.reward)),
        ("charts/learning_rate", Some(m.learning_rate)),
        ("losses/policy_loss", Some(m.policy_loss)),
        ("losses/value_loss", m.value_loss),
        ("losses/entropy", Some(m.entropy)),
        ("losses/approx_kl", Some(m.approx_kl)),
        ("losses/clipfrac", Some(m.clipfrac)),
        ("losses/explained_variance", m.explained_variance),
        ("Metrics/EpCost", m.episodic_cost),
        ("Metrics/Cost", m.cost),
        ("Metrics/LagrangeMultiplier", m.multiplier),
    ];
    for (name, value) in scalars {
        if let Some(value) = value {
            events.scalar(name, m.env_steps, value)?;
        }
    }
    Ok(())
}

/// Cuts a log to the lines of the updates that a checkpoint knows of.
fn keep_lines(path: &Path, lines: u64) -> Result<(), TrainError> {
    let Ok(text) = std::fs::read(path) else {
        return Ok(()); // no log yet
    };
    let kept: Vec<u8> = text.split_inclusive(|b| *b == b'\n').take(lines as usize).flatten().copied().collect();
    if kept.len() < text.len() {
        write_atomic(path, &kept)?;
    }
    Ok(())
}

/// Starts the folder of a new run with its resolved settings.
///
/// # Errors
/// [`TrainError`].
pub fn begin(folder: &RunFolder, env: &str, config: &MappoConfig) -> Result<(), TrainError> {
    folder.write("config.toml", resolved(env, config)?.as_bytes())?;
    Ok(())
}
