//! Classical strategies: factorised (F) and with shared randomness (SR).

use super::{Deterministic, StrategyError};
use crate::game::{Behaviour, Scenario};

const TOLERANCE: f64 = 1e-9;

/// A factorised policy `prod_i pi_i(a_i|x_i)` (class F).
#[derive(Debug, Clone, PartialEq)]
pub struct Factorised {
    scenario: Scenario,
    /// `local[player][question][answer]`.
    local: Vec<Vec<Vec<f64>>>,
}

impl Factorised {
    /// A factorised policy from `local[player][question][answer]` probabilities.
    ///
    /// # Errors
    /// [`StrategyError::Shape`] naming the player and question that is no distribution of the right size.
    pub fn new(scenario: Scenario, local: Vec<Vec<Vec<f64>>>) -> Result<Self, StrategyError> {
        if local.len() != scenario.players() {
            return Err(StrategyError::Shape(format!(
                "local policies for {} players given, wanted {}",
                local.len(),
                scenario.players()
            )));
        }
        for (i, player) in local.iter().enumerate() {
            if player.len() != scenario.questions()[i] {
                return Err(StrategyError::Shape(format!(
                    "player {i} has local policies for {} questions, wanted {}",
                    player.len(),
                    scenario.questions()[i]
                )));
            }
            for (x, p) in player.iter().enumerate() {
                distribution(p, scenario.answers()[i], || format!("player {i}, question {x}"))?;
            }
        }
        Ok(Factorised { scenario, local })
    }

    /// The local policies, `local()[player][question][answer]`.
    pub fn local(&self) -> &[Vec<Vec<f64>>] {
        &self.local
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The behaviour `prod_i pi_i(a_i|x_i)`.
    ///
    /// # Errors
    /// Never for a valid policy; the type is that of every strategy.
    pub fn behaviour(&self) -> Result<Behaviour, StrategyError> {
        let p =
            Behaviour::from_fn(self.scenario.clone(), |x, a| (0..x.len()).map(|i| self.local[i][x[i]][a[i]]).product());
        Ok(p?)
    }
}

/// A shared-randomness policy `sum_x q(x) prod_i pi_i(a_i|x, h_i)` (Eq. 4), as weights on deterministic
/// strategies: by Proposition 1 every SR policy has this form.
#[derive(Debug, Clone, PartialEq)]
pub struct SharedRandomness {
    scenario: Scenario,
    weights: Vec<f64>,
    strategies: Vec<Deterministic>,
}

impl SharedRandomness {
    /// A mixture of deterministic strategies.
    ///
    /// # Errors
    /// [`StrategyError::Shape`] if weights and strategies differ in number or the weights are no distribution.
    pub fn new(scenario: Scenario, weights: Vec<f64>, strategies: Vec<Deterministic>) -> Result<Self, StrategyError> {
        distribution(&weights, strategies.len(), || "weights of the shared randomness".into())?;
        for s in &strategies {
            Deterministic::new(&scenario, s.choices().to_vec())?;
        }
        Ok(SharedRandomness { scenario, weights, strategies })
    }

    /// The distribution `q` of the shared random variable.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The deterministic strategy followed for each value of the shared random variable.
    pub fn strategies(&self) -> &[Deterministic] {
        &self.strategies
    }

    /// The behaviour (Eq. 4).
    ///
    /// # Errors
    /// Never for a valid policy; the type is that of every strategy.
    pub fn behaviour(&self) -> Result<Behaviour, StrategyError> {
        let k = self.scenario.joint_answers();
        let mut p = vec![0.0; self.scenario.cells()];
        for (w, strategy) in self.weights.iter().zip(&self.strategies) {
            for x in 0..self.scenario.joint_questions() {
                p[x * k + strategy.answer(&self.scenario, x)] += w;
            }
        }
        Ok(Behaviour::new(self.scenario.clone(), p)?)
    }
}

/// Fails unless `p` is a probability distribution over `n` values.
pub(super) fn distribution(p: &[f64], n: usize, place: impl Fn() -> String) -> Result<(), StrategyError> {
    let bad = |why: String| Err(StrategyError::Shape(format!("{}: {why}", place())));
    if p.len() != n {
        return bad(format!("{} probabilities given, wanted {n}", p.len()));
    }
    if let Some(v) = p.iter().find(|v| !(v.is_finite() && **v >= 0.0)) {
        return bad(format!("{v} is not a probability"));
    }
    let sum: f64 = p.iter().sum();
    if (sum - 1.0).abs() > TOLERANCE {
        return bad(format!("the probabilities sum to {sum}, wanted 1"));
    }
    Ok(())
}
