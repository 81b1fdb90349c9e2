//! The walk over joint questions: those that begin alike share the work, forward and back.

use std::ops::Range;

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
    /// Where each player's measurements end in the flat slice.
    pub ends: Vec<usize>,
    /// Dimension of players `k..n`, for `k = 0..=n`.
    pub rest: Vec<usize>,
    pub nodes: Vec<Node>,
    pub roots: (usize, usize),
    pub joint_answers: usize,
    pub rows: usize,
    pub povms: usize,
}

impl Plan {
    /// Where each player's measurements lie in the flat slice, and their dimension.
    pub fn players(&self) -> impl Iterator<Item = (Range<usize>, usize)> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        let ranges = starts.zip(&self.ends).map(|(start, end)| start..*end);
        ranges.zip(self.dims.iter().copied())
    }
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
            nodes.push(Node { povm: block(level, questions[row][level]), next: Next::Row(row) });
        }
        return (start, nodes.len());
    }
    let groups: Vec<&[usize]> = order.chunk_by(|&x, &y| questions[x][level] == questions[y][level]).collect();
    for group in &groups {
        nodes.push(Node { povm: block(level, questions[group[0]][level]), next: Next::Nodes(0, 0) });
    }
    let end = nodes.len();
    for (k, group) in groups.iter().enumerate() {
        let (first, last) = build(nodes, group, questions, level + 1, n, block);
        nodes[start + k].next = Next::Nodes(first, last);
    }
    (start, end)
}

/// Calls a function for the number of coordinates at hand: sizes of one and two systems are known to the compiler.
macro_rules! sized {
    ($f:ident, $n:expr, $($argument:expr),+) => {
        match $n {
            4 => $f::<4>($($argument),+),
            9 => $f::<9>($($argument),+),
            16 => $f::<16>($($argument),+),
            _ => $f::<0>($($argument),+),
        }
    };
}

/// All probabilities below one contracted state; `prefix` numbers the answers so far. Everything in coordinates.
#[allow(clippy::too_many_arguments)]
pub(super) fn forward_level(
    plan: &Plan,
    level: usize,
    (first, last): (usize, usize),
    state: &[f64],
    povms: &[f64],
    buffers: &mut [Vec<f64>],
    prefix: usize,
    p: &mut [f64],
) {
    let (size, answers) = (plan.dims[level] * plan.dims[level], plan.answers[level]);
    for node in &plan.nodes[first..last] {
        let elements = &povms[node.povm..][..answers * size];
        match node.next {
            Next::Row(row) => {
                let p = &mut p[row * plan.joint_answers + prefix * answers..][..answers];
                sized!(leaves, size, state, elements, p);
            }
            Next::Nodes(lo, hi) => {
                let Some((child, below)) = buffers.split_first_mut() else {
                    continue;
                };
                for (answer, m) in elements.chunks_exact(size).enumerate() {
                    sized!(contract, child.len(), state, m, child);
                    let prefix = prefix * answers + answer;
                    forward_level(plan, level + 1, (lo, hi), child, povms, below, prefix, p);
                }
            }
        }
    }
}

pub(super) struct Backward<'a> {
    pub plan: &'a Plan,
    pub povms: &'a [f64],
    pub dp: &'a [f64],
    pub d_povms: &'a mut [f64],
}

impl Backward<'_> {
    /// Adds to `d_state` and to the measurements everything below one contracted state.
    #[allow(clippy::too_many_arguments)]
    pub fn level(
        &mut self,
        level: usize,
        (first, last): (usize, usize),
        state: &[f64],
        d_state: &mut [f64],
        buffers: &mut [Vec<f64>],
        d_buffers: &mut [Vec<f64>],
        prefix: usize,
    ) {
        let plan = self.plan;
        let (size, answers) = (plan.dims[level] * plan.dims[level], plan.answers[level]);
        for node in &plan.nodes[first..last] {
            let range = node.povm..node.povm + answers * size;
            let elements = &self.povms[range.clone()];
            match node.next {
                Next::Row(row) => {
                    let dp = &self.dp[row * plan.joint_answers + prefix * answers..][..answers];
                    let d_elements = &mut self.d_povms[range];
                    sized!(leaves_adjoint, size, state, elements, dp, d_state, d_elements);
                }
                Next::Nodes(lo, hi) => {
                    let (Some((child, below)), Some((d_child, d_below))) =
                        (buffers.split_first_mut(), d_buffers.split_first_mut())
                    else {
                        continue;
                    };
                    for (answer, m) in elements.chunks_exact(size).enumerate() {
                        sized!(contract, child.len(), state, m, child);
                        d_child.fill(0.0);
                        let index = prefix * answers + answer;
                        self.level(level + 1, (lo, hi), child, d_child, below, d_below, index);
                        let d_m = &mut self.d_povms[range.start + answer * size..][..size];
                        sized!(contract_adjoint, child.len(), state, m, d_child, d_state, d_m);
                    }
                }
            }
        }
    }
}

/// A slice of `N` numbers; of any length for `N = 0`.
#[inline(always)]
fn known<const N: usize>(x: &[f64]) -> &[f64] {
    if N == 0 { x } else { &x[..N] }
}

#[inline(always)]
fn known_mut<const N: usize>(x: &mut [f64]) -> &mut [f64] {
    if N == 0 { x } else { &mut x[..N] }
}

/// One system traced out: `out[n] = sum_m M_m R_{m n}`.
fn contract<const N: usize>(state: &[f64], m: &[f64], out: &mut [f64]) {
    let out = known_mut::<N>(out);
    out.fill(0.0);
    for (m, row) in m.iter().zip(state.chunks_exact(out.len())) {
        add::<N>(out, *m, row);
    }
}

/// Adjoint of [`contract`].
fn contract_adjoint<const N: usize>(state: &[f64], m: &[f64], d_out: &[f64], d_state: &mut [f64], d_m: &mut [f64]) {
    let d_out = known::<N>(d_out);
    let rows = state.chunks_exact(d_out.len()).zip(d_state.chunks_exact_mut(d_out.len()));
    for ((row, d_row), (m, d_m)) in rows.zip(m.iter().zip(d_m)) {
        add::<N>(d_row, *m, d_out);
        *d_m += dot::<N>(row, d_out);
    }
}

/// The last system: `p[a] = sum_m M^a_m R_m`.
fn leaves<const N: usize>(state: &[f64], elements: &[f64], p: &mut [f64]) {
    let state = known::<N>(state);
    for (p, m) in p.iter_mut().zip(elements.chunks_exact(state.len())) {
        *p = dot::<N>(state, m);
    }
}

/// Adjoint of [`leaves`].
fn leaves_adjoint<const N: usize>(
    state: &[f64],
    elements: &[f64],
    dp: &[f64],
    d_state: &mut [f64],
    d_elements: &mut [f64],
) {
    let state = known::<N>(state);
    let elements = elements.chunks_exact(state.len());
    let pairs = elements.zip(d_elements.chunks_exact_mut(state.len()));
    for (dp, (m, d_m)) in dp.iter().zip(pairs) {
        add::<N>(d_state, *dp, m);
        add::<N>(d_m, *dp, state);
    }
}

/// `out += factor x`
#[inline(always)]
fn add<const N: usize>(out: &mut [f64], factor: f64, x: &[f64]) {
    for (out, x) in known_mut::<N>(out).iter_mut().zip(known::<N>(x)) {
        *out += factor * x;
    }
}

/// The sum of the products; four sums side by side.
#[inline(always)]
fn dot<const N: usize>(x: &[f64], y: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (x, x_rest) = known::<N>(x).as_chunks::<4>();
    let (y, y_rest) = known::<N>(y).as_chunks::<4>();
    for (x, y) in x.iter().zip(y) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += x * y;
        }
    }
    let mut sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    for (x, y) in x_rest.iter().zip(y_rest) {
        sum += x * y;
    }
    sum
}
