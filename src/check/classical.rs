//! Maximum of a functional over shared randomness = over deterministic strategies (F1).

use num_bigint::BigInt;

use super::functional::{Functional, Sizes};
use super::limits::{Meter, big, words};
use super::num::Rational;
use super::reject::{Result, ensure};

/// The largest value any classical strategy reaches, shared randomness included; exact.
///
/// F is linear and the classical behaviours are the convex hull of the deterministic ones, so the
/// maximum is over functions. All players but the one with the most strategies are enumerated; that
/// one answers best: `sum_y max_b tab[y][b]`.
///
/// Errors: only `RESOURCE`, before any work.
pub fn classical_max(f: &Functional, meter: &mut Meter) -> Result<Rational> {
    let sizes = f.sizes();
    let last = last_player(sizes);
    let (questions, answers) = (sizes.questions[last], sizes.answers[last]);
    let mut tab = vec![BigInt::ZERO; questions.saturating_mul(answers)];
    let levels = levels(f, last, &mut tab);
    let (mut nodes, mut work) = (big(1), big(0));
    for level in &levels {
        work += &nodes * (big(level.iter().map(Vec::len).sum()) + level.len());
        nodes *= level.len();
    }
    let limit = meter.limits().enumeration;
    ensure!(nodes <= limit.into(), Resource at "", "{nodes} deterministic strategies, the limit is {limit}");
    work += nodes * tab.len();
    let each = words(f.weight().bits()) + 12;
    meter.charge("the enumeration of deterministic strategies", work * each)?;
    let mut best = None;
    search(&levels, &mut Vec::new(), &mut tab, answers, &mut best);
    Ok(Rational::new(best.unwrap_or_default(), f.denominator().clone()))
}

/// The value of one deterministic strategy, `strategy[i][x_i]` = the answer of player i; exact.
pub fn deterministic_value(f: &Functional, strategy: &[Vec<usize>]) -> Rational {
    let plays = |x: &[usize], a: &[usize]| {
        let mut players = strategy.iter().zip(x).zip(a);
        players.all(|((answers, &x), a)| answers.get(x) == Some(a))
    };
    let won = f.iter().filter(|(x, a, _)| plays(x, a)).map(|(_, _, c)| c);
    Rational::new(won.sum(), f.denominator().clone())
}

/// One decision of the enumeration, what one player answers to one question: for each answer, the
/// cells that are decided here at the latest.
type Level<'a> = Vec<Vec<Cell<'a>>>;

/// A cell waiting for its last decision.
struct Cell<'a> {
    coefficient: &'a BigInt,
    /// Where it goes in the last player's table.
    slot: usize,
    /// The earlier decisions (level, answer) it needs.
    needs: Vec<(usize, usize)>,
}

/// The decisions: questions that occur in some cell, of all players but the last, if they leave a choice.
/// A cell that waits for none goes to the table at once.
fn levels<'a>(f: &'a Functional, last: usize, tab: &mut [BigInt]) -> Vec<Level<'a>> {
    let sizes = f.sizes();
    let decides = |&i: &usize| i != last && sizes.answers[i] > 1;
    let mut decisions: Vec<(usize, usize)> = Vec::new();
    for (x, _, _) in f.iter() {
        decisions.extend((0..sizes.players()).filter(decides).map(|i| (i, x[i])));
    }
    decisions.sort_unstable();
    decisions.dedup();
    let open = |&(i, _): &(usize, usize)| (0..sizes.answers[i]).map(|_| Vec::new()).collect();
    let mut levels: Vec<Level<'a>> = decisions.iter().map(open).collect();
    for (x, a, coefficient) in f.iter() {
        let slot = x[last].saturating_mul(sizes.answers[last]).saturating_add(a[last]);
        let level = |i: usize| decisions.binary_search(&(i, x[i])).ok().map(|level| (level, a[i]));
        let mut needs: Vec<_> = (0..sizes.players()).filter(decides).filter_map(level).collect();
        needs.sort_unstable();
        match needs.pop() {
            Some((level, answer)) => levels[level][answer].push(Cell { coefficient, slot, needs }),
            None => tab[slot] += coefficient,
        }
    }
    levels
}

/// Depth-first search with running sums tab[y][b]; as deep as there are decisions, which their number of
/// outcomes limits.
fn search(
    levels: &[Level<'_>],
    chosen: &mut Vec<usize>,
    tab: &mut [BigInt],
    answers: usize,
    best: &mut Option<BigInt>,
) {
    let Some(level) = levels.get(chosen.len()) else {
        let value = tab.chunks_exact(answers).filter_map(|row| row.iter().max()).sum();
        *best = best.take().max(Some(value));
        return;
    };
    for (answer, cells) in level.iter().enumerate() {
        let met = |cell: &&Cell<'_>| cell.needs.iter().all(|&(level, a)| chosen[level] == a);
        let decided: Vec<&Cell<'_>> = cells.iter().filter(met).collect();
        for cell in &decided {
            tab[cell.slot] += cell.coefficient;
        }
        chosen.push(answer);
        search(levels, chosen, tab, answers, best);
        chosen.pop();
        for cell in &decided {
            tab[cell.slot] -= cell.coefficient;
        }
    }
}

/// The player with the most deterministic strategies, na^nq; the first of equals.
fn last_player(sizes: &Sizes) -> usize {
    let strategies = |&i: &usize| {
        let questions = u32::try_from(sizes.questions[i]).unwrap_or(u32::MAX);
        big(sizes.answers[i]).pow(questions)
    };
    (0..sizes.players()).rev().max_by_key(strategies).unwrap_or(0)
}
