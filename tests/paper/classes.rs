//! The classes of policies: Eq. 4-7 and 10-13, Propositions 1 and 2.

use super::*;

proptest! {
    #![proptest_config(few())]

    /// Eq. 4: shared randomness is a mixture of products of local policies.
    #[test]
    fn eq_4_shared_randomness_is_a_mixture_of_products(numbers in numbers(), values in 1_usize..5) {
        let (s, mut numbers) = (Scenario::new(vec![2, 3], vec![3, 2]).unwrap(), endless(&numbers));
        let q = distribution(&mut numbers, values);
        let actors: Vec<Vec<Vec<Vec<f64>>>> = (0..2)
            .map(|i| (0..values).map(|_| (0..s.questions()[i]).map(|_| distribution(&mut numbers, s.answers()[i])).collect()).collect())
            .collect();
        let policy = Coordinated::new(s.clone(), Coordinator::SharedRandomness(q.clone()), actors.clone()).unwrap();
        let by_hand = Behaviour::from_fn(s, |h, a| {
            (0..values).map(|x| q[x] * actors[0][x][h[0]][a[0]] * actors[1][x][h[1]][a[1]]).sum()
        })
        .unwrap();
        prop_assert!(policy.behaviour().unwrap().distance(&by_hand).unwrap() < 1e-14);
        prop_assert_eq!(policy.class(), PolicyClass::SharedRandomness);
    }

    /// Proposition 1: every factorised policy is a convex combination of deterministic ones, with product weights;
    /// so SR, their convex hull, is a polytope with finitely many vertices.
    #[test]
    fn proposition_1_shared_randomness_is_the_hull_of_deterministic_policies(numbers in numbers()) {
        let (s, mut numbers) = (Scenario::new(vec![2, 2], vec![3, 2]).unwrap(), endless(&numbers));
        let local: Vec<Vec<Vec<f64>>> = (0..2)
            .map(|i| (0..2).map(|_| distribution(&mut numbers, s.answers()[i])).collect())
            .collect();
        let factorised = Factorised::new(s.clone(), local.clone()).unwrap().behaviour().unwrap();
        let vertices = local_lp::vertices(&s).unwrap();
        let weight = |choices: &[Vec<usize>]| -> f64 {
            (0..2).flat_map(|i| (0..2).map(move |h| (i, h))).map(|(i, h)| local[i][h][choices[i][h]]).product()
        };
        let weights = vertices.iter().map(|v| weight(v.choices())).collect();
        let mixture = SharedRandomness::new(s, weights, vertices).unwrap().behaviour().unwrap();
        prop_assert!(mixture.distance(&factorised).unwrap() < 1e-13);
    }

    /// Eq. 5 for every partition of three players: what a group does is independent of what the others see,
    /// for every entangled policy (Q is inside NS, Proposition 2).
    #[test]
    fn eq_5_entangled_policies_do_not_signal_across_any_partition(numbers in numbers()) {
        let p = quantum(&numbers, &[2, 2, 2], 2, 2).behaviour().unwrap();
        prop_assert!(p.signalling() < 1e-13);
        prop_assert!(signals_across_partitions(&p) < 1e-13);
    }

    /// Eq. 5: one player's question at a time is enough to see every signal.
    #[test]
    fn eq_5_single_changes_decide_all_partitions(numbers in prop::collection::vec(0.0..1.0_f64, 64)) {
        let s = Scenario::new(vec![2; 3], vec![2; 3]).unwrap();
        let table = numbers.chunks_exact(8).flat_map(|row| distribution(&mut row.iter().copied(), 8));
        let p = Behaviour::new(s, table.collect()).unwrap();
        let (single, all) = (p.signalling(), signals_across_partitions(&p));
        prop_assert!(single <= all + 1e-12 && all <= 8.0 * single, "{single} and {all}");
    }

    /// Eq. 6 and 11, 13: the policy of a strategy is `tr(rho (x) M_i(a_i|h_i))`.
    #[test]
    fn eq_6_policies_are_born_probabilities(numbers in numbers()) {
        let strategy = quantum(&numbers, &[2, 3], 2, 3);
        let p = strategy.behaviour().unwrap();
        let s = strategy.scenario();
        for h in 0..s.joint_questions() {
            for (ja, p) in p.row(h).iter().enumerate() {
                let (h, a) = (s.question(h), s.answer(ja));
                let m = |i: usize| strategy.povms()[i][h[i]].element(a[i]);
                let wanted = strategy.rho().matrix().matmul(&m(0).kron(m(1))).trace().re;
                prop_assert!((p - wanted).abs() < 1e-13);
            }
        }
    }

    /// Eq. 7: any joint policy is a coordinator that knows every history, and actors that repeat its advice.
    #[test]
    fn eq_7_every_policy_has_a_coordinator(numbers in prop::collection::vec(0.0..1.0_f64, 16)) {
        let s = two_by_two();
        let table = numbers.chunks_exact(4).flat_map(|row| distribution(&mut row.iter().copied(), 4));
        let p = Behaviour::new(s.clone(), table.collect()).unwrap();
        let repeat = vec![vec![vec![1.0, 0.0]; 2], vec![vec![0.0, 1.0]; 2]];
        let policy = Coordinated::new(s, Coordinator::Central(p.clone()), vec![repeat; 2]).unwrap();
        prop_assert!(policy.behaviour().unwrap().distance(&p).unwrap() < 1e-15);
        prop_assert_eq!(policy.class(), PolicyClass::Communication);
    }
}

/// Largest violation of Eq. 5 over every partition of the players into two groups, by its definition.
fn signals_across_partitions(p: &Behaviour) -> f64 {
    let s = p.scenario();
    let n = s.players();
    let mut worst = 0.0_f64;
    for group in 1..(1_usize << n) - 1 {
        let inside = |i: usize| group >> i & 1 == 1;
        let agree = |x: &[usize], y: &[usize]| (0..n).all(|i| !inside(i) || x[i] == y[i]);
        let marginal = |h: usize, wanted: &[usize]| -> f64 {
            let cells = p.row(h).iter().enumerate();
            cells.filter(|(ja, _)| agree(&s.answer(*ja), wanted)).map(|(_, p)| p).sum()
        };
        for h in 0..s.joint_questions() {
            for other in (0..h).filter(|&other| agree(&s.question(h), &s.question(other))) {
                for ja in 0..s.joint_answers() {
                    let a = s.answer(ja);
                    worst = worst.max((marginal(h, &a) - marginal(other, &a)).abs());
                }
            }
        }
    }
    worst
}

/// Proposition 1: the deterministic factorised policies are `prod_i A_i^{H_i}` many (16 for CHSH; the printed
/// `A^H` counts joint functions, 256), all different, and a linear functional has its maximum on one of them.
#[test]
fn proposition_1_the_number_of_vertices() {
    for (questions, answers, count) in
        [(vec![2, 2], vec![2, 2], 16), (vec![3, 2], vec![2, 3], 72), (vec![2; 3], vec![2; 3], 64)]
    {
        let s = Scenario::new(questions, answers).unwrap();
        let vertices = local_lp::vertices(&s).unwrap();
        assert_eq!((vertices.len(), s.deterministic_count()), (count, Some(count as u128)));
        let mut tables: Vec<Vec<u64>> = vertices
            .iter()
            .map(|v| v.behaviour(&s).unwrap().as_slice().iter().map(|p| p.to_bits()).collect())
            .collect();
        tables.sort();
        tables.dedup();
        assert_eq!(tables.len(), count);
    }
    let chsh = game("chsh");
    let best = local_lp::vertices(chsh.scenario()).unwrap().iter().map(|v| v.value(&chsh)).max();
    assert_eq!(best, Some(Rational::new(3.into(), 4.into())));
}

/// Proposition 2: every inclusion `F < SR < Q < NS < C` is strict, with a witness for each.
#[test]
fn proposition_2_every_inclusion_is_strict() {
    let s = two_by_two();
    let chsh = game("chsh");
    // SR, not F: both answer with one shared coin, so that answers are correlated
    let coin = Behaviour::from_fn(s.clone(), |_, a| if a[0] == a[1] { 0.5 } else { 0.0 }).unwrap();
    assert!(matches!(local_membership(&coin, &Options::default()), Ok(Membership::Local(_))));
    let product = coin.marginal(0)[0][0] * coin.marginal(1)[0][0];
    assert!((coin.row(0)[0] - product).abs() > 0.2);
    // Q, not SR: the strategy of Eq. 21-24
    let entangled = corrected_strategy().behaviour().unwrap();
    let verdict = local_membership(&entangled, &Options::default()).unwrap();
    assert!(matches!(verdict, Membership::Nonlocal(_)));
    // NS, not Q: the Popescu-Rohrlich box wins CHSH always, no quantum strategy more than cos^2(pi/8)
    let pr = Behaviour::from_fn(s.clone(), |x, a| if a[0] ^ a[1] == x[0] & x[1] { 0.5 } else { 0.0 }).unwrap();
    assert_eq!((pr.signalling(), chsh.value(&pr).unwrap()), (0.0, 1.0));
    let level = "1".parse().unwrap();
    let tsirelson = bellwether::bound::npa::upper_bound(&chsh, &level, &Default::default()).unwrap();
    assert!(tsirelson.bound().value < 0.8536);
    // C, not NS: answer with the other player's question
    let told = Behaviour::from_fn(s, |x, a| f64::from(a[0] == x[1] && a[1] == x[0])).unwrap();
    assert_eq!(told.signalling(), 1.0);
}

/// Eq. 10-13: the Born rule (Eq. 11, 13) gives behaviours with no hidden variable (Eq. 10, 12): the proof is a
/// Bell inequality whose classical bound is exact.
#[test]
fn eq_10_to_13_bell_inequality_violation() {
    let p = corrected_strategy().behaviour().unwrap();
    let Membership::Nonlocal(found) = local_membership(&p, &Options::default()).unwrap() else {
        panic!("the CHSH strategy is local");
    };
    let s = two_by_two();
    let best = local_lp::vertices(&s).unwrap().iter().map(|v| v.value(&found.inequality.game)).max();
    assert_eq!(best, Some(found.inequality.classical.clone()));
    assert!(to_f64(&found.inequality.violation(&p).unwrap()) > 0.0);
    assert!((found.visibility - 0.5_f64.sqrt()).abs() < 1e-6);
}
