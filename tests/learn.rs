//! Learning: gradients, black-box discipline, reproducibility, and what the paper claims of CHSH.

use bellwether::game::{BlackBox, Game, GameError, Scenario, TableReferee, catalog};
use bellwether::learn::{
    Config, LearnError, Observer, PolicyShape, Preset, QuantumPolicy, SharedState, Step, Verdict, reinforce,
};
use bellwether::quantum::DensityMatrix;
use bellwether::run::{Purpose, Watch, run_seed, stream, subseed};

fn game(name: &str) -> Game {
    catalog::lookup(name).unwrap().game
}

fn shape(dims: &[usize], hidden: &[usize], state: SharedState) -> PolicyShape {
    PolicyShape {
        dims: dims.to_vec(),
        hidden: hidden.to_vec(),
        init_scale: 0.8,
        state,
        restrictions: Default::default(),
    }
}

/// A policy that has met every joint question of a scenario.
fn policy(scenario: &Scenario, shape: PolicyShape, seed: u64) -> QuantumPolicy {
    let mut policy = QuantumPolicy::new(scenario, shape, &mut stream(seed, Purpose::Initial)).unwrap();
    for x in 0..scenario.joint_questions() {
        policy.meet(x as u32).unwrap();
    }
    policy
}

#[test]
fn the_policy_gradient_agrees_with_central_differences() {
    let chsh = Scenario::new(vec![2, 2], vec![2, 2]).unwrap();
    let uneven = Scenario::new(vec![2, 1], vec![3, 2]).unwrap();
    let three = Scenario::new(vec![2, 1, 2], vec![2, 2, 2]).unwrap();
    let bell = SharedState::Fixed(DensityMatrix::bell());
    for (scenario, shape) in [
        (&chsh, shape(&[2, 2], &[], SharedState::Learned)),
        (&chsh, shape(&[2, 2], &[5], bell)),
        (&uneven, shape(&[3, 2], &[4], SharedState::Learned)),
        (&three, shape(&[2, 1, 2], &[], SharedState::Learned)),
    ] {
        let mut policy = policy(scenario, shape, 11);
        let cells = scenario.cells();
        let d_p: Vec<f64> = (0..cells).map(|k| (1.3 * k as f64).sin()).collect();
        let loss = |policy: &mut QuantumPolicy| -> f64 {
            policy.forward().unwrap();
            policy.probabilities().iter().zip(&d_p).map(|(p, w)| p * w).sum()
        };
        loss(&mut policy);
        policy.backward(&d_p, 0.0).unwrap();
        let gradient = policy.gradient.clone();
        for (k, adjoint) in gradient.iter().enumerate() {
            let at = policy.parameters[k];
            let h = 1e-5;
            policy.parameters[k] = at + h;
            let above = loss(&mut policy);
            policy.parameters[k] = at - h;
            let below = loss(&mut policy);
            policy.parameters[k] = at;
            let numeric = (above - below) / (2.0 * h);
            assert!((adjoint - numeric).abs() < 1e-8, "parameter {k}: adjoint {adjoint} differences {numeric}");
        }
    }
}

/// Never stops, keeps nothing, and adds up the gradients it sees.
struct Silent;

impl Observer for Silent {
    fn observe(&mut self, _: &Step<'_>) -> Verdict {
        Verdict::Continue
    }
}

#[test]
fn the_score_function_estimate_is_the_gradient_of_win_probability_plus_entropy() {
    // one step of Eq. 20 with a huge batch moves Adam's first step by the sign of the exact gradient of
    // J + alpha H (Eq. 16, Eq. 18); compare signs wherever the gradient is clear of the sampling noise
    let game = game("chsh");
    let s = game.scenario().clone();
    let shape = shape(&[2, 2], &[], SharedState::Learned);
    let alpha = 0.3;
    let mut config = Config::new(Preset::Paper, &s);
    config.steps = 1;
    config.batch = 1 << 20;
    config.entropy = alpha;
    let mut learned = QuantumPolicy::new(&s, shape.clone(), &mut stream(5, Purpose::Initial)).unwrap();
    let mut exact = policy(&s, shape, 5);
    let mut referee = TableReferee::new(&game, 9).unwrap();
    let mut answers = stream(5, Purpose::Answers);
    reinforce(&mut referee, &mut learned, &config, &mut answers, &mut Silent).unwrap();

    exact.forward().unwrap();
    let weights = game.weights();
    let p = exact.probabilities().to_vec();
    let d_p: Vec<f64> = p.iter().zip(&weights).map(|(p, w)| w - alpha * 0.25 * (p.ln() + 1.0)).collect();
    exact.backward(&d_p, 0.0).unwrap();
    let largest = exact.gradient.iter().fold(0.0f64, |m, g| m.max(g.abs()));
    let (mut dot, mut a, mut b) = (0.0, 0.0, 0.0);
    for (g, e) in learned.gradient.iter().zip(&exact.gradient) {
        dot += g * e;
        a += g * g;
        b += e * e;
        assert!((g - e).abs() < 0.02 * largest, "estimate {g}, exact {e}");
    }
    assert!(dot / (a * b).sqrt() > 0.999, "cosine {}", dot / (a * b).sqrt());
}

#[test]
fn a_seed_gives_the_same_bits_again_and_streams_differ() {
    let game = game("chsh");
    let mut config = Config::new(Preset::Best, game.scenario());
    config.steps = 60;
    let train = || {
        let mut referee = TableReferee::new(&game, subseed(3, Purpose::Referee)).unwrap();
        run_seed(&mut referee, &config, 3, Some(&game), &Watch::default()).unwrap()
    };
    let (one, two) = (train(), train());
    assert_eq!(one.strategy, two.strategy);
    assert_eq!(one.metrics, two.metrics);
    assert_eq!(one.plays, 60 * 512);
    assert_ne!(subseed(3, Purpose::Referee), subseed(3, Purpose::Answers));
    assert_ne!(subseed(3, Purpose::Referee), subseed(4, Purpose::Referee));
}

#[test]
fn scoring_never_reaches_the_learner() {
    // the same run, scored against a lie: parameters of the last step must not move by one bit
    let truth = game("chsh");
    let s = truth.scenario().clone();
    let lie = Game::win_lose(
        "lie",
        s,
        |_| bellwether::game::Rational::new(1.into(), 4.into()),
        |x, a| a[0] ^ a[1] != x[0] & x[1],
    )
    .unwrap();
    for preset in [Preset::Paper, Preset::Best] {
        let mut config = Config::new(preset, truth.scenario());
        config.steps = 50;
        let last = |scored: Option<&Game>| {
            let mut referee = TableReferee::new(&truth, 1).unwrap();
            run_seed(&mut referee, &config, 0, scored, &Watch::default()).unwrap().last
        };
        assert_eq!(last(Some(&truth)), last(Some(&lie)));
        assert_eq!(last(Some(&truth)), last(None));
    }
}

#[test]
fn both_presets_beat_every_classical_strategy_of_chsh() {
    let game = game("chsh");
    for preset in [Preset::Paper, Preset::Best] {
        for seed in 0..3 {
            let config = Config::new(preset, game.scenario());
            let mut referee = TableReferee::new(&game, subseed(seed, Purpose::Referee)).unwrap();
            let run = run_seed(&mut referee, &config, seed, Some(&game), &Watch::default()).unwrap();
            let value = game.value(&run.strategy.behaviour().unwrap()).unwrap();
            let quantum = (2.0 + 2f64.sqrt()) / 4.0;
            assert!(value > 0.75 + 0.998 * (quantum - 0.75), "{preset:?} seed {seed}: {value}");
            assert!(value <= quantum + 1e-12, "{preset:?} seed {seed}: {value} above Tsirelson");
            assert_eq!(run.plays, 5000 * 512);
        }
    }
}

/// Judges play by play only, as a referee in another process does.
struct OneByOne(TableReferee);

impl BlackBox for OneByOne {
    fn scenario(&self) -> &Scenario {
        self.0.scenario()
    }
    fn ask(&mut self, n: usize, questions: &mut Vec<u32>) -> Result<(), GameError> {
        self.0.ask(n, questions)
    }
    fn judge(&mut self, q: &[u32], a: &[u32], payoff: &mut [f64]) -> Result<(), GameError> {
        self.0.judge(q, a, payoff)
    }
    fn plays(&self) -> u64 {
        self.0.plays()
    }
}

#[test]
fn judging_by_cell_changes_nothing() {
    for (name, preset) in
        [("chsh", Preset::Paper), ("ghz", Preset::Best), ("tetra", Preset::Paper), ("magic-square", Preset::Best)]
    {
        let game = game(name);
        let mut config = Config::new(preset, game.scenario());
        (config.steps, config.batch) = (60, 300);
        let by_cell = &mut TableReferee::new(&game, 1).unwrap();
        let one_by_one = &mut OneByOne(TableReferee::new(&game, 1).unwrap());
        let ours = run_seed(by_cell, &config, 5, Some(&game), &Watch::default()).unwrap();
        let theirs = run_seed(one_by_one, &config, 5, Some(&game), &Watch::default()).unwrap();
        assert_eq!(ours.metrics, theirs.metrics, "{name}");
        assert_eq!(ours.strategy, theirs.strategy, "{name}");
        assert_eq!(by_cell.plays(), one_by_one.plays());
    }
}

/// Answers like a referee, but pays nonsense after a while.
struct Broken {
    inner: TableReferee,
    calls: usize,
}

impl BlackBox for Broken {
    fn scenario(&self) -> &Scenario {
        self.inner.scenario()
    }
    fn ask(&mut self, n: usize, questions: &mut Vec<u32>) -> Result<(), GameError> {
        self.inner.ask(n, questions)
    }
    fn judge(&mut self, q: &[u32], a: &[u32], payoff: &mut [f64]) -> Result<(), GameError> {
        self.calls += 1;
        self.inner.judge(q, a, payoff)?;
        if self.calls == 3 {
            payoff[7] = f64::NAN;
        }
        Ok(())
    }
    fn plays(&self) -> u64 {
        self.inner.plays()
    }
}

#[test]
fn bad_payoffs_and_settings_are_named() {
    let game = game("chsh");
    let s = game.scenario().clone();
    let config = Config::new(Preset::Paper, &s);
    let mut broken = Broken { inner: TableReferee::new(&game, 1).unwrap(), calls: 0 };
    let error = run_seed(&mut broken, &config, 0, None, &Watch::default()).unwrap_err();
    assert!(matches!(error, LearnError::Payoff { .. }), "{error}");
    assert!(error.to_string().contains("NaN"), "{error}");

    let refused = |change: fn(&mut Config), word: &str| {
        let mut config = Config::new(Preset::Paper, &s);
        change(&mut config);
        let mut referee = TableReferee::new(&game, 1).unwrap();
        let error = run_seed(&mut referee, &config, 0, None, &Watch::default()).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    };
    refused(|c| c.steps = 0, "steps");
    refused(|c| c.batch = 0, "batch");
    refused(|c| c.learning_rate = f64::NAN, "learning rate");
    refused(|c| c.entropy = -1.0, "entropy");
    refused(|c| c.dims = vec![2], "local dimensions");
    refused(|c| c.dims = vec![2, 0], "local dimensions");
    refused(|c| c.dims = vec![1000, 1000], "local dimensions");
    refused(|c| c.state = SharedState::Fixed(DensityMatrix::ghz(3).unwrap()), "state");
    refused(|c| c.hidden = vec![0], "hidden");
}
