//! The membership program: what it calls local is, what it calls nonlocal breaks an exact inequality.

use super::input::Input;
use crate::bound::local_lp::vertices;
use crate::bound::membership::{Columns, Membership, Options, local_membership};
use crate::bound::{BoundError, rational_of};
use crate::game::{Behaviour, Scenario};
use num_traits::Signed;

/// A mixture of deterministic strategies, of a Popescu-Rohrlich box and of noise, or any table at all.
pub fn membership(data: &[u8]) {
    let mut input = Input::new(data);
    let shapes: [(&[usize], &[usize]); 5] =
        [(&[2, 2], &[2, 2]), (&[3, 2], &[2, 2]), (&[2, 2], &[3, 2]), (&[2], &[3]), (&[2, 2, 2], &[2, 2, 2])];
    let (questions, answers) = shapes[input.choice(shapes.len())];
    let Ok(scenario) = Scenario::new(questions.to_vec(), answers.to_vec()) else {
        panic!("the scenario is small");
    };
    let options = Options {
        columns: [Columns::Auto, Columns::Explicit, Columns::Generated][input.choice(3)],
        ..Options::default()
    };
    let Ok(strategies) = vertices(&scenario) else {
        panic!("the strategies are few");
    };
    let uniform = Behaviour::uniform(scenario.clone());
    let k = scenario.joint_answers();
    let (p, surely_local) = match input.choice(4) {
        0 => {
            let p: Vec<f64> = (0..scenario.cells()).map(|_| input.wild()).collect();
            match Behaviour::new(scenario.clone(), p) {
                Ok(p) => (p, false),
                Err(_) => return,
            }
        }
        kind => {
            // Eq. 4 with up to eight values of the shared randomness
            let mut table = vec![0.0; scenario.cells()];
            let chosen: Vec<(usize, f64)> = (0..1 + input.choice(8))
                .map(|_| (usize::from(input.byte()) % strategies.len(), 1e-3 + input.weight()))
                .collect();
            let total: f64 = chosen.iter().map(|(_, w)| w).sum();
            for (at, weight) in chosen {
                for x in 0..scenario.joint_questions() {
                    table[x * k + strategies[at].answer(&scenario, x)] += weight / total;
                }
            }
            let Ok(local) = Behaviour::new(scenario.clone(), table) else {
                panic!("a mixture of strategies is no behaviour");
            };
            let noisy = local.mix(input.weight(), &uniform);
            let Ok(noisy) = noisy else { panic!("weights are from 0 to 1") };
            if kind == 1 {
                (noisy, true)
            } else {
                // all players' answers odd exactly when all are asked question 1, otherwise even
                let parity = Behaviour::from_fn(scenario.clone(), |x, a| {
                    let two = |a: &usize| *a < 2;
                    let odd = a.iter().sum::<usize>() % 2 == 1;
                    let wanted = odd == x.iter().all(|&x| x == 1);
                    let share = 2.0_f64.powi(1 - a.len() as i32);
                    if a.iter().all(two) && wanted { share } else { 0.0 }
                });
                let mixed = parity.and_then(|parity| noisy.mix(input.weight(), &parity));
                let Ok(mixed) = mixed else { panic!("two behaviours mix") };
                (mixed, false)
            }
        }
    };
    assert!(p.signalling() <= 1.0 + 1e-6);
    match local_membership(&p, &options) {
        Ok(Membership::Local(model)) => {
            let found = model.behaviour(&scenario);
            let Ok(found) = found else { panic!("the model is no behaviour: {model:?}") };
            let gap = found.as_slice().iter().zip(p.as_slice());
            let gap = gap.fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()));
            assert!(gap <= model.residual + 1e-9 && gap <= 1.2e-5, "model off by {gap:e}");
            assert!(model.weights.iter().all(|(_, w)| *w >= 0.0));
        }
        Ok(Membership::Nonlocal(found)) => {
            let inequality = &found.inequality;
            let best = strategies.iter().map(|s| s.value(&inequality.game)).max();
            assert_eq!(best.as_ref(), Some(&inequality.classical), "the classical bound is wrong");
            let violation = inequality.violation(&p);
            assert!(violation.as_ref().is_ok_and(Signed::is_positive), "{violation:?}");
            assert!((0.0..=1.0).contains(&found.visibility));
            assert!(found.visibility <= found.visibility_proved);
            if surely_local {
                // rounding of the table may break an inequality by a few units in the last place only
                let size = inequality.game.terms().iter().map(|t| t.weight.abs()).max();
                let slack = size.zip(rational_of(1e-12)).map(|(size, slack)| size * slack);
                assert!(violation.ok() < slack, "a mixture of strategies called nonlocal");
            }
        }
        Err(BoundError::Signalling { defect, .. }) => {
            assert!(defect > options.signalling && !surely_local);
        }
        // on the boundary of the polytope the numbers may decide neither way
        Err(BoundError::NotConverged { .. } | BoundError::Lp(_)) => {}
        Err(other) => panic!("{other}"),
    }
}
