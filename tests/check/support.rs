//! Certificates made by hand: CHSH from a Pythagorean triple, and small helpers.

use bellwether::check::{Limits, Proved, Reject, RejectCode, check};
use serde_json::{Value, json};

/// Checks a JSON value as a certificate file.
pub fn run(certificate: &Value) -> Result<Vec<Proved>, Reject> {
    check(certificate.to_string().as_bytes(), &Limits::default())
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
