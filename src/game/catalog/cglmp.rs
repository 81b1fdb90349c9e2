//! The CGLMP inequality for D outcomes.

use super::{Entry, Family, Parameters, Reference, integer, ratio};
use crate::game::{Game, GameError, Scenario};

pub(super) const FAMILY: Family =
    Family { words: &["cglmp"], usage: "cglmp:D", standard: &["cglmp:3", "cglmp:4", "cglmp:5"], build };

/// `sum_k (1 - 2k/(D-1)) [P(A0=B0+k) + P(B0=A1+k+1) + P(A1=B1+k) + P(B1=A0+k) - P(A0=B0-k-1) - P(B0=A1-k)
/// - P(A1=B1-k-1) - P(B1=A0-k-1)]`, `k = 0 .. floor(D/2)-1`, outcomes mod D.
fn build(p: &Parameters) -> Result<Entry, GameError> {
    let d = p.one("number of outcomes D", 2..=128)?;
    let game = Game::functional(&format!("cglmp-{d}"), Scenario::new(vec![2, 2], vec![d, d])?, |x, a| {
        // Each bracket names one difference of outcomes, counted so that +k and -k-1 are its two sides.
        let (a, b) = (a[0], a[1]);
        let difference = match x {
            [0, 0] | [1, 1] => a + d - b,
            [1, 0] => b + 2 * d - a - 1,
            _ => b + d - a,
        } % d;
        let k = difference.min(d - 1 - difference);
        if 2 * k + 1 == d {
            return integer(0);
        }
        let weight = integer(1) - ratio(2 * k as i64, d as i64 - 1);
        if k == difference { weight } else { -weight }
    })?;
    let reference = Reference::new(
        "differences of D outcomes of two measurements each; local bound 2",
        "Collins, Gisin, Linden, Massar, Popescu 2002; Acin, Durt, Gisin, Latorre 2002; Navascues, Pironio, Acin 2008; Ioannou, Rosset 2021 (arXiv:2112.10803)",
    )
    .classical(2, 1)
    .non_signalling(4, 1);
    let reference = match d {
        2 => reference.quantum(2.0 * 2f64.sqrt(), "2*sqrt(2)", 2),
        3 => reference.quantum(1.0 + (11f64 / 3.0).sqrt(), "1+sqrt(11/3)", 3),
        4 => reference.quantum(2.972698267102, "algebraic (Ioannou, Rosset); decimals here", 4),
        5 => reference.quantum_between(
            Some(3.0157105),
            Some(3.015711),
            "numerical: Acin et al. below, NPA 1+AB above",
            Some(5),
        ),
        _ => reference,
    };
    Ok(Entry { game, reference })
}
