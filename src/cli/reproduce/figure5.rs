//! Figure 5: learned policies of the multi-router queue against the exact frontiers.

use super::super::output::CliError;
use super::super::queue_policy::evaluate;
use super::{Context, Row, Section};
use crate::bound::queueing::{Class, Evaluation, QueueModel};
use crate::env::queueing::{QueueParameters, Queueing};
use crate::learn::CoordinatorKind;
use crate::run::report::{Mark, Series, Table, XyPlot};
use crate::run::{Settings, Sweep, SweepPoint, sweep};
use std::fmt::Write;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Settings of all runs; the learner gets these, the environment and a wait limit.
pub const CONFIG: &str = include_str!("../../../docs/figure5.toml");

/// Wait limits per customer: the paper's 5.5 first, the others from there up and down.
const FIRST: f64 = 5.5;
const LIMITS: [f64; 16] = [4.16, 4.18, 4.2, 4.3, 4.45, 4.6, 4.75, 4.9, 5.05, 5.2, 5.35, 5.65, 5.8, 5.95, 6.1, 6.2];

pub fn section(context: &Context) -> Result<Section, CliError> {
    let start = Instant::now();
    let parameters = QueueParameters::default();
    let model = QueueModel::new(&parameters)?;
    let env = Queueing::new(parameters)?;
    let mut settings = Settings::parse("docs/figure5.toml", CONFIG)?;
    let (_, entangled) = settings.resolve()?;
    settings.put("coordinator", CoordinatorKind::SharedRandomness.name());
    // the shared-randomness frontier mixes at most two policies
    settings.set("advice=[2]")?;
    let (_, shared) = settings.resolve()?;

    let mut table = Table::new(
        "Learned policies: wait per customer at their own throughput, by quadrature",
        &[
            "coordinator",
            "limit",
            "throughput",
            "wait",
            "W_C",
            "W_SR",
            "W_Q",
            "gap",
            "share_closed",
            "multiplier",
            "theory_multiplier",
            "env_steps",
        ],
    );
    let mut results = Vec::new();
    for (name, config) in [("entangled", entangled), ("shared-randomness", shared)] {
        let runs = if context.quick { 2 } else { 8 };
        let sweep_of = Sweep {
            first: FIRST,
            first_timesteps: 2 * config.total_timesteps,
            runs: if name == "entangled" { runs } else { 1 },
            limits: LIMITS.to_vec(),
            config,
        };
        let total = (sweep_of.limits.len() as u64 + 2 * sweep_of.runs) * sweep_of.config.updates();
        context.watching.bar.inc_length(total);
        let watch = &context.watching.watch;
        let mut failed = None;
        let mut finished = String::new();
        let points = sweep(
            &env,
            &sweep_of,
            &mut |m| {
                watch.steps.fetch_add(1, Ordering::Relaxed);
                let shown = m.cost.zip(m.multiplier).map(|(c, l)| format!("cost {c:.3} multiplier {l:.3}"));
                context.watching.bar.set_message(shown.unwrap_or_default());
                !watch.interrupted.load(Ordering::Relaxed)
            },
            &mut |point, mappo| match evaluate(&model, mappo.policy(), &point.parameters) {
                Ok(e) => {
                    // a sweep takes long: what is finished is on disk
                    let _ = writeln!(finished, "{},{},{},{}", point.limit, e.throughput, e.wait, e.share);
                    let file = format!("figure5-{name}-progress.csv");
                    failed = context.folder.write(&file, finished.as_bytes()).err().map(Into::into);
                }
                Err(error) => failed = Some(error),
            },
        )?;
        if let Some(error) = failed {
            return Err(error);
        }
        let policy = sweep_of.config.policy(crate::env::Environment::spec(&env))?;
        for point in &points {
            let e = evaluate(&model, &policy, &point.parameters)?;
            table.rows.push(line(&model, name, point, &e)?);
            results.push((name, e));
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let curves = curves(&model)?;
    Ok(Section {
        name: "figure5",
        title: "Figure 5: learned policies of the multi-router queue".into(),
        paragraphs: vec![format!(
            "All runs together took {seconds:.0} s. Throughput is per unit time over both servers; the learner saw rewards, costs and its critic's state, no theory."
        )],
        rows: rows(&results),
        files: vec![("figure5.toml".into(), CONFIG.into()), ("figure5-curves.csv".into(), csv(&curves))],
        tables: vec![table],
        plots: vec![plot(&curves, &results)],
    })
}

/// The multiplier of theory at a throughput, reward per step and cost per customer: `nu = (dR/ds) / (lambda dW/ds)`.
fn theory_multiplier(model: &QueueModel, e: &Evaluation, class: Class) -> Result<f64, CliError> {
    let (a, b, _, _) = model.constants();
    let point = model.curve(class, e.moments.s)?;
    let slope = a * point.theta - b * b / a;
    Ok(0.5 * e.throughput * e.throughput / (model.arrival_rate() * slope))
}

fn line(model: &QueueModel, name: &str, point: &SweepPoint, e: &Evaluation) -> Result<Vec<String>, CliError> {
    let class = match name {
        "entangled" => Class::Quantum,
        _ => Class::SharedRandomness,
    };
    let six = |x: f64| format!("{x:.6}");
    Ok(vec![
        name.into(),
        format!("{}", point.limit),
        six(e.throughput),
        six(e.wait),
        six(e.communication),
        six(e.shared_randomness),
        six(e.quantum),
        six(e.shared_randomness - e.quantum),
        format!("{:.4}", e.share),
        format!("{:.4}", point.multiplier),
        format!("{:.4}", theory_multiplier(model, e, class)?),
        point.env_steps.to_string(),
    ])
}

fn rows(results: &[(&str, Evaluation)]) -> Vec<Row> {
    let of = |name: &'static str| results.iter().filter(move |(n, _)| *n == name).map(|(_, e)| e);
    let clear: Vec<&Evaluation> = of("entangled").filter(|e| e.shared_randomness - e.quantum > 0.01).collect();
    let row = |item: &str, ours: f64, unit: &'static str, note: &str| Row {
        item: item.into(),
        paper: None,
        ours: Some(ours),
        unit,
        evidence: "numerical",
        note: note.into(),
    };
    let below = clear.iter().filter(|e| e.wait < e.shared_randomness).count();
    let share = clear.iter().map(|e| e.share).fold(f64::INFINITY, f64::min);
    let lowest = of("shared-randomness").map(|e| e.wait - e.shared_randomness + e.error).fold(f64::INFINITY, f64::min);
    vec![
        row("Figure 5: entangled policies where the gap exceeds 0.01", clear.len() as f64, "policies", ""),
        row("Figure 5: of these below the shared-randomness optimum", below as f64, "policies", "the paper: most"),
        row("Figure 5: least share of the gap that one closes", share, "", ""),
        row(
            "Figure 5: least wait of a shared-randomness policy above its optimum",
            lowest,
            "",
            "quadrature error added; negative would contradict theory",
        ),
    ]
}

/// The frontiers: throughput, and the wait of communication, shared randomness and entanglement.
type Curves = Vec<(f64, [f64; 3])>;

fn curves(model: &QueueModel) -> Result<Curves, CliError> {
    let classes = [Class::Communication, Class::SharedRandomness, Class::Quantum];
    let mut curves = Vec::new();
    for k in 0..=90 {
        let throughput = 1.08 + 0.01 * f64::from(k);
        let s = model.same_server_rate(throughput)?;
        let mut waits = [0.0; 3];
        for (wait, class) in waits.iter_mut().zip(classes) {
            *wait = model.curve(class, s)?.wait;
        }
        curves.push((throughput, waits));
    }
    Ok(curves)
}

fn csv(curves: &Curves) -> String {
    let mut csv = String::from("throughput,communication,shared_randomness,quantum\n");
    for (throughput, [c, sr, q]) in curves {
        // writing to a String cannot fail
        let _ = writeln!(csv, "{throughput:.2},{c},{sr},{q}");
    }
    csv
}

/// Figure 5: the frontiers as lines, learned policies as points.
fn plot(curves: &Curves, results: &[(&str, Evaluation)]) -> XyPlot {
    let mut plot = XyPlot::new(
        "figure5",
        "Throughput and wait of learned policies",
        "throughput per unit time",
        "wait per customer",
    );
    let names = ["communication", "shared randomness", "entanglement"];
    for (k, name) in names.iter().enumerate() {
        let line = curves.iter().map(|(r, waits)| (*r, waits[k])).collect();
        plot.series.push(Series::new(&format!("{name}, optimum"), line).color(k));
    }
    for (k, name) in [(2, "entangled"), (1, "shared-randomness")] {
        let of = results.iter().filter(|(n, _)| *n == name);
        let points = of.map(|(_, e)| (e.throughput, e.wait)).collect();
        let series = Series::new(&format!("{name}, learned"), points);
        plot.series.push(series.mark(Mark::Points).color(k));
    }
    plot
}
