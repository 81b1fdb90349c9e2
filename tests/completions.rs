//! Shell completions and manual pages are complete: every command, every option.

use std::path::Path;
use std::process::{Command, Output};

fn bellwether(args: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_bellwether");
    Command::new(program).args(args).output().unwrap()
}

fn text(args: &[&str]) -> String {
    let output = bellwether(args);
    assert_eq!(output.status.code(), Some(0), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The commands that `--help` lists.
fn commands() -> Vec<String> {
    let help = text(&["--help"]);
    let lines = help.lines().skip_while(|l| *l != "Commands:").skip(1);
    let lines = lines.take_while(|l| !l.trim().is_empty());
    // names stand two columns in, wrapped descriptions further
    let lines = lines.filter(|l| l.starts_with("  ") && !l[2..].starts_with(' '));
    let words = lines.filter_map(|l| l.split_whitespace().next());
    let names: Vec<String> = words.filter(|w| *w != "help").map(Into::into).collect();
    assert!(names.len() > 8, "{help}");
    names
}

#[test]
fn completions_name_every_command_and_option() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = text(&["completions", shell]);
        for command in commands() {
            assert!(script.contains(&command), "{shell}: {command}");
        }
        for option in ["seeds", "learning-rate", "threads"] {
            assert!(script.contains(option), "{shell}: --{option}");
        }
    }
    assert_eq!(bellwether(&["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn bash_accepts_its_script_and_completes_with_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("bellwether.bash");
    std::fs::write(&path, text(&["completions", "bash"])).unwrap();
    let ask = r#"source "$0"; COMP_WORDS=(bellwether cert); COMP_CWORD=1; _bellwether bellwether cert bellwether
        printf '%s\n' "${COMPREPLY[@]}""#;
    let Ok(output) = Command::new("bash").args(["-c", ask]).arg(&path).output() else {
        return; // no bash here
    };
    let reply = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(reply.trim(), "certify", "{output:?}");
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::TempDir::new().unwrap();
    let folder = folder.path().join("man1");
    text(&["man", "--dir", folder.to_str().unwrap()]);
    let read = |name: &str| std::fs::read_to_string(Path::new(&folder).join(name)).unwrap();
    assert!(read("bellwether.1").contains(".TH BELLWETHER 1"));
    for command in commands() {
        let page = read(&format!("bellwether-{command}.1"));
        let title = format!(".TH BELLWETHER-{} 1", command.to_uppercase());
        assert!(page.contains(&title), "{command}: {page}");
        assert!(page.contains("\\-\\-json"), "{command}");
    }
    assert!(text(&["man", "learn"]).contains("\\-\\-seeds"));
    let unknown = bellwether(&["man", "nonsense"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("certify"));
}
