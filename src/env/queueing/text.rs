//! Reading parameters from text.

use super::super::EnvError;

/// Exactly `N` finite numbers, separated by colons.
pub(super) fn numbers<const N: usize>(text: &str) -> Option<[f64; N]> {
    let mut out = [0.0; N];
    let mut parts = text.split(':');
    for x in &mut out {
        *x = number(parts.next()?)?;
    }
    parts.next().is_none().then_some(out)
}

/// Pairs `value@probability`, separated by commas.
pub(super) fn fraction_pairs(text: &str) -> Option<Vec<(f64, f64)>> {
    let pair = |part: &str| {
        let (x, p) = part.split_once('@')?;
        Some((number(x)?, number(p)?))
    };
    text.split(',').map(pair).collect()
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|x: &f64| x.is_finite())
}

/// A parameter error that quotes what was given, made safe for a message.
pub(super) fn wrong(name: &str, given: &str, wanted: &str) -> EnvError {
    let shown: String = given.chars().take(100).flat_map(char::escape_debug).collect();
    EnvError::Parameter { name: name.into(), given: format!("'{shown}'"), wanted: wanted.into() }
}
