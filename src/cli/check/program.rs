//! The command line of the checker: reads files, calls [`crate::check`], prints what it says. No mathematics.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read, Write};

use crate::check::game::GameTable;
use crate::check::{Certificate, Limits, Proved, Reject, RejectCode};

const HELP: &str = "\
usage: bellwether-check CERT.. [--game NAME | --game-sha256 HEX] [--show-game]
                        [--limits key=value,..] [--json] [--quiet] [--threads N]

Checks certificates (qcert version 1) with exact integers only.

  --game NAME        the game you mean: a catalogue name, or a game file (with '/' or '.json')
  --game-sha256 HEX  the game you mean, by its identity
  --show-game        print the table of the game in the certificate
  --limits K=V,..    other resource limits; raised ones are named in every verdict
  --json             one JSON document on standard output
  --quiet            no lines for proved statements; the exit code tells
  --threads N        accepted and ignored: the checker runs on one thread

exit code: 0 all proved, 1 rejected, 2 bad usage, unreadable file or another game, 3 over the limits
example:   bellwether-check certificate.json --game chsh
";

struct Options {
    files: Vec<String>,
    /// What to call the wanted game, and its identity.
    wanted: Option<(String, String)>,
    show: bool,
    limits: Limits,
    json: bool,
    quiet: bool,
}

/// The outcome for one file.
enum Outcome {
    Proved { game: String, lines: Vec<Proved> },
    Refused { game: Option<String>, reject: Reject },
    Unusable { game: Option<String>, why: String },
}

impl Outcome {
    fn verdict(&self) -> &'static str {
        match self {
            Self::Proved { .. } => "proved",
            Self::Refused { reject, .. } if reject.code == RejectCode::Resource => "undecided",
            Self::Refused { .. } => "rejected",
            Self::Unusable { .. } => "error",
        }
    }

    fn severity(&self) -> usize {
        ["proved", "undecided", "rejected", "error"].iter().position(|v| *v == self.verdict()).unwrap_or(3)
    }

    fn exit_code(&self) -> i32 {
        match self.verdict() {
            "proved" => 0,
            "rejected" => 1,
            "undecided" => 3,
            _ => 2,
        }
    }

    fn game(&self) -> Option<&String> {
        match self {
            Self::Proved { game, .. } => Some(game),
            Self::Refused { game, .. } | Self::Unusable { game, .. } => game.as_ref(),
        }
    }
}

/// Runs the checker on command-line arguments (without the program name); gives the exit code.
///
/// `resolve` turns a catalogue name into the SHA-256 of that game's canonical table.
/// Exit codes: 0 all proved, 1 rejected, 2 bad usage, unreadable or another game, 3 over the limits.
pub fn run(
    args: &[String],
    resolve: &dyn Fn(&str) -> Result<String, String>,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> i32 {
    if args.iter().any(|a| a == "--help" || a == "-h") {
        return finish(stdout.write_all(HELP.as_bytes()), 0);
    }
    let options = match parse(args, resolve) {
        Ok(options) => options,
        Err(why) => {
            let _ = writeln!(stderr, "bellwether-check: {why}");
            let text = if args.iter().any(|a| a == "--json") {
                format!("{}\n", error_json(&why))
            } else {
                let _ = writeln!(stderr, "try bellwether-check --help");
                String::new()
            };
            return finish(stdout.write_all(text.as_bytes()), 2);
        }
    };
    let mut outcomes = Vec::new();
    for file in &options.files {
        let outcome = examine(file, &options, stdout, stderr);
        if report(file, &outcome, &options, stdout, stderr).is_err() {
            return 2;
        }
        outcomes.push((file.as_str(), outcome));
    }
    let code = outcomes.iter().max_by_key(|(_, o)| o.severity()).map_or(2, |(_, o)| o.exit_code());
    let text = if options.json { format!("{}\n", summary(&outcomes)) } else { String::new() };
    finish(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()), code)
}

/// A verdict that could not be written was not given.
fn finish(written: std::io::Result<()>, code: i32) -> i32 {
    if written.is_ok() { code } else { 2 }
}

fn parse(args: &[String], resolve: &dyn Fn(&str) -> Result<String, String>) -> Result<Options, String> {
    let mut options =
        Options { files: Vec::new(), wanted: None, show: false, limits: Limits::default(), json: false, quiet: false };
    let mut wanted: Vec<(&str, String)> = Vec::new();
    let mut args = args.iter();
    let mut only_files = false;
    while let Some(arg) = args.next() {
        if only_files || !arg.starts_with('-') {
            options.files.push(arg.clone());
            continue;
        }
        let (name, inline) = match arg.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (arg.as_str(), None),
        };
        if matches!(name, "--show-game" | "--json" | "--quiet" | "--") && inline.is_some() {
            return Err(format!("{name} takes no value"));
        }
        let mut value =
            || inline.clone().or_else(|| args.next().cloned()).ok_or_else(|| format!("{name} needs a value"));
        match name {
            "--" => only_files = true,
            "--show-game" => options.show = true,
            "--json" => options.json = true,
            "--quiet" => options.quiet = true,
            "--threads" => {
                let given = value()?;
                given.parse::<usize>().map_err(|_| format!("--threads {given:?} is not a number"))?;
            }
            "--limits" => limits(&value()?, &mut options.limits)?,
            "--game" => wanted.push(("--game", value()?)),
            "--game-sha256" => wanted.push(("--game-sha256", value()?)),
            _ => return Err(format!("unknown option {arg:?}")),
        }
    }
    if options.files.is_empty() {
        return Err("no certificate given".to_owned());
    }
    options.wanted = match wanted.as_slice() {
        [] => None,
        [("--game", game)] => Some((format!("{game:?}"), identity(game, &options.limits, resolve)?)),
        [(_, hash)] => {
            if hash.len() != 64 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err("--game-sha256 wants 64 hexadecimal digits".to_owned());
            }
            Some(("the wanted game".to_owned(), hash.to_ascii_lowercase()))
        }
        _ => return Err("--game and --game-sha256 may be given once, and not together".to_owned()),
    };
    Ok(options)
}

fn limits(list: &str, limits: &mut Limits) -> Result<(), String> {
    for item in list.split(',') {
        let (name, value) = item.split_once('=').ok_or_else(|| format!("--limits wants key=value, not {item:?}"))?;
        let value: u64 = value.parse().map_err(|_| format!("--limits {name}: {value:?} is not a number"))?;
        let mut entries = limits.entries();
        let Some((_, limit)) = entries.iter_mut().find(|entry| entry.0 == name) else {
            let names: Vec<&str> = entries.iter().map(|entry| entry.0).collect();
            let names = names.join(", ");
            return Err(format!("no limit is called `{name}`; the limits are {names}"));
        };
        **limit = value;
    }
    Ok(())
}

/// The identity of a game file or of a catalogue game.
fn identity(game: &str, limits: &Limits, resolve: &dyn Fn(&str) -> Result<String, String>) -> Result<String, String> {
    if !game.ends_with(".json") && !game.contains('/') {
        return resolve(game);
    }
    let bytes = read_at_most(game, limits)?;
    GameTable::parse(&bytes, limits)
        .map(|table| table.sha256)
        .map_err(|e| format!("game file {game:?}: {} {}: {}", e.code, e.at, e.why))
}

/// One byte more than the limit is enough to know that the file is too large.
fn read_at_most(path: &str, limits: &Limits) -> Result<Vec<u8>, String> {
    let fail = |e: std::io::Error| format!("cannot read {path:?}: {e}");
    let mut bytes = Vec::new();
    File::open(path).map_err(fail)?.take(limits.file.saturating_add(1)).read_to_end(&mut bytes).map_err(fail)?;
    Ok(bytes)
}

fn examine(file: &str, options: &Options, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Outcome {
    let bytes = match read_at_most(file, &options.limits) {
        Ok(bytes) => bytes,
        Err(why) => return Outcome::Unusable { game: None, why },
    };
    let certificate = match Certificate::open(&bytes, &options.limits) {
        Ok(certificate) => certificate,
        Err(reject) => return Outcome::Refused { game: None, reject },
    };
    let game = certificate.game().sha256.clone();
    if options.show {
        let text = readable(certificate.game());
        let _ = if options.json { stderr.write_all(text.as_bytes()) } else { stdout.write_all(text.as_bytes()) };
    }
    if let Some((name, hash)) = &options.wanted
        && *hash != game
    {
        let why = format!("the certificate is about another game: it speaks of sha256:{game}, {name} is sha256:{hash}");
        return Outcome::Unusable { game: Some(game), why };
    }
    match certificate.prove() {
        Ok(lines) => Outcome::Proved { game, lines },
        Err(reject) => Outcome::Refused { game: Some(game), reject },
    }
}

/// The table for a human reader, one row a line.
fn readable(game: &GameTable) -> String {
    let kind = if game.mu.is_some() { "game" } else { "functional" };
    let (questions, answers) = (&game.scenario.questions, &game.scenario.answers);
    // writing to a String cannot fail
    let mut out = format!("{kind} {} sha256:{}\n", game.name, game.sha256);
    let _ = writeln!(out, "questions {questions:?} answers {answers:?}");
    if let Some(mu) = &game.mu {
        for (x, weight) in &mu.cells {
            let _ = writeln!(out, "mu {x:?} = {}", mu.rational(weight));
        }
    }
    for (cell, c) in &game.table.cells {
        let (x, a) = cell.split_at(questions.len());
        let _ = if game.mu.is_some() {
            writeln!(out, "win {x:?} -> {a:?}")
        } else {
            writeln!(out, "c {x:?} -> {a:?} = {}", game.table.rational(c))
        };
    }
    out
}

/// The line of one statement: the game first unless the reader named it, raised limits last.
fn line(proved: &Proved, options: &Options) -> String {
    let game = match options.wanted {
        Some(_) => String::new(),
        None => format!("FOR GAME sha256:{} ", proved.game_sha256()),
    };
    format!("{game}{proved}{}", raised(options))
}

fn raised(options: &Options) -> String {
    let (mut given, mut usual) = (options.limits.clone(), Limits::default());
    let both = given.entries().into_iter().zip(usual.entries());
    let raised: Vec<String> =
        both.filter(|((_, mine), (_, usual))| mine > usual).map(|((name, mine), _)| format!("{name}={mine}")).collect();
    if raised.is_empty() {
        return String::new();
    }
    format!(" [limits raised: {}]", raised.join(","))
}

fn report(
    file: &str,
    outcome: &Outcome,
    options: &Options,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> std::io::Result<()> {
    if let Outcome::Unusable { why, .. } = outcome {
        writeln!(stderr, "bellwether-check: {file:?}: {why}")?;
    }
    if options.json {
        return Ok(());
    }
    // File names are quoted: they may hold line breaks and escape codes.
    let prefix = if options.files.len() > 1 { format!("{file:?}: ") } else { String::new() };
    match outcome {
        Outcome::Proved { lines, .. } if !options.quiet => {
            for proved in lines {
                writeln!(stdout, "{prefix}{}", line(proved, options))?;
            }
        }
        Outcome::Refused { reject, .. } => writeln!(stdout, "{prefix}{reject}{}", raised(options))?,
        _ => {}
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned())
}

fn or_null(text: Option<&String>) -> String {
    text.map_or_else(|| "null".to_owned(), |t| quoted(t))
}

fn error_json(why: &str) -> String {
    format!(r#"{{"verdict":"error","code":"USAGE","why":{},"proved":[],"game_sha256":null}}"#, quoted(why))
}

/// The members of the JSON object of one file, without the braces.
fn members(outcome: &Outcome) -> String {
    let (code, place, proved) = match outcome {
        Outcome::Proved { lines, .. } => {
            let lines: Vec<String> = lines.iter().map(statement_json).collect();
            ("null".to_owned(), String::new(), lines.join(","))
        }
        Outcome::Refused { reject, .. } => (
            quoted(&reject.code.to_string()),
            format!(r#","where":{},"why":{}"#, quoted(&reject.at), quoted(&reject.why)),
            String::new(),
        ),
        Outcome::Unusable { why, game } => (
            quoted(if game.is_some() { "OTHER_GAME" } else { "UNREADABLE" }),
            format!(r#","why":{}"#, quoted(why)),
            String::new(),
        ),
    };
    format!(
        r#""verdict":"{}","code":{code}{place},"proved":[{proved}],"game_sha256":{}"#,
        outcome.verdict(),
        or_null(outcome.game())
    )
}

fn statement_json(p: &Proved) -> String {
    format!(
        r#"{{"id":{},"type":"{}","value":"{}","decimal":"{}","line":{}}}"#,
        quoted(p.id()),
        p.kind().name(),
        p.value(),
        p.decimal(),
        quoted(&p.to_string())
    )
}

/// One file: its object. Several: the worst verdict, and one object for each.
fn summary(outcomes: &[(&str, Outcome)]) -> String {
    if let [(_, only)] = outcomes {
        return format!("{{{}}}", members(only));
    }
    let worst = outcomes.iter().max_by_key(|(_, o)| o.severity()).map_or_else(String::new, |(_, o)| members(o));
    let each: Vec<String> =
        outcomes.iter().map(|(file, o)| format!(r#"{{"file":{},{}}}"#, quoted(file), members(o))).collect();
    format!(r#"{{{worst},"certificates":[{}]}}"#, each.join(","))
}
