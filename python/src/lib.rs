//! The Python package of bellwether: the library with numpy arrays in and out.
//!
//! Work runs on threads of its own without the interpreter lock, Ctrl-C stops it, and neither errors nor panics cross
//! the border except as Python exceptions. The Python side (`python/bellwether`) adds names, keywords and types.
#![forbid(unsafe_code)]

mod array;
mod bounds;
mod certify;
mod environment;
mod error;
mod game;
mod learn;
mod referee;
mod softmax;
mod strategy;
mod train;
mod work;

use pyo3::prelude::*;

#[pymodule]
mod _bellwether {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::bounds::{Bracket, OneSided, bounds};
    #[pymodule_export]
    use crate::certify::{Certificate, Proved, certify, check};
    #[pymodule_export]
    use crate::error::{BadInput, Error, InternalError, Rejected, Undecided};
    #[pymodule_export]
    use crate::game::{Game, games, read_behaviour, write_behaviour};
    #[pymodule_export]
    use crate::learn::{Learned, Run, learn};
    #[pymodule_export]
    use crate::softmax::{softmax, softmax_with_gradient};
    #[pymodule_export]
    use crate::strategy::Strategy;

    #[pymodule_export]
    use crate::train::{Trained, evaluate, read_checkpoint, train};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
