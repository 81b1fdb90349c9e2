//! Quantum strategies: a shared state and one POVM per player and question.

use super::StrategyError;
use crate::game::{Behaviour, Scenario};
use crate::quantum::{DensityMatrix, Povm, behaviour};

/// A shared-entanglement strategy: `p(a|x) = tr(rho ⊗_i M_i(a_i|x_i))` (Eq. 6).
///
/// Floating point: state and measurements are valid to the tolerances of [`DensityMatrix`] and [`Povm`].
///
/// ```
/// use bellwether::quantum::{DensityMatrix, Matrix, Povm};
/// use bellwether::strategy::QuantumStrategy;
/// let half = Matrix::identity(2).scale(0.5);
/// let coin = Povm::new(vec![half.clone(), half])?;
/// let s = QuantumStrategy::new(DensityMatrix::bell(), vec![vec![coin.clone()], vec![coin]])?;
/// assert!((s.behaviour()?.as_slice()[0] - 0.25).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct QuantumStrategy {
    scenario: Scenario,
    rho: DensityMatrix,
    povms: Vec<Vec<Povm>>,
}

impl QuantumStrategy {
    /// A strategy from its state and its measurements, `povms[player][question]`.
    ///
    /// # Errors
    /// [`StrategyError::Shape`] naming the player and question if dimensions or numbers of outcomes disagree.
    pub fn new(rho: DensityMatrix, povms: Vec<Vec<Povm>>) -> Result<Self, StrategyError> {
        if povms.len() != rho.dims().len() {
            return Err(StrategyError::Shape(format!(
                "measurements for {} players given, the state has {} parts",
                povms.len(),
                rho.dims().len()
            )));
        }
        let mut answers = Vec::new();
        for (i, (player, &d)) in povms.iter().zip(rho.dims()).enumerate() {
            let Some(outcomes) = player.first().map(Povm::outcomes) else {
                return Err(StrategyError::Shape(format!("player {i} has no measurement")));
            };
            for (x, povm) in player.iter().enumerate() {
                if povm.dim() != d {
                    return Err(StrategyError::Shape(format!(
                        "the measurement of player {i} for question {x} has dimension {}, wanted {d}",
                        povm.dim()
                    )));
                }
                if povm.outcomes() != outcomes {
                    return Err(StrategyError::Shape(format!(
                        "the measurement of player {i} for question {x} has {} outcomes, wanted {outcomes} as for question 0",
                        povm.outcomes()
                    )));
                }
            }
            answers.push(outcomes);
        }
        let questions = povms.iter().map(Vec::len).collect();
        Ok(QuantumStrategy { scenario: Scenario::new(questions, answers)?, rho, povms })
    }

    /// The scenario it plays.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Local dimension per player.
    pub fn dims(&self) -> &[usize] {
        self.rho.dims()
    }

    /// The shared state.
    pub fn rho(&self) -> &DensityMatrix {
        &self.rho
    }

    /// The measurements, `povms()[player][question]`.
    pub fn povms(&self) -> &[Vec<Povm>] {
        &self.povms
    }

    /// The same measurements on another state of the same dimensions.
    ///
    /// # Errors
    /// [`StrategyError::Shape`] if the dimensions differ.
    pub fn on_state(&self, rho: DensityMatrix) -> Result<Self, StrategyError> {
        QuantumStrategy::new(rho, self.povms.clone())
    }

    /// The behaviour by the Born rule (Eq. 3), in floating point. Rows are normalised, which
    /// moves entries by no more than the completeness defects the POVMs were accepted with.
    ///
    /// # Errors
    /// [`StrategyError`] if the contraction would be too large.
    pub fn behaviour(&self) -> Result<Behaviour, StrategyError> {
        let mut p = behaviour(&self.rho, &self.povms)?;
        for row in p.chunks_exact_mut(self.scenario.joint_answers()) {
            row.iter_mut().for_each(|v| *v = v.max(0.0));
            let sum: f64 = row.iter().sum();
            row.iter_mut().for_each(|v| *v /= sum);
        }
        Ok(Behaviour::new(self.scenario.clone(), p)?)
    }
}
