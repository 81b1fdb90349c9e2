//! Squares that leave nothing over, where an exactly rational strategy attains the bound (F6).
//!
//! If `omega - F = sum of squares` with Gram matrix `Z` and a strategy reaches `omega`, then `Z G = 0` for its moment matrix
//! `G`. With rational moments these are rational equations. Averaged over the symmetries of the game there are few unknowns:
//! solve them exactly, find the parameters that stay free by a small semidefinite program, round *those*, and test
//! positivity exactly.

mod attempt;
mod centre;
mod linear;
mod mean;

use super::exact::ExactStrategy;
use crate::bound::npa::polynomial::{Component, components};
use crate::bound::npa::symmetry::{Relabelling, generators};
use crate::game::Game;
use attempt::Attempt;
use num_bigint::BigInt;
use std::collections::{BTreeSet, HashMap};

/// Most bases tried for one component.
const MAX_BASES: usize = 12;

/// A square form `w^T Z w / den` with `Z` positive semidefinite.
#[derive(Debug, Clone, PartialEq)]
pub struct GramBlock {
    /// The words, each per player as (question, answer).
    pub basis: Vec<Vec<Vec<(usize, usize)>>>,
    /// Row i holds `Z_ij` for j >= i.
    pub upper: Vec<Vec<BigInt>>,
    /// The denominator.
    pub den: BigInt,
}

/// The questions of each component of a game: `[component][player]`, sorted.
pub fn component_questions(game: &Game) -> Vec<Vec<Vec<usize>>> {
    let (_, parts) = components(game, true);
    let questions = |part: &Component| {
        let mut all = vec![BTreeSet::new(); part.alphabet.players()];
        for l in 0..part.alphabet.len() as u16 {
            let letter = part.alphabet.letter(l);
            all[letter.player].insert(letter.question);
        }
        all.into_iter().map(|q| q.into_iter().collect()).collect()
    };
    parts.iter().map(questions).collect()
}

/// Blocks with `value - game = sum of blocks` as an identity, for the exact value of a strategy that is optimal.
///
/// `None` if the strategy is not optimal, or no basis tried has such squares. Exact: the identity is solved in rationals and
/// positivity is tested by the checker's own elimination. Source: F6 of `docs/certificates.md`.
pub fn tight_blocks(game: &Game, strategy: &ExactStrategy) -> Option<Vec<GramBlock>> {
    let (_, parts) = components(game, true);
    let mut blocks = Vec::new();
    // a copy of a component has the same squares with other question numbers
    let mut solved: Vec<(&Component, GramBlock)> = Vec::new();
    for part in &parts {
        let copy = solved.iter().find(|(other, _)| same(other, part));
        let block = match copy {
            Some((other, block)) => moved(block, other, part),
            None => {
                let block = bases(part).into_iter().find_map(|pairs| Attempt::new(part, &pairs, strategy)?.solve())?;
                solved.push((part, block.clone()));
                block
            }
        };
        blocks.push(block);
    }
    Some(blocks)
}

fn same(one: &Component, other: &Component) -> bool {
    let (a, b) = (&one.alphabet, &other.alphabet);
    a.blocks() == b.blocks()
        && (0..a.len() as u16).all(|l| a.letter(l).player == b.letter(l).player)
        && one.terms == other.terms
}

fn moved(block: &GramBlock, from: &Component, to: &Component) -> GramBlock {
    let mut names = HashMap::new();
    for l in 0..from.alphabet.len() as u16 {
        let (old, new) = (from.alphabet.letter(l), to.alphabet.letter(l));
        names.insert((old.player, old.question), new.question);
    }
    let mut block = block.clone();
    for word in &mut block.basis {
        for (player, letters) in word.iter_mut().enumerate() {
            for (question, _) in letters {
                *question = names[&(player, *question)];
            }
        }
    }
    block
}

/// Sets of question pairs whose products of projectors join the single projectors in the basis, small ones first: unions
/// of orbits of the symmetries. Often far fewer than all pairs suffice.
fn bases(part: &Component) -> Vec<BTreeSet<(usize, usize)>> {
    let alphabet = &part.alphabet;
    let found = generators(part).generators;
    let player = |block: usize| alphabet.letter(alphabet.blocks()[block].0).player;
    let count = alphabet.blocks().len();
    let mut left: BTreeSet<(usize, usize)> =
        (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b))).filter(|&(a, b)| player(a) != player(b)).collect();
    let image = |g: &Relabelling, b: usize| alphabet.block_of(g[alphabet.blocks()[b].0 as usize]);
    let mut orbits: Vec<BTreeSet<(usize, usize)>> = Vec::new();
    while let Some(&first) = left.first() {
        let mut orbit = BTreeSet::new();
        let mut queue = vec![first];
        while let Some((a, b)) = queue.pop() {
            if left.remove(&(a, b)) {
                orbit.insert((a, b));
                queue.extend(found.iter().map(|g| {
                    let (a, b) = (image(g, a), image(g, b));
                    (a.min(b), a.max(b))
                }));
            }
        }
        orbits.push(orbit);
    }
    let subsets: Vec<u32> = match orbits.len() {
        0..=5 => (0..1 << orbits.len()).collect(),
        n => std::iter::once(0).chain((0..n.min(31)).map(|k| 1 << k)).chain([u32::MAX]).collect(),
    };
    let pick = |subset: u32| -> BTreeSet<(usize, usize)> {
        let chosen = orbits.iter().enumerate();
        let chosen = chosen.filter(|(k, _)| subset == u32::MAX || subset >> k.min(&31) & 1 == 1);
        chosen.flat_map(|(_, orbit)| orbit.iter().copied()).collect()
    };
    let mut all: Vec<BTreeSet<(usize, usize)>> = subsets.into_iter().map(pick).collect();
    all.sort_by_key(BTreeSet::len);
    all.truncate(MAX_BASES);
    all
}
