//! What an idle server earns: the baseline task.

use super::super::EnvError;
use super::text::{numbers, wrong};
use std::fmt;
use std::str::FromStr;

/// The reward `T(t)` of an uninterrupted interval of length `t` on the baseline task, with `T(0) = 0` (H.1.4).
///
/// Written `power:N`, `shifted:T0`, `exponential:C` or `linear`.
#[derive(Debug, Clone, Copy)]
pub enum Baseline {
    /// `t^n`; the paper has `n = 2`.
    Power(f64),
    /// `max(0, t - t0)`: a task that needs `t0` to set up.
    Shifted(f64),
    /// `e^(c t) - 1`.
    Exponential(f64),
    /// `t`: interruptions do not matter.
    Linear,
    /// Any function with `T(0) = 0`.
    Function {
        /// A name for reports.
        name: &'static str,
        /// The function of a time that is not negative.
        reward: fn(f64) -> f64,
    },
}

impl Baseline {
    /// `T(t)` for `t >= 0`.
    #[inline]
    pub fn reward(&self, t: f64) -> f64 {
        match *self {
            Baseline::Power(2.0) => t * t,
            Baseline::Power(n) => t.powf(n),
            Baseline::Shifted(t0) => (t - t0).max(0.0),
            Baseline::Exponential(c) => (c * t).exp_m1(),
            Baseline::Linear => t,
            Baseline::Function { reward, .. } => reward(t),
        }
    }

    /// Refuses parameters that make no sense; `slowest` is the smallest rate at which a server is interrupted.
    pub(super) fn check(&self, slowest: f64) -> Result<(), EnvError> {
        let fail = |wanted: &str| Err(wrong("baseline", &self.to_string(), wanted));
        match *self {
            Baseline::Power(n) if !(n > 0.0 && n <= 20.0) => fail("a power above 0, at most 20"),
            Baseline::Shifted(t0) if !(t0 >= 0.0 && t0.is_finite()) => fail("a setup time not below 0"),
            Baseline::Exponential(c) if !(c > 0.0 && c < slowest) => fail(&format!(
                "a rate above 0 and below {slowest}, the least rate of interruptions, so that means are finite"
            )),
            Baseline::Function { reward, .. } if reward(0.0) != 0.0 => fail("T(0) = 0"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Baseline::Power(n) => write!(f, "power:{n}"),
            Baseline::Shifted(t0) => write!(f, "shifted:{t0}"),
            Baseline::Exponential(c) => write!(f, "exponential:{c}"),
            Baseline::Linear => write!(f, "linear"),
            Baseline::Function { name, .. } => write!(f, "{name}"),
        }
    }
}

impl FromStr for Baseline {
    type Err = EnvError;

    fn from_str(text: &str) -> Result<Self, EnvError> {
        let fail = || {
            let wanted = "power:N, shifted:T0, exponential:C or linear";
            wrong("baseline", text, wanted)
        };
        if text == "linear" {
            return Ok(Baseline::Linear);
        }
        let (word, rest) = text.split_once(':').ok_or_else(fail)?;
        let [x] = numbers(rest).ok_or_else(fail)?;
        match word {
            "power" => Ok(Baseline::Power(x)),
            "shifted" => Ok(Baseline::Shifted(x)),
            "exponential" => Ok(Baseline::Exponential(x)),
            _ => Err(fail()),
        }
    }
}
