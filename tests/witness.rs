//! `bellwether play` and `witness` as a user runs them.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

fn bellwether(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bellwether")).args(args).current_dir(folder).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stdout)))
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The optimal behaviour of CHSH in `chsh.json`.
fn behaviour(folder: &Path) {
    let p = |x: usize, y: usize| {
        let entry = |a: usize, b: usize| {
            let sign = if a ^ b == x & y { 1.0 } else { -1.0 };
            0.25 * (1.0 + sign * std::f64::consts::FRAC_1_SQRT_2)
        };
        serde_json::json!([[entry(0, 0), entry(0, 1)], [entry(1, 0), entry(1, 1)]])
    };
    let file = serde_json::json!({"format": "bellwether-behaviour/1", "questions": [2, 2], "answers": [2, 2],
        "p": [[p(0, 0), p(0, 1)], [p(1, 0), p(1, 1)]]});
    std::fs::write(folder.join("chsh.json"), file.to_string()).unwrap();
}

fn played(folder: &Path, rounds: &str, name: &str) {
    let args = ["play", "chsh", "chsh.json", "--rounds", rounds, "--seed", "5", "-o", name];
    let output = bellwether(folder, &args);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn quantum_plays_are_witnessed_and_certified() {
    let t = TempDir::new().unwrap();
    behaviour(t.path());
    played(t.path(), "1500", "plays.csv");
    let plays = std::fs::read_to_string(t.path().join("plays.csv")).unwrap();
    assert!(plays.starts_with("x_1,x_2,a_1,a_2,payoff\n"));
    assert_eq!(plays.lines().count(), 1501);

    let output = bellwether(t.path(), &["witness", "chsh", "plays.csv", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report = json(&output);
    let wins = plays.lines().filter(|l| l.ends_with(",1") && l.len() == 9).count();
    assert_eq!(report["n"], 1500);
    assert_eq!(report["wins"], wins);
    assert_eq!(report["verdict"], "reject_classical");
    assert!(report["p_value"].as_f64().unwrap() < 1e-10);
    assert!(report["e_value"].as_f64().unwrap() > 1e8);
    let ci = report["ci"].as_array().unwrap();
    let rate = wins as f64 / 1500.0;
    assert!(ci[0].as_f64().unwrap() < rate && rate < ci[1].as_f64().unwrap());
    assert_eq!(report["assumptions"].as_array().unwrap().len(), 4);
    let text = bellwether(t.path(), &["witness", "chsh", "plays.csv"]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    for word in ["A1 ", "A2 ", "A3 ", "A4 ", "REJECTED", "sampled"] {
        assert!(text.contains(word), "{word}: {text}");
    }

    // bets chosen before the data, and from the first rounds: each with its certificate
    for (flag, value, name) in [("--bets", "chsh.json", "b.json"), ("--train", "0.3", "t.json")] {
        let args = ["witness", "chsh", "plays.csv", flag, value, "-o", name, "--json"];
        let output = bellwether(t.path(), &args);
        assert_eq!(output.status.code(), Some(0), "{flag}: {}", stderr(&output));
        let report = json(&output);
        assert_eq!(report["decided_by"], "e_value");
        assert_eq!(report["e_value_rounds"], if flag == "--train" { 1050 } else { 1500 });
        let checked = bellwether(t.path(), &["check", name, "--game", "chsh"]);
        assert_eq!(checked.status.code(), Some(0));
        let line = String::from_utf8_lossy(&checked.stdout).into_owned();
        assert!(line.contains("stat_reject_classical") && line.contains("1/1000"), "{line}");
    }
    // the default: the fixed part of its portfolio is enough by itself here
    let args = ["witness", "chsh", "plays.csv", "-o", "d.json", "--json"];
    let output = bellwether(t.path(), &args);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report = json(&output);
    assert_eq!(report["decided_by"], "p_value");
    assert_eq!(report["certificate"], "d.json");
    let checked = bellwether(t.path(), &["check", "d.json", "--game", "chsh"]);
    assert_eq!(checked.status.code(), Some(0), "{}", stderr(&checked));
    python_accepts(&t.path().join("d.json"));
    // questions known through the plays alone: the joint test, and the classical bound carried over as a certificate
    let args = ["witness", "chsh", "plays.csv", "--sampled", "-o", "s.json", "--json"];
    let output = bellwether(t.path(), &args);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report = json(&output);
    let upper = report["transfer"]["classical_upper"].as_f64().unwrap();
    assert!((0.75..0.82).contains(&upper), "{upper}");
    let checked = bellwether(t.path(), &["check", "s.json"]);
    assert_eq!(checked.status.code(), Some(0), "{}", stderr(&checked));
    assert!(String::from_utf8_lossy(&checked.stdout).contains("transfer"));
}

/// The second checker reads the file as well, where there is Python.
fn python_accepts(certificate: &Path) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("check-py/bellwether_check.py");
    let run = Command::new("python3").arg(script).arg(certificate).output();
    if let Ok(output) = run {
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
}

/// Tetra without a strategy file: the e-value decides, by bets made for the game before the rounds, long before the wins say anything.
#[test]
fn the_default_knows_the_game() {
    let t = TempDir::new().unwrap();
    let file = tetra_file(t.path());
    let args = ["play", "tetra", &file, "--rounds", "1500", "--seed", "1", "-o", "plays.csv"];
    let output = bellwether(t.path(), &args);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let args = ["witness", "tetra", "plays.csv", "-o", "c.json", "--json"];
    let output = bellwether(t.path(), &args);
    let report = json(&output);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert_eq!(report["decided_by"], "e_value");
    assert!(report["p_value"].as_f64().unwrap() > 1e-3, "{report}");
    assert_eq!(report["certificate"], "c.json");
    assert_eq!(report["certificate_rounds"], 1500);
    let checked = bellwether(t.path(), &["check", "c.json", "--game", "tetra"]);
    assert_eq!(checked.status.code(), Some(0), "{}", stderr(&checked));
    python_accepts(&t.path().join("c.json"));
    // the same numbers again, whatever the threads
    let args = ["witness", "tetra", "plays.csv", "--json", "--threads", "1"];
    let again = bellwether(t.path(), &args);
    assert_eq!(json(&again)["ln_e_value"], report["ln_e_value"]);
}

/// The optimal behaviour of rendezvous on the tetrahedron (209/324): all four vectors `t`, `p = |<u_xa, u_yb>|^2/3`.
fn tetra_file(folder: &Path) -> String {
    let t = [[1.0, 1.0, 1.0], [1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]];
    let vector = |x: usize, a: usize| -> Vec<f64> {
        let z = if a < x { a } else { a + 1 };
        let half: Vec<f64> = (0..3).map(|k: usize| 0.5 * (t[x][k] + t[z][k])).collect();
        let dot: f64 = half.iter().zip(&t[x]).map(|(u, v)| u * v).sum();
        (0..3).map(|k| half[k] - 2.0 / 3.0 * t[x][k] * dot).collect()
    };
    let p = |x: usize, y: usize, a: usize, b: usize| {
        let (u, v) = (vector(x, a), vector(y, b));
        u.iter().zip(&v).map(|(u, v)| u * v).sum::<f64>().powi(2) / 3.0
    };
    let table: Vec<Vec<Vec<Vec<f64>>>> = (0..4)
        .map(|x| {
            let row = (0..4).map(|y| (0..3).map(|a| (0..3).map(|b| p(x, y, a, b)).collect()).collect());
            row.collect()
        })
        .collect();
    let file =
        serde_json::json!({"format": "bellwether-behaviour/1", "questions": [4, 4], "answers": [3, 3], "p": table});
    std::fs::write(folder.join("tetra.json"), file.to_string()).unwrap();
    "tetra.json".into()
}

#[test]
fn classical_plays_are_not_rejected() {
    let t = TempDir::new().unwrap();
    let args = ["play", "chsh", "classical", "--rounds", "2000", "-o", "plays.csv"];
    assert_eq!(bellwether(t.path(), &args).status.code(), Some(0));
    for more in [&[][..], &["--train", "500"], &["--sampled"]] {
        let args = [&["witness", "chsh", "plays.csv", "--json"], more].concat();
        let output = bellwether(t.path(), &args);
        assert_eq!(output.status.code(), Some(1), "{more:?}: {}", stderr(&output));
        assert_eq!(json(&output)["verdict"], "not_rejected");
    }
    // a black box plays too: its table is not needed
    let referee = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/referees/chsh.py");
    let game = format!("exec:python3 '{}'", referee.display());
    behaviour(t.path());
    let args = ["play", &game, "chsh.json", "--rounds", "1500", "-o", "box.csv"];
    let output = bellwether(t.path(), &args);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output = bellwether(t.path(), &["witness", &game, "box.csv", "--sampled", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn plans_say_how_many_rounds() {
    let t = TempDir::new().unwrap();
    behaviour(t.path());
    let plan = |args: &[&str]| {
        let output = bellwether(t.path(), &[&["witness", "chsh", "--plan", "--json"], args].concat());
        (output.status.code(), json(&output))
    };
    let (code, full) = plan(&["--bets", "chsh.json", "--alpha", "1e-6"]);
    assert_eq!(code, Some(0));
    // ln(1e6)/KL(0.8536, 3/4) = 431
    assert_eq!(full["plan"][1]["expected_rounds"], 431);
    assert_eq!(full["plan"].as_array().unwrap().len(), 3);
    let (_, noisy) = plan(&["--bets", "chsh.json", "--alpha", "1e-6", "--visibility", "0.9"]);
    let rounds = |p: &Value| p["plan"][0]["rounds"].as_u64().unwrap();
    assert!(rounds(&noisy) > rounds(&full));
    let (code, none) = plan(&["--bets", "chsh.json", "--visibility", "0.7"]);
    assert_eq!(code, Some(1), "{none}");
    assert_eq!(plan(&["--win-probability", "0.8"]).0, Some(0));
}

#[test]
fn bad_plays_files_are_refused_with_their_line() {
    let t = TempDir::new().unwrap();
    let head = "x_1,x_2,a_1,a_2,payoff\n0,0,0,0,1\n";
    let cases = [
        ("", "is empty, wanted the header"),
        ("x_1,a_1\n", ":1: header 'x_1,a_1' given, wanted x_1,x_2,a_1,a_2"),
        ("x_1,x_2,a_1,a_2,payoff\n", "holds no rounds"),
        (&format!("{head}2,0,0,0,1\n"), ":3: x_1 is 2, wanted an integer 0..2"),
        (&format!("{head}0,0,0,-1,1\n"), ":3: a_2 is '-1', wanted an integer 0..2"),
        (&format!("{head}0,0.0,0,1,1\n"), ":3: x_2 is '0.0', wanted an integer"),
        (&format!("{head}0,0,0,1,1\n"), ":3: payoff 1 given, but the game pays 0"),
        (&format!("{head}0,0,0,0,NaN\n"), ":3: payoff is 'NaN', wanted a number"),
        (&format!("{head}0,0,0\n"), ":3: the field a_2 is missing"),
        (&format!("{head}0,0,0,0\n"), ":3: the field payoff is missing"),
        (&format!("{head}0,0,0,0,1,7\n"), ":3: more than 5 fields"),
        (&format!("{head}\n0,0,0,0,1\n"), ":3: is empty, wanted a round"),
        (&format!("{head}{}\n", "9".repeat(5000)), ":3: is longer than 4096 bytes"),
        (&format!("{head}99999999999999999999,0,0,0,1\n"), ":3: x_1 is '99999999999999999999'"),
    ];
    for (text, wanted) in cases {
        std::fs::write(t.path().join("bad.csv"), text).unwrap();
        let output = bellwether(t.path(), &["witness", "chsh", "bad.csv"]);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{text:.40}: {message}");
        assert!(message.contains(wanted) && message.contains("bad.csv"), "'{wanted}' not in: {message}");
    }
    // no payoff column, blanks, Windows line ends, a byte-order mark and empty last lines are fine
    let fine = "\u{feff}x_1, x_2,a_1,a_2\r\n0, 0,0,0\r\n1,1,0,1\r\n\r\n";
    std::fs::write(t.path().join("fine.csv"), fine).unwrap();
    let output = bellwether(t.path(), &["witness", "chsh", "fine.csv", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(json(&output)["wins"], 2);
    // questions that the game never asks
    std::fs::write(t.path().join("ghz.csv"), "x_1,x_2,x_3,a_1,a_2,a_3\n1,1,1,0,0,0\n").unwrap();
    let output = bellwether(t.path(), &["witness", "ghz", "ghz.csv"]);
    assert!(stderr(&output).contains("ghz.csv:2: the game never asks the question [1, 1, 1]"));
}

#[test]
fn bad_flags_are_refused() {
    let t = TempDir::new().unwrap();
    behaviour(t.path());
    played(t.path(), "50", "plays.csv");
    for (args, wanted) in [
        (&["plays.csv", "--alpha", "0"][..], "wanted a number between 0 and 1"),
        (&["plays.csv", "--alpha", "x"], "wanted a number like 3/4"),
        (&["plays.csv", "--classical", "0.7"], "a classical strategy reaches 3/4"),
        (&["plays.csv", "--classical", "3/0"], "wanted a number like"),
        (&["plays.csv", "--train", "60"], "none are left as evidence"),
        (&["plays.csv", "--train", "1.5"], "wanted a number of rounds or a share"),
        (&["--plan", "--visibility", "2"], "wanted a number from 0 to 1"),
        (&["nothing.csv"], "nothing.csv"),
        (&[], "PLAYS.csv"),
    ] {
        let output = bellwether(t.path(), &[&["witness", "chsh"], args].concat());
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {message}");
        assert!(message.contains(wanted), "{args:?}: '{wanted}' not in: {message}");
    }
    // a bound above the optimum is allowed and weaker
    let output = bellwether(t.path(), &["witness", "chsh", "plays.csv", "--classical", "0.8", "--json"]);
    let report = json(&output);
    assert_eq!(report["classical_exact"], "4/5");
    assert_eq!(report["classical_evidence"], "given; proved to be a bound");
    // a referee has no table
    let output = bellwether(t.path(), &["witness", "exec:true", "plays.csv"]);
    assert_eq!(output.status.code(), Some(2));
}
