//! CHSH (Clauser, Horne, Shimony and Holt 1969) as a game, and two rounds of it at once.

use super::{Entry, Family, Parameters, Reference, ratio};
use crate::game::{Game, GameError, Scenario};

pub(super) const FAMILY: Family = Family {
    words: &["chsh"],
    usage: "chsh",
    standard: &["chsh"],
    build: |p| {
        p.counted(0..=0)?;
        one()
    },
};

pub(super) const TWICE: Family = Family { words: &["chsh-x2"], usage: "chsh-x2", standard: &["chsh-x2"], build: twice };

/// Uniform questions; win iff `a XOR b = x AND y` (the paper's Table 1).
fn one() -> Result<Entry, GameError> {
    let game = Game::win_lose(
        "chsh",
        Scenario::new(vec![2, 2], vec![2, 2])?,
        |_| ratio(1, 4),
        |x, a| a[0] ^ a[1] == x[0] & x[1],
    )?;
    let reference = Reference::new(
        "uniform bits x, y; win iff a XOR b = x AND y",
        "Clauser, Horne, Shimony, Holt 1969; Tsirelson 1980; Cleve, Hoyer, Toner, Watrous 2004 (quant-ph/0404076)",
    )
    .classical(3, 4)
    .quantum((2.0 + 2f64.sqrt()) / 4.0, "(2+sqrt(2))/4", 2)
    .non_signalling_wins();
    Ok(Entry { game, reference })
}

/// Two-fold parallel repetition: `x = 2 x_1 + x_2`, `a = 2 a_1 + a_2`, both rounds must be won.
fn twice(p: &Parameters) -> Result<Entry, GameError> {
    p.counted(0..=0)?;
    let chsh = one()?.game;
    let value = (2.0 + 2f64.sqrt()) / 4.0;
    let reference = Reference::new(
        "two rounds of chsh at once, both must be won",
        "Cleve, Slofstra, Unger, Upadhyay 2008 (quant-ph/0608146): perfect parallel repetition of XOR games",
    )
    .classical(5, 8)
    .quantum(value * value, "((2+sqrt(2))/4)^2", 4)
    .non_signalling_wins();
    Ok(Entry { game: chsh.product(&chsh, "chsh-x2")?, reference })
}
