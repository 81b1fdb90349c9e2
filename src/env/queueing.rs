//! The multi-router, multi-server queue of Appendix H.

mod baseline;
mod law;
mod parameters;
mod text;

pub use baseline::Baseline;
pub use law::{Component, JobLaw, MAX_COMPONENTS, MAX_SHAPE};
pub use parameters::{MAX_SIDE, Order, QueueParameters, WaitUnit};

use super::{CriticState, End, EnvError, EnvRng, EnvSpec, Environment, Outcome, check_observations, check_step};
use rand::Rng;
use rand_distr::{Distribution, Exp1};

/// Routers send jobs to servers without talking; idle servers earn, waiting customers cost (Appendix H, Eq. 30-35).
///
/// A step is an arrival: every router gets one job of size `x_i`, sees it, and names a server. `q_k > 0` is the work
/// left at server `k`, `q_k < 0` the time for which it has worked on the baseline task. Rewards telescope to `T(t)` per
/// uninterrupted interval `t` (Eq. 32-33); the cost is the wait of the step's customers, each until its service begins.
/// Balance (Eq. 34-35) is had by permuting the labels of the servers before every step: for two servers the flip of
/// both actions with probability 1/2. What routers see of queues carries the permuted labels, so that their actions
/// mean what they see. Observations of router `i`: `x_i`, then the queues and the time since the last arrival if they
/// are observed. Critic's state: the queues under the permuted labels, all sizes, and that time if observed.
///
/// The queue starts empty and never ends by itself; with a horizon it is truncated. No allocation in a step.
///
/// ```
/// use bellwether::env::{Environment, queueing::{Queueing, QueueParameters}, stream};
/// let mut queue = Queueing::new(QueueParameters::default())?;
/// let (mut rng, mut seen) = (stream(0, 0), [0.0; 2]);
/// queue.reset(&mut rng, &mut seen)?;
/// let (mut reward, mut wait) = (0.0, 0.0);
/// for _ in 0..100_000 {
///     // small jobs to one server, large ones to the other
///     let actions = seen.map(|x| u32::from(x > 1.0));
///     let outcome = queue.step(&actions, &mut rng, &mut seen)?;
///     reward += outcome.reward / 100_000.0;
///     wait += outcome.cost / 100_000.0;
/// }
/// assert!(reward > 1.25 && wait < 6.5); // the least and the most of any policy in the long run
/// # Ok::<(), bellwether::env::EnvError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Queueing {
    parameters: QueueParameters,
    spec: EnvSpec,
    state: State,
}

/// All that changes. Actions name labels; the server of a label is `server[label]`.
#[derive(Debug, Clone, Copy)]
struct State {
    queues: [f64; MAX_SIDE],
    sizes: [f64; MAX_SIDE],
    /// Time since the last arrival; 0 at a start.
    interval: f64,
    server: [u8; MAX_SIDE],
    /// Place of each router's customer among those that arrive together.
    place: [u8; MAX_SIDE],
    steps: u32,
    ended: bool,
}

impl State {
    fn empty() -> Self {
        State {
            queues: [0.0; MAX_SIDE],
            sizes: [0.0; MAX_SIDE],
            interval: 0.0,
            server: [0, 1, 2, 3, 4, 5, 6, 7],
            place: [0, 1, 2, 3, 4, 5, 6, 7],
            steps: 0,
            ended: true,
        }
    }
}

impl Queueing {
    /// The queue with these parameters; reset it before use.
    ///
    /// # Errors
    /// [`EnvError::Parameter`] naming the parameter, see [`QueueParameters::check`].
    pub fn new(parameters: QueueParameters) -> Result<Self, EnvError> {
        parameters.check()?;
        Ok(Queueing { spec: parameters.spec(), parameters, state: State::empty() })
    }

    /// The parameters.
    pub fn parameters(&self) -> &QueueParameters {
        &self.parameters
    }

    /// The queues by server, not by label: work left if positive, time on the baseline task if negative.
    pub fn queues(&self) -> &[f64] {
        &self.state.queues[..self.parameters.servers]
    }

    /// The jobs of the next arrival, the labels of the servers and the order of service, all drawn at once.
    #[inline]
    fn arrive(&mut self, rng: &mut EnvRng) {
        let (p, state) = (&self.parameters, &mut self.state);
        for (x, law) in state.sizes.iter_mut().zip(&p.jobs) {
            *x = law.sample(rng);
        }
        let mut coins = Coins::new(rng.next_u64());
        if p.balanced {
            coins.shuffle(&mut state.server[..p.servers], rng);
        }
        match p.order {
            Order::Random => coins.shuffle(&mut state.place[..p.jobs.len()], rng),
            Order::ShortestFirst => {
                let n = p.jobs.len();
                for i in 0..n {
                    let before = |j: &usize| (state.sizes[*j], *j) < (state.sizes[i], i);
                    state.place[i] = (0..n).filter(before).count() as u8;
                }
            }
        }
    }

    #[inline]
    fn observe(&self, observations: &mut [f64]) {
        let (p, state) = (&self.parameters, &self.state);
        let rows = observations.chunks_exact_mut(self.spec.agents[0].observation);
        for (row, x) in rows.zip(&state.sizes) {
            row[0] = *x;
            let mut rest = &mut row[1..];
            if p.observe_queues {
                let (seen, more) = rest.split_at_mut(p.servers);
                for (q, server) in seen.iter_mut().zip(&state.server) {
                    *q = state.queues[usize::from(*server)];
                }
                rest = more;
            }
            if p.observe_interval {
                rest[0] = state.interval;
            }
        }
    }
}

impl Environment for Queueing {
    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn reset(&mut self, rng: &mut EnvRng, observations: &mut [f64]) -> Result<(), EnvError> {
        check_observations(&self.spec, observations)?;
        self.state = State::empty();
        self.state.ended = false;
        self.arrive(rng);
        self.observe(observations);
        Ok(())
    }

    #[inline]
    fn step(&mut self, actions: &[u32], rng: &mut EnvRng, observations: &mut [f64]) -> Result<Outcome, EnvError> {
        check_step(&self.spec, !self.state.ended, actions, observations)?;
        let (p, state) = (&self.parameters, &mut self.state);
        let (n, k) = (p.jobs.len(), p.servers);
        // dq_k, Eq. 31, and what the customers wait: for the work left, and for those before them in this step
        let mut load = [0.0; MAX_SIDE];
        let mut wait = 0.0;
        for i in 0..n {
            let server = usize::from(state.server[actions[i] as usize]);
            load[server] += state.sizes[i];
            wait += state.queues[server].max(0.0);
            for j in 0..n {
                if actions[j] == actions[i] && state.place[j] < state.place[i] {
                    wait += state.sizes[j];
                }
            }
        }
        let gap: f64 = Exp1.sample(rng);
        let dt = gap / p.arrival_rate;
        let mut reward = 0.0;
        for (q, dq) in state.queues[..k].iter_mut().zip(load) {
            let before = *q;
            let resumes = before < 0.0 && dq > 0.0;
            *q = dq - dt + if resumes { 0.0 } else { before }; // Eq. 30
            reward += if before < 0.0 && dq == 0.0 {
                p.baseline.reward(-*q) - p.baseline.reward(-before) // Eq. 32, uninterrupted
            } else {
                p.baseline.reward((-*q).max(0.0))
            };
        }
        state.interval = dt;
        state.steps = state.steps.wrapping_add(1);
        state.ended = p.horizon == Some(state.steps);
        let end = if state.ended { End::Truncated } else { End::Running };
        let cost = match p.wait_unit {
            WaitUnit::Customer => wait / n as f64,
            WaitUnit::Step => wait,
        };
        self.arrive(rng);
        self.observe(observations);
        Ok(Outcome { reward, cost, end })
    }

    fn critic_state(&self, critic: &mut CriticState) {
        let (p, state) = (&self.parameters, &self.state);
        let (queues, rest) = critic.as_mut_slice().split_at_mut(p.servers);
        for (q, server) in queues.iter_mut().zip(&state.server) {
            *q = state.queues[usize::from(*server)];
        }
        let (sizes, rest) = rest.split_at_mut(p.jobs.len());
        sizes.copy_from_slice(&state.sizes[..sizes.len()]);
        if let [interval] = rest {
            *interval = state.interval;
        }
    }

    fn fork(&self) -> Result<Box<dyn Environment>, EnvError> {
        Ok(Box::new(Queueing { state: State::empty(), ..self.clone() }))
    }

    fn save(&self) -> Result<Vec<u64>, EnvError> {
        let (p, s) = (&self.parameters, &self.state);
        let mut words = Vec::with_capacity(WORDS);
        words.extend(s.queues.map(f64::to_bits));
        words.extend(s.sizes.map(f64::to_bits));
        words.push(s.interval.to_bits());
        words.push(u64::from_le_bytes(s.server));
        words.push(u64::from_le_bytes(s.place));
        words.push(u64::from(s.steps));
        words.push(u64::from(s.ended));
        // so that a state is not taken for one of another queue
        words.push((p.servers * (MAX_SIDE + 1) + p.jobs.len()) as u64);
        Ok(words)
    }

    fn load(&mut self, words: &[u64]) -> Result<(), EnvError> {
        let wrong = |why: &str| EnvError::State { environment: self.spec.name.clone(), why: why.into() };
        let p = &self.parameters;
        if words.len() != WORDS {
            return Err(wrong(&format!("{} words, wanted {WORDS}", words.len())));
        }
        if words[WORDS - 1] != (p.servers * (MAX_SIDE + 1) + p.jobs.len()) as u64 {
            return Err(wrong("another number of servers or routers"));
        }
        let mut state = State::empty();
        let (queues, rest) = words.split_at(MAX_SIDE);
        let (sizes, rest) = rest.split_at(MAX_SIDE);
        for (to, from) in state.queues.iter_mut().zip(queues) {
            *to = f64::from_bits(*from);
        }
        for (to, from) in state.sizes.iter_mut().zip(sizes) {
            *to = f64::from_bits(*from);
        }
        state.interval = f64::from_bits(rest[0]);
        state.server = rest[1].to_le_bytes();
        state.place = rest[2].to_le_bytes();
        state.steps = u32::try_from(rest[3]).map_err(|_| wrong("a step count out of range"))?;
        state.ended = match rest[4] {
            0 | 1 => rest[4] == 1,
            _ => return Err(wrong("neither ended nor not")),
        };
        if !state.queues.iter().all(|q| q.abs() <= MAX_WORK) {
            return Err(wrong("a queue that is no number within 1e15 of 0"));
        }
        let times = state.sizes.iter().chain([&state.interval]);
        if !times.clone().all(|x| (0.0..=MAX_WORK).contains(x)) {
            return Err(wrong("a size or interval that is no number of 0 to 1e15"));
        }
        let within = |labels: &[u8], n: usize| labels[..n].iter().all(|&k| usize::from(k) < n);
        if !permutation(state.server)
            || !permutation(state.place)
            || !within(&state.server, p.servers)
            || !within(&state.place, p.jobs.len())
        {
            return Err(wrong("labels or places that are no permutation"));
        }
        self.state = state;
        Ok(())
    }
}

/// Largest queue, size or interval that a saved state may have: beyond it a job of size 1 is lost in rounding.
const MAX_WORK: f64 = 1e15;

/// Length of a saved state.
const WORDS: usize = 2 * MAX_SIDE + 6;

fn permutation(list: [u8; MAX_SIDE]) -> bool {
    let mut seen = [false; MAX_SIDE];
    for i in list {
        match seen.get_mut(usize::from(i)) {
            Some(seen) if !*seen => *seen = true,
            _ => return false,
        }
    }
    true
}

/// Random bits from one draw, for the shuffles of two that are the common case.
struct Coins(u64);

impl Coins {
    fn new(bits: u64) -> Self {
        Coins(bits)
    }

    /// A uniformly random order, whatever the order was.
    #[inline]
    fn shuffle(&mut self, list: &mut [u8], rng: &mut EnvRng) {
        if let [a, b] = list {
            // the upper bits are the better ones
            let bit = (self.0 >> 63) as u8;
            self.0 <<= 1;
            (*a, *b) = (bit, 1 - bit);
            return;
        }
        for i in (1..list.len()).rev() {
            // Fisher-Yates; the bias of the multiplication is below 2^-60
            let j = (u128::from(rng.next_u64()) * (i as u128 + 1)) >> 64;
            list.swap(i, j as usize);
        }
    }
}
