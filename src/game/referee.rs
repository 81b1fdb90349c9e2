//! A referee in another process.
