//! The exact kernels as claims over random inputs.

use bellwether::check::Limits;
use bellwether::check::classical::{classical_max, deterministic_value};
use bellwether::check::game::GameTable;
use bellwether::check::limits::Meter;
use bellwether::check::num::{Rational, parse_integer, parse_rational, rounded};
use bellwether::check::psd::{Gauss, psd};
use num_bigint::BigInt;
use proptest::collection::vec;
use proptest::prelude::*;

pub fn meter() -> Meter {
    Meter::new(&Limits::default())
}

fn gauss(re: i64, im: i64) -> Gauss {
    Gauss { re: BigInt::from(re), im: BigInt::from(im) }
}

/// B^H B for a list of rows.
fn square(rows: &[Vec<(i64, i64)>], n: usize) -> Vec<Vec<Gauss>> {
    let entry = |i: usize, j: usize| {
        let (mut re, mut im) = (0i64, 0i64);
        for row in rows {
            let ((a, b), (c, d)) = (row[i], row[j]);
            re += a * c + b * d;
            im += a * d - b * c;
        }
        gauss(re, im)
    };
    (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect()
}

fn rows(n: usize, r: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Vec<(i64, i64)>>> {
    vec(vec((-9i64..10, -9i64..10), n), r)
}

/// A random functional as a game table; (questions, answers, dense coefficients -4..5 over 3).
pub fn functional(players: std::ops::Range<usize>) -> impl Strategy<Value = GameTable> {
    vec((1usize..3, 1usize..4), players)
        .prop_flat_map(|sizes| {
            let cells: usize = sizes.iter().map(|(q, a)| q * a).product();
            (Just(sizes), vec(-4i64..5, cells))
        })
        .prop_map(|(sizes, values)| table(&sizes, &values))
}

fn table(sizes: &[(usize, usize)], values: &[i64]) -> GameTable {
    let n = sizes.len();
    let bounds: Vec<usize> = sizes.iter().map(|s| s.0).chain(sizes.iter().map(|s| s.1)).collect();
    let mut coeffs = Vec::new();
    for (k, value) in values.iter().enumerate().filter(|(_, v)| **v != 0) {
        let (mut rest, mut cell) = (k, vec![0; 2 * n]);
        for (slot, bound) in cell.iter_mut().zip(&bounds).rev() {
            (*slot, rest) = (rest % bound, rest / bound);
        }
        let value = Rational::new((*value).into(), 3.into()).to_string();
        let cell: Vec<String> = cell.iter().map(ToString::to_string).collect();
        coeffs.push(format!("[{},\"{value}\"]", cell.join(",")));
    }
    let text = format!(
        r#"{{"kind":"functional","name":"random","questions":{:?},"answers":{:?},"coeffs":[{}]}}"#,
        &bounds[..n],
        &bounds[n..],
        coeffs.join(",")
    );
    GameTable::parse(text.as_bytes(), &Limits::default()).unwrap()
}

/// Every deterministic strategy of every player.
fn all_strategies(game: &GameTable) -> Vec<Vec<Vec<usize>>> {
    let mut all: Vec<Vec<Vec<usize>>> = vec![vec![]];
    for (&nq, &na) in game.scenario.questions.iter().zip(&game.scenario.answers) {
        let mut mine: Vec<Vec<usize>> = vec![vec![]];
        for _ in 0..nq {
            mine =
                mine.iter().flat_map(|f| (0..na).map(|a| [f.clone(), vec![a]].concat()).collect::<Vec<_>>()).collect();
        }
        all = all
            .iter()
            .flat_map(|s| mine.iter().map(|f| [s.clone(), vec![f.clone()]].concat()).collect::<Vec<_>>())
            .collect();
    }
    all
}

proptest! {
    #[test]
    fn squares_are_positive(b in (1usize..6).prop_flat_map(|n| rows(n, 0..7).prop_map(move |b| (n, b)))) {
        let (n, b) = b;
        prop_assert!(psd(&square(&b, n), &meter()).unwrap());
    }

    /// v v^H minus one unit on a diagonal entry has the negative value -1 at e_i, or an indefinite
    /// 2 x 2 minor |v_j|^2 (|v_i|^2 - 1) - |v_i v_j|^2 = -|v_j|^2.
    #[test]
    fn rank_one_minus_a_unit_is_indefinite(v in vec((-9i64..10, -9i64..10), 2..6), i in 0usize..6) {
        let i = i % v.len();
        prop_assume!(v.iter().enumerate().any(|(j, z)| j != i && *z != (0, 0)) || v[i] == (0, 0));
        let mut a = square(std::slice::from_ref(&v), v.len());
        prop_assert!(psd(&a, &meter()).unwrap());
        a[i][i].re -= 1;
        prop_assert!(!psd(&a, &meter()).unwrap());
    }

    /// diag(A, s) with border B v: positive iff s >= the Schur complement's bound, here |B^H..|^2.
    #[test]
    fn borders_flip_at_the_schur_complement(b in rows(3, 3..6), w in vec((-3i64..4, -3i64..4), 3), t in -2i64..3) {
        // Column w in the span: the last column is B^H B w, the corner w^H B^H B w + t.
        let extended: Vec<Vec<(i64, i64)>> = b.iter().map(|row| {
            let last = row.iter().zip(&w).fold((0, 0), |s, (z, w)| (s.0 + z.0 * w.0 - z.1 * w.1, s.1 + z.0 * w.1 + z.1 * w.0));
            [row.clone(), vec![last]].concat()
        }).collect();
        let mut a = square(&extended, 4);
        a[3][3].re += t;
        prop_assert_eq!(psd(&a, &meter()).unwrap(), t >= 0);
    }

    #[test]
    fn the_classical_maximum_is_the_brute_force_maximum(game in functional(1..4)) {
        let max = classical_max(&game.scenario, &game.table, &meter()).unwrap();
        let brute = all_strategies(&game).iter().map(|s| deterministic_value(&game.scenario, &game.table, s)).max();
        prop_assert_eq!(Some(max), brute);
    }

    #[test]
    fn only_one_spelling_is_read(text in "-?[0-9]{0,3}/?-?[0-9]{0,3}") {
        if let Ok(value) = parse_rational(&text, 10) {
            prop_assert_eq!(value.to_string(), text);
        }
    }

    #[test]
    fn what_is_written_is_read(p in any::<i64>(), q in 1i64..i64::MAX) {
        let value = Rational::new(p.into(), q.into());
        prop_assert_eq!(parse_rational(&value.to_string(), 20).unwrap(), value);
    }

    #[test]
    fn decimals_enclose(p in any::<i32>(), q in 1i32..10_000, digits in 0u32..14) {
        let value = Rational::new(p.into(), q.into());
        let read = |text: String| {
            let negative = text.starts_with('-');
            let text = text.trim_start_matches('-').to_owned();
            let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
            let scale = BigInt::from(10).pow(part.len() as u32);
            let value = Rational::new(format!("{whole}{part}").parse().unwrap(), scale);
            if negative { -value } else { value }
        };
        let (down, up) = (read(rounded(&value, digits, true)), read(rounded(&value, digits, false)));
        prop_assert!(down <= value && value <= up);
        let unit = Rational::new(1.into(), BigInt::from(10).pow(digits));
        prop_assert!(up == down || &up - &down == unit);
        prop_assert!(up != down || up == value);
    }
}

#[test]
fn positivity_traps() {
    let matrix = |rows: &[&[i64]]| -> Vec<Vec<Gauss>> {
        rows.iter().map(|row| row.iter().map(|&v| gauss(v, 0)).collect()).collect()
    };
    let is = |rows: &[&[i64]]| psd(&matrix(rows), &meter()).unwrap();
    assert!(is(&[]) && is(&[&[0]]) && is(&[&[0, 0], &[0, 0]]) && is(&[&[0, 0], &[0, 3]]));
    // Zero diagonal with something beside it; leading minors 0, 0 with a negative eigenvalue.
    assert!(!is(&[&[0, 1], &[1, 0]]) && !is(&[&[0, 1], &[1, 5]]) && !is(&[&[5, 0, 0], &[0, 0, 1], &[0, 1, 0]]));
    assert!(!is(&[&[0, 0], &[0, -1]]) && !is(&[&[1, 1, 1], &[1, 1, 1], &[1, 1, 0]]));
    // Not symmetric, not square, diagonal not real.
    assert!(!is(&[&[1, 1], &[0, 1]]) && !is(&[&[1, 0]]));
    let hidden = vec![vec![gauss(1, 1)]];
    assert!(!psd(&hidden, &meter()).unwrap());
}

#[test]
fn digits_are_counted_and_spellings_refused() {
    assert!(parse_integer("12345", 5).is_ok() && parse_integer("123456", 5).is_err());
    for bad in ["", "-", "-0", "00", "+1", "1 ", "1/2", "0x1", "1_0", "\u{663}", "\u{ff11}", "1\n"] {
        assert!(parse_integer(bad, 50).is_err(), "{bad:?}");
        assert!(bad == "1/2" || parse_rational(bad, 50).is_err(), "{bad:?}");
    }
    for bad in ["1/", "/2", "1/0", "1/1", "2/4", "0/3", "1/-2", "1/02", "1/2/3", "-0/3", "1/+2", "1/2\n"] {
        assert!(parse_rational(bad, 50).is_err(), "{bad:?}");
    }
}

#[test]
fn the_identity_forgets_only_the_name() {
    let text = super::support::chsh_game().to_string();
    let game = GameTable::parse(text.as_bytes(), &Limits::default()).unwrap();
    assert!(
        game.canonical.starts_with(r#"{"kind":"game","questions":[2,2],"answers":[2,2],"mu":[[0,0,"1/4"],[0,1,"1/4"]"#)
    );
    let renamed = GameTable::parse(text.replace("\"chsh\"", "\"other\"").as_bytes(), &Limits::default()).unwrap();
    assert_eq!(game.sha256, renamed.sha256);
    let read = |text: &str| GameTable::parse(text.as_bytes(), &Limits::default());
    let fewer = read(&text.replacen("[0,0,0,0],", "", 1)).unwrap();
    assert!(fewer.table.cells.len() == 7 && fewer.sha256 != game.sha256);
    assert!(read(&text.replacen('{', r#"{"format":"bellwether-game/2","#, 1)).is_err());
    assert!(read(&text.replacen('{', r#"{"labels":null,"#, 1)).is_err());
    for label in [r#""\\""#, r#""a\"b""#, r#""\\\"\\""#] {
        let labelled = text.replacen('{', &format!(r#"{{"format":"bellwether-game/1","labels":[{label}],"#), 1);
        assert_eq!(read(&labelled).unwrap().sha256, game.sha256);
    }
    assert_eq!(game.table.cells.len(), 8);
    let mu = game.mu.unwrap();
    assert!(mu.entry(&[1, 0]) == Some(&1.into()) && mu.den == 4.into());
    let file = text.replacen('{', r#"{"format":"bellwether-game/1","reference":{"a":[1.5]},"labels":null,"#, 1);
    assert_eq!(GameTable::parse(file.as_bytes(), &Limits::default()).unwrap().sha256, game.sha256);
}
