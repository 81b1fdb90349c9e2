//! The passes of a network against its definition.

use super::*;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// The definition in double precision, one sample at a time.
fn reference(net: &Mlp, theta: &[f64], x: &[f64]) -> Vec<f64> {
    let (mut h, mut at) = (x.to_vec(), 0);
    let last = net.widths.len() - 2;
    for (layer, (i, o)) in net.layers().enumerate() {
        let unit = |k: usize| -> f64 {
            let column = (0..i).map(|j| theta[at + j * o + k]);
            let y = column.zip(&h).map(|(w, h)| w * h).sum::<f64>() + theta[at + i * o + k];
            if layer < last { y.tanh() } else { y }
        };
        h = (0..o).map(unit).collect();
        at += (i + 1) * o;
    }
    h
}

#[test]
fn forward_and_reverse_agree_with_the_definition() {
    for (i, hidden, o) in [(1, vec![32, 32], 8), (3, vec![5], 2), (7, vec![], 3), (2, vec![6, 9, 4], 1)] {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        let net = Mlp::new(i, &hidden, o);
        let mut theta = vec![0.0; net.parameters()];
        net.initialise(0.8, &mut rng, &mut theta);
        theta.iter_mut().enumerate().for_each(|(k, t)| *t = f64::from(*t as f32) + f64::from((k % 7) as f32 * 0.03125));
        let single: Vec<f32> = theta.iter().map(|t| *t as f32).collect();
        let theta: Vec<f64> = single.iter().map(|t| f64::from(*t)).collect();
        let x: Vec<f32> = (0..i * LANES).map(|k| (k as f32 * 0.61).sin()).collect();
        let (mut work, mut ready) = (net.work(), Vec::new());
        net.ready(&theta, &mut ready);
        assert_eq!(ready.len(), net.ready_len());
        let y = net.forward(&ready, &x, &mut work).to_vec();
        let lane = |l: usize| -> Vec<f64> { (0..i).map(|f| f64::from(x[f * LANES + l])).collect() };
        for l in 0..LANES {
            for (k, want) in reference(&net, &theta, &lane(l)).iter().enumerate() {
                approx::assert_abs_diff_eq!(f64::from(y[k * LANES + l]), want, epsilon = 1e-5);
            }
        }
        // L = sum of cos-weighted outputs; central differences of the definition
        let c: Vec<f32> = (0..o * LANES).map(|k| (k as f32 * 0.29).cos()).collect();
        let mut gradient = vec![0.0_f32; net.parameters()];
        net.backward(&ready, &c, &mut work, &mut gradient);
        for k in 0..theta.len() {
            let at = |h: f64| -> f64 {
                let mut moved = theta.clone();
                moved[k] += h;
                (0..LANES)
                    .map(|l| {
                        let y = reference(&net, &moved, &lane(l));
                        y.iter().enumerate().map(|(k, y)| y * f64::from(c[k * LANES + l])).sum::<f64>()
                    })
                    .sum()
            };
            let numeric = (at(1e-4) - at(-1e-4)) / 2e-4;
            approx::assert_abs_diff_eq!(f64::from(gradient[k]), numeric, epsilon = 2e-5 * (LANES as f64));
        }
    }
}

#[test]
fn initial_weights_are_orthogonal() {
    let net = Mlp::new(4, &[6], 3);
    let mut theta = vec![0.0; net.parameters()];
    net.initialise(0.5, &mut Xoshiro256PlusPlus::seed_from_u64(1), &mut theta);
    for a in 0..4 {
        for b in 0..4 {
            let dot: f64 = (0..6).map(|r| theta[a * 6 + r] * theta[b * 6 + r]).sum();
            approx::assert_abs_diff_eq!(dot, if a == b { 2.0 } else { 0.0 }, epsilon = 1e-12);
        }
    }
}
