//! Exact value of a quantum strategy given by Gaussian integers (F2).

use super::psd::{Gauss, psd};
use super::*;

type Matrix = Vec<Vec<Gauss>>;

/// The measurement of one player for one question: elements M_a with their denominator, as read; then with the
/// factor that brings them to the player's common one.
type Povm = (BigInt, Vec<Matrix>);

/// sum c(x,a) sum_k <b_k| (x)_i M_{a_i|x_i} |b_k> / (N prod den), one player at a time.
///
/// rho = sum |b_k><b_k| / N is a density matrix by construction, and every measurement is checked to be a POVM.
pub fn quantum_value(raw: &Json, s: &Scenario, t: &Table, meter: &Meter) -> Result<Rational> {
    let dims = raw.field("dims", |list| list.exactly(s.players(), |_, d| d.index(usize::MAX)))?;
    ensure!(dims.iter().all(|&d| d >= 1), Shape: "dimensions are at least 1");
    let joint = dims.iter().fold(1, |all: usize, &d| all.saturating_mul(d));
    within("joint dimensions", joint, meter.limits.dimension)?;
    let state = raw.field("state", |rows| {
        let (given, most) = (rows.list()?.len(), joint.saturating_mul(2));
        ensure!(given <= most, Resource: "{given} rows for {joint} dimensions");
        rows.each(|_, row| gauss_row(row, joint, meter))
    })?;
    let norm: BigInt = state.iter().flatten().map(Gauss::norm_sqr).sum();
    ensure!(norm.is_positive(), Proof: "the state is zero");
    let povms = raw.field("povm", |players| {
        players.exactly(s.players(), |i, mine| {
            let mine = mine.exactly(s.questions[i], |_, raw| measurement(raw, s.answers[i], dims[i], meter))?;
            let lcm = common_denominator(mine.iter().map(|(den, _)| den), meter)?;
            let mine: Vec<Povm> = mine.into_iter().map(|(den, elements)| (&lcm / den, elements)).collect();
            Ok((mine, lcm))
        })
    })?;
    // Cells as ((x_1,a_1), (x_2,a_2), ..), sorted: neighbours share as many first players as possible.
    let pairs = |cell: &[usize]| cell.iter().copied().zip(cell[s.players()..].iter().copied()).collect();
    let mut cells: Vec<Entry> = t.cells.iter().map(|(cell, c)| (pairs(cell), c)).collect();
    cells.sort();
    // N rho = sum |b_k><b_k|.
    let bits = longest(&state);
    meter.charge("the density matrix", multiplication(bits, bits) * 4 * joint * joint * state.len())?;
    let entry = |s: usize, r: usize| state.iter().map(|b| &b[s] * b[r].conj()).sum();
    let rho: Matrix = (0..joint).map(|s| (0..joint).map(|r| entry(s, r)).collect()).collect();
    let value = measured(&cells, 0, &rho, &povms, meter)?;
    Ok(Rational::new_raw(value, &t.den * norm * povms.iter().map(|(_, lcm)| lcm).product::<BigInt>()))
}

/// Bits of the longest number.
fn longest(m: &Matrix) -> u64 {
    max_bits(m.iter().flatten().flat_map(|z| [&z.re, &z.im]))
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
    Ok((den, elements))
}

/// A cell as ((x_1,a_1), (x_2,a_2), ..) with its coefficient.
type Entry<'a> = (Vec<(usize, usize)>, &'a BigInt);

/// Sum of c tr(t (x)_{j >= i} M_j) prod_{j >= i} lcm_j / den_j over cells that agree in the first i players; those are
/// measured and traced out already.
fn measured(cells: &[Entry], i: usize, t: &Matrix, povms: &[(Vec<Povm>, BigInt)], meter: &Meter) -> Result<BigInt> {
    let Some((mine, _)) = povms.get(i) else {
        let bits = max_bits(cells.iter().map(|(_, c)| *c));
        meter.charge("the cells of a strategy", multiplication(bits, t[0][0].re.bits()) * cells.len())?;
        return Ok(cells.iter().map(|(_, c)| *c * &t[0][0].re).sum());
    };
    let mut sum = BigInt::ZERO;
    for same in cells.chunk_by(|one, other| one.0[i] == other.0[i]) {
        let (x, a) = same[0].0[i];
        let (factor, elements) = &mine[x];
        let value = measured(same, i.saturating_add(1), &contract(t, &elements[a], meter)?, povms, meter)?;
        meter.charge("a common denominator", multiplication(value.bits(), factor.bits()))?;
        sum += value * factor;
    }
    Ok(sum)
}

/// Measures and traces out the first factor: T'[s'][r'] = sum_{r,s} M[r][s] T[(s,s')][(r,r')].
fn contract(t: &Matrix, m: &Matrix, meter: &Meter) -> Result<Matrix> {
    let products = big(t.len()).pow(2) * 4;
    meter.charge("the value of a quantum strategy", products * multiplication(longest(t), longest(m)))?;
    let rest = t.len().checked_div(m.len()).unwrap_or(0);
    let mut out = vec![vec![Gauss::default(); rest]; rest];
    for (s, band) in t.chunks_exact(rest).enumerate() {
        for (target, line) in out.iter_mut().zip(band) {
            for (r, piece) in line.chunks_exact(rest).enumerate().filter(|(r, _)| !m[*r][s].is_zero()) {
                target.iter_mut().zip(piece).for_each(|(entry, value)| *entry += &m[r][s] * value);
            }
        }
    }
    Ok(out)
}
