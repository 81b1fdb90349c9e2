//! The `bellwether` command.
#![forbid(unsafe_code)]

fn main() {
    std::process::exit(bellwether::cli::run());
}
