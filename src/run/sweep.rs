//! Figure 5: a sweep over cost limits, each run warm-started from the one before (Appendix H.2).

use crate::env::Environment;
use crate::learn::{LearnError, Mappo, MappoConfig, UpdateMetrics};

/// What a sweep is to do; nothing here is theory.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// Settings of every run but limit, multiplier and parameters at the start.
    pub config: MappoConfig,
    /// Limit of the first runs.
    pub first: f64,
    /// Number of first runs; the one with the best Lagrangian goes on.
    pub runs: u64,
    /// Limits visited after the first, in two chains from it: the larger ones upwards, the smaller ones downwards.
    pub limits: Vec<f64>,
    /// Environment steps of a first run; those of the others are in `config`.
    pub first_timesteps: u64,
}

/// One policy of a sweep.
#[derive(Debug, Clone)]
pub struct SweepPoint {
    /// Its limit on the mean cost per step.
    pub limit: f64,
    /// Its parameters.
    pub parameters: Vec<f64>,
    /// Mean of the multiplier over the last third of the updates.
    pub multiplier: f64,
    /// Mean reward and cost per step over the last third; *sampled*.
    pub reward: f64,
    /// See `reward`.
    pub cost: f64,
    /// Environment steps of its run.
    pub env_steps: u64,
}

impl SweepPoint {
    /// `r - lambda c`, by which first runs are compared.
    fn lagrangian(&self, multiplier: f64) -> f64 {
        self.reward - multiplier * self.cost
    }
}

/// Runs a sweep; `watch` sees every update and stops it by answering `false`, `done` every finished point.
///
/// # Errors
/// As [`Mappo::update`].
pub fn sweep(
    env: &dyn Environment,
    sweep: &Sweep,
    watch: &mut dyn FnMut(&UpdateMetrics) -> bool,
    done: &mut dyn FnMut(&SweepPoint, &Mappo),
) -> Result<Vec<SweepPoint>, LearnError> {
    let mut run = |limit: f64, config: MappoConfig, from: Option<&SweepPoint>| {
        let config = MappoConfig {
            cost_limit: Some(limit),
            multiplier_init: from.map_or(config.multiplier_init, |p| p.multiplier),
            ..config
        };
        let mut mappo = Mappo::new(env, config)?;
        if let Some(from) = from {
            mappo.set_parameters(&from.parameters);
        }
        let mut log = Vec::new();
        while !mappo.is_done() {
            let metrics = mappo.update()?;
            let on = watch(&metrics);
            log.push(metrics);
            if !on {
                return Ok(None);
            }
        }
        let last = &log[log.len() - log.len().div_ceil(3)..];
        let mean = |f: &dyn Fn(&UpdateMetrics) -> f64| last.iter().map(f).sum::<f64>() / last.len() as f64;
        let point = SweepPoint {
            limit,
            parameters: mappo.parameters().to_vec(),
            multiplier: mean(&|m| m.multiplier.unwrap_or(0.0)),
            reward: mean(&|m| m.reward),
            cost: mean(&|m| m.cost.unwrap_or(0.0)),
            env_steps: mappo.env_steps(),
        };
        Ok::<_, LearnError>(Some((point, mappo)))
    };
    let mut starts = Vec::new();
    for seed in 0..sweep.runs.max(1) {
        let config = MappoConfig {
            seed: sweep.config.seed.wrapping_add(seed),
            total_timesteps: sweep.first_timesteps,
            ..sweep.config.clone()
        };
        match run(sweep.first, config, None)? {
            Some((point, mappo)) => {
                done(&point, &mappo);
                starts.push(point);
            }
            None => return Ok(starts),
        }
    }
    // one multiplier for all, so that the runs are compared by one measure
    let shared = starts.iter().map(|p| p.multiplier).sum::<f64>() / starts.len() as f64;
    let best = (0..starts.len())
        .reduce(|a, b| if starts[b].lagrangian(shared) > starts[a].lagrangian(shared) { b } else { a });
    let best = starts.swap_remove(best.unwrap_or(0));
    let mut above: Vec<f64> = sweep.limits.iter().copied().filter(|l| *l > sweep.first).collect();
    let mut below: Vec<f64> = sweep.limits.iter().copied().filter(|l| *l < sweep.first).collect();
    above.sort_by(f64::total_cmp);
    below.sort_by(|a, b| b.total_cmp(a));
    let mut points = Vec::new();
    for chain in [above, below] {
        let mut from = best.clone();
        for limit in chain {
            let Some((point, mappo)) = run(limit, sweep.config.clone(), Some(&from))? else {
                points.push(best);
                return Ok(points);
            };
            done(&point, &mappo);
            points.push(point.clone());
            from = point;
        }
    }
    points.push(best);
    points.sort_by(|a, b| a.limit.total_cmp(&b.limit));
    Ok(points)
}
