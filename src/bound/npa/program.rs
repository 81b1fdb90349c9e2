//! The semidefinite program of one component.

use super::moments::{self, Moments};
use super::orbits::{Affine, Values};
use super::polynomial::Component;
use super::sdp::Program;
use super::sos::{Positive, expand};
use super::words::{Alphabet, Word};
use crate::bound::BoundError;
use crate::game::{Rational, to_f64};
use std::collections::{BTreeMap, HashMap};

/// Most probabilities that are constrained one by one.
const MAX_PROBABILITIES: usize = 50_000;

/// All products of one projector of every player, last outcomes included: the probabilities `p(a|x)`.
pub(super) fn probabilities(alphabet: &Alphabet) -> Result<Vec<Word>, BoundError> {
    let mut grown = vec![Word::new()];
    for player in 0..alphabet.players() {
        let letters = 0..alphabet.len() as u16;
        let own: Vec<u16> = letters.filter(|&l| alphabet.letter(l).player == player).collect();
        if own.is_empty() {
            continue; // this component does not ask the player
        }
        let count = grown.len().saturating_mul(own.len());
        if count > MAX_PROBABILITIES {
            return Err(BoundError::TooLarge {
                method: "NPA with p(a|x) >= 0",
                given: format!("{count} probabilities or more"),
                limit: MAX_PROBABILITIES.to_string(),
            });
        }
        let longer = |w: &Word| -> Vec<Word> { own.iter().map(|&l| [w.as_slice(), &[l]].concat()).collect() };
        grown = grown.iter().flat_map(longer).collect();
    }
    Ok(grown)
}

/// Probabilities as constraints: distinct affine functions and who shares them.
pub(super) fn positivity(
    part: &Component,
    products: Vec<Word>,
    moments: &Moments,
    values: &Values,
) -> (Vec<Affine>, Vec<Positive>) {
    let alphabet = &part.alphabet;
    let mut linear: Vec<Affine> = Vec::new();
    let mut number: HashMap<Vec<(u32, i64)>, usize> = HashMap::new();
    let mut positives: Vec<Positive> = Vec::new();
    for word in products {
        let mut sum: BTreeMap<u32, f64> = BTreeMap::new();
        let mut affine = Affine::default();
        let mut terms = Vec::new();
        for (w, sign) in expand(alphabet, &word) {
            let Some(class) = moments.class(&w) else {
                continue;
            };
            let value = &values.values[values.of_class[class as usize] as usize];
            affine.constant += sign * value.constant;
            for &(k, c) in &value.terms {
                *sum.entry(k).or_insert(0.0) += sign * c;
            }
            terms.push((w, class, sign));
        }
        sum.retain(|_, c| c.abs() > 1e-9);
        affine.terms = sum.into_iter().collect();
        let key = affine.terms.iter().map(|&(k, c)| (k, (c * 1e8).round() as i64));
        let key = key.chain([(u32::MAX, (affine.constant * 1e8).round() as i64)]).collect();
        let next = linear.len();
        let constraint = *number.entry(key).or_insert(next);
        if constraint == next {
            linear.push(affine);
        }
        positives.push(Positive { terms, constraint, shared: 0 });
    }
    let mut shared = vec![0; linear.len()];
    positives.iter().for_each(|p| shared[p.constraint] += 1);
    positives.iter_mut().for_each(|p| p.shared = shared[p.constraint]);
    (linear, positives)
}

/// The program over the free moments.
pub(super) fn program(
    part: &Component,
    polynomial: &BTreeMap<Word, Rational>,
    moments: &Moments,
    values: &Values,
    linear: Vec<Affine>,
) -> Program {
    let mut objective = vec![0.0; values.free];
    for (word, c) in polynomial {
        if let Some(class) = moments.class(&part.alphabet.canonical(word.clone())) {
            for &(k, slope) in &values.values[values.of_class[class as usize] as usize].terms {
                objective[k as usize] += to_f64(c) * slope;
            }
        }
    }
    let entry = moments.entry.iter().map(|&class| match class {
        moments::ZERO => moments::ZERO,
        class => values.of_class[class as usize],
    });
    Program {
        size: moments.size(),
        entry: entry.collect(),
        values: values.values.clone(),
        free: values.free,
        objective,
        linear,
    }
}

/// The part of the objective that no free moment enters.
pub(super) fn objective_constant(
    part: &Component,
    polynomial: &BTreeMap<Word, Rational>,
    moments: &Moments,
    values: &Values,
) -> f64 {
    let class = |w: &Word| moments.class(&part.alphabet.canonical(w.clone()));
    let terms = polynomial.iter().filter_map(|(w, c)| {
        let value = &values.values[values.of_class[class(w)? as usize] as usize];
        Some(to_f64(c) * value.constant)
    });
    terms.sum()
}
