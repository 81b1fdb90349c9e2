//! Upper bound on the quantum value from sums of squares (F5).

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

use super::functional::{Functional, Sizes};
use super::json::Node;
use super::limits::{Meter, big, multiplication, within, words};
use super::num::{Rational, common_denominator, max_bits};
use super::psd::{Gauss, psd};
use super::reject::{Result, demand, ensure, refuse};
use super::words::Monomial;

/// One square form S = w^T Z w / den with Z positive semidefinite, over monomials w.
struct Block {
    basis: Vec<Monomial>,
    /// Row i holds Z_ij for j >= i.
    upper: Vec<Vec<BigInt>>,
    den: BigInt,
}

/// A polynomial over one denominator; monomials and their adjoints are merged.
#[derive(Default)]
struct Polynomial(BTreeMap<Monomial, BigInt>);

impl Polynomial {
    fn add(&mut self, m: Monomial, c: BigInt) {
        *self.0.entry(m.representative()).or_default() += c;
    }
}

/// c_0 + sum |c_m| of P = F + sum of the blocks: an upper bound on the quantum value of `f`.
///
/// <F> = <P> - <squares> <= <P>, and every monomial is a product of projections, of norm <= 1.
/// Holds for commuting-operator strategies and limits too.
pub fn quantum_bound(list: &Node, f: &Functional, meter: &mut Meter) -> Result<Rational> {
    within(list, "blocks", list.len(), meter.limits().blocks)?;
    let blocks = list.each(|raw| Block::read(raw, f.sizes(), meter))?;
    let denominators = blocks.iter().map(|b| &b.den).chain([f.denominator()]);
    let den = common_denominator(denominators, meter)?;
    let mut sum = Polynomial::default();
    expand(f, &(&den / f.denominator()), &mut sum, meter)?;
    for block in &blocks {
        block.add_to(&mut sum, &den, meter)?;
    }
    let one = Monomial::one(f.sizes().players());
    let cost = |(m, c): (&Monomial, &BigInt)| if *m == one { c.clone() } else { c.abs() };
    Ok(Rational::new(sum.0.iter().map(cost).sum(), den))
}

/// `factor` F in letters: the last answer of a question becomes 1 minus the other projectors.
fn expand(f: &Functional, factor: &BigInt, sum: &mut Polynomial, meter: &mut Meter) -> Result<()> {
    let sizes = f.sizes();
    let is_last = |(i, &a): (usize, &usize)| a.saturating_add(1) == sizes.answers[i];
    let width = |a: &[usize]| -> BigInt {
        let last = a.iter().enumerate().filter(|&at| is_last(at));
        last.map(|(i, _)| sizes.answers[i]).product()
    };
    let terms: BigInt = f.iter().map(|(_, a, _)| width(a)).sum();
    let each = (words(factor.bits()) * 8 + 800) * sizes.players();
    meter.charge("the expansion of the game", terms * each)?;
    for (x, a, c) in f.iter() {
        let mut terms = vec![(Monomial::one(sizes.players()), c * factor)];
        for (i, a) in a.iter().enumerate() {
            let mut next = Vec::new();
            for (m, c) in terms {
                let times = |answer: usize| {
                    let mut m = m.clone();
                    m.append(i, (x[i], answer)).map(|()| m)
                };
                if is_last((i, a)) {
                    next.extend((0..*a).filter_map(times).map(|m| (m, -&c)));
                    next.push((m, c));
                } else {
                    next.extend(times(*a).map(|m| (m, c)));
                }
            }
            terms = next;
        }
        for (m, c) in terms {
            sum.add(m, c);
        }
    }
    Ok(())
}

impl Block {
    fn read(raw: &Node, sizes: &Sizes, meter: &mut Meter) -> Result<Self> {
        let list = raw.need("basis")?;
        within(&list, "monomials", list.len(), meter.limits().basis)?;
        let basis = list.each(|words| monomial(words, sizes, meter))?;
        let node = raw.need("den")?;
        let den = node.integer(meter)?;
        ensure!(den.is_positive(), Proof at node, "the denominator must be positive");
        let (upper, den) = match (raw.get("rows"), raw.get("gram")) {
            (Some(rows), None) => (squares(&rows, basis.len(), meter)?, &den * &den),
            (None, Some(gram)) => (gram_matrix(&gram, basis.len(), meter)?, den),
            _ => return Err(refuse!(Shape at raw, "a block has either rows or gram")),
        };
        Ok(Self { basis, upper, den })
    }

    /// Adds S over the denominator `den` to `sum`; Z_ij and Z_ji meet on the same representative.
    fn add_to(&self, sum: &mut Polynomial, den: &BigInt, meter: &mut Meter) -> Result<()> {
        let letters = |m: &Monomial| m.words().iter().map(Vec::len).sum::<usize>();
        let longest = self.basis.iter().map(letters).max().unwrap_or(0);
        let longest_entry = max_bits(self.upper.iter().flatten());
        let bits = den.bits().saturating_add(longest_entry);
        // A new product is kept: its letters are paid for as memory.
        let each = big(longest) * 64 + 800 + words(bits) * 4;
        meter.charge("products of monomials", big(self.basis.len()).pow(2) * each)?;
        let factor = den / &self.den;
        for (i, (left, row)) in self.basis.iter().zip(&self.upper).enumerate() {
            let left = left.star();
            for (j, (right, entry)) in self.basis.iter().skip(i).zip(row).enumerate() {
                if !entry.is_zero()
                    && let Some(m) = left.times(right)
                {
                    sum.add(m, entry * &factor * if j == 0 { 1 } else { 2 });
                }
            }
        }
        Ok(())
    }
}

/// Per player a list of `[question, answer]`, in normal form, without last answers.
fn monomial(list: &Node, sizes: &Sizes, meter: &Meter) -> Result<Monomial> {
    let mut words = Vec::new();
    for (i, word) in list.exactly(sizes.players())?.items().enumerate() {
        within(&word, "letters", word.len(), meter.limits().word)?;
        let (nq, last) = (sizes.questions[i], sizes.answers[i].saturating_sub(1));
        words.push(word.each(|letter| {
            let [x, a] = letter.pair()?;
            let known = x.below(nq).zip(a.below(last));
            Ok(demand!(known, Proof at letter, "not in 0..{nq} times 0..{last}"))
        })?);
    }
    let normal = Monomial::new(&words).filter(|m| m.words() == words);
    Ok(demand!(normal, Proof at list, "neighbouring letters of the same question"))
}

/// Z = L^T L of integer rows L, upper triangle.
fn squares(rows: &Node, n: usize, meter: &mut Meter) -> Result<Vec<Vec<BigInt>>> {
    let l = rows.each(|row| row.exactly(n)?.each(|v| v.integer(meter)))?;
    let bits = max_bits(l.iter().flatten());
    let (small, products) = (bits <= 40, big(n).pow(2) * l.len());
    let each = multiplication(bits, bits);
    meter.charge("squares of rows", if small { products } else { products * each })?;
    if small {
        // Sums of up to 2^40 products of 40-bit numbers stay far below 2^127.
        let row = |row: &Vec<BigInt>| row.iter().filter_map(ToPrimitive::to_i128).collect();
        let l: Vec<Vec<i128>> = l.iter().map(row).collect();
        let product = |row: &Vec<i128>, i: usize, j: usize| row[i].saturating_mul(row[j]);
        let entry = |i, j| BigInt::from(l.iter().map(|row| product(row, i, j)).sum::<i128>());
        return Ok(upper(n, entry));
    }
    Ok(upper(n, |i, j| l.iter().map(|row| &row[i] * &row[j]).sum()))
}

fn upper(n: usize, entry: impl Fn(usize, usize) -> BigInt) -> Vec<Vec<BigInt>> {
    let row = |i: usize| (i..n).map(|j| entry(i, j)).collect();
    (0..n).map(row).collect()
}

/// The upper triangle, row by row: one list, or a list for each row. It must be PSD (F3).
fn gram_matrix(gram: &Node, n: usize, meter: &mut Meter) -> Result<Vec<Vec<BigInt>>> {
    let nested = gram.items().all(|item| item.is_list());
    let mut entries = Vec::new();
    if nested {
        for (i, row) in gram.exactly(n)?.items().enumerate() {
            let row = row.exactly(n.saturating_sub(i))?;
            entries.append(&mut row.each(|v| v.integer(meter))?);
        }
    } else {
        let flat = gram.items().all(|item| !item.is_list());
        ensure!(flat, Shape at gram, "one list, or a list for each row");
        let size = n.saturating_mul(n.saturating_add(1)) / 2;
        entries = gram.exactly(size)?.each(|v| v.integer(meter))?;
    }
    let mut entries = entries.into_iter();
    let mut row = |i: usize| entries.by_ref().take(n.saturating_sub(i)).collect();
    let upper: Vec<Vec<BigInt>> = (0..n).map(&mut row).collect();
    let entry = |i: usize, j: usize| {
        let (re, im) = (upper[i.min(j)][i.abs_diff(j)].clone(), BigInt::ZERO);
        Gauss { re, im }
    };
    let row = |i: usize| (0..n).map(|j| entry(i, j)).collect();
    let full: Vec<Vec<Gauss>> = (0..n).map(row).collect();
    ensure!(psd(&full, meter)?, Proof at gram, "not positive semidefinite");
    Ok(upper)
}
