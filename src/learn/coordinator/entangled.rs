//! The entangled coordinator: `q(x|o) = tr(rho (x)_i M_i(x_i|o_i))` (Eq. 6-7, Proposition 5).

use super::general::LaneBorn;
use super::measurement::MeasurementWork;
use super::pauli::{Contraction, correlations, correlations_adjoint};
use super::qubits::{Four, matrix};
use super::{Conditioning, CoordinatorWork, Kind, Measurement, Observations, Own, Prepared};
use crate::learn::simd::LANES;
use crate::learn::{LearnError, SharedState};
use crate::quantum::density::{factor_backward, factor_forward};
use crate::quantum::{C64, DensityMatrix};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// Agents up to which qubits are contracted in Pauli coordinates.
const MAX_QUBITS: usize = 4;

/// A measurement per agent and the state they share.
///
/// Parameters: the measurements' networks in order, then the factor `B` of a learned state `B^H B / tr(B^H B)` as (re, im)
/// pairs. White noise of visibility `v` replaces the state by `v rho + (1-v) I/D`.
#[derive(Debug, Clone)]
pub struct Entangled {
    measurements: Vec<Measurement>,
    state: SharedState,
    visibility: f64,
    joint: usize,
}

/// Scratch of one block.
#[derive(Debug)]
pub struct EntangledWork {
    measurements: Vec<MeasurementWork>,
    born: Contractor,
}

#[derive(Debug)]
enum Contractor {
    Qubits { contraction: Contraction, povms: Vec<Vec<Four>>, d_povms: Vec<Vec<Four>> },
    Any { born: Box<LaneBorn>, povms: Vec<Vec<C64>>, d_povms: Vec<Vec<C64>> },
}

impl Entangled {
    /// Measurements on a shared state seen with a visibility.
    ///
    /// # Errors
    /// [`LearnError::Config`] if dimensions do not fit or the visibility is not in `[0, 1]`.
    pub fn new(measurements: Vec<Measurement>, state: SharedState, visibility: f64) -> Result<Self, LearnError> {
        let dims: Vec<usize> = measurements.iter().map(Measurement::dim).collect();
        let joint = dims
            .iter()
            .try_fold(1usize, |n, &d| n.checked_mul(d).filter(|n| (1..=crate::learn::MAX_JOINT_DIMENSION).contains(n)));
        let Some(joint) = joint else {
            return Err(LearnError::Config(format!(
                "dims: {dims:?} given, wanted at least 1 each with a product of at most {}",
                crate::learn::MAX_JOINT_DIMENSION
            )));
        };
        if let SharedState::Fixed(rho) = &state
            && rho.dims() != dims
        {
            return Err(LearnError::Config(format!("state: local dimensions {:?} given, wanted {dims:?}", rho.dims())));
        }
        if !(0.0..=1.0).contains(&visibility) {
            return Err(LearnError::Config(format!("visibility: {visibility} given, wanted 0 to 1")));
        }
        Ok(Entangled { measurements, state, visibility, joint })
    }

    /// Number of outcomes per agent.
    pub fn outcomes(&self) -> Vec<usize> {
        self.measurements.iter().map(Measurement::outcomes).collect()
    }

    fn dims(&self) -> Vec<usize> {
        self.measurements.iter().map(Measurement::dim).collect()
    }

    fn qubits(&self) -> bool {
        self.measurements.len() <= MAX_QUBITS && self.measurements.iter().all(|m| m.dim() == 2)
    }

    fn learned(&self) -> bool {
        matches!(self.state, SharedState::Learned)
    }

    fn networks(&self) -> usize {
        self.measurements.iter().map(|m| m.network().parameters()).sum()
    }

    pub(super) fn parameters(&self) -> usize {
        let factor = if self.learned() { 2 * self.joint * self.joint } else { 0 };
        self.networks() + factor
    }

    /// Numbers in the gradient with respect to the prepared state.
    pub(super) fn state_len(&self) -> usize {
        match (self.learned(), self.qubits()) {
            (false, _) => 0,
            (true, true) => self.joint * self.joint,
            (true, false) => 2 * self.joint * self.joint,
        }
    }

    pub(super) fn initialise(&self, scale: f64, rng: &mut impl Rng, theta: &mut [f64]) {
        let mut rest = theta;
        for m in &self.measurements {
            let (mine, tail) = rest.split_at_mut(m.network().parameters());
            m.network().initialise(scale, rng, mine);
            rest = tail;
        }
        for b in rest {
            *b = StandardNormal.sample(rng);
        }
    }

    pub(super) fn prepare(&self, theta: &[f64], ready: &mut Prepared) -> Result<(), LearnError> {
        let (d, mut rest) = (self.joint, theta);
        ready.theta.clear();
        for m in &self.measurements {
            let (mine, tail) = rest.split_at(m.network().parameters());
            m.network().ready(mine, &mut ready.theta);
            rest = tail;
        }
        ready.rho.resize(d * d, C64::ZERO);
        match &self.state {
            SharedState::Learned => {
                let pairs = theta[self.networks()..].chunks_exact(2);
                ready.factor.clear();
                ready.factor.extend(pairs.map(|z| C64::new(z[0], z[1])));
                factor_forward(d, &ready.factor, &mut ready.rho)?;
            }
            SharedState::Fixed(rho) => ready.rho.copy_from_slice(rho.matrix().as_slice()),
        }
        let mut noisy = ready.rho.clone();
        for (k, z) in noisy.iter_mut().enumerate() {
            *z *= self.visibility;
            if k % (d + 1) == 0 {
                *z += (1.0 - self.visibility) / d as f64;
            }
        }
        ready.state.clear();
        if self.qubits() {
            ready.state = correlations(self.measurements.len(), &noisy);
        } else {
            ready.state.extend(noisy.iter().flat_map(|z| [z.re, z.im]));
        }
        Ok(())
    }

    /// The state that the agents share, noise included.
    ///
    /// # Errors
    /// [`LearnError`] if the parameters do not describe one.
    pub fn density(&self, theta: &[f64]) -> Result<DensityMatrix, LearnError> {
        let mut ready = Prepared::default();
        self.prepare(theta, &mut ready)?;
        let rho = crate::quantum::Matrix::from_vec(self.joint, ready.rho)?;
        Ok(DensityMatrix::new(self.dims(), rho)?.with_white_noise(self.visibility)?)
    }

    pub(super) fn work(&self) -> Result<EntangledWork, LearnError> {
        let qubits = self.qubits();
        let measurements = self.measurements.iter().map(|m| m.work(qubits));
        let born = if qubits {
            let four = |m: &Measurement| vec![[[0.0; LANES]; 4]; m.outcomes()];
            let povms: Vec<Vec<Four>> = self.measurements.iter().map(four).collect();
            Contractor::Qubits { contraction: Contraction::new(&self.outcomes()), d_povms: povms.clone(), povms }
        } else {
            let flat = |m: &Measurement| vec![C64::ZERO; LANES * m.outcomes() * m.dim() * m.dim()];
            let povms: Vec<Vec<C64>> = self.measurements.iter().map(flat).collect();
            Contractor::Any {
                born: Box::new(LaneBorn::new(&self.dims(), &self.outcomes())?),
                d_povms: povms.clone(),
                povms,
            }
        };
        Ok(EntangledWork { measurements: measurements.collect::<Result<_, _>>()?, born })
    }

    /// The POVM of an agent for the observations of lane 0, `[outcome][d][d]`.
    pub(in crate::learn) fn povm(
        &self,
        ready: &Prepared,
        agent: usize,
        own: Own<'_>,
        work: &mut CoordinatorWork,
    ) -> Result<Vec<C64>, LearnError> {
        let Kind::Entangled(work) = &mut work.kind else {
            return Ok(Vec::new());
        };
        let before = self.measurements[..agent].iter();
        let skip: usize = before.map(|m| m.network().ready_len()).sum();
        let (m, theta) = (&self.measurements[agent], &ready.theta[skip..]);
        let inner = &mut work.measurements[agent];
        Ok(match &mut work.born {
            Contractor::Qubits { povms, .. } => {
                m.qubits(theta, own, inner, &mut povms[agent])?;
                let lane = |p: &Four| matrix([p[0][0], p[1][0], p[2][0], p[3][0]]);
                povms[agent].iter().flat_map(lane).collect()
            }
            Contractor::Any { povms, .. } => {
                m.matrices(theta, own, inner, &mut povms[agent])?;
                povms[agent][..m.outcomes() * m.dim() * m.dim()].to_vec()
            }
        })
    }

    pub(super) fn forward(
        &self,
        ready: &Prepared,
        observations: Observations<'_>,
        work: &mut EntangledWork,
        q: &mut [[f64; LANES]],
    ) -> Result<(), LearnError> {
        let mut theta = &ready.theta[..];
        for (i, (m, inner)) in self.measurements.iter().zip(&mut work.measurements).enumerate() {
            let own = observations.of(i); // all that this measurement gets to see
            match &mut work.born {
                Contractor::Qubits { povms, .. } => m.qubits(theta, own, inner, &mut povms[i])?,
                Contractor::Any { povms, .. } => m.matrices(theta, own, inner, &mut povms[i])?,
            }
            theta = &theta[m.network().ready_len()..];
        }
        match &mut work.born {
            Contractor::Qubits { contraction, povms, .. } => contraction.forward(&ready.state, povms, q),
            Contractor::Any { born, povms, .. } => born.forward(&noisy(ready), povms, q),
        }
        Ok(())
    }

    pub(super) fn backward(
        &self,
        ready: &Prepared,
        work: &mut EntangledWork,
        d_q: &[[f64; LANES]],
        conditioning: Conditioning,
        gradient: &mut [f32],
        d_state: &mut [f64],
    ) -> Result<(), LearnError> {
        match &mut work.born {
            Contractor::Qubits { contraction, povms, d_povms } => {
                contraction.backward(&ready.state, povms, d_q, d_state, d_povms)
            }
            Contractor::Any { born, povms, d_povms } => born.backward(&noisy(ready), povms, d_q, d_state, d_povms),
        }
        let (mut at, mut theta) = (0, &ready.theta[..]);
        for (i, (m, inner)) in self.measurements.iter().zip(&mut work.measurements).enumerate() {
            let range = at..at + m.network().parameters();
            at = range.end;
            let mine = &mut gradient[range];
            match &work.born {
                Contractor::Qubits { d_povms, .. } => {
                    m.qubits_backward(theta, inner, &d_povms[i], conditioning, mine)?;
                }
                Contractor::Any { d_povms, .. } => {
                    m.matrices_backward(theta, inner, &d_povms[i], conditioning, mine)?;
                }
            }
            theta = &theta[m.network().ready_len()..];
        }
        Ok(())
    }

    /// From the gradient of the prepared state to that of the factor, added to `gradient`; clears `d_state`.
    pub(super) fn collect_state(
        &self,
        ready: &Prepared,
        d_state: &mut [f64],
        gradient: &mut [f64],
    ) -> Result<(), LearnError> {
        if !self.learned() {
            return Ok(());
        }
        let d = self.joint;
        let mut d_rho = vec![C64::ZERO; d * d];
        if self.qubits() {
            correlations_adjoint(self.measurements.len(), d_state, &mut d_rho);
        } else {
            for (z, pair) in d_rho.iter_mut().zip(d_state.chunks_exact(2)) {
                *z = C64::new(pair[0], pair[1]);
            }
        }
        d_state.fill(0.0);
        d_rho.iter_mut().for_each(|z| *z *= self.visibility);
        let mut d_factor = vec![C64::ZERO; d * d];
        factor_backward(d, &ready.factor, &ready.rho, &d_rho, &mut d_factor)?;
        let pairs = gradient[self.networks()..].chunks_exact_mut(2);
        for (g, z) in pairs.zip(&d_factor) {
            g[0] += z.re;
            g[1] += z.im;
        }
        Ok(())
    }
}

/// The prepared state as complex entries.
fn noisy(ready: &Prepared) -> Vec<C64> {
    let pairs = ready.state.chunks_exact(2);
    pairs.map(|z| C64::new(z[0], z[1])).collect()
}
