//! Membership in the local polytope: models that reproduce, inequalities that separate, Proposition 1.

mod common;

use bellwether::bound::classify::classify;
use bellwether::bound::local_lp::vertices;
use bellwether::bound::membership::{
    Columns, Membership, Options, Separation, local_membership, local_membership_with_noise,
};
use bellwether::bound::{Bound, BoundError, Bracket, Evidence, Side, local, nearest_fraction};
use bellwether::game::{Behaviour, Rational, Scenario, to_f64};
use bellwether::strategy::PolicyClass;
use common::games::*;
use num_traits::Signed;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::f64::consts::SQRT_2;

fn pr_box() -> Behaviour {
    Behaviour::from_fn(scenario(&[2, 2], &[2, 2]), |x, a| if a[0] ^ a[1] == x[0] & x[1] { 0.5 } else { 0.0 }).unwrap()
}

/// The quantum optimum of CHSH: correlators +-1/sqrt 2.
fn tsirelson_box() -> Behaviour {
    pr_box().mix(1.0 / SQRT_2, &Behaviour::uniform(scenario(&[2, 2], &[2, 2]))).unwrap()
}

fn separation(p: &Behaviour, options: &Options) -> Separation {
    match local_membership(p, options).unwrap() {
        Membership::Nonlocal(s) => s,
        Membership::Local(m) => panic!("called local, residual {}", m.residual),
    }
}

/// The separation holds in exact arithmetic, with the classical bound computed anew.
fn verify(s: &Separation, p: &Behaviour) {
    let i = &s.inequality;
    let options = local::Options { method: local::Method::Enumeration, split: false, ..Default::default() };
    assert_eq!(local::maximum(&i.game, &options).unwrap().upper, i.classical);
    assert!(i.violation(p).unwrap().is_positive());
    assert!((i.value - to_f64(&i.classical) - to_f64(&i.violation(p).unwrap())).abs() < 1e-6);
    assert!(s.visibility <= s.visibility_proved);
}

#[test]
fn the_pr_box_violates_chsh_with_visibility_one_half() {
    for columns in [Columns::Auto, Columns::Explicit, Columns::Generated] {
        let s = separation(&pr_box(), &Options { columns, ..Options::default() });
        verify(&s, &pr_box());
        assert!((s.visibility - 0.5).abs() < 1e-9, "{columns:?}: {}", s.visibility);
        assert!((s.visibility_proved - 0.5).abs() < 1e-12);
        // it is CHSH: eight vertices of the local polytope are on it, and coefficients are small integers
        let list = vertices(pr_box().scenario()).unwrap();
        let on = list.iter().filter(|d| d.value(&s.inequality.game) == s.inequality.classical).count();
        assert_eq!(on, 8);
        assert!(s.inequality.game.terms().iter().all(|t| t.weight.is_integer() && t.weight.abs() <= rational(4, 1)));
    }
}

#[test]
fn the_tsirelson_box_has_visibility_one_over_root_two() {
    let p = tsirelson_box();
    let s = separation(&p, &Options::default());
    verify(&s, &p);
    assert!((s.visibility_proved - 1.0 / SQRT_2).abs() < 1e-12);
    assert!((s.visibility - 1.0 / SQRT_2).abs() < 1e-9);
    // just inside it is local, just outside not
    let noise = Behaviour::uniform(p.scenario().clone());
    let at = |v: f64| local_membership(&p.mix(v, &noise).unwrap(), &Options::default()).unwrap();
    assert!(matches!(at(s.visibility - 1e-5), Membership::Local(_)));
    assert!(matches!(at(s.visibility + 1e-5), Membership::Nonlocal(_)));
}

#[test]
fn visibility_under_other_noise() {
    // noise that always answers 0: v s.p + (1-v) s.d = classical with CHSH correlators 4, 2 -> any v > 0
    let s = scenario(&[2, 2], &[2, 2]);
    let zero = Behaviour::from_fn(s.clone(), |_, a| f64::from(u8::from(a[0] + a[1] == 0))).unwrap();
    let Membership::Nonlocal(found) = local_membership_with_noise(&pr_box(), &zero, &Options::default()).unwrap()
    else {
        panic!("the PR box is not local");
    };
    verify(&found, &pr_box());
    assert!(found.visibility.abs() < 1e-8);
    // and noise that is not local is refused
    let refused = local_membership_with_noise(&tsirelson_box(), &pr_box(), &Options::default());
    assert!(matches!(refused, Err(BoundError::Unsuitable { .. })));
}

#[test]
fn generated_and_explicit_columns_agree() {
    // the best non-signalling box of rendezvous on K4 is not at hand: distort deterministic strategies instead
    let s = scenario(&[3, 3], &[2, 2]);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
    for _ in 0..12 {
        // correlators at random, marginals uniform: non-signalling
        let e: Vec<f64> = (0..9).map(|_| rng.random_range(-1.0..1.0)).collect();
        let p = Behaviour::from_fn(s.clone(), |x, a| {
            let sign = if a[0] == a[1] { 1.0 } else { -1.0 };
            0.25 * (1.0 + sign * e[3 * x[0] + x[1]])
        })
        .unwrap();
        let run = |columns| local_membership(&p, &Options { columns, ..Options::default() }).unwrap();
        match (run(Columns::Explicit), run(Columns::Generated)) {
            (Membership::Nonlocal(a), Membership::Nonlocal(b)) => {
                verify(&a, &p);
                verify(&b, &p);
                assert!((a.visibility - b.visibility).abs() < 1e-7);
            }
            (Membership::Local(a), Membership::Local(b)) => {
                assert!(a.residual < 1e-6 && b.residual < 1e-6)
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn three_players() {
    // the GHZ behaviour wins GHZ always
    let s = scenario(&[2, 2, 2], &[2, 2, 2]);
    let p = Behaviour::from_fn(s, |x, a| {
        let even = (x[0] + x[1] + x[2]) % 2 == 0;
        let won = a[0] ^ a[1] ^ a[2] == x[0] | x[1] | x[2];
        if !even {
            0.125
        } else if won {
            0.25
        } else {
            0.0
        }
    })
    .unwrap();
    let found = separation(&p, &Options::default());
    verify(&found, &p);
    assert!((found.visibility - 0.5).abs() < 1e-8);
    let generated = separation(&p, &Options { columns: Columns::Generated, ..Options::default() });
    assert!((generated.visibility - 0.5).abs() < 1e-7);
}

#[test]
fn signalling_is_refused() {
    let s = scenario(&[2, 2], &[2, 2]);
    let copy = Behaviour::from_fn(s, |x, a| f64::from(u8::from(a[0] == x[1] && a[1] == x[0]))).unwrap();
    let refused = local_membership(&copy, &Options::default());
    assert!(matches!(refused, Err(BoundError::Signalling { defect, .. }) if defect == 1.0));
    let place = classify(&copy, 1e-6).unwrap();
    assert_eq!((place.smallest, place.local), (PolicyClass::Communication, None));
}

#[test]
fn classification_is_proposition_2() {
    let s = scenario(&[2, 2], &[2, 2]);
    let shared = Behaviour::from_fn(s.clone(), |_, a| if a[0] == a[1] { 0.5 } else { 0.0 }).unwrap();
    for (p, class) in [
        (Behaviour::uniform(s), PolicyClass::Factorised),
        (shared, PolicyClass::SharedRandomness),
        (tsirelson_box(), PolicyClass::NonSignalling),
        (pr_box(), PolicyClass::NonSignalling),
    ] {
        assert_eq!(classify(&p, 1e-7).unwrap().smallest, class);
    }
}

fn small() -> impl Strategy<Value = Scenario> {
    proptest::collection::vec((1usize..4, 1usize..4), 1..4)
        .prop_filter("at most 800 strategies", |v| v.iter().map(|&(q, a)| a.pow(q as u32)).product::<usize>() <= 800)
        .prop_map(|v| {
            let (q, a) = v.into_iter().unzip();
            Scenario::new(q, a).unwrap()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Proposition 1: there are prod A_i^Q_i deterministic strategies, all different, and every mixture of
    /// them is local with a model that reproduces it.
    #[test]
    fn mixtures_of_deterministic_strategies_are_local(s in small(), seed in any::<u64>(), generated in any::<bool>()) {
        let list = vertices(&s).unwrap();
        prop_assert_eq!(list.len() as u128, s.deterministic_count().unwrap());
        prop_assert!(list.windows(2).all(|w| w[0] < w[1]));
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut p = vec![0.0; s.cells()];
        let weights: Vec<f64> = (0..6).map(|_| rng.random_range(0.0..1.0)).collect();
        let total: f64 = weights.iter().sum();
        for w in &weights {
            let d = &list[rng.random_range(0..list.len())];
            for q in 0..s.joint_questions() {
                p[q * s.joint_answers() + d.answer(&s, q)] += w / total;
            }
        }
        let p = Behaviour::new(s.clone(), p).unwrap();
        let columns = if generated { Columns::Generated } else { Columns::Explicit };
        let Membership::Local(model) = local_membership(&p, &Options { columns, ..Options::default() }).unwrap() else {
            return Err(TestCaseError::fail("a mixture was called nonlocal"));
        };
        prop_assert!(model.residual < 1e-6);
        prop_assert!((model.weights.iter().map(|(_, w)| w).sum::<f64>() - 1.0).abs() < 1e-9);
        prop_assert!(model.weights.iter().all(|(_, w)| *w > 0.0));
        let again = model.behaviour(&s).unwrap();
        prop_assert!(again.distance(&p).unwrap() < 1e-5);
        let place = classify(&p, 1e-6).unwrap().smallest;
        prop_assert!(place <= PolicyClass::SharedRandomness);
    }

    /// A bracket exists exactly when lower <= upper.
    #[test]
    fn brackets_cannot_be_inconsistent(a in -50i64..50, b in -50i64..50, q in 1i64..40, exact in any::<[bool; 2]>()) {
        let bound = |side, r: Rational, exact: bool| {
            if exact {
                Bound::certified(PolicyClass::Quantum, side, r, "test", 0.0)
            } else {
                Bound::numerical(PolicyClass::Quantum, side, to_f64(&r), 1e-9, "test", 0.0)
            }
        };
        let (l, u) = (rational(a, q), rational(b, q));
        let made = Bracket::new(bound(Side::Lower, l.clone(), exact[0]), bound(Side::Upper, u.clone(), exact[1]));
        prop_assert_eq!(made.is_ok(), l <= u);
        if let Ok(made) = made {
            prop_assert!(made.lower().value <= made.upper().value);
            prop_assert!(made.gap() >= 0.0);
            prop_assert_eq!(made.is_exact(), l == u && exact[0] && exact[1]);
        }
    }

    #[test]
    fn continued_fractions_recover_fractions(p in -4000i64..4000, q in 1i64..1000, noise in -1e-9..1e-9) {
        prop_assert_eq!(nearest_fraction(p as f64 / q as f64 + noise, 1000).unwrap(), rational(p, q));
    }
}

#[test]
fn brackets_refuse_what_makes_no_sense() {
    let b = |class, side, value| Bound::numerical(class, side, value, 0.0, "test", 0.0);
    let (sr, q) = (PolicyClass::SharedRandomness, PolicyClass::Quantum);
    assert!(Bracket::new(b(sr, Side::Lower, 0.5), b(q, Side::Upper, 0.6)).is_ok());
    assert!(Bracket::new(b(q, Side::Lower, 0.5), b(sr, Side::Upper, 0.6)).is_err());
    assert!(Bracket::new(b(q, Side::Upper, 0.5), b(q, Side::Upper, 0.6)).is_err());
    assert!(Bracket::new(b(q, Side::Lower, f64::NAN), b(q, Side::Upper, 0.6)).is_err());
    assert!(Bracket::point(b(q, Side::Lower, 0.5)).is_err());
    // one unit in the last place above an exact bound is already too much
    let third = Bound::certified(q, Side::Upper, rational(1, 3), "test", 0.0);
    assert!(Bracket::new(b(q, Side::Lower, 1.0 / 3.0), third.clone()).is_ok());
    assert!(Bracket::new(b(q, Side::Lower, (1.0f64 / 3.0).next_up()), third.clone()).is_err());
    // unless a residual says that the number is not that sharp; then it gives way
    let soft = Bound::numerical(q, Side::Lower, 0.333333334, 1e-8, "test", 0.0);
    let made = Bracket::new(soft, third).unwrap();
    assert!(made.lower().value <= made.upper().value);
    assert_eq!(Evidence::Numerical { residual: 1e-8 }.to_string(), "numerical, residual 1.0e-8");
    assert_eq!(Evidence::Sampled { confidence: 0.95 }.to_string(), "sampled, confidence 95%");
}

/// The strategy that wins Tetra with 209/324: bases `H_x (t_x + t_z) / 2` on two maximally entangled qutrits, with
/// `t` the corners of a tetrahedron and `H_x` the reflection at `t_x`.
fn optimal_tetra() -> Behaviour {
    let t = [[1., 1., 1.], [1., -1., -1.], [-1., 1., -1.], [-1., -1., 1.]];
    let vector = |x: usize, a: usize| -> [f64; 3] {
        let z = (0..4).filter(|&z| z != x).nth(a).unwrap();
        let sum: Vec<f64> = (0..3).map(|k| (t[x][k] + t[z][k]) / 2.0).collect();
        let along: f64 = (0..3).map(|k| t[x][k] * sum[k]).sum();
        std::array::from_fn(|k| sum[k] - 2.0 / 3.0 * along * t[x][k])
    };
    Behaviour::from_fn(scenario(&[4, 4], &[3, 3]), |x, a| {
        let (u, v) = (vector(x[0], a[0]), vector(x[1], a[1]));
        (0..3).map(|k| u[k] * v[k]).sum::<f64>().powi(2) / 3.0
    })
    .unwrap()
}

/// Very degenerate: it gives many local strategies probability zero. 6561 strategies, generated as needed.
#[test]
fn the_optimal_tetra_behaviour_violates_an_exact_inequality() {
    let p = optimal_tetra();
    let value = tetra().value(&p).unwrap();
    assert!((value - 209.0 / 324.0).abs() < 1e-14);
    let s = separation(&p, &Options::default());
    verify(&s, &p);
    // better than the game itself, (5/8 - 1/4) / (209/324 - 1/4)
    assert!(s.visibility < 0.8350516 && s.visibility > 0.8350514, "{}", s.visibility);
    assert!(s.visibility_proved < s.visibility + 1e-6, "{}", s.visibility_proved);
    // just below, it is local
    let mixed = |v| p.mix(v, &Behaviour::uniform(p.scenario().clone())).unwrap();
    let inside = local_membership(&mixed(0.835), &Options::default()).unwrap();
    assert!(matches!(inside, Membership::Local(_)));
}
