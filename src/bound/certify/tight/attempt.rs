//! The equations of one component with one basis, and their solution.

use super::super::exact::ExactStrategy;
use super::GramBlock;
use super::centre;
use super::linear::{Equation, System};
use super::mean::{mean_moments, orbits};
use crate::bound::npa::moments::{Moments, ZERO};
use crate::bound::npa::polynomial::Component;
use crate::bound::npa::sos::expand;
use crate::bound::npa::symmetry::{generators, relabel};
use crate::bound::npa::words::Word;
use crate::check::limits::{Limits, Meter};
use crate::check::psd::positive;
use crate::game::{Rational, to_f64};
use faer::{Mat, Side};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, ToPrimitive, Zero};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Largest Gram matrix tried: beyond, the checker's positivity test takes too long.
const MAX_SIZE: usize = 100;

/// Most unknowns of the exact equations.
const MAX_UNKNOWNS: usize = 1500;

/// Bits to which free parameters are rounded, in order of trial.
const BITS: [u32; 7] = [3, 5, 8, 12, 16, 24, 32];

/// One component with one basis.
pub(super) struct Attempt<'a> {
    part: &'a Component,
    /// Words without last outcomes: the basis.
    moments: Moments,
    /// Words with all outcomes, permuted by the symmetries, as combinations of the basis.
    full: Vec<Vec<(usize, i64)>>,
    /// Orbit of each pair of full words, both orders alike.
    orbit: Vec<usize>,
    orbits: usize,
    /// One pair of each orbit, orders apart.
    representatives: Vec<(usize, usize)>,
    /// Mean moment of each orbit.
    mean: Vec<Rational>,
    /// Value of the component.
    value: Rational,
}

impl<'a> Attempt<'a> {
    /// The unknowns, and the exact moments averaged over them; `None` if there are too many.
    pub fn new(part: &'a Component, pairs: &BTreeSet<(usize, usize)>, strategy: &ExactStrategy) -> Option<Self> {
        let alphabet = &part.alphabet;
        let mut words: Vec<Word> = vec![Word::new()];
        words.extend((0..alphabet.len() as u16).map(|l| vec![l]));
        for &(a, b) in pairs {
            let letters = |k: usize| alphabet.blocks()[k].0..alphabet.blocks()[k].0 + alphabet.blocks()[k].1;
            words.extend(letters(a).flat_map(|l| letters(b).map(move |m| vec![l, m])));
        }
        let basis: Vec<Word> = words.iter().filter(|w| w.iter().all(|&l| !alphabet.is_last(l))).cloned().collect();
        if basis.len() > MAX_SIZE {
            return None;
        }
        let position: HashMap<&Word, usize> = basis.iter().enumerate().map(|(k, w)| (w, k)).collect();
        let full = words.iter().map(|w| {
            let parts = expand(alphabet, w).into_iter();
            parts.map(|(v, c)| Some((*position.get(&v)?, c as i64))).collect()
        });
        let full: Vec<Vec<(usize, i64)>> = full.collect::<Option<_>>()?;
        let index: HashMap<&Word, usize> = words.iter().enumerate().map(|(k, w)| (w, k)).collect();
        let found = generators(part).generators;
        let permutations: Vec<Vec<usize>> = found
            .iter()
            .map(|g| words.iter().map(|w| index.get(&relabel(alphabet, g, w)).copied()).collect())
            .collect::<Option<_>>()?;
        let n = words.len();
        let ordered = orbits(n, &permutations, false);
        let mut seen = BTreeSet::new();
        let representatives = (0..n * n).filter(|&k| seen.insert(ordered[k]));
        let representatives = representatives.map(|k| (k / n, k % n)).collect();
        let orbit = orbits(n, &permutations, true);
        let count = orbit.iter().max().map_or(0, |k| k + 1);
        if count > MAX_UNKNOWNS {
            return None;
        }
        let mean = mean_moments(alphabet, &words, strategy, &orbit, count);
        let moments = Moments::new(alphabet, basis);
        let polynomial = part.reduced();
        let mut value = Rational::zero();
        for (word, c) in &polynomial {
            // its moment, as that of any pair of words with this product
            let class = moments.class(&alphabet.canonical(word.clone()))?;
            let at = moments.entry.iter().position(|&e| e == class)?;
            let size = moments.size();
            let (i, j) = (&moments.words[at / size], &moments.words[at % size]);
            value += c * &mean[orbit[index[i] * n + index[j]]];
        }
        Some(Attempt { part, moments, full, orbit, orbits: count, representatives, mean, value })
    }

    /// The Gram matrix, if there is one.
    pub fn solve(&self) -> Option<GramBlock> {
        let n = self.full.len();
        let mut system = System::default();
        // Y G = 0, one row of equations for each orbit of pairs
        for &(p, q) in &self.representatives {
            let mut equation = Equation::default();
            for r in 0..n {
                let g = &self.mean[self.orbit[r * n + q]];
                if !g.is_zero() {
                    equation.add(self.orbit[p * n + r], g);
                }
            }
            system.insert(equation)?;
        }
        let entries = self.entries();
        // the coefficients of value - F
        let alphabet = &self.part.alphabet;
        let mut wanted = vec![Rational::zero(); self.moments.classes.len()];
        wanted[0] += &self.value;
        for (word, c) in self.part.reduced() {
            wanted[self.moments.class(&alphabet.canonical(word))? as usize] -= c;
        }
        let mut sums: Vec<BTreeMap<usize, i64>> = vec![BTreeMap::new(); wanted.len()];
        let size = self.moments.size();
        for (k, &class) in self.moments.entry.iter().enumerate() {
            if class != ZERO {
                let (i, j) = (k / size, k % size);
                for (&orbit, &c) in &entries[i.min(j) * size + i.max(j)] {
                    *sums[class as usize].entry(orbit).or_insert(0) += c;
                }
            }
        }
        let distinct: BTreeMap<Vec<(usize, i64)>, Vec<usize>> =
            sums.iter().enumerate().fold(BTreeMap::new(), |mut all, (class, sum)| {
                let key = sum.iter().filter(|(_, c)| **c != 0).map(|(&o, &c)| (o, c)).collect();
                all.entry(key).or_insert_with(Vec::new).push(class);
                all
            });
        for (sum, classes) in distinct {
            let mut equation = Equation::default();
            for (orbit, c) in sum {
                equation.add(orbit, &Rational::from(BigInt::from(c)));
            }
            equation.constant = wanted[classes[0]].clone();
            if classes.iter().any(|&c| wanted[c] != equation.constant) {
                return None;
            }
            system.insert(equation)?;
        }
        let (first, directions) = system.solve(self.orbits);
        let matrix = |y: &[Rational]| self.matrix(&entries, y);
        let first = matrix(&first);
        // directions that differ as matrices
        let mut independent = System::default();
        let mut family: Vec<Vec<Rational>> = Vec::new();
        for direction in directions {
            let z = matrix(&direction);
            let mut equation = Equation::default();
            for (k, v) in z.iter().enumerate().filter(|(_, v)| !v.is_zero()) {
                equation.add(k, v);
            }
            if independent.insert(equation) == Some(true) {
                family.push(integral(z));
            }
        }
        let t = self.parameters(&first, &family)?;
        BITS.iter().find_map(|&bits| self.rounded(&first, &family, &t, bits))
    }

    /// Entries `Z_ij`, i <= j, as combinations of the unknowns: `S^T Y S` with the expansions `S` of the full words.
    fn entries(&self) -> Vec<BTreeMap<usize, i64>> {
        let (n, size) = (self.full.len(), self.moments.size());
        let mut columns: Vec<Vec<(usize, i64)>> = vec![Vec::new(); size];
        for (p, parts) in self.full.iter().enumerate() {
            for &(i, c) in parts {
                columns[i].push((p, c));
            }
        }
        let mut entries = vec![BTreeMap::new(); size * size];
        for i in 0..size {
            for j in i..size {
                let entry: &mut BTreeMap<usize, i64> = &mut entries[i * size + j];
                for &(p, c) in &columns[i] {
                    for &(q, d) in &columns[j] {
                        *entry.entry(self.orbit[p * n + q]).or_insert(0) += c * d;
                    }
                }
                entry.retain(|_, c| *c != 0);
            }
        }
        entries
    }

    /// The upper triangle, row by row, of the matrix with the given unknowns.
    fn matrix(&self, entries: &[BTreeMap<usize, i64>], y: &[Rational]) -> Vec<Rational> {
        let size = self.moments.size();
        let mut known: HashMap<&BTreeMap<usize, i64>, Rational> = HashMap::new();
        let mut out = Vec::with_capacity(size * (size + 1) / 2);
        for i in 0..size {
            for entry in &entries[i * size + i..(i + 1) * size] {
                let value = known.entry(entry).or_insert_with(|| {
                    let terms = entry.iter().filter(|(o, _)| !y[**o].is_zero());
                    terms.map(|(&o, &c)| &y[o] * BigInt::from(c)).sum()
                });
                out.push(value.clone());
            }
        }
        out
    }

    /// Free parameters that make the matrix positive definite on the kernel of the moments.
    fn parameters(&self, first: &[Rational], family: &[Vec<Rational>]) -> Option<Vec<f64>> {
        let size = self.moments.size();
        let n = self.full.len();
        let float = |z: &[Rational]| {
            let z: Vec<f64> = z.iter().map(to_f64).collect();
            Mat::from_fn(size, size, |i, j| {
                let (i, j) = (i.min(j), i.max(j));
                z[i * size - i * (i + 1) / 2 + j]
            })
        };
        // full words that are basis words
        let at: Vec<usize> =
            (0..size).map(|i| self.full.iter().position(|parts| parts == &[(i, 1)])).collect::<Option<_>>()?;
        let moment = Mat::from_fn(size, size, |i, j| to_f64(&self.mean[self.orbit[at[i] * n + at[j]]]));
        let eigen = moment.self_adjoint_eigen(Side::Lower).ok()?;
        let values = eigen.S().column_vector();
        let kernel: Vec<usize> = (0..size).filter(|&k| values[k].abs() < 1e-9).collect();
        let q = Mat::from_fn(size, kernel.len(), |i, k| eigen.U()[(i, kernel[k])]);
        let inside = |z: &[Rational]| q.transpose() * float(z) * &q;
        let more: Vec<Mat<f64>> = family.iter().map(|z| inside(z)).collect();
        centre::centre(&inside(first), &more)
    }

    /// The matrix with parameters rounded to `2^-bits`, if it passes the exact test.
    fn rounded(&self, first: &[Rational], family: &[Vec<Rational>], t: &[f64], bits: u32) -> Option<GramBlock> {
        let scale = (2f64).powi(bits as i32);
        let mut z = first.to_vec();
        for (direction, t) in family.iter().zip(t) {
            let t = Rational::new(BigInt::from((t * scale).round().to_i64()?), BigInt::one() << bits);
            for (z, d) in z.iter_mut().zip(direction) {
                if !d.is_zero() {
                    *z += d * &t;
                }
            }
        }
        let den = z.iter().fold(BigInt::one(), |den, v| den.lcm(v.denom()));
        let mut numbers = z.iter().map(|v| v.numer() * (&den / v.denom()));
        let size = self.moments.size();
        let upper: Vec<Vec<BigInt>> = (0..size).map(|i| numbers.by_ref().take(size - i).collect()).collect();
        let entry = |i: usize, j: usize| upper[i.min(j)][i.abs_diff(j)].clone();
        let full = (0..size).map(|i| (0..size).map(|j| entry(i, j)).collect()).collect();
        let alphabet = &self.part.alphabet;
        let passes = positive(full, &Meter::new(&Limits::default())) == Ok(true);
        passes.then(|| GramBlock {
            basis: self.moments.words.iter().map(|w| alphabet.monomial(w)).collect(),
            upper,
            den,
        })
    }
}

/// The multiple of a vector that has coprime integer entries.
fn integral(v: Vec<Rational>) -> Vec<Rational> {
    let den = v.iter().fold(BigInt::one(), |den, v| den.lcm(v.denom()));
    let gcd = v.iter().fold(BigInt::zero(), |gcd, v| gcd.gcd(&(v.numer() * (&den / v.denom()))));
    let factor = Rational::new(den, if gcd.is_zero() { BigInt::one() } else { gcd });
    v.into_iter().map(|v| v * &factor).collect()
}
