//! From one proof object to one proved statement: fields, witness, claimed number.

use super::classical::{classical_max, deterministic_value};
use super::game::{GameTable, identifier};
use super::json::RawProof;
use super::limits::Meter;
use super::num::Rational;
use super::reject::{Reject, claim, proof, shape};
use super::statement::{Kind, Proved};
use super::strategy::IntegerStrategy;

/// The field, or a refusal that names it.
fn need<'a, T>(field: &'a Option<T>, name: &str) -> Result<&'a T, Reject> {
    field
        .as_ref()
        .ok_or_else(|| shape(name, "this field is missing"))
}

/// Refuses fields that do not belong to the proof type.
fn only(raw: &RawProof, allowed: &[&str]) -> Result<(), Reject> {
    match raw
        .fields()
        .into_iter()
        .find(|name| !allowed.contains(name))
    {
        None => Ok(()),
        Some(name) => Err(shape(name, format!("no field of a {} proof", raw.kind))),
    }
}

fn claimed(raw: &RawProof, meter: &mut Meter) -> Result<Rational, Reject> {
    need(&raw.value, "value")?
        .rational(meter)
        .map_err(|e| e.under("value"))
}

/// Upper bounds may be claimed weaker (larger) than what the witness shows, never smaller.
fn at_least(claimed: &Rational, shown: &Rational) -> Result<(), Reject> {
    if claimed >= shown {
        Ok(())
    } else {
        Err(claim("value", "below the bound that the witness shows"))
    }
}

/// Lower bounds may be claimed smaller than the value of the witness, never larger.
fn at_most(claimed: &Rational, shown: &Rational) -> Result<(), Reject> {
    if claimed <= shown {
        Ok(())
    } else {
        Err(claim("value", "above the value that the witness reaches"))
    }
}

/// Checks one proof.
pub(crate) fn prove(raw: &RawProof, game: &GameTable, meter: &mut Meter) -> Result<Proved, Reject> {
    identifier(&raw.id).map_err(|e| e.under("id"))?;
    let kind =
        Kind::of_proof(&raw.kind).ok_or_else(|| shape("type", "no proof type of version 1"))?;
    let f = game.functional();
    let statement = |value: Rational, subject: &str, note: String| {
        Proved::new(
            kind,
            raw.id.clone(),
            value,
            game.sha256_hex(),
            subject.to_owned(),
            note,
        )
    };
    match kind {
        Kind::ClassicalUpper => {
            only(raw, &["value"])?;
            let value = claimed(raw, meter)?;
            at_least(&value, &classical_max(f, meter)?)?;
            Ok(statement(value, "omega_c", String::new()))
        }
        Kind::ClassicalLower => {
            only(raw, &["value", "strategy"])?;
            let value = claimed(raw, meter)?;
            let strategy = functions(raw, game)?;
            at_most(&value, &deterministic_value(f, &strategy))?;
            Ok(statement(value, "omega_c", String::new()))
        }
        Kind::QuantumLower => {
            only(raw, &["value", "dims", "state", "povm"])?;
            let value = claimed(raw, meter)?;
            let strategy = IntegerStrategy::from_raw(
                need(&raw.dims, "dims")?,
                need(&raw.state, "state")?,
                need(&raw.povm, "povm")?,
                f.sizes(),
                meter,
            )?;
            at_most(&value, &strategy.value(f, meter)?)?;
            Ok(statement(value, "omega_q", String::new()))
        }
        _ => Err(proof("type", "not yet")),
    }
}

/// `strategy[i][x_i]`, one answer for every question of every player.
fn functions(raw: &RawProof, game: &GameTable) -> Result<Vec<Vec<usize>>, Reject> {
    let raw = need(&raw.strategy, "strategy")?;
    if raw.len() != game.players() {
        return Err(shape(
            "strategy",
            "one list of answers for each player is wanted",
        ));
    }
    let mut all = Vec::with_capacity(raw.len());
    for (i, list) in raw.iter().enumerate() {
        let (nq, na) = (game.questions()[i], game.answers()[i]);
        if list.len() != nq {
            return Err(shape(
                format!("strategy[{i}]"),
                format!("{} answers for {nq} questions", list.len()),
            ));
        }
        let mine: Option<Vec<usize>> = list.iter().map(|a| a.below(na)).collect();
        all.push(mine.ok_or_else(|| {
            proof(
                format!("strategy[{i}]"),
                format!("an answer is not in 0..{na}"),
            )
        })?);
    }
    Ok(all)
}
