//! `bounds --proofs`, `classify --proof` and `certify` on the command line; both checkers accept what they write.

use bellwether::check::{Limits, check};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn bellwether(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bellwether")).args(args).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!("{e}: {}", String::from_utf8_lossy(&output.stderr));
    })
}

/// The lines of the Python checker, or nothing where there is no Python.
fn python(path: &Path) -> Option<Vec<String>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/check-py/bellwether_check.py");
    let output = Command::new("python3").args(["-S", "-E", script]).arg(path).output().ok()?;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}: {text}", path.display());
    Some(text.lines().map(ToOwned::to_owned).collect())
}

/// Both checkers prove the same lines.
fn both(path: &Path) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap();
    let proved = check(&bytes, &Limits::default()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let ours: Vec<String> = proved.iter().map(|p| format!("FOR GAME sha256:{} {p}", p.game_sha256())).collect();
    if let Some(theirs) = python(path) {
        assert_eq!(ours, theirs);
    }
    ours
}

/// Both ends of the quantum bracket, proved by one command, within 1e-6 for games of known value in small dimension.
#[test]
fn proven_ends_meet() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    for game in [
        "chsh",
        "ghz",
        "magic-square",
        "odd-cycle:3",
        "chained:4",
        "ffl",
        "rendezvous-c3",
        "cglmp:3",
        "elegant",
        "hardy",
        "tilted-chsh",
        "mermin:3",
        "svetlichny",
        "gyni:3",
        "gyni:4",
    ] {
        let output = bellwether(&["bounds", game, "--within", "1e-6", "--proofs", dir, "--json"]);
        assert!(output.status.success(), "{game}: {}", String::from_utf8_lossy(&output.stderr));
        let report = json(&output);
        let (lower, upper) = (&report["q"]["lower"], &report["q"]["upper"]);
        let gap = upper["value"].as_f64().unwrap() - lower["value"].as_f64().unwrap();
        assert!((0.0..=1e-6).contains(&gap), "{game}: {gap:.1e}");
        for end in [lower, upper] {
            assert_eq!(end["evidence"], "certified", "{game}");
            assert!(end["exact"].is_string(), "{game}");
        }
        let q = both(Path::new(upper["proof"].as_str().unwrap()));
        assert!(q.iter().any(|line| line.contains("omega_q - value(")), "{game}: {q:?}");
        let sr = both(Path::new(report["sr"]["proof"].as_str().unwrap()));
        assert!(
            sr.iter().any(|line| line.ends_with("<= 0 = 0 (eps_optimal deterministic/classical)")),
            "{game}: {sr:?}"
        );
        // the ns proof is of the upper end, and written where messages prove the program's value
        if let Some(ns) = report["ns"]["proof"].as_str() {
            both(Path::new(ns));
        }
    }
    // qubits do not reach the value, no level closes the gap: both ends are proved, and the exit code says the rest
    let args = ["bounds", "i3322", "--class", "q", "--dim", "2", "--within", "1e-6", "--proofs", dir, "--json"];
    let output = bellwether(&args);
    assert_eq!(output.status.code(), Some(3));
    let upper = &json(&output)["q"]["upper"];
    assert!((0.2508753..0.250876).contains(&upper["value"].as_f64().unwrap()), "{upper}");
    both(Path::new(upper["proof"].as_str().unwrap()));
    for bad in [&["--within", "0"][..], &["--within", "nan"], &["--within", "1e-6", "--level", "2"]] {
        let output = bellwether(&[&["bounds", "chsh"], bad].concat());
        assert_eq!(output.status.code(), Some(2), "{bad:?}");
    }
}

#[test]
fn certify_polishes_and_proves_optimality() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let out = path("run");
    let learned =
        bellwether(&["learn", "rendezvous-k4", "--seeds", "0..2", "--steps", "300", "--out", &out, "--quiet"]);
    assert!(learned.status.code().is_some_and(|c| c < 2), "{}", String::from_utf8_lossy(&learned.stderr));
    let strategy = path("run/strategy.json");
    let cert = path("tetra.json");
    let output = bellwether(&["certify", "tetra", &strategy, "--polish", "--upper", "-o", &cert, "--json"]);
    let report = json(&output);
    // the learned strategy is worse than what it is polished to, and both are proved
    let of = |line: &Value, field: &str| line[field].as_f64().unwrap();
    assert!(of(&report["as_learned"], "value") < of(&report, "value") + 1e-12, "{report}");
    let lines = both(Path::new(&cert));
    assert!(lines.iter().any(|l| l.contains("(quantum_lower as-learned)")));
    assert!(lines.iter().any(|l| l.contains("omega_q - value(strategy)")));
    // an exactly projective one
    let cert = path("cayley.json");
    let args = ["certify", "tetra", &strategy, "--exact-projective", "--bits", "20", "-o", &cert, "--json"];
    json(&bellwether(&args));
    both(Path::new(&cert));
}

#[test]
fn exactness_is_found_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let cert = path("tetra.json");
    let output = bellwether(&["certify", "tetra", "--exact", "-o", &cert, "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let report = json(&output);
    assert_eq!((&report["value_exact"], &report["quantum_upper_exact"]), (&"209/324".into(), &"209/324".into()));
    assert!(both(Path::new(&cert)).iter().any(|l| l.contains("omega_q - value(strategy) <= 0 = 0")));
    let cert = path("chsh.json");
    let output = bellwether(&["certify", "chsh", "--exact", "-o", &cert]);
    assert_eq!(output.status.code(), Some(3));
    assert!(!Path::new(&cert).exists());
    assert_eq!(bellwether(&["certify", "chsh", "-o", &cert]).status.code(), Some(2));
    assert_eq!(bellwether(&["certify", "chsh", "--exact"]).status.code(), Some(2));
}

#[test]
fn classify_writes_a_certificate_of_nonlocality() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let file = path("pr.json");
    let p = |x: usize, y: usize, a: usize, b: usize| if a ^ b == x & y { 0.5 } else { 0.0 };
    let row = |x, y| [[p(x, y, 0, 0), p(x, y, 0, 1)], [p(x, y, 1, 0), p(x, y, 1, 1)]];
    let table = [[row(0, 0), row(0, 1)], [row(1, 0), row(1, 1)]];
    let text =
        serde_json::json!({"format": "bellwether-behaviour/1", "questions": [2, 2], "answers": [2, 2], "p": table});
    std::fs::write(&file, text.to_string()).unwrap();
    let cert = path("pr.cert.json");
    let report = json(&bellwether(&["classify", &file, "--proof", &cert, "--json"]));
    assert_eq!(report["proof"].as_str(), Some(cert.as_str()));
    assert!(both(Path::new(&cert))[0].contains("PROVED visibility <= 1/2 = 0.5"));
    // nothing to prove about noise
    let noise = serde_json::json!({"format": "bellwether-behaviour/1", "questions": [1, 1], "answers": [2, 2],
        "p": [[[[0.25, 0.25], [0.25, 0.25]]]]});
    std::fs::write(&file, noise.to_string()).unwrap();
    let cert = path("noise.cert.json");
    let report = json(&bellwether(&["classify", &file, "--proof", &cert, "--json"]));
    assert!(report["proof"].is_null() && !Path::new(&cert).exists());
}
