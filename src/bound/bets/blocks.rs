//! Cells of a game that are bet on alike.

use crate::bound::npa::polynomial::components;
use crate::bound::npa::symmetry::{Relabelling, generators};
use crate::bound::npa::words::{Alphabet, Letter};
use crate::game::{Game, Rational};
use std::collections::HashMap;

/// Above this many terms of the game in projectors no symmetries are looked for.
const MAX_TERMS: usize = 1 << 20;
/// Above this many answers to all questions of all players neither.
const MAX_LETTERS: usize = 4096;

/// A partition of the cells (x,a) of the questions asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocks {
    of_cells: Vec<Option<usize>>,
    sizes: Vec<usize>,
}

impl Blocks {
    /// Every cell is a block of its own.
    pub fn cells(game: &Game) -> Self {
        Blocks::from_roots(game, |cell| cell)
    }

    /// The orbits of cells under the relabellings of players, questions and answers that leave the game and the distribution
    /// of its questions unchanged; single cells if there are none, or if the game is too large to look for them.
    ///
    /// Averaged over the group a behaviour keeps its value in the game, a local one stays local, and by convexity
    /// `KL(mean of p, local) <= KL(p, local)`, with equality for an invariant `p`: bets on orbits lose nothing then, and have
    /// fewer chances to learn. (Nothing depends on soundness here: any partition gives fair bets.)
    ///
    /// ```
    /// use bellwether::{bound::bets::Blocks, game::catalog};
    /// let tetra = catalog::lookup("tetra")?.game;
    /// assert_eq!((Blocks::cells(&tetra).count(), Blocks::symmetric(&tetra).count()), (144, 6));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn symmetric(game: &Game) -> Self {
        let s = game.scenario();
        let letters = s.questions().iter().zip(s.answers());
        let letters = letters.fold(0usize, |sum, (&q, &a)| sum.saturating_add(q.saturating_mul(a)));
        let terms = s.answers().iter().fold(game.terms().len(), |n, &a| n.saturating_mul(a + 1));
        let mut parts = match letters <= MAX_LETTERS && terms <= MAX_TERMS {
            true => components(game, false).1,
            false => Vec::new(),
        };
        let Some(part) = parts.pop() else {
            return Blocks::cells(game);
        };
        let mut parent: Vec<usize> = (0..s.cells()).collect();
        let mu: HashMap<usize, &Rational> = game.mu().iter().map(|(x, w)| (*x, w)).collect();
        for g in generators(&part).generators {
            let image = images(game, &mu, &part.alphabet, &g);
            for (cell, to) in image.into_iter().flatten() {
                let (a, b) = (root(&mut parent, cell), root(&mut parent, to));
                parent[a.max(b)] = a.min(b);
            }
        }
        Blocks::from_roots(game, |cell| root(&mut parent, cell))
    }

    fn from_roots(game: &Game, mut root: impl FnMut(usize) -> usize) -> Self {
        let k = game.scenario().joint_answers();
        let mut of_cells = vec![None; game.scenario().cells()];
        let mut number: HashMap<usize, usize> = HashMap::new();
        let mut sizes = Vec::new();
        for (x, _) in game.mu() {
            for (cell, block) in of_cells.iter_mut().enumerate().skip(x * k).take(k) {
                let b = *number.entry(root(cell)).or_insert(sizes.len());
                if b == sizes.len() {
                    sizes.push(0);
                }
                sizes[b] += 1;
                *block = Some(b);
            }
        }
        Blocks { of_cells, sizes }
    }

    /// Number of blocks.
    pub fn count(&self) -> usize {
        self.sizes.len()
    }

    /// The block of every cell of the scenario, none off the support of the questions.
    pub fn of_cells(&self) -> &[Option<usize>] {
        &self.of_cells
    }

    /// Counts of cells averaged over each block.
    pub fn pool(&self, counts: &[u64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.count()];
        for (block, n) in self.of_cells.iter().zip(counts) {
            if let Some(b) = block {
                sums[*b] += *n as f64;
            }
        }
        let mean = |block: &Option<usize>| block.map_or(0.0, |b| sums[b] / self.sizes[b] as f64);
        self.of_cells.iter().map(mean).collect()
    }
}

/// The image of every cell asked under a relabelling of letters; none if it tears a player apart or changes the distribution.
fn images(
    game: &Game,
    mu: &HashMap<usize, &Rational>,
    alphabet: &Alphabet,
    g: &Relabelling,
) -> Option<Vec<(usize, usize)>> {
    let s = game.scenario();
    let (n, k) = (s.players(), s.joint_answers());
    let mut to: HashMap<Letter, Letter> = HashMap::new();
    for (l, &image) in g.iter().enumerate() {
        to.insert(alphabet.letter(l as u16), alphabet.letter(image));
    }
    let (mut x, mut a) = (vec![0; n], vec![0; n]);
    let mut all = Vec::new();
    for (question, weight) in game.mu() {
        s.question_at(*question, &mut x);
        for answer in 0..k {
            s.answer_at(answer, &mut a);
            let mut there: Vec<Option<(usize, usize)>> = vec![None; n];
            for player in 0..n {
                let l = Letter { player, question: x[player], answer: a[player] };
                // a question that no payoff depends on stays as it is
                let image = to.get(&l).copied().unwrap_or(l);
                there[image.player] = Some((image.question, image.answer));
            }
            let there: Option<Vec<(usize, usize)>> = there.into_iter().collect();
            let (x, a): (Vec<usize>, Vec<usize>) = there?.into_iter().unzip();
            let fits = a.iter().zip(s.answers()).all(|(a, k)| a < k);
            let x = s.checked_question(&x).filter(|_| fits)?;
            if mu.get(&x).is_none_or(|w| *w != weight) {
                return None;
            }
            all.push((question * k + answer, x * k + s.answer_index(&a)));
        }
    }
    Some(all)
}

fn root(parent: &mut [usize], mut k: usize) -> usize {
    while parent[k] != k {
        parent[k] = parent[parent[k]];
        k = parent[k];
    }
    k
}
