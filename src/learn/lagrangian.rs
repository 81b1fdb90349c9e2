//! The PID-controlled multiplier of PPO-Lagrangian (Stooke et al., arXiv 2007.03964).

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Gains and filters, in multiplier per unit of cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pid {
    /// Proportional gain `K_P`.
    pub kp: f64,
    /// Integral gain `K_I`, per update.
    pub ki: f64,
    /// Derivative gain `K_D`.
    pub kd: f64,
    /// Moving average of the proportional term: `P <- a P + (1-a) Delta`.
    pub p_ema: f64,
    /// Moving average of the cost for the derivative term.
    pub d_ema: f64,
    /// Updates over which the derivative is taken.
    pub delay: usize,
    /// The integral at the start.
    pub init: f64,
    /// Cap of the integral and of the multiplier.
    pub max: f64,
}

/// Largest cost that is told apart, so that differences and sums of costs stay finite.
const LARGEST: f64 = 1e150;

/// The multiplier `lambda = max(0, K_P P + I + K_D D)`, computed anew at every update.
///
/// With `Delta = J_C - d`: `I <- clip(I + K_I Delta, 0, max)`, `P` and the cost are filtered, and
/// `D = max(0, C - C delayed)`. The filters start from the first measurement, so that no rise from zero is seen at the start.
#[derive(Debug, Clone, PartialEq)]
pub struct Lagrangian {
    pid: Pid,
    limit: f64,
    integral: f64,
    /// Filtered violation and cost; none before the first measurement.
    filtered: Option<(f64, f64)>,
    past: VecDeque<f64>,
    multiplier: f64,
}

impl Lagrangian {
    /// A controller of the mean cost towards at most `limit`.
    pub fn new(pid: Pid, limit: f64) -> Self {
        Lagrangian {
            pid,
            limit: limit.clamp(-LARGEST, LARGEST),
            integral: pid.init,
            filtered: None,
            past: VecDeque::new(),
            multiplier: pid.init,
        }
    }

    /// Takes a measured mean cost `J_C` and returns the new multiplier. A cost that is not finite changes nothing; one
    /// beyond `1e150` counts as that.
    pub fn update(&mut self, cost: f64) -> f64 {
        if !cost.is_finite() {
            return self.multiplier;
        }
        let pid = self.pid;
        let cost = cost.clamp(-LARGEST, LARGEST);
        let violation = cost - self.limit;
        self.integral = (self.integral + pid.ki * violation).clamp(0.0, pid.max);
        let (p, c) = self.filtered.map_or((violation, cost), |(p, c)| {
            (pid.p_ema * p + (1.0 - pid.p_ema) * violation, pid.d_ema * c + (1.0 - pid.d_ema) * cost)
        });
        self.filtered = Some((p, c));
        let delayed = self.past.front().copied().unwrap_or(c);
        self.past.push_back(c);
        if self.past.len() > pid.delay.max(1) {
            self.past.pop_front();
        }
        let rise = (c - delayed).max(0.0);
        self.multiplier = (pid.kp * p + self.integral + pid.kd * rise).clamp(0.0, pid.max);
        self.multiplier
    }

    /// The multiplier in force.
    pub fn multiplier(&self) -> f64 {
        self.multiplier
    }

    /// The integral term alone, which is the multiplier at rest without its noise.
    pub fn integral(&self) -> f64 {
        self.integral
    }

    /// The limit `d`.
    pub fn limit(&self) -> f64 {
        self.limit
    }

    /// Changes the limit and keeps the rest, for a sweep.
    pub fn set_limit(&mut self, limit: f64) {
        self.limit = limit.clamp(-LARGEST, LARGEST);
    }

    /// Whether the multiplier has reached its cap.
    pub fn at_cap(&self) -> bool {
        self.multiplier >= self.pid.max
    }

    /// The state as bits.
    pub(crate) fn words(&self) -> Vec<u64> {
        let (p, c) = self.filtered.unwrap_or((f64::NAN, f64::NAN));
        let numbers = [self.limit, self.integral, self.multiplier, p, c];
        let past = self.past.iter().copied();
        numbers.into_iter().chain(past).map(f64::to_bits).collect()
    }

    /// Restores [`Lagrangian::words`]; `false` if they are not its state.
    pub(crate) fn restore(&mut self, words: &[u64]) -> bool {
        let numbers: Vec<f64> = words.iter().map(|w| f64::from_bits(*w)).collect();
        let [limit, integral, multiplier, p, c, past @ ..] = &numbers[..] else {
            return false;
        };
        // what was filtered is none, or two numbers
        let none = [p, c].map(|x| x.to_bits()) == [f64::NAN.to_bits(); 2];
        let filtered = if none { None } else { Some((*p, *c)) };
        let costs = filtered.iter().flat_map(|(p, c)| [p, c]).chain(past);
        let multipliers = 0.0..=self.pid.max;
        if past.len() > self.pid.delay.max(1)
            || past.is_empty() != filtered.is_none()
            // a violation is a difference of two costs, and its average may be a rounding beyond it
            || !costs.chain([limit]).all(|c| c.abs() <= 4.0 * LARGEST)
            || !multipliers.contains(integral)
            || !multipliers.contains(multiplier)
        {
            return false;
        }
        self.limit = *limit;
        self.integral = *integral;
        self.multiplier = *multiplier;
        self.filtered = filtered;
        self.past = past.iter().copied().collect();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PID: Pid = Pid { kp: 0.0, ki: 0.0, kd: 0.0, p_ema: 0.9, d_ema: 0.5, delay: 3, init: 0.0, max: 100.0 };

    #[test]
    fn integral_settles_where_the_limit_is_met() {
        // a plant whose cost falls with the multiplier: c = 5 - 2 lambda meets the limit 4 at lambda = 0.5
        let pid = Pid { kp: 0.1, ki: 0.05, kd: 0.02, ..PID };
        let mut l = Lagrangian::new(pid, 4.0);
        for _ in 0..400 {
            let cost = 5.0 - 2.0 * l.multiplier();
            l.update(cost);
        }
        approx::assert_abs_diff_eq!(l.multiplier(), 0.5, epsilon = 1e-6);
    }

    #[test]
    fn no_spurious_derivative_at_the_start_and_only_rises_count() {
        let mut l = Lagrangian::new(Pid { kd: 1.0, ..PID }, 0.0);
        for cost in [7.0, 7.0, 7.0, 7.0, 3.0, 1.0] {
            assert_eq!(l.update(cost), 0.0);
        }
        assert!(l.update(50.0) > 0.0);
    }

    #[test]
    fn no_windup_and_no_memory_of_the_old_multiplier() {
        let mut l = Lagrangian::new(Pid { ki: 1.0, max: 2.0, ..PID }, 0.0);
        for _ in 0..50 {
            l.update(10.0);
        }
        assert!(l.at_cap());
        l.update(-1.5); // capped at 2, one step down is enough
        assert_eq!(l.multiplier(), 0.5);
        for _ in 0..50 {
            l.update(-10.0);
        }
        l.update(0.25); // and no debt below zero
        assert_eq!(l.multiplier(), 0.25);
        // proportional only: back to zero as soon as the violation is gone
        let mut l = Lagrangian::new(Pid { kp: 1.0, p_ema: 0.0, ..PID }, 0.0);
        l.update(3.0);
        assert_eq!(l.update(0.0), 0.0);
        assert_eq!(l.update(f64::NAN), 0.0);
    }

    #[test]
    fn words_restore_the_state() {
        let pid = Pid { kp: 0.3, ki: 0.1, kd: 0.2, ..PID };
        let mut a = Lagrangian::new(pid, 1.0);
        for k in 0..7 {
            a.update((k as f64).sin() + 1.5);
        }
        let mut b = Lagrangian::new(pid, 0.0);
        assert!(b.restore(&a.words()));
        assert_eq!(a, b);
        assert!(!b.restore(&[1, 2]));
    }

    #[test]
    fn costs_at_the_end_of_the_range_are_restored() {
        // the average of the violation 2e150 rounds to a little more
        let pid = Pid { p_ema: 0.4588235294117647, ..PID };
        let mut a = Lagrangian::new(pid, -1e150);
        for _ in 0..5 {
            a.update(1e150);
        }
        let mut b = Lagrangian::new(pid, 0.0);
        assert!(b.restore(&a.words()));
        assert_eq!(a, b);
    }
}
