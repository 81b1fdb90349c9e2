//! Upper bound on the quantum value from sums of squares (F5).

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

use super::functional::{Functional, Sizes};
use super::json::{Index, Num, Obj, RawBlock, Triangle};
use super::limits::{Meter, multiplication, product, wide, within, words};
use super::num::{Rational, common_denominator, max_bits};
use super::psd::{Gauss, psd};
use super::reject::{Reject, proof, shape};
use super::words::Monomial;

/// One square form S = w^T Z w / den with Z positive semidefinite, over monomials w.
#[derive(Debug, Clone)]
pub struct Block {
    basis: Vec<Monomial>,
    /// Row i holds Z_ij for j >= i.
    upper: Vec<Vec<BigInt>>,
    den: BigInt,
}

/// A polynomial over one denominator; monomials and their adjoints are merged.
type Polynomial = BTreeMap<Monomial, BigInt>;

impl Block {
    pub(crate) fn from_raw(
        raw: &RawBlock,
        sizes: &Sizes,
        meter: &mut Meter,
    ) -> Result<Self, Reject> {
        within("basis", "monomials", raw.basis.len(), meter.limits().basis)?;
        let mut basis = Vec::with_capacity(raw.basis.len());
        for (k, list) in raw.basis.iter().enumerate() {
            let here = |e: Reject| e.under(&format!("basis[{k}]"));
            basis.push(monomial(list, sizes, meter).map_err(here)?);
        }
        let den = raw.den.integer(meter).map_err(|e| e.under("den"))?;
        if !den.is_positive() {
            return Err(proof("den", "the denominator must be positive"));
        }
        match (&raw.rows, &raw.gram) {
            (Some(rows), None) => Ok(Self {
                upper: squares(rows, basis.len(), meter).map_err(|e| e.under("rows"))?,
                basis,
                den: &den * &den,
            }),
            (None, Some(gram)) => Ok(Self {
                upper: gram_matrix(gram, basis.len(), meter).map_err(|e| e.under("gram"))?,
                basis,
                den,
            }),
            _ => Err(shape("", "a block has either rows or gram")),
        }
    }

    /// Letters of the longest monomial.
    fn letters(&self) -> usize {
        let letters = |m: &Monomial| m.words().iter().map(Vec::len).sum();
        self.basis.iter().map(letters).max().unwrap_or(0)
    }

    /// Adds `factor` S to `sum`; Z_ij and Z_ji meet on the same representative.
    fn add_to(&self, sum: &mut Polynomial, factor: &BigInt) {
        for (i, (left, row)) in self.basis.iter().zip(&self.upper).enumerate() {
            let left = left.star();
            for (j, (right, entry)) in self.basis.iter().skip(i).zip(row).enumerate() {
                if entry.is_zero() {
                    continue;
                }
                if let Some(m) = left.times(right) {
                    let twice = BigInt::from(if j == 0 { 1 } else { 2 });
                    add(sum, m, entry * factor * twice);
                }
            }
        }
    }
}

/// c_0 + sum |c_m| of P = F + sum of the blocks: an upper bound on the quantum value of `f`.
///
/// <F> = <P> - <squares> <= <P>, and every monomial is a product of projections, of norm <= 1.
/// Holds for commuting-operator strategies and limits too. Errors: only `RESOURCE`.
pub(crate) fn quantum_bound(
    f: &Functional,
    blocks: &[Block],
    meter: &mut Meter,
) -> Result<Rational, Reject> {
    let den = common_denominator(
        std::iter::once(f.denominator()).chain(blocks.iter().map(|b| &b.den)),
        meter,
    )?;
    let mut sum = Polynomial::new();
    expand(f, &(&den / f.denominator()), &mut sum, meter)?;
    for block in blocks {
        let n = wide(block.basis.len());
        let bits = den
            .bits()
            .saturating_add(max_bits(block.upper.iter().flatten()));
        // A new product is kept: its letters are paid for as memory.
        let each = wide(block.letters())
            .saturating_mul(64)
            .saturating_add(800)
            .saturating_add(words(bits).saturating_mul(4));
        meter.charge("products of monomials", product([n, n, each]))?;
        block.add_to(&mut sum, &(&den / &block.den));
    }
    let one = Monomial::one(f.sizes().players());
    let bound: BigInt = sum
        .iter()
        .map(|(m, c)| if *m == one { c.clone() } else { c.abs() })
        .sum();
    Ok(Rational::new(bound, den))
}

fn add(sum: &mut Polynomial, m: Monomial, c: BigInt) {
    *sum.entry(m.representative()).or_default() += c;
}

/// `factor` F in letters: the last answer of a question becomes 1 minus the other projectors.
fn expand(
    f: &Functional,
    factor: &BigInt,
    sum: &mut Polynomial,
    meter: &mut Meter,
) -> Result<(), Reject> {
    let sizes = f.sizes();
    let lasts: Vec<usize> = sizes
        .answers
        .iter()
        .map(|na| na.saturating_sub(1))
        .collect();
    let width = |a: &[usize]| {
        product(a.iter().zip(&lasts).map(|(a, last)| {
            if a == last {
                wide(*last).saturating_add(1)
            } else {
                1
            }
        }))
    };
    let terms = f
        .iter()
        .map(|(_, a, _)| width(a))
        .fold(0, u128::saturating_add);
    let each = words(factor.bits())
        .saturating_mul(8)
        .saturating_add(800)
        .saturating_mul(wide(sizes.players()));
    meter.charge("the expansion of the game", terms.saturating_mul(each))?;
    for (x, a, c) in f.iter() {
        let mut terms = vec![(Monomial::one(sizes.players()), c * factor)];
        for (i, ((&x, &a), &last)) in x.iter().zip(a).zip(&lasts).enumerate() {
            let mut next = Vec::new();
            for (m, c) in terms {
                if a < last {
                    next.extend(m.with_letter(i, (x, a)).map(|m| (m, c)));
                } else {
                    for other in 0..last {
                        next.extend(m.with_letter(i, (x, other)).map(|m| (m, -&c)));
                    }
                    next.push((m, c));
                }
            }
            terms = next;
        }
        for (m, c) in terms {
            add(sum, m, c);
        }
    }
    Ok(())
}

/// Per player a list of `[question, answer]`, in normal form, without last answers.
fn monomial(list: &[Vec<[Index; 2]>], sizes: &Sizes, meter: &Meter) -> Result<Monomial, Reject> {
    if list.len() != sizes.players() {
        return Err(shape("", "one word for each player is wanted"));
    }
    let mut all = Vec::with_capacity(list.len());
    for (i, word) in list.iter().enumerate() {
        within("", "letters of one player", word.len(), meter.limits().word)?;
        let (nq, last) = (sizes.questions[i], sizes.answers[i].saturating_sub(1));
        let letters: Option<Vec<(usize, usize)>> = word
            .iter()
            .map(|[x, a]| x.below(nq).zip(a.below(last)))
            .collect();
        all.push(letters.ok_or_else(|| {
            proof(
                "",
                format!("a letter of player {i} is not in 0..{nq} times 0..{last}"),
            )
        })?);
    }
    match Monomial::new(&all) {
        Some(m) if *m.words() == all => Ok(m),
        _ => Err(proof(
            "",
            "neighbouring letters of the same question: not in normal form",
        )),
    }
}

/// Z = L^T L of integer rows L, upper triangle.
fn squares(rows: &[Vec<Num>], n: usize, meter: &mut Meter) -> Result<Vec<Vec<BigInt>>, Reject> {
    let mut l: Vec<Vec<BigInt>> = Vec::with_capacity(rows.len());
    for (k, row) in rows.iter().enumerate() {
        if row.len() != n {
            return Err(shape(
                format!("[{k}]"),
                format!("{} entries, {n} wanted", row.len()),
            ));
        }
        let row: Result<Vec<BigInt>, Reject> = row.iter().map(|v| v.integer(meter)).collect();
        l.push(row.map_err(|e| e.under(&format!("[{k}]")))?);
    }
    let bits = max_bits(l.iter().flatten());
    let pairs = wide(n).saturating_mul(wide(n));
    let each = if bits <= 40 {
        1
    } else {
        multiplication(bits, bits)
    };
    meter.charge("squares of rows", product([pairs, wide(l.len()), each]))?;
    // Sums of up to 2^40 products of 40-bit numbers stay far below 2^127.
    if bits <= 40 {
        let small: Vec<Vec<i128>> = l
            .iter()
            .map(|row| row.iter().filter_map(ToPrimitive::to_i128).collect())
            .collect();
        return Ok(upper(n, |i, j| BigInt::from(dot_small(&small, i, j))));
    }
    Ok(upper(n, |i, j| l.iter().map(|row| &row[i] * &row[j]).sum()))
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "at most 2^40 products of at most 2^80"
)]
fn dot_small(rows: &[Vec<i128>], i: usize, j: usize) -> i128 {
    rows.iter().map(|row| row[i] * row[j]).sum()
}

fn upper(n: usize, entry: impl Fn(usize, usize) -> BigInt) -> Vec<Vec<BigInt>> {
    (0..n)
        .map(|i| (i..n).map(|j| entry(i, j)).collect())
        .collect()
}

/// The upper triangle, row by row: one list, or a list for each row. It must be PSD (F3).
fn gram_matrix(gram: &[Triangle], n: usize, meter: &mut Meter) -> Result<Vec<Vec<BigInt>>, Reject> {
    let wrong = || {
        shape(
            "",
            format!("not the upper triangle of a {n} x {n} matrix, row by row"),
        )
    };
    let mut flat: Vec<&Num> = Vec::new();
    let nested = gram.iter().all(|item| matches!(item, Triangle::Row(_)));
    if nested && gram.len() != n {
        return Err(wrong());
    }
    for (i, item) in gram.iter().enumerate() {
        match item {
            Triangle::One(entry) => flat.push(entry),
            Triangle::Row(row) if nested && Some(row.len()) == n.checked_sub(i) => flat.extend(row),
            Triangle::Row(_) => return Err(wrong()),
        }
    }
    let mut entries = flat.into_iter();
    let mut upper = Vec::with_capacity(n);
    for i in 0..n {
        let row: Result<Vec<BigInt>, Reject> = (i..n)
            .map(|j| {
                let entry = entries.next().ok_or_else(wrong)?;
                entry
                    .integer(meter)
                    .map_err(|e| e.under(&format!("[{i}][{j}]")))
            })
            .collect();
        upper.push(row?);
    }
    if entries.next().is_some() {
        return Err(wrong());
    }
    let entry = |i: usize, j: usize| {
        let (i, j) = (i.min(j), i.max(j));
        Gauss {
            re: upper[i][j.saturating_sub(i)].clone(),
            im: BigInt::zero(),
        }
    };
    let full: Vec<Vec<Gauss>> = (0..n)
        .map(|i| (0..n).map(|j| entry(i, j)).collect())
        .collect();
    if !psd(&full, meter)? {
        return Err(proof("", "not positive semidefinite"));
    }
    Ok(upper)
}

/// Reads the blocks of a `quantum_upper` proof.
pub(crate) fn blocks(
    raw: &[Obj<RawBlock>],
    sizes: &Sizes,
    meter: &mut Meter,
) -> Result<Vec<Block>, Reject> {
    within("blocks", "blocks", raw.len(), meter.limits().blocks)?;
    raw.iter()
        .enumerate()
        .map(|(k, Obj(block))| {
            Block::from_raw(block, sizes, meter).map_err(|e| e.under(&format!("blocks[{k}]")))
        })
        .collect()
}
