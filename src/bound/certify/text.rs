//! The text of proofs: `qcert`, version 1.

use super::exact::{ExactPovm, ExactStrategy, IntegerMatrix};
use super::tight::GramBlock;
use crate::bound::no_signalling::Message;
use crate::bound::npa::SosBlock;
use crate::check::psd::Gauss;
use crate::game::file::game_to_json;
use crate::game::{Game, Rational};
use crate::strategy::Deterministic;
use num_bigint::BigInt;
use num_traits::{FromPrimitive, Zero};

/// A whole certificate.
pub(super) fn document(game: &Game, proofs: &[String], conclusions: &[String]) -> String {
    format!(
        "{{\"format\":\"qcert\",\"version\":1,\n\"game\":{},\n\"proofs\":[\n{}],\n\"conclusions\":[{}]}}",
        game_to_json(game, false),
        proofs.join(",\n"),
        conclusions.join(",\n")
    )
}

pub(super) fn conclusion(kind: &str, lower: &str, upper: &str, value: &Rational) -> String {
    format!("{{\"type\":\"{kind}\",\"lower\":\"{lower}\",\"upper\":\"{upper}\",\"value\":\"{value}\"}}")
}

/// A proof with the given witness fields, each beginning with a comma.
fn proof(id: &str, kind: &str, value: &Rational, witness: &str) -> String {
    format!("{{\"id\":\"{id}\",\"type\":\"{kind}\",\"value\":\"{value}\"{witness}}}")
}

/// By enumeration of all strategies.
pub(super) fn classical_upper(id: &str, value: &Rational) -> String {
    proof(id, "classical_upper", value, "")
}

/// By a branch and bound over the questions of one player, in this order.
pub(super) fn classical_search(id: &str, value: &Rational, order: &[(usize, usize)], messages: &[Message]) -> String {
    let mut witness = format!(",\n\"order\":{}", list(order, |(i, x)| format!("[{i},{x}]")));
    if !messages.is_empty() {
        witness += &format!(",\n\"messages\":{}", message_rows(messages));
    }
    proof(id, "classical_upper", value, &witness)
}

pub(super) fn classical_lower(id: &str, value: &Rational, strategy: &Deterministic) -> String {
    let witness = format!(",\"strategy\":{:?}", strategy.choices());
    proof(id, "classical_lower", value, &witness)
}

pub(super) fn ns_upper(id: &str, value: &Rational, messages: &[Message]) -> String {
    let witness = format!(",\n\"messages\":{}", message_rows(messages));
    proof(id, "ns_upper", value, &witness)
}

fn message_rows(messages: &[Message]) -> String {
    list(messages, |m| {
        let questions: String = m.question.iter().map(|x| format!("{x},")).collect();
        let value = m.value.to_string();
        format!("[{},{questions}{},\"{value}\"]", m.player, m.answer)
    })
}

pub(super) fn quantum_lower(id: &str, value: &Rational, s: &ExactStrategy) -> String {
    let row = |row: &Vec<Gauss>| list(row, |z| format!("[\"{}\",\"{}\"]", z.re, z.im));
    let matrix = |m: &IntegerMatrix| list(m, row);
    let povm = |m: &ExactPovm| {
        let elements = list(&m.elements, matrix);
        format!("{{\"den\":\"{}\",\"m\":{elements}}}", m.den)
    };
    let player = |player: &Vec<ExactPovm>| list(player, povm);
    let witness =
        format!(",\"dims\":{:?},\n\"state\":{},\n\"povm\":{}", s.dims, list(&s.state, row), list(&s.povms, player));
    proof(id, "quantum_lower", value, &witness)
}

fn basis(words: &[Vec<Vec<(usize, usize)>>]) -> String {
    list(words, |word| list(word, |letters| list(letters, |(x, a)| format!("[{x},{a}]"))))
}

/// The rows of the squares over `2^bits`; rows that round to zero say nothing and are left out.
pub(super) fn quantum_upper(id: &str, value: &Rational, squares: &[SosBlock], bits: u32) -> String {
    let scale = (2f64).powi(bits as i32);
    let integer = |v: &f64| BigInt::from_f64((v * scale).round()).unwrap_or_default();
    let block = |block: &SosBlock| {
        let rows = block.rows.iter().map(|row| row.iter().map(integer).collect::<Vec<_>>());
        let rows: Vec<_> = rows.filter(|row| !row.iter().all(Zero::is_zero)).collect();
        let row = |row: &Vec<BigInt>| list(row, |v| format!("\"{v}\""));
        format!(
            "{{\"basis\":{},\"den\":\"{}\",\"rows\":{}}}",
            basis(&block.basis),
            BigInt::from(1) << bits,
            list(&rows, row)
        )
    };
    let witness = format!(",\n\"blocks\":{}", list(squares, block));
    proof(id, "quantum_upper", value, &witness)
}

/// Gram matrices that leave nothing over.
pub(super) fn quantum_upper_gram(id: &str, value: &Rational, blocks: &[GramBlock]) -> String {
    let block = |block: &GramBlock| {
        let row = |row: &Vec<BigInt>| list(row, |v| format!("\"{v}\""));
        format!("{{\"basis\":{},\"den\":\"{}\",\"gram\":{}}}", basis(&block.basis), block.den, list(&block.upper, row))
    };
    let witness = format!(",\n\"blocks\":{}", list(blocks, block));
    proof(id, "quantum_upper", value, &witness)
}

/// A behaviour that is no-signalling, with the Bell functional it violates.
pub(super) fn nonlocal_behaviour(
    id: &str,
    p: &[Rational],
    functional: &Game,
    beta: &Rational,
    visibility: &Rational,
) -> String {
    let s = functional.scenario();
    let rows = list(functional.terms(), |t| {
        let cell = [s.question(t.question), s.answer(t.answer)].concat();
        let cell: String = cell.iter().map(|i| format!("{i},")).collect();
        format!("[{cell}\"{}\"]", t.weight)
    });
    let witness = format!(
        ",\n\"p\":{},\n\"functional\":{rows},\n\"beta\":\"{}\",\"visibility\":\"{}\"",
        list(p, |v| format!("\"{v}\"")),
        beta,
        visibility
    );
    proof(id, "nonlocal_behaviour", visibility, &witness)
}

pub(super) fn list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    let items: Vec<String> = items.iter().map(show).collect();
    format!("[{}]", items.join(","))
}
