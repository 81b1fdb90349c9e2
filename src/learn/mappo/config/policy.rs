//! The joint policy that settings describe.

use super::{ActorKind, CoordinatorKind, MappoConfig};
use crate::env::EnvSpec;
use crate::learn::{
    Actor, Central, Coordinator, Entangled, JointPolicy, LearnError, Measurement, SharedRandomness, SharedState,
};
use crate::quantum::DensityMatrix;

impl MappoConfig {
    /// The joint policy these settings describe for an environment.
    ///
    /// # Errors
    /// [`LearnError::Config`] naming what does not fit.
    pub fn policy(&self, spec: &EnvSpec) -> Result<JointPolicy, LearnError> {
        self.check()?;
        let n = spec.agents.len();
        let actions: Vec<usize> = spec.agents.iter().map(|a| a.actions).collect();
        let advice = match (&self.advice[..], self.coordinator) {
            (_, CoordinatorKind::None) => vec![1; n],
            ([], CoordinatorKind::SharedRandomness) => vec![4; n],
            ([], _) => actions.clone(),
            ([m], _) => vec![*m; n],
            (many, _) => many.to_vec(),
        };
        if advice.len() != n || advice.iter().any(|m| !(1..=256).contains(m)) {
            return Err(LearnError::Config(format!(
                "advice: {:?} given, wanted one number of 1 to 256, or one for each of {n} agents",
                self.advice
            )));
        }
        let coordinator = match self.coordinator {
            CoordinatorKind::None => Coordinator::None { agents: n },
            CoordinatorKind::SharedRandomness => {
                if advice.iter().any(|m| *m != advice[0]) {
                    return Err(LearnError::Config(format!(
                        "advice: {advice:?} given, wanted the same number for all agents that share a random value"
                    )));
                }
                Coordinator::SharedRandomness(SharedRandomness::new(advice[0], n))
            }
            CoordinatorKind::Central => {
                Coordinator::Central(Central::new(spec.observations(), &self.hidden, advice.clone()))
            }
            CoordinatorKind::Entangled => {
                let dims = match &self.dims[..] {
                    [] => vec![2; n],
                    [d] => vec![*d; n],
                    many => many.to_vec(),
                };
                if dims.len() != n || dims.iter().any(|d| !(1..=64).contains(d)) {
                    return Err(LearnError::Config(format!(
                        "dims: {:?} given, wanted one number of 1 to 64, or one for each of {n} agents",
                        self.dims
                    )));
                }
                let measurement = |i: usize| {
                    Measurement::new(spec.agents[i].observation, &self.hidden, dims[i], advice[i], self.measurement)
                };
                let measurements = (0..n).map(measurement).collect::<Result<_, _>>()?;
                let state = self.shared_state(&dims)?;
                Coordinator::Entangled(Entangled::new(measurements, state, self.visibility)?)
            }
        };
        let blind = matches!(self.coordinator, CoordinatorKind::SharedRandomness | CoordinatorKind::None);
        let trivial = match self.actors {
            ActorKind::Trivial => true,
            ActorKind::Network => false,
            ActorKind::Auto => !blind && advice == actions,
        };
        let actors = (spec.agents.iter().zip(&advice)).map(|(agent, &m)| {
            if trivial {
                Actor::trivial(m, agent.actions, agent.observation)
            } else {
                let hidden = &self.actor_hidden;
                Ok(Actor::network(m, agent.actions, agent.observation, hidden))
            }
        });
        JointPolicy::new(spec, coordinator, actors.collect::<Result<_, _>>()?)
    }

    fn shared_state(&self, dims: &[usize]) -> Result<SharedState, LearnError> {
        let equal = dims.iter().all(|d| *d == dims[0]);
        let wrong = || {
            LearnError::Config(format!(
                "state: \"{}\" with dims {dims:?} given, wanted \"learned\", \"maximally-entangled\" (equal dims), \"ghz\" (dims 2) or \"bell\" (two agents, dims 2)",
                self.state
            ))
        };
        let qubits = equal && dims[0] == 2;
        Ok(match self.state.as_str() {
            "learned" => SharedState::Learned,
            "bell" if qubits && dims.len() == 2 => SharedState::Fixed(DensityMatrix::bell()),
            "ghz" if qubits => SharedState::Fixed(DensityMatrix::ghz(dims.len())?),
            "maximally-entangled" if equal => {
                let joint = dims.iter().try_fold(1usize, |n, d| n.checked_mul(*d));
                if joint.is_none_or(|n| n > crate::learn::MAX_JOINT_DIMENSION) {
                    return Err(LearnError::Config(format!(
                        "dims: {dims:?} given, wanted a product of at most {}",
                        crate::learn::MAX_JOINT_DIMENSION
                    )));
                }
                SharedState::Fixed(DensityMatrix::maximally_entangled_n(dims.len(), dims[0])?)
            }
            _ => return Err(wrong()),
        })
    }
}
