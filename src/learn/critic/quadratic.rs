//! A critic without a network: piecewise quadratic, solved by least squares instead of descended.

use super::features::{Features, side_by_side};
use super::linear::solve;
use crate::env::End;
use crate::learn::rollout::Rollout;
use crate::learn::simd::{LANES, Start, gemm, gram, mirror};
use pulp::{Simd, WithSimd};

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
    /// None before the first batch.
    features: Features,
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
            features: Features::default(),
            sums: Sums::default(),
            action_sums: vec![Vec::new(); actions],
            values: Vec::new(),
            means: vec![0.0; gammas.len()],
            action_values: Vec::new(),
        }
    }

    /// Length of an extended feature vector.
    fn stride(&self) -> usize {
        (self.features.len() + self.heads).next_multiple_of(8)
    }

    /// Chooses the features by the states of a first batch.
    pub(in crate::learn) fn begin(&mut self, rollouts: &[Rollout]) {
        if self.features.parts.is_empty() {
            self.features = Features::of(self.states, rollouts);
            self.make_room();
        }
    }

    fn make_room(&mut self) {
        let (k, n) = (self.features.len(), self.stride());
        self.sums = self.empty();
        self.action_sums = vec![vec![0.0; n * n]; self.actions];
        self.values = vec![vec![0.0; k]; self.heads];
        self.action_values = vec![vec![vec![0.0; k]; self.heads]; self.actions];
    }

    fn empty(&self) -> Sums {
        let n = self.stride();
        Sums { own: vec![0.0; n * n], next: vec![0.0; n * n] }
    }

    /// Extended features of a block of states, `[LANES][stride]`, signals zero.
    fn extended(&self, states: &[f32], active: usize, rows: &mut [f32]) {
        let (k, n) = (self.features.len(), self.stride());
        for (l, row) in rows.chunks_exact_mut(n).enumerate().take(active) {
            self.features.write(states, l, row);
            row[k..].fill(0.0);
        }
    }

    /// The second moments of one rollout.
    pub(in crate::learn) fn gather(&self, rollout: &Rollout) -> Sums {
        let (k, n) = (self.features.len(), self.stride());
        let mut sums = self.empty();
        let mut here = vec![0.0_f32; LANES * n];
        let mut coming = here.clone(); // of the states after the step, and after restarts
        let mut next = here.clone(); // of the states that the step led to
        let mut product = vec![0.0_f32; n * n];
        let mut finals = rollout.finals.iter().peekable();
        self.extended(rollout.state(0), rollout.active, &mut here);
        for t in 0..rollout.len() {
            self.extended(rollout.state(t + 1), rollout.active, &mut coming);
            for (l, row) in here.chunks_exact_mut(n).enumerate().take(rollout.active) {
                row[k] = rollout.rewards[t][l] as f32;
                if self.heads > 1 {
                    row[k + 1] = rollout.costs[t][l] as f32;
                }
            }
            let ends = &rollout.ends[t][..rollout.active];
            let unbroken = ends.iter().all(|end| *end == End::Running);
            if !unbroken {
                next.copy_from_slice(&coming);
            }
            for (l, end) in ends.iter().enumerate() {
                let after = &mut next[l * n..(l + 1) * n];
                match end {
                    End::Running => {}
                    End::Terminated => after.fill(0.0),
                    End::Truncated => {
                        while finals.next_if(|(u, m, _)| (*u, *m) < (t, l)).is_some() {}
                        if let Some((_, _, state)) = finals.peek() {
                            let block: Vec<f32> = state.iter().flat_map(|x| [*x; LANES]).collect();
                            self.features.write(&block, 0, after);
                        }
                    }
                }
            }
            pulp::Arch::new().dispatch(Moments {
                n,
                rows: &here,
                right: None,
                product: &mut product,
                sum: &mut sums.own,
            });
            pulp::Arch::new().dispatch(Moments {
                n,
                rows: &here,
                right: Some(if unbroken { &coming } else { &next }),
                product: &mut product,
                sum: &mut sums.next,
            });
            std::mem::swap(&mut here, &mut coming);
        }
        mirror(n, &mut sums.own);
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
        let (k, n) = (self.features.len(), self.stride());
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

    pub(super) fn values(&self, states: &[f32], phi: &mut Vec<[f32; LANES]>, out: &mut [[f64; LANES]]) {
        if self.values.is_empty() {
            out.fill([0.0; LANES]);
            return;
        }
        let weights = side_by_side(&self.values);
        self.features.weigh(states, &weights, self.heads, phi, out);
    }

    /// The moments of features and advantages per joint action of one rollout.
    pub(in crate::learn) fn gather_actions(
        &self,
        rollout: &Rollout,
        actions: &[usize],
        advantages: &[Vec<[f64; LANES]>],
    ) -> Vec<Vec<f64>> {
        let (k, n) = (self.features.len(), self.stride());
        let mut sums = vec![vec![0.0; n * n]; self.actions];
        let mut rows = vec![(0, vec![0.0_f32; LANES * n]); self.actions];
        let mut product = vec![0.0_f32; n * n];
        let mut flush = |(count, rows): &mut (usize, Vec<f32>), sum: &mut [f64]| {
            rows[*count * n..].fill(0.0);
            *count = 0;
            pulp::Arch::new().dispatch(Moments { n, rows, right: None, product: &mut product, sum });
        };
        for t in 0..rollout.len() {
            for l in 0..rollout.active {
                let mut joint = 0;
                for (i, size) in actions.iter().enumerate() {
                    joint = joint * size + rollout.actions[t * actions.len() + i][l] as usize;
                }
                let (count, buffer) = &mut rows[joint];
                let row = &mut buffer[*count * n..(*count + 1) * n];
                self.features.write(rollout.state(t), l, row);
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
            mirror(n, sum);
        }
        sums
    }

    /// Takes them for all rollouts of an update and fits the advantages of every joint action.
    pub(in crate::learn) fn solve_actions(&mut self, batches: &[Vec<Vec<f64>>]) {
        let (k, n) = (self.features.len(), self.stride());
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
            let right: Vec<Vec<f64>> = (0..self.heads).map(|h| (0..k).map(|i| sum[i * n + k + h]).collect()).collect();
            self.action_values[joint] = solve(k, &a, &right);
        }
    }

    /// Writes `sum_h weights_h A_h(s, a)` for all steps and joint actions, `[step][joint action][LANES]`.
    pub(in crate::learn) fn tabulate(&self, rollout: &Rollout, weights: &[f64], table: &mut [f32]) {
        let combined: Vec<Vec<f64>> = (self.action_values.iter())
            .map(|heads| {
                let at = |i: usize| heads.iter().zip(weights).map(|(w, c)| c * w[i]).sum();
                (0..self.features.len()).map(at).collect()
            })
            .collect();
        let combined = side_by_side(&combined);
        let (mut phi, mut values) = (Vec::new(), vec![[0.0; LANES]; self.actions]);
        for (t, rows) in table.chunks_exact_mut(self.actions * LANES).enumerate() {
            let (state, actions) = (rollout.state(t), self.actions);
            let features = &self.features;
            features.weigh(state, &combined, actions, &mut phi, &mut values);
            for (row, values) in rows.chunks_exact_mut(LANES).zip(&values) {
                for (a, value) in row.iter_mut().zip(values).take(rollout.active) {
                    *a = *value as f32;
                }
            }
        }
    }

    pub(super) fn words(&self) -> Vec<u64> {
        let mut words = vec![self.features.parts.len() as u64];
        for (s, sign, scale) in &self.features.parts {
            words.extend([*s as u64, u64::from(sign.to_bits()), u64::from(scale.to_bits())]);
        }
        words.extend(self.numbers().map(|x| x.to_bits()));
        words
    }

    fn numbers(&self) -> impl Iterator<Item = f64> + '_ {
        let fits = self.action_values.iter().flatten().chain(&self.values).chain([&self.means]);
        let sums = self.action_sums.iter().chain([&self.sums.own, &self.sums.next]);
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
        self.features.parts = parts
            .chunks_exact(3)
            .map(|p| {
                let single = |w: u64| f32::from_bits(w as u32);
                (p[0] as usize, single(p[1]), single(p[2]))
            })
            .collect();
        if self.features.parts.iter().any(|(s, _, _)| *s >= self.states) {
            return false;
        }
        if count > 0 {
            self.make_room();
        }
        let fits = self.action_values.iter_mut().flatten().chain(&mut self.values).chain([&mut self.means]);
        let sums = self.action_sums.iter_mut().chain([&mut self.sums.own, &mut self.sums.next]);
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

/// Adds `rows^T right` (`rows^T rows` without `right`, of which the lower triangle may be left out) of a block to `sum`.
struct Moments<'a> {
    n: usize,
    rows: &'a [f32],
    right: Option<&'a [f32]>,
    product: &'a mut [f32],
    sum: &'a mut [f64],
}

impl WithSimd for Moments<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let n = self.n;
        match self.right {
            None => gram(simd, [LANES, n], self.rows, self.product),
            Some(right) => {
                let (rows, zero) = (self.rows, Start::Zero);
                gemm::<S, true>(simd, [n, LANES, n], rows, n, right, zero, self.product);
            }
        }
        for (s, p) in self.sum.iter_mut().zip(&*self.product) {
            *s += f64::from(*p);
        }
    }
}
