//! Finite data: bets are fair, error rates hold against classical players with memory, rates are those of theory.

use bellwether::bound::bets::{Bets, Blocks, Estimator, WHOLE, estimate};
use bellwether::bound::joint::{joint_evidence, joint_evidence_of_strategy};
use bellwether::bound::local::{self, Options};
use bellwether::bound::local_lp::vertices;
use bellwether::bound::plan;
use bellwether::bound::running::RunningBets;
use bellwether::game::{Behaviour, Game, Rational, catalog, to_f64};
use bellwether::stats::*;
use bellwether::strategy::Deterministic;
use num_traits::{One, Zero};
use proptest::prelude::*;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

fn game(name: &str) -> Game {
    catalog::lookup(name).unwrap().game
}

fn ratio(p: i64, q: i64) -> Rational {
    Rational::new(p.into(), q.into())
}

/// The optimal behaviour of rendezvous on the tetrahedron: two maximally entangled qutrits, value 209/324.
fn tetra_behaviour() -> Behaviour {
    let t = [[1.0, 1.0, 1.0], [1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]];
    let vector = |x: usize, a: usize| {
        let z = if a < x { a } else { a + 1 };
        let half: Vec<f64> = (0..3).map(|k| 0.5 * (t[x][k] + t[z][k])).collect();
        let dot: f64 = half.iter().zip(&t[x]).map(|(u, v)| u * v).sum();
        (0..3).map(|k| half[k] - 2.0 / 3.0 * t[x][k] * dot).collect::<Vec<f64>>()
    };
    Behaviour::from_fn(game("tetra").scenario().clone(), |x, a| {
        let (u, v) = (vector(x[0], a[0]), vector(x[1], a[1]));
        u.iter().zip(&v).map(|(u, v)| u * v).sum::<f64>().powi(2) / 3.0
    })
    .unwrap()
}

/// The optimal behaviour of CHSH, visibility `v`.
fn chsh_behaviour(v: f64) -> Behaviour {
    Behaviour::from_fn(game("chsh").scenario().clone(), |x, a| {
        let sign = if a[0] ^ a[1] == x[0] & x[1] { 1.0 } else { -1.0 };
        0.25 * (1.0 + sign * v * std::f64::consts::FRAC_1_SQRT_2)
    })
    .unwrap()
}

/// Exact mean of a bet under a deterministic strategy.
fn mean_bet(game: &Game, bets: &Bets, d: &Deterministic) -> Rational {
    let s = game.scenario();
    let term = |(x, w): &(usize, Rational)| w * &bets.table()[x * s.joint_answers() + d.answer(s, *x)];
    game.mu().iter().map(term).sum()
}

#[test]
fn no_deterministic_strategy_gains_on_any_bets() {
    for (name, p) in [("chsh", chsh_behaviour(1.0)), ("tetra", tetra_behaviour())] {
        let game = game(name);
        let beta = local::maximum(&game, &Options::default()).unwrap().upper;
        let tables = [
            Bets::against(&game, &p, 1.0).unwrap(),
            Bets::against(&game, &p, 0.3).unwrap(),
            Bets::win_lose(&game, &beta, game.value(&p).unwrap()).unwrap(),
        ];
        for bets in tables {
            let means: Vec<Rational> =
                vertices(game.scenario()).unwrap().iter().map(|d| mean_bet(&game, &bets, d)).collect();
            let most = means.iter().max().unwrap();
            assert!(*most <= Rational::one(), "{name}: {most}");
            // and nothing is given away: the best strategy breaks even to rounding
            assert!(to_f64(most) > 1.0 - 1e-5, "{name}: {}", to_f64(most));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever was counted, bets made from it are exactly fair.
    #[test]
    fn bets_from_any_counts_are_fair(counts in prop::collection::vec(0u64..200, 16), stake in 0.05f64..1.0) {
        let game = game("chsh");
        let p = estimate(&game, &counts, 4.0).unwrap();
        prop_assert!(p.signalling() < 1e-9);
        let bets = Bets::against(&game, &p, stake).unwrap();
        for d in vertices(game.scenario()).unwrap() {
            prop_assert!(mean_bet(&game, &bets, &d) <= Rational::one());
        }
        // and so are those on orbits, around any prior
        let (orbits, prior) = (Blocks::symmetric(&game), chsh_behaviour(0.9));
        let estimator = Estimator { prior: &prior, strength: 7.0 };
        let p = estimator.estimate(&game, &orbits.pool(&counts)).unwrap();
        for bets in Bets::on_blocks(&game, &p, &orbits, &[stake, 1.0]).unwrap() {
            for d in vertices(game.scenario()).unwrap() {
                prop_assert!(mean_bet(&game, &bets, &d) <= Rational::one());
            }
        }
    }

    /// The joint e-value is the least product over deterministic strategies, averaged over stakes.
    #[test]
    fn joint_evidence_is_the_brute_force_minimum(counts in prop::collection::vec((0u64..60, 0u64..60), 4)) {
        let game = game("chsh");
        let asked: Vec<u64> = counts.iter().map(|(w, l)| w + l).collect();
        let wins: Vec<u64> = counts.iter().map(|(w, _)| *w).collect();
        let s = game.scenario().clone();
        let won = |x: usize, a: usize| game.terms().iter().any(|t| t.question == x && t.answer == a);
        let logs: Vec<f64> = [0.02f64, 0.05, 0.12, 0.3].iter().map(|l| {
            vertices(&s).unwrap().iter().map(|d| (0..4).map(|x| {
                if won(x, d.answer(&s, x)) { (asked[x] - wins[x]) as f64 * (-l).ln_1p() } else { wins[x] as f64 * l.ln_1p() }
            }).sum::<f64>()).fold(f64::INFINITY, f64::min)
        }).collect();
        let brute = log_mean_exp(&logs);
        let ours = joint_evidence(&game, &asked, &wins).unwrap();
        prop_assert!(ours <= brute && ours > brute - 1e-6, "{ours} {brute}");
    }
}

/// The figures of the design: 8.33e-3 nats a round against 8.65e-4, 829 rounds against 7985 at 1e-3.
#[test]
fn rates_on_the_tetrahedron() {
    let game = game("tetra");
    let p = tetra_behaviour();
    assert!((game.value(&p).unwrap() - 209.0 / 324.0).abs() < 1e-12);
    let full = Bets::against(&game, &p, WHOLE).unwrap();
    let (g, _) = full.growth(&game, &p);
    assert!((8.25e-3..8.36e-3).contains(&g), "{g}");
    let beta = ratio(5, 8);
    let win = plan::win_lose(&beta, 209.0 / 324.0, 1e-3, 0.9);
    // 7985.36, rounded up
    assert_eq!(win.expected, Some(7986));
    let plan = plan::bets(&game, &full, &p, 1e-3, 0.9, "full").unwrap();
    assert!((825..840).contains(&plan.expected.unwrap()), "{plan:?}");
    // CHSH: full bets give nothing extra
    let (chsh, q) = (self::game("chsh"), chsh_behaviour(1.0));
    let (g, _) = Bets::against(&chsh, &q, 1.0).unwrap().growth(&chsh, &q);
    assert!((g - plan::win_lose(&ratio(3, 4), chsh.value(&q).unwrap(), 1e-3, 0.9).rate.unwrap()).abs() < 1e-4);
}

/// Plays of a behaviour as cells.
fn play(game: &Game, p: &Behaviour, n: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<usize> {
    let k = game.scenario().joint_answers();
    let mu: Vec<f64> = game.mu().iter().map(|(_, w)| to_f64(w)).collect();
    (0..n)
        .map(|_| {
            let x = game.mu()[draw(&mu, rng.random())].0;
            x * k + draw(p.row(x), rng.random())
        })
        .collect()
}

/// The index that a uniform `u` in [0,1) picks.
fn draw(weights: &[f64], mut u: f64) -> usize {
    let picked = weights.iter().position(|w| {
        u -= w;
        u < 0.0
    });
    picked.unwrap_or(weights.len() - 1)
}

/// Full-behaviour bets reject classical players at 1e-3 after about 830 rounds of tetra, win/lose bets after about 8000.
#[test]
fn rounds_to_rejection_on_the_tetrahedron() {
    let game = game("tetra");
    let p = tetra_behaviour();
    let full = Bets::against(&game, &p, WHOLE).unwrap();
    let win = Bets::win_lose(&game, &ratio(5, 8), 209.0 / 324.0).unwrap();
    for (bets, expected) in [(full, 830.0), (win, 7985.0)] {
        let logs = bets.logarithms();
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
        let mut total = 0;
        let runs = 100;
        for _ in 0..runs {
            let (mut wealth, mut n) = (0.0, 0);
            while wealth < 1000f64.ln() {
                for cell in play(&game, &p, 64, &mut rng) {
                    wealth += logs[cell];
                    n += 1;
                    if wealth >= 1000f64.ln() {
                        break;
                    }
                }
            }
            total += n;
        }
        // Wald: the mean time to reach ln(1/alpha) is ln(1/alpha)/g, plus the overshoot
        let mean = f64::from(total) / f64::from(runs);
        assert!((mean / expected - 1.0).abs() < 0.12, "{mean} rounds, expected {expected}");
    }
}

/// A classical adversary with memory: it knows the bets and every past round, and plays the deterministic strategy
/// that gains most on them, or the one whose wins vary most when it is behind.
fn adversary(game: &Game, logs: &[f64], strategies: &[Deterministic], behind: bool) -> usize {
    let s = game.scenario();
    let score = |d: &Deterministic| -> f64 {
        let gains = game.mu().iter().map(|(x, w)| (to_f64(w), logs[x * s.joint_answers() + d.answer(s, *x)]));
        let mean: f64 = gains.clone().map(|(w, l)| w * l.exp()).sum();
        let spread: f64 = gains.map(|(w, l)| w * (l.exp() - mean).powi(2)).sum();
        if mean < 1.0 - 1e-4 {
            mean - 1.0
        } else if behind {
            spread
        } else {
            1.0 / (1.0 + spread)
        }
    };
    (0..strategies.len()).max_by(|a, b| score(&strategies[*a]).total_cmp(&score(&strategies[*b]))).unwrap()
}

/// Ville: the wealth of a classical player with memory reaches 1/alpha in at most a fraction alpha of the experiments, at
/// any time.
#[test]
fn error_rate_holds_against_players_with_memory() {
    let game = game("chsh");
    let s = game.scenario();
    let strategies = vertices(s).unwrap();
    let alpha = 0.1f64;
    let (runs, rounds) = (3000, 400);
    for bets in
        [Bets::against(&game, &chsh_behaviour(1.0), 1.0).unwrap(), Bets::win_lose(&game, &ratio(3, 4), 0.8).unwrap()]
    {
        let logs = bets.logarithms();
        let choice = [false, true].map(|behind| adversary(&game, &logs, &strategies, behind));
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        let mut rejected = 0;
        for _ in 0..runs {
            let mut wealth = 0.0f64;
            for _ in 0..rounds {
                let d = &strategies[choice[usize::from(wealth < 0.0)]];
                let x: usize = rng.random_range(0..4);
                wealth += logs[x * 4 + d.answer(s, x)];
                if wealth >= -alpha.ln() {
                    rejected += 1;
                    break;
                }
            }
        }
        let rate = f64::from(rejected) / f64::from(runs);
        // three standard deviations above alpha
        assert!(rate <= alpha + 3.0 * (alpha * (1.0 - alpha) / f64::from(runs)).sqrt(), "{rate}");
        assert!(rate > 0.2 * alpha, "{rate}: the adversary does not try");
    }
}

/// The same for bets learned on the way, the binomial p-value and the joint test.
#[test]
fn error_rate_of_learned_bets_and_p_values() {
    let game = game("chsh");
    let s = game.scenario();
    let best: Vec<Deterministic> = vertices(s).unwrap().into_iter().filter(|d| d.value(&game) == ratio(3, 4)).collect();
    assert_eq!(best.len(), 8);
    let alpha = 0.1;
    let (runs, rounds) = (400, 600);
    let guess = chsh_behaviour(1.0);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(11);
    let mut rejected = [0u32; 3];
    for _ in 0..runs {
        let mut running = RunningBets::new(&game, Some(&guess)).unwrap().unwrap();
        let (mut asked, mut wins) = (vec![0u64; 4], vec![0u64; 4]);
        let mut last = 0;
        for _ in 0..rounds {
            // keep what won, change after a loss: as much memory as can confuse an estimate
            let d = &best[last];
            let x: usize = rng.random_range(0..4);
            let a = d.answer(s, x);
            let won = game.terms().iter().any(|t| t.question == x && t.answer == a);
            asked[x] += 1;
            wins[x] += u64::from(won);
            if !won {
                last = rng.random_range(0..best.len());
            }
            running.push(x * 4 + a).unwrap();
        }
        let k: u64 = wins.iter().sum();
        let p = binomial_tail_upper(rounds, k, &ratio(3, 4));
        rejected[0] += u32::from(running.ln_wealth() >= -f64::ln(alpha));
        rejected[1] += u32::from(p <= alpha);
        rejected[2] += u32::from(joint_evidence(&game, &asked, &wins).unwrap() >= -f64::ln(alpha));
    }
    let limit = alpha + 3.0 * (alpha * (1.0 - alpha) / f64::from(runs)).sqrt();
    for count in rejected {
        assert!(f64::from(count) / f64::from(runs) <= limit, "{rejected:?}");
    }
    assert!(f64::from(rejected[1]) / f64::from(runs) > 0.05, "players at the bound nearly use up alpha: {rejected:?}");
}

/// The bet that the whole portfolio has on every cell: the mean of all, weighted by wealth.
fn portfolio_bets(running: &mut RunningBets) -> Vec<f64> {
    let total = running.ln_wealth();
    let mut bets = Vec::new();
    for g in running.gamblers() {
        let part = g.share * (g.ln_wealth - total).exp();
        // no bets yet: the wealth stays
        let logs = g.logarithms().iter().copied();
        let logs = logs.chain(std::iter::repeat(0.0));
        bets.resize(bets.len().max(g.logarithms().len()), 0.0);
        bets.iter_mut().zip(logs).for_each(|(b, l)| *b += part * l.exp());
    }
    bets
}

/// Players with memory who know the portfolio, its wealth and all past rounds, against the default bets. In every round they
/// play a deterministic strategy on which these gain as much as on any: while behind the one whose gains vary most, and once in a while one of
/// a fixed kind, so that frequencies seem to mean something.
fn portfolio_rejections(
    game: &Game,
    guess: &Behaviour,
    strategies: &[Deterministic],
    (runs, rounds): (u32, usize),
    alpha: f64,
) -> f64 {
    let s = game.scenario();
    let k = s.joint_answers();
    let mu: Vec<f64> = game.mu().iter().map(|(_, w)| to_f64(w)).collect();
    let cells: Vec<Vec<usize>> =
        strategies.iter().map(|d| game.mu().iter().map(|(x, _)| x * k + d.answer(s, *x)).collect()).collect();
    let mut rejected = 0;
    for run in 0..runs {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(u64::from(run));
        let mut running = RunningBets::new(game, Some(guess)).unwrap().unwrap();
        let mut choice = rng.random_range(0..cells.len());
        for n in 0..rounds {
            if n % 20 == 0 {
                let bets = portfolio_bets(&mut running);
                let score = |cells: &Vec<usize>| {
                    let gains = cells.iter().zip(&mu).map(|(&c, w)| (bets[c], *w));
                    let mean: f64 = gains.clone().map(|(b, w)| w * b).sum();
                    let spread: f64 = gains.map(|(b, w)| w * (b - mean).powi(2)).sum();
                    assert!(mean < 1.0 + 1e-9, "a classical strategy gains: {mean}");
                    if mean < 1.0 - 1e-3 { mean - 1.0 } else { spread.sqrt() }
                };
                let ahead = running.ln_wealth() > 0.0;
                choice = match ahead && n % 3 == 0 {
                    true => rng.random_range(0..cells.len()),
                    false => (0..cells.len()).max_by(|a, b| score(&cells[*a]).total_cmp(&score(&cells[*b]))).unwrap(),
                };
            }
            let x = draw(&mu, rng.random());
            running.push(cells[choice][x]).unwrap();
            if running.ln_wealth() >= -alpha.ln() {
                rejected += 1;
                break;
            }
        }
    }
    f64::from(rejected) / f64::from(runs)
}

/// The same for the default bets, which react to the rounds: players who react to the bets.
#[test]
fn error_rate_of_the_portfolio_against_players_with_memory() {
    let alpha = 0.1f64;
    let limit = |runs: u32| alpha + 3.0 * (alpha * (1.0 - alpha) / f64::from(runs)).sqrt();
    let chsh = game("chsh");
    let all = vertices(chsh.scenario()).unwrap();
    let rate = portfolio_rejections(&chsh, &chsh_behaviour(1.0), &all, (150, 300), alpha);
    assert!(rate <= limit(150), "{rate}");
    assert!(rate > 0.2 * alpha, "{rate}: the players do not try");
    let tetra = game("tetra");
    let best: Vec<Deterministic> =
        vertices(tetra.scenario()).unwrap().into_iter().filter(|d| d.value(&tetra) == ratio(5, 8)).collect();
    assert!(best.len() > 8, "{}", best.len());
    let rate = portfolio_rejections(&tetra, &tetra_behaviour(), &best, (30, 250), alpha);
    assert!(rate <= limit(30), "{rate}");
}

/// Between two choices every gambler's wealth grows by the bets chosen before, and no classical strategy gains on these.
#[test]
fn running_bets_use_earlier_rounds_only() {
    let game = game("chsh");
    let strategies = vertices(game.scenario()).unwrap();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
    let truth = chsh_behaviour(1.0);
    let cells = play(&game, &truth, 1000, &mut rng);
    // no guess, a right one, a wrong one
    for (guess, wanted) in
        [(None, 4.0), (Some(truth.clone()), 10.0), (Some(Behaviour::uniform(game.scenario().clone())), 4.0)]
    {
        let mut running = RunningBets::new(&game, guess.as_ref()).unwrap().unwrap();
        let mut at = 0;
        for pause in [1usize, 63, 64, 84, 111, 128, 200, 256, 400, 700, 1000] {
            let before: Vec<_> = running.gamblers().cloned().collect();
            cells[at..pause].iter().for_each(|&c| running.push(c).unwrap());
            running.ln_wealth();
            for (old, new) in before.iter().zip(running.gamblers()) {
                if old.updates == new.updates && !old.logarithms().is_empty() {
                    let won: f64 = cells[at..pause].iter().map(|&c| old.logarithms()[c]).sum();
                    assert!((new.ln_wealth - old.ln_wealth - won).abs() < 1e-9);
                }
                if old.updates == 0 && new.updates == 0 {
                    assert_eq!(new.ln_wealth, 0.0);
                }
                for d in &strategies {
                    let bet = |x: usize| new.logarithms()[x * 4 + d.answer(game.scenario(), x)].exp();
                    let mean = if new.logarithms().is_empty() { 1.0 } else { (0..4).map(bet).sum::<f64>() / 4.0 };
                    assert!(mean <= 1.0 + 1e-12, "{}: {mean}", new.name);
                }
            }
            at = pause;
        }
        let shares: f64 = running.gamblers().map(|g| g.share).sum();
        assert!((shares - 1.0).abs() < 1e-12);
        assert!(running.updates() >= 4);
        assert!(running.ln_wealth() > wanted, "{}", running.ln_wealth());
    }
}

/// Orbits of cells under the symmetries of a game: what wins and what loses is never in one block, an invariant behaviour keeps its growth,
/// and a game without symmetry keeps its cells.
#[test]
fn bets_on_orbits_lose_nothing() {
    for (name, blocks) in [("chsh", 2), ("tetra", 6), ("cube", 7), ("ghz", 2)] {
        let game = game(name);
        let orbits = Blocks::symmetric(&game);
        assert_eq!(orbits.count(), blocks, "{name}");
        let pays = game.weights();
        for (cell, block) in orbits.of_cells().iter().enumerate() {
            let same = |&(c, b): &(usize, &Option<usize>)| block.is_some() && b == block && c != cell;
            for (other, _) in orbits.of_cells().iter().enumerate().filter(same) {
                assert_eq!(pays[cell], pays[other], "{name}: {cell} and {other}");
            }
        }
    }
    let (tetra, p) = (game("tetra"), tetra_behaviour());
    let growth = |blocks: &Blocks| {
        let bets = Bets::on_blocks(&tetra, &p, blocks, &[WHOLE]).unwrap();
        bets[0].growth(&tetra, &p).0
    };
    let (cells, orbits) = (growth(&Blocks::cells(&tetra)), growth(&Blocks::symmetric(&tetra)));
    assert!((cells - orbits).abs() < 3e-5, "{cells} {orbits}");
    let random = game("random:1:3:3");
    assert_eq!(Blocks::symmetric(&random), Blocks::cells(&random));
}

/// Rounds until the default bets reach 1e-3, one number for each seed, beside those of bets made for the strategy itself.
fn default_rounds(game: &Game, p: &Behaviour, guess: Option<&Behaviour>, seeds: u64, most: usize) -> [Vec<usize>; 2] {
    let beta = local::maximum(game, &Options::default()).unwrap().upper;
    let omniscient = Bets::against(game, p, WHOLE).unwrap().logarithms();
    let pays = game.weights();
    let wanted = 1000f64.ln();
    let mut rounds = [Vec::new(), Vec::new()];
    for seed in 0..seeds {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1000 + seed);
        let mut running = RunningBets::new(game, guess).unwrap().unwrap();
        let (mut wealth, mut wins) = (0.0, 0);
        let mut found = [None; 2];
        for (n, cell) in (1..=most).zip(play(game, p, most, &mut rng)) {
            running.push(cell).unwrap();
            wealth += omniscient[cell];
            wins += u64::from(pays[cell] != 0.0);
            if found[0].is_none() && n % 8 == 0 {
                let parts = [(0.8, running.ln_wealth()), (0.2, ln_e_mixture(n as u64, wins, &beta))];
                found[0] = (log_weighted_sum_exp(&parts) >= wanted).then_some(n);
            }
            found[1] = found[1].or((wealth >= wanted).then_some(n));
            if found.iter().all(Option::is_some) {
                break;
            }
        }
        for (list, n) in rounds.iter_mut().zip(found) {
            list.push(n.unwrap_or(usize::MAX));
        }
    }
    rounds.iter_mut().for_each(|list| list.sort_unstable());
    rounds
}

/// The default bets need little more than those made for the strategy that is played, and not much more if that is not even known.
#[test]
fn default_bets_reject_almost_as_soon_as_those_for_the_strategy() {
    let (game, p) = (game("tetra"), tetra_behaviour());
    let [ours, theirs] = default_rounds(&game, &p, Some(&p), 11, 2000);
    assert!(ours[5] < theirs[5] + 300, "{} {}", ours[5], theirs[5]);
    let [learned, _] = default_rounds(&game, &p, None, 11, 2000);
    assert!(learned[5] < theirs[5] + 800, "{} {}", learned[5], theirs[5]);
}

/// The table of docs/finite-data.md: `cargo test --release --test finite_data -- --ignored --nocapture default`.
#[test]
#[ignore = "minutes: prints the table of docs/finite-data.md"]
fn default_bets_over_two_hundred_experiments() {
    let (tetra, chsh) = (game("tetra"), game("chsh"));
    let (p, q) = (tetra_behaviour(), chsh_behaviour(1.0));
    let noisy = |v: f64| p.mix(v, &Behaviour::uniform(tetra.scenario().clone())).unwrap();
    let cases = [
        ("tetra", &tetra, p.clone(), Some(&p), 200, 12_000),
        ("tetra, strategy not found beforehand", &tetra, p.clone(), None, 200, 12_000),
        ("tetra, visibility 0.98", &tetra, noisy(0.98), Some(&p), 200, 12_000),
        ("chsh", &chsh, q.clone(), Some(&q), 200, 3000),
        ("chsh, visibility 0.95", &chsh, chsh_behaviour(0.95), Some(&q), 200, 3000),
    ];
    for (name, game, truth, guess, runs, most) in cases {
        let lists = default_rounds(game, &truth, guess, runs, most);
        for (bets, list) in ["default", "for the strategy"].iter().zip(&lists) {
            let at = |q: usize| list[(list.len() - 1) * q / 10];
            println!("{name} | {bets} | {} | {} | {}", at(1), at(5), at(9));
        }
    }
    for (game, p, runs) in [(&chsh, &q, 3000), (&tetra, &p, 1000)] {
        let all = vertices(game.scenario()).unwrap();
        let most = all.iter().map(|d| d.value(game)).max().unwrap();
        let best: Vec<_> = all.into_iter().filter(|d| d.value(game) == most).collect();
        let rate = portfolio_rejections(game, p, &best, (runs, 500), 0.1);
        println!("{} | classical players with memory, level 0.1 | {rate}", game.name());
    }
}

/// Coverage at all times at once, of the average of conditional win probabilities that depend on the past.
#[test]
fn confidence_sequences_cover_drifting_players() {
    let alpha = 0.1;
    let (runs, rounds) = (400, 1500u64);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
    let mut missed = 0;
    for _ in 0..runs {
        let (mut k, mut sum) = (0u64, 0.0);
        let mut outside = false;
        for n in 1..=rounds {
            // the players win more after a lucky stretch and less after a bad one
            let p = 0.5 + 0.4 * ((k as f64 / n as f64 - 0.5) * 8.0).tanh();
            sum += p;
            k += u64::from(rng.random::<f64>() < p);
            if n.is_power_of_two() || n % 300 == 0 {
                let (lower, upper) = confidence_sequence(n, k, alpha);
                outside |= sum / (n as f64) < lower || sum / (n as f64) > upper;
            }
        }
        missed += u32::from(outside);
    }
    assert!(f64::from(missed) / f64::from(runs) <= alpha + 0.045, "{missed}");
    // closed form of a vacuous and of a long sequence
    assert_eq!(confidence_sequence(0, 0, 0.05), (0.0, 1.0));
    let (lower, upper) = confidence_sequence(1_000_000, 853_553, 1e-3);
    assert!(0.8535 - lower < 0.003 && upper - 0.8535 < 0.003 && lower < 0.853553 && upper > 0.853553);
}

/// What an end refutes it refutes by more than the rounding of the sums, of which each is of size `n` times a few units.
#[test]
fn ends_of_confidence_sequences_pay_for_rounding() {
    for (n, k) in [(100, 60), (10u64.pow(10), 8 * 10u64.pow(9)), (10u64.pow(12), 10u64.pow(11))] {
        let (lower, upper) = confidence_sequence(n, k, 0.05);
        let wanted = 40f64.ln() + 16.0 * f64::EPSILON * n as f64;
        assert!(win_evidence(n, k, lower + 1e-9) > wanted, "{n} {k}");
        assert!(win_evidence(n, n - k, 1.0 - upper + 1e-9) > wanted, "{n} {k}");
    }
}

#[test]
fn transfer_bounds_are_those_of_the_formula() {
    let alpha = ratio(1, 1000);
    let u = transfer_upper(10_000, 6250, &alpha);
    assert!(transfer_holds(10_000, 6250, &u, &alpha));
    assert!(!transfer_holds(10_000, 6250, &(&u - ratio(2, 1_000_000)), &alpha));
    // below Hoeffding's t = sqrt(ln(1/alpha)/(2n))
    let hoeffding = 0.625 + (1000f64.ln() / 20_000.0).sqrt();
    assert!(to_f64(&u) < hoeffding && to_f64(&u) > 0.625);
    assert!(transfer_upper(10, 10, &alpha).is_one());
    assert!(!transfer_upper(10, 0, &alpha).is_zero());
    // large counts, where powers would have millions of digits
    let large = transfer_upper(100_000_000, 62_500_000, &alpha);
    assert!((to_f64(&large) - 0.625).abs() < 3e-4);
}

/// With mu unknown, sixteen thousand questions show at 1e-3, more often than not, that the optimal tetra strategy beats every classical one, and
/// some forty thousand rounds that its players do.
#[test]
fn joint_tests_have_power() {
    let game = game("tetra");
    let p = tetra_behaviour();
    let h: Vec<f64> = (0..16)
        .map(|x| {
            let won = game.terms().iter().filter(|t| t.question == x);
            won.map(|t| p.row(x)[t.answer]).sum()
        })
        .collect();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
    let mut reached = [0; 2];
    for _ in 0..10 {
        for (which, n) in [(0, 16_000), (1, 40_000)] {
            let (mut asked, mut wins) = (vec![0u64; 16], vec![0u64; 16]);
            for cell in play(&game, &p, n, &mut rng) {
                asked[cell / 9] += 1;
                wins[cell / 9] += u64::from(game.terms().iter().any(|t| t.question * 9 + t.answer == cell));
            }
            let ln_e = match which {
                0 => joint_evidence_of_strategy(&game, &asked, &h).unwrap(),
                _ => joint_evidence(&game, &asked, &wins).unwrap(),
            };
            reached[which] += u32::from(ln_e >= 1000f64.ln());
        }
    }
    assert!(reached[0] >= 5 && reached[1] >= 6, "{reached:?} of 10");
}

/// The exact test needs about as many rounds as planned, and fewer are not enough.
#[test]
fn planned_rounds_have_the_power_promised() {
    let beta = ratio(3, 4);
    let win = (2.0 + 2f64.sqrt()) / 4.0;
    let n = plan::binomial(&beta, win, 1e-3, 0.9).rounds.unwrap();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(9);
    let mut rate = |n: u64| {
        let runs = 600;
        let hits = (0..runs).filter(|_| {
            let k = (0..n).filter(|_| rng.random::<f64>() < win).count() as u64;
            binomial_tail_upper(n, k, &beta) <= 1e-3
        });
        hits.count() as f64 / f64::from(runs)
    };
    let (enough, half) = (rate(n), rate(n / 2));
    assert!((0.85..0.96).contains(&enough), "{enough} at {n}");
    assert!(half < 0.75, "{half}");
    assert_eq!(plan::binomial(&beta, 0.750_000_1, 1e-3, 0.9).test, "exact binomial test");
}
