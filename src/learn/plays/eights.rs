//! Answers of eight plays at a time, for up to eight joint questions: their thresholds are looked up in a register.

use super::cells::{FEW, answer};
use super::uniform;
use pulp::{NullaryFnOnce, x86::V3};
use std::arch::x86_64::{__m256, __m256i};

/// Turns the order of unsigned numbers into that of signed ones.
const SIGN: u32 = 1 << 31;

/// Writes [`answer`] of every play; `false` if the machine has no such vectors.
pub(super) fn answers<const K: usize>(
    least: &[[u64; K]; FEW],
    questions: &[[u32; 8]],
    random: &[[[u8; 8]; 8]],
    answers: &mut [[u32; 8]],
) -> bool {
    let Some(simd) = V3::try_new() else {
        return false;
    };
    let mut upper = [[0; 8]; K];
    for (x, row) in least.iter().take(8).enumerate() {
        for (upper, n) in upper.iter_mut().zip(row) {
            upper[x] = u32::try_from(n >> 21).unwrap_or(u32::MAX) ^ SIGN;
        }
    }
    simd.vectorize(Answers { simd, least, upper, questions, random, answers });
    true
}

struct Answers<'a, const K: usize> {
    simd: V3,
    least: &'a [[u64; K]; FEW],
    /// Upper halves of the thresholds in units of `2^-64`, `[answer][joint question]`.
    upper: [[u32; 8]; K],
    questions: &'a [[u32; 8]],
    random: &'a [[[u8; 8]; 8]],
    answers: &'a mut [[u32; 8]],
}

impl<const K: usize> NullaryFnOnce for Answers<'_, K> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (avx, avx2) = (self.simd.avx, self.simd.avx2);
        let upper: [__m256i; K] = self.upper.map(pulp::cast);
        let sign = pulp::cast([SIGN; 8]);
        let zero: __m256i = pulp::cast([0_u32; 8]);
        let plays = self.questions.iter().zip(self.random);
        for ((x, random), a) in plays.zip(self.answers) {
            // the upper halves of the numbers, in order
            let [first, last]: [__m256; 2] = pulp::cast(*random);
            let mixed: __m256i = pulp::cast(avx._mm256_shuffle_ps::<0b11_01_11_01>(first, last));
            let number = avx2._mm256_permute4x64_epi64::<0b11_01_10_00>(mixed);
            let number = avx2._mm256_xor_si256(number, sign);
            let question: __m256i = pulp::cast(*x);
            let (mut below, mut equal) = (zero, zero);
            for upper in upper.iter().take(K - 1) {
                let least = avx2._mm256_permutevar8x32_epi32(*upper, question);
                below = avx2._mm256_sub_epi32(below, avx2._mm256_cmpgt_epi32(number, least));
                equal = avx2._mm256_or_si256(equal, avx2._mm256_cmpeq_epi32(number, least));
            }
            *a = pulp::cast(below);
            if avx._mm256_testz_si256(equal, equal) == 0 {
                // the lower half decides, once in a thousand million times
                for (a, (x, random)) in a.iter_mut().zip(x.iter().zip(random)) {
                    *a = answer(&self.least[*x as usize % FEW], uniform(random));
                }
            }
        }
    }
}
