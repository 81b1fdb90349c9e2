//! Finite job laws: classical optima in exact rationals, and an exact check of the quantum dual bound.

use super::quantum::Planar;
use super::{BoundError, QueueModel};
use crate::env::queueing::{JobLaw, QueueParameters};
use crate::game::{Rational, to_f64};
use num_traits::{One, Signed, Zero};

/// Most sizes of one router.
const MAX_SIZES: usize = 300;

/// Bits kept of the dual solution.
const BITS: i32 = 48;

/// A queue with two routers, two servers and finitely many rational job sizes.
#[derive(Debug, Clone)]
pub struct FiniteGame {
    a: Rational,
    b: Rational,
    w0: Rational,
    /// `(y, probability)` of each router.
    routers: [Vec<(Rational, Rational)>; 2],
    model: QueueModel,
}

/// A value with moments of the policy that has it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExactSupport {
    /// `E[(2C-1)(theta - y1 y2)]`.
    pub j: Rational,
    /// `E[C]`.
    pub s: Rational,
    /// `E[y1 y2 C]`.
    pub k: Rational,
}

/// The quantum optimum at a multiplier.
#[derive(Debug, Clone)]
pub struct FiniteOptimum {
    /// Value of the strategy found.
    pub lower: f64,
    /// Moments of the strategy found.
    pub moments: super::Moments,
    /// The strategy.
    pub strategy: Planar,
    /// Proved in exact arithmetic: no quantum strategy of any dimension has more.
    pub upper: Rational,
    /// The proof: `1/lambda` and `1/mu` for every size, to be given to [`FiniteGame::check_dual`].
    pub dual: [Vec<Rational>; 2],
}

impl FiniteGame {
    /// From the arrival rate and `(size, probability)` of each router.
    ///
    /// # Errors
    /// [`BoundError::Unsuitable`] for sizes or probabilities that are not positive, probabilities that do not sum to
    /// exactly 1, a load of 1 or more; [`BoundError::TooLarge`] for more than 300 sizes.
    pub fn new(arrival: &Rational, jobs: [&[(Rational, Rational)]; 2]) -> Result<Self, BoundError> {
        let no = |why: String| Err(BoundError::Unsuitable { method: "finite queueing game", why });
        if !arrival.is_positive() {
            return no(format!("arrival rate {arrival} given, wanted above 0"));
        }
        let moment =
            |list: &[(Rational, Rational)], n: i32| -> Rational { list.iter().map(|(x, p)| x.pow(n) * p).sum() };
        for (i, list) in jobs.iter().enumerate() {
            if list.len() > MAX_SIZES {
                return Err(BoundError::TooLarge {
                    method: "finite queueing game",
                    given: format!("{} sizes", list.len()),
                    limit: format!("{MAX_SIZES}"),
                });
            }
            let total: Rational = list.iter().map(|(_, p)| p).sum();
            let positive = list.iter().all(|(x, p)| x.is_positive() && p.is_positive());
            if !positive || !total.is_one() {
                return no(format!(
                    "router {i}: sizes and probabilities must be positive, and the probabilities sum to 1 (they sum to {total})"
                ));
            }
        }
        let two = Rational::from_integer(2.into());
        let rho = arrival * (moment(jobs[0], 1) + moment(jobs[1], 1)) / &two;
        if rho >= Rational::one() {
            return no(format!("load {rho} given, wanted below 1"));
        }
        let a = arrival / (&two * (Rational::one() - rho));
        let b = Rational::new(1.into(), 4.into());
        let delta = &b / &a;
        let w0 = &a * (moment(jobs[0], 2) + moment(jobs[1], 2)) / &two;
        let sorted = |list: &[(Rational, Rational)]| {
            let mut list: Vec<_> = list.iter().map(|(x, p)| (x + &delta, p.clone())).collect();
            list.sort();
            list
        };
        let law = |list: &[(Rational, Rational)]| {
            let pairs: Vec<_> = list.iter().map(|(x, p)| (to_f64(x), to_f64(p))).collect();
            JobLaw::finite(&pairs)
        };
        let (first, second) = match (law(jobs[0]), law(jobs[1])) {
            (Ok(first), Ok(second)) => (first, second),
            (Err(e), _) | (_, Err(e)) => return no(e.to_string()),
        };
        let model = QueueModel::new(&QueueParameters {
            arrival_rate: to_f64(arrival),
            jobs: vec![first, second],
            ..QueueParameters::default()
        })?;
        Ok(FiniteGame { routers: [sorted(jobs[0]), sorted(jobs[1])], a, b, w0, model })
    }

    /// The same queue in floating point.
    pub fn model(&self) -> &QueueModel {
        &self.model
    }

    /// Mean wait per customer, `W0 + a k - (b^2/a) s`, exactly.
    pub fn wait(&self, s: &Rational, k: &Rational) -> Rational {
        &self.w0 + &self.a * k - &self.b * &self.b / &self.a * s
    }

    /// Communication, equal to non-signalling: `C = 1{y1 y2 < theta}`, exactly.
    pub fn communication(&self, theta: &Rational) -> ExactSupport {
        self.of(theta, |y1, y2| y1 * y2 < *theta)
    }

    /// Shared randomness: the best pair of thresholds, exactly.
    pub fn shared_randomness(&self, theta: &Rational) -> ExactSupport {
        let [first, second] = &self.routers;
        let total = |list: &[(Rational, Rational)]| -> (Rational, Rational) {
            let one = list.iter().map(|(_, p)| p).sum();
            (one, list.iter().map(|(y, p)| y * p).sum())
        };
        let (one, mean) = total(second);
        let mut best: Option<(Rational, Rational, Rational)> = None;
        for n in 0..=second.len() {
            // g = 1 on the first n sizes, -1 on the others
            let (low, low_mean) = total(&second[..n]);
            let g = &low + &low - &one;
            let h = &low_mean + &low_mean - &mean;
            let value: Rational = (first.iter()).map(|(y, p)| (theta * &g - y * &h).abs() * p).sum();
            if best.as_ref().is_none_or(|(v, ..)| value > *v) {
                best = Some((value, g, h));
            }
        }
        let (j, g, h) = best.unwrap_or_default();
        // F and H of the reply of the first router
        let sign = |y: &Rational| {
            if (theta * &g - y * &h).is_negative() { -Rational::one() } else { Rational::one() }
        };
        let f: Rational = first.iter().map(|(y, p)| sign(y) * p).sum();
        let fy: Rational = first.iter().map(|(y, p)| sign(y) * y * p).sum();
        let half = Rational::new(1.into(), 2.into());
        let product: Rational = total(first).1 * mean;
        ExactSupport { j, s: (Rational::one() + f * g) * &half, k: (product + fy * h) * &half }
    }

    fn of(&self, theta: &Rational, same: impl Fn(&Rational, &Rational) -> bool) -> ExactSupport {
        let mut out = ExactSupport { j: Rational::zero(), s: Rational::zero(), k: Rational::zero() };
        for (y1, p1) in &self.routers[0] {
            for (y2, p2) in &self.routers[1] {
                let (p, product) = (p1 * p2, y1 * y2);
                let value = &p * (theta - &product);
                if same(y1, y2) {
                    out.s += &p;
                    out.k += &p * &product;
                    out.j += value;
                } else {
                    out.j -= value;
                }
            }
        }
        out
    }

    /// The bound `(E lambda + E mu)/2` if `1/lambda`, `1/mu` (in increasing order of sizes) prove it: all positive and both
    /// eigenvalues of `G_lambda D G_mu D` at most 1, that is trace at most 2 and `1 - trace + det >= 0`. Exact.
    pub fn check_dual(&self, theta: &Rational, inverse: [&[Rational]; 2]) -> Option<Rational> {
        let mut bound = Rational::zero();
        let mut g = [(); 2].map(|()| [(); 3].map(|()| Rational::zero()));
        for i in 0..2 {
            let list = &self.routers[i];
            if list.len() != inverse[i].len() || !inverse[i].iter().all(Signed::is_positive) {
                return None;
            }
            for ((y, p), nu) in list.iter().zip(inverse[i]) {
                let w = p * nu;
                bound += p / nu;
                let first = y * &w;
                g[i][2] += y * &first;
                g[i][1] += first;
                g[i][0] += w;
            }
        }
        let [[a, b, c], [d, e, f]] = &g;
        // X = G1 D G2 D with D = diag(theta, -1)
        let (d, e) = (&(theta * theta * d), &(-theta * e));
        let trace = a * d + b * e + b * e + c * f;
        let det = (a * c - b * b) * (d * f - e * e);
        let two = Rational::from_integer(2.into());
        if trace > two || Rational::one() - trace + det < Rational::zero() {
            return None;
        }
        Some(bound / two)
    }

    /// The quantum optimum at `theta`: a strategy by see-saw and an upper bound proved in exact rationals.
    ///
    /// # Errors
    /// [`BoundError::NotConverged`] if no dual solution near the strategy's passes the exact check.
    pub fn quantum(&self, theta: &Rational) -> Result<FiniteOptimum, BoundError> {
        let t = to_f64(theta);
        let (support, strategy, _) = self.model.quantum(t)?;
        let [w1, w2] = strategy.w;
        let (i1, i2) = (self.model.inverse(0, w1), self.model.inverse(1, w2));
        // lambda = |Q| |w1 - y|, mu = |P| |w2 - y|
        let size = [i2.first(w2).norm(), i1.first(w1).norm()];
        let start = |router: usize, w: crate::quantum::C64| -> Vec<f64> {
            let list = self.routers[router].iter();
            list.map(|(y, _)| 1.0 / (size[router] * (w - to_f64(y)).norm())).collect()
        };
        let floats = [start(0, w1), start(1, w2)];
        for slack in (8..BITS).rev() {
            // smaller 1/lambda is safer
            let shrink = 1.0 - 2.0_f64.powi(-slack);
            let round = |list: &Vec<f64>| -> Option<Vec<Rational>> {
                let dyadic = |v: &f64| {
                    let exponent = BITS - v.log2().ceil() as i32;
                    let scale = 2.0_f64.powi(exponent);
                    Rational::from_float((v * shrink * scale).floor() / scale)
                };
                list.iter().map(dyadic).collect()
            };
            let (Some(first), Some(second)) = (round(&floats[0]), round(&floats[1])) else {
                break;
            };
            if let Some(upper) = self.check_dual(theta, [&first, &second]) {
                return Ok(FiniteOptimum {
                    lower: support.j,
                    moments: super::Moments { s: support.s, k: support.k },
                    strategy,
                    upper,
                    dual: [first, second],
                });
            }
        }
        Err(BoundError::NotConverged {
            what: "exact dual of a finite queueing game",
            residual: f64::NAN,
            rounds: BITS as usize,
        })
    }
}
