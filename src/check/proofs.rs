//! From one proof object to one proved statement, and from two statements to a conclusion (F9).

use super::*;
use super::{behaviour::nonlocal, branch::branch_bound, data::reject_classical, data::transfer};
use super::{classical::classical_max, classical::deterministic_value, messages::ns_bound};
use super::{sos::quantum_bound, strategy::quantum_value};

/// Checks one proof: the witness, then that the claimed number is what it shows or weaker.
pub fn prove(raw: &Json, game: &GameTable, earlier: &[Proved], meter: &Meter) -> Result<Proved> {
    let claim = raw.optional("value", |value| value.rational(meter))?;
    let mut proved = shown(raw, game, claim.as_ref(), earlier, meter)?;
    if let Some(claim) = claim {
        let of_the_witness = matches!(proved.kind, Kind::NonlocalBehaviour | Kind::StatRejectClassical);
        let (low, high) = if proved.kind.is_lower() { (&claim, &proved.value) } else { (&proved.value, &claim) };
        let follows = at_most(low, high);
        raw.field("value", |_| {
            ensure!(follows, Claim: "the witness shows {} only", proved.decimal());
            ensure!(!of_the_witness || claim.numer() <= claim.denom(), Claim: "above 1");
            Ok(())
        })?;
        proved.value = claim;
    }
    Ok(proved)
}

/// What the witness of one proof shows. A branch and bound stops at the claim; a transfer is about the claim.
pub fn shown(
    raw: &Json,
    game: &GameTable,
    claim: Option<&Rational>,
    earlier: &[Proved],
    meter: &Meter,
) -> Result<Proved> {
    let (kind, subject) = Kind::read(raw, false)?;
    let id = raw.field("id", identifier)?;
    let new = earlier.iter().all(|p| p.id != id);
    ensure!(new, Shape: "an earlier proof has the same id");
    let (s, t) = (&game.scenario, &game.table);
    let (mut subject, mut note) = (subject.to_owned(), String::new());
    let value = match kind {
        Kind::ClassicalUpper if raw.get("order").or(raw.get("messages")).is_some() => {
            branch_bound(raw, s, t, claim, meter)?
        }
        Kind::ClassicalUpper => classical_max(s, t, meter)?,
        Kind::ClassicalLower => deterministic_value(s, t, &raw.field("strategy", |list| functions(list, s))?),
        Kind::NsUpper => ns_bound(raw, s, t, meter)?,
        Kind::QuantumLower => quantum_value(raw, s, t, meter)?,
        Kind::QuantumUpper => raw.field("blocks", |list| quantum_bound(list, s, t, meter))?,
        Kind::NonlocalBehaviour => nonlocal(raw, s, &mut note, meter)?,
        Kind::StatRejectClassical => reject_classical(raw, game, &mut note, meter)?,
        Kind::Transfer | Kind::Advantage | Kind::EpsOptimal => {
            let value = claim.ok_or_else(|| refuse!(Shape: "this shows no number of its own"))?;
            let inner = find(raw, "upper", earlier)?;
            ensure!(inner.kind.is_upper(), Claim: "{} is no upper bound on a value of the game", inner.id);
            subject = format!("{} of the sampled game", inner.subject);
            transfer(raw, game, &inner.value, value, &mut note, meter)?;
            value.clone()
        }
    };
    let game = game.sha256.clone();
    Ok(Proved { kind, id, value, game, subject, note })
}

/// The proof whose id stands in a field.
fn find<'a>(raw: &Json, field: &str, proved: &'a [Proved]) -> Result<&'a Proved> {
    raw.field(field, |id| {
        let id = id.text()?;
        let found = proved.iter().find(|p| p.id == id);
        found.ok_or_else(|| refuse!(Claim: "no earlier proof has this id"))
    })
}

/// `strategy[i][x_i]`, one answer for every question of every player.
fn functions(list: &Json, s: &Scenario) -> Result<Vec<Vec<usize>>> {
    list.exactly(s.players(), |i, mine| mine.exactly(s.questions[i], |_, a| a.index(s.answers[i])))
}

/// SR <= Q <= NS: an advantage is a quantum lower bound above an upper bound on the classical value;
/// eps-optimality is an upper bound on the strategy's own class (or a larger one) close above it.
pub fn conclude(raw: &Json, proved: &[Proved], meter: &Meter) -> Result<Proved> {
    let (kind, subject) = Kind::read(raw, true)?;
    let value = raw.field("value", |value| value.rational(meter))?;
    let (lower, upper) = (find(raw, "lower", proved)?, find(raw, "upper", proved)?);
    let quantum = lower.kind == Kind::QuantumLower;
    let mut subject = subject.to_owned();
    let fits = match (kind, lower.kind) {
        (Kind::Advantage, Kind::QuantumLower) | (Kind::EpsOptimal, Kind::ClassicalLower) => true,
        (Kind::EpsOptimal, Kind::QuantumLower) => upper.kind != Kind::ClassicalUpper,
        _ => false,
    };
    let follows = if kind == Kind::Advantage {
        value.is_positive() && at_most(&sum(&upper.value, &value), &lower.value)
    } else {
        subject = format!("omega_{} - value({})", if quantum { "q" } else { "c" }, lower.id);
        !value.is_negative() && at_most(&upper.value, &sum(&lower.value, &value))
    };
    ensure!(fits && upper.kind.is_upper(), Claim: "proofs of these types do not give this conclusion");
    ensure!(follows, Claim: "the value does not follow from the two bounds");
    let (id, note) = (format!("{}/{}", lower.id, upper.id), String::new());
    Ok(Proved { kind, id, value, game: lower.game.clone(), subject, note })
}
