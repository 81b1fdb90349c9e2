//! Exact numbers: one spelling each on the way in, directed rounding on the way out.

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

use super::limits::{Meter, multiplication, wide, words};
use super::reject::{Reject, resource};

/// Exact rational numbers, always in lowest terms with positive denominator.
pub type Rational = BigRational;

/// Why a text is not a number of the certificate format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not of the form `-?(0|[1-9][0-9]*)`, or that followed by `/q`.
    #[error("`{0}` is not an integer like \"-3\" or a fraction like \"1/4\" in its one spelling")]
    Spelling(String),
    /// A fraction that can be cancelled or has denominator 1.
    #[error("`{0}` is not in lowest terms with a denominator above 1")]
    LowestTerms(String),
    /// More digits than the limit.
    #[error("a number of {digits} digits, the limit is {limit}")]
    Digits {
        /// Digits given.
        digits: usize,
        /// Digits allowed.
        limit: usize,
    },
}

/// At most forty characters of `text`, printable ASCII only: messages must not echo raw input.
pub(crate) fn excerpt(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(40)
        .map(|c| {
            if c.is_ascii_graphic() || c == ' ' {
                c
            } else {
                '?'
            }
        })
        .collect();
    if text.chars().nth(40).is_some() {
        short.push_str("...");
    }
    short
}

fn is_natural(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
}

fn spelled(text: &str, max_digits: usize) -> Result<BigInt, NumberError> {
    let bad = || NumberError::Spelling(excerpt(text));
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !is_natural(digits) || (digits == "0" && text != "0") {
        return Err(bad());
    }
    if digits.len() > max_digits {
        return Err(NumberError::Digits {
            digits: digits.len(),
            limit: max_digits,
        });
    }
    text.parse().map_err(|_| bad())
}

/// Reads an integer `-?(0|[1-9][0-9]*)` without `-0`.
///
/// ```
/// # use bellwether::check::num::parse_integer;
/// assert!(parse_integer("-12", 10).is_ok());
/// assert!(parse_integer("+12", 10).is_err() && parse_integer("012", 10).is_err());
/// ```
pub fn parse_integer(text: &str, max_digits: usize) -> Result<BigInt, NumberError> {
    spelled(text, max_digits)
}

/// Numerator and denominator of a fraction in the right alphabet; lowest terms are not tested yet.
pub(crate) fn parse_parts(text: &str, max_digits: usize) -> Result<(BigInt, BigInt), NumberError> {
    let Some((numer, denom)) = text.split_once('/') else {
        return Ok((spelled(text, max_digits)?, BigInt::one()));
    };
    if !is_natural(denom) {
        return Err(NumberError::Spelling(excerpt(text)));
    }
    if denom == "0" || denom == "1" {
        return Err(NumberError::LowestTerms(excerpt(text)));
    }
    let numer = spelled(numer, max_digits).map_err(|error| match error {
        NumberError::Spelling(_) => NumberError::Spelling(excerpt(text)),
        other => other,
    })?;
    Ok((numer, spelled(denom, max_digits)?))
}

pub(crate) fn lowest(text: &str, numer: BigInt, denom: BigInt) -> Result<Rational, NumberError> {
    // gcd(0, q) = q, so "0/5" is refused here as well.
    if denom.is_one() || numer.gcd(&denom).is_one() {
        Ok(Rational::new_raw(numer, denom))
    } else {
        Err(NumberError::LowestTerms(excerpt(text)))
    }
}

/// Reads a rational in its one spelling: an integer, or `p/q` in lowest terms with `q > 1`.
///
/// ```
/// # use bellwether::check::num::{format_rational, parse_rational};
/// assert_eq!(format_rational(&parse_rational("-3/4", 10)?), "-3/4");
/// for bad in ["6/8", "3/1", "0/5", "-0", "03/4", "+1", "0.5", " 1", "1e3", "3/-4", ""] {
///     assert!(parse_rational(bad, 10).is_err());
/// }
/// # Ok::<(), bellwether::check::num::NumberError>(())
/// ```
pub fn parse_rational(text: &str, max_digits: usize) -> Result<Rational, NumberError> {
    let (numer, denom) = parse_parts(text, max_digits)?;
    lowest(text, numer, denom)
}

/// The one spelling of a rational, as `parse_rational` reads it.
pub fn format_rational(value: &Rational) -> String {
    value.to_string()
}

/// The largest decimal with at most `digits` places that is `<= value`; exact when it can be.
///
/// ```
/// # use bellwether::check::num::{decimal_down, decimal_up, parse_rational};
/// let third = parse_rational("-1/3", 9)?;
/// assert_eq!((decimal_down(&third, 3), decimal_up(&third, 3)), ("-0.334".into(), "-0.333".into()));
/// # Ok::<(), bellwether::check::num::NumberError>(())
/// ```
pub fn decimal_down(value: &Rational, digits: u32) -> String {
    place_point(
        &(value.numer() * ten_to(digits)).div_floor(value.denom()),
        digits,
    )
}

/// The smallest decimal with at most `digits` places that is `>= value`; exact when it can be.
pub fn decimal_up(value: &Rational, digits: u32) -> String {
    place_point(
        &(value.numer() * ten_to(digits)).div_ceil(value.denom()),
        digits,
    )
}

/// Whether `value` has at most `digits` decimal places, so that both roundings are exact.
pub fn is_decimal(value: &Rational, digits: u32) -> bool {
    (value.numer() * ten_to(digits)).is_multiple_of(value.denom())
}

fn ten_to(digits: u32) -> BigInt {
    BigInt::from(10u32).pow(digits)
}

fn place_point(scaled: &BigInt, digits: u32) -> String {
    let (whole, part) = scaled.abs().div_rem(&ten_to(digits));
    let sign = if scaled.is_negative() { "-" } else { "" };
    if part.is_zero() {
        return format!("{sign}{whole}");
    }
    let width = usize::try_from(digits).unwrap_or(usize::MAX);
    let part = format!("{part:0>width$}");
    format!("{sign}{whole}.{}", part.trim_end_matches('0'))
}

/// Least common multiple of positive integers, refused beyond the limit on common denominators.
pub(crate) fn common_denominator<'a>(
    denominators: impl IntoIterator<Item = &'a BigInt>,
    meter: &mut Meter,
) -> Result<BigInt, Reject> {
    let limit = meter.limits().denominator_bits;
    let mut all = BigInt::one();
    for d in denominators {
        if d.is_one() || all == *d {
            continue;
        }
        // Binary gcd: one shift or subtraction of the longer number per bit.
        let bits = u128::from(all.bits().max(d.bits()));
        let steps = bits.saturating_mul(words(all.bits().max(d.bits())));
        meter.charge("a common denominator", steps)?;
        let gcd = all.gcd(d);
        all *= d / gcd;
        if all.bits() > limit {
            return Err(resource(
                "",
                format!("a common denominator of more than {limit} bits"),
            ));
        }
    }
    Ok(all)
}

/// Integers `c_k` and one `den` with `values[k] = c_k / den`.
pub(crate) fn over_common(
    values: &[Rational],
    meter: &mut Meter,
) -> Result<(Vec<BigInt>, BigInt), Reject> {
    let den = common_denominator(values.iter().map(Rational::denom), meter)?;
    let each = multiplication(den.bits(), den.bits());
    meter.charge(
        "scaling to a common denominator",
        wide(values.len()).saturating_mul(each),
    )?;
    let scaled = values
        .iter()
        .map(|v| v.numer() * (&den / v.denom()))
        .collect();
    Ok((scaled, den))
}

/// The longest of some integers, in bits.
pub(crate) fn max_bits<'a>(numbers: impl IntoIterator<Item = &'a BigInt>) -> u64 {
    numbers.into_iter().map(BigInt::bits).max().unwrap_or(0)
}
