//! Loops compiled for the widest vectors of the machine, and random numbers made by them.

mod stream;

pub(crate) use stream::{Stream, state};

/// Runs `f` compiled for the widest vectors of this machine. What `f` calls must be `#[inline(always)]`: a closure handed
/// to an iterator (`for_each`, `map`) need not be, and calls a function per fused multiplication then.
#[inline(always)]
pub(crate) fn widest<R>(f: impl FnMut() -> R) -> R {
    pulp::Arch::new().dispatch(Inline(f))
}

/// Calls a closure by reference: by value a closure that borrows is called through a shim of the compiler, which is not
/// inlined and knows nothing of vectors.
struct Inline<F>(F);

impl<R, F: FnMut() -> R> pulp::WithSimd for Inline<F> {
    type Output = R;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(mut self, _: S) -> R {
        (self.0)()
    }
}
