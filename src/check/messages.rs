//! Upper bound on the no-signalling value from arbitrary messages (F4).

use super::*;

/// A functional with its messages taken out: c(x,a) = sum_i m_i(x,a_i) + rest, all over one denominator.
pub struct Split {
    pub den: BigInt,
    /// `local[i][x_i][a_i]` = sum of m_i over the other questions.
    pub local: Vec<Vec<Vec<BigInt>>>,
    /// All joint answers in lexicographic order.
    pub answers: Vec<Vec<usize>>,
    /// For every joint question that a cell or a message has, the rest for all joint answers.
    pub rests: BTreeMap<Vec<usize>, Vec<BigInt>>,
    /// 64-bit words of the longest number.
    pub words: BigInt,
}

/// Reads the field `messages`, rows `[i, x_1.., a_i, "r"]`; none if it is missing.
pub fn split(raw: &Json, f: &Functional, meter: &Meter) -> Result<Split> {
    let read = |indices: &[Json]| {
        let player = indices.first().ok_or_else(|| refuse!(Shape: "an empty row"))?;
        let player = player.index(f.players())?;
        let bounds = [&[f.players()], f.questions.as_slice(), &[f.answers[player]]].concat();
        row(indices, &bounds, meter)
    };
    let messages = raw.optional("messages", |list| increasing(list, read))?.unwrap_or_default();
    let denominators = messages.iter().map(|(_, m)| m.denom());
    let den = common_denominator(denominators.chain([&f.den]), meter)?;
    let numbers = f.cells.iter().map(|cell| &cell.c).chain(messages.iter().map(|(_, m)| m.numer()));
    let words = words(den.bits().saturating_add(max_bits(numbers)));
    let mut rests: BTreeMap<Vec<usize>, Vec<BigInt>> = BTreeMap::new();
    let asked = messages.iter().map(|(row, _)| &row[1..=f.players()]);
    for x in f.cells.iter().map(|cell| cell.x.as_slice()).chain(asked) {
        rests.entry(x.to_vec()).or_default();
    }
    // The list of joint answers and the tables are kept; a message is taken from all joint answers with its own.
    let all: BigInt = f.answers.iter().product();
    let work = &all * (big(rests.len()) + 1) * 512 + &all * messages.len() * 16;
    let scaled = (&words * &words + 400) * (big(f.cells.len()) + messages.len());
    meter.charge("the tables of all joint answers", work * &words + scaled)?;
    let answers: Vec<Vec<usize>> = tuples(&f.answers).collect();
    rests.values_mut().for_each(|rest| rest.resize(answers.len(), BigInt::ZERO));
    for cell in &f.cells {
        if let Some(rest) = rests.get_mut(&cell.x) {
            rest[place(&cell.a, &f.answers)] += &cell.c * (&den / &f.den);
        }
    }
    let sizes = f.questions.iter().zip(&f.answers);
    let mut local: Vec<Vec<Vec<BigInt>>> = sizes.map(|(&q, &k)| vec![vec![BigInt::ZERO; k]; q]).collect();
    for (row, m) in &messages {
        let [i, x @ .., a] = row.as_slice() else { continue };
        let m = m.numer() * (&den / m.denom());
        let rest = rests.get_mut(x).into_iter().flatten().zip(&answers);
        rest.filter(|(_, answer)| answer[*i] == *a).for_each(|(entry, _)| *entry -= &m);
        local[*i][x[*i]][*a] += m;
    }
    Ok(Split { den, local, answers, rests, words })
}

/// sum_i sum_{x_i} max_{a_i} [sum_{x_-i} m_i] + sum_x max_a [c - sum_i m_i] >= the no-signalling value.
///
/// Add and subtract the messages: no signalling makes sum_a m_i(x,a_i) p(a|x) depend on the marginal
/// p(a_i|x_i) only. Any messages give a true bound.
pub fn ns_bound(raw: &Json, f: &Functional, meter: &Meter) -> Result<Rational> {
    let split = split(raw, f, meter)?;
    let terms = split.local.iter().flatten().chain(split.rests.values());
    Ok(Rational::new(terms.filter_map(|term| term.iter().max()).sum(), split.den))
}
