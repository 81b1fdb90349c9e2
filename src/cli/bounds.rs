//! `bellwether bounds`: the bracket of each class.

mod proofs;

use super::game::GameArg;
use super::output::{CliError, Out, decimal, undecided};
use super::{BAD_INPUT, HOLDS, UNDECIDED};
use crate::bound::certify::{DEFAULT_BITS, ExactStrategy, round_down};
use crate::bound::npa::{self, Level};
use crate::bound::{Bound, BoundError, Bracket, Side, local, no_signalling, seesaw};
use crate::check::num::format_rational;
use crate::game::{Game, Rational, to_f64};
use crate::learn::default_dims;
use crate::strategy::{PolicyClass, QuantumStrategy};
use proofs::Folder;
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  bellwether bounds cube --class sr --json\n  bellwether bounds i3322 --level 2 --dim 2\n\nA bracket is exact where its ends agree. The quantum lower end is proved by an exactly rounded strategy, the upper end\nis a level of the NPA hierarchy with rounding errors accounted for."
)]
pub struct Args {
    /// Catalogue name or game file.
    game: String,
    /// Classes to bound, of sr, q, ns.
    #[arg(
        long,
        value_name = "CLASSES",
        value_delimiter = ',',
        default_value = "sr,q,ns"
    )]
    class: Vec<String>,
    /// Level of the NPA hierarchy: 1, 1+ab, 2, 3, .. [default: 1+ab, or 1 where that is too large]
    #[arg(long, value_name = "LEVEL")]
    level: Option<String>,
    /// Local dimension of the see-saw, one for all players or one each [default: the number of answers]
    #[arg(long, value_name = "D|D1,D2,..", value_delimiter = ',')]
    dim: Option<Vec<usize>>,
    /// Starts of the see-saw.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    restarts: u32,
    /// Stop each search after so many seconds; brackets then are wider but still valid.
    #[arg(long, value_name = "SECONDS")]
    time_limit: Option<f64>,
    /// Write a certificate for every bound that can be proved; the quantum upper end is then exact as well.
    #[arg(long, value_name = "DIR")]
    proofs: Option<PathBuf>,
}

/// One bound in the contract's form.
#[derive(Serialize)]
struct Line {
    value: f64,
    exact: Option<String>,
    evidence: &'static str,
    side: &'static str,
    method: String,
    seconds: f64,
    proof: Option<String>,
}

impl Line {
    fn new(bound: &Bound) -> Self {
        Line {
            value: bound.value,
            exact: bound.exact.as_ref().map(format_rational),
            evidence: bound.evidence.name(),
            side: match bound.side {
                Side::Lower => "lower",
                Side::Upper => "upper",
                Side::Equal => "equal",
            },
            method: bound.method.clone(),
            seconds: bound.seconds,
            proof: None,
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Entry {
    Point(Line),
    Interval { lower: Line, upper: Line },
}

impl Entry {
    /// The same with the certificate that proves it: of the upper side only, unless `both` is set.
    fn proved(mut self, path: Option<String>, both: bool) -> Self {
        match &mut self {
            Entry::Point(line) => line.proof = path,
            Entry::Interval { lower, upper } => {
                lower.proof = path.clone().filter(|_| both);
                upper.proof = path;
            }
        }
        self
    }

    fn new(bracket: &Bracket) -> Self {
        if bracket.is_exact() {
            return Entry::Point(Line::new(bracket.lower()));
        }
        Entry::interval(bracket)
    }

    fn interval(bracket: &Bracket) -> Self {
        Entry::Interval {
            lower: Line::new(bracket.lower()),
            upper: Line::new(bracket.upper()),
        }
    }
}

#[derive(Serialize)]
struct Report {
    game: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sr: Option<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    q: Option<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ns: Option<Entry>,
}

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    let classes = classes(&args.class)?;
    let limit = match args.time_limit {
        Some(s) if !(s > 0.0 && s < 1e9) => {
            let why = format!("--time-limit: {s} given, wanted a positive number of seconds");
            return Err(CliError::new(BAD_INPUT, why));
        }
        limit => limit.map(Duration::from_secs_f64),
    };
    let level = args.level.as_deref().map(str::parse::<Level>).transpose()?;
    let (game, _) = GameArg::known(&args.game, "bounds")?;
    let wants = |class| classes.contains(&class);
    let spinner = out.progress(0);
    let sr = if wants(PolicyClass::SharedRandomness) || wants(PolicyClass::Quantum) {
        spinner.set_message("classical optimum");
        let options = local::Options {
            time_limit: limit,
            ..local::Options::default()
        };
        Some(local::maximum(&game, &options).map_err(undecided)?)
    } else {
        None
    };
    let ns = if wants(PolicyClass::NonSignalling) || wants(PolicyClass::Quantum) {
        spinner.set_message("non-signalling optimum");
        match no_signalling::maximum(&game) {
            Ok(found) => Some(found),
            // only a help for the quantum bracket unless it was asked for
            Err(_) if !wants(PolicyClass::NonSignalling) => None,
            Err(error) => return Err(undecided(error)),
        }
    } else {
        None
    };
    let q = if wants(PolicyClass::Quantum) {
        spinner.set_message("quantum bounds");
        let floor = sr.as_ref().map(|o| o.lower.clone());
        let ceiling = ns.as_ref().map(|o| o.upper.clone());
        Some(quantum(args, &game, level, limit, floor, ceiling)?)
    } else {
        None
    };
    let mut paths = Paths::default();
    let q = match (&args.proofs, q) {
        (Some(folder), q) => {
            spinner.set_message("proofs");
            let folder = Folder::new(folder, &game, *out)?;
            prove(&folder, sr.as_ref(), ns.as_ref(), q, &mut paths)?
        }
        (None, q) => q.map(|found| found.bracket),
    };
    spinner.finish_and_clear();
    let kept = |class, bracket: Option<Bracket>| bracket.filter(|_| wants(class));
    let sr = sr.map(|o| o.bracket()).transpose()?;
    let ns = ns.map(|o| o.bracket()).transpose()?;
    let sr = kept(PolicyClass::SharedRandomness, sr);
    let ns = kept(PolicyClass::NonSignalling, ns);
    let report = Report {
        game: game.name().into(),
        sr: sr.as_ref().map(|b| Entry::new(b).proved(paths.sr, true)),
        q: q.as_ref().map(|b| Entry::interval(b).proved(paths.q, true)),
        // there is no proof type for the lower end
        ns: ns.as_ref().map(|b| Entry::new(b).proved(paths.ns, false)),
    };
    out.result(&report, || {
        let mut text = format!("{}\n", game.name());
        for (name, bracket) in [("SR", &sr), ("Q", &q), ("NS", &ns)] {
            if let Some(bracket) = bracket {
                show(name, bracket, &mut text);
            }
        }
        text
    });
    let unfinished = sr.is_some_and(|b| !b.is_exact());
    Ok(if unfinished { UNDECIDED } else { HOLDS })
}

/// Certificates by class.
#[derive(Default)]
struct Paths {
    sr: Option<String>,
    q: Option<String>,
    ns: Option<String>,
}

/// Writes the certificates; the quantum bracket becomes the proved one.
fn prove(
    folder: &Folder,
    sr: Option<&local::LocalOptimum>,
    ns: Option<&no_signalling::NsOptimum>,
    q: Option<FoundQuantum>,
    paths: &mut Paths,
) -> Result<Option<Bracket>, CliError> {
    if let Some(sr) = sr {
        paths.sr = folder.classical(sr, ns)?;
    }
    if let Some(ns) = ns {
        paths.ns = folder.non_signalling(ns)?;
    }
    let (Some(sr), Some(found)) = (sr, q) else {
        return Ok(None);
    };
    let seconds = found.bracket.upper().seconds;
    let classical = paths.sr.is_some();
    let proved = folder.quantum(sr, classical, ns, &found.strategy, &found.squares, seconds)?;
    let Some(proved) = proved else {
        return Ok(Some(found.bracket));
    };
    paths.q = Some(proved.path);
    Ok(Some(proved.bracket))
}

/// The quantum bracket with what it was found by.
struct FoundQuantum {
    bracket: Bracket,
    strategy: QuantumStrategy,
    squares: Vec<npa::SosBlock>,
}

fn classes(names: &[String]) -> Result<Vec<PolicyClass>, CliError> {
    let parse = |name: &String| match name.parse::<PolicyClass>() {
        Ok(PolicyClass::Factorised | PolicyClass::Communication) => Err(CliError::new(
            BAD_INPUT,
            format!(
                "--class: {name} given, wanted sr, q or ns (f attains the optimum of sr, c is not restricted)"
            ),
        )),
        Ok(class) => Ok(class),
        Err(why) => Err(CliError::new(BAD_INPUT, format!("--class: {why}"))),
    };
    names.iter().map(parse).collect()
}

/// The quantum bracket: the best exactly rounded strategy below, the least proved bound above. SR ⊂ Q ⊂ NS, so
/// the neighbours' values count too.
fn quantum(
    args: &Args,
    game: &Game,
    level: Option<Level>,
    limit: Option<Duration>,
    floor: Option<Rational>,
    ceiling: Option<Rational>,
) -> Result<FoundQuantum, CliError> {
    let class = PolicyClass::Quantum;
    let dims = match args.dim.as_deref() {
        Some([d]) => vec![*d; game.scenario().players()],
        Some(dims) => dims.to_vec(),
        None => default_dims(game.scenario()),
    };
    let mut options = seesaw::Options::new(dims);
    options.restarts = args.restarts as usize;
    options.time_limit = limit;
    let found = seesaw::lower_bound(game, &options).map_err(undecided)?;
    let strategy = found.strategy.clone();
    let exact = round_down(&ExactStrategy::round(&found.strategy, DEFAULT_BITS)?.value(game));
    let method = format!(
        "see-saw, local dimensions {:?}, rounded exactly",
        found.strategy.dims()
    );
    let mut lower = Bound::certified(class, Side::Lower, exact, &method, found.seconds);
    if let Some(floor) = floor
        && lower.exact.as_ref().is_none_or(|v| *v < floor)
    {
        lower = Bound::certified(
            class,
            Side::Lower,
            floor,
            "classical optimum",
            lower.seconds,
        );
    }
    let options = npa::Options {
        time_limit: limit,
        ..npa::Options::default()
    };
    let found = match level {
        Some(level) => npa::upper_bound(game, &level, &options),
        None => match npa::upper_bound(game, &Level::one_ab(), &options) {
            Err(BoundError::TooLarge { .. }) => {
                npa::upper_bound(game, &Level::words_up_to(1), &options)
            }
            other => other,
        },
    };
    let found = found.map_err(undecided)?;
    let mut upper = found.bound();
    if let Some(ceiling) = ceiling
        && to_f64(&ceiling) < upper.value
    {
        upper = Bound::certified(
            class,
            Side::Upper,
            ceiling,
            "non-signalling optimum",
            upper.seconds,
        );
    }
    Ok(FoundQuantum {
        bracket: Bracket::new(lower, upper)?,
        strategy,
        squares: found.dual,
    })
}

fn show(name: &str, bracket: &Bracket, text: &mut String) {
    let line = |bound: &Bound| {
        let exact = bound
            .exact
            .as_ref()
            .filter(|r| r.denom().bits() < 24 && !r.is_integer());
        let exact = exact.map(|r| format!("{r} = ")).unwrap_or_default();
        let (value, evidence) = (decimal(bound.value), bound.evidence);
        format!(
            "{exact}{value}  ({evidence}; {}, {:.3} s)",
            bound.method, bound.seconds
        )
    };
    // writing to a String cannot fail
    let _ = if bracket.is_exact() {
        writeln!(text, "  {name:<3} = {}", line(bracket.lower()))
    } else {
        writeln!(
            text,
            "  {name:<3} >= {}\n      <= {}",
            line(bracket.lower()),
            line(bracket.upper())
        )
    };
}
