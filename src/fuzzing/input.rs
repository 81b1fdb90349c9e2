//! Bytes as numbers, matrices and choices; an input that ends early continues with zeros.

use crate::quantum::C64;

/// A reader of one fuzz input.
pub(super) struct Input<'a> {
    bytes: &'a [u8],
}

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Input { bytes }
    }

    pub fn byte(&mut self) -> u8 {
        match self.bytes.split_first() {
            Some((&first, rest)) => {
                self.bytes = rest;
                first
            }
            None => 0,
        }
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.byte())
    }

    /// One of `0..n`.
    pub fn choice(&mut self, n: usize) -> usize {
        usize::from(self.byte()) % n
    }

    /// A weight from 0 to 1 in steps of 1/65535.
    pub fn weight(&mut self) -> f64 {
        f64::from(u16::from_le_bytes(self.array())) / 65535.0
    }

    /// A tame number: a multiple of 1/256 between -128 and 128.
    pub fn tame(&mut self) -> f64 {
        f64::from(i16::from_le_bytes(self.array())) / 256.0
    }

    /// Any double at all, NaN included.
    pub fn wild(&mut self) -> f64 {
        f64::from_le_bytes(self.array())
    }

    /// A finite double: tame, a power of two of any size, the edges of the range, or raw bits.
    pub fn finite(&mut self) -> f64 {
        let value = match self.byte() % 8 {
            0..=3 => self.tame(),
            4 => self.tame() * 2.0_f64.powi(i32::from(i16::from_le_bytes(self.array())) % 1000),
            5 => [0.0, -0.0, 1.0, -1.0, 5e-324, 2.3e-308, 1e300, -1e300, f64::MAX, f64::MIN][self.choice(10)],
            _ => self.wild(),
        };
        if value.is_finite() { value } else { 0.0 }
    }

    pub fn complex(&mut self, mut part: impl FnMut(&mut Self) -> f64) -> C64 {
        let re = part(self);
        C64::new(re, part(self))
    }

    pub fn complexes(&mut self, n: usize, part: impl FnMut(&mut Self) -> f64 + Copy) -> Vec<C64> {
        (0..n).map(|_| self.complex(part)).collect()
    }

    /// A Hermitian `d x d` matrix of such numbers.
    pub fn hermitian(&mut self, d: usize, part: impl FnMut(&mut Self) -> f64 + Copy) -> Vec<C64> {
        let mut a = self.complexes(d * d, part);
        for r in 0..d {
            a[r * d + r].im = 0.0;
            for c in 0..r {
                a[c * d + r] = a[r * d + c].conj();
            }
        }
        a
    }
}

/// Largest absolute component.
pub(super) fn top(entries: &[C64]) -> f64 {
    entries.iter().fold(0.0, |m, z| m.max(z.re.abs()).max(z.im.abs()))
}

/// Largest distance of two entries; infinite where one is not a number.
pub(super) fn distance(a: &[C64], b: &[C64]) -> f64 {
    let gaps = a.iter().zip(b).map(|(x, y)| (x - y).norm());
    gaps.fold(0.0, |m, gap| if gap.is_nan() { f64::INFINITY } else { m.max(gap) })
}

/// Whether the Hermitian matrix `a + shift I` is positive semidefinite to rounding, by pivoted elimination:
/// no eigenvalues, so that it can judge those who use them.
pub(super) fn positive(d: usize, a: &[C64], shift: f64) -> bool {
    let mut a = a.to_vec();
    for k in 0..d {
        a[k * d + k] += shift;
    }
    let mut left: Vec<usize> = (0..d).collect();
    while let Some(at) = (0..left.len()).max_by(|&i, &j| {
        let diagonal = |i: usize| a[left[i] * d + left[i]].re;
        diagonal(i).total_cmp(&diagonal(j))
    }) {
        let pivot = left.swap_remove(at);
        let value = a[pivot * d + pivot].re;
        if value < 0.0 {
            return false;
        }
        if value == 0.0 {
            // every diagonal entry left is zero or less
            return left.iter().all(|&r| a[r * d + r].re == 0.0 && a[r * d + pivot] == C64::ZERO);
        }
        for &r in &left {
            let factor = a[r * d + pivot] / value;
            for &c in &left {
                let step = factor * a[pivot * d + c];
                a[r * d + c] -= step;
            }
        }
    }
    true
}
