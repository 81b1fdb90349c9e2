//! Upper bound on the quantum value from sums of squares (F5).

use super::psd::positive;
use super::words::{Letter, Monomial, star, times};
use super::*;
use std::slice;

/// One square form S = w^T Z w / den with Z positive semidefinite, over monomials w.
struct Block {
    basis: Vec<Monomial>,
    /// Row i holds Z_ij for j >= i.
    upper: Vec<Vec<BigInt>>,
    den: BigInt,
}

/// A polynomial over one denominator; monomials and their adjoints are merged.
type Polynomial = BTreeMap<Monomial, BigInt>;

/// Adds a term under the one name of a monomial and its adjoint, whose real expectations agree.
fn add(sum: &mut Polynomial, m: Monomial, c: BigInt) {
    let adjoint = star(&m);
    *sum.entry(m.min(adjoint)).or_default() += c;
}

/// c_0 + sum |c_m| of P = F + sum of the blocks: an upper bound on the quantum value of `f`.
///
/// <F> = <P> - <squares> <= <P>, and every monomial is a product of projections, of norm <= 1.
/// Holds for commuting-operator strategies and limits too.
pub fn quantum_bound(list: &Json, f: &Functional, meter: &Meter) -> Result<Rational> {
    within("blocks", list.list()?.len(), meter.limits.blocks)?;
    let blocks = list.each(|raw| Block::read(raw, f, meter))?;
    let denominators = blocks.iter().map(|b| &b.den).chain([&f.den]);
    let den = common_denominator(denominators, meter)?;
    let mut sum = Polynomial::new();
    expand(f, &(&den / &f.den), &mut sum, meter)?;
    for block in &blocks {
        block.add_to(&mut sum, &den, meter)?;
    }
    let one = vec![Vec::new(); f.players()];
    let cost = |(m, c): (&Monomial, &BigInt)| if *m == one { c.clone() } else { c.abs() };
    Ok(Rational::new(sum.iter().map(cost).sum(), den))
}

/// `factor` F in letters: the last answer of a question becomes 1 minus the other projectors.
fn expand(f: &Functional, factor: &BigInt, sum: &mut Polynomial, meter: &Meter) -> Result<()> {
    let is_last = |i: usize, a: usize| a.saturating_add(1) == f.answers[i];
    let width = |cell: &Cell| -> BigInt {
        let players = cell.a.iter().enumerate();
        players.map(|(i, &a)| if is_last(i, a) { f.answers[i] } else { 1 }).product()
    };
    let terms: BigInt = f.cells.iter().map(width).sum();
    let each = (words(factor.bits()) * 8 + 800) * f.players();
    meter.charge("the expansion of the game", terms * each)?;
    for cell in &f.cells {
        let mut terms = vec![(Monomial::new(), &cell.c * factor)];
        for (i, (&x, &a)) in cell.x.iter().zip(&cell.a).enumerate() {
            let others = if is_last(i, a) { 0..a } else { a..a };
            let mine = if is_last(i, a) { vec![] } else { vec![(x, a)] };
            let letters: Vec<(Vec<Letter>, i32)> = others.map(|a| (vec![(x, a)], -1)).chain([(mine, 1)]).collect();
            let times = |(m, c): (Monomial, BigInt)| {
                letters.iter().map(move |(word, sign)| ([&m[..], slice::from_ref(word)].concat(), &c * sign))
            };
            terms = terms.into_iter().flat_map(times).collect();
        }
        terms.into_iter().for_each(|(m, c)| add(sum, m, c));
    }
    Ok(())
}

impl Block {
    fn read(raw: &Json, f: &Functional, meter: &Meter) -> Result<Self> {
        let form = if raw.get("gram").is_some() { "gram" } else { "rows" };
        raw.fields(&["basis", "den", form], &[])?;
        let basis = raw.field("basis", |list| {
            within("monomials", list.list()?.len(), meter.limits.basis)?;
            list.each(|words| monomial(words, f, meter))
        })?;
        let mut den = raw.field("den", |den| den.integer(meter))?;
        ensure!(den.is_positive(), Proof: "the denominator must be positive");
        let n = basis.len();
        let upper = if form == "gram" {
            raw.field("gram", |gram| gram_matrix(gram, n, meter))?
        } else {
            den = &den * &den;
            raw.field("rows", |rows| squares(rows, n, meter))?
        };
        Ok(Self { basis, upper, den })
    }

    /// Adds S over the denominator `den` to `sum`; Z_ij and Z_ji meet on the same representative.
    fn add_to(&self, sum: &mut Polynomial, den: &BigInt, meter: &Meter) -> Result<()> {
        let letters = |m: &Monomial| m.iter().map(Vec::len).sum::<usize>();
        let longest = self.basis.iter().map(letters).max().unwrap_or(0);
        let bits = den.bits().saturating_add(max_bits(self.upper.iter().flatten()));
        // A new product is kept: its letters are paid for as memory.
        let each = big(longest) * 80 + 800 + words(bits) * 4;
        meter.charge("products of monomials", big(self.basis.len()).pow(2) * each)?;
        let factor = den / &self.den;
        for (i, (left, row)) in self.basis.iter().zip(&self.upper).enumerate() {
            let left = star(left);
            for (j, (right, entry)) in self.basis.iter().skip(i).zip(row).enumerate() {
                if !entry.is_zero()
                    && let Some(m) = times(&left, right)
                {
                    add(sum, m, entry * &factor * if j == 0 { 1 } else { 2 });
                }
            }
        }
        Ok(())
    }
}

/// Per player a list of `[question, answer]`, in normal form, without last answers.
fn monomial(list: &Json, f: &Functional, meter: &Meter) -> Result<Monomial> {
    let words = list.exactly(f.players(), |i, word| {
        within("letters", word.list()?.len(), meter.limits.word)?;
        word.each(|letter| {
            let (x, a) = letter.pair()?;
            Ok((x.index(f.questions[i])?, a.index(f.answers[i].saturating_sub(1))?))
        })
    })?;
    let normal = times(&vec![Vec::new(); f.players()], &words).as_ref() == Some(&words);
    ensure!(normal, Proof: "neighbouring letters of the same question");
    Ok(words)
}

/// Z = L^T L of integer rows L, upper triangle.
fn squares(rows: &Json, n: usize, meter: &Meter) -> Result<Vec<Vec<BigInt>>> {
    let l = rows.each(|row| row.exactly(n, |_, v| v.integer(meter)))?;
    let bits = max_bits(l.iter().flatten());
    meter.charge("squares of rows", big(n).pow(2) * l.len() * multiplication(bits, bits))?;
    let entry = |i: usize, j: usize| l.iter().map(|row| &row[i] * &row[j]).sum();
    Ok((0..n).map(|i| (i..n).map(|j| entry(i, j)).collect()).collect())
}

/// The upper triangle, row by row: one list, or a list for each row. It must be PSD (F3).
fn gram_matrix(gram: &Json, n: usize, meter: &Meter) -> Result<Vec<Vec<BigInt>>> {
    let nested = gram.list()?.iter().all(|row| row.list().is_ok());
    let upper: Vec<Vec<BigInt>> = if nested {
        gram.exactly(n, |i, row| row.exactly(n.saturating_sub(i), |_, v| v.integer(meter)))?
    } else {
        let size = n.saturating_mul(n.saturating_add(1)) / 2;
        let mut entries = gram.exactly(size, |_, v| v.integer(meter))?.into_iter();
        (0..n).rev().map(|left| entries.by_ref().take(left.saturating_add(1)).collect()).collect()
    };
    let entry = |i: usize, j: usize| upper[i.min(j)][i.abs_diff(j)].clone();
    let full = (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect();
    ensure!(positive(full, meter)?, Proof: "not positive semidefinite");
    Ok(upper)
}
