//! From the game of the sampled questions to the game they were sampled from (F8, second part).

use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::functional::table;
use super::game::{GameKind, GameTable, sha256_hex, table_text};
use super::json::Row;
use super::limits::Meter;
use super::num::Rational;
use super::reject::{Reject, RejectCode, claim, proof, resource};

/// The table is the empirical game, mu(x) = counts(x)/n, and `inner` bounds its value from above. Then the value of
/// the sampled game is at most `value`, except with probability alpha.
///
/// For a fixed p the empirical value is a mean of n independent numbers in \[0,1\]. With K = ceil(n inner) and
/// K/n < U, P(mean <= K/n) <= ((n U/K)^K (n (1-U)/(n-K))^(n-K)) if the true mean is above U (Hoeffding 1963).
pub(crate) fn transfer(
    game: &GameTable,
    counts: &[Row],
    inner: &Rational,
    value: &Rational,
    alpha: &Rational,
    meter: &mut Meter,
) -> Result<String, Reject> {
    if game.kind() != GameKind::Game {
        return Err(proof("", "only a game has questions to sample"));
    }
    if !alpha.is_positive() || *alpha >= Rational::one() {
        return Err(proof("alpha", "not strictly between 0 and 1"));
    }
    let counts =
        table(counts, game.questions(), RejectCode::Proof, meter).map_err(|e| e.under("counts"))?;
    let n: Rational = counts.iter().map(|(_, count)| count).sum();
    let drawn = game.distribution();
    let same = n.is_positive()
        && counts.len() == drawn.len()
        && counts
            .iter()
            .zip(drawn)
            .all(|((at, count), (x, mu))| at == x && count.is_integer() && *count == &n * mu);
    if !same {
        return Err(proof(
            "counts",
            "mu is not the observed frequency of the questions",
        ));
    }
    let limit = meter.limits().evidence_bits;
    let too_long = || resource("counts", format!("evidence of more than {limit} bits"));
    let rounds = n.numer().to_u32().ok_or_else(too_long)?;
    let width = n.numer().bits().saturating_add(value.denom().bits());
    if u64::from(rounds).saturating_mul(width) > limit {
        return Err(too_long());
    }
    let one = Rational::one();
    let wins = (inner * &n).ceil().to_integer().max(BigInt::zero());
    if Rational::from(wins.clone()) >= value * &n || *value > one {
        return Err(claim(
            "value",
            "not above the empirical bound and at most 1",
        ));
    }
    // wins < n, so both fit.
    let wins = wins.to_u32().ok_or_else(too_long)?;
    let losses = rounds.saturating_sub(wins);
    // (K/(n U))^K ((n-K)/(n (1-U)))^(n-K) >= 1/alpha, 0^0 = 1
    let power = |base: BigInt, n: u32| base.pow(n);
    let rest = value.denom() - value.numer();
    let numer = power(wins.into(), wins)
        * power(losses.into(), losses)
        * power(value.denom().clone(), rounds);
    let denom =
        power(rounds.into(), rounds) * power(value.numer().clone(), wins) * power(rest, losses);
    if numer * alpha.numer() < denom * alpha.denom() {
        return Err(claim("value", "too few rounds for this level"));
    }
    Ok(format!(
        " except with probability {alpha}; {rounds} rounds; assuming B1 questions drawn independently from one \
         distribution, B2 every winning answer to a listed question is in the table, A3 every round reported; \
         counts sha256:{}",
        sha256_hex(table_text(&counts).as_bytes()),
    ))
}
