//! Statistics of finite data and of runs; one method a file.

mod binomial;
mod bootstrap;
mod compare;
mod confidence_sequence;
mod e_value;
mod marl_eval;
mod summary;
mod transfer;

pub use binomial::{binomial_tail_exact, binomial_tail_upper, ln_inverse_upper};
pub use bootstrap::{Bootstrap, Interval};
pub use compare::{improvement_interval, performance_profile, probability_of_improvement};
pub use confidence_sequence::{confidence_sequence, log_mean_exp, log_weighted_sum_exp, win_evidence};
pub use e_value::{ln_binomial, ln_e_fixed, ln_e_mixture};
pub use marl_eval::{EvaluatedRun, Evaluation, marl_eval};
pub use summary::{interquartile_mean, mean, median, optimality_gap};
pub use transfer::{transfer_holds, transfer_upper};
