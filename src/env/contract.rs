//! What every environment promises, as a test that users can run on their own.

use super::{
    CriticState, End, EnvError, EnvRng, EnvSpec, Environment, Outcome, stream, stream_from_words, stream_words,
};
use rand::RngExt;

/// A promise that was broken, and where.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("'{environment}' breaks the contract of environments: {promise}: {why}")]
pub struct Broken {
    /// The environment.
    pub environment: String,
    /// The promise.
    pub promise: &'static str,
    /// What happened instead.
    pub why: String,
}

/// What the test saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Steps taken, in all runs together.
    pub steps: usize,
    /// Episodes that terminated.
    pub terminated: usize,
    /// Episodes that were truncated.
    pub truncated: usize,
    /// Whether it can be saved.
    pub can_be_saved: bool,
}

/// Plays `steps` random steps in several ways and holds the environment to what [`Environment`] says: agents with
/// actions, buffers filled with finite numbers, finite rewards, no cost where there is none, episodes no longer than the
/// horizon, steps refused after an end and for actions out of range, the same seed the same trajectory, copies that
/// behave alike, and saved states that continue bit for bit.
///
/// ```
/// use bellwether::env::{contract, queueing::{Queueing, QueueParameters}};
/// let queue = Queueing::new(QueueParameters { horizon: Some(50), ..QueueParameters::default() })?;
/// assert!(contract::check(&queue, 0, 1000).unwrap().truncated > 0);
/// # Ok::<(), bellwether::env::EnvError>(())
/// ```
///
/// # Errors
/// [`Broken`] naming the first promise that does not hold.
pub fn check(prototype: &dyn Environment, seed: u64, steps: usize) -> Result<Seen, Broken> {
    let spec = prototype.spec();
    let broken = |promise, why: String| Broken { environment: spec.name.clone(), promise, why };
    if spec.agents.is_empty() || spec.agents.iter().any(|a| a.actions == 0) {
        let why = format!("{} agents", spec.agents.len());
        return Err(broken("there are agents and all have actions", why));
    }
    let fork = || {
        let copy = prototype.fork();
        copy.map_err(|e| broken("a copy can be had", e.to_string()))
    };
    let mut env = fork()?;
    if env.spec() != spec {
        return Err(broken("a copy has the same shape", format!("{:?}", env.spec())));
    }
    refusals(env.as_mut(), seed).map_err(|(promise, why)| broken(promise, why))?;
    let mut seen = Seen::default();
    let first = play(fork()?.as_mut(), seed, steps, &mut seen).map_err(|(promise, why)| broken(promise, why))?;
    let second =
        play(fork()?.as_mut(), seed, steps, &mut Seen::default()).map_err(|(promise, why)| broken(promise, why))?;
    if let Some(t) = (0..first.len()).find(|&t| first[t] != second[t]) {
        let why = format!("they differ at step {t}");
        return Err(broken("the same seed gives the same trajectory", why));
    }
    seen.can_be_saved = match saved(fork()?, fork()?, seed, steps) {
        Ok(can) => can,
        Err((promise, why)) => return Err(broken(promise, why)),
    };
    Ok(seen)
}

type Fault = (&'static str, String);

fn actions(spec: &EnvSpec, rng: &mut EnvRng) -> Vec<u32> {
    let one = |a: &super::AgentSpec| rng.random_range(0..a.actions as u32);
    spec.agents.iter().map(one).collect()
}

/// What must be refused is refused, and does no harm.
fn refusals(env: &mut dyn Environment, seed: u64) -> Result<(), Fault> {
    let spec = env.spec().clone();
    let (mut rng, mut row) = (stream(seed, 0), vec![0.0; spec.observations()]);
    let zeros = vec![0; spec.agents.len()];
    let works = |e: EnvError| ("it can be reset", e.to_string());
    if env.step(&zeros, &mut rng, &mut row).is_ok() {
        return Err(("a step before the first reset is refused", "it was taken".into()));
    }
    env.reset(&mut rng, &mut row).map_err(works)?;
    for (i, agent) in spec.agents.iter().enumerate() {
        let mut bad = zeros.clone();
        bad[i] = agent.actions as u32;
        if env.step(&bad, &mut rng, &mut row).is_ok() {
            let why = format!("agent {i} took action {} of {}", bad[i], agent.actions);
            return Err(("an action out of range is refused", why));
        }
    }
    env.reset(&mut rng, &mut row).map_err(works)
}

/// One step's numbers as bits.
type Record = Vec<u64>;

fn record(row: &[f64], critic: &CriticState, outcome: Outcome) -> Record {
    let numbers = row.iter().chain(critic.as_slice());
    let mut bits: Record = numbers.map(|x| x.to_bits()).collect();
    bits.extend([outcome.reward.to_bits(), outcome.cost.to_bits(), outcome.end as u64]);
    bits
}

fn play(env: &mut dyn Environment, seed: u64, steps: usize, seen: &mut Seen) -> Result<Vec<Record>, Fault> {
    let spec = env.spec().clone();
    let (mut rng, mut own) = (stream(seed, 0), stream(seed, 1));
    let mut row = vec![f64::NAN; spec.observations()];
    let mut critic = CriticState::zeros(spec.critic_state);
    let fails = |e: EnvError| ("legal steps and resets succeed", e.to_string());
    env.reset(&mut rng, &mut row).map_err(fails)?;
    let (mut length, mut records) = (0, Vec::new());
    for t in 0..steps {
        if let Some(i) = row.iter().position(|x| !x.is_finite()) {
            let why = format!("observation {i} at step {t} is {}", row[i]);
            return Err(("all observations are written and finite", why));
        }
        row.fill(f64::NAN);
        let joint = actions(&spec, &mut own);
        let outcome = env.step(&joint, &mut rng, &mut row).map_err(fails)?;
        critic.as_mut_slice().fill(f64::NAN);
        env.critic_state(&mut critic);
        if let Some(i) = critic.as_slice().iter().position(|x| !x.is_finite()) {
            let why = format!("number {i} after step {t} is {}", critic.as_slice()[i]);
            return Err(("the critic's state is written and finite", why));
        }
        if !outcome.reward.is_finite() || !outcome.cost.is_finite() {
            let why = format!("step {t}: reward {}, cost {}", outcome.reward, outcome.cost);
            return Err(("rewards and costs are finite", why));
        }
        if !spec.has_cost && outcome.cost != 0.0 {
            let why = format!("step {t}: cost {}", outcome.cost);
            return Err(("there is no cost where the spec says so", why));
        }
        length += 1;
        if spec.horizon.is_some_and(|h| length > h || (length == h && outcome.end == End::Running)) {
            let why = format!("{length} steps, horizon {:?}", spec.horizon);
            return Err(("no episode is longer than the horizon", why));
        }
        records.push(record(&row, &critic, outcome));
        seen.steps += 1;
        if outcome.end != End::Running {
            match outcome.end {
                End::Terminated => seen.terminated += 1,
                _ => seen.truncated += 1,
            }
            let last = row.clone();
            if env.step(&joint, &mut rng, &mut row).is_ok() {
                let why = format!("it was taken after the end at step {t}");
                return Err(("a step after an end is refused", why));
            }
            if last.iter().any(|x| !x.is_finite()) {
                let why = format!("at the end, step {t}");
                return Err(("all observations are written and finite", why));
            }
            env.reset(&mut rng, &mut row).map_err(fails)?;
            length = 0;
        }
    }
    Ok(records)
}

/// A saved state continues bit for bit in another copy.
fn saved(
    mut env: Box<dyn Environment>,
    mut other: Box<dyn Environment>,
    seed: u64,
    steps: usize,
) -> Result<bool, Fault> {
    const PROMISE: &str = "a saved state continues bit for bit";
    let spec = env.spec().clone();
    let (mut rng, mut own) = (stream(seed, 2), stream(seed, 3));
    let mut row = vec![0.0; spec.observations()];
    let fails = |e: EnvError| ("legal steps and resets succeed", e.to_string());
    env.reset(&mut rng, &mut row).map_err(fails)?;
    for _ in 0..steps / 2 {
        let end = env.step(&actions(&spec, &mut own), &mut rng, &mut row).map_err(fails)?.end;
        if end != End::Running {
            env.reset(&mut rng, &mut row).map_err(fails)?;
        }
    }
    let words = match env.save() {
        Ok(words) => words,
        Err(EnvError::Unsupported(_)) => return Ok(false),
        Err(error) => return Err((PROMISE, error.to_string())),
    };
    other.load(&words).map_err(|e| (PROMISE, e.to_string()))?;
    let told = stream_words(&rng).map_err(fails)?;
    let mut rng2 = stream_from_words(told);
    let mut row2 = row.clone();
    let mut critics = [(); 2].map(|()| CriticState::zeros(spec.critic_state));
    for t in 0..steps / 2 {
        let joint = actions(&spec, &mut own);
        let a = env.step(&joint, &mut rng, &mut row).map_err(fails)?;
        let b = other.step(&joint, &mut rng2, &mut row2).map_err(fails)?;
        env.critic_state(&mut critics[0]);
        other.critic_state(&mut critics[1]);
        if record(&row, &critics[0], a) != record(&row2, &critics[1], b) {
            return Err((PROMISE, format!("step {t} after loading differs")));
        }
        if a.end != End::Running {
            env.reset(&mut rng, &mut row).map_err(fails)?;
            other.reset(&mut rng2, &mut row2).map_err(fails)?;
        }
    }
    Ok(true)
}
