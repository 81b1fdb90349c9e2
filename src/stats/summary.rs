//! Summaries of a set of runs.

/// The median of the values, `None` for no values or a NaN.
///
/// ```
/// assert_eq!(bellwether::stats::median(&[3.0, 1.0, 2.0, 10.0]), Some(2.5));
/// ```
pub fn median(values: &[f64]) -> Option<f64> {
    let v = sorted(values)?;
    Some(0.5 * (v[(v.len() - 1) / 2] + v[v.len() / 2]))
}

/// The interquartile mean: the mean of the middle half, with values at its ends counted in part
/// (Agarwal et al., arXiv 2108.13264). `None` for no values or a NaN.
///
/// ```
/// assert_eq!(bellwether::stats::interquartile_mean(&[0.0, 1.0, 2.0, 100.0]), Some(1.5));
/// ```
pub fn interquartile_mean(values: &[f64]) -> Option<f64> {
    let v = sorted(values)?;
    let n = v.len() as f64;
    // each value owns a unit of the line [0, n]; the mean is over [n/4, 3n/4]
    let part = |k: usize| ((k as f64 + 1.0).min(0.75 * n) - (k as f64).max(0.25 * n)).max(0.0);
    let total: f64 = v.iter().enumerate().map(|(k, v)| part(k) * v).sum();
    Some(total / (0.5 * n))
}

fn sorted(values: &[f64]) -> Option<Vec<f64>> {
    if values.is_empty() || values.iter().any(|v| v.is_nan()) {
        return None;
    }
    let mut v = values.to_vec();
    v.sort_by(f64::total_cmp);
    Some(v)
}
