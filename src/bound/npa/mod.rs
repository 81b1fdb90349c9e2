//! Upper bounds on the quantum value by the hierarchy of Navascués, Pironio and Acín.
//!
//! | file | what |
//! |---|---|
//! | [`words`] | words in projectors, normal form |
//! | [`polynomial`] | a game as a polynomial, split where it shares no question |
//! | [`level`] | which words index the moment matrix |
//! | [`moments`] | equal entries |
//! | [`symmetry`], [`orbits`] | relabellings, and the moments they leave free |
//! | [`sdp`] | interior point and splitting methods |
//! | [`sos`] | from any dual point to a proved bound |
//!
//! The bound printed is never the solver's word: whatever the dual, its squares are expanded and the leftover
//! is charged. A solver stopped early gives a weaker bound, not a wrong one.

pub mod level;
pub mod moments;
pub mod orbits;
pub mod polynomial;
pub mod sdp;
pub mod sos;
pub mod symmetry;
pub mod words;

pub use level::Level;
pub use sos::SosBlock;

use super::{Bound, BoundError, Side};
use crate::game::{Game, Rational, to_f64};
use crate::strategy::PolicyClass;
use moments::Moments;
use orbits::{Affine, Values};
use polynomial::{Component, components};
use sdp::{Dual, Program, Report};
use sos::{Evaluator, Positive, Proof, expand};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use symmetry::Symmetries;
use words::Word;

/// Most parameters the interior point method is given: its normal equations are dense.
const MAX_PARAMETERS: usize = 5000;

/// Flops of one interior point step above which the splitting method is quicker to a useful bound.
const MAX_STEP_COST: f64 = 6e10;

/// Which solver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// Interior point where its normal equations fit, else splitting.
    #[default]
    Auto,
    /// [`sdp::interior`].
    Interior,
    /// [`sdp::splitting`].
    Splitting,
}

/// Where a computation is, for progress displays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Number of the component, from 0, and how many there are.
    pub component: (usize, usize),
    /// Steps of the solver.
    pub iteration: usize,
    /// Its residual.
    pub residual: f64,
}

/// How to compute a bound.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Wanted distance of the proved bound from the level's value.
    pub tolerance: f64,
    /// Largest number of solver steps per component.
    pub max_iterations: usize,
    /// Largest time, checked between steps.
    pub time_limit: Option<Duration>,
    /// Whether to look for symmetries of the game.
    pub symmetry: bool,
    /// Whether parts of the game without common questions are bounded one by one.
    pub split: bool,
    /// The solver.
    pub method: Method,
    /// Largest moment matrix.
    pub max_size: usize,
    /// Called after every step.
    pub progress: Option<&'a dyn Fn(Progress)>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            tolerance: 1e-8,
            max_iterations: 20_000,
            time_limit: None,
            symmetry: true,
            split: true,
            method: Method::Auto,
            max_size: 1500,
            progress: None,
        }
    }
}

/// An upper bound on the quantum value of a game.
#[derive(Debug, Clone)]
pub struct NpaBound {
    /// Upper bound, proved up to the checking of the squares in [`NpaBound::dual`]; rounding is accounted for.
    pub value: f64,
    /// The solver's estimate of the level's value, from the side of the moments. Proves nothing.
    pub primal: f64,
    /// `value - primal`, absolute.
    pub residual: f64,
    /// Whether every component reached the tolerance.
    pub converged: bool,
    /// Sizes of the moment matrices, one per component.
    pub size: Vec<usize>,
    /// Distinct moments, summed over components.
    pub classes: usize,
    /// Free parameters after symmetry, summed over components.
    pub orbits: usize,
    /// Generators of symmetry found, summed over components.
    pub generators: usize,
    /// Solver steps, summed over components.
    pub iterations: usize,
    /// Wall-clock time, in seconds.
    pub seconds: f64,
    /// The level, printed.
    pub level: String,
    /// Squares `S` with `game + S` constant up to leftovers that `value` contains.
    pub dual: Vec<SosBlock>,
}

impl NpaBound {
    /// The bound in the common form. The evidence is numerical: float squares, not yet a certificate.
    pub fn bound(&self) -> Bound {
        let method = format!("NPA level {}", self.level);
        let class = PolicyClass::Quantum;
        Bound::numerical(class, Side::Upper, self.value, 0.0, &method, self.seconds)
    }
}

/// Upper bound on the quantum value of a game by a level of the hierarchy.
///
/// Valid for every number of players, every dimension and also for commuting-operator strategies. In floating
/// point, with rounding errors bounded: never below the quantum value. Source: Navascués, Pironio, Acín,
/// arXiv:0803.4290.
///
/// # Errors
/// [`BoundError::TooLarge`] before anything large is allocated; [`BoundError::Unsuitable`] if the level has no
/// moment for some term of the game (as `1` for three players who all count).
///
/// ```
/// use bellwether::{bound::npa, game::catalog};
/// let chsh = catalog::lookup("chsh")?.game;
/// let bound = npa::upper_bound(&chsh, &"1".parse()?, &npa::Options::default())?;
/// let tsirelson = (2.0 + 2f64.sqrt()) / 4.0;
/// assert!(bound.value >= tsirelson && bound.value < tsirelson + 1e-8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn upper_bound(game: &Game, level: &Level, options: &Options) -> Result<NpaBound, BoundError> {
    let start = Instant::now();
    let scenario = game.scenario();
    let letters = scenario.questions().iter().zip(scenario.answers());
    let letters: usize = letters.map(|(q, a)| q * a).sum();
    if letters >= usize::from(u16::MAX) {
        return Err(BoundError::TooLarge {
            method: "NPA",
            given: format!("{letters} projectors"),
            limit: format!("{}", u16::MAX),
        });
    }
    let (constant, parts) = components(game, options.split);
    for part in &parts {
        level.size(&part.alphabet, options.max_size)?;
    }
    let mut total = NpaBound {
        value: rounded_up(&constant),
        primal: to_f64(&constant),
        residual: 0.0,
        converged: true,
        size: Vec::new(),
        classes: 0,
        orbits: 0,
        generators: 0,
        iterations: 0,
        seconds: 0.0,
        level: level.to_string(),
        dual: Vec::new(),
    };
    // components that are copies of each other are solved once
    let mut solved: Vec<(usize, Solved)> = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let place = (number, parts.len());
        let copy = solved
            .iter()
            .find(|(k, _)| level.extra.is_empty() && same(&parts[*k], part));
        let result = match copy {
            Some((k, result)) => result.moved(&parts[*k], part),
            None => {
                let result = solve_component(part, level, options, place, start)?;
                total.iterations += result.iterations;
                solved.push((number, result.clone()));
                result
            }
        };
        total.value = (total.value + result.value).next_up();
        total.primal += result.primal;
        total.converged &= result.converged;
        total.size.push(result.size);
        total.classes += result.classes;
        total.orbits += result.orbits;
        total.generators += result.generators;
        total.dual.extend(result.blocks);
    }
    total.residual = (total.value - total.primal).abs();
    total.seconds = start.elapsed().as_secs_f64();
    Ok(total)
}

fn rounded_up(r: &Rational) -> f64 {
    to_f64(r).next_up()
}

/// What one component gives.
#[derive(Debug, Clone)]
struct Solved {
    value: f64,
    primal: f64,
    converged: bool,
    size: usize,
    classes: usize,
    orbits: usize,
    generators: usize,
    iterations: usize,
    blocks: Vec<SosBlock>,
}

/// Whether two components are letter by letter the same but for the numbers of their questions.
fn same(one: &Component, other: &Component) -> bool {
    let (a, b) = (&one.alphabet, &other.alphabet);
    a.blocks() == b.blocks()
        && (0..a.len() as u16).all(|l| a.letter(l).player == b.letter(l).player)
        && one.terms == other.terms
}

impl Solved {
    /// The same result for a copy with other question numbers.
    fn moved(&self, from: &Component, to: &Component) -> Solved {
        let mut names = HashMap::new();
        for l in 0..from.alphabet.len() as u16 {
            let (old, new) = (from.alphabet.letter(l), to.alphabet.letter(l));
            names.insert((old.player, old.question), new.question);
        }
        let mut result = self.clone();
        for word in result.blocks.iter_mut().flat_map(|b| &mut b.basis) {
            for (player, letters) in word.iter_mut().enumerate() {
                for (question, _) in letters {
                    *question = names
                        .get(&(player, *question))
                        .copied()
                        .unwrap_or(*question);
                }
            }
        }
        result
    }
}

fn solve_component(
    part: &Component,
    level: &Level,
    options: &Options,
    place: (usize, usize),
    start: Instant,
) -> Result<Solved, BoundError> {
    let alphabet = &part.alphabet;
    let polynomial = part.reduced();
    let words = level.words(alphabet)?;
    let moments = Moments::new(alphabet, words);
    if let Some((word, _)) = polynomial
        .iter()
        .find(|(w, _)| moments.class(&alphabet.canonical((*w).clone())).is_none())
    {
        return Err(BoundError::Unsuitable {
            method: "NPA",
            why: format!(
                "level {level} has no moment for the term {:?} of the game; take a higher one",
                alphabet.monomial(word)
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
    let (linear, positives) = match level.positive {
        true => positivity(part, &moments, &values),
        false => (Vec::new(), Vec::new()),
    };
    let program = program(part, &polynomial, &moments, &values, linear);
    let evaluator = Evaluator::new(alphabet, &moments, &polynomial, &positives, &transversals);

    let origin = objective_constant(part, &polynomial, &moments, &values);
    let interior = match options.method {
        Method::Interior => true,
        Method::Splitting => false,
        Method::Auto => {
            program.free <= MAX_PARAMETERS && sdp::interior_cost(&program) <= MAX_STEP_COST
        }
    };
    let zero = Dual {
        matrix: vec![0.0; program.size * program.size],
        linear: vec![0.0; program.linear.len()],
    };
    let mut best: Proof = evaluator.evaluate(&zero);
    let (mut primal, mut iterations, mut converged) = (f64::NAN, 0, false);
    let mut last: Option<Dual> = None;
    let mut watch = |report: Report<'_>| {
        iterations = report.iteration;
        primal = origin + report.primal;
        if let Some(progress) = options.progress {
            progress(Progress {
                component: place,
                iteration: report.iteration,
                residual: report.residual,
            });
        }
        let scale = primal.abs().max(1.0);
        let near = !interior || report.residual < 30.0 * options.tolerance * scale;
        if let Some(dual) = report.dual {
            if near {
                let proof = evaluator.evaluate(dual);
                let goal = options.tolerance * scale;
                converged = (proof.value - primal).abs() < goal && report.residual < 10.0 * goal;
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
            || options
                .time_limit
                .is_some_and(|limit| start.elapsed() > limit)
    };
    if interior {
        sdp::interior::solve(&program, &mut watch);
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
        classes: moments.classes.len(),
        orbits: program.free,
        generators: generators.len(),
        iterations,
        blocks: evaluator.blocks(&best),
    })
}

/// The symmetries, if all of them map the span of the level's words to itself; else none (part of the
/// generators would be no longer strong).
fn usable_symmetries(
    part: &Component,
    level: &Level,
    moments: &Moments,
) -> Result<Symmetries, BoundError> {
    let alphabet = &part.alphabet;
    let closed = level.is_downward_closed(alphabet.players())?;
    let rows: std::collections::HashSet<&Word> = moments.words.iter().collect();
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

/// The probabilities the moments contain, as constraints: distinct affine functions and who shares them.
fn positivity(
    part: &Component,
    moments: &Moments,
    values: &Values,
) -> (Vec<Affine>, Vec<Positive>) {
    let alphabet = &part.alphabet;
    let players = alphabet.players();
    let mut products = Vec::new();
    for size in (1..=players).rev() {
        for set in 0u32..1 << players {
            if set.count_ones() as usize != size {
                continue;
            }
            let mut grown = vec![Word::new()];
            for player in (0..players).filter(|p| set >> p & 1 == 1) {
                let letters = 0..alphabet.len() as u16;
                let own: Vec<u16> = letters
                    .filter(|&l| alphabet.letter(l).player == player)
                    .collect();
                let longer = |w: &Word| -> Vec<Word> {
                    own.iter().map(|&l| [w.as_slice(), &[l]].concat()).collect()
                };
                grown = grown.iter().flat_map(longer).collect();
            }
            products.extend(grown);
        }
        let known = |w: &Word| {
            expand(alphabet, w)
                .iter()
                .all(|(w, _)| moments.class(w).is_some())
        };
        products.retain(known);
        if !products.is_empty() {
            break;
        }
    }
    let mut linear: Vec<Affine> = Vec::new();
    let mut number: HashMap<Vec<(u32, i64)>, usize> = HashMap::new();
    let mut positives: Vec<Positive> = Vec::new();
    for word in products {
        let mut sum: std::collections::BTreeMap<u32, f64> = Default::default();
        let mut affine = Affine::default();
        let mut terms = Vec::new();
        for (w, sign) in expand(alphabet, &word) {
            let Some(class) = moments.class(&w) else {
                continue;
            };
            let value = &values.values[values.of_class[class as usize] as usize];
            affine.constant += sign * value.constant;
            for &(k, c) in &value.terms {
                *sum.entry(k).or_insert(0.0) += sign * c;
            }
            terms.push((w, class, sign));
        }
        sum.retain(|_, c| c.abs() > 1e-9);
        affine.terms = sum.into_iter().collect();
        let key = affine
            .terms
            .iter()
            .map(|&(k, c)| (k, (c * 1e8).round() as i64));
        let key = key
            .chain([(u32::MAX, (affine.constant * 1e8).round() as i64)])
            .collect();
        let next = linear.len();
        let constraint = *number.entry(key).or_insert(next);
        if constraint == next {
            linear.push(affine);
        }
        positives.push(Positive {
            terms,
            constraint,
            shared: 0,
        });
    }
    let mut shared = vec![0; linear.len()];
    positives.iter().for_each(|p| shared[p.constraint] += 1);
    positives
        .iter_mut()
        .for_each(|p| p.shared = shared[p.constraint]);
    (linear, positives)
}

fn program(
    part: &Component,
    polynomial: &std::collections::BTreeMap<Word, Rational>,
    moments: &Moments,
    values: &Values,
    linear: Vec<Affine>,
) -> Program {
    let mut objective = vec![0.0; values.free];
    for (word, c) in polynomial {
        if let Some(class) = moments.class(&part.alphabet.canonical(word.clone())) {
            for &(k, slope) in &values.values[values.of_class[class as usize] as usize].terms {
                objective[k as usize] += to_f64(c) * slope;
            }
        }
    }
    let entry = moments.entry.iter().map(|&class| match class {
        moments::ZERO => moments::ZERO,
        class => values.of_class[class as usize],
    });
    Program {
        size: moments.size(),
        entry: entry.collect(),
        values: values.values.clone(),
        free: values.free,
        objective,
        linear,
    }
}

fn objective_constant(
    part: &Component,
    polynomial: &std::collections::BTreeMap<Word, Rational>,
    moments: &Moments,
    values: &Values,
) -> f64 {
    let class = |w: &Word| moments.class(&part.alphabet.canonical(w.clone()));
    let terms = polynomial.iter().filter_map(|(w, c)| {
        let value = &values.values[values.of_class[class(w)? as usize] as usize];
        Some(to_f64(c) * value.constant)
    });
    terms.sum()
}
