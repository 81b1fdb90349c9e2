//! Physical limits (Appendix F and the conclusion's third direction): white noise, damping, restricted measurements.

mod damping;
mod measurements;

use super::super::experiment::{Subject, Summary, unproved};
use super::super::output::CliError;
use super::{Context, Section};
use crate::check::num::rounded;
use crate::game::Game;
use crate::learn::{Config, Preset};
use crate::run::report::{Level, Mark, Series, Table, XyPlot};

const GAMES: [(&str, &str); 4] = [("CHSH", "chsh"), ("GHZ", "ghz"), ("Tetra", "tetra"), ("Cube", "cube")];

/// Optimisation steps of each run, 512 plays each.
const STEPS: usize = 2000;

/// Places between the critical visibility (0) and a perfect state (1).
const PLACES: [f64; 6] = [-0.25, 0.1, 0.25, 0.5, 0.75, 1.0];

/// What a strategy's value falls to when white noise takes its state: `sum mu V / (number of answers)`, the value of
/// uniformly random answers, which is what rank-one projective measurements of the default dimensions give.
fn random_value(game: &Game) -> f64 {
    let weights: f64 = game.weights().iter().sum();
    weights / game.scenario().joint_answers() as f64
}

/// The line of theory at one game: `V Q + (1 - V) N`.
struct Line {
    classical: f64,
    quantum: f64,
    noise: f64,
}

impl Line {
    fn of(subject: &Subject) -> Self {
        Line {
            classical: subject.floor(),
            quantum: subject.reference.quantum_upper.unwrap_or(1.0),
            noise: random_value(&subject.game),
        }
    }

    fn value(&self, visibility: f64) -> f64 {
        visibility * self.quantum + (1.0 - visibility) * self.noise
    }

    fn critical(&self) -> f64 {
        (self.classical - self.noise) / (self.quantum - self.noise)
    }
}

/// Settings of every run of this section.
fn short(config: &mut Config) {
    config.steps = STEPS;
}

/// The seeds of this section: as many as tell the worst from the median.
fn seeds(context: &Context) -> Vec<u64> {
    (0..if context.quick { 3 } else { 10 }).collect()
}

pub fn section(context: &Context) -> Result<Section, CliError> {
    let seeds = seeds(context);
    let mut critical = Table::new(
        "Critical visibility of strategies learned without noise: above it the noisy strategy is proved to beat every classical one (exact, rounded up); theory for the best noise-free strategy",
        &["game", "theory", "best", "median", "worst of the runs"],
    );
    let mut learned = Table::new(
        "Learned with white noise: values (numerical) against V Q + (1 - V) N, proofs exact",
        &[
            "game",
            "visibility",
            "worst learned",
            "median learned",
            "theory",
            "median minus theory",
            "classical",
            "advantage proved",
        ],
    );
    let mut plot = XyPlot::new(
        "limits-visibility",
        "Advantage against visibility: learned and theory",
        "visibility V of the shared state",
        "advantage (% of that of a perfect state)",
    );
    plot.levels = vec![Level::new("classical", 0.0)];
    let (mut lines, mut dots) = (Vec::new(), Vec::new());
    for (k, (name, game)) in GAMES.iter().enumerate() {
        let (mut points, mut line) = (Vec::new(), Vec::new());
        for place in PLACES {
            let subject = Subject::named(game)?;
            let theory = Line::of(&subject);
            let at = theory.critical();
            // four decimals: a visibility one can type
            let v = ((at + place * (1.0 - at)) * 1e4).round() / 1e4;
            let recipe = format!("best-visibility-{v}");
            let arm = context.arm_seeds(game, Preset::Best, &recipe, &seeds, |c| {
                short(c);
                c.restrictions.noise.visibility = v;
            })?;
            let values: Vec<f64> = arm.runs.iter().map(|e| e.value).collect();
            let s = Summary::of(&values, unproved(&arm.runs))?;
            let percent = |v: f64| 100.0 * (v - theory.classical) / (theory.quantum - theory.classical);
            points.push((v, percent(s.median)));
            line.push((v, percent(theory.value(v))));
            learned.rows.push(vec![
                (*name).into(),
                format!("{v}"),
                format!("{:.9}", s.worst),
                format!("{:.9}", s.median),
                format!("{:.9}", theory.value(v)),
                format!("{:.1e}", s.median - theory.value(v)),
                format!("{:.9}", theory.classical),
                format!("{} of {}", s.runs - s.at_or_below_classical, s.runs),
            ]);
            if place == 1.0 {
                let mut proved: Vec<_> =
                    (arm.runs.iter()).filter_map(|e| e.certificate.critical_visibility()).collect();
                proved.sort();
                let show = |k: usize| proved.get(k).map_or("-".into(), |v| rounded(v, 9, false));
                critical.rows.push(vec![
                    (*name).into(),
                    format!("{at:.9}"),
                    show(0),
                    show(proved.len() / 2),
                    match proved.len() == arm.runs.len() {
                        true => show(proved.len() - 1),
                        false => "none".into(),
                    },
                ]);
            }
        }
        // Cube is two copies of Tetra: the same line
        let (label, mark) = match *name {
            "Cube" => ("Cube, theory (on Tetra's)".into(), Mark::Dashed),
            _ => (format!("{name}, theory"), Mark::Line),
        };
        lines.push(Series::new(&label, line).mark(mark).color(k));
        let label = ["learned: points", "", "", ""][k];
        dots.push(Series::new(label, points).mark(Mark::Points).color(k));
    }
    plot.series = lines.into_iter().chain(dots).collect();
    plot.alt = "Advantage over the classical optimum in percent of that of a perfect state, against the visibility, for CHSH, GHZ, Tetra and Cube. Lines are theory, from zero at the critical visibility to 100 percent at visibility one; points are learned strategies and lie on the lines.".into();
    let (damping_table, damping_plot) = damping::damping(context)?;
    Ok(Section {
        name: "limits",
        title: "Physical limits: advantage of imperfect states and restricted measurements".into(),
        paragraphs: vec![
            "White noise: the state V rho + (1 - V) I/D is measured. Theory is the line V Q + (1 - V) N of the best noise-free strategy, N the value of uniformly random answers. Below the critical visibility the noisy strategy stays a local optimum, and the classical one is better.".into(),
            "Amplitude damping: each half decays to its level 0 with probability g. Theory by the Horodecki criterion (quant-ph/9510022): for the Bell state in closed form, for the best state by a see-saw that knows game and noise (numerical).".into(),
            format!("{} seeds each, {STEPS} steps of 512 plays, preset best, black-box; the state before the noise is learned unless given.", seeds.len()),
        ],
        rows: Vec::new(),
        tables: vec![
            critical,
            learned,
            damping_table,
            measurements::measurements(context)?,
        ],
        plots: vec![plot, damping_plot],
        files: Vec::new(),
    })
}
