//! Maximum of a functional over shared randomness = over deterministic strategies (F1).

use super::*;

/// The largest value any classical strategy reaches, shared randomness included; exact.
///
/// F is linear and the classical behaviours are the convex hull of the deterministic ones, so the
/// maximum is over functions. All players but the one with the most strategies are enumerated; that
/// one answers best: `sum_y max_b tab[y][b]`.
///
/// Errors: only `RESOURCE`.
pub fn classical_max(s: &Scenario, t: &Table, meter: &Meter) -> Result<Rational> {
    meter.charge("the cells of a functional", big(t.cells.len()) * s.players() * 100)?;
    // The first of those with the most strategies, na^nq.
    let strategies = |&i: &usize| num_traits::pow(big(s.answers[i]), s.questions[i]);
    let last = (0..s.players()).rev().max_by_key(strategies).unwrap_or(0);
    // The decisions: what the others, if they have a choice, answer to the questions that occur in some cell.
    let others = (0..s.players()).filter(|&i| i != last && s.answers[i] > 1);
    let asked = t.cells.iter().flat_map(|(cell, _)| others.clone().map(|i| (i, cell[i])));
    let decisions: Vec<(usize, usize)> = asked.collect::<BTreeSet<_>>().into_iter().collect();
    let (leaves, limit) = (decisions.iter().map(|&(i, _)| s.answers[i]).product::<BigInt>(), meter.limits.enumeration);
    ensure!(leaves <= limit.into(), Resource: "{leaves} deterministic strategies, the limit is {limit}");
    let sum: BigInt = t.numbers().map(BigInt::abs).sum();
    let each = words(sum.bits()) + 12;
    let tab = vec![vec![BigInt::ZERO; s.answers[last]]; s.questions[last]];
    let best = Search { s, last, meter, each, tab }.decide(&decisions, t.cells.iter().collect())?;
    Ok(Rational::new_raw(best, t.den.clone()))
}

struct Search<'a> {
    s: &'a Scenario,
    last: usize,
    meter: &'a Meter,
    /// The charge for one addition.
    each: BigInt,
    /// tab[y][b], the sum of the cells that are decided.
    tab: Vec<Vec<BigInt>>,
}

impl Search<'_> {
    /// Depth first. `cells` are those that agree with what is decided and are not in the table yet.
    fn decide(&mut self, decisions: &[(usize, usize)], cells: Vec<&(Vec<usize>, BigInt)>) -> Result<BigInt> {
        let n = self.s.players();
        let Some((&(i, x), rest)) = decisions.split_first() else {
            self.add(&cells, 1);
            return Ok(self.tab.iter().filter_map(|row| row.iter().max()).sum());
        };
        // In a long list a cell is far from the processor.
        let cell = &self.each + big(cells.len()).bits().saturating_mul(4);
        self.meter.charge("an enumeration", cell * cells.len())?;
        let (asked, open): (Vec<_>, Vec<_>) = cells.into_iter().partition(|(cell, _)| cell[i] == x);
        let mut answered = vec![Vec::new(); self.s.answers[i]];
        asked.into_iter().for_each(|cell| answered[cell.0[n..][i]].push(cell));
        let sums = big(open.len()) + self.tab.iter().map(Vec::len).sum::<usize>();
        self.meter.charge("an enumeration", &self.each * sums * answered.len())?;
        // Decisions are in the order of the players: these are a cell's last.
        let closing = rest.iter().all(|&(player, _)| player == i);
        let mut best = None;
        for agree in answered {
            let (decided, undecided) = if closing { (agree, Vec::new()) } else { (Vec::new(), agree) };
            self.add(&decided, 1);
            best = best.max(Some(self.decide(rest, [open.as_slice(), &undecided].concat())?));
            self.add(&decided, -1);
        }
        Ok(best.unwrap_or_default())
    }

    fn add(&mut self, cells: &[&(Vec<usize>, BigInt)], sign: i32) {
        for (cell, c) in cells {
            let (x, a) = cell.split_at(self.s.players());
            self.tab[x[self.last]][a[self.last]] += c * sign;
        }
    }
}

/// The value of one deterministic strategy, `strategy[i][x_i]` = the answer of player i; exact.
pub fn deterministic_value(s: &Scenario, t: &Table, strategy: &[Vec<usize>]) -> Rational {
    let played = t.cells.iter().filter(|(cell, _)| {
        let (x, a) = cell.split_at(s.players());
        strategy.iter().zip(x).zip(a).all(|((answers, &x), a)| answers.get(x) == Some(a))
    });
    Rational::new_raw(played.map(|(_, c)| c).sum(), t.den.clone())
}
