//! The shared-randomness optimum as a linear program over weights of deterministic strategies.
//!
//! Slower than [`local`](super::local) and in floating point: it exists to check that one, and because
//! the mixture it returns is what a coordinator with shared randomness would play (Eq. 4).

use super::lp::{LinearProgram, Sense, Solver};
use super::{Bound, BoundError, Side};
use crate::game::{Game, Scenario, to_f64};
use crate::strategy::{Deterministic, PolicyClass};
use std::time::Instant;

/// Most deterministic strategies a linear program lists.
pub const MAX_VERTICES: u128 = 20_000;

/// All deterministic strategies of a scenario, in lexicographic order of their answers.
///
/// # Errors
/// [`BoundError::TooLarge`] above [`MAX_VERTICES`].
pub fn vertices(scenario: &Scenario) -> Result<Vec<Deterministic>, BoundError> {
    let count = scenario.deterministic_count();
    if count.is_none_or(|n| n > MAX_VERTICES) {
        return Err(BoundError::TooLarge {
            method: "listing deterministic strategies",
            given: count.map_or("more than 2^128".into(), |n| n.to_string()),
            limit: MAX_VERTICES.to_string(),
        });
    }
    let radix: Vec<usize> = (0..scenario.players())
        .flat_map(|i| std::iter::repeat_n(scenario.answers()[i], scenario.questions()[i]))
        .collect();
    let mut digits = vec![0; radix.len()];
    let mut list = Vec::new();
    for _ in 0..count.unwrap_or(0) {
        let mut choices = Vec::with_capacity(scenario.players());
        let mut rest = digits.as_slice();
        for &q in scenario.questions() {
            let (player, others) = rest.split_at(q);
            choices.push(player.to_vec());
            rest = others;
        }
        list.push(Deterministic::new(scenario, choices)?);
        super::local::advance(&mut digits, &radix);
    }
    Ok(list)
}

/// `max sum_v w_v value(v)` over weights `w >= 0`, `sum w = 1`; returns the bound and the weights used.
///
/// # Errors
/// [`BoundError::TooLarge`] above [`MAX_VERTICES`] strategies; [`BoundError::Lp`].
pub fn maximum(game: &Game) -> Result<(Bound, Vec<(Deterministic, f64)>), BoundError> {
    let start = Instant::now();
    let list = vertices(game.scenario())?;
    let mut lp = LinearProgram::new();
    let mut one = Vec::with_capacity(list.len());
    for v in &list {
        one.push((lp.variable(to_f64(&v.value(game)), 0.0, f64::INFINITY), 1.0));
    }
    lp.row(&one, Sense::Eq, 1.0);
    let solution = lp.maximise(Solver::Simplex)?;
    let bound = Bound::numerical(
        PolicyClass::SharedRandomness,
        Side::Equal,
        solution.value,
        solution.residual,
        "linear program over deterministic strategies",
        start.elapsed().as_secs_f64(),
    );
    let weights = list.into_iter().zip(solution.primal);
    Ok((bound, weights.filter(|(_, w)| *w > 0.0).collect()))
}
