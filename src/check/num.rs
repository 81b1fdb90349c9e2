//! Exact numbers: one spelling each on the way in, directed rounding on the way out.

use super::*;

/// Exact rational numbers with positive denominator; in lowest terms where they are read.
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
    let spelled = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let spelled = spelled && (text == "0" || !digits.starts_with('0'));
    ensure!(spelled, Number: "`{}` is no integer in its one spelling", excerpt(text));
    within("digits", digits.len(), max_digits)?;
    text.parse().map_err(|_| refuse!(Number: "`{}` is no integer", excerpt(text)))
}

/// Reads a rational in its one spelling: an integer, or `p/q` in lowest terms with `q > 1`.
///
/// Errors: `NUMBER` for another spelling, `RESOURCE` for more digits than allowed.
///
/// ```
/// # use bellwether::check::num::parse_rational;
/// assert_eq!(parse_rational("-3/4", 10)?.to_string(), "-3/4");
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

/// The decimal with at most `digits` places next to `value`, from below or from above; exact when it can be.
///
/// ```
/// # use bellwether::check::num::{parse_rational, rounded};
/// let third = parse_rational("-1/3", 9)?;
/// assert_eq!((rounded(&third, 3, true), rounded(&third, 3, false)), ("-0.334".into(), "-0.333".into()));
/// # Ok::<(), bellwether::check::Reject>(())
/// ```
pub fn rounded(value: &Rational, digits: u32, below: bool) -> String {
    let unit = BigInt::from(10).pow(digits);
    let round = if below { BigInt::div_floor } else { BigInt::div_ceil };
    let scaled = round(&(value.numer() * &unit), value.denom());
    let (whole, part) = scaled.abs().div_rem(&unit);
    let sign = if scaled.is_negative() { "-" } else { "" };
    let all = format!("{sign}{whole}.{part:0>width$}", width = digits.to_usize().unwrap_or(0));
    all.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Whether `a <= b`, by one product each: the comparison of the library recurses along continued fractions.
pub(crate) fn at_most(a: &Rational, b: &Rational) -> bool {
    a.numer() * b.denom() <= b.numer() * a.denom()
}

/// The sum, not in lowest terms: a common divisor costs more than all the rest.
pub(crate) fn sum(a: &Rational, b: &Rational) -> Rational {
    Rational::new_raw(a.numer() * b.denom() + b.numer() * a.denom(), a.denom() * b.denom())
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
    let each = multiplication(den.bits(), den.bits()) + kept(den.bits());
    meter.charge("scaling to a common denominator", each * values.len())?;
    let scaled = values.iter().map(|v| v.numer() * (&den / v.denom()));
    Ok((scaled.collect(), den))
}

/// The longest of some integers, in bits.
pub(crate) fn max_bits<'a>(numbers: impl IntoIterator<Item = &'a BigInt>) -> u64 {
    numbers.into_iter().map(BigInt::bits).max().unwrap_or(0)
}
