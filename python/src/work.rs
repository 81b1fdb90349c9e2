//! Long work: on a thread of its own, without the interpreter lock, with an ear for Ctrl-C.

use crate::error::InternalError;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

/// How often a waiting call looks for signals.
const LOOK: Duration = Duration::from_millis(20);

/// What happens to work when its caller is interrupted.
pub enum Interrupt<'a> {
    /// It is told to stop and waited for: it may call back into Python.
    Stop(&'a dyn Fn()),
    /// It cannot be told: it ends by itself, unheard.
    Leave,
}

/// Runs `work` and returns its result; a signal handler's exception (Ctrl-C) comes first.
pub fn run<T: Send + 'static>(
    py: Python<'_>,
    interrupt: Interrupt<'_>,
    work: impl FnOnce() -> T + Send + 'static,
) -> PyResult<T> {
    let (done, result) = sync_channel(1);
    let spawned = std::thread::Builder::new().name("bellwether".into()).spawn(move || {
        // a panic must not cross: it becomes an exception of the caller
        let outcome = catch_unwind(AssertUnwindSafe(work));
        let _ = done.send(outcome); // nobody listens after an interrupt
    });
    spawned.map_err(|e| PyOSError::new_err(e.to_string()))?;
    let mut interrupted = None;
    // only this thread waits on the receiver; the lock makes it shareable with `detach`
    let result = std::sync::Mutex::new(result);
    loop {
        let wait = || result.lock().ok().map(|result| result.recv_timeout(LOOK));
        let outcome = match py.detach(wait) {
            Some(Ok(outcome)) => outcome,
            Some(Err(RecvTimeoutError::Timeout)) => {
                if interrupted.is_none()
                    && let Err(signal) = py.check_signals()
                {
                    match interrupt {
                        Interrupt::Stop(stop) => stop(),
                        Interrupt::Leave => return Err(signal),
                    }
                    interrupted = Some(signal);
                }
                continue;
            }
            _ => return Err(InternalError::new_err("the work ended without a result")),
        };
        return match (interrupted, outcome) {
            (Some(signal), _) => Err(signal),
            (None, Ok(value)) => Ok(value),
            (None, Err(panic)) => Err(InternalError::new_err(message(&*panic))),
        };
    }
}

/// Runs short work on this thread, without the interpreter lock.
pub fn short<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    py.detach(|| catch_unwind(AssertUnwindSafe(work))).map_err(|panic| InternalError::new_err(message(&*panic)))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panic: {}", text.unwrap_or_default())
}
