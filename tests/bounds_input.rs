//! Claim: what cannot be bounded is refused at once, and the message names what was given and what was wanted.

use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Exit code and standard error.
fn run(folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_bellwether"))
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!message.contains("panicked"), "{args:?}: {message}");
    (output.status.code(), message)
}

fn refused(folder: &Path, args: &[&str], words: &[&str]) {
    let (code, message) = run(folder, args);
    assert_eq!(code, Some(2), "{args:?}: {message}");
    for word in words {
        assert!(message.contains(word), "{args:?}: '{word}' not in: {message}");
    }
}

const PR_BOX: &str = r#"{"format":"bellwether-behaviour/1","questions":[2,2],"answers":[2,2],
"p":[[[[0.5,0],[0,0.5]],[[0.5,0],[0,0.5]]],[[[0.5,0],[0,0.5]],[[0,0.5],[0.5,0]]]]}"#;

#[test]
fn behaviours_that_are_none() {
    let t = TempDir::new().unwrap();
    let p = t.path();
    for (name, from, to, words) in [
        ("nan", "[0.5,0]", "[NaN,0]", &["line 2"][..]),
        ("inf", "[0.5,0]", "[1e999,0]", &["out of range"]),
        ("text", "[0.5,0]", "[\"nan\",0]", &["expected a number"]),
        ("negative", "[0.5,0]", "[1.5,-1]", &["-1", "not a probability"]),
        ("sum", "[0.5,0]", "[0.6,0]", &["x=[0, 0]", "sum to 1.1", "wanted 1"]),
        ("shape", "\"questions\":[2,2]", "\"questions\":[2,3]", &["[2, 2, 2, 2]", "[2, 3, 2, 2]"]),
        ("players", "\"questions\":[2,2]", "\"questions\":[2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2]", &["17", "at most 16"]),
        ("answers", "\"answers\":[2,2]", "\"answers\":[2]", &[]),
        ("ragged", "[[0.5,0],[0,0.5]]", "[[0.5,0],[0]]", &[]),
    ] {
        let file = format!("{name}.json");
        std::fs::write(p.join(&file), PR_BOX.replacen(from, to, 1)).unwrap();
        refused(p, &["classify", &file], &[&[file.as_str()], words].concat());
    }
}

/// Nested lists are many times larger in memory than in a file.
#[test]
fn strategies_that_would_fill_the_memory() {
    let t = TempDir::new().unwrap();
    let p = t.path();
    let file = |dims: &str, povms: &str| {
        format!(r#"{{"format":"bellwether-strategy/1","dims":[{dims}],"rho":[[[1,0]]],"povms":[{povms}]}}"#)
    };
    let long = file("1", &"[[]],".repeat(1_700_000));
    std::fs::write(p.join("long.json"), long).unwrap();
    refused(p, &["classify", "long.json"], &["8388608", "npz"]);
    std::fs::write(p.join("dims.json"), file(&["1"; 17].join(","), "")).unwrap();
    refused(p, &["classify", "dims.json"], &["17 players", "at most 16"]);
}

/// A signalling behaviour has its own class; as noise, where a local one is needed, it is refused.
#[test]
fn signalling_is_named_where_it_must_not_be() {
    let t = TempDir::new().unwrap();
    let p = t.path();
    std::fs::write(p.join("pr.json"), PR_BOX).unwrap();
    let signals = PR_BOX.replacen("[[0.5,0],[0,0.5]]", "[[1,0],[0,0]]", 1);
    std::fs::write(p.join("signals.json"), signals).unwrap();
    refused(p, &["classify", "pr.json", "--noise", "signals.json"], &["signals"]);
    assert_eq!(run(p, &["classify", "signals.json"]).0, Some(0));
}

#[test]
fn games_that_are_none() {
    let t = TempDir::new().unwrap();
    let p = t.path();
    let game = r#"{"format":"bellwether-game/1","kind":"game","name":"g","questions":[2,1],"answers":[2,1],
"mu":[[0,0,"1/2"],[1,0,"1/2"]],"win":[[0,0,0,0]]}"#;
    for (name, to, words) in [
        ("five-quarters", "3/4", &["mu", "sum", "1"][..]),
        ("negative", "-1/2", &["mu[0]", "positive"]),
        ("nan", "nan", &["mu[0]", "nan"]),
        ("decimal", "0.5", &["mu[0]", "0.5"]),
    ] {
        let file = format!("{name}.json");
        std::fs::write(p.join(&file), game.replacen("1/2", to, 1)).unwrap();
        refused(p, &["bounds", &file], &[&[file.as_str()], words].concat());
    }
    let functional = |w: &str| {
        format!(
            r#"{{"format":"bellwether-game/1","kind":"functional","name":"g","questions":[1,1],"answers":[2,2],
"coeffs":[[0,0,0,0,"{w}"],[0,0,1,1,"1"]]}}"#
        )
    };
    // the largest that fits is bounded, the next is refused, and so is a common denominator that does not fit
    let fits = (i64::MAX / 4).to_string();
    for (name, weight, word) in [
        ("beyond", "9223372036854775808", Some("64-bit")),
        ("far", "123456789012345678901234567890", Some("64-bit")),
        ("fine", "1/340282366920938463463374607431768211456", Some("64-bit")),
        ("fits", fits.as_str(), None),
    ] {
        let file = format!("{name}.json");
        std::fs::write(p.join(&file), functional(weight)).unwrap();
        for class in ["sr", "q", "ns"] {
            let args = ["bounds", file.as_str(), "--class", class];
            match word {
                Some(word) => refused(p, &args, &[word]),
                None => assert_eq!(run(p, &args), (Some(0), String::new()), "{args:?}"),
            }
        }
    }
}

#[test]
fn levels_that_are_none_or_do_not_fit() {
    let t = TempDir::new().unwrap();
    let p = t.path();
    for level in ["0", "9", "", "banana", "1+", "1+xyz", "1+ab+", "-1", "1.5", "99999999999999999999"] {
        let level = format!("--level={level}");
        refused(p, &["bounds", "chsh", "--class", "q", &level], &["level", "wanted"]);
    }
    for (word, why) in
        [("a9*b0", "question 9"), ("a0.7", "outcome 7"), ("z0", "players"), ("a0**b0", "wanted"), ("", "wanted")]
    {
        let extra = format!("--extra={word}");
        refused(p, &["bounds", "chsh", "--class", "q", "--level", "1", &extra], &[why]);
    }
    // a level that does not see the products of five players says what would
    let args = ["bounds", "ghz5", "--class", "q", "--level", "1+ab"];
    refused(p, &args, &["a0*b0*c0*d0*e0", "3 or higher", "1+ab+pos"]);
    for level in [&["--level", "1+ab+pos"][..], &["--level", "3"], &[]] {
        let args = [&["bounds", "ghz5", "--restarts", "4"], level].concat();
        assert_eq!(run(p, &args).0, Some(0), "{level:?}");
    }
    // refused with its size before anything is allocated: 11889 rows would take gigabytes
    for (game, level) in [("cube", "4"), ("cube", "8"), ("magic-square", "5")] {
        let (code, message) = run(p, &["bounds", game, "--class", "q", "--level", level, "--restarts", "1"]);
        assert_eq!(code, Some(3), "{game}: {message}");
        for word in ["level", "size", "GB", "at most"] {
            assert!(message.contains(word), "{game} {level}: {message}");
        }
    }
}
