//! Figure 3: win probability over the training steps of CHSH, 30 runs with entropy and 30 without, same initial parameters.

use super::super::experiment::unproved;
use super::super::output::CliError;
use super::{Context, Row, Section};
use crate::learn::Preset;
use crate::run::report::{Level, Mark, Series, XyPlot};
use std::fmt::Write;

pub fn section(context: &Context) -> Result<Section, CliError> {
    let mut csv = String::from("entropy,seed,step,plays,win_probability\n");
    let mut rows = Vec::new();
    let mut plots = Vec::new();
    for (entropy, paper) in [(0.2, 0.0), (0.0, 3.0)] {
        let arm = context.arm("chsh", Preset::Paper, entropy)?;
        for m in arm.runs.iter().flat_map(|e| &e.run.metrics) {
            if let Some(value) = m.win_probability {
                // writing to a String cannot fail
                let _ = writeln!(csv, "{entropy},{},{},{},{value}", m.seed, m.step, m.plays);
            }
        }
        let with = if entropy > 0.0 { "with" } else { "without" };
        let mut plot = XyPlot::new(
            &format!("figure3-{with}-entropy"),
            &format!("CHSH, {} runs {with} entropy", arm.runs.len()),
            "optimisation step (512 plays each)",
            "win probability",
        );
        for e in &arm.runs {
            let point = |m: &crate::run::Metric| Some((m.step as f64, m.win_probability?));
            let points = e.run.metrics.iter().filter_map(point).collect();
            // one colour and one name for all: a bundle, not thirty series; figure3-curves.csv tells them apart
            plot.series.push(Series::new("one line a run", points).mark(Mark::Thin).color(0));
        }
        plot.alt = format!(
            "Win probability in CHSH against training steps of {} runs {with} entropy; {} of them stay at or below the classical optimum 0.75, the others come near the quantum value 0.8536.",
            arm.runs.len(),
            unproved(&arm.runs)
        );
        plot.levels = vec![
            Level::new("classical optimum 3/4", arm.subject.floor()),
            Level::new("quantum value cos²(π/8)", arm.subject.reference.quantum_upper.unwrap_or(1.0)),
        ];
        plots.push(plot);
        rows.push(Row {
            item: format!("Figure 3, CHSH, entropy {entropy}: runs not above the classical value"),
            paper: Some(paper),
            ours: Some(unproved(&arm.runs) as f64),
            unit: "runs",
            evidence: "exact",
            note: format!("{} runs here, 30 in the paper; the number scatters with the seeds", arm.runs.len()),
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
        plots,
        files: vec![("figure3-curves.csv".into(), csv)],
    })
}
