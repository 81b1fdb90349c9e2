//! Mutators that keep JSON JSON: byte flips alone hardly ever get past the parser.

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzzer_mutate;
use serde_json::Value;

/// Three times in four changes a node of the document, otherwise bytes.
pub fn json(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    if seed % 4 != 0
        && let Some(out) = document(&data[..size], seed)
        && out.len() <= max_size
    {
        data[..out.len()].copy_from_slice(&out);
        return out.len();
    }
    fuzzer_mutate(data, size, max_size)
}

/// The same for one line of several.
pub fn lines(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut lines: Vec<Vec<u8>> = data[..size].split(|&b| b == b'\n').map(<[u8]>::to_vec).collect();
    let at = (seed >> 8) as usize % lines.len();
    if seed % 4 != 0
        && let Some(line) = document(&lines[at], seed)
    {
        lines[at] = line;
        let out = lines.join(&b'\n');
        if out.len() <= max_size {
            data[..out.len()].copy_from_slice(&out);
            return out.len();
        }
    }
    fuzzer_mutate(data, size, max_size)
}

fn document(text: &[u8], seed: u32) -> Option<Vec<u8>> {
    let mut document: Value = serde_json::from_slice(text).ok()?;
    // SplitMix64: the seed stretched to what one mutation asks for
    let mut state = u64::from(seed);
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb).to_le_bytes()
    })
    .take(64)
    .flatten()
    .collect();
    let mut u = Unstructured::new(&bytes);
    for _ in 0..u.int_in_range(1..=3).ok()? {
        let at = u.choose_index(count(&document)).ok()?;
        let donor = u.choose_index(count(&document)).ok()?;
        let donor = node(&mut document, &mut { donor })?.clone();
        mutate(node(&mut document, &mut { at })?, donor, &mut u).ok()?;
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

fn mutate(value: &mut Value, donor: Value, u: &mut Unstructured<'_>) -> Result<()> {
    match value {
        Value::Array(list) if !list.is_empty() && u.ratio(5, 6)? => {
            let (i, j) = (u.choose_index(list.len())?, u.choose_index(list.len())?);
            match u.int_in_range(0..=4)? {
                0 => list.swap(i, j),
                1 => {
                    list.remove(i);
                }
                2 => list.insert(j, list[i].clone()),
                3 => list[j] = list[i].clone(),
                _ => list.insert(j, donor),
            }
        }
        Value::Object(map) if !map.is_empty() && u.ratio(5, 6)? => {
            let keys: Vec<String> = map.keys().cloned().collect();
            let (from, to) = (u.choose(&keys)?, u.choose(&keys)?);
            match u.int_in_range(0..=2)? {
                0 => {
                    map.remove(from);
                }
                1 => {
                    let copy = map[from].clone();
                    map.insert(to.clone(), copy);
                }
                _ => {
                    map.insert(format!("{from}{}", u.int_in_range(0..=9)?), donor);
                }
            }
        }
        Value::String(text) if u.ratio(7, 8)? => {
            let words = [
                "0", "1", "-1", "1/2", "3/4", "2", "1/4", "-0", "9/8", "1e3", "0.5", "100000007", "x",
                "classical_upper", "classical_lower", "quantum_lower", "quantum_upper", "ns_upper",
                "nonlocal_behaviour", "stat_reject_classical", "advantage", "eps_optimal", "functional", "game",
            ];
            match u.int_in_range(0..=3)? {
                0 => *text = (*u.choose(&words)?).to_owned(),
                1 => {
                    // one digit more, fewer or another
                    let digit = char::from(b'0' + u.int_in_range(0..=9)?);
                    let at = u.choose_index(text.len() + 1)?;
                    if text.is_char_boundary(at) {
                        text.insert(at, digit);
                    }
                }
                2 => {
                    text.pop();
                }
                _ => match text.parse::<i64>() {
                    Ok(n) => *text = n.wrapping_add(u.int_in_range(-2..=2)?).to_string(),
                    Err(_) => text.insert(0, '-'),
                },
            }
        }
        Value::Number(number) if u.ratio(7, 8)? => {
            *value = match u.int_in_range(0..=4)? {
                0 => Value::from(u.int_in_range(0..=4)?),
                1 => Value::from(u.arbitrary::<i64>()?),
                2 => Value::from(u.arbitrary::<f64>()?),
                3 => Value::from(number.as_f64().unwrap_or(0.0) + f64::from(u.int_in_range(-2i8..=2)?)),
                _ => Value::from(number.as_i64().unwrap_or(0).wrapping_add(u.int_in_range(-1..=1)?)),
            };
        }
        _ => {
            *value = match u.int_in_range(0..=5)? {
                0 => Value::Null,
                1 => Value::Bool(u.arbitrary()?),
                2 => Value::Array(vec![donor]),
                3 => Value::from(""),
                _ => donor,
            };
        }
    }
    Ok(())
}
