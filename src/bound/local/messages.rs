//! Messages: payoffs moved from joint questions to the enumerated player, so that the bound of a node is tighter.
//!
//! For two players and any `m(x,y,a)`, every strategy earns
//! `sum_x u(x, f(x)) + sum_y max_b sum_x (c - m)(x,y,f(x),b)` with `u(x,a) = sum_y m(x,y,a)`: what is taken away per
//! question of the responder is paid back per question of the first player. A node's bound, which lets the open
//! questions be answered anew for each `(y, b)`, is then `sum max_a u` for them plus the plain bound of `c - m`. The
//! messages are chosen to make the bound of the root small, by subgradient steps in floating point; any integers
//! are valid, so they are rounded to a fraction of the payoffs' unit.

use super::tensor::Tensor;
use super::word::Word;

/// Rounds of the subgradient method.
const ROUNDS: usize = 150;

/// Moves payoffs between the parts of a tensor of two players, given a value known to be reached.
///
/// Does nothing where the root's bound does not come down, or where the wider integers would cost more than they save.
pub(super) fn reparametrise(tensor: &mut Tensor, incumbent: i64) {
    if tensor.order.len() != 2 {
        return;
    }
    let (nq, na) = (tensor.questions[0].len(), tensor.answers[0]);
    let (ny, nb) = tensor.responder();
    let block = nb * ny;
    let c: Vec<f64> = tensor.c.iter().map(|&v| v as f64).collect();
    let mut m = vec![0.0; nq * na * ny];
    let mut best = (f64::INFINITY, m.clone());
    let mut plain = f64::INFINITY;
    let mut table = vec![0.0; block];
    let mut chosen = vec![0usize; nq];
    let mut wanted = vec![0usize; nq * ny];
    let (mut pace, mut stalled) = (1.0, 0);
    for round in 0..ROUNDS {
        // u(x, a) and its best answers
        let mut bound = 0.0;
        for x in 0..nq {
            let sum = |a: usize| m[(x * na + a) * ny..][..ny].iter().sum::<f64>();
            let (mut at, mut top) = (0, sum(0));
            for a in 1..na {
                let u = sum(a);
                if u > top {
                    (at, top) = (a, u);
                }
            }
            chosen[x] = at;
            bound += top;
        }
        // the plain bound of c - m
        table.fill(0.0);
        for x in 0..nq {
            for b in 0..nb {
                for y in 0..ny {
                    let rest = |a: usize| c[(x * na + a) * block + b * ny + y] - m[(x * na + a) * ny + y];
                    let top = (1..na).fold(rest(0), |t: f64, a| t.max(rest(a)));
                    table[b * ny + y] += top;
                }
            }
        }
        for y in 0..ny {
            let b = (1..nb).fold(0, |best, b| if table[b * ny + y] > table[best * ny + y] { b } else { best });
            bound += table[b * ny + y];
            for x in 0..nq {
                let rest = |a: usize| c[(x * na + a) * block + b * ny + y] - m[(x * na + a) * ny + y];
                wanted[x * ny + y] = (1..na).fold(0, |best, a| if rest(a) > rest(best) { a } else { best });
            }
        }
        if round == 0 {
            plain = bound;
        }
        if bound < best.0 - 1e-9 * plain.abs() {
            best = (bound, m.clone());
            stalled = 0;
        } else {
            stalled += 1;
            if stalled == 8 {
                (pace, stalled) = (0.5 * pace, 0);
                m.clone_from(&best.1);
                continue;
            }
        }
        let gap = bound - incumbent as f64;
        let differ = (0..nq * ny).filter(|&k| chosen[k / ny] != wanted[k]).count();
        if gap < 1.0 || differ == 0 || pace < 1e-2 {
            break;
        }
        let step = pace * gap / (2 * differ) as f64;
        for x in 0..nq {
            for y in 0..ny {
                let other = wanted[x * ny + y];
                if other != chosen[x] {
                    m[(x * na + chosen[x]) * ny + y] -= step;
                    m[(x * na + other) * ny + y] += step;
                }
            }
        }
    }
    // less than a tenth of the gap: not worth the wider integers
    if plain - best.0 < 0.1 * (plain - incumbent as f64) {
        return;
    }
    // the narrowest integers that hold a fine enough unit
    for width in [i16::ROOM, i32::ROOM] {
        for scale in [16, 8, 4] {
            let moved = apply(tensor, &best.1, scale).filter(|t| t.room() <= width);
            if let Some(moved) = moved {
                *tensor = moved;
                return;
            }
        }
    }
}

/// The tensor with messages rounded to multiples of `1/scale`.
fn apply(tensor: &Tensor, m: &[f64], scale: i64) -> Option<Tensor> {
    let (ny, nb) = tensor.responder();
    let largest = tensor.c.iter().map(|v| v.unsigned_abs()).max().unwrap_or(0);
    if largest > (i32::MAX as u64) / 64 {
        return None;
    }
    let mut moved = tensor.clone();
    moved.scale = scale;
    for (place, row) in moved.c.chunks_exact_mut(nb * ny).enumerate() {
        let messages = &m[place * ny..][..ny];
        let rounded = |y: usize| (messages[y] * scale as f64).round() as i64;
        moved.unary[place] = (0..ny).map(rounded).sum();
        for (k, v) in row.iter_mut().enumerate() {
            *v = *v * scale - rounded(k % ny);
        }
    }
    Some(moved)
}
