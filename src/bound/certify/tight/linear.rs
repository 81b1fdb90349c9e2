//! Exact sparse linear equations.

use crate::game::Rational;
use num_traits::{One, Zero};
use std::collections::BTreeMap;

/// `sum coefficient * unknown = constant`, the constant apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Equation {
    pub terms: BTreeMap<usize, Rational>,
    pub constant: Rational,
}

impl Equation {
    /// Adds `c` to the coefficient of an unknown.
    pub fn add(&mut self, unknown: usize, c: &Rational) {
        let slot = self.terms.entry(unknown).or_insert_with(Rational::zero);
        *slot += c;
        if slot.is_zero() {
            self.terms.remove(&unknown);
        }
    }

    fn subtract(&mut self, other: &Equation, factor: &Rational) {
        for (&unknown, c) in &other.terms {
            self.add(unknown, &(-(c * factor)));
        }
        self.constant -= &other.constant * factor;
    }
}

/// Equations in echelon form, by their smallest unknown.
#[derive(Debug, Clone, Default)]
pub(super) struct System {
    pivots: BTreeMap<usize, Equation>,
}

impl System {
    /// Takes in one more equation; `None` if it contradicts the others, else whether it was independent of them.
    pub fn insert(&mut self, mut equation: Equation) -> Option<bool> {
        let mut from = 0;
        while let Some((&unknown, c)) = equation.terms.range(from..).next() {
            match self.pivots.get(&unknown) {
                Some(pivot) => {
                    let c = c.clone();
                    equation.subtract(pivot, &c);
                    from = unknown + 1;
                }
                None if from == 0 || equation.terms.keys().next() == Some(&unknown) => {
                    // everything before was eliminated
                    let lead = Rational::one() / c;
                    equation.terms.values_mut().for_each(|c| *c *= &lead);
                    equation.constant *= &lead;
                    self.pivots.insert(unknown, equation);
                    return Some(true);
                }
                None => from = unknown + 1,
            }
        }
        equation.constant.is_zero().then_some(false)
    }

    /// A solution and a basis of the solutions of the homogeneous system, in `unknowns` unknowns.
    pub fn solve(&self, unknowns: usize) -> (Vec<Rational>, Vec<Vec<Rational>>) {
        let free: Vec<usize> = (0..unknowns).filter(|k| !self.pivots.contains_key(k)).collect();
        let back = |mut v: Vec<Rational>, homogeneous: bool| {
            for (&unknown, equation) in self.pivots.iter().rev() {
                let mut value = match homogeneous {
                    true => Rational::zero(),
                    false => equation.constant.clone(),
                };
                for (&k, c) in equation.terms.range(unknown + 1..) {
                    if !v[k].is_zero() {
                        value -= c * &v[k];
                    }
                }
                v[unknown] = value;
            }
            v
        };
        let zero = vec![Rational::zero(); unknowns];
        let directions = free.iter().map(|&k| {
            let mut v = zero.clone();
            v[k] = Rational::one();
            back(v, true)
        });
        let directions = directions.collect();
        (back(zero, false), directions)
    }
}
