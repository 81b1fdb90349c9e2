//! Environments by name, with parameters from a checked table.

use super::queueing::{QueueParameters, Queueing};
use super::trading::{Trading, TradingParameters};
use super::{EnvError, Environment, ExecEnvironment, GameSequence, History, OneShot, Rendezvous, Tables, Tabular};
use crate::game::catalog::{self, edit_distance};
use crate::game::{Graph, referee::Options};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// How names are written.
const NAMES: [&str; 7] = [
    "queueing",
    "one-shot:GAME",
    "sequence:GAME,GAME,..",
    "rendezvous:K4|CYCLE:N|FILE",
    "trading",
    "FILE.dpomdp",
    "exec:COMMAND",
];

/// The environment of a name: `queueing`, `one-shot:GAME` (a catalogue name or `exec:COMMAND`), `sequence:GAME,GAME,..`,
/// `rendezvous:complete:N`, `rendezvous:cycle:N` or `rendezvous:FILE`, `trading`, `FILE.dpomdp`, `exec:COMMAND`.
///
/// Parameters are `(key, value)` pairs; every key must be known to the environment. All take `history`, the number of
/// steps that agents remember.
///
/// | name | keys |
/// |---|---|
/// | `queueing` | `lambda`, `mu`, `jobs`, `routers`, `servers`, `baseline`, `wait`, `order`, `balanced`, `observe-queues`, `observe-interval`, `horizon` |
/// | `sequence` | `rounds` |
/// | `rendezvous` | `horizon` |
/// | `trading` | `latency`, `persistence`, `limit`, `horizon` |
/// | `.dpomdp` | `horizon` |
/// | `exec`, `one-shot:exec` | `timeout` (seconds) |
///
/// ```
/// use bellwether::env;
/// let set = |k: &str, v: &str| (k.to_owned(), v.to_owned());
/// let queue = env::lookup("queueing", &[set("lambda", "0.5"), set("horizon", "1000")])?;
/// assert_eq!(queue.spec().horizon, Some(1000));
/// let error = env::lookup("queueing", &[set("lamda", "0.5")]).err().unwrap();
/// assert!(error.to_string().contains("did you mean 'lambda'"));
/// # Ok::<(), bellwether::env::EnvError>(())
/// ```
///
/// # Errors
/// [`EnvError::Parameter`] for an unknown name or key, with the nearest one, or a value that cannot be read; what the
/// environment reports.
pub fn lookup(name: &str, parameters: &[(String, String)]) -> Result<Box<dyn Environment>, EnvError> {
    let mut table = Table::new(name, parameters)?;
    let history: Option<usize> = table.take("history", "a number of steps")?;
    let env = build(name, &mut table)?;
    table.finish()?;
    Ok(match history {
        None | Some(0) => env,
        Some(length) => Box::new(History::new(env, length)?),
    })
}

/// Words of this registry that no game begins with, and `queueing`, which both know.
const OWN: [&str; 4] = ["queueing", "trading", "one-shot", "sequence"];

/// Name and parameters of `NAME?key=value&key=value` for [`lookup`]; `None` if the name is one of a game rather than of a
/// sequential environment. `env:` marks a name that a game has too (`env:rendezvous:cycle:6`, `env:exec:COMMAND`).
///
/// ```
/// use bellwether::env;
/// let (name, parameters) = env::sequential("env:rendezvous:cycle:6?horizon=3").unwrap();
/// assert_eq!((name.as_str(), parameters[0].0.as_str()), ("rendezvous:cycle:6", "horizon"));
/// assert!(env::sequential("trading").is_some() && env::sequential("chsh").is_none());
/// ```
pub fn sequential(name: &str) -> Option<(String, Vec<(String, String)>)> {
    let (word, parameters) = name.split_once('?').unwrap_or((name, ""));
    let marked = word.strip_prefix("env:");
    let first = word.split_once(':').map_or(word, |(first, _)| first);
    if marked.is_none() && !OWN.contains(&first) && !word.ends_with(".dpomdp") {
        return None;
    }
    let pair = |p: &str| {
        let (key, value) = p.split_once('=').unwrap_or((p, ""));
        (key.to_owned(), value.to_owned())
    };
    let parameters = parameters.split('&').filter(|p| !p.is_empty()).map(pair);
    Some((marked.unwrap_or(word).to_owned(), parameters.collect()))
}

fn build(name: &str, table: &mut Table) -> Result<Box<dyn Environment>, EnvError> {
    if let Some(command) = name.strip_prefix("exec:") {
        let options = table.options()?;
        return Ok(Box::new(ExecEnvironment::spawn(command, options)?));
    }
    if Path::new(name).extension().is_some_and(|e| e == "dpomdp") {
        let horizon = table.take("horizon", "a number of steps")?;
        return Ok(Box::new(Tabular::new(Tables::read(Path::new(name))?, horizon)?));
    }
    let (word, rest) = name.split_once(':').unwrap_or((name, ""));
    match (word, rest) {
        ("queueing", "") => Ok(Box::new(Queueing::new(queueing(table)?)?)),
        ("trading", "") => {
            let mut p = TradingParameters::default();
            table.set("latency", "a number of steps", &mut p.latency)?;
            table.set("persistence", "a probability", &mut p.persistence)?;
            table.set("limit", "a number of units", &mut p.limit)?;
            table.set("horizon", "a number of steps", &mut p.horizon)?;
            Ok(Box::new(Trading::new(p)?))
        }
        ("one-shot", game) if !game.is_empty() => match game.strip_prefix("exec:") {
            Some(command) => Ok(Box::new(OneShot::exec(command, table.options()?)?)),
            None => Ok(Box::new(one_shot(game)?)),
        },
        ("sequence", games) if !games.is_empty() => {
            let games = games.split(',').map(one_shot).collect::<Result<_, _>>()?;
            let rounds = table.take("rounds", "a number of rounds")?.unwrap_or(8);
            Ok(Box::new(GameSequence::new(games, rounds)?))
        }
        ("rendezvous", graph) if !graph.is_empty() => {
            let horizon = table.take("horizon", "a number of steps")?.unwrap_or(4);
            Ok(Box::new(Rendezvous::new(self::graph(graph)?, horizon)?))
        }
        _ => {
            let known = ["queueing", "trading", "one-shot", "sequence", "rendezvous", "exec"];
            Err(EnvError::Parameter {
                name: "environment".into(),
                given: quoted(name),
                wanted: format!("{}{}", NAMES.join(", "), near(word, &known)),
            })
        }
    }
}

fn one_shot(game: &str) -> Result<OneShot, EnvError> {
    OneShot::of_game(&catalog::lookup(game)?.game)
}

fn graph(text: &str) -> Result<Graph, EnvError> {
    let sized = |n: &str| {
        n.parse::<usize>().map_err(|_| EnvError::Parameter {
            name: "graph".into(),
            given: quoted(text),
            wanted: "a number of vertices".into(),
        })
    };
    Ok(match text.split_once(':') {
        Some(("complete", n)) => Graph::complete(sized(n)?)?,
        Some(("cycle", n)) => Graph::cycle(sized(n)?)?,
        _ => Graph::from_file(Path::new(text))?,
    })
}

fn queueing(table: &mut Table) -> Result<QueueParameters, EnvError> {
    let mut p = QueueParameters::default();
    table.set("lambda", "a rate", &mut p.arrival_rate)?;
    let routers = table.take("routers", "a number of routers")?.unwrap_or(2_usize);
    let mu: Option<f64> = table.take("mu", "a rate")?;
    let jobs = table.text("jobs");
    p.jobs = match (mu, jobs) {
        (Some(_), Some(_)) => {
            return Err(EnvError::Parameter {
                name: "jobs".into(),
                given: "both mu and jobs".into(),
                wanted: "one of them".into(),
            });
        }
        (Some(mu), None) => vec![super::queueing::JobLaw::exponential(mu)?],
        // laws of the routers are separated by `;`
        (None, Some(laws)) => laws.split(';').map(str::parse).collect::<Result<_, _>>()?,
        (None, None) => p.jobs[..1].to_vec(),
    };
    if p.jobs.len() == 1 {
        p.jobs = vec![p.jobs[0].clone(); routers.min(super::queueing::MAX_SIDE + 1)];
    } else if p.jobs.len() != routers {
        return Err(EnvError::Parameter {
            name: "jobs".into(),
            given: format!("{} laws", p.jobs.len()),
            wanted: format!("1, or one for each of {routers} routers"),
        });
    }
    table.set("servers", "a number of servers", &mut p.servers)?;
    for (key, text) in
        [("baseline", table.text("baseline")), ("wait", table.text("wait")), ("order", table.text("order"))]
    {
        match (key, text) {
            ("baseline", Some(text)) => p.baseline = text.parse()?,
            ("wait", Some(text)) => p.wait_unit = text.parse()?,
            ("order", Some(text)) => p.order = text.parse()?,
            _ => {}
        }
    }
    table.set("balanced", "true or false", &mut p.balanced)?;
    table.set("observe-queues", "true or false", &mut p.observe_queues)?;
    table.set("observe-interval", "true or false", &mut p.observe_interval)?;
    p.horizon = table.take("horizon", "a number of steps")?;
    Ok(p)
}

/// The parameters given, which are taken one by one; what is left is unknown.
struct Table<'a> {
    env: &'a str,
    left: Vec<(&'a str, &'a str)>,
    asked: Vec<&'static str>,
}

impl<'a> Table<'a> {
    fn new(env: &'a str, given: &'a [(String, String)]) -> Result<Self, EnvError> {
        let left: Vec<(&str, &str)> = given.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        for (i, (key, _)) in left.iter().enumerate() {
            if left[..i].iter().any(|(k, _)| k == key) {
                return Err(EnvError::Parameter {
                    name: quoted(key),
                    given: "it twice".into(),
                    wanted: "it once".into(),
                });
            }
        }
        Ok(Table { env, left, asked: Vec::new() })
    }

    fn text(&mut self, key: &'static str) -> Option<&'a str> {
        self.asked.push(key);
        let i = self.left.iter().position(|(k, _)| *k == key)?;
        Some(self.left.remove(i).1)
    }

    fn take<T: FromStr>(&mut self, key: &'static str, wanted: &str) -> Result<Option<T>, EnvError> {
        let Some(text) = self.text(key) else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| EnvError::Parameter {
            name: key.into(),
            given: quoted(text),
            wanted: wanted.into(),
        })
    }

    fn set<T: FromStr>(&mut self, key: &'static str, wanted: &str, to: &mut T) -> Result<(), EnvError> {
        if let Some(value) = self.take(key, wanted)? {
            *to = value;
        }
        Ok(())
    }

    fn options(&mut self) -> Result<Options, EnvError> {
        let seconds: Option<f64> = self.take("timeout", "a number of seconds")?;
        match seconds {
            None => Ok(Options::default()),
            Some(s) if s > 0.0 && s < 1e6 => Ok(Options::default().timeout(Duration::from_secs_f64(s))),
            Some(s) => Err(EnvError::Parameter {
                name: "timeout".into(),
                given: s.to_string(),
                wanted: "a positive number of seconds".into(),
            }),
        }
    }

    fn finish(self) -> Result<(), EnvError> {
        let Some((key, _)) = self.left.first() else {
            return Ok(());
        };
        Err(EnvError::Parameter {
            name: format!("parameter of '{}'", self.env.escape_debug()),
            given: quoted(key),
            wanted: format!("one of {}{}", self.asked.join(", "), near(key, &self.asked)),
        })
    }
}

fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(80).flat_map(char::escape_debug).collect();
    format!("'{shown}'")
}

/// The nearest known word, if one is near.
fn near(word: &str, known: &[&str]) -> String {
    let word: String = word.chars().take(64).collect();
    let nearest = known.iter().map(|k| (edit_distance(&word, k), k)).min();
    match nearest {
        Some((d, k)) if d <= 1 + k.len() / 3 => format!("; did you mean '{k}'?"),
        _ => String::new(),
    }
}
