//! What `learn` reports, as JSON and as text.

use super::super::experiment::Evaluated;
use super::super::output::decimal;
use super::settings::Settings;
use crate::bound::local::LocalOptimum;
use crate::check::num::rounded;
use crate::game::black_box::Probed;
use crate::game::catalog::Reference;
use crate::game::{Game, Kind, to_f64};
use crate::learn::Config;
use crate::run::report::{EvidenceRecord, LearnRecord, LimitsRecord, RunRecord, SummaryRecord};
use crate::run::{RunFolder, value_name};
use crate::stats::{interquartile_mean, median};
use serde::Serialize;
use std::fmt::Write;
use std::time::Duration;

/// Where the game's table comes from.
pub enum Source {
    Known(Option<Box<Reference>>),
    Probed(Probed),
}

/// What `learn` prints: the record as JSON, and text made from the same numbers.
#[derive(Serialize)]
pub struct Report {
    #[serde(flatten)]
    record: LearnRecord,
    #[serde(skip)]
    kind: Kind,
    #[serde(skip)]
    name_for_checker: String,
    #[serde(skip)]
    best: usize,
    #[serde(skip)]
    dims: Vec<usize>,
}

impl Report {
    #[expect(clippy::too_many_arguments, reason = "gathers a whole run into one document")]
    pub fn new(
        settings: &Settings,
        config: &Config,
        game: &Game,
        source: Source,
        classical: &LocalOptimum,
        runs: &[Evaluated],
        best: usize,
        folder: &RunFolder,
        elapsed: Duration,
    ) -> Self {
        let floor = to_f64(&classical.upper);
        let reference = match &source {
            Source::Known(reference) => reference.as_deref(),
            Source::Probed(_) => None,
        };
        let ceiling = reference.and_then(|r| r.quantum_upper);
        // a percentage of nothing is no number: games without a quantum advantage have none
        let room = ceiling.map(|c| c - floor).filter(|room| *room > 1e-9);
        let run = |e: &Evaluated| RunRecord {
            seed: e.run.seed,
            win_probability: e.value,
            win_probability_proved: e.certificate.value.to_string(),
            final_win_probability: e.last_value,
            advantage_percent: room.map(|room| 100.0 * (e.value - floor) / room),
            advantage_proved: e.certificate.advantage(),
            // a decimal of 12 places as a float prints as that decimal again
            critical_visibility: (e.certificate.critical_visibility())
                .and_then(|v| rounded(&v, 12, false).parse().ok()),
            kept_step: e.run.step,
            steps: e.run.steps,
            skipped_steps: e.run.skipped,
            plays: e.run.plays,
            seconds: e.run.seconds,
        };
        let chosen = &runs[best].certificate;
        let runs: Vec<RunRecord> = runs.iter().map(run).collect();
        let percents: Vec<f64> = runs.iter().filter_map(|r| r.advantage_percent).collect();
        let values: Vec<f64> = runs.iter().map(|r| r.win_probability).collect();
        let summary = |v: &[f64]| SummaryRecord {
            worst: v.iter().copied().reduce(f64::min),
            median: median(v),
            iqm: interquartile_mean(v),
        };
        let percent = summary(&percents);
        let record = LearnRecord {
            game: game.name().into(),
            preset: config.preset.name().into(),
            worst: percent.worst,
            median: percent.median,
            iqm: percent.iqm,
            win_probability: summary(&values),
            classical: floor,
            classical_exact: classical.upper.to_string(),
            quantum_upper: ceiling,
            quantum_upper_text: reference.and_then(|r| r.quantum_exact_text.clone()),
            at_or_below_classical: runs.iter().filter(|r| !r.advantage_proved).count(),
            runs,
            margin: Some(to_f64(&chosen.margin)),
            margin_exact: chosen.margin.to_string(),
            advantage: chosen.advantage(),
            limits: Some(LimitsRecord {
                state: settings.state().into(),
                visibility: config.restrictions.noise.visibility,
                damping: config.restrictions.noise.damping,
                measurements: config.restrictions.measurements.name().into(),
            }),
            evidence: EvidenceRecord {
                win_probability: match &source {
                    Source::Probed(probed) if !(probed.declared && probed.deterministic) => "sampled",
                    _ => "numerical",
                }
                .into(),
                win_probability_proved: "exact".into(),
                classical: if classical.is_exact() { "exact" } else { "certified upper bound" }.into(),
                quantum_upper: "literature".into(),
                game: match &source {
                    Source::Known(_) => "exact".into(),
                    Source::Probed(probed) => probed.evidence(),
                },
            },
            seconds: elapsed.as_secs_f64(),
            certificate: folder.path().join("certificate.json").display().to_string(),
            check: Some(format!(
                "bellwether-check certificate.json --game {}",
                match &source {
                    Source::Known(_) => settings.game.as_str(),
                    Source::Probed(_) => "game.json",
                }
            )),
            out: folder.path().display().to_string(),
        };
        Report {
            record,
            kind: game.kind(),
            name_for_checker: match &source {
                Source::Known(_) => settings.game.clone(),
                Source::Probed(_) => folder.path().join("game.json").display().to_string(),
            },
            best,
            dims: config.dims.clone(),
        }
    }

    /// Classical and quantum value, where a percentage of the advantage makes sense.
    pub fn scale(&self) -> Option<(f64, f64)> {
        let quantum = self.record.quantum_upper?;
        (quantum - self.record.classical > 1e-9).then_some((self.record.classical, quantum))
    }

    /// The document as text for `report.json`.
    pub fn json(&self) -> String {
        // strings, numbers and vectors only: serialisation cannot fail
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    /// The report for people. Writing to a String cannot fail.
    pub fn text(&self) -> String {
        let mut t = String::new();
        let run = &self.record.runs[self.best];
        let value = value_name(self.kind);
        let _ = writeln!(
            t,
            "{}: {} seed{}, preset {}, local dimensions {:?}, {} plays a seed, {:.1} s",
            self.record.game,
            self.record.runs.len(),
            if self.record.runs.len() == 1 { "" } else { "s" },
            self.record.preset,
            self.dims,
            run.plays,
            self.record.seconds
        );
        if self.record.evidence.game != "exact" {
            let _ = writeln!(t, "  the game            {}", self.record.evidence.game);
        }
        if self.record.runs.len() > 1 {
            self.seeds(&mut t);
            let _ = writeln!(t, "best seed {}:", run.seed);
        }
        let _ = writeln!(
            t,
            "  {value:<19} {}  ({}; kept from step {} of {}, final {})",
            decimal(run.win_probability),
            self.record.evidence.win_probability,
            run.kept_step,
            run.steps,
            decimal(run.final_win_probability)
        );
        let _ = writeln!(t, "  proved at least     {}  (exact)", self.decimal_of(&run.win_probability_proved));
        let _ =
            writeln!(t, "  classical optimum   {}  ({})", self.record.classical_exact, self.record.evidence.classical);
        if let Some(ceiling) = self.record.quantum_upper {
            let text = self.record.quantum_upper_text.clone().unwrap_or_default();
            let _ = writeln!(t, "  quantum value       {}  ({text}; literature)", decimal(ceiling));
        }
        if let Some(percent) = run.advantage_percent {
            let _ = writeln!(t, "  maximal advantage   {percent:.4} % reached  (numerical)");
        }
        if let Some(v) = run.critical_visibility {
            let _ = writeln!(
                t,
                "  critical visibility {v}  (exact, rounded up; above it the advantage survives white noise)"
            );
        }
        if let Some(limits) = self.record.limits.as_ref().and_then(LimitsRecord::words) {
            let _ = writeln!(t, "  limits              {limits}");
        }
        let margin = self.decimal_of(&self.record.margin_exact);
        // what is proved of a table written down from plays holds for that table
        let about = if self.record.evidence.game == "exact" { "" } else { " of the game as written down" };
        if self.record.advantage {
            let _ = writeln!(t, "  PROVED              beats every classical strategy{about} by at least {margin}");
        } else {
            let _ = writeln!(t, "  NO ADVANTAGE SHOWN  proved value minus classical optimum is {margin}");
        }
        let _ = writeln!(t, "  certificate         {}  (accepted by the checker)", self.record.certificate);
        let _ = writeln!(
            t,
            "  check it yourself   bellwether-check {} --game {}",
            self.record.certificate, self.name_for_checker
        );
        t
    }

    fn seeds(&self, t: &mut String) {
        let _ = writeln!(t, "  seed  value             final             % of maximal advantage  proved");
        for run in &self.record.runs {
            let percent = run.advantage_percent.map_or("-".into(), |p| format!("{p:.3}"));
            let _ = writeln!(
                t,
                "  {:<4}  {:<16.12}  {:<16.12}  {percent:<22}  {}",
                run.seed,
                run.win_probability,
                run.final_win_probability,
                if run.advantage_proved { "advantage" } else { "none" }
            );
        }
        let show = |v: Option<f64>| v.map_or("-".into(), |v| format!("{v:.4}"));
        let _ = writeln!(
            t,
            "  % of maximal advantage: worst {}, median {}, IQM {}  (numerical); {} of {} without a proved advantage",
            show(self.record.worst),
            show(self.record.median),
            show(self.record.iqm),
            self.record.at_or_below_classical,
            self.record.runs.len()
        );
    }

    /// An exact number as a decimal, rounded down.
    fn decimal_of(&self, exact: &str) -> String {
        let digits = u64::MAX;
        match crate::check::num::parse_rational(exact, digits) {
            Ok(value) => rounded(&value, 12, true),
            Err(_) => exact.to_owned(),
        }
    }
}
