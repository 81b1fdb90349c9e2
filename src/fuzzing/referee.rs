//! The lines of a referee in another process.

use crate::game::Rational;
use crate::game::referee::protocol::{hello, payoffs, questions};
use num_traits::{One, Zero};

/// Up to three lines: the hello, an answer to `ask`, an answer to `judge`. What is accepted has the sizes that
/// were agreed on.
pub fn referee(data: &[u8]) {
    let mut lines = data.split(|&b| b == b'\n');
    let Ok(hello) = hello(lines.next().unwrap_or_default()) else {
        return;
    };
    let scenario = &hello.scenario;
    assert!(hello.name.len() <= 8 * 200);
    assert!(hello.name.chars().all(|c| !c.is_control()));
    if let Some(mu) = &hello.distribution {
        let total = mu.iter().fold(Rational::zero(), |sum, (_, w)| sum + w);
        assert!(One::is_one(&total), "accepted a distribution of sum {total}");
        assert!(mu.iter().all(|(x, _)| *x < scenario.joint_questions()));
        assert!(mu.is_sorted_by(|a, b| a.0 < b.0));
    }
    let line = lines.next().unwrap_or_default();
    for n in 0..4 {
        let mut asked = Vec::new();
        if questions(line, scenario, n, &mut asked).is_ok() {
            assert_eq!(asked.len(), n);
            assert!(asked.iter().all(|&x| (x as usize) < scenario.joint_questions()));
        }
    }
    let line = lines.next().unwrap_or_default();
    for n in 0..4 {
        let mut paid = vec![f64::NAN; n];
        if payoffs(line, &mut paid).is_ok() {
            assert!(paid.iter().all(|v| v.is_finite()));
        }
    }
}
