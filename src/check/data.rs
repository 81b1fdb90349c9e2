//! Finite data: against every classical model (F8), and about a game known by sampled questions only (its second part).

use super::classical::classical_max;
use super::*;

/// The level of error, strictly between 0 and 1.
fn level(raw: &Json, meter: &Meter) -> Result<Rational> {
    raw.field("alpha", |alpha| {
        let alpha = alpha.rational(meter)?;
        let inside = alpha.is_positive() && alpha < Rational::one();
        ensure!(inside, Proof: "not strictly between 0 and 1");
        Ok(alpha)
    })
}

fn identity(table: &Table) -> String {
    sha256_hex(&table_text(table))
}

/// A number of rounds, if the evidence is within its limit.
fn rounds(n: &BigInt, bits: &BigInt, meter: &Meter) -> Result<u32> {
    let limit = meter.limits.evidence_bits;
    let n = n.to_u32().filter(|_| *bits <= limit.into());
    n.ok_or_else(|| refuse!(Resource: "evidence above {limit} bits"))
}

/// Bets R(x,a) >= 0 and counts n(x,a) with prod R^n >= 1/alpha. Gives alpha, and notes what the reader must be told.
///
/// classical_max(mu R) <= 1 makes the product a test supermartingale under every local model with
/// memory, so P(sup >= 1/alpha) <= alpha (Ville). A cell that is not listed is a bet of 0.
pub fn reject_classical(raw: &Json, game: &GameTable, note: &mut String, meter: &Meter) -> Result<Rational> {
    let (alpha, f) = (level(raw, meter)?, &game.functional);
    let cells = |field| raw.field(field, |list| table(list, &f.bounds(), meter));
    let (bets, counts) = (cells("bets")?, cells("counts")?);
    let mut means = Table::with_capacity(bets.len());
    for (cell, bet) in &bets {
        let weight = game.probability(&cell[..f.players()]);
        ensure!(!bet.is_negative(), Proof: "{cell:?}: a bet must not be negative");
        ensure!(weight.is_positive(), Proof: "{cell:?}: a bet on what is asked with probability 0");
        meter.charge("the mean of a bet", divisor(weight.denom().bits().max(bet.denom().bits())))?;
        means.push((cell.clone(), weight * bet));
    }
    let means = Functional::new(&f.questions, &f.answers, means, meter)?;
    let fair = classical_max(&means, meter)? <= Rational::one();
    ensure!(fair, Proof: "the bets are not fair: a classical strategy gains on average");
    let (mut total, mut bits) = (BigInt::ZERO, BigInt::ZERO);
    let (mut won, mut lost) = (Vec::new(), Vec::new());
    for (cell, count) in &counts {
        let counts = count.is_integer() && !count.is_negative();
        ensure!(counts, Proof: "{cell:?}: a count is a non-negative integer");
        let asked = game.probability(&cell[..f.players()]).is_positive();
        ensure!(asked, Proof: "{cell:?}: counted, but asked with probability 0");
        if count.is_zero() {
            continue;
        }
        let bet = entry(&bets, cell).filter(|bet| bet.is_positive());
        let bet = bet.ok_or_else(|| refuse!(Claim: "{cell:?}: played against a bet of 0"))?;
        total += count.numer();
        let evidence = count.numer() * bet.numer().bits().saturating_add(bet.denom().bits());
        bits += &evidence;
        let n = rounds(count.numer(), &bits, meter)?;
        meter.charge("the evidence", evidence * 16)?;
        won.push(bet.numer().pow(n));
        lost.push(bet.denom().pow(n));
    }
    let enough = product(won) * alpha.numer() >= product(lost) * alpha.denom();
    ensure!(enough, Claim: "the evidence is below 1/alpha");
    *note = format!(
        " that a classical model gives such evidence; {total} rounds; assuming A1 questions drawn \
         independently from mu, A2 bets fixed before the data, A3 every round reported, A4 no \
         signalling within a round; bets sha256:{} counts sha256:{}",
        identity(&bets),
        identity(&counts),
    );
    Ok(alpha)
}

/// The product, multiplied in pairs so that the factors stay of equal length.
fn product(mut factors: Vec<BigInt>) -> BigInt {
    while factors.len() > 1 {
        factors = factors.chunks(2).map(|pair| pair.iter().product()).collect();
    }
    factors.pop().unwrap_or_else(BigInt::one)
}

/// The table is the empirical game, mu(x) = counts(x)/n, and `inner` bounds its value from above. Then the value of
/// the sampled game is at most `value`, except with probability alpha. Gives what the reader must be told.
///
/// For a fixed p the empirical value is a mean of n independent numbers in \[0,1\]. With K = ceil(n inner) and
/// K/n < U, P(mean <= K/n) <= (n U/K)^K (n (1-U)/(n-K))^(n-K) if the true mean is above U (Hoeffding 1963).
pub fn transfer(raw: &Json, game: &GameTable, inner: &Rational, value: &Rational, meter: &Meter) -> Result<String> {
    let alpha = level(raw, meter)?;
    let counts = raw.field("counts", |list| table(list, &game.functional.questions, meter))?;
    ensure!(counts.iter().all(|(_, count)| count.is_integer()), Proof: "a count is an integer");
    let n: BigInt = counts.iter().map(|(_, count)| count.numer()).sum();
    for (_, mu) in game.mu.iter().flatten() {
        meter.charge("the expected count of a question", divisor(mu.denom().bits().max(n.bits())))?;
    }
    let expected = game.mu.iter().flatten().map(|(x, mu)| (x.clone(), mu * &n));
    let same = n.is_positive() && expected.eq(counts.iter().cloned());
    ensure!(same, Proof: "mu is not the observed frequency of the questions");
    let bits = &n * n.bits() + &n * value.denom().bits();
    let n_rounds = rounds(&n, &bits, meter)?;
    meter.charge("the evidence", bits * 60)?;
    let wins = (inner * &n).ceil().to_integer().max(BigInt::ZERO);
    let above = Rational::from(wins.clone()) < value * &n && *value <= Rational::one();
    ensure!(above, Claim: "not above the empirical bound and at most 1");
    // (K/(n U))^K ((n-K)/(n (1-U)))^(n-K) >= 1/alpha, 0^0 = 1; K < n.
    let won = wins.to_u32().unwrap_or(n_rounds);
    let lost = n_rounds.saturating_sub(won);
    let (u, v) = (value.numer(), value.denom());
    let more = wins.pow(won) * BigInt::from(lost).pow(lost) * v.pow(n_rounds) * alpha.numer();
    let less = n.pow(n_rounds) * u.pow(won) * (v - u).pow(lost) * alpha.denom();
    ensure!(more >= less, Claim: "too few rounds for this level");
    Ok(format!(
        " except with probability {alpha}; {n} rounds; assuming B1 questions drawn independently from one \
         distribution, B2 every winning answer to a listed question is in the table, A3 every round reported; \
         counts sha256:{}",
        identity(&counts),
    ))
}
