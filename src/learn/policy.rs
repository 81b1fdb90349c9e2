//! The end-to-end parameterisation of a quantum policy (Figure 2): questions → logits → POVMs → p(a|x).

use super::layer::Layer;
use super::{LearnError, Measurements, Network, Restrictions};
use crate::game::Scenario;
use crate::quantum::{
    Born, C64, DensityMatrix, Matrix, Povm,
    density::{factor_backward, factor_forward},
};
use crate::strategy::QuantumStrategy;
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// Where the shared state comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum SharedState {
    /// `rho = B^H B / tr(B^H B)` with `B` learned (Appendix D.5).
    Learned,
    /// A given state.
    Fixed(DensityMatrix),
}

/// Shape of a quantum policy.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyShape {
    /// Local dimension per player.
    pub dims: Vec<usize>,
    /// Widths of the hidden layers; empty for a table of logits.
    pub hidden: Vec<usize>,
    /// Deviation of the initial logits.
    pub init_scale: f64,
    /// Learned or given state, before the noise of the restrictions.
    pub state: SharedState,
    /// Imperfect states and restricted measurements.
    pub restrictions: Restrictions,
}

/// Largest joint dimension `D = prod d_i` a policy may have.
pub const MAX_JOINT_DIMENSION: usize = 1024;

/// A differentiable policy `p(a|x) = tr(rho ⊗_i M_i(a_i|x_i))` (Eq. 6) with
/// `M_i(.|x_i) = QuantumSoftmax(Z_i(x_i))` (Algorithm 1) or a restricted measurement, and its reverse pass.
///
/// It holds the parameters, every intermediate result of the last forward pass and the gradient; after
/// construction nothing is allocated except when a joint question is met for the first time.
#[derive(Debug)]
pub struct QuantumPolicy {
    scenario: Scenario,
    shape: PolicyShape,
    joint: usize,
    /// All parameters: the players' networks in order, then `B` as (re, im) pairs.
    pub parameters: Vec<f64>,
    /// Gradient of the last backward pass, laid out like the parameters.
    pub gradient: Vec<f64>,
    networks: Vec<Network>,
    layers: Vec<Layer>,
    born: Option<Born>,
    /// Joint questions met so far, in the order of first meeting; rows of `p`.
    seen: Vec<u32>,
    povms: Vec<C64>,
    factor: Vec<C64>,
    /// The learned state before the noise.
    prepared: Vec<C64>,
    rho: Vec<C64>,
    d_povms: Vec<C64>,
    d_factor: Vec<C64>,
    d_rho: Vec<C64>,
    d_outputs: Vec<f64>,
    p: Vec<f64>,
}

impl QuantumPolicy {
    /// A policy with random initial parameters.
    ///
    /// # Errors
    /// [`LearnError::Config`] if the dimensions do not fit the scenario or are too large, or a given
    /// state has other dimensions.
    pub fn new(scenario: &Scenario, shape: PolicyShape, rng: &mut impl Rng) -> Result<Self, LearnError> {
        let bad = |why: String| Err(LearnError::Config(why));
        if shape.dims.len() != scenario.players() {
            return bad(format!(
                "{} local dimensions given, wanted one per player ({})",
                shape.dims.len(),
                scenario.players()
            ));
        }
        let joint = shape
            .dims
            .iter()
            .try_fold(1usize, |n, &d| n.checked_mul(d).filter(|n| (1..=MAX_JOINT_DIMENSION).contains(n)));
        let Some(joint) = joint else {
            return bad(format!(
                "local dimensions {:?} given, wanted at least 1 each with a product of at most {MAX_JOINT_DIMENSION}",
                shape.dims
            ));
        };
        if let SharedState::Fixed(rho) = &shape.state
            && rho.dims() != shape.dims
        {
            return bad(format!("the given state has local dimensions {:?}, wanted {:?}", rho.dims(), shape.dims));
        }
        let mut networks = Vec::new();
        let mut layers = Vec::new();
        let (mut cells, mut widest) = (0, 0);
        shape.restrictions.noise.check()?;
        if let Measurements::Listed(players) = &shape.restrictions.measurements
            && players.len() != scenario.players()
        {
            return bad(format!("measurements of {} players given, wanted {}", players.len(), scenario.players()));
        }
        for (i, &d) in shape.dims.iter().enumerate() {
            let (questions, answers) = (scenario.questions()[i], scenario.answers()[i]);
            let kind = &shape.restrictions.measurements;
            let layer = Layer::new(kind, i, questions, answers, d)?;
            cells += layer.len();
            widest = widest.max(questions * layer.inputs());
            networks.push(Network::new(questions, &shape.hidden, layer.inputs()));
            layers.push(layer);
        }
        let learned = matches!(shape.state, SharedState::Learned);
        let factor_len = if learned { joint * joint } else { 0 };
        let network_len: usize = networks.iter().map(Network::parameters).sum();
        let parameters = vec![0.0; network_len + 2 * factor_len];
        let zero = C64::new(0.0, 0.0);
        let rho = match &shape.state {
            SharedState::Learned => vec![zero; joint * joint],
            SharedState::Fixed(rho) => {
                let noisy = shape.restrictions.noise.of(rho)?;
                noisy.matrix().as_slice().to_vec()
            }
        };
        let mut policy = QuantumPolicy {
            scenario: scenario.clone(),
            gradient: vec![0.0; parameters.len()],
            parameters,
            networks,
            layers,
            born: None,
            seen: Vec::new(),
            povms: vec![zero; cells],
            factor: vec![zero; factor_len],
            d_rho: vec![zero; rho.len()],
            prepared: vec![zero; if learned { rho.len() } else { 0 }],
            rho,
            d_povms: vec![zero; cells],
            d_factor: vec![zero; factor_len],
            d_outputs: vec![0.0; widest],
            p: Vec::new(),
            joint,
            shape,
        };
        policy.randomise(rng);
        Ok(policy)
    }

    /// Draws all parameters anew.
    pub fn randomise(&mut self, rng: &mut impl Rng) {
        let mut rest = self.parameters.as_mut_slice();
        for network in &self.networks {
            let (mine, tail) = rest.split_at_mut(network.parameters());
            network.initialise(self.shape.init_scale, rng, mine);
            rest = tail;
        }
        for b in rest {
            *b = StandardNormal.sample(rng);
        }
    }

    /// The joint questions whose rows [`QuantumPolicy::probabilities`] holds, in row order.
    pub fn seen(&self) -> &[u32] {
        &self.seen
    }

    /// Adds a joint question that was asked for the first time; its row is the last one.
    ///
    /// # Errors
    /// [`LearnError::Born`] if the contraction for so many questions would be too large.
    pub fn meet(&mut self, question: u32) -> Result<(), LearnError> {
        self.seen.push(question);
        let joint: Vec<Vec<usize>> = self.seen.iter().map(|&x| self.scenario.question(x as usize)).collect();
        let s = &self.scenario;
        self.born = Some(Born::new(&self.shape.dims, s.answers(), s.questions(), &joint)?);
        self.p.resize(self.seen.len() * s.joint_answers(), 0.0);
        Ok(())
    }

    /// `p(a|x)` of the last forward pass, `[row of a seen joint question][joint answer]`.
    pub fn probabilities(&self) -> &[f64] {
        &self.p
    }

    /// Forward pass: logits, POVMs (Algorithm 1), state, probabilities of the seen joint questions (Eq. 6).
    ///
    /// # Errors
    /// [`LearnError::Softmax`] if a logit is not finite.
    pub fn forward(&mut self) -> Result<(), LearnError> {
        let (mut at, mut cell) = (0, 0);
        for (network, layer) in self.networks.iter_mut().zip(&mut self.layers) {
            let end = at + network.parameters();
            let outputs = network.forward(&self.parameters[at..end]);
            at = end;
            let range = cell..cell + layer.len();
            cell = range.end;
            layer.forward(outputs, &mut self.povms[range])?;
        }
        if matches!(self.shape.state, SharedState::Learned) {
            to_complex(&self.parameters[at..], &mut self.factor);
            factor_forward(self.joint, &self.factor, &mut self.prepared)?;
            self.rho.copy_from_slice(&self.prepared);
            let noise = &self.shape.restrictions.noise;
            noise.apply(&self.shape.dims, &mut self.rho);
        }
        if let Some(born) = &mut self.born {
            born.forward(&self.rho, &self.povms, &mut self.p);
        }
        Ok(())
    }

    /// Reverse pass of the last forward pass: sets `gradient` to the derivative of a scalar whose
    /// derivative with respect to the probabilities is `d_p`, minus `conditioning` times the derivative
    /// of `L_cond = tr((S-I)^H (S-I))` summed over all POVMs (Appendix I).
    ///
    /// # Errors
    /// [`LearnError::Softmax`] if the gradient of a POVM cannot be had at all.
    pub fn backward(&mut self, d_p: &[f64], conditioning: f64) -> Result<(), LearnError> {
        self.gradient.fill(0.0);
        if let Some(born) = &mut self.born {
            born.backward(&self.rho, &self.povms, d_p, &mut self.d_rho, &mut self.d_povms);
        }
        let (mut at, mut cell) = (0, 0);
        for (network, layer) in self.networks.iter_mut().zip(&mut self.layers) {
            let n = network.parameters();
            let range = cell..cell + layer.len();
            cell = range.end;
            let d_outputs = &mut self.d_outputs[..layer.questions() * layer.inputs()];
            layer.backward(&self.d_povms[range], conditioning, d_outputs)?;
            network.backward(&self.parameters[at..at + n], d_outputs, &mut self.gradient[at..at + n]);
            at += n;
        }
        if matches!(self.shape.state, SharedState::Learned) {
            let noise = &self.shape.restrictions.noise;
            noise.adjoint(&self.shape.dims, &mut self.d_rho);
            factor_backward(self.joint, &self.factor, &self.prepared, &self.d_rho, &mut self.d_factor)?;
            to_real(&self.d_factor, &mut self.gradient[at..]);
        }
        Ok(())
    }

    /// Largest condition number of the matrices `S` of Algorithm 1 at the last forward pass, infinite beyond double precision;
    /// `None` for measurements that are not by QuantumSoftmax.
    pub fn condition_estimate(&self) -> Option<f64> {
        let each = self.layers.iter().filter_map(Layer::condition_estimate);
        each.reduce(f64::max)
    }

    /// The strategy that the last forward pass computed, as validated POVMs and density matrix.
    ///
    /// # Errors
    /// [`LearnError`] if the numbers are not a strategy (cannot happen after a successful forward pass).
    pub fn strategy(&self) -> Result<QuantumStrategy, LearnError> {
        let mut povms = Vec::new();
        let mut blocks = self.povms.as_slice();
        for (i, &d) in self.shape.dims.iter().enumerate() {
            let mut player = Vec::new();
            for _ in 0..self.scenario.questions()[i] {
                let mut elements = Vec::new();
                for _ in 0..self.scenario.answers()[i] {
                    let (block, rest) = blocks.split_at(d * d);
                    blocks = rest;
                    elements.push(Matrix::from_vec(d, block.to_vec())?);
                }
                player.push(Povm::new(elements)?);
            }
            povms.push(player);
        }
        let joint = self.shape.dims.iter().product();
        let rho = Matrix::from_vec(joint, self.rho.clone())?;
        let rho = DensityMatrix::new(self.shape.dims.clone(), rho)?;
        Ok(QuantumStrategy::new(rho, povms)?)
    }
}

fn to_complex(pairs: &[f64], out: &mut [C64]) {
    for (z, pair) in out.iter_mut().zip(pairs.chunks_exact(2)) {
        *z = C64::new(pair[0], pair[1]);
    }
}

fn to_real(values: &[C64], out: &mut [f64]) {
    for (pair, z) in out.chunks_exact_mut(2).zip(values) {
        pair[0] = z.re;
        pair[1] = z.im;
    }
}
