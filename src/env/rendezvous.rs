//! Rendezvous over several steps: two agents on a graph who see only where they are.

use super::{
    AgentSpec, CriticState, End, EnvError, EnvRng, EnvSpec, Environment, Outcome, check_observations, check_step,
};
use crate::game::Graph;
use rand::RngExt;

/// Two agents start on different vertices, uniformly, and walk until they meet.
///
/// Each sees its own vertex, one-hot. Action `j` moves to the `j`-th neighbour; an action beyond the number of neighbours
/// stays. Being on one vertex after a step pays 1 and terminates; after `horizon` steps the episode is truncated. One step
/// is the rendezvous game of D.4.3 with the choice to stay only where degrees differ. The critic sees both vertices.
///
/// ```
/// use bellwether::env::{Environment, Rendezvous};
/// use bellwether::game::Graph;
/// let env = Rendezvous::new(Graph::cycle(6)?, 3)?;
/// assert_eq!((env.spec().agents[0].observation, env.spec().agents[0].actions), (6, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rendezvous {
    graph: Graph,
    spec: EnvSpec,
    at: [usize; 2],
    steps: u32,
    running: bool,
}

impl Rendezvous {
    /// On this graph, for at most `horizon` steps.
    ///
    /// # Errors
    /// [`EnvError::Parameter`] for a horizon of 0 or fewer than two vertices.
    pub fn new(graph: Graph, horizon: u32) -> Result<Self, EnvError> {
        let n = graph.vertices();
        if horizon == 0 || n < 2 {
            return Err(EnvError::Parameter {
                name: "rendezvous".into(),
                given: format!("{n} vertices and {horizon} steps"),
                wanted: "at least 2 vertices and 1 step".into(),
            });
        }
        let degree = (0..n).map(|v| graph.neighbours(v).len()).max();
        let agent = |i| AgentSpec { name: format!("walker {i}"), observation: n, actions: degree.unwrap_or(1).max(1) };
        Ok(Rendezvous {
            spec: EnvSpec {
                name: "rendezvous".into(),
                agents: (0..2).map(agent).collect(),
                critic_state: 2 * n,
                has_cost: false,
                horizon: Some(horizon),
            },
            graph,
            at: [0, 1],
            steps: 0,
            running: false,
        })
    }

    fn one_hot(&self, out: &mut [f64]) {
        out.fill(0.0);
        let n = self.graph.vertices();
        for (i, v) in self.at.iter().enumerate() {
            out[i * n + v] = 1.0;
        }
    }
}

impl Environment for Rendezvous {
    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn reset(&mut self, rng: &mut EnvRng, observations: &mut [f64]) -> Result<(), EnvError> {
        check_observations(&self.spec, observations)?;
        let n = self.graph.vertices();
        let first = rng.random_range(0..n);
        self.at = [first, (first + rng.random_range(1..n)) % n];
        (self.steps, self.running) = (0, true);
        self.one_hot(observations);
        Ok(())
    }

    fn step(&mut self, actions: &[u32], _: &mut EnvRng, observations: &mut [f64]) -> Result<Outcome, EnvError> {
        check_step(&self.spec, self.running, actions, observations)?;
        for (v, action) in self.at.iter_mut().zip(actions) {
            let next = self.graph.neighbours(*v).get(*action as usize);
            *v = *next.unwrap_or(v);
        }
        self.steps += 1;
        let met = self.at[0] == self.at[1];
        let end = if met {
            End::Terminated
        } else if self.spec.horizon == Some(self.steps) {
            End::Truncated
        } else {
            End::Running
        };
        self.running = end == End::Running;
        self.one_hot(observations);
        Ok(Outcome { reward: f64::from(u8::from(met)), cost: 0.0, end })
    }

    fn critic_state(&self, state: &mut CriticState) {
        self.one_hot(state.as_mut_slice());
    }

    fn fork(&self) -> Result<Box<dyn Environment>, EnvError> {
        Ok(Box::new(Rendezvous { running: false, ..self.clone() }))
    }

    fn save(&self) -> Result<Vec<u64>, EnvError> {
        let [a, b] = self.at.map(|v| v as u64);
        Ok(vec![a, b, u64::from(self.steps), u64::from(self.running)])
    }

    fn load(&mut self, words: &[u64]) -> Result<(), EnvError> {
        let n = self.graph.vertices() as u64;
        match *words {
            [a, b, steps, running] if a < n && b < n && steps < 1 << 32 && running <= 1 => {
                self.at = [a as usize, b as usize];
                (self.steps, self.running) = (steps as u32, running == 1);
                Ok(())
            }
            _ => Err(EnvError::State {
                environment: self.spec.name.clone(),
                why: "no two vertices of this graph".into(),
            }),
        }
    }
}
