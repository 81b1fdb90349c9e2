//! `reproduce`: the rows set the paper beside ours, and the files hold what the rows rest on.

use std::process::Command;

#[test]
fn figure_3_counts_its_curves_and_writes_them_down() {
    let folder = tempfile::tempdir().unwrap();
    let run = || {
        Command::new(env!("CARGO_BIN_EXE_bellwether"))
            .args(["reproduce", "figure3", "--quick", "--json", "--out", "r"])
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    let output = run();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = document["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    // without entropy 3 of the paper's 30 runs stay classical, with entropy none does
    assert_eq!(rows[0]["paper"], 0.0);
    assert_eq!(rows[0]["ours"], 0.0);
    assert_eq!(rows[1]["paper"], 3.0);
    assert!(rows[1]["ours"].as_f64().unwrap() <= 10.0);

    let csv = std::fs::read_to_string(folder.path().join("r/figure3-curves.csv")).unwrap();
    let curves: Vec<Vec<f64>> =
        csv.lines().skip(1).map(|l| l.split(',').map(|n| n.parse().unwrap()).collect()).collect();
    assert!(curves.len() > 20 * 490, "{} points", curves.len());
    let start = |entropy: f64| -> Vec<f64> {
        let first = |l: &&Vec<f64>| l[0] == entropy && l[2] == 10.0;
        curves.iter().filter(first).map(|l| l[1]).collect()
    };
    assert_eq!(start(0.0), start(0.2), "the same seeds");
    let top = curves.iter().map(|l| l[4]).fold(0.0, f64::max);
    assert!((0.853..=0.8535534).contains(&top), "{top}");

    // results are never overwritten
    let again = run();
    assert_eq!(again.status.code(), Some(2));
}
