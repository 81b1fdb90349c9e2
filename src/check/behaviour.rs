//! A behaviour that is no-signalling and nonlocal down to a visibility (F7).

use num_bigint::BigInt;
use num_traits::{One, Signed};

use super::classical::classical_max;
use super::functional::{Functional, Sizes};
use super::game::sha256_hex;
use super::json::Num;
use super::limits::{Meter, product, wide};
use super::num::{Rational, over_common};
use super::reject::{Reject, claim, proof, shape};

/// A dense table p(a|x), first player slowest, questions before answers; integers over one den.
pub(crate) struct Behaviour {
    p: Vec<BigInt>,
    den: BigInt,
}

impl Behaviour {
    /// p >= 0, normalised, and no player's question moves the marginal of the others.
    pub fn from_raw(raw: &[Num], sizes: &Sizes, meter: &mut Meter) -> Result<Self, Reject> {
        let size = product(sizes.cell().into_iter().map(wide));
        if u128::try_from(raw.len()) != Ok(size) {
            return Err(shape("p", format!("{} entries, {size} wanted", raw.len())));
        }
        // Four passes, and memory for each entry.
        meter.charge("a table of probabilities", size.saturating_mul(2000))?;
        let mut values = Vec::with_capacity(raw.len());
        for (k, entry) in raw.iter().enumerate() {
            let value = entry
                .rational(meter)
                .map_err(|e| e.under(&format!("p[{k}]")))?;
            if value.is_negative() {
                return Err(proof(
                    format!("p[{k}]"),
                    "a probability must not be negative",
                ));
            }
            values.push(value);
        }
        let (p, den) = over_common(&values, meter).map_err(|e| e.under("p"))?;
        let behaviour = Self { p, den };
        behaviour.normalised(sizes)?;
        behaviour.no_signalling(sizes)?;
        Ok(behaviour)
    }

    fn normalised(&self, sizes: &Sizes) -> Result<(), Reject> {
        let answers = volume(&sizes.answers);
        match self
            .p
            .chunks_exact(answers)
            .position(|row| row.iter().sum::<BigInt>() != self.den)
        {
            None => Ok(()),
            Some(k) => Err(proof(
                "p",
                format!("joint question {k}: probabilities do not sum to 1"),
            )),
        }
    }

    /// For every player i: sum_{a_i} p(a|x) is the same for all x_i. This implies no signalling from
    /// any group to any other, by changing one question at a time.
    fn no_signalling(&self, sizes: &Sizes) -> Result<(), Reject> {
        for i in 0..sizes.players() {
            let inner = volume(sizes.answers.iter().skip(i.saturating_add(1)));
            let marginal = sum_axis(&self.p, sizes.answers[i], inner);
            let after = volume(
                sizes.questions.iter().skip(i.saturating_add(1)).chain(
                    sizes
                        .answers
                        .iter()
                        .enumerate()
                        .filter(|(j, _)| *j != i)
                        .map(|(_, na)| na),
                ),
            );
            for block in marginal.chunks_exact(after.saturating_mul(sizes.questions[i])) {
                let mut slices = block.chunks_exact(after);
                let first = slices.next();
                if slices.any(|slice| Some(slice) != first) {
                    return Err(proof("p", format!("player {i} signals to the others")));
                }
            }
        }
        Ok(())
    }

    /// s.p
    fn value(&self, s: &Functional) -> Rational {
        let bounds = s.sizes().cell();
        let sum: BigInt = s
            .iter()
            .filter_map(|(x, a, c)| {
                let at = x
                    .iter()
                    .chain(a)
                    .zip(&bounds)
                    .fold(0usize, |at, (i, bound)| {
                        at.saturating_mul(*bound).saturating_add(*i)
                    });
                self.p.get(at).map(|p| c * p)
            })
            .sum();
        Rational::new(sum, s.denominator() * &self.den)
    }
}

/// SHA-256 of the table as canonical text `["1/4","0",..]`.
pub(crate) fn identity(p: &[Num]) -> String {
    let list: Vec<String> = p
        .iter()
        .map(|n| format!("\"{}\"", n.as_written()))
        .collect();
    sha256_hex(format!("[{}]", list.join(",")).as_bytes())
}

fn volume<'a>(sizes: impl IntoIterator<Item = &'a usize>) -> usize {
    sizes.into_iter().fold(1, |all, &n| all.saturating_mul(n))
}

/// Sums out an axis of length `len` whose entries lie `inner` apart.
fn sum_axis(p: &[BigInt], len: usize, inner: usize) -> Vec<BigInt> {
    let mut out = Vec::new();
    for block in p.chunks_exact(len.saturating_mul(inner)) {
        for k in 0..inner {
            out.push(block.iter().skip(k).step_by(inner).sum());
        }
    }
    out
}

/// beta >= the classical maximum of s, s.p > beta, and v (s.p - s.u) >= beta - s.u with 0 <= v <= 1.
///
/// Then s exceeds beta on v' p + (1 - v') u for every v' in (v, 1], u uniform.
pub(crate) fn nonlocal(
    behaviour: &Behaviour,
    s: &Functional,
    beta: &Rational,
    visibility: &Rational,
    meter: &mut Meter,
) -> Result<(), Reject> {
    if visibility.is_negative() || *visibility > Rational::one() {
        return Err(proof("visibility", "not between 0 and 1"));
    }
    if *beta < classical_max(s, meter).map_err(|e| e.under("functional"))? {
        return Err(claim(
            "beta",
            "below the classical maximum of the functional",
        ));
    }
    let at_p = behaviour.value(s);
    if at_p <= *beta {
        return Err(claim("beta", "the behaviour does not exceed it"));
    }
    let answers = volume(&s.sizes().answers);
    let total: BigInt = s.iter().map(|(_, _, c)| c).sum();
    let at_uniform = Rational::new(total, s.denominator() * BigInt::from(answers));
    if visibility * (at_p - &at_uniform) < beta - at_uniform {
        return Err(claim(
            "visibility",
            "the functional does not show nonlocality down to here",
        ));
    }
    Ok(())
}
