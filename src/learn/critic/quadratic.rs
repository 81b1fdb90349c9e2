//! A critic without a network: piecewise quadratic, solved by least squares instead of descended.

use super::linear::solve;
use crate::env::End;
use crate::learn::rollout::Rollout;
use crate::learn::simd::{LANES, Start, gemm, widest};

/// `V_h(s) = w_h . phi(s)` with `phi` the constant, the positive and negative parts of every number of the state, and all
/// their products of two.
///
/// `w` solves `sum phi (phi - gamma phi')^T w = sum phi r` over all experience, older updates fading by `memory`:
/// least-squares temporal differences (Bradtke and Barto 1996). In the average-reward form `gamma = 1` and the coefficient
/// of the constant is the mean signal per step, so that experience from before the steady state does not bias it. For the all-actions estimator it also holds, for every joint action `a`, the least-squares fit of the
/// advantages of the steps at which `a` was taken.
#[derive(Debug, Clone)]
pub struct QuadraticCritic {
    states: usize,
    heads: usize,
    actions: usize,
    gammas: Vec<f64>,
    average: bool,
    memory: f64,
    /// Coordinate, sign and scale of every part; empty before the first batch.
    parts: Vec<(usize, f32, f32)>,
    sums: Sums,
    action_sums: Vec<Vec<f64>>,
    values: Vec<Vec<f64>>,
    /// Mean signal per step of every head in the average-reward form.
    means: Vec<f64>,
    /// `[joint action][head]`.
    action_values: Vec<Vec<Vec<f64>>>,
}

/// Second moments of the extended features `(phi, r, c)`: with themselves, and of these with `phi'`.
#[derive(Debug, Clone, Default)]
pub(in crate::learn) struct Sums {
    own: Vec<f64>,
    next: Vec<f64>,
}

/// Share of the mean diagonal that is added to the diagonal of a symmetric system.
const RIDGE: f64 = 1e-9;

impl QuadraticCritic {
    /// A critic of `states` numbers, one head per discount; `actions` joint actions, 0 if actions are sampled.
    pub fn new(states: usize, gammas: &[f64], average: bool, memory: f64, actions: usize) -> Self {
        QuadraticCritic {
            states,
            heads: gammas.len(),
            actions,
            gammas: gammas.to_vec(),
            average,
            memory,
            parts: Vec::new(),
            sums: Sums::default(),
            action_sums: vec![Vec::new(); actions],
            values: Vec::new(),
            means: vec![0.0; gammas.len()],
            action_values: Vec::new(),
        }
    }

    /// Number of features.
    fn features(&self) -> usize {
        let p = self.parts.len();
        1 + p + p * (p + 1) / 2
    }

    /// Length of an extended feature vector.
    fn stride(&self) -> usize {
        (self.features() + self.heads).next_multiple_of(8)
    }

    /// Chooses the parts from the states of a first batch: those that are not always zero, scaled to mean square 1.
    pub(in crate::learn) fn begin(&mut self, rollouts: &[Rollout]) {
        if !self.parts.is_empty() {
            return;
        }
        for s in 0..self.states {
            for sign in [1.0_f32, -1.0] {
                let (mut square, mut count) = (0.0, 0.0);
                for r in rollouts {
                    for t in 0..r.len() {
                        for x in &r.state(t)[s * LANES..s * LANES + r.active] {
                            square += f64::from((sign * x).max(0.0).powi(2));
                            count += 1.0;
                        }
                    }
                }
                if square > 0.0 {
                    let scale = (count / square).sqrt();
                    self.parts.push((s, sign, scale as f32));
                }
            }
        }
        let (k, n) = (self.features(), self.stride());
        self.sums = self.empty();
        self.action_sums = vec![vec![0.0; n * n]; self.actions];
        self.values = vec![vec![0.0; k]; self.heads];
        self.action_values = vec![vec![vec![0.0; k]; self.heads]; self.actions];
    }

    fn empty(&self) -> Sums {
        let n = self.stride();
        Sums {
            own: vec![0.0; n * n],
            next: vec![0.0; n * n],
        }
    }

    /// Features of lane `l` of a block of states, into the head of `phi`.
    #[inline(always)]
    fn write(&self, states: &[f32], l: usize, phi: &mut [f32]) {
        let p = self.parts.len();
        phi[0] = 1.0;
        for (k, (s, sign, scale)) in self.parts.iter().enumerate() {
            phi[1 + k] = (sign * states[s * LANES + l]).max(0.0) * scale;
        }
        let (linear, products) = phi[1..].split_at_mut(p);
        let mut at = 0;
        for (i, x) in linear.iter().enumerate() {
            for y in &linear[i..] {
                products[at] = x * y;
                at += 1;
            }
        }
    }

    /// The second moments of one rollout.
    pub(in crate::learn) fn gather(&self, rollout: &Rollout) -> Sums {
        let (k, n) = (self.features(), self.stride());
        let mut sums = self.empty();
        let mut here = vec![0.0_f32; LANES * n];
        let mut next = vec![0.0_f32; LANES * n];
        let mut product = vec![0.0_f32; n * n];
        let mut finals = rollout.finals.iter().peekable();
        for t in 0..rollout.len() {
            for l in 0..rollout.active {
                let row = &mut here[l * n..(l + 1) * n];
                self.write(rollout.state(t), l, row);
                row[k] = rollout.rewards[t][l] as f32;
                if self.heads > 1 {
                    row[k + 1] = rollout.costs[t][l] as f32;
                }
                let after = &mut next[l * n..(l + 1) * n];
                match rollout.ends[t][l] {
                    End::Running => self.write(rollout.state(t + 1), l, after),
                    End::Terminated => after.fill(0.0),
                    End::Truncated => {
                        while finals.next_if(|(u, m, _)| (*u, *m) < (t, l)).is_some() {}
                        if let Some((_, _, state)) = finals.peek() {
                            let block: Vec<f32> = state.iter().flat_map(|x| [*x; LANES]).collect();
                            self.write(&block, 0, after);
                        }
                    }
                }
            }
            widest(
                #[inline(always)]
                || {
                    for (right, sum) in [(&here, &mut sums.own), (&next, &mut sums.next)] {
                        let zero = Start::Zero;
                        gemm::<true>([n, LANES, n], &here, n, right, zero, &mut product);
                        for (s, p) in sum.iter_mut().zip(&product) {
                            *s += f64::from(*p);
                        }
                    }
                },
            );
        }
        sums
    }

    /// Takes the moments of all rollouts of an update and solves for the values.
    pub(in crate::learn) fn solve(&mut self, batches: &[Sums]) {
        let (own, next) = (&mut self.sums.own, &mut self.sums.next);
        for sum in [&mut *own, &mut *next] {
            sum.iter_mut().for_each(|x| *x *= self.memory);
        }
        for b in batches {
            own.iter_mut().zip(&b.own).for_each(|(x, y)| *x += y);
            next.iter_mut().zip(&b.next).for_each(|(x, y)| *x += y);
        }
        let (k, n) = (self.features(), self.stride());
        for h in 0..self.heads {
            let own = &self.sums.own;
            let mut a = vec![0.0; k * k];
            let trace: f64 = (0..k).map(|i| own[i * n + i]).sum();
            for i in 0..k {
                for j in 0..k {
                    a[i * k + j] = own[i * n + j] - self.gammas[h] * self.sums.next[i * n + j];
                }
                if self.average {
                    a[i * k] = own[i * n]; // the unknown mean takes the place of the constant
                }
                if i > 0 {
                    a[i * k + i] += RIDGE * trace / k as f64;
                }
            }
            let b = (0..k).map(|i| own[i * n + k + h]).collect();
            self.values[h] = solve(k, &a, &[b]).swap_remove(0);
            if self.average {
                self.means[h] = std::mem::take(&mut self.values[h][0]);
            }
        }
    }

    /// Mean reward (head 0) or cost (head 1) per step in the long run, in the average-reward form.
    pub(in crate::learn) fn mean(&self, h: usize) -> f64 {
        self.means[h]
    }

    pub(super) fn values(&self, states: &[f32], out: &mut [[f64; LANES]]) {
        if self.values.is_empty() {
            out.fill([0.0; LANES]);
            return;
        }
        let mut phi = vec![0.0_f32; self.stride()];
        for l in 0..LANES {
            self.write(states, l, &mut phi);
            for (out, w) in out.iter_mut().zip(&self.values) {
                out[l] = dot(&phi, w);
            }
        }
    }

    /// The moments of features and advantages per joint action of one rollout.
    pub(in crate::learn) fn gather_actions(
        &self,
        rollout: &Rollout,
        actions: &[usize],
        advantages: &[Vec<[f64; LANES]>],
    ) -> Vec<Vec<f64>> {
        let (k, n) = (self.features(), self.stride());
        let mut sums = vec![vec![0.0; n * n]; self.actions];
        let mut rows = vec![(0, vec![0.0_f32; LANES * n]); self.actions];
        let mut product = vec![0.0_f32; n * n];
        let mut flush = |(count, rows): &mut (usize, Vec<f32>), sum: &mut [f64]| {
            rows[*count * n..].fill(0.0);
            *count = 0;
            widest(
                #[inline(always)]
                || {
                    gemm::<true>([n, LANES, n], rows, n, rows, Start::Zero, &mut product);
                    for (s, p) in sum.iter_mut().zip(&product) {
                        *s += f64::from(*p);
                    }
                },
            );
        };
        for t in 0..rollout.len() {
            for l in 0..rollout.active {
                let mut joint = 0;
                for (i, size) in actions.iter().enumerate() {
                    joint = joint * size + rollout.actions[t * actions.len() + i][l] as usize;
                }
                let (count, buffer) = &mut rows[joint];
                let row = &mut buffer[*count * n..(*count + 1) * n];
                self.write(rollout.state(t), l, row);
                for (h, a) in advantages.iter().enumerate() {
                    row[k + h] = a[t][l] as f32;
                }
                *count += 1;
                if *count == LANES {
                    flush(&mut rows[joint], &mut sums[joint]);
                }
            }
        }
        for (row, sum) in rows.iter_mut().zip(&mut sums) {
            flush(row, sum);
        }
        sums
    }

    /// Takes them for all rollouts of an update and fits the advantages of every joint action.
    pub(in crate::learn) fn solve_actions(&mut self, batches: &[Vec<Vec<f64>>]) {
        let (k, n) = (self.features(), self.stride());
        for joint in 0..self.actions {
            let sum = &mut self.action_sums[joint];
            sum.iter_mut().for_each(|x| *x *= self.memory);
            for b in batches {
                sum.iter_mut().zip(&b[joint]).for_each(|(x, y)| *x += y);
            }
            let trace: f64 = (0..k).map(|i| sum[i * n + i]).sum();
            let mut a = vec![0.0; k * k];
            for i in 0..k {
                a[i * k..(i + 1) * k].copy_from_slice(&sum[i * n..i * n + k]);
                a[i * k + i] += RIDGE * trace / k as f64;
            }
            let right: Vec<Vec<f64>> = (0..self.heads)
                .map(|h| (0..k).map(|i| sum[i * n + k + h]).collect())
                .collect();
            self.action_values[joint] = solve(k, &a, &right);
        }
    }

    /// Writes `sum_h weights_h A_h(s, a)` for all steps and joint actions, `[step][joint action][LANES]`.
    pub(in crate::learn) fn tabulate(&self, rollout: &Rollout, weights: &[f64], table: &mut [f32]) {
        let combined: Vec<Vec<f64>> = (self.action_values.iter())
            .map(|heads| {
                let at = |i: usize| heads.iter().zip(weights).map(|(w, c)| c * w[i]).sum();
                (0..self.features()).map(at).collect()
            })
            .collect();
        let mut phi = vec![0.0_f32; self.stride()];
        for (t, rows) in table.chunks_exact_mut(self.actions * LANES).enumerate() {
            for l in 0..rollout.active {
                self.write(rollout.state(t), l, &mut phi);
                for (a, w) in combined.iter().enumerate() {
                    rows[a * LANES + l] = dot(&phi, w) as f32;
                }
            }
        }
    }

    pub(super) fn words(&self) -> Vec<u64> {
        let mut words = vec![self.parts.len() as u64];
        for (s, sign, scale) in &self.parts {
            words.extend([
                *s as u64,
                u64::from(sign.to_bits()),
                u64::from(scale.to_bits()),
            ]);
        }
        words.extend(self.numbers().map(|x| x.to_bits()));
        words
    }

    fn numbers(&self) -> impl Iterator<Item = f64> + '_ {
        let fits = self
            .action_values
            .iter()
            .flatten()
            .chain(&self.values)
            .chain([&self.means]);
        let sums = self
            .action_sums
            .iter()
            .chain([&self.sums.own, &self.sums.next]);
        fits.chain(sums).flatten().copied()
    }

    pub(super) fn restore(&mut self, words: &[u64]) -> bool {
        let Some((count, rest)) = words.split_first() else {
            return false;
        };
        let count = *count as usize;
        if count > 2 * self.states || rest.len() < 3 * count {
            return false;
        }
        let (parts, rest) = rest.split_at(3 * count);
        let single = |p: &[u64]| p[1..].iter().all(|w| u32::try_from(*w).is_ok());
        if !parts.chunks_exact(3).all(single) {
            return false;
        }
        self.parts = parts
            .chunks_exact(3)
            .map(|p| {
                let single = |w: u64| f32::from_bits(w as u32);
                (p[0] as usize, single(p[1]), single(p[2]))
            })
            .collect();
        if self.parts.iter().any(|(s, _, _)| *s >= self.states) {
            return false;
        }
        if count > 0 {
            let (k, n) = (self.features(), self.stride());
            self.sums = self.empty();
            self.action_sums = vec![vec![0.0; n * n]; self.actions];
            self.values = vec![vec![0.0; k]; self.heads];
            self.action_values = vec![vec![vec![0.0; k]; self.heads]; self.actions];
        }
        let fits = self
            .action_values
            .iter_mut()
            .flatten()
            .chain(&mut self.values)
            .chain([&mut self.means]);
        let sums = self
            .action_sums
            .iter_mut()
            .chain([&mut self.sums.own, &mut self.sums.next]);
        let mut given = rest.iter();
        for x in fits.chain(sums).flatten() {
            let Some(w) = given.next() else {
                return false;
            };
            *x = f64::from_bits(*w);
        }
        given.next().is_none()
    }
}

#[inline(always)]
fn dot(phi: &[f32], w: &[f64]) -> f64 {
    phi.iter().zip(w).map(|(x, w)| f64::from(*x) * w).sum()
}
