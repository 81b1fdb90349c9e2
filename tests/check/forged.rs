//! Forgeries: each is a valid certificate but for one thing, and is refused for that thing.

use bellwether::check::RejectCode::{self, *};
use bellwether::check::{Limits, check};
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
    let weak = certificate(chsh_game(), json!([{"id": "u", "type": "classical_upper", "value": "100"}]), json!([]));
    assert_eq!(lines(&weak).len(), 1);
    refused(&with(&weak, &format!("/game{pointer}"), new), code);
}

fn refused_text(text: &[u8], code: RejectCode) {
    match run_text(text) {
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
    strategy_with("/dims", json!([0, 2]), Shape);
    strategy_with("/state/0", json!([z(1, 0)]), Shape);
    strategy_with("/povm/0", json!([qubit(1, 1, 0)]), Shape);
    strategy_with("/povm/0/0/m/0/0", json!([z(1, 0)]), Shape);
}

/// Unknown fields in every kind of object, rows and indices of another form.
#[test]
fn fields_and_rows() {
    let all = with(&chsh(), "/proofs/0", chsh_upper());
    let all = with(&all, "/conclusions", json!([]));
    assert_eq!(lines(&all).len(), 3);
    for object in ["", "/game", "/proofs/1", "/proofs/2/povm/0/0", "/proofs/0/blocks/0"] {
        let mut more = all.clone();
        more.pointer_mut(object).unwrap()["comment"] = json!("trust me");
        refused(&more, Shape);
    }
    let mut more = chsh();
    more["conclusions"][0]["comment"] = json!("trust me");
    refused(&more, Shape);
    for row in [json!([0, "1/4", 0]), json!([0, 0, null]), json!([]), json!("1/4")] {
        game_with("/mu/0", row, Shape);
    }
    game_with("/mu/0", json!([0, 0, 1]), Number);
    game_with("/questions", json!([1_000_000_000, 2]), Shape);
    game_with("/questions", json!([-1_000_000_000, 2]), Shape);
    game_with("/win/0", json!([0, 0, 0, 1_000_000_000]), Shape);
    chsh_with("/proofs/0/value", json!(1_000_000_000), Number);
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
    let mu = |rows: [&str; 4]| json!([[0, 0, rows[0]], [0, 1, rows[1]], [1, 0, rows[2]], [1, 1, rows[3]]]);
    game_with("/mu", mu(["1/4", "1/4", "1/4", "1/2"]), Game);
    game_with("/mu", mu(["1/4", "1/4", "1/4", "0"]), Game);
    game_with("/mu", mu(["1/4", "1/4", "3/4", "-1/4"]), Game);
    game_with("/mu", json!([[0, 1, "1/4"], [0, 0, "1/4"], [1, 0, "1/4"], [1, 1, "1/4"]]), Game);
    game_with("/mu", json!([[0, 0, "1/4"], [0, 0, "1/4"], [1, 0, "1/4"], [1, 1, "1/4"]]), Game);
    game_with("/mu", json!([[0, 0, "1/4"], [0, 1, "1/4"], [1, 0, "1/2"]]), Game);
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
    let functional =
        json!({"kind": "functional", "name": "f", "questions": [1], "answers": [2], "coeffs": [[0, 0, "0"]]});
    refused(&certificate(functional, json!([{"id": "u", "type": "classical_upper", "value": "1"}]), json!([])), Game);
}

#[test]
fn strategies() {
    // Every linear check holds in these: only positivity fails, by one unit.
    strategy_with(
        "/povm/0/0/m",
        json!([[[z(2, 0), z(0, 0)], [z(0, 0), z(-1, 0)]], [[z(0, 0), z(0, 0)], [z(0, 0), z(3, 0)]]]),
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
        json!([[[z(0, 0), z(1, 0)], [z(1, 0), z(0, 0)]], [[z(2, 0), z(-1, 0)], [z(-1, 0), z(2, 0)]]]),
        Proof,
    );
    // Positive but not complete.
    strategy_with("/povm/0/0/m/0/1/1", z(1, 0), Proof);
    strategy_with("/povm/0/0/m/0", json!([[z(2, 0), z(1, 0)], [z(1, 0), z(1, 0)]]), Proof);
    // Not Hermitian, with a fine symmetric part and a fine sum.
    strategy_with(
        "/povm/0/0/m",
        json!([[[z(1, 0), z(1, 0)], [z(-1, 0), z(1, 0)]], [[z(1, 0), z(-1, 0)], [z(1, 0), z(1, 0)]]]),
        Proof,
    );
    strategy_with(
        "/povm/0/0/m",
        json!([[[z(1, 1), z(0, 0)], [z(0, 0), z(1, 0)]], [[z(1, -1), z(0, 0)], [z(0, 0), z(1, 0)]]]),
        Proof,
    );
    strategy_with(
        "/povm/0/0/m",
        json!([[[z(1, 0), z(0, 1)], [z(0, 1), z(1, 0)]], [[z(1, 0), z(0, -1)], [z(0, -1), z(1, 0)]]]),
        Proof,
    );
    strategy_with("/povm/0/0/den", json!("0"), Proof);
    strategy_with("/povm/0/0/den", json!("-2"), Proof);
    strategy_with("/povm/0/0/den", json!("4"), Proof);
    strategy_with("/state", json!([[z(0, 0), z(0, 0), z(0, 0), z(0, 0)]]), Proof);
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
    chsh_with("/proofs/0/value", json!("749999999999999999999999999999/1000000000000000000000000000000"), Claim);
    chsh_with("/proofs/1/value", json!("4/5"), Claim);
    chsh_with("/proofs/1/strategy", json!([[1, 0], [0, 0]]), Claim);
    chsh_with("/proofs/1/strategy", json!([[0, 2], [0, 0]]), Proof);
    chsh_with("/proofs/1/strategy", json!([[0, -1], [0, 0]]), Proof);
}

#[test]
fn conclusions() {
    chsh_with("/conclusions/0/value", json!("3448275862069/29000000000000"), Claim);
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
        &with(&weak, "/conclusions", json!([{"type": "eps_optimal", "lower": "q", "upper": "c", "value": "1/2"}])),
        Claim,
    );
    chsh_with("/conclusions/1/upper", json!("d"), Claim);
    chsh_with("/conclusions/1/lower", json!("c"), Claim);
}

#[test]
fn text_level() {
    let text = chsh().to_string();
    refused_text(b"", Shape);
    refused_text(format!("\u{feff}{text}").as_bytes(), Shape);
    refused_text(format!("{text}{{}}").as_bytes(), Shape);
    refused_text(format!("{text},").as_bytes(), Shape);
    refused_text(format!("[{text}]").as_bytes(), Shape);
    refused_text(text.replacen("\"3/4\"", "NaN", 1).as_bytes(), Shape);
    refused_text(text.replacen('{', "{\"version\":1,", 1).as_bytes(), Shape);
    refused_text(text.replace("\"id\":\"c\"", "\"id\":\"c\",\"id\":\"c\"").as_bytes(), Shape);
    refused_text(text.replace("\"value\":\"3/4\"", "\"value\":\"1\",\"value\":\"3/4\"").as_bytes(), Shape);
    refused_text(text.replace("\"id\":\"c\"", "\"\\u0069d\":\"c\"").as_bytes(), Shape);
    refused_text(text.replace("\"id\":\"c\"", "\"id\":\"\\u0063\"").as_bytes(), Shape);
    refused_text(text.replace(":\"3/4\"", ":\"\\u0033/4\"").as_bytes(), Number);
    refused_text(text.replace("\"c\"", "\"\u{441}\"").as_bytes(), Shape);
    refused_text(text.replace(":\"3/4\"", ":\"3/4\t\"").as_bytes(), Shape);
    refused_text(&[text.as_bytes(), b"\xff"].concat(), Shape);
    refused_text(text.replace("\"format\"", "format\"").as_bytes(), Shape);
    refused_text(text.replace("\"version\":1", "\"version\" 1").as_bytes(), Shape);
    refused_text(text.replace("[0,0,\"1/4\"]", "[0 0,\"1/4\"]").as_bytes(), Shape);
    for blank in ["\u{a0}", "\u{c}", "\u{b}", "\u{2003}"] {
        refused_text(text.replace(",\"version\"", &format!(",{blank}\"version\"")).as_bytes(), Shape);
    }
    refused_text(text.replace("\"version\":1", "\"version\":1e999").as_bytes(), Shape);
    refused_text(text.replace("\"version\":1", "\"version\":01").as_bytes(), Shape);
    refused_text(text.replace("\"version\":1", "\"version\":99999999999999999999").as_bytes(), Shape);
    assert!(run_text(format!(" {text}\r\n\t").as_bytes()).is_ok());
}

/// JSON numbers where a text is wanted, of any size and spelling: both checkers give the same reason.
#[test]
fn bare_numbers() {
    let text = chsh().to_string();
    let spelled = [
        "0",
        "7",
        "-7",
        "-0",
        "1.0",
        "1e3",
        "-1E+2",
        "1e-999",
        "0e999",
        "999999999",
        "-999999999",
        "1e9",
        "-1e9",
        "1e308",
        "1000000000.5",
        "-9223372036854775809",
        "18446744073709551616",
        "99999999999999999999",
        "-99999999999999999999",
        "123456789012345678901234567890",
        "1000000000",
        "-1000000000",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "12345678901234567890",
        "18446744073709551615",
        "1e309",
        "-1e309",
        "1e999",
        "1e99999999999999999999",
        "0.1e400",
        "true",
        "false",
    ];
    let none = [
        "01", "-01", "1e+", "1.e1", "1.5.2", "1ee2", "--1", "null", "True", "+1", ".5", "1.", "1e", "NaN", "Infinity",
        "-",
    ];
    let huge = ["9".repeat(400), format!("{}e300", "9".repeat(30)), format!("{}.5", "1".repeat(310))];
    let all = spelled.iter().map(|n| (*n, Number));
    let all = all.chain(none.iter().map(|n| (*n, Shape)));
    for (number, code) in all.chain(huge.iter().map(|n| (n.as_str(), Number))) {
        let value = text.replacen("\"value\":\"3/4\"", &format!("\"value\":{number}"), 1);
        assert_ne!(value, text);
        refused_text(value.as_bytes(), code);
        let row = text.replacen("[0,0,\"1/4\"]", &format!("[0,0,{number}]"), 1);
        assert_ne!(row, text);
        refused_text(row.as_bytes(), code);
        // and where an index is wanted nothing but a small integer will do
        let version = text.replacen("\"version\":1", &format!("\"version\":{number}"), 1);
        refused_text(version.as_bytes(), Shape);
    }
}

/// Limits that were raised: the depth of brackets keeps its bound, and work is counted beyond 64 bits.
#[test]
fn raised_limits() {
    let all = Limits { nesting: u64::MAX, players: u64::MAX, ..Limits::default() };
    assert_eq!(check(&[b'['; 1 << 20], &all).unwrap_err().code, Resource);
    // 32^12 joint answers to a question that nobody asks.
    let (ones, many) = (json!(vec![1; 12]), json!(vec![32; 12]));
    let game = json!({"kind": "functional", "name": "f", "questions": ones, "answers": many, "coeffs": []});
    let proof = json!([{"id": "n", "type": "ns_upper", "value": "0", "messages": []}]);
    let text = certificate(game, proof, json!([])).to_string();
    assert_eq!(check(text.as_bytes(), &all).unwrap_err().code, Resource);
}

/// Two numbers of 5 000 digits: their common divisor is paid for.
#[test]
fn lowest_terms_are_work() {
    let long = format!("{}/1{}", "3".repeat(5000), "0".repeat(4999));
    let text = alone(json!({"id": "u", "type": "classical_upper", "value": long})).to_string();
    assert!(check(text.as_bytes(), &Limits::default()).is_ok());
    let limits = Limits { work: 1_000_000, ..Limits::default() };
    assert_eq!(check(text.as_bytes(), &limits).unwrap_err().code, Resource);
}

#[test]
fn bombs() {
    refused_text(&[b'['; 1 << 20], Resource);
    refused_text(&vec![b' '; (16 << 20) + 1], Resource);
    chsh_with("/proofs/0/value", json!("9".repeat(5001)), Resource);
    chsh_with("/proofs/0/value", json!("x".repeat(5001)), Number);
    chsh_with("/game/questions", json!([65, 2]), Resource);
    chsh_with("/game/answers", json!([2, 33]), Resource);
    chsh_with("/game/answers", json!([2, 999_999_999]), Resource);
    chsh_with("/game/questions", json!([2, 2, 2, 2, 2, 2, 2]), Resource);
    chsh_with("/proofs/2/dims", json!([65, 1]), Resource);
    chsh_with("/proofs/2/dims", json!([999_999_999, 999_999_999]), Resource);
    chsh_with("/proofs/2/state", json!(vec![json!([z(1, 0), z(0, 0), z(0, 0), z(1, 0)]); 9]), Resource);
    chsh_with("/proofs", json!(vec![json!({"id": "c", "type": "classical_upper", "value": "1"}); 65]), Resource);
    let coeffs: Vec<Value> = (0..64).flat_map(|x| (0..64).map(move |y| json!([x, y, 31, 31, "1"]))).collect();
    let game =
        json!({"kind": "functional", "name": "big", "questions": [64, 64], "answers": [32, 32], "coeffs": coeffs});
    refused(&certificate(game, json!([{"id": "u", "type": "classical_upper", "value": "99999"}]), json!([])), Resource);
}

/// Mutates one proof; nothing else is claimed.
fn alone_with(proof: &Value, pointer: &str, new: Value, code: RejectCode) {
    assert_eq!(lines(&alone(proof.clone())).len(), 1);
    refused(&alone(with(proof, pointer, new)), code);
}

#[test]
fn sums_of_squares() {
    let upper = |pointer: &str, new: Value, code| alone_with(&chsh_upper(), pointer, new, code);
    // One unit off: the leftover coefficients are charged, the claimed bound no longer follows.
    upper("/blocks/0/rows/0/0", json!("803"), Claim);
    upper("/blocks/0/rows/1", json!(texts(&[0; 5])), Claim);
    upper("/value", json!("9048976999999999999999999999999999/10601536000000000000000000000000000"), Claim);
    upper("/blocks/0/den", json!((CHSH_DEN - 1).to_string()), Claim);
    upper("/blocks/0/den", json!((CHSH_DEN * CHSH_DEN).to_string()), Claim);
    upper("/blocks/0/den", json!("0"), Proof);
    upper("/blocks/0/den", json!((-CHSH_DEN).to_string()), Proof);
    upper("/blocks/0/rows/0", json!(texts(&[1, 2, 3, 4])), Shape);
    upper("/blocks/0/basis/1", json!([[[0, 1]], []]), Proof);
    upper("/blocks/0/basis/1", json!([[[2, 0]], []]), Proof);
    upper("/blocks/0/basis/1", json!([[[0, -1]], []]), Proof);
    upper("/blocks/0/basis/1", json!([[[0, 0], [0, 0]], []]), Proof);
    upper("/blocks/0/basis/1", json!([[[0, 0]]]), Shape);
    upper("/blocks/0/basis/1", json!([[[0, 0, 0]], []]), Shape);
    upper("/blocks/0/basis/1", json!([[], [[0, 0]]]), Claim);
    let long: Vec<Value> = (0..17).map(|k| json!([k % 2, 0])).collect();
    upper("/blocks/0/basis/1", json!([long, []]), Resource);
    let mut both = chsh_upper();
    both["blocks"][0]["gram"] = json!([]);
    refused(&alone(both), Shape);
    let mut both = chsh_gram();
    both["blocks"][0]["rows"] = json!([]);
    refused(&alone(both), Shape);
    let mut neither = chsh_upper();
    neither["blocks"][0].as_object_mut().unwrap().remove("rows");
    refused(&alone(neither), Shape);
}

#[test]
fn gram_matrices() {
    let gram = |pointer: &str, new: Value, code| alone_with(&chsh_gram(), pointer, new, code);
    // A true identity with an indefinite matrix: shave the constant and claim less than Tsirelson.
    let corner: i64 = triangle(&chsh_rows())[0][0].parse().unwrap();
    let shaved = with(&chsh_gram(), "/blocks/0/gram/0/0", json!((corner - 1).to_string()));
    refused(&alone(with(&shaved, "/value", json!("1"))), Proof);
    // A whole negative matrix, with a value it would show.
    let negative: Vec<Vec<String>> = triangle(&chsh_rows())
        .iter()
        .map(|row| row.iter().map(|v| format!("-{v}").replace("--", "").replace("-0", "0")).collect())
        .collect();
    refused(&alone(with(&with(&chsh_gram(), "/blocks/0/gram", json!(negative)), "/value", json!("9"))), Proof);
    gram("/blocks/0/gram/1/0", json!("0"), Proof);
    gram("/blocks/0/gram/0", json!(texts(&[1; 4])), Shape);
    gram("/blocks/0/gram", json!(texts(&[1; 14])), Shape);
    gram("/blocks/0/gram", json!(texts(&[1; 16])), Shape);
    gram("/blocks/0/gram", json!(texts(&[1; 15])), Claim);
    gram("/blocks/0/gram/4/0", json!("1/2"), Number);
    gram("/blocks/0/den", json!(CHSH_DEN.to_string()), Claim);
}

/// Leading minors, single pivots and blocks that look harmless: the matrices are indefinite, the leftover is charged.
#[test]
fn positivity_traps() {
    let basis = json!([[[], []], [[[0, 0]], []], [[], [[0, 0]]]]);
    let of = |gram: [i64; 6]| {
        alone(json!({"id": "s", "type": "quantum_upper", "value": "1000",
            "blocks": [{"basis": basis, "den": "1", "gram": texts(&gram)}]}))
    };
    for good in [[0; 6], [0, 0, 0, 0, 0, 3], [1, 1, 1, 1, 1, 1]] {
        assert_eq!(lines(&of(good)).len(), 1);
    }
    for bad in [
        [0, 0, 0, 0, 0, -1],
        [0, 1, 0, 5, 0, 5],
        [5, 0, 0, 0, 1, 0],
        [0, 0, 0, 0, 1, 0],
        [1, 1, 1, 1, 1, 0],
        [1, 1, 0, 1, 1, 9],
        [2, 0, 0, 0, 0, -3],
    ] {
        refused(&of(bad), Proof);
    }
}

/// True witnesses under another table: everything is computed anew, and the identity is another.
#[test]
fn other_games() {
    let game = |win: Value, mu: Value| {
        let mut all = with(&chsh(), "/game/win", win);
        all["game"]["mu"] = mu;
        all
    };
    let (win, mu) = (&chsh_game()["win"], &chsh_game()["mu"]);
    let sha = |all: &Value| match run(all) {
        Ok(proved) => proved[0].game_sha256().to_owned(),
        Err(reject) => panic!("{reject}"),
    };
    let honest = sha(&game(win.clone(), mu.clone()));
    // the win table without its last row, with weights moved, and with the players exchanged
    let fewer = json!(win.as_array().unwrap()[..7].to_vec());
    refused(&game(fewer, mu.clone()), Claim);
    let heavier = json!([[0, 0, "1/4"], [0, 1, "1/4"], [1, 0, "1/8"], [1, 1, "3/8"]]);
    refused(&game(win.clone(), heavier), Claim);
    let one_sided = |x: usize, y: usize| {
        let mut mine = chsh_game();
        mine["mu"] = json!([[0, 0, "1/4"], [x, y, "3/4"]]);
        mine["win"] = json!([[0, 0, 0, 0], [x, y, 0, 1]]);
        certificate(mine, json!([{"id": "u", "type": "classical_upper", "value": "1"}]), json!([]))
    };
    let (one, other) = (sha(&one_sided(0, 1)), sha(&one_sided(1, 0)));
    assert!(one != other && one != honest && other != honest);
}

#[test]
fn words_in_the_wrong_order() {
    // The square of A_0 A_1 has the words A_1 A_0 A_1, not A_0 A_1: a checker that multiplies without
    // the star finds the leftover of A_0 A_1 A_0 A_1 smaller.
    let game = json!({"kind": "functional", "name": "word", "questions": [2], "answers": [2], "coeffs": [[0, 0, "1"]]});
    let proof = |value: &str| {
        json!({"id": "s", "type": "quantum_upper", "value": value,
        "blocks": [{"basis": [[[]], [[[0, 0], [1, 0]]], [[[1, 0], [0, 0]]]], "den": "1",
                    "rows": [["0", "1", "0"], ["0", "0", "1"]]}]})
    };
    let of = |value| certificate(game.clone(), json!([proof(value)]), json!([]));
    // E_0 + A_1 A_0 A_1 + A_0 A_1 A_0: three words of weight 1, none of them merge.
    assert_eq!(lines(&of("3")).len(), 1);
    refused(&of("2"), Claim);
}

#[test]
fn messages() {
    let ns = |pointer: &str, new: Value, code| alone_with(&chsh_ns(), pointer, new, code);
    ns("/value", json!("999999999999999999999999999999/1000000000000000000000000000000"), Claim);
    ns("/messages", json!([[0, 0, 0, 0, "1"], [0, 0, 0, 0, "1"]]), Proof);
    ns("/messages", json!([[1, 0, 0, 0, "0"], [0, 0, 0, 0, "0"]]), Proof);
    ns("/messages", json!([[2, 0, 0, 0, "0"]]), Proof);
    ns("/messages", json!([[-1, 0, 0, 0, "0"]]), Proof);
    ns("/messages", json!([[0, 0, 2, 0, "0"]]), Proof);
    ns("/messages", json!([[0, 0, 0, 2, "0"]]), Proof);
    ns("/messages", json!([[0, 0, 0, "0"]]), Proof);
    ns("/messages", json!([["0"]]), Proof);
    ns("/messages", json!([[0, 0, 0, 0, "1/3"]]), Claim);
}

#[test]
fn behaviours() {
    let b = |pointer: &str, new: Value, code| alone_with(&pr_box(), pointer, new, code);
    b("/p/0", json!("-1/2"), Proof);
    b("/p/1", json!("1/2"), Proof);
    b("/p", json!(["1"]), Shape);
    b("/beta", json!("1999/1000"), Claim);
    b("/beta", json!("4"), Claim);
    b("/visibility", json!("49/100"), Claim);
    b("/visibility", json!("-1"), Proof);
    b("/visibility", json!("2"), Proof);
    b("/value", json!("49/100"), Claim);
    b("/value", json!("3/2"), Claim);
    b("/functional/0", json!([0, 0, 0, 2, "1"]), Proof);
    b("/functional/1", json!([0, 0, 0, 0, "1"]), Proof);
    b("/functional/0/4", json!("3"), Claim);
    // Alice sees Bob's question; everything else is in order.
    let mut p: Vec<&str> =
        vec!["1/2", "0", "0", "1/2", "1/2", "0", "0", "1/2", "1/2", "0", "0", "1/2", "0", "1", "0", "0"];
    b("/p", json!(p), Proof);
    // Bob sees Alice's question.
    p.splice(12..16, ["0", "0", "1", "0"]);
    b("/p", json!(p), Proof);
    // Only Bob signals: Alice's answers are fixed where he is asked 1; then only Alice, the other way round.
    let innocent = ["1/2", "0", "0", "1/2"].repeat(3);
    b("/p", json!([innocent.clone(), vec!["1/2", "1/2", "0", "0"]].concat()), Proof);
    b("/p", json!([innocent, vec!["1/2", "0", "1/2", "0"]].concat()), Proof);
    // Negative entries that cancel in every sum.
    let mut p: Vec<String> = pr_box()["p"].as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect();
    for (k, v) in [(0, "3/4"), (1, "-1/4"), (2, "-1/4"), (3, "3/4")] {
        p[k] = v.to_owned();
    }
    b("/p", json!(p), Proof);
}

#[test]
fn signalling_to_a_pair() {
    // a_2 + a_3 = x_1: every single player's marginal is uniform, yet the first signals to the pair.
    let p = |signals: bool| -> Vec<&str> {
        (0..8)
            .map(|k: usize| {
                let (x, b, c) = (k >> 2, k >> 1 & 1, k & 1);
                if b ^ c == if signals { x } else { 0 } { "1/2" } else { "0" }
            })
            .collect()
    };
    let game =
        json!({"kind": "functional", "name": "pair", "questions": [2, 1, 1], "answers": [1, 2, 2], "coeffs": []});
    let of = |signals: bool| {
        certificate(
            game.clone(),
            json!([{"id": "b", "type": "nonlocal_behaviour", "value": "1",
        "p": p(signals), "functional": [[1, 0, 0, 0, 0, 0, "1"]], "beta": "1", "visibility": "1"}]),
            json!([]),
        )
    };
    // The innocent table is classical, so it fails later, at its claim.
    refused(&of(false), Claim);
    refused(&of(true), Proof);
}

#[test]
fn data() {
    let d = |pointer: &str, new: Value, code| alone_with(&chsh_data(), pointer, new, code);
    d("/alpha", json!("1/100000000000000"), Claim);
    d("/alpha", json!("1"), Proof);
    d("/alpha", json!("3/2"), Proof);
    d("/alpha", json!("0"), Proof);
    d("/alpha", json!("-1/2"), Proof);
    d("/value", json!("1/10000000000000"), Claim);
    d("/value", json!("2"), Claim);
    // Unfair by one part in a thousand.
    d("/bets/0/4", json!("17017/15000"), Proof);
    // Negative bets with even counts: the product would be positive.
    d("/bets/2/4", json!("-3/5"), Proof);
    d("/counts/0/4", json!("-62"), Proof);
    d("/counts/0/4", json!("1/2"), Proof);
    d("/counts/0", json!([0, 0, 0, 0, "62000000000000000000"]), Resource);
    d("/counts/1", json!([0, 0, 0, 0, "15"]), Proof);
    // A cell that was played but carries no bet counts as a bet of 0.
    let mut missing = chsh_data();
    missing["bets"].as_array_mut().unwrap().remove(1);
    refused(&alone(missing), Claim);
    // Bets need a question distribution.
    let game = json!({"kind": "functional", "name": "f", "questions": [1], "answers": [1], "coeffs": []});
    let proof =
        json!({"id": "e", "type": "stat_reject_classical", "value": "1/2", "bets": [], "counts": [], "alpha": "1/2"});
    refused(&certificate(game, json!([proof]), json!([])), Proof);
    // Bets on questions that are never asked would be free.
    let game = json!({"kind": "game", "name": "g", "questions": [2], "answers": [1], "mu": [[0, "1"]], "win": []});
    let proof = |counted: i64| {
        json!({"id": "e", "type": "stat_reject_classical", "value": "1/2", "alpha": "1/2",
        "bets": [[1 - counted, 0, "1000"]], "counts": [[1, 0, "1"]]})
    };
    refused(&certificate(game.clone(), json!([proof(0)]), json!([])), Proof);
    let idle = with(&proof(1), "/bets", json!([[0, 0, "1"], [1, 0, "1"]]));
    let idle = with(&idle, "/counts", json!([[0, 0, "1"]]));
    refused(&certificate(game.clone(), json!([idle]), json!([])), Proof);
    let fair = with(&proof(1), "/bets", json!([[0, 0, "1"]]));
    refused(&certificate(game, json!([fair]), json!([])), Proof);
}

#[test]
fn wrong_kinds_in_conclusions() {
    let all = super::support::everything();
    assert_eq!(lines(&all).len(), 10);
    for (lower, upper) in [("b", "c"), ("e", "c"), ("q", "b"), ("q", "e"), ("n", "c"), ("s", "c"), ("q", "d")] {
        let conclusion = json!([{"type": "advantage", "lower": lower, "upper": upper, "value": "1/1000000"}]);
        refused(&with(&all, "/conclusions", conclusion), Claim);
    }
    for (lower, upper) in [("q", "c"), ("s", "n"), ("b", "s"), ("c", "c"), ("q", "q")] {
        let conclusion = json!([{"type": "eps_optimal", "lower": lower, "upper": upper, "value": "9"}]);
        refused(&with(&all, "/conclusions", conclusion), Claim);
    }
    // The no-signalling bound is far above: too small an eps.
    refused(
        &with(&all, "/conclusions", json!([{"type": "eps_optimal", "lower": "q", "upper": "n", "value": "1/9"}])),
        Claim,
    );
}

/// Every limit binds by itself: with one less than the certificate needs it is undecided.
#[test]
fn limits_bind_one_by_one() {
    let text = super::support::everything().to_string();
    let with_limit = |name: &str, value: u64| {
        let mut limits = Limits::default();
        let mut entries = limits.entries().into_iter();
        *entries.find(|entry| entry.0 == name).unwrap().1 = value;
        check(text.as_bytes(), &limits)
    };
    let mut needed = std::collections::BTreeMap::new();
    for (name, usual) in Limits::default().entries() {
        let (mut too_small, mut enough) = (0, *usual);
        while enough - too_small > 1 {
            let middle = too_small + (enough - too_small) / 2;
            match with_limit(name, middle) {
                Ok(_) => enough = middle,
                Err(reject) => {
                    assert_eq!(reject.code, Resource, "{name}={middle}: {reject}");
                    too_small = middle;
                }
            }
        }
        assert_eq!(with_limit(name, enough - 1).unwrap_err().code, Resource);
        needed.insert(name, enough);
    }
    for (name, wanted) in [
        ("file", text.len() as u64),
        ("players", 2),
        ("questions", 2),
        ("answers", 2),
        ("dimension", 4),
        ("basis", 5),
        ("blocks", 1),
        ("word", 1),
        ("proofs", 7),
        ("enumeration", 4),
    ] {
        assert_eq!(needed[name], wanted, "{name}");
    }
}

/// The whole suite in one thread.
pub fn everything() {
    for class in [
        shapes,
        fields_and_rows,
        numbers,
        games,
        strategies,
        claims,
        conclusions,
        text_level,
        bare_numbers,
        bombs,
        sums_of_squares,
        gram_matrices,
        positivity_traps,
        other_games,
        words_in_the_wrong_order,
        messages,
        behaviours,
        signalling_to_a_pair,
        data,
        wrong_kinds_in_conclusions,
    ] {
        class();
    }
}
