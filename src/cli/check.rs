//! `bellwether check`: the independent checker, called as a library.

pub mod program;

use super::output::Out;
use crate::game::catalog;
use crate::game::file::identity;

#[derive(clap::Args)]
#[command(
    after_help = "Takes the arguments of bellwether-check:\n  CERT.. [--game GAME | --game-sha256 H] [--show-game] [--limits key=value,..]\n\nExample:\n  bellwether check runs/chsh/certificate.json --game chsh"
)]
pub struct Args {
    /// Certificates and options of bellwether-check.
    #[arg(required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub fn run(args: &Args, out: &Out) -> i32 {
    let mut arguments = args.arguments.clone();
    for (set, flag) in [(out.is_json(), "--json"), (out.is_quiet(), "--quiet")] {
        if set && !arguments.iter().any(|a| a == flag) {
            arguments.push(flag.to_owned());
        }
    }
    program::run(&arguments, &built_in_game, &mut std::io::stdout().lock(), &mut std::io::stderr().lock())
}

/// The identity hash of a game of the catalogue, for `--game NAME`.
///
/// # Errors
/// The message of the catalogue for an unknown name.
pub fn built_in_game(name: &str) -> Result<String, String> {
    let entry = catalog::lookup(name).map_err(|e| e.to_string())?;
    identity(&entry.game).map_err(|e| e.to_string())
}
