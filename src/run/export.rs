//! A learning run for other tools: TensorBoard events and marl-eval JSON.

use super::learn::{Metric, SeedRun};
use super::tensorboard::{EventWriter, wall_time};
use crate::game::GameError;
use crate::stats::{EvaluatedRun, Evaluation};
use std::collections::BTreeMap;
use std::path::Path;

/// Writes the learning curve of one seed as TensorBoard scalars into a folder. `scale` is `(classical, quantum)` for
/// `game/advantage_percent`, where both are known.
///
/// # Errors
/// [`GameError::File`].
pub fn write_events(folder: &Path, metrics: &[Metric], scale: Option<(f64, f64)>) -> Result<(), GameError> {
    let mut events = EventWriter::create(folder, "bellwether")?;
    let now = wall_time();
    for m in metrics {
        let mut values = vec![("charts/entropy_coefficient", m.entropy)];
        if let Some(payoff) = m.mean_payoff {
            values.push(("charts/mean_payoff", payoff));
        }
        if let Some(value) = m.win_probability {
            values.push(("game/win_probability", value));
            if let Some((low, high)) = scale.filter(|(low, high)| high - low > 1e-9) {
                let percent = 100.0 * (value - low) / (high - low);
                values.push(("game/advantage_percent", percent));
            }
        }
        values.push(("charts/plays", m.plays as f64));
        events.scalars(now, m.step as u64, &values)?;
    }
    events.flush()
}

/// A seed's curve for [`marl_eval`](crate::stats::marl_eval): steps are plays; the value is exact for a known game, so each evaluation is one number.
/// `kept` is the value of the strategy kept.
pub fn evaluated(run: &SeedRun, game: &str, algorithm: &str, kept: f64) -> EvaluatedRun {
    let of = |name: &str, value: f64| BTreeMap::from([(name.to_owned(), vec![value])]);
    let evaluation = |m: &Metric| {
        let metrics = match (m.win_probability, m.mean_payoff) {
            (Some(value), _) => of("win_probability", value),
            (None, Some(payoff)) => of("mean_payoff", payoff),
            (None, None) => return None,
        };
        Some(Evaluation { step_count: m.plays, metrics })
    };
    EvaluatedRun {
        environment: "nonlocal-games".into(),
        task: game.into(),
        algorithm: algorithm.into(),
        run: format!("seed_{}", run.seed),
        evaluations: run.metrics.iter().filter_map(evaluation).collect(),
        absolute: of("win_probability", kept),
    }
}
