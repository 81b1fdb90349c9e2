//! bellwether
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod game;
pub mod strategy;
