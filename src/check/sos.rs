//! Upper bound on the quantum value from sums of squares (F5).

use super::psd::positive;
use super::words::{Letter, Monomial, star, times};
use super::*;
use std::slice;

/// A polynomial over one denominator; monomials and their adjoints are merged.
type Polynomial = BTreeMap<Monomial, BigInt>;

/// Adds a term under the one name of a monomial and its adjoint, whose real expectations agree.
fn add(sum: &mut Polynomial, m: Monomial, c: BigInt) {
    let adjoint = star(&m);
    *sum.entry(m.min(adjoint)).or_default() += c;
}

/// c_0 + sum |c_m| of P = F + sum of the blocks: an upper bound on the quantum value of F.
///
/// <F> = <P> - <squares> <= <P>, and every monomial is a product of projections, of norm <= 1.
/// Holds for commuting-operator strategies and limits too.
pub fn quantum_bound(list: &Json, s: &Scenario, t: &Table, meter: &Meter) -> Result<Rational> {
    let mut parts = list.up_to(meter.limits.blocks, |_, raw| square(raw, s, meter))?;
    parts.push((expand(s, t, meter)?, t.den.clone()));
    let den = common_denominator(parts.iter().map(|(_, den)| den), meter)?;
    let mut sum = Polynomial::new();
    for (part, its_den) in parts {
        let factor = &den / its_den;
        let bits = max_bits(part.values());
        let each = multiplication(bits, factor.bits()) + kept(bits.saturating_add(factor.bits()));
        meter.charge("the sum of the squares", each * part.len())?;
        part.into_iter().for_each(|(m, c)| add(&mut sum, m, c * &factor));
    }
    let one = vec![Vec::new(); s.players()];
    let cost = |(m, c): (&Monomial, &BigInt)| if *m == one { c.clone() } else { c.abs() };
    Ok(Rational::new_raw(sum.iter().map(cost).sum(), den))
}

/// F in letters: the last answer of a question becomes 1 minus the other projectors.
fn expand(s: &Scenario, t: &Table, meter: &Meter) -> Result<Polynomial> {
    let mut sum = Polynomial::new();
    for (cell, c) in &t.cells {
        let mut terms = vec![(Monomial::new(), c.clone())];
        let (x, a) = cell.split_at(s.players());
        for ((&x, &a), &answers) in x.iter().zip(a).zip(&s.answers) {
            let last = a.saturating_add(1) == answers;
            let others = (0..a).filter(|_| last).map(|a| (vec![(x, a)], -1));
            let mine = if last { vec![] } else { vec![(x, a)] };
            let letters: Vec<(Vec<Letter>, i32)> = others.chain([(mine, 1)]).collect();
            let width = big(terms.len()) * letters.len();
            meter.charge("the expansion of the game", width * s.players() * (words(c.bits()) * 64 + 800))?;
            let times = |(m, c): (Monomial, BigInt)| {
                letters.iter().map(move |(word, sign)| ([&m[..], slice::from_ref(word)].concat(), &c * sign))
            };
            terms = terms.into_iter().flat_map(times).collect();
        }
        terms.into_iter().for_each(|(m, c)| add(&mut sum, m, c));
    }
    Ok(sum)
}

/// A block S = w^T Z w / den with Z positive semidefinite, over monomials w.
fn square(raw: &Json, s: &Scenario, meter: &Meter) -> Result<(Polynomial, BigInt)> {
    let form = if raw.get("gram").is_some() { "gram" } else { "rows" };
    raw.fields(&["basis", "den", form], &[])?;
    let basis = raw.field("basis", |list| list.up_to(meter.limits.basis, |_, words| monomial(words, s, meter)))?;
    let den = raw.field("den", |den| den.integer(meter))?;
    ensure!(den.is_positive(), Proof: "the denominator must be positive");
    let n = basis.len();
    let (z, den) = if form == "gram" {
        (raw.field("gram", |gram| gram_matrix(gram, n, meter))?, den)
    } else {
        (raw.field("rows", |rows| squares(rows, n, meter))?, &den * &den)
    };
    // A new product is kept: its letters are paid for as memory.
    let letters = basis.iter().map(|m| m.iter().map(Vec::len).sum()).max().unwrap_or(0);
    let each = big(letters) * 160 + 1600 + words(max_bits(z.iter().flatten())) * 64;
    meter.charge("products of monomials", big(n).pow(2) * each)?;
    let mut sum = Polynomial::new();
    for (i, (left, row)) in basis.iter().zip(&z).enumerate() {
        let left = star(left);
        for (j, (right, entry)) in basis[i..].iter().zip(row).enumerate().filter(|(_, (_, entry))| !entry.is_zero()) {
            // Z_ij and Z_ji meet on the same representative.
            let both = if j == 0 { 1 } else { 2 };
            times(&left, right).into_iter().for_each(|m| add(&mut sum, m, entry * both));
        }
    }
    Ok((sum, den))
}

/// Per player a list of `[question, answer]`, in normal form, without last answers.
fn monomial(list: &Json, s: &Scenario, meter: &Meter) -> Result<Monomial> {
    let words = list.exactly(s.players(), |i, word| {
        word.up_to(meter.limits.word, |_, letter| {
            let (x, a) = letter.pair()?;
            Ok((x.index(s.questions[i])?, a.index(s.answers[i].saturating_sub(1))?))
        })
    })?;
    let normal = times(&vec![Vec::new(); s.players()], &words).as_ref() == Some(&words);
    ensure!(normal, Proof: "neighbouring letters of the same question");
    Ok(words)
}

/// Z = L^T L of integer rows L, upper triangle.
fn squares(rows: &Json, n: usize, meter: &Meter) -> Result<Vec<Vec<BigInt>>> {
    let l = rows.each(|_, row| row.exactly(n, |_, v| v.integer(meter)))?;
    let bits = max_bits(l.iter().flatten());
    meter.charge("squares of rows", big(n).pow(2) * l.len() * 2 * multiplication(bits, bits))?;
    let entry = |i: usize, j: usize| l.iter().map(|row| &row[i] * &row[j]).sum();
    Ok((0..n).map(|i| (i..n).map(|j| entry(i, j)).collect()).collect())
}

/// The upper triangle of Z, row by row: one list, or a list for each row. Z must be PSD (F3).
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
    let z = (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect();
    ensure!(positive(z, meter)?, Proof: "not positive semidefinite");
    Ok(upper)
}
