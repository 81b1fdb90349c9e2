//! Behaviour files: nested JSON, npz, and toqito's index order.

use super::nested::{Nested, to_json};
use super::{Npz, NpzWriter, expect_format, file_error, is_npz, read_bounded};
use crate::game::{Behaviour, GameError, MAX_PLAYERS, Scenario};
use serde::Deserialize;
use std::path::Path;

const FORMAT: &str = "bellwether-behaviour/1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BehaviourFile {
    format: String,
    questions: Vec<usize>,
    answers: Vec<usize>,
    p: Nested,
}

/// Reads a behaviour: JSON `{format, questions, answers, p}` with `p` nested `[x_1]..[x_n][a_1]..[a_n]`, or
/// npz with `p` in that order or (two players) `p_abxy` in the order `[a,b,x,y]` of toqito and Ket.jl.
///
/// # Errors
/// [`GameError`] naming the file and what is wrong.
pub fn read_behaviour(path: &Path) -> Result<Behaviour, GameError> {
    parse_behaviour(path, read_bounded(path)?)
}

/// A behaviour from the bytes of the file at `path`, whose ending tells the format.
pub(crate) fn parse_behaviour(path: &Path, bytes: Vec<u8>) -> Result<Behaviour, GameError> {
    let fail = |why: String| file_error(path, why);
    let (shape, data) = if is_npz(path) {
        let mut npz = Npz::parse(path, bytes)?;
        let names = npz.names();
        if names.iter().any(|n| n == "p") {
            let array = npz.real("p")?;
            (array.shape, array.data)
        } else if names.iter().any(|n| n == "p_abxy") {
            let array = npz.real("p_abxy")?;
            let &[na, nb, nx, ny] = array.shape.as_slice() else {
                return Err(fail(format!("p_abxy has shape {:?}, wanted 4 axes [a,b,x,y]", array.shape)));
            };
            let mut data = Vec::with_capacity(array.data.len());
            for (x, y) in pairs(nx, ny) {
                for (a, b) in pairs(na, nb) {
                    data.push(array.data[((a * nb + b) * nx + x) * ny + y]);
                }
            }
            (vec![nx, ny, na, nb], data)
        } else {
            return Err(fail(format!("arrays {names:?} given, wanted 'p' or 'p_abxy'")));
        }
    } else {
        let file: BehaviourFile = serde_json::from_slice(&bytes).map_err(|e| fail(e.to_string()))?;
        expect_format(path, &file.format, FORMAT)?;
        let listed = (file.questions.len(), file.answers.len());
        if listed.0.max(listed.1) > MAX_PLAYERS {
            return Err(fail(format!(
                "questions and answers of {} and {} players, at most {MAX_PLAYERS} may be",
                listed.0, listed.1
            )));
        }
        let wanted = [file.questions, file.answers].concat();
        if file.p.shape != wanted {
            return Err(fail(format!("p has shape {:?}, wanted {wanted:?}", file.p.shape)));
        }
        (file.p.shape, file.p.data)
    };
    if shape.len() % 2 != 0 {
        return Err(fail(format!("p has shape {shape:?}, wanted one question and one answer axis per player")));
    }
    let (questions, answers) = shape.split_at(shape.len() / 2);
    let scenario = Scenario::new(questions.to_vec(), answers.to_vec());
    scenario.and_then(|s| Behaviour::new(s, data)).map_err(|e| fail(e.to_string()))
}

fn pairs(n: usize, m: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |i| (0..m).map(move |j| (i, j)))
}

/// A behaviour as JSON text; reading it back gives the identical numbers.
pub fn behaviour_to_json(p: &Behaviour) -> String {
    let s = p.scenario();
    let mut text =
        format!("{{\"format\":\"{FORMAT}\",\"questions\":{:?},\"answers\":{:?},\"p\":", s.questions(), s.answers());
    to_json(&[s.questions(), s.answers()].concat(), p.as_slice(), &mut text);
    text.push_str("}\n");
    text
}

/// Writes a behaviour as npz with array `p`.
///
/// # Errors
/// [`GameError::File`].
pub fn behaviour_to_npz(p: &Behaviour, path: &Path) -> Result<(), GameError> {
    let s = p.scenario();
    let mut npz = NpzWriter::new();
    npz.real("p", &[s.questions(), s.answers()].concat(), p.as_slice())?;
    npz.write(path)
}
