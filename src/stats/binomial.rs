//! Exact and certified tails of the binomial law.
//!
//! Under every classical model, with memory and with devices that adapt, a round of a win/lose game is won with
//! conditional probability at most `beta`; the number of wins in `n` rounds is then dominated by `Bin(n, beta)`
//! (Bierhorst, arXiv 1312.2999; Elkouss and Wehner, arXiv 1510.07233), so `P(Bin(n, beta) >= wins)` is a p-value.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// `P(Bin(n, beta) >= k)` as an exact rational. Integers grow to `n` times the bits of `beta`: meant for `n` to some
/// thousands; [`binomial_tail_upper`] serves any `n`.
///
/// ```
/// use bellwether::stats::binomial_tail_exact;
/// use num_rational::BigRational;
/// let half = BigRational::new(1.into(), 2.into());
/// assert_eq!(binomial_tail_exact(3, 2, &half), half);
/// ```
pub fn binomial_tail_exact(n: u64, k: u64, beta: &BigRational) -> BigRational {
    if k == 0 || *beta >= BigRational::one() {
        return if k <= n { BigRational::one() } else { BigRational::zero() };
    }
    if k > n || !beta.is_positive() {
        return BigRational::zero();
    }
    let (p, q) = (beta.numer(), beta.denom());
    let lose = q - p;
    let mut sum = BigInt::zero();
    // Horner in the ratio win/lose over a common denominator q^n: sum_j C(n,j) p^j lose^(n-j)
    let mut term = BigInt::one(); // C(n,j) p^(j-k), from j = k upward
    for i in 0..k {
        term = term * (n - i) / (i + 1);
    }
    for j in k..=n {
        sum = sum * &lose + &term;
        if j < n {
            term = term * p * (n - j) / (j + 1);
        }
    }
    let power = |base: &BigInt, e: u64| num_traits::pow::Pow::pow(base, e);
    BigRational::new(sum * power(p, k), power(q, n))
}

/// An upper bound on `P(Bin(n, beta) >= k)`, larger than the probability by a relative `2^-60 (6 n + 200)` at most
/// (before rounding to the result: below 1e-9 for `n` to 10^8).
///
/// Certified: 64-bit integers with every rounding upward; the tail after the last term is bounded by its geometric
/// series. The result is a float `>=` the probability, except that a probability below 1e-300 is returned as 1e-300.
///
/// ```
/// use bellwether::stats::binomial_tail_upper;
/// use num_rational::BigRational;
/// let p = binomial_tail_upper(431, 368, &BigRational::new(3.into(), 4.into()));
/// assert!((1e-8..1e-4).contains(&p));
/// ```
pub fn binomial_tail_upper(n: u64, k: u64, beta: &BigRational) -> f64 {
    if k == 0 || *beta >= BigRational::one() {
        return if k <= n { 1.0 } else { 0.0 };
    }
    if k > n || !beta.is_positive() {
        return 0.0;
    }
    let (p, q) = (beta.numer(), beta.denom());
    let win = Up::ratio(p, q);
    let lose = Up::ratio(&(q - p), q);
    let odds = Up::ratio(p, &(q - p));
    // the first term C(n,k) beta^k (1-beta)^(n-k), C(n,k) over the shorter side
    let mut term = win.power(k).times(lose.power(n - k));
    let short = k.min(n - k);
    for i in 0..short {
        term = term.times_ratio(n - i, i + 1);
    }
    let mut sum = term;
    let mut j = k;
    while j < n {
        let ratio = odds.times_ratio(n - j, j + 1);
        term = term.times(ratio);
        sum = sum.plus(term);
        j += 1;
        // ratios fall from here on: the rest is below term r/(1-r); r < 1/2 makes that below one more term
        if ratio.below_half() && term.negligible_beside(sum) {
            sum = sum.plus(term);
            break;
        }
        if sum.at_least_one() {
            return 1.0;
        }
        // for beta near 1 ratios may stay above 1/2: the loop then runs to n, which is exact as well
    }
    sum.to_f64().min(1.0)
}

/// A positive number `m 2^e`, `2^63 <= m < 2^64`; every operation rounds up.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Up {
    m: u64,
    e: i64,
}

impl Up {
    /// `wide 2^e`, rounded up; `sticky` if something below was cut off. `wide > 0`.
    fn from_wide(wide: u128, e: i64, sticky: bool) -> Up {
        let shift = 64 - wide.leading_zeros() as i64; // bits beyond 64; may be negative
        if shift <= 0 {
            let m = (wide << -shift) as u64;
            // a cut-off part is below one unit in the last place
            return if sticky { Up { m, e: e + shift }.next() } else { Up { m, e: e + shift } };
        }
        let m = (wide >> shift) as u64;
        let lost = sticky || wide & ((1u128 << shift) - 1) != 0;
        let up = Up { m, e: e + shift };
        if lost { up.next() } else { up }
    }

    fn next(self) -> Up {
        match self.m.checked_add(1) {
            Some(m) => Up { m, e: self.e },
            None => Up { m: 1 << 63, e: self.e + 1 },
        }
    }

    /// `p/q` for positive integers of any size.
    fn ratio(p: &BigInt, q: &BigInt) -> Up {
        // enough bits for a quotient of at least 64
        let shift = (q.bits() as i64 - p.bits() as i64 + 66).max(0);
        let scaled = p << shift as u64;
        let quotient = &scaled / q;
        let exact = (&quotient * q) == scaled;
        let extra = (quotient.bits() as i64 - 120).max(0);
        let top = &quotient >> extra as u64;
        let whole = (&top << extra as u64) == quotient;
        let wide = top.to_u128().unwrap_or(u128::MAX);
        Up::from_wide(wide, extra - shift, !(exact && whole))
    }

    fn times(self, other: Up) -> Up {
        let wide = u128::from(self.m) * u128::from(other.m);
        Up::from_wide(wide, self.e + other.e, false)
    }

    /// `self a / b` for positive `a`, `b`.
    fn times_ratio(self, a: u64, b: u64) -> Up {
        let product = Up::from_wide(u128::from(self.m) * u128::from(a), self.e, false);
        let wide = u128::from(product.m) << 64;
        let b = u128::from(b);
        Up::from_wide(wide / b, product.e - 64, wide % b != 0)
    }

    fn plus(self, other: Up) -> Up {
        let (big, small) = if self.e >= other.e { (self, other) } else { (other, self) };
        let gap = big.e - small.e;
        if gap > 62 {
            return big.next(); // less than one unit in the last place
        }
        let wide = (u128::from(big.m) << gap) + u128::from(small.m);
        Up::from_wide(wide, small.e, false)
    }

    /// `self^k` by squaring.
    fn power(self, mut k: u64) -> Up {
        let (mut base, mut result) = (self, Up { m: 1 << 63, e: -63 });
        while k > 0 {
            if k & 1 == 1 {
                result = result.times(base);
            }
            base = base.times(base);
            k >>= 1;
        }
        result
    }

    fn below_half(self) -> bool {
        self.e < -64
    }

    fn at_least_one(self) -> bool {
        self.e >= -63
    }

    fn negligible_beside(self, sum: Up) -> bool {
        sum.e - self.e > 62
    }

    /// A float that is not below; at least 1e-300.
    fn to_f64(self) -> f64 {
        if self.e < -1060 {
            return 1e-300;
        }
        // the mantissa to 53 bits, upward: exact in a float
        let m = (self.m >> 11) + u64::from(self.m & 0x7ff != 0);
        (m as f64) * 2f64.powi((self.e + 11) as i32)
    }
}

/// `ln` of an upper bound on `1 / prod r_i^{n_i}`: the p-value that the bets `r_i`, won `n_i` times each, give by Ville.
/// Infinity if a bet of 0 was lost.
///
/// Certified: every rounding is upward, a relative `2^-60` a factor and doubling of its exponent; the logarithm itself is
/// rounded up by 1e-12.
///
/// ```
/// use bellwether::stats::ln_inverse_upper;
/// use num_rational::BigRational;
/// let two = BigRational::from_integer(2.into());
/// assert!((ln_inverse_upper([(&two, 10)]) + 10.0 * 2f64.ln()).abs() < 1e-9);
/// ```
pub fn ln_inverse_upper<'a>(bets: impl IntoIterator<Item = (&'a BigRational, u64)>) -> f64 {
    let mut product = Up { m: 1 << 63, e: -63 };
    for (r, n) in bets {
        if n == 0 {
            continue;
        }
        if !r.is_positive() {
            return f64::INFINITY;
        }
        product = product.times(Up::ratio(r.denom(), r.numer()).power(n));
    }
    let value = (product.m as f64).ln() + product.e as f64 * std::f64::consts::LN_2;
    value + 1e-12 * (1.0 + value.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(p: i64, q: i64) -> BigRational {
        BigRational::new(p.into(), q.into())
    }

    #[test]
    fn upper_is_above_and_close() {
        for (n, beta) in [
            (1, ratio(1, 2)),
            (7, ratio(3, 4)),
            (60, ratio(5, 8)),
            (200, ratio(8, 9)),
            (300, ratio(1, 97)),
            (90, ratio(999, 1000)),
        ] {
            for k in 0..=n + 1 {
                let exact = binomial_tail_exact(n, k, &beta);
                let upper = binomial_tail_upper(n, k, &beta);
                if exact < BigRational::new(1.into(), BigInt::from(10).pow(290)) {
                    continue;
                }
                assert!(BigRational::from_float(upper).unwrap() >= exact, "{n} {k} {beta}");
                let near = exact.to_f64().unwrap();
                assert!(upper <= near * (1.0 + 1e-12), "{n} {k} {beta}: {upper} {near}");
            }
        }
    }

    /// Against the sum term by term, so that an exact tail that is too small is seen, too.
    #[test]
    fn exact_is_the_sum_of_its_terms() {
        for (n, p, q) in [(10, 1, 2), (9, 3, 7), (13, 8, 9)] {
            let mut tail = BigRational::zero();
            for k in (0..=n).rev() {
                let ways = (0..k).fold(ratio(1, 1), |c, i| c * ratio(n - i, i + 1));
                let term = |base: BigRational, e: i64| (0..e).fold(ratio(1, 1), |t, _| t * &base);
                tail += ways * term(ratio(p, q), k) * term(ratio(q - p, q), n - k);
                assert_eq!(binomial_tail_exact(n as u64, k as u64, &ratio(p, q)), tail);
            }
        }
    }

    #[test]
    fn logarithms_of_products_of_bets() {
        let (double, half, third) = (ratio(2, 1), ratio(1, 2), ratio(1, 3));
        for (bets, log) in [
            (vec![(&double, 100), (&half, 40)], -60.0 * 2f64.ln()),
            (vec![(&third, 5000)], 5000.0 * 3f64.ln()),
            (vec![(&third, 0)], 0.0),
        ] {
            let upper = ln_inverse_upper(bets);
            assert!(upper >= log && upper <= log + 1e-8, "{upper} {log}");
        }
        assert_eq!(ln_inverse_upper([(&ratio(0, 1), 1)]), f64::INFINITY);
    }

    /// Powers of the squaring ladder round up at each step; bound on the relative excess at large n.
    #[test]
    fn large_counts_agree_with_exact_ends() {
        // P(Bin(n, 1/2) >= n) = 2^-n exactly
        assert_eq!(binomial_tail_upper(900, 900, &ratio(1, 2)), 2f64.powi(-900));
        // symmetric: P(>= (n+1)/2) = 1/2 for odd n
        let half = binomial_tail_upper(100_001, 50_001, &ratio(1, 2));
        assert!((0.5..0.5 + 1e-10).contains(&half), "{half}");
        // far below the mean: one
        assert_eq!(binomial_tail_upper(10_000, 10, &ratio(3, 4)), 1.0);
        assert_eq!(binomial_tail_upper(1_000_000, 1_000_000, &ratio(1, 2)), 1e-300);
    }
}
