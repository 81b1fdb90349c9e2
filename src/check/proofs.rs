//! From one proof object to one proved statement, and from two statements to a conclusion (F9).

use num_traits::{One, Signed};

use super::behaviour::nonlocal;
use super::branch::branch_bound;
use super::classical::{classical_max, deterministic_value};
use super::data::{reject_classical, transfer};
use super::game::{GameTable, identifier};
use super::json::Node;
use super::limits::Meter;
use super::messages::ns_bound;
use super::num::Rational;
use super::reject::{Result, demand, ensure, refuse};
use super::sos::quantum_bound;
use super::statement::{Kind, Proved};
use super::strategy::quantum_value;

/// Every proof type: its witness fields, those that may be left out, and the quantity it bounds.
type Type = (Kind, &'static [&'static str], &'static [&'static str], &'static str);
#[rustfmt::skip]
const TYPES: [Type; 8] = [
    (Kind::ClassicalUpper, &[], &["order", "messages"], "omega_c"),
    (Kind::ClassicalLower, &["strategy"], &[], "omega_c"),
    (Kind::NsUpper, &["messages"], &[], "omega_ns"),
    (Kind::QuantumLower, &["dims", "state", "povm"], &[], "omega_q"),
    (Kind::QuantumUpper, &["blocks"], &[], "omega_q"),
    (Kind::NonlocalBehaviour, &["p", "functional", "beta", "visibility"], &[], "visibility"),
    (Kind::StatRejectClassical, &["bets", "counts", "alpha"], &[], "probability"),
    (Kind::Transfer, &["upper", "counts", "alpha"], &[], ""),
];

/// The type of a proof; refuses fields that do not belong to it.
fn proof_type(raw: &Node) -> Result<&'static Type> {
    let name = raw.need("type")?;
    let known = TYPES.iter().find(|(kind, ..)| kind.name() == name.text());
    let known = demand!(known, Shape at name, "no proof type of version 1");
    for field in raw.names() {
        let common = ["id", "type", "value"].contains(&field);
        let mine = common || known.1.contains(&field) || known.2.contains(&field);
        ensure!(mine, Shape at raw, "{field} is no field of a {} proof", name.text());
    }
    Ok(known)
}

/// Checks one proof: the witness, then that the claimed number is what it shows or weaker.
pub fn prove(raw: &Node, game: &GameTable, earlier: &[Proved], meter: &mut Meter) -> Result<Proved> {
    let id = identifier(&raw.need("id")?)?;
    let new = earlier.iter().all(|p| p.id != id);
    ensure!(new, Shape at raw, "an earlier proof has the same id");
    let &(kind, ..) = proof_type(raw)?;
    // Visibility and level are witness fields already: there the claimed number may be left out.
    let carries_own = matches!(kind, Kind::NonlocalBehaviour | Kind::StatRejectClassical);
    if carries_own && raw.get("value").is_none() {
        return shown(raw, game, None, earlier, meter);
    }
    let at = raw.need("value")?;
    let claim = at.rational(meter)?;
    let mut proved = shown(raw, game, Some(&claim), earlier, meter)?;
    if kind.is_lower() {
        ensure!(claim <= proved.value, Claim at at, "above the value that the witness reaches");
    } else {
        ensure!(claim >= proved.value, Claim at at, "below the bound that the witness shows");
    }
    ensure!(!carries_own || claim <= Rational::one(), Claim at at, "above 1");
    proved.value = claim;
    Ok(proved)
}

/// What the witness of one proof shows. A branch and bound stops at the claim; a transfer is about the claim.
pub fn shown(
    raw: &Node,
    game: &GameTable,
    claim: Option<&Rational>,
    earlier: &[Proved],
    meter: &mut Meter,
) -> Result<Proved> {
    let &(kind, wanted, optional, subject) = proof_type(raw)?;
    for field in wanted {
        raw.need(field)?;
    }
    let f = game.functional();
    let (mut subject, mut note) = (subject.to_owned(), String::new());
    let value = match kind {
        Kind::ClassicalUpper if optional.iter().any(|field| raw.get(field).is_some()) => {
            branch_bound(raw, f, claim, meter)?
        }
        Kind::ClassicalUpper => classical_max(f, meter)?,
        Kind::ClassicalLower => deterministic_value(f, &functions(raw, game)?),
        Kind::NsUpper => ns_bound(f, raw.need("messages")?, meter)?,
        Kind::QuantumLower => quantum_value(raw, f, meter)?,
        Kind::QuantumUpper => quantum_bound(&raw.need("blocks")?, f, meter)?,
        Kind::NonlocalBehaviour => noted(nonlocal(raw, f.sizes(), meter)?, &mut note),
        Kind::StatRejectClassical => noted(reject_classical(raw, game, meter)?, &mut note),
        Kind::Transfer | Kind::Advantage | Kind::EpsOptimal => {
            let value = demand!(claim, Shape at raw, "this shows no number of its own").clone();
            let inner = find(raw, "upper", earlier)?;
            ensure!(inner.kind.is_upper(), Claim at raw, "no upper bound on a value of the game");
            subject = format!("{} of the sampled game", inner.subject);
            note = transfer(raw, game, &inner.value, &value, meter)?;
            value
        }
    };
    let id = raw.need("id")?.text();
    Ok(Proved::new(kind, id, value, game.sha256_hex(), subject, note))
}

/// A number, once what the reader must be told besides has been noted.
fn noted((value, told): (Rational, String), note: &mut String) -> Rational {
    *note = told;
    value
}

/// The proof whose id stands in a field.
fn find<'a>(raw: &Node, field: &str, proved: &'a [Proved]) -> Result<&'a Proved> {
    let id = raw.need(field)?;
    let found = proved.iter().find(|p| p.id == id.text());
    Ok(demand!(found, Claim at id, "no proof has this id"))
}

/// `strategy[i][x_i]`, one answer for every question of every player.
fn functions(raw: &Node, game: &GameTable) -> Result<Vec<Vec<usize>>> {
    let mut all = Vec::new();
    let list = raw.need("strategy")?;
    for (i, mine) in list.exactly(game.players())?.items().enumerate() {
        let (nq, na) = (game.questions()[i], game.answers()[i]);
        let answer = |a: &Node| Ok(demand!(a.below(na), Proof at a, "not in 0..{na}"));
        all.push(mine.exactly(nq)?.each(answer)?);
    }
    Ok(all)
}

/// SR <= Q <= NS: an advantage is a quantum lower bound above an upper bound on the classical value;
/// eps-optimality is an upper bound on the strategy's own class (or a larger one) close above it.
pub fn conclude(raw: &Node, proved: &[Proved], meter: &mut Meter) -> Result<Proved> {
    let at = raw.need("value")?;
    let value = at.rational(meter)?;
    let (lower, upper) = (find(raw, "lower", proved)?, find(raw, "upper", proved)?);
    let quantum = lower.kind == Kind::QuantumLower;
    let name = raw.need("type")?;
    let (kind, subject) = match name.text() {
        "advantage" => {
            let fits = quantum && upper.kind.is_upper();
            ensure!(fits, Claim at raw, "these two proofs show no advantage");
            ensure!(value.is_positive(), Claim at at, "an advantage must be positive");
            let gap = &lower.value - &upper.value;
            ensure!(value <= gap, Claim at at, "the bounds are closer than the claimed advantage");
            (Kind::Advantage, "omega_q - omega_c".to_owned())
        }
        "eps_optimal" => {
            let fits = match lower.kind {
                Kind::QuantumLower => matches!(upper.kind, Kind::QuantumUpper | Kind::NsUpper),
                Kind::ClassicalLower => upper.kind.is_upper(),
                _ => false,
            };
            ensure!(fits, Claim at raw, "these two proofs do not bound the same class");
            ensure!(!value.is_negative(), Claim at at, "eps must not be negative");
            let gap = &upper.value - &lower.value;
            ensure!(value >= gap, Claim at at, "the bounds are further apart than the claimed eps");
            let class = if quantum { "q" } else { "c" };
            let subject = format!("omega_{class} - value({})", lower.id);
            (Kind::EpsOptimal, subject)
        }
        _ => return Err(refuse!(Shape at name, "neither \"advantage\" nor \"eps_optimal\"")),
    };
    let (id, note) = (format!("{}/{}", lower.id, upper.id), String::new());
    Ok(Proved::new(kind, &id, value, &lower.game, subject, note))
}
