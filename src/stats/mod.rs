//! Statistics of finite data.

mod summary;

pub use summary::{interquartile_mean, median};
