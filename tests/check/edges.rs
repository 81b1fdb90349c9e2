//! Random certificates claimed exactly at, and just beyond, what their witness shows.

use bellwether::check::RejectCode::Claim;
use bellwether::check::num::Rational;
use bellwether::check::{Certificate, Limits};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::{Value, json};

use super::support::*;

/// What the only proof of a certificate shows.
fn shown(certificate: &Value) -> Rational {
    let text = certificate.to_string();
    let all = Certificate::open(text.as_bytes(), &Limits::default()).and_then(Certificate::shown);
    all.unwrap().remove(0)
}

/// The exact claim holds, a claim stronger by 10^-30 does not.
fn exactly(game: &Value, mut proof: Value, lower: bool) {
    proof["value"] = json!("0");
    let value = shown(&certificate(game.clone(), json!([proof]), json!([])));
    let step = Rational::new(1.into(), num_bigint::BigInt::from(10).pow(30));
    let beyond = if lower { &value + step } else { &value - step };
    let claim = |value: &Rational| {
        certificate(game.clone(), json!([with(&proof, "/value", json!(value.to_string()))]), json!([]))
    };
    assert_eq!(lines(&claim(&value)).len(), 1);
    refused(&claim(&beyond), Claim);
}

/// Numbers whose continued fractions agree as long as they last: a comparison must not recurse along them.
#[test]
fn neighbours_in_continued_fractions_are_compared() {
    let (mut a, mut b) = (num_bigint::BigInt::from(1), num_bigint::BigInt::from(1));
    for _ in 0..19_000 {
        (a, b) = (b.clone(), a + b);
    }
    let game = json!({"kind": "functional", "name": "edge", "questions": [1], "answers": [1],
        "coeffs": [[0, 0, format!("{a}/{b}")]]});
    // a/b lies between its predecessor (b-a)/a and the one before.
    let (near, far) = ((&b - &a, a.clone()), (&a * 2 - &b, &b - &a));
    let (below, above) = if &near.0 * &b < &near.1 * &a { (near, far) } else { (far, near) };
    let claims = |kind: &str, (p, q): &(num_bigint::BigInt, num_bigint::BigInt)| {
        let proof = json!([{"id": "c", "type": kind, "value": format!("{p}/{q}"), "strategy": [[0]]}]);
        let mut all = certificate(game.clone(), proof, json!([]));
        if kind == "classical_upper" {
            all["proofs"][0].as_object_mut().unwrap().remove("strategy");
        }
        all
    };
    assert_eq!(lines(&claims("classical_lower", &below)).len(), 1);
    assert_eq!(lines(&claims("classical_upper", &above)).len(), 1);
    refused(&claims("classical_lower", &above), Claim);
    refused(&claims("classical_upper", &below), Claim);
}

/// Random games, strategies, squares and messages, each at its edge: food for the comparison of the
/// two checkers, since both must find the same number to accept the one and refuse the other.
#[test]
pub fn edges() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(11);
    for round in 0..24 {
        let players = 1 + round % 3;
        let questions: Vec<usize> = (0..players).map(|_| rng.random_range(1..3)).collect();
        let answers: Vec<usize> = (0..players).map(|_| rng.random_range(1..4)).collect();
        let bounds = [questions.clone(), answers.clone()].concat();
        let mut coeffs = Vec::new();
        for k in 0..bounds.iter().product() {
            let (mut rest, mut cell) = (k, vec![0; bounds.len()]);
            for (slot, bound) in cell.iter_mut().zip(&bounds).rev() {
                (*slot, rest) = (rest % bound, rest / bound);
            }
            let value = Rational::new(rng.random_range(-6..7).into(), rng.random_range(1..5).into());
            if value != Rational::new(0.into(), 1.into()) && rng.random_range(0..4) > 0 {
                let mut row: Vec<Value> = cell.iter().map(|i| json!(i)).collect();
                row.push(json!(value.to_string()));
                coeffs.push(json!(row));
            }
        }
        let game =
            json!({"kind": "functional", "name": "edge", "questions": questions, "answers": answers, "coeffs": coeffs});
        exactly(&game, json!({"id": "u", "type": "classical_upper"}), false);
        let strategy: Vec<Vec<usize>> = questions
            .iter()
            .zip(&answers)
            .map(|(&nq, &na)| (0..nq).map(|_| rng.random_range(0..na)).collect())
            .collect();
        exactly(&game, json!({"id": "l", "type": "classical_lower", "strategy": strategy}), true);
        // Measurements A A^H, then the rest of den I on the last answers in equal parts by doubling den.
        let dims: Vec<usize> = (0..players).map(|_| rng.random_range(1..4)).collect();
        let mut povm = Vec::new();
        for i in 0..players {
            let mine: Vec<Value> = (0..questions[i]).map(|_| measurement(dims[i], answers[i], &mut rng)).collect();
            povm.push(json!(mine));
        }
        let joint: usize = dims.iter().product();
        let state: Vec<Vec<Value>> =
            (0..2).map(|_| (0..joint).map(|_| z(rng.random_range(1..5), rng.random_range(-4..5))).collect()).collect();
        exactly(&game, json!({"id": "q", "type": "quantum_lower", "dims": dims, "state": state, "povm": povm}), true);
        let mut messages = Vec::new();
        for (i, &na) in answers.iter().enumerate() {
            let bounds = [questions.clone(), vec![na]].concat();
            for k in 0..bounds.iter().product() {
                let (mut rest, mut cell) = (k, vec![0; bounds.len()]);
                for (slot, bound) in cell.iter_mut().zip(&bounds).rev() {
                    (*slot, rest) = (rest % bound, rest / bound);
                }
                let mut row = vec![json!(i)];
                row.extend(cell.iter().map(|i| json!(i)));
                row.push(json!(Rational::new(rng.random_range(-6..7).into(), 4.into()).to_string()));
                messages.push(json!(row));
            }
        }
        exactly(&game, json!({"id": "n", "type": "ns_upper", "messages": messages}), false);
        let mut blocks = Vec::new();
        for form in 0..2 {
            let basis: Vec<Value> = (0..4).map(|_| monomial(&questions, &answers, &mut rng)).collect();
            let rows: Vec<[i64; 4]> = (0..2).map(|_| std::array::from_fn(|_| rng.random_range(-5..6))).collect();
            if form == 0 {
                let rows: Vec<Vec<String>> = rows.iter().map(|row| texts(row)).collect();
                blocks.push(json!({"basis": basis, "den": "3", "rows": rows}));
            } else {
                let gram: Vec<Vec<String>> = (0..4)
                    .map(|i| (i..4).map(|j| rows.iter().map(|r| r[i] * r[j]).sum::<i64>().to_string()).collect())
                    .collect();
                blocks.push(json!({"basis": basis, "den": "5", "gram": gram}));
            }
        }
        exactly(&game, json!({"id": "s", "type": "quantum_upper", "blocks": blocks}), false);
    }
}

/// A random word of at most four letters for each player, in normal form.
fn monomial(questions: &[usize], answers: &[usize], rng: &mut Xoshiro256PlusPlus) -> Value {
    let words: Vec<Value> = questions
        .iter()
        .zip(answers)
        .map(|(&nq, &na)| {
            let mut word: Vec<[usize; 2]> = Vec::new();
            for _ in 0..rng.random_range(0..5) {
                let x = rng.random_range(0..nq);
                if na > 1 && word.last().is_none_or(|l| l[0] != x) {
                    word.push([x, rng.random_range(0..na - 1)]);
                }
            }
            json!(word)
        })
        .collect();
    json!(words)
}

/// Random positive elements A A^H of rank one for all answers but the last, which gets the rest.
fn measurement(d: usize, answers: usize, rng: &mut Xoshiro256PlusPlus) -> Value {
    let mut rest = vec![vec![(0i64, 0i64); d]; d];
    let mut elements = Vec::new();
    for _ in 1..answers {
        let v: Vec<(i64, i64)> = (0..d).map(|_| (rng.random_range(-4..5), rng.random_range(-4..5))).collect();
        let mut rows = Vec::new();
        for r in 0..d {
            let mut row = Vec::new();
            for s in 0..d {
                let (re, im) = (v[r].0 * v[s].0 + v[r].1 * v[s].1, v[r].1 * v[s].0 - v[r].0 * v[s].1);
                rest[r][s] = (rest[r][s].0 - re, rest[r][s].1 - im);
                row.push(z(re, im));
            }
            rows.push(row);
        }
        elements.push(json!(rows));
    }
    // Each element is at most its trace, 32 d; so 64 d is enough for two.
    let den = 64 * d as i64 + rng.random_range(0..9);
    for (r, row) in rest.iter_mut().enumerate() {
        row[r].0 += den;
    }
    let last: Vec<Vec<Value>> = rest.iter().map(|row| row.iter().map(|&(re, im)| z(re, im)).collect()).collect();
    elements.push(json!(last));
    json!({"den": den.to_string(), "m": elements})
}
