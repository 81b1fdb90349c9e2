//! Exact value of a quantum strategy given by Gaussian integers (F2).

use num_bigint::BigInt;
use num_traits::{Signed, Zero};

use super::functional::{Functional, Sizes};
use super::json::{Index, Num, Obj, RawPovm};
use super::limits::{Meter, multiplication, product, wide, within, words};
use super::num::{Rational, common_denominator};
use super::psd::{Gauss, gauss_bits, is_hermitian, psd};
use super::reject::{Reject, proof, shape};

/// The measurement of one player for one question: elements M_a / den.
#[derive(Debug, Clone)]
pub struct IntegerPovm {
    den: BigInt,
    elements: Vec<Vec<Vec<Gauss>>>,
}

/// State rows b_k and measurements, all checked: rho = sum |b_k><b_k| / N is a density matrix and
/// every measurement is a POVM.
#[derive(Debug, Clone)]
pub struct IntegerStrategy {
    dims: Vec<usize>,
    state: Vec<Vec<Gauss>>,
    /// `povm[i][x]`
    povm: Vec<Vec<IntegerPovm>>,
}

impl IntegerStrategy {
    pub(crate) fn from_raw(
        dims: &[Index],
        state: &[Vec<[Num; 2]>],
        povm: &[Vec<Obj<RawPovm>>],
        sizes: &Sizes,
        meter: &mut Meter,
    ) -> Result<Self, Reject> {
        let (dims, joint) = dimensions(dims, sizes, meter)?;
        let state = state_rows(state, joint, meter).map_err(|e| e.under("state"))?;
        if povm.len() != sizes.players() {
            return Err(shape(
                "povm",
                "one list of measurements for each player is wanted",
            ));
        }
        let mut all = Vec::with_capacity(povm.len());
        for (i, list) in povm.iter().enumerate() {
            if list.len() != sizes.questions[i] {
                return Err(shape(
                    format!("povm[{i}]"),
                    format!(
                        "{} measurements for {} questions",
                        list.len(),
                        sizes.questions[i]
                    ),
                ));
            }
            let mut mine = Vec::with_capacity(list.len());
            for (x, Obj(raw)) in list.iter().enumerate() {
                let here = |e: Reject| e.under(&format!("povm[{i}][{x}]"));
                mine.push(read_povm(raw, sizes.answers[i], dims[i], meter).map_err(here)?);
            }
            all.push(mine);
        }
        Ok(Self {
            dims,
            state,
            povm: all,
        })
    }

    /// sum c(x,a) sum_k <b_k| (x)_i M_{a_i|x_i} |b_k> / (N prod den), one player at a time.
    ///
    /// `f` must be of the scenario the strategy was read for. Errors: only `RESOURCE`.
    pub(crate) fn value(&self, f: &Functional, meter: &mut Meter) -> Result<Rational, Reject> {
        let entries = interleaved(f);
        self.charge(&entries, meter)?;
        // L_i = lcm of the denominators of player i, and the factor L_i / den of each question.
        let mut total = f.denominator() * norm(&self.state);
        let mut factors: Vec<Vec<BigInt>> = Vec::with_capacity(self.povm.len());
        for list in &self.povm {
            let lcm = common_denominator(list.iter().map(|m| &m.den), meter)?;
            factors.push(list.iter().map(|m| &lcm / &m.den).collect());
            total *= lcm;
        }
        // partial[i] = the state with the first i players measured and traced out.
        let mut partial: Vec<Vec<Vec<Gauss>>> = vec![density(&self.state)];
        let mut prefix: &[(usize, usize)] = &[];
        let mut sum = BigInt::zero();
        for (key, c) in &entries {
            let shared = prefix.iter().zip(key).take_while(|(a, b)| a == b).count();
            partial.truncate(shared.saturating_add(1));
            for (i, &(x, a)) in key.iter().enumerate().skip(shared) {
                if let Some(rest) = partial.last() {
                    let next = contract(rest, &self.povm[i][x].elements[a]);
                    partial.push(next);
                }
            }
            prefix = key;
            if let Some(scalar) = partial.last() {
                let scale: BigInt = key.iter().zip(&factors).map(|(&(x, _), f)| &f[x]).product();
                sum += *c * scale * &scalar[0][0].re;
            }
        }
        Ok(Rational::new(sum, total))
    }

    fn charge(&self, entries: &[Entry<'_>], meter: &mut Meter) -> Result<(), Reject> {
        let joint = product(self.dims.iter().map(|&d| wide(d)));
        let state_bits = gauss_bits(self.state.iter().flatten());
        let area = joint.saturating_mul(joint);
        let each = multiplication(state_bits, state_bits);
        let outer = product([wide(self.state.len()), area, each]);
        meter.charge("the density matrix", outer.saturating_mul(4))?;
        // Longest numbers after i contractions.
        let mut bits = state_bits.saturating_mul(2).saturating_add(16);
        let mut area = area;
        let mut work = 0u128;
        for (i, list) in self.povm.iter().enumerate() {
            let longest = list
                .iter()
                .map(|m| gauss_bits(m.elements.iter().flatten().flatten()))
                .max()
                .unwrap_or(0);
            let prefixes = entries
                .iter()
                .zip(entries.iter().skip(1))
                .filter(|((a, _), (b, _))| {
                    a.iter()
                        .take(i.saturating_add(1))
                        .ne(b.iter().take(i.saturating_add(1)))
                })
                .count()
                .saturating_add(1);
            let each = product([area, multiplication(bits, longest), 4]);
            work = work.saturating_add(wide(prefixes).saturating_mul(each));
            bits = bits.saturating_add(longest).saturating_add(16);
            let square = wide(self.dims[i]).saturating_mul(wide(self.dims[i]));
            area = area.checked_div(square).unwrap_or(area);
        }
        let ends = product([
            wide(entries.len()),
            words(bits),
            words(meter.limits().denominator_bits),
        ]);
        meter.charge("the value of a quantum strategy", work.saturating_add(ends))
    }
}

/// A cell as ((x_1,a_1), (x_2,a_2), ..) with its coefficient.
type Entry<'a> = (Vec<(usize, usize)>, &'a BigInt);

/// Cells sorted so that neighbours share as many first players as possible.
fn interleaved(f: &Functional) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = f
        .iter()
        .map(|(x, a, c)| (x.iter().copied().zip(a.iter().copied()).collect(), c))
        .collect();
    entries.sort();
    entries
}

fn dimensions(dims: &[Index], sizes: &Sizes, meter: &Meter) -> Result<(Vec<usize>, usize), Reject> {
    if dims.len() != sizes.players() {
        return Err(shape("dims", "one dimension for each player is wanted"));
    }
    let dims: Option<Vec<usize>> = dims.iter().map(|d| d.size()).collect();
    let dims = dims.ok_or_else(|| shape("dims", "a dimension is at least 1"))?;
    let joint = dims
        .iter()
        .fold(1usize, |joint, &d| joint.saturating_mul(d));
    within("dims", "joint dimensions", joint, meter.limits().dimension)?;
    Ok((dims, joint))
}

/// Rows of D Gaussian integers, not all zero.
fn state_rows(
    rows: &[Vec<[Num; 2]>],
    joint: usize,
    meter: &Meter,
) -> Result<Vec<Vec<Gauss>>, Reject> {
    let most = meter.limits().dimension.saturating_mul(2);
    within(
        "",
        "rows",
        rows.len(),
        most.min(u64::try_from(joint).unwrap_or(most).saturating_mul(2)),
    )?;
    let rows = gauss_rows(rows, joint, meter)?;
    if rows.iter().flatten().all(Gauss::is_zero) {
        return Err(proof("", "the state is zero"));
    }
    Ok(rows)
}

fn gauss_rows(
    rows: &[Vec<[Num; 2]>],
    width: usize,
    meter: &Meter,
) -> Result<Vec<Vec<Gauss>>, Reject> {
    let mut out = Vec::with_capacity(rows.len());
    for (r, row) in rows.iter().enumerate() {
        if row.len() != width {
            return Err(shape(
                format!("[{r}]"),
                format!("{} entries, {width} wanted", row.len()),
            ));
        }
        let mut entries = Vec::with_capacity(width);
        for (s, [re, im]) in row.iter().enumerate() {
            let here = |e: Reject| e.under(&format!("[{r}][{s}]"));
            entries.push(Gauss {
                re: re.integer(meter).map_err(here)?,
                im: im.integer(meter).map_err(here)?,
            });
        }
        out.push(entries);
    }
    Ok(out)
}

/// den > 0; every element Hermitian and PSD; their sum den times the identity, entry by entry.
fn read_povm(
    raw: &RawPovm,
    answers: usize,
    d: usize,
    meter: &mut Meter,
) -> Result<IntegerPovm, Reject> {
    let den = raw.den.integer(meter).map_err(|e| e.under("den"))?;
    if !den.is_positive() {
        return Err(proof("den", "the denominator must be positive"));
    }
    if raw.m.len() != answers {
        return Err(shape(
            "m",
            format!("{} elements for {answers} answers", raw.m.len()),
        ));
    }
    let mut elements = Vec::with_capacity(answers);
    for (a, rows) in raw.m.iter().enumerate() {
        let here = |e: Reject| e.under(&format!("m[{a}]"));
        if rows.len() != d {
            return Err(here(shape("", format!("{} rows, {d} wanted", rows.len()))));
        }
        let element = gauss_rows(rows, d, meter).map_err(here)?;
        if !is_hermitian(&element) {
            return Err(here(proof("", "not Hermitian")));
        }
        if !psd(&element, meter).map_err(here)? {
            return Err(here(proof("", "not positive semidefinite")));
        }
        elements.push(element);
    }
    for r in 0..d {
        for s in 0..d {
            let mut sum = Gauss::default();
            for element in &elements {
                sum.re += &element[r][s].re;
                sum.im += &element[r][s].im;
            }
            let wanted = if r == s { den.clone() } else { BigInt::zero() };
            if sum.re != wanted || !sum.im.is_zero() {
                return Err(proof(
                    "m",
                    format!("the elements do not sum to den times the identity at [{r}][{s}]"),
                ));
            }
        }
    }
    Ok(IntegerPovm { den, elements })
}

/// N = sum <b_k|b_k>.
fn norm(state: &[Vec<Gauss>]) -> BigInt {
    state
        .iter()
        .flatten()
        .map(|z| &z.re * &z.re + &z.im * &z.im)
        .sum()
}

/// N rho = sum |b_k><b_k|.
fn density(state: &[Vec<Gauss>]) -> Vec<Vec<Gauss>> {
    let joint = state.first().map_or(0, Vec::len);
    let mut rho = vec![vec![Gauss::default(); joint]; joint];
    for row in state {
        for (s, line) in rho.iter_mut().enumerate() {
            for (r, entry) in line.iter_mut().enumerate() {
                entry.add_product_conj(&row[s], &row[r]);
            }
        }
    }
    rho
}

/// Measures and traces out the first factor: T'[s'][r'] = sum_{r,s} M[r][s] T[(s,s')][(r,r')].
fn contract(t: &[Vec<Gauss>], m: &[Vec<Gauss>]) -> Vec<Vec<Gauss>> {
    let rest = t.len().checked_div(m.len()).unwrap_or(0);
    let mut out = vec![vec![Gauss::default(); rest]; rest];
    if rest == 0 {
        return out;
    }
    for (s, band) in t.chunks_exact(rest).enumerate() {
        for (target, line) in out.iter_mut().zip(band) {
            for (r, piece) in line.chunks_exact(rest).enumerate() {
                let weight = &m[r][s];
                if weight.is_zero() {
                    continue;
                }
                for (entry, value) in target.iter_mut().zip(piece) {
                    entry.add_product(weight, value);
                }
            }
        }
    }
    out
}
