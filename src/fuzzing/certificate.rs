//! Certificates of strangers: no panic, bounded work, and nothing proved that a slow oracle refutes.

use crate::bound::no_signalling;
use crate::check::{Certificate, Kind, Limits, Proved};
use crate::game::{Game, Rational, Scenario, Term};
use num_bigint::BigInt;
use num_traits::{ToPrimitive, Zero};
use serde_json::Value;

/// Any verdict, no panic, within small limits. What is proved about a tiny game is checked again: classical
/// values by enumeration of all strategies, quantum values by summation of the Born rule in floating point,
/// upper bounds by everything that must lie below them, conclusions by subtraction.
pub fn certificate(data: &[u8]) {
    let limits = Limits { work: 10_000_000, enumeration: 100_000, digits: 500, ..Limits::default() };
    let Ok(open) = Certificate::open(data, &limits) else {
        return;
    };
    let (sizes, table) = (open.game().scenario.clone(), &open.game().table);
    let cell = |(cell, c): &(Vec<usize>, BigInt)| {
        let (x, a) = cell.split_at(sizes.players());
        (x.to_vec(), a.to_vec(), table.rational(c))
    };
    let cells: Vec<Cell> = table.cells.iter().map(cell).collect();
    if let Ok(proved) = open.prove() {
        // what was accepted is JSON
        let Ok(text) = serde_json::from_slice::<Value>(data) else {
            panic!("accepted, but no JSON");
        };
        assert!(!proved.is_empty());
        judge(&text, &sizes.questions, &sizes.answers, &cells, &proved);
    }
}

type Cell = (Vec<usize>, Vec<usize>, Rational);

fn judge(text: &Value, questions: &[usize], answers: &[usize], cells: &[Cell], proved: &[Proved]) {
    let Some(classical) = classical(questions, answers, cells) else {
        return; // not tiny
    };
    let proofs = text["proofs"].as_array().map_or(&[][..], Vec::as_slice);
    let of = |kind: Kind| proved.iter().filter(move |p| p.kind() == kind);
    let found = |id: &str| proved.iter().find(|p| p.id() == id).map(Proved::value);
    for p in proved {
        let value = p.value();
        match p.kind() {
            Kind::ClassicalLower => assert!(*value <= classical, "{p}: at most {classical}"),
            Kind::ClassicalUpper | Kind::NsUpper | Kind::QuantumUpper => {
                assert!(*value >= classical, "{p}: at least {classical}");
            }
            Kind::Advantage => {
                let (q, c) = p.id().split_once('/').unwrap_or_default();
                let gap = found(q).zip(found(c)).map(|(q, c)| q - c);
                assert!(gap.is_some_and(|gap| gap >= *value && *value > Rational::zero()));
            }
            Kind::EpsOptimal => {
                let (low, high) = p.id().split_once('/').unwrap_or_default();
                let gap = found(low).zip(found(high)).map(|(low, high)| high - low);
                assert!(gap.is_some_and(|gap| gap <= *value && *value >= Rational::zero()));
            }
            Kind::QuantumLower => {
                let raw = proofs.iter().find(|raw| raw["id"] == p.id());
                let raw = raw.unwrap_or(&Value::Null);
                if let (Some(born), Some(value)) = (born(raw, cells), value.to_f64()) {
                    let size: f64 = cells.iter().filter_map(|(_, _, c)| c.to_f64()).map(f64::abs).sum();
                    assert!(value <= born + 1e-9 * (1.0 + size), "{p}: the Born rule gives {born}");
                }
                for upper in of(Kind::QuantumUpper).chain(of(Kind::NsUpper)) {
                    assert!(value <= upper.value(), "{p}, but {upper}");
                }
            }
            // above the empirical bound, which is above the classical value of the table
            Kind::Transfer => {
                assert!(*value > classical && *value <= Rational::from_integer(1.into()));
            }
            // their own theorems: a bound that does not involve the game's value
            Kind::NonlocalBehaviour | Kind::StatRejectClassical => {
                assert!(*value >= Rational::zero() && *value <= Rational::from_integer(1.into()));
            }
        }
    }
    if let Some(best) = of(Kind::NsUpper).map(Proved::value).min()
        && let Some(ns) = no_signalling_value(questions, answers, cells)
    {
        assert!(*best >= ns, "proved at most {best}, but {ns} is reached without signalling");
    }
}

/// The classical value by brute force; nothing if there are over 5000 strategies or long numbers.
fn classical(questions: &[usize], answers: &[usize], cells: &[Cell]) -> Option<Rational> {
    if cells.len() > 64 || cells.iter().any(|(_, _, c)| c.denom().bits() > 200) {
        return None;
    }
    let slots: Vec<usize> = questions.iter().zip(answers).flat_map(|(&q, &a)| vec![a; q]).collect();
    let count = slots.iter().try_fold(1usize, |n, &a| n.checked_mul(a).filter(|&n| n <= 5000))?;
    let first: Vec<usize> = questions
        .iter()
        .scan(0, |at, q| {
            let here = *at;
            *at += q;
            Some(here)
        })
        .collect();
    let mut choice = vec![0; slots.len()];
    let mut best: Option<Rational> = None;
    for mut index in 0..count {
        for (digit, &radix) in choice.iter_mut().zip(&slots) {
            *digit = index % radix;
            index /= radix;
        }
        let plays = |(x, a, _): &&Cell| {
            let mut players = x.iter().zip(a).zip(&first);
            players.all(|((&x, &a), &first)| choice[first + x] == a)
        };
        let value = cells.iter().filter(plays).fold(Rational::zero(), |sum, (_, _, c)| sum + c);
        if best.as_ref().is_none_or(|best| value > *best) {
            best = Some(value);
        }
    }
    best
}

/// `sum c sum_k <b_k| M_1 (x) .. (x) M_n |b_k> / sum_k <b_k|b_k>` straight from the text, every tensor product
/// written out; nothing where a number is too long for a double or the dimension is over 16.
fn born(raw: &Value, cells: &[Cell]) -> Option<f64> {
    let number = |v: &Value| v.as_str()?.parse::<f64>().ok().filter(|x| x.abs() < 1e60);
    let complex = |v: &Value| Some((number(&v[0])?, number(&v[1])?));
    let rows: Option<Vec<Vec<(f64, f64)>>> =
        raw["state"].as_array()?.iter().map(|row| row.as_array()?.iter().map(complex).collect()).collect();
    let rows = rows?;
    let joint = rows.first()?.len();
    if joint > 16 {
        return None;
    }
    let dims: Option<Vec<usize>> = raw["dims"].as_array()?.iter().map(|d| Some(d.as_u64()? as usize)).collect();
    let dims = dims?;
    let norm: f64 = rows.iter().flatten().map(|(re, im)| re * re + im * im).sum();
    let mut total = 0.0;
    for (x, a, c) in cells {
        let mut value = 0.0;
        for r in 0..joint {
            for s in 0..joint {
                let (mut re, mut im) = (1.0, 0.0);
                let (mut row, mut column) = (r, s);
                for (i, &d) in dims.iter().enumerate().rev() {
                    let povm = &raw["povm"][i][x[i]];
                    let (mre, mim) = complex(&povm["m"][a[i]][row % d][column % d])?;
                    let den = number(&povm["den"])?;
                    (re, im) = ((re * mre - im * mim) / den, (re * mim + im * mre) / den);
                    row /= d;
                    column /= d;
                }
                for b in &rows {
                    // conj(b_r) M_rs b_s
                    let (pre, pim) = (b[r].0 * b[s].0 + b[r].1 * b[s].1, b[r].0 * b[s].1 - b[r].1 * b[s].0);
                    value += pre * re - pim * im;
                }
            }
        }
        total += c.to_f64()? * value / norm;
    }
    total.is_finite().then_some(total)
}

/// A value that is reached without signalling, exactly.
fn no_signalling_value(questions: &[usize], answers: &[usize], cells: &[Cell]) -> Option<Rational> {
    let scenario = Scenario::new(questions.to_vec(), answers.to_vec()).ok()?;
    let term = |(x, a, c): &Cell| Term {
        question: scenario.question_index(x),
        answer: scenario.answer_index(a),
        weight: c.clone(),
    };
    let terms = cells.iter().map(term).collect();
    let game = Game::from_table("oracle", scenario.clone(), None, terms).ok()?;
    if scenario.cells() > 128 || cells.iter().any(|(_, _, c)| c.denom().bits() > 40) {
        return None;
    }
    no_signalling::maximum(&game).ok().map(|found| found.lower)
}
