//! The integer problem behind a game, and its split into independent parts.

use crate::game::Scenario;

/// Maximise `sum_x c(x, f(x))` over deterministic `f`: coefficients dense in the scenario's index order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub questions: Vec<usize>,
    pub answers: Vec<usize>,
    pub c: Vec<i64>,
}

/// A part of a problem that shares no question with the rest.
pub(super) struct Part {
    pub problem: Problem,
    /// `labels[i][x]` is the question of the whole problem that question `x` of player `i` stands for.
    pub labels: Vec<Vec<usize>>,
}

impl Problem {
    pub fn joint_answers(&self) -> usize {
        self.answers.iter().product()
    }

    /// Bits of player `i`'s strategy space, `nq log2(na)`.
    pub fn bits(&self, i: usize) -> f64 {
        self.questions[i] as f64 * (self.answers[i] as f64).log2()
    }

    /// The players in search order: smallest strategy space first, the responder last.
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.questions.len()).collect();
        order.sort_by(|&i, &j| self.bits(i).total_cmp(&self.bits(j)).then(i.cmp(&j)));
        order
    }
}

/// Splits a problem into the connected components of its questions, two questions being connected when
/// they are asked together and the answers matter. Returns the parts and the constant they leave out.
pub(super) fn split(scenario: &Scenario, dense: &[i64]) -> (Vec<Part>, i64) {
    let (questions, answers) = (scenario.questions(), scenario.answers());
    let n = questions.len();
    let offsets: Vec<usize> = (0..n).map(|i| questions[..i].iter().sum()).collect();
    let total: usize = questions.iter().sum();
    let k = scenario.joint_answers();
    let mut parent: Vec<usize> = (0..total).collect();
    let mut constant = 0i64;
    let mut matters = vec![false; scenario.joint_questions()];
    let mut x = vec![0; n];
    for (jq, row) in dense.chunks_exact(k).enumerate() {
        if row.iter().all(|&v| v == row[0]) {
            constant += row[0];
        } else {
            matters[jq] = true;
            for i in 1..n {
                let a = root(&mut parent, x[0]);
                let b = root(&mut parent, offsets[i] + x[i]);
                parent[a.max(b)] = a.min(b);
            }
        }
        advance(&mut x, questions);
    }
    // components in the order of their first question; a joint question belongs to that of x_0
    let mut roots: Vec<usize> = Vec::new();
    for (jq, _) in matters.iter().enumerate().filter(|(_, m)| **m) {
        scenario.question_at(jq, &mut x);
        let r = root(&mut parent, x[0]);
        if !roots.contains(&r) {
            roots.push(r);
        }
    }
    let mut parts = Vec::with_capacity(roots.len());
    for r in roots {
        let labels: Vec<Vec<usize>> =
            (0..n).map(|i| (0..questions[i]).filter(|q| root(&mut parent, offsets[i] + q) == r).collect()).collect();
        let sizes: Vec<usize> = labels.iter().map(Vec::len).collect();
        let joint: usize = sizes.iter().product();
        let mut c = Vec::with_capacity(joint * k);
        let mut local = vec![0; n];
        for _ in 0..joint {
            for i in 0..n {
                x[i] = labels[i][local[i]];
            }
            let jq = scenario.question_index(&x);
            if matters[jq] {
                c.extend_from_slice(&dense[jq * k..(jq + 1) * k]);
            } else {
                c.resize(c.len() + k, 0);
            }
            advance(&mut local, &sizes);
        }
        parts.push(Part { problem: Problem { questions: sizes, answers: answers.to_vec(), c }, labels });
    }
    (parts, constant)
}

/// The whole problem as one part.
pub(super) fn whole(scenario: &Scenario, dense: &[i64]) -> Part {
    Part {
        problem: Problem {
            questions: scenario.questions().to_vec(),
            answers: scenario.answers().to_vec(),
            c: dense.to_vec(),
        },
        labels: scenario.questions().iter().map(|&q| (0..q).collect()).collect(),
    }
}

/// Next mixed-radix number, last digit fastest.
pub(crate) fn advance(digits: &mut [usize], radix: &[usize]) {
    for (digit, &r) in digits.iter_mut().zip(radix).rev() {
        *digit += 1;
        if *digit < r {
            return;
        }
        *digit = 0;
    }
}

fn root(parent: &mut [usize], mut node: usize) -> usize {
    while parent[node] != node {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    node
}
