//! Experiments: seeds, run folders, training runs.

mod export;
mod folder;
mod learn;
pub mod report;
mod seed;
pub mod tensorboard;

pub use export::{evaluated, write_events};
pub use folder::RunFolder;
pub use learn::{Metric, SeedRun, Watch, run_seed, value_name};
pub use seed::{Purpose, stream, subseed};
pub use tensorboard::EventWriter;
