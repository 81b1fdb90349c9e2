//! How good can a class of policies be: bounds on the value of a game, each with its evidence.
//!
//! | file | class | bound |
//! |---|---|---|
//! | [`local`] | SR | exact optimum by branch and bound over deterministic strategies (Proposition 1) |
//! | [`local_lp`] | SR | the same optimum as a linear program over the local polytope |
//! | [`membership`] | SR | is a behaviour local: a local model, or a Bell inequality it violates |
//! | [`no_signalling`] | NS | optimum over Eq. 5, proved by exact dual multipliers |
//! | [`seesaw`] | Q | lower bound with its strategy |
//! | [`npa`] | Q | upper bound by the moment hierarchy, safe whatever the solver did |
//! | [`xor`] | Q | exact semidefinite value of XOR games, with the strategy |
//! | [`queueing`] | all | the frontier of the multi-router queue, by exact theory |
//! | [`classify`] | all | which classes of Proposition 2 a behaviour belongs to |
//!
//! [`lp`] is the one place that speaks to a linear-programming solver.

pub mod bets;
pub mod certify;
pub mod classify;
mod collins_gisin;
mod error;
pub mod joint;
pub mod local;
pub mod local_lp;
pub mod lp;
pub mod membership;
pub mod no_signalling;
pub mod npa;
pub mod plan;
pub mod queueing;
mod rational;
mod recognise;
pub mod running;
pub mod seesaw;
pub mod xor;

pub use error::BoundError;
pub use rational::{nearest_fraction, rational_of};
pub use recognise::{ClosedForm, recognise};

use crate::game::{Rational, to_f64};
use crate::strategy::PolicyClass;
use std::fmt;

/// Which side of the optimum a bound is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The optimum is at least the value.
    Lower,
    /// The optimum is at most the value.
    Upper,
    /// The optimum is the value.
    Equal,
}

/// Why a bound should be believed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Evidence {
    /// The optimum itself, proved in exact arithmetic.
    Exact,
    /// A valid bound proved in exact arithmetic; the optimum may lie further in.
    Certified,
    /// A floating-point solver's word.
    Numerical {
        /// How far the solution is from satisfying its conditions, in units of the value.
        residual: f64,
    },
    /// A statistical statement about finite data.
    Sampled {
        /// Probability that the statement holds, e.g. 0.95.
        confidence: f64,
    },
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Evidence::Exact => f.write_str("exact"),
            Evidence::Certified => f.write_str("certified"),
            Evidence::Numerical { residual: 0.0 } => f.write_str("numerical, on the safe side"),
            Evidence::Numerical { residual } => write!(f, "numerical, residual {residual:.1e}"),
            Evidence::Sampled { confidence } => {
                write!(f, "sampled, confidence {}%", 100.0 * confidence)
            }
        }
    }
}

impl Evidence {
    /// The word of the command-line contract.
    pub fn name(self) -> &'static str {
        match self {
            Evidence::Exact => "exact",
            Evidence::Certified => "certified",
            Evidence::Numerical { .. } => "numerical",
            Evidence::Sampled { .. } => "sampled",
        }
    }
}

/// A bound on the optimum of one game over one class of policies.
///
/// ```
/// use bellwether::bound::{Bound, Evidence, Side};
/// use bellwether::{game::Rational, strategy::PolicyClass};
/// let chsh = Rational::new(3.into(), 4.into());
/// let bound = Bound::exact(PolicyClass::SharedRandomness, chsh, "enumeration", 0.0);
/// assert_eq!(bound.to_string(), "SR = 3/4 (exact)");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// The class of policies.
    pub class: PolicyClass,
    /// Which side of the optimum.
    pub side: Side,
    /// The value, nearest f64 if an exact one is known.
    pub value: f64,
    /// The value as a rational, whenever it was proved as one.
    pub exact: Option<Rational>,
    /// Why it should be believed.
    pub evidence: Evidence,
    /// How it was found.
    pub method: String,
    /// Wall-clock time spent, in seconds.
    pub seconds: f64,
}

impl Bound {
    /// The optimum itself, proved exactly.
    pub fn exact(class: PolicyClass, value: Rational, method: &str, seconds: f64) -> Self {
        Bound {
            class,
            side: Side::Equal,
            value: to_f64(&value),
            exact: Some(value),
            evidence: Evidence::Exact,
            method: method.into(),
            seconds,
        }
    }

    /// A proved rational bound on one side.
    pub fn certified(class: PolicyClass, side: Side, value: Rational, method: &str, seconds: f64) -> Self {
        Bound { side, evidence: Evidence::Certified, ..Bound::exact(class, value, method, seconds) }
    }

    /// A bound in floating point.
    pub fn numerical(class: PolicyClass, side: Side, value: f64, residual: f64, method: &str, seconds: f64) -> Self {
        Bound {
            class,
            side,
            value,
            exact: None,
            evidence: Evidence::Numerical { residual },
            method: method.into(),
            seconds,
        }
    }

    /// How far a value that is not exact may be off, zero for proved ones.
    fn slack(&self) -> f64 {
        match self.evidence {
            Evidence::Numerical { residual } if self.exact.is_none() => residual.max(0.0),
            _ => 0.0,
        }
    }

    /// The value as an exact rational: the proved one, or the one an f64 stands for; `None` if not finite.
    fn as_rational(&self) -> Option<Rational> {
        self.exact.clone().or_else(|| Rational::from_float(self.value))
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.side {
            Side::Lower => ">=",
            Side::Upper => "<=",
            Side::Equal => "=",
        };
        match &self.exact {
            Some(r) => write!(f, "{} {sign} {r} ({})", self.class, self.evidence),
            None => write!(f, "{} {sign} {} ({})", self.class, self.value, self.evidence),
        }
    }
}

/// A lower and an upper bound that agree: `lower <= upper` by construction.
///
/// The comparison is exact wherever both sides are proved. A numerical bound that crosses the other
/// one by no more than its own residual is moved to it; more is an error.
///
/// ```
/// use bellwether::bound::{Bound, Bracket, Side};
/// use bellwether::{game::Rational, strategy::PolicyClass::Quantum};
/// let third = Rational::new(1.into(), 3.into());
/// let half = Rational::new(1.into(), 2.into());
/// let low = Bound::certified(Quantum, Side::Lower, third, "strategy", 0.0);
/// let high = Bound::certified(Quantum, Side::Upper, half, "sos", 0.0);
/// assert!(Bracket::new(low.clone(), high.clone()).is_ok());
/// assert!(Bracket::new(Bound { side: Side::Lower, ..high }, Bound { side: Side::Upper, ..low }).is_err());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Bracket {
    lower: Bound,
    upper: Bound,
}

impl Bracket {
    /// A bracket from a lower bound and an upper bound.
    ///
    /// The lower bound may be for a smaller class than the upper one: then the bracket holds for every
    /// class between (`F ⊂ SR ⊂ Q ⊂ NS ⊂ C`).
    ///
    /// # Errors
    /// [`BoundError::Crossed`] if the lower bound is above the upper one; [`BoundError::Bracket`] if a
    /// bound is on the wrong side, is not finite, or the lower one is for a larger class.
    pub fn new(mut lower: Bound, mut upper: Bound) -> Result<Self, BoundError> {
        if lower.side == Side::Upper || upper.side == Side::Lower {
            return Err(BoundError::Bracket(format!(
                "'{lower}' and '{upper}' given, wanted a lower and an upper bound"
            )));
        }
        if lower.class > upper.class {
            return Err(BoundError::Bracket(format!(
                "a lower bound for {} says nothing below the upper bound for {}",
                lower.class, upper.class
            )));
        }
        let (Some(l), Some(u)) = (lower.as_rational(), upper.as_rational()) else {
            return Err(BoundError::Bracket(format!("'{lower}' and '{upper}' given, wanted finite values")));
        };
        if l > u {
            if to_f64(&(&l - &u)) > lower.slack() + upper.slack() {
                return Err(BoundError::Crossed { lower: lower.to_string(), upper: upper.to_string() });
            }
            // within a residual: the numerical side gives way
            if lower.exact.is_none() {
                lower.value = upper.value;
            } else {
                upper.value = lower.value;
            }
        }
        Ok(Bracket { lower, upper })
    }

    /// The bracket of one known optimum.
    ///
    /// # Errors
    /// [`BoundError::Bracket`] if the bound is on one side only or not finite.
    pub fn point(bound: Bound) -> Result<Self, BoundError> {
        Bracket::new(bound.clone(), bound)
    }

    /// The lower bound.
    pub fn lower(&self) -> &Bound {
        &self.lower
    }

    /// The upper bound.
    pub fn upper(&self) -> &Bound {
        &self.upper
    }

    /// Width `upper - lower`, never negative.
    pub fn gap(&self) -> f64 {
        match (&self.lower.exact, &self.upper.exact) {
            (Some(l), Some(u)) => to_f64(&(u - l)),
            _ => (self.upper.value - self.lower.value).max(0.0),
        }
    }

    /// Whether both sides are one proved number.
    pub fn is_exact(&self) -> bool {
        self.lower.exact.is_some() && self.lower.exact == self.upper.exact
    }
}

impl fmt::Display for Bracket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lower == self.upper {
            return write!(f, "{}", self.lower);
        }
        write!(f, "{}, {}", self.lower, self.upper)
    }
}
