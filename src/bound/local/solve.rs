//! The optimum of one part of a game, by the method that suits it.

use super::control::{Control, FLOOR, run};
use super::problem::Problem;
use super::tensor::Tensor;
use super::word::Word;
use super::{Method, Options, correlator, heuristic, messages};
use crate::bound::BoundError;
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::time::Instant;

/// The optimum of one part.
#[derive(Clone)]
pub(super) struct Solved {
    pub value: i64,
    pub upper: i64,
    pub choices: Vec<Vec<usize>>,
    pub nodes: u64,
    pub method: Method,
    /// The task that found it; `None` if it was known before the search.
    pub task: Option<usize>,
}

/// Below this many leaves enumeration is over before a bound pays.
const FEW_LEAVES: f64 = 256.0;

/// From so many bits of strategies on, messages pay for their search (under a millisecond).
const MANY_BITS: f64 = 20.0;

/// The optimum of a problem, or a bracket when time is up.
pub(super) fn solve(
    problem: &Problem,
    options: &Options,
    share: Option<(usize, usize)>,
    deadline: Option<Instant>,
    report: &(dyn Fn(f64) + Sync),
) -> Result<Solved, BoundError> {
    let order = problem.order();
    let bits: f64 = order[..order.len() - 1].iter().map(|&i| problem.bits(i)).sum();
    let form = correlator::Form::new(problem);
    let method = match options.method {
        Method::Auto if bits <= FEW_LEAVES.log2() => Method::Enumeration,
        Method::Auto if form.is_some() => Method::Correlators,
        Method::Auto => Method::BranchAndBound,
        chosen => chosen,
    };
    if method == Method::Correlators {
        let form = form.ok_or_else(|| BoundError::Unsuitable {
            method: "correlators",
            why: "it wants two players with two answers each and payoffs with two bits to spare".into(),
        })?;
        return solve_signs(problem, &form, options, share, deadline, report);
    }
    let mut tensor = Tensor::new(problem);
    // enumeration proves by itself; a search needs something to beat
    let known = (method != Method::Enumeration || deadline.is_some()).then(|| {
        let restarts = (bits as usize).clamp(4, 100);
        heuristic::search(problem, restarts, options.seed)
    });
    if let Some((value, _)) = &known
        && method == Method::BranchAndBound
        && bits >= MANY_BITS
    {
        messages::reparametrise(&mut tensor, *value);
    }
    let tensor = tensor;
    let control = Control {
        incumbent: known.as_ref().map_or(FLOOR, |(v, _)| v * tensor.scale),
        found: AtomicI64::new(FLOOR),
        deadline,
        stop: AtomicBool::new(false),
        share,
        report,
    };
    let prune = method != Method::Enumeration;
    let room = tensor.room();
    let found = if room <= i16::ROOM {
        run::<i16>(&tensor, prune, bits, options.threads, &control)?
    } else if room <= i32::ROOM {
        run::<i32>(&tensor, prune, bits, options.threads, &control)?
    } else {
        run::<i64>(&tensor, prune, bits, options.threads, &control)?
    };
    let task = found.best.as_ref().map(|_| found.task);
    let (value, choices) = match (found.best, known) {
        (Some((_, places)), _) => complete(problem, &tensor, &places),
        (None, Some(known)) => known,
        // nothing found and nothing known: every leaf was cut by the clock
        (None, None) => heuristic::search(problem, 1, options.seed),
    };
    let upper = match found.left {
        // the algebraic bound if nothing better is known
        Some(left) => value.max(left.div_euclid(tensor.scale)).min(algebraic(problem).max(value)),
        None => value,
    };
    Ok(Solved { value, upper, choices, nodes: found.nodes, method, task })
}

/// [`solve`] in signs.
fn solve_signs(
    problem: &Problem,
    form: &correlator::Form,
    options: &Options,
    share: Option<(usize, usize)>,
    deadline: Option<Instant>,
    report: &(dyn Fn(f64) + Sync),
) -> Result<Solved, BoundError> {
    let known = heuristic::search(problem, 4 * form.questions.len(), options.seed);
    let control = Control {
        incumbent: form.inner(known.0),
        found: AtomicI64::new(FLOOR),
        deadline,
        stop: AtomicBool::new(false),
        share,
        report,
    };
    let found = form.run(options.threads, &control)?;
    let task = found.best.as_ref().map(|_| found.task);
    let (value, choices) = match found.best {
        Some((_, signs)) => {
            let mut choices = known.1;
            for (&q, &a) in form.questions.iter().zip(signs.iter().flatten()) {
                choices[form.player][q] = a;
            }
            let value = heuristic::best_response(problem, &mut choices, 1 - form.player);
            (value, choices)
        }
        None => known,
    };
    let upper = found.left.map_or(value, |left| value.max(form.outer(left)).min(algebraic(problem).max(value)));
    Ok(Solved { value, upper, choices, nodes: found.nodes, method: Method::Correlators, task })
}

/// `sum_x max_a c(x,a)`, which no strategy can beat.
fn algebraic(problem: &Problem) -> i64 {
    let rows = problem.c.chunks_exact(problem.joint_answers());
    rows.map(|row| row.iter().copied().max().unwrap_or(0)).sum()
}

/// From answers per place and depth to answers per player and question, the responder's included.
fn complete(problem: &Problem, tensor: &Tensor, places: &[Vec<usize>]) -> (i64, Vec<Vec<usize>>) {
    let mut choices: Vec<Vec<usize>> = problem.questions.iter().map(|&q| vec![0; q]).collect();
    for (place, answers) in places.iter().enumerate() {
        for (d, &a) in answers.iter().enumerate() {
            choices[tensor.order[place]][tensor.questions[place][d]] = a;
        }
    }
    let responder = tensor.order[tensor.order.len() - 1];
    let value = heuristic::best_response(problem, &mut choices, responder);
    (value, choices)
}
