//! Behaviours estimated from counts.

use crate::bound::BoundError;
use crate::bound::collins_gisin::CollinsGisin;
use crate::game::{Behaviour, Game, GameError};

/// How counts become a behaviour.
#[derive(Debug, Clone)]
pub struct Estimator<'a> {
    /// What is believed before anything is counted.
    pub prior: &'a Behaviour,
    /// Rounds of each question that this belief is worth.
    pub strength: f64,
}

impl Estimator<'_> {
    /// Frequencies of (real-valued) counts, made non-signalling where every joint question is asked by averaging each group's marginals over the
    /// others' questions, cut off at 0, and mixed with the prior. Sampled.
    ///
    /// # Errors
    /// [`BoundError::Game`] for a list of another length than the scenario has cells.
    pub fn estimate(&self, game: &Game, counts: &[f64]) -> Result<Behaviour, BoundError> {
        let s = game.scenario();
        let k = s.joint_answers();
        game.same_scenario(self.prior.scenario())?;
        if counts.len() != s.cells() {
            let why = format!("{} counts given, wanted {}", counts.len(), s.cells());
            return Err(BoundError::Game(GameError::Behaviour(why)));
        }
        let mut p = self.prior.as_slice().to_vec();
        let totals: Vec<f64> = counts.chunks_exact(k).map(|row| row.iter().sum()).collect();
        for ((row, counts), n) in p.chunks_exact_mut(k).zip(counts.chunks_exact(k)).zip(&totals) {
            if *n > 0.0 {
                row.iter_mut().zip(counts).for_each(|(p, c)| *p = c / n);
            }
        }
        // questions that are never asked would pull every marginal towards the prior
        if game.mu().len() == s.joint_questions() {
            let cg = CollinsGisin::new(s);
            let coordinates = cg.of_table(&p);
            for (p, cell) in p.iter_mut().zip(cg.cells()) {
                let terms = cell.iter().map(|&(g, sign)| f64::from(sign) * coordinates[g]);
                *p = terms.sum::<f64>().max(0.0);
            }
        }
        let rows = p.chunks_exact_mut(k).zip(self.prior.as_slice().chunks_exact(k));
        for ((row, prior), n) in rows.zip(&totals) {
            let total: f64 = row.iter().sum();
            let keep = n / (n + self.strength) / total.max(1e-12);
            let mix = self.strength / (n + self.strength);
            for (p, q) in row.iter_mut().zip(prior) {
                *p = keep * *p + mix * q;
            }
        }
        Ok(Behaviour::new(s.clone(), p)?)
    }
}

/// A behaviour estimated from counts: observed frequencies with `prior` counts of white noise a question, made
/// non-signalling (if every joint question is asked) by averaging each group's marginals over the others' questions, then mixed with white noise until no entry
/// is negative. Sampled.
///
/// # Errors
/// [`BoundError::Game`] for a list of another length than the scenario has cells.
pub fn estimate(game: &Game, counts: &[u64], prior: f64) -> Result<Behaviour, BoundError> {
    let s = game.scenario();
    let k = s.joint_answers();
    if counts.len() != s.cells() {
        let why = format!("{} counts given, wanted {}", counts.len(), s.cells());
        return Err(BoundError::Game(GameError::Behaviour(why)));
    }
    let mut p = Vec::with_capacity(s.cells());
    for row in counts.chunks_exact(k) {
        let n: u64 = row.iter().sum();
        let noise = prior / k as f64;
        p.extend(row.iter().map(|&c| (c as f64 + noise) / (n as f64 + prior)));
    }
    if game.mu().len() < s.joint_questions() {
        // questions that are never asked would pull every marginal towards noise
        return Ok(Behaviour::new(s.clone(), p)?);
    }
    let cg = CollinsGisin::new(s);
    let coordinates = cg.of_table(&p);
    let mut p: Vec<f64> =
        cg.cells().iter().map(|cell| cell.iter().map(|&(g, sign)| f64::from(sign) * coordinates[g]).sum()).collect();
    let lowest = p.iter().copied().fold(f64::INFINITY, f64::min);
    let uniform = 1.0 / k as f64;
    if lowest < 0.0 {
        let noise = -lowest / (uniform - lowest);
        p.iter_mut().for_each(|v| *v = ((1.0 - noise) * *v + noise * uniform).max(0.0));
    }
    Ok(Behaviour::new(s.clone(), p)?)
}
