//! A behaviour in exact numbers, no-signalling by construction (F7).

use crate::bound::collins_gisin::CollinsGisin;
use crate::bound::nearest_fraction;
use crate::game::{Behaviour, Rational, to_f64};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

/// Bits of the dyadic rounding.
const BITS: u32 = 48;

/// Largest denominator of recognised probabilities, and how close all must be.
const DENOMINATOR: i64 = 1000;
const CLOSE: f64 = 1e-9;

/// Exactly no-signalling behaviours near a float one: in small fractions where these fit, and rounded to `2^-48`.
///
/// The Collins-Gisin coordinates (probabilities without last outcomes) are rounded and the table is rebuilt from them, so that
/// normalisation and no signalling hold exactly; if a probability comes out negative, as much white noise as needed is mixed
/// in. What is proved is about the rounded behaviour, which may lie outside the quantum set even if the float one does not.
pub(super) fn exact_behaviours(p: &Behaviour) -> Vec<Vec<Rational>> {
    let cg = CollinsGisin::new(p.scenario());
    let coordinates = cg.of_table(p.as_slice());
    let small = coordinates.iter().map(|&v| {
        let r = nearest_fraction(if v.abs() < CLOSE { 0.0 } else { v }, DENOMINATOR)?;
        ((to_f64(&r) - v).abs() < CLOSE).then_some(r)
    });
    let scale = (2f64).powi(BITS as i32);
    let dyadic = coordinates.iter().map(|&v| {
        let numer = Rational::from_float((v * scale).round())?;
        Some(numer / Rational::from(BigInt::one() << BITS))
    });
    let candidates = [small.collect::<Option<Vec<_>>>(), dyadic.collect()];
    let tables = candidates.into_iter().flatten().map(|mut g| {
        g[0] = Rational::one();
        rebuilt(&cg, &g, p.scenario().joint_answers())
    });
    tables.collect()
}

fn rebuilt(cg: &CollinsGisin, coordinates: &[Rational], answers: usize) -> Vec<Rational> {
    let cell = |terms: Vec<(usize, i32)>| {
        let sum = |sum, (at, sign): (usize, i32)| sum + &coordinates[at] * BigInt::from(sign);
        terms.into_iter().fold(Rational::zero(), sum)
    };
    let mut p: Vec<Rational> = cg.cells().into_iter().map(cell).collect();
    let least = p.iter().min().cloned().unwrap_or_else(Rational::zero);
    if least.is_negative() {
        // (1-t) least + t/k = 0
        let uniform = Rational::new(BigInt::one(), BigInt::from(answers));
        let t = -&least / (&uniform - &least);
        let keep = Rational::one() - &t;
        p.iter_mut().for_each(|v| *v = &*v * &keep + &t * &uniform);
    }
    p
}
