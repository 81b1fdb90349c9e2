//! Errors of the library as Python exceptions.

use ::bellwether::bound::BoundError;
use ::bellwether::bound::certify::CertifyError;
use ::bellwether::check::{Reject, RejectCode};
use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;

create_exception!(_bellwether, Error, PyException, "Base of all errors of this package.");
create_exception!(
    _bellwether,
    BadInput,
    PyValueError,
    "What was given cannot be used; the message names the place, what was given and what was wanted."
);
create_exception!(
    _bellwether,
    Undecided,
    Error,
    "A limit of size, time or precision was reached; nothing was decided."
);
create_exception!(
    _bellwether,
    Rejected,
    Error,
    "The checker refuses a certificate: attributes `code`, `at` and `why`."
);
create_exception!(_bellwether, InternalError, Error, "A defect of this package.");

/// Any error of the library that is the caller's.
pub fn bad(error: impl std::fmt::Display) -> PyErr {
    BadInput::new_err(error.to_string())
}

/// Limits of size and convergence are no fault of the input.
pub fn bound(error: BoundError) -> PyErr {
    match error {
        BoundError::TooLarge { .. } | BoundError::NotConverged { .. } | BoundError::Lp(_) => {
            Undecided::new_err(error.to_string())
        }
        _ => bad(error),
    }
}

pub fn certify(error: CertifyError) -> PyErr {
    match error {
        CertifyError::Bound(error) => bound(error),
        CertifyError::Rejected(reject) => rejected(&reject),
        other => bad(other),
    }
}

/// A refusal with its class, place and reason; a certificate over the limits is undecided.
pub fn rejected(reject: &Reject) -> PyErr {
    if reject.code == RejectCode::Resource {
        return Undecided::new_err(reject.to_string());
    }
    let error = Rejected::new_err(reject.to_string());
    let set = Python::attach(|py| -> PyResult<()> {
        let value = error.value(py);
        value.setattr("code", reject.code.to_string())?;
        value.setattr("at", &reject.at)?;
        value.setattr("why", &reject.why)
    });
    set.err().unwrap_or(error)
}
