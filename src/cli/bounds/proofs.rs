//! `bounds --proofs DIR`: every bound that can be proved, as a certificate.

use crate::bound::certify::{
    CertifyError, DEFAULT_BITS, Draft, ExactStrategy, component_questions, recognise, tight_blocks, write_and_check,
};
use crate::bound::local::LocalOptimum;
use crate::bound::no_signalling::NsOptimum;
use crate::bound::npa::SosBlock;
use crate::bound::{Bound, Bracket, Side};
use crate::cli::output::{CliError, Out};
use crate::game::file::file_error;
use crate::game::{Game, Rational};
use crate::strategy::{PolicyClass, QuantumStrategy};
use std::path::{Path, PathBuf};

/// Where the proofs of one game go.
pub struct Folder<'a> {
    folder: &'a Path,
    game: &'a Game,
    out: Out,
}

/// The quantum bracket as proved, and the certificate that proves it.
pub struct Quantum {
    pub bracket: Bracket,
    pub path: String,
}

impl<'a> Folder<'a> {
    /// Creates the folder.
    pub fn new(folder: &'a Path, game: &'a Game, out: Out) -> Result<Self, CliError> {
        std::fs::create_dir_all(folder).map_err(|e| file_error(folder, e))?;
        Ok(Folder { folder, game, out })
    }

    fn path(&self, class: &str) -> PathBuf {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        let name: String = self.game.name().chars().map(|c| if allowed(c) { c } else { '-' }).collect();
        self.folder.join(format!("{name}.{class}.json"))
    }

    /// The path of the certificate, or nothing and a remark if the checker cannot decide it within its limits.
    fn write(&self, class: &str, draft: &Draft) -> Result<Option<String>, CliError> {
        let path = self.path(class);
        let written = write_and_check(self.game, &draft.text(), &path);
        Ok(self.within_limits(class, written)?.map(|_| path.display().to_string()))
    }

    fn within_limits<T>(&self, class: &str, found: Result<T, CertifyError>) -> Result<Option<T>, CliError> {
        match found {
            Err(CertifyError::Rejected(why)) => {
                self.out.remark(&format!("no certificate for {class}: {why}"));
                Ok(None)
            }
            other => Ok(Some(other?)),
        }
    }

    /// Both ends of the classical bracket.
    pub fn classical(&self, sr: &LocalOptimum, ns: Option<&NsOptimum>) -> Result<Option<String>, CliError> {
        let mut draft = Draft::new(self.game);
        draft.classical(&sr.upper, &sr.strategy, ns.map_or(&[], |ns| &ns.messages));
        draft.conclude_classical();
        self.write("sr", &draft)
    }

    /// The upper end of the non-signalling bracket: single-player messages, which for three and more players may prove less
    /// than the linear program; nothing is written then.
    pub fn non_signalling(&self, ns: &NsOptimum) -> Result<Option<String>, CliError> {
        if ns.messages_upper != ns.upper {
            return Ok(None);
        }
        let mut draft = Draft::new(self.game);
        match self.within_limits("ns", draft.messages(&ns.messages))? {
            Some(_) => self.write("ns", &draft),
            None => Ok(None),
        }
    }

    /// Both ends of the quantum bracket and what follows: the strategy found, exactly rational where it can be, against the
    /// least of the upper bounds that can be proved. The classical bound stands beside them unless it cannot be proved.
    pub fn quantum(
        &self,
        sr: &LocalOptimum,
        with_classical: bool,
        ns: Option<&NsOptimum>,
        strategy: &QuantumStrategy,
        squares: &[SosBlock],
        seconds: f64,
    ) -> Result<Option<Quantum>, CliError> {
        let mut draft = Draft::new(self.game);
        if with_classical {
            draft.classical(&sr.upper, &sr.strategy, ns.map_or(&[], |ns| &ns.messages));
        }
        let rounded = ExactStrategy::round(strategy, DEFAULT_BITS)?;
        let rational = recognise(strategy, &component_questions(self.game));
        let rational = rational.filter(|r| r.value(self.game) >= rounded.value(self.game));
        let exact = rational.as_ref().unwrap_or(&rounded);
        let value = draft.strategy("strategy", exact);
        let (upper, method) = self.upper(&mut draft, rational.as_ref(), &value, ns, squares)?;
        draft.conclude("strategy");
        let Some(path) = self.write("q", &draft)? else {
            return Ok(None);
        };
        let q = PolicyClass::Quantum;
        let method_of = match rational {
            Some(_) => "exactly rational strategy",
            None => "strategy, rounded exactly",
        };
        let lower = match value < sr.lower {
            true => Bound::certified(q, Side::Lower, sr.lower.clone(), "classical optimum", seconds),
            false => Bound::certified(q, Side::Lower, value, method_of, seconds),
        };
        let upper = Bound::certified(q, Side::Upper, upper, method, seconds);
        let bracket = Bracket::new(lower, upper)?;
        Ok(Some(Quantum { bracket, path }))
    }

    fn upper(
        &self,
        draft: &mut Draft,
        rational: Option<&ExactStrategy>,
        value: &Rational,
        ns: Option<&NsOptimum>,
        squares: &[SosBlock],
    ) -> Result<(Rational, &'static str), CliError> {
        if let Some(ns) = ns.filter(|ns| ns.messages_upper == *value) {
            return Ok((draft.messages(&ns.messages)?, "no-signalling messages"));
        }
        if let Some(blocks) = rational.and_then(|exact| tight_blocks(self.game, exact)) {
            return Ok((draft.gram(&blocks)?, "squares that leave nothing over"));
        }
        let mut best: Option<(Rational, &str)> = None;
        let mut keep = |found: Result<Rational, CertifyError>, method| match found {
            // beyond the checker's limits: another proof may do
            Err(CertifyError::Rejected(_)) => Ok(()),
            Err(other) => Err(other),
            Ok(value) => {
                if best.as_ref().is_none_or(|(b, _)| value < *b) {
                    best = Some((value, method));
                }
                Ok(())
            }
        };
        if !squares.is_empty() {
            keep(draft.squares(squares, DEFAULT_BITS), "squares of the NPA hierarchy")?;
        }
        match ns {
            Some(ns) => keep(draft.messages(&ns.messages), "no-signalling messages")?,
            None => keep(draft.messages(&[]), "the best joint answer to every question")?,
        }
        best.ok_or_else(|| CertifyError::Rounding("no upper bound fits the checker's limits".into()).into())
    }
}
