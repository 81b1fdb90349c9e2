//! Environments in another process, spoken to in lines of JSON.

use super::{
    AgentSpec, CriticState, End, EnvError, EnvRng, EnvSpec, Environment, Outcome, check_actions,
    check_observations,
};
use crate::game::printable;
use crate::game::referee::{Options, describe, misread, process::Process};
use rand::Rng;
use serde::Deserialize;
use std::fmt::Write;

/// Most agents of a process.
const MAX_AGENTS: usize = 64;

/// Most numbers in all observations, or in a critic's state.
const MAX_NUMBERS: usize = 1 << 20;

/// Most actions of an agent.
const MAX_ACTIONS: usize = 1 << 16;

/// An environment that is another program.
///
/// One JSON document a line each way. Arrays are agent by agent; keys beyond these are errors.
///
/// ```text
/// {"hello":1}        {"name":"lights","agents":[{"observation":2,"actions":2},..],"critic_state":3,"has_cost":false}
///                    may add "name" to an agent and "horizon":N
/// {"reset":4711}     {"observations":[[0,1],..],"critic_state":[0,0,1]}       the number is a seed below 2^53
/// {"step":[0,1]}     {"observations":[..],"critic_state":[..],"reward":1.5,"cost":0,"end":"running"}
///                    end: running, terminated or truncated; cost only where there is one
/// ```
///
/// Whatever else it writes, a reward that is no number, an array of another length or silence beyond the timeout gives an
/// error that quotes the line; after an error it is not spoken to again. Every copy starts its own process, which is
/// killed on drop; it cannot be saved.
///
/// ```no_run
/// use bellwether::env::{Environment, ExecEnvironment};
/// let env = ExecEnvironment::spawn("python3 examples/environments/lights.py", Default::default())?;
/// println!("{} agents", env.spec().agents.len());
/// # Ok::<(), bellwether::env::EnvError>(())
/// ```
pub struct ExecEnvironment {
    command: String,
    shown: String,
    options: Options,
    spec: EnvSpec,
    process: Process,
    critic: Vec<f64>,
    running: bool,
    failed: Option<EnvError>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hello {
    name: String,
    agents: Vec<Agent>,
    critic_state: usize,
    #[serde(default)]
    has_cost: bool,
    #[serde(default)]
    horizon: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Agent {
    #[serde(default)]
    name: Option<String>,
    observation: usize,
    actions: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    observations: Vec<Vec<f64>>,
    #[serde(default)]
    critic_state: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    observations: Vec<Vec<f64>>,
    #[serde(default)]
    critic_state: Vec<f64>,
    reward: f64,
    #[serde(default)]
    cost: Option<f64>,
    end: Ending,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Ending {
    Running,
    Terminated,
    Truncated,
}

impl ExecEnvironment {
    /// Starts the program and exchanges greetings. The command is split into words as a shell would, but no shell runs it.
    ///
    /// # Errors
    /// [`EnvError::Process`] if the command cannot be split or started, or its hello is wrong.
    pub fn spawn(command: &str, options: Options) -> Result<Self, EnvError> {
        let shown = printable(command, 200);
        let wrong = |why: String| EnvError::Process {
            command: shown.clone(),
            why,
        };
        let words = shlex::split(command)
            .ok_or_else(|| wrong("the quotes of the command do not match".into()))?;
        let mut process = Process::spawn(&words).map_err(wrong)?;
        let request = "{\"hello\":1}";
        let line = process
            .exchange(format!("{request}\n").into(), options.timeout)
            .map_err(|failure| wrong(describe(request, failure)))?;
        let spec = parse::<Hello>(&line)
            .and_then(spec)
            .map_err(|why| wrong(misread(request, &line, &why)))?;
        Ok(ExecEnvironment {
            command: command.to_owned(),
            shown,
            options,
            critic: vec![0.0; spec.critic_state],
            spec,
            process,
            running: false,
            failed: None,
        })
    }

    /// One request and the reading of its answer; the first failure is the last word.
    fn exchange<T>(
        &mut self,
        request: &str,
        read: impl FnOnce(&mut Self, &[u8]) -> Result<T, String>,
    ) -> Result<T, EnvError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let asked = printable(request, 60);
        let line = format!("{request}\n").into_bytes();
        let answer = match self.process.exchange(line, self.options.timeout) {
            Ok(line) => read(self, &line).map_err(|why| misread(&asked, &line, &why)),
            Err(failure) => Err(describe(&asked, failure)),
        };
        answer.map_err(|why| {
            let error = EnvError::Process {
                command: self.shown.clone(),
                why,
            };
            self.failed = Some(error.clone());
            self.running = false;
            error
        })
    }

    /// Observations and critic's state of an answer, held against the spec.
    fn take(
        &mut self,
        observations: &[Vec<f64>],
        critic: &[f64],
        out: &mut [f64],
    ) -> Result<(), String> {
        let agents = &self.spec.agents;
        if observations.len() != agents.len() {
            return Err(format!(
                "observations of {} agents, wanted {}",
                observations.len(),
                agents.len()
            ));
        }
        let mut rest = out;
        for (i, (given, agent)) in observations.iter().zip(agents).enumerate() {
            if given.len() != agent.observation {
                return Err(format!(
                    "observations[{i}] has {} numbers, wanted {}",
                    given.len(),
                    agent.observation
                ));
            }
            finite(given, &format!("observations[{i}]"))?;
            let (own, more) = rest.split_at_mut(agent.observation);
            own.copy_from_slice(given);
            rest = more;
        }
        if critic.len() != self.spec.critic_state {
            return Err(format!(
                "critic_state has {} numbers, wanted {}",
                critic.len(),
                self.spec.critic_state
            ));
        }
        finite(critic, "critic_state")?;
        self.critic.copy_from_slice(critic);
        Ok(())
    }
}

fn finite(list: &[f64], what: &str) -> Result<(), String> {
    match list.iter().position(|v| !v.is_finite()) {
        Some(i) => Err(format!("{what}[{i}] is not finite")),
        None => Ok(()),
    }
}

fn spec(hello: Hello) -> Result<EnvSpec, String> {
    let agents = hello.agents;
    if agents.is_empty() || agents.len() > MAX_AGENTS {
        return Err(format!("{} agents, wanted 1 to {MAX_AGENTS}", agents.len()));
    }
    let mut total = 0_usize;
    for (i, agent) in agents.iter().enumerate() {
        if !(1..=MAX_ACTIONS).contains(&agent.actions) {
            return Err(format!(
                "agents[{i}]: {} actions, wanted 1 to {MAX_ACTIONS}",
                agent.actions
            ));
        }
        total = total.saturating_add(agent.observation);
    }
    if total > MAX_NUMBERS || hello.critic_state > MAX_NUMBERS {
        return Err(format!(
            "{total} numbers in observations and {} in the critic's state, wanted at most {MAX_NUMBERS}",
            hello.critic_state
        ));
    }
    if hello.horizon == Some(0) {
        return Err("a horizon of 0 steps, wanted at least 1".into());
    }
    let agent = |(i, a): (usize, Agent)| AgentSpec {
        name: a.name.map_or(format!("agent {i}"), |n| printable(&n, 80)),
        observation: a.observation,
        actions: a.actions,
    };
    Ok(EnvSpec {
        name: printable(&hello.name, 80),
        agents: agents.into_iter().enumerate().map(agent).collect(),
        critic_state: hello.critic_state,
        has_cost: hello.has_cost,
        horizon: hello.horizon,
    })
}

fn parse<T: for<'a> Deserialize<'a>>(line: &[u8]) -> Result<T, String> {
    serde_json::from_slice(line).map_err(|e| {
        let text = printable(&e.to_string(), 200);
        let has = |word: &[u8]| line.windows(word.len()).any(|w| w == word);
        if e.is_data() {
            format!("not the shape wanted: {text}")
        } else if has(b"NaN") || has(b"Infinity") {
            format!("a number that is not finite, which JSON does not have: {text}")
        } else {
            format!("not JSON: {text}")
        }
    })
}

impl Environment for ExecEnvironment {
    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn reset(&mut self, rng: &mut EnvRng, observations: &mut [f64]) -> Result<(), EnvError> {
        check_observations(&self.spec, observations)?;
        // below 2^53, so that every JSON reader keeps all digits
        let request = format!("{{\"reset\":{}}}", rng.next_u64() >> 11);
        self.exchange(&request, |this, line| {
            let answer: Reset = parse(line)?;
            this.take(&answer.observations, &answer.critic_state, observations)
        })?;
        self.running = true;
        Ok(())
    }

    fn step(
        &mut self,
        actions: &[u32],
        _: &mut EnvRng,
        observations: &mut [f64],
    ) -> Result<Outcome, EnvError> {
        check_observations(&self.spec, observations)?;
        check_actions(&self.spec, actions)?;
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if !self.running {
            return Err(EnvError::NotReset(self.spec.name.clone()));
        }
        let mut request = String::from("{\"step\":[");
        for (i, a) in actions.iter().enumerate() {
            // writing to a String cannot fail
            let _ = write!(request, "{}{a}", if i == 0 { "" } else { "," });
        }
        request.push_str("]}");
        let outcome = self.exchange(&request, |this, line| {
            let answer: Step = parse(line)?;
            this.take(&answer.observations, &answer.critic_state, observations)?;
            let cost = match (answer.cost, this.spec.has_cost) {
                (Some(cost), true) => cost,
                (None, false) => 0.0,
                (Some(_), false) => return Err("a cost, but its hello says it has none".into()),
                (None, true) => return Err("no cost, but its hello says it has one".into()),
            };
            if !answer.reward.is_finite() || !cost.is_finite() {
                return Err(format!(
                    "reward {} and cost {cost}, wanted finite numbers",
                    answer.reward
                ));
            }
            Ok(Outcome {
                reward: answer.reward,
                cost,
                end: match answer.end {
                    Ending::Running => End::Running,
                    Ending::Terminated => End::Terminated,
                    Ending::Truncated => End::Truncated,
                },
            })
        })?;
        self.running = outcome.end == End::Running;
        Ok(outcome)
    }

    fn critic_state(&self, state: &mut CriticState) {
        state.as_mut_slice().copy_from_slice(&self.critic);
    }

    fn fork(&self) -> Result<Box<dyn Environment>, EnvError> {
        let copy = ExecEnvironment::spawn(&self.command, self.options.clone())?;
        if copy.spec != self.spec {
            return Err(EnvError::Process {
                command: self.shown.clone(),
                why: "a second process greeted with another shape".into(),
            });
        }
        Ok(Box::new(copy))
    }

    fn save(&self) -> Result<Vec<u64>, EnvError> {
        Err(EnvError::Unsupported(format!(
            "'{}' cannot be saved: it is another process",
            self.shown
        )))
    }

    fn load(&mut self, _: &[u64]) -> Result<(), EnvError> {
        self.save().map(|_| ())
    }
}
