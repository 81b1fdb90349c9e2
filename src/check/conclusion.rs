//! What may be concluded from two proved bounds (F9), and nothing else.

use num_traits::{Signed, Zero};

use super::json::RawConclusion;
use super::limits::Meter;
use super::num::Rational;
use super::reject::{Reject, claim, shape};
use super::statement::{Kind, Proved};

/// SR <= Q <= NS: an advantage is a quantum lower bound above an upper bound on the classical value;
/// eps-optimality is an upper bound on the strategy's own class (or a larger one) close above it.
pub(crate) fn conclude(
    raw: &RawConclusion,
    proved: &[Proved],
    meter: &mut Meter,
) -> Result<Proved, Reject> {
    let value = raw.value.rational(meter).map_err(|e| e.under("value"))?;
    let find = |field: &str, id: &str| {
        proved
            .iter()
            .find(|p| p.id() == id)
            .ok_or_else(|| claim(field, "no proof has this id"))
    };
    let lower = find("lower", &raw.lower)?;
    let upper = find("upper", &raw.upper)?;
    let fits = |allowed: bool, field: &str, p: &Proved| {
        if allowed {
            Ok(())
        } else {
            Err(claim(
                field,
                format!("a {} proof cannot stand here", p.kind().name()),
            ))
        }
    };
    let bounds_classical = upper.kind().is_upper();
    let bounds_quantum = matches!(upper.kind(), Kind::QuantumUpper | Kind::NsUpper);
    let (kind, subject) = match raw.kind.as_str() {
        "advantage" => {
            fits(lower.kind() == Kind::QuantumLower, "lower", lower)?;
            fits(bounds_classical, "upper", upper)?;
            advantage(lower.value() - upper.value(), &value)?;
            (Kind::Advantage, "omega_q - omega_c".to_owned())
        }
        "eps_optimal" => {
            let quantum = lower.kind() == Kind::QuantumLower;
            fits(
                quantum || lower.kind() == Kind::ClassicalLower,
                "lower",
                lower,
            )?;
            fits(
                if quantum {
                    bounds_quantum
                } else {
                    bounds_classical
                },
                "upper",
                upper,
            )?;
            eps(upper.value() - lower.value(), &value)?;
            let class = if quantum { "q" } else { "c" };
            (
                Kind::EpsOptimal,
                format!("omega_{class} - value({})", lower.id()),
            )
        }
        _ => return Err(shape("type", "neither \"advantage\" nor \"eps_optimal\"")),
    };
    let id = format!("{}/{}", lower.id(), upper.id());
    let game = lower.game_sha256();
    Ok(Proved::new(kind, id, value, game, subject, String::new()))
}

fn advantage(gap: Rational, value: &Rational) -> Result<(), Reject> {
    if !value.is_positive() {
        return Err(claim("value", "an advantage must be positive"));
    }
    if gap < *value {
        return Err(claim(
            "value",
            "the two bounds are closer than the claimed advantage",
        ));
    }
    Ok(())
}

fn eps(gap: Rational, value: &Rational) -> Result<(), Reject> {
    if *value < Rational::zero() {
        return Err(claim("value", "eps must not be negative"));
    }
    if gap > *value {
        return Err(claim(
            "value",
            "the two bounds are further apart than the claimed eps",
        ));
    }
    Ok(())
}
