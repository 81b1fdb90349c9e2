//! A behaviour that is no-signalling and nonlocal down to a visibility (F7).

use num_bigint::BigInt;
use num_traits::{One, Signed};

use super::classical::classical_max;
use super::functional::{Functional, Sizes, table};
use super::game::sha256_hex;
use super::json::Node;
use super::limits::Meter;
use super::num::{Rational, over_common};
use super::reject::{RejectCode, Result, ensure};

/// A dense table p(a|x), first player slowest, questions before answers; integers over one den.
struct Behaviour {
    p: Vec<BigInt>,
    den: BigInt,
}

/// beta >= the classical maximum of s, s.p > beta, and v (s.p - s.u) >= beta - s.u with 0 <= v <= 1.
///
/// Then s exceeds beta on v' p + (1 - v') u for every v' in (v, 1], u uniform. Gives v and what the reader must be told.
pub fn nonlocal(raw: &Node, sizes: &Sizes, meter: &mut Meter) -> Result<(Rational, String)> {
    let (at_v, at_beta) = (raw.need("visibility")?, raw.need("beta")?);
    let visibility = at_v.rational(meter)?;
    let beta = at_beta.rational(meter)?;
    let p = raw.need("p")?;
    let behaviour = Behaviour::read(&p, sizes, meter)?;
    let rows = raw.need("functional")?;
    let s = table(&rows, &sizes.cell(), RejectCode::Proof, meter)?;
    let s = Functional::new(sizes, s, meter).map_err(|e| e.or_at(&rows))?;
    let in_range = !visibility.is_negative() && visibility <= Rational::one();
    ensure!(in_range, Proof at at_v, "not between 0 and 1");
    let most = classical_max(&s, meter).map_err(|e| e.or_at(&rows))?;
    ensure!(beta >= most, Claim at at_beta, "below the classical maximum of the functional");
    let at_p = behaviour.value(&s);
    ensure!(at_p > beta, Claim at at_beta, "the behaviour does not exceed it");
    let total: BigInt = s.iter().map(|(_, _, c)| c).sum();
    let answers: BigInt = sizes.answers.iter().product();
    let at_uniform = Rational::new(total, s.denominator() * answers);
    let shown = &visibility * (at_p - &at_uniform) >= beta - at_uniform;
    ensure!(shown, Claim at at_v, "the functional does not show nonlocality down to here");
    let list: Vec<String> = p.items().map(|n| format!("\"{}\"", n.text())).collect();
    let identity = sha256_hex(format!("[{}]", list.join(",")).as_bytes());
    let note = " above which v p + (1-v) uniform is nonlocal; p is no-signalling, sha256:";
    Ok((visibility, format!("{note}{identity}")))
}

impl Behaviour {
    /// p >= 0, normalised, and no player's question moves the marginal of the others.
    fn read(list: &Node, sizes: &Sizes, meter: &mut Meter) -> Result<Self> {
        let size: BigInt = sizes.cell().iter().product();
        let n = list.len();
        ensure!(size == n.into(), Shape at list, "{n} entries, {size} wanted");
        // Four passes, and memory for each entry.
        meter.charge("a table of probabilities", size * 2000).map_err(|e| e.or_at(list))?;
        let values = list.each(|v| v.rational(meter))?;
        let positive = values.iter().all(|v| !v.is_negative());
        ensure!(positive, Proof at list, "a probability must not be negative");
        let (p, den) = over_common(&values, meter).map_err(|e| e.or_at(list))?;
        let mut questions = p.chunks_exact(sizes.answers.iter().product());
        let normalised = questions.all(|row| row.iter().sum::<BigInt>() == den);
        ensure!(normalised, Proof at list, "the answers to a question do not sum to 1");
        for i in 0..sizes.players() {
            ensure!(!signals(&p, sizes, i), Proof at list, "player {i} signals to the others");
        }
        Ok(Self { p, den })
    }

    /// s.p
    fn value(&self, s: &Functional) -> Rational {
        let bounds = s.sizes().cell();
        let mut sum = BigInt::ZERO;
        for (x, a, c) in s.iter() {
            let cell = x.iter().chain(a).zip(&bounds);
            let at = cell.fold(0, |at: usize, (i, n)| at.saturating_mul(*n).saturating_add(*i));
            sum += &self.p[at] * c;
        }
        Rational::new(sum, s.denominator() * &self.den)
    }
}

/// Whether sum_{a_i} p(a|x) depends on x_i. If it does for no player, then no group signals to any other: change one
/// question at a time.
fn signals(p: &[BigInt], sizes: &Sizes, i: usize) -> bool {
    let after = |list: &[usize]| list.iter().skip(i).skip(1).product::<usize>();
    let (questions, answers) = (after(&sizes.questions), sizes.answers.iter().product::<usize>());
    let (inner, na) = (after(&sizes.answers), sizes.answers[i]);
    // Sum over a_i: entries that lie `inner` apart.
    let mut marginal: Vec<BigInt> = Vec::new();
    for block in p.chunks_exact(inner.saturating_mul(na)) {
        marginal.extend((0..inner).map(|k| block.iter().skip(k).step_by(inner).sum::<BigInt>()));
    }
    // For the same earlier questions: one slice for each x_i.
    let slice = questions.saturating_mul(answers).checked_div(na).unwrap_or(0);
    let mut blocks = marginal.chunks_exact(slice.saturating_mul(sizes.questions[i]));
    blocks.any(|block| block.chunks_exact(slice).any(|same| same != &block[..slice]))
}
