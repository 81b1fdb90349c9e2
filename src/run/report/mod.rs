//! Pictures and pages: what a run learned, for people.
//!
//! A picture is an SVG text with the CSV behind it; a [`Page`] joins pictures, tables and words into one HTML file that
//! needs no network, follows the reader's light or dark theme, and prints. Drawing is by `plotters`; colours are
//! written as fixed light values that the page's style sheet maps to its own, so that an SVG also stands alone.
//!
//! ```
//! use bellwether::run::report::{Level, Mark, Page, Series, XyPlot};
//! let picture = XyPlot {
//!     levels: vec![Level::new("SR", 0.75), Level::new("Q", 0.853553)],
//!     series: vec![Series::new("seed 0", vec![(0.0, 0.5), (100.0, 0.82), (200.0, 0.85)])],
//!     ..XyPlot::new("curve", "Learning CHSH", "step", "win probability")
//! }
//! .draw()?;
//! let mut page = Page::new("CHSH");
//! page.picture(picture);
//! assert!(page.html().contains("<svg"));
//! # Ok::<(), bellwether::run::report::ReportError>(())
//! ```

mod bloch;
mod canvas;
mod heatmap;
mod ladder;
mod learned;
mod page;
mod record;
mod xy;

pub use bloch::{Arrow, BlochPlot, bloch_arrows, bloch_vector};
pub use heatmap::HeatMap;
pub use ladder::{LadderPlot, Rung};
pub use learned::{LearnedRun, Proof, learn_page, read_run};
pub use page::{Page, Table};
pub use record::{EvidenceRecord, LearnRecord, LimitsRecord, RunRecord, SummaryRecord};
pub use xy::{Level, Mark, Series, XyPlot};

use crate::game::GameError;

/// Why a picture or page could not be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// What is to be drawn cannot be: no points, not finite, too many.
    #[error("picture '{name}': {why}")]
    Picture {
        /// Name of the picture.
        name: String,
        /// The reason.
        why: String,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] GameError),
}

/// A drawn picture: SVG, the numbers behind it, and words for those who cannot see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// File name without extension: `a-z 0-9 -`.
    pub name: String,
    /// Title above it.
    pub title: String,
    /// What it shows, in words.
    pub alt: String,
    /// One `<svg>` element.
    pub svg: String,
    /// The CSV behind it.
    pub csv: String,
}
