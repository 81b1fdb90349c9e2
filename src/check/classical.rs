//! Maximum of a functional over shared randomness = over deterministic strategies (F1).

use std::ops::{AddAssign, SubAssign};

use num_bigint::BigInt;
use num_traits::{ToPrimitive, Zero};

use super::functional::{Functional, Sizes};
use super::limits::{Meter, product, words};
use super::num::Rational;
use super::reject::{Reject, resource};

/// The largest value any classical strategy reaches, shared randomness included; exact.
///
/// F is linear and the classical behaviours are the convex hull of the deterministic ones, so the
/// maximum is over functions. All players but the one with the most strategies are enumerated; that
/// one answers best: sum_y max_b tab[y][b].
///
/// Errors: only `RESOURCE`, before any work.
pub fn classical_max(f: &Functional, meter: &mut Meter) -> Result<Rational, Reject> {
    let plan = Plan::new(f);
    plan.charge(f, meter)?;
    let weight = f.weight();
    // Every partial sum is at most the weight, so machine integers cannot overflow below 2^120.
    let best = if weight.bits() <= 120 {
        let c: Vec<i128> = f.iter().filter_map(|(_, _, c)| c.to_i128()).collect();
        BigInt::from(plan.search(f, &c))
    } else {
        let c: Vec<BigInt> = f.iter().map(|(_, _, c)| c.clone()).collect();
        plan.search(f, &c)
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

/// One decision of the enumeration: what `player` answers to `question`.
struct Level {
    player: usize,
    /// For each answer, the cells that are decided here at the latest.
    cells: Vec<Vec<usize>>,
}

struct Plan {
    /// The player who answers best at the leaves.
    last: usize,
    levels: Vec<Level>,
    /// Cells no enumerated player takes part in (one-player games).
    base: Vec<usize>,
    /// For each cell, the levels at which the enumerated players decide it, with their answers.
    needs: Vec<Vec<(usize, usize)>>,
    /// For each cell, question and answer of the last player.
    best: Vec<(usize, usize)>,
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
            if player == last {
                continue;
            }
            for slot in slots.iter_mut().filter(|slot| slot.is_some()) {
                *slot = Some(levels.len());
                let cells = vec![Vec::new(); sizes.answers[player]];
                levels.push(Level { player, cells });
            }
        }
        let (mut base, mut needs, mut best) = (Vec::new(), Vec::new(), Vec::new());
        for (k, (x, a, _)) in f.iter().enumerate() {
            let need: Vec<(usize, usize)> = (0..sizes.players())
                .filter(|&i| i != last)
                .filter_map(|i| used[i][x[i]].map(|level| (level, a[i])))
                .collect();
            match need.iter().max() {
                Some(&(level, answer)) => levels[level].cells[answer].push(k),
                None => base.push(k),
            }
            needs.push(need);
            best.push((x[last], a[last]));
        }
        Self {
            last,
            levels,
            base,
            needs,
            best,
        }
    }

    fn answers(&self, sizes: &Sizes, level: &Level) -> u128 {
        u128::try_from(sizes.answers[level.player]).unwrap_or(u128::MAX)
    }

    fn charge(&self, f: &Functional, meter: &mut Meter) -> Result<(), Reject> {
        let sizes = f.sizes();
        let wide = |n: usize| u128::try_from(n).unwrap_or(u128::MAX);
        let (mut nodes, mut work) = (1u128, 0u128);
        for level in &self.levels {
            let listed: usize = level.cells.iter().map(Vec::len).sum();
            let each = wide(listed).saturating_add(self.answers(sizes, level));
            work = work.saturating_add(nodes.saturating_mul(each));
            nodes = nodes.saturating_mul(self.answers(sizes, level));
        }
        if nodes > u128::from(meter.limits().enumeration) {
            return Err(resource(
                "",
                format!(
                    "{nodes} deterministic strategies, the limit is {}",
                    meter.limits().enumeration
                ),
            ));
        }
        let leaf = product([
            wide(sizes.questions[self.last]),
            wide(sizes.answers[self.last]),
        ]);
        work = work.saturating_add(nodes.saturating_mul(leaf));
        meter.charge(
            "the enumeration of deterministic strategies",
            work.saturating_mul(words(f.weight().bits())),
        )
    }

    /// Depth-first search with running sums tab[y][b] of the last player's table.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "partial sums are bounded by the weight"
    )]
    fn search<T>(&self, f: &Functional, c: &[T]) -> T
    where
        T: Clone + Ord + Zero + for<'a> AddAssign<&'a T> + for<'a> SubAssign<&'a T>,
    {
        let sizes = f.sizes();
        let row = vec![T::zero(); sizes.answers[self.last]];
        let mut tab = vec![row; sizes.questions[self.last]];
        for &k in &self.base {
            let (y, b) = self.best[k];
            tab[y][b] += &c[k];
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
                let value = leaf(&tab);
                best = Some(best.map_or(value.clone(), |b| b.max(value)));
            }
            // Next answer at the deepest decision, or one decision up.
            self.apply(&chosen, c, &mut tab, false);
            let Some(answer) = chosen.pop() else {
                return best.unwrap_or_else(T::zero);
            };
            let level = &self.levels[chosen.len()];
            let next = answer.saturating_add(1);
            descend = next < level.cells.len();
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
    fn apply<T>(&self, chosen: &[usize], c: &[T], tab: &mut [Vec<T>], add: bool)
    where
        T: for<'a> AddAssign<&'a T> + for<'a> SubAssign<&'a T>,
    {
        let Some((&answer, above)) = chosen.split_last() else {
            return;
        };
        for &k in &self.levels[above.len()].cells[answer] {
            if self.needs[k].iter().all(|&(level, a)| chosen[level] == a) {
                let (y, b) = self.best[k];
                if add {
                    tab[y][b] += &c[k];
                } else {
                    tab[y][b] -= &c[k];
                }
            }
        }
    }
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "partial sums are bounded by the weight"
)]
fn leaf<T: Clone + Ord + Zero + for<'a> AddAssign<&'a T>>(tab: &[Vec<T>]) -> T {
    let mut sum = T::zero();
    for row in tab {
        if let Some(best) = row.iter().max() {
            sum += best;
        }
    }
    sum
}

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
