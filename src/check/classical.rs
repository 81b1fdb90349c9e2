//! Maximum of a functional over shared randomness = over deterministic strategies (F1).

use std::ops::{AddAssign, SubAssign};

use num_bigint::BigInt;
use num_traits::{ToPrimitive, Zero};

use super::functional::{Functional, Sizes};
use super::limits::{Meter, OPERATION, product, wide, words};
use super::num::Rational;
use super::reject::{Reject, resource};

/// The largest value any classical strategy reaches, shared randomness included; exact.
///
/// F is linear and the classical behaviours are the convex hull of the deterministic ones, so the
/// maximum is over functions. All players but the one with the most strategies are enumerated; that
/// one answers best: `sum_y max_b tab[y][b]`.
///
/// Errors: only `RESOURCE`, before any work.
pub fn classical_max(f: &Functional, meter: &mut Meter) -> Result<Rational, Reject> {
    let plan = Plan::new(f);
    plan.charge(f, meter)?;
    let weight = f.weight();
    // Every partial sum is at most the weight, so machine integers cannot overflow.
    let best = if weight.bits() <= 60 {
        let c: Vec<i64> = f.iter().filter_map(|(_, _, c)| c.to_i64()).collect();
        BigInt::from(plan.search(&c))
    } else if weight.bits() <= 120 {
        let c: Vec<i128> = f.iter().filter_map(|(_, _, c)| c.to_i128()).collect();
        BigInt::from(plan.search(&c))
    } else {
        let c: Vec<BigInt> = f.iter().map(|(_, _, c)| c.clone()).collect();
        plan.search(&c)
    };
    Ok(Rational::new(best, f.denominator().clone()))
}

/// The value of one deterministic strategy, `strategy[i][x_i]` = the answer of player i; exact.
pub fn deterministic_value(f: &Functional, strategy: &[Vec<usize>]) -> Rational {
    let plays = |x: &[usize], a: &[usize]| {
        strategy
            .iter()
            .zip(x)
            .zip(a)
            .all(|((answers, &x), a)| answers.get(x) == Some(a))
    };
    let sum: BigInt = f
        .iter()
        .filter(|(x, a, _)| plays(x, a))
        .map(|(_, _, c)| c)
        .sum();
    Rational::new(sum, f.denominator().clone())
}

/// One decision of the enumeration: what one player answers to one question.
struct Level {
    /// For each answer, the cells that are decided here at the latest.
    answers: Vec<Vec<Cell>>,
}

/// A cell waiting for its last decision.
struct Cell {
    /// Which coefficient.
    index: usize,
    /// Where it goes in the last player's table.
    slot: usize,
    /// The earlier decisions (level, answer) it needs.
    needs: Vec<(usize, usize)>,
}

struct Plan {
    levels: Vec<Level>,
    /// Cells in which no enumerated player takes part (one-player games): coefficient and slot.
    base: Vec<(usize, usize)>,
    /// Questions and answers of the player who answers best at the leaves.
    table: (usize, usize),
}

impl Plan {
    fn new(f: &Functional) -> Self {
        let sizes = f.sizes();
        let last = last_player(sizes);
        // Only questions that occur in some cell are decisions.
        let mut used: Vec<Vec<Option<usize>>> =
            sizes.questions.iter().map(|&nq| vec![None; nq]).collect();
        for (x, _, _) in f.iter() {
            for (slots, &x) in used.iter_mut().zip(x) {
                slots[x] = Some(0);
            }
        }
        let mut levels = Vec::new();
        for (player, slots) in used.iter_mut().enumerate() {
            for slot in slots
                .iter_mut()
                .filter(|slot| player != last && slot.is_some())
            {
                *slot = Some(levels.len());
                let answers = (0..sizes.answers[player]).map(|_| Vec::new()).collect();
                levels.push(Level { answers });
            }
        }
        let mut base = Vec::new();
        for (index, (x, a, _)) in f.iter().enumerate() {
            let slot = x[last]
                .saturating_mul(sizes.answers[last])
                .saturating_add(a[last]);
            let mut needs: Vec<(usize, usize)> = (0..sizes.players())
                .filter(|&i| i != last)
                .filter_map(|i| used[i][x[i]].map(|level| (level, a[i])))
                .collect();
            needs.sort_unstable();
            match needs.pop() {
                Some((level, answer)) => {
                    levels[level].answers[answer].push(Cell { index, slot, needs })
                }
                None => base.push((index, slot)),
            }
        }
        let table = (sizes.questions[last], sizes.answers[last]);
        Self {
            levels,
            base,
            table,
        }
    }

    fn charge(&self, f: &Functional, meter: &mut Meter) -> Result<(), Reject> {
        let (mut nodes, mut work) = (1u128, 0u128);
        for level in &self.levels {
            let decided: usize = level.answers.iter().map(Vec::len).sum();
            let answers = wide(level.answers.len());
            let each = wide(decided).saturating_add(answers);
            work = work.saturating_add(nodes.saturating_mul(each));
            nodes = nodes.saturating_mul(answers);
        }
        let limit = meter.limits().enumeration;
        if nodes > u128::from(limit) {
            let why = format!("{nodes} deterministic strategies, the limit is {limit}");
            return Err(resource("", why));
        }
        let leaf = product([wide(self.table.0), wide(self.table.1)]);
        work = work.saturating_add(nodes.saturating_mul(leaf));
        meter.charge(
            "the enumeration of deterministic strategies",
            work.saturating_mul(machine(f.weight().bits())),
        )
    }

    /// Depth-first search with running sums tab[y][b] of the last player's table.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "partial sums are bounded by the weight"
    )]
    fn search<T: Sum>(&self, c: &[T]) -> T {
        let (questions, answers) = self.table;
        let mut tab = vec![T::zero(); questions.saturating_mul(answers)];
        for &(index, slot) in &self.base {
            tab[slot] += &c[index];
        }
        let mut chosen: Vec<usize> = Vec::with_capacity(self.levels.len());
        let mut best: Option<T> = None;
        let mut descend = true;
        loop {
            if descend && chosen.len() < self.levels.len() {
                chosen.push(0);
                self.apply(&chosen, c, &mut tab, true);
                continue;
            }
            if descend {
                // sum_y max_b tab[y][b]
                let mut value = T::zero();
                for most in tab.chunks_exact(answers).filter_map(|row| row.iter().max()) {
                    value += most;
                }
                best = Some(best.map_or(value.clone(), |b| b.max(value)));
            }
            // Next answer at the deepest decision, or one decision up.
            self.apply(&chosen, c, &mut tab, false);
            let Some(answer) = chosen.pop() else {
                return best.unwrap_or_else(T::zero);
            };
            let next = answer.saturating_add(1);
            descend = next < self.levels[chosen.len()].answers.len();
            if descend {
                chosen.push(next);
                self.apply(&chosen, c, &mut tab, true);
            }
        }
    }

    /// Adds or removes the cells decided by the last entry of `chosen`.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "partial sums are bounded by the weight"
    )]
    fn apply<T: Sum>(&self, chosen: &[usize], c: &[T], tab: &mut [T], add: bool) {
        let Some((&answer, above)) = chosen.split_last() else {
            return;
        };
        for cell in &self.levels[above.len()].answers[answer] {
            if cell.needs.iter().all(|&(level, a)| above[level] == a) {
                if add {
                    tab[cell.slot] += &c[cell.index];
                } else {
                    tab[cell.slot] -= &c[cell.index];
                }
            }
        }
    }
}

/// What an addition costs: one unit in machine integers.
fn machine(bits: u64) -> u128 {
    match bits {
        0..=60 => 1,
        61..=120 => 2,
        _ => words(bits).saturating_add(OPERATION / 2),
    }
}

/// Machine or big integers.
pub(crate) trait Sum:
    Clone + Ord + Zero + for<'a> AddAssign<&'a Self> + for<'a> SubAssign<&'a Self>
{
}
impl Sum for i64 {}
impl Sum for i128 {}
impl Sum for BigInt {}

/// The player with the most deterministic strategies, na^nq; the first of equals.
fn last_player(sizes: &Sizes) -> usize {
    let strategies = |i: usize| {
        let (nq, na) = (sizes.questions[i], sizes.answers[i]);
        BigInt::from(na).pow(u32::try_from(nq).unwrap_or(u32::MAX))
    };
    let mut last = 0;
    for i in 1..sizes.players() {
        if strategies(i) > strategies(last) {
            last = i;
        }
    }
    last
}
