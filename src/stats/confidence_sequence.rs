//! Confidence sequences: intervals for the win probability that hold at all times at once, and with memory.

/// Two-sided confidence sequence for the *average of the conditional win probabilities in force* over `n` rounds with
/// `k` wins.
///
/// For `l != 0` and `psi_l(p) = ln(1 - p + p e^l)`, `prod_t exp(l W_t - psi_l(p_t))` is a martingale from 1 whatever
/// the players remember; as `psi_l` is concave, `exp(l k - n psi_l(mean p_t))` is at most that. A fixed mixture over
/// `l > 0` bounds the average from below and one over `l < 0` from above; by Ville the probability that the interval ever
/// fails to hold the average of its time is at most `alpha` (half for each side). For independent plays the average is the
/// win probability itself.
///
/// Returns `(lower, upper)`, rounded outward by 1e-9; `(0, 1)` for no rounds.
///
/// ```
/// use bellwether::stats::confidence_sequence;
/// let (lower, upper) = confidence_sequence(1000, 853, 0.05);
/// assert!(0.80 < lower && lower < 0.853 && 0.853 < upper && upper < 0.90);
/// ```
pub fn confidence_sequence(n: u64, k: u64, alpha: f64) -> (f64, f64) {
    let lower = one_sided(n, k, 0.5 * alpha);
    let upper = 1.0 - one_sided(n, n.saturating_sub(k), 0.5 * alpha);
    (lower.min(upper), upper.max(lower))
}

/// `ln` of the mixture `mean_l exp(l k - n psi_l(p))` over `l = 8, 8/sqrt 2, .., 2^-10`: an e-process against "the average
/// of the conditional win probabilities is at most `p`".
pub fn win_evidence(n: u64, k: u64, p: f64) -> f64 {
    let (n, k) = (n as f64, k as f64);
    let terms = (0..BETS).map(|j| {
        let l = 8.0 * 2f64.powf(-0.5 * f64::from(j));
        l * k - n * (p * l.exp_m1()).ln_1p()
    });
    let terms: Vec<f64> = terms.collect();
    log_mean_exp(&terms)
}

const BETS: i32 = 27;

/// `ln(mean exp(t))` without overflow; for no terms minus infinity.
pub fn log_mean_exp(terms: &[f64]) -> f64 {
    let share = 1.0 / terms.len() as f64;
    let terms: Vec<(f64, f64)> = terms.iter().map(|t| (share, *t)).collect();
    log_weighted_sum_exp(&terms)
}

/// `ln(sum w exp(t))` of pairs `(w, t)` without overflow, `w >= 0`; for no terms minus infinity.
pub fn log_weighted_sum_exp(terms: &[(f64, f64)]) -> f64 {
    let largest = terms.iter().map(|t| t.1).fold(f64::NEG_INFINITY, f64::max);
    if !largest.is_finite() {
        return largest;
    }
    let sum: f64 = terms.iter().map(|(w, t)| w * (t - largest).exp()).sum();
    largest + sum.ln()
}

/// Lower end at level `alpha`: the largest `p` still refuted, by bisection (the evidence falls in `p`).
fn one_sided(n: u64, k: u64, alpha: f64) -> f64 {
    // a little more than asked pays for rounding in the sums
    let wanted = -alpha.ln() + 1e-9 * (1.0 + n as f64 * 1e-5);
    if n == 0 || k == 0 || alpha <= 0.0 || win_evidence(n, k, 0.0) < wanted {
        return 0.0;
    }
    let (mut refuted, mut open) = (0.0, 1.0);
    for _ in 0..60 {
        let p = 0.5 * (refuted + open);
        if win_evidence(n, k, p) >= wanted {
            refuted = p;
        } else {
            open = p;
        }
    }
    (refuted - 1e-9f64).max(0.0)
}
