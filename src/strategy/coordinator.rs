//! The advice decomposition of Eq. 7 and Proposition 5: coordinator q(x|h) and local actors.

use super::classical::distribution;
use super::{PolicyClass, QuantumStrategy, StrategyError};
use crate::game::{Behaviour, Scenario};
use crate::quantum::{Matrix, Povm};

/// The distribution `q(x|h)` from which the agents' advice is drawn, by class.
///
/// What a coordinator may not see, its variant cannot reach: shared randomness has no questions in its type.
#[derive(Debug, Clone, PartialEq)]
pub enum Coordinator {
    /// No shared advice.
    None,
    /// One shared random value, the same for all players: `q(x|h) = q(x̃) δ_{x,x̃}`.
    SharedRandomness(Vec<f64>),
    /// `q(x|h) = tr(rho ⊗ M̃_i(x_i|h_i))`; the advice are the outcomes.
    Entangled(QuantumStrategy),
    /// Any distribution of joint advice for every joint question: needs communication.
    Central(Behaviour),
}

impl Coordinator {
    /// The smallest class that holds every policy with this coordinator.
    pub fn class(&self) -> PolicyClass {
        match self {
            Coordinator::None => PolicyClass::Factorised,
            Coordinator::SharedRandomness(_) => PolicyClass::SharedRandomness,
            Coordinator::Entangled(_) => PolicyClass::Quantum,
            Coordinator::Central(_) => PolicyClass::Communication,
        }
    }

    /// Number of advice values of player `i`.
    fn advice(&self, i: usize) -> usize {
        match self {
            Coordinator::None => 1,
            Coordinator::SharedRandomness(q) => q.len(),
            Coordinator::Entangled(s) => s.scenario().answers()[i],
            Coordinator::Central(q) => q.scenario().answers()[i],
        }
    }
}

/// A joint policy in the form of Eq. 7: `pi(a|h) = sum_x q(x|h) prod_i pi_i(a_i|x_i, h_i)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Coordinated {
    scenario: Scenario,
    coordinator: Coordinator,
    /// `actors[player][advice][question][answer]`.
    actors: Vec<Vec<Vec<Vec<f64>>>>,
}

impl Coordinated {
    /// A policy from a coordinator and actors `pi_i(a_i|x_i, h_i) = actors[i][x_i][h_i][a_i]`.
    ///
    /// # Errors
    /// [`StrategyError::Shape`] naming the actor that does not fit.
    pub fn new(
        scenario: Scenario,
        coordinator: Coordinator,
        actors: Vec<Vec<Vec<Vec<f64>>>>,
    ) -> Result<Self, StrategyError> {
        let bad = |why: String| Err(StrategyError::Shape(why));
        let questions = match &coordinator {
            Coordinator::Entangled(s) => Some(s.scenario().questions()),
            Coordinator::Central(q) => Some(q.scenario().questions()),
            _ => None,
        };
        if let Some(given) = questions
            && given != scenario.questions()
        {
            return bad(format!("the coordinator hears questions {given:?}, wanted {:?}", scenario.questions()));
        }
        if let Coordinator::SharedRandomness(q) = &coordinator {
            distribution(q, q.len(), || "shared randomness".into())?;
        }
        if actors.len() != scenario.players() {
            return bad(format!("{} actors given, wanted {}", actors.len(), scenario.players()));
        }
        for (i, actor) in actors.iter().enumerate() {
            if actor.len() != coordinator.advice(i) {
                return bad(format!(
                    "actor {i} knows {} advice values, the coordinator gives {}",
                    actor.len(),
                    coordinator.advice(i)
                ));
            }
            for (x, table) in actor.iter().enumerate() {
                if table.len() != scenario.questions()[i] {
                    return bad(format!(
                        "actor {i} for advice {x} knows {} questions, wanted {}",
                        table.len(),
                        scenario.questions()[i]
                    ));
                }
                for (h, p) in table.iter().enumerate() {
                    let place = || format!("actor {i}, advice {x}, question {h}");
                    distribution(p, scenario.answers()[i], place)?;
                }
            }
        }
        Ok(Coordinated { scenario, coordinator, actors })
    }

    /// Proposition 5, first direction: the outcome of the measurement is the advice, and each actor repeats it.
    ///
    /// # Errors
    /// Never for a valid strategy; the type is that of [`Coordinated::new`].
    pub fn from_quantum(strategy: QuantumStrategy) -> Result<Self, StrategyError> {
        let scenario = strategy.scenario().clone();
        let repeat = |i: usize| -> Vec<Vec<Vec<f64>>> {
            let k = scenario.answers()[i];
            let delta = |x: usize| (0..k).map(|a| f64::from(a == x)).collect::<Vec<_>>();
            (0..k).map(|x| vec![delta(x); scenario.questions()[i]]).collect()
        };
        let actors = (0..scenario.players()).map(repeat).collect();
        Coordinated::new(scenario, Coordinator::Entangled(strategy), actors)
    }

    /// Proposition 5, reverse direction: `M_i(a_i|h_i) = sum_{x_i} pi_i(a_i|x_i, h_i) M̃_i(x_i|h_i)`.
    /// `None` if the coordinator is not entangled.
    ///
    /// # Errors
    /// [`StrategyError`] if rounding took a POVM beyond its tolerance.
    pub fn to_quantum(&self) -> Result<Option<QuantumStrategy>, StrategyError> {
        let Coordinator::Entangled(strategy) = &self.coordinator else {
            return Ok(None);
        };
        let mut povms = Vec::new();
        for (i, player) in strategy.povms().iter().enumerate() {
            let mut measurements = Vec::new();
            for (h, advice) in player.iter().enumerate() {
                let mut elements = Vec::new();
                for a in 0..self.scenario.answers()[i] {
                    let mut m = Matrix::zeros(advice.dim());
                    for x in 0..advice.outcomes() {
                        m = m.add(&advice.element(x).scale(self.actors[i][x][h][a]));
                    }
                    elements.push(m);
                }
                measurements.push(Povm::new(elements)?);
            }
            povms.push(measurements);
        }
        Ok(Some(QuantumStrategy::new(strategy.rho().clone(), povms)?))
    }

    /// The class that the coordinator puts the policy in.
    pub fn class(&self) -> PolicyClass {
        self.coordinator.class()
    }

    /// The behaviour, by the sum of Eq. 7 over all joint advice.
    ///
    /// # Errors
    /// [`StrategyError`] if the coordinator's own table would be too large.
    pub fn behaviour(&self) -> Result<Behaviour, StrategyError> {
        let q = match &self.coordinator {
            Coordinator::Entangled(s) => Some(s.behaviour()?),
            Coordinator::Central(q) => Some(q.clone()),
            _ => None,
        };
        let act = |i: usize, x: usize, h: &[usize], a: &[usize]| self.actors[i][x][h[i]][a[i]];
        let players = self.scenario.players();
        let p = Behaviour::from_fn(self.scenario.clone(), |h, a| match (&self.coordinator, &q) {
            (Coordinator::SharedRandomness(weights), _) => {
                let term =
                    |(x, w): (usize, &f64)| -> f64 { w * (0..players).map(|i| act(i, x, h, a)).product::<f64>() };
                weights.iter().enumerate().map(term).sum()
            }
            (_, Some(q)) => {
                let advice = q.scenario();
                let row = q.row(advice.question_index(h)).iter().enumerate();
                row.map(|(joint, w)| {
                    let x = advice.answer(joint);
                    w * (0..players).map(|i| act(i, x[i], h, a)).product::<f64>()
                })
                .sum()
            }
            (_, None) => (0..players).map(|i| act(i, 0, h, a)).product(),
        });
        Ok(p?)
    }
}
