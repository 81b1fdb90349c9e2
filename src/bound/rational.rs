//! From floating point to rationals: continued fractions.

use crate::game::Rational;
use num_bigint::BigInt;

/// The fraction nearest to `x` among those met by its continued fraction with denominator at most
/// `max_denominator`; `None` if `x` is not finite or beyond `2^52`.
///
/// ```
/// use bellwether::bound::nearest_fraction;
/// assert_eq!(nearest_fraction(0.166666666669, 1000).unwrap().to_string(), "1/6");
/// ```
pub fn nearest_fraction(x: f64, max_denominator: i64) -> Option<Rational> {
    if !x.is_finite() || x.abs() > 4503599627370496.0 {
        return None;
    }
    let (mut p0, mut q0, mut p1, mut q1) = (0i128, 1i128, 1i128, 0i128);
    let mut rest = x;
    for _ in 0..64 {
        let whole = rest.floor();
        if whole.abs() > 9e15 {
            break;
        }
        let digit = whole as i128;
        let (p2, q2) = (digit * p1 + p0, digit * q1 + q0);
        if q2 > i128::from(max_denominator.max(1)) {
            break;
        }
        (p0, q0, p1, q1) = (p1, q1, p2, q2);
        let fraction = rest - whole;
        if fraction.abs() < 1e-12 || (p1 as f64 / q1 as f64 - x).abs() < 1e-13 {
            break;
        }
        rest = 1.0 / fraction;
    }
    (q1 > 0).then(|| Rational::new(BigInt::from(p1), BigInt::from(q1)))
}

/// The rational an f64 stands for exactly (a fraction over a power of two); `None` if not finite.
pub fn rational_of(x: f64) -> Option<Rational> {
    Rational::from_float(x)
}
