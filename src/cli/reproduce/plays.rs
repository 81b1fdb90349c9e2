//! Advantage against plays: both presets with budgets from few plays to the paper's, every budget with runs of its own.

use super::super::experiment::{Summary, unproved};
use super::super::output::CliError;
use super::{Context, Row, Section};
use crate::learn::Preset;
use crate::run::report::{Mark, Series, Table, XyPlot};

const GAMES: [(&str, &str); 4] = [("CHSH", "chsh"), ("GHZ", "ghz"), ("Tetra", "tetra"), ("Cube", "cube")];

/// Optimisation steps; each plays 512 times. The last are those of Table 2, whose runs are used.
const STEPS: [usize; 8] = [25, 50, 100, 200, 500, 1000, 2000, 5000];

pub fn section(context: &Context) -> Result<Section, CliError> {
    let mut table = Table::new(
        "Percent of the maximal advantage after a budget of plays (numerical); every run has a checked proof of its value",
        &["game", "preset", "plays a run", "worst", "median", "IQM", "not above classical"],
    );
    let mut rows = Vec::new();
    let mut plot = XyPlot::new(
        "plays",
        &format!("Shortfall of the worst of {} runs against plays used", context.seeds.len()),
        "plays a run",
        "shortfall (% of the maximal advantage)",
    );
    (plot.x_log, plot.y_log) = (true, true);
    for (k, (name, game)) in GAMES.iter().enumerate() {
        for preset in [Preset::Best, Preset::Paper] {
            let (mut points, mut enough) = (Vec::new(), None);
            // quick: the smaller budgets only
            for steps in STEPS.into_iter().filter(|n| !context.quick || *n <= 1000) {
                let arm = match steps {
                    5000 => context.arm(game, preset, 0.2)?,
                    _ => {
                        let recipe = format!("{}-0.2-steps-{steps}", preset.name());
                        context.arm_of(game, preset, &recipe, |c| c.steps = steps)?
                    }
                };
                let percents = arm.runs.iter().filter_map(|e| arm.subject.percent(e.value)).collect::<Vec<_>>();
                let s = Summary::of(&percents, unproved(&arm.runs))?;
                let plays = arm.runs.iter().map(|e| e.run.plays).max().unwrap_or(0);
                if s.worst >= 99.9 && enough.is_none() {
                    enough = Some(plays);
                }
                // rounding may put a value above the quantum value by its last bit
                points.push((plays as f64, (100.0 - s.worst).max(1e-9)));
                table.rows.push(vec![
                    (*name).into(),
                    preset.name().into(),
                    plays.to_string(),
                    format!("{:.4}", s.worst),
                    format!("{:.4}", s.median),
                    format!("{:.4}", s.iqm),
                    format!("{} of {}", s.at_or_below_classical, s.runs),
                ]);
            }
            let series = match preset {
                Preset::Best => Series::new(name, points).mark(Mark::LinePoints),
                // one entry of the legend for all four
                Preset::Paper => {
                    let label = ["dashed: the paper's recipe", "", "", ""][k];
                    Series::new(label, points).mark(Mark::Dashed)
                }
            };
            let place = match preset {
                Preset::Best => k,
                Preset::Paper => plot.series.len(),
            };
            plot.series.insert(place, series.color(k));
            rows.push(Row {
                item: format!("{name}, preset {}: plays a run until the worst reaches 99.9 %", preset.name()),
                paper: None,
                ours: enough.map(|plays| plays as f64),
                unit: "plays",
                evidence: "numerical",
                note: match enough {
                    Some(_) => "the least of the budgets tried".into(),
                    None => "not with the largest budget".into(),
                },
            });
        }
    }
    plot.alt = format!(
        "Percent of the maximal advantage that the worst of {} runs lacks, against the number of plays of a run, both axes logarithmic, for CHSH, GHZ, Tetra and Cube. The preset best falls steadily with the plays; the paper's recipe levels off.",
        context.seeds.len()
    );
    Ok(Section {
        name: "plays",
        title: "Advantage against plays".into(),
        paragraphs: vec![
            "Every budget is a set of runs of its own, annealed to its own end, not a stretch of a longer run. A run sees its questions, answers and payoffs, nothing else; the strategy kept is the best over the steps by exact value.".into(),
        ],
        rows,
        tables: vec![table],
        plots: vec![plot],
        files: Vec::new(),
    })
}
