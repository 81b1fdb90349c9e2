//! The Born rule for any number of players, and its adjoint.

use super::density::{MAX_DIMENSION, joint_dimension};
use super::{C64, DensityMatrix, Povm};

/// Largest number of probabilities of one plan.
pub const MAX_PROBABILITIES: usize = 1 << 24;

/// Why a Born-rule plan or behaviour was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BornError {
    /// The lists that describe the players have different lengths or are empty.
    #[error(
        "a Born rule needs one dimension, one answer count and one question count per player and at least one player; given {dims}, {answers} and {questions}"
    )]
    Players {
        /// Number of dimensions.
        dims: usize,
        /// Number of answer counts.
        answers: usize,
        /// Number of question counts.
        questions: usize,
    },
    /// A player with dimension, answers or questions equal to zero.
    #[error(
        "player {player} has dimension {dim}, {answers} answers and {questions} questions; each must be at least 1"
    )]
    EmptyPlayer {
        /// The player.
        player: usize,
        /// Local dimension.
        dim: usize,
        /// Number of answers.
        answers: usize,
        /// Number of questions.
        questions: usize,
    },
    /// The joint dimension or the number of probabilities is beyond the bound.
    #[error(
        "the joint dimension must be at most {MAX_DIMENSION} and the number of probabilities at most {MAX_PROBABILITIES}; dimensions {dims:?}, answers {answers:?}, {joint_questions} joint questions"
    )]
    TooLarge {
        /// Local dimensions.
        dims: Vec<usize>,
        /// Answer counts.
        answers: Vec<usize>,
        /// Number of joint questions.
        joint_questions: usize,
    },
    /// A joint question of the wrong length or with a question out of range.
    #[error(
        "joint question {index} is {given:?}; {questions:?} questions per player allow one number below each"
    )]
    JointQuestion {
        /// Position in the list.
        index: usize,
        /// The joint question given.
        given: Vec<usize>,
        /// Question counts.
        questions: Vec<usize>,
    },
    /// The measurements do not fit the state: wrong number, dimension or outcome count.
    #[error(
        "player {player}, question {question}: a measurement of dimension {dim} with {outcomes} outcomes was given, dimension {wanted_dim} with {wanted_outcomes} is wanted"
    )]
    Measurement {
        /// The player.
        player: usize,
        /// The question.
        question: usize,
        /// Dimension given.
        dim: usize,
        /// Outcomes given.
        outcomes: usize,
        /// Dimension wanted.
        wanted_dim: usize,
        /// Outcomes wanted.
        wanted_outcomes: usize,
    },
}

/// One step of the walk over joint questions: one player's question after a common prefix.
#[derive(Debug, Clone)]
struct Node {
    /// Where this player's measurement for this question starts in the flat slice.
    povm: usize,
    /// Next levels: a range of nodes, or at the last level the row of `p`.
    next: Next,
}

#[derive(Debug, Clone)]
enum Next {
    Nodes(usize, usize),
    Row(usize),
}

/// What does not change during the walk.
#[derive(Debug, Clone)]
struct Plan {
    dims: Vec<usize>,
    answers: Vec<usize>,
    /// Dimension of players `k..n`, for `k = 0..=n`.
    rest: Vec<usize>,
    nodes: Vec<Node>,
    roots: (usize, usize),
    joint_answers: usize,
    rows: usize,
    povms: usize,
}

/// Born rule `p(j_1..j_n) = tr(rho M_{j_1} (x) ... (x) M_{j_n})` with its adjoint, for a fixed list
/// of joint questions.
///
/// The state is contracted player by player; joint questions that begin alike share the work,
/// and the `D x D` product operator is never formed. Nothing is allocated after `new`.
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
    /// Contracted states, one for each level.
    states: Vec<Vec<C64>>,
    /// Their cotangents, conjugated the same way.
    cotangents: Vec<Vec<C64>>,
}

impl Born {
    /// Plans the contraction for players with local dimensions `dims`, `answers[i]` answers and
    /// `questions[i]` questions, over the given joint questions.
    ///
    /// # Errors
    /// Lists of unequal length, zeros, joint questions out of range, sizes beyond
    /// [`MAX_DIMENSION`] or [`MAX_PROBABILITIES`].
    pub fn new(
        dims: &[usize],
        answers: &[usize],
        questions: &[usize],
        joint_questions: &[Vec<usize>],
    ) -> Result<Self, BornError> {
        let n = dims.len();
        if n == 0 || answers.len() != n || questions.len() != n {
            return Err(BornError::Players {
                dims: n,
                answers: answers.len(),
                questions: questions.len(),
            });
        }
        for player in 0..n {
            let (dim, a, q) = (dims[player], answers[player], questions[player]);
            if dim == 0 || a == 0 || q == 0 {
                return Err(BornError::EmptyPlayer {
                    player,
                    dim,
                    answers: a,
                    questions: q,
                });
            }
        }
        for (index, given) in joint_questions.iter().enumerate() {
            if given.len() != n || given.iter().zip(questions).any(|(x, q)| x >= q) {
                return Err(BornError::JointQuestion {
                    index,
                    given: given.clone(),
                    questions: questions.to_vec(),
                });
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
            let size = checked_product([questions[player], answers[player], d, d].into_iter())
                .ok_or_else(too_large)?;
            povms = povms
                .checked_add(size)
                .filter(|&total| total <= MAX_PROBABILITIES)
                .ok_or_else(too_large)?;
        }
        let rest: Vec<usize> = (0..=n).map(|k| dims[k..].iter().product()).collect();
        let mut order: Vec<usize> = (0..joint_questions.len()).collect();
        order.sort_by(|&x, &y| joint_questions[x].cmp(&joint_questions[y]));
        let mut nodes = Vec::new();
        let block = |player: usize, question: usize| {
            offsets[player] + question * answers[player] * dims[player] * dims[player]
        };
        let roots = build(&mut nodes, &order, joint_questions, 0, n, &block);
        let buffers =
            || -> Vec<Vec<C64>> { (1..n).map(|k| vec![C64::ZERO; rest[k] * rest[k]]).collect() };
        Ok(Self {
            states: buffers(),
            cotangents: buffers(),
            plan: Plan {
                dims: dims.to_vec(),
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
    /// `d_i x d_i` matrix, everything row-major. For operators that are not Hermitian the real
    /// part of the trace is written.
    ///
    /// # Panics
    /// When a slice has the wrong length (see [`Born::rho_len`], [`Born::povms_len`],
    /// [`Born::probabilities`]).
    pub fn forward(&mut self, rho: &[C64], povms: &[C64], p: &mut [f64]) {
        self.check(rho, povms, p.len());
        let roots = self.plan.roots;
        forward_level(&self.plan, 0, roots, rho, povms, &mut self.states, 0, p);
    }

    /// Writes the gradients of `L` from `dp = dL/dp`.
    ///
    /// Both gradients follow `dL = sum Re(conj(gradient) dentry)` over all entries taken as free,
    /// and overwrite what was there. `rho` and `povms` are those of the forward pass.
    ///
    /// # Panics
    /// When a slice has the wrong length.
    pub fn backward(
        &mut self,
        rho: &[C64],
        povms: &[C64],
        dp: &[f64],
        d_rho: &mut [C64],
        d_povms: &mut [C64],
    ) {
        self.check(rho, povms, dp.len());
        assert!(
            d_rho.len() == rho.len() && d_povms.len() == povms.len(),
            "Born::backward: a gradient slice has the wrong length"
        );
        d_rho.fill(C64::ZERO);
        d_povms.fill(C64::ZERO);
        let mut walk = Backward {
            plan: &self.plan,
            povms,
            dp,
            d_povms,
        };
        walk.level(
            0,
            self.plan.roots,
            rho,
            d_rho,
            &mut self.states,
            &mut self.cotangents,
            0,
        );
    }

    fn check(&self, rho: &[C64], povms: &[C64], p: usize) {
        assert!(
            rho.len() == self.rho_len()
                && povms.len() == self.povms_len()
                && p == self.probabilities(),
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

/// Builds the nodes of one level below a common prefix; `order` is sorted.
fn build(
    nodes: &mut Vec<Node>,
    order: &[usize],
    questions: &[Vec<usize>],
    level: usize,
    n: usize,
    block: &dyn Fn(usize, usize) -> usize,
) -> (usize, usize) {
    let start = nodes.len();
    if level + 1 == n {
        for &row in order {
            nodes.push(Node {
                povm: block(level, questions[row][level]),
                next: Next::Row(row),
            });
        }
        return (start, nodes.len());
    }
    let groups: Vec<&[usize]> = order
        .chunk_by(|&x, &y| questions[x][level] == questions[y][level])
        .collect();
    for group in &groups {
        nodes.push(Node {
            povm: block(level, questions[group[0]][level]),
            next: Next::Nodes(0, 0),
        });
    }
    let end = nodes.len();
    for (k, group) in groups.iter().enumerate() {
        let (first, last) = build(nodes, group, questions, level + 1, n, block);
        nodes[start + k].next = Next::Nodes(first, last);
    }
    (start, end)
}

/// All probabilities below one contracted state; `prefix` numbers the answers so far.
#[allow(clippy::too_many_arguments)]
fn forward_level(
    plan: &Plan,
    level: usize,
    (first, last): (usize, usize),
    state: &[C64],
    povms: &[C64],
    buffers: &mut [Vec<C64>],
    prefix: usize,
    p: &mut [f64],
) {
    let (d, rest, answers) = (plan.dims[level], plan.rest[level + 1], plan.answers[level]);
    for node in &plan.nodes[first..last] {
        for (answer, m) in povms[node.povm..][..answers * d * d]
            .chunks_exact(d * d)
            .enumerate()
        {
            let index = prefix * answers + answer;
            match node.next {
                Next::Row(row) => p[row * plan.joint_answers + index] = trace_product(d, state, m),
                Next::Nodes(lo, hi) => {
                    if let Some((child, below)) = buffers.split_first_mut() {
                        contract(d, rest, state, m, child);
                        forward_level(plan, level + 1, (lo, hi), child, povms, below, index, p);
                    }
                }
            }
        }
    }
}

struct Backward<'a> {
    plan: &'a Plan,
    povms: &'a [C64],
    dp: &'a [f64],
    d_povms: &'a mut [C64],
}

impl Backward<'_> {
    /// Adds to `d_state` and to the measurements everything below one contracted state.
    #[allow(clippy::too_many_arguments)]
    fn level(
        &mut self,
        level: usize,
        (first, last): (usize, usize),
        state: &[C64],
        d_state: &mut [C64],
        buffers: &mut [Vec<C64>],
        d_buffers: &mut [Vec<C64>],
        prefix: usize,
    ) {
        let plan = self.plan;
        let (d, rest, answers) = (plan.dims[level], plan.rest[level + 1], plan.answers[level]);
        for node in &plan.nodes[first..last] {
            for answer in 0..answers {
                let at = node.povm + answer * d * d;
                let m = &self.povms[at..at + d * d];
                let index = prefix * answers + answer;
                match node.next {
                    Next::Row(row) => {
                        let dp = self.dp[row * plan.joint_answers + index];
                        let d_m = &mut self.d_povms[at..at + d * d];
                        trace_product_adjoint(d, state, m, dp, d_state, d_m);
                    }
                    Next::Nodes(lo, hi) => {
                        let (Some((child, below)), Some((d_child, d_below))) =
                            (buffers.split_first_mut(), d_buffers.split_first_mut())
                        else {
                            continue;
                        };
                        contract(d, rest, state, m, child);
                        d_child.fill(C64::ZERO);
                        self.level(level + 1, (lo, hi), child, d_child, below, d_below, index);
                        let d_m = &mut self.d_povms[at..at + d * d];
                        contract_adjoint(d, rest, state, m, d_child, d_state, d_m);
                    }
                }
            }
        }
    }
}

/// `Re tr(A B)` of two `d x d` matrices.
#[inline]
fn trace_product(d: usize, a: &[C64], b: &[C64]) -> f64 {
    if d == 2
        && let (&[a0, a1, a2, a3], &[b0, b1, b2, b3]) = (a, b)
    {
        let re = |x: C64, y: C64| x.re * y.re - x.im * y.im;
        return (re(a0, b0) + re(a1, b2)) + (re(a2, b1) + re(a3, b3));
    }
    let mut sum = 0.0;
    for (r, row) in a.chunks_exact(d).enumerate() {
        for (c, x) in row.iter().enumerate() {
            let y = b[c * d + r];
            sum += x.re * y.re - x.im * y.im;
        }
    }
    sum
}

/// Adjoint of [`trace_product`]: `dA += dp B^H`, `dB += dp A^H`.
#[inline]
fn trace_product_adjoint(
    d: usize,
    a: &[C64],
    b: &[C64],
    dp: f64,
    d_a: &mut [C64],
    d_b: &mut [C64],
) {
    if d == 2
        && let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (a, b)
        && let ([x0, x1, x2, x3], [y0, y1, y2, y3]) = (&mut *d_a, &mut *d_b)
    {
        *x0 += b0.conj() * dp;
        *x1 += b2.conj() * dp;
        *x2 += b1.conj() * dp;
        *x3 += b3.conj() * dp;
        *y0 += a0.conj() * dp;
        *y1 += a2.conj() * dp;
        *y2 += a1.conj() * dp;
        *y3 += a3.conj() * dp;
        return;
    }
    for r in 0..d {
        for c in 0..d {
            d_a[r * d + c] += b[c * d + r].conj() * dp;
            d_b[r * d + c] += a[c * d + r].conj() * dp;
        }
    }
}

/// Traces out the first system: `out[b, b'] = sum_{a, a'} state[(a, b), (a', b')] m[a', a]`.
#[inline]
fn contract(d: usize, rest: usize, state: &[C64], m: &[C64], out: &mut [C64]) {
    if d == 2 && rest == 2 {
        return contract_fixed::<2, 2>(state, m, out);
    }
    if d == 2 && rest == 4 {
        return contract_fixed::<2, 4>(state, m, out);
    }
    if d == 3 && rest == 3 {
        return contract_fixed::<3, 3>(state, m, out);
    }
    if d == 4 && rest == 4 {
        return contract_fixed::<4, 4>(state, m, out);
    }
    contract_any(d, rest, state, m, out);
}

/// The same loops with sizes the compiler knows.
#[inline]
fn contract_fixed<const D: usize, const R: usize>(state: &[C64], m: &[C64], out: &mut [C64]) {
    contract_any(
        D,
        R,
        &state[..D * R * D * R],
        &m[..D * D],
        &mut out[..R * R],
    );
}

#[inline(always)]
fn contract_any(d: usize, rest: usize, state: &[C64], m: &[C64], out: &mut [C64]) {
    let width = d * rest;
    out.fill(C64::ZERO);
    for a in 0..d {
        for b in 0..rest {
            let row = &state[(a * rest + b) * width..][..width];
            let target = &mut out[b * rest..][..rest];
            for a2 in 0..d {
                let factor = m[a2 * d + a];
                for (o, x) in target.iter_mut().zip(&row[a2 * rest..][..rest]) {
                    *o += x * factor;
                }
            }
        }
    }
}

/// Adjoint of [`contract`].
#[inline]
fn contract_adjoint(
    d: usize,
    rest: usize,
    state: &[C64],
    m: &[C64],
    d_out: &[C64],
    d_state: &mut [C64],
    d_m: &mut [C64],
) {
    if d == 2 && rest == 2 {
        return adjoint_fixed::<2, 2>(state, m, d_out, d_state, d_m);
    }
    if d == 2 && rest == 4 {
        return adjoint_fixed::<2, 4>(state, m, d_out, d_state, d_m);
    }
    if d == 3 && rest == 3 {
        return adjoint_fixed::<3, 3>(state, m, d_out, d_state, d_m);
    }
    if d == 4 && rest == 4 {
        return adjoint_fixed::<4, 4>(state, m, d_out, d_state, d_m);
    }
    adjoint_any(d, rest, state, m, d_out, d_state, d_m);
}

#[inline]
fn adjoint_fixed<const D: usize, const R: usize>(
    state: &[C64],
    m: &[C64],
    d_out: &[C64],
    d_state: &mut [C64],
    d_m: &mut [C64],
) {
    adjoint_any(
        D,
        R,
        &state[..D * R * D * R],
        &m[..D * D],
        &d_out[..R * R],
        &mut d_state[..D * R * D * R],
        &mut d_m[..D * D],
    );
}

#[inline(always)]
fn adjoint_any(
    d: usize,
    rest: usize,
    state: &[C64],
    m: &[C64],
    d_out: &[C64],
    d_state: &mut [C64],
    d_m: &mut [C64],
) {
    let width = d * rest;
    for a in 0..d {
        for a2 in 0..d {
            let factor = m[a2 * d + a].conj();
            let mut sum = C64::ZERO;
            for b in 0..rest {
                let at = (a * rest + b) * width + a2 * rest;
                let g = &d_out[b * rest..][..rest];
                let x = &state[at..][..rest];
                let target = &mut d_state[at..][..rest];
                for ((t, x), g) in target.iter_mut().zip(x).zip(g) {
                    *t += g * factor;
                    sum += x.conj() * g;
                }
            }
            d_m[a2 * d + a] += sum;
        }
    }
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
    let answers: Vec<usize> = povms
        .iter()
        .map(|player| player.first().map_or(0, Povm::outcomes))
        .collect();
    if povms.len() != dims.len() {
        return Err(BornError::Players {
            dims: dims.len(),
            answers: answers.len(),
            questions: questions.len(),
        });
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
    let count = checked_product(questions.iter().copied())
        .filter(|&count| count <= MAX_PROBABILITIES)
        .ok_or_else(|| BornError::TooLarge {
            dims: dims.to_vec(),
            answers: answers.clone(),
            joint_questions: usize::MAX,
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
