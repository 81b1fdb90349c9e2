//! The multiplier of PPO-Lagrangian.

use super::input::Input;
use crate::learn::{Lagrangian, Pid};

/// Any gains and any costs: a multiplier between 0 and its cap, the integral between 0 and the cap, no memory of the
/// multiplier; a state told and restored goes on alike.
pub fn pid(data: &[u8]) {
    let mut input = Input::new(data);
    let mut gain = || match input.finite().abs() {
        g if g <= 1e100 => g,
        _ => 1e100,
    };
    let (kp, ki, kd) = (gain(), gain(), gain());
    let max = gain().max(1e-300);
    let pid = Pid {
        kp,
        ki,
        kd,
        p_ema: input.weight(),
        d_ema: input.weight(),
        delay: 1 + input.choice(5),
        init: input.weight() * max,
        max,
    };
    let mut one = Lagrangian::new(pid, input.finite());
    for _ in 0..64 {
        let cost = input.wild();
        let before = one.multiplier();
        let now = one.update(cost);
        assert!((0.0..=max).contains(&now), "{now} after {cost}: {one:?}");
        assert!((0.0..=max).contains(&one.integral()), "{one:?}");
        assert!(cost.is_finite() || now.to_bits() == before.to_bits(), "{one:?}");
        let mut other = Lagrangian::new(pid, 0.0);
        assert!(other.restore(&one.words()), "{one:?}");
        let next = input.finite();
        assert_eq!(other.update(next).to_bits(), one.clone().update(next).to_bits());
    }
    // any words at all
    let words: Vec<u64> = (0..input.choice(12)).map(|_| input.wild().to_bits()).collect();
    if one.restore(&words) {
        assert!((0.0..=max).contains(&one.update(1.0)), "{one:?}");
    }
}
