//! Finite data: against every classical model (F8), and about a game known by sampled questions only (its second part).

use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::classical::classical_max;
use super::functional::{Functional, Table, entry, table};
use super::game::{GameKind, GameTable, sha256_hex, table_text};
use super::json::Node;
use super::limits::Meter;
use super::num::Rational;
use super::reject::{RejectCode, Result, demand, ensure};

/// The level of error, strictly between 0 and 1; questions must have probabilities.
fn level(raw: &Node, game: &GameTable, meter: &mut Meter) -> Result<Rational> {
    let node = raw.need("alpha")?;
    let alpha = node.rational(meter)?;
    ensure!(game.kind() == GameKind::Game, Proof at raw, "only a game draws its questions");
    let inside = alpha.is_positive() && alpha < Rational::one();
    ensure!(inside, Proof at node, "not strictly between 0 and 1");
    Ok(alpha)
}

fn identity(table: &Table) -> String {
    sha256_hex(table_text(table).as_bytes())
}

/// Bets R(x,a) >= 0 and counts n(x,a) with prod R^n >= 1/alpha: alpha, and what the reader must be told.
///
/// classical_max(mu R) <= 1 makes the product a test supermartingale under every local model with
/// memory, so P(sup >= 1/alpha) <= alpha (Ville). A cell that is not listed is a bet of 0.
pub fn reject_classical(raw: &Node, game: &GameTable, meter: &mut Meter) -> Result<(Rational, String)> {
    let alpha = level(raw, game, meter)?;
    let sizes = game.functional().sizes();
    let (at_bets, at_counts) = (raw.need("bets")?, raw.need("counts")?);
    let bets = table(&at_bets, &sizes.cell(), RejectCode::Proof, meter)?;
    let counts = table(&at_counts, &sizes.cell(), RejectCode::Proof, meter)?;
    let weight = |cell: &[usize]| game.probability(cell.split_at(sizes.players()).0);
    let mut means = Table::with_capacity(bets.len());
    for (cell, bet) in &bets {
        let weight = weight(cell);
        ensure!(!bet.is_negative(), Proof at at_bets, "{cell:?}: a bet must not be negative");
        ensure!(!weight.is_zero(), Proof at at_bets, "{cell:?}: asked with probability 0");
        means.push((cell.clone(), weight * bet));
    }
    let means = Functional::new(sizes, means, meter).map_err(|e| e.or_at(&at_bets))?;
    let mean = classical_max(&means, meter).map_err(|e| e.or_at(&at_bets))?;
    ensure!(mean <= Rational::one(), Proof at at_bets, "a classical strategy gains on average: not fair");
    let limit = meter.limits().evidence_bits;
    let (mut rounds, mut bits) = (BigInt::ZERO, BigInt::ZERO);
    let mut plays: Vec<(&Rational, u32)> = Vec::new();
    for (cell, count) in &counts {
        let counts = count.is_integer() && !count.is_negative();
        ensure!(counts, Proof at at_counts, "{cell:?}: a count is a non-negative integer");
        ensure!(!weight(cell).is_zero(), Proof at at_counts, "{cell:?}: asked with probability 0");
        if count.is_zero() {
            continue;
        }
        let bet = entry(&bets, cell).filter(|bet| bet.is_positive());
        let bet = demand!(bet, Claim at at_counts, "{cell:?}: played against a bet of 0");
        rounds += count.numer();
        bits += count.numer() * bet.numer().bits() + count.numer() * bet.denom().bits();
        let n = count.numer().to_u32().filter(|_| bits <= limit.into());
        plays.push((bet, demand!(n, Resource at at_counts, "evidence above {limit} bits")));
    }
    let won = power_product(plays.iter().map(|(bet, n)| (bet.numer(), *n))) * alpha.numer();
    let lost = power_product(plays.iter().map(|(bet, n)| (bet.denom(), *n))) * alpha.denom();
    ensure!(won >= lost, Claim at raw, "the evidence is below 1/alpha");
    let note = format!(
        " that a classical model gives such evidence; {rounds} rounds; assuming A1 questions drawn \
         independently from mu, A2 bets fixed before the data, A3 every round reported, A4 no \
         signalling within a round; bets sha256:{} counts sha256:{}",
        identity(&bets),
        identity(&counts),
    );
    Ok((alpha, note))
}

/// prod base^n, multiplied in pairs so that the factors stay of equal length.
fn power_product<'a>(factors: impl Iterator<Item = (&'a BigInt, u32)>) -> BigInt {
    let mut level: Vec<BigInt> = factors.map(|(base, n)| base.pow(n)).collect();
    while level.len() > 1 {
        level = level.chunks(2).map(|pair| pair.iter().product()).collect();
    }
    level.pop().unwrap_or_else(BigInt::one)
}

/// The table is the empirical game, mu(x) = counts(x)/n, and `inner` bounds its value from above. Then the value of
/// the sampled game is at most `value`, except with probability alpha. Gives what the reader must be told.
///
/// For a fixed p the empirical value is a mean of n independent numbers in \[0,1\]. With K = ceil(n inner) and
/// K/n < U, P(mean <= K/n) <= (n U/K)^K (n (1-U)/(n-K))^(n-K) if the true mean is above U (Hoeffding 1963).
pub fn transfer(raw: &Node, game: &GameTable, inner: &Rational, value: &Rational, meter: &mut Meter) -> Result<String> {
    let alpha = level(raw, game, meter)?;
    let at_counts = raw.need("counts")?;
    let counts = table(&at_counts, game.questions(), RejectCode::Proof, meter)?;
    let n: Rational = counts.iter().map(|(_, count)| count).sum();
    let mut drawn = counts.iter().zip(game.distribution());
    let same = n.is_positive()
        && counts.len() == game.distribution().len()
        && drawn.all(|((at, k), (x, mu))| at == x && k.is_integer() && *k == &n * mu);
    ensure!(same, Proof at at_counts, "mu is not the observed frequency of the questions");
    let (limit, n) = (meter.limits().evidence_bits, n.to_integer());
    let bits = &n * n.bits() + &n * value.denom().bits();
    let rounds = n.to_u32().filter(|_| bits <= limit.into());
    let rounds = demand!(rounds, Resource at at_counts, "evidence above {limit} bits");
    let wins = (inner * &n).ceil().to_integer().max(BigInt::ZERO);
    let above = Rational::from(wins.clone()) < value * &n;
    ensure!(above, Claim at raw, "not above the empirical bound");
    ensure!(*value <= Rational::one(), Claim at raw, "above 1");
    // wins < n
    let won = wins.to_u32().unwrap_or(rounds);
    // (K/(n U))^K ((n-K)/(n (1-U)))^(n-K) >= 1/alpha, 0^0 = 1
    let lost = rounds.saturating_sub(won);
    let (u, v) = (value.numer(), value.denom());
    let more = wins.pow(won) * BigInt::from(lost).pow(lost) * v.pow(rounds) * alpha.numer();
    let less = n.pow(rounds) * u.pow(won) * (v - u).pow(lost) * alpha.denom();
    ensure!(more >= less, Claim at raw, "too few rounds for this level");
    Ok(format!(
        " except with probability {alpha}; {rounds} rounds; assuming B1 questions drawn independently from one \
         distribution, B2 every winning answer to a listed question is in the table, A3 every round reported; \
         counts sha256:{}",
        identity(&counts),
    ))
}
