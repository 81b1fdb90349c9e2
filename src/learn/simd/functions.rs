//! Functions of one number, without branches, so that lanes go side by side.

/// Largest argument that `tanh` tells from 1 in single precision.
const TANH_LIMIT: f32 = 7.905_311;

/// `tanh` as a quotient of polynomials of degree 13 and 6, within 4e-7 of the truth.
#[inline(always)]
pub(in crate::learn) fn tanh(x: f32) -> f32 {
    let x = x.clamp(-TANH_LIMIT, TANH_LIMIT);
    let s = x * x;
    let mut p = -2.760_768_5e-16_f32;
    for c in [2.000_188e-13, -8.604_672e-11, 5.122_297e-8, 1.485_722_4e-5, 6.372_619e-4, 4.893_524_6e-3] {
        p = p.mul_add(s, c);
    }
    let mut q = 1.198_258_4e-6_f32;
    for c in [1.185_347e-4, 2.268_434_6e-3, 4.893_525e-3] {
        q = q.mul_add(s, c);
    }
    x * p / q
}

/// `exp` in double precision for `-708 <= x <= 709` (clamped beyond), within 2e-16 relative but for rounding.
#[inline(always)]
pub(in crate::learn) fn exp(x: f64) -> f64 {
    const SHIFT: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52: adding it rounds to an integer in the low bits
    let x = x.clamp(-708.0, 709.0);
    let shifted = x.mul_add(std::f64::consts::LOG2_E, SHIFT);
    let n = shifted - SHIFT;
    // ln 2 in two parts, the first exact in the product
    let r = (x - n * 6.931_471_803_691_238e-1) - n * 1.908_214_929_270_587_7e-10;
    let mut p = 1.0 / 6_227_020_800.0_f64;
    for c in [
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ] {
        p = p.mul_add(r, c);
    }
    let scale = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    p * scale
}

/// Natural logarithm of a positive normal number, within an ulp (the method of FreeBSD's `e_log.c`): the same bits with
/// every C library.
#[inline(always)]
pub(in crate::learn) fn ln(x: f64) -> f64 {
    const HALF_SQRT: u64 = 0x3fe6_a09e_667f_3bcd; // bits of sqrt(1/2)
    const ONE: u64 = 0x3ff0_0000_0000_0000;
    const SHIFT: f64 = 4_503_599_627_370_496.0; // 2^52: its low bits count in ones
    let bits = x.to_bits();
    // x = 2^n m with m in [sqrt(1/2), sqrt 2)
    let biased = bits.wrapping_sub(HALF_SQRT).wrapping_add(ONE) >> 52;
    let n = f64::from_bits(SHIFT.to_bits() | biased) - (SHIFT + 1023.0);
    let m = f64::from_bits(bits.wrapping_sub(biased << 52).wrapping_add(ONE));
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let mut r = 1.479_819_860_511_658_6e-1;
    for c in [
        1.531_383_769_920_937_3e-1,
        1.818_357_216_161_805e-1,
        2.222_219_843_214_978_4e-1,
        2.857_142_874_366_239e-1,
        3.999_999_999_940_942e-1,
        6.666_666_666_666_735e-1,
    ] {
        r = f64::mul_add(r, z, c);
    }
    let half = 0.5 * f * f;
    let low = f64::mul_add(s, f64::mul_add(r, z, half), n * 1.908_214_929_270_587_7e-10);
    n * 6.931_471_803_691_238e-1 - ((half - low) - f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tanh_exp_and_ln_are_close_to_the_truth() {
        for k in -4000..=4000 {
            let x = k as f64 * 0.0025;
            let error = (f64::from(tanh(x as f32)) - f64::from(x as f32).tanh()).abs();
            assert!(error < 4e-7, "tanh({x}): {error:e}");
            let x = k as f64 * 0.175;
            let error = (exp(x) / x.exp() - 1.0).abs();
            assert!(error < 5e-16 * (1.0 + x.abs() / 100.0), "exp({x}): {error:e}");
            for x in [x.exp(), 1.0 + x * 1e-4] {
                let (got, truth) = (ln(x), x.ln());
                let error = (got - truth).abs();
                assert!(error <= 3e-16 * truth.abs(), "ln({x}): {error:e}");
            }
        }
    }
}
