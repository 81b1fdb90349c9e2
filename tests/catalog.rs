//! Claims: the catalogue holds the games of the literature, and its values are theirs.

use bellwether::game::black_box::probe;
use bellwether::game::{Behaviour, ExecReferee, Game, GameError, Graph, Kind, Rational, Scenario, catalog};
use bellwether::strategy::Deterministic;
use num_traits::One;
use proptest::prelude::*;
use rand::RngExt;
use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};
use serde::Deserialize;
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
struct Known {
    id: String,
    name: String,
    kind: String,
    questions: Vec<usize>,
    answers: Vec<usize>,
    terms: usize,
    sha256: String,
    classical: String,
    quantum: f64,
    dimension: Option<usize>,
    non_signalling: String,
}

fn known() -> Vec<Known> {
    serde_json::from_str(include_str!("data/reference-values.json")).unwrap()
}

fn game(name: &str) -> Game {
    catalog::lookup(name).unwrap().game
}

fn ratio(p: i64, q: i64) -> Rational {
    Rational::new(p.into(), q.into())
}

/// The canonical text of the game's table, without its name.
fn canonical(game: &Game) -> String {
    let s = game.scenario();
    let list = |v: &[usize]| {
        let digits: Vec<String> = v.iter().map(usize::to_string).collect();
        digits.join(",")
    };
    let head = format!("\"questions\":[{}],\"answers\":[{}]", list(s.questions()), list(s.answers()));
    let cell = |q: usize, a: usize| format!("{},{}", list(&s.question(q)), list(&s.answer(a)));
    let terms = game.terms().iter();
    if game.kind() == Kind::Functional {
        let rows: Vec<String> = terms.map(|t| format!("[{},\"{}\"]", cell(t.question, t.answer), t.weight)).collect();
        return format!("{{\"kind\":\"functional\",{head},\"coeffs\":[{}]}}", rows.join(","));
    }
    let mu = game.mu().iter();
    let mu: Vec<String> = mu.map(|(q, w)| format!("[{},\"{w}\"]", list(&s.question(*q)))).collect();
    let win: Vec<String> = terms.map(|t| format!("[{}]", cell(t.question, t.answer))).collect();
    format!("{{\"kind\":\"game\",{head},\"mu\":[{}],\"win\":[{}]}}", mu.join(","), win.join(","))
}

/// The classical value by trying everything: all strategies of all players but one, the best response of that
/// one (the player with most strategies).
fn classical(game: &Game) -> Rational {
    let s = game.scenario();
    let integers = game.integer_form().unwrap();
    let count = |i: usize| (s.answers()[i] as u64).pow(s.questions()[i] as u32);
    let best = (0..s.players()).max_by_key(|&i| count(i)).unwrap();
    let others: Vec<usize> = (0..s.players()).filter(|&i| i != best).collect();
    // digits of the others' strategies, one per (player, question)
    let slots: Vec<(usize, usize)> = others.iter().flat_map(|&i| (0..s.questions()[i]).map(move |x| (i, x))).collect();
    let mut choice = vec![vec![0usize; 0]; s.players()];
    for &i in &others {
        choice[i] = vec![0; s.questions()[i]];
    }
    let cells: Vec<(Vec<usize>, Vec<usize>, i64)> = (game.terms().iter())
        .map(|t| {
            let weight = integers.dense[t.question * s.joint_answers() + t.answer];
            (s.question(t.question), s.answer(t.answer), weight)
        })
        .collect();
    let (nq, na) = (s.questions()[best], s.answers()[best]);
    let mut table = vec![0i64; nq * na];
    let mut optimum = i64::MIN;
    loop {
        table.fill(0);
        for (x, a, weight) in &cells {
            if others.iter().all(|&i| choice[i][x[i]] == a[i]) {
                table[x[best] * na + a[best]] += weight;
            }
        }
        let value = table.chunks(na).map(|row| row.iter().max().unwrap()).sum();
        optimum = optimum.max(value);
        let Some(&(i, x)) = slots.iter().find(|&&(i, x)| choice[i][x] + 1 < s.answers()[i]) else {
            return Rational::new(optimum.into(), integers.denominator);
        };
        choice[i][x] += 1;
        for &(j, y) in slots.iter().take_while(|slot| **slot != (i, x)) {
            choice[j][y] = 0;
        }
    }
}

fn random_strategy(s: &Scenario, rng: &mut Xoshiro256PlusPlus) -> Deterministic {
    let choices = s.questions().iter().zip(s.answers());
    let choices = choices.map(|(&q, &a)| (0..q).map(|_| rng.random_range(0..a)).collect()).collect();
    Deterministic::new(s, choices).unwrap()
}

#[test]
fn thirty_one_games_are_cell_by_cell_those_of_the_independent_definitions() {
    let known = known();
    assert_eq!(known.len(), 31);
    for k in known {
        let game = game(&k.name);
        assert_eq!(game.scenario().questions(), k.questions, "{}", k.id);
        assert_eq!(game.scenario().answers(), k.answers, "{}", k.id);
        let kind = if k.kind == "game" { Kind::WinLose } else { Kind::Functional };
        assert_eq!(game.kind(), kind, "{}", k.id);
        assert_eq!(game.terms().len(), k.terms, "{}", k.id);
        let hash: String = Sha256::digest(canonical(&game).as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hash, k.sha256, "{}: {}", k.id, canonical(&game));
    }
}

#[test]
fn references_are_the_known_values() {
    for k in known() {
        let r = catalog::lookup(&k.name).unwrap().reference;
        assert_eq!(r.classical.unwrap().to_string(), k.classical, "{}", k.id);
        assert_eq!(r.non_signalling.unwrap().to_string(), k.non_signalling, "{}", k.id);
        assert!((r.quantum_lower.unwrap() - k.quantum).abs() < 1e-14, "{}", k.id);
        assert_eq!(r.quantum_dimension, k.dimension, "{}", k.id);
    }
}

#[test]
fn references_are_ordered_as_proposition_2_says() {
    for line in catalog::list() {
        let r = &line.entry.reference;
        let name = line.name;
        let float = bellwether::game::to_f64;
        if let (Some(c), Some(q)) = (&r.classical, r.quantum_lower) {
            assert!(float(c) <= q + 1e-12, "{name}");
        }
        if let (Some(l), Some(u)) = (r.quantum_lower, r.quantum_upper) {
            assert!(l <= u, "{name}");
        }
        if let (Some(u), Some(ns)) = (r.quantum_lower, &r.non_signalling) {
            assert!(u <= float(ns) + 1e-12, "{name}");
        }
        assert!(!r.summary.is_empty() && !r.source.is_empty(), "{name}");
    }
}

#[test]
fn classical_values_by_brute_force() {
    for k in known() {
        assert_eq!(classical(&game(&k.name)).to_string(), k.classical, "{}", k.id);
    }
}

#[test]
fn formulas_of_n_hold_by_brute_force() {
    let names = "chained:2 chained:5 chained:7 odd-cycle:9 mermin:2 mermin:4 mermin:5 parity:2 parity:3 parity:6 \
        gyni:5 cglmp:2 cglmp:6 tilted-chsh:0 tilted-chsh:3/2 hardy chsh-mod:2 rendezvous-cycle:4 rendezvous-cycle:7 \
        rendezvous-cycle:8 rendezvous-cycle:9 rendezvous-cycle:10 rendezvous-cycle:12 rendezvous-complete:3";
    for name in names.split_whitespace() {
        let entry = catalog::lookup(name).unwrap();
        assert_eq!(Some(classical(&entry.game)), entry.reference.classical, "{name}");
    }
}

#[test]
fn every_line_of_the_list_can_be_looked_up_and_is_named_after_itself() {
    let list = catalog::list();
    // a family whose standard member fails would silently be missing
    assert_eq!(list.len(), 35, "{:?}", list.iter().map(|l| l.name).collect::<Vec<_>>());
    for line in list {
        let entry = catalog::lookup(line.name).unwrap();
        assert_eq!(entry, line.entry);
        let dashed = line.name.replace(':', "-");
        let alias = ["ghz4", "ghz5", "tilted-chsh", "random:1:3:3"].contains(&line.name);
        assert!(alias || entry.game.name() == dashed, "{dashed} {}", entry.game.name());
    }
}

#[test]
fn aliases_are_the_same_game() {
    for (one, other) in [
        ("tetra", "rendezvous-k4"),
        ("tetra", "rendezvous-complete:4"),
        ("cube", "rendezvous-cube"),
        ("ghz4", "parity:4"),
        ("rendezvous-c5", "rendezvous-cycle:5"),
        ("tilted-chsh", "tilted-chsh:1/2"),
        ("tilted-chsh:2/4", "tilted-chsh:1/2"),
        ("random:5:2:3", "random:5:2:3:2"),
    ] {
        assert_eq!(catalog::lookup(one), catalog::lookup(other), "{one}");
    }
    assert_eq!(canonical(&game("ghz")), canonical(&game("parity:3")));
    assert_eq!(canonical(&game("chsh")), canonical(&game("chsh-mod:2")));
}

#[test]
fn wrong_parameters_say_what_was_wanted() {
    for (name, wanted) in [
        ("chained:0", "N '0' given, wanted an integer from 2 to 1024"),
        ("chained:abc", "N 'abc' given, wanted"),
        ("chained:1000000000", "wanted an integer from 2 to 1024"),
        ("chained:99999999999999999999999999", "wanted an integer from 2 to 1024"),
        ("chained:+3", "N '+3' given"),
        ("chained", "0 parameters given (written chained:N)"),
        ("chained:3:4", "2 parameters given (written chained:N)"),
        ("chained:\u{1b}[31m", "\\u{1b}"),
        ("cglmp:1", "wanted an integer from 2 to 128"),
        ("odd-cycle:4", "wanted an odd number"),
        ("chsh:2", "1 parameter given (written chsh)"),
        ("tilted-chsh:2", "wanted a fraction from 0 to below 2"),
        ("tilted-chsh:1/0", "wanted a fraction"),
        ("tilted-chsh:-1/2", "wanted a fraction"),
        ("random-xor:1", "1 parameter given (written random-xor:SEED:N)"),
        ("random-xor:-1:3", "seed '-1' given"),
        ("random:1:4000:4000", "more than 16777216 cells"),
        ("random:1:40:40", "2560000 cells asked for, wanted at most 1048576"),
        ("random:1:2:2:17", "wanted an integer from 1 to 16"),
        ("rendezvous-cycle:2", "wanted an integer from 3 to 256"),
        ("rendezvous-k4:0", "number of moves '0' given"),
        ("rendezvous-complete:256", "more than 16777216 cells"),
        ("rendezvous", "no graph file given"),
        ("rendezvous:", "no graph file given"),
        ("rendezvous:no/such/file", "no/such/file: cannot read the graph"),
        ("mermin:11", "wanted an integer from 2 to 10"),
    ] {
        let error = catalog::lookup(name).unwrap_err().to_string();
        assert!(error.contains(wanted), "{name}: {error}");
    }
}

#[test]
fn unknown_names_get_the_nearest() {
    for (name, near) in [
        ("chhs", "'chsh'"),
        ("chsh_x2", "'chsh-x2'"),
        ("magic", "'magic-square'"),
        ("rendezvus-k4", "'rendezvous-k4'"),
        ("chain:3", "'chained'"),
        ("tertra", "'tetra'"),
    ] {
        let error = catalog::lookup(name).unwrap_err();
        assert!(matches!(error, GameError::Unknown { .. }));
        assert!(error.to_string().contains(near), "{name}: {error}");
    }
    let lost = catalog::lookup("quantum-supremacy").unwrap_err().to_string();
    assert!(lost.contains("`bellwether games`"), "{lost}");
    let long = catalog::lookup(&"x".repeat(1 << 20)).unwrap_err().to_string();
    assert!(long.len() < 400);
}

#[test]
fn random_games_are_fixed_by_their_seed() {
    assert_eq!(game("random:3:4:2:3"), game("random:3:4:2:3"));
    assert_ne!(game("random:3:4:2"), game("random:4:4:2"));
    // what everyone must get: the first draws of Xoshiro256++ seeded with 1
    let xor = game("random-xor:1:4");
    let weights: Vec<String> = xor.mu().iter().map(|(_, w)| w.to_string()).collect();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let draws: Vec<u64> = (0..16).map(|_| rng.random::<u64>()).collect();
    let total: u64 = draws.iter().map(|u| 1 + (u >> 61)).sum();
    for (w, u) in weights.iter().zip(&draws) {
        assert_eq!(*w, ratio(1 + (u >> 61) as i64, total as i64).to_string());
    }
    // an XOR game has half its cells winning, two per question
    assert_eq!(xor.terms().len(), 32);
}

#[test]
fn tsirelson_strategies_of_xor_games_reach_the_reference() {
    // For an XOR game p(a = b|xy) = (1 + u_x.v_y)/2 with unit vectors is quantum: planar vectors suffice here.
    let planar = |name: &str, alice: &dyn Fn(f64) -> f64, bob: &dyn Fn(f64) -> f64| {
        let entry = catalog::lookup(name).unwrap();
        let p = Behaviour::from_fn(entry.game.scenario().clone(), |x, a| {
            let e = (alice(x[0] as f64) - bob(x[1] as f64)).cos();
            (1.0 + if a[0] == a[1] { e } else { -e }) / 4.0
        });
        let value = entry.game.value(&p.unwrap()).unwrap();
        let wanted = entry.reference.quantum_lower.unwrap();
        assert!((value - wanted).abs() < 1e-12, "{name}: {value} {wanted}");
    };
    let pi = std::f64::consts::PI;
    planar("chsh", &|x| x * pi / 2.0, &|y| pi / 4.0 - y * pi / 2.0);
    for n in [2.0, 3.0, 4.0, 10.0] {
        let step = pi / n;
        planar(&format!("chained:{n}"), &|x| x * step, &|y| (y + 0.5) * step);
    }
    for n in [3.0, 5.0, 7.0, 21.0] {
        let turn = pi * (n - 1.0) / n;
        let slack = pi / (2.0 * n);
        planar(&format!("odd-cycle:{n}"), &|x| x * turn, &|y| y * turn + slack);
    }
    // Rendezvous on odd cycles: meet means a = b at distance 0 and one of the two ways at distance two.
    for n in [5usize, 7, 11] {
        // numbering along steps of two makes vertices at distance two neighbours
        let along = |v: usize| (0..n).find(|k| 2 * k % n == v).unwrap() as f64;
        let turn = pi * (n as f64 - 1.0) / n as f64;
        planar(&format!("rendezvous-cycle:{n}"), &|x| along(x as usize) * turn, &|y| along(y as usize) * turn);
    }
}

#[test]
fn products_multiply_and_unions_average() {
    let (chsh, ffl) = (game("chsh"), game("ffl"));
    let both = chsh.product(&ffl, "both").unwrap();
    assert_eq!(both.terms().len(), 8 * ffl.terms().len());
    let total: Rational = both.mu().iter().map(|(_, w)| w.clone()).sum();
    assert!(total.is_one());
    assert!(classical(&both) >= classical(&chsh) * classical(&ffl));
    // a product with the game of one question and one answer changes nothing, up to that game's payoff
    let lone = Scenario::new(vec![1, 1], vec![1, 1]).unwrap();
    let trivial = Game::win_lose("trivial", lone, |_| ratio(1, 1), |_, _| true).unwrap();
    assert_eq!(chsh.product(&trivial, "chsh").unwrap(), chsh);
    assert_eq!(trivial.product(&chsh, "chsh").unwrap(), chsh);
    // The XOR of two CHSH games has classical bias 1/2, not 1/4: what quantum players get, (1/sqrt 2)^2.
    let signed = game("tilted-chsh:0");
    let square = signed.product(&signed, "square").unwrap();
    assert_eq!(square.kind(), Kind::Functional);
    assert_eq!(classical(&square), ratio(8, 1));
    assert!(chsh.product(&game("ghz"), "x").is_err());
    assert!(chsh.product(&game("chained:64"), "x").is_ok());
    assert!(game("chained:1024").product(&game("chained:1024"), "x").is_err());
}

#[test]
fn the_cube_is_two_tetrahedra_and_dead_weight() {
    // 1/4 + 1/4 of Tetra, 1/2 that never wins
    let tetra = game("tetra");
    let two = tetra.disjoint_union(&ratio(1, 2), &tetra, "two").unwrap();
    let never = Scenario::new(vec![1, 1], vec![1, 1]).unwrap();
    let never = Game::win_lose("never", never, |_| ratio(1, 1), |_, _| false).unwrap();
    let cube = two.disjoint_union(&ratio(1, 2), &never, "cube-like").unwrap();
    assert_eq!(classical(&cube), classical(&game("cube")));
    assert_eq!(cube.terms().len(), game("cube").terms().len());
    assert!(tetra.disjoint_union(&ratio(3, 2), &tetra, "x").is_err());
    assert!(tetra.disjoint_union(&ratio(-1, 2), &tetra, "x").is_err());
    assert!(tetra.disjoint_union(&ratio(1, 2), &game("ghz"), "x").is_err());
    let hardy = game("hardy");
    assert!(hardy.disjoint_union(&ratio(1, 2), &tetra, "x").is_err());
    let only = hardy.disjoint_union(&Rational::one(), &game("chsh"), "only").unwrap();
    assert_eq!(only.terms().len(), hardy.terms().len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn product_and_union_of_strategies(seed in 0u64..1000, p in 0i64..=7) {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let g = game(&format!("random:{seed}:2:3"));
        let h = game(&format!("random:{}:3:2", seed + 1));
        let (s, t) = (random_strategy(g.scenario(), &mut rng), random_strategy(h.scenario(), &mut rng));
        let product = g.product(&h, "product").unwrap();
        let answers = (0..2).map(|i| {
            let pairs = s.choices()[i].iter().flat_map(|a| t.choices()[i].iter().map(move |b| a * 2 + b));
            pairs.collect()
        });
        let both = Deterministic::new(product.scenario(), answers.collect()).unwrap();
        prop_assert_eq!(both.value(&product), s.value(&g) * t.value(&h));

        let weight = ratio(p, 7);
        let union = g.disjoint_union(&weight, &h, "union").unwrap();
        let joined = (0..2).map(|i| [s.choices()[i].clone(), t.choices()[i].clone()].concat());
        let either = Deterministic::new(union.scenario(), joined.collect()).unwrap();
        let mixed = &weight * s.value(&g) + (Rational::one() - &weight) * t.value(&h);
        prop_assert_eq!(either.value(&union), mixed);
        let optimum = &weight * classical(&g) + (Rational::one() - &weight) * classical(&h);
        prop_assert_eq!(classical(&union), optimum);
    }

    #[test]
    fn no_deterministic_strategy_beats_the_classical_reference(seed in 0u64..1000) {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        for line in catalog::list() {
            let Some(best) = line.entry.reference.classical else { continue };
            let strategy = random_strategy(line.entry.game.scenario(), &mut rng);
            prop_assert!(strategy.value(&line.entry.game) <= best, "{}", line.name);
        }
    }

    #[test]
    fn lookup_never_panics(name in "(chained|rendezvous-cycle|random|random-xor|cglmp|tilted-chsh|gyni|.{0,3}):[0-9a-z:/.-]{0,6}") {
        if let Ok(entry) = catalog::lookup(&name) {
            prop_assert!(entry.game.scenario().cells() > 0);
        }
    }
}

#[test]
fn graph_errors_reach_the_caller() {
    assert!(Graph::complete(1).is_err() && Graph::cycle(2).is_err() && Graph::hypercube(9).is_err());
    assert!(Graph::star(257).is_err() && Graph::path(1).is_err());
}

/// The blocks of one language in docs/add-a-game.md.
fn blocks(language: &str) -> Vec<&'static str> {
    let document = include_str!("../docs/add-a-game.md");
    let fence = format!("```{language}\n");
    let starts = document.split(fence.as_str()).skip(1);
    starts.map(|block| block.split("```").next().unwrap()).collect()
}

#[test]
fn the_document_makes_the_game_it_says() {
    let keep_apart = Game::win_lose(
        "keep-apart",
        Scenario::new(vec![3, 3], vec![3, 3]).unwrap(),
        |_| ratio(1, 9),
        |x, a| a[0] != x[0] && a[1] != x[1] && a[0] != a[1],
    )
    .unwrap();
    assert_eq!(classical(&keep_apart), ratio(8, 9));
    let python = blocks("python");
    assert_eq!(python.len(), 2);

    let written = std::process::Command::new("python3").args(["-c", python[0]]).output().unwrap();
    let mut file: serde_json::Value = serde_json::from_slice(&written.stdout).unwrap();
    let file = file.as_object_mut().unwrap();
    assert_eq!(file.remove("format").unwrap(), "bellwether-game/1");
    assert_eq!(file.remove("name").unwrap(), "keep-apart");
    let table: serde_json::Value = serde_json::from_str(&canonical(&keep_apart)).unwrap();
    assert_eq!(serde_json::Value::Object(file.clone()), table);

    let command = format!("python3 -c {}", shlex::try_quote(python[1]).unwrap());
    let mut referee = ExecReferee::spawn(&command, Default::default()).unwrap();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let seen = probe(&mut referee, 5000, &mut rng).unwrap().empirical("seen").unwrap();
    assert!(seen.deterministic && seen.unknown.is_empty() && seen.unasked.is_empty());
    let cells = |g: &Game| -> Vec<_> { g.terms().iter().map(|t| (t.question, t.answer)).collect() };
    assert_eq!(cells(&seen.game), cells(&keep_apart));
}
