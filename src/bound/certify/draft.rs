//! A certificate in the making.

use super::behaviour::exact_behaviours;
use super::exact::ExactStrategy;
use super::tight::GramBlock;
use super::{CertifyError, readable_down, readable_up, round_down, text};
use crate::bound::membership::BellInequality;
use crate::bound::no_signalling::Message;
use crate::bound::npa::SosBlock;
use crate::check::{self, Limits};
use crate::game::{Behaviour, Game, Rational};
use crate::strategy::Deterministic;
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

/// Deterministic strategies times cells that both checkers may be asked to enumerate without much thought.
const ENUMERATION: f64 = 3e6;

/// Work that a replayed search may cost the checker before plain enumeration is preferred.
const SEARCH: u64 = 400_000_000;

/// Proofs about one game, each with the number that its witness shows, and what follows from them.
///
/// Claimed numbers are the exact ones where these are short, otherwise rounded to 12 decimals in the safe direction. Exact: no
/// float gets in. Source: `docs/certificates.md`.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    game: &'a Game,
    proofs: Vec<String>,
    conclusions: Vec<String>,
    classical: Option<Rational>,
    deterministic: Option<Rational>,
    /// Upper bounds on the quantum value: id and number, the least first.
    uppers: Vec<(&'static str, Rational)>,
    strategies: Vec<(&'static str, Rational)>,
}

impl<'a> Draft<'a> {
    /// No proofs yet.
    pub fn new(game: &'a Game) -> Self {
        Draft {
            game,
            proofs: Vec::new(),
            conclusions: Vec::new(),
            classical: None,
            deterministic: None,
            uppers: Vec::new(),
            strategies: Vec::new(),
        }
    }

    /// A proven upper bound on the classical value, and a strategy that attains some value (F1).
    ///
    /// Proved by enumeration if that is short; otherwise by a branch and bound in the order and with the messages that the
    /// checker gets through soonest.
    pub fn classical(&mut self, upper: &Rational, attained: &Deterministic, messages: &[Message]) {
        self.proofs.push(self.classical_proof(upper, messages));
        self.classical = Some(upper.clone());
        let value = attained.value(self.game);
        self.proofs.push(text::classical_lower("deterministic", &value, attained));
        self.deterministic = Some(value);
    }

    fn classical_proof(&self, upper: &Rational, messages: &[Message]) -> String {
        let s = self.game.scenario();
        let sizes = s.questions().iter().zip(s.answers());
        let strategies: Vec<f64> = sizes.map(|(&q, &a)| (a as f64).powi(q as i32)).collect();
        let most = strategies.iter().fold(1.0f64, |a, b| a.max(*b));
        let count = strategies.iter().product::<f64>() / most;
        let plain = text::classical_upper("classical", upper);
        if count * self.game.terms().len() as f64 <= ENUMERATION {
            return plain;
        }
        let order = decisions(self.game, &strategies);
        let limits = Limits { work: SEARCH, ..Limits::default() };
        let found = [&[], messages].into_iter().find_map(|messages| {
            let proof = text::classical_search("classical", upper, &order, messages);
            let document = text::document(self.game, std::slice::from_ref(&proof), &[]);
            check::check(document.as_bytes(), &limits).is_ok().then_some(proof)
        });
        found.unwrap_or(plain)
    }

    /// A quantum strategy (F2); gives the claimed value.
    pub fn strategy(&mut self, id: &'static str, exact: &ExactStrategy) -> Rational {
        let value = readable_down(&exact.value(self.game));
        self.proofs.push(text::quantum_lower(id, &value, exact));
        self.strategies.push((id, value.clone()));
        value
    }

    /// Squares of an NPA bound over denominators `2^bits`: an upper bound on the quantum value whatever the solver did (F5).
    ///
    /// # Errors
    /// [`CertifyError::Rejected`] if the squares are beyond the checker's limits.
    pub fn squares(&mut self, squares: &[SosBlock], bits: u32) -> Result<Rational, CertifyError> {
        // the claim is not looked at when asking what a witness shows
        let proof = text::quantum_upper("squares", &Rational::zero(), squares, bits);
        let shown = self.shown(proof)?;
        let value = -round_down(&-shown);
        self.proofs.push(text::quantum_upper("squares", &value, squares, bits));
        self.upper("squares", value.clone());
        Ok(value)
    }

    /// Gram matrices with `value - game` = their squares exactly (F5, F6).
    ///
    /// # Errors
    /// [`CertifyError::Rejected`] if they are beyond the checker's limits.
    pub fn gram(&mut self, blocks: &[GramBlock]) -> Result<Rational, CertifyError> {
        let proof = text::quantum_upper_gram("squares", &Rational::zero(), blocks);
        let value = readable_up(&self.shown(proof)?);
        self.proofs.push(text::quantum_upper_gram("squares", &value, blocks));
        self.upper("squares", value.clone());
        Ok(value)
    }

    /// Messages that bound the no-signalling value, hence the quantum one (F4).
    ///
    /// # Errors
    /// [`CertifyError::Rejected`] if they are beyond the checker's limits.
    pub fn messages(&mut self, messages: &[Message]) -> Result<Rational, CertifyError> {
        let value = readable_up(&self.shown(text::ns_upper("messages", &Rational::zero(), messages))?);
        self.proofs.push(text::ns_upper("messages", &value, messages));
        self.upper("messages", value.clone());
        Ok(value)
    }

    fn upper(&mut self, id: &'static str, value: Rational) {
        let at = self.uppers.iter().take_while(|(_, v)| *v <= value).count();
        self.uppers.insert(at, (id, value));
    }

    /// That a behaviour is nonlocal down to a visibility, by a Bell inequality it violates (F7); gives the visibility.
    ///
    /// The behaviour is rounded to an exactly no-signalling one, the better of two; the draft's game only names the scenario.
    ///
    /// # Errors
    /// [`CertifyError::Rounding`] if the rounded behaviour does not violate the inequality; [`CertifyError::Game`] for another
    /// scenario.
    pub fn behaviour(&mut self, p: &Behaviour, inequality: &BellInequality) -> Result<Rational, CertifyError> {
        let (s, beta) = (&inequality.game, &inequality.classical);
        self.game.same_scenario(p.scenario())?;
        s.same_scenario(p.scenario())?;
        let joint = Rational::from(BigInt::from(p.scenario().joint_answers()));
        let uniform = s.terms().iter().map(|t| &t.weight).sum::<Rational>() / joint;
        let mut best: Option<(Rational, Vec<Rational>)> = None;
        for exact in exact_behaviours(p) {
            let value = s.value_exact(&exact)?;
            if value <= *beta {
                continue;
            }
            let visibility = (beta - &uniform) / (value - &uniform);
            if best.as_ref().is_none_or(|(b, _)| visibility < *b) {
                best = Some((visibility, exact));
            }
        }
        let (shown, exact) = best
            .ok_or_else(|| CertifyError::Rounding("the violation is lost when the behaviour is made exact".into()))?;
        let visibility = readable_up(&shown).min(Rational::one()).max(Rational::zero());
        self.proofs.push(text::nonlocal_behaviour("behaviour", &exact, s, beta, &visibility));
        Ok(visibility)
    }

    /// What the witness of a proof shows.
    fn shown(&self, proof: String) -> Result<Rational, CertifyError> {
        let document = text::document(self.game, &[proof], &[]);
        let open = check::Certificate::open(document.as_bytes(), &Limits::default());
        let shown = open.and_then(check::Certificate::shown);
        let shown = shown.map_err(CertifyError::Rejected)?;
        shown.into_iter().next().ok_or_else(|| CertifyError::Rounding("the witness proves nothing".into()))
    }

    /// Everything that follows for a strategy from the bounds so far (F9): advantage over every classical strategy if it has
    /// one, distance from every quantum one if that is bounded.
    pub fn conclude(&mut self, id: &'static str) {
        let Some((_, value)) = self.strategies.iter().find(|s| s.0 == id) else {
            return;
        };
        if let Some(classical) = &self.classical
            && (value - classical).is_positive()
        {
            let margin = value - classical;
            self.conclusions.push(text::conclusion("advantage", id, "classical", &margin));
        }
        if let Some((upper, bound)) = self.uppers.first() {
            let eps = bound - value;
            self.conclusions.push(text::conclusion("eps_optimal", id, upper, &eps));
        }
    }

    /// That the deterministic strategy is optimal among classical ones, up to the difference of the bounds.
    pub fn conclude_classical(&mut self) {
        if let (Some(upper), Some(lower)) = (&self.classical, &self.deterministic) {
            let eps = upper - lower;
            self.conclusions.push(text::conclusion("eps_optimal", "deterministic", "classical", &eps));
        }
    }

    /// The certificate.
    pub fn text(&self) -> String {
        text::document(self.game, &self.proofs, &self.conclusions)
    }
}

/// All questions of all players but the one with most strategies; those that matter most first.
fn decisions(game: &Game, strategies: &[f64]) -> Vec<(usize, usize)> {
    let s = game.scenario();
    let responder = (0..s.players()).max_by(|&a, &b| strategies[a].total_cmp(&strategies[b]));
    let mut weight: Vec<Vec<f64>> = s.questions().iter().map(|&q| vec![0.0; q]).collect();
    for row in game.terms().chunk_by(|a, b| a.question == b.question) {
        let values = row.iter().map(|t| crate::game::to_f64(&t.weight));
        let full = row.len() == s.joint_answers();
        let (low, high) = values
            .fold(if full { (f64::INFINITY, f64::NEG_INFINITY) } else { (0.0, 0.0) }, |(low, high), v| {
                (f64::min(low, v), f64::max(high, v))
            });
        for (player, x) in s.question(row[0].question).into_iter().enumerate() {
            weight[player][x] += high - low;
        }
    }
    let mut order: Vec<(usize, usize)> = (0..s.players())
        .filter(|i| Some(*i) != responder)
        .flat_map(|i| (0..s.questions()[i]).map(move |x| (i, x)))
        .collect();
    order.sort_by(|a, b| weight[b.0][b.1].total_cmp(&weight[a.0][a.1]));
    order
}
