//! Maximum of a functional over shared randomness = over deterministic strategies (F1).

use super::*;

/// The largest value any classical strategy reaches, shared randomness included; exact.
///
/// F is linear and the classical behaviours are the convex hull of the deterministic ones, so the
/// maximum is over functions. All players but the one with the most strategies are enumerated; that
/// one answers best: `sum_y max_b tab[y][b]`.
///
/// Errors: only `RESOURCE`, before any work.
pub fn classical_max(f: &Functional, meter: &Meter) -> Result<Rational> {
    meter.charge("the cells of a functional", big(f.cells.len()) * f.players() * 100)?;
    // The first of those with the most strategies, na^nq.
    let strategies = |&i: &usize| num_traits::pow(big(f.answers[i]), f.questions[i]);
    let last = (0..f.players()).rev().max_by_key(strategies).unwrap_or(0);
    let (questions, answers) = (f.questions[last], f.answers[last]);
    // The decisions: what the others answer to the questions that occur in some cell.
    let others = || (0..f.players()).filter(|&i| i != last);
    let asked = f.cells.iter().flat_map(|cell| others().map(|i| (i, cell.x[i])));
    let mut decisions: Vec<(usize, usize)> = asked.collect();
    decisions.sort_unstable();
    decisions.dedup();
    let open = |&(i, _): &(usize, usize)| (0..f.answers[i]).map(|_| Vec::new()).collect();
    let mut levels: Vec<Level> = decisions.iter().map(open).collect();
    let mut tab = vec![BigInt::ZERO; questions.saturating_mul(answers)];
    for cell in &f.cells {
        let slot = place(&[cell.x[last], cell.a[last]], &[questions, answers]);
        let level = |i| Some((decisions.binary_search(&(i, cell.x[i])).ok()?, cell.a[i]));
        let mut needs: Vec<(usize, usize)> = others().filter_map(level).collect();
        match needs.pop() {
            Some((level, answer)) => levels[level][answer].push((needs, slot, &cell.c)),
            None => tab[slot] += &cell.c,
        }
    }
    let (mut nodes, mut work) = (big(1), big(0));
    for level in &levels {
        work += &nodes * (big(level.iter().map(Vec::len).sum()) + level.len());
        nodes *= level.len();
    }
    let limit = meter.limits.enumeration;
    ensure!(nodes <= limit.into(), Resource: "{nodes} deterministic strategies, the limit is {limit}");
    work += nodes * tab.len();
    let weight: BigInt = f.cells.iter().map(|cell| cell.c.abs()).sum();
    meter.charge("the enumeration of deterministic strategies", work * (words(weight.bits()) + 12))?;
    let mut best = None;
    search(&levels, &mut Vec::new(), &mut tab, answers, &mut best);
    Ok(Rational::new(best.unwrap_or_default(), f.den.clone()))
}

/// One decision: for each answer, the cells that are decided here at the latest. A cell tells which earlier
/// decisions (level, answer) it needs, its slot in the last player's table and its coefficient.
type Level<'a> = Vec<Vec<(Vec<(usize, usize)>, usize, &'a BigInt)>>;

/// Depth-first search with running sums tab[y][b].
fn search(levels: &[Level], chosen: &mut Vec<usize>, tab: &mut [BigInt], answers: usize, best: &mut Option<BigInt>) {
    let Some(level) = levels.get(chosen.len()) else {
        let rows = tab.chunks_exact(answers);
        let value = rows.filter_map(|row| row.iter().max()).sum();
        *best = best.take().max(Some(value));
        return;
    };
    for (answer, cells) in level.iter().enumerate() {
        let met = |needs: &[(usize, usize)]| needs.iter().all(|&(level, a)| chosen[level] == a);
        let decided: Vec<_> = cells.iter().filter(|(needs, ..)| met(needs)).collect();
        decided.iter().for_each(|(_, slot, c)| tab[*slot] += *c);
        chosen.push(answer);
        search(levels, chosen, tab, answers, best);
        chosen.pop();
        decided.iter().for_each(|(_, slot, c)| tab[*slot] -= *c);
    }
}

/// The value of one deterministic strategy, `strategy[i][x_i]` = the answer of player i; exact.
pub fn deterministic_value(f: &Functional, strategy: &[Vec<usize>]) -> Rational {
    let played = f.cells.iter().filter(|cell| {
        let mut players = strategy.iter().zip(&cell.x).zip(&cell.a);
        players.all(|((answers, &x), a)| answers.get(x) == Some(a))
    });
    Rational::new(played.map(|cell| &cell.c).sum(), f.den.clone())
}
