//! `bellwether evaluate`: what a learned policy is worth: exact where theory allows, else with a confidence interval.

use super::HOLDS;
use super::game::GameArg;
use super::output::{CliError, Out, decimal};
use super::queue_policy;
use crate::bound::queueing::QueueModel;
use crate::env::queueing::QueueParameters;
use crate::env::{Environment, OneShot};
use crate::game::Game;
use crate::learn::{JointPolicy, LANES, Mappo, ReadyPolicy};
use crate::run::{Checkpoint, Sampled, Settings, sampled};
use crate::strategy::read_strategy;
use serde::Serialize;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  bellwether evaluate runs/queueing --env queueing\n  bellwether evaluate runs/chsh/strategy.json --env chsh\n\nThe queue's policies are evaluated by quadrature and placed between the classes; games exactly from the known table."
)]
pub struct Args {
    /// Run folder of `train`, or a strategy file of a game
    policy: PathBuf,
    /// `queueing`, or a game
    #[arg(long, value_name = "ENV")]
    env: String,
}

/// What a policy is worth.
#[derive(Debug, Serialize)]
pub struct Evaluated {
    /// Mean reward per step, or the value of a game.
    #[serde(rename = "return")]
    pub reward: f64,
    /// Mean cost per step.
    pub cost: Option<f64>,
    /// 95 % confidence interval of the return where it is sampled.
    pub ci: Option<[f64; 2]>,
    /// The same of the cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_ci: Option<[f64; 2]>,
    /// Exact figures, where theory allows.
    pub exact: Option<Exact>,
}

/// Exact but for rounding or quadrature.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Exact {
    /// The multi-router queue, per unit time.
    Queue {
        throughput: f64,
        wait: f64,
        quadrature_error: f64,
        communication: f64,
        shared_randomness: f64,
        quantum: f64,
        dual_bound: f64,
        share_of_gap: f64,
    },
    /// A known game.
    Game { value: f64 },
}

impl Evaluated {
    /// For people.
    pub fn text(&self) -> String {
        match &self.exact {
            Some(Exact::Queue {
                throughput, wait, communication, shared_randomness, quantum, share_of_gap, ..
            }) => format!(
                "throughput {throughput:.6}, wait {wait:.6} (by quadrature)\nleast wait at this throughput: communication {communication:.6}, shared randomness {shared_randomness:.6}, entanglement {quantum:.6}\nshare of the gap from shared randomness to entanglement closed: {share_of_gap:.4}\n"
            ),
            Some(Exact::Game { value }) => {
                format!("value {} (exact but for rounding)\n", decimal(*value))
            }
            None => {
                let [low, high] = self.ci.unwrap_or([f64::NAN; 2]);
                let cost = self.cost.map_or(String::new(), |c| format!(", cost {c:.5}"));
                format!("return per step {:.5}, 95 % in [{low:.5}, {high:.5}] (sampled){cost}\n", self.reward)
            }
        }
    }
}

/// The environment of a name.
pub fn environment(name: &str) -> Result<Box<dyn Environment>, CliError> {
    if let Some((name, parameters)) = crate::env::sequential(name) {
        return Ok(crate::env::lookup(&name, &parameters)?);
    }
    Ok(match GameArg::parse(name)? {
        GameArg::Known { game, .. } => Box::new(OneShot::of_game(&game)?),
        GameArg::Exec(command) => Box::new(OneShot::exec(&command, Default::default())?),
    })
}

/// What the present policy of a run is worth.
pub fn evaluate(env: &str, mappo: &mut Mappo) -> Result<Evaluated, CliError> {
    if env == "queueing" {
        let parameters = QueueParameters::default();
        let rate = parameters.arrival_rate;
        let model = QueueModel::new(&parameters)?;
        let e = queue_policy::evaluate(&model, mappo.policy(), mappo.parameters())?;
        return Ok(Evaluated {
            reward: e.throughput / rate,
            cost: Some(e.wait),
            ci: None,
            cost_ci: None,
            exact: Some(Exact::Queue {
                throughput: e.throughput,
                wait: e.wait,
                quadrature_error: e.error,
                communication: e.communication,
                shared_randomness: e.shared_randomness,
                quantum: e.quantum,
                dual_bound: e.dual,
                share_of_gap: e.share,
            }),
        });
    }
    if crate::env::sequential(env).is_none()
        && let GameArg::Known { game, .. } = GameArg::parse(env)?
    {
        let value = value_of(&game, mappo.policy(), mappo.parameters())?;
        return Ok(Evaluated {
            reward: value,
            cost: None,
            ci: None,
            cost_ci: None,
            exact: Some(Exact::Game { value }),
        });
    }
    let Sampled { reward, cost, ci, cost_ci } = sampled(mappo)?;
    Ok(Evaluated { reward, cost, ci: Some(ci), cost_ci, exact: None })
}

/// The value of a policy on one-hot questions in a known game.
fn value_of(game: &Game, policy: &JointPolicy, theta: &[f64]) -> Result<f64, CliError> {
    let mut ready = ReadyPolicy::default();
    policy.prepare(theta, &mut ready)?;
    let mut work = policy.work()?;
    let (scenario, weights) = (game.scenario(), game.weights());
    let k = scenario.joint_answers();
    let mut p = vec![[0.0; LANES]; k];
    let mut value = 0.0;
    for (x, weights) in weights.chunks_exact(k).enumerate() {
        if weights.iter().all(|w| *w == 0.0) {
            continue;
        }
        let mut rows: Vec<f32> = Vec::new();
        for (q, n) in scenario.question(x).iter().zip(scenario.questions()) {
            for given in 0..*n {
                rows.extend([f32::from(u8::from(given == *q)); LANES]);
            }
        }
        policy.probabilities(&ready, &rows, &mut work, &mut p)?;
        value += p.iter().zip(weights).map(|(p, w)| p[0] * w).sum::<f64>();
    }
    Ok(value)
}

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    let evaluated = if args.policy.is_dir() {
        let checkpoint = Checkpoint::read(&args.policy.join("checkpoint"))?;
        let settings = Settings::parse("the checkpoint's settings", &checkpoint.config)?;
        let (_, config) = settings.resolve()?;
        let mut mappo = Mappo::new(&*environment(&args.env)?, config)?;
        if !mappo.set_parameters(&checkpoint.state.parameters()) {
            return Err(CliError::new(
                super::BAD_INPUT,
                format!("{}: its policy is not for agents of '{}'", args.policy.display(), args.env),
            ));
        }
        evaluate(&args.env, &mut mappo)?
    } else {
        let strategy = read_strategy(&args.policy)?;
        let GameArg::Known { game, .. } = GameArg::parse(&args.env)? else {
            return Err(CliError::new(
                super::BAD_INPUT,
                format!("--env {}: a strategy file needs a known game", args.env),
            ));
        };
        let value = game.value(&strategy.behaviour()?)?;
        Evaluated { reward: value, cost: None, ci: None, cost_ci: None, exact: Some(Exact::Game { value }) }
    };
    out.result(&evaluated, || evaluated.text());
    Ok(HOLDS)
}
