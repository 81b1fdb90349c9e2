//! Trading at two distant exchanges, faster than news travels between them.

use super::{
    AgentSpec, CriticState, End, EnvError, EnvRng, EnvSpec, Environment, Outcome, check_observations, check_step,
};
use rand::RngExt;

/// Longest latency.
pub const MAX_LATENCY: usize = 64;

/// Parameters of the trading problem.
#[derive(Debug, Clone, PartialEq)]
pub struct TradingParameters {
    /// Steps that news of the other exchange takes.
    pub latency: usize,
    /// Probability that a local signal keeps its value from one step to the next; 1/2 makes them fresh every step.
    pub persistence: f64,
    /// Largest net position in either direction.
    pub limit: i32,
    /// Steps of an episode.
    pub horizon: u32,
}

impl Default for TradingParameters {
    fn default() -> Self {
        TradingParameters { latency: 2, persistence: 0.5, limit: 10, horizon: 200 }
    }
}

/// Two desks of one firm, each beside its own exchange. Every step each sees its local signal, calm (0) or stressed (1),
/// and what the other's was `latency` steps ago, and buys (0) or sells (1) one unit before more can be known.
///
/// If both exchanges are stressed the firm must be hedged: opposite sides earn 1, the same side loses 1. Otherwise the
/// desks must lean together: the same side earns 1, opposite sides lose 1. Two sales or purchases move the firm's net
/// position by 2, within limits that stop the trade (it then earns nothing); the cost of a step is the net position over
/// the limit, without its sign. With fresh signals a step is CHSH, so entanglement earns `2 cos^2(pi/8) - 1` against 1/2;
/// with persistent ones old news is worth something. Observation: own signal, the other's old one, the net position as it
/// was `latency` steps ago, over the limit.
#[derive(Debug, Clone)]
pub struct Trading {
    parameters: TradingParameters,
    spec: EnvSpec,
    signals: [bool; 2],
    position: i32,
    /// Signals and positions of the last steps, newest first.
    past: Vec<([bool; 2], i32)>,
    steps: u32,
    running: bool,
}

impl Trading {
    /// With these parameters.
    ///
    /// # Errors
    /// [`EnvError::Parameter`] naming the one that makes no sense.
    pub fn new(parameters: TradingParameters) -> Result<Self, EnvError> {
        let p = &parameters;
        let checks = [
            ("latency", p.latency <= MAX_LATENCY, "at most 64 steps"),
            ("persistence", (0.0..=1.0).contains(&p.persistence), "a probability"),
            ("limit", (2..=1_000_000).contains(&p.limit), "2 to 1000000"),
            ("horizon", p.horizon > 0, "at least 1 step"),
        ];
        if let Some((name, _, wanted)) = checks.into_iter().find(|(_, fine, _)| !fine) {
            return Err(EnvError::Parameter { name: name.into(), given: format!("{p:?}"), wanted: wanted.into() });
        }
        let agent = |i| AgentSpec { name: format!("desk {i}"), observation: 3, actions: 2 };
        Ok(Trading {
            spec: EnvSpec {
                name: "trading".into(),
                agents: (0..2).map(agent).collect(),
                critic_state: 4,
                has_cost: true,
                horizon: Some(p.horizon),
            },
            signals: [false; 2],
            position: 0,
            past: vec![([false; 2], 0); p.latency],
            steps: 0,
            running: false,
            parameters,
        })
    }

    fn observe(&self, out: &mut [f64]) {
        let now = (self.signals, self.position);
        let (old, position) = *self.past.last().unwrap_or(&now);
        for (i, row) in out.chunks_exact_mut(3).enumerate() {
            row[0] = f64::from(u8::from(self.signals[i]));
            row[1] = f64::from(u8::from(old[1 - i]));
            row[2] = f64::from(position) / f64::from(self.parameters.limit);
        }
    }
}

impl Environment for Trading {
    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn reset(&mut self, rng: &mut EnvRng, observations: &mut [f64]) -> Result<(), EnvError> {
        check_observations(&self.spec, observations)?;
        self.signals = [rng.random(), rng.random()];
        self.position = 0;
        self.past.fill(([false; 2], 0));
        (self.steps, self.running) = (0, true);
        self.observe(observations);
        Ok(())
    }

    fn step(&mut self, actions: &[u32], rng: &mut EnvRng, observations: &mut [f64]) -> Result<Outcome, EnvError> {
        check_step(&self.spec, self.running, actions, observations)?;
        let limit = self.parameters.limit;
        let hedge = self.signals[0] && self.signals[1];
        let same = actions[0] == actions[1];
        let moved = self.position
            + if !same {
                0
            } else if actions[0] == 0 {
                2
            } else {
                -2
            };
        let reward = if moved.abs() > limit {
            0.0
        } else if same != hedge {
            1.0
        } else {
            -1.0
        };
        if let Some(last) = self.past.len().checked_sub(1) {
            self.past.copy_within(..last, 1);
            self.past[0] = (self.signals, self.position);
        }
        if moved.abs() <= limit {
            self.position = moved;
        }
        for signal in &mut self.signals {
            *signal ^= rng.random::<f64>() >= self.parameters.persistence;
        }
        self.steps += 1;
        self.running = self.steps < self.parameters.horizon;
        self.observe(observations);
        Ok(Outcome {
            reward,
            cost: f64::from(self.position.abs()) / f64::from(limit),
            end: if self.running { End::Running } else { End::Truncated },
        })
    }

    fn critic_state(&self, state: &mut CriticState) {
        let p = &self.parameters;
        let [a, b] = self.signals.map(|s| f64::from(u8::from(s)));
        let position = f64::from(self.position) / f64::from(p.limit);
        let time = f64::from(self.steps) / f64::from(p.horizon);
        state.as_mut_slice().copy_from_slice(&[a, b, position, time]);
    }

    fn fork(&self) -> Result<Box<dyn Environment>, EnvError> {
        Ok(Box::new(Trading::new(self.parameters.clone())?))
    }

    fn save(&self) -> Result<Vec<u64>, EnvError> {
        let pack = |(s, position): &([bool; 2], i32)| {
            let bits = u64::from(s[0]) | u64::from(s[1]) << 1;
            bits | u64::from(position.cast_unsigned()) << 2
        };
        let mut words = vec![u64::from(self.steps), u64::from(self.running)];
        words.push(pack(&(self.signals, self.position)));
        words.extend(self.past.iter().map(pack));
        Ok(words)
    }

    fn load(&mut self, words: &[u64]) -> Result<(), EnvError> {
        let limit = self.parameters.limit;
        let unpack = |word: &u64| {
            let position = u32::try_from(word >> 2).ok()?.cast_signed();
            let signals = [word & 1 == 1, word & 2 == 2];
            (position.abs() <= limit).then_some((signals, position))
        };
        let all: Option<Vec<_>> = words.iter().skip(2).map(unpack).collect();
        match (words, all) {
            ([steps, running, ..], Some(all))
                if all.len() == self.past.len() + 1
                    && *steps <= u64::from(self.parameters.horizon)
                    && *running <= 1 =>
            {
                (self.signals, self.position) = all[0];
                self.past.copy_from_slice(&all[1..]);
                (self.steps, self.running) = (*steps as u32, *running == 1);
                Ok(())
            }
            _ => Err(EnvError::State { environment: self.spec.name.clone(), why: "no state of these desks".into() }),
        }
    }
}
