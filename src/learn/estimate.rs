//! The game as the plays show it: question frequencies and mean payoffs, nothing else.

use super::plays::Plays;

/// What all plays so far say about the game, laid out like the policy's table.
#[derive(Debug, Default)]
pub(super) struct Estimate {
    joint_answers: usize,
    counts: Vec<f64>,
    sums: Vec<f64>,
    squares: Vec<f64>,
    /// Estimated probability of the question of each row.
    mu: Vec<f64>,
    /// Estimated payoff of each cell.
    payoff: Vec<f64>,
    /// Largest minus smallest mean payoff of the cells played.
    pub range: f64,
}

impl Estimate {
    pub fn new(joint_answers: usize) -> Self {
        Estimate { joint_answers, ..Estimate::default() }
    }

    /// Takes in a batch; `cells` is the size of the policy's table.
    pub fn update(&mut self, plays: &Plays, cells: usize) {
        plays.tally(&mut self.counts, &mut self.sums, cells);
        plays.tally_squares(&mut self.squares, cells);
        self.questions();
        self.payoffs();
    }

    /// Question frequencies, shrunk toward uniform by the James-Stein intensity of Hausser and Strimmer
    /// (arXiv 0811.3579, Eq. 6): `mu = (1 - l) f + l/m` with `l = (1 - sum f²) / ((n-1) sum (1/m - f)²)`, at most 1.
    ///
    /// The data choose `l`: it is near 1 where the frequencies scatter no more than those of a uniform distribution
    /// would, and of the order of `1/n` otherwise.
    fn questions(&mut self) {
        self.mu.clear();
        let rows = self.counts.chunks_exact(self.joint_answers);
        self.mu.extend(rows.map(|row| row.iter().sum::<f64>()));
        let n: f64 = self.mu.iter().sum();
        let uniform = 1.0 / self.mu.len() as f64;
        let (mut squares, mut distance) = (0.0, 0.0);
        for f in &mut self.mu {
            *f /= n;
            squares += *f * *f;
            distance += (uniform - *f) * (uniform - *f);
        }
        let noise = (1.0 - squares) / (n - 1.0).max(1.0);
        let intensity = if noise >= distance { 1.0 } else { noise / distance };
        for f in &mut self.mu {
            *f += intensity * (uniform - *f);
        }
    }

    /// Mean payoffs, shrunk toward the mean of all by the ratio of the variance within cells to that between them:
    /// not at all where every cell always pays the same, as in every game with a predicate. A cell never played
    /// counts with the mean payoff: neither sought nor shunned.
    fn payoffs(&mut self) {
        let n: f64 = self.counts.iter().sum();
        let mean = self.sums.iter().sum::<f64>() / n;
        let (mut within, mut between, mut played) = (0.0, 0.0, 0.0);
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for ((&count, &sum), &square) in self.counts.iter().zip(&self.sums).zip(&self.squares) {
            if count > 0.0 {
                let cell = sum / count;
                within += (square - sum * cell).max(0.0);
                between += (cell - mean) * (cell - mean);
                played += 1.0;
                low = low.min(cell);
                high = high.max(cell);
            }
        }
        self.range = (high - low).max(0.0);
        let within = within / (n - played).max(1.0);
        let prior = if between > 0.0 { within / (between / played) } else { 0.0 };
        self.payoff.clear();
        let cells = self.counts.iter().zip(&self.sums);
        self.payoff.extend(cells.map(
            |(&count, &sum)| {
                if count > 0.0 { (sum + prior * mean) / (count + prior) } else { mean }
            },
        ));
    }

    /// The payoff that a policy with the table `p` may expect, plus `entropy` times its conditional entropy
    /// (Eq. 16 and Eq. 18 without sampling), and its derivative with respect to `p`.
    pub fn objective(&self, p: &[f64], entropy: f64, d_p: &mut Vec<f64>) -> f64 {
        d_p.resize(p.len(), 0.0);
        let k = self.joint_answers;
        let rows = p.chunks_exact(k).zip(d_p.chunks_exact_mut(k));
        let known = self.mu.iter().zip(self.payoff.chunks_exact(k));
        let mut value = 0.0;
        for ((p, d_p), (&mu, payoff)) in rows.zip(known) {
            for ((d_p, &p), &payoff) in d_p.iter_mut().zip(p).zip(payoff) {
                // d/dp of mu (payoff p - alpha p log p)
                if entropy > 0.0 {
                    let log = p.max(1e-300).ln();
                    value += mu * p * (payoff - entropy * log);
                    *d_p = mu * (payoff - entropy * (log + 1.0));
                } else {
                    value += mu * p * payoff;
                    *d_p = mu * payoff;
                }
            }
        }
        value
    }
}
