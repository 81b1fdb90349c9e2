//! Classical upper bound by replaying a branch and bound (F1 with F4's messages).

use super::messages::{Split, split};
use super::*;

/// The largest of the claim and the bounds of the nodes at which the order is exhausted: at least the
/// classical value.
///
/// A node fixes some answers. With c = sum_i m_i + rest and u_i(x_i,a_i) the sum of m_i over the other
/// questions, no strategy below it exceeds sum_i sum_{x_i} u_i, at the fixed answer or the best one, plus
/// sum_y max_b [u(y,b) + sum_{x: x_l = y} max over open answers of rest], l the player who answers best. A node whose
/// bound is not above the largest so far is left out; the others branch on the next decision.
pub fn branch_bound(raw: &Json, f: &Functional, claim: Option<&Rational>, meter: &Meter) -> Result<Rational> {
    let order = raw.optional("order", |list| order(list, f))?.unwrap_or_default();
    let free = |i: &usize| order.iter().all(|(player, _)| player != i);
    let last = (0..f.players()).find(free);
    let last = last.ok_or_else(|| refuse!(Proof: "no player is left to answer best"))?;
    let split = split(raw, f, meter)?;
    let tables = big(split.rests.values().map(Vec::len).sum());
    let locals = big(split.local.iter().flatten().map(Vec::len).sum());
    let node = (tables * f.players() + locals) * 8 * &split.words;
    let best = claim.map(|claim| (claim * &split.den).floor().to_integer());
    let fixed = f.questions.iter().map(|&nq| vec![None; nq]).collect();
    let mut tree = Tree { split: &split, last, fixed, best, node };
    tree.search(&order, meter)?;
    let best = Rational::new(tree.best.unwrap_or_default(), split.den.clone());
    // The floor of the claim stands for the claim.
    Ok(claim.map_or(best.clone(), |claim| claim.clone().max(best)))
}

/// Distinct decisions [player, question]. The search is as deep as there are.
fn order(list: &Json, f: &Functional) -> Result<Vec<(usize, usize)>> {
    within("decisions", list.list()?.len(), 4096)?;
    let mut all = Vec::new();
    list.each(|decision| {
        let (player, question) = decision.pair()?;
        let i = player.index(f.players())?;
        let x = question.index(f.questions[i])?;
        ensure!(!all.contains(&(i, x)), Proof: "decided before");
        all.push((i, x));
        Ok(())
    })?;
    Ok(all)
}

struct Tree<'a> {
    split: &'a Split,
    /// The player who answers best.
    last: usize,
    /// The answer of player i to question x at this node.
    fixed: Vec<Vec<Option<usize>>>,
    best: Option<BigInt>,
    /// The charge for a node.
    node: BigInt,
}

impl Tree<'_> {
    fn search(&mut self, order: &[(usize, usize)], meter: &Meter) -> Result<()> {
        meter.charge("a node of the branch and bound", self.node.clone())?;
        let bound = self.bound();
        if self.best.as_ref().is_some_and(|best| bound <= *best) {
            return Ok(());
        }
        let Some((&(i, x), order)) = order.split_first() else {
            self.best = Some(bound);
            return Ok(());
        };
        for a in 0..self.split.local[i][x].len() {
            self.fixed[i][x] = Some(a);
            self.search(order, meter)?;
        }
        self.fixed[i][x] = None;
        Ok(())
    }

    /// What no strategy with the fixed answers exceeds.
    fn bound(&self) -> BigInt {
        let open = |i: usize, x: usize, a: usize| self.fixed[i][x].is_none_or(|fixed| fixed == a);
        // What answer b of the last player to question y is worth at most.
        let mut tab = self.split.local[self.last].clone();
        for (x, rest) in &self.split.rests {
            let row = &mut tab[x[self.last]];
            let mut most: Vec<Option<&BigInt>> = vec![None; row.len()];
            for (a, value) in self.split.answers.iter().zip(rest) {
                if x.iter().zip(a).enumerate().all(|(i, (&x, &a))| open(i, x, a)) {
                    let most = &mut most[a[self.last]];
                    *most = (*most).max(Some(value));
                }
            }
            row.iter_mut().zip(most.into_iter().flatten()).for_each(|(slot, most)| *slot += most);
        }
        let mut bound: BigInt = tab.iter().filter_map(|row| row.iter().max()).sum();
        for (i, player) in self.split.local.iter().enumerate().filter(|(i, _)| *i != self.last) {
            for (x, row) in player.iter().enumerate() {
                let mine = row.iter().enumerate().filter(|(a, _)| open(i, x, *a));
                bound += mine.map(|(_, value)| value).max().unwrap_or(&BigInt::ZERO);
            }
        }
        bound
    }
}
