//! Random win/lose games, the same for everyone who uses the same seed.

use super::{Entry, Family, Parameters, Reference};
use crate::game::{Game, GameError, Rational, Scenario};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

pub(super) const FAMILY: Family =
    Family { words: &["random"], usage: "random:SEED:QUESTIONS:ANSWERS[:PLAYERS]", standard: &["random:1:3:3"], build };

/// Half the cells become terms with a rational each, so fewer are allowed than a table may have.
const MAX_CELLS: usize = 1 << 20;

/// Every player has `QUESTIONS` questions and `ANSWERS` answers; two players unless said otherwise.
///
/// Xoshiro256++ seeded by `seed_from_u64(SEED)`. For each joint question in index order: one draw `u` gives
/// the weight `1 + (u >> 61)` (1 to 8, divided by the total); then one draw per joint answer, which wins iff
/// its highest bit is set.
fn build(p: &Parameters) -> Result<Entry, GameError> {
    let parts = p.counted(3..=4)?;
    let seed = p.seed(parts[0])?;
    let questions = p.integer(parts[1], "number of questions", 1..=4096)?;
    let answers = p.integer(parts[2], "number of answers", 1..=4096)?;
    let players = match parts.get(3) {
        Some(text) => p.integer(text, "number of players", 1..=16)?,
        None => 2,
    };
    let scenario = Scenario::new(vec![questions; players], vec![answers; players])?;
    if scenario.cells() > MAX_CELLS {
        return Err(p.wrong(format!("{} cells asked for, wanted at most {MAX_CELLS}", scenario.cells())));
    }
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut weights = Vec::with_capacity(scenario.joint_questions());
    let mut wins = Vec::with_capacity(scenario.cells());
    for _ in 0..scenario.joint_questions() {
        weights.push(1 + (rng.next_u64() >> 61));
        wins.extend((0..scenario.joint_answers()).map(|_| rng.next_u64() >> 63 == 1));
    }
    let total: u64 = weights.iter().sum();
    let game = Game::win_lose(
        &format!("random-{seed}-{questions}-{answers}-{players}"),
        scenario.clone(),
        |x| Rational::new(weights[scenario.question_index(x)].into(), total.into()),
        |x, a| {
            let row = scenario.question_index(x) * scenario.joint_answers();
            wins[row + scenario.answer_index(a)]
        },
    )?;
    let reference = Reference::new(
        "random weights 1 to 8, every joint answer wins with probability 1/2, by seed",
        "weights and wins by Xoshiro256++ (Blackman, Vigna 2018)",
    );
    Ok(Entry { game, reference })
}
