//! What the documents tell a reader to type: every command is understood, and every `sh` block runs as it stands.
//!
//! A block marked `sh slow` is understood but not run; "Save this as `FILE`" before a block makes that file. Commands in
//! running text with words in capitals (`GAME`, `DIR`) are patterns and skipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A fenced block of a document.
struct Block {
    line: usize,
    info: String,
    text: String,
    /// The file that the text before it says to save it as.
    file: Option<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn documents() -> Vec<PathBuf> {
    let mut found = vec![root().join("README.md")];
    let listed = fs::read_dir(root().join("docs")).unwrap();
    let paths = listed.map(|entry| entry.unwrap().path());
    found.extend(paths.filter(|p| p.extension().is_some_and(|e| e == "md")));
    found.sort();
    assert!(found.len() > 8, "documents not found");
    found
}

fn blocks(text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut open: Option<Block> = None;
    let mut file = None;
    for (number, line) in text.lines().enumerate() {
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, Some(info)) => {
                open =
                    Some(Block { line: number + 1, info: info.trim().into(), text: String::new(), file: file.take() });
            }
            (None, None) => {
                if let Some((_, rest)) = line.split_once("ave this as `") {
                    file = rest.split('`').next().map(str::to_owned);
                }
            }
        }
    }
    assert!(open.is_none(), "a block is never closed");
    found
}

/// The arguments after the program, if the line runs the program `bellwether`.
fn arguments(line: &str) -> Option<Vec<String>> {
    let line = line.trim().trim_start_matches("$ ");
    let line = line.strip_prefix("bellwether ").or_else(|| {
        let rest = line.strip_prefix("cargo run --release ")?;
        rest.trim_start_matches("--quiet ").strip_prefix("-- ")
    })?;
    shlex::split(line)
}

/// Commands between back quotes in running text.
fn inline(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let spans = line.split('`').skip(1).step_by(2);
            found.extend(spans.filter(|s| s.starts_with("bellwether ")).map(str::to_owned));
        }
    }
    found
}

/// Whether a command is a pattern: it holds a word in capitals or dots for more.
fn pattern(arguments: &[String]) -> bool {
    arguments.iter().any(|word| {
        let capitals = |part: &str| part.len() > 1 && part.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        let numbers = word.chars().all(|c| c.is_ascii_digit() || c == '.');
        (word.contains("..") && !numbers)
            || word.contains(['[', '|', '…'])
            || word.split(|c: char| !c.is_alphanumeric() && c != '_').any(capitals)
            || matches!(word.as_str(), "N" | "P" | "E" | "V" | "X")
    })
}

#[test]
fn every_command_in_the_documents_is_understood() {
    let mut understood = 0;
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        let mut lines = inline(&text);
        for block in blocks(&text) {
            lines.extend(block.text.lines().map(str::to_owned));
        }
        for line in lines {
            let line = line.split(" #").next().unwrap_or_default();
            let line = line.split([';', '>']).next().unwrap_or_default();
            let Some(arguments) = arguments(line) else {
                continue;
            };
            if pattern(&arguments) {
                continue;
            }
            // a command that is only named must exist
            let mut arguments = arguments;
            if arguments.len() == 1 {
                arguments.push("--help".into());
            }
            if let Err(why) = bellwether::cli::understands(&arguments) {
                panic!("{}: '{line}': {why}", path.display());
            }
            understood += 1;
        }
    }
    assert!(understood > 12, "only {understood} commands found");
}

/// Runs the `sh` blocks of one document in one fresh folder, in their order.
fn run(path: &Path) -> usize {
    let text = fs::read_to_string(path).unwrap();
    let folder = TempDir::new().unwrap();
    for linked in ["examples", "check-py"] {
        std::os::unix::fs::symlink(root().join(linked), folder.path().join(linked)).unwrap();
    }
    let program = Path::new(env!("CARGO_BIN_EXE_bellwether"));
    let search = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut ran = 0;
    for block in blocks(&text) {
        if let Some(file) = &block.file {
            fs::write(folder.path().join(file), &block.text).unwrap();
        }
        if block.info != "sh" {
            continue;
        }
        let script: String = block
            .text
            .lines()
            .filter(|line| !line.starts_with("cargo ") || line.starts_with("cargo run"))
            .map(|line| {
                let line = line.trim_start_matches("$ ");
                let line = line.replace("cargo run --release --bin bellwether-check -- ", "bellwether-check ");
                line.replace("cargo run --release -- ", "bellwether ") + "\n"
            })
            .collect();
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &script])
            .current_dir(folder.path())
            .env("PATH", &search)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}:{}: exit {:?}\n{}{}",
            path.display(),
            block.line,
            output.status.code(),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        ran += 1;
    }
    ran
}

#[test]
fn every_block_marked_sh_runs_as_it_stands() {
    let ran: usize = documents().iter().map(|path| run(path)).sum();
    assert!(ran >= 5, "only {ran} blocks ran");
}

/// Links `[text](target)` outside of code, without their fragments, and the fragments.
fn links(text: &str) -> Vec<(String, Option<String>)> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced || line.starts_with("    ") {
            continue;
        }
        // what stands between back quotes is code
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for rest in prose.split("](").skip(1) {
            let Some((target, _)) = rest.split_once(')') else {
                continue;
            };
            let (file, fragment) = match target.split_once('#') {
                Some((file, fragment)) => (file, Some(fragment.to_owned())),
                None => (target, None),
            };
            found.push((file.to_owned(), fragment));
        }
    }
    found
}

/// Headings as fragments, the way GitHub and mdBook write them.
fn anchors(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        if !fenced && line.starts_with('#') {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            found.push(kept.map(|c| if c == ' ' { '-' } else { c }).collect());
        }
    }
    found
}

#[test]
fn every_link_in_the_documents_leads_somewhere() {
    let mut followed = 0;
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        for (file, fragment) in links(&text) {
            if file.contains("://") || file.starts_with("mailto:") {
                continue;
            }
            let target = match file.as_str() {
                "" => path.clone(),
                file => path.parent().unwrap().join(file),
            };
            assert!(target.exists(), "{}: no {file}", path.display());
            if let Some(fragment) = fragment.filter(|_| target.extension().is_some_and(|e| e == "md")) {
                let known = anchors(&fs::read_to_string(&target).unwrap());
                assert!(known.contains(&fragment), "{}: no {file}#{fragment} among {known:?}", path.display());
            }
            followed += 1;
        }
    }
    assert!(followed > 50, "only {followed} links found");
}

#[test]
fn the_book_has_every_page_once() {
    let summary = fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap();
    let mut listed: Vec<String> = links(&summary).into_iter().map(|(file, _)| file).collect();
    listed.sort();
    let mut pages: Vec<String> = documents()
        .iter()
        .map(|p| p.file_name().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "SUMMARY.md" && name != "README.md")
        .collect();
    pages.sort();
    assert_eq!(listed, pages);
    let book: toml::Table = fs::read_to_string(root().join("book.toml")).unwrap().parse().unwrap();
    assert_eq!(book["book"]["src"].as_str(), Some("docs"));
}
