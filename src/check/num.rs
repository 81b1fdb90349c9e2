//! Exact numbers: one spelling each on the way in, directed rounding on the way out.

use super::*;

/// Exact rational numbers, always in lowest terms with positive denominator.
pub type Rational = BigRational;

/// The beginning of a text of the input, in printable ASCII: messages must not echo it raw.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_default).collect()
}

/// Reads an integer `-?(0|[1-9][0-9]*)` without `-0`.
///
/// Errors: `NUMBER` for another spelling, `RESOURCE` for more digits than allowed.
///
/// ```
/// # use bellwether::check::num::parse_integer;
/// assert!(parse_integer("-12", 10).is_ok());
/// assert!(parse_integer("+12", 10).is_err() && parse_integer("012", 10).is_err());
/// ```
pub fn parse_integer(text: &str, max_digits: u64) -> Result<BigInt> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    within("digits", digits.len(), max_digits)?;
    let spelled = digits.bytes().all(|b| b.is_ascii_digit());
    let spelled = spelled && (text == "0" || !digits.starts_with('0'));
    let value = text.parse().ok().filter(|_| spelled);
    value.ok_or_else(|| refuse!(Number: "`{}` is no integer in its one spelling", excerpt(text)))
}

/// Reads a rational in its one spelling: an integer, or `p/q` in lowest terms with `q > 1`.
///
/// Errors: `NUMBER` for another spelling, `RESOURCE` for more digits than allowed.
///
/// ```
/// # use bellwether::check::num::{format_rational, parse_rational};
/// assert_eq!(format_rational(&parse_rational("-3/4", 10)?), "-3/4");
/// assert!(parse_rational("2/4", 10).is_err() && parse_rational("5/1", 10).is_err());
/// # Ok::<(), bellwether::check::Reject>(())
/// ```
pub fn parse_rational(text: &str, max_digits: u64) -> Result<Rational> {
    let Some((numer, denom)) = text.split_once('/') else {
        return Ok(parse_integer(text, max_digits)?.into());
    };
    let (numer, denom) = (parse_integer(numer, max_digits)?, parse_integer(denom, max_digits)?);
    // gcd(0, q) = q, so "0/5" is refused as well.
    let lowest = denom > BigInt::one() && numer.gcd(&denom).is_one();
    ensure!(lowest, Number: "`{}` is not in lowest terms over a denominator above 1", excerpt(text));
    Ok(Rational::new_raw(numer, denom))
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
/// # Ok::<(), bellwether::check::Reject>(())
/// ```
pub fn decimal_down(value: &Rational, digits: u32) -> String {
    let scaled = value.numer() * BigInt::from(10).pow(digits);
    place_point(&scaled.div_floor(value.denom()), digits)
}

/// The smallest decimal with at most `digits` places that is `>= value`; exact when it can be.
pub fn decimal_up(value: &Rational, digits: u32) -> String {
    let scaled = value.numer() * BigInt::from(10).pow(digits);
    place_point(&scaled.div_ceil(value.denom()), digits)
}

fn place_point(scaled: &BigInt, digits: u32) -> String {
    let (whole, part) = scaled.abs().div_rem(&BigInt::from(10).pow(digits));
    let sign = if scaled.is_negative() { "-" } else { "" };
    if part.is_zero() {
        return format!("{sign}{whole}");
    }
    let part = format!("{part:0>width$}", width = digits.to_usize().unwrap_or(0));
    format!("{sign}{whole}.{}", part.trim_end_matches('0'))
}

/// Least common multiple of positive integers, refused beyond the limit on common denominators.
pub(crate) fn common_denominator<'a>(
    denominators: impl IntoIterator<Item = &'a BigInt>,
    meter: &Meter,
) -> Result<BigInt> {
    let limit = meter.limits.denominator_bits;
    let mut all = BigInt::one();
    for d in denominators {
        if d.is_one() || all == *d {
            continue;
        }
        meter.charge("a common denominator", divisor(all.bits().max(d.bits())))?;
        all = all.lcm(d);
        ensure!(all.bits() <= limit, Resource: "a common denominator above {limit} bits");
    }
    Ok(all)
}

/// Integers `c_k` and one `den` with `values[k] = c_k / den`.
pub(crate) fn over_common(values: &[Rational], meter: &Meter) -> Result<(Vec<BigInt>, BigInt)> {
    let den = common_denominator(values.iter().map(Rational::denom), meter)?;
    let each = multiplication(den.bits(), den.bits());
    meter.charge("scaling to a common denominator", each * values.len())?;
    let scaled = values.iter().map(|v| v.numer() * (&den / v.denom()));
    Ok((scaled.collect(), den))
}

/// The longest of some integers, in bits.
pub(crate) fn max_bits<'a>(numbers: impl IntoIterator<Item = &'a BigInt>) -> u64 {
    numbers.into_iter().map(BigInt::bits).max().unwrap_or(0)
}
