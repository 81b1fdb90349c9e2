//! Changes a JSON document into another one; used by the fuzz targets and by `tests/fuzz_corpus.rs`.

use serde_json::Value;

/// SplitMix64: a seed stretched to what one mutation asks for.
struct Choices(u64);

impl Choices {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// A small signed step.
    fn step(&mut self) -> i64 {
        self.below(5) as i64 - 2
    }
}

/// The document with one to three nodes changed, moved or copied; nothing if the text is no JSON.
pub fn document(text: &[u8], seed: u64) -> Option<Vec<u8>> {
    let mut document: Value = serde_json::from_slice(text).ok()?;
    let mut choices = Choices(seed);
    for _ in 0..1 + choices.below(3) {
        let donor = choices.below(count(&document));
        let donor = node(&mut document, &mut { donor })?.clone();
        let at = choices.below(count(&document));
        mutate(node(&mut document, &mut { at })?, donor, &mut choices);
    }
    serde_json::to_vec(&document).ok()
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    }
}

/// The node of a number in pre-order.
fn node<'a>(value: &'a mut Value, at: &mut usize) -> Option<&'a mut Value> {
    if *at == 0 {
        return Some(value);
    }
    *at -= 1;
    match value {
        Value::Array(list) => list.iter_mut().find_map(|v| node(v, at)),
        Value::Object(map) => map.values_mut().find_map(|v| node(v, at)),
        _ => None,
    }
}

const WORDS: [&str; 26] = [
    "0",
    "1",
    "-1",
    "1/2",
    "3/4",
    "2",
    "1/4",
    "-0",
    "9/8",
    "1e3",
    "0.5",
    "100000007",
    "x",
    "classical_upper",
    "classical_lower",
    "quantum_lower",
    "quantum_upper",
    "ns_upper",
    "nonlocal_behaviour",
    "stat_reject_classical",
    "advantage",
    "eps_optimal",
    "functional",
    "game",
    "qcert",
    "bellwether-game/1",
];

fn mutate(value: &mut Value, donor: Value, choices: &mut Choices) {
    let replace = choices.below(8) == 0;
    match value {
        Value::Array(list) if !list.is_empty() && !replace => {
            let (i, j) = (choices.below(list.len()), choices.below(list.len()));
            match choices.below(5) {
                0 => list.swap(i, j),
                1 => drop(list.remove(i)),
                2 => list.insert(j, list[i].clone()),
                3 => list[j] = list[i].clone(),
                _ => list.insert(j, donor),
            }
        }
        Value::Object(map) if !map.is_empty() && !replace => {
            let keys: Vec<String> = map.keys().cloned().collect();
            let (from, to) = (&keys[choices.below(keys.len())], &keys[choices.below(keys.len())]);
            match choices.below(3) {
                0 => drop(map.remove(from)),
                1 => {
                    let copy = map[from].clone();
                    map.insert(to.clone(), copy);
                }
                _ => drop(map.insert(format!("{from}{}", choices.below(10)), donor)),
            }
        }
        Value::String(text) if !replace => match choices.below(4) {
            0 => *text = WORDS[choices.below(WORDS.len())].to_owned(),
            1 => {
                let digit = char::from(b'0' + choices.below(10) as u8);
                let at = choices.below(text.len() + 1);
                if text.is_char_boundary(at) {
                    text.insert(at, digit);
                }
            }
            2 => drop(text.pop()),
            _ => match text.parse::<i64>() {
                Ok(n) => *text = n.wrapping_add(choices.step()).to_string(),
                Err(_) => text.insert(0, '-'),
            },
        },
        Value::Number(number) if !replace => {
            *value = match choices.below(5) {
                0 => Value::from(choices.below(5)),
                1 => Value::from(choices.next() as i64),
                2 => Value::from(f64::from_bits(choices.next())),
                3 => Value::from(number.as_f64().unwrap_or(0.0) + choices.step() as f64),
                _ => Value::from(number.as_i64().unwrap_or(0).wrapping_add(choices.step())),
            };
        }
        _ => {
            *value = match choices.below(6) {
                0 => Value::Null,
                1 => Value::Bool(choices.below(2) == 0),
                2 => Value::Array(vec![donor]),
                3 => Value::from(""),
                _ => donor,
            };
        }
    }
}
