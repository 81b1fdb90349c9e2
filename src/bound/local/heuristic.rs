//! Alternating best responses with seeded restarts: a good strategy, fast, without a proof.

use super::problem::{Problem, advance};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// One non-zero coefficient, flattened: questions then answers of all players.
struct Terms {
    digits: Vec<u32>,
    weights: Vec<i64>,
}

/// Best strategy of `restarts` runs of alternating best responses, and its value.
///
/// Ties go to the smallest answer, and earlier runs win over later ones: the result depends on `seed` only.
pub(super) fn search(problem: &Problem, restarts: usize, seed: u64) -> (i64, Vec<Vec<usize>>) {
    let mut runs = Runs::new(problem, seed);
    let mut best = runs.next(false);
    for _ in 1..restarts {
        let (value, choices) = runs.next(true);
        if value > best.0 {
            best = (value, choices);
        }
    }
    best
}

/// What `count` runs from random starts end in.
pub(super) fn several(problem: &Problem, count: u64, seed: u64) -> Vec<(i64, Vec<Vec<usize>>)> {
    let mut runs = Runs::new(problem, seed);
    (0..count).map(|_| runs.next(true)).collect()
}

struct Runs<'a> {
    problem: &'a Problem,
    terms: Terms,
    rng: Xoshiro256PlusPlus,
    tables: Vec<Vec<i64>>,
}

impl<'a> Runs<'a> {
    fn new(problem: &'a Problem, seed: u64) -> Self {
        let sizes = problem.questions.iter().zip(&problem.answers);
        Runs {
            problem,
            terms: flatten(problem),
            rng: Xoshiro256PlusPlus::seed_from_u64(seed),
            tables: sizes.map(|(q, a)| vec![0; q * a]).collect(),
        }
    }

    /// One run, from answers 0 everywhere or from random ones.
    fn next(&mut self, random: bool) -> (i64, Vec<Vec<usize>>) {
        let problem = self.problem;
        let mut choices: Vec<Vec<usize>> = problem.questions.iter().map(|&q| vec![0; q]).collect();
        if random {
            for (player, &na) in choices.iter_mut().zip(&problem.answers) {
                player.iter_mut().for_each(|a| *a = self.rng.random_range(0..na));
            }
        }
        let mut value = i64::MIN;
        loop {
            let before = value;
            for i in (0..choices.len()).rev() {
                value = respond(problem, &self.terms, &mut choices, i, &mut self.tables[i]);
            }
            if value <= before {
                return (value, choices);
            }
        }
    }
}

/// Lets one player answer best to the others (ties: smallest answer); returns the value reached.
pub(super) fn best_response(problem: &Problem, choices: &mut [Vec<usize>], player: usize) -> i64 {
    let mut table = vec![0; problem.questions[player] * problem.answers[player]];
    respond(problem, &flatten(problem), choices, player, &mut table)
}

/// Lets player `i` answer best to the others; returns the value reached.
fn respond(problem: &Problem, terms: &Terms, choices: &mut [Vec<usize>], i: usize, table: &mut [i64]) -> i64 {
    let n = problem.questions.len();
    let na = problem.answers[i];
    table.fill(0);
    'terms: for (digits, &weight) in terms.digits.chunks_exact(2 * n).zip(&terms.weights) {
        let (x, a) = digits.split_at(n);
        for j in 0..n {
            if j != i && choices[j][x[j] as usize] != a[j] as usize {
                continue 'terms;
            }
        }
        table[x[i] as usize * na + a[i] as usize] += weight;
    }
    let mut total = 0;
    for (row, choice) in table.chunks_exact(na).zip(&mut choices[i]) {
        *choice = first_max(row);
        total += row[*choice];
    }
    total
}

/// Index of the first largest entry.
pub(super) fn first_max(row: &[i64]) -> usize {
    (1..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best })
}

fn flatten(problem: &Problem) -> Terms {
    let n = problem.questions.len();
    let k = problem.joint_answers();
    let mut terms = Terms { digits: Vec::new(), weights: Vec::new() };
    let (mut x, mut a) = (vec![0; n], vec![0; n]);
    for row in problem.c.chunks_exact(k) {
        for &weight in row {
            if weight != 0 {
                terms.digits.extend(x.iter().chain(&a).map(|&d| d as u32));
                terms.weights.push(weight);
            }
            advance(&mut a, &problem.answers);
        }
        advance(&mut x, &problem.questions);
    }
    terms
}
