//! `ablate` and the limits of `learn` on the command line.

use std::path::Path;
use std::process::{Command, Output};

fn bellwether(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bellwether")).args(args).current_dir(folder).output().unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

#[test]
fn an_ablation_varies_one_setting_and_writes_table_picture_and_page() {
    let folder = tempfile::tempdir().unwrap();
    let args = "ablate entropy --games chsh --seeds 4 --steps 150 --json --out a";
    let output = bellwether(folder.path(), &args.split(' ').collect::<Vec<_>>());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(json(&output)["command"], "bellwether ablate entropy");
    let read = |name: &str| std::fs::read_to_string(folder.path().join("a").join(name)).unwrap();
    let table = read("entropy.csv");
    // two presets, six coefficients
    assert_eq!(table.lines().count(), 1 + 2 * 6, "{table}");
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [worst, iqm] = [cells[3], cells[5]].map(|c| c.parse::<f64>().unwrap());
        assert!(worst <= iqm && iqm <= 100.0 + 1e-6, "{line}");
        let (low, high) = cells[6].split_once(" to ").unwrap();
        let [low, high] = [low, high].map(|c| c.parse::<f64>().unwrap());
        assert!(low <= iqm && iqm <= high, "{line}");
    }
    assert!(read("report.html").contains("<svg") && read("entropy-best.csv").lines().count() == 7);

    for (args, wanted) in [
        ("ablate entropy --games nonsense", "nonsense"),
        ("ablate entropy --games gyni:3 --seeds 2 --steps 1", "no quantum advantage"),
        ("ablate entropy --steps 0", "--steps"),
    ] {
        let output = bellwether(folder.path(), &args.split(' ').collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(2), "{args}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(wanted), "{args}: {said}");
    }
}

/// What `learn` writes under limits is the noisy strategy: another program that knows nothing of the limits proves the same.
#[test]
fn strategies_and_certificates_of_noisy_runs_are_of_the_noisy_strategy() {
    let folder = tempfile::tempdir().unwrap();
    let learn = "learn chsh --steps 800 --visibility 0.9 --damping 0.05 --measurements projective --json --out noisy";
    let output = bellwether(folder.path(), &learn.split(' ').collect::<Vec<_>>());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let learned = json(&output);
    assert_eq!(learned["limits"]["visibility"], 0.9);
    assert_eq!(learned["limits"]["damping"], 0.05);
    assert_eq!(learned["limits"]["measurements"], "projective");
    let run = &learned["runs"][0];
    let value = run["win_probability"].as_f64().unwrap();
    // (1-g) of the Bell pair's coherence and V of the whole
    assert!((value - (0.5 + 0.9 * 0.95 * 0.125_f64.sqrt())).abs() < 1e-4, "{value}");
    let certified = bellwether(folder.path(), &["certify", "chsh", "noisy/strategy.json", "--json"]);
    let margin = &json(&certified)["margin"];
    assert!((margin.as_f64().unwrap() - (value - 0.75)).abs() < 1e-9);
    let critical = run["critical_visibility"].as_f64().unwrap();
    assert!((critical - 0.25 / (value - 0.5)).abs() < 1e-4, "{critical}");

    // its settings, fed back, give its strategy again
    let again = ["learn", "--config", "noisy/config.toml", "--out", "again", "--quiet"];
    assert_eq!(bellwether(folder.path(), &again).status.code(), Some(0));
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert!(read("noisy/strategy.json") == read("again/strategy.json"));

    // its state and its measurements, given from the file: nothing left to gain
    let given =
        "learn chsh --steps 300 --state noisy/strategy.json --measurements noisy/strategy.json --json --out given";
    let given = json(&bellwether(folder.path(), &given.split(' ').collect::<Vec<_>>()));
    let value_given = given["runs"][0]["win_probability"].as_f64().unwrap();
    assert!(value_given <= value + 1e-9 && value_given > value - 1e-3, "{value_given}");
}

#[test]
fn limits_that_cannot_be_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bad.json"), "{}").unwrap();
    for (args, wanted) in [
        ("learn chsh --visibility 1.2", "visibility 1.2"),
        ("learn chsh --visibility nan", "visibility NaN"),
        ("learn chsh --damping -1", "damping -1"),
        ("learn chsh --measurements some", "`any`, `real`, `projective`"),
        ("learn chsh --measurements bad.json", "bad.json"),
        ("learn chsh --measurements none.npz", "none.npz"),
        ("learn chsh --state bell", "`learned`, `maximally-entangled`"),
        ("learn chsh --state maximally-entangled:2", "0 <= V <= 1"),
        ("learn chsh --conditioning 1 --measurements projective", "conditioning"),
    ] {
        let args: Vec<&str> = args.split(' ').collect();
        // a negative number after a flag needs the equals sign
        let joined: Vec<String> = match args.as_slice() {
            [.., flag, value] if value.starts_with('-') => {
                vec!["learn".into(), "chsh".into(), format!("{flag}={value}")]
            }
            other => other.iter().map(|a| (*a).to_owned()).collect(),
        };
        let words: Vec<&str> = joined.iter().map(String::as_str).collect();
        let output = bellwether(folder.path(), &words);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(wanted), "{args:?}: {said}");
        assert!(!folder.path().join("runs/chsh").exists(), "nothing half-written");
    }
}
