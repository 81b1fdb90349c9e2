//! The plays of a batch by cell, for games small enough that most cells are played often.

use super::{UNSEEN, draw, total, uniform};
use crate::game::{BlackBox, GameError, Scenario};
use crate::simd::widest;
use std::ops::Range;

/// Joint questions and cells up to which a game is small: its tables have sizes that the compiler knows, so that an index
/// taken modulo the size needs no test.
pub(super) const FEW: usize = 64;
const MANY: usize = 256;

/// Bytes of which one is 1: a play in cell `c` is counted by adding `UNIT_BYTES[c]` to a vector that stays in registers. A
/// counter in memory would wait for the play before it in the same cell.
static UNIT_BYTES: UnitBytes = unit_bytes();

#[repr(align(64))] // a row is one line of the cache
struct UnitBytes([[u8; FEW]; FEW]);

const fn unit_bytes() -> UnitBytes {
    let mut table = [[0; FEW]; FEW];
    let mut cell = 0;
    while cell < FEW {
        table[cell][cell] = 1;
        cell += 1;
    }
    UnitBytes(table)
}

/// Plays, payoffs and their squares by cell `[joint question][joint answer]`.
#[derive(Debug)]
pub(super) struct Cells {
    joint_answers: usize,
    /// How many plays in each cell.
    plays: Vec<u32>,
    /// The least number that draws a later answer, `[joint question][joint answer]`.
    least: Vec<u64>,
    payoffs: Vec<f64>,
    counts: Vec<f64>,
    sums: Vec<f64>,
    squares: Vec<f64>,
    /// Whether the referee judges by cell, as far as is known.
    judged: bool,
}

impl Cells {
    /// Nothing if the game is not small.
    pub fn new(scenario: &Scenario) -> Option<Box<Self>> {
        let cells = scenario.cells();
        let zeros = vec![0.0; if cells <= MANY { cells } else { 0 }];
        (cells <= MANY && scenario.joint_questions() <= FEW).then(|| {
            Box::new(Cells {
                joint_answers: scenario.joint_answers(),
                plays: vec![0; cells],
                least: vec![0; FEW * scenario.joint_answers()],
                payoffs: zeros.clone(),
                counts: zeros.clone(),
                sums: zeros.clone(),
                squares: zeros,
                judged: true,
            })
        })
    }

    /// Draws the answers and counts the plays of each cell.
    pub fn draw(
        &mut self,
        seen: &[u32],
        cumulative: &[f64],
        questions: &[u32],
        random: &[[u8; 8]],
        answers: &mut [u32],
    ) {
        self.plays.fill(0);
        match self.joint_answers {
            4 => self.draw_few::<4>(seen, cumulative, questions, random, answers),
            8 => self.draw_few::<8>(seen, cumulative, questions, random, answers),
            9 => self.draw_few::<9>(seen, cumulative, questions, random, answers),
            k => {
                draw(k, cumulative, questions, random, answers);
                self.count(questions, answers);
            }
        }
        for (count, plays) in self.counts.iter_mut().zip(&self.plays) {
            *count = f64::from(*plays);
        }
    }

    fn count(&mut self, questions: &[u32], answers: &[u32]) {
        for (&x, &a) in questions.iter().zip(answers) {
            self.plays[x as usize * self.joint_answers + a as usize] += 1;
        }
    }

    /// [`draw`] for `K` joint answers, where counting the sums below the number costs less than a branch that depends on
    /// chance, and integers less than floats.
    fn draw_few<const K: usize>(
        &mut self,
        seen: &[u32],
        cumulative: &[f64],
        questions: &[u32],
        random: &[[u8; 8]],
        answers: &mut [u32],
    ) {
        let Some(least) = self.least.as_chunks_mut::<K>().0.first_chunk_mut::<FEW>() else {
            return;
        };
        let (rows, _) = cumulative.as_chunks::<K>();
        for &x in seen {
            widest(
                #[inline(always)]
                || least[x as usize % FEW] = least_above(&rows[x as usize]),
            );
        }
        let few = seen.iter().all(|x| *x < 8);
        let done = if few { eights(least, questions, random, answers) } else { 0 };
        widest(
            #[inline(always)]
            || {
                let plays = questions[done..].iter().zip(&random[done..]);
                for ((x, random), a) in plays.zip(&mut answers[done..]) {
                    *a = answer(&least[*x as usize % FEW], uniform(random));
                }
            },
        );
        match self.plays.len() {
            0..=32 => self.count_few::<K, 32>(questions, answers),
            33..=FEW => self.count_few::<K, FEW>(questions, answers),
            _ => self.count(questions, answers),
        }
    }

    /// Counts the plays of at most `N` cells.
    fn count_few<const K: usize, const N: usize>(&mut self, questions: &[u32], answers: &[u32]) {
        // as many plays as a byte can count
        for (questions, answers) in questions.chunks(255).zip(answers.chunks(255)) {
            let mut counts = [0_u8; N];
            widest(
                #[inline(always)]
                || {
                    let mut sums = counts;
                    for (x, a) in questions.iter().zip(answers) {
                        let cell = x.wrapping_mul(K as u32).wrapping_add(*a) as usize % FEW;
                        for (sum, one) in sums.iter_mut().zip(&UNIT_BYTES.0[cell]) {
                            *sum = sum.wrapping_add(*one);
                        }
                    }
                    counts = sums;
                },
            );
            for (plays, n) in self.plays.iter_mut().zip(counts) {
                *plays += u32::from(n);
            }
        }
    }

    /// Has the plays judged by cell; `false` if the referee does not do that.
    pub fn judge(&mut self, game: &mut dyn BlackBox) -> Result<bool, GameError> {
        self.judged = self.judged && game.judge_cells(&self.plays, &mut self.payoffs)?;
        if self.judged {
            let played = self.counts.iter().zip(&self.payoffs);
            let sums = self.sums.iter_mut().zip(&mut self.squares);
            for ((n, v), (sum, square)) in played.zip(sums) {
                // of a cell that was not played the payoff of earlier plays
                *sum = n * v;
                *square = n * v * v;
            }
        }
        Ok(self.judged)
    }

    /// Takes in payoffs that were judged play by play.
    pub fn add(&mut self, questions: &[u32], answers: &[u32], payoffs: &[f64]) {
        self.sums.fill(0.0);
        self.squares.fill(0.0);
        for ((&x, &a), v) in questions.iter().zip(answers).zip(payoffs) {
            let cell = x as usize * self.joint_answers + a as usize;
            if !v.is_finite() {
                self.payoffs[cell] = *v;
            }
            self.sums[cell] += v;
            self.squares[cell] += v * v;
        }
    }

    /// Sum of all payoffs.
    pub fn total(&self) -> f64 {
        total(&self.sums)
    }

    /// A cell whose payoffs have no finite sum, and a payoff that was paid there.
    pub fn not_finite(&self) -> Option<(usize, f64)> {
        let cell = self.sums.iter().position(|sum| !sum.is_finite())?;
        let payoff = self.payoffs[cell];
        Some((cell, if payoff.is_finite() { self.sums[cell] } else { payoff }))
    }

    /// Of each joint question that has a row in the policy's table, the range of the row, with counts, sums and squares.
    pub fn rows(&self, row_of: &[u32]) -> impl Iterator<Item = (Range<usize>, [&[f64]; 3])> {
        let k = self.joint_answers;
        let seen = row_of.iter().enumerate().filter(|(_, row)| **row != UNSEEN);
        seen.map(move |(x, row)| {
            let (from, at) = (*row as usize * k, x * k..(x + 1) * k);
            let tables = [&self.counts[at.clone()], &self.sums[at.clone()], &self.squares[at]];
            (from..from + k, tables)
        })
    }
}

/// The plays answered by [`eights::answers`](super::eights::answers): all of them but less than eight, or none.
#[cfg(target_arch = "x86_64")]
fn eights<const K: usize>(
    least: &[[u64; K]; FEW],
    questions: &[u32],
    random: &[[u8; 8]],
    answers: &mut [u32],
) -> usize {
    let (questions, random) = (questions.as_chunks().0, random.as_chunks().0);
    let answers = answers.as_chunks_mut().0;
    let n = 8 * answers.len();
    if super::eights::answers(least, questions, random, answers) { n } else { 0 }
}

#[cfg(not(target_arch = "x86_64"))]
fn eights<const K: usize>(_: &[[u64; K]; FEW], _: &[u32], _: &[[u8; 8]], _: &mut [u32]) -> usize {
    0
}

/// How many of the integers are at most `n`.
#[inline(always)]
pub(super) fn answer<const K: usize>(least: &[u64; K], n: u64) -> u32 {
    let mut below = 0_u32;
    for least in &least[..K - 1] {
        below = below.wrapping_add(u32::from(*least <= n));
    }
    below
}

/// Of each sum the least integer `n` whose product with the unit, the last entry, is at least the sum as rounded. The
/// quotient is rounded to an integer by an addition; it is off by less than two, and the product by one.
#[inline(always)]
fn least_above<const K: usize>(sums: &[f64; K]) -> [u64; K] {
    const INTEGERS: f64 = (1_u64 << 52) as f64;
    let mut least = [0.0; K];
    for (n, sum) in least.iter_mut().zip(sums) {
        let first = (sum / sums[K - 1] + INTEGERS) - INTEGERS - 3.0;
        *n = first;
        for j in 0..7 {
            let product = (first + f64::from(j)) * sums[K - 1];
            *n += if product < *sum { 1.0 } else { 0.0 };
        }
    }
    least.map(|n| n as i64 as u64)
}

#[cfg(test)]
mod tests {
    use super::super::UNIT;
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    /// Any probabilities, zeros among them, and numbers on both sides of every threshold.
    #[test]
    fn answers_and_counts_are_those_of_the_simple_draw() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
        for (questions, answers) in
            [([2, 2], [2, 2]), ([2, 4], [2, 4]), ([3, 3], [2, 2]), ([2, 3], [3, 3]), ([4, 8], [4, 2]), ([1, 2], [2, 3])]
        {
            let scenario = Scenario::new(questions.to_vec(), answers.to_vec()).unwrap();
            let (k, rows) = (scenario.joint_answers(), scenario.joint_questions());
            let mut cells = Cells::new(&scenario).unwrap();
            let mut cumulative = Vec::new();
            for _ in 0..rows {
                let mut weights: Vec<f64> = (0..k).map(|_| rng.random()).collect();
                weights[rng.random_range(0..k)] = 0.0;
                let all: f64 = weights.iter().sum();
                let mut sum = 0.0;
                cumulative.extend(weights.iter().map(|w| {
                    sum += w / all;
                    sum
                }));
                if let Some(all) = cumulative.last_mut() {
                    *all *= UNIT;
                }
            }
            let (mut asked, mut random) = (Vec::new(), Vec::new());
            for x in 0..rows as u32 {
                for sum in &cumulative[x as usize * k..][..k - 1] {
                    let near = (sum / cumulative[x as usize * k + k - 1]) as u64;
                    for n in near.saturating_sub(2)..near + 3 {
                        asked.push(x);
                        random.push((n.min((1 << 53) - 1) << 11).to_le_bytes());
                    }
                }
            }
            for _ in 0..1000 {
                asked.push(rng.random_range(0..rows as u32));
                random.push(rng.random::<u64>().to_le_bytes());
            }
            let seen: Vec<u32> = (0..rows as u32).collect();
            let (mut ours, mut theirs) = (vec![0; asked.len()], vec![0; asked.len()]);
            cells.draw(&seen, &cumulative, &asked, &random, &mut ours);
            draw(k, &cumulative, &asked, &random, &mut theirs);
            assert_eq!(ours, theirs, "{questions:?} {answers:?}");
            let mut plays = vec![0; scenario.cells()];
            for (x, a) in asked.iter().zip(&theirs) {
                plays[*x as usize * k + *a as usize] += 1;
            }
            assert_eq!(cells.plays, plays, "{questions:?} {answers:?}");
        }
    }

    #[test]
    fn least_integers_decide_as_the_products_do() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        for _ in 0..100_000 {
            let total = 1.0 + (rng.random::<f64>() - 0.5) * 2e-15;
            let unit = total * UNIT;
            let sum = match rng.random_range(0..4) {
                0 => 0.0,
                1 => total,
                2 => rng.random::<f64>() * rng.random::<f64>().powi(20),
                _ => rng.random::<f64>(),
            };
            let [n, _] = least_above(&[sum, unit]);
            assert!(n as f64 * unit >= sum, "{sum} {total}");
            assert!(n == 0 || (n - 1) as f64 * unit < sum, "{sum} {total}");
        }
    }
}
