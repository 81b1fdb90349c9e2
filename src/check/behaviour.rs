//! A behaviour that is no-signalling and nonlocal down to a visibility (F7).

use super::classical::classical_max;
use super::*;

/// beta >= the classical maximum of s, s.p > beta, and v (s.p - s.u) >= beta - s.u with 0 <= v <= 1.
///
/// Then s exceeds beta on v' p + (1 - v') u for every v' in (v, 1], u uniform. Gives v, and notes what the reader must be told.
pub fn nonlocal(raw: &Json, f: &Functional, note: &mut String, meter: &Meter) -> Result<Rational> {
    let visibility = raw.field("visibility", |v| v.rational(meter))?;
    let in_range = !visibility.is_negative() && visibility <= Rational::one();
    ensure!(in_range, Proof: "the visibility is not between 0 and 1");
    let beta = raw.field("beta", |beta| beta.rational(meter))?;
    let (values, p, den) = raw.field("p", |list| behaviour(list, f, meter))?;
    let s = raw.field("functional", |rows| {
        let cells = table(rows, &f.bounds(), meter)?;
        Functional::new(&f.questions, &f.answers, cells, meter)
    })?;
    ensure!(beta >= classical_max(&s, meter)?, Claim: "beta is below the classical maximum of the functional");
    let term = |cell: &Cell| &p[place(&[cell.x.as_slice(), &cell.a].concat(), &f.bounds())] * &cell.c;
    let at_p = Rational::new(s.cells.iter().map(term).sum(), &s.den * den);
    ensure!(at_p > beta, Claim: "the behaviour does not exceed beta");
    let total: BigInt = s.cells.iter().map(|cell| &cell.c).sum();
    let at_uniform = Rational::new(total, s.den * f.answers.iter().product::<BigInt>());
    let shown = &visibility * (at_p - &at_uniform) >= beta - at_uniform;
    ensure!(shown, Claim: "the functional does not show nonlocality down to this visibility");
    let list: Vec<String> = values.iter().map(|n| format!("\"{n}\"")).collect();
    let identity = sha256_hex(&format!("[{}]", list.join(",")));
    *note = format!(" above which v p + (1-v) uniform is nonlocal; p is no-signalling, sha256:{identity}");
    Ok(visibility)
}

/// A dense table p(a|x), first player slowest, questions before answers: p >= 0, normalised, no-signalling. Gives
/// it as it stands, and as integers over one denominator.
fn behaviour(list: &Json, f: &Functional, meter: &Meter) -> Result<(Vec<Rational>, Vec<BigInt>, BigInt)> {
    let (bounds, given) = (f.bounds(), list.list()?.len());
    let size: BigInt = bounds.iter().product();
    ensure!(size == given.into(), Shape: "{given} entries, {size} wanted");
    meter.charge("a table of probabilities", size * 2000 * f.players())?;
    let values = list.each(|v| v.rational(meter))?;
    ensure!(values.iter().all(|v| !v.is_negative()), Proof: "a probability must not be negative");
    let (p, den) = over_common(&values, meter)?;
    let mut questions = p.chunks_exact(f.answers.iter().product());
    let normalised = questions.all(|row| row.iter().sum::<BigInt>() == den);
    ensure!(normalised, Proof: "the answers to a question do not sum to 1");
    // If no player signals to all others, no group does: change one question at a time.
    for i in 0..f.players() {
        let without = |cell: &[usize], k: usize| {
            let mut cell = cell.to_vec();
            cell[k] = 0;
            cell
        };
        // sum_{a_i} p(a|x) must be the same for every x_i.
        let mut marginal: BTreeMap<Vec<usize>, BigInt> = BTreeMap::new();
        for (cell, p) in tuples(&bounds).zip(&p) {
            *marginal.entry(without(&cell, f.players().saturating_add(i))).or_default() += p;
        }
        let same = |(cell, p): (&Vec<usize>, &BigInt)| marginal.get(&without(cell, i)) == Some(p);
        ensure!(marginal.iter().all(same), Proof: "player {i} signals to the others");
    }
    Ok((values, p, den))
}
