//! Many copies of an environment stepped together.

mod block;
mod critic;

pub use block::{Block, Steps};
pub use critic::CriticStates;

use super::{EnvError, EnvSpec, Environment};
use rayon::prelude::*;

/// Copies of one environment, in blocks that may run on different threads.
///
/// Copy `e` draws from `stream(seed, e)` alone, so results are bit-identical for any number of threads and blocks. An
/// episode that ends is restarted in the same step ("same-step" autoreset): what a step writes as present
/// observations and critic's states belongs to the new episode, and the final ones of the old episode are kept beside
/// them, so that a truncated episode can be valued by its own last state.
///
/// ```
/// use bellwether::env::{queueing::{Queueing, QueueParameters}, vector::Vector};
/// let queue = Queueing::new(QueueParameters { horizon: Some(100), ..QueueParameters::default() })?;
/// let mut envs = Vector::new(&queue, 64, 16, 0)?;
/// let mut steps = envs.buffers();
/// envs.reset(&mut steps)?;
/// let mut truncated = 0;
/// for _ in 0..100 {
///     let actions: Vec<u32> = steps.iter().flat_map(|s| s.observations.iter().map(|&x| u32::from(x > 1.0))).collect();
///     envs.step(&actions, &mut steps)?;
///     truncated += steps.iter().map(|s| s.finished().count()).sum::<usize>();
/// }
/// assert_eq!(truncated, 64);
/// # Ok::<(), bellwether::env::EnvError>(())
/// ```
pub struct Vector {
    blocks: Vec<Block>,
    spec: EnvSpec,
}

impl Vector {
    /// `count` copies of `prototype` in blocks of at most `block`.
    ///
    /// # Errors
    /// [`EnvError::Parameter`] for counts of 0, and what [`Environment::fork`] reports.
    pub fn new(prototype: &dyn Environment, count: usize, block: usize, seed: u64) -> Result<Self, EnvError> {
        if count == 0 || block == 0 {
            return Err(EnvError::Parameter {
                name: "number of environments".into(),
                given: format!("{count} in blocks of {block}"),
                wanted: "at least 1".into(),
            });
        }
        let starts = (0..count).step_by(block);
        let build = |first: usize| Block::new(prototype, first..count.min(first + block), seed);
        Ok(Vector { blocks: starts.map(build).collect::<Result<_, _>>()?, spec: prototype.spec().clone() })
    }

    /// The shape of one copy.
    pub fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    /// Number of copies.
    pub fn len(&self) -> usize {
        self.blocks.iter().map(Block::len).sum()
    }

    /// Whether there are none, which cannot be.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The blocks, for callers that run whole rollouts of a block on one thread.
    pub fn blocks_mut(&mut self) -> &mut [Block] {
        &mut self.blocks
    }

    /// Buffers of the right size, one a block.
    pub fn buffers(&self) -> Vec<Steps> {
        self.blocks.iter().map(Block::buffers).collect()
    }

    /// Starts an episode in every copy.
    ///
    /// # Errors
    /// [`EnvError::At`] naming the copy that failed.
    pub fn reset(&mut self, steps: &mut [Steps]) -> Result<(), EnvError> {
        self.blocks.par_iter_mut().zip(steps).try_for_each(|(block, steps)| block.reset(steps))
    }

    /// One step of every copy, `actions[env][agent]`; ended episodes are restarted.
    ///
    /// # Errors
    /// [`EnvError::At`] naming a copy that failed, [`EnvError::Shape`] for slices of the wrong length.
    pub fn step(&mut self, actions: &[u32], steps: &mut [Steps]) -> Result<(), EnvError> {
        let agents = self.spec.agents.len();
        let wanted = self.len() * agents;
        if actions.len() != wanted || steps.len() != self.blocks.len() {
            return Err(EnvError::Shape {
                what: "joint actions of all environments".into(),
                given: actions.len(),
                wanted,
            });
        }
        let block = self.blocks[0].len();
        self.blocks
            .par_iter_mut()
            .zip(actions.par_chunks(block * agents))
            .zip(steps)
            .try_for_each(|((envs, actions), steps)| envs.step(actions, steps))
    }

    /// The state of all copies and their streams.
    ///
    /// # Errors
    /// [`EnvError::Unsupported`] if the environment cannot be saved.
    pub fn save(&self) -> Result<Vec<Vec<u64>>, EnvError> {
        let saved: Result<Vec<_>, _> = self.blocks.iter().map(Block::save).collect();
        Ok(saved?.concat())
    }

    /// Restores what [`Vector::save`] told; present observations are not part of it and stay with the caller.
    ///
    /// # Errors
    /// [`EnvError`] if the words do not fit.
    pub fn load(&mut self, saved: &[Vec<u64>]) -> Result<(), EnvError> {
        if saved.len() != self.len() {
            return Err(EnvError::Shape { what: "saved environments".into(), given: saved.len(), wanted: self.len() });
        }
        let mut rest = saved;
        for block in &mut self.blocks {
            let (own, more) = rest.split_at(block.len());
            block.load(own)?;
            rest = more;
        }
        Ok(())
    }
}
