//! Learned policies of the queue by quadrature: outside learning, which never sees any of it.

use super::output::CliError;
use crate::bound::queueing::{Evaluation, Moments, QueueModel};
use crate::learn::{Coordinator, JointPolicy, LANES, ReadyPolicy};
use crate::quantum::C64;
use std::cell::RefCell;

/// Accuracy asked of the adaptive quadrature; networks are evaluated in single precision.
const TOLERANCE: f64 = 1e-6;

/// Nodes per job in the plain grid for policies that do not factorise.
const GRID: usize = 512;

/// Moments, wait, throughput and place between the classes of a policy of two routers that see their own jobs.
pub fn evaluate(model: &QueueModel, policy: &JointPolicy, theta: &[f64]) -> Result<Evaluation, CliError> {
    let mut ready = ReadyPolicy::default();
    policy.prepare(theta, &mut ready)?;
    let work = RefCell::new(policy.work()?);
    let (moments, error) = match policy.coordinator() {
        Coordinator::Entangled(c) => {
            let failed = RefCell::new(None);
            let povm = |agent: usize| {
                let (ready, work, failed) = (&ready, &work, &failed);
                move |x: f64, out: &mut [C64]| match policy.local_povm(ready, agent, &[x], &mut work.borrow_mut()) {
                    Ok(povm) => out.copy_from_slice(&povm),
                    Err(error) => *failed.borrow_mut() = Some(error),
                }
            };
            let coordinator = policy.coordinator().parameters();
            let rho = c.density(&theta[..coordinator])?;
            let moments = model.born_moments(&rho, [&mut povm(0), &mut povm(1)], TOLERANCE)?;
            if let Some(error) = failed.into_inner() {
                return Err(error.into());
            }
            moments
        }
        Coordinator::Central(_) => grid(model, policy, &ready)?,
        _ => {
            let q = policy.shared_values(&ready)?;
            let actions = |agent: usize| {
                let (ready, work) = (&ready, &work);
                move |x: f64, out: &mut [f64]| {
                    let p = policy.local_actions(ready, agent, &[x], &mut work.borrow_mut());
                    out.copy_from_slice(&p);
                }
            };
            model.mixture_moments(&q, [&mut actions(0), &mut actions(1)], TOLERANCE)
        }
    };
    Ok(model.evaluate(moments, error)?)
}

/// Midpoints in the quantiles of both jobs, for exponential laws; the error is that against half as many.
fn grid(model: &QueueModel, policy: &JointPolicy, ready: &ReadyPolicy) -> Result<(Moments, f64), CliError> {
    let mut work = policy.work()?;
    let mut p = vec![[0.0; LANES]; policy.joint_actions()];
    let servers = policy.actors()[0].actions();
    let (_, _, delta, _) = model.constants();
    let means = [model.jobs()[0].mean(), model.jobs()[1].mean()];
    let mut moments = |n: usize| -> Result<Moments, CliError> {
        // u = 1 - v^3 is the quantile: dense where jobs are large
        let node = |i: usize, mean: f64| {
            let v = 1.0 - (i as f64 + 0.5) / n as f64;
            (-3.0 * mean * v.ln(), 3.0 * v * v / n as f64)
        };
        let (mut s, mut k, mut total) = (0.0, 0.0, 0.0);
        for i in 0..n {
            let (x, w) = node(i, means[0]);
            for block in (0..n).step_by(LANES) {
                let second: Vec<(f64, f64)> = (block..block + LANES).map(|j| node(j, means[1])).collect();
                let rows: Vec<f32> =
                    [x as f32; LANES].into_iter().chain(second.iter().map(|(y, _)| *y as f32)).collect();
                policy.probabilities(ready, &rows, &mut work, &mut p)?;
                for (l, (y, v)) in second.iter().enumerate() {
                    let same: f64 = (0..servers).map(|a| p[a * servers + a][l]).sum();
                    total += w * v;
                    s += w * v * same;
                    k += w * v * same * (x + delta) * (y + delta);
                }
            }
        }
        Ok(Moments { s: s / total, k })
    };
    let (fine, coarse) = (moments(GRID)?, moments(GRID / 2)?);
    let error = (fine.s - coarse.s).abs().max((fine.k - coarse.k).abs());
    Ok((fine, error))
}
