//! Shared by the integration tests of bounds.
#![allow(dead_code)]
pub mod games;
