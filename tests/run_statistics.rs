//! Statistics of runs agree with rliable's formulas (arXiv 2108.13264), and intervals cover.

use approx::assert_relative_eq;
use bellwether::stats::*;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

/// `scipy.stats.trim_mean(range(30)**2, 0.25)`: `int(0.25 * 30) = 7` from each end.
#[test]
fn interquartile_mean_is_the_trimmed_mean() {
    let v: Vec<f64> = (0..30).map(|k| f64::from(k * k)).collect();
    let kept: f64 = (7..23).map(|k| f64::from(k * k)).sum::<f64>() / 16.0;
    assert_eq!(interquartile_mean(&v), Some(kept));
    assert_eq!(interquartile_mean(&[1.0, 2.0, 6.0]), Some(3.0));
    assert_eq!(interquartile_mean(&[]), None);
    assert_eq!(interquartile_mean(&[f64::NAN, 1.0]), None);
    // order does not matter, outliers neither
    let mut w = v.clone();
    w.reverse();
    w[0] = 1e300;
    assert_eq!(interquartile_mean(&w), Some(kept));
}

#[test]
fn medians() {
    assert_eq!(median(&[9.0, 1.0, 4.0, 3.0, 5.0]), Some(4.0));
    assert_eq!(median(&[3.0, 1.0, 2.0, 10.0, 4.0, 20.0]), Some(3.5));
    assert_eq!(median(&[]), None);
    assert_eq!(median(&[f64::NAN, 1.0]), None);
}

/// What cannot be bet on is worth nothing, and says so without a panic.
#[test]
fn bets_that_cannot_be_are_worth_nothing() {
    for (n, k, beta, q) in [(10, 8, 0.0, 0.5), (10, 8, 0.75, 0.75), (10, 8, 0.75, f64::NAN), (3, 4, 0.75, 0.8)] {
        assert_eq!(ln_e_fixed(n, k, beta, q), 0.0, "{n} {k} {beta} {q}");
    }
}

#[test]
fn improvement_gap_and_profile() {
    // every pair by hand: (1 > 0), (1 = 1)/2, (3 > 0), (3 > 1) of 4; second task certain
    let (x, y) = ([vec![1.0, 3.0], vec![5.0]], [vec![0.0, 1.0], vec![2.0, 4.0]]);
    assert_eq!(probability_of_improvement(&x, &y), Some((3.5 / 4.0 + 1.0) / 2.0));
    let back = probability_of_improvement(&y, &x).unwrap();
    assert_relative_eq!(back, 1.0 - (3.5 / 4.0 + 1.0) / 2.0);
    assert_eq!(probability_of_improvement(&x, &y[..1]), None);
    // gamma - mean(min(score, gamma))
    assert_eq!(optimality_gap(&[0.5, 1.5, 1.0], 1.0), Some(1.0 - 2.5 / 3.0));
    assert_eq!(performance_profile(&x, &[0.0, 1.0, 4.0, 5.0]), [1.0, 2.0 / 3.0, 1.0 / 3.0, 0.0]);
}

/// The 95 % interval of the IQM of 30 normal runs covers the true value about 19 times in 20, and is that of the seed.
#[test]
fn bootstrap_intervals_cover_and_repeat() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let normal = |rng: &mut Xoshiro256PlusPlus| (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
    let iqm = |t: &[Vec<f64>]| interquartile_mean(&t.concat());
    let bootstrap = Bootstrap { resamples: 400, ..Bootstrap::default() };
    let mut covered = 0;
    for _ in 0..300 {
        let runs = [(0..30).map(|_| normal(&mut rng)).collect::<Vec<_>>()];
        let ci = bootstrap.interval(&runs, iqm).unwrap();
        assert!(ci.lower <= ci.estimate && ci.estimate <= ci.upper);
        assert_eq!(bootstrap.interval(&runs, iqm), Some(ci));
        covered += u32::from(ci.lower <= 0.0 && 0.0 <= ci.upper);
    }
    // the percentile bootstrap of 30 runs is a little narrow
    assert!((265..=296).contains(&covered), "{covered} of 300");
    // strata are kept apart: tasks of one run each have no spread
    let constant = bootstrap.interval(&[vec![1.0], vec![3.0]], iqm).unwrap();
    assert_eq!((constant.lower, constant.upper), (2.0, 2.0));
    assert!(bootstrap.interval(&[vec![1.0], vec![]], iqm).is_none());
    let (better, worse) = ([vec![2.0, 3.0, 4.0]], [vec![0.0, 1.0, 2.5]]);
    let ci = improvement_interval(&better, &worse, &bootstrap).unwrap();
    assert!(ci.estimate == 8.0 / 9.0 && ci.lower < ci.estimate && ci.upper == 1.0);
}
