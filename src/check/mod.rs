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
mod data;
pub mod functional;
pub mod game;
mod json;
pub mod limits;
mod messages;
pub mod num;
mod proofs;
pub mod psd;
mod reject;
mod sos;
mod statement;
mod strategy;
pub mod words;

pub use limits::Limits;
pub use reject::{Reject, RejectCode};
pub use statement::{Kind, Proved};

use game::GameTable;
use json::{CERTIFICATE, Json, Node};
use limits::{Meter, within};
use num::Rational;
use reject::ensure;

/// A certificate whose text and game are well formed; nothing is proved yet.
pub struct Certificate {
    json: Json,
    game: GameTable,
    meter: Meter,
    plain: Result<(), Reject>,
}

impl Certificate {
    /// Reads the text and the game.
    ///
    /// Errors: `SHAPE`, `NUMBER`, `GAME` or `RESOURCE` with the place.
    pub fn open(bytes: &[u8], limits: &Limits) -> Result<Self, Reject> {
        let json = json::read(bytes, &CERTIFICATE, limits)?;
        let top = Node::top(&json);
        let format = top.need("format")?;
        let version = top.need("version")?.below(2);
        let known = format.text() == "qcert" && version == Some(1);
        ensure!(known, Shape at format, "this checker reads \"qcert\" version 1");
        let table = top.need("game")?;
        let of_files = ["format", "reference", "labels"];
        let bare = of_files.iter().all(|field| table.get(field).is_none());
        ensure!(bare, Shape at table, "format, reference and labels belong to game files");
        let mut meter = Meter::new(limits);
        let game = GameTable::from_node(&table, &mut meter)?;
        let plain = json::plain(bytes);
        Ok(Self { json, game, meter, plain })
    }

    /// The game the certificate speaks about. Compare its hash with the game *you* mean.
    pub fn game(&self) -> &GameTable {
        &self.game
    }

    /// The id of every proof and the number its witness shows, whatever the certificate claims.
    ///
    /// For programs that write certificates; a statement is proved only by [`Certificate::prove`].
    pub fn shown(mut self) -> Result<Vec<(String, Rational)>, Reject> {
        Node::top(&self.json).need("proofs")?.each(|raw| {
            let shown = proofs::shown(raw, &self.game, None, &[], &mut self.meter);
            let shown = shown.map_err(|e| e.or_at(raw))?;
            Ok((shown.id, shown.value))
        })
    }

    /// Checks every proof and every conclusion, in order; all hold or the certificate is refused.
    pub fn prove(mut self) -> Result<Vec<Proved>, Reject> {
        let (top, most) = (Node::top(&self.json), self.meter.limits().proofs);
        let (list, conclusions) = (top.need("proofs")?, top.need("conclusions")?);
        within(&list, "proofs", list.len(), most)?;
        within(&conclusions, "conclusions", conclusions.len(), most)?;
        ensure!(list.len() > 0, Shape at list, "a certificate without proofs proves nothing");
        let mut proved: Vec<Proved> = Vec::new();
        for raw in list.items() {
            let next = proofs::prove(&raw, &self.game, &proved, &mut self.meter);
            proved.push(next.map_err(|e| e.or_at(&raw))?);
        }
        let mut concluded = conclusions.each(|raw| {
            let next = proofs::conclude(raw, &proved, &mut self.meter);
            next.map_err(|e| e.or_at(raw))
        })?;
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
