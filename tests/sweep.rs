//! Sweeps: the same results to the last bit whoever does what, workers killed, plans refused.

use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const PLAN: &str = r#"
format = "bellwether-sweep/1"

[[learn]]
game = ["chsh", "i3322"]
seeds = "0..2"
steps = 30

[[train]]
env = "trading?latency=2"
coordinator = ["entangled", "shared-randomness"]
num_envs = 64
num_steps = 32
total_timesteps = 409600

[[classical]]
game = "random-xor:1:24"
parts = 3
"#;

fn sweep(plan: &Path, out: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bellwether"));
    command.arg("sweep").arg(plan).arg("--out").arg(out);
    command.args(["--json", "--quiet", "--threads", "1", "--stale", "1"]);
    command.args(more);
    command
}

fn report(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A worker in mid-training: its work folder has a checkpoint.
fn has_checkpoint(out: &Path) -> bool {
    let work = std::fs::read_dir(out.join("work"));
    work.is_ok_and(|w| w.flatten().any(|e| e.path().join("run/checkpoint").exists()))
}

#[test]
fn one_worker_and_many_of_which_one_is_lost_find_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan.toml");
    std::fs::write(&plan, PLAN).unwrap();
    let (alone, shared) = (folder.path().join("alone"), folder.path().join("shared"));
    let first = report(&sweep(&plan, &alone, &[]).output().unwrap());
    assert_eq!((first["cells"].as_u64(), first["finished"].as_u64()), (Some(9), Some(9)));

    let start = |more: &[&str]| -> Child {
        let mut command = sweep(&plan, &shared, more);
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
    };
    // the one that will be lost begins with training: the fifth and sixth run of the plan
    let listed = report(&sweep(&plan, &shared, &["--list"]).output().unwrap());
    let train = listed["unfinished"][4].as_str().unwrap().to_owned();
    assert!(train.starts_with("train-trading-latency-2-0-"), "{train}");
    let mut lost = start(&["--cell", &train]);
    while !has_checkpoint(&shared) && lost.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    lost.kill().unwrap(); // SIGKILL: no time to tidy up
    lost.wait().unwrap();
    assert!(!shared.join("cells").join(&train).exists());
    let workers = [start(&[]), start(&[])];
    let reports = workers.map(|w| report(&w.wait_with_output().unwrap()));
    let done: Vec<&Value> = reports.iter().flat_map(|r| r["done"].as_array().unwrap()).collect();
    assert_eq!(done.len(), 9, "{reports:?}");
    let read = |folder: &Path, file: &str| std::fs::read(folder.join(file)).unwrap();
    assert!(read(&alone, "results.jsonl") == read(&shared, "results.jsonl"));
    for file in ["metrics.jsonl", "checkpoint"] {
        let file = format!("cells/{train}/run/{file}");
        assert!(read(&alone, &file) == read(&shared, &file), "{file}");
    }

    // nothing is done twice, and a cell alone is found finished
    let again = report(&sweep(&plan, &shared, &[]).output().unwrap());
    assert_eq!(again["done"].as_array().unwrap().len(), 0);
    let again = report(&sweep(&plan, &shared, &["--cell", &train]).output().unwrap());
    assert_eq!(again["finished"], 9);
    assert_eq!(std::fs::read_dir(shared.join("work")).unwrap().count(), 0);

    // the shares of the classical search are the optimum
    let text = std::fs::read_to_string(shared.join("results.jsonl")).unwrap();
    let joined: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let bounds = Command::new(env!("CARGO_BIN_EXE_bellwether"))
        .args(["bounds", "random-xor:1:24", "--class", "sr", "--json"])
        .output()
        .unwrap();
    assert_eq!(joined["classical_exact"], report(&bounds)["sr"]["exact"]);
}

#[test]
fn parts_of_a_plan_are_done_apart_and_a_plan_may_grow() {
    let folder = tempfile::tempdir().unwrap();
    let (plan, out) = (folder.path().join("plan.toml"), folder.path().join("out"));
    let text = "format = \"bellwether-sweep/1\"\n[[learn]]\ngame = \"chsh\"\nsteps = 5\nseeds = ";
    std::fs::write(&plan, format!("{text}\"0..3\"\n")).unwrap();
    let part = report(&sweep(&plan, &out, &["--part", "0/2"]).output().unwrap());
    assert_eq!((&part["finished"], &part["results"]), (&2.into(), &Value::Null));
    let part = report(&sweep(&plan, &out, &["--part", "1/2"]).output().unwrap());
    assert!(part["results"].is_string());
    std::fs::write(&plan, format!("{text}[5, 1]\n")).unwrap();
    let grown = report(&sweep(&plan, &out, &[]).output().unwrap());
    assert_eq!(grown["done"].as_array().unwrap().len(), 1);
}

#[test]
fn plans_that_cannot_be_are_refused_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (plan, out) = (folder.path().join("plan.toml"), folder.path().join("out"));
    let head = "format = \"bellwether-sweep/1\"\n";
    // a few kilobytes that stand for gigabytes of settings, and a file that takes gigabytes to parse
    let keys: String = (0..60).map(|k| format!("key{k} = 1\n")).collect();
    let wide = format!("[[learn]]\ngame = \"chsh\"\nseeds = \"0..99999\"\n{keys}");
    let long = format!("[[learn]]\ngame = \"chsh\"\nsteps = [{}]\n", "0,".repeat(1 << 20));
    for (text, words) in [
        ("[[learn]]\ngame = \"chsh\"\n", &["format"][..]),
        ("format = \"bellwether-sweep/1\"\n", &["no runs"]),
        ("[[learn]\n", &["plan.toml"]),
        ("[[learn]]\nsteps = 5\n", &["learn 1", "no game"]),
        ("[[learn]]\ngame = \"chhs\"\n", &["chhs", "chsh"]),
        ("[[learn]]\ngame = \"chsh\"\nstep = 5\n", &["step"]),
        ("[[train]]\nenv = \"queueing\"\nlearning_rat = 1\n", &["learning_rat", "learning_rate"]),
        ("[[train]]\nenv = \"queueing\"\nnum_envs = [0, 1]\n", &["num_envs"]),
        ("[[learn]]\ngame = [\"chsh\", \"chsh\"]\n", &["twice"]),
        ("[[learn]]\ngame = \"chsh\"\nseeds = \"3..1\"\n", &["seeds"]),
        ("[[learn]]\ngame = \"chsh\"\nseeds = \"0..99999999\"\n", &["seeds"]),
        ("[[classical]]\ngame = \"chsh\"\nparts = 0\n", &["parts"]),
        ("[[classical]]\ngame = \"chsh\"\nsteps = 0\n", &["steps"]),
        ("[[dance]]\ngame = \"chsh\"\n", &["dance"]),
        ("[[learn]]\ngame = \"chsh\"\nsteps = [1, 2]\nseeds = \"0..99999\"\n", &["more than 100000 runs"]),
        (&wide, &["learn 1", "bytes of settings"]),
        (&long, &["larger than 2097152 bytes"]),
    ] {
        let head = if text.starts_with("format") || words == ["format"] { "" } else { head };
        std::fs::write(&plan, format!("{head}{text}")).unwrap();
        let output = sweep(&plan, &out, &[]).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}: {error}");
        assert!(words.iter().all(|w| error.contains(w)), "{text}: {error}");
    }
    assert!(!out.exists());
}
