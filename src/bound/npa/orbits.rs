//! Symmetric moments: classes of the moment matrix as affine functions of few free parameters.

use super::moments::Moments;
use super::symmetry::{Relabelling, relabel};
use super::words::{Alphabet, Word};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Words (last outcomes included) after which symmetry is given up.
const MAX_WORDS: usize = 2_000_000;

/// Orbits after which symmetry is given up: the elimination is dense.
const MAX_ORBITS: usize = 6_000;

/// `constant + sum coefficient * parameter`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Affine {
    /// The constant.
    pub constant: f64,
    /// Parameters and their coefficients, by increasing parameter.
    pub terms: Vec<(u32, f64)>,
}

/// What every class of the moment matrix is worth.
#[derive(Debug, Clone)]
pub struct Values {
    /// Number of free parameters.
    pub free: usize,
    /// Which value a class has.
    pub of_class: Vec<u32>,
    /// The distinct values; value 0 is the identity's, the constant 1.
    pub values: Vec<Affine>,
}

impl Values {
    /// Every class its own parameter.
    pub fn plain(moments: &Moments) -> Self {
        let count = moments.classes.len();
        let parameter = |k: usize| match k {
            0 => Affine { constant: 1.0, terms: Vec::new() },
            k => Affine { constant: 0.0, terms: vec![(k as u32 - 1, 1.0)] },
        };
        Values { free: count - 1, of_class: (0..count as u32).collect(), values: (0..count).map(parameter).collect() }
    }

    /// Moments constant on orbits of the relabellings; `None` if there are too many words.
    ///
    /// Relabelled answers may turn a word into one with last outcomes, which the matrix does not have. So
    /// orbits are formed of words with all outcomes, and `sum_a y(..E_a..) = y(....)` relates their values; it
    /// is enough to write these relations for one word of each orbit. Elimination leaves the free parameters.
    pub fn symmetric(alphabet: &Alphabet, moments: &Moments, generators: &[Relabelling]) -> Option<Self> {
        let mut orbits = Orbits { alphabet, generators, number: HashMap::new(), representatives: Vec::new() };
        let mut of_class = Vec::with_capacity(moments.classes.len());
        for word in &moments.classes {
            of_class.push(orbits.of(word.clone())?);
        }
        let visible = orbits.representatives.len();
        let mut relations = Vec::new();
        let mut at = 0;
        while at < orbits.representatives.len() {
            let word = orbits.representatives[at].clone();
            for position in 0..word.len() {
                relations.push(orbits.relation(&word, position)?);
            }
            at += 1;
        }
        let system = eliminate(relations, visible, orbits.representatives.len());
        // number the visible orbits that stayed free
        let mut parameter: HashMap<usize, u32> = HashMap::new();
        for orbit in 1..visible {
            if !system.contains_key(&orbit) {
                parameter.insert(orbit, parameter.len() as u32);
            }
        }
        let value = |orbit: usize| -> Option<Affine> {
            let mut affine = Affine::default();
            let mut add = |orbit: usize, c: f64| -> Option<()> {
                if orbit == 0 {
                    affine.constant += c;
                } else {
                    affine.terms.push((*parameter.get(&orbit)?, c));
                }
                Some(())
            };
            match system.get(&orbit) {
                None => add(orbit, 1.0)?,
                Some(row) => row.iter().try_for_each(|(&o, &c)| add(o, c))?,
            }
            affine.terms.sort_by_key(|t| t.0);
            Some(affine)
        };
        Some(Values { free: parameter.len(), of_class, values: (0..visible).map(value).collect::<Option<_>>()? })
    }
}

struct Orbits<'a> {
    alphabet: &'a Alphabet,
    generators: &'a [Relabelling],
    number: HashMap<Word, u32>,
    representatives: Vec<Word>,
}

impl Orbits<'_> {
    /// The orbit of a word, numbering all its members if it is new.
    fn of(&mut self, word: Word) -> Option<u32> {
        let word = self.alphabet.canonical(word);
        if let Some(&orbit) = self.number.get(&word) {
            return Some(orbit);
        }
        let orbit = self.representatives.len() as u32;
        if orbit as usize >= MAX_ORBITS {
            return None;
        }
        self.representatives.push(word.clone());
        self.number.insert(word.clone(), orbit);
        let mut queue = VecDeque::from([word]);
        while let Some(word) = queue.pop_front() {
            for g in self.generators {
                let image = self.alphabet.canonical(relabel(self.alphabet, g, &word));
                if !self.number.contains_key(&image) {
                    self.number.insert(image.clone(), orbit);
                    queue.push_back(image);
                }
            }
            if self.number.len() > MAX_WORDS {
                return None;
            }
        }
        Some(orbit)
    }

    /// `sum_a y(word with answer a at a position) - y(word without it) = 0`.
    fn relation(&mut self, word: &[u16], position: usize) -> Option<BTreeMap<usize, f64>> {
        let mut row = BTreeMap::new();
        let mut with = word.to_vec();
        for l in self.alphabet.outcomes(word[position]) {
            with[position] = l;
            *row.entry(self.of(with.clone())? as usize).or_insert(0.0) += 1.0;
        }
        let mut without = word.to_vec();
        without.remove(position);
        if let Some(shorter) = self.alphabet.normal(&without) {
            *row.entry(self.of(shorter)? as usize).or_insert(0.0) -= 1.0;
        }
        Some(row)
    }
}

/// Solves the relations: pivots as combinations of the rest, orbit 0 (the identity) never a pivot.
///
/// Orbits from `visible` on do not occur in the matrix and are eliminated first, so that what remains relates
/// only those that do.
fn eliminate(
    relations: Vec<BTreeMap<usize, f64>>,
    visible: usize,
    orbits: usize,
) -> HashMap<usize, BTreeMap<usize, f64>> {
    let mut pivots: HashMap<usize, BTreeMap<usize, f64>> = HashMap::new();
    // which pivot rows mention an orbit
    let mut mentions: Vec<Vec<usize>> = vec![Vec::new(); orbits];
    for relation in relations {
        let mut row: BTreeMap<usize, f64> = BTreeMap::new();
        for (orbit, c) in relation {
            match pivots.get(&orbit) {
                Some(expression) => add(&mut row, expression, c),
                None => *row.entry(orbit).or_insert(0.0) += c,
            }
        }
        row.retain(|_, c| c.abs() > 1e-9);
        let key = |(&orbit, c): (&usize, &f64)| {
            (orbit != 0).then_some((orbit >= visible, (c.abs() - 1.0).abs() < 1e-9, orbit))
        };
        let Some((_, _, pivot)) = row.iter().filter_map(key).max() else {
            continue;
        };
        let lead = row.remove(&pivot).unwrap_or(1.0);
        row.values_mut().for_each(|c| *c /= -lead);
        for other in std::mem::take(&mut mentions[pivot]) {
            if let Some(expression) = pivots.get_mut(&other)
                && let Some(c) = expression.remove(&pivot)
            {
                add(expression, &row, c);
                row.keys().for_each(|&o| mentions[o].push(other));
            }
        }
        row.keys().for_each(|&o| mentions[o].push(pivot));
        pivots.insert(pivot, row);
    }
    pivots
}

fn add(row: &mut BTreeMap<usize, f64>, other: &BTreeMap<usize, f64>, factor: f64) {
    for (&orbit, c) in other {
        let sum = row.entry(orbit).or_insert(0.0);
        *sum += c * factor;
        if sum.abs() < 1e-9 {
            row.remove(&orbit);
        }
    }
}
