//! Random starts.

use crate::quantum::C64;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::Rng;

fn gaussian(rng: &mut Xoshiro256PlusPlus) -> C64 {
    C64::new(StandardNormal.sample(rng), StandardNormal.sample(rng))
}

/// A uniformly random vector of length one.
fn direction(d: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<C64> {
    let mut v: Vec<C64> = (0..d).map(|_| gaussian(rng)).collect();
    let norm = v.iter().map(|z| z.norm_sqr()).sum::<f64>().sqrt();
    v.iter_mut().for_each(|z| *z /= norm.max(1e-300));
    v
}

fn projector(v: &[C64]) -> Vec<C64> {
    v.iter().flat_map(|a| v.iter().map(move |b| a * b.conj())).collect()
}

/// A random pure state.
pub(super) fn pure(total: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<C64> {
    projector(&direction(total, rng))
}

/// `sum_k |k..k>` over the smallest dimension, normalised.
pub(super) fn entangled(dims: &[usize]) -> Vec<C64> {
    let rank = dims.iter().copied().min().unwrap_or(1);
    let mut v = vec![C64::ZERO; dims.iter().product()];
    for k in 0..rank {
        let index = dims.iter().fold(0, |at, &d| at * d + k);
        v[index] = (1.0 / (rank as f64).sqrt()).into();
    }
    projector(&v)
}

/// Random orthonormal vectors, softened by a little of every outcome: dealt evenly to the outcomes, or each
/// to any outcome (which has the measurements that ignore the state among its results).
pub(super) fn measurement(d: usize, outcomes: usize, even: bool, rng: &mut Xoshiro256PlusPlus) -> Vec<C64> {
    let mut basis: Vec<Vec<C64>> = Vec::new();
    while basis.len() < d {
        let mut v = direction(d, rng);
        for _ in 0..2 {
            for b in &basis {
                let overlap: C64 = b.iter().zip(&v).map(|(x, y)| x.conj() * y).sum();
                v.iter_mut().zip(b).for_each(|(y, x)| *y -= x * overlap);
            }
        }
        let norm = v.iter().map(|z| z.norm_sqr()).sum::<f64>().sqrt();
        if norm > 1e-6 {
            v.iter_mut().for_each(|z| *z /= norm);
            basis.push(v);
        }
    }
    // a random order of the outcomes, repeated
    let mut order: Vec<usize> = (0..outcomes).collect();
    for k in (1..outcomes).rev() {
        order.swap(k, (rng.next_u64() % (k as u64 + 1)) as usize);
    }
    let soft = if outcomes > 2 { 0.3 } else { 0.0 };
    let mut m = vec![C64::ZERO; outcomes * d * d];
    for (k, v) in basis.iter().enumerate() {
        let p = projector(v);
        let chosen = match even {
            true => order[k % outcomes],
            false => (rng.next_u64() % outcomes as u64) as usize,
        };
        for a in 0..outcomes {
            let weight = soft / outcomes as f64 + if a == chosen { 1.0 - soft } else { 0.0 };
            let block = &mut m[a * d * d..(a + 1) * d * d];
            block.iter_mut().zip(&p).for_each(|(out, x)| *out += x * weight);
        }
    }
    m
}
