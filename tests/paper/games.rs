//! The games: Eq. 16 and 21-24, Table 1, Section D.4.

use super::*;

proptest! {
    #![proptest_config(few())]

    /// Eq. 16: the win probability is `sum mu(o) sum pi(a|o) V(a|o)`.
    #[test]
    fn eq_16_win_probability(numbers in numbers()) {
        let p = quantum(&numbers, &[2, 2], 2, 2).behaviour().unwrap();
        let (mut wins, s) = (0.0, two_by_two());
        for o in 0..4 {
            for (ja, p) in p.row(o).iter().enumerate() {
                let (o, a) = (s.question(o), s.answer(ja));
                wins += if a[0] ^ a[1] == o[0] & o[1] { 0.25 * p } else { 0.0 };
            }
        }
        prop_assert!((game("chsh").value(&p).unwrap() - wins).abs() < 1e-14);
    }
}

/// Eq. 21-24: for every pair of questions either winning answer has probability `cos^2(pi/8)/2`.
#[test]
fn eq_21_to_24_the_chsh_strategy() {
    let strategy = corrected_strategy();
    let optimum = std::f64::consts::FRAC_PI_8.cos().powi(2);
    let p = strategy.behaviour().unwrap();
    for x in 0..4 {
        for (a, p) in p.row(x).iter().enumerate() {
            let wins = (a >> 1) ^ (a & 1) == (x >> 1) & (x & 1);
            assert!(!wins || (p - optimum / 2.0).abs() < 1e-15, "{p}");
        }
    }
    assert!((game("chsh").value(&p).unwrap() - optimum).abs() < 1e-15);
}

/// Table 1: the predicate of CHSH, cell by cell as printed.
#[test]
fn table_1_the_chsh_predicate() {
    let printed = [[1, 0, 0, 1], [1, 0, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]];
    let weights = game("chsh").weights();
    for (x, row) in printed.iter().enumerate() {
        for (a, &wins) in row.iter().enumerate() {
            assert_eq!(weights[4 * x + a], 0.25 * f64::from(wins), "xy = {x:02b}, ab = {a:02b}");
        }
    }
}

/// Section D.4.1-D.4.3: the classical and non-signalling values of the four games, exactly.
#[test]
fn section_d4_values_of_the_games() {
    for (name, classical, no_signal) in
        [("chsh", (3, 4), (1, 1)), ("ghz", (3, 4), (1, 1)), ("tetra", (5, 8), (3, 4)), ("cube", (5, 16), (3, 8))]
    {
        let game = game(name);
        let found = local::maximum(&game, &local::Options::default()).unwrap();
        let wanted = |(p, q): (i64, i64)| Rational::new(p.into(), q.into());
        assert!(found.is_exact() && found.upper == wanted(classical), "{name}: {}", found.upper);
        let ns = no_signalling::maximum(&game).unwrap();
        assert!(ns.lower <= wanted(no_signal) && wanted(no_signal) <= ns.upper, "{name}");
    }
}

/// Section D.4.2: measuring X or Y on the GHZ state wins the GHZ game with certainty.
#[test]
fn section_d42_the_ghz_game_is_won_with_certainty() {
    let pauli = |phase: C64| {
        let half = C64::from(0.5);
        let off = |sign: f64| phase * (0.5 * sign);
        let element = |sign: f64| Matrix::from_vec(2, vec![half, off(sign).conj(), off(sign), half]).unwrap();
        Povm::new(vec![element(1.0), element(-1.0)]).unwrap()
    };
    let player = vec![pauli(C64::ONE), pauli(C64::I)]; // X for question 0, Y for question 1
    let strategy = QuantumStrategy::new(DensityMatrix::ghz(3).unwrap(), vec![player; 3]).unwrap();
    let value = game("ghz").value(&strategy.behaviour().unwrap()).unwrap();
    assert!((value - 1.0).abs() < 1e-14, "{value}");
}
