//! `bellwether frontier`: what each class of policies can reach in the multi-router queue.

use super::output::{CliError, Out};
use super::{BAD_INPUT, HOLDS};
use crate::bound::queueing::{Class, QueueModel};
use crate::env::queueing::{Baseline, JobLaw, QueueParameters};
use rayon::prelude::*;
use serde::Serialize;
use std::fmt::Write;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  bellwether frontier queueing --points 20\n  bellwether frontier queueing --from 1.2 --to 1.95 --visibility 0.98 --json\n\nThe least mean wait per customer at each throughput (per unit time, both servers) with communication (which here equals\nnon-signalling), shared randomness and shared entanglement. Values are numerical; for entanglement the upper end is a\nstrategy of one Bell pair and the lower end a dual bound on every quantum strategy of any dimension."
)]
pub struct Args {
    /// The problem: queueing.
    problem: String,
    /// Number of throughputs, evenly spaced.
    #[arg(long, value_name = "N", default_value_t = 21, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    points: u32,
    /// Rate of arrivals.
    #[arg(long, value_name = "X", default_value_t = 0.8)]
    lambda: f64,
    /// Rate of service: job sizes are exponential with mean 1/X.
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    mu: f64,
    /// Job sizes of another law: deterministic:SIZE, two-point:SIZE:PROBABILITY:SIZE, finite:SIZE@PROBABILITY,.., hyperexponential:RATE@PROBABILITY,.., erlang:SHAPE:RATE, uniform:LOW:HIGH.
    #[arg(long, value_name = "LAW", conflicts_with = "mu")]
    jobs: Option<String>,
    /// What an idle interval of length t earns: power:N, shifted:T0 or exponential:C.
    #[arg(long, value_name = "T", default_value = "power:2")]
    baseline: String,
    /// Visibility of the entangled pair, a Werner state.
    #[arg(long, value_name = "V", default_value_t = 1.0)]
    visibility: f64,
    /// Smallest throughput [default: that of routers who never meet]
    #[arg(long, value_name = "R")]
    from: Option<f64>,
    /// Largest throughput [default: that of routers who always meet]
    #[arg(long, value_name = "R")]
    to: Option<f64>,
}

/// Least waits of the classes.
#[derive(Serialize, Clone, Copy)]
struct Waits {
    c: f64,
    sr: f64,
    q_lower: f64,
    q_upper: f64,
    ns: f64,
}

#[derive(Serialize)]
struct Row {
    throughput: f64,
    /// Probability that both routers choose the same server.
    same_server: f64,
    wait: Waits,
    /// Waits beyond that of communication.
    excess: Waits,
    /// Visibility above which entanglement beats shared randomness here.
    critical_visibility: Option<f64>,
}

#[derive(Serialize)]
struct Report {
    problem: &'static str,
    lambda: f64,
    jobs: String,
    baseline: String,
    visibility: f64,
    evidence: &'static str,
    /// Largest difference between the ends of the quantum bracket.
    quantum_bracket: f64,
    points: Vec<Row>,
}

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    if args.problem != "queueing" {
        let why =
            format!("frontier: '{}' given, wanted queueing (the one problem whose frontier is known)", args.problem);
        return Err(CliError::new(BAD_INPUT, why));
    }
    let v = args.visibility;
    if !(0.0..=1.0).contains(&v) {
        let why = format!("--visibility: {v} given, wanted a number from 0 to 1");
        return Err(CliError::new(BAD_INPUT, why));
    }
    let law: JobLaw = match &args.jobs {
        Some(text) => text.parse()?,
        None => JobLaw::exponential(args.mu)?,
    };
    let baseline: Baseline = args.baseline.parse()?;
    let model = QueueModel::new(&QueueParameters {
        arrival_rate: args.lambda,
        jobs: vec![law.clone(), law.clone()],
        baseline,
        ..QueueParameters::default()
    })?;
    let (least, most) = (model.throughput(0.0), model.throughput(1.0));
    let (from, to) = (args.from.unwrap_or(least), args.to.unwrap_or(most));
    if from > to || from.is_nan() || to.is_nan() {
        let why = format!("--from {from} --to {to}: wanted the smaller throughput first");
        return Err(CliError::new(BAD_INPUT, why));
    }
    let bar = out.progress_of(u64::from(args.points), "points");
    let steps = f64::from(args.points.max(2) - 1);
    let row = |i: u32| {
        let throughput = from + (to - from) * f64::from(i) / steps;
        let row = point(&model, throughput, v);
        bar.inc(1);
        row
    };
    let points: Vec<Row> = (0..args.points).into_par_iter().map(row).collect::<Result<_, _>>()?;
    bar.finish_and_clear();
    let report = Report {
        problem: "queueing",
        lambda: args.lambda,
        jobs: law.to_string(),
        baseline: baseline.to_string(),
        visibility: v,
        evidence: "numerical",
        quantum_bracket: points.iter().map(|p| p.wait.q_upper - p.wait.q_lower).fold(0.0, f64::max),
        points,
    };
    out.result(&report, || text(&report));
    Ok(HOLDS)
}

fn point(model: &QueueModel, throughput: f64, v: f64) -> Result<Row, CliError> {
    let s = model.same_server_rate(throughput)?;
    // bisection stops short of the ends, where all classes agree
    let s = if s < 1e-15 {
        0.0
    } else if s > 1.0 - 1e-15 {
        1.0
    } else {
        s
    };
    let c = model.curve(Class::Communication, s)?.wait;
    let sr = model.sr_curve(s)?.wait;
    let (upper, lower) = if v == 1.0 {
        let (point, _, dual) = model.q_curve(s)?;
        (point.wait, dual)
    } else {
        let upper = model.curve(Class::Noisy(v), s)?.wait;
        (upper, model.noisy_lower_bound(v, s)?)
    };
    let upper = upper.min(sr);
    let wait = Waits { c, sr, q_lower: lower.min(upper).max(c), q_upper: upper.max(c), ns: c };
    Ok(Row {
        throughput,
        same_server: s,
        wait,
        excess: Waits { c: 0.0, sr: wait.sr - c, q_lower: wait.q_lower - c, q_upper: wait.q_upper - c, ns: 0.0 },
        critical_visibility: (s > 0.0 && s < 1.0).then(|| model.visibility(s)).transpose()?,
    })
}

fn text(report: &Report) -> String {
    let mut text = format!(
        "queueing, arrivals {}, jobs {}, baseline {}, visibility {}\nleast mean wait per customer (numerical; ends of the quantum bracket differ by at most {:.1e})\n\n",
        report.lambda, report.jobs, report.baseline, report.visibility, report.quantum_bracket
    );
    let _ = writeln!(
        text,
        "{:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>8}",
        "throughput", "C = NS", "Q >=", "Q <=", "SR", "SR - Q", "crit. v"
    );
    for p in &report.points {
        let w = p.wait;
        let critical = p.critical_visibility.map_or("-".into(), |v| format!("{v:.4}"));
        // writing to a String cannot fail
        let _ = writeln!(
            text,
            "{:>10.4} {:>10.6} {:>10.6} {:>10.6} {:>10.6} {:>10.6} {critical:>8}",
            p.throughput,
            w.c,
            w.q_lower,
            w.q_upper,
            w.sr,
            w.sr - w.q_upper
        );
    }
    text
}
