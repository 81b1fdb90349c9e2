//! `bellwether reproduce`: the paper's experiments, with its figures beside ours.
//!
//! One file an item. An item is a function from a [`Context`] to a [`Section`]; the list of items is [`ITEMS`].

mod context;
mod figure3;
mod figure5;
mod limits;
mod plays;
mod section;
mod table2;

use super::HOLDS;
use super::experiment::watch;
use super::output::{CliError, Out};
use crate::run::RunFolder;
pub use context::{Arm, Context};
pub use section::{Make, Row, Section, produce};
use std::cell::RefCell;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  bellwether reproduce table2 --quick\n  bellwether reproduce all --out results\n\nWrites a folder: report.html (one self-contained page), result.json, one CSV a picture or table. Exit code 0: done."
)]
pub struct Args {
    /// What to reproduce.
    #[arg(value_parser = ["table2", "figure3", "plays", "limits", "figure5", "all"])]
    item: String,
    /// 10 seeds instead of 30, and less of what takes long
    #[arg(long)]
    quick: bool,
    /// Folder for the results, new or empty [default: runs/reproduce-ITEM]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// An item's name, and what makes its section.
type Item = (&'static str, fn(&Context) -> Result<Section, CliError>);

/// The list. Adding an item touches its own file, this and the argument above.
const ITEMS: &[Item] = &[
    ("table2", table2::section),
    ("figure3", figure3::section),
    ("plays", plays::section),
    ("limits", limits::section),
    // last: it takes the longest, and what came before is on disk
    ("figure5", figure5::section),
];

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    let folder = match &args.out {
        Some(path) => RunFolder::at(path)?,
        None => RunFolder::fresh(&format!("reproduce-{}", args.item))?,
    };
    let context = Context {
        quick: args.quick,
        seeds: (0..if args.quick { 10 } else { 30 }).collect(),
        proofs: true,
        folder: &folder,
        watching: watch(0, out),
        runs: RefCell::default(),
    };
    let wanted = ITEMS.iter().filter(|(name, _)| args.item == "all" || args.item == *name);
    let wanted: Vec<Make> = wanted.map(|(_, section)| section as Make).collect();
    let command = format!("bellwether reproduce {}", args.item);
    let title = "The paper's experiments repeated";
    produce((title, &command), &context, &wanted, out)?;
    Ok(HOLDS)
}
