//! How many rounds an experiment needs.

use super::BoundError;
use super::bets::Bets;
use crate::game::{Behaviour, Game, Rational, to_f64};
use crate::stats::binomial_tail_upper;
use num_traits::FromPrimitive;

/// Rounds that one test needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The test.
    pub test: &'static str,
    /// Rounds after which the evidence is expected to reach the level, `ln(1/alpha)` over the growth; none for a test that has no growth.
    pub expected: Option<u64>,
    /// Rounds after which the level is reached with the power asked for; none if more than 10^12.
    pub rounds: Option<u64>,
    /// Evidence a round in nats; none for the binomial test.
    pub rate: Option<f64>,
}

/// Rounds for the exact binomial test: the smallest `n`, to one part in 200, for which `Bin(n, win)` reaches the critical number of
/// wins at level `alpha` with probability `power`. Numerical (the tails are certified, the search is on a grid).
pub fn binomial(beta: &Rational, win: f64, alpha: f64, power: f64) -> Plan {
    let b = to_f64(beta);
    let wins = Rational::from_f64(win.min(1.0));
    let enough = |n: u64| {
        let (mut low, mut high) = (0, n + 1); // tail(low) > alpha >= tail(high)
        while high - low > 1 {
            let middle = (low + high) / 2;
            if binomial_tail_upper(n, middle, beta) <= alpha {
                high = middle;
            } else {
                low = middle;
            }
        }
        let reached = wins.as_ref().map_or(0.0, |w| binomial_tail_upper(n, high, w));
        high <= n && reached >= power
    };
    // Gauss gives the place; from there by halving
    let z = normal_quantile(1.0 - alpha) * (b * (1.0 - b)).sqrt()
        + normal_quantile(power) * (win * (1.0 - win)).max(0.0).sqrt();
    let guess = (z / (win - b)).powi(2).max(1.0);
    let rounds = (guess < 2e7).then(|| {
        let (mut low, mut high) = (0, guess.ceil() as u64);
        while !enough(high) {
            (low, high) = (high, high + high / 4 + 1);
        }
        while high - low > 1 + high / 200 {
            let middle = (low + high) / 2;
            if enough(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        high
    });
    Plan {
        test: "exact binomial test",
        expected: None,
        rounds: rounds.or((guess < 1e12).then(|| guess.ceil() as u64)),
        rate: None,
    }
}

/// Rounds for fixed bets when a behaviour is played: `n g - z sqrt(n v) = ln(1/alpha)` with growth `g`, variance `v` and the
/// normal quantile `z` of the power; numerical.
///
/// # Errors
/// [`BoundError::Game`] if the behaviour belongs to another scenario.
pub fn bets(
    game: &Game,
    bets: &Bets,
    p: &Behaviour,
    alpha: f64,
    power: f64,
    test: &'static str,
) -> Result<Plan, BoundError> {
    game.same_scenario(p.scenario())?;
    let (g, v) = bets.growth(game, p);
    Ok(of_growth(g, v, alpha, power, test))
}

/// The same for win/lose bets at the win probability itself.
pub fn win_lose(beta: &Rational, win: f64, alpha: f64, power: f64) -> Plan {
    let b = to_f64(beta);
    let w = win.min(1.0 - 1e-6);
    let (gain, loss) = ((w / b).ln(), ((1.0 - w) / (1.0 - b)).ln());
    let g = win * gain + (1.0 - win) * loss;
    let v = win * (1.0 - win) * (gain - loss).powi(2);
    of_growth(g, v, alpha, power, "win/lose bets")
}

fn of_growth(g: f64, v: f64, alpha: f64, power: f64, test: &'static str) -> Plan {
    let wanted = -alpha.ln();
    let z = normal_quantile(power);
    let root = (z * v.sqrt() + (z * z * v + 4.0 * g * wanted).max(0.0).sqrt()) / (2.0 * g);
    let count = |n: f64| (g > 0.0 && n < 1e12).then(|| n.ceil().max(1.0) as u64);
    Plan { test, expected: count(wanted / g), rounds: count(root * root), rate: Some(g) }
}

/// Quantile of the standard normal law, relative error about 1e-9 (Acklam's rational approximation).
pub fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e1,
        2.209460984245205e2,
        -2.759285104469687e2,
        1.38357751867269e2,
        -3.066479806614716e1,
        2.506628277459239,
    ];
    const B: [f64; 6] = [
        -5.447609879822406e1,
        1.615858368580409e2,
        -1.556989798598866e2,
        6.680131188771972e1,
        -1.328068155288572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784894002430293e-3,
        -3.223964580411365e-1,
        -2.400758277161838,
        -2.549732539343734,
        4.374664141464968,
        2.938163982698783,
    ];
    const D: [f64; 5] = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1.0];
    let poly = |c: &[f64], x: f64| c.iter().fold(0.0, |s, c| s * x + c);
    if !(p > 0.0 && p < 1.0) {
        return if p >= 1.0 { f64::INFINITY } else { f64::NEG_INFINITY };
    }
    let tail = |p: f64| {
        let q = (-2.0 * p.ln()).sqrt();
        poly(&C, q) / poly(&D, q)
    };
    if p < 0.02425 {
        tail(p)
    } else if p > 1.0 - 0.02425 {
        -tail(1.0 - p)
    } else {
        let (q, r) = (p - 0.5, (p - 0.5) * (p - 0.5));
        q * poly(&A, r) / poly(&B, r)
    }
}

#[cfg(test)]
mod tests {
    use super::normal_quantile;

    #[test]
    fn quantiles() {
        for (p, z) in [(0.5, 0.0), (0.9, 1.281_551_565_545), (0.999, 3.090_232_306_168), (0.01, -2.326_347_874_041)] {
            assert!((normal_quantile(p) - z).abs() < 1e-7, "{p}");
        }
    }
}
