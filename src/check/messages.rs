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
    pub rests: Vec<(Vec<usize>, Vec<BigInt>)>,
    /// The charge for a node of a search over these tables.
    pub node: BigInt,
}

/// Reads the field `messages`, rows `[i, x_1.., a_i, "r"]`; none if it is missing.
pub fn split(raw: &Json, s: &Scenario, t: &Table, meter: &Meter) -> Result<Split> {
    let (n, most) = (s.players(), s.answers.iter().max().copied().unwrap_or(0));
    let messages = raw.optional("messages", |list| {
        let table = Table::read(list, &[&[n], s.questions.as_slice(), &[most]].concat(), meter)?;
        every(
            &table.cells,
            |(row, _)| row.last() < Some(&s.answers[row[0]]),
            "an answer that the player does not have",
        )?;
        Ok(table)
    })?;
    let messages = messages.unwrap_or(Table { cells: Vec::new(), den: BigInt::one() });
    let asked = messages.cells.iter().map(|(row, _)| &row[1..=n]).chain(t.cells.iter().map(|(cell, _)| &cell[..n]));
    let asked: BTreeSet<&[usize]> = asked.collect();
    let den = common_denominator([&t.den, &messages.den], meter)?;
    let words = words(den.bits().saturating_add(t.bits().max(messages.bits())));
    // The list of joint answers and the tables are kept.
    let all: BigInt = s.answers.iter().product();
    let each = (&words * &words + 512) * s.players().saturating_add(1);
    meter.charge("the tables of all joint answers", all * (big(asked.len()) + 1) * each)?;
    let (scale, scale_m) = (&den / &t.den, &den / &messages.den);
    let mut local: Vec<Vec<Vec<BigInt>>> =
        s.questions.iter().zip(&s.answers).map(|(&q, &k)| vec![vec![BigInt::ZERO; k]; q]).collect();
    for (row, m) in &messages.cells {
        let (i, x) = (row[0], &row[1..]);
        local[i][x[i]][x[n]] += m * &scale_m;
    }
    let rest = |x: &[usize], a: &[usize]| {
        let c = t.entry(&[x, a].concat()).map(|c| c * &scale);
        let own = |(i, &a)| messages.entry(&[&[i], x, &[a]].concat());
        let taken: BigInt = a.iter().enumerate().filter_map(own).sum();
        c.unwrap_or_default() - taken * &scale_m
    };
    let answers: Vec<Vec<usize>> = tuples(&s.answers).collect();
    let rests = asked.iter().map(|x| (x.to_vec(), answers.iter().map(|a| rest(x, a)).collect())).collect();
    let locals: BigInt = s.questions.iter().zip(&s.answers).map(|(&q, &k)| big(q) * k).sum();
    let node = (locals * 3 + big(asked.len()) * answers.len() * n) * words * 12;
    Ok(Split { den, local, answers, rests, node })
}

/// sum_i sum_{x_i} max_{a_i} [sum_{x_-i} m_i] + sum_x max_a [c - sum_i m_i] >= the no-signalling value.
///
/// Add and subtract the messages: no signalling makes sum_a m_i(x,a_i) p(a|x) depend on the marginal
/// p(a_i|x_i) only. Any messages give a true bound.
pub fn ns_bound(raw: &Json, s: &Scenario, t: &Table, meter: &Meter) -> Result<Rational> {
    let split = split(raw, s, t, meter)?;
    let terms = split.local.iter().flatten().chain(split.rests.iter().map(|(_, rest)| rest));
    Ok(Rational::new_raw(terms.filter_map(|term| term.iter().max()).sum(), split.den))
}
