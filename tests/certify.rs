//! From floats to proofs: what is emitted is accepted, close to what the floats said, and exact where it can be.

use bellwether::bound::certify::{DEFAULT_BITS, Draft, ExactStrategy, component_questions, recognise, tight_blocks};
use bellwether::bound::membership::{Membership, Options as MembershipOptions, local_membership};
use bellwether::bound::{local, no_signalling, npa, seesaw};
use bellwether::check::{Kind, Limits, Proved, RejectCode, check};
use bellwether::game::{Behaviour, Game, Rational, Scenario, catalog, to_f64};
use bellwether::strategy::{Deterministic, QuantumStrategy};
use num_bigint::BigInt;
use serde_json::{Value, json};

fn game(name: &str) -> Game {
    catalog::lookup(name).unwrap().game
}

fn ratio(p: i64, q: i64) -> Rational {
    Rational::new(p.into(), q.into())
}

fn best(game: &Game, dims: &[usize], restarts: usize) -> QuantumStrategy {
    let mut options = seesaw::Options::new(dims.to_vec());
    options.restarts = restarts;
    seesaw::lower_bound(game, &options).unwrap().strategy
}

fn proved(draft: &Draft) -> Vec<Proved> {
    check(draft.text().as_bytes(), &Limits::default()).unwrap_or_else(|e| panic!("{e}"))
}

fn value(proved: &[Proved], kind: Kind) -> Rational {
    let found = proved.iter().find(|p| p.kind() == kind);
    found.unwrap_or_else(|| panic!("no {kind:?}")).value().clone()
}

/// The claim of the project's that no solver can make: 209/324 and 209/648 are *the* quantum values.
#[test]
fn tetra_and_cube_are_solved_exactly() {
    for (name, wanted) in [("rendezvous-k4", ratio(209, 324)), ("rendezvous-cube", ratio(209, 648))] {
        let game = game(name);
        let found = best(&game, &[3, 3], 24);
        let exact = recognise(&found, &component_questions(&game)).expect(name);
        assert_eq!(exact.value(&game), wanted, "{name}");
        let blocks = tight_blocks(&game, &exact).expect(name);
        let mut draft = Draft::new(&game);
        let classical = local::maximum(&game, &local::Options::default()).unwrap();
        draft.classical(&classical.upper, &classical.strategy, &[]);
        assert_eq!(draft.strategy("strategy", &exact), wanted);
        assert_eq!(draft.gram(&blocks).unwrap(), wanted);
        draft.conclude("strategy");
        let all = proved(&draft);
        assert_eq!(value(&all, Kind::EpsOptimal), ratio(0, 1), "{name}");
        assert_eq!(value(&all, Kind::Advantage), &wanted - &classical.upper);

        // One unit off the corner lowers the bound below the truth; only positivity stands against it.
        let mut forged: Value = serde_json::from_str(&draft.text()).unwrap();
        forged["conclusions"] = json!([]);
        let upper = forged["proofs"].as_array_mut().unwrap().remove(3);
        assert_eq!(upper["type"], "quantum_upper");
        forged["proofs"] = json!([upper]);
        let refused = |forged: &Value, code: RejectCode| {
            let verdict = check(forged.to_string().as_bytes(), &Limits::default());
            assert_eq!(verdict.unwrap_err().code, code);
        };
        assert!(check(forged.to_string().as_bytes(), &Limits::default()).is_ok());
        let mut lower = forged.clone();
        let corner = &mut lower["proofs"][0]["blocks"][0]["gram"][0][0];
        let unit: BigInt = corner.as_str().unwrap().parse().unwrap();
        *corner = json!((unit - 1i32).to_string());
        refused(&lower, RejectCode::Proof);
        // The true bound less 10^-30.
        let tiny = Rational::new(1.into(), BigInt::from(10).pow(30));
        forged["proofs"][0]["value"] = json!((&wanted - tiny).to_string());
        refused(&forged, RejectCode::Claim);
    }
}

#[test]
fn strategies_that_are_not_optimal_have_no_tight_squares() {
    let game = game("rendezvous-k4");
    // the best classical strategy as a quantum one of dimension 1
    let classical = local::maximum(&game, &local::Options::default()).unwrap();
    let found = best(&game, &[1, 1], 8);
    let exact = recognise(&found, &component_questions(&game)).unwrap();
    assert!(exact.value(&game) <= classical.upper);
    assert!(tight_blocks(&game, &exact).is_none());
    // Tsirelson's value is irrational
    let chsh = self::game("chsh");
    assert!(recognise(&best(&chsh, &[2, 2], 8), &component_questions(&chsh)).is_none());
}

#[test]
fn perfect_strategies_are_recognised() {
    for (name, dims) in [("ghz", vec![2; 3]), ("magic-square", vec![4; 2]), ("ghz4", vec![2; 4])] {
        let game = game(name);
        let exact = recognise(&best(&game, &dims, 48), &component_questions(&game)).expect(name);
        assert_eq!(exact.value(&game), ratio(1, 1), "{name}");
        let mut draft = Draft::new(&game);
        draft.strategy("strategy", &exact);
        let ns = no_signalling::maximum(&game).unwrap();
        assert_eq!(draft.messages(&ns.messages).unwrap(), ratio(1, 1));
        draft.conclude("strategy");
        assert_eq!(value(&proved(&draft), Kind::EpsOptimal), ratio(0, 1));
    }
}

/// E E = E and the identity, in integers; the value moves by the square of the rounding.
#[test]
fn cayley_rounding_is_exactly_projective_and_second_order() {
    for (name, dims) in [("chsh", vec![2, 2]), ("ghz", vec![2; 3]), ("rendezvous-k4", vec![3, 3])] {
        let game = game(name);
        let found = best(&game, &dims, 24);
        let float = game.value(&found.behaviour().unwrap()).unwrap();
        for (bits, loss) in [(12, 1e-6), (20, 1e-11)] {
            let exact = ExactStrategy::round_projective(&found, bits).unwrap();
            for povm in exact.povms.iter().flatten() {
                for m in &povm.elements {
                    let at = |r: usize, s: usize| &m[r][s];
                    let d = m.len();
                    for (r, s) in (0..d).flat_map(|r| (0..d).map(move |s| (r, s))) {
                        let (mut re, mut im) = (BigInt::from(0), BigInt::from(0));
                        for k in 0..d {
                            re += &at(r, k).re * &at(k, s).re - &at(r, k).im * &at(k, s).im;
                            im += &at(r, k).re * &at(k, s).im + &at(r, k).im * &at(k, s).re;
                        }
                        assert_eq!(re, &povm.den * &at(r, s).re);
                        assert_eq!(im, &povm.den * &at(r, s).im);
                    }
                }
            }
            let mut draft = Draft::new(&game);
            let claimed = draft.strategy("strategy", &exact);
            assert_eq!(proved(&draft).len(), 1);
            let gap = float - to_f64(&claimed);
            assert!(gap < loss && gap > -1e-12, "{name} {bits}: {gap:.1e}");
            // the dyadic way loses in first order
            let dyadic = ExactStrategy::round(&found, bits).unwrap().value(&game);
            assert!(float - to_f64(&dyadic) < 20.0 * (2f64).powi(-(bits as i32)));
        }
    }
}

/// Proven upper bound minus the optimum of the level, at 40 bits.
#[test]
fn proven_bounds_are_close_to_the_optima() {
    for (name, level, optimum, close) in [
        ("chsh", "1", (2.0 + 2f64.sqrt()) / 4.0, 1e-9),
        ("chsh", "1+ab", (2.0 + 2f64.sqrt()) / 4.0, 1e-9),
        ("ghz", "1+ab", 1.0, 1e-9),
        ("i3322", "2", 0.250_939_721_6, 1e-9),
        ("rendezvous-k4", "1+ab", 209.0 / 324.0, 1e-8),
    ] {
        let game = game(name);
        let options = npa::Options { tolerance: 1e-10, ..npa::Options::default() };
        let bound = npa::upper_bound(&game, &level.parse().unwrap(), &options).unwrap();
        let mut draft = Draft::new(&game);
        let claimed = draft.squares(&bound.dual, DEFAULT_BITS).unwrap();
        assert_eq!(value(&proved(&draft), Kind::QuantumUpper), claimed);
        let gap = to_f64(&claimed) - optimum;
        println!("{name} {level}: {gap:.2e} above the optimum");
        assert!(gap > -1e-10 && gap <= close, "{name} {level}: {gap:.2e}");
    }
}

#[test]
fn long_enumerations_become_searches() {
    let game = game("rendezvous-petersen");
    let classical = local::maximum(&game, &local::Options::default()).unwrap();
    let mut draft = Draft::new(&game);
    draft.classical(&classical.upper, &classical.strategy, &[]);
    draft.conclude_classical();
    assert!(draft.text().contains("\"order\":[["));
    let all = proved(&draft);
    assert_eq!(value(&all, Kind::ClassicalUpper), classical.upper);
    assert_eq!(value(&all, Kind::EpsOptimal), &classical.upper - &classical.lower);
    // a bound that is too low is not proved by any order
    let mut draft = Draft::new(&game);
    draft.classical(&(&classical.upper - ratio(1, 1_000_000)), &classical.strategy, &[]);
    let limits = Limits { enumeration: 1_000_000, ..Limits::default() };
    assert!(check(draft.text().as_bytes(), &limits).is_err());
}

fn behaviour_proof(p: &Behaviour) -> Rational {
    let options = MembershipOptions::default();
    let Membership::Nonlocal(found) = local_membership(p, &options).unwrap() else {
        panic!("local");
    };
    let mut draft = Draft::new(&found.inequality.game);
    let visibility = draft.behaviour(p, &found.inequality).unwrap();
    assert_eq!(value(&proved(&draft), Kind::NonlocalBehaviour), visibility);
    visibility
}

#[test]
fn behaviours_get_their_certificate() {
    let two = Scenario::new(vec![2, 2], vec![2, 2]).unwrap();
    let pr = Behaviour::from_fn(two, |x, a| if a[0] ^ a[1] == x[0] & x[1] { 0.5 } else { 0.0 });
    assert_eq!(behaviour_proof(&pr.unwrap()), ratio(1, 2));
    // Tsirelson's point is local below visibility 1/sqrt 2
    let chsh = game("chsh");
    let p = best(&chsh, &[2, 2], 8).behaviour().unwrap();
    assert!((to_f64(&behaviour_proof(&p)) - 0.5f64.sqrt()).abs() < 1e-9);
}

#[test]
fn polishing_climbs_and_never_falls() {
    for (name, dims, top) in [("chsh", vec![2, 2], (2.0 + 2f64.sqrt()) / 4.0), ("ghz", vec![2; 3], 1.0)] {
        let game = game(name);
        let mut options = seesaw::Options::new(dims);
        options.restarts = 1;
        options.iterations = 1;
        options.tolerance = 1.0;
        let rough = seesaw::lower_bound(&game, &options).unwrap();
        let noise = rough.strategy.rho().with_white_noise(0.8).unwrap();
        let noisy = rough.strategy.on_state(noise).unwrap();
        let before = game.value(&noisy.behaviour().unwrap()).unwrap();
        let options = seesaw::Options::new(noisy.dims().to_vec());
        let polished = seesaw::polish(&game, &noisy, &options).unwrap();
        assert!(polished.value >= before);
        assert!(polished.value > top - 1e-9, "{name}: {}", polished.value);
        let again = seesaw::polish(&game, &polished.strategy, &options).unwrap();
        assert!(again.value >= polished.value);
    }
}

#[test]
fn a_draft_concludes_only_what_follows() {
    let chsh = game("chsh");
    let s = chsh.scenario();
    let classical = Deterministic::new(s, vec![vec![0, 0], vec![0, 0]]).unwrap();
    let mut draft = Draft::new(&chsh);
    draft.classical(&ratio(3, 4), &classical, &[]);
    // dimension 1: no advantage to conclude
    let flat = ExactStrategy::round(&best(&chsh, &[1, 1], 4), 20).unwrap();
    assert!(draft.strategy("strategy", &flat) <= ratio(3, 4));
    draft.conclude("strategy");
    assert!(proved(&draft).iter().all(|p| p.kind() != Kind::Advantage));
    assert!(ExactStrategy::round(&best(&chsh, &[2, 2], 4), 3).is_err());
    assert!(ExactStrategy::round_projective(&best(&chsh, &[2, 2], 4), 51).is_err());
}
