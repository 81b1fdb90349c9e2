//! Bodies of the fuzz targets, so that their corpora are replayed by `cargo test` on stable. Not an interface.
//!
//! A body takes bytes and panics when a claim fails: files and lines as they are, numerical inputs through `input`.

mod behaviour;
mod certificate;
mod checkpoint;
mod config;
mod density;
mod dpomdp;
mod environment;
mod game;
mod hermitian;
mod input;
mod logits;
mod membership;
mod npz;
mod pid;
mod plays;
mod povm;
mod process;
mod referee;
mod softmax;
mod strategy;
mod sweep_plan;

pub use behaviour::behaviour_file;
pub use certificate::certificate;
pub use checkpoint::checkpoint;
pub use config::config;
pub use density::density;
pub use dpomdp::dpomdp;
pub use environment::environment;
pub use game::{game_file, names};
pub use hermitian::hermitian;
pub use logits::logits_file;
pub use membership::membership;
pub use npz::npz;
pub use pid::pid;
pub use plays::plays;
pub use povm::povm;
pub use process::process;
pub use referee::referee;
pub use softmax::softmax;
pub use strategy::strategy_file;
pub use sweep_plan::sweep_plan;

/// A target's name and its body.
pub type Target = (&'static str, fn(&[u8]));

/// All targets by name; the name is also that of the corpus folder.
pub const TARGETS: [Target; 21] = [
    ("behaviour_file", behaviour_file),
    ("certificate", certificate),
    ("checkpoint", checkpoint),
    ("config", config),
    ("density", density),
    ("dpomdp", dpomdp),
    ("environment", environment),
    ("game_file", game_file),
    ("hermitian", hermitian),
    ("logits_file", logits_file),
    ("membership", membership),
    ("names", names),
    ("npz", npz),
    ("pid", pid),
    ("plays", plays),
    ("povm", povm),
    ("process", process),
    ("referee", referee),
    ("softmax", softmax),
    ("strategy_file", strategy_file),
    ("sweep_plan", sweep_plan),
];
