//! Classical upper bound by replaying a branch and bound (F1 with F4's messages).

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

use super::classical::Sum;
use super::functional::{Functional, Sizes};
use super::json::Index;
use super::limits::{Meter, product, wide, words};
use super::messages::{Message, Split};
use super::num::Rational;
use super::reject::{Reject, proof};

/// Reads `order`: distinct decisions [player, question]; some player has none and answers best.
pub(crate) fn order(raw: &[[Index; 2]], sizes: &Sizes) -> Result<Vec<(usize, usize)>, Reject> {
    let mut all = Vec::with_capacity(raw.len());
    for (k, [player, question]) in raw.iter().enumerate() {
        let decision = player
            .below(sizes.players())
            .and_then(|i| Some((i, question.below(sizes.questions[i])?)));
        match decision {
            Some(d) if !all.contains(&d) => all.push(d),
            _ => {
                let at = format!("order[{k}]");
                return Err(proof(at, "not a player with one of their questions, once"));
            }
        }
    }
    Ok(all)
}

/// The largest of `start` and the bounds of the nodes at which the order is exhausted: at least the
/// classical value.
///
/// A node fixes some answers. With c = sum_i m_i + rest and u_i(x_i,a_i) the sum of m_i over the other
/// questions, no strategy below it exceeds sum_i sum_{x_i} u_i, at the fixed answer or the best one, plus
/// sum_y max_b [u(y,b) + sum_{x: x_l = y} max over open answers of rest], l the player who answers best. A node whose
/// bound is not above the largest so far is left out; the others branch on the next decision.
///
/// Errors: `PROOF` if every player has a decision; `RESOURCE`.
pub(crate) fn branch_bound(
    f: &Functional,
    order: &[(usize, usize)],
    messages: &[Message],
    start: Option<&Rational>,
    meter: &mut Meter,
) -> Result<Rational, Reject> {
    let sizes = f.sizes();
    let last = (0..sizes.players())
        .find(|i| order.iter().all(|(player, _)| player != i))
        .ok_or_else(|| proof("order", "no player is left to answer best"))?;
    let split = Split::new(f, messages, meter)?;
    let entries =
        product(sizes.answers.iter().map(|&na| wide(na))).saturating_mul(wide(split.joints.len()));
    // Tables are kept: this bounds the memory as well.
    meter.charge(
        "the tables of a branch and bound",
        product([entries, 256, words(split.bits())]),
    )?;
    let mut rests: Vec<(Vec<usize>, Vec<BigInt>)> = Vec::with_capacity(split.joints.len());
    for (x, joint) in &split.joints {
        let mut table = Vec::new();
        joint.each_rest(sizes, |rest| table.push(rest));
        rests.push((x.to_vec(), table));
    }
    // No bound is larger in absolute value than all numbers together.
    let numbers = rests.iter().flat_map(|r| &r.1);
    let weight: BigInt = numbers
        .chain(split.local.iter().flatten().flatten())
        .map(Signed::abs)
        .sum();
    let floor = start.map(|v| (v * &split.den).floor().to_integer());
    let floor = floor.map(|v| v.clamp(-&weight - 1, weight.clone()));
    let bits = weight.bits();
    let best = if bits <= 60 {
        let mut tree = Tree::new(rests, &split.local, sizes, last, |v| v.to_i64());
        tree.search(order, floor.and_then(|v| v.to_i64()), meter, bits)?
            .into()
    } else {
        let mut tree = Tree::new(rests, &split.local, sizes, last, |v| Some(v.clone()));
        tree.search(order, floor, meter, bits)?
    };
    let best = Rational::new(best, split.den);
    // The floor of the claim stands for the claim.
    Ok(start.map_or(best.clone(), |claim| claim.clone().max(best)))
}

/// One joint question: the rest for the answers that are still open, and its maximum for each answer
/// of the last player.
#[derive(Clone)]
struct Row<T> {
    x: Vec<usize>,
    /// Open answers of each player.
    dims: Vec<usize>,
    table: Vec<T>,
    best: Vec<T>,
}

impl<T: Sum> Row<T> {
    fn new(x: Vec<usize>, dims: Vec<usize>, table: Vec<T>, last: usize) -> Self {
        let inner: usize = dims.iter().skip(last.saturating_add(1)).product();
        let width = dims[last].saturating_mul(inner).max(1);
        let mut best: Vec<Option<T>> = vec![None; dims[last]];
        for block in table.chunks_exact(width) {
            for (most, piece) in best.iter_mut().zip(block.chunks_exact(inner.max(1))) {
                *most = most.take().max(piece.iter().max().cloned());
            }
        }
        let best = best
            .into_iter()
            .map(|b| b.unwrap_or_else(T::zero))
            .collect();
        Self {
            x,
            dims,
            table,
            best,
        }
    }

    /// Player `i` answers `a`.
    fn fix(&self, i: usize, a: usize, last: usize) -> Self {
        let inner: usize = self.dims.iter().skip(i.saturating_add(1)).product();
        let mut dims = self.dims.clone();
        let width = std::mem::replace(&mut dims[i], 1).saturating_mul(inner);
        let pieces = self.table.chunks_exact(width.max(1));
        let table = pieces
            .filter_map(|block| block.chunks_exact(inner.max(1)).nth(a))
            .flatten();
        Self::new(self.x.clone(), dims, table.cloned().collect(), last)
    }
}

struct Tree<T> {
    rows: Vec<Row<T>>,
    /// u_i(x_i, a_i)
    local: Vec<Vec<Vec<T>>>,
    last: usize,
    /// `tab[y][b]`: what answer b of the last player to question y is worth at most.
    tab: Vec<Vec<T>>,
    /// What the local parts of the other players are worth at most.
    own: T,
}

/// One level of the search: the next answer, and what the current one has replaced.
struct Level<T> {
    next: usize,
    rows: Vec<(usize, Row<T>)>,
    own: T,
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "sums are bounded by the weight"
)]
impl<T: Sum> Tree<T> {
    fn new(
        rests: Vec<(Vec<usize>, Vec<BigInt>)>,
        local: &[Vec<Vec<BigInt>>],
        sizes: &Sizes,
        last: usize,
        number: impl Fn(&BigInt) -> Option<T>,
    ) -> Self {
        let list = |v: &Vec<BigInt>| v.iter().filter_map(&number).collect::<Vec<T>>();
        let local: Vec<Vec<Vec<T>>> = local
            .iter()
            .map(|player| player.iter().map(list).collect())
            .collect();
        let rows: Vec<Row<T>> = rests
            .into_iter()
            .map(|(x, table)| Row::new(x, sizes.answers.clone(), list(&table), last))
            .collect();
        let mut tab = local[last].clone();
        for row in &rows {
            for (slot, best) in tab[row.x[last]].iter_mut().zip(&row.best) {
                *slot += best;
            }
        }
        let mut own = T::zero();
        let others = local.iter().enumerate().filter(|(i, _)| *i != last);
        for (_, player) in others {
            for most in player.iter().filter_map(|row| row.iter().max()) {
                own += most;
            }
        }
        Self {
            rows,
            local,
            last,
            tab,
            own,
        }
    }

    fn bound(&self) -> T {
        let mut sum = self.own.clone();
        for most in self.tab.iter().filter_map(|row| row.iter().max()) {
            sum += most;
        }
        sum
    }

    /// Puts `row` at place `k`; gives back the one that was there.
    fn exchange(&mut self, k: usize, row: Row<T>) -> Row<T> {
        let old = std::mem::replace(&mut self.rows[k], row);
        let row = &self.rows[k];
        let both = row.best.iter().zip(&old.best);
        for (slot, (new, old)) in self.tab[row.x[self.last]].iter_mut().zip(both) {
            *slot += new;
            *slot -= old;
        }
        old
    }

    fn search(
        &mut self,
        order: &[(usize, usize)],
        floor: Option<T>,
        meter: &mut Meter,
        bits: u64,
    ) -> Result<T, Reject> {
        let touched: Vec<Vec<usize>> = order
            .iter()
            .map(|&(i, x)| {
                (0..self.rows.len())
                    .filter(|&k| self.rows[k].x[i] == x)
                    .collect()
            })
            .collect();
        let leaves: usize = self.tab.iter().map(Vec::len).sum();
        let mut best = floor;
        let mut levels: Vec<Level<T>> = Vec::new();
        let root = self.bound();
        if best.as_ref().is_some_and(|best| root <= *best) || order.is_empty() {
            return Ok(best.map_or(root.clone(), |best| best.max(root)));
        }
        levels.push(Level {
            next: 0,
            rows: Vec::new(),
            own: self.own.clone(),
        });
        while let Some(level) = levels.last_mut() {
            self.own = level.own.clone();
            let (answer, undo) = (level.next, std::mem::take(&mut level.rows));
            level.next = answer.saturating_add(1);
            for (k, row) in undo {
                self.exchange(k, row);
            }
            let depth = levels.len().saturating_sub(1);
            let (i, x) = order[depth];
            let Some(gain) = self.local[i][x].get(answer).cloned() else {
                levels.pop();
                continue;
            };
            let tables: usize = touched[depth]
                .iter()
                .map(|&k| self.rows[k].table.len())
                .sum();
            let work = product([wide(tables.saturating_add(leaves)), 16, words(bits)]);
            meter.charge("a node of the branch and bound", work)?;
            if let Some(most) = self.local[i][x].iter().max() {
                self.own -= most;
                self.own += &gain;
            }
            let mut replaced = Vec::with_capacity(touched[depth].len());
            for &k in &touched[depth] {
                let row = self.rows[k].fix(i, answer, self.last);
                replaced.push((k, self.exchange(k, row)));
            }
            if let Some(level) = levels.last_mut() {
                level.rows = replaced;
            }
            let bound = self.bound();
            if best.as_ref().is_some_and(|best| bound <= *best) {
                continue;
            }
            if depth.saturating_add(1) == order.len() {
                best = Some(bound);
            } else {
                levels.push(Level {
                    next: 0,
                    rows: Vec::new(),
                    own: self.own.clone(),
                });
            }
        }
        Ok(best.unwrap_or_else(T::zero))
    }
}
