//! An exactly rational strategy behind a floating-point one, where local bases show it.
//!
//! A strategy is known up to a change of every player's basis. If some measurement of a player consists of projectors on
//! single vectors, those are the natural basis; what phases it leaves open are fixed by making entries of the other
//! measurements positive. In this basis many optimal strategies have small fractions as entries, and continued fractions find them.

use super::exact::{ExactPovm, ExactStrategy, IntegerMatrix};
use crate::bound::nearest_fraction;
use crate::check::limits::{Limits, Meter};
use crate::check::psd::{Gauss, psd};
use crate::game::Rational;
use crate::quantum::hermitian::{EighScratch, eigh};
use crate::quantum::{C64, Matrix};
use crate::strategy::QuantumStrategy;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Zero};

/// Largest denominator of a recognised entry.
const DENOMINATOR: i64 = 2000;

/// How close an entry must be to its fraction.
const CLOSE: f64 = 1e-7;

/// Below this an entry counts as zero when phases are fixed.
const SMALL: f64 = 1e-4;

/// Largest joint dimension of the result: what the checker takes.
const MAX_DIMENSION: usize = 64;

type Fraction = (Rational, Rational);

/// One component in its own bases: the state up to a factor, and the measurements of its questions.
struct Part {
    state: Vec<Fraction>,
    /// `[player][k]` for the k-th question of the component: elements as matrices of fractions.
    povms: Vec<Vec<Vec<Vec<Vec<Fraction>>>>>,
}

/// The exact strategy that a pure strategy with projective measurements stands for, or `None` if it does not show.
///
/// `parts[component][player]` lists questions; every component may be turned to bases of its own. Components whose states
/// agree share one system, others get one each. Valid in exact arithmetic (tested as the checker does); equal to the
/// given strategy up to `1e-7` in each entry.
pub fn recognise(strategy: &QuantumStrategy, parts: &[Vec<Vec<usize>>]) -> Option<ExactStrategy> {
    let psi = pure_state(strategy)?;
    let found: Vec<Part> = parts.iter().map(|questions| one(strategy, &psi, questions)).collect::<Option<_>>()?;
    let first = found.first()?;
    let shared = found.iter().all(|part| part.state == first.state);
    let dims = strategy.dims();
    let copies = if shared { 1 } else { found.len() };
    let whole: Vec<usize> = dims.iter().map(|&d| d.pow(copies as u32)).collect();
    if whole.iter().product::<usize>() > MAX_DIMENSION {
        return None;
    }
    let state = match shared {
        true => first.state.clone(),
        false => tensor(&found.iter().map(|p| &p.state).collect::<Vec<_>>(), dims),
    };
    let one = (Rational::one(), Rational::zero());
    let zero = (Rational::zero(), Rational::zero());
    let identity = |d: usize, on: bool| -> Vec<Vec<Fraction>> {
        let entry = |r, s| {
            if r == s && on { one.clone() } else { zero.clone() }
        };
        (0..d).map(|r| (0..d).map(|s| entry(r, s)).collect()).collect()
    };
    let scenario = strategy.scenario();
    let mut povms: Vec<Vec<Vec<Vec<Vec<Fraction>>>>> = Vec::new();
    for (i, &d) in dims.iter().enumerate() {
        let mut player = Vec::new();
        for x in 0..scenario.questions()[i] {
            let place = parts.iter().enumerate().find_map(|(k, part)| Some((k, part[i].iter().position(|&q| q == x)?)));
            let Some((k, at)) = place else {
                // a question that does not matter
                let answers = 0..scenario.answers()[i];
                player.push(answers.map(|a| identity(whole[i], a == 0)).collect());
                continue;
            };
            let elements = found[k].povms[i][at].iter();
            player.push(match shared {
                true => elements.cloned().collect(),
                false => elements.map(|m| on_copy(m, d, k, copies)).collect(),
            });
        }
        povms.push(player);
    }
    integers(whole, &state, &povms)
}

/// The amplitudes of a pure state.
fn pure_state(strategy: &QuantumStrategy) -> Option<Vec<C64>> {
    let rho = strategy.rho().matrix();
    let d = rho.dim();
    let (mut values, mut vectors) = (vec![0.0; d], vec![C64::ZERO; d * d]);
    eigh(d, rho.as_slice(), &mut values, &mut vectors, &mut EighScratch::new(d));
    (values[d - 1] > 1.0 - 1e-7).then(|| (0..d).map(|r| vectors[r * d + d - 1]).collect())
}

/// One component, turned to its natural bases.
fn one(strategy: &QuantumStrategy, psi: &[C64], questions: &[Vec<usize>]) -> Option<Part> {
    let dims = strategy.dims();
    let mut psi = psi.to_vec();
    let mut povms = Vec::new();
    for (i, &d) in dims.iter().enumerate() {
        let player = &strategy.povms()[i];
        let u = match questions[i].is_empty() {
            true => (0..d).map(|r| (0..d).map(|s| C64::from(f64::from(u8::from(r == s)))).collect()).collect(),
            false => basis(&questions[i].iter().map(|&x| player[x].elements()).collect::<Vec<_>>(), d)?,
        };
        let mut mine = Vec::new();
        for &x in &questions[i] {
            let elements = player[x].elements().iter().map(|m| {
                let turned = turn(m, &u);
                turned.iter().map(|row| row.iter().map(fraction).collect()).collect()
            });
            mine.push(elements.collect::<Option<Vec<Vec<Vec<Fraction>>>>>()?);
        }
        povms.push(mine);
        psi = rotate(&psi, &u, dims, i);
    }
    // up to a factor: the first of the largest amplitudes is 1
    let largest = psi.iter().fold(0.0f64, |a, z| a.max(z.norm()));
    let lead = *psi.iter().find(|z| z.norm() > largest - 1e-6)?;
    let state = psi.iter().map(|z| fraction(&(z / lead))).collect::<Option<_>>()?;
    Some(Part { state, povms })
}

/// Columns of a unitary: the vectors of the first complete measurement, phases fixed by the other measurements.
fn basis(measurements: &[&[Matrix]], d: usize) -> Option<Vec<Vec<C64>>> {
    let mut u: Option<Vec<Vec<C64>>> = None;
    for elements in measurements {
        let weights: Vec<f64> = elements.iter().map(|m| (0..d).map(|k| m[(k, k)].re).sum()).collect();
        let single = weights.iter().filter(|w| (**w - 1.0).abs() < CLOSE).count() == d
            && weights.iter().filter(|w| w.abs() < CLOSE).count() == weights.len() - d;
        if single {
            let columns = elements.iter().zip(&weights).filter(|(_, w)| **w > 0.5);
            let top = |m: &Matrix| -> Vec<C64> {
                let (mut values, mut vectors) = (vec![0.0; d], vec![C64::ZERO; d * d]);
                eigh(d, m.as_slice(), &mut values, &mut vectors, &mut EighScratch::new(d));
                (0..d).map(|r| vectors[r * d + d - 1]).collect()
            };
            u = Some(columns.map(|(m, _)| top(m)).collect());
            break;
        }
    }
    let mut u = u?;
    // connect basis vectors through entries that do not vanish
    let mut fixed = vec![false; d];
    for root in 0..d {
        fixed[root] = true;
        let mut queue = vec![root];
        while let Some(r) = queue.pop() {
            for m in measurements.iter().flat_map(|elements| elements.iter()) {
                for s in 0..d {
                    let entry = between(m, &u[r], &u[s]);
                    if !fixed[s] && entry.norm() > SMALL {
                        let phase = entry.conj() / entry.norm();
                        u[s].iter_mut().for_each(|z| *z *= phase);
                        fixed[s] = true;
                        queue.push(s);
                    }
                }
            }
        }
    }
    Some(u)
}

/// `<u|M|v>`
fn between(m: &Matrix, u: &[C64], v: &[C64]) -> C64 {
    let d = u.len();
    let mut sum = C64::ZERO;
    for r in 0..d {
        for s in 0..d {
            sum += u[r].conj() * m[(r, s)] * v[s];
        }
    }
    sum
}

fn turn(m: &Matrix, u: &[Vec<C64>]) -> Vec<Vec<C64>> {
    u.iter().map(|left| u.iter().map(|right| between(m, left, right)).collect()).collect()
}

/// The amplitudes of `(1 ⊗ U^H ⊗ 1) psi`.
fn rotate(psi: &[C64], u: &[Vec<C64>], dims: &[usize], i: usize) -> Vec<C64> {
    let d = dims[i];
    let stride: usize = dims[i + 1..].iter().product();
    let mut out = vec![C64::ZERO; psi.len()];
    for (at, slot) in out.iter_mut().enumerate() {
        let row = at / stride % d;
        let base = at - row * stride;
        *slot = (0..d).map(|s| u[row][s].conj() * psi[base + s * stride]).sum();
    }
    out
}

fn fraction(z: &C64) -> Option<Fraction> {
    let near = |v: f64| {
        let v = if v.abs() < CLOSE { 0.0 } else { v };
        let r = nearest_fraction(v, DENOMINATOR)?;
        ((crate::game::to_f64(&r) - v).abs() < CLOSE).then_some(r)
    };
    Some((near(z.re)?, near(z.im)?))
}

fn times(a: &Fraction, b: &Fraction) -> Fraction {
    (&a.0 * &b.0 - &a.1 * &b.1, &a.0 * &b.1 + &a.1 * &b.0)
}

/// The product of states, player by player: joint index with the first player slowest, within a player the first copy slowest.
fn tensor(states: &[&Vec<Fraction>], dims: &[usize]) -> Vec<Fraction> {
    let copies = states.len();
    let whole: Vec<usize> = dims.iter().map(|&d| d.pow(copies as u32)).collect();
    let total: usize = whole.iter().product();
    let mut out = Vec::with_capacity(total);
    for at in 0..total {
        let mut rest = at;
        let mut index = vec![0; copies];
        let mut weight = vec![1; copies];
        for (&w, &d) in whole.iter().zip(dims).rev() {
            let mut local = rest % w;
            rest /= w;
            for k in (0..copies).rev() {
                index[k] += local % d * weight[k];
                weight[k] *= d;
                local /= d;
            }
        }
        let one = (Rational::one(), Rational::zero());
        out.push(states.iter().zip(&index).fold(one, |p, (s, &k)| times(&p, &s[k])));
    }
    out
}

/// `1 ⊗ M ⊗ 1` with `M` on copy `k` of a player's system.
fn on_copy(m: &[Vec<Fraction>], d: usize, k: usize, copies: usize) -> Vec<Vec<Fraction>> {
    let total = d.pow(copies as u32);
    let stride = d.pow((copies - 1 - k) as u32);
    let entry = |r: usize, s: usize| {
        let (a, b) = (r / stride % d, s / stride % d);
        match r - a * stride == s - b * stride {
            true => m[a][b].clone(),
            false => (Rational::zero(), Rational::zero()),
        }
    };
    (0..total).map(|r| (0..total).map(|s| entry(r, s)).collect()).collect()
}

/// Over common denominators, if every measurement is exactly valid.
fn integers(dims: Vec<usize>, state: &[Fraction], povms: &[Vec<Vec<Vec<Vec<Fraction>>>>]) -> Option<ExactStrategy> {
    let lcm = |all: &mut dyn Iterator<Item = &Fraction>| {
        all.fold(BigInt::one(), |den, (re, im)| den.lcm(re.denom()).lcm(im.denom()))
    };
    let over = |(re, im): &Fraction, den: &BigInt| Gauss {
        re: re.numer() * (den / re.denom()),
        im: im.numer() * (den / im.denom()),
    };
    let common = lcm(&mut state.iter());
    let row: Vec<Gauss> = state.iter().map(|z| over(z, &common)).collect();
    let mut exact = Vec::new();
    for player in povms {
        let mut measurements = Vec::new();
        for elements in player {
            let den = lcm(&mut elements.iter().flatten().flatten());
            let matrix = |m: &Vec<Vec<Fraction>>| -> IntegerMatrix {
                m.iter().map(|row| row.iter().map(|z| over(z, &den)).collect()).collect()
            };
            let elements: Vec<IntegerMatrix> = elements.iter().map(matrix).collect();
            let d = elements.first()?.len();
            let complete = (0..d).all(|r| {
                (0..d).all(|s| {
                    let re: BigInt = elements.iter().map(|m| &m[r][s].re).sum();
                    let im: BigInt = elements.iter().map(|m| &m[r][s].im).sum();
                    im.is_zero() && if r == s { re == den } else { re.is_zero() }
                })
            });
            let meter = Meter::new(&Limits::default());
            let positive = |m: &IntegerMatrix| psd(m, &meter) == Ok(true);
            if !complete || !elements.iter().all(positive) {
                return None;
            }
            measurements.push(ExactPovm { den, elements });
        }
        exact.push(measurements);
    }
    Some(ExactStrategy { dims, state: vec![row], povms: exact })
}
