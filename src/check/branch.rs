//! Classical upper bound by replaying a branch and bound (F1 with F4's messages).

use super::messages::{Split, split};
use super::*;

/// The largest of the claim, rounded down to a value that a strategy can have, and the bounds of the nodes at which the
/// order is exhausted: at least the classical value.
///
/// A node fixes some answers. With c = sum_i m_i + rest and u_i(x_i,a_i) the sum of m_i over the other
/// questions, no strategy below it exceeds sum_i sum_{x_i} u_i, at the fixed answer or the best one, plus
/// sum_y max_b [u(y,b) + sum_{x: x_l = y} max over open answers of rest], l the player who answers best. A node whose
/// bound is not above the largest so far is left out; the others branch on the next decision.
pub fn branch_bound(raw: &Json, s: &Scenario, t: &Table, claim: Option<&Rational>, meter: &Meter) -> Result<Rational> {
    let decision = |_, pair: &Json| {
        let (player, question) = pair.pair()?;
        let i = player.index(s.players())?;
        Ok((i, question.index(s.questions[i])?))
    };
    let order = raw.optional("order", |list| list.each(decision))?.unwrap_or_default();
    ensure!(order.iter().collect::<BTreeSet<_>>().len() == order.len(), Proof: "a decision is repeated");
    let last = (0..s.players()).find(|&i| order.iter().all(|&(player, _)| player != i));
    let last = last.ok_or_else(|| refuse!(Proof: "no player is left to answer best"))?;
    let split = split(raw, s, t, meter)?;
    let best = claim.map(|claim| (claim.numer() * &split.den).div_floor(claim.denom()));
    let fixed = s.questions.iter().map(|&q| vec![None; q]).collect();
    let mut tree = Tree { split: &split, last, fixed, best };
    tree.search(&order, meter)?;
    Ok(Rational::new_raw(tree.best.unwrap_or_default(), split.den))
}

struct Tree<'a> {
    split: &'a Split,
    /// The player who answers best.
    last: usize,
    /// The answer of player i to question x at this node.
    fixed: Vec<Vec<Option<usize>>>,
    best: Option<BigInt>,
}

impl Tree<'_> {
    fn search(&mut self, order: &[(usize, usize)], meter: &Meter) -> Result<()> {
        meter.charge("a node of the branch and bound", self.split.node.clone())?;
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
        let Split { local, rests, answers, .. } = self.split;
        let open = |i: usize, x: usize, a: usize| self.fixed[i][x].is_none_or(|fixed| fixed == a);
        // What an answer is worth; for the last player with the most that is left of the cells.
        let mut worth = local.clone();
        for (x, rest) in rests {
            let row = &mut worth[self.last][x[self.last]];
            let mut most = vec![None; row.len()];
            for (a, value) in answers.iter().zip(rest) {
                if (0..a.len()).all(|i| open(i, x[i], a[i])) {
                    most[a[self.last]] = most[a[self.last]].max(Some(value));
                }
            }
            row.iter_mut().zip(most.into_iter().flatten()).for_each(|(slot, most)| *slot += most);
        }
        let mut bound = BigInt::ZERO;
        for (i, player) in worth.iter().enumerate() {
            for (x, row) in player.iter().enumerate() {
                let open = row.iter().enumerate().filter(|(a, _)| open(i, x, *a));
                bound += open.map(|(_, value)| value).max().unwrap_or(&BigInt::ZERO);
            }
        }
        bound
    }
}
