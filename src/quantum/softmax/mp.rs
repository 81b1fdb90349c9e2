//! Binary floating point of fixed, large precision: `64 N` bits with a 64-bit exponent.
//!
//! Small on purpose: what the extended path of `QuantumSoftmax` needs and nothing else. Results
//! are truncated, without guard limb: an addition errs by a unit in the last place of the
//! larger operand, the other operations by a few units of the result. Callers count on
//! `64 N - 64` bits.

/// `+-0.m * 2^exp` with the top bit of the last limb set; zero has all limbs zero.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mp<const N: usize> {
    negative: bool,
    exp: i64,
    limbs: [u64; N],
}

/// Exponent beyond which `exp` of a negative number is zero for every purpose here.
const UNDERFLOW: i64 = 50;

impl<const N: usize> Mp<N> {
    pub const ZERO: Self = Self { negative: false, exp: 0, limbs: [0; N] };

    pub fn one() -> Self {
        Self::from_f64(1.0)
    }

    /// Exact for every finite number; what is not finite becomes zero.
    pub fn from_f64(x: f64) -> Self {
        let bits = x.to_bits();
        let stored = (bits >> 52 & 0x7ff) as i64;
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, exponent) = match stored {
            0x7ff => return Self::ZERO,
            0 => (fraction, -1074),
            _ => (fraction | 1 << 52, stored - 1075),
        };
        if mantissa == 0 {
            return Self::ZERO;
        }
        let zeros = mantissa.leading_zeros();
        let mut limbs = [0; N];
        limbs[N - 1] = mantissa << zeros;
        Self { negative: x < 0.0, exp: exponent + 64 - i64::from(zeros), limbs }
    }

    /// Nearest double up to one unit in the last place.
    pub fn to_f64(self) -> f64 {
        if self.is_zero() || self.exp < -1080 {
            return 0.0;
        }
        let sign = if self.negative { -1.0 } else { 1.0 };
        if self.exp > 1025 {
            return sign * f64::INFINITY;
        }
        let scaled = self.limbs[N - 1] as f64 * 2.0_f64.powi(-64);
        let half = (self.exp / 2) as i32;
        sign * scaled * 2.0_f64.powi(half) * 2.0_f64.powi(self.exp as i32 - half)
    }

    pub fn is_zero(&self) -> bool {
        self.limbs[N - 1] == 0
    }

    pub fn is_negative(&self) -> bool {
        self.negative && !self.is_zero()
    }

    /// `floor(log2 |x|) + 1`, and a very negative number for zero.
    pub fn log2(&self) -> i64 {
        if self.is_zero() { i64::MIN / 4 } else { self.exp }
    }

    pub fn neg(mut self) -> Self {
        self.negative = !self.negative;
        self
    }

    /// `x * 2^k`.
    pub fn shift(mut self, k: i64) -> Self {
        self.exp = self.exp.saturating_add(k);
        self
    }

    pub fn less(&self, other: &Self) -> bool {
        self.sub(other).is_negative()
    }

    fn smaller_magnitude(&self, other: &Self) -> bool {
        if self.is_zero() || other.is_zero() {
            return self.is_zero() && !other.is_zero();
        }
        if self.exp != other.exp {
            return self.exp < other.exp;
        }
        self.limbs.iter().rev().lt(other.limbs.iter().rev())
    }

    pub fn sub(&self, other: &Self) -> Self {
        self.add(&other.neg())
    }

    pub fn add(&self, other: &Self) -> Self {
        let (big, small) = if self.smaller_magnitude(other) { (other, self) } else { (self, other) };
        if small.is_zero() {
            return *big;
        }
        let gap = big.exp.saturating_sub(small.exp);
        if gap >= 64 * N as i64 {
            return *big;
        }
        let (whole, part) = ((gap / 64) as usize, (gap % 64) as u32);
        let shifted = |i: usize| {
            let low = small.limbs.get(i + whole).copied().unwrap_or(0);
            if part == 0 {
                return low;
            }
            let high = small.limbs.get(i + whole + 1).copied().unwrap_or(0);
            low >> part | high << (64 - part)
        };
        let mut out = *big;
        if big.negative == small.negative {
            let mut carry = false;
            for (i, limb) in out.limbs.iter_mut().enumerate() {
                let (x, c1) = limb.overflowing_add(shifted(i));
                let (x, c2) = x.overflowing_add(u64::from(carry));
                *limb = x;
                carry = c1 | c2;
            }
            if carry {
                for i in 0..N {
                    let high = if i + 1 < N { out.limbs[i + 1] } else { 1 };
                    out.limbs[i] = out.limbs[i] >> 1 | high << 63;
                }
                out.exp = out.exp.saturating_add(1);
            }
        } else {
            let mut borrow = false;
            for (i, limb) in out.limbs.iter_mut().enumerate() {
                let (x, c1) = limb.overflowing_sub(shifted(i));
                let (x, c2) = x.overflowing_sub(u64::from(borrow));
                *limb = x;
                borrow = c1 | c2;
            }
            out.normalise();
        }
        out
    }

    /// Brings the top bit to the front, or makes a clean zero.
    fn normalise(&mut self) {
        let Some(lead) = self.limbs.iter().rposition(|&x| x != 0) else {
            *self = Self::ZERO;
            return;
        };
        let whole = N - 1 - lead;
        let part = self.limbs[lead].leading_zeros();
        if whole == 0 && part == 0 {
            return;
        }
        for i in (0..N).rev() {
            let get = |k: usize| if k < whole { 0 } else { self.limbs[k - whole] };
            let high = get(i);
            let low = if i == 0 { 0 } else { get(i - 1) };
            self.limbs[i] = if part == 0 { high } else { high << part | low >> (64 - part) };
        }
        self.exp = self.exp.saturating_sub(64 * whole as i64 + i64::from(part));
    }

    /// Product from the upper half of the columns; the others are below the last limb.
    pub fn mul(&self, other: &Self) -> Self {
        if self.is_zero() || other.is_zero() {
            return Self::ZERO;
        }
        let (a, b) = (&self.limbs, &other.limbs);
        let mut out =
            Self { negative: self.negative != other.negative, exp: self.exp.saturating_add(other.exp), limbs: [0; N] };
        let (mut sum, mut carry) = (0_u128, 0_u64);
        let mut below = 0;
        for column in N.saturating_sub(2)..2 * N {
            let first = (column + 1).saturating_sub(N);
            let last = column.min(N - 1);
            if first <= last {
                let pairs = a[first..=last].iter().zip(b[column - last..=column - first].iter().rev());
                for (&x, &y) in pairs {
                    let (next, over) = sum.overflowing_add(u128::from(x) * u128::from(y));
                    sum = next;
                    carry += u64::from(over);
                }
            }
            if column >= N {
                out.limbs[column - N] = sum as u64;
            } else {
                below = sum as u64;
            }
            sum = sum >> 64 | u128::from(carry) << 64;
            carry = 0;
        }
        if out.limbs[N - 1] >> 63 == 0 {
            for i in (0..N).rev() {
                let low = if i == 0 { below } else { out.limbs[i - 1] };
                out.limbs[i] = out.limbs[i] << 1 | low >> 63;
            }
            out.exp = out.exp.saturating_sub(1);
        }
        out
    }

    /// Quotient by a small positive integer.
    fn div_small(&self, divisor: u64) -> Self {
        let mut out = *self;
        let mut rest = 0_u128;
        for limb in out.limbs.iter_mut().rev() {
            let value = rest << 64 | u128::from(*limb);
            *limb = (value / u128::from(divisor)) as u64;
            rest = value % u128::from(divisor);
        }
        out.normalise();
        out
    }

    /// Newton steps that double the 50 correct bits of a double to `64 N`.
    fn steps() -> usize {
        (0..).find(|k| 50 << k >= 64 * N).unwrap_or(0)
    }

    /// `1 / x`; zero for zero.
    pub fn recip(&self) -> Self {
        if self.is_zero() {
            return Self::ZERO;
        }
        let near = self.shift(-self.exp);
        let mut y = Self::from_f64(1.0 / near.to_f64());
        for _ in 0..Self::steps() {
            let defect = Self::one().sub(&near.mul(&y));
            y = y.add(&y.mul(&defect));
        }
        y.shift(-self.exp)
    }

    /// `1 / sqrt(x)`; zero unless positive.
    pub fn rsqrt(&self) -> Self {
        if self.is_zero() || self.negative {
            return Self::ZERO;
        }
        let even = self.exp - self.exp.rem_euclid(2);
        let near = self.shift(-even);
        let mut y = Self::from_f64(1.0 / near.to_f64().sqrt());
        for _ in 0..Self::steps() {
            let defect = Self::one().sub(&near.mul(&y.mul(&y)));
            y = y.add(&y.mul(&defect).shift(-1));
        }
        y.shift(-even / 2)
    }

    /// `exp(x)` for `x <= 0` up to small positive numbers; zero below `-2^50`.
    pub fn exp(&self) -> Self {
        if self.is_zero() {
            return Self::one();
        }
        if self.exp > UNDERFLOW {
            return Self::ZERO;
        }
        // exp(x) = exp(x / 2^s)^(2^s), with a Taylor sum that the small argument keeps short.
        let extra = 6 + (32.0 * N as f64).sqrt() as i64;
        let s = self.exp.max(0) + extra;
        let small = self.shift(-s);
        let mut term = Self::one();
        let mut sum = Self::one();
        for n in 1.. {
            term = term.mul(&small).div_small(n);
            if term.log2() < -(64 * N as i64) {
                break;
            }
            sum = sum.add(&term);
        }
        for _ in 0..s {
            sum = sum.mul(&sum);
        }
        sum
    }

    /// `sinh(x)/x` for `|x| < 1`.
    pub fn sinhc(&self) -> Self {
        let square = self.mul(self);
        let (mut term, mut sum) = (Self::one(), Self::one());
        for n in 1.. {
            term = term.mul(&square).div_small(2 * n * (2 * n + 1));
            if term.log2() < -(64 * N as i64) {
                break;
            }
            sum = sum.add(&term);
        }
        sum
    }
}

/// Complex number of two [`Mp`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Cx<const N: usize> {
    pub re: Mp<N>,
    pub im: Mp<N>,
}

impl<const N: usize> Cx<N> {
    pub const ZERO: Self = Self { re: Mp::ZERO, im: Mp::ZERO };

    pub fn real(re: Mp<N>) -> Self {
        Self { re, im: Mp::ZERO }
    }

    pub fn from_f64(z: num_complex::Complex<f64>) -> Self {
        Self { re: Mp::from_f64(z.re), im: Mp::from_f64(z.im) }
    }

    pub fn conj(self) -> Self {
        Self { re: self.re, im: self.im.neg() }
    }

    pub fn add(&self, other: &Self) -> Self {
        Self { re: self.re.add(&other.re), im: self.im.add(&other.im) }
    }

    pub fn sub(&self, other: &Self) -> Self {
        Self { re: self.re.sub(&other.re), im: self.im.sub(&other.im) }
    }

    pub fn mul(&self, other: &Self) -> Self {
        Self {
            re: self.re.mul(&other.re).sub(&self.im.mul(&other.im)),
            im: self.re.mul(&other.im).add(&self.im.mul(&other.re)),
        }
    }

    pub fn scale(&self, factor: &Mp<N>) -> Self {
        Self { re: self.re.mul(factor), im: self.im.mul(factor) }
    }

    pub fn shift(self, k: i64) -> Self {
        Self { re: self.re.shift(k), im: self.im.shift(k) }
    }

    pub fn norm_sqr(&self) -> Mp<N> {
        self.re.mul(&self.re).add(&self.im.mul(&self.im))
    }

    pub fn log2(&self) -> i64 {
        self.re.log2().max(self.im.log2())
    }
}

#[cfg(test)]
mod tests {
    use super::Mp;

    fn close<const N: usize>(a: Mp<N>, b: Mp<N>, lost: i64) {
        let gap = a.sub(&b).log2() - b.log2();
        assert!(gap <= lost - 64 * N as i64, "{a:?} {b:?}: 2^{gap}");
    }

    fn identities<const N: usize>() {
        for (i, &x) in [1.0, 0.1, 3.7e-200, 12345.678, 1e300, 2.0_f64.powi(-1074)].iter().enumerate() {
            let y = Mp::<N>::from_f64(x);
            assert_eq!(y.to_f64(), x);
            close(y.mul(&y.recip()), Mp::one(), 8);
            let root = y.rsqrt();
            close(root.mul(&root).mul(&y), Mp::one(), 8);
            let (a, b) = (Mp::<N>::from_f64(-(i as f64) - 0.3), y);
            close(a.add(&b).sub(&b).mul(&b), a.mul(&b), 4 + (b.log2() - a.log2()).max(0));
        }
        // exp is a homomorphism and agrees with the double-precision one.
        for x in [0.3, 7.25, 700.0, 123456.7] {
            let (y, z) = (Mp::<N>::from_f64(-x), Mp::<N>::from_f64(-1.0 / 3.0));
            close(y.exp().mul(&z.exp()), y.add(&z).exp(), 72);
        }
        let value = Mp::<N>::from_f64(-1.5).exp().to_f64();
        assert!((value - (-1.5_f64).exp()).abs() < 1e-16);
        // 2 sinh(x)/(2x) against the two exponentials.
        let x = Mp::<N>::from_f64(0.625);
        let direct = x.exp().sub(&x.neg().exp()).mul(&x.shift(1).recip());
        close(x.sinhc(), direct, 60);
    }

    #[test]
    fn arithmetic_is_consistent_at_every_precision() {
        identities::<4>();
        identities::<8>();
        identities::<16>();
        identities::<64>();
    }

    #[test]
    fn integers_are_exact() {
        let (a, b) = (Mp::<4>::from_f64(1e22), Mp::<4>::from_f64(-9_007_199_254_740_993.0));
        assert!(a.mul(&b).add(&a.mul(&b.neg())).is_zero());
        let tiny = Mp::<4>::from_f64(1e-35);
        assert_eq!(a.add(&tiny).sub(&a).to_f64(), 1e-35);
        assert!(b.less(&a) && !a.less(&b) && !a.less(&a));
    }
}
