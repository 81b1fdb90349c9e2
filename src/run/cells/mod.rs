//! Sweeps over many machines: a plan of cells, and how workers that share nothing but a folder divide them.

mod claim;
mod plan;

pub use claim::{Cells, Claim};
pub use plan::{Cell, Plan, Task};
