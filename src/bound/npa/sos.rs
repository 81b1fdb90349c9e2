//! From any dual point to a proved bound: squares, their expansion, and what is left over.
//!
//! Every monomial is a product of projections, of norm at most 1. If `P = F + sum of squares` has coefficients
//! `P_m` in normal form, then `F <= P_1 + sum_{m != 1} |P_m|` on every quantum behaviour (rule F5 of the
//! certificates). No property of the solver is used, and rounding errors are bounded.

use super::moments::{Moments, ZERO};
use super::sdp::Dual;
use super::symmetry::{Relabelling, relabel};
use super::words::{Alphabet, Word};
use crate::game::{Rational, to_f64};
use faer::{Mat, Side};
use std::collections::{BTreeMap, HashMap};

/// Unit roundoff, doubled: bounds below are of first order with room to spare.
const UNIT: f64 = f64::EPSILON;

/// Squares of linear combinations of words: `sum_k (sum_i rows[k][i] basis[i])* (sum_i rows[k][i] basis[i])`.
#[derive(Debug, Clone, PartialEq)]
pub struct SosBlock {
    /// The words, each per player as (question, answer); the empty one is the identity.
    pub basis: Vec<Vec<Vec<(usize, usize)>>>,
    /// Coefficients, each row as long as the basis.
    pub rows: Vec<Vec<f64>>,
}

/// A product of one projector each of some players, constrained to a non-negative expectation.
#[derive(Debug, Clone)]
pub struct Positive {
    /// Its expansion without last outcomes, coefficients +1 or -1; classes of the moment matrix.
    pub terms: Vec<(Word, u32, f64)>,
    /// Which linear constraint of the program it belongs to.
    pub constraint: usize,
    /// How many share that constraint.
    pub shared: usize,
}

/// Everything needed to evaluate dual points of one component.
pub struct Evaluator<'a> {
    alphabet: &'a Alphabet,
    moments: &'a Moments,
    /// Coefficients by class and a bound on the error of each.
    coefficients: Vec<f64>,
    uncertainty: f64,
    positives: &'a [Positive],
    /// Matrices of relabellings; averaging over one list after the other averages over the group.
    averages: Vec<Vec<Mat<f64>>>,
    counts: Vec<f64>,
}

/// A proved bound with its squares.
#[derive(Debug, Clone)]
pub struct Proof {
    /// Upper bound on the expectation of the polynomial, rounding included.
    pub value: f64,
    /// What leftover coefficients and rounding cost in it.
    pub slack: f64,
    rows: Vec<Vec<f64>>,
    linear: Vec<f64>,
}

impl<'a> Evaluator<'a> {
    /// An evaluator for a polynomial, all of whose words must be moments.
    pub fn new(
        alphabet: &'a Alphabet,
        moments: &'a Moments,
        polynomial: &BTreeMap<Word, Rational>,
        positives: &'a [Positive],
        transversals: &[Vec<Relabelling>],
    ) -> Self {
        let mut coefficients = vec![0.0; moments.classes.len()];
        let mut uncertainty = 0.0;
        for (word, c) in polynomial {
            if let Some(class) = moments.class(&alphabet.canonical(word.clone())) {
                let c = to_f64(c);
                uncertainty += 4.0 * UNIT * c.abs();
                coefficients[class as usize] += c;
            }
        }
        let mut counts = vec![0.0; moments.classes.len()];
        for &class in moments.entry.iter().filter(|&&c| c != ZERO) {
            counts[class as usize] += 1.0;
        }
        let index: HashMap<&[u16], usize> = moments.words.iter().enumerate().map(|(k, w)| (w.as_slice(), k)).collect();
        let averages = transversals
            .iter()
            .map(|list| {
                let matrices = list.iter();
                matrices.filter_map(|g| action(alphabet, moments, &index, g)).collect()
            })
            .filter(|list: &Vec<_>| !list.is_empty())
            .collect();
        Evaluator { alphabet, moments, coefficients, uncertainty, positives, averages, counts }
    }

    /// `H = mean of R R^T` over the group; `None` without symmetry.
    pub fn metric(&self) -> Option<Mat<f64>> {
        let n = self.moments.size();
        let mut h = Mat::identity(n, n);
        for list in self.averages.iter().rev() {
            let sum = list.iter().map(|r| &(r * &h) * r.transpose());
            let sum = sum.fold(Mat::zeros(n, n), |a, b| a + b);
            h = sum * faer::Scale(1.0 / list.len() as f64);
        }
        (!self.averages.is_empty()).then_some(h)
    }

    /// The best bound found from a dual point: as it is, and moved to where nothing would be left over.
    pub fn evaluate(&self, dual: &Dual) -> Proof {
        let n = self.moments.size();
        let mut z = Mat::from_fn(n, n, |i, j| 0.5 * (dual.matrix[j * n + i] + dual.matrix[i * n + j]));
        for list in &self.averages {
            z = average(list, &z);
        }
        let linear: Vec<f64> = dual.linear.iter().map(|z| z.max(0.0)).collect();
        let mut best = self.prove(&z, 0.0, &linear);
        if best.slack < 1e-12 {
            return best;
        }
        self.project(&mut z, &linear);
        for shift in [false, true] {
            let least = match shift {
                true => least_eigenvalue(&z).min(0.0),
                false => 0.0,
            };
            let proof = self.prove(&z, -least, &linear);
            if proof.value < best.value {
                best = proof;
            }
        }
        best
    }

    /// Moves a matrix to the nearest one that leaves nothing over.
    fn project(&self, z: &mut Mat<f64>, linear: &[f64]) {
        let n = self.moments.size();
        let mut left = self.left_of(linear);
        for j in 0..n {
            for i in 0..n {
                if let Some(left) = left.get_mut(self.moments.entry[i * n + j] as usize) {
                    *left += z[(i, j)];
                }
            }
        }
        for j in 0..n {
            for i in 0..n {
                let class = self.moments.entry[i * n + j];
                if class != 0 && class != ZERO {
                    z[(i, j)] -= left[class as usize] / self.counts[class as usize];
                }
            }
        }
    }

    /// The polynomial and the linear constraints' part of `P`.
    fn left_of(&self, linear: &[f64]) -> Vec<f64> {
        let mut left = self.coefficients.clone();
        for p in self.positives {
            let weight = root(linear[p.constraint], p.shared).powi(2);
            for &(_, class, sign) in &p.terms {
                left[class as usize] += sign * weight;
            }
        }
        left
    }

    /// Expands the squares of the positive part of `z + shift` and charges what is left over.
    fn prove(&self, z: &Mat<f64>, shift: f64, linear: &[f64]) -> Proof {
        let n = self.moments.size();
        let mut rows: Vec<Vec<f64>> = Vec::new();
        if let Ok(eigen) = z.self_adjoint_eigen(Side::Lower) {
            for k in 0..n {
                let value = eigen.S().column_vector()[k] + shift;
                if value > 0.0 && value.is_finite() {
                    let size = value.sqrt();
                    rows.push((0..n).map(|i| eigen.U()[(i, k)] * size).collect());
                }
            }
        }
        // G = L^T L, and the sum over each class with the sum of absolute values; whatever the order of the sums in
        // it, the rounding of an entry is bounded by the products of absolute values
        let factor = Mat::from_fn(rows.len(), n, |k, i| rows[k][i]);
        let gram = factor.transpose() * &factor;
        let gram: Vec<f64> = (0..n).flat_map(|j| gram.col_as_slice(j)).copied().collect();
        let norms: f64 = (0..n).map(|i| gram[i * n + i].max(0.0).sqrt()).sum();
        let depth = rows.len() as f64 + 4.0;
        let mut error = self.uncertainty + UNIT * depth * norms * norms;
        let mut left = self.left_of(linear);
        let mut size: Vec<f64> = self.coefficients.iter().map(|c| c.abs()).collect();
        let mut steps = self.counts.clone();
        for p in self.positives {
            let weight = root(linear[p.constraint], p.shared).powi(2);
            for &(_, class, _) in &p.terms {
                size[class as usize] += weight;
                steps[class as usize] += 4.0;
            }
        }
        for (g, &class) in gram.iter().zip(&self.moments.entry) {
            if class != ZERO {
                left[class as usize] += g;
                size[class as usize] += g.abs();
            }
        }
        for (size, steps) in size.iter().zip(&steps) {
            error += UNIT * (steps + 4.0) * size;
        }
        let charged: f64 = left.iter().skip(1).map(|p| p.abs()).sum();
        let count = left.len() as f64;
        error += UNIT * (count + 4.0) * (charged + left[0].abs());
        let slack = charged + 1.001 * error;
        let value = (left[0] + slack).next_up();
        Proof { value: if value.is_nan() { f64::INFINITY } else { value }, slack, rows, linear: linear.to_vec() }
    }

    /// The squares of a proof, in original labels.
    pub fn blocks(&self, proof: &Proof) -> Vec<SosBlock> {
        let monomial = |w: &Word| self.alphabet.monomial(w);
        let mut blocks =
            vec![SosBlock { basis: self.moments.words.iter().map(monomial).collect(), rows: proof.rows.clone() }];
        for p in self.positives {
            let factor = root(proof.linear[p.constraint], p.shared);
            if factor > 0.0 {
                blocks.push(SosBlock {
                    basis: p.terms.iter().map(|t| monomial(&t.0)).collect(),
                    rows: vec![p.terms.iter().map(|t| factor * t.2).collect()],
                });
            }
        }
        blocks
    }
}

/// The coefficient whose square is the share of a multiplier.
fn root(multiplier: f64, shared: usize) -> f64 {
    (multiplier.max(0.0) / shared as f64).sqrt()
}

fn least_eigenvalue(z: &Mat<f64>) -> f64 {
    let values = z.self_adjoint_eigenvalues(Side::Lower).ok();
    values.and_then(|v| v.first().copied()).unwrap_or(0.0)
}

/// `R` with `g w_i = sum_j R_ij w_j`; `None` if a word leaves the span.
fn action(alphabet: &Alphabet, moments: &Moments, index: &HashMap<&[u16], usize>, g: &Relabelling) -> Option<Mat<f64>> {
    let n = moments.size();
    let mut matrix = Mat::zeros(n, n);
    for (i, word) in moments.words.iter().enumerate() {
        for (image, c) in expand(alphabet, &relabel(alphabet, g, word)) {
            matrix[(i, *index.get(image.as_slice())?)] += c;
        }
    }
    Some(matrix)
}

/// A word without its last outcomes, `E_last = 1 - sum`.
pub fn expand(alphabet: &Alphabet, word: &[u16]) -> Vec<(Word, f64)> {
    let mut parts = vec![(Word::new(), 1.0)];
    for &l in word {
        let mut next = Vec::new();
        for (letters, c) in parts {
            if alphabet.is_last(l) {
                for other in alphabet.outcomes(l).filter(|&o| o != l) {
                    let mut with = letters.clone();
                    with.push(other);
                    next.push((with, -c));
                }
                next.push((letters, c));
            } else {
                let mut with = letters;
                with.push(l);
                next.push((with, c));
            }
        }
        parts = next;
    }
    let normal = |(letters, c): (Word, f64)| Some((alphabet.normal(&letters)?, c));
    parts.into_iter().filter_map(normal).collect()
}

/// Mean of `R^T Z R`.
fn average(list: &[Mat<f64>], z: &Mat<f64>) -> Mat<f64> {
    let mut sum = Mat::zeros(z.nrows(), z.ncols());
    for r in list {
        sum += &(r.transpose() * z) * r;
    }
    sum * faer::Scale(1.0 / list.len() as f64)
}
