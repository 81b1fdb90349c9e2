//! What `witness` reports, as JSON and as text.

use super::super::output::decimal;
use serde::Serialize;
use std::fmt::Write;

/// What a verdict rests on besides arithmetic.
pub const ASSUMPTIONS: [&str; 4] = [
    "A1 questions are drawn independently from the game's distribution, whatever happened before and whatever the devices do",
    "A2 the test, its level and its bets were fixed before the rounds they are applied to",
    "A3 every round is in the file: omitted rounds cannot be seen",
    "A4 within a round no player learns another's question before answering",
];

/// The same if the questions' distribution is known only through the plays.
pub const SAMPLED: [&str; 4] = [
    "B1 questions, as many as were decided beforehand, are drawn independently from one distribution, whatever the devices do",
    "A2 the test and its level were fixed before the rounds they are applied to",
    "A3 every round is in the file: omitted rounds cannot be seen",
    "A4 within a round no player learns another's question before answering",
];

/// The game of the sampled questions, carried over to the game itself.
#[derive(Serialize)]
pub struct Transfer {
    /// Classical optimum of the game with the observed frequencies, exact.
    pub empirical_classical: String,
    /// Upper bound on the classical optimum of the game itself, at level alpha/2.
    pub classical_upper: f64,
    pub classical_upper_exact: String,
    /// Lower bound on the players' win probability, at level alpha/2.
    pub win_lower: f64,
}

#[derive(Serialize)]
pub struct Report {
    pub game: String,
    pub n: u64,
    pub wins: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_payoff: Option<f64>,
    pub p_value: f64,
    pub p_value_from: &'static str,
    pub e_value: f64,
    pub ln_e_value: f64,
    pub e_value_rounds: u64,
    pub bets: String,
    pub ci: Option<[f64; 2]>,
    pub alpha: f64,
    pub verdict: &'static str,
    pub decided_by: &'static str,
    pub classical: f64,
    pub classical_exact: String,
    pub classical_evidence: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
    pub certificate: Option<String>,
    pub certificate_rounds: Option<u64>,
    pub assumptions: Vec<String>,
}

impl Report {
    pub fn rejected(&self) -> bool {
        self.verdict == "reject_classical"
    }

    /// The report for people. Writing to a String cannot fail.
    pub fn text(&self) -> String {
        let mut t = String::new();
        let _ = match (self.wins, self.mean_payoff) {
            (Some(wins), _) => {
                writeln!(t, "{}: {} rounds, {wins} won, {:.6} of them", self.game, self.n, wins as f64 / self.n as f64)
            }
            (None, mean) => {
                writeln!(t, "{}: {} rounds, mean payoff {:.6}", self.game, self.n, mean.unwrap_or(f64::NAN))
            }
        };
        let _ = writeln!(t, "  classical bound     {}  ({})", self.classical_exact, self.classical_evidence);
        let _ = writeln!(
            t,
            "  p-value             {}  ({}, rounded up; valid with memory, for this number of rounds)",
            scientific(self.p_value),
            self.p_value_from
        );
        let _ = writeln!(
            t,
            "  e-value             {}  (sampled, over {} rounds; bets on {}; valid at any stopping time)",
            exponential(self.ln_e_value),
            self.e_value_rounds,
            self.bets
        );
        if let Some([lower, upper]) = self.ci {
            let _ = writeln!(
                t,
                "  win probability     {lower:.6} to {upper:.6}  (sampled, confidence {} %, at all times at once, with memory)",
                decimal(100.0 * (1.0 - self.alpha))
            );
        }
        if let Some(x) = &self.transfer {
            let _ = writeln!(
                t,
                "  sampled questions   classical optimum {} for the observed frequencies (exact), so at most {} for the game itself;\n\
                 \x20                     the players win at least {:.6} (each at confidence {} %)",
                x.empirical_classical,
                decimal(x.classical_upper),
                x.win_lower,
                decimal(100.0 * (1.0 - 0.5 * self.alpha))
            );
        }
        let by = self.decided_by.replace('_', "-");
        let _ = if self.rejected() {
            writeln!(
                t,
                "  REJECTED            every classical model, with memory or without, at level {} by the {by}",
                decimal(self.alpha)
            )
        } else {
            writeln!(
                t,
                "  NOT REJECTED        a classical model is not excluded at level {} by the {by}",
                decimal(self.alpha)
            )
        };
        if let Some(certificate) = &self.certificate {
            let _ = writeln!(
                t,
                "  certificate         {certificate}  ({} rounds; accepted by the checker)",
                self.certificate_rounds.unwrap_or(self.e_value_rounds)
            );
        }
        let _ = writeln!(t, "  assuming");
        for a in &self.assumptions {
            let _ = writeln!(t, "    {a}");
        }
        t
    }
}

/// Rounded up to three digits, as p-values must be.
fn scientific(p: f64) -> String {
    if p >= 1.0 {
        return "1".into();
    }
    if p <= 1e-300 {
        return if p == 0.0 { "0".into() } else { "below 1e-300".into() };
    }
    let exponent = p.log10().floor() as i32;
    let unit = 10f64.powi(exponent - 2);
    format!("{:.2e}", (p / unit).ceil() * unit)
}

/// `exp(ln)` also where it is no float, rounded down to three digits.
fn exponential(ln: f64) -> String {
    if ln == f64::NEG_INFINITY {
        return "0".into();
    }
    let ten = ln / std::f64::consts::LN_10;
    let (whole, part) = (ten.floor(), ten - ten.floor());
    let mantissa = (10f64.powf(part) * 100.0).floor() / 100.0;
    if (-3.0..4.0).contains(&whole) {
        format!("{}", (mantissa * 10f64.powf(whole) * 1e6).round() / 1e6)
    } else {
        format!("{mantissa:.2}e{whole}")
    }
}
