//! The independent checker: exact integers only, no floating point, no search, nothing of ours.
//!
//! A certificate (`qcert` version 1, see `docs/certificates.md`) states bounds on the classical,
//! quantum and no-signalling values of one game and carries a witness for each. [`check`] verifies
//! the witnesses with four exact kernels: rational arithmetic ([`num`]), the positivity test
//! ([`psd`](mod@psd)), the maximum over deterministic strategies ([`classical`]) and the normal form
//! of words in projectors. The labels F1 to F9 refer to the specification.
//!
//! Untrusted: every witness, every file name, every float that ever was. Trusted: the compiler, the
//! big integers, SHA-256, this module and the mathematics of the specification.
#![deny(clippy::float_arithmetic, clippy::arithmetic_side_effects)]

mod behaviour;
mod branch;
pub mod classical;
mod data;
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
pub mod table;
pub mod words;

pub use limits::Limits;
pub use reject::{Reject, RejectCode};
pub use statement::{Kind, Proved};

// The vocabulary of all files: each begins with `use super::*`.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use num_bigint::BigInt;
use num_complex::Complex;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use sha2::{Digest, Sha256};

use game::{GameTable, identifier, identity};
use json::Json;
use limits::{Meter, big, divisor, kept, multiplication, within, words};
use num::{
    Rational, at_most, common_denominator, excerpt, max_bits, over_common, parse_integer, parse_rational, rounded, sum,
};
use reject::{Result, ensure, refuse};
use table::{Scenario, Table, every, increasing, indices, tuples};

/// A certificate whose text and game are well formed; nothing is proved yet.
pub struct Certificate<'a> {
    json: Json<'a>,
    game: GameTable,
    meter: Meter,
}

impl<'a> Certificate<'a> {
    /// Reads the text and the game.
    ///
    /// Errors: `SHAPE`, `NUMBER`, `GAME` or `RESOURCE` with the place.
    pub fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self> {
        let (json, meter) = (json::read(bytes, limits)?, Meter::new(limits));
        json.fields(&["format", "version", "game", "proofs", "conclusions"], &[])?;
        let known = matches!(json.get("version"), Some(Json::Bare("1")));
        let known = known && json.field("format", Json::text)? == "qcert";
        ensure!(known, Shape: "this checker reads \"qcert\" version 1");
        let game = json.field("game", |game| GameTable::new(game, &[], &meter))?;
        Ok(Self { json, game, meter })
    }

    /// The game the certificate speaks about. Compare its hash with the game *you* mean.
    pub fn game(&self) -> &GameTable {
        &self.game
    }

    /// The number that the witness of each proof shows, whatever the certificate claims.
    ///
    /// For programs that write certificates; a statement is proved only by [`Certificate::prove`].
    pub fn shown(self) -> Result<Vec<Rational>> {
        let shown = |_, raw: &Json| Ok(proofs::shown(raw, &self.game, None, &[], &self.meter)?.value.reduced());
        self.json.field("proofs", |list| list.each(shown))
    }

    /// Checks every proof and every conclusion, in order; all hold or the certificate is refused.
    pub fn prove(self) -> Result<Vec<Proved>> {
        let (mut proved, most) = (Vec::new(), self.meter.limits.proofs);
        let mut prove = |_, raw: &Json| {
            proved.push(proofs::prove(raw, &self.game, &proved, &self.meter)?);
            Ok(())
        };
        self.json.field("proofs", |list| list.up_to(most, &mut prove))?;
        ensure!(!proved.is_empty(), Shape: "a certificate without proofs proves nothing");
        let conclude = |_, raw: &Json| proofs::conclude(raw, &proved, &self.meter);
        let concluded = self.json.field("conclusions", |list| list.up_to(most, conclude))?;
        proved.extend(concluded);
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
