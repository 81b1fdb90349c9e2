//! Learning: Eq. 8-9, 14-15, 17-20 and 25-29.

use super::*;

/// Eq. 17-19: `grad J` and `grad H` through the policy: `d_p = mu V` and `d_p = -mu (log pi + 1)` against central
/// differences of Eq. 16 and Eq. 18.
#[test]
fn eq_17_to_19_gradients_of_win_probability_and_entropy() {
    let chsh = game("chsh");
    let shape = PolicyShape {
        dims: vec![2, 2],
        hidden: vec![3],
        init_scale: 0.7,
        state: SharedState::Learned,
        restrictions: Default::default(),
    };
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(11);
    let mut policy = QuantumPolicy::new(chsh.scenario(), shape, &mut rng).unwrap();
    for x in 0..4 {
        policy.meet(x).unwrap();
    }
    policy.forward().unwrap();
    let p = policy.probabilities().to_vec();
    let weights = chsh.weights();
    let entropy = |p: &[f64]| -> f64 { p.iter().map(|p| -0.25 * p * p.ln()).sum() };
    let wins = |p: &[f64]| -> f64 { p.iter().zip(&weights).map(|(p, w)| p * w).sum() };
    let log: Vec<f64> = p.iter().map(|p| -0.25 * (p.ln() + 1.0)).collect();
    type Objective<'a> = &'a dyn Fn(&[f64]) -> f64;
    let objectives: [(Objective<'_>, &[f64]); 2] = [(&wins, &weights), (&entropy, &log)];
    for (objective, d_p) in objectives {
        policy.forward().unwrap();
        policy.backward(d_p, 0.0).unwrap();
        let gradient = policy.gradient.clone();
        let mut largest = 0.0_f64;
        for at in (0..gradient.len()).step_by(7) {
            let step = 1e-5;
            let keep = policy.parameters[at];
            let mut value = |x: f64| {
                policy.parameters[at] = x;
                policy.forward().unwrap();
                objective(policy.probabilities())
            };
            let slope = (value(keep + step) - value(keep - step)) / (2.0 * step);
            policy.parameters[at] = keep;
            assert!((slope - gradient[at]).abs() < 1e-8, "{slope} and {}", gradient[at]);
            largest = largest.max(slope.abs());
        }
        assert!(largest > 1e-3);
    }
}

/// Eq. 14-15: on a single-round game the value function of a policy, the mean discounted return, is its win
/// probability (Eq. 16); sampled from the environment, within five standard deviations.
#[test]
fn eq_14_and_15_the_value_of_a_policy_is_its_mean_return() {
    let chsh = game("chsh");
    let s = chsh.scenario();
    let behaviour = corrected_strategy().behaviour().unwrap();
    let exact = chsh.value(&behaviour).unwrap();
    let mut env = OneShot::of_game(&chsh).unwrap();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    let mut seen = vec![0.0; env.spec().observations()];
    let (episodes, gamma, mut total) = (40_000, 0.9_f64, 0.0);
    for _ in 0..episodes {
        env.reset(&mut rng, &mut seen).unwrap();
        let x = [usize::from(seen[1] == 1.0), usize::from(seen[3] == 1.0)];
        let row = behaviour.row(s.question_index(&x));
        let mut u: f64 = rng.random();
        let mut drawn = row.iter().position(|p| {
            u -= p;
            u < 0.0
        });
        let a = s.answer(drawn.get_or_insert(3).to_owned());
        let mut t = 0;
        loop {
            let outcome = env.step(&[a[0] as u32, a[1] as u32], &mut rng, &mut seen).unwrap();
            total += gamma.powi(t) * outcome.reward;
            t += 1;
            if outcome.end != End::Running {
                break;
            }
        }
    }
    let n = f64::from(episodes);
    let deviation = (exact * (1.0 - exact) / n).sqrt();
    assert!((total / n - exact).abs() < 5.0 * deviation, "{} for {exact}", total / n);
}

/// A policy `sum_x q(x) prod_i pi_i(a_i|x, h_i)` (Eq. 7) of CHSH with softmax parameters: two for `q`, then two for
/// every player, advice and question.
fn softmax_pair(theta: &[f64], at: usize) -> [f64; 2] {
    let (a, b) = (theta[at].exp(), theta[at + 1].exp());
    [a / (a + b), b / (a + b)]
}

fn actor(theta: &[f64], player: usize, advice: usize, question: usize) -> [f64; 2] {
    softmax_pair(theta, 2 + 2 * (4 * player + 2 * advice + question))
}

/// Every trajectory of one step (advice, questions, answers): `f(x, h, a)` weighted by its probability under `theta`.
fn expectation(theta: &[f64], f: &dyn Fn(usize, [usize; 2], [usize; 2]) -> f64) -> f64 {
    let mut sum = 0.0;
    for k in 0..32_usize {
        let (x, h, a) = (k >> 4, [k >> 3 & 1, k >> 2 & 1], [k >> 1 & 1, k & 1]);
        let pi: f64 = (0..2).map(|i| actor(theta, i, x, h[i])[a[i]]).product();
        sum += 0.25 * softmax_pair(theta, 0)[x] * pi * f(x, h, a);
    }
    sum
}

/// Eq. 8-9 and 25-29: with the advice part of the trajectory, `L_act + L_coord` has at the present parameters the
/// policy gradient `E[grad log q A] + sum_i E[grad log pi_i A]`, and that is the gradient of the value whatever
/// constant is taken off the advantage. All expectations are sums over every trajectory.
#[test]
fn eq_8_9_and_25_to_29_the_surrogate_has_the_policy_gradient() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(8);
    let theta: Vec<f64> = (0..18).map(|_| rng.random_range(-1.0..1.0)).collect();
    let wins = |h: [usize; 2], a: [usize; 2]| f64::from(a[0] ^ a[1] == h[0] & h[1]);
    let baseline = expectation(&theta, &|_, h, a| wins(h, a));
    let advantage = |h, a| wins(h, a) - baseline;
    let value = |new: &[f64]| expectation(new, &|_, h, a| wins(h, a));
    // ratios against the old policy, over trajectories of the old policy
    let coordinator = |new: &[f64]| {
        expectation(&theta, &|x, h, a| softmax_pair(new, 0)[x] / softmax_pair(&theta, 0)[x] * advantage(h, a))
    };
    let actors = |new: &[f64]| {
        expectation(&theta, &|x, h, a| {
            let ratio = |i: usize| actor(new, i, x, h[i])[a[i]] / actor(&theta, i, x, h[i])[a[i]];
            (ratio(0) + ratio(1)) * advantage(h, a)
        })
    };
    let joint = |new: &[f64]| {
        expectation(&theta, &|x, h, a| {
            let pi = |t: &[f64]| softmax_pair(t, 0)[x] * actor(t, 0, x, h[0])[a[0]] * actor(t, 1, x, h[1])[a[1]];
            pi(new) / pi(&theta) * advantage(h, a)
        })
    };
    let mut largest = 0.0_f64;
    for at in 0..theta.len() {
        let slope = |f: &dyn Fn(&[f64]) -> f64| {
            let moved = |step: f64| {
                let mut new = theta.clone();
                new[at] += step;
                f(&new)
            };
            (moved(1e-5) - moved(-1e-5)) / 2e-5
        };
        let (true_slope, two_terms, one_term) = (slope(&value), slope(&coordinator) + slope(&actors), slope(&joint));
        assert!((true_slope - two_terms).abs() < 1e-9, "parameter {at}: {true_slope} and {two_terms}");
        assert!((true_slope - one_term).abs() < 1e-9, "parameter {at}: {true_slope} and {one_term}");
        // the coordinator's term moves with the coordinator's parameters only
        assert!(at < 2 || slope(&coordinator) == 0.0);
        largest = largest.max(true_slope.abs());
    }
    assert!(largest > 1e-2);
}

/// Eq. 20: over every play, `grad J + alpha grad H` is the gradient of `E[sg(V - alpha W) log pi]`, `W = log pi + 1`.
#[test]
fn eq_20_the_surrogate_of_reinforce() {
    // one question, answers by a softmax of three numbers
    let theta = [0.3, -0.4, 0.9];
    let (alpha, payoff) = (0.2, [1.0, 0.0, 0.5]);
    let pi = |t: &[f64]| -> Vec<f64> {
        let total: f64 = t.iter().map(|x| x.exp()).sum();
        t.iter().map(|x| x.exp() / total).collect()
    };
    let old = pi(&theta);
    let objective = |t: &[f64]| -> f64 { pi(t).iter().zip(payoff).map(|(p, v)| p * (v - alpha * p.ln())).sum() };
    let surrogate = |t: &[f64]| -> f64 {
        let held = old.iter().zip(payoff).map(|(p, v)| p * (v - alpha * (p.ln() + 1.0)));
        held.zip(pi(t)).map(|(weight, p)| weight * p.ln()).sum()
    };
    for at in 0..3 {
        let slope = |f: &dyn Fn(&[f64]) -> f64| {
            let moved = |step: f64| {
                let mut t = theta;
                t[at] += step;
                f(&t)
            };
            (moved(1e-5) - moved(-1e-5)) / 2e-5
        };
        assert!((slope(&objective) - slope(&surrogate)).abs() < 1e-9);
    }
}
