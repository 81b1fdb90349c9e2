//! Laws of job sizes: finite mixtures of atoms, Erlang and uniform components.

use super::super::EnvError;
use super::text::{fraction_pairs, numbers, wrong};
use rand::RngExt;
use rand_distr::{Distribution, Exp1};
use std::fmt;
use std::str::FromStr;

/// Most components of a law.
pub const MAX_COMPONENTS: usize = 10_000;

/// Largest shape of an Erlang component.
pub const MAX_SHAPE: u32 = 100;

/// One component of a mixture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Component {
    /// A size that occurs with positive probability.
    Atom {
        /// The size, positive.
        size: f64,
    },
    /// Density `rate^k x^(k-1) e^(-rate x) / (k-1)!`; the exponential law is `k = 1`.
    Erlang {
        /// The shape `k`, at least 1.
        shape: u32,
        /// The rate, positive.
        rate: f64,
    },
    /// Uniform between two sizes.
    Uniform {
        /// The smallest size, not negative.
        low: f64,
        /// The largest size.
        high: f64,
    },
}

impl Component {
    /// Its mean.
    pub fn mean(&self) -> f64 {
        match *self {
            Component::Atom { size } => size,
            Component::Erlang { shape, rate } => f64::from(shape) / rate,
            Component::Uniform { low, high } => 0.5 * (low + high),
        }
    }

    /// Its second moment.
    pub fn second_moment(&self) -> f64 {
        match *self {
            Component::Atom { size } => size * size,
            Component::Erlang { shape, rate } => {
                let k = f64::from(shape);
                k * (k + 1.0) / (rate * rate)
            }
            Component::Uniform { low, high } => (low * low + low * high + high * high) / 3.0,
        }
    }

    fn sample(&self, rng: &mut super::super::EnvRng) -> f64 {
        match *self {
            Component::Atom { size } => size,
            Component::Erlang { shape: 1, rate } => {
                let e: f64 = Exp1.sample(rng);
                e / rate
            }
            Component::Erlang { shape, rate } => {
                let draw = |_| -> f64 { Exp1.sample(rng) };
                (0..shape).map(draw).sum::<f64>() / rate
            }
            Component::Uniform { low, high } => low + (high - low) * rng.random::<f64>(),
        }
    }
}

/// The law of the size of a job, a finite mixture; sizes are times of service.
///
/// Written (for `--set` and the registry) `exponential:RATE`, `deterministic:SIZE`, `two-point:SIZE:PROBABILITY:SIZE`,
/// `finite:SIZE@PROBABILITY,..`, `hyperexponential:RATE@PROBABILITY,..`, `erlang:SHAPE:RATE` or `uniform:LOW:HIGH`.
///
/// ```
/// use bellwether::env::queueing::JobLaw;
/// let law: JobLaw = "two-point:0.5:0.8:3".parse()?;
/// assert!((law.mean() - 1.0).abs() < 1e-15 && (law.second_moment() - 2.0).abs() < 1e-15);
/// # Ok::<(), bellwether::env::EnvError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct JobLaw {
    text: String,
    components: Vec<(f64, Component)>,
    /// Cumulative probabilities; empty with one component.
    cumulative: Vec<f64>,
}

impl JobLaw {
    /// A mixture of components `(probability, component)`.
    ///
    /// # Errors
    /// [`EnvError::Parameter`] unless there is a component, probabilities are positive with sum 1 to `1e-12`, and sizes
    /// and rates are positive and finite.
    pub fn mixture(text: &str, components: Vec<(f64, Component)>) -> Result<Self, EnvError> {
        let fail = |wanted: &str| Err(wrong("job law", text, wanted));
        if components.is_empty() || components.len() > MAX_COMPONENTS {
            return fail("1 to 10000 components");
        }
        let fine = |x: f64| x > 0.0 && x.is_finite();
        for (p, component) in &components {
            let valid = match *component {
                Component::Atom { size } => fine(size),
                Component::Erlang { shape, rate } => fine(rate) && (1..=MAX_SHAPE).contains(&shape),
                Component::Uniform { low, high } => low >= 0.0 && low < high && high.is_finite(),
            };
            if !fine(*p) || !valid {
                return fail("positive finite probabilities, sizes and rates (shape 1 to 100, low < high)");
            }
        }
        let mut sum = 0.0;
        let cumulative: Vec<f64> = components
            .iter()
            .map(|(p, _)| {
                sum += p;
                sum
            })
            .collect();
        if (sum - 1.0).abs() > 1e-12 {
            return fail("probabilities of sum 1");
        }
        Ok(JobLaw {
            text: text.to_owned(),
            cumulative: if components.len() == 1 { Vec::new() } else { cumulative },
            components,
        })
    }

    /// Exponential sizes with density `rate e^(-rate x)`.
    ///
    /// # Errors
    /// [`EnvError::Parameter`] unless the rate is positive and finite.
    pub fn exponential(rate: f64) -> Result<Self, EnvError> {
        let one = Component::Erlang { shape: 1, rate };
        JobLaw::mixture(&format!("exponential:{rate}"), vec![(1.0, one)])
    }

    /// Always the same size.
    ///
    /// # Errors
    /// [`EnvError::Parameter`] unless the size is positive and finite.
    pub fn deterministic(size: f64) -> Result<Self, EnvError> {
        let text = format!("deterministic:{size}");
        JobLaw::mixture(&text, vec![(1.0, Component::Atom { size })])
    }

    /// A finite law from sizes and their probabilities.
    ///
    /// # Errors
    /// [`EnvError::Parameter`] as for [`JobLaw::mixture`].
    pub fn finite(pairs: &[(f64, f64)]) -> Result<Self, EnvError> {
        let text: Vec<String> = pairs.iter().map(|(x, p)| format!("{x}@{p}")).collect();
        let atom = |&(size, p): &(f64, f64)| (p, Component::Atom { size });
        JobLaw::mixture(&format!("finite:{}", text.join(",")), pairs.iter().map(atom).collect())
    }

    /// A mixture of exponential laws from rates and their probabilities.
    ///
    /// # Errors
    /// [`EnvError::Parameter`] as for [`JobLaw::mixture`].
    pub fn hyperexponential(pairs: &[(f64, f64)]) -> Result<Self, EnvError> {
        let text: Vec<String> = pairs.iter().map(|(r, p)| format!("{r}@{p}")).collect();
        let part = |&(rate, p): &(f64, f64)| (p, Component::Erlang { shape: 1, rate });
        JobLaw::mixture(&format!("hyperexponential:{}", text.join(",")), pairs.iter().map(part).collect())
    }

    /// The components with their probabilities.
    pub fn components(&self) -> &[(f64, Component)] {
        &self.components
    }

    /// The mean size.
    pub fn mean(&self) -> f64 {
        self.components.iter().map(|(p, c)| p * c.mean()).sum()
    }

    /// The mean squared size.
    pub fn second_moment(&self) -> f64 {
        let part = |(p, c): &(f64, Component)| p * c.second_moment();
        self.components.iter().map(part).sum()
    }

    /// Draws a size; no allocation.
    #[inline]
    pub fn sample(&self, rng: &mut super::super::EnvRng) -> f64 {
        if self.cumulative.is_empty() {
            return self.components[0].1.sample(rng);
        }
        let u: f64 = rng.random();
        let last = self.cumulative.len() - 1;
        let i = match self.cumulative.len() {
            0..=16 => self.cumulative[..last].iter().take_while(|&&s| s <= u).count(),
            _ => self.cumulative[..last].partition_point(|&s| s <= u),
        };
        self.components[i].1.sample(rng)
    }
}

impl fmt::Display for JobLaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for JobLaw {
    type Err = EnvError;

    fn from_str(text: &str) -> Result<Self, EnvError> {
        const WANTED: &str = "exponential:RATE, deterministic:SIZE, two-point:SIZE:PROBABILITY:SIZE, \
            finite:SIZE@PROBABILITY,.., hyperexponential:RATE@PROBABILITY,.., erlang:SHAPE:RATE or uniform:LOW:HIGH";
        let fail = || wrong("job law", text, WANTED);
        let (word, rest) = text.split_once(':').ok_or_else(fail)?;
        match word {
            "exponential" => {
                let [rate] = numbers(rest).ok_or_else(fail)?;
                JobLaw::exponential(rate)
            }
            "deterministic" => {
                let [size] = numbers(rest).ok_or_else(fail)?;
                JobLaw::deterministic(size)
            }
            "two-point" => {
                let [small, p, large] = numbers(rest).ok_or_else(fail)?;
                JobLaw::finite(&[(small, p), (large, 1.0 - p)])
            }
            "finite" => JobLaw::finite(&fraction_pairs(rest).ok_or_else(fail)?),
            "hyperexponential" => JobLaw::hyperexponential(&fraction_pairs(rest).ok_or_else(fail)?),
            "erlang" => {
                let [shape, rate] = numbers(rest).ok_or_else(fail)?;
                if shape.fract() != 0.0 || !(1.0..=f64::from(MAX_SHAPE)).contains(&shape) {
                    return Err(fail());
                }
                let shape = shape as u32;
                JobLaw::mixture(text, vec![(1.0, Component::Erlang { shape, rate })])
            }
            "uniform" => {
                let [low, high] = numbers(rest).ok_or_else(fail)?;
                JobLaw::mixture(text, vec![(1.0, Component::Uniform { low, high })])
            }
            _ => Err(fail()),
        }
    }
}
