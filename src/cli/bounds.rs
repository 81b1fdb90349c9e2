//! `bellwether bounds`: the bracket of each class.

mod proofs;
mod quantum;

use super::game::GameArg;
use super::output::{CliError, Out, decimal, undecided};
use super::{BAD_INPUT, HOLDS, UNDECIDED};
use crate::bound::npa::Level;
use crate::bound::{Bound, Bracket, Side, local, no_signalling, rational_of, recognise};
use crate::game::Rational;
use crate::strategy::PolicyClass;
use proofs::Folder;
use quantum::{FoundQuantum, levels, quantum};
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

/// Seconds each search may take if nothing is said.
const TIME_LIMIT: f64 = 600.0;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  bellwether bounds cube --class sr --json\n  bellwether bounds i3322 --level 2 --dim 2\n  bellwether bounds gyni:3 --within 1e-6 --proofs proofs\n  bellwether bounds chsh --level 1 --extra a0*b0,a1*b1\n\nA bracket is exact where its ends agree. The quantum lower end is proved by an exactly rounded strategy, the upper end\nis a level of the NPA hierarchy with rounding errors accounted for. A level written with +pos also asks that every\nprobability p(a|x) is not negative; without it only the moment matrix is constrained."
)]
pub struct Args {
    /// Catalogue name or game file.
    game: String,
    /// Classes to bound, of sr, q, ns.
    #[arg(long, value_name = "CLASSES", value_delimiter = ',', default_value = "sr,q,ns")]
    class: Vec<String>,
    /// Level of the NPA hierarchy: 1, 1+ab, 2, 3, .., with +pos for p(a|x) >= 0 [default: 1+ab, or 1 where that is too large]
    #[arg(long, value_name = "LEVEL")]
    level: Option<String>,
    /// Climb the hierarchy, from 1 to 3, until the ends of the quantum bracket are this close; exit code 3 if they do not come so close
    #[arg(long, value_name = "EPS", conflicts_with_all = ["level", "extra"])]
    within: Option<f64>,
    /// Further words for the level, as products of projectors: a0*b1 for outcome 0 of question 0 and 1, a0.1*a2 for outcome 1.
    #[arg(long, value_name = "WORD,WORD,..")]
    extra: Option<String>,
    /// Local dimension of the see-saw, one for all players or one each [default: the number of answers]
    #[arg(long, value_name = "D|D1,D2,..", value_delimiter = ',')]
    dim: Option<Vec<usize>>,
    /// Starts of the see-saw.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    restarts: u32,
    /// Stop each search after so many seconds; brackets then are wider but still valid.
    #[arg(long, value_name = "SECONDS", default_value_t = TIME_LIMIT)]
    time_limit: f64,
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
            exact: bound.exact.as_ref().map(Rational::to_string),
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
    Interval {
        lower: Line,
        upper: Line,
        #[serde(skip_serializing_if = "Option::is_none")]
        recognised: Option<String>,
    },
}

impl Entry {
    /// The same with the certificate that proves it: of the upper side only, unless `both` is set.
    fn proved(mut self, path: Option<String>, both: bool) -> Self {
        match &mut self {
            Entry::Point(line) => line.proof = path,
            Entry::Interval { lower, upper, .. } => {
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
            recognised: recognised(bracket),
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
    let seconds = args.time_limit;
    if !(seconds > 0.0 && seconds < 1e9) {
        let why = format!("--time-limit: {seconds} given, wanted a positive number of seconds");
        return Err(CliError::new(BAD_INPUT, why));
    }
    let limit = Duration::from_secs_f64(seconds);
    if let Some(within) = args.within.filter(|w| !(*w > 0.0 && *w < 1e9)) {
        let why = format!("--within: {within} given, wanted a positive number");
        return Err(CliError::new(BAD_INPUT, why));
    }
    let level = args.level.as_deref().map(str::parse::<Level>).transpose()?;
    let (game, _) = GameArg::known(&args.game, "bounds")?;
    let levels = levels(level, args.extra.as_deref(), &game)?;
    let wants = |class| classes.contains(&class);
    let bar = out.progress_of(100, "parts");
    let sr = {
        bar.set_message("classical optimum");
        let options = local::Options {
            time_limit: Some(limit),
            progress: Some(&|done| bar.set_position((100.0 * done) as u64)),
            ..local::Options::default()
        };
        local::maximum(&game, &options).map_err(undecided)?
    };
    let ns = if wants(PolicyClass::NonSignalling) || wants(PolicyClass::Quantum) {
        bar.set_position(0);
        bar.set_message("non-signalling optimum");
        bar.tick();
        match no_signalling::maximum_within(&game, limit) {
            Ok(found) => Some(found),
            // only a help for the quantum bracket unless it was asked for
            Err(_) if !wants(PolicyClass::NonSignalling) => None,
            Err(error) => return Err(undecided(error)),
        }
    } else {
        None
    };
    let q = if wants(PolicyClass::Quantum) {
        let floor = (sr.lower.clone(), sr.strategy.clone());
        let ceiling = ns.as_ref().map(|o| o.upper.clone());
        Some(quantum(args, &game, &levels, limit, floor, ceiling, &bar)?)
    } else {
        None
    };
    let mut paths = Paths::default();
    let q = match (&args.proofs, q) {
        (Some(folder), q) => {
            bar.set_message("proofs");
            let folder = Folder::new(folder, &game, *out)?;
            prove(&folder, &sr, ns.as_ref(), q, &mut paths)?
        }
        (None, q) => q.map(|found| found.bracket),
    };
    bar.finish_and_clear();
    let late = ns.as_ref().is_some_and(|o| !o.finished) && wants(PolicyClass::NonSignalling);
    let ns = ns.map(|ns| above_classical(ns.bracket()?, &sr.lower)).transpose()?;
    let sr = Some(sr.bracket()?).filter(|_| wants(PolicyClass::SharedRandomness));
    let ns = ns.filter(|_| wants(PolicyClass::NonSignalling));
    let report = Report {
        game: game.name().into(),
        sr: sr.as_ref().map(|b| Entry::new(b).proved(paths.sr, true)),
        q: q.as_ref().map(|b| Entry::interval(b).proved(paths.q, true)),
        // there is no proof type for the lower end
        ns: ns.as_ref().map(|b| Entry::new(b).proved(paths.ns, false)),
    };
    let apart = |b: &Bracket| {
        let width = b.upper().value - b.lower().value;
        args.within.is_some_and(|within| width > within)
    };
    let apart = q.as_ref().is_some_and(apart);
    let unfinished = sr.as_ref().is_some_and(|b| !b.is_exact()) || late;
    out.result(&report, || {
        let mut text = format!("{}\n", game.name());
        for (name, bracket) in [("SR", &sr), ("Q", &q), ("NS", &ns)] {
            if let Some(bracket) = bracket {
                show(name, bracket, &mut text);
            }
        }
        if unfinished {
            text.push_str("  not finished in time: every bound holds, but the optimum lies between them\n");
        }
        if apart {
            text.push_str("  the quantum ends stay further apart than --within asks\n");
        }
        text
    });
    Ok(if unfinished || apart { UNDECIDED } else { HOLDS })
}

/// SR ⊂ NS: the classical strategy is a non-signalling behaviour too.
fn above_classical(ns: Bracket, floor: &Rational) -> Result<Bracket, CliError> {
    if ns.lower().exact.as_ref().is_none_or(|v| v >= floor) {
        return Ok(ns);
    }
    let class = PolicyClass::NonSignalling;
    let lower = Bound::certified(class, Side::Lower, floor.clone(), "classical strategy", 0.0);
    Ok(Bracket::new(lower, ns.upper().clone())?)
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
    sr: &local::LocalOptimum,
    ns: Option<&no_signalling::NsOptimum>,
    q: Option<FoundQuantum>,
    paths: &mut Paths,
) -> Result<Option<Bracket>, CliError> {
    paths.sr = folder.classical(sr, ns)?;
    if let Some(ns) = ns {
        paths.ns = folder.non_signalling(ns)?;
    }
    let Some(found) = q else {
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

fn classes(names: &[String]) -> Result<Vec<PolicyClass>, CliError> {
    let parse = |name: &String| match name.parse::<PolicyClass>() {
        Ok(PolicyClass::Factorised | PolicyClass::Communication) => Err(CliError::new(
            BAD_INPUT,
            format!("--class: {name} given, wanted sr, q or ns (f attains the optimum of sr, c is not restricted)"),
        )),
        Ok(class) => Ok(class),
        Err(why) => Err(CliError::new(BAD_INPUT, format!("--class: {why}"))),
    };
    names.iter().map(parse).collect()
}

/// The closed form that a bracket of two different ends suggests.
fn recognised(bracket: &Bracket) -> Option<String> {
    if bracket.is_exact() {
        return None;
    }
    let end = |b: &Bound| b.exact.clone().or_else(|| rational_of(b.value));
    let form = recognise(&end(bracket.lower())?, &end(bracket.upper())?)?;
    Some(form.to_string())
}

/// Seconds to three places, or milliseconds where that would be nothing.
fn duration(seconds: f64) -> String {
    if seconds < 0.0005 { format!("{:.3} ms", seconds * 1e3) } else { format!("{seconds:.3} s") }
}

fn show(name: &str, bracket: &Bracket, text: &mut String) {
    let line = |bound: &Bound| {
        let exact = bound.exact.as_ref().filter(|r| r.denom().bits() < 24 && !r.is_integer());
        let exact = exact.map(|r| format!("{r} = ")).unwrap_or_default();
        let (value, evidence) = (decimal(bound.value), bound.evidence);
        format!("{exact}{value}  ({evidence}; {}, {})", bound.method, duration(bound.seconds.abs()))
    };
    // writing to a String cannot fail
    let _ = if bracket.is_exact() {
        writeln!(text, "  {name:<3} = {}", line(bracket.lower()))
    } else {
        writeln!(text, "  {name:<3} >= {}\n      <= {}", line(bracket.lower()), line(bracket.upper()))
    };
    if let Some(form) = recognised(bracket) {
        let _ = writeln!(text, "      =  {form}?  (recognised, not proved)");
    }
}
