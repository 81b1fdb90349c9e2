//! The checker: what it proves, what it refuses, and the exact kernels underneath.

#[path = "check/examples.rs"]
mod examples;
#[path = "check/forged.rs"]
mod forged;
#[path = "check/kernels.rs"]
mod kernels;
#[path = "check/program.rs"]
mod program;
#[path = "check/python.rs"]
mod python;
#[path = "check/sharp.rs"]
mod sharp;
#[path = "check/support.rs"]
mod support;
#[path = "check/upper.rs"]
mod upper;
#[path = "check/valid.rs"]
mod valid;
