//! Every environment keeps the contract; finite problems against their known optima; bad input is named.

use bellwether::env::queueing::{QueueParameters, Queueing};
use bellwether::env::trading::{Trading, TradingParameters};
use bellwether::env::{
    AgentSpec, CriticState, EnvError, EnvRng, EnvSpec, Environment, ExecEnvironment, Outcome, Tables, contract, lookup,
    stream,
};
use bellwether::game::referee::Options;
use std::time::Duration;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn set(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
    pairs.iter().map(owned).collect()
}

fn tables(name: &str) -> Tables {
    Tables::read(format!("{ROOT}/examples/dpomdp/{name}.dpomdp").as_ref()).unwrap()
}

#[test]
fn every_environment_keeps_the_contract() {
    let tiger = format!("{ROOT}/examples/dpomdp/tiger.dpomdp");
    let lights = format!("exec:python3 {ROOT}/examples/environments/lights.py");
    let cases: [(&str, &[(&str, &str)]); 12] = [
        ("queueing", &[]),
        ("queueing", &[("horizon", "30"), ("observe-interval", "true"), ("history", "2")]),
        (
            "queueing",
            &[("servers", "3"), ("routers", "3"), ("lambda", "0.5"), ("order", "shortest-first"), ("wait", "step")],
        ),
        ("one-shot:chsh", &[]),
        ("one-shot:ghz", &[("history", "3")]),
        ("sequence:chsh,chsh,chained:3", &[("rounds", "7")]),
        ("rendezvous:cycle:5", &[("horizon", "6")]),
        ("rendezvous:complete:4", &[]),
        ("trading", &[("latency", "0")]),
        ("trading", &[("latency", "3"), ("persistence", "0.9"), ("horizon", "40")]),
        (&tiger, &[("horizon", "5")]),
        (&lights, &[("timeout", "20")]),
    ];
    for (name, parameters) in cases {
        let env = lookup(name, &set(parameters)).unwrap();
        let seen = contract::check(env.as_ref(), 3, 400).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(seen.can_be_saved, !name.starts_with("exec:"), "{name}");
        let ends = env.spec().horizon.is_some();
        assert_eq!(seen.terminated + seen.truncated > 0, ends, "{name}");
    }
}

/// Breaks one promise.
struct Liar(EnvSpec, &'static str, u32);

impl Environment for Liar {
    fn spec(&self) -> &EnvSpec {
        &self.0
    }
    fn reset(&mut self, _: &mut EnvRng, observations: &mut [f64]) -> Result<(), EnvError> {
        self.2 = 1;
        observations.fill(0.0);
        Ok(())
    }
    fn step(&mut self, actions: &[u32], _: &mut EnvRng, observations: &mut [f64]) -> Result<Outcome, EnvError> {
        if self.2 == 0 && self.1 != "reset" {
            return Err(EnvError::NotReset("liar".into()));
        }
        if actions[0] > 1 && self.1 != "action" {
            return Err(EnvError::Action { agent: 0, given: actions[0], actions: 2 });
        }
        if self.1 != "buffer" {
            observations.fill(0.0);
        }
        Ok(Outcome {
            reward: if self.1 == "reward" { f64::NAN } else { 1.0 },
            cost: if self.1 == "cost" { 1.0 } else { 0.0 },
            ..Outcome::default()
        })
    }
    fn critic_state(&self, state: &mut CriticState) {
        state.as_mut_slice().fill(0.0);
    }
    fn fork(&self) -> Result<Box<dyn Environment>, EnvError> {
        Ok(Box::new(Liar(self.0.clone(), self.1, 0)))
    }
    fn save(&self) -> Result<Vec<u64>, EnvError> {
        Ok(Vec::new())
    }
    fn load(&mut self, _: &[u64]) -> Result<(), EnvError> {
        self.2 = 1;
        Ok(())
    }
}

#[test]
fn the_contract_finds_what_is_broken() {
    for (lie, promise) in [
        ("nothing", ""),
        ("reset", "before the first reset"),
        ("action", "out of range"),
        ("buffer", "written and finite"),
        ("reward", "finite"),
        ("cost", "no cost"),
    ] {
        let spec = EnvSpec {
            name: "liar".into(),
            agents: vec![AgentSpec { name: "one".into(), observation: 2, actions: 2 }],
            critic_state: 1,
            has_cost: false,
            horizon: None,
        };
        match contract::check(&Liar(spec, lie, 0), 0, 20) {
            Ok(_) => assert_eq!(lie, "nothing"),
            Err(broken) => assert!(!promise.is_empty() && broken.promise.contains(promise), "{lie}: {broken}"),
        }
    }
}

#[test]
fn finite_problems_have_their_known_optima() {
    for (name, values) in [("tiger", &[-2.0, -4.0, 5.190812][..]), ("broadcast", &[1.0, 2.0, 2.99])] {
        let tables = tables(name);
        for (h, wanted) in values.iter().enumerate() {
            let horizon = h as u32 + 1;
            let best = tables.optimum(horizon).unwrap();
            assert!((best.value - wanted).abs() < 6e-7, "{name} {horizon}: {}", best.value);
            // the policy that is told has this value
            let sizes: Vec<usize> = tables.observations.iter().map(Vec::len).collect();
            let value = tables
                .value(horizon, |history, p| {
                    p.fill(0.0);
                    let mut joint = 0;
                    for (i, policy) in best.policies.iter().enumerate() {
                        let k = sizes[i];
                        let later: usize = sizes[i + 1..].iter().product();
                        let mut slot: usize = (0..history.len() as u32).map(|t| k.pow(t)).sum();
                        let mut code = 0;
                        for o in history {
                            code = code * k + o / later % k;
                        }
                        slot += code;
                        joint = joint * tables.actions[i].len() + policy[slot] as usize;
                    }
                    p[joint] = 1.0;
                })
                .unwrap();
            assert!((value - best.value).abs() < 1e-9);
        }
        assert!(tables.optimum(9).is_err());
    }
}

#[test]
fn entangled_guards_earn_more_from_the_second_step_on() {
    let alarms = tables("alarms");
    // classical: 3/4 in every step, with or without observations, since staying together is optimal
    let mut policy = vec![0.0; 5 * 4];
    for row in policy.chunks_exact_mut(4) {
        row[0] = 1.0;
    }
    let (together, error) = alarms.memoryless_value(&policy).unwrap();
    assert!((together - 7.5).abs() < 1e-9 + error);
    let best = alarms.optimum(2).unwrap();
    assert!((best.value - 0.75 * 1.9).abs() < 1e-12);
    // quantum: cos^2(pi/8) once there are observations
    let win = (std::f64::consts::PI / 8.0).cos().powi(2);
    for o in 0..4 {
        let same = if o == 3 { 1.0 - win } else { win };
        policy[(1 + o) * 4..][..4].copy_from_slice(&[same / 2.0, (1.0 - same) / 2.0, (1.0 - same) / 2.0, same / 2.0]);
    }
    let (entangled, error) = alarms.memoryless_value(&policy).unwrap();
    assert!((entangled - (0.75 + 9.0 * win)).abs() < 1e-9 + error);
    // the simulator agrees
    let mut env = bellwether::env::Tabular::new(alarms, Some(2)).unwrap();
    let (mut rng, mut seen, mut sum) = (stream(0, 0), [0.0; 4], 0.0);
    for _ in 0..40_000 {
        env.reset(&mut rng, &mut seen).unwrap();
        env.step(&[0, 0], &mut rng, &mut seen).unwrap();
        let part = u32::from(seen[1] == 1.0 && seen[3] == 1.0);
        sum += env.step(&[0, part], &mut rng, &mut seen).unwrap().reward;
    }
    assert!((sum / 40_000.0 - 1.0).abs() < 1e-12);
}

#[test]
fn dpomdp_errors_name_file_and_line() {
    let good = include_str!("../examples/dpomdp/tiger.dpomdp");
    for (from, to, wanted) in [
        ("agents: 2", "", "t:1: no statement 'agents:'"),
        ("discount: 1", "discount: 2", "t:4: discount"),
        ("values: reward", "values: gold", "t:5: values"),
        ("open-left open-left : tiger-left", "open-left open-left : tiger-lift", "'tiger-lift'"),
        ("0.7225", "0.7x", "'0.7x' given"),
        ("0.1275", "0.2", "sum to"),
        ("T: listen listen :\nidentity", "T: listen :\nidentity", "wanted an action of each"),
        ("start:\nuniform", "start: nowhere", "'nowhere'"),
        ("states: tiger-left tiger-right", "states: 4000", "entries"),
        ("agents: 2", "agents: 3", "3 agents"),
    ] {
        assert!(good.contains(from), "{from}");
        let error = Tables::parse(&good.replacen(from, to, 1), "t", "t").unwrap_err().to_string();
        assert!(error.contains(wanted) && error.starts_with("t:"), "{error}");
    }
    assert!(Tables::parse("hello", "t", "t").is_err());
    // a small file that would write for hours, and words that would fill the memory
    let many = format!("{good}{}", "R: * : * : * : * : 1\n".repeat(1 << 16));
    let head = good.replacen("states: tiger-left tiger-right", "states: 400", 1);
    let head = head.split("start:").next().unwrap();
    for (text, wanted) in [
        (
            format!("{head}start: uniform\nactions:\n2\n2\nobservations:\n2\n2\n{}", "R: * :\n1\n".repeat(9)),
            "values, wanted",
        ),
        (
            format!(
                "{head}start: uniform\nactions:\n2\n2\nobservations:\n2\n2\n{}",
                "R: * : * : * : * : 1\n".repeat(4096)
            ),
            "too many entries",
        ),
        (format!("agents: {}", "a ".repeat((1 << 23) + 1)), "more than 8388608 words"),
    ] {
        let error = Tables::parse(&text, "t", "t").unwrap_err().to_string();
        assert!(error.contains(wanted) && error.starts_with("t:"), "{error}");
    }
    assert!(Tables::parse(&many, "t", "t").is_ok());
    assert!(Tables::read("/nowhere.dpomdp".as_ref()).is_err());
}

#[test]
fn processes_that_misbehave_are_quoted() {
    let run = |hello: &str, reset: &str, step: &str| -> String {
        let script = format!(
            "import sys\nfor line in sys.stdin:\n    print('''{hello}''' if 'hello' in line else '''{reset}''' if 'reset' in line else '''{step}''', flush=True)\n"
        );
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), script).unwrap();
        let command = format!("python3 {}", file.path().display());
        let options = Options::default().timeout(Duration::from_secs(20));
        let mut env = match ExecEnvironment::spawn(&command, options) {
            Ok(env) => env,
            Err(error) => return error.to_string(),
        };
        let (mut rng, mut seen) = (stream(0, 0), vec![0.0; env.spec().observations()]);
        match env.reset(&mut rng, &mut seen).and_then(|()| env.step(&[1], &mut rng, &mut seen)) {
            Ok(outcome) => format!("{outcome:?}"),
            Err(error) => {
                // the first failure is the last word
                assert_eq!(env.reset(&mut rng, &mut seen).unwrap_err(), error);
                error.to_string()
            }
        }
    };
    let hello = r#"{"name":"x","agents":[{"observation":2,"actions":2}],"critic_state":1}"#;
    let view = r#"{"observations":[[0,1]],"critic_state":[0]}"#;
    let step = r#"{"observations":[[0,1]],"critic_state":[0],"reward":1,"end":"running"}"#;
    assert!(run(hello, view, step).contains("reward: 1.0"));
    for (h, v, s, wanted) in [
        (r#"{"name":"x","agents":[],"critic_state":1}"#, view, step, "0 agents"),
        (r#"{"nome":"x"}"#, view, step, "nome"),
        (hello, r#"{"observations":[[0]],"critic_state":[0]}"#, step, "observations[0] has 1 numbers, wanted 2"),
        (hello, r#"{"observations":[[0,1]],"critic_state":[]}"#, step, "critic_state has 0 numbers"),
        (hello, view, r#"{"observations":[[0,1]],"critic_state":[0],"reward":NaN,"end":"running"}"#, "NaN"),
        (hello, view, r#"{"observations":[[0,1]],"critic_state":[0],"reward":1,"end":"over"}"#, "over"),
        (hello, view, r#"{"observations":[[0,1]],"critic_state":[0],"reward":1,"cost":1,"end":"running"}"#, "a cost"),
    ] {
        let error = run(h, v, s);
        assert!(error.contains(wanted) && error.contains("it wrote"), "{wanted}: {error}");
    }
    assert!(
        ExecEnvironment::spawn("python3 -c 'pass'", Options::default()).err().unwrap().to_string().contains("ended")
    );
    assert!(ExecEnvironment::spawn("/no/such/program", Options::default()).is_err());
    let slow = Options::default().timeout(Duration::from_millis(300));
    let error = ExecEnvironment::spawn("sleep 5", slow).err().unwrap().to_string();
    assert!(error.contains("did not answer within 0.3 s"), "{error}");
}

#[test]
fn unknown_names_and_keys_come_with_the_nearest_one() {
    let error = |name: &str, pairs: &[(&str, &str)]| lookup(name, &set(pairs)).err().unwrap().to_string();
    assert!(error("quueing", &[]).contains("did you mean 'queueing'?"));
    assert!(error("trading", &[("latncy", "1")]).contains("did you mean 'latency'?"));
    assert!(error("queueing", &[("mu", "fast")]).contains("mu: 'fast' given"));
    assert!(error("queueing", &[("lambda", "2")]).contains("load"));
    assert!(error("queueing", &[("mu", "1"), ("jobs", "deterministic:1")]).contains("both mu and jobs"));
    assert!(error("queueing", &[("mu", "1"), ("mu", "2")]).contains("twice"));
    assert!(error("one-shot:chshh", &[]).contains("did you mean 'chsh'?"));
    assert!(error("sequence:chsh,ghz", &[]).contains("answers"));
    assert!(error("trading", &[("limit", "0")]).contains("limit"));
}

#[test]
fn fresh_signals_make_trading_chsh_and_old_news_is_seen_late() {
    let mut desks =
        Trading::new(TradingParameters { latency: 1, limit: 1_000_000, ..TradingParameters::default() }).unwrap();
    let (mut rng, mut seen) = (stream(1, 0), [0.0; 6]);
    let (mut sum, mut n) = (0.0, 0.0);
    for _ in 0..200 {
        desks.reset(&mut rng, &mut seen).unwrap();
        for _ in 0..200 {
            let before = seen;
            let hedge = before[0] * before[3] == 1.0;
            let outcome = desks.step(&[0, 0], &mut rng, &mut seen).unwrap();
            assert_eq!(outcome.reward, if hedge { -1.0 } else { 1.0 });
            assert_eq!((seen[1], seen[4]), (before[3], before[0]));
            sum += outcome.reward;
            n += 1.0;
        }
    }
    assert!((sum / n - 0.5_f64).abs() < 0.03);
    // a queue with memory sees its own last job
    let queue = Queueing::new(QueueParameters::default()).unwrap();
    assert_eq!(queue.spec().critic_state, 4);
}
