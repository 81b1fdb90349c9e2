//! A behaviour that is no-signalling and nonlocal down to a visibility (F7).

use super::classical::classical_max;
use super::*;

/// beta >= the classical maximum of f, f.p > beta, and v (f.p - f.u) >= beta - f.u with 0 <= v <= 1.
///
/// Then f exceeds beta on v' p + (1 - v') u for every v' in (v, 1], u uniform. Gives v, and notes what the reader must be
/// told.
pub fn nonlocal(raw: &Json, s: &Scenario, note: &mut String, meter: &Meter) -> Result<Rational> {
    let visibility = raw.field("visibility", |v| v.rational(meter))?;
    let in_range = !visibility.is_negative() && visibility.numer() <= visibility.denom();
    ensure!(in_range, Proof: "the visibility is not between 0 and 1");
    let beta = raw.field("beta", |beta| beta.rational(meter))?;
    let p = raw.field("p", |list| behaviour(list, s, meter))?;
    let f = raw.field("functional", |rows| Table::read(rows, &s.bounds(), meter))?;
    let fair = at_most(&classical_max(s, &f, meter)?, &beta);
    ensure!(fair, Claim: "beta is below the classical maximum of the functional");
    meter.charge("the value of a behaviour", multiplication(p.bits(), f.bits()) * f.cells.len())?;
    // f.p and f.u over one denominator.
    let width: BigInt = s.answers.iter().product();
    let den = &f.den * &p.den * &width;
    let at_p = f.cells.iter().filter_map(|(cell, c)| Some(c * p.entry(cell)?)).sum::<BigInt>() * width;
    let at_uniform = f.numbers().sum::<BigInt>() * p.den;
    let at_beta = beta.numer() * den;
    ensure!(&at_p * beta.denom() > at_beta, Claim: "the behaviour does not exceed beta");
    let gain = visibility.numer() * (at_p - &at_uniform) * beta.denom();
    let shown = gain >= (at_beta - at_uniform * beta.denom()) * visibility.denom();
    ensure!(shown, Claim: "the functional does not show nonlocality down to this visibility");
    let p = identity(raw, "p");
    *note = format!(" above which v p + (1-v) uniform is nonlocal; p is no-signalling, sha256:{p}");
    Ok(visibility)
}

/// A dense table p(a|x), first player slowest, questions before answers: p >= 0, normalised, no-signalling.
fn behaviour(list: &Json, s: &Scenario, meter: &Meter) -> Result<Table> {
    let (given, size) = (list.list()?.len(), s.bounds().iter().product::<BigInt>());
    ensure!(size == given.into(), Shape: "{given} entries, {size} wanted");
    meter.charge("a table of probabilities", size * 2000 * s.players())?;
    let values = list.each(|_, v| v.rational(meter))?;
    every(&values, |v| !v.is_negative(), "a probability must not be negative")?;
    let (p, den) = over_common(&values, meter)?;
    let mut questions = p.chunks_exact(s.answers.iter().product());
    let normalised = questions.all(|row| row.iter().sum::<BigInt>() == den);
    ensure!(normalised, Proof: "the answers to a question do not sum to 1");
    let p = Table { cells: tuples(&s.bounds()).zip(p).collect(), den };
    // If no player signals to all others, no group does: change one question at a time.
    for (x, a) in (0..s.players()).zip(s.players()..) {
        let without = |cell: &[usize], k: usize| {
            let mut cell = cell.to_vec();
            cell[k] = 0;
            cell
        };
        // sum_{a_i} p(a|x) must be the same for every x_i.
        let mut marginal: BTreeMap<Vec<usize>, BigInt> = BTreeMap::new();
        p.cells.iter().for_each(|(cell, p)| *marginal.entry(without(cell, a)).or_default() += p);
        let same = marginal.iter().all(|(cell, p)| marginal.get(&without(cell, x)) == Some(p));
        ensure!(same, Proof: "player {x} signals to the others");
    }
    Ok(p)
}
