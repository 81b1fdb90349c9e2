//! `bellwether witness`: how surely do plays violate every classical model?

mod plan;
mod portfolio;
mod report;
mod sampled;
mod tally;

use super::game::GameArg;
use super::output::{CliError, Out, undecided};
use super::{BAD_INPUT, DOES_NOT_HOLD, HOLDS};
use crate::bound::bets::{Bets, WHOLE};
use crate::bound::certify::data::reject_classical;
use crate::bound::certify::{CertifyError, write_and_check};
use crate::bound::{BoundError, local};
use crate::game::{Behaviour, Game, Kind, Rational, to_f64};
use crate::stats::{binomial_tail_upper, confidence_sequence, ln_inverse_upper};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use report::Report;
use std::path::PathBuf;
use std::time::Duration;
use tally::{Evidence, Source, Tally};

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  bellwether witness chsh plays.csv\n  bellwether witness tetra plays.csv --bets runs/rendezvous-k4/strategy.json -o data.cert.json\n  bellwether witness tetra --plan --bets runs/rendezvous-k4/strategy.json --alpha 1e-3\n\nPLAYS.csv has the header x_1,..,x_n,a_1,..,a_n or the same with ,payoff; `bellwether play` writes such files.\nExit code 0: every classical model is rejected at level ALPHA; 1: it is not."
)]
pub struct Args {
    /// Catalogue name, game file, or (with --sampled) exec:COMMAND.
    game: String,
    /// The rounds, every one of them, in order.
    #[arg(value_name = "PLAYS.csv", required_unless_present = "plan")]
    plays: Option<PathBuf>,
    /// Upper bound on the classical win probability, like 3/4 [default: the exact optimum]
    #[arg(long, value_name = "B", conflicts_with = "sampled")]
    classical: Option<String>,
    /// Level of the test: classical models are rejected wrongly at most this often
    #[arg(long, value_name = "A", default_value = "0.001")]
    alpha: String,
    /// Decide by bets on the full behaviour made for this strategy or behaviour file, chosen before the data
    #[arg(long, value_name = "FILE", conflicts_with = "train")]
    bets: Option<PathBuf>,
    /// Decide by bets learned from the first rounds, a number or a share like 0.2; only the others count as evidence
    #[arg(long, value_name = "N|SHARE")]
    train: Option<String>,
    /// Only the payoffs of GAME are known: questions come from a distribution known through the plays alone
    #[arg(long, conflicts_with_all = ["bets", "train", "plan"])]
    sampled: bool,
    /// With --sampled: test this strategy or behaviour, not the players: only the questions of the plays are used
    #[arg(long, value_name = "FILE", requires = "sampled")]
    strategy: Option<PathBuf>,
    /// Plan instead: rounds needed to reject at level ALPHA
    #[arg(long, conflicts_with = "plays")]
    plan: bool,
    /// With --plan: mix the behaviour with white noise, visibility V
    #[arg(long, value_name = "V", requires = "plan")]
    visibility: Option<f64>,
    /// With --plan: the win probability, if no --bets file says it [default: what the catalogue knows]
    #[arg(long, value_name = "W", requires = "plan", conflicts_with = "bets")]
    win_probability: Option<f64>,
    /// With --plan: probability of rejecting that the rounds should give
    #[arg(long, value_name = "P", default_value_t = 0.9, requires = "plan")]
    power: f64,
    /// Write the rejection as a certificate, checked after writing; it holds bets fixed before the rounds
    #[arg(short, long, value_name = "CERT")]
    output: Option<PathBuf>,
}

/// Evidence that a certificate holds, in bits (the checker's limit).
const EVIDENCE_BITS: u64 = 1 << 25;

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    let alpha = number(&args.alpha, "--alpha")?;
    if !alpha.is_positive() || alpha >= Rational::one() {
        return Err(bad(format!("--alpha {} given, wanted a number between 0 and 1", args.alpha)));
    }
    if args.plan {
        return plan::run(args, &alpha, out);
    }
    let Some(path) = &args.plays else {
        return Err(bad("no plays file given"));
    };
    if args.sampled {
        return sampled::run(args, path, &alpha, out);
    }
    let (game, _) = GameArg::known(&args.game, "witness")?;
    let classical = classical(&game, args.classical.as_deref())?;
    let source = match (&args.bets, &args.train) {
        (Some(file), _) => Source::Fixed(given_bets(&game, file, &classical)?),
        (None, Some(train)) => Source::Train(train),
        (None, None) => Source::Running(portfolio::portfolio(&game, &classical.bound)?),
    };
    let tally = Tally::read(&game, path, source, &alpha)?;
    let report = judge(args, &game, &classical, &tally, &alpha)?;
    if args.output.is_some() && report.rejected() && report.certificate.is_none() {
        out.remark("no certificate: it holds bets fixed before the rounds, and these alone do not reach the level; --bets or --train fix others");
    }
    let code = if report.rejected() { HOLDS } else { DOES_NOT_HOLD };
    out.result(&report, || report.text());
    Ok(code)
}

/// The classical bound and how it is known.
struct Classical {
    bound: Rational,
    evidence: &'static str,
}

fn classical(game: &Game, given: Option<&str>) -> Result<Classical, CliError> {
    let Some(given) = given else {
        let found = local::maximum(game, &local::Options::default()).map_err(undecided)?;
        return Ok(Classical {
            evidence: if found.is_exact() { "exact" } else { "certified upper bound" },
            bound: found.upper,
        });
    };
    let bound = number(given, "--classical")?;
    // a bound that a strategy exceeds is none
    let options = local::Options { time_limit: Some(Duration::from_secs(5)), ..local::Options::default() };
    match local::maximum(game, &options) {
        Ok(found) if found.lower > bound => {
            Err(bad(format!("--classical {given} given, but a classical strategy reaches {}", found.lower)))
        }
        Ok(found) if found.upper <= bound => Ok(Classical { bound, evidence: "given; proved to be a bound" }),
        Ok(_) | Err(BoundError::TooLarge { .. }) => Ok(Classical { bound, evidence: "given; not proved here" }),
        Err(error) => Err(undecided(error)),
    }
}

/// Bets made for a strategy or behaviour file; win/lose bets where the full ones are out of reach.
fn given_bets(game: &Game, file: &std::path::Path, classical: &Classical) -> Result<Bets, CliError> {
    let (p, _) = super::classify::read(file)?;
    game.same_scenario(p.scenario())?;
    bets_for(game, &p, classical)
}

fn bets_for(game: &Game, p: &Behaviour, classical: &Classical) -> Result<Bets, CliError> {
    match Bets::against(game, p, WHOLE) {
        Err(BoundError::TooLarge { .. }) => {
            let win = game.value(p)?;
            Bets::win_lose(game, &classical.bound, win).map_err(undecided)
        }
        other => other.map_err(undecided),
    }
}

fn judge(args: &Args, game: &Game, classical: &Classical, tally: &Tally, alpha: &Rational) -> Result<Report, CliError> {
    let level = to_f64(alpha);
    let win_lose = game.kind() == Kind::WinLose;
    let (n, wins) = (tally.rounds, tally.wins);
    let binomial = win_lose.then(|| binomial_tail_upper(n, wins, &classical.bound));
    let (ln_e, decided_by, source, evidence_rounds) = match &tally.evidence {
        Evidence::Fixed { bets, counts, rounds } => {
            let played = bets.table().iter().zip(counts.iter().copied());
            let ln_e = -ln_inverse_upper(played);
            (ln_e, "e_value", bets.source().to_owned(), *rounds)
        }
        Evidence::Running(outcome) => {
            let counted = win_lose.then_some((n, wins));
            let (ln_e, words) = outcome.ln_e_value(counted, &classical.bound);
            let by = if outcome.decides { "e_value" } else { "p_value" };
            (ln_e, by, words, n)
        }
    };
    let by_bets = (-ln_e).exp().min(1.0);
    let p_value = binomial.unwrap_or(by_bets);
    let rejected = match decided_by {
        "p_value" => p_value <= level,
        _ => ln_e >= -level.ln() + 1e-12,
    };
    let mut report = Report {
        game: game.name().into(),
        n,
        wins: win_lose.then_some(wins),
        classical: to_f64(&classical.bound),
        classical_exact: classical.bound.to_string(),
        classical_evidence: classical.evidence,
        alpha: level,
        p_value,
        p_value_from: if win_lose { "exact binomial tail" } else { "1 / e-value" },
        e_value: ln_e.exp().min(f64::MAX),
        ln_e_value: ln_e,
        e_value_rounds: evidence_rounds,
        bets: source,
        ci: win_lose.then(|| {
            let (lower, upper) = confidence_sequence(n, wins, level);
            [lower, upper]
        }),
        verdict: if rejected { "reject_classical" } else { "not_rejected" },
        decided_by,
        mean_payoff: None,
        transfer: None,
        certificate: None,
        certificate_rounds: None,
        assumptions: report::ASSUMPTIONS.iter().map(|a| (*a).into()).collect(),
    };
    if !win_lose {
        report.mean_payoff = Some(tally.payoff / n as f64);
    }
    // of a portfolio the fixed part must reach the level with its share of the wealth: then so does the whole
    let fixed = match &tally.evidence {
        Evidence::Fixed { bets, counts, .. } => Some((1.0, bets, counts)),
        Evidence::Running(outcome) => {
            let fixed = outcome.fixed.as_ref();
            fixed.map(|(share, bets, counts)| (*share, bets, counts))
        }
    };
    if let (Some(path), true, Some((share, bets, counts))) = (&args.output, rejected, fixed) {
        let played = bets.table().iter().zip(counts.iter().copied());
        let enough = -ln_inverse_upper(played) >= -(level * share).ln() + 1e-12;
        let fits = evidence_bits(bets, counts) <= EVIDENCE_BITS;
        let (counts, rounds) = match &tally.crossed {
            // the checker takes so much evidence and no more: stop at the first round that reached the level
            Some((first, rounds)) if !fits || !enough => (first, *rounds),
            _ if !enough => return Ok(report),
            _ => (counts, evidence_rounds),
        };
        let text = reject_classical(game, bets, counts, alpha);
        write_and_check(game, &text, path).map_err(|e| certify_error(&e))?;
        report.certificate = Some(path.display().to_string());
        report.certificate_rounds = Some(rounds);
    }
    Ok(report)
}

fn evidence_bits(bets: &Bets, counts: &[u64]) -> u64 {
    let played = bets.table().iter().zip(counts);
    played.map(|(r, n)| n.saturating_mul(r.numer().bits() + r.denom().bits())).fold(0, u64::saturating_add)
}

/// A certificate over the checker's limits is no fault of the input.
fn certify_error(error: &CertifyError) -> CliError {
    let code = match error {
        CertifyError::Rejected(_) => super::UNDECIDED,
        _ => BAD_INPUT,
    };
    CliError::new(code, error.to_string())
}

fn bad(why: impl Into<String>) -> CliError {
    CliError::new(BAD_INPUT, why)
}

/// An exact number from `3/4`, `0.75` or `1e-3`.
fn number(text: &str, what: &str) -> Result<Rational, CliError> {
    let wrong = || bad(format!("{what} '{text}' given, wanted a number like 3/4, 0.75 or 1e-3"));
    if text.len() > 60 {
        return Err(wrong());
    }
    let integer = |t: &str| -> Result<BigInt, CliError> {
        let digits = !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        if digits { t.parse().map_err(|_| wrong()) } else { Err(wrong()) }
    };
    let ten = |e: u32| Rational::from_integer(BigInt::from(10).pow(e));
    if let Some((p, q)) = text.split_once('/') {
        let (p, q) = (integer(p)?, integer(q)?);
        return if q.is_zero() { Err(wrong()) } else { Ok(Rational::new(p, q)) };
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((m, e)) => (m, e.parse::<i32>().map_err(|_| wrong())?),
        None => (text, 0),
    };
    if exponent.abs() > 300 {
        return Err(wrong());
    }
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let value = Rational::from_integer(integer(&format!("{whole}{part}"))?) / ten(part.len() as u32);
    Ok(if exponent < 0 { value / ten(exponent.unsigned_abs()) } else { value * ten(exponent.unsigned_abs()) })
}
