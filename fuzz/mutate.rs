//! Mutators that keep JSON JSON: byte flips alone hardly ever get past the parser.

mod document;

use document::document;
use libfuzzer_sys::fuzzer_mutate;

/// Three times in four changes a node of the document, otherwise bytes.
pub fn json(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    if seed % 4 != 0
        && let Some(out) = document(&data[..size], u64::from(seed))
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
        && let Some(line) = document(&lines[at], u64::from(seed))
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
