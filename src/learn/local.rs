//! What one agent does, apart from the others: for exact evaluation and for building devices.

use super::simd::LANES;
use super::{Coordinator, JointPolicy, LearnError, PolicyWork, ReadyPolicy};
use crate::quantum::C64;

impl JointPolicy {
    /// The distribution of the shared random value, for shared randomness (no coordinator has the one value 0).
    ///
    /// # Errors
    /// [`LearnError::Config`] for coordinators that see observations.
    pub fn shared_values(&self, ready: &ReadyPolicy) -> Result<Vec<f64>, LearnError> {
        match &self.coordinator() {
            Coordinator::None { .. } => Ok(vec![1.0]),
            Coordinator::SharedRandomness(c) => Ok(c.distribution(&ready.coordinator.theta)),
            _ => Err(LearnError::Config(
                "coordinator: one that sees observations given, wanted shared randomness or none".into(),
            )),
        }
    }

    /// `pi_i(a|x, o_i)`, `[advice][action]`.
    pub fn local_actions(&self, ready: &ReadyPolicy, agent: usize, own: &[f64], work: &mut PolicyWork) -> Vec<f64> {
        let rows = self.rows(agent, own);
        let mut all = Vec::new();
        for x in 0..self.actors()[agent].advice() {
            self.act(agent, ready, &rows, &[x as u32; LANES], work);
            all.extend(work.pi[agent].iter().map(|row| row[0]));
        }
        all
    }

    /// The measurement `M_i(a|o_i) = sum_x pi_i(a|x,o_i) M~_i(x|o_i)` of an agent's actions (Proposition 5), `[action][d][d]`.
    ///
    /// # Errors
    /// [`LearnError::Config`] if the coordinator is not entangled; parameters that are not finite.
    pub fn local_povm(
        &self,
        ready: &ReadyPolicy,
        agent: usize,
        own: &[f64],
        work: &mut PolicyWork,
    ) -> Result<Vec<C64>, LearnError> {
        let Coordinator::Entangled(c) = self.coordinator() else {
            return Err(LearnError::Config("coordinator: without measurements given, wanted an entangled one".into()));
        };
        let rows = self.rows(agent, own);
        let observed = self.observations(&rows).of(agent);
        let measured = c.povm(&ready.coordinator, agent, observed, &mut work.coordinator)?;
        let actor = &self.actors()[agent];
        if actor.is_trivial() {
            return Ok(measured);
        }
        let pi = self.local_actions(ready, agent, own, work);
        let size = measured.len() / actor.advice();
        let mut povm = vec![C64::ZERO; actor.actions() * size];
        for (element, row) in measured.chunks_exact(size).zip(pi.chunks_exact(actor.actions())) {
            for (out, p) in povm.chunks_exact_mut(size).zip(row) {
                out.iter_mut().zip(element).for_each(|(o, m)| *o += m * *p);
            }
        }
        Ok(povm)
    }

    /// A block in which every lane has the agent's observations, and the others see zeros.
    fn rows(&self, agent: usize, own: &[f64]) -> Vec<f32> {
        let mut rows = vec![0.0; self.width() * LANES];
        let start = self.start(agent);
        for (f, x) in own.iter().enumerate() {
            rows[(start + f) * LANES..(start + f + 1) * LANES].fill(*x as f32);
        }
        rows
    }
}
