//! Certificates made by hand: CHSH from a Pythagorean triple, and small helpers.

use std::cell::RefCell;

use bellwether::check::{Limits, Proved, Reject, RejectCode, check};
use serde_json::{Value, json};

thread_local! {
    /// Every text this thread has checked, for the comparison with the second checker.
    static RECORD: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

pub fn take_record() -> Vec<Vec<u8>> {
    RECORD.take()
}

/// Checks a text as a certificate file.
pub fn run_text(text: &[u8]) -> Result<Vec<Proved>, Reject> {
    RECORD.with_borrow_mut(|all| all.push(text.to_vec()));
    check(text, &Limits::default())
}

/// Checks a JSON value as a certificate file.
pub fn run(certificate: &Value) -> Result<Vec<Proved>, Reject> {
    run_text(certificate.to_string().as_bytes())
}

/// The lines of a certificate that must hold.
pub fn lines(certificate: &Value) -> Vec<String> {
    match run(certificate) {
        Ok(proved) => proved.iter().map(ToString::to_string).collect(),
        Err(reject) => panic!("{reject}"),
    }
}

/// The refusal of a certificate that must not hold.
pub fn refusal(certificate: &Value) -> Reject {
    match run(certificate) {
        Err(reject) => reject,
        Ok(proved) => panic!("accepted: {}", proved[0]),
    }
}

/// Asserts that the certificate is refused with this code.
pub fn refused(certificate: &Value, code: RejectCode) {
    let reject = refusal(certificate);
    assert_eq!(reject.code, code, "{reject}");
}

pub fn certificate(game: Value, proofs: Value, conclusions: Value) -> Value {
    json!({"format": "qcert", "version": 1, "game": game, "proofs": proofs, "conclusions": conclusions})
}

/// Win iff a xor b = x and y.
pub fn chsh_game() -> Value {
    let (mut mu, mut win) = (Vec::new(), Vec::new());
    for x in 0..2 {
        for y in 0..2 {
            mu.push(json!([x, y, "1/4"]));
            for a in 0..2 {
                for b in 0..2 {
                    if a ^ b == x & y {
                        win.push(json!([x, y, a, b]));
                    }
                }
            }
        }
    }
    json!({"kind": "game", "name": "chsh", "questions": [2, 2], "answers": [2, 2], "mu": mu, "win": win})
}

/// A Gaussian integer as it stands in a file.
pub fn z(re: i64, im: i64) -> Value {
    json!([re.to_string(), im.to_string()])
}

/// The two-outcome measurement (I +- (c Z + s X)/h)/2 over the denominator 2h.
pub fn qubit(h: i64, c: i64, s: i64) -> Value {
    json!({"den": (2 * h).to_string(), "m": [
        [[z(h + c, 0), z(s, 0)], [z(s, 0), z(h - c, 0)]],
        [[z(h - c, 0), z(-s, 0)], [z(-s, 0), z(h + c, 0)]],
    ]})
}

/// Bell state; Z, X for Alice; (20 Z +- 21 X)/29 for Bob: value 1/2 + 41/116 = 99/116.
pub fn chsh_lower() -> Value {
    json!({
        "id": "q", "type": "quantum_lower", "value": "99/116", "dims": [2, 2],
        "state": [[z(1, 0), z(0, 0), z(0, 0), z(1, 0)]],
        "povm": [[qubit(1, 1, 0), qubit(1, 0, 1)], [qubit(29, 20, 21), qubit(29, 20, -21)]],
    })
}

/// The CHSH certificate with advantage 99/116 - 3/4 = 3/29.
pub fn chsh() -> Value {
    certificate(
        chsh_game(),
        json!([
            {"id": "c", "type": "classical_upper", "value": "3/4"},
            {"id": "d", "type": "classical_lower", "value": "3/4", "strategy": [[0, 0], [0, 0]]},
            chsh_lower(),
        ]),
        json!([
            {"type": "advantage", "lower": "q", "upper": "c", "value": "3/29"},
            {"type": "eps_optimal", "lower": "d", "upper": "c", "value": "0"},
        ]),
    )
}

/// The CHSH certificate reduced to one proof and no conclusions.
pub fn alone(proof: Value) -> Value {
    certificate(chsh_game(), json!([proof]), json!([]))
}

/// A copy of `value` with the member at the JSON pointer replaced.
pub fn with(value: &Value, pointer: &str, new: Value) -> Value {
    let mut copy = value.clone();
    match copy.pointer_mut(pointer) {
        Some(slot) => *slot = new,
        None => panic!("no {pointer}"),
    }
    copy
}

/// The five monomials 1, A_0, A_1, B_0, B_1.
pub fn level_one() -> Value {
    json!([[[], []], [[[0, 0]], []], [[[1, 0]], []], [[], [[0, 0]]], [[], [[1, 0]]]])
}

/// Rows of the two squares A_0 - r (B_0 + B_1) and A_1 - r (B_0 - B_1), r = (37/44)^2, times 1/(4 sqrt r).
pub fn chsh_rows() -> [[i64; 5]; 2] {
    let (u, v) = (37i64 * 37, 44i64 * 44);
    [[2 * u - v, 2 * v, 0, -2 * u, -2 * u], [-v, 0, 2 * v, -2 * u, 2 * u]]
}

/// The denominator of `chsh_rows`.
pub const CHSH_DEN: i64 = 4 * 37 * 44;

pub fn texts(row: &[i64]) -> Vec<String> {
    row.iter().map(ToString::to_string).collect()
}

/// omega_q <= 1/2 + (1 + 2 r^2)/(8 r) = 9048977/10601536 = 0.85355339..
pub fn chsh_upper() -> Value {
    let rows: Vec<Vec<String>> = chsh_rows().iter().map(|row| texts(row)).collect();
    json!({"id": "s", "type": "quantum_upper", "value": "9048977/10601536",
        "blocks": [{"basis": level_one(), "den": CHSH_DEN.to_string(), "rows": rows}]})
}

/// The upper triangle of L^T L for rows L.
pub fn triangle(rows: &[[i64; 5]]) -> Vec<Vec<String>> {
    (0..5).map(|i| (i..5).map(|j| rows.iter().map(|r| r[i] * r[j]).sum::<i64>().to_string()).collect()).collect()
}

/// The same squares as a Gram matrix.
pub fn chsh_gram() -> Value {
    let den = (CHSH_DEN * CHSH_DEN).to_string();
    json!({"id": "s", "type": "quantum_upper", "value": "9048977/10601536",
        "blocks": [{"basis": level_one(), "den": den, "gram": triangle(&chsh_rows())}]})
}

/// sum (-1)^{a + b + x y} E: the CHSH correlator as a functional.
pub fn correlator() -> Value {
    let mut rows = Vec::new();
    for k in 0..16 {
        let (x, y, a, b) = (k >> 3, k >> 2 & 1, k >> 1 & 1, k & 1);
        rows.push(json!([x, y, a, b, if a ^ b == x & y { "1" } else { "-1" }]));
    }
    json!(rows)
}

/// The Popescu-Rohrlich box: beta 2, value 4, uniform value 0, so visibility 1/2.
pub fn pr_box() -> Value {
    let p: Vec<&str> =
        (0..16).map(|k| if (k >> 1 & 1) ^ (k & 1) == (k >> 3) & (k >> 2 & 1) { "1/2" } else { "0" }).collect();
    json!({"id": "b", "type": "nonlocal_behaviour", "value": "1/2", "p": p,
        "functional": correlator(), "beta": "2", "visibility": "1/2"})
}

/// 560 rounds, 500 won; bets 17/15 on winning and 3/5 on losing have classical mean exactly 1.
pub fn chsh_data() -> Value {
    let (mut bets, mut counts) = (Vec::new(), Vec::new());
    for k in 0..16 {
        let (x, y, a, b) = (k >> 3, k >> 2 & 1, k >> 1 & 1, k & 1);
        let won = a ^ b == x & y;
        bets.push(json!([x, y, a, b, if won { "17/15" } else { "3/5" }]));
        if won || a == 0 {
            counts.push(json!([x, y, a, b, if won { "125" } else { "15" }]));
        }
    }
    for row in counts.iter_mut().filter(|row| row[4] == "125") {
        row[4] = json!(if row[2] == 0 { "62" } else { "63" });
    }
    json!({"id": "e", "type": "stat_reject_classical", "value": "1/1000000000000",
        "bets": bets, "counts": counts, "alpha": "1/1000000000000"})
}

/// No messages at all: the algebraic bound.
pub fn chsh_ns() -> Value {
    json!({"id": "n", "type": "ns_upper", "value": "1", "messages": []})
}

/// Every proof type in one certificate.
pub fn everything() -> Value {
    let mut all = chsh();
    let proofs = all["proofs"].as_array_mut().unwrap();
    proofs.extend([chsh_upper(), chsh_ns(), pr_box(), chsh_data()]);
    let conclusions = all["conclusions"].as_array_mut().unwrap();
    conclusions.push(json!({"type": "eps_optimal", "lower": "q", "upper": "s", "value": "1/9000"}));
    all
}
