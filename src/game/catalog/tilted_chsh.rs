//! The tilted CHSH inequality.

use super::parameters::{parse_rational, printable};
use super::{Entry, Family, Parameters, Reference, integer, ratio, sign};
use crate::game::{Game, GameError, Rational, Scenario, to_f64};
use num_traits::Signed;

pub(super) const FAMILY: Family =
    Family { words: &["tilted-chsh"], usage: "tilted-chsh or tilted-chsh:P/Q", standard: &["tilted-chsh"], build };

/// `alpha E_A(0) + E(00) + E(01) + E(10) - E(11)`; `alpha = 1/2` unless given. The marginal term stands at
/// question 0 of Bob.
fn build(p: &Parameters) -> Result<Entry, GameError> {
    let alpha = match p.counted(0..=1)?.first() {
        None => ratio(1, 2),
        Some(text) => {
            parse_rational(text, 9).filter(|alpha| !alpha.is_negative() && *alpha < integer(2)).ok_or_else(|| {
                p.wrong(format!("alpha '{}' given, wanted a fraction from 0 to below 2", printable(text, 40)))
            })?
        }
    };
    let game = Game::functional(
        &format!("tilted-chsh-{}-{}", alpha.numer(), alpha.denom()),
        Scenario::new(vec![2, 2], vec![2, 2])?,
        |x, a| {
            let correlator = if x == [1, 1] { -sign(a) } else { sign(a) };
            let marginal: Rational = if x == [0, 0] { &alpha * integer(sign(&a[..1])) } else { integer(0) };
            marginal + integer(correlator)
        },
    )?;
    let mut reference = Reference::new(
        format!("{alpha} E_A(0) + E(00) + E(01) + E(10) - E(11); classical 2+alpha, quantum sqrt(8+2 alpha^2)"),
        "Acin, Massar, Pironio 2012 (arXiv:1107.2754); Bamps, Pironio 2015 (arXiv:1504.06960)",
    )
    .quantum(
        to_f64(&(integer(8) + integer(2) * &alpha * &alpha)).sqrt(),
        format!("sqrt({})", integer(8) + integer(2) * &alpha * &alpha),
        2,
    )
    .non_signalling(4, 1);
    reference.classical = Some(integer(2) + alpha);
    Ok(Entry { game, reference })
}
