//! `bellwether man`: manual pages made from the same definitions as `--help`.

use super::output::{CliError, Out};
use super::{BAD_INPUT, Cli, HOLDS};
use crate::game::file::write_atomic;
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use serde::Serialize;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  bellwether man | man -l -\n  bellwether man learn | man -l -\n  bellwether man --dir ~/.local/share/man/man1"
)]
pub struct Args {
    /// The page of one command [default: the program's]
    #[arg(conflicts_with = "dir")]
    command: Option<String>,
    /// Write all pages into this folder instead.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

#[derive(Serialize)]
struct Page {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}

#[derive(Serialize)]
struct Report {
    pages: Vec<Page>,
}

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    let mut program = Cli::command();
    program.build(); // so that the global options stand on every page
    let report = match &args.dir {
        None => {
            let command = chosen(&program, args.command.as_deref())?;
            let text = render(&program, &command)?;
            Report { pages: vec![Page { name: title(&program, &command), text: Some(text), path: None }] }
        }
        Some(dir) => {
            std::fs::create_dir_all(dir).map_err(|e| CliError::new(BAD_INPUT, format!("{}: {e}", dir.display())))?;
            let mut pages = Vec::new();
            let subcommands = program.get_subcommands().filter(|c| c.get_name() != "help");
            for command in std::iter::once(&program).chain(subcommands) {
                let name = title(&program, command);
                let path = dir.join(format!("{name}.1"));
                write_atomic(&path, render(&program, command)?.as_bytes())?;
                pages.push(Page { name, text: None, path: Some(path.display().to_string()) });
            }
            Report { pages }
        }
    };
    out.result(&report, || {
        let line = |page: &Page| page.text.clone().or(page.path.clone()).unwrap_or_default();
        report.pages.iter().map(line).collect::<Vec<_>>().join("\n")
    });
    Ok(HOLDS)
}

/// The command whose page is asked for.
fn chosen(program: &Command, name: Option<&str>) -> Result<Command, CliError> {
    let Some(name) = name else {
        return Ok(program.clone());
    };
    program.find_subcommand(name).filter(|c| c.get_name() != "help").cloned().ok_or_else(|| {
        let names: Vec<&str> = program.get_subcommands().map(Command::get_name).filter(|n| *n != "help").collect();
        let names = names.join(", ");
        CliError::new(BAD_INPUT, format!("no command '{name}', wanted one of {names}"))
    })
}

/// `bellwether` or `bellwether-COMMAND`, the name under which man finds the page.
fn title(program: &Command, command: &Command) -> String {
    match command.get_name() {
        name if name == program.get_name() => name.to_owned(),
        name => format!("{}-{name}", program.get_name()),
    }
}

fn render(program: &Command, command: &Command) -> Result<String, CliError> {
    let title = title(program, command);
    let mut page = Vec::new();
    Man::new(command.clone().display_name(title.clone())).title(title.to_uppercase()).render(&mut page)?;
    String::from_utf8(page).map_err(|e| CliError::new(BAD_INPUT, format!("the page is not UTF-8: {e}")))
}
