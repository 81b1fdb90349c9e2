//! What is and what is not a measurement.

use bellwether::quantum::{C64, Matrix, MatrixError, Povm, PovmError};

fn real(d: usize, entries: &[f64]) -> Matrix {
    Matrix::from_vec(d, entries.iter().map(|&x| C64::from(x)).collect()).unwrap()
}

/// Eq. 23 with the off-diagonal entries times `factor`.
fn eq23(factor: f64) -> Vec<Matrix> {
    let theta = std::f64::consts::PI / 8.0;
    let (c, s, o) = (theta.cos().powi(2), theta.sin().powi(2), factor * (2.0 * theta).sin());
    vec![real(2, &[c, o, o, s]), real(2, &[s, -o, -o, c])]
}

#[test]
fn the_printed_measurement_of_player_b_is_refused() {
    // Eq. 23-24 print sin(2 theta) where a projector has sin(2 theta)/2: determinant -3/8.
    match Povm::new(eq23(1.0)) {
        Err(PovmError::NotPositive { element: 0, least_eigenvalue }) => {
            let wanted = 0.5 - (0.125_f64 + 0.5).sqrt();
            assert!((least_eigenvalue - wanted).abs() < 1e-15, "{least_eigenvalue}");
        }
        other => panic!("{other:?}"),
    }
    let message = Povm::new(eq23(1.0)).unwrap_err().to_string();
    assert!(message.contains("element 0") && message.contains("-0.29"), "{message}");
    assert!(Povm::new(eq23(0.5)).is_ok());
}

#[test]
fn refusals_name_the_element() {
    let half = Matrix::identity(2).scale(0.5);
    assert_eq!(Povm::new(vec![]), Err(PovmError::Empty));
    assert_eq!(Povm::new(vec![Matrix::zeros(0)]), Err(PovmError::ZeroDimension));
    let ragged = Povm::new(vec![half.clone(), Matrix::identity(3)]);
    assert_eq!(ragged, Err(PovmError::Ragged { element: 1, given: 3, wanted: 2 }));
    for (dim, given, wanted) in [(2, 3, 4), (2, 5, 4), (1 << 33, 4, usize::MAX)] {
        let refused = Matrix::from_vec(dim, vec![C64::ONE; given]).unwrap_err();
        assert_eq!(refused, MatrixError::Length { dim, given, wanted });
    }
    let mut bad = half.clone();
    bad[(1, 0)] = C64::new(0.0, f64::NAN);
    match Povm::new(vec![half.clone(), bad]) {
        Err(PovmError::NotFinite { element: 1, row: 1, column: 0, .. }) => {}
        other => panic!("{other:?}"),
    }
    let mut skew = half.clone();
    skew[(0, 1)] = C64::from(1e-6);
    match Povm::new(vec![half.clone(), skew]) {
        Err(PovmError::NotHermitian { element: 1, defect }) => assert_eq!(defect, 1e-6),
        other => panic!("{other:?}"),
    }
    match Povm::new(vec![half.clone(), half.scale(0.9)]) {
        Err(PovmError::NotComplete { row: 0, column: 0, defect }) => {
            assert!((defect - 0.05).abs() < 1e-15);
        }
        other => panic!("{other:?}"),
    }
    // Rounding passes, a little more does not.
    let nudge = |x: f64| vec![half.clone(), half.add(&Matrix::identity(2).scale(x))];
    assert!(Povm::new(nudge(1e-10)).is_ok());
    assert!(Povm::new(nudge(1e-8)).is_err());
    // Entries whose defect overflows are refused like any other.
    let mut wild = half.clone();
    wild[(0, 1)] = C64::new(f64::MAX, f64::MAX);
    assert!(matches!(Povm::new(vec![wild]), Err(PovmError::NotHermitian { element: 0, .. })));
}
