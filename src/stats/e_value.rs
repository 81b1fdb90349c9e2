//! E-values for win/lose counts.

use super::binomial::binomial_tail_upper;
use num_rational::BigRational;
use num_traits::ToPrimitive;

/// `ln` of the win/lose e-value for a fixed alternative `q > beta`: `(q/beta)^k ((1-q)/(1-beta))^(n-k)`.
///
/// If each round is won with conditional probability at most `beta`, a bet of `q/beta` on a win and `(1-q)/(1-beta)` on a
/// loss gains nothing on average, so the product is a test supermartingale and
/// `P(sup_n E_n >= 1/alpha) <= alpha` (Ville). `q <= beta` gives 0 (no bet).
///
/// ```
/// let e = bellwether::stats::ln_e_fixed(100, 90, 0.75, 0.85);
/// assert!((e - (90.0 * (0.85f64 / 0.75).ln() + 10.0 * (0.15f64 / 0.25).ln())).abs() < 1e-12);
/// ```
pub fn ln_e_fixed(n: u64, k: u64, beta: f64, q: f64) -> f64 {
    if q.is_nan() || q <= beta || beta <= 0.0 || k > n {
        return 0.0;
    }
    let q = q.min(1.0);
    let lost = (n - k) as f64;
    // 0 ln 0 = 0: nothing was lost
    let losses = if n == k { 0.0 } else { lost * ((1.0 - q) / (1.0 - beta)).ln() };
    k as f64 * (q / beta).ln() + losses
}

/// `ln` of the win/lose e-value averaged over all alternatives `q` uniform in `(beta, 1)`: no alternative need be known.
///
/// `E = 1/(1-beta) int_beta^1 (q/beta)^k ((1-q)/(1-beta))^(n-k) dq
///    = B(k+1, n-k+1) P(Bin(n+1, beta) <= k) / ((1-beta) beta^k (1-beta)^(n-k))`,
/// a mean of test supermartingales. Computed as `P(Bin(n+1, beta) <= k) / ((n+1) (1-beta) P(Bin(n, beta) = k))`; numerical, relative error about `1e-12 n`.
pub fn ln_e_mixture(n: u64, k: u64, beta: &BigRational) -> f64 {
    let Some(b) = beta.to_f64().filter(|b| *b > 0.0 && *b < 1.0) else {
        return 0.0;
    };
    if k > n {
        return 0.0;
    }
    // P(Bin(n+1, beta) <= k) = P(Bin(n+1, 1-beta) >= n+1-k)
    let lose = BigRational::from_integer(1.into()) - beta;
    let below = binomial_tail_upper(n + 1, n + 1 - k, &lose);
    below.ln() - ((n + 1) as f64).ln() - (-b).ln_1p() - ln_binomial(n, k, b)
}

/// `ln P(Bin(n, p) = k)` for `0 < p < 1`, by Loader's saddle-point form.
pub fn ln_binomial(n: u64, k: u64, p: f64) -> f64 {
    let (nf, kf) = (n as f64, k as f64);
    if k == 0 {
        return nf * (-p).ln_1p();
    }
    if k == n {
        return nf * p.ln();
    }
    let lost = nf - kf;
    stirling(nf) - stirling(kf) - stirling(lost) - deviance(kf, nf * p) - deviance(lost, nf * (1.0 - p))
        + 0.5 * (nf / (std::f64::consts::TAU * kf * lost)).ln()
}

/// `ln n! - ln(sqrt(2 pi n) (n/e)^n)` for a positive integer `n`.
fn stirling(n: f64) -> f64 {
    if n < 16.0 {
        let factorial: f64 = (2..=n as u32).map(|i| f64::from(i).ln()).sum();
        return factorial - ((n + 0.5) * n.ln() - n + 0.5 * std::f64::consts::TAU.ln());
    }
    let m = n * n;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / 1188.0 / m) / m) / m) / m) / n
}

/// `x ln(x/m) + m - x`.
fn deviance(x: f64, m: f64) -> f64 {
    let v = (x - m) / (x + m);
    if v.abs() < 0.1 {
        // a series where the plain form cancels
        let mut sum = (x - m) * v;
        let mut term = 2.0 * x * v;
        for j in 1..60 {
            term *= v * v;
            let next = sum + term / f64::from(2 * j + 1);
            if next == sum {
                break;
            }
            sum = next;
        }
        return sum;
    }
    x * (x / m).ln() + m - x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::binomial_tail_exact;

    #[test]
    fn point_probabilities() {
        let beta = BigRational::new(5.into(), 8.into());
        for n in [1u64, 5, 40, 150] {
            for k in 0..=n {
                let exact = binomial_tail_exact(n, k, &beta) - binomial_tail_exact(n, k + 1, &beta);
                let ours = ln_binomial(n, k, 0.625).exp();
                assert!((ours / exact.to_f64().unwrap() - 1.0).abs() < 1e-11, "{n} {k}");
            }
        }
    }

    /// The closed form of the mixture is the integral.
    #[test]
    fn mixture_is_the_mean_of_fixed_bets() {
        let beta = BigRational::new(3.into(), 4.into());
        for (n, k) in [(0, 0), (1, 1), (10, 9), (10, 2), (100, 86), (200, 150)] {
            let m = 40_000;
            let values: Vec<f64> = (0..m)
                .map(|j| 0.75 + 0.25 * (f64::from(j) + 0.5) / f64::from(m))
                .map(|q| ln_e_fixed(n, k, 0.75, q))
                .collect();
            let integral = crate::stats::log_mean_exp(&values);
            assert!((ln_e_mixture(n, k, &beta) - integral).abs() < 1e-5, "{n} {k}");
        }
    }

    /// `x ln(x/m) + m - x` with `m = x (1 + e)` is `x (e - ln(1 + e))`; of small `e` only the squares on are left.
    #[test]
    fn deviance_keeps_its_digits_where_it_nearly_vanishes() {
        for x in [1e3, 1e6, 1e9] {
            for e in [1e-3_f64, -1e-3, 1e-5, 1e-7] {
                let m = x + x * e;
                let e: f64 = (m - x) / x;
                let series: f64 = (2..8).map(|k| (-e).powi(k) / f64::from(k)).sum();
                assert!((deviance(x, m) / (x * series) - 1.0).abs() < 1e-12, "{x} {e}");
            }
        }
    }

    /// Against the logarithm of the factorial where the series begins, which is where its last terms count.
    #[test]
    fn the_series_begins_without_a_step() {
        for n in 16..24 {
            let factorial: f64 = (2..=n).map(|i| f64::from(i).ln()).sum();
            let n = f64::from(n);
            let direct = factorial - ((n + 0.5) * n.ln() - n + 0.5 * std::f64::consts::TAU.ln());
            assert!((stirling(n) - direct).abs() < 2e-13, "{n}");
        }
    }
}
