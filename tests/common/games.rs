//! Games with known values, and operations on games.

use bellwether::game::{Game, Rational, Scenario};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::collections::BTreeMap;

pub fn rational(p: i64, q: i64) -> Rational {
    Rational::new(p.into(), q.into())
}

pub fn scenario(questions: &[usize], answers: &[usize]) -> Scenario {
    Scenario::new(questions.to_vec(), answers.to_vec()).unwrap()
}

/// CHSH: SR 3/4, NS 1.
pub fn chsh() -> Game {
    let s = scenario(&[2, 2], &[2, 2]);
    Game::win_lose("chsh", s, |_| rational(1, 4), |x, a| a[0] ^ a[1] == x[0] & x[1]).unwrap()
}

/// GHZ for three players: SR 3/4, NS 1.
pub fn ghz() -> Game {
    let s = scenario(&[2, 2, 2], &[2, 2, 2]);
    let even = |x: &[usize]| (x[0] + x[1] + x[2]).is_multiple_of(2);
    Game::win_lose(
        "ghz",
        s,
        move |x| {
            if even(x) { rational(1, 4) } else { rational(0, 1) }
        },
        |x, a| a[0] ^ a[1] ^ a[2] == x[0] | x[1] | x[2],
    )
    .unwrap()
}

/// Rendezvous: the players start at vertices (x, y), each moves to a neighbour, they win if they meet.
pub fn rendezvous(name: &str, neighbours: &[Vec<usize>], asked: impl Fn(usize, usize) -> bool) -> Game {
    let (n, k) = (neighbours.len(), neighbours[0].len());
    let weight = rational(1, (n * n) as i64);
    Game::win_lose(
        name,
        scenario(&[n, n], &[k, k]),
        |_| weight.clone(),
        |x, a| asked(x[0], x[1]) && neighbours[x[0]][a[0]] == neighbours[x[1]][a[1]],
    )
    .unwrap()
}

/// Rendezvous on K4: SR 5/8, NS 3/4.
pub fn tetra() -> Game {
    let k4: Vec<Vec<usize>> = (0..4).map(|v| (0..4).filter(|&w| w != v).collect()).collect();
    rendezvous("tetra", &k4, |_, _| true)
}

/// Rendezvous on the cube, answer k flips bit k: SR 5/16, NS 3/8.
pub fn cube() -> Game {
    let cube: Vec<Vec<usize>> = (0..8).map(|v| (0..3).map(|k| v ^ (1 << k)).collect()).collect();
    rendezvous("cube", &cube, |_, _| true)
}

/// The functional I3322 in Collins-Gisin form: SR 0, NS 1.
pub fn i3322() -> Game {
    // rows: identity, B0, B1, B2; first column: A marginals
    let table = [[0, -1, 0, 0], [-2, 1, 1, 1], [-1, 1, 1, -1], [0, 1, -1, 0]];
    Game::functional("i3322", scenario(&[3, 3], &[2, 2]), |x, a| {
        let mut c = 0;
        // outcome 0 is the one counted; marginals are read at the other's question 0
        if a[0] == 0 && a[1] == 0 {
            c += table[1 + x[1]][1 + x[0]];
        }
        if a[0] == 0 && x[1] == 0 {
            c += table[0][1 + x[0]];
        }
        if a[1] == 0 && x[0] == 0 {
            c += table[1 + x[1]][0];
        }
        rational(c, 1)
    })
    .unwrap()
}

/// Magic square: rows of even, columns of odd parity, equal where they cross; SR 8/9, NS 1.
pub fn magic_square() -> Game {
    let s = scenario(&[3, 3], &[4, 4]);
    let row = |a: usize| [a & 1, a >> 1, (a & 1) ^ (a >> 1)];
    let column = |b: usize| [b & 1, b >> 1, 1 ^ (b & 1) ^ (b >> 1)];
    Game::win_lose("magic-square", s, |_| rational(1, 9), move |x, a| row(a[0])[x[1]] == column(a[1])[x[0]]).unwrap()
}

/// Guess your neighbour's input for three players: SR 1/4, NS 1/3.
pub fn gyni() -> Game {
    let s = scenario(&[2, 2, 2], &[2, 2, 2]);
    Game::win_lose(
        "gyni",
        s,
        |x| {
            if (x[0] ^ x[1] ^ x[2]) == 0 { rational(1, 4) } else { rational(0, 1) }
        },
        |x, a| a[0] == x[1] && a[1] == x[2] && a[2] == x[0],
    )
    .unwrap()
}

/// A functional from dense integer coefficients.
pub fn dense(name: &str, s: &Scenario, c: &[i64]) -> Game {
    Game::functional(name, s.clone(), |x, a| {
        rational(c[s.question_index(x) * s.joint_answers() + s.answer_index(a)], 1)
    })
    .unwrap()
}

/// Exhaustive maximum over all deterministic strategies, by the definition.
pub fn brute_force(game: &Game) -> Rational {
    let list = bellwether::bound::local_lp::vertices(game.scenario()).unwrap();
    list.iter().map(|d| d.value(game)).max().unwrap()
}

/// Both games side by side, chosen by a fair sum of their payoffs: questions of either kind never meet.
pub fn disjoint_union(f: &Game, g: &Game) -> Game {
    let (sf, sg) = (f.scenario(), g.scenario());
    let add = |a: &[usize], b: &[usize]| -> Vec<usize> { a.iter().zip(b).map(|(x, y)| x + y).collect() };
    let answers: Vec<usize> = sf.answers().iter().zip(sg.answers()).map(|(a, b)| *a.max(b)).collect();
    let s = scenario(&add(sf.questions(), sg.questions()), &answers);
    let look = |game: &Game, x: &[usize], a: &[usize]| -> Rational {
        let s = game.scenario();
        // an answer a game does not know counts as its last
        let a: Vec<usize> = a.iter().zip(s.answers()).map(|(&a, &n)| a.min(n - 1)).collect();
        let (q, a) = (s.question_index(x), s.answer_index(&a));
        let term = game.terms().iter().find(|t| t.question == q && t.answer == a);
        term.map_or(rational(0, 1), |t| t.weight.clone())
    };
    Game::functional("union", s, |x, a| {
        let in_f: Vec<bool> = x.iter().zip(sf.questions()).map(|(x, q)| x < q).collect();
        if in_f.iter().all(|v| *v) {
            look(f, x, a)
        } else if in_f.iter().any(|v| *v) {
            rational(0, 1)
        } else {
            let x: Vec<usize> = x.iter().zip(sf.questions()).map(|(x, q)| x - q).collect();
            look(g, &x, a)
        }
    })
    .unwrap()
}

/// Both games at once: questions and answers are pairs, the payoff is the product.
pub fn product(f: &Game, g: &Game) -> Game {
    let (sf, sg) = (f.scenario(), g.scenario());
    let times = |a: &[usize], b: &[usize]| -> Vec<usize> { a.iter().zip(b).map(|(x, y)| x * y).collect() };
    let s = scenario(&times(sf.questions(), sg.questions()), &times(sf.answers(), sg.answers()));
    let table = |game: &Game| {
        let mut dense = vec![rational(0, 1); game.scenario().cells()];
        for t in game.terms() {
            dense[t.question * game.scenario().joint_answers() + t.answer] = t.weight.clone();
        }
        dense
    };
    let (df, dg) = (table(f), table(g));
    Game::functional("product", s, |x, a| {
        let pick = |s: &Scenario, first: bool, d: &[Rational]| {
            let part = |v: &[usize], radix: &[usize]| -> Vec<usize> {
                v.iter().zip(radix).map(|(v, r)| if first { v / r } else { v % r }).collect()
            };
            let (q, b) = (part(x, sg.questions()), part(a, sg.answers()));
            d[s.question_index(&q) * s.joint_answers() + s.answer_index(&b)].clone()
        };
        pick(sf, true, &df) * pick(sg, false, &dg)
    })
    .unwrap()
}

/// The game under permutations of players, questions and answers.
pub fn relabelled(game: &Game, rng: &mut Xoshiro256PlusPlus) -> Game {
    let s = game.scenario();
    let mut shuffle = |n: usize| {
        let mut p: Vec<usize> = (0..n).collect();
        for k in (1..n).rev() {
            p.swap(k, rng.random_range(0..=k));
        }
        p
    };
    let n = s.players();
    let player = shuffle(n);
    let question: Vec<Vec<usize>> = (0..n).map(|i| shuffle(s.questions()[i])).collect();
    let answer: Vec<Vec<Vec<usize>>> =
        (0..n).map(|i| (0..s.questions()[i]).map(|_| shuffle(s.answers()[i])).collect()).collect();
    let pick = |list: &[usize]| (0..n).map(|i| list[player[i]]).collect();
    let t = Scenario::new(pick(s.questions()), pick(s.answers())).unwrap();
    let weights: BTreeMap<(usize, usize), Rational> =
        game.terms().iter().map(|t| ((t.question, t.answer), t.weight.clone())).collect();
    Game::functional("relabelled", t, |x, a| {
        let (mut y, mut b) = (vec![0; n], vec![0; n]);
        for i in 0..n {
            let old = player[i];
            y[old] = question[old][x[i]];
            b[old] = answer[old][y[old]][a[i]];
        }
        let key = (s.question_index(&y), s.answer_index(&b));
        weights.get(&key).cloned().unwrap_or_else(|| rational(0, 1))
    })
    .unwrap()
}
