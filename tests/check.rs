//! The checker: what it proves, what it refuses, and the exact kernels underneath.

#[path = "check/forged.rs"]
mod forged;
#[path = "check/kernels.rs"]
mod kernels;
#[path = "check/program.rs"]
mod program;
#[path = "check/support.rs"]
mod support;
#[path = "check/valid.rs"]
mod valid;
