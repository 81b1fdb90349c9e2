//! The independent checker as a program of its own.
#![forbid(unsafe_code)]

use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = Vec::new();
    for arg in std::env::args_os().skip(1) {
        match arg.into_string() {
            Ok(arg) => args.push(arg),
            Err(arg) => {
                eprintln!("bellwether-check: the argument {arg:?} is not UTF-8");
                return ExitCode::from(2);
            }
        }
    }
    let code = bellwether::cli::checker::run(
        &args,
        &bellwether::cli::built_in_game,
        &mut io::stdout().lock(),
        &mut io::stderr().lock(),
    );
    ExitCode::from(u8::try_from(code).unwrap_or(2))
}
