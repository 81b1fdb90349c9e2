//! Relabellings of players, questions and answers that leave a game unchanged.
//!
//! Generators of the automorphism group are searched from the deepest stabiliser upward, as graph
//! canonisation programs do: for every point, one automorphism per candidate image that the ones known
//! already do not reach. Letters are tried in an order in which each is tied to earlier ones by many
//! coefficients, so that wrong choices show at once. The search is capped; what it has found by then generates a subgroup, which is
//! as sound. (Nothing depends on soundness here: bounds are proved without symmetry.)

use super::polynomial::Component;
use super::words::{Alphabet, Word};
use num_traits::Zero;
use std::collections::{BTreeMap, HashMap};

/// A relabelling, as the image of every letter.
pub type Relabelling = Vec<u16>;

/// Generators of a group of relabellings, strong for a base.
#[derive(Debug, Clone, Default)]
pub struct Symmetries {
    /// All letters, in the order in which their stabilisers are taken.
    pub base: Vec<u16>,
    /// The generators; the identity is not among them.
    pub generators: Vec<Relabelling>,
}

/// Steps (letters tried) after which the search stops.
const MAX_STEPS: usize = 400_000;

struct Search<'a> {
    alphabet: &'a Alphabet,
    base: Vec<u16>,
    /// Coefficient number of every set of letters.
    value: HashMap<Word, usize>,
    /// For each letter the sets it is in.
    sets: Vec<Vec<Word>>,
    /// For each position of the base the sets completed there, with their coefficient numbers.
    closing: Vec<Vec<(Word, usize)>>,
    /// Colour by the coefficients of the sets a letter is in.
    colour: Vec<usize>,
    image: Vec<u16>,
    used: Vec<bool>,
    steps: usize,
}

const NONE: u16 = u16::MAX;

/// Generators of relabellings that leave the coefficients of a component unchanged.
pub fn generators(component: &Component) -> Symmetries {
    let mut search = Search::new(component);
    let n = search.base.len();
    let mut found: Vec<Relabelling> = Vec::new();
    'levels: for level in (0..n).rev() {
        // letters before `level` stay where they are
        search.image.fill(NONE);
        search.used.fill(false);
        for &l in &search.base[..level] {
            search.image[l as usize] = l;
            search.used[l as usize] = true;
        }
        let mut reached = vec![false; n];
        mark_orbit(&search.base, &found, level, &mut reached);
        for candidate in 0..n as u16 {
            if search.steps > MAX_STEPS {
                break 'levels;
            }
            if reached[candidate as usize] || !search.assign(level, candidate) {
                continue;
            }
            if search.extend(level + 1) {
                found.push(search.image.clone());
                mark_orbit(&search.base, &found, level, &mut reached);
            }
            for position in level..n {
                search.unassign(position);
            }
        }
    }
    Symmetries { base: search.base, generators: found }
}

fn fixes(g: &Relabelling, letters: &[u16]) -> bool {
    letters.iter().all(|&l| g[l as usize] == l)
}

/// Marks the orbit of a base letter under the generators that fix all earlier ones.
fn mark_orbit(base: &[u16], generators: &[Relabelling], level: usize, reached: &mut [bool]) {
    let usable = generators.iter().filter(|g| fixes(g, &base[..level]));
    let usable: Vec<&Relabelling> = usable.collect();
    reached[base[level] as usize] = true;
    let start = |&l: &usize| reached[l];
    let mut queue: Vec<usize> = (0..reached.len()).filter(start).collect();
    while let Some(l) = queue.pop() {
        for g in &usable {
            let next = g[l] as usize;
            if !std::mem::replace(&mut reached[next], true) {
                queue.push(next);
            }
        }
    }
}

/// Question by question, always the one with most coefficients shared with those before.
fn base_order(component: &Component) -> Vec<u16> {
    let alphabet = &component.alphabet;
    let blocks = alphabet.blocks().len();
    let mut placed = vec![false; blocks];
    let mut base = Vec::new();
    let touched = |word: &Word| -> Vec<usize> { word.iter().map(|&l| alphabet.block_of(l)).collect() };
    let sets: Vec<Vec<usize>> = component.terms.iter().map(|t| touched(&t.0)).collect();
    for _ in 0..blocks {
        let mut score = vec![0usize; blocks];
        for set in &sets {
            let before = set.iter().filter(|&&b| placed[b]).count();
            for &b in set.iter().filter(|&&b| !placed[b]) {
                // sets completed count most
                score[b] += if before + 1 == set.len() { 100 } else { before };
            }
        }
        let open = (0..blocks).filter(|&b| !placed[b]);
        if let Some(next) = open.max_by_key(|&b| (score[b], blocks - b)) {
            placed[next] = true;
            let (first, count) = alphabet.blocks()[next];
            base.extend(first..first + count);
        }
    }
    base
}

impl<'a> Search<'a> {
    fn new(component: &'a Component) -> Self {
        let alphabet = &component.alphabet;
        let n = alphabet.len();
        let base = base_order(component);
        let mut position = vec![0; n];
        for (k, &l) in base.iter().enumerate() {
            position[l as usize] = k;
        }
        let mut numbers = BTreeMap::new();
        let mut value = HashMap::new();
        let mut sets = vec![Vec::new(); n];
        let mut closing = vec![Vec::new(); n];
        let mut signature: Vec<Vec<(usize, usize)>> = vec![Vec::new(); n];
        for (word, c) in &component.terms {
            if c.is_zero() {
                continue;
            }
            let next = numbers.len();
            let number = *numbers.entry(c.clone()).or_insert(next);
            value.insert(word.clone(), number);
            for &l in word {
                signature[l as usize].push((word.len(), number));
                sets[l as usize].push(word.clone());
            }
            if let Some(last) = word.iter().map(|&l| position[l as usize]).max() {
                closing[last].push((word.clone(), number));
            }
        }
        signature.iter_mut().for_each(|s| s.sort_unstable());
        let mut colours = BTreeMap::new();
        let colour = signature
            .into_iter()
            .map(|s| {
                let next = colours.len();
                *colours.entry(s).or_insert(next)
            })
            .collect();
        Search { alphabet, base, value, sets, closing, colour, image: vec![NONE; n], used: vec![false; n], steps: 0 }
    }

    fn unassign(&mut self, position: usize) {
        let l = self.base[position] as usize;
        let image = std::mem::replace(&mut self.image[l], NONE);
        if image != NONE {
            self.used[image as usize] = false;
        }
    }

    /// Maps the letter at a position of the base to `to`, if that keeps questions and players together and
    /// maps exactly the sets of letters completed now to sets with the same coefficients.
    fn assign(&mut self, position: usize, to: u16) -> bool {
        let l = self.base[position];
        if self.used[to as usize]
            || self.colour[l as usize] != self.colour[to as usize]
            || !self.keeps_structure(position, to)
        {
            return false;
        }
        self.steps += 1;
        self.image[l as usize] = to;
        self.used[to as usize] = true;
        let complete = |word: &&Word| word.iter().all(|&m| self.used[m as usize]);
        let closed = self.sets[to as usize].iter().filter(complete).count();
        let fits = closed == self.closing[position].len()
            && self.closing[position].iter().all(|(word, number)| {
                let mut image: Word = word.iter().map(|&m| self.image[m as usize]).collect();
                image.sort_unstable();
                self.value.get(&image) == Some(number)
            });
        if !fits {
            self.unassign(position);
        }
        fits
    }

    /// Players and questions are mapped as wholes as far as letters are assigned.
    fn keeps_structure(&self, position: usize, to: u16) -> bool {
        let a = self.alphabet;
        let l = self.base[position];
        if a.outcomes(l).len() != a.outcomes(to).len() {
            return false;
        }
        self.base[..position].iter().all(|&m| {
            let image = self.image[m as usize];
            let same_player = a.letter(m).player == a.letter(l).player;
            same_player == (a.letter(image).player == a.letter(to).player)
                && (a.block_of(m) == a.block_of(l)) == (a.block_of(image) == a.block_of(to))
        })
    }

    /// Completes the assignment from a position on, by backtracking.
    fn extend(&mut self, position: usize) -> bool {
        if position == self.base.len() {
            return true;
        }
        // the letter itself first: generators that move little
        let l = self.base[position];
        let n = self.base.len() as u16;
        for to in std::iter::once(l).chain((0..n).filter(|&to| to != l)) {
            if self.steps > MAX_STEPS {
                return false;
            }
            if self.assign(position, to) {
                if self.extend(position + 1) {
                    return true;
                }
                self.unassign(position);
            }
        }
        false
    }
}

/// Lists of relabellings, deepest stabiliser first, whose products are the group the generators make.
pub fn transversals(symmetries: &Symmetries) -> Vec<Vec<Relabelling>> {
    let base = &symmetries.base;
    let mut lists = Vec::new();
    for level in (0..base.len()).rev() {
        let stabiliser = symmetries.generators.iter().filter(|g| fixes(g, &base[..level]));
        let stabiliser: Vec<&Relabelling> = stabiliser.collect();
        let point = base[level] as usize;
        let mut reached = vec![false; base.len()];
        reached[point] = true;
        let mut list: Vec<Relabelling> = vec![(0..base.len() as u16).collect()];
        let mut at = 0;
        while at < list.len() {
            for g in &stabiliser {
                let next: Relabelling = list[at].iter().map(|&l| g[l as usize]).collect();
                if !std::mem::replace(&mut reached[next[point] as usize], true) {
                    list.push(next);
                }
            }
            at += 1;
        }
        if list.len() > 1 {
            lists.push(list);
        }
    }
    lists
}

/// The image of a word under a relabelling, in normal form.
pub fn relabel(alphabet: &Alphabet, g: &Relabelling, word: &[u16]) -> Word {
    let image: Vec<u16> = word.iter().map(|&l| g[l as usize]).collect();
    // a bijection that keeps questions together maps normal forms to normal forms
    alphabet.normal(&image).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bound::npa::polynomial::components;
    use crate::game::catalog;
    use std::collections::HashSet;

    fn order(name: &str) -> usize {
        let game = catalog::lookup(name).unwrap().game;
        let (_, parts) = components(&game, true);
        let symmetries = generators(&parts[0]);
        let found = &symmetries.generators;
        let terms: HashMap<Word, _> = parts[0].terms.iter().cloned().collect();
        for g in found {
            for (word, c) in &terms {
                assert_eq!(terms.get(&relabel(&parts[0].alphabet, g, word)), Some(c));
            }
        }
        let identity: Relabelling = (0..parts[0].alphabet.len() as u16).collect();
        let mut group = HashSet::from([identity.clone()]);
        let mut queue = vec![identity];
        while let Some(h) = queue.pop() {
            for g in found {
                let product: Relabelling = h.iter().map(|&l| g[l as usize]).collect();
                if group.insert(product.clone()) {
                    queue.push(product);
                }
            }
        }
        let lists = transversals(&symmetries);
        assert_eq!(lists.iter().map(Vec::len).product::<usize>(), group.len());
        group.len()
    }

    #[test]
    fn group_orders_are_the_known_ones() {
        // the 24 permutations of the vertices of K4, and the players
        assert_eq!(order("tetra"), 48);
        // one half of the cube is tetra
        assert_eq!(order("cube"), 48);
        assert_eq!(order("chsh"), 16);
        // questions form a cycle of ten, chsh one of four: its symmetries, answers adapted, and the flip of all
        assert_eq!(order("odd-cycle:5"), 40);
        assert!(order("i3322") >= 2);
    }
}
