//! Learn strategies for agents who share quantum entanglement, and prove what was learned.
//!
//! Players who may not communicate receive questions `x = (x_1, .., x_n)` drawn from `mu` and answer
//! `a = (a_1, .., a_n)`; a *behaviour* `p(a|x)` earns `sum_{x,a} c(x,a) p(a|x)` with `c = mu V`. Which behaviours are
//! possible depends on what the players share:
//!
//! ```text
//! F  = prod_i p_i(a_i|x_i)                 nothing
//! SR = sum_l q(l) prod_i p_i(a_i|x_i, l)   randomness          (Eq. 4)
//! Q  = tr(rho (x)_i M_i(a_i|x_i))          entanglement        (Eq. 6)
//! NS = marginals independent of the others' questions          (Eq. 5)
//! C  = anything                            communication
//! ```
//!
//! with `F ⊂ SR ⊂ Q ⊂ NS ⊂ C` (Proposition 2). [`learn`] finds members of Q from plays of a black box, [`bound`] says how
//! good each class can be, and [`check`] turns certificates into theorems or rejects them.
//!
//! | module | holds |
//! |---|---|
//! | [`check`] | the root of trust: exact integers only, imports nothing of ours |
//! | [`quantum`] | POVMs, density matrices, the Born rule, QuantumSoftmax, and their adjoints |
//! | [`game`] | scenarios, behaviours, games with exact weights, the catalogue, black boxes, files |
//! | [`strategy`] | policy classes, classical and quantum strategies, the coordinator form |
//! | [`bound`] | bounds with their evidence; certificates |
//! | [`env`](mod@env) | sequential problems: the environment trait and its members |
//! | [`learn`] | networks, policies, REINFORCE |
//! | [`stats`], [`run`], [`cli`] | summaries, experiments, the command |
//!
//! Equation numbers are those of Gardiner et al., *Learning to Coordinate via Quantum Entanglement in Multi-Agent
//! Reinforcement Learning*.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod bound;
pub mod check;
pub mod cli;
pub mod env;
#[doc(hidden)]
pub mod fuzzing;
pub mod game;
pub mod learn;
pub mod quantum;
pub mod run;
mod simd;
pub mod stats;
pub mod strategy;

/// The document `docs/add-a-game.md`, compiled.
#[cfg(doctest)]
#[doc = include_str!("../docs/add-a-game.md")]
pub mod add_a_game {}

/// The document `docs/add-a-bound.md`, compiled.
#[cfg(doctest)]
#[doc = include_str!("../docs/add-a-bound.md")]
pub mod add_a_bound {}

/// The document `docs/add-an-environment.md`, compiled.
#[cfg(doctest)]
#[doc = include_str!("../docs/add-an-environment.md")]
pub mod add_an_environment {}
