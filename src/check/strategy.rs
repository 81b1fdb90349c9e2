//! Exact value of a quantum strategy given by Gaussian integers (F2).

use super::psd::{Gauss, psd};
use super::*;

type Matrix = Vec<Vec<Gauss>>;

/// The measurement of one player for one question: elements M_a / den.
struct Povm {
    den: BigInt,
    elements: Vec<Matrix>,
}

/// sum c(x,a) sum_k <b_k| (x)_i M_{a_i|x_i} |b_k> / (N prod den), one player at a time.
///
/// rho = sum |b_k><b_k| / N is a density matrix by construction, and every measurement is checked to be a POVM.
pub fn quantum_value(raw: &Json, f: &Functional, meter: &Meter) -> Result<Rational> {
    let dims = raw.field("dims", |list| list.exactly(f.players(), |_, d| d.index(usize::MAX)))?;
    ensure!(dims.iter().all(|&d| d >= 1), Shape: "dimensions are at least 1");
    let joint = dims.iter().fold(1, |all: usize, &d| all.saturating_mul(d));
    within("joint dimensions", joint, meter.limits.dimension)?;
    let state = raw.field("state", |rows| {
        let (given, most) = (rows.list()?.len(), joint.saturating_mul(2));
        ensure!(given <= most, Resource: "{given} rows for {joint} dimensions");
        rows.each(|row| gauss_row(row, joint, meter))
    })?;
    let norm: BigInt = state.iter().flatten().map(Gauss::norm_sqr).sum();
    ensure!(norm.is_positive(), Proof: "the state is zero");
    let povms = raw.field("povm", |players| {
        players.exactly(f.players(), |i, mine| {
            mine.exactly(f.questions[i], |_, raw| measurement(raw, f.answers[i], dims[i], meter))
        })
    })?;
    let lcm = |mine: &Vec<Povm>| common_denominator(mine.iter().map(|m| &m.den), meter);
    let lcms = povms.iter().map(lcm).collect::<Result<Vec<BigInt>>>()?;
    // Cells as ((x_1,a_1), (x_2,a_2), ..), sorted: neighbours share as many first players as possible.
    let pairs = |x: &[usize], a: &[usize]| x.iter().copied().zip(a.iter().copied()).collect();
    let mut entries: Vec<Entry> = f.cells.iter().map(|cell| (pairs(&cell.x, &cell.a), &cell.c)).collect();
    entries.sort();
    // The entries of rho, then one contraction of what is left for each beginning of a cell.
    let bits = longest(state.iter().flatten());
    let mut area = big(joint).pow(2) * 4;
    let mut work = multiplication(bits, bits) * &area * state.len();
    let mut bits = bits.saturating_mul(2).saturating_add(16);
    for (i, mine) in povms.iter().enumerate() {
        let element = longest(mine.iter().flat_map(|m| m.elements.iter().flatten().flatten()));
        let begins = entries.chunk_by(|one, other| one.0[..=i] == other.0[..=i]).count();
        work += multiplication(bits, element) * &area * begins;
        (bits, area) = (bits.saturating_add(element).saturating_add(16), area / dims[i] / dims[i]);
    }
    work += words(bits) * words(meter.limits.denominator_bits) * f.cells.len();
    meter.charge("the value of a quantum strategy", work)?;
    let value = measured(&entries, 0, &density(&state), &povms, &lcms);
    Ok(Rational::new(value, &f.den * norm * lcms.iter().product::<BigInt>()))
}

fn longest<'a>(numbers: impl Iterator<Item = &'a Gauss>) -> u64 {
    max_bits(numbers.flat_map(|z| [&z.re, &z.im]))
}

fn gauss_row(row: &Json, width: usize, meter: &Meter) -> Result<Vec<Gauss>> {
    row.exactly(width, |_, entry| {
        let (re, im) = entry.pair()?;
        Ok(Gauss::new(re.integer(meter)?, im.integer(meter)?))
    })
}

/// den > 0; every element Hermitian and PSD; their sum den times the identity, entry by entry.
fn measurement(raw: &Json, answers: usize, d: usize, meter: &Meter) -> Result<Povm> {
    raw.fields(&["den", "m"], &[])?;
    let den = raw.field("den", |den| den.integer(meter))?;
    ensure!(den.is_positive(), Proof: "the denominator must be positive");
    let mut rest = vec![vec![Gauss::default(); d]; d];
    (0..d).for_each(|r| rest[r][r].re = den.clone());
    let elements = raw.field("m", |list| {
        list.exactly(answers, |_, rows| {
            let element: Matrix = rows.exactly(d, |_, row| gauss_row(row, d, meter))?;
            ensure!(psd(&element, meter)?, Proof: "not Hermitian and positive semidefinite");
            let entries = rest.iter_mut().flatten().zip(element.iter().flatten());
            entries.for_each(|(rest, entry)| *rest -= entry);
            Ok(element)
        })
    })?;
    let complete = rest.iter().flatten().all(Gauss::is_zero);
    ensure!(complete, Proof: "the sum of the elements is not den times the identity");
    Ok(Povm { den, elements })
}

/// N rho = sum |b_k><b_k|.
fn density(state: &Matrix) -> Matrix {
    let joint = state.first().map_or(0, Vec::len);
    let entry = |s: usize, r: usize| state.iter().map(|b| &b[s] * b[r].conj()).sum();
    (0..joint).map(|s| (0..joint).map(|r| entry(s, r)).collect()).collect()
}

/// A cell as ((x_1,a_1), (x_2,a_2), ..) with its coefficient.
type Entry<'a> = (Vec<(usize, usize)>, &'a BigInt);

/// Sum of c tr(t (x)_{j >= i} M_j) prod_{j >= i} lcm_j / den_j over cells that agree in the first i players; those are
/// measured and traced out already.
fn measured(cells: &[Entry], i: usize, t: &Matrix, povms: &[Vec<Povm>], lcms: &[BigInt]) -> BigInt {
    if i == povms.len() {
        return cells.iter().map(|(_, c)| *c * &t[0][0].re).sum();
    }
    let groups = cells.chunk_by(|one, other| one.0[i] == other.0[i]);
    let group = |same: &[Entry]| {
        let (x, a) = same[0].0[i];
        let Povm { den, elements } = &povms[i][x];
        let value = measured(same, i.saturating_add(1), &contract(t, &elements[a]), povms, lcms);
        value * (&lcms[i] / den)
    };
    groups.map(group).sum()
}

/// Measures and traces out the first factor: T'[s'][r'] = sum_{r,s} M[r][s] T[(s,s')][(r,r')].
fn contract(t: &Matrix, m: &Matrix) -> Matrix {
    let rest = t.len().checked_div(m.len()).unwrap_or(0);
    let mut out = vec![vec![Gauss::default(); rest]; rest];
    for (s, band) in t.chunks_exact(rest).enumerate() {
        for (target, line) in out.iter_mut().zip(band) {
            for (r, piece) in line.chunks_exact(rest).enumerate().filter(|(r, _)| !m[*r][s].is_zero()) {
                target.iter_mut().zip(piece).for_each(|(entry, value)| *entry += &m[r][s] * value);
            }
        }
    }
    out
}
