//! Finite data: against every classical model (F8), and about a game known by sampled questions only (its second part).

use super::classical::classical_max;
use super::*;

/// Of what both proofs are: the distribution of the questions, the level of error, and how often each cell was met.
fn sample<'a>(
    raw: &Json,
    game: &'a GameTable,
    bounds: &[usize],
    meter: &Meter,
) -> Result<(&'a Table, Rational, Table)> {
    let mu = game.mu.as_ref().ok_or_else(|| refuse!(Proof: "only a game of win or lose draws its questions"))?;
    let alpha = raw.field("alpha", |alpha| alpha.rational(meter))?;
    ensure!(alpha.is_positive() && alpha.numer() < alpha.denom(), Proof: "alpha is not strictly between 0 and 1");
    let counts = raw.field("counts", |list| Table::read(list, bounds, meter))?;
    let natural = counts.den.is_one() && counts.numbers().all(|count| !count.is_negative());
    ensure!(natural, Proof: "a count is a non-negative integer");
    Ok((mu, alpha, counts))
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
    let s = &game.scenario;
    let (mu, alpha, counts) = sample(raw, game, &s.bounds(), meter)?;
    let bets = raw.field("bets", |list| Table::read(list, &s.bounds(), meter))?;
    let weight = |cell: &[usize]| {
        let weight = mu.entry(&cell[..s.players()]);
        weight.ok_or_else(|| refuse!(Proof: "{cell:?}: asked with probability 0"))
    };
    let each = multiplication(mu.bits(), bets.bits()) + kept(mu.bits().saturating_add(bets.bits()));
    meter.charge("the means of the bets", each * bets.cells.len())?;
    let mut means = Table { cells: Vec::new(), den: &mu.den * &bets.den };
    for (cell, bet) in &bets.cells {
        ensure!(!bet.is_negative(), Proof: "{cell:?}: a bet must not be negative");
        means.cells.push((cell.clone(), weight(cell)? * bet));
    }
    let fair = at_most(&classical_max(s, &means, meter)?, &Rational::one());
    ensure!(fair, Proof: "the bets are not fair: a classical strategy gains on average");
    let (mut total, mut bits) = (BigInt::ZERO, BigInt::ZERO);
    let (mut won, mut lost) = (Vec::new(), Vec::new());
    for (cell, count) in counts.cells.iter().filter(|(_, count)| !count.is_zero()) {
        weight(cell)?;
        let bet = bets.entry(cell).filter(|bet| bet.is_positive());
        let bet = bet.ok_or_else(|| refuse!(Claim: "{cell:?}: played against a bet of 0"))?;
        meter.charge("lowest terms", divisor(bets.bits()))?;
        let bet = bets.rational(bet);
        total += count;
        let evidence = count * bet.numer().bits().saturating_add(bet.denom().bits());
        bits += &evidence;
        let n = rounds(count, &bits, meter)?;
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
        identity(raw, "bets"),
        identity(raw, "counts"),
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
/// the sampled game is at most `value`, except with probability alpha. Notes what the reader must be told.
///
/// For a fixed p the empirical value is a mean of n independent numbers in \[0,1\]. With K = ceil(n inner) and
/// K/n < U, P(mean <= K/n) <= (n U/K)^K (n (1-U)/(n-K))^(n-K) if the true mean is above U (Hoeffding 1963).
pub fn transfer(
    raw: &Json,
    game: &GameTable,
    inner: &Rational,
    value: &Rational,
    note: &mut String,
    meter: &Meter,
) -> Result<()> {
    let (mu, alpha, counts) = sample(raw, game, &game.scenario.questions, meter)?;
    let n: BigInt = counts.numbers().sum();
    let scaled = multiplication(mu.bits(), counts.bits().max(n.bits()));
    meter.charge("the expected counts", scaled * mu.cells.len())?;
    let expected = mu.cells.iter().map(|(x, weight)| (x, weight * &n));
    let observed = counts.cells.iter().map(|(x, count)| (x, count * &mu.den));
    ensure!(expected.eq(observed), Proof: "mu is not the observed frequency of the questions");
    let bits = &n * n.bits() + &n * value.denom().bits();
    let n_rounds = rounds(&n, &bits, meter)?;
    meter.charge("the evidence", bits * 60)?;
    let (u, v) = (value.numer(), value.denom());
    let wins = (inner.numer() * &n).div_ceil(inner.denom()).max(BigInt::ZERO);
    ensure!(&wins * v < u * &n && u <= v, Claim: "not above the empirical bound and at most 1");
    // (K/(n U))^K ((n-K)/(n (1-U)))^(n-K) >= 1/alpha, 0^0 = 1; K < n.
    let won = wins.to_u32().unwrap_or(n_rounds);
    let lost = n_rounds.saturating_sub(won);
    let more = wins.pow(won) * BigInt::from(lost).pow(lost) * v.pow(n_rounds) * alpha.numer();
    let less = n.pow(n_rounds) * u.pow(won) * (v - u).pow(lost) * alpha.denom();
    ensure!(more >= less, Claim: "too few rounds for this level");
    *note = format!(
        " except with probability {alpha}; {n} rounds; assuming B1 questions, as many as were decided beforehand, \
         drawn independently from one distribution, B2 every winning answer to a listed question is in the table, \
         A3 every round reported; counts sha256:{}",
        identity(raw, "counts"),
    );
    Ok(())
}
