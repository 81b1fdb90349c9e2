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

/// The interquartile mean: the mean without the lowest and the highest quarter, `floor(n/4)` values each, the 25 %
/// trimmed mean of rliable (Agarwal et al., arXiv 2108.13264). `None` for no values or a NaN.
///
/// ```
/// assert_eq!(bellwether::stats::interquartile_mean(&[0.0, 1.0, 2.0, 100.0]), Some(1.5));
/// ```
pub fn interquartile_mean(values: &[f64]) -> Option<f64> {
    let v = sorted(values)?;
    let cut = v.len() / 4;
    let kept = &v[cut..v.len() - cut];
    Some(kept.iter().sum::<f64>() / kept.len() as f64)
}

/// The optimality gap `gamma - mean min(v, gamma)`: by how much the values miss the target `gamma` on average, with
/// no credit for exceeding it (arXiv 2108.13264). `None` for no values or a NaN.
///
/// ```
/// assert_eq!(bellwether::stats::optimality_gap(&[0.5, 2.0], 1.0), Some(0.25));
/// ```
pub fn optimality_gap(values: &[f64], gamma: f64) -> Option<f64> {
    let v = sorted(values)?;
    Some(gamma - v.iter().map(|v| v.min(gamma)).sum::<f64>() / v.len() as f64)
}

/// The arithmetic mean, `None` for no values or a NaN.
pub fn mean(values: &[f64]) -> Option<f64> {
    let v = sorted(values)?;
    Some(v.iter().sum::<f64>() / v.len() as f64)
}

fn sorted(values: &[f64]) -> Option<Vec<f64>> {
    if values.is_empty() || values.iter().any(|v| v.is_nan()) {
        return None;
    }
    let mut v = values.to_vec();
    v.sort_by(f64::total_cmp);
    Some(v)
}
