//! Games one after another, with a stake that carries over.

use super::{
    AgentSpec, CriticState, End, EnvError, EnvRng, EnvSpec, Environment, OneShot, Outcome, check_observations,
    check_step,
};

/// Highest stake, as a number of doublings.
const LEVELS: u32 = 4;

/// Games played in turn by the same agents: a win doubles the stake (up to 16), a loss puts it back to 1, and a round pays
/// its payoff times the stake. After `rounds` rounds the episode terminates.
///
/// An agent sees its question, one-hot among those of the game it is about to play (padded to the longest list), the game,
/// one-hot, and the level of the stake over 4; at the end, zeros for the question. All games must have the same
/// numbers of answers. Only referees are seen, never the tables of games.
pub struct GameSequence {
    games: Vec<OneShot>,
    spec: EnvSpec,
    rounds: u32,
    round: u32,
    level: u32,
    running: bool,
    questions: Vec<f64>,
}

impl GameSequence {
    /// These games in turn, for so many rounds.
    ///
    /// # Errors
    /// [`EnvError::Parameter`] without games or rounds, or for games of different players or answers.
    pub fn new(games: Vec<OneShot>, rounds: u32) -> Result<Self, EnvError> {
        let wrong = |given: String, wanted: &str| EnvError::Parameter {
            name: "sequence of games".into(),
            given,
            wanted: wanted.into(),
        };
        let Some(first) = games.first() else {
            return Err(wrong("no game".into(), "at least one"));
        };
        if rounds == 0 {
            return Err(wrong("0 rounds".into(), "at least one"));
        }
        let answers = |g: &OneShot| -> Vec<usize> { g.spec().agents.iter().map(|a| a.actions).collect() };
        if let Some(odd) = games.iter().find(|g| answers(g) != answers(first)) {
            return Err(wrong(
                format!("answers {:?} and {:?}", answers(first), answers(odd)),
                "the same numbers of answers in all games",
            ));
        }
        let widest = |i: usize| {
            let widths = games.iter().map(|g| g.spec().agents[i].observation);
            widths.max().unwrap_or(0)
        };
        let agents: Vec<AgentSpec> = (0..first.spec().agents.len())
            .map(|i| AgentSpec {
                name: format!("player {i}"),
                observation: widest(i) + games.len() + 1,
                actions: first.spec().agents[i].actions,
            })
            .collect();
        let most = games.iter().map(|g| g.spec().observations()).max();
        Ok(GameSequence {
            spec: EnvSpec {
                name: "sequence".into(),
                critic_state: agents.iter().map(|a| a.observation).sum::<usize>() + 1,
                agents,
                has_cost: false,
                horizon: Some(rounds),
            },
            games,
            rounds,
            round: 0,
            level: 0,
            running: false,
            questions: vec![0.0; most.unwrap_or(0)],
        })
    }

    fn turn(&self) -> usize {
        self.round as usize % self.games.len()
    }

    /// Has the next referee ask.
    fn ask(&mut self, rng: &mut EnvRng) -> Result<(), EnvError> {
        let turn = self.turn();
        let game = &mut self.games[turn];
        let width = game.spec().observations();
        game.reset(rng, &mut self.questions[..width])
    }

    fn observe(&self, out: &mut [f64]) {
        out.fill(0.0);
        let turn = self.turn();
        let (mut rest, mut questions) = (out, &self.questions[..]);
        for (agent, own) in self.spec.agents.iter().zip(&self.games[turn].spec().agents) {
            let (row, more) = rest.split_at_mut(agent.observation);
            let (asked, left) = questions.split_at(own.observation);
            row[..own.observation].copy_from_slice(asked);
            let game = agent.observation - 1 - self.games.len() + turn;
            row[game] = 1.0;
            row[agent.observation - 1] = f64::from(self.level) / f64::from(LEVELS);
            (rest, questions) = (more, left);
        }
    }
}

impl Environment for GameSequence {
    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn reset(&mut self, rng: &mut EnvRng, observations: &mut [f64]) -> Result<(), EnvError> {
        check_observations(&self.spec, observations)?;
        (self.round, self.level) = (0, 0);
        self.ask(rng)?;
        self.running = true;
        self.observe(observations);
        Ok(())
    }

    fn step(&mut self, actions: &[u32], rng: &mut EnvRng, observations: &mut [f64]) -> Result<Outcome, EnvError> {
        check_step(&self.spec, self.running, actions, observations)?;
        let turn = self.turn();
        let width = self.games[turn].spec().observations();
        let played = self.games[turn].step(actions, rng, &mut self.questions[..width])?;
        let reward = played.reward * f64::from(1_u32 << self.level);
        self.level = if played.reward > 0.0 { (self.level + 1).min(LEVELS) } else { 0 };
        self.round += 1;
        self.running = self.round < self.rounds;
        if self.running {
            self.ask(rng)?;
        } else {
            self.questions.fill(0.0);
        }
        self.observe(observations);
        Ok(Outcome { reward, cost: 0.0, end: if self.running { End::Running } else { End::Terminated } })
    }

    fn critic_state(&self, state: &mut CriticState) {
        if let Some((round, rest)) = state.as_mut_slice().split_last_mut() {
            *round = f64::from(self.round) / f64::from(self.rounds);
            self.observe(rest);
        }
    }

    fn fork(&self) -> Result<Box<dyn Environment>, EnvError> {
        let games = self.games.iter().map(OneShot::copy).collect();
        Ok(Box::new(GameSequence::new(games, self.rounds)?))
    }

    fn save(&self) -> Result<Vec<u64>, EnvError> {
        let mut words = vec![u64::from(self.round), u64::from(self.level), u64::from(self.running)];
        for game in &self.games {
            words.extend(game.save()?);
        }
        words.extend(self.questions.iter().map(|x| x.to_bits()));
        Ok(words)
    }

    fn load(&mut self, words: &[u64]) -> Result<(), EnvError> {
        let wrong = || EnvError::State { environment: "sequence".into(), why: "no state of these games".into() };
        let each = OneShot::WORDS;
        let wanted = 3 + each * self.games.len() + self.questions.len();
        if words.len() != wanted || words[0] > u64::from(self.rounds) || words[1] > u64::from(LEVELS) || words[2] > 1 {
            return Err(wrong());
        }
        let (own, questions) = words[3..].split_at(each * self.games.len());
        if questions.iter().any(|w| !f64::from_bits(*w).is_finite()) {
            return Err(wrong());
        }
        for (game, words) in self.games.iter_mut().zip(own.chunks_exact(each)) {
            game.load(words)?;
        }
        (self.round, self.level) = (words[0] as u32, words[1] as u32);
        self.running = words[2] == 1;
        for (x, word) in self.questions.iter_mut().zip(questions) {
            *x = f64::from_bits(*word);
        }
        Ok(())
    }
}
