//! bellwether
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod bound;
pub mod check;
pub mod cli;
pub mod game;
pub mod learn;
pub mod quantum;
pub mod run;
pub mod stats;
pub mod strategy;
