//! Bell inequalities with exact classical bounds, rounded from floating-point functionals.

use super::super::collins_gisin::CollinsGisin;
use super::super::{BoundError, local};
use super::Separation;
use crate::game::{Behaviour, Game, Rational, to_f64};
use num_bigint::BigInt;

/// `value(p) <= classical` for every local `p`; the functional has integer coefficients.
#[derive(Debug, Clone, PartialEq)]
pub struct BellInequality {
    /// The functional, in Collins-Gisin form: a player left out is asked question 0.
    pub game: Game,
    /// Its exact maximum over shared randomness.
    pub classical: Rational,
    /// Its value at the behaviour it was made for.
    pub value: f64,
}

impl BellInequality {
    /// By how much a behaviour, its floating-point entries taken at face value, violates the inequality:
    /// positive only if it is not local. Exact.
    ///
    /// # Errors
    /// [`BoundError::Game`] for a behaviour of another scenario.
    pub fn violation(&self, p: &Behaviour) -> Result<Rational, BoundError> {
        self.game.same_scenario(p.scenario())?;
        // entries of a behaviour are finite by construction
        let exact: Vec<Rational> = p.as_slice().iter().filter_map(|&v| Rational::from_float(v)).collect();
        Ok(self.game.value_exact(&exact)? - &self.classical)
    }
}

/// Rounds a functional to integers, the smallest that keep the separation, and proves it.
pub(super) fn separate(
    cg: &CollinsGisin,
    weight: &[f64],
    p: &Behaviour,
    noise: &Behaviour,
    visibility: f64,
) -> Result<Separation, BoundError> {
    let largest = weight[1..].iter().fold(0.0f64, |m, w| m.max(w.abs()));
    let mut best: Option<Separation> = None;
    // a vertex of the dual has rational prices: the least multiple that makes all of them integers
    let exact_fit = (1..=20_000).map(f64::from).filter(|q| {
        let off = |w: &f64| (w / largest * q - (w / largest * q).round()).abs();
        weight[1..].iter().all(|w| off(w) < 1e-5 * q.min(100.0))
    });
    let grids = [8, 12, 16, 20, 26].map(|k| f64::from(1u32 << k));
    for q in exact_fit.take(3).chain(grids) {
        let rounded = weight.iter().enumerate().map(|(g, w)| {
            let value = if g == 0 { 0.0 } else { w / largest * q };
            Rational::from_integer(BigInt::from(value.round() as i64))
        });
        let game = cg.functional("bell-inequality", &rounded.collect::<Vec<_>>())?;
        let found = local::maximum(&game, &local::Options::default())?;
        let inequality = BellInequality { value: game.value(p)?, classical: found.upper, game };
        let violation = inequality.violation(p)?;
        if violation <= Rational::from_integer(BigInt::from(0)) {
            continue;
        }
        // v s.p + (1-v) s.u = classical
        let room = -to_f64(&inequality.violation(noise)?);
        let proved = room / (room + to_f64(&violation));
        if best.as_ref().is_none_or(|b| proved < b.visibility_proved - 1e-9) {
            best = Some(Separation {
                inequality,
                visibility: visibility.clamp(0.0, 1.0).min(proved),
                visibility_proved: proved,
            });
        }
        if proved <= visibility + 1e-6 {
            break;
        }
    }
    best.ok_or(BoundError::NotConverged {
        what: "rounding of the separating functional",
        residual: 1.0 - visibility,
        rounds: 8,
    })
}
