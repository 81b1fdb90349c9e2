//! Gauss-Legendre quadrature over job laws.

use super::law::Piece;
use crate::env::queueing::JobLaw;
use std::sync::OnceLock;

/// Nodes of a panel.
const NODES: usize = 40;

/// Width of a panel after the substitution.
const PANEL: f64 = 3.0;

/// Nodes and weights of `n`-point Gauss-Legendre quadrature on `[-1, 1]`, by Newton's method.
fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    let node = |i: usize| {
        let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..100 {
            let (mut p, mut before) = (1.0, 0.0);
            for j in 0..n {
                let j = j as f64;
                (p, before) = (((2.0 * j + 1.0) * x * p - j * before) / (j + 1.0), p);
            }
            slope = n as f64 * (x * p - before) / (x * x - 1.0);
            let step = p / slope;
            x -= step;
            if step.abs() < 1e-16 {
                break;
            }
        }
        (x, 2.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..n).map(node).collect()
}

pub(super) fn panel() -> &'static [(f64, f64)] {
    static RULE: OnceLock<Vec<(f64, f64)>> = OnceLock::new();
    RULE.get_or_init(|| gauss_legendre(NODES))
}

/// Where an integrand is sharp: around `centre`, on the scale `width`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Focus {
    pub centre: f64,
    pub width: f64,
}

/// `E f(x)` for functions that are smooth but for the focus and the breaks; `x = c + w sinh(tau)`, so that panels of
/// equal width in `tau` are narrow where the integrand is sharp.
pub(super) fn expect<const N: usize>(
    law: &JobLaw,
    focus: Focus,
    breaks: &[f64],
    mut f: impl FnMut(f64) -> [f64; N],
) -> [f64; N] {
    let mut sum = [0.0; N];
    let mut add = |weight: f64, value: [f64; N]| {
        for (s, v) in sum.iter_mut().zip(value) {
            *s += weight * v;
        }
    };
    let width = focus.width.max(1e-12);
    for (probability, component) in law.components() {
        let (low, high, fine) = match Piece::of(component) {
            Piece::Atom(size) => {
                add(*probability, f(size));
                continue;
            }
            Piece::Interval { low, high, fine } => (low, high, fine),
        };
        let mut ends = vec![low];
        ends.extend(breaks.iter().copied().filter(|b| *b > low && *b < high));
        ends.push(high);
        ends.sort_by(f64::total_cmp);
        for pair in ends.windows(2) {
            let tau = |x: f64| ((x - focus.centre) / width).asinh();
            let (start, stop) = (tau(pair[0]), tau(pair[1]));
            let panels = ((stop - start) * fine / PANEL).ceil().max(1.0);
            let half = 0.5 * (stop - start) / panels;
            for i in 0..panels as usize {
                let middle = start + (2.0 * i as f64 + 1.0) * half;
                for (node, weight) in panel() {
                    let t = middle + half * node;
                    let x = (focus.centre + width * t.sinh()).clamp(pair[0], pair[1]);
                    let jacobian = half * weight * width * t.cosh();
                    add(probability * jacobian * super::law::density(component, x), f(x));
                }
            }
        }
    }
    sum
}

/// A focus for functions that are smooth everywhere.
pub(super) fn smooth(law: &JobLaw) -> Focus {
    Focus { centre: 0.0, width: law.mean() }
}
