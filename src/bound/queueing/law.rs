//! Distribution functions and partial means of job laws.

use crate::env::queueing::{Component, JobLaw};

/// How a component is integrated over.
pub(super) enum Piece {
    Atom(f64),
    /// A density on an interval; `fine` multiplies the number of panels.
    Interval {
        low: f64,
        high: f64,
        fine: f64,
    },
}

impl Piece {
    pub fn of(component: &Component) -> Self {
        match *component {
            Component::Atom { size } => Piece::Atom(size),
            // what lies beyond weighs less than e^-46
            Component::Erlang { shape, rate } => {
                let k = f64::from(shape);
                Piece::Interval { low: 0.0, high: (46.0 + k + 10.0 * (k - 1.0).sqrt()) / rate, fine: k.sqrt().max(1.0) }
            }
            Component::Uniform { low, high } => Piece::Interval { low, high, fine: 1.0 },
        }
    }
}

/// The density of a component that has one.
pub(super) fn density(component: &Component, x: f64) -> f64 {
    match *component {
        Component::Atom { .. } => 0.0,
        Component::Erlang { shape, rate } => {
            let z = rate * x;
            let mut term = rate * (-z).exp();
            for j in 1..shape {
                term *= z / f64::from(j);
            }
            term
        }
        Component::Uniform { low, high } if x >= low && x <= high => 1.0 / (high - low),
        Component::Uniform { .. } => 0.0,
    }
}

/// `P(Erlang(shape) <= z)` at rate 1.
fn erlang(shape: u32, z: f64) -> f64 {
    if z <= 0.0 {
        return 0.0;
    }
    if z == f64::INFINITY {
        return 1.0;
    }
    let mut term = (-z).exp();
    let mut sum = 0.0;
    for j in 1..shape {
        term *= z / f64::from(j);
        sum += term;
    }
    (-(-z).exp_m1() - sum).max(0.0)
}

/// `P(x <= t)`, or `P(x < t)` where `strict`.
pub(super) fn below(law: &JobLaw, t: f64, strict: bool) -> f64 {
    let one = |component: &Component| match *component {
        Component::Atom { size } => f64::from(u8::from(size < t || (size == t && !strict))),
        Component::Erlang { shape, rate } => erlang(shape, rate * t),
        Component::Uniform { low, high } => ((t - low) / (high - low)).clamp(0.0, 1.0),
    };
    law.components().iter().map(|(p, c)| p * one(c)).sum()
}

/// `E[x; x <= t]`, or `E[x; x < t]` where `strict`.
pub(super) fn partial_mean(law: &JobLaw, t: f64, strict: bool) -> f64 {
    let one = |component: &Component| match *component {
        Component::Atom { size } if size < t || (size == t && !strict) => size,
        Component::Atom { .. } => 0.0,
        // x f_k(x) = (k / rate) f_{k+1}(x)
        Component::Erlang { shape, rate } => f64::from(shape) / rate * erlang(shape + 1, rate * t),
        Component::Uniform { low, high } => {
            let t = t.clamp(low, high);
            0.5 * (t * t - low * low) / (high - low)
        }
    };
    law.components().iter().map(|(p, c)| p * one(c)).sum()
}

/// Density of the continuous part.
pub(super) fn density_of(law: &JobLaw, x: f64) -> f64 {
    law.components().iter().map(|(p, c)| p * density(c, x)).sum()
}

/// The sizes that have probability, and the ends of intervals.
pub(super) fn marks(law: &JobLaw) -> Vec<f64> {
    let mut marks: Vec<f64> = law
        .components()
        .iter()
        .flat_map(|(_, c)| match *c {
            Component::Atom { size } => vec![size],
            Component::Erlang { .. } => vec![0.0],
            Component::Uniform { low, high } => vec![low, high],
        })
        .collect();
    marks.sort_by(f64::total_cmp);
    marks.dedup();
    marks
}

/// The largest size worth counting.
pub(super) fn largest(law: &JobLaw) -> f64 {
    let end = |(_, c): &(f64, Component)| match Piece::of(c) {
        Piece::Atom(size) => size,
        Piece::Interval { high, .. } => high,
    };
    law.components().iter().map(end).fold(0.0, f64::max)
}

/// Whether some size has positive probability.
pub(super) fn has_atoms(law: &JobLaw) -> bool {
    law.components().iter().any(|(_, c)| matches!(c, Component::Atom { .. }))
}
