//! Gradient ascent of all measurements at once, through QuantumSoftmax.
//!
//! A see-saw moves one player at a time and creeps where players must move together. Here a measurement is the image
//! of logits, `M = QuantumSoftmax(L)`, started at `L_a = ln M_a` (which maps to `M` itself), and all logits of all
//! players climb together; the state is the best one at every point, so its derivative drops out of the gradient.

use super::search::Searcher;
use super::setting::Run;
use crate::quantum::hermitian::{EighScratch, eigh};
use crate::quantum::{C64, QuantumSoftmax};

/// Least eigenvalue of an outcome whose logarithm is taken: logits are finite.
const FLOOR: f64 = 1e-7;

/// Climbs for at most `steps` evaluations; `run` is replaced, and `true` returned, only if its value grew.
pub(super) fn ascend(searcher: &mut Searcher<'_>, run: &mut Run, steps: usize) -> bool {
    let setting = searcher.setting;
    let mut soft: Vec<(QuantumSoftmax, usize, usize)> = Vec::new();
    for (i, &d) in setting.options.dims.iter().enumerate() {
        let Ok(map) = QuantumSoftmax::new(setting.answers[i], d) else {
            return false;
        };
        soft.push((map, setting.questions[i], setting.answers[i] * d * d));
    }
    let mut logits = logarithms(setting.options.dims.as_slice(), &setting.answers, run, &soft);
    let mut trial = run.clone();
    let mut gradient = vec![C64::ZERO; logits.len()];
    let Some(mut value) = evaluate(searcher, &mut soft, &logits, &mut trial, &mut gradient) else {
        return false;
    };
    let mut best = run.value;
    let mut improved = false;
    // no entry of a logit moves by more than this at once: the measurement must not run off to its limit
    let longest = |g: &[C64]| 1.0 / g.iter().fold(1e-300, |m: f64, z| m.max(z.norm()));
    let norm = |g: &[C64]| g.iter().map(|z| z.norm_sqr()).sum::<f64>().sqrt();
    // a fixed point of the see-saw: nothing to climb
    if norm(&gradient) < 1e-9 * setting.scale {
        return false;
    }
    let mut step = 0.5 * longest(&gradient);
    let mut next = logits.clone();
    let mut next_gradient = gradient.clone();
    for _ in 0..steps {
        for ((n, l), g) in next.iter_mut().zip(&logits).zip(&gradient) {
            *n = l + g * step;
        }
        let reached = evaluate(searcher, &mut soft, &next, &mut trial, &mut next_gradient);
        let Some(reached) = reached.filter(|v| *v > value) else {
            step *= 0.25;
            if step * norm(&gradient) < 1e-9 {
                break;
            }
            continue;
        };
        // Barzilai and Borwein: the step that the last change of the gradient suggests
        let (mut ss, mut sy) = (0.0, 0.0);
        for k in 0..next.len() {
            let (s, y) = (next[k] - logits[k], gradient[k] - next_gradient[k]);
            ss += s.norm_sqr();
            sy += (s.conj() * y).re;
        }
        step = if sy > 1e-300 { ss / sy } else { 2.0 * step };
        step = step.min(longest(&next_gradient));
        std::mem::swap(&mut logits, &mut next);
        std::mem::swap(&mut gradient, &mut next_gradient);
        let gain = reached - value;
        value = reached;
        if value > best {
            best = value;
            let sweeps = run.sweeps;
            run.clone_from(&trial);
            run.sweeps = sweeps;
            improved = true;
        }
        if gain < 1e-13 * setting.scale {
            break;
        }
    }
    improved
}

/// Value and gradient at logits; the strategy is left in `run`.
fn evaluate(
    searcher: &mut Searcher<'_>,
    soft: &mut [(QuantumSoftmax, usize, usize)],
    logits: &[C64],
    run: &mut Run,
    gradient: &mut [C64],
) -> Option<f64> {
    let mut at = 0;
    for (map, questions, size) in soft.iter_mut() {
        for _ in 0..*questions {
            map.forward(&logits[at..at + *size], &mut run.povms[at..at + *size]).ok()?;
            at += *size;
        }
    }
    searcher.best_state(run);
    // the effective operators at the best state
    searcher.gradients(run);
    let mut at = 0;
    for (map, questions, size) in soft.iter_mut() {
        for _ in 0..*questions {
            let range = at..at + *size;
            map.forward(&logits[range.clone()], &mut run.povms[range.clone()]).ok()?;
            map.backward(&searcher.d_povms[range.clone()], &mut gradient[range]).ok()?;
            at += *size;
        }
    }
    run.value.is_finite().then_some(run.value)
}

/// `ln M_a` of every outcome, eigenvalues raised to [`FLOOR`].
fn logarithms(dims: &[usize], answers: &[usize], run: &Run, soft: &[(QuantumSoftmax, usize, usize)]) -> Vec<C64> {
    let mut logits = Vec::with_capacity(run.povms.len());
    let mut at = 0;
    for ((&d, &outcomes), (_, questions, _)) in dims.iter().zip(answers).zip(soft) {
        let mut scratch = EighScratch::new(d);
        let (mut values, mut vectors) = (vec![0.0; d], vec![C64::ZERO; d * d]);
        for _ in 0..questions * outcomes {
            let block = &run.povms[at..at + d * d];
            eigh(d, block, &mut values, &mut vectors, &mut scratch);
            for r in 0..d {
                for c in 0..d {
                    let terms =
                        (0..d).map(|k| vectors[r * d + k] * vectors[c * d + k].conj() * values[k].max(FLOOR).ln());
                    logits.push(terms.sum());
                }
            }
            at += d * d;
        }
    }
    logits
}
