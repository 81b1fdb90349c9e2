//! Finite decentralised partially observed Markov decision processes: tables, files, exact values.

mod exact;
mod parse;
mod tokens;

pub use exact::Optimum;

use super::{
    AgentSpec, CriticState, End, EnvError, EnvRng, EnvSpec, Environment, Outcome, check_observations, check_step,
};
use rand::RngExt;
use std::path::Path;
use std::sync::Arc;

/// Most entries of one table.
pub const MAX_ENTRIES: usize = 1 << 22;

/// The tables of a finite problem (Appendix B); joint indices have the first agent slowest.
#[derive(Debug, Clone, PartialEq)]
pub struct Tables {
    /// A name for reports.
    pub name: String,
    /// Names of the states.
    pub states: Vec<String>,
    /// Names of the actions `[agent][action]`.
    pub actions: Vec<Vec<String>>,
    /// Names of the observations `[agent][observation]`.
    pub observations: Vec<Vec<String>>,
    /// The discount of the file.
    pub discount: f64,
    /// Initial distribution over states.
    pub start: Vec<f64>,
    /// `P(s'|s,a)`, `[a][s][s']`.
    pub transition: Vec<f64>,
    /// `P(o|s',a)`, `[a][s'][o]`.
    pub observe: Vec<f64>,
    /// Expected reward `[a][s]`: the mean over next states and observations of what the file says.
    pub reward: Vec<f64>,
}

impl Tables {
    /// Number of joint actions.
    pub fn joint_actions(&self) -> usize {
        self.actions.iter().map(Vec::len).product()
    }

    /// Number of joint observations.
    pub fn joint_observations(&self) -> usize {
        self.observations.iter().map(Vec::len).product()
    }

    /// Reads the classic `.dpomdp` text format of the multi-agent decision process community.
    ///
    /// Statements `agents`, `discount`, `values`, `states`, `start`, `actions`, `observations` (one line an agent), then
    /// `T: joint action : s : s' : p`, `O: joint action : s' : joint observation : p`,
    /// `R: joint action : s : s' : joint observation : r`, later ones overruling earlier ones; `*` stands for all, rows and
    /// matrices may follow in place of the last fields, `uniform` and `identity` where they make sense.
    ///
    /// # Errors
    /// [`EnvError::File`] with file and line.
    pub fn read(path: &Path) -> Result<Self, EnvError> {
        let fail = |why: String| EnvError::File { place: path.display().to_string(), why };
        let bytes = crate::game::file::read_bounded(path).map_err(|e| fail(e.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|_| fail("not text".into()))?;
        let stem = path.file_stem().map(|s| s.to_string_lossy());
        Tables::parse(&text, &path.display().to_string(), &stem.unwrap_or_default())
    }

    /// Parses the text of a `.dpomdp` file; `place` is its name in messages.
    ///
    /// # Errors
    /// [`EnvError::File`] with place and line.
    pub fn parse(text: &str, place: &str, name: &str) -> Result<Self, EnvError> {
        parse::tables(text, place, name)
    }
}

/// A finite problem as an environment: agents see their last observation one-hot (zeros at the start), the critic the
/// state one-hot. Rewards are the expected ones of state and joint action, which leaves every value as it is.
///
/// ```
/// use bellwether::env::{Environment, Tabular, Tables};
/// let text = include_str!("../../examples/dpomdp/tiger.dpomdp");
/// let tables = Tables::parse(text, "tiger.dpomdp", "tiger")?;
/// let best = tables.optimum(2)?; // exact, over all decentralised policies of two steps
/// assert!((best.value + 4.0).abs() < 1e-9);
/// let env = Tabular::new(tables, Some(2))?;
/// assert_eq!(env.spec().agents[0].actions, 3);
/// # Ok::<(), bellwether::env::EnvError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Tabular {
    tables: Arc<Tables>,
    spec: EnvSpec,
    state: usize,
    steps: u32,
    running: bool,
}

impl Tabular {
    /// The environment of these tables, truncated after `horizon` steps if that is given.
    ///
    /// # Errors
    /// [`EnvError::Parameter`] for a horizon of 0.
    pub fn new(tables: Tables, horizon: Option<u32>) -> Result<Self, EnvError> {
        if horizon == Some(0) {
            return Err(EnvError::Parameter {
                name: "horizon".into(),
                given: "0".into(),
                wanted: "at least 1 step".into(),
            });
        }
        let agent = |i: usize| AgentSpec {
            name: format!("agent {i}"),
            observation: tables.observations[i].len(),
            actions: tables.actions[i].len(),
        };
        Ok(Tabular {
            spec: EnvSpec {
                name: tables.name.clone(),
                agents: (0..tables.actions.len()).map(agent).collect(),
                critic_state: tables.states.len(),
                has_cost: false,
                horizon,
            },
            tables: Arc::new(tables),
            state: 0,
            steps: 0,
            running: false,
        })
    }

    /// The tables.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }
}

/// An index drawn with these probabilities.
fn draw(p: &[f64], rng: &mut EnvRng) -> usize {
    let mut u: f64 = rng.random();
    let mut last = 0;
    for (i, p) in p.iter().enumerate() {
        if *p > 0.0 {
            last = i;
            if u < *p {
                return i;
            }
            u -= p;
        }
    }
    last
}

impl Environment for Tabular {
    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn reset(&mut self, rng: &mut EnvRng, observations: &mut [f64]) -> Result<(), EnvError> {
        check_observations(&self.spec, observations)?;
        self.state = draw(&self.tables.start, rng);
        self.steps = 0;
        self.running = true;
        observations.fill(0.0);
        Ok(())
    }

    fn step(&mut self, actions: &[u32], rng: &mut EnvRng, observations: &mut [f64]) -> Result<Outcome, EnvError> {
        check_step(&self.spec, self.running, actions, observations)?;
        let t = &self.tables;
        let (n, m) = (t.states.len(), t.joint_observations());
        let joint = |a: usize, (x, own): (&u32, &Vec<String>)| a * own.len() + *x as usize;
        let a = actions.iter().zip(&t.actions).fold(0, joint);
        let reward = t.reward[a * n + self.state];
        self.state = draw(&t.transition[(a * n + self.state) * n..][..n], rng);
        let mut o = draw(&t.observe[(a * n + self.state) * m..][..m], rng);
        observations.fill(0.0);
        let mut end = observations.len();
        for own in t.observations.iter().rev() {
            end -= own.len();
            observations[end + o % own.len()] = 1.0;
            o /= own.len();
        }
        self.steps = self.steps.wrapping_add(1);
        self.running = self.spec.horizon != Some(self.steps);
        Ok(Outcome { reward, cost: 0.0, end: if self.running { End::Running } else { End::Truncated } })
    }

    fn critic_state(&self, state: &mut CriticState) {
        let state = state.as_mut_slice();
        state.fill(0.0);
        state[self.state] = 1.0;
    }

    fn fork(&self) -> Result<Box<dyn Environment>, EnvError> {
        Ok(Box::new(Tabular { running: false, ..self.clone() }))
    }

    fn save(&self) -> Result<Vec<u64>, EnvError> {
        let running = u64::from(self.running);
        Ok(vec![self.state as u64, u64::from(self.steps), running])
    }

    fn load(&mut self, words: &[u64]) -> Result<(), EnvError> {
        match *words {
            [state, steps, running]
                if state < self.tables.states.len() as u64 && steps <= u64::from(u32::MAX) && running <= 1 =>
            {
                (self.state, self.steps) = (state as usize, steps as u32);
                self.running = running == 1;
                Ok(())
            }
            _ => Err(EnvError::State { environment: self.spec.name.clone(), why: "no state of this problem".into() }),
        }
    }
}
