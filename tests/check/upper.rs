//! Sums of squares, messages, behaviours, data: what they prove.

use bellwether::check::game::GameTable;
use bellwether::check::num::Rational;
use bellwether::check::words::{Monomial, star, times};
use bellwether::check::{Certificate, Limits};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::kernels::functional;
use super::support::*;

#[test]
fn every_proof_type_gives_its_line() {
    let lines = lines(&everything());
    let wanted = [
        "PROVED omega_q <= 9048977/10601536 <= 0.853553390754 (quantum_upper s)",
        "PROVED omega_ns <= 1 = 1 (ns_upper n)",
        "PROVED visibility <= 1/2 = 0.5 (nonlocal_behaviour b) above which v p + (1-v) uniform is nonlocal",
        "PROVED probability <= 1/1000000000000 = 0.000000000001 (stat_reject_classical e) that a classical",
        "PROVED omega_q - omega_c >= 3/29",
        "PROVED omega_c - value(d) <= 0 = 0 (eps_optimal d/c)",
        "PROVED omega_q - value(q) <= 1/9000 <= 0.000111111112 (eps_optimal q/s)",
    ];
    assert_eq!(lines.len(), 10);
    for (line, start) in lines.iter().skip(3).zip(wanted) {
        assert!(line.starts_with(start), "{line}");
    }
}

#[test]
fn rows_gram_scaling_order_and_splitting_agree() {
    let rows = lines(&alone(chsh_upper()));
    assert_eq!(lines(&alone(chsh_gram())), rows);
    let gram = chsh_gram();
    let flat: Vec<Value> =
        gram["blocks"][0]["gram"].as_array().unwrap().iter().flat_map(|r| r.as_array().unwrap().clone()).collect();
    assert_eq!(lines(&alone(with(&gram, "/blocks/0/gram", json!(flat)))), rows);
    // Permuted basis, one block for each square, a zero row, both scaled by 3.
    let [first, second] = chsh_rows();
    let reverse = |row: [i64; 5]| texts(&row.iter().rev().map(|v| 3 * v).collect::<Vec<_>>());
    let basis: Vec<Value> = level_one().as_array().unwrap().iter().rev().cloned().collect();
    let den = (3 * CHSH_DEN).to_string();
    let blocks = json!([
        {"basis": basis, "den": den, "rows": [reverse(first), texts(&[0; 5])]},
        {"basis": level_one(), "den": CHSH_DEN.to_string(), "rows": [texts(&second)]},
        {"basis": [], "den": "1", "rows": []},
    ]);
    assert_eq!(lines(&alone(with(&chsh_upper(), "/blocks", blocks))), rows);
    // No squares: 3/4 - (A_0 + B_0)/2 + (A_0 B_0 + A_0 B_1 + A_1 B_0 - A_1 B_1)/2 is charged 3/4 + 1 + 2.
    let none = with(&with(&chsh_upper(), "/blocks", json!([])), "/value", json!("15/4"));
    assert_eq!(lines(&alone(none)).len(), 1);
}

#[test]
fn wide_rows_take_the_long_way() {
    // Above 40 bits the sums are big integers; scaling by 2^40 changes nothing.
    let scale = |v: i64| (i128::from(v) << 40).to_string();
    let rows: Vec<Vec<String>> = chsh_rows().iter().map(|row| row.iter().map(|&v| scale(v)).collect()).collect();
    let wide = with(&chsh_upper(), "/blocks/0/rows", json!(rows));
    let wide = with(&wide, "/blocks/0/den", json!(scale(CHSH_DEN)));
    assert_eq!(lines(&alone(wide)), lines(&alone(chsh_upper())));
}

#[test]
fn messages_are_the_dual_of_the_chained_game() {
    // Win iff a = b on (0,0), (0,1), (1,1) and a != b on (1,0), never asked together: PR-like, NS 1.
    // With only perfect-correlation questions the messages c(x,a)/2 still bound by 1.
    let half = json!([[0, 0, 0, 0, "1/8"], [0, 0, 0, 1, "1/8"]]);
    let proof = with(&chsh_ns(), "/messages", half);
    assert_eq!(lines(&alone(with(&proof, "/value", json!("1")))).len(), 1);
    // A game that no-signalling cannot win: y must be guessed by Alice.
    let game = json!({"kind": "game", "name": "guess", "questions": [1, 2], "answers": [2, 1],
        "mu": [[0, 0, "1/2"], [0, 1, "1/2"]], "win": [[0, 0, 0, 0], [0, 1, 1, 0]]});
    let messages = json!([[0, 0, 0, 0, "1/2"], [0, 0, 1, 1, "1/2"]]);
    let proof = |m: Value, v: &str| json!({"id": "n", "type": "ns_upper", "value": v, "messages": m});
    let of = |m, v| certificate(game.clone(), json!([proof(m, v)]), json!([]));
    assert!(run(&of(json!([]), "1/2")).is_err());
    assert_eq!(lines(&of(messages, "1/2")).len(), 1);
    // The same twice as heavy, with a third question worth 1/2 whatever is answered: messages 1 over the denominator 2.
    let game = json!({"kind": "functional", "name": "guess", "questions": [1, 3], "answers": [2, 1],
        "coeffs": [[0, 0, 0, 0, "1"], [0, 1, 1, 0, "1"], [0, 2, 0, 0, "1/2"], [0, 2, 1, 0, "1/2"]]});
    let messages = json!([[0, 0, 0, 0, "1"], [0, 0, 1, 1, "1"]]);
    assert_eq!(lines(&certificate(game, json!([proof(messages, "3/2")]), json!([]))).len(), 1);
}

#[test]
fn weak_levels_and_visibilities_hold_and_may_be_left_out() {
    let lines_of = |proof: Value| lines(&alone(proof));
    assert_eq!(
        lines_of(
            with(&pr_box(), "/visibility", json!("3/5"))
                .as_object()
                .map(|o| {
                    let mut o = o.clone();
                    o.remove("value");
                    Value::Object(o)
                })
                .unwrap()
        )
        .len(),
        1
    );
    assert!(lines_of(with(&chsh_data(), "/value", json!("1/1000")))[0].starts_with("PROVED probability <= 1/1000"));
    let exact = with(&pr_box(), "/beta", json!("3"));
    let exact = with(&with(&exact, "/visibility", json!("3/4")), "/value", json!("1"));
    assert_eq!(lines_of(exact).len(), 1);
}

/// What the only proof of a certificate shows.
fn shown(certificate: &Value) -> Rational {
    let text = certificate.to_string();
    Certificate::open(text.as_bytes(), &Limits::default()).unwrap().shown().unwrap().remove(0)
}

/// A projective qubit measurement along an exact direction, padded with zero elements.
fn measurement(q: [i64; 4], answers: usize, shift: usize) -> Value {
    let [m, n, p, r] = q;
    let h = (m * m + n * n + p * p + r * r).max(1);
    let (x, y) = (m * m + n * n - p * p - r * r, 2 * (m * r + n * p));
    let w = if h == 1 && q == [0; 4] { 1 } else { 2 * (n * r - m * p) };
    let part = |s: i64| json!([[z(h + s * w, 0), z(s * x, -s * y)], [z(s * x, s * y), z(h - s * w, 0)]]);
    let zero = json!([[z(0, 0), z(0, 0)], [z(0, 0), z(0, 0)]]);
    let mut elements = match answers {
        1 => vec![json!([[z(2 * h, 0), z(0, 0)], [z(0, 0), z(2 * h, 0)]])],
        _ => [vec![part(1), part(-1)], vec![zero; answers - 2]].concat(),
    };
    elements.rotate_left(shift % answers);
    json!({"den": (2 * h).to_string(), "m": elements})
}

type Directions = Vec<([i64; 4], usize)>;

fn strategy(game: &GameTable, state: &[(i64, i64)], directions: &Directions) -> Value {
    let mut next = directions.iter().cycle();
    let povm: Vec<Value> = game
        .scenario
        .questions
        .iter()
        .zip(&game.scenario.answers)
        .map(|(&nq, &na)| json!((0..nq).map(|_| next.next().map(|&(q, s)| measurement(q, na, s))).collect::<Vec<_>>()))
        .collect();
    let row: Vec<Value> = state.iter().map(|&(re, im)| z(re, im)).collect();
    json!({"id": "q", "type": "quantum_lower", "value": "0", "dims": vec![2; game.scenario.players()],
        "state": [row], "povm": povm})
}

fn as_json(game: &GameTable) -> Value {
    let text = game.canonical.replacen('{', "{\"name\":\"random\",", 1);
    serde_json::from_str(&text).unwrap()
}

fn directions() -> impl Strategy<Value = Directions> {
    vec((prop::array::uniform4(-4i64..5), 0usize..3), 4)
}

/// All monomials 1, A, B, A B of a two-player game.
fn basis(game: &GameTable) -> Vec<Value> {
    let letters = |i: usize| -> Vec<Value> {
        let (nq, na) = (game.scenario.questions[i], game.scenario.answers[i]);
        std::iter::once(json!([])).chain((0..nq).flat_map(|x| (0..na - 1).map(move |a| json!([[x, a]])))).collect()
    };
    letters(0).iter().flat_map(|a| letters(1).into_iter().map(move |b| json!([a, b]))).collect()
}

/// Random cases of a property: 300, or as many as `BELLWETHER_CASES` says.
fn config() -> ProptestConfig {
    let set = std::env::var("BELLWETHER_CASES").ok();
    let cases = set.and_then(|n| n.parse().ok()).unwrap_or(300);
    ProptestConfig { cases, max_global_rejects: 10 * cases, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    /// The best end-to-end test: no rows, however bad, ever beat a strategy.
    #[test]
    fn no_random_rows_beat_a_random_strategy(
        game in functional(2..3),
        state in vec((-5i64..6, -5i64..6), 4),
        directions in directions(),
        numbers in vec(-6i64..7, 150),
        den in 4i64..30,
    ) {
        prop_assume!(state.iter().any(|z| *z != (0, 0)));
        let basis = basis(&game);
        let rows: Vec<Vec<String>> = numbers.chunks_exact(basis.len()).take(3).map(texts).collect();
        let proof = json!({"id": "s", "type": "quantum_upper", "value": "0",
            "blocks": [{"basis": basis, "den": den.to_string(), "rows": rows}]});
        let one = |proof: Value| shown(&certificate(as_json(&game), json!([proof]), json!([])));
        let upper = one(proof);
        let ns = one(json!({"id": "n", "type": "ns_upper", "value": "0", "messages": []}));
        let quantum = one(strategy(&game, &state, &directions));
        let classical = one(json!({"id": "c", "type": "classical_upper", "value": "0"}));
        prop_assert!(upper >= quantum && upper >= classical && ns >= quantum && ns >= classical);
    }

    /// Near the optimum there is no slack to hide a mistake in: squares of CHSH with a few units off.
    #[test]
    fn no_disturbed_squares_beat_near_optimal_strategies(noise in vec(-9i64..10, 10), m in 8i64..17, n in 3i64..7) {
        let rows: Vec<Vec<String>> = chsh_rows().iter().zip(noise.chunks_exact(5))
            .map(|(row, noise)| texts(&row.iter().zip(noise).map(|(r, n)| r + n).collect::<Vec<_>>())).collect();
        let upper = shown(&alone(with(&chsh_upper(), "/blocks/0/rows", json!(rows))));
        let (h, c, s) = (m * m + n * n, m * m - n * n, 2 * m * n);
        let povm = json!([[qubit(1, 1, 0), qubit(1, 0, 1)], [qubit(h, c, s), qubit(h, c, -s)]]);
        let lower = shown(&alone(with(&chsh_lower(), "/povm", povm)));
        prop_assert!(upper >= lower);
        prop_assert!(upper < Rational::new(9.into(), 10.into()));
    }

    #[test]
    fn no_random_messages_beat_the_classical_maximum(
        game in functional(1..4),
        numbers in vec(-6i64..7, 64),
    ) {
        let mut rows = Vec::new();
        let mut next = numbers.iter().cycle();
        for i in 0..game.scenario.players() {
            let mut cells: Vec<Vec<usize>> = vec![vec![i]];
            for &nq in &game.scenario.questions {
                cells = cells.iter().flat_map(|c| (0..nq).map(|x| [c.clone(), vec![x]].concat()).collect::<Vec<_>>()).collect();
            }
            for cell in cells {
                for a in 0..game.scenario.answers[i] {
                    let mut row: Vec<Value> = cell.iter().map(|v| json!(v)).collect();
                    row.extend([json!(a), json!(next.next().map(ToString::to_string))]);
                    rows.push(json!(row));
                }
            }
        }
        let one = |proof: Value| shown(&certificate(as_json(&game), json!([proof]), json!([])));
        let ns = one(json!({"id": "n", "type": "ns_upper", "value": "0", "messages": rows}));
        let classical = one(json!({"id": "c", "type": "classical_upper", "value": "0"}));
        prop_assert!(ns >= classical);
    }

    /// With one question a player, everybody reaches the algebraic bound and so do the words.
    #[test]
    fn random_strategies_are_between_the_extremes(game in functional(3..4), state in vec((-5i64..6, -5i64..6), 8), directions in directions()) {
        prop_assume!(state.iter().any(|z| *z != (0, 0)));
        let one = |proof: Value| shown(&certificate(as_json(&game), json!([proof]), json!([])));
        let quantum = one(strategy(&game, &state, &directions));
        let ns = one(json!({"id": "n", "type": "ns_upper", "value": "0", "messages": []}));
        let free = one(json!({"id": "s", "type": "quantum_upper", "value": "0", "blocks": []}));
        prop_assert!(quantum <= ns && quantum <= free);
    }

    #[test]
    fn words_form_a_star_monoid(words in vec(vec(vec((0usize..2, 0usize..2), 0..5), 2), 3)) {
        let one: Monomial = vec![vec![]; 2];
        let m: Vec<Option<Monomial>> = words.iter().map(|w| times(&one, w)).collect();
        let product = |a: &Option<Monomial>, b: &Option<Monomial>| times(a.as_ref()?, b.as_ref()?);
        let adjoint = |a: &Option<Monomial>| a.as_ref().map(star);
        prop_assert_eq!(product(&product(&m[0], &m[1]), &m[2]), product(&m[0], &product(&m[1], &m[2])));
        prop_assert_eq!(adjoint(&product(&m[0], &m[1])), product(&adjoint(&m[1]), &adjoint(&m[0])));
        prop_assert_eq!(adjoint(&adjoint(&m[0])), m[0].clone());
        // The normal form of the concatenated words is the product of the normal forms.
        let joined: Monomial = words[0].iter().zip(&words[1]).map(|(a, b)| [a.clone(), b.clone()].concat()).collect();
        if m[0].is_some() && m[1].is_some() {
            prop_assert_eq!(times(&one, &joined), product(&m[0], &m[1]));
        }
        if let Some(m) = &m[0] {
            prop_assert_eq!(times(m, &one), Some(m.clone()));
        }
    }
}
