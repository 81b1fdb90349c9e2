//! bellwether
#![forbid(unsafe_code)]
