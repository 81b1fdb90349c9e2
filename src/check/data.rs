//! Finite data against every classical model: a product of fair bets (F8).

use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::classical::classical_max;
use super::functional::{Functional, table};
use super::game::{GameKind, GameTable, sha256_hex, table_text};
use super::json::Row;
use super::limits::Meter;
use super::num::Rational;
use super::reject::{Reject, RejectCode, claim, proof, resource};

/// Bets R(x,a) >= 0 and counts n(x,a) with prod R^n >= 1/alpha; what the reader must be told.
///
/// classical_max(mu R) <= 1 makes the product a test supermartingale under every local model with
/// memory, so P(sup >= 1/alpha) <= alpha (Ville). A cell that is not listed is a bet of 0.
pub(crate) fn reject_classical(
    game: &GameTable,
    bets: &[Row],
    counts: &[Row],
    alpha: &Rational,
    meter: &mut Meter,
) -> Result<String, Reject> {
    if game.kind() != GameKind::Game {
        return Err(proof(
            "",
            "only a game has a question distribution to bet on",
        ));
    }
    if !alpha.is_positive() || *alpha >= Rational::one() {
        return Err(proof("alpha", "not strictly between 0 and 1"));
    }
    let sizes = game.functional().sizes();
    let bets = table(bets, &sizes.cell(), RejectCode::Proof, meter).map_err(|e| e.under("bets"))?;
    let counts =
        table(counts, &sizes.cell(), RejectCode::Proof, meter).map_err(|e| e.under("counts"))?;
    let mut means = Vec::with_capacity(bets.len());
    for (k, (at, bet)) in bets.iter().enumerate() {
        if bet.is_negative() {
            return Err(proof(format!("bets[{k}]"), "a bet must not be negative"));
        }
        let weight = game.probability(questions(at, game));
        if weight.is_zero() {
            return Err(proof(
                format!("bets[{k}]"),
                "this question tuple has probability 0",
            ));
        }
        means.push((at.clone(), weight * bet));
    }
    let means = Functional::new(sizes, means, meter).map_err(|e| e.under("bets"))?;
    if classical_max(&means, meter).map_err(|e| e.under("bets"))? > Rational::one() {
        return Err(proof(
            "bets",
            "a classical strategy gains on average: the bets are not fair",
        ));
    }
    let plays = evidence(game, &bets, &counts, meter).map_err(|e| e.under("counts"))?;
    let rounds: BigInt = plays.iter().map(|(_, n)| BigInt::from(*n)).sum();
    let numer = power_product(plays.iter().map(|(bet, n)| (bet.numer(), *n))) * alpha.numer();
    let denom = power_product(plays.iter().map(|(bet, n)| (bet.denom(), *n))) * alpha.denom();
    if numer < denom {
        return Err(claim("alpha", "the evidence is below 1/alpha"));
    }
    Ok(format!(
        " that a classical model gives such evidence; {rounds} rounds; assuming A1 questions drawn \
         independently from mu, A2 bets fixed before the data, A3 every round reported, A4 no \
         signalling within a round; bets sha256:{} counts sha256:{}",
        sha256_hex(table_text(&bets).as_bytes()),
        sha256_hex(table_text(&counts).as_bytes()),
    ))
}

fn questions<'a>(cell: &'a [usize], game: &GameTable) -> &'a [usize] {
    cell.split_at(game.players()).0
}

/// The bet and the count of every cell that was played, within the limit on the product's bits.
fn evidence<'a>(
    game: &GameTable,
    bets: &'a [(Vec<usize>, Rational)],
    counts: &[(Vec<usize>, Rational)],
    meter: &Meter,
) -> Result<Vec<(&'a Rational, u32)>, Reject> {
    let mut plays = Vec::new();
    let mut bits = 0u64;
    for (k, (at, count)) in counts.iter().enumerate() {
        let here = |e: Reject| e.under(&format!("[{k}]"));
        if !count.is_integer() || count.is_negative() {
            return Err(here(proof("", "a count is a non-negative integer")));
        }
        if game.probability(questions(at, game)).is_zero() {
            return Err(here(proof("", "this question tuple has probability 0")));
        }
        if count.is_zero() {
            continue;
        }
        let found = bets.binary_search_by(|(cell, _)| cell.cmp(at)).ok();
        let bet = found
            .and_then(|b| bets.get(b))
            .map(|(_, bet)| bet)
            .filter(|bet| bet.is_positive())
            .ok_or_else(|| here(claim("", "this cell was played against a bet of 0")))?;
        let each = bet.numer().bits().saturating_add(bet.denom().bits());
        let n = count.numer().to_u32();
        bits = bits.saturating_add(n.map_or(u64::MAX, |n| each.saturating_mul(n.into())));
        match n {
            Some(n) if bits <= meter.limits().evidence_bits => plays.push((bet, n)),
            _ => {
                let limit = meter.limits().evidence_bits;
                return Err(here(resource(
                    "",
                    format!("evidence of more than {limit} bits"),
                )));
            }
        }
    }
    Ok(plays)
}

/// prod base^n, multiplied in pairs so that the factors stay of equal length.
fn power_product<'a>(factors: impl Iterator<Item = (&'a BigInt, u32)>) -> BigInt {
    let mut level: Vec<BigInt> = factors.map(|(base, n)| base.pow(n)).collect();
    while level.len() > 1 {
        level = level.chunks(2).map(|pair| pair.iter().product()).collect();
    }
    level.pop().unwrap_or_else(BigInt::one)
}
