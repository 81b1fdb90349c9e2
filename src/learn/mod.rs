//! Learning: strategies found from plays of a black-box game.
//!
//! Nothing here can see a game except through [`crate::game::BlackBox`] (questions asked, the learner's own answers, payoffs
//! returned) or a sequential problem except through [`crate::env::Environment`].

mod actor;
mod adam;
pub mod anneal;
mod config;
mod coordinator;
mod critic;
mod error;
mod estimate;
mod gae;
mod joint;
mod lagrangian;
mod layer;
mod lbfgs;
mod local;
mod mappo;
mod mlp;
mod network;
mod plan;
mod plays;
mod policy;
mod projective;
mod reinforce;
mod restriction;
mod rollout;
mod simd;
mod surrogate;

pub use actor::Actor;
pub use adam::Adam;
pub use anneal::anneal;
pub use config::{Config, MAX_BATCH, Preset, default_dims, lecun_deviation};
pub use coordinator::{
    Central, Conditioning, Coordinator, CoordinatorWork, Entangled, Family, MAX_JOINT, Measurement, Observations, Own,
    Prepared, SharedRandomness,
};
pub use critic::{Critic, CriticKind, NetworkCritic, QuadraticCritic};
pub use error::LearnError;
pub use gae::{Horizon, advantages};
pub use joint::{JointPolicy, PolicyWork, ReadyPolicy};
pub use lagrangian::{Lagrangian, Pid};
pub use mappo::{ActorKind, CoordinatorKind, Estimator, Mappo, MappoConfig, Saved, UpdateMetrics};
pub use mlp::{Mlp, MlpWork};
pub use network::Network;
pub use policy::{MAX_JOINT_DIMENSION, PolicyShape, QuantumPolicy, SharedState};
pub use reinforce::{Observer, Step, Training, Verdict, reinforce};
pub use restriction::{Measurements, Restrictions};
pub use simd::LANES;
