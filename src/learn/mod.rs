//! Learning: strategies found from plays of a black-box game.
//!
//! Nothing here can see a game except through [`crate::game::BlackBox`]: questions asked, the
//! learner's own answers, payoffs returned.

mod adam;
pub mod anneal;
mod config;
mod error;
mod estimate;
mod lbfgs;
mod network;
mod plan;
mod plays;
mod policy;
mod reinforce;

pub use adam::Adam;
pub use anneal::anneal;
pub use config::{Config, MAX_BATCH, Preset, default_dims, lecun_deviation};
pub use error::LearnError;
pub use network::Network;
pub use policy::{MAX_JOINT_DIMENSION, PolicyShape, QuantumPolicy, SharedState};
pub use reinforce::{Observer, Step, Training, Verdict, reinforce};
