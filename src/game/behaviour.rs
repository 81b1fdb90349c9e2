//! Behaviours: tables of conditional probabilities p(a|x), the paper's joint policies.

use super::{GameError, Scenario};

/// How far entries and sums of a behaviour may be from a true probability table.
pub const TOLERANCE: f64 = 1e-9;

/// A behaviour (joint policy) `p(a|x)` over a scenario: dense, questions before answers, first player slowest.
///
/// Floating point: entries are valid probabilities to [`TOLERANCE`].
///
/// ```
/// use bellwether::game::{Behaviour, Scenario};
/// let pr_box = Behaviour::from_fn(Scenario::new(vec![2, 2], vec![2, 2])?, |x, a| {
///     if a[0] ^ a[1] == x[0] & x[1] { 0.5 } else { 0.0 }
/// })?;
/// assert_eq!(pr_box.signalling(), 0.0);
/// # Ok::<(), bellwether::game::GameError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Behaviour {
    scenario: Scenario,
    p: Vec<f64>,
}

impl Behaviour {
    /// A behaviour from its dense table of `scenario.cells()` probabilities.
    ///
    /// # Errors
    /// [`GameError::Behaviour`] naming the joint question if the length is wrong, an entry is not finite
    /// or below `-TOLERANCE`, or a row does not sum to 1 within `TOLERANCE`.
    pub fn new(scenario: Scenario, p: Vec<f64>) -> Result<Self, GameError> {
        if p.len() != scenario.cells() {
            return Err(GameError::Behaviour(format!(
                "{} probabilities given, wanted {} for {scenario}",
                p.len(),
                scenario.cells()
            )));
        }
        for (jq, row) in p.chunks_exact(scenario.joint_answers()).enumerate() {
            let x = || scenario.question(jq);
            if let Some(ja) = row.iter().position(|v| !v.is_finite() || *v < -TOLERANCE) {
                return Err(GameError::Behaviour(format!(
                    "p(a={:?}|x={:?}) = {} is not a probability",
                    scenario.answer(ja),
                    x(),
                    row[ja]
                )));
            }
            let sum: f64 = row.iter().sum();
            if (sum - 1.0).abs() > TOLERANCE {
                return Err(GameError::Behaviour(format!("the probabilities for x={:?} sum to {sum}, wanted 1", x())));
            }
        }
        Ok(Behaviour { scenario, p })
    }

    /// A behaviour from a function of joint question and joint answer.
    ///
    /// # Errors
    /// As [`Behaviour::new`].
    pub fn from_fn(scenario: Scenario, f: impl Fn(&[usize], &[usize]) -> f64) -> Result<Self, GameError> {
        let mut x = vec![0; scenario.players()];
        let mut a = vec![0; scenario.players()];
        let mut p = Vec::with_capacity(scenario.cells());
        for jq in 0..scenario.joint_questions() {
            scenario.question_at(jq, &mut x);
            for ja in 0..scenario.joint_answers() {
                scenario.answer_at(ja, &mut a);
                p.push(f(&x, &a));
            }
        }
        Behaviour::new(scenario, p)
    }

    /// White noise: every joint answer equally likely.
    pub fn uniform(scenario: Scenario) -> Self {
        let p = vec![1.0 / scenario.joint_answers() as f64; scenario.cells()];
        Behaviour { scenario, p }
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The dense table.
    pub fn as_slice(&self) -> &[f64] {
        &self.p
    }

    /// The probabilities of all joint answers for the joint question of index `jq`.
    pub fn row(&self, jq: usize) -> &[f64] {
        let k = self.scenario.joint_answers();
        &self.p[jq * k..(jq + 1) * k]
    }

    /// The convex mixture `v self + (1-v) other` (visibility `v` under the noise `other`).
    ///
    /// # Errors
    /// [`GameError::Behaviour`] if the scenarios differ or `v` is not in `[0, 1]`.
    pub fn mix(&self, v: f64, other: &Behaviour) -> Result<Behaviour, GameError> {
        if self.scenario != other.scenario {
            return Err(GameError::Behaviour(format!(
                "cannot mix behaviours of {} and {}",
                self.scenario, other.scenario
            )));
        }
        if !(0.0..=1.0).contains(&v) {
            return Err(GameError::Behaviour(format!("mixing weight {v} given, wanted a number from 0 to 1")));
        }
        let mix = |(p, q): (&f64, &f64)| v * p + (1.0 - v) * q;
        Ok(Behaviour { scenario: self.scenario.clone(), p: self.p.iter().zip(&other.p).map(mix).collect() })
    }

    /// How much the players signal: the largest violation of Eq. 5, zero exactly for non-signalling behaviours.
    ///
    /// `max |sum_{a_i} p(a|x) - sum_{a_i} p(a|x')|` over players `i` and joint questions `x, x'` that differ
    /// in `x_i` only. Changing one question at a time implies Eq. 5 for every bipartition.
    pub fn signalling(&self) -> f64 {
        let s = &self.scenario;
        let mut worst = 0.0f64;
        for i in 0..s.players() {
            // strides of player i's digit in the joint question and the joint answer
            let qs: usize = s.questions()[i + 1..].iter().product();
            let st: usize = s.answers()[i + 1..].iter().product();
            let (nq, na) = (s.questions()[i], s.answers()[i]);
            for jq in (0..s.joint_questions()).filter(|jq| (jq / qs).is_multiple_of(nq)) {
                for ja in (0..s.joint_answers()).filter(|ja| (ja / st).is_multiple_of(na)) {
                    let marginal = |x: usize| -> f64 {
                        let row = self.row(jq + x * qs);
                        (0..na).map(|a| row[ja + a * st]).sum()
                    };
                    let first = marginal(0);
                    for x in 1..nq {
                        worst = worst.max((marginal(x) - first).abs());
                    }
                }
            }
        }
        worst
    }

    /// Largest total variation distance over the joint questions, `max_x 1/2 sum_a |p - q|`; `None` for
    /// different scenarios.
    pub fn distance(&self, other: &Behaviour) -> Option<f64> {
        if self.scenario != other.scenario {
            return None;
        }
        let k = self.scenario.joint_answers();
        let rows = self.p.chunks_exact(k).zip(other.p.chunks_exact(k));
        Some(rows.fold(0.0, |worst: f64, (p, q)| {
            let tv: f64 = p.iter().zip(q).map(|(a, b)| (a - b).abs()).sum();
            worst.max(0.5 * tv)
        }))
    }

    /// Marginal of player `i`, `p_i(a_i|x_i)` averaged over the other players' questions
    /// (independent of them for non-signalling behaviours); row `x_i`, column `a_i`.
    pub fn marginal(&self, i: usize) -> Vec<Vec<f64>> {
        let s = &self.scenario;
        let mut m = vec![vec![0.0; s.answers()[i]]; s.questions()[i]];
        let others = (s.joint_questions() / s.questions()[i]) as f64;
        let qs: usize = s.questions()[i + 1..].iter().product();
        let st: usize = s.answers()[i + 1..].iter().product();
        for jq in 0..s.joint_questions() {
            let x = (jq / qs) % s.questions()[i];
            for (ja, p) in self.row(jq).iter().enumerate() {
                m[x][(ja / st) % s.answers()[i]] += p / others;
            }
        }
        m
    }
}
