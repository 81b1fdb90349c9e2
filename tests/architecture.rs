//! The import rules of `docs/architecture.md`: who may know whom.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Path below `src` and text without comment lines.
fn code() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    assert!(paths.len() > 20, "sources not found");
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().filter(|l| !l.trim_start().starts_with("//"));
        (name, lines.collect::<Vec<_>>().join("\n"))
    };
    paths.into_iter().map(read).collect()
}

/// The top-level modules of ours that a text names through `crate::`.
fn imports(text: &str) -> Vec<String> {
    text.match_indices("crate::")
        .flat_map(|(at, _)| {
            let rest = &text[at + "crate::".len()..];
            let names: Vec<String> = match rest.strip_prefix('{') {
                // `crate::{a::x, b}`: the first word after every top-level comma
                Some(group) => {
                    let mut depth = 0;
                    let mut words = vec![String::new()];
                    for c in group.chars() {
                        match c {
                            '{' => depth += 1,
                            '}' if depth == 0 => break,
                            '}' => depth -= 1,
                            ',' if depth == 0 => words.push(String::new()),
                            c if depth == 0 => words.last_mut().unwrap().push(c),
                            _ => {}
                        }
                    }
                    words
                }
                None => vec![rest.to_owned()],
            };
            let first = |name: String| -> String {
                let name = name.trim_start();
                name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
            };
            names.into_iter().map(first).filter(|n| !n.is_empty())
        })
        .collect()
}

#[test]
fn modules_import_only_what_they_may() {
    let may: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("check", &[][..]),
        ("quantum", &["simd"]),
        ("simd", &[]),
        ("stats", &[]),
        ("game", &["check", "simd"]),
        ("strategy", &["game", "quantum", "check"]),
        ("bound", &["env", "strategy", "game", "quantum", "check", "stats"]),
        ("env", &["strategy", "game", "quantum", "simd"]),
        ("learn", &["env", "strategy", "game", "quantum", "simd"]),
        ("run", &["learn", "env", "strategy", "game", "quantum", "stats", "simd"]),
        ("cli", &["run", "learn", "env", "bound", "strategy", "game", "quantum", "check", "stats"]),
    ]);
    let mut seen = 0;
    for (path, text) in code() {
        let room = path.split('/').next().unwrap().trim_end_matches(".rs");
        if ["lib", "main", "bin", "fuzzing"].contains(&room) {
            continue;
        }
        let allowed = may.get(room).unwrap_or_else(|| panic!("src/{path}: no rule for the module '{room}'"));
        for import in imports(&text) {
            assert!(
                import == room || allowed.contains(&import.as_str()),
                "src/{path} imports crate::{import}, which '{room}' may not"
            );
            seen += 1;
        }
    }
    assert!(seen > 50, "only {seen} imports found: the test reads the wrong thing");
}

#[test]
fn libraries_are_named_in_one_place_only() {
    let rules: [(&str, &[&str]); 5] = [
        ("good_lp", &["bound/lp"]),
        ("faer", &["quantum/", "bound/npa", "bound/certify/"]),
        ("clap", &["cli/"]),
        ("indicatif", &["cli/"]),
        ("plotters", &["run/report/"]),
    ];
    for (path, text) in code() {
        for (library, rooms) in rules {
            let named = text.contains(&format!("{library}::")) || text.contains(&format!("use {library}"));
            let allowed = rooms.iter().any(|room| path.starts_with(room));
            assert!(!named || allowed, "src/{path} names {library}; only {rooms:?} may");
        }
    }
}

#[test]
fn the_checker_has_no_floats_and_learning_no_hidden_randomness() {
    for (path, text) in code() {
        if path.starts_with("check/") {
            // the one float type in the checker is in the method that refuses floats
            let text = text.replace("fn visit_f64<E>(self, _: f64)", "");
            for word in ["f64", "f32", "unsafe", "serde_json::Value", ".unwrap()", ".expect("] {
                assert!(!text.contains(word), "src/{path}: the checker may not contain '{word}'");
            }
        }
        for word in ["StdRng", "thread_rng", "rand::rng()", "SmallRng"] {
            assert!(!text.contains(word), "src/{path}: '{word}' is not reproducible");
        }
    }
}

#[test]
fn imports_are_understood() {
    assert_eq!(imports("use crate::{game::{A, B}, quantum};"), ["game", "quantum"]);
    assert_eq!(imports("crate::learn::Adam"), ["learn"]);
}
