//! Certificates that must be accepted, and the exact lines they give.

use serde_json::json;

use super::support::*;

#[test]
fn chsh_gives_its_five_lines() {
    assert_eq!(
        lines(&chsh()),
        [
            "PROVED omega_c <= 3/4 = 0.75 (classical_upper c)",
            "PROVED omega_c >= 3/4 = 0.75 (classical_lower d)",
            "PROVED omega_q >= 99/116 >= 0.853448275862 (quantum_lower q)",
            "PROVED omega_q - omega_c >= 3/29 >= 0.103448275862 (advantage q/c)",
            "PROVED omega_c - value(d) <= 0 = 0 (eps_optimal d/c)",
        ]
    );
}

#[test]
fn weaker_claims_hold() {
    let weak = with(&chsh(), "/proofs/0/value", json!("4/5"));
    let weak = with(&weak, "/proofs/2/value", json!("5/6"));
    let weak = with(&weak, "/conclusions/0/value", json!("1/1000"));
    let weak = with(&weak, "/conclusions/1/value", json!("1/20"));
    let weak = lines(&weak);
    assert_eq!(weak.len(), 5);
    // what is printed is what was claimed, not what the witness shows
    assert!(weak[0].starts_with("PROVED omega_c <= 4/5 = 0.8 "));
}

#[test]
fn scaled_states_and_measurements_are_the_same() {
    let scaled = with(
        &chsh(),
        "/proofs/2/state",
        json!([[z(0, 0), z(0, 0), z(0, 0), z(0, 0)], [z(0, -7), z(0, 0), z(0, 0), z(0, -7)]]),
    );
    assert_eq!(lines(&scaled), lines(&chsh()));
    let scaled = with(&chsh(), "/proofs/2/povm/0/0", qubit(5, 5, 0));
    assert_eq!(lines(&scaled), lines(&chsh()));
}

#[test]
fn mixed_states_have_the_average_value() {
    // Half the Bell state, half |00>: 1/2 (99/116) + 1/2 v00; v00 = 1/2 + (1/8)(2 * 20/29) = 39/58.
    let mixed = with(
        &chsh_lower(),
        "/state",
        json!([
            [z(1, 0), z(0, 0), z(0, 0), z(1, 0)],
            [z(1, 0), z(0, 0), z(0, 0), z(0, 0)],
            [z(0, 1), z(0, 0), z(0, 0), z(0, 0)],
        ]),
    );
    let mixed = with(&mixed, "/value", json!("177/232"));
    assert_eq!(lines(&alone(mixed)), ["PROVED omega_q >= 177/232 >= 0.762931034482 (quantum_lower q)"]);
}

#[test]
fn complex_measurements_conjugate_on_one_side() {
    // Perfect correlation of the maximally entangled state needs Bob to measure the transpose.
    let game = json!({"kind": "game", "name": "same", "questions": [1, 1], "answers": [2, 2],
        "mu": [[0, 0, "1"]], "win": [[0, 0, 0, 0], [0, 0, 1, 1]]});
    let y = |sign: i64| {
        json!({"den": "2", "m": [
            [[z(1, 0), z(0, -sign)], [z(0, sign), z(1, 0)]],
            [[z(1, 0), z(0, sign)], [z(0, -sign), z(1, 0)]],
        ]})
    };
    let proof = |bob: i64, value: &str| {
        json!({"id": "q", "type": "quantum_lower", "value": value,
        "dims": [2, 2], "state": [[z(1, 0), z(0, 0), z(0, 0), z(1, 0)]],
        "povm": [[y(1)], [y(bob)]]})
    };
    let of = |bob, value| certificate(game.clone(), json!([proof(bob, value)]), json!([]));
    assert_eq!(lines(&of(-1, "1")).len(), 1);
    assert_eq!(lines(&of(1, "0")).len(), 1);
    assert!(run(&of(1, "1/1000")).is_err());
}

#[test]
fn complex_states_meet_complex_measurements() {
    // |0> + i|1> is the eigenvector of Y to +1, |0> - i|1> the one to -1: a transposed measurement takes one for the other.
    let game = json!({"kind": "game", "name": "y", "questions": [1], "answers": [2],
        "mu": [[0, "1"]], "win": [[0, 0]]});
    let y = json!({"den": "2", "m": [
        [[z(1, 0), z(0, -1)], [z(0, 1), z(1, 0)]],
        [[z(1, 0), z(0, 1)], [z(0, -1), z(1, 0)]],
    ]});
    let of = |sign: i64, value: &str| {
        let proof = json!({"id": "q", "type": "quantum_lower", "value": value,
            "dims": [2], "state": [[z(1, 0), z(0, sign)]], "povm": [[y]]});
        certificate(game.clone(), json!([proof]), json!([]))
    };
    assert_eq!(lines(&of(1, "1")).len(), 1);
    assert_eq!(lines(&of(-1, "0")).len(), 1);
    assert!(run(&of(-1, "1/1000")).is_err());
}

#[test]
fn the_trivial_game_is_a_game() {
    let game = json!({"kind": "game", "name": "trivial", "questions": [1], "answers": [1],
        "mu": [[0, "1"]], "win": [[0, 0]]});
    let proofs = json!([
        {"id": "u", "type": "classical_upper", "value": "1"},
        {"id": "q", "type": "quantum_lower", "value": "1", "dims": [1], "state": [[z(3, 4)]],
         "povm": [[{"den": "2", "m": [[[z(2, 0)]]]}]]},
    ]);
    assert_eq!(lines(&certificate(game, proofs, json!([]))).len(), 2);
}

#[test]
fn functionals_may_be_negative() {
    let game = json!({"kind": "functional", "name": "loss", "questions": [2], "answers": [2],
        "coeffs": [[0, 0, "-1/3"], [0, 1, "-1/2"], [1, 0, "-2"]]});
    let proofs = json!([{"id": "u", "type": "classical_upper", "value": "-1/3"},
        {"id": "l", "type": "classical_lower", "value": "-1/3", "strategy": [[0, 1]]}]);
    assert_eq!(
        lines(&certificate(game, proofs, json!([]))),
        [
            "PROVED omega_c <= -1/3 <= -0.333333333333 (classical_upper u)",
            "PROVED omega_c >= -1/3 >= -0.333333333334 (classical_lower l)",
        ]
    );
}

/// The whole file in one thread.
pub fn everything() {
    for class in [
        chsh_gives_its_five_lines,
        weaker_claims_hold,
        scaled_states_and_measurements_are_the_same,
        mixed_states_have_the_average_value,
        complex_measurements_conjugate_on_one_side,
        complex_states_meet_complex_measurements,
        the_trivial_game_is_a_game,
        functionals_may_be_negative,
    ] {
        class();
    }
}
