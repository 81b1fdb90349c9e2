//! A nonlocal game as an environment of one step.

use super::{
    AgentSpec, CriticState, End, EnvError, EnvRng, EnvSpec, Environment, Outcome, check_actions, check_observations,
};
use crate::game::{BlackBox, ExecReferee, Game, GameError, TableReferee, referee};
use rand::Rng;
use std::sync::Arc;

/// Questions asked at a time; also how a referee is brought back to where it was.
const BATCH: usize = 256;

/// Batches after which a repeatable referee is made anew, so that restoring a state replays a bounded number of them.
const PERIOD: u64 = 1 << 14;

/// The seed of the referee that asks the batches from `period * PERIOD` on.
fn period_seed(seed: u64, period: u64) -> u64 {
    seed.wrapping_add(period.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

type Factory = dyn Fn(u64) -> Result<Box<dyn BlackBox>, GameError> + Send + Sync;

/// A black-box game played once an episode: the observation of agent `i` is its question, one-hot; its action is its
/// answer; the reward is the referee's payoff; the episode then terminates.
///
/// Only the referee is seen, never the table of the game. The critic's state is all observations together.
///
/// ```
/// use bellwether::env::{End, Environment, OneShot, stream};
/// use bellwether::game::catalog;
/// let mut chsh = OneShot::of_game(&catalog::lookup("chsh")?.game)?;
/// let (mut rng, mut seen) = (stream(0, 0), [0.0; 4]);
/// chsh.reset(&mut rng, &mut seen)?;
/// let wins = f64::from(u8::from(seen[1] * seen[3] == 0.0)); // answers 0, 0 win unless both are asked 1
/// let outcome = chsh.step(&[0, 0], &mut rng, &mut seen)?;
/// assert_eq!((outcome.reward, outcome.end), (wins, End::Terminated));
/// # Ok::<(), bellwether::env::EnvError>(())
/// ```
pub struct OneShot {
    spec: EnvSpec,
    factory: Arc<Factory>,
    /// Whether the same seed and the same calls give the same referee.
    repeatable: bool,
    referee: Option<Box<dyn BlackBox>>,
    seed: u64,
    /// Joint questions drawn and how many of them were used.
    questions: Vec<u32>,
    used: usize,
    /// Batches asked so far.
    batches: u64,
    question: Option<u32>,
}

impl OneShot {
    /// From a maker of referees, each seeded by the stream of the environment it plays in. `repeatable` promises that
    /// a referee's questions depend on the seed and the calls of [`BlackBox::ask`] alone; only then can the
    /// environment be saved.
    ///
    /// # Errors
    /// What the maker reports when it is tried with seed 0.
    pub fn new(
        name: &str,
        repeatable: bool,
        factory: impl Fn(u64) -> Result<Box<dyn BlackBox>, GameError> + Send + Sync + 'static,
    ) -> Result<Self, EnvError> {
        let referee = factory(0)?;
        let scenario = referee.scenario();
        let agents: Vec<AgentSpec> = (scenario.questions().iter().zip(scenario.answers()))
            .enumerate()
            .map(|(i, (&observation, &actions))| AgentSpec { name: format!("player {i}"), observation, actions })
            .collect();
        Ok(OneShot {
            spec: EnvSpec {
                name: name.into(),
                critic_state: agents.iter().map(|a| a.observation).sum(),
                agents,
                has_cost: false,
                horizon: Some(1),
            },
            factory: Arc::new(factory),
            repeatable,
            referee: None,
            seed: 0,
            questions: Vec::new(),
            used: 0,
            batches: 0,
            question: None,
        })
    }

    /// The referee of an explicit game.
    ///
    /// # Errors
    /// [`EnvError::Game`] if the game asks nothing.
    pub fn of_game(game: &Game) -> Result<Self, EnvError> {
        let (name, game) = (format!("one-shot:{}", game.name()), game.clone());
        OneShot::new(&name, true, move |seed| Ok(Box::new(TableReferee::new(&game, seed)?)))
    }

    /// A referee process; every copy starts its own.
    ///
    /// # Errors
    /// [`EnvError::Game`] if the command cannot be started or its hello is wrong.
    pub fn exec(command: &str, options: referee::Options) -> Result<Self, EnvError> {
        let (name, command) = (format!("one-shot:exec:{command}"), command.to_owned());
        OneShot::new(&name, false, move |_| Ok(Box::new(ExecReferee::spawn(&command, options.clone())?)))
    }

    /// Length of a saved state.
    pub(super) const WORDS: usize = 5;

    /// The same game, not yet started.
    pub(super) fn copy(&self) -> Self {
        OneShot {
            spec: self.spec.clone(),
            factory: Arc::clone(&self.factory),
            repeatable: self.repeatable,
            referee: None,
            seed: 0,
            questions: Vec::new(),
            used: 0,
            batches: 0,
            question: None,
        }
    }

    /// The next joint question; asks for more where none is left.
    fn ask(&mut self) -> Result<u32, EnvError> {
        if self.referee.is_none() {
            self.referee = Some((self.factory)(self.seed)?);
        }
        if self.used == self.questions.len()
            && self.repeatable
            && self.batches > 0
            && self.batches.is_multiple_of(PERIOD)
        {
            let seed = period_seed(self.seed, self.batches / PERIOD);
            self.referee = Some((self.factory)(seed)?);
        }
        if self.used == self.questions.len()
            && let Some(referee) = &mut self.referee
        {
            referee.ask(BATCH, &mut self.questions)?;
            self.batches += 1;
            self.used = 0;
        }
        let question = self.questions.get(self.used).copied();
        self.used += 1;
        question.ok_or_else(|| EnvError::NotReset(self.spec.name.clone()))
    }

    fn one_hot(&self, out: &mut [f64]) {
        out.fill(0.0);
        let (Some(referee), Some(question)) = (&self.referee, self.question) else {
            return;
        };
        let mut rest = question as usize;
        let mut end = out.len();
        for &n in referee.scenario().questions().iter().rev() {
            out[end - n + rest % n] = 1.0;
            rest /= n;
            end -= n;
        }
    }
}

impl Environment for OneShot {
    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn reset(&mut self, rng: &mut EnvRng, observations: &mut [f64]) -> Result<(), EnvError> {
        check_observations(&self.spec, observations)?;
        if self.referee.is_none() {
            self.seed = rng.next_u64();
        }
        self.question = Some(self.ask()?);
        self.one_hot(observations);
        Ok(())
    }

    fn step(&mut self, actions: &[u32], _: &mut EnvRng, observations: &mut [f64]) -> Result<Outcome, EnvError> {
        check_observations(&self.spec, observations)?;
        check_actions(&self.spec, actions)?;
        let (Some(referee), Some(question)) = (&mut self.referee, self.question.take()) else {
            return Err(EnvError::NotReset(self.spec.name.clone()));
        };
        let joint = |a: usize, (action, spec): (&u32, &AgentSpec)| a * spec.actions + *action as usize;
        let answer = actions.iter().zip(&self.spec.agents).fold(0, joint) as u32;
        let mut payoff = [0.0];
        referee.judge(&[question], &[answer], &mut payoff)?;
        observations.fill(0.0);
        Ok(Outcome { reward: payoff[0], cost: 0.0, end: End::Terminated })
    }

    fn critic_state(&self, state: &mut CriticState) {
        self.one_hot(state.as_mut_slice());
    }

    fn fork(&self) -> Result<Box<dyn Environment>, EnvError> {
        Ok(Box::new(self.copy()))
    }

    fn save(&self) -> Result<Vec<u64>, EnvError> {
        if !self.repeatable {
            return Err(EnvError::Unsupported(format!(
                "'{}' cannot be saved: its referee cannot be brought back to where it was",
                self.spec.name
            )));
        }
        Ok(vec![
            u64::from(self.referee.is_some()),
            self.seed,
            self.batches,
            self.used as u64,
            u64::from(self.question.is_some()),
        ])
    }

    fn load(&mut self, words: &[u64]) -> Result<(), EnvError> {
        let wrong = |why: &str| EnvError::State { environment: self.spec.name.clone(), why: why.into() };
        let &[started, seed, batches, used, asked] = words else {
            return Err(wrong(&format!("{} words, wanted 5", words.len())));
        };
        let sane = started <= 1
            && asked <= 1
            && used <= BATCH as u64
            && batches <= 1 << 40
            && (batches == 0) == (used == 0)
            && (started == 1 || batches == 0)
            && (asked == 0 || used > 0);
        if !sane || !self.repeatable {
            return Err(wrong("not a state of this game"));
        }
        let mut questions = Vec::new();
        let mut referee = None;
        if started == 1 {
            let period = batches.saturating_sub(1) / PERIOD;
            let mut again = (self.factory)(period_seed(seed, period))?;
            for _ in period * PERIOD..batches {
                again.ask(BATCH, &mut questions)?;
            }
            referee = Some(again);
        }
        let used = used as usize;
        self.question = match asked {
            1 => questions.get(used - 1).copied(),
            _ => None,
        };
        (self.referee, self.seed, self.questions) = (referee, seed, questions);
        (self.batches, self.used) = (batches, used);
        Ok(())
    }
}
