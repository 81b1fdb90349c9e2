//! Exact moments of a strategy, averaged over the symmetries of a game.

use super::super::exact::ExactStrategy;
use crate::bound::npa::words::{Alphabet, Word};
use crate::check::psd::Gauss;
use crate::game::Rational;
use num_bigint::BigInt;
use num_traits::Zero;

/// Orbits of pairs under permutations, numbered from 0; with `unordered` a pair and its mirror image are one.
pub(super) fn orbits(n: usize, permutations: &[Vec<usize>], unordered: bool) -> Vec<usize> {
    const NEW: usize = usize::MAX;
    let mut number = vec![NEW; n * n];
    let mut next = 0;
    for start in 0..n * n {
        if number[start] != NEW {
            continue;
        }
        let mut queue = vec![start];
        while let Some(k) = queue.pop() {
            if std::mem::replace(&mut number[k], next) != NEW {
                continue;
            }
            let (p, q) = (k / n, k % n);
            let images = permutations.iter().map(|g| g[p] * n + g[q]);
            let mirror = unordered.then_some(q * n + p);
            queue.extend(images.chain(mirror).filter(|&k| number[k] == NEW));
        }
        next += 1;
    }
    number
}

/// Mean over each orbit of the real parts of the moments of an exact strategy.
pub(super) fn mean_moments(
    alphabet: &Alphabet,
    words: &[Word],
    strategy: &ExactStrategy,
    orbit: &[usize],
    count: usize,
) -> Vec<Rational> {
    let povm = |l: u16| {
        let l = alphabet.letter(l);
        (l, &strategy.povms[l.player][l.question])
    };
    let den = |word: &Word| -> BigInt { word.iter().map(|&l| &povm(l).1.den).product() };
    let dens: Vec<BigInt> = words.iter().map(den).collect();
    let vectors: Vec<Vec<Vec<Gauss>>> = words
        .iter()
        .map(|word| {
            let each = strategy.state.iter().map(|row| {
                // rightmost factor first
                word.iter().rev().fold(row.clone(), |v, &l| {
                    let (l, povm) = povm(l);
                    strategy.apply(l.player, &povm.elements[l.answer], &v)
                })
            });
            each.collect()
        })
        .collect();
    let norm = strategy.norm();
    let n = words.len();
    let mut sums: Vec<(Rational, usize)> = vec![(Rational::zero(), 0); count];
    for p in 0..n {
        for q in p..n {
            let rows = vectors[p].iter().zip(&vectors[q]);
            let product: BigInt =
                rows.flat_map(|(u, v)| u.iter().zip(v)).map(|(u, v)| &u.re * &v.re + &u.im * &v.im).sum();
            let slot = &mut sums[orbit[p * n + q]];
            // a pair off the diagonal stands for its mirror image too
            let times = if p == q { 1 } else { 2 };
            slot.0 += Rational::new(product * BigInt::from(times), &norm * &dens[p] * &dens[q]);
            slot.1 += times;
        }
    }
    sums.into_iter().map(|(sum, times)| sum / Rational::from(BigInt::from(times.max(1)))).collect()
}
