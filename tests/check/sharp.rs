//! Forgeries on certificates that claim next to nothing, so that only the attacked rule can refuse
//! them.

use bellwether::check::RejectCode::{self, *};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::{Value, json};

use super::support::*;

/// The base holds, the base with one member replaced is refused.
fn but(base: &Value, pointer: &str, new: Value, code: RejectCode) {
    assert!(!lines(base).is_empty());
    refused(&with(base, pointer, new), code);
}

/// A general functional with a trivially weak classical bound.
fn weak(questions: Value, answers: Value, coeffs: Value) -> Value {
    let game = json!({"kind": "functional", "name": "f", "questions": questions, "answers": answers, "coeffs": coeffs});
    certificate(game, json!([{"id": "u", "type": "classical_upper", "value": "1000000"}]), json!([]))
}

fn without(value: &Value, field: &str) -> Value {
    let mut copy = value.clone();
    copy.as_object_mut().unwrap().remove(field);
    copy
}

#[test]
fn weak_numbers() {
    let base = alone(json!({"id": "l", "type": "classical_lower", "value": "0", "strategy": [[0, 0], [0, 0]]}));
    for bad in [
        "6/8",
        "03/4",
        "3/04",
        "+1",
        "0.5",
        "3/4 ",
        " 3/4",
        "3/4\n",
        "-0",
        "0/1",
        "-3/1",
        "0/4",
        "-0/3",
        "1e-1",
        "1_0/31",
        "",
        "-",
        "/2",
        "1/",
        "NaN",
        "1/0",
        "1/-4",
        "-1/-2",
        "--1",
        "1/2/3",
        "\u{663}/\u{664}",
        "\u{ff11}/2",
        "0x1/3",
    ] {
        but(&base, "/proofs/0/value", json!(bad), Number);
    }
    but(&base, "/proofs/0/value", json!(format!("-{}", "9".repeat(5001))), Resource);
    but(&base, "/proofs/0/value", json!(format!("1/{}", "9".repeat(5001))), Resource);
    assert_eq!(lines(&with(&base, "/proofs/0/value", json!(format!("-{}", "9".repeat(5000))))).len(), 1);
    but(&base, "/proofs/0/strategy", json!([[0, 0, 0], [0, 0]]), Shape);
    but(&base, "/proofs/0/strategy", json!([[0, 0], [0, 0], [0]]), Shape);
    but(&base, "/proofs/0/strategy/0/1", json!(-1), Proof);
    but(&base, "/proofs/0/strategy/0/1", json!(2), Proof);
    for id in ["", "C", "a b", "a\n", &"a".repeat(65)] {
        but(&base, "/proofs/0/id", json!(id), Shape);
        but(&base, "/game/name", json!(id), Shape);
    }
    let twice = base["proofs"][0].clone();
    but(&base, "/proofs", json!([twice, twice]), Shape);
    refused(&alone(json!({"id": "u", "type": "classical_upper"})), Shape);
    but(&base, "/proofs", json!([]), Shape);
    for (field, value) in [("format", json!("bellwether-game/1")), ("reference", json!(1)), ("labels", json!([]))] {
        let mut certificate = base.clone();
        certificate["game"][field] = value;
        refused(&certificate, Shape);
    }
    let mut both = base.clone();
    both["game"]["coeffs"] = json!([]);
    refused(&both, Shape);
}

#[test]
fn weak_games() {
    let base = weak(json!([2]), json!([2]), json!([[0, 0, "1"], [1, 0, "1"]]));
    but(&base, "/game/coeffs/0/0", json!(-1), Game);
    but(&base, "/game/coeffs/0/1", json!(-1), Game);
    but(&base, "/game/coeffs/1/0", json!(2), Game);
    but(&base, "/game/coeffs/0", json!([1, 0, "1"]), Game);
    but(&base, "/game/coeffs/0/2", json!("0"), Game);
    let empty = weak(json!([1]), json!([1]), json!([]));
    but(&empty, "/game/questions", json!([0]), Game);
    but(&empty, "/game/answers", json!([1, 1]), Game);
    but(&empty, "/game/questions", json!([65]), Resource);
    but(&empty, "/game/answers", json!([33]), Resource);
    refused(&weak(json!([1, 1, 1, 1, 1, 1, 1]), json!([1, 1, 1, 1, 1, 1, 1]), json!([])), Resource);
    let base = certificate(chsh_game(), json!([{"id": "u", "type": "classical_upper", "value": "100"}]), json!([]));
    let mu =
        |weights: [&str; 4]| json!([[0, 0, weights[0]], [0, 1, weights[1]], [1, 0, weights[2]], [1, 1, weights[3]]]);
    but(&base, "/game/mu", mu(["1/2", "1/4", "1/4", "0"]), Game);
    but(&base, "/game/mu", mu(["1/2", "1/4", "1/2", "-1/4"]), Game);
    but(&base, "/game/mu", mu(["1/4", "1/4", "1/4", "1/8"]), Game);
    but(&base, "/game/mu", mu(["1/4", "1/4", "1/4", "3/8"]), Game);
    let text = base.to_string();
    for (old, new) in [
        ("[0,0,\"1/4\"]", "[-0,0,\"1/4\"]"),
        ("[0,0,\"1/4\"]", "[0.0,0,\"1/4\"]"),
        ("[0,0,\"1/4\"]", "[false,0,\"1/4\"]"),
    ] {
        assert!(text.contains(old));
        let reject = run_text(text.replacen(old, new, 1).as_bytes()).unwrap_err();
        assert_eq!(reject.code, Shape, "{reject}");
    }
    let padded = [text.as_bytes(), &vec![b' '; 16 << 20]].concat();
    assert_eq!(run_text(&padded).unwrap_err().code, Resource);
}

#[test]
fn weak_measurements() {
    let base = alone(with(&chsh_lower(), "/value", json!("-9")));
    let zero = json!([[z(0, 0), z(0, 0)], [z(0, 0), z(0, 0)]]);
    let one = json!([[z(1, 0), z(0, 0)], [z(0, 0), z(1, 0)]]);
    let pointer = "/proofs/0/povm/0/0";
    but(&base, pointer, json!({"den": "0", "m": [zero, zero]}), Proof);
    but(&base, pointer, json!({"den": "2", "m": [one, one, zero]}), Shape);
    but(&base, pointer, json!({"den": "2", "m": [[[z(1, 0), z(0, -1)], [z(0, 1), z(1, 0)]], one]}), Proof);
    but(&base, pointer, json!({"den": "2", "m": [[[z(1, 0), z(1, 0)], [z(1, 0), z(1, 0)]], one]}), Proof);
    but(&base, pointer, json!({"den": "2", "m": [[[z(2, 0), z(0, 0)], [z(0, 0), z(1, 0)]], one]}), Proof);
    // One player, three dimensions: the elements are A and den I - A.
    let of = |a: &[Vec<(i64, i64)>], den: i64| {
        let entry = |r: usize, s: usize| {
            let (re, im) = a[r][s];
            (z(re, im), z(if r == s { den } else { 0 } - re, -im))
        };
        let pick = |first: bool| {
            json!(
                (0..3)
                    .map(|r| (0..3).map(|s| if first { entry(r, s).0 } else { entry(r, s).1 }).collect::<Vec<_>>())
                    .collect::<Vec<_>>()
            )
        };
        let game =
            json!({"kind": "functional", "name": "f", "questions": [1], "answers": [2], "coeffs": [[0, 0, "1"]]});
        certificate(
            game,
            json!([{"id": "q", "type": "quantum_lower", "value": "-9", "dims": [3],
            "state": [[z(1, 0), z(0, 1), z(2, 0)]], "povm": [[{"den": den.to_string(), "m": [pick(true), pick(false)]}]]}]),
            json!([]),
        )
    };
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    for k in 0..24 {
        // A = sum of k % 3 rank-one terms: rank below 3, so a unit less on a diagonal entry is too much
        // unless that coordinate is out of reach of the kernel.
        let mut a = vec![vec![(0i64, 0i64); 3]; 3];
        for _ in 0..k % 3 {
            let v: Vec<(i64, i64)> = (0..3).map(|_| (rng.random_range(-5..6), rng.random_range(-5..6))).collect();
            for r in 0..3 {
                for s in 0..3 {
                    a[r][s].0 += v[r].0 * v[s].0 + v[r].1 * v[s].1;
                    a[r][s].1 += v[r].1 * v[s].0 - v[r].0 * v[s].1;
                }
            }
        }
        assert_eq!(lines(&of(&a, 1000)).len(), 1);
        let i = rng.random_range(0..3);
        a[i][i].0 -= 1;
        refused(&of(&a, 1000), Proof);
    }
    let mut deep = of(&[vec![(0, 0); 3], vec![(0, 0); 3], vec![(0, 0); 3]], 5);
    let identity: Vec<Vec<Value>> = (0..65).map(|r| (0..65).map(|s| z(i64::from(r == s), 0)).collect()).collect();
    deep["game"] = json!({"kind": "functional", "name": "f", "questions": [1], "answers": [1], "coeffs": []});
    deep["proofs"][0]["dims"] = json!([65]);
    deep["proofs"][0]["state"] = json!([vec![z(1, 0); 65]]);
    deep["proofs"][0]["povm"] = json!([[{"den": "1", "m": [identity]}]]);
    refused(&deep, Resource);
}

#[test]
fn weak_squares() {
    let block = |basis: Value, rows: Value| json!({"basis": basis, "den": "1", "rows": rows});
    let proof = |blocks: Value| alone(json!({"id": "s", "type": "quantum_upper", "value": "1000", "blocks": blocks}));
    let base = proof(json!([block(json!([[[], []], [[[0, 0]], []]]), json!([["0", "0"]]))]));
    for bad in [
        json!([[[0, 1]], []]),
        json!([[[2, 0]], []]),
        json!([[[-1, 0]], []]),
        json!([[[0, -1]], []]),
        json!([[[0, 0], [0, 0]], []]),
        json!([[[1, 0], [0, 0], [0, 0]], []]),
    ] {
        but(&base, "/proofs/0/blocks/0/basis/1", bad, Proof);
    }
    but(&base, "/proofs/0/blocks/0/basis/1", json!([[], [], []]), Shape);
    but(&base, "/proofs/0/blocks/0/den", json!("0"), Proof);
    but(&base, "/proofs/0/blocks/0/den", json!("-1"), Proof);
    but(&base, "/proofs/0/blocks/0/rows/0", json!(["0", "0", "0"]), Shape);
    let word: Vec<Value> = (0..17).map(|k| json!([k % 2, 0])).collect();
    assert_eq!(lines(&with(&base, "/proofs/0/blocks/0/basis/1", json!([word[1..], []]))).len(), 1);
    but(&base, "/proofs/0/blocks/0/basis/1", json!([word, []]), Resource);
    let nothing = block(json!([]), json!([]));
    assert_eq!(lines(&proof(json!(vec![nothing.clone(); 64]))).len(), 1);
    refused(&proof(json!(vec![nothing; 65])), Resource);
    assert_eq!(lines(&proof(json!([block(json!(vec![json!([[], []]); 600]), json!([]))]))).len(), 1);
    refused(&proof(json!([block(json!(vec![json!([[], []]); 601]), json!([]))])), Resource);
    let gram = |gram: Value| proof(json!([{"basis": [[[], []], [[[0, 0]], []]], "den": "1", "gram": gram}]));
    let base = gram(json!(["0", "0", "0"]));
    but(&base, "/proofs/0/blocks/0/gram", json!(["0", "0"]), Shape);
    but(&base, "/proofs/0/blocks/0/gram", json!(["0", "0", "0", "0"]), Shape);
    but(&base, "/proofs/0/blocks/0/gram", json!([["0", "0"]]), Shape);
    but(&base, "/proofs/0/blocks/0/gram", json!([["0", "0", "0"]]), Shape);
    but(&base, "/proofs/0/blocks/0/gram", json!([["0"], ["0", "0"]]), Shape);
    but(&base, "/proofs/0/blocks/0/gram", json!([["0", "0"], "0"]), Shape);
    but(&base, "/proofs/0/blocks/0/gram", json!(["0", "1", "0"]), Proof);
    but(&base, "/proofs/0/blocks/0/gram", json!(["1", "0", "-1"]), Proof);
    assert_eq!(lines(&gram(json!([["4", "-2"], ["1"]]))).len(), 1);
    // Extra rows and repeated monomials are no harm.
    let game = json!({"kind": "functional", "name": "f", "questions": [1], "answers": [1], "coeffs": [[0, 0, "-1"]]});
    let upper = |value: &str| {
        certificate(
            game.clone(),
            json!([{"id": "s", "type": "quantum_upper", "value": value, "blocks": []}]),
            json!([]),
        )
    };
    assert_eq!(lines(&upper("-1")).len(), 1);
    refused(&upper("-2"), Claim);
}

#[test]
fn weak_messages_behaviours_and_data() {
    // A functional of fractions: a third of the correlator is 4/3 on the box, 2/3 classically.
    let mut thirds = pr_box();
    for row in thirds["functional"].as_array_mut().unwrap() {
        row[4] = json!(format!("{}/3", row[4].as_str().unwrap()));
    }
    thirds["beta"] = json!("2/3");
    assert_eq!(lines(&alone(thirds.clone())).len(), 1);
    thirds["beta"] = json!("4/3");
    refused(&alone(thirds), Claim);
    // An answer that another player has, and this one not.
    let unequal = weak(json!([1, 1]), json!([2, 3]), json!([]));
    let message =
        |i: usize, a: usize| json!([{"id": "n", "type": "ns_upper", "value": "9", "messages": [[i, 0, 0, a, "1"]]}]);
    assert_eq!(lines(&with(&unequal, "/proofs", message(1, 2))).len(), 1);
    refused(&with(&unequal, "/proofs", message(0, 2)), Proof);
    let base = alone(with(&chsh_ns(), "/value", json!("1000")));
    for bad in [
        json!([[0, 0, 0, 0, "1"], [0, 0, 0, 0, "1"]]),
        json!([[0, 0, 0, 1, "1"], [0, 0, 0, 0, "1"]]),
        json!([[1, 0, 0, 0, "1"], [0, 0, 0, 0, "1"]]),
        json!([[2, 0, 0, 0, "1"]]),
        json!([[-1, 0, 0, 0, "1"]]),
        json!([[0, 0, -1, 0, "1"]]),
        json!([[0, 0, 0, 2, "1"]]),
        json!([[0, 0, 0, "1"]]),
        json!([[0, 0, 0, 0, 0, "1"]]),
    ] {
        but(&base, "/proofs/0/messages", bad, Proof);
    }
    // What is not listed counts as 0, also below it.
    let game = json!({"kind": "functional", "name": "f", "questions": [1], "answers": [2], "coeffs": [[0, 0, "-1"]]});
    for (kind, field) in [("ns_upper", "messages"), ("quantum_upper", "blocks")] {
        let mut proof = json!({"id": "n", "type": kind, "value": "-1/1000"});
        proof[field] = json!([]);
        refused(&certificate(game.clone(), json!([proof]), json!([])), Claim);
    }
    let own = alone(without(&pr_box(), "value"));
    but(&own, "/proofs/0/visibility", json!("2"), Proof);
    but(&own, "/proofs/0/visibility", json!("-1/2"), Proof);
    let generous = with(&own, "/proofs/0/visibility", json!("1"));
    but(&generous, "/proofs/0/beta", json!("4"), Claim);
    assert_eq!(lines(&with(&generous, "/proofs/0/beta", json!("39/10"))).len(), 1);
    for scale in ["3/8", "5/8"] {
        let p: Vec<Value> =
            pr_box()["p"].as_array().unwrap().iter().map(|v| if v == "0" { v.clone() } else { json!(scale) }).collect();
        but(&generous, "/proofs/0/p", json!(p), Proof);
    }
    // The same box against the number of won questions: beta 3, value 4, uniform 2.
    let wins: Vec<Value> = correlator().as_array().unwrap().iter().filter(|row| row[4] == "1").cloned().collect();
    let wins = with(&with(&own, "/proofs/0/functional", json!(wins)), "/proofs/0/beta", json!("3"));
    but(&wins, "/proofs/0/visibility", json!("49/100"), Claim);
    but(&wins, "/proofs/0/visibility", json!("1/4"), Claim);
    let own = without(&chsh_data(), "value");
    but(&alone(own.clone()), "/proofs/0/alpha", json!("1"), Proof);
    let base = alone(with(&own, "/alpha", json!("1/2")));
    but(&base, "/proofs/0/counts/0/4", json!("1/2"), Proof);
    but(&base, "/proofs/0/counts/0/4", json!("-1"), Proof);
    but(&base, "/proofs/0/counts/0", json!([0, 0, 0, 2, "1"]), Proof);
    but(&base, "/proofs/0/bets/0/4", json!("-17/15"), Proof);
    but(&base, "/proofs/0/bets/0/4", json!("0"), Claim);
    but(&base, "/proofs/0/bets/0/4", json!("6/5"), Proof);
    but(&base, "/proofs/0/counts/0/4", json!("16777216"), Resource);
    // An advantage with the sign turned round.
    let mut all = with(&chsh(), "/proofs/2/value", json!("1/2"));
    all["conclusions"] = json!([{"type": "advantage", "lower": "q", "upper": "c", "value": "1/4"}]);
    refused(&all, Claim);
}

#[test]
fn weak_bombs() {
    let base = alone(json!({"id": "u0", "type": "classical_upper", "value": "1"}));
    let many = |n: usize| {
        json!(
            (0..n).map(|k| json!({"id": format!("u{k}"), "type": "classical_upper", "value": "1"})).collect::<Vec<_>>()
        )
    };
    assert_eq!(lines(&with(&base, "/proofs", many(64))).len(), 64);
    but(&base, "/proofs", many(65), Resource);
    let conclusion = chsh()["conclusions"][1].clone();
    but(&chsh(), "/conclusions", json!(vec![conclusion; 65]), Resource);
    // 484^3 strategies against a small table of the last player; 3^16 against a large one.
    let cells = json!([[0, 0, 0, 0, 0, 0, 0, 0, "1"], [1, 1, 1, 1, 0, 0, 0, 0, "1"]]);
    refused(&weak(json!([2, 2, 2, 9]), json!([22, 22, 22, 2]), cells), Resource);
    let cells: Vec<Value> = (0..16).map(|x| json!([x, x, 0, 0, "1"])).collect();
    refused(&weak(json!([16, 64]), json!([3, 3]), json!(cells)), Resource);
    // Two denominators whose common multiple is too long.
    let long = |first: &str| format!("1/{first}{}", "0".repeat(4000));
    let cells = json!([[0, 0, long("1")], [0, 1, format!("1/{}", "9".repeat(4000))]]);
    refused(&weak(json!([1]), json!([2]), cells), Resource);
    refused(&weak(json!([]), json!([]), json!([])), Game);
    // A billion joint answers to a question that nobody asks.
    let empty = weak(json!([1, 1, 1, 1, 1, 1]), json!([32, 32, 32, 32, 32, 32]), json!([]));
    let messages = json!([{"id": "n", "type": "ns_upper", "value": "0", "messages": []}]);
    refused(&with(&empty, "/proofs", messages), Resource);
    let search = json!([{"id": "n", "type": "classical_upper", "value": "0", "order": []}]);
    refused(&with(&empty, "/proofs", search), Resource);
    // A positivity test of numbers that grow with every step.
    let letter = |k: usize| if k < 128 { json!([[[k % 64, k / 64]], []]) } else { json!([[], [[k - 128, 0]]]) };
    let basis: Vec<Value> = (0..150).map(letter).collect();
    let long = format!("1{}", "0".repeat(300));
    let row = |i: usize| (i..150).map(|j| if i == j { long.clone() } else { "0".to_owned() }).collect::<Vec<_>>();
    let gram: Vec<Vec<String>> = (0..150).map(row).collect();
    let block = json!([{"basis": basis, "den": "1", "gram": gram}]);
    let squares = json!([{"id": "s", "type": "quantum_upper", "value": "0", "blocks": block}]);
    refused(&with(&weak(json!([64, 64]), json!([3, 3]), json!([])), "/proofs", squares), Resource);
    // Squares of many rows, and products of many monomials of which one is long, come to nothing: they cost all the same.
    let nothing = weak(json!([2]), json!([2]), json!([]));
    let row = |first: &str| [vec![first.to_owned()], vec!["0".to_owned(); 63]].concat();
    let rows = [vec![row(&format!("1{}", "0".repeat(2400)))], vec![row("0"); 63]].concat();
    let block = json!([{"basis": vec![json!([[]]); 64], "den": "1", "rows": rows}]);
    let squares =
        json!([{"id": "s", "type": "quantum_upper", "value": format!("1{}", "0".repeat(4800)), "blocks": block}]);
    refused(&with(&nothing, "/proofs", squares), Resource);
    let word: Vec<Value> = (0..16).map(|k| json!([k % 2, 0])).collect();
    let basis = [vec![json!([word])], vec![json!([[]]); 599]].concat();
    let blocks = vec![json!({"basis": basis, "den": "1", "rows": []}); 6];
    let products = json!([{"id": "s", "type": "quantum_upper", "value": "0", "blocks": blocks}]);
    refused(&with(&nothing, "/proofs", products), Resource);
    // One cell of last answers is a billion terms.
    let questions = json!([1, 1, 1, 1, 1, 1]);
    let last = weak(
        questions.clone(),
        json!([32, 32, 32, 32, 32, 32]),
        json!([[0, 0, 0, 0, 0, 0, 31, 31, 31, 31, 31, 31, "1"]]),
    );
    let expansion = json!([{"id": "s", "type": "quantum_upper", "value": "1", "blocks": []}]);
    refused(&with(&last, "/proofs", expansion), Resource);
    // A state of 64 dimensions with one long entry.
    let state = |long: &str| {
        let rows: Vec<Vec<Value>> =
            (0..4).map(|r| (0..64).map(|s| if r == s { json!([long, "0"]) } else { z(0, 0) }).collect()).collect();
        let identity: Vec<Vec<Value>> = (0..64).map(|r| (0..64).map(|s| z(i64::from(r == s), 0)).collect()).collect();
        let proof = json!([{"id": "q", "type": "quantum_lower", "value": "0", "dims": [64], "state": rows,
            "povm": [[{"den": "1", "m": [identity]}]]}]);
        with(&weak(json!([1]), json!([1]), json!([])), "/proofs", proof)
    };
    assert_eq!(lines(&state("1")).len(), 1);
    refused(&state(&"9".repeat(5000)), Resource);
    // A table of 393216 probabilities.
    let p: Vec<&str> = (0..393_216).map(|k| if k == 0 { "1" } else { "0" }).collect();
    let behaviour =
        json!([{"id": "b", "type": "nonlocal_behaviour", "p": p, "functional": [], "beta": "0", "visibility": "1"}]);
    let table = weak(questions, json!([32, 32, 32, 12, 1, 1]), json!([]));
    refused(&with(&table, "/proofs", behaviour), Resource);
    // Counts that are no integers, whose sum has no end.
    let questions: Vec<Value> = (0..64).map(|x| json!([x, "1/64"])).collect();
    let game = json!({"kind": "game", "name": "g", "questions": [64], "answers": [1], "mu": questions, "win": []});
    let count = |x: usize| json!([x, format!("1/1{}{:02}", "0".repeat(4900), 3 * x + 1)]);
    let counts: Vec<Value> = (0..64).map(count).collect();
    let proofs = json!([{"id": "u", "type": "classical_upper", "value": "0"},
        {"id": "t", "type": "transfer", "upper": "u", "value": "1/2", "alpha": "1/2", "counts": counts}]);
    refused(&certificate(game, proofs, json!([])), Resource);
    // One long coefficient, copied into a million terms.
    let cells = json!([[0, 0, 0, 0, 31, 31, 31, 31, "9".repeat(5000)]]);
    let squares = json!([{"id": "s", "type": "quantum_upper", "value": "0", "blocks": []}]);
    let table = weak(json!([1, 1, 1, 1]), json!([32, 32, 32, 32]), cells);
    refused(&with(&table, "/proofs", squares), Resource);
}

/// The whole file in one thread.
pub fn everything() {
    for class in
        [weak_numbers, weak_games, weak_measurements, weak_squares, weak_messages_behaviours_and_data, weak_bombs]
    {
        class();
    }
}
