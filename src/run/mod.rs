//! Experiments: seeds, run folders, training runs.

mod cells;
mod evaluate;
mod export;
mod folder;
mod learn;
pub mod report;
mod seed;
mod sweep;
pub mod tensorboard;
mod train;

pub use cells::{Cell, Cells, Claim, Plan, Task};
pub use evaluate::{Sampled, sampled};
pub use export::{evaluated, write_events};
pub use folder::RunFolder;
pub use learn::{Metric, SeedRun, Watch, run_seed, value_name};
pub use seed::{MAX_SEEDS, Purpose, parse_seeds, stream, subseed};
pub use sweep::{Sweep, SweepPoint, sweep};
pub use tensorboard::EventWriter;
pub use train::{Checkpoint, Settings, TrainError, TrainObserver, begin, resolved, train};
