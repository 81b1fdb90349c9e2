//! From an empirical game to the true one: a bound on its value at a level.
//!
//! `n` questions are drawn independently from `mu`; `G_n` is the game with their frequencies in place of `mu`. For the
//! strategy that is best in the true game, `G_n` is a mean of `n` independent variables in `[0,1]` with mean
//! `omega(G)`, and `omega(G_n)` is at least that mean: `P(omega(G) > U and omega(G_n) <= K/n) <= exp(-n kl(K/n, U))` for
//! `K/n < U`, whatever the class (SR, Q or NS) and without counting strategies.

use super::ln_inverse_upper;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed};

/// Whether `omega(G) <= u` follows at level `alpha` from `omega(G_n) <= k/n`: `k/n < u < 1` and
/// `(k/(n u))^k ((n-k)/(n (1-u)))^(n-k) >= 1/alpha`. Exact: integers only, of about `n` times the bits of `u`.
///
/// ```
/// use bellwether::stats::transfer_holds;
/// use num_rational::BigRational;
/// let r = |p: i64, q: i64| BigRational::new(p.into(), q.into());
/// assert!(transfer_holds(1000, 750, &r(8, 10), &r(1, 100)));
/// assert!(!transfer_holds(1000, 750, &r(76, 100), &r(1, 100)));
/// ```
pub fn transfer_holds(n: u64, k: u64, u: &BigRational, alpha: &BigRational) -> bool {
    let one = BigRational::one();
    if *u >= one {
        return *u == one || k <= n; // no value exceeds 1
    }
    if k > n || n == 0 || !alpha.is_positive() {
        return false;
    }
    let integer = |v: u64| BigRational::from_integer(BigInt::from(v));
    if integer(k) >= integer(n) * u {
        return false;
    }
    let power = |base: &BigInt, e: u64| num_traits::pow::Pow::pow(base, e);
    let (p, q) = (u.numer(), u.denom());
    let lose = q - p;
    // (k q)^k ((n-k) q)^(n-k) alpha_num >= (n p)^k (n lose)^(n-k) alpha_den
    let left = power(&(q * k), k) * power(&(q * (n - k)), n - k) * alpha.numer();
    let right = power(&(p * n), k) * power(&(lose * n), n - k) * alpha.denom();
    left >= right
}

/// The least multiple of `10^-6` for which [`transfer_holds`]; 1 if there is none below.
pub fn transfer_upper(n: u64, k: u64, alpha: &BigRational) -> BigRational {
    const GRID: i64 = 1_000_000;
    let u = |m: i64| BigRational::new(BigInt::from(m), BigInt::from(GRID));
    // floats find the place, integers decide
    let wanted = -num_traits::ToPrimitive::to_f64(alpha).unwrap_or(1.0).ln();
    let (nf, kf) = (n as f64, k as f64);
    let evidence = |u: f64| {
        let won = if k == 0 { 0.0 } else { kf * (kf / (nf * u)).ln() };
        let lost = if k == n { 0.0 } else { (nf - kf) * ((nf - kf) / (nf * (1.0 - u))).ln() };
        won + lost
    };
    let (mut low, mut high) = ((kf / nf.max(1.0) * GRID as f64) as i64, GRID);
    while high - low > 1 {
        let middle = (low + high) / 2;
        if evidence(middle as f64 / GRID as f64) >= wanted {
            high = middle;
        } else {
            low = middle;
        }
    }
    for m in high..GRID.min(high + 3) {
        if certified(n, k, &u(m), alpha, wanted) {
            return u(m);
        }
    }
    BigRational::one()
}

/// [`transfer_holds`], with powers rounded in the safe direction where exact ones would be long.
fn certified(n: u64, k: u64, u: &BigRational, alpha: &BigRational, wanted: f64) -> bool {
    if n <= 20_000 {
        return transfer_holds(n, k, u, alpha);
    }
    let integer = |v: u64| BigRational::from_integer(BigInt::from(v));
    let won = integer(k) / (integer(n) * u);
    let lost = integer(n - k) / (integer(n) * (BigRational::one() - u));
    ln_inverse_upper([(&won, k), (&lost, n - k)]) <= -wanted - 1e-9
}
