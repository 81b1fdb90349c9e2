//! Classical bounds by branch and bound, and bounds carried over to a sampled game.

use bellwether::check::RejectCode::{self, *};
use bellwether::check::num::Rational;
use bellwether::check::{Certificate, Limits};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::{Value, json};

use super::examples;
use super::support::*;

fn tree(order: Value, messages: Option<Value>, value: &str) -> Value {
    let mut proof = json!({"id": "u", "type": "classical_upper", "value": value, "order": order});
    if let Some(messages) = messages {
        proof["messages"] = messages;
    }
    proof
}

fn questions(player: usize, count: usize) -> Vec<Value> {
    (0..count).map(|x| json!([player, x])).collect()
}

#[test]
fn an_order_that_stops_too_early_shows_less() {
    let tetra = examples::tetra();
    let of = |order: Value| certificate(tetra["game"].clone(), json!([tree(order, None, "5/8")]), json!([]));
    refused(&of(json!(questions(0, 1))), Claim);
    assert_eq!(lines(&of(json!(questions(0, 4)))).len(), 1);
}

#[test]
fn a_replayed_search_proves_the_classical_maximum() {
    for (example, count, value, less) in [
        (examples::tetra(), 4, "5/8", "624999999999/1000000000000"),
        (examples::cycle8(), 8, "1/4", "249999999999/1000000000000"),
        (examples::magic_square(), 3, "8/9", "888888888887/1000000000000"),
    ] {
        for player in 0..2 {
            let of = |order: Value, value| {
                certificate(example["game"].clone(), json!([tree(order, None, value)]), json!([]))
            };
            let all = questions(player, count);
            assert_eq!(lines(&of(json!(all), value)).len(), 1);
            refused(&of(json!(all), less), Claim);
            // A weaker claim between two possible values.
            assert_eq!(lines(&of(json!(all), "8999/9000")).len(), 1);
            // Any order will do, and what it leaves out is maximised over: a weaker bound.
            let reversed: Vec<_> = all.iter().rev().collect();
            assert_eq!(lines(&of(json!(reversed), value)).len(), 1);
            assert_eq!(lines(&of(json!(all[..1]), "1")).len(), 1);
            assert_eq!(lines(&of(json!([]), "1")).len(), 1);
        }
    }
}

/// Messages that equal the no-signalling value at the root: nothing is left to search.
#[test]
fn messages_bound_at_the_root() {
    let game = json!({"kind": "game", "name": "guess", "questions": [2, 1], "answers": [1, 2],
        "mu": [[0, 0, "1/2"], [1, 0, "1/2"]], "win": [[0, 0, 0, 0], [1, 0, 0, 1]]});
    let messages = json!([[1, 0, 0, 0, "1/2"], [1, 1, 0, 1, "1/2"]]);
    let of = |m: Option<Value>, v: &str| certificate(game.clone(), json!([tree(json!([]), m, v)]), json!([]));
    refused(&of(None, "1/2"), Claim);
    assert_eq!(lines(&of(Some(messages.clone()), "1/2")).len(), 1);
    refused(&of(Some(messages), "49/100"), Claim);
}

#[test]
fn forged_searches() {
    let of = |order: Value, messages: Option<Value>| alone(tree(order, messages, "1"));
    assert_eq!(lines(&of(json!([[1, 0], [1, 1]]), None)).len(), 1);
    for bad in [
        json!([[0, 0], [0, 0]]),
        json!([[2, 0]]),
        json!([[0, 2]]),
        json!([[-1, 0]]),
        json!([[0, -1]]),
        json!([[0, 0], [1, 0]]),
    ] {
        refused(&of(bad, None), Proof);
    }
    for bad in [json!([[0]]), json!([0, 1]), json!([["0", 1]]), Value::Null] {
        refused(&of(bad, None), Shape);
    }
    let message = |cell: [i64; 4], value: Value| {
        let [i, x, y, a] = cell;
        Some(json!([[i, x, y, a, value]]))
    };
    assert_eq!(lines(&of(json!([]), message([0, 0, 0, 1], json!("0")))).len(), 1);
    refused(&of(json!([]), message([2, 0, 0, 0], json!("0"))), Proof);
    refused(&of(json!([]), message([0, 0, 0, 2], json!("0"))), Proof);
    refused(&of(json!([]), message([0, 0, 0, 0], json!("2/4"))), Number);
    // Messages without an order are read as well.
    let alone_with = |row: Value| alone(json!({"id": "u", "type": "classical_upper", "value": "1", "messages": [row]}));
    assert_eq!(lines(&alone_with(json!([1, 0, 0, 0, "0"]))).len(), 1);
    refused(&alone_with(json!([2, 0, 0, 0, "0"])), Proof);
    // Only this proof type searches.
    let mut lower = json!({"id": "l", "type": "classical_lower", "value": "0", "strategy": [[0, 0], [0, 0]]});
    lower["order"] = json!([]);
    refused(&alone(lower), Shape);
}

/// 2^40 nodes without much to prune: stopped by the limit on work, not by patience.
#[test]
fn an_endless_search_is_cut_short() {
    let (mut mu, mut win) = (Vec::new(), Vec::new());
    for k in 0..1600usize {
        let (x, y) = (k / 40, k % 40);
        mu.push(json!([x, y, "1/1600"]));
        for a in 0..2 {
            win.push(json!([x, y, a, a ^ ((x * x + 3 * x * y + y * y * y) % 7 % 2)]));
        }
    }
    let game = json!({"kind": "game", "name": "w", "questions": [40, 40], "answers": [2, 2], "mu": mu, "win": win});
    let endless = tree(json!(questions(0, 40)), None, "1/2");
    let text = certificate(game, json!([endless]), json!([])).to_string();
    let limits = Limits { work: 100_000_000, ..Limits::default() };
    let refused = bellwether::check::check(text.as_bytes(), &limits);
    assert_eq!(refused.unwrap_err().code, Resource);
}

/// Random functionals, orders and messages: with all questions decided the search shows exactly the maximum.
#[test]
fn random_searches_meet_the_enumeration() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
    for round in 0..40 {
        let players = 2 + round % 2;
        let sizes: Vec<usize> = (0..players).map(|_| rng.random_range(1..3)).collect();
        let answers: Vec<usize> = (0..players).map(|_| rng.random_range(1..4)).collect();
        let number = |rng: &mut Xoshiro256PlusPlus| {
            let v = Rational::new(rng.random_range(-9..10).into(), rng.random_range(1..5).into());
            json!(v.to_string())
        };
        let bounds = [sizes.clone(), answers.clone()].concat();
        let mut coeffs = table(&bounds, |_| number(&mut rng));
        coeffs.retain(|row| row.as_array().and_then(|r| r.last()) != Some(&json!("0")));
        let game = json!({"kind": "functional", "name": "r", "questions": sizes, "answers": answers, "coeffs": coeffs});
        let last = rng.random_range(0..players);
        let mut order: Vec<Value> = (0..players).filter(|&i| i != last).flat_map(|i| questions(i, sizes[i])).collect();
        for k in (1..order.len()).rev() {
            order.swap(k, rng.random_range(0..=k));
        }
        let mut messages = Vec::new();
        for (i, &na) in answers.iter().enumerate() {
            let bounds = [vec![1], sizes.clone(), vec![na]].concat();
            for mut row in table(&bounds, |_| number(&mut rng)) {
                row[0] = json!(i);
                messages.push(row);
            }
        }
        let messages = (round % 3 > 0).then(|| json!(messages));
        let one = |proof: Value| certificate(game.clone(), json!([proof]), json!([]));
        let shown = |proof: Value| {
            let text = one(proof).to_string();
            let all = Certificate::open(text.as_bytes(), &Limits::default()).and_then(Certificate::shown);
            all.unwrap().remove(0)
        };
        let max = shown(json!({"id": "u", "type": "classical_upper", "value": "0"}));
        assert_eq!(shown(tree(json!(order), messages.clone(), "0")), max);
        let below = &max - Rational::new(1.into(), num_bigint::BigInt::from(10).pow(30));
        let claim = |v: &Rational| one(tree(json!(order), messages.clone(), &v.to_string()));
        assert_eq!(lines(&claim(&max)).len(), 1);
        refused(&claim(&below), Claim);
        // fewer decisions give a bound, never below
        order.truncate(order.len() / 2);
        assert!(shown(tree(json!(order), messages, "0")) >= max);
    }
}

/// All rows of a table with the given bounds.
fn table(bounds: &[usize], mut number: impl FnMut(&[usize]) -> Value) -> Vec<Value> {
    let mut rows = Vec::new();
    for k in 0..bounds.iter().product() {
        let (mut rest, mut cell) = (k, vec![0; bounds.len()]);
        for (slot, bound) in cell.iter_mut().zip(bounds).rev() {
            (*slot, rest) = (rest % bound, rest / bound);
        }
        let mut row: Vec<Value> = cell.iter().map(|v| json!(v)).collect();
        row.push(number(&cell));
        rows.push(json!(row));
    }
    rows
}

/// CHSH sampled 1000 times, 250 of each question pair: classical at most 3/4 of the sample.
fn sampled(value: &str, alpha: &str) -> Value {
    let counts: Vec<Value> = (0..4).map(|k| json!([k / 2, k % 2, "250"])).collect();
    certificate(
        chsh_game(),
        json!([
            {"id": "u", "type": "classical_upper", "value": "3/4"},
            {"id": "t", "type": "transfer", "value": value, "upper": "u", "counts": counts, "alpha": alpha},
        ]),
        json!([]),
    )
}

#[test]
fn an_empirical_bound_carries_over() {
    // 1000 kl(3/4, 4/5) = 7.38: enough for 1/1000 (6.91), not for 1/2000 (7.60).
    let found = lines(&sampled("4/5", "1/1000"));
    let wanted = "PROVED omega_c of the sampled game <= 4/5 = 0.8 (transfer t) except with probability 1/1000; \
                  1000 rounds; assuming B1 questions, as many as were decided beforehand, drawn independently \
                  from one distribution, B2 every winning";
    assert!(found[1].starts_with(wanted), "{}", found[1]);
    refused(&sampled("4/5", "1/2000"), Claim);
    refused(&sampled("797/1000", "1/1000"), Claim);
    assert_eq!(lines(&sampled("1", "1/1000000")).len(), 2);
    // An empirical bound of 750.1 wins counts as 751, for which 799/1000 is too low; an odd number of losses turns signs above 1.
    let tight = sampled("799/1000", "1/1000");
    assert_eq!(lines(&tight).len(), 2);
    let more = with(&tight, "/proofs/0/value", json!("7501/10000"));
    refused(&more, Claim);
    refused(&with(&more, "/proofs/1/value", json!("11/10")), Claim);
}

#[test]
fn forged_transfers() {
    let base = sampled("9/10", "1/2");
    assert_eq!(lines(&base).len(), 2);
    let but = |pointer: &str, new: Value, code: RejectCode| {
        refused(&with(&base, &format!("/proofs/1{pointer}"), new), code);
    };
    but("/value", json!("3/4"), Claim);
    but("/value", json!("1/2"), Claim);
    but("/value", json!("11/10"), Claim);
    but("/value", json!("-1/10"), Claim);
    but("/alpha", json!("0"), Proof);
    but("/alpha", json!("-1/2"), Proof);
    but("/alpha", json!("1"), Proof);
    but("/upper", json!("v"), Claim);
    but("/upper", json!("t"), Claim);
    but("/upper", json!(0), Shape);
    but("/counts/0/2", json!("251"), Proof);
    but("/counts/0/2", json!("0"), Proof);
    but("/counts", json!([]), Proof);
    but("/counts/3", json!([2, 0, "250"]), Proof);
    // Frequencies are right, but no numbers of rounds.
    let half: Vec<Value> = (0..4).map(|k| json!([k / 2, k % 2, "1/2"])).collect();
    but("/counts", json!(half), Proof);
    let minus: Vec<Value> = (0..4).map(|k| json!([k / 2, k % 2, "-250"])).collect();
    refused(&with(&base, "/proofs/1/counts", json!(minus)), Proof);
    let many: Vec<Value> = (0..4).map(|k| json!([k / 2, k % 2, "1000000"])).collect();
    but("/counts", json!(many), Resource);
    // A lower bound says nothing, a later proof is not proved yet, a conclusion may not build on it.
    let lower = json!({"id": "u", "type": "classical_lower", "value": "3/4", "strategy": [[0, 0], [0, 0]]});
    refused(&with(&base, "/proofs/0", lower), Claim);
    let swapped = json!([base["proofs"][1], base["proofs"][0]]);
    refused(&with(&base, "/proofs", swapped), Claim);
    let mut more = base.clone();
    more["proofs"].as_array_mut().unwrap().push(chsh_lower());
    more["conclusions"] = json!([{"type": "eps_optimal", "lower": "q", "upper": "t", "value": "1"}]);
    refused(&more, Claim);
    // Questions that are never asked have no row, not even of 0 rounds.
    let game = json!({"kind": "game", "name": "g", "questions": [2], "answers": [1], "mu": [[0, "1"]], "win": []});
    let asked = |counts: Value| {
        let upper = json!({"id": "u", "type": "classical_upper", "value": "0"});
        let proof =
            json!({"id": "t", "type": "transfer", "value": "9/10", "upper": "u", "counts": counts, "alpha": "1/2"});
        certificate(game.clone(), json!([upper, proof]), json!([]))
    };
    assert_eq!(lines(&asked(json!([[0, "10"]]))).len(), 2);
    refused(&asked(json!([[0, "10"], [1, "0"]])), Proof);
    // A functional has no questions that were drawn.
    let table = correlator();
    let game = json!({"kind": "functional", "name": "f", "questions": [2, 2], "answers": [2, 2], "coeffs": table});
    let proofs = json!([{"id": "u", "type": "classical_upper", "value": "2"}, base["proofs"][1]]);
    refused(&certificate(game, proofs, json!([])), Proof);
}

/// Random sampled games: the level shown is that of Hoeffding's bound in its sharp form.
#[test]
fn random_transfers_follow_the_divergence() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(9);
    for _ in 0..30 {
        let (value, alpha) = (rng.random_range(76..100), 1u64 << rng.random_range(1..40));
        let (p, q) = (0.75f64, f64::from(value) / 100.0);
        let divergence = p * (p / q).ln() + (1.0 - p) * ((1.0 - p) / (1.0 - q)).ln();
        let margin = 1000.0 * divergence - (alpha as f64).ln();
        if margin.abs() < 1e-6 {
            continue;
        }
        let text = Rational::new(value.into(), 100.into()).to_string();
        let found = run(&sampled(&text, &format!("1/{alpha}")));
        assert_eq!(found.is_ok(), margin > 0.0, "{value} {alpha}");
    }
}

/// The charges of the specification, to the last unit: with one less the certificate is undecided.
#[test]
fn work_is_counted_to_the_last_unit() {
    let order = json!([[1, 0], [1, 1]]);
    let rare =
        json!([[0, format!("1/1{}", "0".repeat(999))], [1, format!("{0}/1{1}", "9".repeat(999), "0".repeat(999))]]);
    let game = json!({"kind": "game", "name": "rare", "questions": [2], "answers": [1], "mu": rare, "win": [[0, 0]]});
    let bets = json!([[0, 0, "1"], [1, 0, "1/3"]]);
    let data =
        json!([{"id": "e", "type": "stat_reject_classical", "value": "1", "bets": bets, "counts": [], "alpha": "1/2"}]);
    let upper = json!([{"id": "u", "type": "classical_upper", "value": "1"},
        {"id": "t", "type": "transfer", "value": "9/10", "upper": "u", "counts": [[0, "1"], [1, "9"]], "alpha": "1/2"}]);
    for (all, work, code) in [
        (super::support::everything(), 321_942, None),
        (alone(tree(order, None, "1")), 33_118, None),
        (sampled("4/5", "1/1000"), 784_847, None),
        (certificate(game.clone(), data, json!([])), 528_124, Some(Claim)),
        (certificate(game, upper, json!([])), 514_712, Some(Proof)),
    ] {
        let text = all.to_string();
        let with = |work| bellwether::check::check(text.as_bytes(), &Limits { work, ..Limits::default() });
        assert_eq!(with(work).err().map(|e| e.code), code);
        assert_eq!(with(work - 1).unwrap_err().code, Resource);
    }
}

/// The whole file in one thread.
pub fn everything() {
    for class in [
        an_order_that_stops_too_early_shows_less,
        a_replayed_search_proves_the_classical_maximum,
        messages_bound_at_the_root,
        forged_searches,
        random_searches_meet_the_enumeration,
        an_empirical_bound_carries_over,
        forged_transfers,
        random_transfers_follow_the_divergence,
    ] {
        class();
    }
}
