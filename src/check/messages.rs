//! Upper bound on the no-signalling value from arbitrary messages (F4).

use std::collections::BTreeMap;

use num_bigint::BigInt;

use super::functional::{Functional, Rows, Sizes};
use super::json::Node;
use super::limits::{Meter, big, words};
use super::num::{Rational, common_denominator, max_bits};
use super::reject::{RejectCode, Result, demand};

/// What is known about one joint question: listed cells and messages m_i(x, a_i), each in order of answers.
#[derive(Default)]
pub struct Joint<'a> {
    cells: Vec<(&'a [usize], BigInt)>,
    messages: Vec<(usize, usize, BigInt)>,
}

/// A functional with its messages taken out: c(x,a) = sum_i m_i(x,a_i) + rest, all over one denominator.
pub struct Split<'a> {
    pub den: BigInt,
    /// `local[i][x_i][a_i]` = sum of m_i over the other questions.
    pub local: Vec<Vec<Vec<BigInt>>>,
    pub joints: BTreeMap<Vec<usize>, Joint<'a>>,
}

impl<'a> Split<'a> {
    /// Reads messages, rows `[i, x_1.., a_i, "r"]`; none if there is no list.
    pub fn new(f: &'a Functional, list: Option<Node>, meter: &mut Meter) -> Result<Self> {
        let (sizes, mut rows) = (f.sizes(), Rows::new(RejectCode::Proof));
        let read = |row: &Node| {
            let player = row.items().next().and_then(|i| i.below(sizes.players()));
            let player = demand!(player, Proof at row, "no player at its beginning");
            let ends = (&[sizes.players()], &[sizes.answers[player]]);
            let bounds = [ends.0, sizes.questions.as_slice(), ends.1].concat();
            Ok((rows.cell(row, &bounds)?, row.last(meter)?))
        };
        let messages = list.map_or(Ok(Vec::new()), |list| list.each(read))?;
        let denominators = messages.iter().map(|(_, m)| m.denom());
        let den = common_denominator(denominators.chain([f.denominator()]), meter)?;
        let numbers = big(f.len()) + messages.len();
        meter.charge("scaling", words(den.bits()).pow(2) * numbers)?;
        let mut joints: BTreeMap<Vec<usize>, Joint<'a>> = BTreeMap::new();
        let factor = &den / f.denominator();
        for (x, a, c) in f.iter() {
            let joint = joints.entry(x.to_vec()).or_default();
            joint.cells.push((a, c * &factor));
        }
        let zeros = |i: usize| vec![vec![BigInt::ZERO; sizes.answers[i]]; sizes.questions[i]];
        let mut local: Vec<_> = (0..sizes.players()).map(zeros).collect();
        for (cell, m) in &messages {
            if let [player, x @ .., answer] = cell.as_slice() {
                let value = m.numer() * (&den / m.denom());
                local[*player][x[*player]][*answer] += &value;
                let joint = joints.entry(x.to_vec()).or_default();
                joint.messages.push((*player, *answer, value));
            }
        }
        Ok(Self { den, local, joints })
    }

    /// The longest number, in bits.
    pub fn bits(&self) -> u64 {
        max_bits(self.joints.values().flat_map(|joint| {
            let messages = joint.messages.iter().map(|(_, _, m)| m);
            joint.cells.iter().map(|(_, c)| c).chain(messages)
        }))
    }
}

/// sum_i sum_{x_i} max_{a_i} [sum_{x_-i} m_i] + sum_x max_a [c - sum_i m_i] >= the no-signalling value.
///
/// Add and subtract the messages: no signalling makes sum_a m_i(x,a_i) p(a|x) depend on the marginal
/// p(a_i|x_i) only. Any messages give a true bound.
pub fn ns_bound(f: &Functional, messages: Node, meter: &mut Meter) -> Result<Rational> {
    let sizes = f.sizes();
    let split = Split::new(f, Some(messages), meter)?;
    let entries = sizes.answers.iter().product::<BigInt>() * split.joints.len();
    let each = words(split.bits()) * 16 * (big(sizes.players()) + 2);
    meter.charge("joint answers", entries * each)?;
    let questions = split.local.iter().flatten();
    let mut bound: BigInt = questions.filter_map(|row| row.iter().max()).sum();
    for joint in split.joints.values() {
        let mut best: Option<BigInt> = None;
        joint.each_rest(sizes, |rest| best = best.take().max(Some(rest)));
        bound += best.unwrap_or_default();
    }
    Ok(Rational::new(bound, split.den))
}

impl Joint<'_> {
    /// Visits c(x,a) - sum_i m_i(x,a_i) for all joint answers, in lexicographic order.
    pub fn each_rest(&self, sizes: &Sizes, mut visit: impl FnMut(BigInt)) {
        let zeros = |&na| vec![BigInt::ZERO; na];
        let mut tables: Vec<Vec<BigInt>> = sizes.answers.iter().map(zeros).collect();
        for (player, answer, value) in &self.messages {
            tables[*player][*answer] += value;
        }
        // The cells are in lexicographic order of a, so one pass meets each of them.
        let mut cells = self.cells.iter().peekable();
        let mut a = vec![0; sizes.players()];
        loop {
            let paid: BigInt = tables.iter().zip(&a).map(|(table, &a)| &table[a]).sum();
            visit(match cells.next_if(|(at, _)| *at == a.as_slice()) {
                Some((_, c)) => c - paid,
                None => -paid,
            });
            if !advance(&mut a, &sizes.answers) {
                return;
            }
        }
    }
}

/// The next tuple in lexicographic order; false after the last one.
fn advance(a: &mut [usize], bounds: &[usize]) -> bool {
    for (digit, &bound) in a.iter_mut().zip(bounds).rev() {
        *digit = digit.saturating_add(1);
        if *digit < bound {
            return true;
        }
        *digit = 0;
    }
    false
}
