//! CHSH over the integers mod D.

use super::{Entry, Family, Parameters, Reference, ratio};
use crate::game::{Game, GameError, Scenario};
use std::f64::consts::PI;

pub(super) const FAMILY: Family =
    Family { words: &["chsh-mod"], usage: "chsh-mod:D", standard: &["chsh-mod:3", "chsh-mod:4", "chsh-mod:5"], build };

/// Uniform questions; win iff `a + b = x y mod D` (integers mod D, also where D is a prime power).
fn build(p: &Parameters) -> Result<Entry, GameError> {
    let d = p.one("D", 2..=64)?;
    let weight = ratio(1, (d * d) as i64);
    let game = Game::win_lose(
        &format!("chsh-mod-{d}"),
        Scenario::new(vec![d, d], vec![d, d])?,
        |_| weight.clone(),
        |x, a| (a[0] + a[1]) % d == x[0] * x[1] % d,
    )?;
    let reference = Reference::new(
        "uniform questions; win iff a + b = x y mod D",
        "Buhrman, Massar 2005; Liang, Lim, Deng 2009 (arXiv:0903.4964); Bavarian, Shor 2015; arXiv:2604.03700 for D = 3",
    )
    .non_signalling_wins();
    // Bavarian and Shor: 1/q + (q-1)/(q sqrt q) over a field of q elements
    let q = d as f64;
    let field_bound = 1.0 / q + (q - 1.0) / (q * q.sqrt());
    let prime = (2..d).all(|k| !d.is_multiple_of(k));
    let bound = "upper: 1/D+(D-1)/(D sqrt(D)), NPA level 1";
    let reference = match d {
        2 => reference.classical(3, 4).quantum((2.0 + 2f64.sqrt()) / 4.0, "(2+sqrt(2))/4", 2),
        3 => reference.classical(2, 3).quantum(
            1.0 / 3.0 + 2.0 / (3.0 * 3f64.sqrt()) * (PI / 18.0).cos(),
            "1/3+2/(3*sqrt(3))*cos(pi/18)",
            3,
        ),
        4 => reference.classical(5, 8).quantum_between(
            Some(0.656895667762),
            Some(0.6767772),
            "numerical: see-saw below, NPA level 1 above",
            Some(4),
        ),
        5 => reference.classical(12, 25).quantum_between(
            Some(0.535592344179),
            Some(field_bound),
            format!("lower: numerical see-saw; {bound}"),
            Some(5),
        ),
        _ if prime => reference.quantum_between(None, Some(field_bound), bound, None),
        _ => reference,
    };
    Ok(Entry { game, reference })
}
