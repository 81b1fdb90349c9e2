//! The policy that played, for expectations over all it could have done.

use super::terms::Row;
use crate::learn::JointPolicy;
use crate::learn::simd::LANES;

/// The policy that played, and what its joint actions are worth.
pub(super) struct Old<'a> {
    pub advice: &'a [usize],
    pub actions: &'a [usize],
    /// `q(.|o)`.
    pub q: &'a [Row],
    /// `pi_i(.|., o_i)` of network actors, per agent `[step][advice][action]`.
    pub pi: &'a [Vec<Row>],
    /// Advantages, `[joint action][LANES]`.
    pub table: &'a [f32],
    pub t: usize,
}

impl Old<'_> {
    /// `pi_i(.|x_i, o_i)`.
    pub fn pi(&self, i: usize, x_i: usize) -> &[Row] {
        let n = self.actions[i];
        &self.pi[i][(self.t * self.advice[i] + x_i) * n..][..n]
    }

    /// The advantage of every joint advice: `sum_a prod_i pi_i(a_i|x_i, o_i) A(s,a)`.
    pub fn of_advice(&self, of: &mut [Row]) {
        if self.pi.is_empty() {
            for (of, values) in of.iter_mut().zip(self.table.chunks_exact(LANES)) {
                for l in 0..LANES {
                    of[l] = f64::from(values[l]);
                }
            }
            return;
        }
        for (x, of) in of.iter_mut().enumerate().take(self.q.len()) {
            *of = [-0.0; LANES];
            for (a, values) in self.table.chunks_exact(LANES).enumerate() {
                let others = self.weight(x, a, None);
                for l in 0..LANES {
                    of[l] += others[l] * f64::from(values[l]);
                }
            }
        }
    }

    /// The advantage of every action of agent `i` at advice `x_i`: `sum_{x_-i} q(x|o) sum_{a_-i} prod_{j != i} pi_j(a_j|x_j, o_j) A(s,a)`.
    pub fn of_action(&self, i: usize, x_i: usize, of: &mut [Row]) {
        of[..self.actions[i]].fill([0.0; LANES]);
        for (x, q) in self.q.iter().enumerate() {
            if JointPolicy::part(self.advice, x, i) != x_i {
                continue;
            }
            for (a, values) in self.table.chunks_exact(LANES).enumerate() {
                let others = self.weight(x, a, Some(i));
                let of = &mut of[JointPolicy::part(self.actions, a, i)];
                for l in 0..LANES {
                    of[l] += q[l] * others[l] * f64::from(values[l]);
                }
            }
        }
    }

    /// `prod_j pi_j(a_j|x_j, o_j)` over all agents but `without`.
    fn weight(&self, x: usize, a: usize, without: Option<usize>) -> Row {
        let mut product = [1.0; LANES];
        for j in (0..self.pi.len()).filter(|j| Some(*j) != without) {
            let x_j = JointPolicy::part(self.advice, x, j);
            let row = &self.pi(j, x_j)[JointPolicy::part(self.actions, a, j)];
            for l in 0..LANES {
                product[l] *= row[l];
            }
        }
        product
    }
}
