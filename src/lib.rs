//! bellwether
#![forbid(unsafe_code)]

pub mod quantum;
