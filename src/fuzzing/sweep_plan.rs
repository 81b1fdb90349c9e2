//! Plans of sweeps.

use crate::run::{Plan, Settings, Task};
use std::collections::HashSet;

/// Any text as a plan: refused with its place, or runs whose names are folders, all different, and whose settings are
/// written out and read back as the same run.
pub fn sweep_plan(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let plan = match Plan::parse("plan.toml", text) {
        Ok(plan) => plan,
        Err(e) => {
            assert!(e.to_string().contains("plan.toml"), "no place in: {e}");
            return;
        }
    };
    assert!((1..=100_000).contains(&plan.cells.len()));
    let folder = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut names = HashSet::new();
    for cell in &plan.cells {
        assert!(cell.name.len() <= 100 && cell.name.chars().all(folder));
        assert!(names.insert(&cell.name), "{} is there twice", cell.name);
    }
    for cell in plan.cells.iter().take(8) {
        let written = cell.settings.to_string();
        match written.parse::<toml::Table>() {
            Ok(again) => assert_eq!(again.to_string(), written),
            Err(e) => panic!("settings that cannot be read back: {e}\n{written}"),
        }
        let subject = cell.word(if cell.task == Task::Train { "env" } else { "game" });
        assert!(subject.is_some(), "{written}");
        match cell.task {
            Task::Train => drop(Settings::parse("settings", &written).and_then(|s| s.resolve())),
            Task::Classical => {
                let (Some(part), Some(parts)) = (cell.number("part"), cell.number("parts")) else {
                    panic!("no part of the whole: {written}");
                };
                assert!(part < parts);
            }
            Task::Learn => {}
        }
    }
}
