//! Claims: the in-process referee plays the game it was given, and probing finds that game.

use bellwether::game::black_box::{Estimate, probe};
use bellwether::game::{BlackBox, Game, GameError, Kind, Scenario, TableReferee, catalog, to_f64};
use proptest::prelude::*;
use rand::RngExt;
use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};

fn rng(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

fn game(name: &str) -> Game {
    catalog::lookup(name).unwrap().game
}

/// Pearson's statistic of the drawn questions and its degrees of freedom; questions of weight 0 must not occur.
fn chi_square(game: &Game, seed: u64, n: usize) -> (f64, f64) {
    let mut referee = TableReferee::new(game, seed).unwrap();
    let mut questions = Vec::new();
    referee.ask(n, &mut questions).unwrap();
    assert_eq!(questions.len(), n);
    let mut counts = vec![0u64; game.scenario().joint_questions()];
    for x in questions {
        counts[x as usize] += 1;
    }
    let mut statistic = 0.0;
    for (x, weight) in game.mu() {
        let expected = to_f64(weight) * n as f64;
        statistic += (counts[*x] as f64 - expected).powi(2) / expected;
        counts[*x] = 0;
    }
    assert_eq!(counts.iter().sum::<u64>(), 0, "a question of weight 0 was asked");
    (statistic, (game.mu().len() - 1) as f64)
}

#[test]
fn questions_follow_the_distribution() {
    let skew = Game::win_lose(
        "skew",
        Scenario::new(vec![3, 2], vec![2, 2]).unwrap(),
        |x| {
            [1000, 1, 100, 10, 0, 8889].map(|w| bellwether::game::Rational::new(w.into(), 10_000.into()))
                [x[0] * 2 + x[1]]
                .clone()
        },
        |_, a| a[0] == a[1],
    );
    let all =
        ["chsh", "ffl", "gyni:4", "chained:7", "random-xor:3:20", "random:5:6:2:3", "hardy", "rendezvous-petersen"];
    let mut games: Vec<Game> = all.iter().map(|name| game(name)).collect();
    games.push(skew.unwrap());
    for game in games {
        for seed in 0..5 {
            let (statistic, freedom) = chi_square(&game, seed, 200_000);
            // mean = freedom, variance = 2 freedom; five standard deviations and a bit for the small ones
            let limit = freedom + 5.0 * (2.0 * freedom).sqrt() + 10.0;
            assert!(statistic < limit, "{} seed {seed}: {statistic} > {limit}", game.name());
        }
    }
}

#[test]
fn seeds_decide_everything() {
    let chsh = game("random-xor:3:20");
    let ask = |seed: u64, sizes: &[usize]| -> Vec<u32> {
        let mut referee = TableReferee::new(&chsh, seed).unwrap();
        let mut questions = Vec::new();
        let mut all = Vec::new();
        for &n in sizes {
            referee.ask(n, &mut questions).unwrap();
            all.extend_from_slice(&questions);
        }
        all
    };
    assert_eq!(ask(1, &[100]), ask(1, &[30, 0, 70]));
    assert_ne!(ask(1, &[100]), ask(2, &[100]));
}

#[test]
fn payoffs_are_the_predicate_or_the_weighted_coefficients() {
    for line in catalog::list() {
        let game = line.entry.game;
        let s = game.scenario();
        let k = s.joint_answers();
        let mut referee = TableReferee::new(&game, 0).unwrap();
        let questions: Vec<u32> = (0..s.cells()).map(|c| (c / k) as u32).collect();
        let answers: Vec<u32> = (0..s.cells()).map(|c| (c % k) as u32).collect();
        let mut payoff = vec![f64::NAN; s.cells()];
        referee.judge(&questions, &answers, &mut payoff).unwrap();
        assert_eq!(referee.plays(), s.cells() as u64);
        let mut mu = vec![0.0; s.joint_questions()];
        for (x, weight) in game.mu() {
            mu[*x] = to_f64(weight);
        }
        for (cell, weight) in game.weights().iter().enumerate() {
            let paid = payoff[cell] * mu[cell / k];
            assert!((paid - weight).abs() <= 1e-15, "{} cell {cell}", line.name);
            if game.kind() == Kind::WinLose {
                assert!(payoff[cell] == 0.0 || payoff[cell] == 1.0);
            }
        }
    }
}

#[test]
fn plays_are_counted_when_judged_and_nonsense_is_refused() {
    let mut referee = TableReferee::new(&game("chsh"), 0).unwrap();
    let mut questions = vec![9; 9];
    referee.ask(5, &mut questions).unwrap();
    assert_eq!((questions.len(), referee.plays()), (5, 0));
    let mut payoff = [0.0; 5];
    referee.judge(&questions, &[0; 5], &mut payoff).unwrap();
    referee.judge(&questions[..2], &[0; 2], &mut payoff[..2]).unwrap();
    assert_eq!(referee.plays(), 7);
    for (q, a, room) in [(4, 0, 1), (0, 4, 1), (0, 0, 2), (u32::MAX, u32::MAX, 1)] {
        let error = referee.judge(&[q], &[a], &mut payoff[..room]).unwrap_err();
        assert!(matches!(error, GameError::Referee { .. }), "{error}");
    }
    assert_eq!(referee.plays(), 7);
    let nothing = Game::functional("nothing", Scenario::new(vec![1], vec![1]).unwrap(), |_, _| {
        bellwether::game::Rational::from_integer(0.into())
    });
    assert!(TableReferee::new(&nothing.unwrap(), 0).is_err());
}

#[test]
fn plays_judged_by_cell_are_paid_as_one_by_one() {
    for name in ["chsh", "ghz", "i3322"] {
        let game = game(name);
        let (cells, k) = (game.scenario().cells(), game.scenario().joint_answers());
        let mut referee = TableReferee::new(&game, 1).unwrap();
        let counts: Vec<u32> = (0..cells as u32).map(|c| c % 3).collect();
        let mut payoff = vec![f64::NAN; cells];
        assert!(referee.judge_cells(&counts, &mut payoff).unwrap());
        assert_eq!(referee.plays(), counts.iter().map(|n| u64::from(*n)).sum::<u64>());
        for (cell, (n, v)) in counts.iter().zip(&payoff).enumerate() {
            // what was not played stays unknown
            assert_eq!(v.is_nan(), *n == 0, "{name} cell {cell}");
            let mut one = [0.0];
            let (x, a) = ((cell / k) as u32, (cell % k) as u32);
            referee.judge(&[x], &[a], &mut one).unwrap();
            assert!(*n == 0 || *v == one[0], "{name} cell {cell}");
        }
        let plays = referee.plays();
        for (n, m) in [(cells - 1, cells), (cells, cells + 1), (0, 0)] {
            let error = referee.judge_cells(&vec![1; n], &mut vec![0.0; m]).unwrap_err();
            assert!(error.to_string().contains(&format!("the {cells} cells")), "{error}");
        }
        assert_eq!(referee.plays(), plays);
    }
}

/// Pays each cell's payoff plus noise of mean zero.
struct Noisy(TableReferee, Xoshiro256PlusPlus);

impl BlackBox for Noisy {
    fn scenario(&self) -> &Scenario {
        self.0.scenario()
    }
    fn ask(&mut self, n: usize, questions: &mut Vec<u32>) -> Result<(), GameError> {
        self.0.ask(n, questions)
    }
    fn judge(&mut self, x: &[u32], a: &[u32], payoff: &mut [f64]) -> Result<(), GameError> {
        self.0.judge(x, a, payoff)?;
        for v in payoff {
            *v += if self.1.random() { 0.5 } else { -0.5 };
        }
        Ok(())
    }
    fn plays(&self) -> u64 {
        self.0.plays()
    }
}

#[test]
fn probing_tells_noise_from_rules() {
    let chsh = game("chsh");
    let mut noisy = Noisy(TableReferee::new(&chsh, 1).unwrap(), rng(2));
    let estimate = probe(&mut noisy, 40_000, &mut rng(3)).unwrap();
    let seen = estimate.empirical("seen").unwrap();
    assert!(!seen.deterministic && estimate.varies().iter().all(|v| *v));
    assert_eq!(seen.game.kind(), Kind::Functional);
    for (estimated, true_weight) in seen.game.weights().iter().zip(chsh.weights()) {
        assert!((estimated - true_weight).abs() < 0.02, "{estimated} {true_weight}");
    }
}

#[test]
fn a_short_probe_lists_what_it_does_not_know() {
    let magic = game("magic-square");
    let probed =
        |plays: u64| -> Estimate { probe(&mut TableReferee::new(&magic, 1).unwrap(), plays, &mut rng(4)).unwrap() };
    assert!(probed(0).empirical("x").is_err());
    let five = probed(5);
    let seen = five.empirical("seen").unwrap();
    let asked = five.question_counts().iter().filter(|&&n| n > 0).count();
    assert_eq!(seen.unasked.len() + asked, 9);
    assert_eq!(seen.unknown.len(), asked * 16 - 5);
    // 16 plays of a question show all its cells
    let many = probed(9 * 16 * 3);
    let seen = many.empirical("seen").unwrap();
    let full = many.question_counts().iter().all(|&n| n >= 16);
    assert_eq!(full, seen.unknown.is_empty());
    assert!(full);
    assert!(probe(&mut TableReferee::new(&magic, 1).unwrap(), 1 << 32, &mut rng(4)).is_err());
}

#[test]
fn functionals_are_found_exactly_up_to_frequencies() {
    let i3322 = game("i3322");
    let estimate = probe(&mut TableReferee::new(&i3322, 1).unwrap(), 10_000, &mut rng(5)).unwrap();
    let seen = estimate.empirical("seen").unwrap();
    assert!(seen.deterministic && seen.unknown.is_empty());
    // eight of the nine joint questions occur; the ninth is never asked
    assert_eq!(seen.unasked, [8]);
    // the payoff of a cell is 8 c(x,a) exactly, so the estimate is 8 c times the frequency
    for t in i3322.terms() {
        let found = seen.game.terms().iter().find(|u| (u.question, u.answer) == (t.question, t.answer));
        let frequency = estimate.question_counts()[t.question] as i64;
        let wanted = &t.weight * bellwether::game::Rational::new((8 * frequency).into(), 10_000.into());
        assert_eq!(found.unwrap().weight, wanted);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn probing_recovers_random_games(seed in 0u64..1000, players in 1usize..4) {
        let g = game(&format!("random:{seed}:2:2:{players}"));
        let plays = 20_000;
        let estimate = probe(&mut TableReferee::new(&g, seed).unwrap(), plays, &mut rng(seed)).unwrap();
        let seen = estimate.empirical("seen").unwrap();
        prop_assert!(seen.unknown.is_empty() && seen.unasked.is_empty() && seen.deterministic);
        prop_assert_eq!(seen.game.kind(), Kind::WinLose);
        let cells = |g: &Game| g.terms().iter().map(|t| (t.question, t.answer)).collect::<Vec<_>>();
        prop_assert_eq!(cells(&seen.game), cells(&g));
        let distance: f64 = seen.game.mu().iter().zip(g.mu()).map(|(p, q)| (to_f64(&p.1) - to_f64(&q.1)).abs()).sum();
        prop_assert!(distance <= estimate.distribution_radius(1.0 - 1e-9));
        prop_assert!(estimate.distribution_radius(0.5) < estimate.distribution_radius(0.99));
    }
}
