//! Upper bound on the no-signalling value from arbitrary messages (F4).

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_traits::Zero;

use super::functional::{Functional, Sizes, ascending, cell};
use super::json::Row;
use super::limits::{Meter, product, wide, words};
use super::num::{Rational, common_denominator, max_bits};
use super::reject::{Reject, RejectCode, proof};

/// A message m_i(x, a_i) of player i.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    player: usize,
    questions: Vec<usize>,
    answer: usize,
    value: Rational,
}

/// Rows `[i, x_1.., a_i, "r"]`, strictly increasing.
pub(crate) fn read(rows: &[Row], sizes: &Sizes, meter: &mut Meter) -> Result<Vec<Message>, Reject> {
    let mut out = Vec::with_capacity(rows.len());
    let mut last: Option<Vec<usize>> = None;
    for (k, row) in rows.iter().enumerate() {
        let here = |e: Reject| e.under(&format!("messages[{k}]"));
        let player = row.cell.first().and_then(|i| i.below(sizes.players()));
        let player =
            player.ok_or_else(|| here(proof("", "the row does not begin with a player")))?;
        let bounds = [
            &[sizes.players()],
            sizes.questions.as_slice(),
            &[sizes.answers[player]],
        ]
        .concat();
        let at = cell(&row.cell, &bounds, RejectCode::Proof).map_err(here)?;
        ascending(last.as_ref(), &at, RejectCode::Proof).map_err(here)?;
        if let [player, questions @ .., answer] = at.as_slice() {
            out.push(Message {
                player: *player,
                questions: questions.to_vec(),
                answer: *answer,
                value: row.number.rational(meter).map_err(here)?,
            });
        }
        last = Some(at);
    }
    Ok(out)
}

/// What is known about one joint question: listed cells and messages, each in order of answers.
#[derive(Default)]
pub(crate) struct Joint<'a> {
    cells: Vec<(&'a [usize], BigInt)>,
    messages: Vec<(usize, usize, BigInt)>,
}

/// A functional with its messages taken out: c(x,a) = sum_i m_i(x,a_i) + rest, all over one denominator.
pub(crate) struct Split<'a> {
    pub den: BigInt,
    /// `local[i][x_i][a_i]` = sum of m_i over the other questions.
    pub local: Vec<Vec<Vec<BigInt>>>,
    pub joints: BTreeMap<&'a [usize], Joint<'a>>,
}

impl<'a> Split<'a> {
    /// Errors: only `RESOURCE`.
    pub fn new(
        f: &'a Functional,
        messages: &'a [Message],
        meter: &mut Meter,
    ) -> Result<Self, Reject> {
        let sizes = f.sizes();
        let den = common_denominator(
            std::iter::once(f.denominator()).chain(messages.iter().map(|m| m.value.denom())),
            meter,
        )?;
        let numbers = wide(f.len().saturating_add(messages.len()));
        meter.charge(
            "scaling",
            product([numbers, words(den.bits()), words(den.bits())]),
        )?;
        let factor = &den / f.denominator();
        let mut joints: BTreeMap<&[usize], Joint<'_>> = BTreeMap::new();
        for (x, a, c) in f.iter() {
            joints.entry(x).or_default().cells.push((a, c * &factor));
        }
        let mut local: Vec<Vec<Vec<BigInt>>> = sizes
            .questions
            .iter()
            .zip(&sizes.answers)
            .map(|(&nq, &na)| vec![vec![BigInt::zero(); na]; nq])
            .collect();
        for m in messages {
            let value = m.value.numer() * (&den / m.value.denom());
            local[m.player][m.questions[m.player]][m.answer] += &value;
            let joint = joints.entry(&m.questions).or_default();
            joint.messages.push((m.player, m.answer, value));
        }
        Ok(Self { den, local, joints })
    }

    /// The longest number, in bits.
    pub fn bits(&self) -> u64 {
        max_bits(self.joints.values().flat_map(|j| {
            let cells = j.cells.iter().map(|(_, c)| c);
            cells.chain(j.messages.iter().map(|m| &m.2))
        }))
    }
}

/// sum_i sum_{x_i} max_{a_i} [sum_{x_-i} m_i] + sum_x max_a [c - sum_i m_i] >= the no-signalling value.
///
/// Add and subtract the messages: no signalling makes sum_a m_i(x,a_i) p(a|x) depend on the marginal
/// p(a_i|x_i) only. Any messages give a true bound. Errors: only `RESOURCE`.
pub(crate) fn ns_bound(
    f: &Functional,
    messages: &[Message],
    meter: &mut Meter,
) -> Result<Rational, Reject> {
    let sizes = f.sizes();
    let split = Split::new(f, messages, meter)?;
    let answers = product(sizes.answers.iter().map(|&na| wide(na)));
    let each = product([
        wide(sizes.players()).saturating_add(2),
        words(split.bits()),
        16,
    ]);
    meter.charge(
        "joint answers",
        product([wide(split.joints.len()), answers, each]),
    )?;
    let mut bound: BigInt = split
        .local
        .iter()
        .flatten()
        .filter_map(|row| row.iter().max())
        .sum();
    for joint in split.joints.values() {
        let mut best: Option<BigInt> = None;
        joint.each_rest(sizes, |rest| {
            best = best.take().max(Some(rest));
        });
        bound += best.unwrap_or_default();
    }
    Ok(Rational::new(bound, split.den))
}

impl Joint<'_> {
    /// Visits c(x,a) - sum_i m_i(x,a_i) for all joint answers, in lexicographic order.
    pub fn each_rest(&self, sizes: &Sizes, mut visit: impl FnMut(BigInt)) {
        let mut tables: Vec<Vec<BigInt>> = sizes
            .answers
            .iter()
            .map(|&na| vec![BigInt::zero(); na])
            .collect();
        for (player, answer, value) in &self.messages {
            tables[*player][*answer] += value;
        }
        // The cells are in lexicographic order of a, so one pass meets each of them.
        let mut cells = self.cells.iter().peekable();
        let mut a = vec![0usize; sizes.players()];
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
