//! Forgeries: each is a valid certificate but for one thing, and is refused for that thing.

use bellwether::check::RejectCode::*;
use bellwether::check::{Limits, RejectCode, check};
use serde_json::{Value, json};

use super::support::*;

/// Mutates the whole CHSH certificate at a pointer.
fn chsh_with(pointer: &str, new: Value, code: RejectCode) {
    refused(&with(&chsh(), pointer, new), code);
}

/// Mutates the quantum strategy; nothing else is claimed and the claimed value is 0.
fn strategy_with(pointer: &str, new: Value, code: RejectCode) {
    let weak = with(&chsh_lower(), "/value", json!("0"));
    assert_eq!(lines(&alone(weak.clone())).len(), 1);
    refused(&alone(with(&weak, pointer, new)), code);
}

/// Mutates the game; the only claim is a bound that every game satisfies.
fn game_with(pointer: &str, new: Value, code: RejectCode) {
    let weak = certificate(
        chsh_game(),
        json!([{"id": "u", "type": "classical_upper", "value": "100"}]),
        json!([]),
    );
    assert_eq!(lines(&weak).len(), 1);
    refused(&with(&weak, &format!("/game{pointer}"), new), code);
}

fn refused_text(text: &[u8], code: RejectCode) {
    match check(text, &Limits::default()) {
        Ok(_) => panic!("accepted"),
        Err(reject) => assert_eq!(reject.code, code, "{reject}"),
    }
}

#[test]
fn shapes() {
    chsh_with("/format", json!("qcert2"), Shape);
    chsh_with("/version", json!(2), Shape);
    chsh_with("/version", json!(true), Shape);
    chsh_with("/version", json!(1.0), Shape);
    chsh_with("/proofs", json!([]), Shape);
    chsh_with("/proofs/0/type", json!("believe_me"), Shape);
    chsh_with("/proofs/0/id", json!("C"), Shape);
    chsh_with("/proofs/0/id", json!("d"), Shape);
    chsh_with("/conclusions/0/type", json!("equality"), Shape);
    chsh_with("/proofs/1/strategy", json!([[0, 0]]), Shape);
    chsh_with("/proofs/1/strategy", Value::Null, Shape);
    let positional = json!(["c", "classical_upper", "3/4"]);
    chsh_with("/proofs/0", positional, Shape);
    let mut extra = chsh();
    extra["proofs"][0]["comment"] = json!("trust me");
    refused(&extra, Shape);
    let mut misplaced = chsh();
    misplaced["proofs"][0]["strategy"] = json!([[0, 0], [0, 0]]);
    refused(&misplaced, Shape);
    let mut missing = chsh();
    missing.as_object_mut().unwrap().remove("conclusions");
    refused(&missing, Shape);
    strategy_with("/dims", json!([2]), Shape);
    strategy_with("/dims", json!([4, 1]), Shape);
    strategy_with("/state/0", json!([z(1, 0)]), Shape);
    strategy_with("/povm/0", json!([qubit(1, 1, 0)]), Shape);
    strategy_with("/povm/0/0/m/0/0", json!([z(1, 0)]), Shape);
}

#[test]
fn numbers() {
    for bad in [
        "6/8",
        "03/4",
        "3/04",
        "+3/4",
        "0.75",
        "3/4 ",
        "\u{663}/\u{664}",
        "3/4\n",
        "-0",
        "3/1",
        "75e-2",
        "",
        "NaN",
        "3/-4",
    ] {
        chsh_with("/proofs/0/value", json!(bad), Number);
        chsh_with("/conclusions/0/value", json!(bad), Number);
    }
    for bad in [json!(0.75), json!(1), json!(true)] {
        chsh_with("/proofs/0/value", bad, Number);
    }
    strategy_with("/state/0/0", json!(["1/2", "0"]), Number);
    strategy_with("/povm/0/0/den", json!("2.0"), Number);
    game_with("/mu/0/2", json!("2/8"), Number);
}

#[test]
fn games() {
    let mu = |rows: [&str; 4]| {
        json!([
            [0, 0, rows[0]],
            [0, 1, rows[1]],
            [1, 0, rows[2]],
            [1, 1, rows[3]]
        ])
    };
    game_with("/mu", mu(["1/4", "1/4", "1/4", "1/2"]), Game);
    game_with("/mu", mu(["1/4", "1/4", "1/4", "0"]), Game);
    game_with("/mu", mu(["1/4", "1/4", "3/4", "-1/4"]), Game);
    game_with(
        "/mu",
        json!([[0, 1, "1/4"], [0, 0, "1/4"], [1, 0, "1/4"], [1, 1, "1/4"]]),
        Game,
    );
    game_with(
        "/mu",
        json!([[0, 0, "1/4"], [0, 0, "1/4"], [1, 0, "1/4"], [1, 1, "1/4"]]),
        Game,
    );
    game_with(
        "/mu",
        json!([[0, 0, "1/4"], [0, 1, "1/4"], [1, 0, "1/2"]]),
        Game,
    );
    game_with("/mu/3", json!([1, 2, "1/4"]), Game);
    game_with("/mu/0", json!([-1, 0, "1/4"]), Game);
    game_with("/win/0", json!([0, 0, 0, 2]), Game);
    game_with("/win/0", json!([0, 0, 0]), Game);
    game_with("/win/1", json!([0, 0, 0, 0]), Game);
    game_with("/answers", json!([2, 0]), Game);
    game_with("/answers", json!([2, 2, 2]), Game);
    game_with("/questions", json!([]), Game);
    game_with("/kind", json!("functional"), Shape);
    game_with("/name", json!("\u{1b}[2J"), Shape);
    let functional = json!({"kind": "functional", "name": "f", "questions": [1], "answers": [2], "coeffs": [[0, 0, "0"]]});
    refused(
        &certificate(
            functional,
            json!([{"id": "u", "type": "classical_upper", "value": "1"}]),
            json!([]),
        ),
        Game,
    );
}

#[test]
fn strategies() {
    // Every linear check holds in these: only positivity fails, by one unit.
    strategy_with(
        "/povm/0/0/m",
        json!([
            [[z(2, 0), z(0, 0)], [z(0, 0), z(-1, 0)]],
            [[z(0, 0), z(0, 0)], [z(0, 0), z(3, 0)]]
        ]),
        Proof,
    );
    strategy_with(
        "/povm/1/0",
        json!({"den": "58", "m": [
        [[z(48, 0), z(21, 0)], [z(21, 0), z(9, 0)]],
        [[z(10, 0), z(-21, 0)], [z(-21, 0), z(49, 0)]]]}),
        Proof,
    );
    strategy_with(
        "/povm/0/0/m",
        json!([
            [[z(0, 0), z(1, 0)], [z(1, 0), z(0, 0)]],
            [[z(2, 0), z(-1, 0)], [z(-1, 0), z(2, 0)]]
        ]),
        Proof,
    );
    // Positive but not complete.
    strategy_with("/povm/0/0/m/0/1/1", z(1, 0), Proof);
    strategy_with(
        "/povm/0/0/m/0",
        json!([[z(2, 0), z(1, 0)], [z(1, 0), z(1, 0)]]),
        Proof,
    );
    // Not Hermitian, with a fine symmetric part and a fine sum.
    strategy_with(
        "/povm/0/0/m",
        json!([
            [[z(1, 0), z(1, 0)], [z(-1, 0), z(1, 0)]],
            [[z(1, 0), z(-1, 0)], [z(1, 0), z(1, 0)]]
        ]),
        Proof,
    );
    strategy_with(
        "/povm/0/0/m",
        json!([
            [[z(1, 1), z(0, 0)], [z(0, 0), z(1, 0)]],
            [[z(1, -1), z(0, 0)], [z(0, 0), z(1, 0)]]
        ]),
        Proof,
    );
    strategy_with(
        "/povm/0/0/m",
        json!([
            [[z(1, 0), z(0, 1)], [z(0, 1), z(1, 0)]],
            [[z(1, 0), z(0, -1)], [z(0, -1), z(1, 0)]]
        ]),
        Proof,
    );
    strategy_with("/povm/0/0/den", json!("0"), Proof);
    strategy_with("/povm/0/0/den", json!("-2"), Proof);
    strategy_with("/povm/0/0/den", json!("4"), Proof);
    strategy_with(
        "/state",
        json!([[z(0, 0), z(0, 0), z(0, 0), z(0, 0)]]),
        Proof,
    );
    strategy_with("/state", json!([]), Proof);
    // The printed matrices of Eq. (23) with sin(2 theta), (c, s) = (3/5, 4/5), (4/5, 3/5): determinant < 0.
    strategy_with(
        "/povm/1/0",
        json!({"den": "25", "m": [
        [[z(16, 0), z(24, 0)], [z(24, 0), z(9, 0)]],
        [[z(9, 0), z(-24, 0)], [z(-24, 0), z(16, 0)]]]}),
        Proof,
    );
}

#[test]
fn claims() {
    let above = "99000000000000000000000000000001/116000000000000000000000000000000";
    chsh_with("/proofs/2/value", json!(above), Claim);
    chsh_with(
        "/proofs/0/value",
        json!("749999999999999999999999999999/1000000000000000000000000000000"),
        Claim,
    );
    chsh_with("/proofs/1/value", json!("4/5"), Claim);
    chsh_with("/proofs/1/strategy", json!([[1, 0], [0, 0]]), Claim);
    chsh_with("/proofs/1/strategy", json!([[0, 2], [0, 0]]), Proof);
    chsh_with("/proofs/1/strategy", json!([[0, -1], [0, 0]]), Proof);
}

#[test]
fn conclusions() {
    chsh_with(
        "/conclusions/0/value",
        json!("3448275862069/29000000000000"),
        Claim,
    );
    chsh_with("/conclusions/0/value", json!("0"), Claim);
    chsh_with("/conclusions/0/value", json!("-1"), Claim);
    chsh_with("/conclusions/0/lower", json!("d"), Claim);
    chsh_with("/conclusions/0/lower", json!("c"), Claim);
    chsh_with("/conclusions/0/upper", json!("q"), Claim);
    chsh_with("/conclusions/0/upper", json!("none"), Claim);
    chsh_with("/conclusions/1/value", json!("-1/100"), Claim);
    // A quantum strategy compared with a classical bound is no optimality, even if the gap is small.
    let weak = with(&chsh(), "/proofs/2/value", json!("3/4"));
    let weak = with(&weak, "/conclusions/0/value", json!("0"));
    refused(
        &with(
            &weak,
            "/conclusions",
            json!([{"type": "eps_optimal", "lower": "q", "upper": "c", "value": "1/2"}]),
        ),
        Claim,
    );
    chsh_with("/conclusions/1/upper", json!("d"), Claim);
    chsh_with("/conclusions/1/lower", json!("c"), Claim);
}

#[test]
fn texts() {
    let text = chsh().to_string();
    refused_text(b"", Shape);
    refused_text(format!("\u{feff}{text}").as_bytes(), Shape);
    refused_text(format!("{text}{{}}").as_bytes(), Shape);
    refused_text(format!("{text},").as_bytes(), Shape);
    refused_text(format!("[{text}]").as_bytes(), Shape);
    refused_text(text.replacen("\"3/4\"", "NaN", 1).as_bytes(), Shape);
    refused_text(text.replacen('{', "{\"version\":1,", 1).as_bytes(), Shape);
    refused_text(
        text.replace("\"id\":\"c\"", "\"id\":\"c\",\"id\":\"c\"")
            .as_bytes(),
        Shape,
    );
    refused_text(
        text.replace("\"value\":\"3/4\"", "\"value\":\"1\",\"value\":\"3/4\"")
            .as_bytes(),
        Shape,
    );
    refused_text(
        text.replace("\"id\":\"c\"", "\"\\u0069d\":\"c\"")
            .as_bytes(),
        Shape,
    );
    refused_text(
        text.replace("\"id\":\"c\"", "\"id\":\"\\u0063\"")
            .as_bytes(),
        Shape,
    );
    refused_text(text.replace(":\"3/4\"", ":\"\\u0033/4\"").as_bytes(), Shape);
    refused_text(text.replace("\"c\"", "\"\u{441}\"").as_bytes(), Shape);
    refused_text(&[text.as_bytes(), b"\xff"].concat(), Shape);
    refused_text(
        text.replace("\"version\":1", "\"version\":1e999")
            .as_bytes(),
        Shape,
    );
    refused_text(
        text.replace("\"version\":1", "\"version\":01").as_bytes(),
        Shape,
    );
    refused_text(
        text.replace("\"version\":1", "\"version\":99999999999999999999")
            .as_bytes(),
        Shape,
    );
    assert!(check(format!(" {text}\r\n\t").as_bytes(), &Limits::default()).is_ok());
}

#[test]
fn bombs() {
    refused_text(&[b'['; 1 << 20], Resource);
    refused_text(&vec![b' '; (16 << 20) + 1], Resource);
    chsh_with("/proofs/0/value", json!("9".repeat(5001)), Resource);
    chsh_with("/game/questions", json!([65, 2]), Resource);
    chsh_with("/game/answers", json!([2, 33]), Resource);
    chsh_with("/game/answers", json!([2, 999_999_999]), Resource);
    chsh_with("/game/questions", json!([2, 2, 2, 2, 2, 2, 2]), Resource);
    chsh_with("/proofs/2/dims", json!([65, 1]), Resource);
    chsh_with(
        "/proofs/2/dims",
        json!([999_999_999, 999_999_999]),
        Resource,
    );
    chsh_with(
        "/proofs/2/state",
        json!(vec![json!([z(1, 0), z(0, 0), z(0, 0), z(1, 0)]); 9]),
        Resource,
    );
    chsh_with(
        "/proofs",
        json!(vec![
            json!({"id": "c", "type": "classical_upper", "value": "1"});
            65
        ]),
        Resource,
    );
    let coeffs: Vec<Value> = (0..64)
        .flat_map(|x| (0..64).map(move |y| json!([x, y, 31, 31, "1"])))
        .collect();
    let game = json!({"kind": "functional", "name": "big", "questions": [64, 64], "answers": [32, 32], "coeffs": coeffs});
    refused(
        &certificate(
            game,
            json!([{"id": "u", "type": "classical_upper", "value": "99999"}]),
            json!([]),
        ),
        Resource,
    );
}
