//! Classical upper bound by replaying a branch and bound (F1 with F4's messages).

use num_bigint::BigInt;

use super::functional::{Functional, Sizes};
use super::json::Node;
use super::limits::{Meter, big, within, words};
use super::messages::Split;
use super::num::Rational;
use super::reject::{Result, demand};

/// The largest of the claim and the bounds of the nodes at which the order is exhausted: at least the
/// classical value.
///
/// A node fixes some answers. With c = sum_i m_i + rest and u_i(x_i,a_i) the sum of m_i over the other
/// questions, no strategy below it exceeds sum_i sum_{x_i} u_i, at the fixed answer or the best one, plus
/// sum_y max_b [u(y,b) + sum_{x: x_l = y} max over open answers of rest], l the player who answers best. A node whose
/// bound is not above the largest so far is left out; the others branch on the next decision.
pub fn branch_bound(raw: &Node, f: &Functional, claim: Option<&Rational>, meter: &mut Meter) -> Result<Rational> {
    let sizes = f.sizes();
    let order = order(raw, sizes)?;
    let free = |i: &usize| order.iter().all(|(player, _)| player != i);
    let last = (0..sizes.players()).find(free);
    let last = demand!(last, Proof at raw, "no player is left to answer best");
    let split = Split::new(f, raw.get("messages"), meter)?;
    // Tables are kept: this bounds the memory as well.
    let entries = sizes.answers.iter().product::<BigInt>() * split.joints.len();
    let longest = words(split.bits());
    meter.charge("the tables of a branch and bound", entries * &longest * 512)?;
    let mut rests: Vec<(&Vec<usize>, Vec<BigInt>)> = Vec::new();
    for (x, joint) in &split.joints {
        let mut table = Vec::new();
        joint.each_rest(sizes, |rest| table.push(rest));
        rests.push((x, table));
    }
    let best = claim.map(|claim| (claim * &split.den).floor().to_integer());
    let mut tree = Tree::new(&rests, &split.local, sizes, last, best);
    let at = |&(i, x): &(usize, usize)| {
        let asked = |&k: &usize| tree.rows[k].x[i] == x;
        let touched = (0..tree.rows.len()).filter(asked).collect();
        Decision { i, x, touched }
    };
    let order: Vec<Decision> = order.iter().map(at).collect();
    tree.search(&order, &longest, meter)?;
    let best = Rational::new(tree.best.unwrap_or_default(), split.den.clone());
    // The floor of the claim stands for the claim.
    Ok(claim.map_or(best.clone(), |claim| claim.clone().max(best)))
}

/// Reads `order`: distinct decisions [player, question]. The search is as deep as it is long.
fn order(raw: &Node, sizes: &Sizes) -> Result<Vec<(usize, usize)>> {
    let mut all = Vec::new();
    let Some(list) = raw.get("order") else {
        return Ok(all);
    };
    within(&list, "decisions", list.len(), 4096)?;
    for item in list.items() {
        let [player, question] = item.pair()?;
        let player = player.below(sizes.players());
        let decision = player.and_then(|i| Some((i, question.below(sizes.questions[i])?)));
        let decision = decision.filter(|decision| !all.contains(decision));
        all.push(demand!(decision, Proof at item, "not a player with their question, once"));
    }
    Ok(all)
}

/// What one player answers to one question, and the joint questions in which it is asked.
struct Decision {
    i: usize,
    x: usize,
    touched: Vec<usize>,
}

/// One joint question: the rest for the answers that are still open, and its maximum for each answer
/// of the last player.
struct Row<'a> {
    x: &'a [usize],
    /// Open answers of each player.
    dims: Vec<usize>,
    table: Vec<&'a BigInt>,
    best: Vec<&'a BigInt>,
}

impl<'a> Row<'a> {
    fn new(x: &'a [usize], dims: Vec<usize>, table: Vec<&'a BigInt>, last: usize) -> Self {
        let inner: usize = dims.iter().skip(last).skip(1).product();
        let mut best = vec![None; dims[last]];
        for block in table.chunks_exact(inner.saturating_mul(dims[last])) {
            for (most, piece) in best.iter_mut().zip(block.chunks_exact(inner)) {
                *most = (*most).max(piece.iter().max().copied());
            }
        }
        let best = best.into_iter().flatten().collect();
        Self { x, dims, table, best }
    }

    /// Player `i` answers `a`.
    fn fix(&self, i: usize, a: usize, last: usize) -> Self {
        let inner: usize = self.dims.iter().skip(i).skip(1).product();
        let mut dims = self.dims.clone();
        let width = std::mem::replace(&mut dims[i], 1).saturating_mul(inner);
        let blocks = self.table.chunks_exact(width);
        let kept = blocks.filter_map(|block| block.chunks_exact(inner).nth(a));
        Self::new(self.x, dims, kept.flatten().copied().collect(), last)
    }
}

struct Tree<'a> {
    rows: Vec<Row<'a>>,
    /// u_i(x_i, a_i)
    local: &'a [Vec<Vec<BigInt>>],
    last: usize,
    /// `tab[y][b]`: what answer b of the last player to question y is worth at most.
    tab: Vec<Vec<BigInt>>,
    /// What the local parts of the other players are worth at most.
    own: BigInt,
    best: Option<BigInt>,
}

impl<'a> Tree<'a> {
    fn new(
        rests: &'a [(&'a Vec<usize>, Vec<BigInt>)],
        local: &'a [Vec<Vec<BigInt>>],
        sizes: &Sizes,
        last: usize,
        best: Option<BigInt>,
    ) -> Self {
        let mut tab = local[last].clone();
        let mut rows = Vec::with_capacity(rests.len());
        for (x, table) in rests {
            let row = Row::new(x, sizes.answers.clone(), table.iter().collect(), last);
            for (slot, best) in tab[x[last]].iter_mut().zip(&row.best) {
                *slot += *best;
            }
            rows.push(row);
        }
        let others = local.iter().enumerate().filter(|(i, _)| *i != last);
        let questions = others.flat_map(|(_, player)| player);
        let own = questions.filter_map(|row| row.iter().max()).sum();
        Self { rows, local, last, tab, own, best }
    }

    fn search(&mut self, order: &[Decision], words: &BigInt, meter: &mut Meter) -> Result<()> {
        let most = self.tab.iter().filter_map(|row| row.iter().max());
        let bound = most.sum::<BigInt>() + &self.own;
        if self.best.as_ref().is_some_and(|best| bound <= *best) {
            return Ok(());
        }
        let Some((Decision { i, x, touched }, order)) = order.split_first() else {
            self.best = Some(bound);
            return Ok(());
        };
        let entries: usize = touched.iter().map(|&k| self.rows[k].table.len()).sum();
        let leaves: usize = self.tab.iter().map(Vec::len).sum();
        let work: BigInt = (big(entries) + leaves) * words * 24;
        let gains = &self.local[*i][*x];
        for (answer, gain) in gains.iter().enumerate() {
            meter.charge("a node of the branch and bound", work.clone())?;
            let (tab, own) = (self.tab.clone(), self.own.clone());
            self.own += gain - gains.iter().max().unwrap_or(gain);
            let mut replaced = Vec::with_capacity(touched.len());
            for &k in touched {
                let old = &self.rows[k];
                let row = old.fix(*i, answer, self.last);
                let slots = self.tab[row.x[self.last]].iter_mut();
                for (slot, (new, old)) in slots.zip(row.best.iter().zip(&old.best)) {
                    *slot += *new - *old;
                }
                replaced.push((k, std::mem::replace(&mut self.rows[k], row)));
            }
            self.search(order, words, meter)?;
            for (k, row) in replaced {
                self.rows[k] = row;
            }
            (self.tab, self.own) = (tab, own);
        }
        Ok(())
    }
}
