//! Linear programs: known optima, typed failures, bad scaling, and duality as a property.

use bellwether::bound::lp::{LinearProgram, LpError, Sense, Solver};
use proptest::prelude::*;

const BOTH: [Solver; 2] = [Solver::Simplex, Solver::InteriorPoint];
const INF: f64 = f64::INFINITY;

#[test]
fn infeasible_programs_say_so() {
    for solver in BOTH {
        let mut lp = LinearProgram::new();
        let x = lp.variable(1.0, -INF, INF);
        lp.row(&[(x, 1.0)], Sense::Le, 1.0);
        lp.row(&[(x, 1.0)], Sense::Ge, 2.0);
        assert_eq!(lp.maximise(solver), Err(LpError::Infeasible), "{solver:?}");
        let mut empty = LinearProgram::new();
        empty.variable(1.0, 0.0, 1.0);
        empty.row(&[], Sense::Eq, 1.0);
        assert_eq!(empty.maximise(solver), Err(LpError::Infeasible));
        let mut crossed = LinearProgram::new();
        crossed.variable(1.0, 2.0, 1.0);
        assert_eq!(crossed.maximise(solver), Err(LpError::Infeasible));
    }
}

#[test]
fn unbounded_programs_say_so() {
    for solver in BOTH {
        let mut lp = LinearProgram::new();
        let x = lp.variable(1.0, 0.0, INF);
        let y = lp.variable(0.0, 0.0, INF);
        lp.row(&[(x, 1.0), (y, -1.0)], Sense::Le, 1.0);
        assert_eq!(lp.maximise(solver), Err(LpError::Unbounded), "{solver:?}");
    }
}

#[test]
fn malformed_programs_say_where() {
    let mut lp = LinearProgram::new();
    let x = lp.variable(1.0, 0.0, 1.0);
    lp.row(&[(x + 3, 1.0)], Sense::Le, 1.0);
    assert!(matches!(lp.maximise(Solver::Simplex), Err(LpError::Malformed(why)) if why.contains("row 0")));
    let mut lp = LinearProgram::new();
    lp.variable(f64::NAN, 0.0, 1.0);
    assert!(matches!(lp.maximise(Solver::Simplex), Err(LpError::Malformed(_))));
}

#[test]
fn bounds_on_either_side_and_repeated_entries() {
    for solver in BOTH {
        let mut lp = LinearProgram::new();
        let x = lp.variable(1.0, -3.0, 2.0);
        let y = lp.variable(-1.0, -INF, -1.0);
        let z = lp.variable(1.0, -INF, INF);
        // x/2 + x/2 + z <= 5, y >= -4
        lp.row(&[(x, 0.5), (z, 1.0), (x, 0.5)], Sense::Le, 5.0);
        lp.row(&[(y, 1.0)], Sense::Ge, -4.0);
        let s = lp.maximise(solver).unwrap();
        assert!((s.value - 9.0).abs() < 1e-6, "{solver:?} {s:?}");
        assert!((s.dual[0] - 1.0).abs() < 1e-6 && (s.dual[1] + 1.0).abs() < 1e-6, "{s:?}");
    }
}

#[test]
fn degenerate_programs_end() {
    // Beale's example of cycling
    for solver in BOTH {
        let mut lp = LinearProgram::new();
        let v: Vec<usize> = [0.75, -150.0, 0.02, -6.0].iter().map(|&c| lp.variable(c, 0.0, INF)).collect();
        let row = |c: [f64; 4]| -> Vec<(usize, f64)> { v.iter().copied().zip(c).collect() };
        lp.row(&row([0.25, -60.0, -0.04, 9.0]), Sense::Le, 0.0);
        lp.row(&row([0.5, -90.0, -0.02, 3.0]), Sense::Le, 0.0);
        lp.row(&row([0.0, 0.0, 1.0, 0.0]), Sense::Le, 1.0);
        let s = lp.maximise(solver).unwrap();
        assert!((s.value - 0.05).abs() < 1e-6, "{solver:?} {s:?}");
    }
}

#[test]
fn ill_scaled_programs_are_solved() {
    // the program of the documentation, rows, columns and objective in wildly different units
    for solver in BOTH {
        for (rows, columns, objective) in [(1e9, 1e-7, 1e6), (1e-8, 1e8, 1e-9), (1e6, 1e6, 1e-12)] {
            let mut lp = LinearProgram::new();
            let x = lp.variable(objective, 0.0, INF);
            let y = lp.variable(objective * columns, 0.0, INF);
            lp.row(&[(x, rows), (y, 2.0 * rows * columns)], Sense::Le, 4.0 * rows);
            lp.row(&[(x, 3.0), (y, columns)], Sense::Le, 6.0);
            let s = lp.maximise(solver).unwrap();
            assert!((s.value / objective - 2.8).abs() < 1e-6, "{solver:?} {s:?}");
            assert!((s.primal[1] * columns - 1.2).abs() < 1e-6);
            assert!((s.dual[0] * rows / objective - 0.4).abs() < 1e-6);
        }
    }
}

#[test]
fn programs_without_rows() {
    for solver in BOTH {
        let mut lp = LinearProgram::new();
        lp.variable(-2.0, 3.0, INF);
        assert_eq!(lp.maximise(solver).unwrap().value, -6.0);
        assert!(lp.rows() == 0 && lp.variables() == 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Random bounded programs: both solvers agree, and the dual prices prove the value.
    #[test]
    fn solvers_agree_and_duals_prove(
        c in proptest::collection::vec(-9i32..10, 4),
        a in proptest::collection::vec(proptest::collection::vec(-5i32..6, 4), 3),
        b in proptest::collection::vec(0i32..9, 3),
    ) {
        let mut lp = LinearProgram::new();
        for &c in &c {
            lp.variable(f64::from(c), 0.0, INF);
        }
        let all: Vec<(usize, f64)> = (0..4).map(|j| (j, 1.0)).collect();
        lp.row(&all, Sense::Le, 10.0);
        for (row, &b) in a.iter().zip(&b) {
            let entries: Vec<(usize, f64)> = row.iter().map(|&v| f64::from(v)).enumerate().collect();
            lp.row(&entries, Sense::Le, f64::from(b));
        }
        let one = lp.maximise(Solver::Simplex).unwrap();
        let two = lp.maximise(Solver::InteriorPoint).unwrap();
        prop_assert!((one.value - two.value).abs() < 1e-5);
        for s in [one, two] {
            let bound = 10.0 * s.dual[0] + b.iter().zip(&s.dual[1..]).map(|(&b, y)| f64::from(b) * y).sum::<f64>();
            prop_assert!((bound - s.value).abs() < 1e-5);
            prop_assert!(s.dual.iter().all(|y| *y > -1e-6));
            for j in 0..4 {
                let priced = s.dual[0] + (0..3).map(|i| f64::from(a[i][j]) * s.dual[i + 1]).sum::<f64>();
                prop_assert!(priced > f64::from(c[j]) - 1e-5);
            }
        }
    }
}
