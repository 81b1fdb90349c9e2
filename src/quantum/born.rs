//! The Born rule for any number of players, and its adjoint.

mod coordinates;
mod error;
mod walk;

pub use error::BornError;

use super::density::joint_dimension;
use super::{C64, DensityMatrix, Povm};
use coordinates::{Blocks, operator, operator_adjoint};
use walk::{Backward, Plan, build, forward_level};

/// Largest number of probabilities of one plan.
pub const MAX_PROBABILITIES: usize = 1 << 24;

/// Born rule `p(j_1..j_n) = tr(rho M_{j_1} (x) ... (x) M_{j_n})` with its adjoint, for a fixed list
/// of joint questions.
///
/// The state is contracted player by player; joint questions that begin alike share the work,
/// and the `D x D` product operator is never formed. Hermitian matrices are contracted as `d^2` real
/// coordinates, with a quarter of the multiplications. Nothing is allocated after `new` and the first backward pass.
/// Source: Gardiner et al., Learning to Coordinate via Quantum Entanglement in MARL, Eq. 2-3.
///
/// ```
/// use bellwether::quantum::{Born, C64, DensityMatrix};
/// let mut born = Born::new(&[2, 2], &[2, 2], &[1, 1], &[vec![0, 0]])?;
/// let mut povms = vec![C64::ZERO; born.povms_len()];
/// for player in 0..2 {
///     povms[player * 8] = C64::ONE; // |0><0|
///     povms[player * 8 + 7] = C64::ONE; // |1><1|
/// }
/// let mut p = vec![0.0; born.probabilities()];
/// born.forward(DensityMatrix::bell().matrix().as_slice(), &povms, &mut p);
/// assert_eq!(p, [0.5, 0.0, 0.0, 0.5]);
/// # Ok::<(), bellwether::quantum::BornError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Born {
    plan: Plan,
    blocks: Blocks,
    /// State and measurements in coordinates.
    state: Vec<f64>,
    povms: Vec<f64>,
    /// Their cotangents.
    d_state: Vec<f64>,
    d_povms: Vec<f64>,
    /// Contracted states, one for each level.
    states: Vec<Vec<f64>>,
    /// Their cotangents.
    cotangents: Vec<Vec<f64>>,
}

impl Born {
    /// Plans the contraction for players with local dimensions `dims`, `answers[i]` answers and
    /// `questions[i]` questions, over the given joint questions.
    ///
    /// # Errors
    /// Lists of unequal length, zeros, joint questions out of range, sizes beyond
    /// [`MAX_DIMENSION`](super::density::MAX_DIMENSION) or [`MAX_PROBABILITIES`].
    pub fn new(
        dims: &[usize],
        answers: &[usize],
        questions: &[usize],
        joint_questions: &[Vec<usize>],
    ) -> Result<Self, BornError> {
        let n = dims.len();
        if n == 0 || answers.len() != n || questions.len() != n {
            return Err(BornError::Players { dims: n, answers: answers.len(), questions: questions.len() });
        }
        for player in 0..n {
            let (dim, a, q) = (dims[player], answers[player], questions[player]);
            if dim == 0 || a == 0 || q == 0 {
                return Err(BornError::EmptyPlayer { player, dim, answers: a, questions: q });
            }
        }
        for (index, given) in joint_questions.iter().enumerate() {
            if given.len() != n || given.iter().zip(questions).any(|(x, q)| x >= q) {
                return Err(BornError::JointQuestion { index, given: given.clone(), questions: questions.to_vec() });
            }
        }
        let too_large = || BornError::TooLarge {
            dims: dims.to_vec(),
            answers: answers.to_vec(),
            joint_questions: joint_questions.len(),
        };
        joint_dimension(dims).map_err(|_| too_large())?;
        let joint_answers = checked_product(answers.iter().copied()).ok_or_else(too_large)?;
        joint_answers
            .checked_mul(joint_questions.len())
            .filter(|&count| count <= MAX_PROBABILITIES)
            .ok_or_else(too_large)?;
        let mut offsets = Vec::with_capacity(n);
        let mut povms = 0_usize;
        for player in 0..n {
            offsets.push(povms);
            let d = dims[player];
            let size = checked_product([questions[player], answers[player], d, d].into_iter()).ok_or_else(too_large)?;
            povms = povms.checked_add(size).filter(|&total| total <= MAX_PROBABILITIES).ok_or_else(too_large)?;
        }
        let rest: Vec<usize> = (0..=n).map(|k| dims[k..].iter().product()).collect();
        let mut order: Vec<usize> = (0..joint_questions.len()).collect();
        order.sort_by(|&x, &y| joint_questions[x].cmp(&joint_questions[y]));
        let mut nodes = Vec::new();
        let block =
            |player: usize, question: usize| offsets[player] + question * answers[player] * dims[player] * dims[player];
        let roots = build(&mut nodes, &order, joint_questions, 0, n, &block);
        let states = rest[1..n].iter().map(|rest| vec![0.0; rest * rest]);
        Ok(Self {
            blocks: Blocks::new(&rest),
            state: vec![0.0; rest[0] * rest[0]],
            d_state: Vec::new(),
            povms: vec![0.0; povms],
            d_povms: Vec::new(),
            states: states.collect(),
            cotangents: Vec::new(),
            plan: Plan {
                dims: dims.to_vec(),
                ends: offsets[1..].iter().copied().chain([povms]).collect(),
                answers: answers.to_vec(),
                rest,
                nodes,
                roots,
                joint_answers,
                rows: joint_questions.len(),
                povms,
            },
        })
    }

    /// Length of the flat slice of measurements.
    pub fn povms_len(&self) -> usize {
        self.plan.povms
    }

    /// Length of `p`: joint questions times joint answers.
    pub fn probabilities(&self) -> usize {
        self.plan.rows * self.plan.joint_answers
    }

    /// Number of entries of the state, `D^2`.
    pub fn rho_len(&self) -> usize {
        self.plan.rest[0] * self.plan.rest[0]
    }

    /// Writes `p[joint question][joint answer]`, first player slowest, Eq. 3.
    ///
    /// `rho` is `D x D`; `povms` holds player by player, question by question, answer by answer a
    /// `d_i x d_i` matrix, everything row-major. Of measurement operators that are not Hermitian the Hermitian part is
    /// taken, of a state the real part of the traces.
    ///
    /// # Panics
    /// When a slice has the wrong length (see [`Born::rho_len`], [`Born::povms_len`],
    /// [`Born::probabilities`]).
    pub fn forward(&mut self, rho: &[C64], povms: &[C64], p: &mut [f64]) {
        self.check(rho, povms, p.len());
        self.coordinates(rho, povms);
        let (plan, states) = (&self.plan, &mut self.states);
        forward_level(plan, 0, plan.roots, &self.state, &self.povms, states, 0, p);
    }

    fn coordinates(&mut self, rho: &[C64], povms: &[C64]) {
        self.blocks.state(&self.plan.dims, rho, &mut self.state);
        for (range, d) in self.plan.players() {
            let (from, to) = (&povms[range.clone()], &mut self.povms[range]);
            for (m, out) in from.chunks_exact(d * d).zip(to.chunks_exact_mut(d * d)) {
                operator(d, m, out);
            }
        }
    }

    /// Writes the gradients of `L` from `dp = dL/dp`.
    ///
    /// Both gradients follow `dL = sum Re(conj(gradient) dentry)` over all entries taken as free,
    /// and overwrite what was there. `rho` and `povms` are those of the forward pass.
    ///
    /// # Panics
    /// When a slice has the wrong length.
    pub fn backward(&mut self, rho: &[C64], povms: &[C64], dp: &[f64], d_rho: &mut [C64], d_povms: &mut [C64]) {
        self.check(rho, povms, dp.len());
        assert!(
            d_rho.len() == rho.len() && d_povms.len() == povms.len(),
            "Born::backward: a gradient slice has the wrong length"
        );
        self.coordinates(rho, povms);
        self.d_state.resize(self.state.len(), 0.0);
        self.d_povms.resize(self.povms.len(), 0.0);
        if self.cotangents.is_empty() {
            self.cotangents.clone_from(&self.states);
        }
        self.d_state.fill(0.0);
        self.d_povms.fill(0.0);
        let mut walk = Backward { plan: &self.plan, povms: &self.povms, dp, d_povms: &mut self.d_povms };
        let (states, cotangents) = (&mut self.states, &mut self.cotangents);
        let (roots, d_state) = (self.plan.roots, &mut self.d_state);
        walk.level(0, roots, &self.state, d_state, states, cotangents, 0);
        self.blocks.state_adjoint(&self.plan.dims, &self.d_state, d_rho);
        for (range, d) in self.plan.players() {
            let (from, to) = (&self.d_povms[range.clone()], &mut d_povms[range]);
            for (g, out) in from.chunks_exact(d * d).zip(to.chunks_exact_mut(d * d)) {
                operator_adjoint(d, g, out);
            }
        }
    }

    fn check(&self, rho: &[C64], povms: &[C64], p: usize) {
        assert!(
            rho.len() == self.rho_len() && povms.len() == self.povms_len() && p == self.probabilities(),
            "Born: slices of length {}, {}, {} do not fit the plan ({}, {}, {})",
            rho.len(),
            povms.len(),
            p,
            self.rho_len(),
            self.povms_len(),
            self.probabilities()
        );
    }
}

fn checked_product(mut factors: impl Iterator<Item = usize>) -> Option<usize> {
    factors.try_fold(1_usize, |acc, f| acc.checked_mul(f))
}

/// Behaviour of a strategy: all joint questions, first player slowest, then all joint answers,
/// first player slowest.
///
/// `povms[i][x]` is player `i`'s measurement for question `x`. Every probability is
/// `tr(rho M (x) ...)` in double precision, Eq. 3.
///
/// # Errors
/// When the measurements do not fit the state, or the sizes are beyond the bounds.
pub fn behaviour(rho: &DensityMatrix, povms: &[Vec<Povm>]) -> Result<Vec<f64>, BornError> {
    let dims = rho.dims();
    let questions: Vec<usize> = povms.iter().map(Vec::len).collect();
    let answers: Vec<usize> = povms.iter().map(|player| player.first().map_or(0, Povm::outcomes)).collect();
    if povms.len() != dims.len() {
        return Err(BornError::Players { dims: dims.len(), answers: answers.len(), questions: questions.len() });
    }
    let mut flat = Vec::new();
    for (player, measurements) in povms.iter().enumerate() {
        for (question, povm) in measurements.iter().enumerate() {
            if povm.dim() != dims[player] || povm.outcomes() != answers[player] {
                return Err(BornError::Measurement {
                    player,
                    question,
                    dim: povm.dim(),
                    outcomes: povm.outcomes(),
                    wanted_dim: dims[player],
                    wanted_outcomes: answers[player],
                });
            }
            for element in povm.elements() {
                flat.extend_from_slice(element.as_slice());
            }
        }
    }
    let count =
        checked_product(questions.iter().copied()).filter(|&count| count <= MAX_PROBABILITIES).ok_or_else(|| {
            BornError::TooLarge { dims: dims.to_vec(), answers: answers.clone(), joint_questions: usize::MAX }
        })?;
    let joint_questions: Vec<Vec<usize>> = (0..count)
        .map(|mut index| {
            let mut joint = vec![0; questions.len()];
            for (x, &q) in joint.iter_mut().zip(&questions).rev() {
                *x = index % q;
                index /= q;
            }
            joint
        })
        .collect();
    let mut born = Born::new(dims, &answers, &questions, &joint_questions)?;
    let mut p = vec![0.0; born.probabilities()];
    born.forward(rho.matrix().as_slice(), &flat, &mut p);
    Ok(p)
}
