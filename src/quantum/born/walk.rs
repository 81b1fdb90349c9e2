//! The walk over joint questions: those that begin alike share the work, forward and back.

use super::super::C64;
use super::contract::{contract, contract_adjoint, trace_product, trace_product_adjoint};

/// One step of the walk over joint questions: one player's question after a common prefix.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Where this player's measurement for this question starts in the flat slice.
    pub povm: usize,
    /// Next levels: a range of nodes, or at the last level the row of `p`.
    pub next: Next,
}

#[derive(Debug, Clone)]
pub(super) enum Next {
    Nodes(usize, usize),
    Row(usize),
}

/// What does not change during the walk.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub dims: Vec<usize>,
    pub answers: Vec<usize>,
    /// Dimension of players `k..n`, for `k = 0..=n`.
    pub rest: Vec<usize>,
    pub nodes: Vec<Node>,
    pub roots: (usize, usize),
    pub joint_answers: usize,
    pub rows: usize,
    pub povms: usize,
}

/// Builds the nodes of one level below a common prefix; `order` is sorted.
pub(super) fn build(
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
pub(super) fn forward_level(
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

pub(super) struct Backward<'a> {
    pub plan: &'a Plan,
    pub povms: &'a [C64],
    pub dp: &'a [f64],
    pub d_povms: &'a mut [C64],
}

impl Backward<'_> {
    /// Adds to `d_state` and to the measurements everything below one contracted state.
    #[allow(clippy::too_many_arguments)]
    pub fn level(
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
