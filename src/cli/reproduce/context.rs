//! What items share: how much to do, where to put it, and runs already done.

use super::super::experiment::{Evaluated, Subject, Watching};
use super::super::output::CliError;
use crate::bound::certify::write_and_check;
use crate::learn::{Config, Preset};
use crate::run::RunFolder;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What items share: how much to do, where to put it, and runs already done.
pub struct Context<'a> {
    pub quick: bool,
    pub seeds: Vec<u64>,
    /// Whether every run's certificate is written and checked.
    pub proofs: bool,
    pub folder: &'a RunFolder,
    pub watching: Watching,
    pub runs: RefCell<BTreeMap<String, Rc<Arm>>>,
}

/// A game, a recipe, and its runs.
pub struct Arm {
    pub subject: Subject,
    pub runs: Vec<Evaluated>,
}

impl Context<'_> {
    /// The runs of a game with a preset and an entropy coefficient, done at most once.
    pub fn arm(&self, game: &str, preset: Preset, entropy: f64) -> Result<Rc<Arm>, CliError> {
        let recipe = format!("{}-{entropy}", preset.name());
        self.arm_of(game, preset, &recipe, |config| config.entropy = entropy)
    }

    /// The runs of a game with changed settings of a preset, done at most once for each name of a recipe.
    pub fn arm_of(
        &self,
        game: &str,
        preset: Preset,
        recipe: &str,
        change: impl FnOnce(&mut Config),
    ) -> Result<Rc<Arm>, CliError> {
        self.arm_seeds(game, preset, recipe, &self.seeds, change)
    }

    /// The same for given seeds.
    pub fn arm_seeds(
        &self,
        game: &str,
        preset: Preset,
        recipe: &str,
        seeds: &[u64],
        change: impl FnOnce(&mut Config),
    ) -> Result<Rc<Arm>, CliError> {
        let key = format!("{game} {recipe}");
        if let Some(arm) = self.runs.borrow().get(&key) {
            return Ok(Rc::clone(arm));
        }
        let subject = Subject::named(game)?;
        let mut config = Config::new(preset, subject.game.scenario());
        change(&mut config);
        self.watching.bar.inc_length(config.steps as u64 * seeds.len() as u64);
        let runs = subject.train(&config, seeds, &self.watching.watch)?;
        // every run's proof is on disk and went through the checker from there
        for e in runs.iter().filter(|_| self.proofs) {
            let game = game.replace(':', "-");
            let name = format!("certificates/{game}-{recipe}-seed-{}.json", e.run.seed);
            let path = self.folder.file(&name)?;
            write_and_check(&subject.game, &e.certificate.text, &path)?;
        }
        let arm = Rc::new(Arm { subject, runs });
        self.runs.borrow_mut().insert(key, Rc::clone(&arm));
        Ok(arm)
    }
}
