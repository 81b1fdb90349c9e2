//! `bellwether ablate`: one setting of learning varied at a time, everything else as the preset has it.

use super::experiment::{Summary, unproved, watch};
use super::output::{CliError, Out};
use super::reproduce::{Arm, Context, Make, Section, produce};
use super::{BAD_INPUT, HOLDS};
use crate::learn::{Config, Preset};
use crate::run::RunFolder;
use crate::run::report::{Mark, Series, Table, XyPlot};
use crate::stats::{Bootstrap, interquartile_mean};
use std::cell::RefCell;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  bellwether ablate entropy\n  bellwether ablate dimension --games tetra --seeds 10\n\nWrites a folder: report.html, result.json, one CSV a table and picture. Intervals are stratified bootstrap over the seeds. Exit code 0: done."
)]
pub struct Args {
    /// What to vary: the entropy coefficient, the local dimension, the plays per step, the weight of L_cond, the conditioning
    /// of S at the start; or all of these
    #[arg(value_parser = ["entropy", "dimension", "batch", "lcond", "conditioning", "all"])]
    what: String,
    /// Catalogue names, separated by commas
    #[arg(long, value_delimiter = ',', default_value = "chsh,ghz,tetra")]
    games: Vec<String>,
    /// Number of seeds [default: 30, with --quick 5]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=10_000))]
    seeds: Option<u64>,
    /// Optimisation steps of a run
    #[arg(long, value_name = "N", default_value_t = 2000)]
    steps: usize,
    /// 5 seeds instead of 30
    #[arg(long)]
    quick: bool,
    /// Folder for the results, new or empty [default: runs/ablate-WHAT]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// One setting with the values it takes.
struct Ablation {
    name: &'static str,
    title: &'static str,
    /// Name of the setting on axis and column.
    setting: &'static str,
    values: &'static [f64],
    log: bool,
    set: fn(&mut Config, f64),
    note: &'static str,
}

const ABLATIONS: [Ablation; 5] = [
    Ablation {
        name: "entropy",
        title: "Entropy coefficient",
        setting: "entropy coefficient",
        values: &[0.0, 0.05, 0.1, 0.2, 0.4, 0.8],
        log: false,
        set: |c, v| c.entropy = v,
        note: "Preset paper keeps the coefficient, preset best lets it fall to zero.",
    },
    Ablation {
        name: "dimension",
        title: "Local dimension",
        setting: "local dimension of every player",
        values: &[2.0, 3.0, 4.0],
        log: false,
        set: |c, v| c.dims.fill(v as usize),
        note: "Same plays, same settings; only the systems are larger.",
    },
    Ablation {
        name: "batch",
        title: "Plays per step",
        setting: "plays per step",
        values: &[8.0, 32.0, 128.0, 512.0, 2048.0],
        log: true,
        set: |c, v| c.batch = v as usize,
        note: "The number of steps is the same, so a run's plays grow with the batch.",
    },
    Ablation {
        name: "lcond",
        title: "Weight of the conditioning loss L_cond (Appendix I)",
        setting: "weight of L_cond",
        values: &[0.0, 1e-4, 1e-3, 1e-2, 1e-1],
        log: true,
        set: |c, v| c.conditioning = v,
        note: "The loss tr((S - I)^2), summed over all measurements. Weight 0 is in the table, not on the logarithmic axis.",
    },
    Ablation {
        name: "conditioning",
        title: "Conditioning of S at the start",
        setting: "deviation of the initial logits",
        values: &[0.1, 0.3, 1.0, 2.0, 4.0, 8.0],
        log: true,
        set: |c, v| c.init_scale = v,
        note: "Logits of deviation s give matrices S of Algorithm 1 whose condition number grows like exp(c s): the start is ill-conditioned by choice.",
    },
];

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    if args.steps == 0 {
        return Err(CliError::new(BAD_INPUT, "--steps: 0 given, wanted at least 1"));
    }
    for game in &args.games {
        crate::game::catalog::lookup(game)?;
    }
    let folder = match &args.out {
        Some(path) => RunFolder::at(path)?,
        None => RunFolder::fresh(&format!("ablate-{}", args.what))?,
    };
    let seeds = args.seeds.unwrap_or(if args.quick { 5 } else { 30 });
    let context = Context {
        quick: args.quick,
        seeds: (0..seeds).collect(),
        proofs: false,
        folder: &folder,
        watching: watch(0, out),
        runs: RefCell::default(),
    };
    let wanted = (ABLATIONS.iter()).filter(|a| args.what == "all" || args.what == a.name);
    let sections: Vec<_> = wanted.map(|a| move |context: &Context| a.section(args, context)).collect();
    let makes: Vec<Make> = sections.iter().map(|s| s as Make).collect();
    let command = format!("bellwether ablate {}", args.what);
    produce(("Ablations", &command), &context, &makes, out)?;
    Ok(HOLDS)
}

impl Ablation {
    fn section(&self, args: &Args, context: &Context) -> Result<Section, CliError> {
        let mut table = Table::new(
            "Percent of the maximal advantage (numerical); intervals are 95 % stratified bootstrap over the seeds (sampled); condition: of S, median over the runs after the last update",
            &[
                "game",
                "preset",
                self.setting,
                "worst",
                "median",
                "IQM",
                "IQM, 95 % interval",
                "not above classical",
                "log10 condition",
            ],
        );
        let mut plots = Vec::new();
        for preset in [Preset::Best, Preset::Paper] {
            let title = format!("{}, preset {}", self.title, preset.name());
            let mut plot = XyPlot::new(
                &format!("{}-{}", self.name, preset.name()),
                &title,
                self.setting,
                "IQM (% of the maximal advantage)",
            );
            plot.x_log = self.log;
            for (k, game) in args.games.iter().enumerate() {
                let (mut points, mut band) = (Vec::new(), Vec::new());
                for &value in self.values {
                    let recipe = format!("{}-{}-{value}", preset.name(), self.name);
                    let arm = context.arm_of(game, preset, &recipe, |c| {
                        c.steps = args.steps;
                        (self.set)(c, value);
                    })?;
                    let scores = scores(&arm)?;
                    let s = Summary::of(&scores, unproved(&arm.runs))?;
                    let iqm = |t: &[Vec<f64>]| interquartile_mean(&t.concat());
                    let interval = Bootstrap::default().interval(&[scores], iqm);
                    let between = interval.map_or((s.iqm, s.iqm), |i| (i.lower, i.upper));
                    if !self.log || value > 0.0 {
                        points.push((value, s.iqm));
                        band.push(between);
                    }
                    table.rows.push(vec![
                        game.clone(),
                        preset.name().into(),
                        format!("{value}"),
                        format!("{:.4}", s.worst),
                        format!("{:.4}", s.median),
                        format!("{:.4}", s.iqm),
                        format!("{:.4} to {:.4}", between.0, between.1),
                        format!("{} of {}", s.at_or_below_classical, s.runs),
                        condition(&arm),
                    ]);
                }
                let series = Series::new(game, points).band(band).color(k);
                plot.series.push(series.mark(Mark::LinePoints));
            }
            plot.y_range = range(&plot.series);
            plots.push(plot);
        }
        Ok(Section {
            name: self.name,
            title: self.title.into(),
            paragraphs: vec![
                self.note.into(),
                format!(
                    "{} seeds, {} steps; bands are 95 % intervals; what is below {LOWEST} % is in the table only. The strategy kept is the best over the steps by exact value.",
                    context.seeds.len(),
                    args.steps
                ),
            ],
            rows: Vec::new(),
            tables: vec![table],
            plots,
            files: Vec::new(),
        })
    }
}

/// Least percentage of a picture: what is worse is in the table.
const LOWEST: f64 = -25.0;

/// Ends of the axis of percentages: from -25 where some are worse, and not so near 100 that differences without meaning fill it.
fn range(series: &[Series]) -> Option<(f64, f64)> {
    let ends = series.iter().flat_map(|s| &s.band);
    let lowest = ends.map(|(lower, _)| *lower).fold(f64::INFINITY, f64::min);
    if lowest < LOWEST {
        Some((LOWEST, 105.0))
    } else if lowest > 99.9 {
        Some((99.9, 100.005))
    } else {
        None
    }
}

/// Percents of the maximal advantage, or an error for a game that has none known.
fn scores(arm: &Arm) -> Result<Vec<f64>, CliError> {
    let percents = arm.runs.iter().map(|e| arm.subject.percent(e.value));
    percents.collect::<Option<_>>().ok_or_else(|| {
        let why = format!(
            "{}: no quantum advantage is known, so there is nothing to take percents of",
            arm.subject.game.name()
        );
        CliError::new(BAD_INPUT, why)
    })
}

/// Median of the logarithms of condition numbers.
fn condition(arm: &Arm) -> String {
    let logs = arm.runs.iter().filter_map(|e| e.run.condition);
    let logs: Vec<f64> = logs.map(f64::log10).collect();
    let median = crate::stats::median(&logs);
    median.map_or("-".into(), |v| match v.is_finite() {
        true => format!("{v:.2}"),
        false => "> 300".into(),
    })
}
