//! Exact value of a quantum strategy given by Gaussian integers (F2).

use num_bigint::BigInt;
use num_traits::{Signed, Zero};

use super::functional::Functional;
use super::json::Node;
use super::limits::{Meter, big, multiplication, within, words};
use super::num::{Rational, common_denominator};
use super::psd::{Gauss, gauss_bits, is_hermitian, psd};
use super::reject::{Result, demand, ensure};

type Matrix = Vec<Vec<Gauss>>;

/// The measurement of one player for one question: elements M_a / den.
struct Povm {
    den: BigInt,
    elements: Vec<Matrix>,
}

/// sum c(x,a) sum_k <b_k| (x)_i M_{a_i|x_i} |b_k> / (N prod den), one player at a time.
///
/// rho = sum |b_k><b_k| / N is a density matrix by construction, and every measurement is checked to be a POVM.
pub fn quantum_value(raw: &Node, f: &Functional, meter: &mut Meter) -> Result<Rational> {
    let sizes = f.sizes();
    let list = raw.need("dims")?;
    let size = |d: &Node| Ok(demand!(d.size(), Shape at d, "at least 1"));
    let dims = list.exactly(sizes.players())?.each(size)?;
    let joint = dims.iter().fold(1, |all: usize, &d| all.saturating_mul(d));
    within(&list, "joint dimensions", joint, meter.limits().dimension)?;
    let list = raw.need("state")?;
    let rows = list.len();
    ensure!(rows <= joint.saturating_mul(2), Resource at list, "{rows} rows for {joint} dimensions");
    let state = gauss_rows(&list, joint, meter)?;
    let zero = state.iter().flatten().all(Gauss::is_zero);
    ensure!(!zero, Proof at list, "the state is zero");
    let list = raw.need("povm")?;
    let mut povms = Vec::new();
    for (i, mine) in list.exactly(sizes.players())?.items().enumerate() {
        let mine = mine.exactly(sizes.questions[i])?;
        povms.push(mine.each(|m| measurement(m, sizes.answers[i], dims[i], meter))?);
    }
    value(&dims, &state, &povms, f, meter)
}

fn gauss_rows(rows: &Node, width: usize, meter: &Meter) -> Result<Matrix> {
    let entry = |z: &Node| {
        let [re, im] = z.pair()?;
        let (re, im) = (re.integer(meter)?, im.integer(meter)?);
        Ok(Gauss { re, im })
    };
    rows.each(|row| row.exactly(width)?.each(entry))
}

/// den > 0; every element Hermitian and PSD; their sum den times the identity, entry by entry.
fn measurement(raw: &Node, answers: usize, d: usize, meter: &mut Meter) -> Result<Povm> {
    let node = raw.need("den")?;
    let den = node.integer(meter)?;
    ensure!(den.is_positive(), Proof at node, "the denominator must be positive");
    let list = raw.need("m")?;
    let elements = list.exactly(answers)?.each(|rows| {
        let element = gauss_rows(rows.exactly(d)?, d, meter)?;
        ensure!(is_hermitian(&element), Proof at rows, "not Hermitian");
        ensure!(psd(&element, meter)?, Proof at rows, "not positive semidefinite");
        Ok(element)
    })?;
    for r in 0..d {
        for s in 0..d {
            let mut sum = Gauss::default();
            elements.iter().for_each(|element| sum.add(&element[r][s]));
            let wanted = if r == s { den.clone() } else { BigInt::ZERO };
            let complete = sum.re == wanted && sum.im.is_zero();
            ensure!(complete, Proof at list, "the sum is not den times the identity at [{r}][{s}]");
        }
    }
    Ok(Povm { den, elements })
}

/// A cell as ((x_1,a_1), (x_2,a_2), ..) with its coefficient.
type Entry<'a> = (Vec<(usize, usize)>, &'a BigInt);

fn value(dims: &[usize], state: &Matrix, povms: &[Vec<Povm>], f: &Functional, meter: &mut Meter) -> Result<Rational> {
    // Sorted so that neighbours share as many first players as possible.
    let pairs = |x: &[usize], a: &[usize]| x.iter().copied().zip(a.iter().copied()).collect();
    let mut entries: Vec<Entry<'_>> = f.iter().map(|(x, a, c)| (pairs(x, a), c)).collect();
    entries.sort();
    charge(dims, state, povms, &entries, meter)?;
    let squares = |z: &Gauss| &z.re * &z.re + &z.im * &z.im;
    let norm: BigInt = state.iter().flatten().map(squares).sum();
    let mut total = f.denominator() * norm;
    // L_i = lcm of the denominators of player i, and the factor L_i / den of each question.
    let mut factors: Vec<Vec<BigInt>> = Vec::with_capacity(povms.len());
    for mine in povms {
        let lcm = common_denominator(mine.iter().map(|m| &m.den), meter)?;
        factors.push(mine.iter().map(|m| &lcm / &m.den).collect());
        total *= lcm;
    }
    // partial[i] = the state with the first i players measured and traced out.
    let mut partial = vec![density(state)];
    let mut prefix: &[(usize, usize)] = &[];
    let mut sum = BigInt::ZERO;
    for (key, c) in &entries {
        let shared = prefix.iter().zip(key).take_while(|(a, b)| a == b).count();
        partial.truncate(shared.saturating_add(1));
        for (i, &(x, a)) in key.iter().enumerate().skip(shared) {
            partial.push(contract(&partial[i], &povms[i][x].elements[a]));
        }
        prefix = key;
        let scale: BigInt = key.iter().zip(&factors).map(|(&(x, _), f)| &f[x]).product();
        sum += *c * scale * &partial[key.len()][0][0].re;
    }
    Ok(Rational::new(sum, total))
}

fn charge<'a>(
    dims: &[usize],
    state: &Matrix,
    povms: &'a [Vec<Povm>],
    entries: &[Entry<'_>],
    meter: &mut Meter,
) -> Result<()> {
    let bits = gauss_bits(state.iter().flatten());
    let mut area = dims.iter().product::<BigInt>().pow(2);
    let products = &area * state.len() * 4;
    meter.charge("the density matrix", products * multiplication(bits, bits))?;
    // Longest numbers after i contractions.
    let mut bits = bits.saturating_mul(2).saturating_add(16);
    let mut work = big(0);
    for (i, mine) in povms.iter().enumerate() {
        let entries_of = |m: &'a Povm| m.elements.iter().flatten().flatten();
        let longest = gauss_bits(mine.iter().flat_map(entries_of));
        let mut prefixes: Vec<_> = entries.iter().map(|(key, _)| &key[..=i]).collect();
        prefixes.dedup();
        work += multiplication(bits, longest) * &area * prefixes.len().max(1) * 4;
        bits = bits.saturating_add(longest).saturating_add(16);
        area /= big(dims[i]).pow(2);
    }
    work += words(bits) * words(meter.limits().denominator_bits) * entries.len();
    meter.charge("the value of a quantum strategy", work)
}

/// N rho = sum |b_k><b_k|.
fn density(state: &Matrix) -> Matrix {
    let joint = state.first().map_or(0, Vec::len);
    let mut rho = vec![vec![Gauss::default(); joint]; joint];
    for row in state {
        for (s, line) in rho.iter_mut().enumerate() {
            for (r, entry) in line.iter_mut().enumerate() {
                entry.add(&row[s].times(&row[r].conj()));
            }
        }
    }
    rho
}

/// Measures and traces out the first factor: T'[s'][r'] = sum_{r,s} M[r][s] T[(s,s')][(r,r')].
fn contract(t: &Matrix, m: &Matrix) -> Matrix {
    let rest = t.len().checked_div(m.len()).unwrap_or(0);
    let mut out = vec![vec![Gauss::default(); rest]; rest];
    for (s, band) in t.chunks_exact(rest).enumerate() {
        for (target, line) in out.iter_mut().zip(band) {
            for (r, piece) in line.chunks_exact(rest).enumerate() {
                let weight = &m[r][s];
                if weight.is_zero() {
                    continue;
                }
                for (entry, value) in target.iter_mut().zip(piece) {
                    entry.add(&weight.times(value));
                }
            }
        }
    }
    out
}
