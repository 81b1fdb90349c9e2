//! Figure 3: win probability over the training steps of CHSH, 30 runs with entropy and 30 without, same initial parameters.

use super::super::experiment::unproved;
use super::super::output::CliError;
use super::{Context, Row, Section};
use crate::learn::Preset;
use std::fmt::Write;

pub fn section(context: &Context) -> Result<Section, CliError> {
    let mut csv = String::from("entropy,seed,step,plays,win_probability\n");
    let mut rows = Vec::new();
    for (entropy, paper) in [(0.2, 0.0), (0.0, 3.0)] {
        let arm = context.arm("chsh", Preset::Paper, entropy)?;
        for m in arm.runs.iter().flat_map(|e| &e.run.metrics) {
            if let Some(value) = m.win_probability {
                // writing to a String cannot fail
                let _ = writeln!(csv, "{entropy},{},{},{},{value}", m.seed, m.step, m.plays);
            }
        }
        rows.push(Row {
            item: format!("Figure 3, CHSH, entropy {entropy}: runs not above the classical value"),
            paper: Some(paper),
            ours: Some(unproved(&arm.runs) as f64),
            unit: "runs",
            evidence: "exact",
            note: format!(
                "{} runs here, 30 in the paper; the number scatters with the seeds",
                arm.runs.len()
            ),
        });
    }
    Ok(Section {
        name: "figure3",
        title: "Figure 3: learning curves of CHSH with and without entropy".into(),
        paragraphs: vec![
            "Runs with and without entropy start from the same initial parameters and meet the same questions.".into(),
        ],
        rows,
        tables: Vec::new(),
        files: vec![("figure3-curves.csv".into(), csv)],
    })
}
