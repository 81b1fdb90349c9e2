//! The independent checker: exact integers only, no floating point, no search, nothing of ours.
//!
//! A certificate (`qcert` version 1, see `docs/certificates.md`) states bounds on the classical,
//! quantum and no-signalling values of one game and carries a witness for each. [`check`] verifies
//! the witnesses with four exact kernels: rational arithmetic ([`num`]), the positivity test
//! ([`psd`](mod@psd)), the maximum over deterministic strategies ([`classical`]) and the normal form
//! of words in projectors. The labels F1 to F9 refer to the specification.
//!
//! Untrusted: every witness, every file name, every float that ever was. Trusted: the compiler, the
//! big integers, `serde_json`'s tokenizer, this module and the mathematics of the specification.
#![deny(clippy::float_arithmetic, clippy::arithmetic_side_effects)]

mod behaviour;
mod branch;
pub mod classical;
mod conclusion;
mod data;
pub mod functional;
pub mod game;
mod json;
pub mod limits;
mod messages;
pub mod num;
pub mod program;
mod proofs;
pub mod psd;
mod reject;
pub mod sos;
mod statement;
pub mod strategy;
mod transfer;
pub mod words;

pub use limits::Limits;
pub use reject::{Reject, RejectCode};
pub use statement::{Kind, Proved};

use game::GameTable;
use json::{Obj, RawCertificate};
use limits::{Meter, within};
use num::Rational;
use reject::{Reject as R, shape};

/// A certificate whose text and game are well formed; nothing is proved yet.
pub struct Certificate {
    raw: RawCertificate,
    game: GameTable,
    meter: Meter,
    plain: Result<(), Reject>,
}

impl Certificate {
    /// Reads the text and the game.
    ///
    /// Errors: `SHAPE`, `NUMBER`, `GAME` or `RESOURCE` with the place.
    pub fn open(bytes: &[u8], limits: &Limits) -> Result<Self, Reject> {
        let raw: RawCertificate = json::read(bytes, limits)?;
        if raw.format != "qcert" || !raw.version.is(1) {
            return Err(shape("format", "this checker reads \"qcert\" version 1"));
        }
        let Obj(table) = &raw.game;
        if table.format.is_some() || table.reference.is_some() || table.labels.is_some() {
            return Err(shape(
                "game",
                "format, reference and labels belong to game files",
            ));
        }
        let mut meter = Meter::new(limits);
        let game = GameTable::from_raw(table, &mut meter).map_err(|e| e.under("game"))?;
        Ok(Self {
            raw,
            game,
            meter,
            plain: json::plain(bytes),
        })
    }

    /// The game the certificate speaks about. Compare its hash with the game *you* mean.
    pub fn game(&self) -> &GameTable {
        &self.game
    }

    /// The id of every proof and the number its witness shows, whatever the certificate claims.
    ///
    /// For programs that write certificates; a statement is proved only by [`Certificate::prove`].
    pub fn shown(mut self) -> Result<Vec<(String, Rational)>, Reject> {
        let mut all = Vec::new();
        for (k, Obj(raw)) in self.raw.proofs.iter().enumerate() {
            let value = proofs::shown(raw, &self.game, &mut self.meter)
                .map_err(|e| e.under(&format!("proofs[{k}]")))?;
            all.push((raw.id.clone(), value));
        }
        Ok(all)
    }

    /// Checks every proof and every conclusion, in order; all hold or the certificate is refused.
    pub fn prove(mut self) -> Result<Vec<Proved>, Reject> {
        let limits = self.meter.limits().clone();
        within("proofs", "proofs", self.raw.proofs.len(), limits.proofs)?;
        within(
            "conclusions",
            "conclusions",
            self.raw.conclusions.len(),
            limits.proofs,
        )?;
        if self.raw.proofs.is_empty() {
            return Err(shape(
                "proofs",
                "a certificate without proofs proves nothing",
            ));
        }
        let mut proved: Vec<Proved> = Vec::new();
        for (k, Obj(raw)) in self.raw.proofs.iter().enumerate() {
            let here = |e: R| e.under(&format!("proofs[{k}]"));
            if proved.iter().any(|p| p.id() == raw.id) {
                return Err(here(shape("id", "an earlier proof has the same id")));
            }
            let next = proofs::prove(raw, &self.game, &proved, &mut self.meter);
            proved.push(next.map_err(here)?);
        }
        let mut concluded = Vec::new();
        for (k, Obj(raw)) in self.raw.conclusions.iter().enumerate() {
            let here = |e: R| e.under(&format!("conclusions[{k}]"));
            concluded.push(conclusion::conclude(raw, &proved, &mut self.meter).map_err(here)?);
        }
        self.plain?;
        proved.append(&mut concluded);
        Ok(proved)
    }
}

/// Checks a certificate: all of its statements, proved, or the reason why not.
///
/// Exact. The game is the certificate's own: compare [`Proved::game_sha256`] with the game you mean.
/// Errors: [`Reject`] with its class, place and reason; `RESOURCE` means undecided.
///
/// ```
/// use bellwether::check::{Limits, check};
/// let text = br#"{"format":"qcert","version":1,
///   "game":{"kind":"game","name":"coin","questions":[1],"answers":[2],
///           "mu":[[0,"1"]],"win":[[0,1]]},
///   "proofs":[{"id":"c","type":"classical_lower","value":"1","strategy":[[1]]}],
///   "conclusions":[]}"#;
/// let proved = check(text, &Limits::default())?;
/// assert_eq!(proved[0].to_string(), "PROVED omega_c >= 1 = 1 (classical_lower c)");
/// # Ok::<(), bellwether::check::Reject>(())
/// ```
pub fn check(bytes: &[u8], limits: &Limits) -> Result<Vec<Proved>, Reject> {
    Certificate::open(bytes, limits)?.prove()
}
