//! Machine integers of the search: the narrowest that cannot overflow is the fastest.

/// A machine integer whose sums the caller has proved to fit.
pub(super) trait Word: Copy + Ord + Send + Sync + 'static {
    const ZERO: Self;
    /// Largest total of absolute values for which a search in this width is safe.
    const ROOM: i128;
    /// Sum; the caller guarantees room, so no check is paid for.
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn of(value: i64) -> Self;
    fn wide(self) -> i64;
}

macro_rules! word {
    ($($t:ty),*) => {$(
        impl Word for $t {
            const ZERO: Self = 0;
            const ROOM: i128 = (<$t>::MAX / 4) as i128;
            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            #[inline(always)]
            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
            #[inline(always)]
            fn of(value: i64) -> Self {
                value as $t
            }
            #[inline(always)]
            fn wide(self) -> i64 {
                i64::from(self)
            }
        }
    )*};
}

word!(i16, i32, i64);
