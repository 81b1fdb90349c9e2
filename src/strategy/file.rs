//! Strategy files: JSON and npz, in and out.

use super::{QuantumStrategy, StrategyError};
use crate::game::file::{Nested, Npz, NpzWriter, expect_format, file_error, is_npz, read_bounded};
use crate::game::{GameError, MAX_PLAYERS};
use crate::quantum::{C64, DensityMatrix, Matrix, Povm};
use serde::{Deserialize, Serialize};
use std::path::Path;

const FORMAT: &str = "bellwether-strategy/1";

/// Largest JSON file in bytes: nested lists take fifty times their length once parsed. Larger strategies go into npz.
const MAX_JSON: usize = 8 << 20;

type JsonMatrix = Vec<Vec<[f64; 2]>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrategyFile {
    format: String,
    dims: Vec<usize>,
    rho: Nested,
    povms: Vec<Vec<Vec<Nested>>>,
}

#[derive(Serialize)]
struct StrategyOut<'a> {
    format: &'a str,
    dims: &'a [usize],
    rho: JsonMatrix,
    povms: Vec<Vec<Vec<JsonMatrix>>>,
}

/// Reads a quantum strategy: JSON `{format, dims, rho, povms}` with complex numbers as `[re, im]`, or npz
/// with `rho` (complex128 `[D,D]`) and `M_0 .. M_{n-1}` (complex128 `[questions, answers, d, d]`).
///
/// # Errors
/// [`StrategyError`] naming the file, the player, question and element, and the defect.
pub fn read_strategy(path: &Path) -> Result<QuantumStrategy, StrategyError> {
    parse_strategy(path, read_bounded(path)?)
}

/// A strategy from the bytes of the file at `path`, whose ending tells the format.
pub(crate) fn parse_strategy(path: &Path, bytes: Vec<u8>) -> Result<QuantumStrategy, StrategyError> {
    let fail = |why: String| StrategyError::Game(file_error(path, why));
    let parts = if is_npz(path) { from_npz(path, bytes)? } else { from_json(path, &bytes)? };
    let (dims, rho, players) = parts;
    let rho = DensityMatrix::new(dims, rho).map_err(|e| fail(format!("rho: {e}")))?;
    let mut povms = Vec::new();
    for (i, player) in players.into_iter().enumerate() {
        let mut measurements = Vec::new();
        for (x, elements) in player.into_iter().enumerate() {
            let povm = Povm::new(elements);
            let place = |e| fail(format!("measurement of player {i} for question {x}: {e}"));
            measurements.push(povm.map_err(place)?);
        }
        povms.push(measurements);
    }
    QuantumStrategy::new(rho, povms).map_err(|e| fail(e.to_string()))
}

type Parts = (Vec<usize>, Matrix, Vec<Vec<Vec<Matrix>>>);

fn from_json(path: &Path, bytes: &[u8]) -> Result<Parts, GameError> {
    let fail = |why: String| file_error(path, why);
    if bytes.len() > MAX_JSON {
        return Err(fail(format!(
            "{} bytes, at most {MAX_JSON} of JSON may be; npz holds larger strategies",
            bytes.len()
        )));
    }
    let file: StrategyFile = serde_json::from_slice(bytes).map_err(|e| fail(e.to_string()))?;
    expect_format(path, &file.format, FORMAT)?;
    if file.dims.len() > MAX_PLAYERS {
        let n = file.dims.len();
        return Err(fail(format!("dims of {n} players, at most {MAX_PLAYERS} may be")));
    }
    let rho = matrix(&file.rho).map_err(|why| fail(format!("rho: {why}")))?;
    let mut players = Vec::new();
    for (i, player) in file.povms.iter().enumerate() {
        let mut questions = Vec::new();
        for (x, elements) in player.iter().enumerate() {
            let elements = elements
                .iter()
                .enumerate()
                .map(|(a, element)| matrix(element).map_err(|why| fail(format!("povms[{i}][{x}][{a}]: {why}"))));
            questions.push(elements.collect::<Result<Vec<_>, _>>()?);
        }
        players.push(questions);
    }
    Ok((file.dims, rho, players))
}

/// A matrix of `[re, im]` pairs.
fn matrix(nested: &Nested) -> Result<Matrix, String> {
    let &[rows, columns, 2] = nested.shape.as_slice() else {
        return Err(format!("shape {:?} given, wanted [d, d, 2]", nested.shape));
    };
    if rows != columns {
        return Err(format!("{rows} x {columns} matrix given, wanted a square one"));
    }
    let data = nested.data.chunks_exact(2).map(|z| C64::new(z[0], z[1]));
    Matrix::from_vec(rows, data.collect()).map_err(|e| e.to_string())
}

fn from_npz(path: &Path, bytes: Vec<u8>) -> Result<Parts, GameError> {
    let fail = |why: String| file_error(path, why);
    let mut npz = Npz::parse(path, bytes)?;
    let names = npz.names();
    let count = (0..).take_while(|i| names.contains(&format!("M_{i}"))).count();
    if count == 0 || names.len() != count + 1 {
        return Err(fail(format!("arrays {names:?} given, wanted 'rho' and 'M_0' to 'M_n'")));
    }
    let rho = npz.complex("rho")?;
    let square = matches!(rho.shape.as_slice(), [r, c] if r == c);
    if !square {
        return Err(fail(format!("rho has shape {:?}, wanted [D, D]", rho.shape)));
    }
    let rho = Matrix::from_vec(rho.shape[0], rho.data).map_err(|e| fail(e.to_string()))?;
    let (mut dims, mut players) = (Vec::new(), Vec::new());
    for i in 0..count {
        let m = npz.complex(&format!("M_{i}"))?;
        let &[_, answers, d, columns] = m.shape.as_slice() else {
            return Err(fail(format!("M_{i} has shape {:?}, wanted 4 axes", m.shape)));
        };
        if d != columns || d == 0 || answers == 0 {
            return Err(fail(format!("M_{i} has shape {:?}, wanted [questions, answers, d, d]", m.shape)));
        }
        let element = |block: &[C64]| Matrix::from_vec(d, block.to_vec());
        let questions = m
            .data
            .chunks_exact(answers * d * d)
            .map(|question| question.chunks_exact(d * d).map(element).collect::<Result<Vec<_>, _>>());
        let questions: Result<Vec<_>, _> = questions.collect();
        players.push(questions.map_err(|e| fail(e.to_string()))?);
        dims.push(d);
    }
    Ok((dims, rho, players))
}

/// A strategy as JSON text; reading it back gives the identical numbers.
pub fn strategy_to_json(strategy: &QuantumStrategy) -> String {
    let rows = |m: &Matrix| -> JsonMatrix {
        let row = |row: &[C64]| row.iter().map(|z| [z.re, z.im]).collect();
        m.as_slice().chunks_exact(m.dim()).map(row).collect()
    };
    let povm = |povm: &Povm| povm.elements().iter().map(rows).collect();
    let player = |player: &Vec<Povm>| player.iter().map(povm).collect();
    let out = StrategyOut {
        format: FORMAT,
        dims: strategy.dims(),
        rho: rows(strategy.rho().matrix()),
        povms: strategy.povms().iter().map(player).collect(),
    };
    // numbers and vectors only: serialisation cannot fail
    let mut text = serde_json::to_string(&out).unwrap_or_default();
    text.push('\n');
    text
}

/// Writes a strategy as npz, whole or not at all.
///
/// # Errors
/// [`StrategyError::Game`] naming the file.
pub fn strategy_to_npz(strategy: &QuantumStrategy, path: &Path) -> Result<(), StrategyError> {
    let mut npz = NpzWriter::new();
    let rho = strategy.rho().matrix();
    npz.complex("rho", &[rho.dim(), rho.dim()], rho.as_slice())?;
    for (i, player) in strategy.povms().iter().enumerate() {
        let d = strategy.dims()[i];
        let elements = player.iter().flat_map(|povm| povm.elements());
        let data: Vec<C64> = elements.flat_map(|m| m.as_slice().iter().copied()).collect();
        let answers = strategy.scenario().answers()[i];
        npz.complex(&format!("M_{i}"), &[player.len(), answers, d, d], &data)?;
    }
    Ok(npz.write(path)?)
}
