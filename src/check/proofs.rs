//! From one proof object to one proved statement: fields, witness, claimed number.

use num_traits::One;

use super::behaviour::{self, Behaviour};
use super::branch;
use super::classical::{classical_max, deterministic_value};
use super::data;
use super::functional::{Functional, table};
use super::game::{GameTable, identifier};
use super::json::{Num, RawProof};
use super::limits::Meter;
use super::messages;
use super::num::Rational;
use super::reject::{Reject, RejectCode, claim, proof, shape};
use super::sos;
use super::statement::{Kind, Proved};
use super::strategy::IntegerStrategy;
use super::transfer;

/// The witness fields of a proof type; `value` may stand beside them.
fn fields(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::ClassicalUpper => &["order", "messages"],
        Kind::ClassicalLower => &["strategy"],
        Kind::NsUpper => &["messages"],
        Kind::QuantumLower => &["dims", "state", "povm"],
        Kind::QuantumUpper => &["blocks"],
        Kind::NonlocalBehaviour => &["p", "functional", "beta", "visibility"],
        Kind::StatRejectClassical => &["bets", "counts", "alpha"],
        Kind::Transfer => &["upper", "counts", "alpha"],
        Kind::Advantage | Kind::EpsOptimal => &[],
    }
}

/// The quantity a proof type bounds.
fn subject(kind: Kind) -> &'static str {
    match kind {
        Kind::ClassicalUpper | Kind::ClassicalLower => "omega_c",
        Kind::NsUpper => "omega_ns",
        Kind::QuantumLower | Kind::QuantumUpper => "omega_q",
        Kind::NonlocalBehaviour => "visibility",
        Kind::StatRejectClassical => "probability",
        Kind::Transfer | Kind::Advantage | Kind::EpsOptimal => "difference",
    }
}

/// The field, or a refusal that names it.
fn need<'a, T>(field: &'a Option<T>, name: &str) -> Result<&'a T, Reject> {
    field
        .as_ref()
        .ok_or_else(|| shape(name, "this field is missing"))
}

fn rational(field: &Option<Num>, name: &str, meter: &mut Meter) -> Result<Rational, Reject> {
    need(field, name)?
        .rational(meter)
        .map_err(|e| e.under(name))
}

/// The type of a proof; refuses a bad id and fields that do not belong to the type.
fn kind_of(raw: &RawProof) -> Result<Kind, Reject> {
    identifier(&raw.id).map_err(|e| e.under("id"))?;
    let kind =
        Kind::of_proof(&raw.kind).ok_or_else(|| shape("type", "no proof type of version 1"))?;
    match raw
        .fields()
        .into_iter()
        .find(|name| *name != "value" && !fields(kind).contains(name))
    {
        None => Ok(kind),
        Some(name) => Err(shape(name, format!("no field of a {} proof", kind.name()))),
    }
}

/// Checks one proof: the witness, then that the claimed number is what it shows or weaker.
pub(crate) fn prove(
    raw: &RawProof,
    game: &GameTable,
    earlier: &[Proved],
    meter: &mut Meter,
) -> Result<Proved, Reject> {
    let kind = kind_of(raw)?;
    // Visibility and level are witness fields already: there the claimed number may be left out.
    let carries_own = matches!(kind, Kind::NonlocalBehaviour | Kind::StatRejectClassical);
    let claimed = match &raw.value {
        None if carries_own => None,
        value => Some(rational(value, "value", meter)?),
    };
    if let (Kind::Transfer, Some(value)) = (kind, &claimed) {
        return transferred(raw, game, earlier, value, meter);
    }
    let (shown, note) = witness(kind, raw, game, claimed.as_ref(), meter)?;
    let value = claimed.unwrap_or_else(|| shown.clone());
    if kind.is_lower() && value > shown {
        return Err(claim("value", "above the value that the witness reaches"));
    }
    if !kind.is_lower() && value < shown {
        return Err(claim("value", "below the bound that the witness shows"));
    }
    if carries_own && value > Rational::one() {
        return Err(claim("value", "above 1"));
    }
    let (id, subject) = (raw.id.clone(), subject(kind).to_owned());
    Ok(Proved::new(
        kind,
        id,
        value,
        game.sha256_hex(),
        subject,
        note,
    ))
}

/// The number the witness of one proof shows, whatever is claimed.
pub(crate) fn shown(
    raw: &RawProof,
    game: &GameTable,
    meter: &mut Meter,
) -> Result<Rational, Reject> {
    witness(kind_of(raw)?, raw, game, None, meter).map(|(value, _)| value)
}

/// The number the witness shows, and what the reader must be told besides. A branch and bound stops at `claimed`.
fn witness(
    kind: Kind,
    raw: &RawProof,
    game: &GameTable,
    claimed: Option<&Rational>,
    meter: &mut Meter,
) -> Result<(Rational, String), Reject> {
    let f = game.functional();
    let value = match kind {
        Kind::ClassicalUpper if raw.order.is_some() || raw.messages.is_some() => {
            let order = branch::order(raw.order.as_deref().unwrap_or_default(), f.sizes())?;
            let messages = raw.messages.as_deref().unwrap_or_default();
            let messages = messages::read(messages, f.sizes(), meter)?;
            branch::branch_bound(f, &order, &messages, claimed, meter)?
        }
        Kind::ClassicalUpper => classical_max(f, meter)?,
        Kind::ClassicalLower => deterministic_value(f, &functions(raw, game)?),
        Kind::NsUpper => {
            let messages = messages::read(need(&raw.messages, "messages")?, f.sizes(), meter)?;
            messages::ns_bound(f, &messages, meter)?
        }
        Kind::QuantumLower => {
            let (dims, state) = (need(&raw.dims, "dims")?, need(&raw.state, "state")?);
            let povm = need(&raw.povm, "povm")?;
            IntegerStrategy::from_raw(dims, state, povm, f.sizes(), meter)?.value(f, meter)?
        }
        Kind::QuantumUpper => {
            let blocks = sos::blocks(need(&raw.blocks, "blocks")?, f.sizes(), meter)?;
            sos::quantum_bound(f, &blocks, meter)?
        }
        Kind::NonlocalBehaviour => return nonlocal(raw, f, meter),
        Kind::StatRejectClassical => {
            let alpha = rational(&raw.alpha, "alpha", meter)?;
            let (bets, counts) = (need(&raw.bets, "bets")?, need(&raw.counts, "counts")?);
            let note = data::reject_classical(game, bets, counts, &alpha, meter)?;
            return Ok((alpha, note));
        }
        Kind::Transfer | Kind::Advantage | Kind::EpsOptimal => {
            return Err(shape("type", "this shows no number of its own"));
        }
    };
    Ok((value, String::new()))
}

/// The bound of an earlier proof on the empirical game, carried over to the sampled one.
fn transferred(
    raw: &RawProof,
    game: &GameTable,
    earlier: &[Proved],
    value: &Rational,
    meter: &mut Meter,
) -> Result<Proved, Reject> {
    let alpha = rational(&raw.alpha, "alpha", meter)?;
    let counts = need(&raw.counts, "counts")?;
    let id = need(&raw.upper, "upper")?;
    let inner = earlier.iter().find(|p| p.id() == id);
    let inner = inner.ok_or_else(|| claim("upper", "no earlier proof has this id"))?;
    if !inner.kind().is_upper() {
        return Err(claim("upper", "not an upper bound on a value of the game"));
    }
    let note = transfer::transfer(game, counts, inner.value(), value, &alpha, meter)?;
    let subject = format!("{} of the sampled game", subject(inner.kind()));
    let (id, value) = (raw.id.clone(), value.clone());
    Ok(Proved::new(
        Kind::Transfer,
        id,
        value,
        game.sha256_hex(),
        subject,
        note,
    ))
}

fn nonlocal(
    raw: &RawProof,
    f: &Functional,
    meter: &mut Meter,
) -> Result<(Rational, String), Reject> {
    let visibility = rational(&raw.visibility, "visibility", meter)?;
    let beta = rational(&raw.beta, "beta", meter)?;
    let (p, rows) = (need(&raw.p, "p")?, need(&raw.functional, "functional")?);
    let behaviour = Behaviour::from_raw(p, f.sizes(), meter)?;
    let rows = table(rows, &f.sizes().cell(), RejectCode::Proof, meter)
        .map_err(|e| e.under("functional"))?;
    let s = Functional::new(f.sizes(), rows, meter).map_err(|e| e.under("functional"))?;
    behaviour::nonlocal(&behaviour, &s, &beta, &visibility, meter)?;
    let note = format!(
        " above which v p + (1-v) uniform is nonlocal; p is no-signalling, sha256:{}",
        behaviour::identity(p)
    );
    Ok((visibility, note))
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
        let at = format!("strategy[{i}]");
        if list.len() != nq {
            return Err(shape(
                at,
                format!("{} answers for {nq} questions", list.len()),
            ));
        }
        let mine: Option<Vec<usize>> = list.iter().map(|a| a.below(na)).collect();
        all.push(mine.ok_or_else(|| proof(at, format!("an answer is not in 0..{na}")))?);
    }
    Ok(all)
}
