//! The lines of an environment in another process: read, or refused with what was wanted.

use crate::env::{AgentSpec, End, EnvSpec, Outcome};
use crate::game::printable;
use serde::Deserialize;

/// Most agents of a process.
const MAX_AGENTS: usize = 64;

/// Most numbers in all observations, or in a critic's state.
const MAX_NUMBERS: usize = 1 << 20;

/// Most actions of an agent.
const MAX_ACTIONS: usize = 1 << 16;

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

/// What a process says it is.
pub(crate) fn hello(line: &[u8]) -> Result<EnvSpec, String> {
    parse::<Hello>(line).and_then(spec)
}

/// The answer to a reset, held against the spec.
pub(crate) fn reset(line: &[u8], spec: &EnvSpec, observations: &mut [f64], critic: &mut [f64]) -> Result<(), String> {
    let answer: Reset = parse(line)?;
    take(spec, &answer.observations, &answer.critic_state, observations, critic)
}

/// The answer to a step, held against the spec.
pub(crate) fn step(
    line: &[u8],
    spec: &EnvSpec,
    observations: &mut [f64],
    critic: &mut [f64],
) -> Result<Outcome, String> {
    let answer: Step = parse(line)?;
    take(spec, &answer.observations, &answer.critic_state, observations, critic)?;
    let cost = match (answer.cost, spec.has_cost) {
        (Some(cost), true) => cost,
        (None, false) => 0.0,
        (Some(_), false) => return Err("a cost, but its hello says it has none".into()),
        (None, true) => return Err("no cost, but its hello says it has one".into()),
    };
    if !answer.reward.is_finite() || !cost.is_finite() {
        return Err(format!("reward {} and cost {cost}, wanted finite numbers", answer.reward));
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
}

/// Observations and critic's state of an answer.
fn take(
    spec: &EnvSpec,
    observations: &[Vec<f64>],
    critic: &[f64],
    out: &mut [f64],
    out_critic: &mut [f64],
) -> Result<(), String> {
    let agents = &spec.agents;
    if observations.len() != agents.len() {
        return Err(format!("observations of {} agents, wanted {}", observations.len(), agents.len()));
    }
    let mut rest = out;
    for (i, (given, agent)) in observations.iter().zip(agents).enumerate() {
        if given.len() != agent.observation {
            return Err(format!("observations[{i}] has {} numbers, wanted {}", given.len(), agent.observation));
        }
        finite(given, &format!("observations[{i}]"))?;
        let (own, more) = rest.split_at_mut(agent.observation);
        own.copy_from_slice(given);
        rest = more;
    }
    if critic.len() != spec.critic_state {
        return Err(format!("critic_state has {} numbers, wanted {}", critic.len(), spec.critic_state));
    }
    finite(critic, "critic_state")?;
    out_critic.copy_from_slice(critic);
    Ok(())
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
            return Err(format!("agents[{i}]: {} actions, wanted 1 to {MAX_ACTIONS}", agent.actions));
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
