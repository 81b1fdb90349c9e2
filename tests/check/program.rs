//! The program: exit codes, lines, JSON.

use std::io::Write;

use bellwether::check::game::GameTable;
use bellwether::cli::checker::run;
use serde_json::{Value, json};

use super::support::*;

struct Answer {
    code: i32,
    out: String,
    err: String,
}

fn call(args: &[&str]) -> Answer {
    let args: Vec<String> = args.iter().map(ToString::to_string).collect();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let resolve = |name: &str| match name {
        "chsh" => Ok(hash()),
        _ => Err(format!("no game {name}")),
    };
    let code = run(&args, &resolve, &mut out, &mut err);
    Answer { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

fn hash() -> String {
    let game = GameTable::parse(chsh_game().to_string().as_bytes(), &Default::default()).unwrap();
    game.sha256.to_owned()
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn path(file: &tempfile::NamedTempFile) -> &str {
    file.path().to_str().unwrap()
}

#[test]
fn exit_codes_and_lines() {
    let good = file(&chsh().to_string());
    let good = path(&good);
    let plain = call(&[good]);
    assert_eq!((plain.code, plain.out.lines().count()), (0, 5));
    let start = format!("FOR GAME sha256:{} PROVED omega_c <= 3/4", hash());
    assert!(plain.out.starts_with(&start), "{}", plain.out);
    let named = call(&[good, "--game", "chsh", "--threads", "4"]);
    assert!(named.code == 0 && named.out.starts_with("PROVED omega_c <= 3/4 = 0.75"));
    assert_eq!(call(&[good, &format!("--game-sha256={}", hash().to_uppercase())]).code, 0);
    let other = call(&[good, "--game-sha256", &"0".repeat(64)]);
    assert!(other.code == 2 && other.err.contains("another game") && other.out.is_empty());
    let game = file(&chsh_game().to_string());
    assert_eq!(call(&[good, "--game", path(&game)]).code, 0);
    let shown = call(&[good, "--show-game", "--quiet"]);
    assert!(shown.code == 0 && shown.out.contains("win [1, 1] -> [0, 1]") && !shown.out.contains("PROVED"));
    let bad = file(&with(&chsh(), "/proofs/0/value", json!("1/2")).to_string());
    let bad = call(&[path(&bad)]);
    assert!(bad.code == 1 && bad.out.starts_with("REJECTED CLAIM proofs[0].value: "), "{}", bad.out);
    let small = call(&[good, "--limits", "enumeration=1"]);
    assert!(small.code == 3 && small.out.starts_with("REJECTED RESOURCE proofs[0]: "));
    let raised = call(&[good, "--limits", "work=5000000000,basis=1"]);
    assert!(raised.code == 0 && raised.out.contains("[limits raised: work=5000000000]"));
}

#[test]
fn bad_usage_is_two() {
    let good = file(&chsh().to_string());
    let good = path(&good);
    for args in [
        &[][..],
        &["no/such/file.json"],
        &[good, "--gmae", "chsh"],
        &[good, "--game"],
        &[good, "--game", "unknown"],
        &[good, "--game", "chsh", "--game", "chsh"],
        &[good, "--game-sha256", "abc"],
        &[good, "--limits", "wrok=1"],
        &[good, "--limits", "work"],
        &[good, "--threads", "many"],
        &["/"],
    ] {
        let answer = call(args);
        assert_eq!(answer.code, 2, "{args:?}");
        assert!(answer.out.is_empty() && !answer.err.is_empty());
    }
    assert_eq!(call(&["--help"]).code, 0);
}

#[test]
fn json_is_one_document() {
    let good = file(&chsh().to_string());
    let bad = file(&with(&chsh(), "/proofs/0/value", json!("1/2")).to_string());
    let read = |answer: &Answer| serde_json::from_str::<Value>(&answer.out).unwrap();
    let one = call(&["--json", path(&good)]);
    let document = read(&one);
    assert_eq!(document["verdict"], "proved");
    assert_eq!(document["code"], Value::Null);
    assert_eq!(document["game_sha256"], json!(hash()));
    assert_eq!(document["proved"].as_array().unwrap().len(), 5);
    assert_eq!(document["proved"][2]["value"], "99/116");
    let both = call(&["--json", path(&good), path(&bad)]);
    assert_eq!(both.code, 1);
    let document = read(&both);
    assert_eq!((&document["verdict"], &document["code"]), (&json!("rejected"), &json!("CLAIM")));
    assert_eq!(document["certificates"][0]["verdict"], "proved");
    assert_eq!(document["certificates"][1]["file"], json!(path(&bad)));
    let over = call(&["--json", path(&good), "--limits=file=10"]);
    assert_eq!((over.code, &read(&over)["verdict"]), (3, &json!("undecided")));
    let usage = call(&["--json"]);
    assert_eq!((usage.code, &read(&usage)["verdict"]), (2, &json!("error")));
    let other = call(&["--json", path(&good), "--game-sha256", &"1".repeat(64)]);
    assert_eq!((other.code, &read(&other)["code"]), (2, &json!("OTHER_GAME")));
}
