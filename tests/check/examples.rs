//! The example files: solutions of known games with exact entries.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::support::*;

/// A game table from its predicate, uniform over the given questions.
fn uniform(name: &str, questions: &[Vec<usize>], answers: &[usize], win: impl Fn(&[usize], &[usize]) -> bool) -> Value {
    let sizes: Vec<usize> = (0..answers.len()).map(|i| questions.iter().map(|x| x[i] + 1).max().unwrap()).collect();
    let (mut mu, mut wins) = (Vec::new(), Vec::new());
    for x in questions {
        let mut row: Vec<Value> = x.iter().map(|v| json!(v)).collect();
        row.push(json!(format!("1/{}", questions.len())));
        mu.push(json!(row));
        for k in 0..answers.iter().product() {
            let (mut rest, mut a) = (k, vec![0; answers.len()]);
            for (slot, size) in a.iter_mut().zip(answers).rev() {
                (*slot, rest) = (rest % size, rest / size);
            }
            if win(x, &a) {
                wins.push(json!([x.clone(), a].concat()));
            }
        }
    }
    json!({"kind": "game", "name": name, "questions": sizes, "answers": answers, "mu": mu, "win": wins})
}

fn grid(n: usize) -> Vec<Vec<usize>> {
    (0..n * n).map(|k| vec![k / n, k % n]).collect()
}

fn maximally_entangled(d: usize) -> Value {
    json!([(0..d * d).map(|k| z(i64::from(k % (d + 1) == 0), 0)).collect::<Vec<_>>()])
}

/// GHZ: X and Y on the state |000> + |111>, against the algebraic bound 1.
pub fn ghz() -> Value {
    let questions: Vec<Vec<usize>> = [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]].map(Vec::from).to_vec();
    let game = uniform("ghz", &questions, &[2, 2, 2], |x, a| (a[0] ^ a[1] ^ a[2]) == (x[0] | x[1] | x[2]));
    let along = |re: i64, im: i64| {
        json!({"den": "2", "m": [
            [[z(1, 0), z(re, -im)], [z(re, im), z(1, 0)]],
            [[z(1, 0), z(-re, im)], [z(-re, -im), z(1, 0)]],
        ]})
    };
    let player = json!([along(1, 0), along(0, 1)]);
    let state: Vec<Value> = (0..8).map(|k| z(i64::from(k == 0 || k == 7), 0)).collect();
    certificate(
        game,
        json!([
            {"id": "c", "type": "classical_upper", "value": "3/4"},
            {"id": "q", "type": "quantum_lower", "value": "1", "dims": [2, 2, 2], "state": [state],
             "povm": [player, player, player]},
            {"id": "n", "type": "ns_upper", "value": "1", "messages": []},
        ]),
        json!([
            {"type": "advantage", "lower": "q", "upper": "c", "value": "1/4"},
            {"type": "eps_optimal", "lower": "q", "upper": "n", "value": "0"},
        ]),
    )
}

/// Rendezvous on the tetrahedron: two maximally entangled qutrits reach 209/324.
pub fn tetra() -> Value {
    let next = |x: usize, a: usize| if a < x { a } else { a + 1 };
    let game = uniform("tetra", &grid(4), &[3, 3], |x, a| next(x[0], a[0]) == next(x[1], a[1]));
    let t: [[i64; 3]; 4] = [[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]];
    let measurement = |x: usize| {
        let elements: Vec<Value> = (0..3)
            .map(|a| {
                // 3 u = 3 (t_x + t_z)/2 - 2 t_x (t_x . (t_x + t_z)/2)
                let half: Vec<i64> = (0..3).map(|k| (t[x][k] + t[next(x, a)][k]) / 2).collect();
                let dot: i64 = half.iter().zip(&t[x]).map(|(u, v)| u * v).sum();
                let u: Vec<i64> = half.iter().zip(&t[x]).map(|(u, v)| 3 * u - 2 * v * dot).collect();
                json!(u.iter().map(|r| u.iter().map(|s| z(r * s, 0)).collect::<Vec<_>>()).collect::<Vec<_>>())
            })
            .collect();
        json!({"den": "9", "m": elements})
    };
    let player = json!((0..4).map(measurement).collect::<Vec<_>>());
    certificate(
        game,
        json!([
            {"id": "c", "type": "classical_upper", "value": "5/8"},
            {"id": "q", "type": "quantum_lower", "value": "209/324", "dims": [3, 3],
             "state": maximally_entangled(3), "povm": [player, player]},
        ]),
        json!([{"type": "advantage", "lower": "q", "upper": "c", "value": "13/648"}]),
    )
}

type Complex = (i64, i64);
type Matrix = Vec<Vec<Complex>>;

fn times((a, b): Complex, (c, d): Complex) -> Complex {
    (a * c - b * d, a * d + b * c)
}

/// The magic square: Pauli products, two pairs of qubits, value 1.
pub fn magic_square() -> Value {
    let pauli = |p: char| -> [[Complex; 2]; 2] {
        match p {
            'X' => [[(0, 0), (1, 0)], [(1, 0), (0, 0)]],
            'Y' => [[(0, 0), (0, -1)], [(0, 1), (0, 0)]],
            'Z' => [[(1, 0), (0, 0)], [(0, 0), (-1, 0)]],
            _ => [[(1, 0), (0, 0)], [(0, 0), (1, 0)]],
        }
    };
    let two = |name: &str| -> Matrix {
        let mut letters = name.chars().map(pauli);
        let (p, q) = (letters.next().unwrap(), letters.next().unwrap());
        (0..4).map(|r| (0..4).map(|s| times(p[r / 2][s / 2], q[r % 2][s % 2])).collect()).collect()
    };
    let square = [["XI", "IX", "XX"], ["IZ", "ZI", "ZZ"], ["XZ", "ZX", "YY"]];
    // Answer 2 b_0 + b_1; the last bit makes the parity even, odd for Bob's last column.
    let bits = |player: usize, question: usize, a: usize| -> [usize; 3] {
        let (b0, b1) = (a >> 1, a & 1);
        [b0, b1, b0 ^ b1 ^ usize::from(player == 1 && question == 2)]
    };
    let measurement = |player: usize, question: usize| {
        let elements: Vec<Value> = (0..4)
            .map(|a| {
                let bits = bits(player, question, a);
                let mut sum: Matrix = two("II");
                for (k, bit) in bits.iter().enumerate() {
                    let name = if player == 0 { square[question][k] } else { square[k][question] };
                    for (row, more) in sum.iter_mut().zip(two(name)) {
                        for (entry, (re, im)) in row.iter_mut().zip(more) {
                            let sign = 1 - 2 * (*bit as i64);
                            entry.0 += sign * re;
                            entry.1 += sign * im * if player == 0 { 1 } else { -1 };
                        }
                    }
                }
                json!(
                    sum.iter().map(|row| row.iter().map(|&(re, im)| z(re, im)).collect::<Vec<_>>()).collect::<Vec<_>>()
                )
            })
            .collect();
        json!({"den": "4", "m": elements})
    };
    let povm: Vec<Value> = (0..2).map(|p| json!((0..3).map(|x| measurement(p, x)).collect::<Vec<_>>())).collect();
    let game =
        uniform("magic-square", &grid(3), &[4, 4], |x, a| bits(0, x[0], a[0])[x[1]] == bits(1, x[1], a[1])[x[0]]);
    certificate(
        game,
        json!([
            {"id": "c", "type": "classical_upper", "value": "8/9"},
            {"id": "q", "type": "quantum_lower", "value": "1", "dims": [4, 4],
             "state": maximally_entangled(4), "povm": povm},
            {"id": "n", "type": "ns_upper", "value": "1", "messages": []},
        ]),
        json!([
            {"type": "advantage", "lower": "q", "upper": "c", "value": "1/9"},
            {"type": "eps_optimal", "lower": "q", "upper": "n", "value": "0"},
        ]),
    )
}

/// Rendezvous on a cycle: no advantage, since even no-signalling reaches the classical 1/4.
pub fn cycle8() -> Value {
    let step = |x: usize, a: usize| if a == 0 { (x + 7) % 8 } else { (x + 1) % 8 };
    let game = uniform("cycle8", &grid(8), &[2, 2], |x, a| step(x[0], a[0]) == step(x[1], a[1]));
    certificate(
        game,
        json!([
            {"id": "u", "type": "classical_upper", "value": "1/4"},
            {"id": "l", "type": "classical_lower", "value": "1/4",
             "strategy": [[0, 0, 1, 1, 0, 0, 1, 1], [0, 0, 1, 1, 0, 0, 1, 1]]},
        ]),
        json!([{"type": "eps_optimal", "lower": "l", "upper": "u", "value": "0"}]),
    )
}

/// Every example with its file name.
pub fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("chsh", everything()),
        ("ghz", ghz()),
        ("tetra", tetra()),
        ("magic-square", magic_square()),
        ("cycle8", cycle8()),
    ]
}

pub fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/certificates")
}

#[test]
fn known_values_are_proved() {
    assert!(lines(&ghz()).contains(&"PROVED omega_q - value(q) <= 0 = 0 (eps_optimal q/n)".to_owned()));
    assert!(lines(&tetra()).contains(&"PROVED omega_q >= 209/324 >= 0.645061728395 (quantum_lower q)".to_owned()));
    assert!(
        lines(&magic_square())
            .contains(&"PROVED omega_q - omega_c >= 1/9 >= 0.111111111111 (advantage q/c)".to_owned())
    );
    assert_eq!(lines(&cycle8()).len(), 3);
}

#[test]
fn known_values_are_not_exceeded() {
    use bellwether::check::RejectCode::Claim;
    for (example, pointer, value) in [
        (tetra(), "/proofs/0/value", "624999999999/1000000000000"),
        (tetra(), "/proofs/1/value", "6450617283951/10000000000000"),
        (ghz(), "/proofs/1/value", "1000000000001/1000000000000"),
        (magic_square(), "/proofs/0/value", "8888888887/10000000000"),
        (cycle8(), "/proofs/0/value", "1/5"),
        (cycle8(), "/proofs/1/value", "7/25"),
    ] {
        refused(&with(&example, pointer, serde_json::json!(value)), Claim);
    }
}

/// Every certificate of the project, made by code or by its provers.
pub fn files() -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(directory()).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let bytes = std::fs::read(&path).unwrap();
        (path, bytes)
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn every_file_is_proved() {
    let files = files();
    assert!(files.len() >= 10);
    for (path, bytes) in files {
        let proved = run_text(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        // two of them prove optimality with nothing left over
        if path.ends_with("tetra-exact.json") || path.ends_with("cube-exact.json") {
            let last = proved.last().map(ToString::to_string);
            let wanted = "PROVED omega_q - value(strategy) <= 0 = 0 (eps_optimal strategy/squares)";
            assert_eq!(last.as_deref(), Some(wanted));
        }
    }
}

/// The files are what the code makes; `BELLWETHER_BLESS=1` writes them anew.
#[test]
fn example_files_are_current() {
    for (name, certificate) in all() {
        let path = directory().join(format!("{name}.json"));
        let text = format!("{certificate}\n");
        if std::env::var_os("BELLWETHER_BLESS").is_some() {
            std::fs::create_dir_all(directory()).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text, "{name}");
    }
}
