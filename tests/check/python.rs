//! Two implementations, one specification: the Python checker on every certificate of these tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use bellwether::check::{Limits, Reject, RejectCode, check};
use rand::{Rng, RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::Value;

use super::{branch, edges, examples, forged, sharp, support, valid};

fn python() -> Option<Vec<String>> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("check-py/bellwether_check.py");
    let found = Command::new("python3").arg("--version").output().is_ok_and(|o| o.status.success());
    found.then(|| vec!["-S".to_owned(), "-E".to_owned(), script.display().to_string()])
}

/// Runs the Python checker on files; the JSON object of each.
fn verdicts(python: &[String], files: &[PathBuf]) -> Vec<Value> {
    let mut all = Vec::new();
    for some in files.chunks(200) {
        // A second copy of the first file keeps the list form for a single one.
        let output = Command::new("python3").args(python).arg("--json").args(some).arg(&some[0]).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!error.contains("Traceback"), "{error}");
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        all.extend(document["certificates"].as_array().unwrap()[..some.len()].iter().cloned());
    }
    all
}

/// Writes texts to files, runs both checkers and gives (text number, ours, theirs).
fn both(python: &[String], texts: &[Vec<u8>]) -> Vec<(usize, Result<Vec<String>, Reject>, Value)> {
    let folder = tempfile::tempdir().unwrap();
    let path = |k: usize| -> PathBuf { Path::new(folder.path()).join(format!("{k}.json")) };
    let files: Vec<PathBuf> = (0..texts.len()).map(path).collect();
    for (file, text) in files.iter().zip(texts) {
        std::fs::write(file, text).unwrap();
    }
    let theirs = verdicts(python, &files);
    let ours = texts
        .iter()
        .map(|text| check(text, &Limits::default()).map(|proved| proved.iter().map(ToString::to_string).collect()));
    ours.zip(theirs).enumerate().map(|(k, (ours, theirs))| (k, ours, theirs)).collect()
}

fn their_lines(theirs: &Value) -> Vec<String> {
    theirs["proved"].as_array().unwrap().iter().map(|p| p["line"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn both_checkers_agree_on_every_certificate() {
    let Some(python) = python() else {
        eprintln!("no python3: nothing compared");
        return;
    };
    // The forged suite leaves every text it has tried in a record of this thread.
    support::take_record();
    forged::everything();
    sharp::everything();
    edges::edges();
    valid::everything();
    branch::everything();
    for (_, certificate) in examples::all() {
        support::lines(&certificate);
    }
    let mut texts = support::take_record();
    texts.extend(examples::files().into_iter().map(|(_, bytes)| bytes));
    texts.sort();
    texts.dedup();
    assert!(texts.len() > 600, "{}", texts.len());
    let (mut proved, mut refused) = (0, 0);
    for (k, ours, theirs) in both(&python, &texts) {
        let text = String::from_utf8_lossy(&texts[k][..texts[k].len().min(3000)]).into_owned();
        match ours {
            Ok(lines) => {
                assert_eq!(lines, their_lines(&theirs), "{text}\n{theirs}");
                proved += 1;
            }
            Err(reject) => {
                assert_eq!(Value::from(reject.code.to_string()), theirs["code"], "{reject}\n{theirs}\n{text}");
                refused += 1;
            }
        }
    }
    assert!(proved >= 20 && refused >= 200, "{proved} proved, {refused} refused");
}

/// Random damage to valid files: neither checker crashes, and they accept the same files with the same lines.
#[test]
fn both_checkers_agree_on_damaged_files() {
    let Some(python) = python() else {
        eprintln!("no python3: nothing compared");
        return;
    };
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
    let valid: Vec<Vec<u8>> =
        [support::everything(), examples::ghz(), examples::cycle8(), support::alone(support::chsh_gram())]
            .iter()
            .map(|v| v.to_string().into_bytes())
            .collect();
    let mut texts = valid.clone();
    let tokens: [&[u8]; 12] =
        [b"0", b"1", b"-1", b"\"1\"", b"\"0\"", b"null", b"[]", b"{}", b"1.0", b"\"1/2\"", b"2", b"\"\\u0031\""];
    while texts.len() < 600 {
        let mut text = valid[rng.random_range(0..valid.len())].clone();
        for _ in 0..rng.random_range(1..3) {
            damage(&mut text, &tokens, &mut rng);
        }
        texts.push(text);
    }
    let mut accepted = 0;
    for (k, ours, theirs) in both(&python, &texts) {
        let text = String::from_utf8_lossy(&texts[k]).into_owned();
        let lines = their_lines(&theirs);
        match ours {
            Ok(ours) => {
                assert_eq!(ours, lines, "{text}");
                accepted += 1;
            }
            Err(reject) => assert!(lines.is_empty(), "{reject}\n{text}"),
        }
        let exhausted = theirs["code"] == "RESOURCE";
        assert!(
            !exhausted || check(&texts[k], &Limits::default()).is_err_and(|e| e.code == RejectCode::Resource),
            "{text}"
        );
    }
    assert!(accepted >= valid.len());
}

fn damage(text: &mut Vec<u8>, tokens: &[&[u8]], rng: &mut impl Rng) {
    let at = rng.random_range(0..text.len());
    match rng.random_range(0..5) {
        0 => text[at] = rng.random_range(32..127),
        1 => {
            text.remove(at);
        }
        2 => text[at] = b"0123456789"[rng.random_range(0..10)],
        3 => {
            let end = (at + rng.random_range(1..40)).min(text.len());
            let copy = text[at..end].to_vec();
            text.splice(end..end, copy);
        }
        _ => {
            // A whole token: from one separator to the next.
            let is_end = |b: &u8| b",:[]{}".contains(b);
            let start = text[..at].iter().rposition(is_end).map_or(0, |k| k + 1);
            let end = text[at..].iter().position(is_end).map_or(text.len(), |k| at + k);
            if start < end {
                text.splice(start..end, tokens[rng.random_range(0..tokens.len())].iter().copied());
            }
        }
    }
}
