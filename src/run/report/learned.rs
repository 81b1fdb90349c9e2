//! The page of a `learn` run folder.

use super::{
    BlochPlot, HeatMap, LadderPlot, LearnRecord, Level, LimitsRecord, Mark, Page, Picture, ReportError, Rung, Series,
    Table, XyPlot, bloch_arrows,
};
use crate::game::GameError;
use crate::game::file::{file_error, read_bounded};
use crate::run::Metric;
use crate::stats::{Bootstrap, interquartile_mean, median, optimality_gap, performance_profile};
use crate::strategy::{QuantumStrategy, read_strategy};
use std::collections::BTreeMap;
use std::path::Path;

/// The certificate of a run in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// Whether an advantage over every classical strategy is proved.
    pub advantage: bool,
    /// The margin as a decimal, rounded down.
    pub margin: String,
    /// What the proof is about, beyond the game itself; empty for a game whose table is known.
    pub about: String,
    /// The command that checks it.
    pub check: String,
}

impl Proof {
    /// `Beats every classical strategy by at least 0.1035; proved. ..`
    pub fn words(&self) -> String {
        let about = match self.about.as_str() {
            "" => String::new(),
            about => format!(" of the game as written down ({about})"),
        };
        if self.advantage {
            format!(
                "Beats every classical strategy{about} by at least {}; proved. Check it with {}",
                self.margin, self.check
            )
        } else {
            format!(
                "No advantage over classical strategies{about} is shown: the proved value minus the classical optimum is {}. \
                 Check it with {}",
                self.margin, self.check
            )
        }
    }
}

/// A `learn` run folder, read back.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnedRun {
    record: LearnRecord,
    metrics: Vec<Metric>,
    strategy: QuantumStrategy,
}

/// Reads `report.json`, `metrics.jsonl` and `strategy.json` of a run folder.
///
/// # Errors
/// [`ReportError::File`] naming the file, and the line of `metrics.jsonl`, and what is wrong.
pub fn read_run(folder: &Path) -> Result<LearnedRun, ReportError> {
    let path = folder.join("report.json");
    let record: LearnRecord = serde_json::from_slice(&read_bounded(&path)?).map_err(|e| file_error(&path, e))?;
    if record.runs.is_empty() {
        return Err(file_error(&path, "holds no runs").into());
    }
    let path = folder.join("metrics.jsonl");
    let bytes = read_bounded(&path)?;
    let mut metrics = Vec::new();
    for (k, line) in bytes.split(|b| *b == b'\n').enumerate() {
        if !line.is_empty() {
            let metric = serde_json::from_slice(line).map_err(|e| file_error(&path, format!("line {}: {e}", k + 1)))?;
            metrics.push(metric);
        }
    }
    let strategy = read_strategy(&folder.join("strategy.json")).map_err(|e| GameError::File {
        path: folder.join("strategy.json").display().to_string(),
        why: e.to_string(),
    })?;
    Ok(LearnedRun { record, metrics, strategy })
}

impl LearnedRun {
    /// Name of the game.
    pub fn game(&self) -> &str {
        &self.record.game
    }

    /// The classical optimum and what it rests on.
    pub fn classical(&self) -> (f64, &str) {
        (self.record.classical, &self.record.evidence.classical)
    }

    /// The certificate in words.
    pub fn proof(&self) -> Proof {
        let d = &self.record;
        Proof {
            advantage: d.advantage,
            // digits of the exact decimal: margins are multiples of 10^-12
            margin: d.margin.map_or(d.margin_exact.clone(), floor12),
            about: match d.evidence.game.as_str() {
                "exact" => String::new(),
                other => other.to_owned(),
            },
            check: d.check.clone().unwrap_or_else(|| "bellwether-check certificate.json".into()),
        }
    }

    /// Learning curves `(step, value)` by seed: exact values where the game is known, else mean payoffs of plays.
    pub fn curves(&self) -> BTreeMap<u64, Vec<(f64, f64)>> {
        let known = self.metrics.iter().any(|m| m.win_probability.is_some());
        let mut curves: BTreeMap<u64, Vec<(f64, f64)>> = BTreeMap::new();
        for m in &self.metrics {
            let value = if known { m.win_probability } else { m.mean_payoff };
            if let Some(value) = value {
                curves.entry(m.seed).or_default().push((m.step as f64, value));
            }
        }
        curves
    }
}

/// A float rounded down to 12 decimals.
fn floor12(v: f64) -> String {
    let text = format!("{:.12}", (v * 1e12 + 1e-3).floor() / 1e12);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `p/q` or an integer as a float.
fn fraction(text: &str) -> Option<f64> {
    let (p, q) = text.split_once('/').unwrap_or((text, "1"));
    Some(p.parse::<f64>().ok()? / q.parse::<f64>().ok()?)
}

/// The page of a run. `classes` are what is known of SR, Q and NS, lowest first, for the lines and the ladder.
///
/// # Errors
/// [`ReportError`] if a picture cannot be drawn.
pub fn learn_page(run: &LearnedRun, classes: &[Rung]) -> Result<Page, ReportError> {
    let d = &run.record;
    let best = d.runs.iter().reduce(|a, b| if b.win_probability > a.win_probability { b } else { a });
    let mut page = Page::new(&format!("{}: a strategy learned from play", d.game));
    page.claim(&run.proof().words());
    page.paragraph(&format!(
        "{} seed{}, preset {}, {} plays a seed, {:.1} s. Values of strategies are {}; proofs are exact.",
        d.runs.len(),
        if d.runs.len() == 1 { "" } else { "s" },
        d.preset,
        best.map_or(0, |r| r.plays),
        d.seconds,
        d.evidence.win_probability
    ));
    if let Some(words) = d.limits.as_ref().and_then(LimitsRecord::words) {
        page.paragraph(&format!("Physical limits: {words}. Values and proofs are of the strategy under these limits."));
    }
    page.heading("Learning");
    page.picture(learning_curves(run, classes)?);
    page.heading("Where it stands");
    if let Some(best) = best {
        page.picture(ladder(run, classes, best.win_probability)?);
    }
    statistics(run, &mut page)?;
    page.heading("What was learned");
    let behaviour =
        run.strategy.behaviour().map_err(|e| ReportError::Picture { name: "behaviour".into(), why: e.to_string() })?;
    let map = HeatMap {
        name: "behaviour".into(),
        title: format!("{}: p(a|x) of the best strategy", d.game),
        behaviour: &behaviour,
        questions: None,
    };
    // a large table is no picture: its file is behaviour.npz
    match map.draw() {
        Ok(picture) => page.picture(picture),
        Err(error) => page.paragraph(&format!("No heat map: {error}. The table is in behaviour.npz.")),
    }
    let spheres = bloch_arrows(&run.strategy);
    if !spheres.is_empty() {
        let plot = BlochPlot {
            name: "bloch".into(),
            title: format!("{}: Bloch vectors of the measurements", d.game),
            spheres,
        };
        match plot.draw() {
            Ok(picture) => page.picture(picture),
            Err(error) => page.paragraph(&format!("No Bloch vectors: {error}.")),
        }
    }
    page.heading("Check it yourself");
    page.paragraph(
        "The checker is a small program with exact integers only; it trusts nothing of what produced the proof.",
    );
    page.code(&run.proof().check);
    Ok(page)
}

fn levels(classes: &[Rung]) -> Vec<Level> {
    let mut levels = Vec::new();
    for c in classes {
        if c.lower == c.upper {
            levels.push(Level::new(&c.label, c.lower));
        } else {
            levels.push(Level::new(&format!("{} lower", c.label), c.lower));
            levels.push(Level::new(&format!("{} upper", c.label), c.upper));
        }
    }
    levels
}

/// Points of a band.
const BAND: usize = 120;

fn learning_curves(run: &LearnedRun, classes: &[Rung]) -> Result<Picture, ReportError> {
    let d = &run.record;
    let curves = run.curves();
    let y = match d.evidence.win_probability.as_str() {
        "sampled" => "mean payoff (sampled)",
        _ => "value (numerical)",
    };
    let title = format!("{}: learning curves", d.game);
    let mut plot = XyPlot::new("learning-curves", &title, "step", y);
    plot.levels = levels(classes);
    if curves.len() == 1 {
        plot.series =
            curves.into_iter().map(|(seed, points)| Series::new(&format!("seed {seed}"), points).color(0)).collect();
        return plot.draw();
    }
    // the interquartile mean over seeds with its 95 % band, at the steps that all seeds have
    let shortest = curves.values().map(Vec::len).min().unwrap_or(0);
    let every = shortest.div_ceil(BAND).max(1);
    let bootstrap = Bootstrap { resamples: 1000, ..Bootstrap::default() };
    let (mut points, mut band) = (Vec::new(), Vec::new());
    for k in (0..shortest).filter(|k| k.is_multiple_of(every) || k + 1 == shortest) {
        let values: Vec<f64> = curves.values().map(|c| c[k].1).collect();
        let iqm = |t: &[Vec<f64>]| interquartile_mean(&t.concat());
        let step = curves.values().next().map_or(0.0, |c| c[k].0);
        if let Some(ci) = bootstrap.interval(&[values], iqm) {
            points.push((step, ci.estimate));
            band.push((ci.lower, ci.upper));
        }
    }
    plot.series =
        curves.into_values().map(|points| Series::new("each seed", points).mark(Mark::Thin).color(1)).collect();
    plot.series.push(Series::new("IQM of the seeds with its 95 % bootstrap band", points).band(band).color(0));
    plot.draw()
}

fn ladder(run: &LearnedRun, classes: &[Rung], value: f64) -> Result<Picture, ReportError> {
    let d = &run.record;
    let mut rungs = classes.to_vec();
    let learned =
        Rung { label: "learned".into(), lower: value, upper: value, evidence: d.evidence.win_probability.clone() };
    let place = rungs.iter().position(|r| r.lower > value).unwrap_or(rungs.len());
    rungs.insert(place, learned);
    LadderPlot {
        name: "ladder".into(),
        title: format!("{}: how far each class of policies reaches", d.game),
        value_label: "value".into(),
        rungs,
    }
    .draw()
}

/// A statistic of percentages.
type Statistic<'a> = &'a dyn Fn(&[f64]) -> Option<f64>;

/// Tables of the runs and their statistics, and the profile of many runs.
fn statistics(run: &LearnedRun, page: &mut Page) -> Result<(), ReportError> {
    let d = &run.record;
    let heads = [
        "seed",
        "value",
        "proved at least",
        "final value",
        "% of maximal advantage",
        "advantage",
        "critical visibility",
        "kept from step",
        "seconds",
    ];
    let mut table = Table::new("Every run", &heads);
    for r in &d.runs {
        table.row(vec![
            r.seed.to_string(),
            format!("{:.9}", r.win_probability),
            fraction(&r.win_probability_proved).map_or(r.win_probability_proved.clone(), floor12),
            format!("{:.9}", r.final_win_probability),
            r.advantage_percent.map_or("-".into(), |p| format!("{p:.4}")),
            if r.advantage_proved { "proved" } else { "none" }.into(),
            r.critical_visibility.map_or("-".into(), |v| format!("{v}")),
            r.kept_step.to_string(),
            format!("{:.2}", r.seconds),
        ]);
    }
    let percents: Vec<f64> = d.runs.iter().filter_map(|r| r.advantage_percent).collect();
    if d.runs.len() > 1 && !percents.is_empty() {
        let ci = |statistic: Statistic| {
            let tasks = [percents.clone()];
            let found = Bootstrap::default().interval(&tasks, |t| statistic(&t[0]));
            found.map_or(["-".into(), "-".into()], |i| {
                [format!("{:.4}", i.estimate), format!("{:.4} to {:.4}", i.lower, i.upper)]
            })
        };
        let mut summary = Table::new(
            "Percent of the maximal advantage over the seeds; 95 % intervals by bootstrap (sampled)",
            &["statistic", "estimate", "95 % interval"],
        );
        let worst = percents.iter().copied().fold(f64::INFINITY, f64::min);
        let below = d.runs.iter().filter(|r| !r.advantage_proved).count();
        summary.row(vec!["worst run".into(), format!("{worst:.4}"), "-".into()]);
        let named: [(&str, Statistic); 3] = [
            ("median", &median),
            ("interquartile mean (25 % trimmed)", &interquartile_mean),
            ("optimality gap to 100 %", &|v| optimality_gap(v, 100.0)),
        ];
        for (name, statistic) in named {
            let [estimate, interval] = ci(statistic);
            summary.row(vec![name.into(), estimate, interval]);
        }
        summary.row(vec!["runs without a proved advantage".into(), format!("{below} of {}", d.runs.len()), "-".into()]);
        page.table(&summary);
        if percents.len() >= 5 {
            page.picture(profile(&d.game, percents)?);
        }
    }
    page.table(&table);
    page.paragraph(
        "Critical visibility: with white noise on top of its state the strategy is proved to beat every classical one at any visibility above this (exact, rounded up).",
    );
    let mut known = Table::new("Lines in the pictures", &["", "value"]);
    known.row(vec!["classical optimum".into(), format!("{} ({})", d.classical_exact, d.evidence.classical)]);
    if let Some(q) = d.quantum_upper {
        known.row(vec!["quantum value".into(), format!("{q} (literature)")]);
    }
    page.table(&known);
    Ok(())
}

/// Fraction of runs above each percentage.
fn profile(game: &str, percents: Vec<f64>) -> Result<Picture, ReportError> {
    let lowest = percents.iter().copied().fold(100.0, f64::min).max(-100.0);
    let highest = percents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let room = (highest - lowest).max(1e-6) * 0.05;
    let (lo, hi) = (lowest - room, highest + room);
    let thresholds: Vec<f64> = (0..=200).map(|k| lo + (hi - lo) * f64::from(k) / 200.0).collect();
    let tasks = [percents];
    let points = thresholds.iter().copied().zip(performance_profile(&tasks, &thresholds));
    XyPlot {
        series: vec![Series::new("", points.collect())],
        y_range: Some((0.0, 1.02)),
        ..XyPlot::new(
            "profile",
            &format!("{game}: performance profile"),
            "% of the maximal advantage",
            "fraction of runs above it",
        )
    }
    .draw()
}
