//! The bound of one component of a game.

use super::level::Level;
use super::moments::Moments;
use super::options::{MAX_PARAMETERS, MIN_BLOCK_COST, Method, Options, Progress};
use super::orbits::Values;
use super::polynomial::Component;
use super::program::{objective_constant, positivity, probabilities, program};
use super::sdp::reduce::{Reduced, reduce};
use super::sdp::{self, Dual, Program, Report};
use super::sos::{Evaluator, Proof, SosBlock, expand};
use super::symmetry::{self, Symmetries};
use super::words::Word;
use crate::bound::BoundError;
use std::collections::{HashMap, HashSet};
use std::time::Instant;

/// What one component gives.
#[derive(Debug, Clone)]
pub(super) struct Solved {
    pub value: f64,
    pub primal: f64,
    pub converged: bool,
    pub size: usize,
    pub diagonal: Vec<usize>,
    pub classes: usize,
    pub orbits: usize,
    pub generators: usize,
    pub iterations: usize,
    pub blocks: Vec<SosBlock>,
}

/// Whether two components are letter by letter the same but for the numbers of their questions.
pub(super) fn same(one: &Component, other: &Component) -> bool {
    let (a, b) = (&one.alphabet, &other.alphabet);
    a.blocks() == b.blocks()
        && (0..a.len() as u16).all(|l| a.letter(l).player == b.letter(l).player)
        && one.terms == other.terms
}

impl Solved {
    /// The same result for a copy with other question numbers.
    pub fn moved(&self, from: &Component, to: &Component) -> Solved {
        let mut names = HashMap::new();
        for l in 0..from.alphabet.len() as u16 {
            let (old, new) = (from.alphabet.letter(l), to.alphabet.letter(l));
            names.insert((old.player, old.question), new.question);
        }
        let mut result = self.clone();
        for word in result.blocks.iter_mut().flat_map(|b| &mut b.basis) {
            for (player, letters) in word.iter_mut().enumerate() {
                for (question, _) in letters {
                    *question = names.get(&(player, *question)).copied().unwrap_or(*question);
                }
            }
        }
        result
    }
}

/// Bounds one component; `target` is a value its optimum is known to reach.
pub(super) fn solve_component(
    part: &Component,
    level: &Level,
    options: &Options,
    target: Option<f64>,
    place: (usize, usize),
    start: Instant,
) -> Result<Solved, BoundError> {
    let alphabet = &part.alphabet;
    let polynomial = part.reduced();
    let words = level.words(alphabet)?;
    let mut moments = Moments::new(alphabet, words);
    let products = match level.positive {
        true => probabilities(alphabet)?,
        false => Vec::new(),
    };
    for word in &products {
        moments.admit(expand(alphabet, word).into_iter().map(|(w, _)| w));
    }
    let moments = moments;
    if let Some((word, _)) = polynomial.iter().find(|(w, _)| moments.class(&alphabet.canonical((*w).clone())).is_none())
    {
        let term = alphabet.monomial(word);
        // a product of k projectors is one of two words of half as many
        let enough = term.iter().map(Vec::len).sum::<usize>().div_ceil(2);
        return Err(BoundError::Unsuitable {
            method: "NPA",
            why: format!(
                "level {level} has no moment for the term {} of the game; take {enough} or higher, or {level}+pos",
                written(&term)
            ),
        });
    }
    let symmetries = match options.symmetry {
        true => usable_symmetries(part, level, &moments)?,
        false => Symmetries::default(),
    };
    let generators = &symmetries.generators;
    let symmetric = match generators.is_empty() {
        true => None,
        false => Values::symmetric(alphabet, &moments, generators),
    };
    let transversals = match symmetric {
        Some(_) => symmetry::transversals(&symmetries),
        None => Vec::new(),
    };
    let values = symmetric.unwrap_or_else(|| Values::plain(&moments));
    let (linear, positives) = positivity(part, products, &moments, &values);
    let program = program(part, &polynomial, &moments, &values, linear);
    let evaluator = Evaluator::new(alphabet, &moments, &polynomial, &positives, &transversals);

    let origin = objective_constant(part, &polynomial, &moments, &values);
    let blocks = match options.method {
        Method::Splitting => Vec::new(),
        _ => blocks(&program, &evaluator, options),
    };
    let interior = match options.method {
        Method::Interior => true,
        Method::Splitting => false,
        Method::Auto if program.free > MAX_PARAMETERS => false,
        Method::Auto => !blocks.is_empty() || sdp::interior_cost(&program) <= options.max_step_cost(),
    };
    let zero = Dual { matrix: vec![0.0; program.size * program.size], linear: vec![0.0; program.linear.len()] };
    let mut best: Proof = evaluator.evaluate(&zero);
    let (mut primal, mut iterations, mut converged) = (f64::NAN, 0, false);
    let mut last: Option<Dual> = None;
    let mut watch = |report: Report<'_>| {
        iterations = report.iteration;
        primal = origin + report.primal;
        if let Some(progress) = options.progress {
            progress(Progress { component: place, iteration: report.iteration, residual: report.residual });
        }
        let scale = primal.abs().max(1.0);
        let near = !interior || target.is_some() || report.residual < 30.0 * options.tolerance * scale;
        if let Some(dual) = report.dual {
            if near {
                let proof = evaluator.evaluate(dual);
                let goal = options.tolerance * scale;
                converged = (proof.value - primal).abs() < goal && report.residual < 10.0 * goal
                    || target.is_some_and(|t| proof.value < t + goal);
                if proof.value < best.value {
                    best = proof;
                }
                last = None;
            } else {
                last = Some(dual.clone());
            }
        }
        converged
            || report.iteration >= options.max_iterations
            || options.time_limit.is_some_and(|limit| start.elapsed() > limit)
    };
    if interior {
        sdp::interior::solve(&program, &blocks, &mut watch);
    } else {
        sdp::splitting::solve(&program, &mut watch);
    }
    if let Some(dual) = last {
        let proof = evaluator.evaluate(&dual);
        if proof.value < best.value {
            best = proof;
        }
    }
    Ok(Solved {
        value: best.value,
        primal,
        converged,
        size: moments.size(),
        diagonal: match blocks.is_empty() {
            true => vec![moments.size()],
            false => blocks.iter().map(Reduced::size).collect(),
        },
        classes: moments.classes.len(),
        orbits: program.free,
        generators: generators.len(),
        iterations,
        blocks: evaluator.blocks(&best),
    })
}

/// A product of projectors as `--extra` takes it: `a0*b1.2`.
fn written(term: &[Vec<(usize, usize)>]) -> String {
    let letter = |(player, &(question, answer)): (usize, &(usize, usize))| {
        let player = char::from_u32('a' as u32 + player as u32).unwrap_or('?');
        match answer {
            0 => format!("{player}{question}"),
            _ => format!("{player}{question}.{answer}"),
        }
    };
    let players = term.iter().enumerate();
    let letters = players.flat_map(|(i, own)| own.iter().map(move |l| letter((i, l))));
    letters.collect::<Vec<_>>().join("*")
}

/// The diagonal blocks that symmetry gives, if a step of the solver is cheaper on them.
fn blocks(program: &Program, evaluator: &Evaluator<'_>, options: &Options<'_>) -> Vec<Reduced> {
    let whole = sdp::interior_cost(program);
    if !options.blocks || whole < MIN_BLOCK_COST || program.free > MAX_PARAMETERS {
        return Vec::new();
    }
    let Some(metric) = evaluator.metric() else {
        return Vec::new();
    };
    reduce(program, &metric, whole.min(options.max_step_cost()))
}

/// The symmetries, if all of them map the span of the level's words to itself; else none (part of the
/// generators would be no longer strong).
fn usable_symmetries(part: &Component, level: &Level, moments: &Moments) -> Result<Symmetries, BoundError> {
    let alphabet = &part.alphabet;
    let closed = level.is_downward_closed(alphabet.players())?;
    let rows: HashSet<&Word> = moments.words.iter().collect();
    let found = symmetry::generators(part);
    let usable = found.generators.iter().all(|g| {
        moments.words.iter().all(|w| {
            let image = symmetry::relabel(alphabet, g, w);
            // with all smaller patterns present, an expansion stays in the span if its top words do
            let top = match closed {
                true => expand(alphabet, &image).into_iter().map(|p| p.0).collect(),
                false => vec![image],
            };
            top.iter().all(|w| rows.contains(w))
        })
    });
    Ok(if usable { found } else { Symmetries::default() })
}
