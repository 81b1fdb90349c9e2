//! Export to the JSON of marl-eval (Gorsane et al., arXiv 2209.10485), so that runs can be merged with those of
//! BenchMARL, Mava and others: `{env: {task: {algorithm: {run: {step_k: {step_count, metric: [..]}, absolute_metrics}}}}}`.

use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// One evaluation during training.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Environment steps (for a game: plays) so far.
    pub step_count: u64,
    /// Metric name to its results, one for each evaluation episode (one number where the value is exact).
    pub metrics: BTreeMap<String, Vec<f64>>,
}

/// One run of an algorithm on a task.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluatedRun {
    /// Environment, e.g. `nonlocal-games`.
    pub environment: String,
    /// Task, e.g. `chsh`.
    pub task: String,
    /// Algorithm.
    pub algorithm: String,
    /// Name of the run, e.g. `seed_0`.
    pub run: String,
    /// Evaluations in order.
    pub evaluations: Vec<Evaluation>,
    /// Results of the policy kept, evaluated anew.
    pub absolute: BTreeMap<String, Vec<f64>>,
}

#[derive(Serialize)]
struct Step<'a> {
    step_count: u64,
    #[serde(flatten)]
    metrics: &'a BTreeMap<String, Vec<f64>>,
}

/// The document of several runs. Numbers that are not finite become `null`, as JSON has none.
///
/// ```
/// use bellwether::stats::{Evaluation, EvaluatedRun, marl_eval};
/// let run = EvaluatedRun {
///     environment: "nonlocal-games".into(), task: "chsh".into(), algorithm: "reinforce".into(), run: "seed_0".into(),
///     evaluations: vec![Evaluation { step_count: 512, metrics: [("win_probability".into(), vec![0.8])].into() }],
///     absolute: [("win_probability".into(), vec![0.85])].into(),
/// };
/// let json = marl_eval(&[run]);
/// assert_eq!(json["nonlocal-games"]["chsh"]["reinforce"]["seed_0"]["step_0"]["step_count"], 512);
/// ```
pub fn marl_eval(runs: &[EvaluatedRun]) -> Value {
    type Tree = BTreeMap<String, BTreeMap<String, BTreeMap<String, BTreeMap<String, Value>>>>;
    let mut tree = Tree::new();
    for run in runs {
        let mut steps = serde_json::Map::new();
        for (k, e) in run.evaluations.iter().enumerate() {
            let step = Step { step_count: e.step_count, metrics: &e.metrics };
            steps.insert(format!("step_{k}"), json(&step));
        }
        steps.insert("absolute_metrics".into(), json(&run.absolute));
        tree.entry(run.environment.clone())
            .or_default()
            .entry(run.task.clone())
            .or_default()
            .entry(run.algorithm.clone())
            .or_default()
            .insert(run.run.clone(), Value::Object(steps));
    }
    json(&tree)
}

/// Maps with string keys, lists and numbers: serialisation cannot fail.
fn json(v: &impl Serialize) -> Value {
    serde_json::to_value(v).unwrap_or_default()
}
