//! bellwether
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod check;
pub mod game;
pub mod quantum;
pub mod strategy;
