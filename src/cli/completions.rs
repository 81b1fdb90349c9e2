//! `bellwether completions`: what a shell needs to complete commands and options.

use super::output::{CliError, Out};
use super::{BAD_INPUT, Cli, HOLDS};
use clap::CommandFactory;
use clap_complete::Shell;
use serde::Serialize;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  bellwether completions bash > ~/.local/share/bash-completion/completions/bellwether\n  bellwether completions zsh > ~/.zfunc/_bellwether        (with ~/.zfunc in fpath)\n  bellwether completions fish > ~/.config/fish/completions/bellwether.fish"
)]
pub struct Args {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Serialize)]
struct Report {
    shell: String,
    script: String,
}

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "bellwether", &mut script);
    let script =
        String::from_utf8(script).map_err(|e| CliError::new(BAD_INPUT, format!("the script is not UTF-8: {e}")))?;
    let report = Report { shell: args.shell.to_string(), script };
    out.result(&report, || report.script.clone());
    Ok(HOLDS)
}
