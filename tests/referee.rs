//! Claims: a referee process is believed only as far as it is consistent, and every failure quotes it.

use bellwether::game::referee::Options;
use bellwether::game::{BlackBox, ExecReferee, GameError, TableReferee, black_box, catalog};
use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};
use std::time::{Duration, Instant};

const HELLO: &str = r#"{"players":2,"questions":[2,2],"answers":[2,2],"name":"t"}"#;

/// A command that runs a Python program.
fn python(program: &str) -> String {
    format!("python3 -c {}", shlex::try_quote(program).unwrap())
}

/// A referee that answers each request by the next of these lines and then falls silent.
fn says(lines: &[&str]) -> String {
    let script = r#"for line; do read -r request; printf '%s\n' "$line"; done; cat >&2"#;
    let words = ["sh", "-c", script, "sh"];
    shlex::try_join(words.iter().chain(lines).copied()).unwrap()
}

fn patient() -> Options {
    Options::default().timeout(Duration::from_secs(20))
}

fn spawn(command: &str) -> Result<ExecReferee, GameError> {
    ExecReferee::spawn(command, patient())
}

fn why(error: GameError) -> String {
    match error {
        GameError::Referee { why, .. } => why,
        other => panic!("{other}"),
    }
}

/// Spawns, asks 2, judges 2; the first error.
fn play(command: &str, options: Options) -> Result<Vec<f64>, GameError> {
    let mut referee = ExecReferee::spawn(command, options)?;
    let mut questions = Vec::new();
    referee.ask(2, &mut questions)?;
    let mut payoff = vec![0.0; 2];
    referee.judge(&questions, &[0, 0], &mut payoff)?;
    Ok(payoff)
}

#[track_caller]
fn fails(command: &str, wanted: &[&str]) {
    let error = why(play(command, patient()).unwrap_err());
    for part in wanted {
        assert!(error.contains(part), "{part}\nis not in\n{error}");
    }
    assert!(error.len() < 700, "{error}");
    assert!(!error.chars().any(char::is_control), "{error:?}");
}

#[test]
fn the_examples_play_their_games() {
    let mut chsh = spawn("python3 examples/referees/chsh.py").unwrap();
    assert_eq!(chsh.name(), "chsh in Python");
    assert_eq!(chsh.distribution().unwrap().len(), 4);
    assert!(chsh.deterministic());
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let seen = black_box::probe(&mut chsh, 5000, &mut rng).unwrap();
    assert_eq!(chsh.plays(), 5000);
    let seen = seen.empirical("seen").unwrap();
    assert!(seen.deterministic && seen.unknown.is_empty() && seen.unasked.is_empty());
    let game = catalog::lookup("chsh").unwrap().game;
    let cells = |g: &bellwether::game::Game| -> Vec<(usize, usize)> {
        g.terms().iter().map(|t| (t.question, t.answer)).collect()
    };
    assert_eq!(cells(&seen.game), cells(&game));

    let mut noisy = spawn("python3 examples/referees/noisy_majority.py").unwrap();
    assert_eq!(noisy.scenario().players(), 3);
    assert!(noisy.distribution().is_none() && !noisy.deterministic());
    let seen = black_box::probe(&mut noisy, 20_000, &mut rng).unwrap();
    assert!(!seen.empirical("seen").unwrap().deterministic);
    // winning cells pay 0.9 on average, the others 0.1
    for (&n, &sum) in seen.cell_counts().iter().zip(seen.payoff_sums()) {
        let mean = sum / f64::from(n);
        assert!((mean - 0.1).abs() < 0.1 || (mean - 0.9).abs() < 0.1, "{n} {mean}");
    }
}

#[test]
fn batches_are_cut_and_put_together() {
    let mut referee = spawn("python3 examples/referees/chsh.py").unwrap();
    let mut questions = Vec::new();
    let n = 70_000;
    referee.ask(n, &mut questions).unwrap();
    assert_eq!(questions.len(), n);
    let answers: Vec<u32> = (0..n as u32).map(|i| i % 4).collect();
    let mut payoff = vec![f64::NAN; n];
    referee.judge(&questions, &answers, &mut payoff).unwrap();
    assert_eq!(referee.plays(), n as u64);
    let game = catalog::lookup("chsh").unwrap().game;
    let mut wanted = vec![0.0; n];
    let mut table = TableReferee::new(&game, 0).unwrap();
    table.judge(&questions, &answers, &mut wanted).unwrap();
    assert_eq!(payoff, wanted);
}

#[test]
fn a_command_must_be_one() {
    for (command, wanted) in [
        ("", "no command given"),
        ("   ", "no command given"),
        ("python3 'x", "quotes of the command do not match"),
        ("no-such-program-anywhere", "cannot be started"),
    ] {
        let error = why(spawn(command).err().unwrap());
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn it_dies() {
    fails(&python("import sys; sys.exit(3)"), &["ended (exit status: 3)", "{\"hello\":1}"]);
    let later =
        format!("import sys; sys.stdin.readline(); print('{HELLO}', flush=True); sys.stdin.readline(); sys.exit(4)");
    fails(&python(&later), &["exit status: 4", "{\"ask\":2}"]);
    // in the middle of a line: what there is of it is quoted
    let partial = "import sys; sys.stdin.readline(); sys.stdout.write('{\"play'); sys.exit(0)";
    fails(&python(partial), &["ended (exit status: 0)", "'{\"play'"]);
}

#[test]
fn it_closes_its_output_but_lives() {
    let program = "import os, time; os.close(1); time.sleep(60)";
    let started = Instant::now();
    fails(&python(program), &["closed its standard output"]);
    assert!(started.elapsed() < Duration::from_secs(15));
}

#[test]
fn it_stalls() {
    let started = Instant::now();
    let short = Options::default().timeout(Duration::from_millis(300));
    let error = why(play(&python("import time; time.sleep(60)"), short.clone()).unwrap_err());
    assert_eq!(error, "did not answer within 0.3 s (asked {\"hello\":1})");
    assert!(started.elapsed() < Duration::from_secs(15));
}

#[test]
fn it_does_not_read() {
    // the request is larger than any pipe, and nobody takes it out
    let program = format!("import sys, time; sys.stdin.readline(); print('{HELLO}', flush=True); time.sleep(60)");
    let options = Options::default().timeout(Duration::from_secs(2));
    let mut referee = ExecReferee::spawn(&python(&program), options).unwrap();
    let n = 60_000;
    let mut payoff = vec![0.0; n];
    let started = Instant::now();
    let error = why(referee.judge(&vec![0; n], &vec![0; n], &mut payoff).unwrap_err());
    assert!(error.starts_with("did not answer within 2 s (asked {\"judge\":[[[0,0],[0,0]]"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(15));
    assert_eq!(referee.plays(), 0);
}

#[test]
fn its_hello_is_wrong() {
    let with = |extra: &str| HELLO.replace('}', &format!(",{extra}}}"));
    for (hello, wanted) in [
        ("hello!".into(), "not JSON"),
        (String::new(), "not JSON"),
        (format!("{HELLO} {HELLO}"), "not JSON: trailing characters"),
        ("[]".into(), "not the shape wanted"),
        ("{\"players\":2}".into(), "missing field `questions`"),
        (with("\"colour\":1"), "unknown field `colour`"),
        (with("\"players\":2"), "duplicate field `players`"),
        (HELLO.replace("\"players\":2", "\"players\":3"), "3 players, but questions for 2 and answers for 2"),
        (HELLO.replace("\"players\":2", "\"players\":-2"), "not the shape wanted"),
        (HELLO.replace("[2,2],\"answers\"", "[2,0],\"answers\""), "player 1 has 0 questions"),
        (HELLO.replace("[2,2],\"answers\"", "[9999,9999],\"answers\""), "more than 16777216 cells"),
        (with("\"distribution\":[[0,0,\"1/2\"]]"), "sums to 1/2, wanted exactly 1"),
        (with("\"distribution\":[[0,0,0.5],[0,1,0.5]]"), "not the shape wanted"),
        (with("\"distribution\":[[0,1,\"1/2\"],[0,0,\"1/2\"]]"), "distribution[1]: rows must increase"),
        (with("\"distribution\":[[0,0,\"1/2\"],[0,0,\"1/2\"]]"), "distribution[1]: rows must increase"),
        (with("\"distribution\":[[0,2,\"1\"]]"), "distribution[0]: not a joint question"),
        (with("\"distribution\":[[0,\"1\"]]"), "distribution[0]: not a joint question"),
        (with("\"distribution\":[[0,0,1]]"), "wanted the questions and then a weight"),
        (with("\"distribution\":[[0,0,\"3/2\"],[0,1,\"-1/2\"]]"), "distribution[1]: the weight is not a positive"),
        (with("\"distribution\":[[0,0,\"1/0\"]]"), "not a positive fraction"),
        (with("\"distribution\":[]"), "sums to 0"),
    ] {
        fails(&says(&[&hello]), &[wanted, "asked {\"hello\":1}"]);
    }
}

#[test]
fn its_questions_are_wrong() {
    for (questions, wanted) in [
        ("oops", "not JSON"),
        ("{\"questions\":[[0,0]]}", "1 questions, wanted 2"),
        ("{\"questions\":[[0,0],[0,0],[0,0]]}", "3 questions, wanted 2"),
        ("{\"questions\":[[0,0],[0,2]]}", "questions[1] = [0, 2] is not a joint question"),
        ("{\"questions\":[[0,0],[0]]}", "questions[1] = [0] is not"),
        ("{\"questions\":[[0,0],[0,-1]]}", "not the shape wanted"),
        ("{\"questions\":[[0,0],[0,0.5]]}", "not the shape wanted"),
        ("{\"payoff\":[1,0]}", "unknown field `payoff`"),
    ] {
        fails(&says(&[HELLO, questions]), &[wanted, "asked {\"ask\":2}", "it wrote '"]);
    }
}

#[test]
fn its_payoffs_are_wrong() {
    let questions = "{\"questions\":[[0,0],[1,1]]}";
    for (payoff, wanted) in [
        ("{\"payoff\":[1]}", "1 payoffs, wanted 2"),
        ("{\"payoff\":[1,NaN]}", "not JSON"),
        ("{\"payoff\":[1,1e999]}", "number out of range"),
        ("{\"payoff\":[1,null]}", "not the shape wanted"),
        ("{\"payoff\":[1,true]}", "not the shape wanted"),
        ("{\"payoff\":[1,0],\"payoff\":[1,0]}", "duplicate field"),
    ] {
        fails(&says(&[HELLO, questions, payoff]), &[wanted, "asked {\"judge\":[[[0,0],[0,0]],[[1,1]", "it wrote '"]);
    }
    let payoff = play(&says(&[HELLO, questions, "{\"payoff\":[1,-0.5]}"]), patient());
    assert_eq!(payoff.unwrap(), [1.0, -0.5]);
}

#[test]
fn it_contradicts_itself() {
    // asks what its own distribution rules out
    let hello = HELLO.replace('}', ",\"distribution\":[[0,0,\"1/2\"],[0,1,\"1/2\"]]}");
    fails(
        &says(&[&hello, "{\"questions\":[[0,1],[1,0]]}"]),
        &["questions[1] = [1, 0] has probability 0 in its own distribution"],
    );
    // pays the same play differently although it is deterministic
    let hello = HELLO.replace('}', ",\"deterministic\":true}");
    let questions = "{\"questions\":[[0,1],[0,1]]}";
    fails(
        &says(&[&hello, questions, "{\"payoff\":[1,0]}"]),
        &["payoff[1] = 0 for questions [0, 1] and answers [0, 0] contradicts 1"],
    );
    // which is fine if it never promised
    assert!(play(&says(&[HELLO, questions, "{\"payoff\":[1,0]}"]), patient()).is_ok());
}

#[test]
fn it_speaks_unasked() {
    let program =
        format!("import sys, time\nsys.stdin.readline(); print('{HELLO}\\n[1]', flush=True)\nsys.stdin.read()");
    let mut referee = spawn(&python(&program)).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let error = why(referee.ask(2, &mut Vec::new()).unwrap_err());
    assert_eq!(error, "wrote a line without being asked (asked {\"ask\":2}): '[1]'");
}

#[test]
fn its_lines_are_escaped_and_cut() {
    fails(&says(&["\u{1b}[31mred\u{7}\u{2028}"]), &["\\u{1b}[31mred\\u{7}\\u{2028}"]);
    let error = why(spawn(&says(&[&"é".repeat(5000)])).err().unwrap());
    assert!(error.contains(&format!("'{}...'", "é".repeat(200))), "{error}");
    let not_utf8 =
        "import sys; sys.stdin.readline(); sys.stdout.buffer.write(b'\\xff\\n'); sys.stdout.flush(); sys.stdin.read()";
    fails(&python(not_utf8), &["not JSON", "\u{fffd}"]);
}

#[test]
fn it_never_ends_its_line() {
    let program = "import sys\nsys.stdin.readline()\nwhile True: sys.stdout.write('x' * (1 << 20))";
    fails(&python(program), &["wrote a line longer than 67108864 bytes", "'xxxx"]);
}

#[test]
fn after_an_error_it_is_not_spoken_to_again() {
    let mut referee = spawn(&says(&[HELLO, "no", "{\"questions\":[[0,0]]}"])).unwrap();
    let mut questions = Vec::new();
    let first = referee.ask(1, &mut questions).unwrap_err();
    assert_eq!(referee.ask(1, &mut questions).unwrap_err(), first);
    assert_eq!(referee.judge(&[0], &[0], &mut [0.0]).unwrap_err(), first);
}

#[test]
fn plays_that_do_not_fit_are_refused_without_asking() {
    let mut referee = spawn("python3 examples/referees/chsh.py").unwrap();
    let mut payoff = [0.0];
    assert!(referee.judge(&[4], &[0], &mut payoff).is_err());
    assert!(referee.judge(&[0], &[4], &mut payoff).is_err());
    assert!(referee.judge(&[0, 0], &[0], &mut payoff).is_err());
    assert!(referee.judge(&[0], &[0], &mut []).is_err());
    assert_eq!(referee.plays(), 0);
    referee.judge(&[3], &[1], &mut payoff).unwrap();
    assert_eq!((payoff[0], referee.plays()), (1.0, 1));
}

#[test]
fn it_is_killed_on_drop() {
    let program = format!(
        "import os, sys, time\nsys.stdin.readline(); print('{HELLO}'.replace('\"t\"', '\"%d\"' % os.getpid()), flush=True)\ntime.sleep(60)"
    );
    let referee = spawn(&python(&program)).unwrap();
    let pid = referee.name().to_owned();
    let alive = || {
        let mut kill = std::process::Command::new("sh");
        kill.args(["-c", "kill -0 \"$0\" 2>&1", &pid]);
        kill.output().unwrap().status.success()
    };
    assert!(alive());
    drop(referee);
    assert!(!alive());
}
