//! The local behaviour closest to another in relative entropy.

use super::Blocks;
use crate::bound::{BoundError, local};
use crate::game::{Behaviour, Game, to_f64};
use crate::strategy::Deterministic;

/// Most rounds of adding strategies and most steps of expectation maximisation in each.
const ROUNDS: usize = 60;
const STEPS: usize = 400;
/// Stop when no strategy gains more than this a round: the growth lost is below it.
const GAP: f64 = 2e-5;
/// Chances of blocks below this are zero but for rounding: their ratio to a vanishing `Q` would drown all others.
const DUST: f64 = 1e-12;

/// `P/Q*` of every block: `P` its chance in a round under `p`, `Q*` from the local behaviour that minimises
/// `sum_b P_b ln(P_b/Q_b)`; numerical.
///
/// Expectation maximisation over weights of deterministic strategies; a best-response search adds the strategy that gains
/// most on `P/Q`, until none gains. Whatever it returns, bets made from it are fair.
pub(super) fn against_closest(game: &Game, p: &Behaviour, blocks: &Blocks) -> Result<Vec<f64>, BoundError> {
    let s = game.scenario();
    let k = s.joint_answers();
    let asked: Vec<(usize, f64)> = game.mu().iter().map(|(x, w)| (*x, to_f64(w))).collect();
    let mut wanted = vec![0.0; blocks.count()];
    for (x, mu) in &asked {
        for (a, p) in p.row(*x).iter().enumerate() {
            if let (Some(b), true) = (blocks.of_cells()[x * k + a], *p >= DUST) {
                wanted[b] += mu * p;
            }
        }
    }
    // chances that a strategy gives to the blocks, and its weight
    let column = |d: &Deterministic| -> Vec<(usize, f64)> {
        let cells = asked.iter().filter_map(|(x, mu)| {
            let block = blocks.of_cells()[x * k + d.answer(s, *x)];
            block.map(|b| (b, *mu))
        });
        let mut cells: Vec<(usize, f64)> = cells.collect();
        cells.sort_by_key(|c| c.0);
        cells.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0.0 };
            same
        });
        cells
    };
    let mut columns: Vec<Vec<(usize, f64)>> = Vec::new();
    for a in 0..k {
        let a = s.answer(a);
        let constant = a.iter().zip(s.questions()).map(|(&a, &q)| vec![a; q]);
        columns.push(column(&Deterministic::new(s, constant.collect())?));
    }
    let mut weights = vec![1.0; k];
    let mut ratio = vec![0.0; blocks.count()];
    for round in 0..=ROUNDS {
        let total: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|w| *w /= total);
        for _ in 0..STEPS {
            ratios(&wanted, &columns, &weights, &mut ratio);
            let mut most = 0.0f64;
            for (column, w) in columns.iter().zip(&mut weights) {
                let gain: f64 = column.iter().map(|&(b, mu)| mu * ratio[b]).sum();
                most = most.max(gain);
                *w = (*w * gain).max(1e-25);
            }
            if most < 1.0 + 0.1 * GAP {
                break;
            }
        }
        let total: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|w| *w /= total);
        ratios(&wanted, &columns, &weights, &mut ratio);
        if round == ROUNDS {
            break;
        }
        let mut gains = vec![0.0; s.cells()];
        for (x, mu) in &asked {
            let row = x * k..(x + 1) * k;
            for (gain, block) in gains[row.clone()].iter_mut().zip(&blocks.of_cells()[row]) {
                *gain = block.map_or(0.0, |b| mu * ratio[b]);
            }
        }
        // integers, so that the search is exact; room for a sum over all questions
        let largest = gains.iter().copied().fold(0.0, f64::max);
        let unit = (1u64 << 30) as f64 / largest.max(1.0);
        let dense: Vec<i64> = gains.iter().map(|r| (r * unit).round() as i64).collect();
        let best = local::maximum_dense(s, &dense, &local::Options::default())?;
        if best.lower as f64 / unit <= 1.0 + GAP {
            break;
        }
        let more = local::good_strategies(s, &dense, 16, round as u64)?;
        let found = std::iter::once((best.lower, best.strategy)).chain(more);
        for (_, d) in found.filter(|(v, _)| *v as f64 / unit > 1.0) {
            let new = column(&d);
            if !columns.contains(&new) {
                columns.push(new);
                weights.push(0.02);
            }
        }
        // strategies of no weight only cost time; the constant ones keep every cell possible
        let keep: Vec<bool> = weights.iter().enumerate().map(|(i, w)| i < k || *w > 1e-9).collect();
        retain(&mut columns, &keep);
        retain(&mut weights, &keep);
    }
    Ok(ratio)
}

fn retain<T>(list: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter();
    list.retain(|_| *keep.next().unwrap_or(&true));
}

/// `P/Q` of every block for a mixture of strategies.
fn ratios(wanted: &[f64], columns: &[Vec<(usize, f64)>], weights: &[f64], ratio: &mut [f64]) {
    ratio.fill(0.0);
    for (column, w) in columns.iter().zip(weights) {
        for &(b, mu) in column {
            ratio[b] += w * mu;
        }
    }
    for (r, p) in ratio.iter_mut().zip(wanted) {
        *r = p / r.max(1e-30);
    }
}
